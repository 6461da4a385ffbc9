// What the conformance cases are written with: commands that wait for their answer, and checks that
// say what they saw.
#pragma once

#include <functional>
#include <map>

#include "sdk/machine/conformance.h"

namespace lockstep::conformance {

// Ends a case.
struct Stop {
    Outcome outcome;
    std::string detail;
};

class Kit {
public:
    explicit Kit(ConformanceLedger& ledger);

    // Starts the adapters anew; false when one of them does not describe its ledger and go live.
    bool open();
    void begin_case(std::size_t number);

    ConformanceLedger& ledger() { return ledger_; }
    const World& world() const { return ledger_.world(); }
    const LedgerInfo& info() const { return info_; }
    Timestamp now() const { return ledger_.now(); }

    // --- making things up ---
    Preimage preimage(int which = 0) const;
    // One lot from payer to payee under the condition of preimage(which), for a minute.
    EscrowTerms terms(int which = 0) const;
    EscrowKey key(const EscrowTerms& terms) const { return {terms.payer, terms.id}; }
    CommandId command_id(const std::string& what) const;
    Amount lots(std::uint64_t count) const { return Amount{count * world().lot.units()}; }

    // --- commands; the answer is "done", "unknown" or the reason of the refusal ---
    std::string run(Role role, Command command);
    std::string prepare(const EscrowTerms& terms, Role role = Role::payer);
    Command prepare_command(const EscrowTerms& terms) const;
    std::string fulfil(const EscrowTerms& terms, Role role = Role::payee, int which = 0);
    Command fulfil_command(const EscrowTerms& terms, int which = 0,
                           const std::string& what = "fulfil") const;
    std::string reject(const EscrowTerms& terms, Role role = Role::payee);
    std::string refund(const EscrowTerms& terms, Role role = Role::payer);
    void give(Role role, Command command);
    // The last answer, waiting for one that is not "unknown".
    std::string answer(Role role, const CommandId& id);
    // The last answer so far, "" for none.
    std::string answer_now(Role role, const CommandId& id);

    // --- what the ledger says ---
    // The state that a party's stream told last: "prepared", …; "" for none.
    std::string told(Role role, const EscrowTerms& terms);
    // Waits until the stream tells this state.
    void expect_told(Role role, const EscrowTerms& terms, EscrowState state);
    // The state that a query finds; "" where there is no such escrow.
    std::string found(Role role, const EscrowTerms& terms);
    Balance balance(Role role);
    // Whether the stream told it with this certainty.
    bool told_as(Role role, const EscrowTerms& terms, Certainty certainty);
    // Cursor and state of each event of the stream so far, as told.
    std::vector<std::pair<std::uint64_t, report::Escrow>>& events(Role role);
    report::Mode mode(Role role);

    // --- time ---
    void wait_until(Timestamp ledger_time);
    // Until it holds or the patience ends.
    bool wait_for(const std::function<bool()>& holds);
    Duration patience() const;

    // --- checks; they end the case ---
    void expect(bool holds, const std::string& otherwise);
    void expect_answer(const std::string& what, const std::string& seen, const std::string& wanted);
    [[noreturn]] void leave_out(const std::string& why);

private:
    struct Party {
        std::map<CommandId, report::Answer> answers;
        std::map<std::uint64_t, Result<QueryAnswer>> results;
        std::vector<std::pair<std::uint64_t, report::Escrow>> events;
        report::Mode mode = report::Mode::catching_up;
        std::optional<LedgerInfo> info;
        std::string detail;
    };
    Party& party(Role role) { return parties_[static_cast<std::size_t>(role)]; }
    void listen();
    std::optional<QueryAnswer> ask(Role role, const QueryBody& body);
    Hash derive(const std::string& what) const;

    ConformanceLedger& ledger_;
    Party parties_[role_count];
    LedgerInfo info_;
    std::size_t case_ = 0;
    std::uint64_t last_query_ = 0;
};

struct Case {
    const char* rule;
    const char* title;
    void (*run)(Kit&);
};
// The cases, in the order in which they are run.
std::vector<Case> all_cases();
// By file: conformance_life.cpp, conformance_limits.cpp, conformance_faults.cpp,
// conformance_lies.cpp.
void add_life_cases(std::vector<Case>& to);
void add_limit_cases(std::vector<Case>& to);
void add_fault_cases(std::vector<Case>& to);
void add_lie_cases(std::vector<Case>& to);

}  // namespace lockstep::conformance
