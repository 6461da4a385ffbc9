// The paths of the interface: who may call them, and what they do. Every request is signed
// (RFC 9421) by a caller that the configuration names; what no row of the table allows is refused.
#pragma once

#include <memory>

#include "connector/api/asset_book.h"
#include "connector/api/balance_feed.h"
#include "connector/api/callers.h"
#include "connector/api/event_feed.h"
#include "connector/api/node_port.h"
#include "sdk/net/http_server.h"
#include "sdk/net/message_signature.h"

namespace lockstep::api {

struct ServiceParts {
    core::NodeConfig config;
    std::vector<Caller> callers;
    NodePort* node = nullptr;
    const RecordReader* records = nullptr;
    net::RequestVerifier* verifier = nullptr;
    const Clock* clock = nullptr;
    net::IoLoop* loop = nullptr;
};

class Service {
public:
    explicit Service(ServiceParts parts);
    ~Service();
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    // Thread-safe. `respond` is called once, now or later.
    void handle(const net::HttpRequest& request, const net::Respond& respond);
    void upgrade(const net::HttpRequest& request, const net::WebSocketAccept& accept);

    // From the node: durable events in order, and what a ledger said about itself.
    void publish(std::uint64_t number, ByteView event) { feed_.publish(number, event); }
    void learn(const LedgerInfo& info) { assets_.learn(info); }
    // Closes the streams.
    void stop() {
        feed_.stop();
        balances_.stop();
    }

private:
    struct Call;
    struct Route;
    static const std::vector<Route>& routes();

    void follow_events(const net::HttpRequest& request, const net::WebSocketAccept& accept,
                       Role role);
    Result<Caller, net::HttpResponse> authenticate(const net::HttpRequest& request);
    void dispatch(Call call);

    // --- service_reads.cpp ---
    void list_trades(const Call& call);
    void get_trade(const Call& call);
    void list_payments(const Call& call);
    void get_payment(const Call& call);
    void list_invoices(const Call& call);
    void get_invoice(const Call& call);
    void list_escrows(const Call& call);
    void list_quotes(const Call& call);
    void list_alarms(const Call& call);
    void list_fees(const Call& call);
    void list_balances(const Call& call);
    void list_exposure(const Call& call);
    void list_ledgers(const Call& call);
    void list_peers(const Call& call);
    void list_offers(const Call& call);
    void get_stats(const Call& call);
    void get_digest(const Call& call);

    // --- service_writes.cpp ---
    void post_trades(const Call& call);
    void post_trade_action(const Call& call);
    void post_withholding(const Call& call);
    void post_invoice(const Call& call);
    void post_payment(const Call& call);
    void post_confirmation(const Call& call);
    void post_resumption(const Call& call);
    void post_acknowledgement(const Call& call);
    void submit(const Call& call, core::input::ApiBody body);
    void refuse_with_cause(const Call& call, Reason reason);

    // The trade of an id or reference; without it, the call was refused.
    std::optional<core::TradeRecord> find_trade(const Call& call, const std::string& name) const;

    ServiceParts parts_;
    std::map<PublicKey, Caller> callers_;
    AssetBook assets_;
    EventFeed feed_;
    BalanceFeed balances_;
};

}  // namespace lockstep::api
