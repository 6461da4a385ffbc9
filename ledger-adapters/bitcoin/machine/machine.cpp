#include "bitcoin/machine/machine.h"

#include <algorithm>

#include "sdk/base/assert.h"

namespace lockstep::bitcoin {
namespace {

constexpr std::uint64_t most_octets = std::uint64_t{1} << 40;

BitcoinMachine::Refusal nothing() {
    return {};
}

}  // namespace

static_assert(Machine<BitcoinMachine>);

bool is_valid(const Settings& settings) {
    const auto most = static_cast<std::uint64_t>(max_money);
    return settings.halving_interval > 0 && settings.halving_interval < INT32_MAX &&
           settings.coinbase_maturity < INT32_MAX && settings.min_relay_fee <= most &&
           settings.incremental_fee <= most && settings.dust_fee <= most &&
           settings.max_pool_octets <= most_octets && settings.pool_expiry > Duration{0};
}

ChainParams chain_params(const Settings& settings) {
    ChainParams params = regtest_params;
    params.halving_interval = static_cast<int>(settings.halving_interval);
    params.coinbase_maturity = static_cast<int>(settings.coinbase_maturity);
    return params;
}

PoolPolicy pool_policy(const Settings& settings) {
    PoolPolicy policy;
    policy.min_relay = static_cast<FeeRate>(settings.min_relay_fee);
    policy.incremental = static_cast<FeeRate>(settings.incremental_fee);
    policy.dust_relay = static_cast<FeeRate>(settings.dust_fee);
    policy.max_octets = settings.max_pool_octets;
    policy.expiry_s = settings.pool_expiry.us() / 1'000'000;
    policy.full_rbf = settings.full_rbf;
    return policy;
}

BitcoinMachine::Parts::Parts(const Settings& settings)
    : chain(chain_params(settings), regtest_genesis()), pool(chain, pool_policy(settings)) {
    verify_again();
}

// What the pool has verified need not be verified in a block.
void BitcoinMachine::Parts::verify_again() {
    chain.skip_scripts_of(
        [this](const Transaction& transaction) { return pool.is_verified(transaction); });
}

BitcoinMachine::BitcoinMachine() : parts_(std::make_unique<Parts>(settings_)) {
    index(chain().tip().id);
}

std::int64_t BitcoinMachine::now_s(Timestamp at) const {
    return told_time_ != 0 ? std::int64_t{told_time_} : at.us() / 1'000'000;
}

std::optional<BlockId> BitcoinMachine::block_of(const Txid& txid) const {
    const auto found = places_.find(txid);
    if (found == places_.end()) return std::nullopt;
    return found->second;
}

std::optional<FeeRate> BitcoinMachine::fee_rate(int blocks) const {
    constexpr std::size_t block_size = max_block_weight / witness_scale;
    if (pool().size() <= static_cast<std::size_t>(blocks) * block_size) return std::nullopt;
    std::vector<std::pair<FeeRate, std::size_t>> waiting;
    for (const auto& [txid, entry] : pool().all())
        waiting.emplace_back(entry.fee * 1'000 / static_cast<FeeRate>(entry.size), entry.size);
    std::sort(waiting.begin(), waiting.end(), std::greater<>());
    std::size_t before = 0;
    for (const auto& [rate, size] : waiting) {
        before += size;
        if (before > static_cast<std::size_t>(blocks) * block_size) return rate + 1;
    }
    return std::nullopt;
}

// --- why not ---

Result<void> BitcoinMachine::check(Timestamp at, const Input& input) const {
    if (fault_of(at, input).fault) return refuse(Reason::not_accepted);
    return {};
}

BitcoinMachine::Refusal BitcoinMachine::fault_of(Timestamp at, const Input& input) const {
    return std::visit([&](const auto& one) { return fault_of(at, one); }, input);
}

// A chain that has grown by other rules does not begin to follow these.
BitcoinMachine::Refusal BitcoinMachine::fault_of(Timestamp, const input::Configure& one) const {
    if (!is_valid(one.settings)) return {"bad-settings", "a setting is out of range"};
    if (configured_ && one.settings.halving_interval != settings_.halving_interval)
        return {"bad-settings", "halving_interval cannot change"};
    if (configured_ && one.settings.coinbase_maturity != settings_.coinbase_maturity)
        return {"bad-settings", "coinbase_maturity cannot change"};
    return nothing();
}

BitcoinMachine::Refusal BitcoinMachine::fault_of(Timestamp at, const input::Submit& one) const {
    const Mempool::Verdict verdict = pool().test(one.transaction, now_s(at));
    return {verdict.fault, verdict.detail};
}

BitcoinMachine::Refusal BitcoinMachine::fault_of(Timestamp at,
                                                 const input::SubmitBlock& one) const {
    return {chain().check(one.block, now_s(at)), {}};
}

BitcoinMachine::Refusal BitcoinMachine::fault_of(Timestamp at, const input::Mine& one) const {
    if (one.blocks == 0 || one.script.size() > max_script_size)
        return {"bad-request", "at least one block, and a script of at most 10000 bytes"};
    return one.transactions ? make_block(at, one).refusal : nothing();
}

BitcoinMachine::Refusal BitcoinMachine::fault_of(Timestamp, const input::Invalidate& one) const {
    const Chain::Entry* block = chain().find(one.block);
    if (block == nullptr) return {"not-found", "Block not found"};
    if (block->height == 0) return {"genesis", "the first block cannot be invalid"};
    return nothing();
}

BitcoinMachine::Refusal BitcoinMachine::fault_of(Timestamp, const input::Reconsider& one) const {
    if (chain().find(one.block) == nullptr) return {"not-found", "Block not found"};
    return nothing();
}

BitcoinMachine::Refusal BitcoinMachine::fault_of(Timestamp, const input::SetTime&) const {
    return nothing();
}

BitcoinMachine::Refusal BitcoinMachine::fault_of(Timestamp, const input::Wake&) const {
    return nothing();
}

// --- what becomes of it ---

void BitcoinMachine::apply(Timestamp at, const Input& input, Outputs<BitcoinMachine>& out) {
    output::Done done;
    std::visit([&](const auto& one) { run(at, one, done); }, input);
    out.outputs.emplace_back(std::move(done));
}

void BitcoinMachine::run(Timestamp, const input::Configure& one, output::Done&) {
    const bool same_chain = configured_ &&
                            one.settings.halving_interval == settings_.halving_interval &&
                            one.settings.coinbase_maturity == settings_.coinbase_maturity;
    settings_ = one.settings;
    configured_ = true;
    if (same_chain) return parts_->pool.set_policy(pool_policy(settings_));
    parts_ = std::make_unique<Parts>(settings_);
}

void BitcoinMachine::run(Timestamp at, const input::Submit& one, output::Done& done) {
    Mempool::Verdict verdict = parts_->pool.accept(one.transaction, now_s(at));
    done.fault = std::move(verdict.fault);
    done.detail = std::move(verdict.detail);
}

void BitcoinMachine::run(Timestamp at, const input::SubmitBlock& one, output::Done& done) {
    ChainChange change;
    done.fault = parts_->chain.accept(one.block, now_s(at), change);
    if (!done.fault) {
        const BlockId id = id_of(one.block.header);
        done.blocks.push_back(id);
        // BIP 22: nobody has looked at all of it yet.
        if (!chain().is_active(id)) done.detail = "inconclusive";
    }
    follow(at, change);
}

BitcoinMachine::Made BitcoinMachine::make_block(Timestamp at, const input::Mine& mine) const {
    const Payout payout{mine.script, made_};
    if (!mine.transactions) return {assemble(chain(), pool(), payout, now_s(at)).block, {}};
    // Fees are left to nobody, as generateblock has it: the coinbase pays the subsidy alone.
    Made made{assemble(chain(), *mine.transactions, 0, payout, now_s(at)).block, {}};
    made.refusal.fault = chain().test(made.block);
    return made;
}

void BitcoinMachine::run(Timestamp at, const input::Mine& one, output::Done& done) {
    std::uint64_t tries = one.tries;
    for (std::uint32_t i = 0; i < one.blocks; ++i) {
        Block block = make_block(at, one).block;
        if (!find_work(block.header, chain().params().bits, tries)) return;
        ++made_;
        ChainChange change;
        done.fault = parts_->chain.accept(block, now_s(at), change);
        follow(at, change);
        if (done.fault) return;
        done.blocks.push_back(id_of(block.header));
    }
}

void BitcoinMachine::run(Timestamp at, const input::Invalidate& one, output::Done&) {
    ChainChange change;
    ASSERT(parts_->chain.invalidate(one.block, change));
    follow(at, change);
}

void BitcoinMachine::run(Timestamp at, const input::Reconsider& one, output::Done&) {
    ChainChange change;
    ASSERT(parts_->chain.reconsider(one.block, change));
    follow(at, change);
}

void BitcoinMachine::run(Timestamp, const input::SetTime& one, output::Done&) {
    told_time_ = one.seconds;
}

void BitcoinMachine::run(Timestamp, const input::Wake&, output::Done&) {}

void BitcoinMachine::follow(Timestamp at, const ChainChange& change) {
    for (const BlockId& id : change.left)
        for (const Transaction& transaction : chain().find(id)->block.transactions)
            places_.erase(txid_of(transaction));
    for (const BlockId& id : change.joined)
        index(id);
    parts_->pool.follow(change, now_s(at));
}

void BitcoinMachine::index(const BlockId& block) {
    for (const Transaction& transaction : chain().find(block)->block.transactions)
        places_[txid_of(transaction)] = block;
}

}  // namespace lockstep::bitcoin
