// The rows a node writes for its readers: trades, payments, escrows, fees, alarms and one ordered
// stream of events. A later row with the same key replaces the earlier one; the API renders them.
// Also the encoded answers to callers.
#pragma once

#include <string>
#include <vector>

#include "connector/core/inputs.h"
#include "sdk/codec/archive.h"
#include "sdk/machine/store.h"

namespace lockstep::core {

enum class RecordKind : std::uint16_t {
    trade = 1,       // key: plan id
    payment = 2,     // key: plan id
    invoice = 3,     // key: plan id
    hop = 4,         // key: deal id; written when it closes: open ones are the machine's
    fee = 5,         // key: deal id
    alarm = 6,       // key: number, big endian
    event = 7,       // key: number, big endian
    reference = 8,   // key: SHA-256 of (venue, reference); value: plan id
    abort_rate = 9,  // key: party name
    // Trades and payments in the order in which they came: time and id; value: the id.
    trade_order = 10,
    payment_order = 11,
};

// The life of a trade at this node.
enum class TradeState : std::uint8_t {
    proposed = 1,   // known here, nothing asked of anybody
    quoting = 2,    // the buyer's node asks the route for exact amounts
    offered = 3,    // terms signed by the buyer, the seller's answer awaited
    accepted = 4,   // both signed; escrows may be placed
    paying = 5,     // hop 0 recorded
    delivered = 6,  // the delivery stands in escrow for the buyer, or (seller) was placed
    released = 7,   // the secret was released, claims run
    settled = 8,
    unwound = 9,
    declined = 10,
    broken = 11,  // outside the profiles: a loss, alarmed
};
constexpr bool is_valid(TradeState state) {
    return state >= TradeState::proposed && state <= TradeState::broken;
}
constexpr bool is_end(TradeState state) {
    return state >= TradeState::settled;
}
std::string_view to_string(TradeState state);

enum class TradeRole : std::uint8_t { venue = 1, buyer = 2, seller = 3 };
constexpr bool is_valid(TradeRole role) {
    return role >= TradeRole::venue && role <= TradeRole::seller;
}
std::string_view to_string(TradeRole role);

struct TradeRecord {
    PlanId plan;
    TradeRole role = TradeRole::venue;
    TradeState state = TradeState::proposed;
    std::optional<Reason> reason;
    Trade trade;
    std::optional<SettlementId> settlement;
    std::optional<Terms> terms;
    std::optional<Signature> buyer_signature;
    std::optional<Signature> seller_signature;
    std::optional<Bytes> preimage;  // once released
    Amount paid;                    // by the buyer, in the pay asset, where settled
    Timestamp created;
    Timestamp changed;
    bool held = false;
    bool withheld = false;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.plan, s.role, s.state, s.reason, s.trade, s.settlement, s.terms, s.buyer_signature,
          s.seller_signature, s.preimage, s.paid, s.created, s.changed, s.held, s.withheld);
    }
};

enum class PaymentState : std::uint8_t {
    quoting = 1,
    quoted = 2,  // waits for ConfirmPayment
    paying = 3,  // hop 0 recorded
    paid = 4,    // the receiver showed the preimage
    refunded = 5,
    declined = 6,  // no escrow was ever made
    broken = 7,
};
constexpr bool is_valid(PaymentState state) {
    return state >= PaymentState::quoting && state <= PaymentState::broken;
}
std::string_view to_string(PaymentState state);

struct PaymentRecord {
    PlanId id;
    PaymentState state = PaymentState::quoting;
    std::optional<Reason> reason;
    input::Invoice invoice;
    Address from;
    AssetId asset;
    Amount amount;  // what leaves the sender, once quoted
    std::uint32_t hops = 0;
    Timestamp expiry;               // of hop 0
    std::optional<Bytes> preimage;  // the receipt
    Timestamp created;
    Timestamp changed;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.id, s.state, s.reason, s.invoice, s.from, s.asset, s.amount, s.hops, s.expiry,
          s.preimage, s.created, s.changed);
    }
};

enum class InvoiceState : std::uint8_t { open = 1, arriving = 2, paid = 3, lapsed = 4 };
constexpr bool is_valid(InvoiceState state) {
    return state >= InvoiceState::open && state <= InvoiceState::lapsed;
}
std::string_view to_string(InvoiceState state);
struct InvoiceRecord {
    input::Invoice invoice;
    InvoiceState state = InvoiceState::open;
    Timestamp changed;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.invoice, s.state, s.changed);
    }
};

// One leg of a deal as this node sees it.
enum class LegState : std::uint8_t {
    none = 0,       // nothing on the ledger
    sent = 1,       // our prepare is recorded, its fate unknown
    held = 2,       // prepared and final
    fulfilled = 3,  // final
    refunded = 4,   // final
    absent = 5,     // provably never was
};
constexpr bool is_valid(LegState state) {
    return state >= LegState::none && state <= LegState::absent;
}
constexpr bool is_terminal(LegState state) {
    return state >= LegState::fulfilled;
}
std::string_view to_string(LegState state);

enum class DealRole : std::uint8_t {
    connector = 1,  // forwards against a quote
    seller = 2,     // forwards the payment of a trade into its delivery
    buyer = 3,      // pays first, is delivered to last, holds the secret
    sender = 4,     // pays an invoice
    receiver = 5,   // is paid on an invoice
};
constexpr bool is_valid(DealRole role) {
    return role >= DealRole::connector && role <= DealRole::receiver;
}
std::string_view to_string(DealRole role);

// A deal: what stands between this node's incoming and outgoing escrow under one condition.
struct DealRecord {
    Hash id;
    DealRole role = DealRole::connector;
    Condition condition;
    std::optional<PlannedHop> in;
    EscrowKey in_key;
    LegState in_state = LegState::none;
    std::optional<PlannedHop> out;
    EscrowKey out_key;
    LegState out_state = LegState::none;
    std::optional<Reason> reason;
    bool open = true;
    Timestamp changed;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.id, s.role, s.condition, s.in, s.in_key, s.in_state, s.out, s.out_key, s.out_state,
          s.reason, s.open, s.changed);
    }
};

// Earned when both hops are fulfilled: spread, fixed fee and what rounding gave, in the incoming
// asset.
struct FeeRecord {
    Hash deal;
    AssetId asset;
    Amount fee;
    Timestamp at;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.deal, s.asset, s.fee, s.at);
    }
};

// Of a party, at the venue: how many of the trades that both sides accepted it let fail, by not
// placing what it had signed.
struct AbortRecord {
    std::string party;
    std::uint64_t accepted = 0;
    std::uint64_t aborted = 0;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.party, s.accepted, s.aborted);
    }
};

struct AlarmRecord {
    std::uint64_t number = 0;
    Timestamp at;
    std::string code;
    std::string detail;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.number, s.at, s.code, s.detail);
    }
};

// The stream that API readers follow; numbers grow by one.
enum class EventKind : std::uint8_t {
    trade = 1,
    payment = 2,
    invoice = 3,
    escrow = 4,  // a leg of a deal came into a LegState
    alarm = 5,
    quote = 6,  // given, used (its incoming escrow stands) or lapsed
};
constexpr bool is_valid(EventKind kind) {
    return kind >= EventKind::trade && kind <= EventKind::quote;
}
struct EventLeg {
    bool incoming = false;
    Address ledger;
    EscrowId escrow;  // zero until there is one
    AssetId asset;
    Amount amount;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.incoming, s.ledger, s.escrow, s.asset, s.amount);
    }
};
struct EventRecord {
    std::uint64_t number = 0;
    Timestamp at;
    EventKind kind = EventKind::trade;
    Hash id;                // plan id, payment id, deal id, quote id
    std::string reference;  // of a trade
    std::string state;
    std::optional<Reason> reason;
    std::vector<EventLeg> legs;  // of an escrow the one that changed, of a quote both
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.number, s.at, s.kind, s.id, s.reference, s.state, s.reason, s.legs);
    }
};

// --- answers to callers (output::ToCaller) ---
namespace answer {
struct SubmittedTrade {
    std::string reference;
    std::optional<PlanId> plan;
    std::optional<Reason> declined;  // at once, for example duplicate_reference
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.reference, s.plan, s.declined);
    }
};
struct Submitted {
    std::vector<SubmittedTrade> trades;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.trades);
    }
};
struct InvoiceMade {
    input::Invoice invoice;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.invoice);
    }
};
struct PaymentBegun {
    PlanId id;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.id);
    }
};
struct Acted {
    TradeState state = TradeState::proposed;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.state);
    }
};
struct LedgerResumed {
    Address ledger;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.ledger);
    }
};
struct Acknowledged {
    bool was_stopped = false;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.was_stopped);
    }
};
}  // namespace answer
using CallerAnswer = std::variant<answer::Submitted, answer::InvoiceMade, answer::PaymentBegun,
                                  answer::Acted, answer::LedgerResumed, answer::Acknowledged>;

template <class T>
Record make_record(RecordKind kind, ByteView key, const T& value) {
    return Record{static_cast<std::uint16_t>(kind), Bytes(key.begin(), key.end()),
                  encode_fields(value)};
}
// A number as a key that sorts.
Bytes number_key(std::uint64_t number);
// Of RecordKind::trade_order and payment_order.
Bytes order_key(Timestamp created, const PlanId& id);
// Of RecordKind::reference.
Hash reference_key(const PublicKey& venue, const std::string& reference);

}  // namespace lockstep::core
