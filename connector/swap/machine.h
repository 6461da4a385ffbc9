// One party of a direct swap as a machine: what the two ledgers said comes in, commands for them
// and the story for people come out. It decides by design rules of the escrow chain with two hops:
// the payment first, the delivery only against a payment that is final and exact, the secret only
// for a delivery that is final and exact while enough time is left, the payment only with the
// secret that the delivery's ledger showed. No message of the other party is ever believed: there
// is none.
//
// What always holds: before the decision to show the secret is recorded, nobody can compute it;
// after it there is no way back, only claiming. A secret that was seen is kept whatever becomes of
// the event that showed it, and claiming with it never stops. Nobody who is late places or shows.
#pragma once

#include <map>
#include <set>
#include <string>
#include <variant>

#include "connector/swap/terms.h"
#include "sdk/machine/machine.h"

namespace lockstep::swap {

// The six transactions of a swap, by the numbers under which they are known.
enum class Step : std::uint8_t {
    payment = 1,          // the buyer locks the payment
    payment_refund = 2,   // which comes back to the buyer if nobody takes it
    delivery = 3,         // the seller locks the delivery
    delivery_refund = 4,  // which comes back to the seller if nobody takes it
    delivery_claim = 5,   // the buyer takes the delivery and shows the secret
    payment_claim = 6,    // the seller takes the payment with it
};
constexpr bool is_valid(Step step) {
    return step >= Step::payment && step <= Step::payment_claim;
}
constexpr Side side_of(Step step) {
    return step == Step::payment || step == Step::payment_refund || step == Step::payment_claim
               ? Side::payment
               : Side::delivery;
}

// A transaction as its ledger shows it.
struct Sight {
    Certainty certainty = Certainty::seen;
    std::string locator;  // where (report::Escrow)
    Timestamp ledger_time;
    bool rejected = false;  // of a refund: the payee gave it back before the expiry

    friend bool operator==(const Sight&, const Sight&) = default;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.certainty, s.locator, s.ledger_time, s.rejected);
    }
};
using Sights = std::map<Step, Sight>;

enum class End : std::uint8_t {
    settled = 1,   // each has what the other had
    unwound = 2,   // what was locked went back
    declined = 3,  // nothing was ever locked
    broken = 4,    // one side was claimed and the other went back
};
constexpr bool is_valid(End end) {
    return end >= End::settled && end <= End::broken;
}
std::string_view to_string(End end);

namespace input {

// What this party has, and must survive; again when it changes.
struct Configure {
    core::Endurance endurance;
    std::vector<OwnLedger> ledgers;  // without info
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.endurance, s.ledgers);
    }
};
// A process took over: nothing is believed about a ledger before it is live.
struct Started {
    template <class S, class A>
    static void fields(S&, A&) {}
};
struct Wake {
    template <class S, class A>
    static void fields(S&, A&) {}
};
// The party enters into the terms. Refused: escrows_unresolved while another swap is open,
// condition_used for a swap or a condition that was here before, else as objection() says.
struct Begin {
    Role role = Role::buyer;
    Terms terms;
    PublicKey proposer;  // who signed the proposal; for people
    Hash entropy;        // of the buyer's secret; drawn by the host, no secret on its own
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.role, s.terms, s.proposer, s.entropy);
    }
};
// Mirrors of the reports of sdk/machine/adapter.h.
struct Answered {
    CommandId id;
    std::uint8_t outcome = 0;
    Reason reason = Reason::internal_error;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.id, s.outcome, s.reason);
    }
};
struct Reported {
    Address ledger;
    EscrowTerms terms;
    EscrowState state = EscrowState::prepared;
    Certainty certainty = Certainty::final_;
    std::optional<Bytes> preimage;
    Timestamp ledger_time;
    std::string locator;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.ledger, s.terms, s.state, s.certainty, s.preimage, s.ledger_time, s.locator);
    }
};
struct Health {
    Address ledger;
    Timestamp ledger_time;
    std::uint8_t mode = 0;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.ledger, s.ledger_time, s.mode);
    }
};
struct Described {
    LedgerInfo info;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.info);
    }
};
// The secret, derived once the decision to show it was durable.
struct Released {
    Bytes preimage;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.preimage);
    }
};

}  // namespace input

// The order is that of the journal: a new one goes to the end.
using MachineInput =
    std::variant<input::Configure, input::Started, input::Wake, input::Begin, input::Answered,
                 input::Reported, input::Health, input::Described, input::Released>;

namespace output {

// Recorded. Never holds a secret that was not decided to be shown.
struct ToLedger {
    Address ledger;
    CommandId id;
    using Body = std::variant<op::Prepare, op::Fulfil, op::Reject, command::Expect>;
    Body body;
};
// Recorded, and carried out only when durable: the host derives the secret and gives it back.
struct Release {
    Hash swap;
    Hash entropy;
    Condition condition;
};
// For people: this transaction is there, is final, or is gone again (Certainty::rolled_back).
struct Told {
    Step step = Step::payment;
    Sight sight;
};
struct Ended {
    End end = End::settled;
    std::optional<Reason> reason;
};
// What needs a person.
struct Alarm {
    std::string code;
    std::string detail;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.code, s.detail);
    }
};

}  // namespace output

using MachineOutput =
    std::variant<output::ToLedger, output::Release, output::Told, output::Ended, output::Alarm>;
// The canonical octets of what is recorded; nullopt for the others.
std::optional<Bytes> encode_recorded(const MachineOutput& output);

// Escrows that stand and are of no swap that was begun here: a payment may be there before its
// proposal is accepted, and a ledger tells of it once. More than this are of others who send what
// nobody asked for; those of the payer who has most are forgotten first.
constexpr std::size_t max_strays = 1'024;

// Of the escrow that this party places.
enum class Placement : std::uint8_t {
    none = 1,    // not decided yet, or decided against (given_up)
    sent = 2,    // the ledger was told
    absent = 3,  // the ledger refused it: it is not there and cannot come
};
constexpr bool is_valid(Placement placement) {
    return placement >= Placement::none && placement <= Placement::absent;
}

struct Swap {
    Role role = Role::buyer;
    Terms terms;
    PublicKey proposer;
    Hash entropy;
    Sights sights;
    Placement placement = Placement::none;
    std::optional<Reason> place_refusal;  // of the own escrow, while it was seen nevertheless
    std::set<Side> impostors;  // where another escrow has this one's name, and is not final
    bool given_up = false;     // neither places nor shows any more
    bool released = false;
    bool claim_sent = false;
    std::uint32_t claims_refused = 0;      // each further claim is a command of its own
    std::optional<Timestamp> claim_again;  // after a refusal, not before this
    std::optional<Reason> claim_refusal;   // the last one, of which was told
    bool reject_sent = false;
    std::optional<Bytes> preimage;
    bool secret_out = false;             // a ledger has shown it, or was given it to show
    std::optional<Reason> reason;        // why it did not settle
    std::optional<output::Alarm> alarm;  // the last one
    std::optional<End> end;

    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.role, s.terms, s.proposer, s.entropy, s.sights, s.placement, s.place_refusal,
          s.impostors, s.given_up, s.released, s.claim_sent, s.claims_refused, s.claim_again,
          s.claim_refusal, s.reject_sent, s.preimage, s.secret_out, s.reason, s.alarm, s.end);
    }
    const Sight* find(Step step) const {
        const auto found = sights.find(step);
        return found == sights.end() ? nullptr : &found->second;
    }
    bool is_final(Step step) const {
        const Sight* const sight = find(step);
        return sight != nullptr && sight->certainty == Certainty::final_;
    }
};

class SwapMachine {
public:
    using Input = MachineInput;
    using Output = MachineOutput;
    static constexpr SnapshotForm snapshot_form{"lockstep-swap", 1};
    static constexpr std::uint16_t current_rules = 1;

    Result<void> check(Timestamp at, const Input& input) const;
    void apply(Timestamp at, const Input& input, Outputs<SwapMachine>& out);
    std::optional<Timestamp> next_wake() const;
    static Input wake() { return input::Wake{}; }
    static Bytes encode_input(const Input& input);
    static Result<Input> decode_input(ByteView octets);
    std::uint16_t rules() const { return current_rules; }
    Bytes write_snapshot() const;
    Result<void> read_snapshot(ByteView octets);

    // The last swap that was begun, also when it is over.
    const std::optional<Swap>& swap() const { return state_.swap; }
    bool is_open() const { return state_.swap && !state_.swap->end; }
    // As objection() wants it, for a party in this role.
    OwnView view(Role role, Timestamp now) const;
    bool is_live(const Address& ledger) const;
    // When a claim that was refused is made again.
    std::optional<Timestamp> claim_due() const;
    // What was decided to be shown and has not been derived yet.
    std::optional<output::Release> unfinished_release() const;

private:
    // A swap that is over, until nobody can take part in it any more.
    struct Past {
        Condition condition;
        Timestamp until;
        template <class S, class A>
        static void fields(S& s, A& a) {
            a(s.condition, s.until);
        }
    };
    struct State {
        core::Endurance endurance;
        std::vector<OwnLedger> ledgers;
        std::map<Address, std::uint8_t> modes;
        std::map<Address, Timestamp> times;
        std::optional<Swap> swap;
        std::map<Hash, Past> past;  // by swap
        // What was last told of each, by state, in that order.
        std::map<std::pair<Address, EscrowKey>, std::vector<input::Reported>> strays;
        template <class S, class A>
        static void fields(S& s, A& a) {
            a(s.endurance, s.ledgers, s.modes, s.times, s.swap, s.past, s.strays);
        }
    };
    class Turn;

    State state_;
};

}  // namespace lockstep::swap
