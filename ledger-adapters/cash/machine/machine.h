// The cash ledger: a machine as in sdk/machine/machine.h. It is asked with verified instructions
// and answers each operation; value moves by double entry (book.h), lies in escrow (escrows.h), and
// each command has one answer (answers.h). Escrows expire by the time that inputs are stamped with:
// before anything else an input gives back whatever has expired, in the order (expiry, payer's
// place, id).
//
// Always: per asset, what can be spent plus what lies in escrow is what was issued; an escrow's
// state moves once; the sequence grows by one with each change.
#pragma once

#include "cash/machine/answers.h"
#include "cash/machine/book.h"
#include "cash/machine/escrows.h"
#include "cash/machine/input.h"
#include "cash/machine/records.h"
#include "sdk/machine/adapter.h"
#include "sdk/machine/machine.h"

namespace lockstep::cash {

class CashMachine {
public:
    using Input = cash::Input;
    using Output = cash::Output;
    // A new ledger follows the newest; what was journalled under the oldest can be replayed.
    static constexpr std::uint16_t oldest_rules = 1;
    static constexpr std::uint16_t newest_rules = 1;

    // An instruction's refusals, in their order: unavailable (not configured yet), wrong_ledger,
    // too_many_ops, unknown_key, too_late (valid_until has passed), too_far_ahead (it lies further
    // ahead than max_instruction_life), overloaded (no room to remember the answers). A
    // configuration's: malformed, wrong_ledger. An upgrade's: unknown_version.
    Result<void> check(Timestamp at, const Input& input) const;
    void apply(Timestamp at, const Input& input, Outputs<CashMachine>& out);
    // The first expiry; and, where an instruction could be refused because there is no room for its
    // answers, when the first of them may be forgotten: what is refused moves no time.
    std::optional<Timestamp> next_wake() const;
    std::uint16_t rules() const { return rules_; }
    // Before the first input. unknown_version.
    Result<void> begin_under(std::uint16_t rules);

    static Input wake() { return input::Wake{}; }
    static Bytes encode_input(const Input& input) { return cash::encode_input(input); }
    static Result<Input> decode_input(ByteView octets) { return cash::decode_input(octets); }
    // True for an instruction that only begins things; of one that does both, the ledger takes what
    // ends things (see input::Submit::new_business).
    static bool is_new_business(const Input& input);
    static void hold_new_business(Input& input);
    static bool is_upgrade(const Input& input) {
        return std::holds_alternative<input::Upgrade>(input);
    }

    static constexpr SnapshotForm snapshot_form{"cash ledger", 1};
    Bytes write_snapshot() const;
    Result<void> read_snapshot(ByteView octets);

    // --- reads ---
    bool is_configured() const { return !settings_.ledger.empty(); }
    const Settings& settings() const { return settings_; }
    const Book& book() const { return book_; }
    const Escrows& escrows() const { return escrows_; }
    std::uint64_t sequence() const { return sequence_; }
    // Of the last input.
    Timestamp time() const { return now_; }
    // The operator, an issuer, or the owner of an account.
    bool is_known_key(const PublicKey& key) const;

    LedgerInfo info() const;
    // Recomputed from the single balances and the single escrows.
    std::vector<AssetTotals> totals() const;
    // Whether every sum that the machine keeps is what recomputing it gives.
    bool is_conserved() const;
    std::vector<Balance> balances_of(AccountNo account) const;
    EscrowStanding standing(const EscrowPlace& place, const Escrow& escrow) const;

    enum class Reader : std::uint8_t { owner, auditor };
    // What a key may know at this time, which is not before the last input's. wrong_ledger,
    // unknown_account, not_permitted. An escrow that the state does not hold (any more) is not in
    // the answer; look in the closed ones' records then.
    Result<QueryAnswer> ask(Timestamp at, const PublicKey& key, Reader reader,
                            const QueryBody& body) const;

private:
    // What one input does, collected on the way.
    struct Step {
        std::vector<Record>& records;
        output::Changed changed;
        std::vector<std::pair<AccountNo, AssetNo>> touched;
    };
    // Who asks for an operation.
    struct Caller {
        PublicKey signer;
        CommandId id;
        bool new_business = true;
    };
    // Sequence of the effect, or of the first effect where it is repeated.
    using Effect = Result<std::uint64_t>;

    struct Line {
        AccountNo account;
        StatementRow::Kind kind;
        AssetNo asset;
        Amount amount;
        std::optional<AccountNo> counterparty;
        Hash reference;
    };

    Result<void> check(Timestamp at, const input::Configure& configure) const;
    Result<void> check(Timestamp at, const input::Submit& submit) const;
    Result<void> check(Timestamp at, const input::Wake& wake) const;
    Result<void> check(Timestamp at, const input::Upgrade& upgrade) const;

    std::vector<OpAnswer> submit(const input::Submit& submit, Step& step);
    OpAnswer answer(const input::Submit& submit, const Op& op, Step& step);
    Effect run(const Caller& caller, const op::OpenAccount& op, Step& step);
    Effect run(const Caller& caller, const op::RegisterAsset& op, Step& step);
    Effect run(const Caller& caller, const op::Issue& op, Step& step);
    Effect run(const Caller& caller, const op::Redeem& op, Step& step);
    Effect run(const Caller& caller, const op::Transfer& op, Step& step);
    Effect run(const Caller& caller, const op::Prepare& op, Step& step);
    Effect run(const Caller& caller, const op::Fulfil& op, Step& step);
    Effect run(const Caller& caller, const op::Reject& op, Step& step);
    Effect run(const Caller& caller, const op::Refund& op, Step& step);

    bool is_here(const Address& account) const { return settings_.ledger.is_prefix_of(account); }
    bool owns(const PublicKey& key, AccountNo account) const { return book_[account].owner == key; }
    std::optional<EscrowPlace> find_place(const EscrowKey& key) const;
    EscrowTerms terms_of(const EscrowPlace& place, const Escrow& escrow) const;

    void give_back(const EscrowPlace& place, EscrowState state, Step& step);
    void expire_due(Step& step);
    Timestamp forget_at(const Escrow& escrow) const;
    void line(const Line& line, Step& step);
    void event(const EscrowPlace& place, const Escrow& escrow, Step& step);
    void finish(Step& step, Outputs<CashMachine>& out) const;

    std::uint16_t rules_ = newest_rules;
    Settings settings_;
    Timestamp now_;
    std::uint64_t sequence_ = 0;
    Book book_;
    Escrows escrows_;
    Answers answers_;
};

}  // namespace lockstep::cash
