// Everything that reaches the node's machine, and everything that leaves it. Inputs are journalled;
// commands are recorded as outputs before they leave.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "connector/core/config.h"
#include "connector/core/messages.h"
#include "sdk/machine/adapter.h"

namespace lockstep::core {

constexpr std::size_t max_trades_per_request = 512;

namespace input {

struct Configure {
    NodeConfig config;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.config);
    }
};
// A process took over the journal: nothing is believed about any ledger until its adapter is live.
struct Started {
    std::uint64_t epoch = 0;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.epoch);
    }
};
struct Wake {
    template <class S, class A>
    static void fields(S&, A&) {}
};
// From a peer, in order, once, its signature and those inside verified.
struct FromPeer {
    PublicKey peer;
    Message message;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.peer, s.message);
    }
};
// From the adapter of a ledger. Each mirrors a report of sdk/machine/adapter.h.
struct CommandAnswered {
    Address ledger;
    CommandId id;
    std::uint8_t outcome = 0;  // report::Answer::Outcome
    Reason reason = Reason::internal_error;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.ledger, s.id, s.outcome, s.reason);
    }
};
struct EscrowReported {
    Address ledger;
    std::uint64_t cursor = 0;
    EscrowTerms terms;
    EscrowState state = EscrowState::prepared;
    Certainty certainty = Certainty::final_;
    std::optional<Bytes> preimage;
    Timestamp ledger_time;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.ledger, s.cursor, s.terms, s.state, s.certainty, s.preimage, s.ledger_time);
    }
};
struct BalanceReported {
    Address ledger;
    Address account;
    AssetId asset;
    Amount free;
    Amount escrowed;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.ledger, s.account, s.asset, s.free, s.escrowed);
    }
};
struct LedgerHealth {
    Address ledger;
    Timestamp ledger_time;
    std::uint8_t mode = 0;  // report::Mode
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.ledger, s.ledger_time, s.mode);
    }
};
struct LedgerDescribed {
    LedgerInfo info;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.info);
    }
};
// The adapter has made and recorded our part of giving an escrow back, for its payer's node.
struct ShareMade {
    Address ledger;
    EscrowKey escrow;
    Bytes share;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.ledger, s.escrow, s.share);
    }
};
// Too little disk is left for new business (true), or there is room again (false).
struct DiskLow {
    bool low = false;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.low);
    }
};
struct Drain {
    template <class S, class A>
    static void fields(S&, A&) {}
};
// Answers of the secret keeper: a condition for a context, and later the preimage itself.
struct ConditionMade {
    Hash context;
    Hash entropy;  // drawn by the host, journalled, never secret on its own
    Condition condition;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.context, s.entropy, s.condition);
    }
};
struct SecretReleased {
    Hash context;
    Bytes preimage;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.context, s.preimage);
    }
};

// The adapter of this ledger ran for too long in one step, and the process was ended for it: no new
// business there until the operator resumes the ledger.
struct AdapterStalled {
    Address ledger;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.ledger);
    }
};

// --- from callers of the API; `ticket` finds the caller again and means nothing else ---
struct TradeOrder {
    std::string reference;
    std::string instrument;  // code, for example an ISIN
    Amount quantity;
    Amount price;  // per unit, in units of the venue's price asset
    std::string buyer;
    std::string seller;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.reference, s.instrument, s.quantity, s.price, s.buyer, s.seller);
    }
};
struct SubmitTrades {
    std::vector<TradeOrder> trades;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.trades);
    }
};
struct CreateInvoice {
    Address account;
    AssetId asset;
    Amount amount;
    Timestamp valid_until;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.account, s.asset, s.amount, s.valid_until);
    }
};
// What a receiver hands to a sender.
struct Invoice {
    PlanId id;
    PublicKey node;
    Address ledger;
    Address account;
    AssetId asset;
    Amount amount;
    Condition condition;
    Timestamp valid_until;
    LedgerTiming timing;  // of the receiver's ledger
    Endurance endurance;  // of the receiver, for the reveal guard
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.id, s.node, s.ledger, s.account, s.asset, s.amount, s.condition, s.valid_until,
          s.timing, s.endurance);
    }
};
struct Pay {
    Invoice invoice;
    Address from;
    AssetId asset;
    Amount most_paid;
    bool quote_only = false;  // stop when the price is known; ConfirmPayment goes on
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.invoice, s.from, s.asset, s.most_paid, s.quote_only);
    }
};
struct ConfirmPayment {
    PlanId payment;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.payment);
    }
};
enum class TradeAction : std::uint8_t { hold = 1, release = 2, cancel = 3, withhold = 4 };
constexpr bool is_valid(TradeAction action) {
    return action >= TradeAction::hold && action <= TradeAction::withhold;
}
// withhold: this node will neither deliver nor reject, now or when the trade arrives; it counts in
// the party's abort rate.
struct ActOnTrade {
    PublicKey venue;
    std::string reference;
    TradeAction action = TradeAction::hold;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.venue, s.reference, s.action);
    }
};
// The operator takes new business on a paused ledger again.
struct ResumeLedger {
    Address ledger;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.ledger);
    }
};
// The operator has looked at what stopped the node, and takes new business again.
struct Acknowledge {
    template <class S, class A>
    static void fields(S&, A&) {}
};
// The order is that of the journal: a new one goes to the end.
using ApiBody = std::variant<SubmitTrades, CreateInvoice, Pay, ConfirmPayment, ActOnTrade,
                             ResumeLedger, Acknowledge>;
struct FromApi {
    std::uint64_t ticket = 0;
    std::string caller;           // key id of the caller
    std::string idempotency_key;  // unique per caller
    Hash request;  // digest of the request; another one under the same key is refused
    ApiBody body;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.ticket, s.caller, s.idempotency_key, s.request, s.body);
    }
};

}  // namespace input

// The order is that of the journal: a new one goes to the end.
using NodeInput =
    std::variant<input::Configure, input::Started, input::Wake, input::FromPeer,
                 input::CommandAnswered, input::EscrowReported, input::BalanceReported,
                 input::LedgerHealth, input::LedgerDescribed, input::DiskLow, input::Drain,
                 input::ConditionMade, input::SecretReleased, input::FromApi, input::AdapterStalled,
                 input::ShareMade>;

Bytes encode_node_input(const NodeInput& input);
Result<NodeInput> decode_node_input(ByteView octets);

namespace output {

// To the adapter of `ledger`; recorded. Never holds an unreleased secret.
struct ToLedger {
    Address ledger;
    CommandId id;
    using Body = std::variant<op::Prepare, op::Fulfil, op::Reject, op::Refund>;
    Body body;
};
struct ToPeer {
    PublicKey peer;
    Message message;
};
// The secret keeper makes a condition for this context at once (no disk in between) and feeds
// ConditionMade back into the same turn.
struct MakeCondition {
    Hash context;
};
// Recorded, and carried out only when durable: after it there is no cancel, only claiming.
struct ReleaseSecret {
    Hash context;
    Hash entropy;
    Condition condition;
};
// To the adapter of `ledger`: the payee's part of giving an escrow of ours back. Not recorded: it
// follows from the message that brought it, and the adapter remembers what it does with it.
struct PassShare {
    Address ledger;
    EscrowKey escrow;
    Bytes share;
};
// An answer to the caller of the API.
struct ToCaller {
    std::uint64_t ticket = 0;
    Result<Bytes> body;  // an encoded answer of connector/core/records.h
};
struct Alarm {
    std::string code;
    std::string detail;
};

}  // namespace output

using NodeOutput =
    std::variant<output::ToLedger, output::ToPeer, output::MakeCondition, output::ReleaseSecret,
                 output::ToCaller, output::Alarm, output::PassShare>;

// The canonical octets of what is recorded (ToLedger and ReleaseSecret); nullopt for the others.
std::optional<Bytes> encode_recorded(const NodeOutput& output);

}  // namespace lockstep::core
