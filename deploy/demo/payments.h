// Payments that a payer's node makes and a receiver's node asks for: made at once, watched until
// each of them ended. As the desk does, it holds no opinion: how one ended is what the node says.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
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
};

class Payments {
public:
    Payments(client::ApiClient& payer, client::ApiClient& receiver, PayOrder order)
        : payer_(payer), receiver_(receiver), order_(std::move(order)) {}

    // Invoices of the receiver, one for each amount, named prefix1, prefix2 and so on. Codes: those
    // of the node.
    Result<void, Failure> invoice(const std::string& prefix,
                                  const std::vector<std::string>& amounts);
    // Pays all that have an invoice and were not paid. Codes: those of the node.
    Result<void, Failure> pay();
    // Asks how they are. True when all ended.
    bool look();
    std::size_t count(std::string_view state) const;
    const std::vector<TrackedPayment>& all() const { return all_; }

private:
    client::ApiClient& payer_;
    client::ApiClient& receiver_;
    PayOrder order_;
    std::vector<TrackedPayment> all_;
};

}  // namespace lockstep::demo
