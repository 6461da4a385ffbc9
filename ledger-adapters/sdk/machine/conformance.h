// The conformance kit: what every adapter, with its ledger behind it, must do before a node may
// trust it with money. It speaks to adapters only, through a ConformanceLedger, which is a ledger
// in this process with a clock of the kit's own, or one that runs elsewhere. What could not be
// tried is in the result too, with the reason why.
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "sdk/machine/adapter.h"

namespace lockstep::conformance {

// Three parties with an adapter each. The payer and the other one hold at least `plenty` of the
// asset when the kit begins.
enum class Role : std::uint8_t { payer = 0, payee = 1, other = 2 };
constexpr std::size_t role_count = 3;

struct World {
    Address ledger;
    Address accounts[role_count];
    AssetId asset;
    Amount lot{1};       // smallest quantity that moves
    Hash run;            // differs between runs, so that ids are never used twice
    bool exact = false;  // time stands still between calls of pass(): -1, 0 and +1 can be hit

    // What makes a difference to the kit and is in no LedgerInfo.
    Amount least{};          // smallest escrow that is taken, where it is more than a lot
    Amount fee_allowance{};  // what a command may cost its party beside the amount, at most
    Duration tick{1};        // expiries are whole multiples of it
    Duration glance = Duration::milliseconds(10);  // between looks at what is awaited
    std::size_t many = 200;                        // commands at once
    bool streams = true;  // the ledger tells its events; where not, the adapter asks for them
    // What an adapter without memory finds on the ledger.
    bool keeps_commands = true;  // what became of them
    bool keeps_escrows = true;   // those that are closed included

    const Address& account(Role role) const { return accounts[static_cast<std::size_t>(role)]; }
    // What the kit escrows, once or more: whole lots, at least the least.
    Amount portion() const {
        const std::uint64_t wanted = std::max<std::uint64_t>(least.units(), 1);
        return Amount{(wanted + lot.units() - 1) / lot.units() * lot.units()};
    }
};
// What the payer needs of the asset, in portions.
constexpr std::uint64_t plenty_lots = 10'000;

// What can be done to the requests of one adapter.
enum class Mishap : std::uint8_t {
    lose_request = 1,  // it never arrives; the adapter hears outcome_unknown
    lose_answer = 2,   // it has its effect; the adapter hears outcome_unknown
    hold_request = 3,  // it arrives when release() is called; the adapter hears nothing
};

// A way of showing an adapter something else than the ledger signed.
enum class Forged : std::uint8_t {
    header = 1,       // a field of the header that was signed
    certificate = 2,  // who signed it
    state = 3,        // the state that it commits to
    inclusion = 4,    // the proof that the transaction lies under it
    transaction = 5,  // the transaction itself
};
struct Forgery {
    Forged part = Forged::header;
    std::string what;  // "one signature too few"
    // Alters a frame of the event stream; false where nothing in it can be altered so.
    std::function<bool(Bytes&)> alter;
};

class ConformanceLedger {
public:
    virtual ~ConformanceLedger() = default;
    virtual const World& world() const = 0;

    virtual void give(Role role, AdapterInput input) = 0;
    // Reports since the last call, in order.
    virtual std::vector<Report> take_reports(Role role) = 0;
    // Lets time pass; everything that falls due meanwhile happens.
    virtual void pass(Duration time) = 0;
    // True time, which the adapters are given too.
    virtual Timestamp now() const = 0;
    // What the ledger judges expiries by; it may lag, and move in steps.
    virtual Timestamp ledger_now() const { return now(); }
    // Lets time pass until the ledger's clock shows this; exactly this where the world is exact.
    virtual void reach(Timestamp ledger_time) {
        while (ledger_now() < ledger_time)
            pass(world().exact ? ledger_time - ledger_now() : world().glance);
    }

    // What happens to the next instruction of this party.
    virtual void next_instruction(Role role, Mishap mishap) = 0;
    // And of every one from now on, until release(): it is held.
    virtual void hold_instructions(Role role) = 0;
    virtual void release(Role role) = 0;
    virtual void break_stream(Role role) = 0;
    // The process dies and starts again: with what it made durable, or on an empty disk.
    virtual void restart_adapter(Role role, bool with_memory) = 0;

    // The following return false where they cannot be provoked.
    virtual bool restart_ledger() = 0;
    // A claim with octets of any number, past the adapter; the ledger's answer.
    virtual bool claim_with(Role role, const EscrowKey& escrow, const Bytes& preimage,
                            Result<void>& answer) = 0;
    // From now on every frame to this party passes through `alter`, which nullptr ends.
    virtual bool tamper(Role role, std::function<void(Bytes&)> alter) = 0;
    // The forgeries that can be made of a frame; none where its form is not known.
    virtual std::vector<Forgery> forgeries() const = 0;
    // The ledger takes back the preparing of an escrow, which was seen and is not final: for good,
    // or so that it comes again.
    virtual bool roll_back(const EscrowKey& escrow) = 0;
    virtual bool roll_back_for_now(const EscrowKey&) { return false; }
    // What adapters tell each other by way of their nodes is kept, until it is called with false.
    virtual bool keep_releases(bool) { return false; }
};

enum class Outcome : std::uint8_t { passed = 1, failed = 2, left_out = 3 };
struct CaseResult {
    std::string rule;   // "expiry"
    std::string title;  // a sentence
    Outcome outcome = Outcome::passed;
    std::string detail;  // what differed, or why it was left out
};
struct Outcomes {
    std::vector<CaseResult> cases;
    LedgerInfo info;  // as the adapter declared it

    std::size_t count(Outcome outcome) const;
    bool passed() const { return count(Outcome::failed) == 0; }
};

// Runs every case, or those whose rule or title contains the text.
Outcomes run(ConformanceLedger& ledger, const std::string& only = "");

// For people.
std::string to_table(const Outcomes& outcomes);
// One line for each declared rule: what the adapter says and which cases hold it to that.
std::string to_rules(const Outcomes& outcomes);

}  // namespace lockstep::conformance
