// Payments that a receiver's node asks for and a payer's node makes, so many at a time, until each
// of them ended. As the desk does, it holds no opinion: how one ended is what the node says.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "connector/client/api_client.h"

namespace lockstep::demo {

struct TrackedPayment {
    std::string name;
    std::string invoice;  // its code
    std::string amount;
    std::string id;
    std::string state;  // as the payer's node says; empty before it was made
    std::string reason;
    std::string condition;
    std::string paid;  // what left the payer
    std::chrono::steady_clock::time_point made;
    double seconds = 0;  // from made to ended
    bool ended() const;
};

struct PayOrder {
    std::string from;  // account of the payer
    std::string asset;
    std::string most_paid;
    std::string to;  // account of the receiver
    std::string to_asset;
    std::size_t most_open = 16;  // at a time
};

class Payments {
public:
    Payments(client::ApiClient& payer, client::ApiClient& receiver, PayOrder order)
        : payer_(payer), receiver_(receiver), order_(std::move(order)) {}

    // Invoices of the receiver, one for each amount, named prefix1, prefix2 and so on. Codes: those
    // of the node.
    Result<void, Failure> invoice(const std::string& prefix,
                                  const std::vector<std::string>& amounts);
    // Pays what may be paid now and asks how the others are. True when all ended. Codes: those of
    // the payer's node, where it refuses to pay.
    Result<bool, Failure> go_on();
    std::size_t ended() const;
    std::size_t count(std::string_view state) const;
    const std::vector<TrackedPayment>& all() const { return all_; }

private:
    void look(TrackedPayment& payment);

    client::ApiClient& payer_;
    client::ApiClient& receiver_;
    PayOrder order_;
    std::vector<TrackedPayment> all_;
};

}  // namespace lockstep::demo
