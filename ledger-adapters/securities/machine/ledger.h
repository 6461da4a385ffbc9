// The rules of the securities ledger: what each operation needs, and what it does to the unspent
// outputs. A pure function of blocks: time is the block's, nothing else moves it. Owns the state;
// does not know of signatures, votes or disks.
//
// A block is executed before it is decided: execute(), then commit() or rollback(). At its start,
// escrows whose expiry the block's time has reached are refunded and what may be forgotten is
// forgotten; then come the instructions in order. So at each block time exactly one of fulfil and
// refund is possible. Of very many escrows that expire together the later blocks refund the rest,
// each at once behind the other; what has expired and waits for that can no longer be fulfilled.
//
// Always: for each asset, free + escrowed over all accounts = outputs = issued − redeemed.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sdk/machine/statement.h"
#include "securities/machine/block.h"
#include "securities/machine/state.h"

namespace lockstep::securities {

constexpr std::uint64_t max_accounts = 1'000'000;
constexpr std::uint64_t max_assets = 10'000;
constexpr std::uint64_t max_tombstones_of_payee = 10'000;
constexpr Duration max_hold = Duration::seconds(24 * 3600);
// How far the clock of a client may lead the ledger's: valid_until is at most a day and this ahead.
constexpr Duration client_clock_error = Duration::seconds(5);
// A closed escrow is remembered at least this long after it closed and after its expiry, so that
// who repeats a command gets its first answer: a party within its profile is back before the
// expiry. Look-ups are answered from the records for ever. What is remembered is loaded at each
// start.
constexpr Duration remember_closed = Duration::seconds(30);
// Inputs of one operation. More would let one operation hold up a block.
constexpr std::size_t max_inputs = 256;
// An operation takes up to this many inputs even where fewer would do, so that accounts which
// receive many small amounts become compact by paying; a payee who has more of an asset gets so
// many of them together with what an escrow brings. State and starts grow with the holders, not
// with their trades.
constexpr std::size_t consolidated_inputs = 32;

// How much the state may hold; the share of one is such that it cannot use up what is for all. Part
// of the rules: the same on every validator.
struct Limits {
    std::uint64_t answers = 4'000'000;
    std::uint64_t answers_of_signer = 1'000'000;
    std::uint64_t open_escrows = 1'000'000;
    std::uint64_t open_escrows_of_payer = 100'000;
    std::uint64_t closed_escrows = 1'000'000;  // of more, those to be forgotten first go earlier
    std::size_t block_refunds = max_block_refunds;
};

// An instruction whose signature was verified.
struct Transaction {
    Bytes octets;
    Hash id;  // SHA-256 of the octets
    Instruction instruction;

    static Result<Transaction> decode(Bytes octets);
};

enum class EffectKind : std::uint8_t {
    open_account = 1,
    register_asset = 2,
    issue = 3,
    redeem = 4,
    transfer = 5,
    prepare = 6,
    fulfil = 7,
    reject = 8,
    refund = 9,
    tombstone = 10,
};
const char* to_string(EffectKind kind);
constexpr bool is_valid(EffectKind kind) {
    return kind >= EffectKind::open_account && kind <= EffectKind::tombstone;
}

// What one operation, or the passing of time, did: enough to walk from an output to its issue and
// to write the statements of the accounts.
struct Effect {
    struct Input {
        OutputId id;
        std::uint64_t made = 0;  // the effect that made it
        Amount amount;
        template <class S, class A>
        static void fields(S& self, A& a) {
            a(self.id, self.made, self.amount);
        }
    };
    struct Made {
        OutputId id;
        Output output;
        template <class S, class A>
        static void fields(S& self, A& a) {
            a(self.id, self.output);
        }
    };
    // An account's holding after the effect.
    struct Line {
        Address account;
        Amount free;
        Amount escrowed;
        template <class S, class A>
        static void fields(S& self, A& a) {
            a(self.account, self.free, self.escrowed);
        }
    };
    std::uint64_t sequence = 0;
    Timestamp at;
    EffectKind kind = EffectKind::issue;
    AssetId asset;
    Amount amount;                 // the lot of an asset that was registered
    std::optional<PublicKey> key;  // of an account's owner, an asset's issuer
    Address from;                  // empty where value comes into being
    Address to;                    // empty where it ceases
    std::optional<EscrowRef> escrow;
    Hash reference;  // the escrow's or the operation's id
    std::vector<Input> inputs;
    std::vector<Made> outputs;
    std::vector<Line> lines;
    template <class S, class A>
    static void fields(S& self, A& a) {
        a(self.sequence, self.at, self.kind, self.asset, self.amount, self.key, self.from, self.to);
        a(self.escrow, self.reference, self.inputs, self.outputs, self.lines);
    }
};

// What a block did.
struct Executed {
    std::vector<Bytes> leaves;
    Hash tx_root;
    Hash state_root;
    std::vector<std::vector<OpAnswer>> answers;  // for each instruction
    std::vector<Effect> effects;
};

EscrowStanding standing_of(const Escrow& escrow);

class Ledger {
public:
    explicit Ledger(Genesis genesis, Limits limits = {})
        : genesis_(std::move(genesis)),
          chain_(genesis_.chain_id()),
          validators_(genesis_.validators.hash()),
          limits_(limits) {}

    const Genesis& genesis() const { return genesis_; }
    const Hash& chain() const { return chain_; }  // of its genesis
    const Hash& validators_hash() const { return validators_; }
    const State& state() const { return state_; }

    // Whether an instruction can be in a block of this time: wrong_ledger, too_late, too_far_ahead.
    Result<void> check(Timestamp time, const Instruction& instruction) const;
    // unknown_key: it owns no account, issues no asset and is not the operator's.
    Result<void> check_signer(const PublicKey& key) const;
    // overloaded: the answers to an instruction that begins something could not be remembered.
    Result<void> check_room(const Instruction& instruction) const;

    // Every instruction passed check() at `time`; `time` is later than the last block's.
    Executed execute(Timestamp time, const std::vector<Transaction>& transactions);
    void commit() { state_.commit(); }
    void rollback() { state_.rollback(); }

    // When block time alone would change the state.
    std::optional<Timestamp> next_expiry() const;
    // The first answers to all operations of an instruction, if each is remembered for as long as
    // this instruction asks for.
    std::optional<std::vector<OpAnswer>> remembered(const Instruction& instruction) const;
    // Operator's key or the account's own: unknown_account, not_permitted.
    Result<void> may_read(const Address& account, const PublicKey& key) const;
    // unknown_account, not_permitted, not_found.
    Result<QueryAnswer> answer(const LedgerQuery& query) const;
    std::vector<Balance> balances(const Address& account) const;
    // Summed over the single holdings, not kept.
    std::vector<AssetTotals> totals() const;

    void write(ArchiveWriter& to) const { state_.write(to); }
    void read(ArchiveReader& from) { state_.read(from); }

private:
    friend class Execution;
    Genesis genesis_;
    Hash chain_;
    Hash validators_;  // of the set, as headers have it
    Limits limits_;
    State state_;
};

}  // namespace lockstep::securities
