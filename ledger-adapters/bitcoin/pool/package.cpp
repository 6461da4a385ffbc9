// Several transactions judged together. Source: Bitcoin Core 29, policy/packages.cpp,
// validation.cpp (AcceptMultipleTransactions).
#include "bitcoin/pool/acceptance.h"

namespace lockstep::bitcoin {
namespace {

constexpr std::size_t most_transactions = 25;
constexpr std::size_t most_weight = 404'000;

// What is wrong with them whatever the pool is.
Fault check_package(const std::vector<Transaction>& package, const std::vector<Txid>& txids) {
    if (package.size() > most_transactions) return "package-too-many-transactions";
    std::size_t weight = 0;
    for (const Transaction& transaction : package)
        weight += weight_of(transaction);
    if (package.size() > 1 && weight > most_weight) return "package-too-large";
    std::set<Txid> later(txids.begin(), txids.end());
    if (later.size() != txids.size()) return "package-contains-duplicates";
    for (std::size_t i = 0; i < package.size(); ++i) {
        for (const TxIn& input : package[i].inputs)
            if (later.contains(input.prevout.txid)) return "package-not-sorted";
        later.erase(txids[i]);
    }
    std::set<OutPoint> spent;
    for (const Transaction& transaction : package) {
        // one alone that spends an output twice is found to be so by its own check
        std::set<OutPoint> places;
        for (const TxIn& input : transaction.inputs)
            places.insert(input.prevout);
        for (const OutPoint& place : places)
            if (!spent.insert(place).second) return "conflict-in-package";
    }
    return {};
}

}  // namespace

Mempool::PackageVerdict Mempool::test_package(const std::vector<Transaction>& package,
                                              std::int64_t now_s) const {
    PackageVerdict all;
    all.verdicts.resize(package.size());
    std::vector<Txid> txids;
    txids.reserve(package.size());
    for (const Transaction& transaction : package)
        txids.push_back(txid_of(transaction));
    all.fault = check_package(package, txids);
    if (all.fault) return all;

    Mempool trial(*this);
    std::vector<Acceptance> judged;
    judged.reserve(package.size());
    for (std::size_t i = 0; i < package.size(); ++i) {
        Acceptance& one = judged.emplace_back(trial, package[i], now_s, Acceptance::Fees::enough,
                                              Acceptance::Conflicts::refused);
        if (!one.check_all_but_scripts()) {
            const bool is_family = one.verdict().fault == "too-long-mempool-chain";
            const bool has_parent = std::any_of(txids.begin(), txids.end(), [&](const Txid& txid) {
                return one.ancestors().contains(txid);
            });
            if (is_family && has_parent)
                all.fault = "package-mempool-limits";
            else
                all.verdicts[i] = one.verdict();
            return all;
        }
        trial.add(one.take_entry(), one.ancestors());
    }
    for (std::size_t i = 0; i < package.size(); ++i) {
        const bool is_good = judged[i].check_scripts();
        all.verdicts[i] = judged[i].verdict();
        if (!is_good) return all;
    }
    return all;
}

}  // namespace lockstep::bitcoin
