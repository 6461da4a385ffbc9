#include "bitcoin/pool/acceptance.h"

#include "sdk/base/assert.h"

namespace lockstep::bitcoin {
namespace {

// Bitcoin Core's EXTRA_DESCENDANT_TX_SIZE_LIMIT, in virtual octets.
constexpr std::size_t extra_descendant_size = 10'000;

}  // namespace

bool Mempool::Acceptance::refuse(std::string fault, std::string detail) {
    verdict_.fault = std::move(fault);
    verdict_.detail = std::move(detail);
    return false;
}

void Mempool::Acceptance::weigh() {
    const Bytes base = serialize(transaction_, WitnessForm::without);
    const Bytes whole = serialize(transaction_, WitnessForm::with);
    verdict_.txid = entry_.txid = Txid{hash256(base).array()};
    verdict_.wtxid = entry_.wtxid = Txid{hash256(whole).array()};
    entry_.octets = whole.size();
    entry_.weight = base.size() * (witness_scale - 1) + whole.size();
}

bool Mempool::Acceptance::check_all_but_scripts() {
    weigh();
    return check_form() && check_known() && find_conflicts() && find_coins() && check_coins() &&
           check_fee() && check_family() && (conflicts_.empty() || check_replacement());
}

bool Mempool::Acceptance::measure() {
    weigh();
    return check_known() && find_coins() && check_coins();
}

bool Mempool::Acceptance::check_form() {
    if (const auto fault = check_transaction(transaction_))
        return refuse(std::string(to_string(*fault)));
    if (transaction_.is_coinbase()) return refuse("coinbase");
    if (Fault fault = check_standard(transaction_, pool_.policy_)) return refuse(*fault);
    const Context next = pool_.chain_.next();
    if (!is_final(transaction_, next.height, next.median_time)) return refuse("non-final");
    return true;
}

bool Mempool::Acceptance::check_known() {
    const Entry* known = pool_.find(entry_.txid);
    if (known == nullptr) return true;
    return refuse(known->wtxid == entry_.wtxid ? "txn-already-in-mempool"
                                               : "txn-same-nonwitness-data-in-mempool");
}

bool Mempool::Acceptance::find_conflicts() {
    for (const TxIn& input : transaction_.inputs) {
        const Entry* other = pool_.spender(input.prevout);
        if (other == nullptr) continue;
        if (on_conflict_ == Conflicts::refused) return refuse("bip125-replacement-disallowed");
        if (!pool_.policy_.full_rbf && !signals_replacement(*other->transaction))
            return refuse("txn-mempool-conflict");
        conflicts_.insert(other->txid);
    }
    return true;
}

// Outputs of the pool count as if they were in the next block.
bool Mempool::Acceptance::find_coins() {
    for (const TxIn& input : transaction_.inputs) {
        const OutPoint& place = input.prevout;
        if (const Entry* parent = pool_.find(place.txid)) {
            const auto& outputs = parent->transaction->outputs;
            if (place.index < outputs.size()) {
                coins_.push_back({outputs[place.index], pool_.chain_.height() + 1, false});
                continue;
            }
        } else if (const Coin* found = pool_.chain_.coins().find(place)) {
            coins_.push_back(*found);
            continue;
        }
        // They are missing because it is in a block, as far as its outputs are still there.
        for (std::size_t i = 0; i < transaction_.outputs.size(); ++i)
            if (pool_.chain_.coins().find({entry_.txid, static_cast<std::uint32_t>(i)}) != nullptr)
                return refuse("txn-already-known");
        verdict_.is_missing_inputs = true;
        return refuse("bad-txns-inputs-missingorspent");
    }
    return true;
}

bool Mempool::Acceptance::check_coins() {
    const Chain& chain = pool_.chain_;
    if (!has_sequence_locks(transaction_, coins_, chain.next(),
                            [&](int height) { return chain.median_before(height); }))
        return refuse("non-BIP68-final");
    Spent spent = check_spent(transaction_, std::move(coins_), chain.next().height, chain.params());
    if (spent.fault) return refuse(*spent.fault, spent.detail);
    coins_ = std::move(spent.coins);
    verdict_.fee = entry_.fee = spent.fee;
    if (Fault fault = check_standard_inputs(transaction_, coins_)) return refuse(*fault);
    std::vector<TxOut> outputs;
    outputs.reserve(coins_.size());
    for (const Coin& one : coins_)
        outputs.push_back(one.output);
    entry_.sigop_cost = sigop_cost(transaction_, outputs);
    verdict_.size = entry_.size = virtual_size(entry_.weight, entry_.sigop_cost);
    if (entry_.sigop_cost > max_standard_sigops)
        return refuse("bad-txns-too-many-sigops", std::to_string(entry_.sigop_cost));
    return true;
}

bool Mempool::Acceptance::check_fee() {
    if (fees_ == Fees::any) return true;
    const auto less_than = [&](Satoshi fee) {
        return std::to_string(entry_.fee) + " < " + std::to_string(fee);
    };
    const Satoshi pool_fee = fee_at(pool_.minimum_.at(pool_.moment(now_s_)), entry_.size);
    if (entry_.fee < pool_fee) return refuse("mempool min fee not met", less_than(pool_fee));
    const Satoshi relay_fee = fee_at(pool_.policy_.min_relay, entry_.size);
    if (entry_.fee < relay_fee) return refuse("min relay fee not met", less_than(relay_fee));
    return true;
}

bool Mempool::Acceptance::check_family() {
    std::set<Txid> parents;
    for (const TxIn& input : transaction_.inputs)
        if (pool_.find(input.prevout.txid) != nullptr) parents.insert(input.prevout.txid);
    const PoolPolicy& policy = pool_.policy_;
    FamilyLimits limits{policy.max_ancestors, policy.max_descendants, policy.max_descendant_size};
    // Who replaces one takes its place in the families, so that full ones can be replaced, too.
    if (conflicts_.size() == 1) {
        limits.descendants += 1;
        limits.descendant_size += pool_.with_descendants(*conflicts_.begin()).size;
    }
    if (!check_limits(parents, limits)) {
        // The CPFP carve-out: of two who share an output each can raise the fee, however many
        // descendants the other one hangs on it. One small child more, with one ancestor.
        if (entry_.size > extra_descendant_size) return false;
        Verdict first = verdict_;
        ancestors_.clear();
        verdict_.fault.reset();
        verdict_.detail.clear();
        limits.ancestors = 2;
        limits.descendants += 1;
        limits.descendant_size += extra_descendant_size;
        if (!check_limits(std::move(parents), limits)) {
            verdict_ = std::move(first);
            return false;
        }
    }
    for (const Txid& ancestor : ancestors_)
        if (conflicts_.contains(ancestor))
            return refuse(
                "bad-txns-spends-conflicting-tx",
                to_text(entry_.txid) + " spends conflicting transaction " + to_text(ancestor));
    return true;
}

// Visits no more ancestors than there may be.
bool Mempool::Acceptance::check_limits(std::set<Txid> open, const FamilyLimits& limits) {
    const auto too_long = [&](const std::string& what, std::size_t limit) {
        return refuse("too-long-mempool-chain", what + " [limit: " + std::to_string(limit) + "]");
    };
    if (open.size() + 1 > limits.ancestors)
        return too_long("too many unconfirmed parents", limits.ancestors);
    const PoolPolicy& policy = pool_.policy_;
    std::size_t size = entry_.size;
    while (!open.empty()) {
        const Txid txid = *open.begin();
        open.erase(open.begin());
        ancestors_.insert(txid);
        const Entry& ancestor = *pool_.find(txid);
        size += ancestor.size;
        if (ancestor.with_descendants.size + entry_.size > limits.descendant_size)
            return too_long("exceeds descendant size limit for tx " + to_text(txid),
                            limits.descendant_size);
        if (ancestor.with_descendants.count + 1 > limits.descendants)
            return too_long("too many descendants for tx " + to_text(txid), limits.descendants);
        if (size > policy.max_ancestor_size)
            return too_long("exceeds ancestor size limit", policy.max_ancestor_size);
        for (const Txid& parent : ancestor.parents)
            if (!ancestors_.contains(parent)) open.insert(parent);
        if (open.size() + ancestors_.size() + 1 > limits.ancestors)
            return too_long("too many unconfirmed ancestors", limits.ancestors);
    }
    return true;
}

// A fault against the rules of blocks is told from one against those of relay alone.
bool Mempool::Acceptance::check_scripts() {
    if (pool_.verified_.contains(entry_.wtxid)) return true;
    const CommonHashes common(transaction_);
    for (std::size_t i = 0; i < transaction_.inputs.size(); ++i) {
        const TxOut& output = coins_[i].output;
        const auto verify = [&](VerifyFlags flags) {
            return verify_script(transaction_.inputs[i], output.script, flags,
                                 Spending(transaction_, common, i, output.value));
        };
        const ScriptError error = verify(verify_flag::standard);
        if (error == ScriptError::ok) continue;
        const bool is_mandatory = verify(verify_flag::mandatory) != ScriptError::ok;
        const OutPoint& place = transaction_.inputs[i].prevout;
        return refuse((is_mandatory ? "mandatory-script-verify-flag-failed ("
                                    : "non-mandatory-script-verify-flag (") +
                          std::string(describe(error)) + ")",
                      "input " + std::to_string(i) + " of " + to_text(entry_.txid) + " (wtxid " +
                          to_text(entry_.wtxid) + "), spending " + to_text(place.txid) + ":" +
                          std::to_string(place.index));
    }
    pool_.verified_.insert(entry_.wtxid);
    return true;
}

Mempool::Entry Mempool::Acceptance::take_entry() {
    entry_.transaction = std::make_shared<const Transaction>(transaction_);
    entry_.time = now_s_;
    entry_.height = pool_.chain_.height();
    return std::move(entry_);
}

bool Mempool::restore(const std::vector<Kept>& kept, const State& state) {
    ASSERT(entries_.empty());
    for (const Kept& one : kept) {
        Acceptance acceptance(*this, one.transaction, one.time, Acceptance::Fees::any);
        if (!acceptance.measure()) return false;
        Entry entry = acceptance.take_entry();
        entry.height = one.height;
        next_sequence_ = one.sequence;
        std::set<Txid> parents;
        for (const TxIn& input : one.transaction.inputs)
            if (find(input.prevout.txid) != nullptr) parents.insert(input.prevout.txid);
        add(std::move(entry), walk(std::move(parents), &Entry::parents));
    }
    now_s_ = state.now_s;
    next_sequence_ = state.next_sequence;
    minimum_.restore(state.minimum);
    return true;
}

Mempool::Verdict Mempool::test(const Transaction& transaction, std::int64_t now_s) const {
    Acceptance acceptance(*this, transaction, now_s, Acceptance::Fees::enough);
    acceptance.run();
    return acceptance.verdict();
}

Mempool::Verdict Mempool::accept(const Transaction& transaction, std::int64_t now_s) {
    settle(now_s);
    Acceptance acceptance(*this, transaction, now_s, Acceptance::Fees::enough);
    if (!acceptance.run()) return acceptance.verdict();
    remove(acceptance.leaving());
    add(acceptance.take_entry(), acceptance.ancestors());
    expire(now_s);
    evict();
    Verdict verdict = acceptance.verdict();
    if (find(verdict.txid) == nullptr) verdict.fault = "mempool full";
    return verdict;
}

}  // namespace lockstep::bitcoin
