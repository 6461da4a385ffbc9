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
    bool is_open() const { return info_.expiry_rule == ExpiryRule::open; }
    Timestamp now() const { return ledger_.now(); }
    Timestamp ledger_now() const { return ledger_.ledger_now(); }

    // --- making things up ---
    Preimage preimage(int which = 0) const;
    // A portion from payer to payee under the condition of preimage(which), for as long as a case
    // takes.
    EscrowTerms terms(int which = 0) const;
    // The same, to expire as soon as it can be prepared before.
    EscrowTerms brief_terms(int which = 0) const;
    EscrowKey key(const EscrowTerms& terms) const { return {terms.payer, terms.id}; }
    CommandId command_id(const std::string& what) const;
    Amount portions(std::uint64_t count) const { return Amount{count * world().portion().units()}; }
    // Not before this, and as fine as the ledger takes it.
    Timestamp expiry_at(Timestamp earliest) const;

    // --- commands; the answer is "done", "unknown" or the reason of the refusal ---
    std::string run(Role role, Command command);
    std::string prepare(const EscrowTerms& terms, Role role = Role::payer);
    // Where what is told is final later: until then a payee does nothing about an escrow.
    void wait_for_payee(const EscrowTerms& terms);
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

    // --- what the ledger says; conformance_sight.cpp ---
    // The state that a party's stream told last: "prepared", …; "" for none.
    std::string told(Role role, const EscrowTerms& terms);
    // Waits until the stream tells this state.
    void expect_told(Role role, const EscrowTerms& terms, EscrowState state);
    // The state that a query finds; "" where there is no such escrow.
    std::string found(Role role, const EscrowTerms& terms);
    // A ledger that takes a while until something is final is given it.
    void expect_found(Role role, const EscrowTerms& terms, const std::string& state);
    Balance balance(Role role);
    // What a party should have more or less than before. Each command may cost it the ledger's fee;
    // where there is none, this is exact.
    struct Flow {
        Amount in{};
        Amount out{};
        unsigned commands = 1;
    };
    void expect_flow(Role role, const Balance& before, const Flow& flow,
                     const std::string& otherwise);
    // Everything is free again, after as many commands.
    void expect_back(Role role, const Balance& before, unsigned commands = 2);
    // Whether the stream told it with this certainty, in any state or in that one.
    bool told_as(Role role, const EscrowTerms& terms, Certainty certainty,
                 std::optional<EscrowState> state = std::nullopt);
    // Cursor and state of each event of the stream so far, as told.
    std::vector<std::pair<std::uint64_t, report::Escrow>>& events(Role role);
    report::Mode mode(Role role);
    // What is read anew, block by block, is not known before it was read.
    void restart_without_memory(Role role);

    // The amount was taken once, and is in escrow.
    void expect_prepared_once(const Balance& before, const EscrowTerms& terms);
    // Without its memory, where it finds on the ledger what it did.
    void restart_forgetful(Role role);

    // --- time ---
    void wait_until(Timestamp ledger_time);
    void wait_until_true(Timestamp time);
    // Until it holds or the patience ends.
    bool wait_for(const std::function<bool()>& holds);
    Duration patience() const;
    // From a prepare to an expiry before which it is final.
    Duration short_hold() const;
    // After this the ledger's clock has passed a time that ours has.
    Duration clock_margin() const;

    // --- checks; they end the case ---
    void expect(bool holds, const std::string& otherwise);
    void expect_answer(const std::string& what, const std::string& seen, const std::string& wanted);
    void expect_one_of(const std::string& what, const std::string& seen,
                       const std::vector<std::string>& wanted);
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
    void settle();
    Amount fees(unsigned commands) const;
    std::optional<QueryAnswer> ask(Role role, const QueryBody& body);
    Hash derive(const std::string& what) const;

    ConformanceLedger& ledger_;
    Party parties_[role_count];
    LedgerInfo info_;
    std::size_t case_ = 0;
    std::uint64_t last_query_ = 0;
};

// A claim that is refused as one after the expiry is.
bool is_refusal_after_expiry(const std::string& answer);

struct Case {
    const char* rule;
    const char* title;
    void (*run)(Kit&);
};
// The cases, in the order in which they are run.
std::vector<Case> all_cases();
// By file: conformance_life.cpp, and so on.
void add_life_cases(std::vector<Case>& to);
void add_open_cases(std::vector<Case>& to);
void add_limit_cases(std::vector<Case>& to);
void add_repeat_cases(std::vector<Case>& to);
void add_fault_cases(std::vector<Case>& to);
void add_stream_cases(std::vector<Case>& to);
void add_lie_cases(std::vector<Case>& to);

}  // namespace lockstep::conformance
