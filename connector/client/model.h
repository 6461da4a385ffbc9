// What the interface of a node says, as plain values, and their JSON. Amounts are decimal strings
// with exactly the asset's scale; ids and keys are hexadecimal; an absent text is empty.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sdk/base/time.h"
#include "sdk/codec/json.h"

namespace lockstep::client {

struct TradeRequest {
    std::string reference;
    std::string instrument;  // ISIN
    std::string quantity;
    std::string price;  // per unit, in the venue's price asset
    std::string buyer;
    std::string seller;
    std::string time;  // as the venue matched it, RFC 3339; kept by the caller, not used
};
struct SubmittedTrade {
    std::string reference;
    std::string id;      // empty where declined at once
    std::string reason;  // of a trade declined at once, for example duplicate_reference
};

struct Evidence {
    std::string terms;  // hexadecimal of the canonical octets; their tagged SHA-256 is `settlement`
    std::string buyer_signature;
    std::string seller_signature;
    std::string condition;
    std::string preimage;  // once released
};
struct TradeView {
    std::string id;
    std::string reference;
    std::string venue;
    std::string role;   // of this node: venue, buyer, seller
    std::string state;  // proposed … accepted, paying, delivered, released, settled, unwound …
    std::string reason;
    std::string instrument, quantity;
    std::string price, price_asset, consideration;
    std::string buyer, seller;
    std::string settlement;            // once the terms are signed
    std::string pay_asset, most_paid;  // once the buyer offered terms
    std::string paid;                  // by the buyer, where settled
    bool held = false;
    bool withheld = false;
    Timestamp created;
    Timestamp changed;
    std::optional<Evidence> evidence;  // only when one trade is asked for
};
struct TradePage {
    std::vector<TradeView> items;
    std::string next;  // cursor of the next page; empty on the last
};
struct TradeQuery {
    std::string state;  // empty: all
    std::size_t limit = 100;
    std::string cursor;
};

struct InvoiceRequest {
    std::string account;
    std::string asset;  // code, or code/scale where the node cannot know the scale
    std::string amount;
    Timestamp valid_until;
};
struct InvoiceView {
    std::string id;
    std::string code;  // "lockstep1…": all of it in one word, what a payer is given
    std::string state;
    std::string node;
    std::string ledger, account;
    std::string asset, amount;
    std::string condition;
    Timestamp valid_until;
};

struct PayRequest {
    std::string invoice;  // its code
    std::string from;     // account
    std::string asset;    // what is paid in; empty where the account holds one asset
    std::string most_paid;
    bool quote_only = false;
};
struct PaymentView {
    std::string id;
    std::string state;  // quoting, quoted, paying, paid, refunded, declined, broken
    std::string reason;
    InvoiceView invoice;
    std::string from;
    std::string asset, amount;  // what leaves the sender, once quoted
    std::uint64_t hops = 0;
    Timestamp expiry;
    std::string preimage;  // the receipt
    Timestamp created;
    Timestamp changed;
};

struct LegView {
    std::string ledger, asset, amount, payer, payee, escrow, state;
    Timestamp expiry;
};
struct EscrowView {
    std::string id;
    std::string role;
    std::string condition;
    std::string reason;
    std::optional<LegView> in;
    std::optional<LegView> out;
    bool open = false;
    Timestamp changed;
};

struct QuoteView {
    std::string id, ask;
    std::string peer, peer_key;  // who asked
    std::string condition;
    LegView in, out;
    Timestamp lapse;
};

struct BalanceView {
    std::string ledger, account, asset;
    std::uint64_t scale = 0;
    std::string free, escrowed, available;
};
struct ExposureView {
    std::string asset;
    std::uint64_t scale = 0;
    std::string at_risk, incoming, reserved;
    std::uint64_t deals = 0;
};
struct FeeView {
    std::string asset;
    std::uint64_t scale = 0;
    std::string fee;
    std::uint64_t deals = 0;
};
struct AlarmView {
    std::uint64_t number = 0;
    Timestamp at;
    std::string code, detail;
};
struct LedgerView {
    std::string ledger;
    std::string mode;  // catching_up, live, stale, refused, unknown
    Timestamp ledger_time;
    std::optional<Timestamp> paused_since;
};
struct PeerView {
    std::string name, key;
    bool venue = false;
    bool reachable = true;
    std::uint64_t waiting = 0;
};
struct EventLegView {
    std::string leg;  // in, out
    std::string ledger, asset, amount, escrow;
};
struct EventView {
    std::uint64_t number = 0;
    Timestamp at;
    std::string kind;  // trade, payment, invoice, escrow, quote, alarm
    std::string id;
    std::string reference;
    std::string state;
    std::string reason;
    std::vector<EventLegView> legs;  // of an escrow the one that changed, of a quote both
};
struct StatsView {
    std::string name, node;
    std::uint64_t signatures_verified = 0;
    std::uint64_t commits = 0, rows = 0, inputs = 0, restarts = 0;
    std::uint64_t open_deals = 0, open_trades = 0, last_event = 0;
    bool draining = false;
    bool loud_stop = false;
};
struct DigestView {
    std::uint64_t seq = 0;
    std::string digest;
};

// What a refusal says: the code and sentence of a problem document (RFC 9457); internal_error where
// the body is none.
Failure read_problem(int status, std::string_view body);

// Absent members give zero values; a member of another type too. What came from our own node is
// read, not judged.
TradeView read_trade(const Json& json);
InvoiceView read_invoice(const Json& json);
PaymentView read_payment(const Json& json);
EscrowView read_escrow(const Json& json);
QuoteView read_quote(const Json& json);
BalanceView read_balance(const Json& json);
ExposureView read_exposure(const Json& json);
FeeView read_fee(const Json& json);
AlarmView read_alarm(const Json& json);
LedgerView read_ledger(const Json& json);
PeerView read_peer(const Json& json);
EventView read_event(const Json& json);
StatsView read_stats(const Json& json);
DigestView read_digest(const Json& json);
SubmittedTrade read_submitted(const Json& json);

Json write_trade_request(const TradeRequest& request);
Json write_invoice_request(const InvoiceRequest& request);
Json write_pay_request(const PayRequest& request);

}  // namespace lockstep::client
