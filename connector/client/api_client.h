// Calls of a node's interface: signs (RFC 9421), sends, reads. Every call blocks until the answer
// or the timeout and may be made from any thread that is not the loop's. A failure holds the code
// of the node's problem document (a Reason's word, for example "not_found") or of the way there:
// unavailable, outcome_unknown.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "connector/client/model.h"
#include "sdk/base/result.h"
#include "sdk/crypto/signature.h"
#include "sdk/net/io_loop.h"
#include "sdk/net/url.h"

namespace lockstep::client {

struct ApiAccess {
    net::Url base;                         // http://127.0.0.1:7101
    std::shared_ptr<const Signer> signer;  // of a caller that the node knows
};

template <class T>
using Answer = Result<T, Failure>;

class ApiClient {
public:
    ApiClient(net::IoLoop& loop, ApiAccess access, Duration timeout = Duration::seconds(15));
    ~ApiClient();
    ApiClient(const ApiClient&) = delete;
    ApiClient& operator=(const ApiClient&) = delete;

    // --- settlements ---
    // At most 512 trades a call. The key makes a repeat of the same call harmless; empty: a fresh
    // one.
    Answer<std::vector<SubmittedTrade>> submit_trades(const std::vector<TradeRequest>& trades,
                                                      const std::string& idempotency_key = {});
    // The same without waiting; `done` runs on a thread of the loop.
    using Submitted = std::function<void(Answer<std::vector<SubmittedTrade>>)>;
    void submit_trades(const std::vector<TradeRequest>& trades, const std::string& idempotency_key,
                       Submitted done);
    // By plan id or, at the venue, by reference.
    Answer<TradeView> trade(const std::string& id);
    Answer<TradePage> trades(const TradeQuery& query = {});
    // hold, release or cancel; the state afterwards.
    Answer<std::string> act(const std::string& id, const std::string& action);
    Answer<std::string> withhold(const std::string& venue, const std::string& reference);

    // --- payments ---
    Answer<InvoiceView> create_invoice(const InvoiceRequest& request,
                                       const std::string& idempotency_key = {});
    Answer<InvoiceView> invoice(const std::string& id);
    // The payment's id; `payment` tells how it goes on.
    Answer<std::string> pay(const PayRequest& request, const std::string& idempotency_key = {});
    Answer<std::string> confirm_payment(const std::string& id);
    Answer<PaymentView> payment(const std::string& id);
    Answer<std::vector<PaymentView>> payments();

    // --- the node ---
    Answer<std::vector<EscrowView>> escrows(bool open_only = true);
    Answer<std::vector<QuoteView>> quotes();
    Answer<std::vector<BalanceView>> balances();
    Answer<std::vector<ExposureView>> exposure();
    Answer<std::vector<FeeView>> fees();
    Answer<std::vector<AlarmView>> alarms();
    Answer<std::vector<LedgerView>> ledgers();
    // As an operator; the ledger's address.
    Answer<std::string> resume_ledger(const std::string& ledger);
    // As an operator; true where the node was stopped.
    Answer<bool> acknowledge();
    Answer<std::vector<PeerView>> peers();
    Answer<StatsView> stats();
    Answer<DigestView> digest();
    // True when every ledger is live and new business is taken.
    Answer<bool> ready();

    // Any path, for what has no function here and for output as JSON.
    Answer<Json> get(const std::string& target);
    // The items of every page of a list, as an array.
    Answer<Json> get_all(const std::string& target);
    Answer<Json> post(const std::string& target, const Json& body,
                      const std::string& idempotency_key = {});

private:
    struct Impl;
    std::shared_ptr<Impl> impl_;
};

// A fresh Idempotency-Key.
std::string fresh_key();

}  // namespace lockstep::client
