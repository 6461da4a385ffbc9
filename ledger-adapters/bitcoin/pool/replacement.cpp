// What a transaction must bring that takes the place of others (BIP 125). Rule 1, that these say
// they may be replaced, is checked where they are found.
// Source: Bitcoin Core 27, policy/rbf.cpp; BIP 125.
#include <algorithm>

#include "bitcoin/pool/acceptance.h"

namespace lockstep::bitcoin {
namespace {

std::string coins_text(Satoshi amount) {
    std::string rest = std::to_string(amount % coin);
    rest.insert(0, 8 - rest.size(), '0');
    return std::to_string(amount / coin) + "." + rest;
}

std::string rate_text(FeeRate rate) {
    return coins_text(rate) + " BTC/kvB";
}

}  // namespace

bool Mempool::Acceptance::check_replacement() {
    if (!check_rates() || !check_evictions()) return false;
    leaving_ = pool_.walk(conflicts_, &Entry::children);
    verdict_.replaces.assign(leaving_.begin(), leaving_.end());
    return check_parents() && check_payment();
}

// It pays at a higher rate than each of those that it is in conflict with, so that no block is the
// worse for it.
bool Mempool::Acceptance::check_rates() {
    const FeeRate rate = rate_of(entry_.fee, entry_.size);
    for (const Txid& txid : conflicts_) {
        const Entry& other = *pool_.find(txid);
        const FeeRate old_rate = rate_of(other.fee, other.size);
        if (rate <= old_rate)
            return refuse("insufficient fee", "rejecting replacement " + to_text(entry_.txid) +
                                                  "; new feerate " + rate_text(rate) +
                                                  " <= old feerate " + rate_text(old_rate));
    }
    return true;
}

// Rule 5, by sums: who descends from two of them counts twice.
bool Mempool::Acceptance::check_evictions() {
    std::size_t count = 0;
    for (const Txid& txid : conflicts_) {
        count += pool_.with_descendants(txid).count;
        if (count > pool_.policy_.max_replaced)
            return refuse("too many potential replacements",
                          "rejecting replacement " + to_text(entry_.txid) +
                              "; too many potential replacements (" + std::to_string(count) +
                              " > " + std::to_string(pool_.policy_.max_replaced) + ")");
    }
    return true;
}

// Rule 2: it waits for nothing that what it replaces did not wait for.
bool Mempool::Acceptance::check_parents() {
    std::set<Txid> known;
    for (const Txid& txid : conflicts_)
        for (const TxIn& input : pool_.find(txid)->transaction->inputs)
            known.insert(input.prevout.txid);
    for (std::size_t i = 0; i < transaction_.inputs.size(); ++i) {
        const Txid& parent = transaction_.inputs[i].prevout.txid;
        if (!known.contains(parent) && pool_.find(parent) != nullptr)
            return refuse("replacement-adds-unconfirmed", "replacement " + to_text(entry_.txid) +
                                                              " adds unconfirmed input, idx " +
                                                              std::to_string(i));
    }
    return true;
}

// Rules 3 and 4: all that leaves is paid for, and its own way through the network on top of that.
bool Mempool::Acceptance::check_payment() {
    Satoshi replaced = 0;
    for (const Txid& txid : leaving_)
        replaced += pool_.find(txid)->fee;
    const std::string rejecting = "rejecting replacement " + to_text(entry_.txid);
    if (entry_.fee < replaced)
        return refuse("insufficient fee", rejecting + ", less fees than conflicting txs; " +
                                              money_text(entry_.fee) + " < " +
                                              money_text(replaced));
    const Satoshi relay = fee_at(pool_.policy_.incremental, entry_.size);
    if (entry_.fee - replaced < relay)
        return refuse("insufficient fee", rejecting + ", not enough additional fees to relay; " +
                                              money_text(entry_.fee - replaced) + " < " +
                                              money_text(relay));
    return true;
}

}  // namespace lockstep::bitcoin
