// A mock Bitcoin node: a machine as in sdk/machine/machine.h. It takes transactions into a pool,
// makes blocks or takes those of others, and follows the branch of the most work. Its time is that
// of its inputs, or one that it was told.
#pragma once

#include <memory>

#include "bitcoin/machine/input.h"
#include "bitcoin/machine/mining.h"
#include "bitcoin/pool/mempool.h"
#include "sdk/machine/machine.h"

namespace lockstep::bitcoin {

class BitcoinMachine {
public:
    using Input = bitcoin::Input;
    using Output = bitcoin::Output;

    BitcoinMachine();

    // not_accepted where fault_of() says why.
    Result<void> check(Timestamp at, const Input& input) const;
    // Bitcoin Core's word for why an input would change nothing, and more about it.
    struct Refusal {
        Fault fault;
        std::string detail;
    };
    Refusal fault_of(Timestamp at, const Input& input) const;
    void apply(Timestamp at, const Input& input, Outputs<BitcoinMachine>& out);
    std::optional<Timestamp> next_wake() const { return std::nullopt; }
    static constexpr std::uint16_t newest_rules = 1;
    std::uint16_t rules() const { return newest_rules; }

    static Input wake() { return input::Wake{}; }
    static Bytes encode_input(const Input& input) { return bitcoin::encode_input(input); }
    static Result<Input> decode_input(ByteView octets) { return bitcoin::decode_input(octets); }

    static constexpr SnapshotForm snapshot_form{"bitcoin ledger", 1};
    Bytes write_snapshot() const;
    Result<void> read_snapshot(ByteView octets);

    // --- reads ---
    bool is_configured() const { return configured_; }
    const Settings& settings() const { return settings_; }
    const Chain& chain() const { return parts_->chain; }
    const Mempool& pool() const { return parts_->pool; }
    // Seconds that the node takes for the time.
    std::int64_t now_s(Timestamp at) const;
    // The block of the active chain that has it.
    std::optional<BlockId> block_of(const Txid& txid) const;
    // What a transaction pays that stands before what waits for more than so many full blocks;
    // nullopt where less waits: then anything that is relayed is enough.
    std::optional<FeeRate> fee_rate(int blocks) const;
    // A block on the tip that is not given to the chain, for whoever asks for one; with `tries`
    // used up its header has no work.
    struct Made {
        Block block;
        Refusal refusal;
    };
    Made make_block(Timestamp at, const input::Mine& mine) const;

private:
    struct Parts {
        explicit Parts(const Settings& settings);
        void verify_again();
        Chain chain;
        Mempool pool;
    };

    Refusal fault_of(Timestamp at, const input::Configure& configure) const;
    Refusal fault_of(Timestamp at, const input::Submit& submit) const;
    Refusal fault_of(Timestamp at, const input::SubmitBlock& submit) const;
    Refusal fault_of(Timestamp at, const input::Mine& mine) const;
    Refusal fault_of(Timestamp at, const input::Invalidate& invalidate) const;
    Refusal fault_of(Timestamp at, const input::Reconsider& reconsider) const;
    Refusal fault_of(Timestamp at, const input::SetTime& set) const;
    Refusal fault_of(Timestamp at, const input::Wake& wake) const;

    void run(Timestamp at, const input::Configure& configure, output::Done& done);
    void run(Timestamp at, const input::Submit& submit, output::Done& done);
    void run(Timestamp at, const input::SubmitBlock& submit, output::Done& done);
    void run(Timestamp at, const input::Mine& mine, output::Done& done);
    void run(Timestamp at, const input::Invalidate& invalidate, output::Done& done);
    void run(Timestamp at, const input::Reconsider& reconsider, output::Done& done);
    void run(Timestamp at, const input::SetTime& set, output::Done& done);
    void run(Timestamp at, const input::Wake& wake, output::Done& done);

    void follow(Timestamp at, const ChainChange& change);
    void index(const BlockId& block);

    bool configured_ = false;
    Settings settings_;
    std::unique_ptr<Parts> parts_;
    std::uint32_t told_time_ = 0;  // seconds; 0: the time of the inputs
    std::uint64_t made_ = 0;       // blocks
    std::map<Txid, BlockId> places_;
};

}  // namespace lockstep::bitcoin
