// A ledger that is open, as little of one as the conformance kit can tell from a real one: no
// scripts and no adapters, but blocks, fees, a clock that lags and goes in steps, refunds by the
// payer and rejects that take both. With a vice it breaks one rule, so that the kit is tested too.
#pragma once

#include <map>
#include <set>

#include "sdk/machine/conformance.h"

namespace lockstep::conformance {

class OpenLedger final : public ConformanceLedger {
public:
    enum class Vice : std::uint8_t {
        none,
        refunds_early,         // a block before the expiry
        refunds_never,         // the payer waits for a command
        refunds_for_anyone,    // also for who asks
        rejects_alone,         // the payee's word is enough
        is_strict,             // a late claim is refused
        pays_twice,            // a claim is paid after the refund
        is_final_at_once,      // what is told is never told as seen
        takes_any_preimage,    // of any size
        takes_anything,        // an escrow of a single unit
        charges_too_much,      // more than the allowance
        forgets_what_returns,  // what comes again after a roll-back is not told
        says_nowhere           // what is told names no place
    };
    explicit OpenLedger(Vice vice);

    const World& world() const override { return world_; }
    void give(Role role, AdapterInput input) override;
    std::vector<Report> take_reports(Role role) override;
    void pass(Duration time) override;
    Timestamp now() const override { return now_; }
    Timestamp ledger_now() const override { return ledger_now_; }
    void reach(Timestamp ledger_time) override;
    void next_instruction(Role role, Mishap mishap) override { party(role).mishap = mishap; }
    void hold_instructions(Role role) override { party(role).holds = true; }
    void release(Role role) override;
    void break_stream(Role) override {}
    void restart_adapter(Role role, bool with_memory) override;
    bool restart_ledger() override { return true; }
    bool claim_with(Role role, const EscrowKey& key, const Bytes& preimage,
                    Result<void>& answer) override;
    bool tamper(Role, std::function<void(Bytes&)>) override { return false; }
    std::vector<Forgery> forgeries() const override { return {}; }
    bool roll_back(const EscrowKey& key) override { return take_back(key, false); }
    bool roll_back_for_now(const EscrowKey& key) override { return take_back(key, true); }
    bool keep_releases(bool kept) override;

private:
    enum class Kind : std::uint8_t { prepare, claim, refund, reject };
    struct Transaction {
        Kind kind;
        EscrowKey key;
        friend auto operator<=>(const Transaction&, const Transaction&) = default;
    };
    struct Escrow {
        EscrowTerms terms;
        bool exists = false;  // on the ledger
        EscrowState state = EscrowState::prepared;
        int changed = 0;  // the block of the last change
        bool is_final = true;
        Bytes preimage;
        bool is_silent = false;
    };
    struct Asked {
        std::string what;  // the fields of the command
        std::optional<report::Answer> answer;
        std::optional<Transaction> waits_for;
    };
    struct Party {
        std::vector<Report> reports;
        std::map<CommandId, Asked> commands;
        std::optional<Mishap> mishap;
        bool holds = false;
        std::set<Transaction> held;
        Amount free;
        std::vector<report::Escrow> told;  // since the beginning
    };
    Party& party(Role role) { return parties_[static_cast<std::size_t>(role)]; }
    std::optional<Role> owner(const Address& account) const;
    Role payer_of(const EscrowKey& key) const { return *owner(key.payer); }

    void take(Role role, Command& command);
    // Why it is refused, or what it waits for; neither: it is done already.
    std::optional<Reason> judge(Role role, CommandBody& body, std::optional<Transaction>& waits);
    std::optional<Reason> judge_prepare(Role role, const command::Prepare& prepare) const;
    void answer(Role role, const CommandId& id, Asked& asked, std::optional<Reason> refusal);
    void query(Role role, const Query& query);
    bool is_pending(const Transaction& transaction) const;
    void send(Role role, const Transaction& transaction);
    void send_again();
    void block();
    void include(const Transaction& transaction);
    void settle(Role role);
    void tell(Escrow& escrow, Certainty certainty);
    bool take_back(const EscrowKey& key, bool comes_again);

    const Vice vice_;
    World world_;
    LedgerInfo info_;
    Timestamp now_;
    Timestamp next_block_;
    Timestamp ledger_now_;
    int height_ = 0;
    std::uint64_t cursor_ = 0;
    Party parties_[role_count];
    std::map<EscrowKey, Escrow> escrows_;
    std::set<Transaction> pool_;
    std::map<std::pair<Role, Transaction>, Timestamp> again_;  // when it is sent again
    std::set<EscrowKey> released_;
    std::set<EscrowKey> kept_;
    std::set<EscrowKey> gone_;
    bool keeps_ = false;
};

}  // namespace lockstep::conformance
