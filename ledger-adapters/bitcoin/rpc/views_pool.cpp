#include "bitcoin/rpc/views_pool.h"

#include <algorithm>

#include "bitcoin/rpc/params.h"

namespace lockstep::bitcoin {
namespace {

// Sorted as texts, as Bitcoin Core's set of them.
Json sorted_ids(const std::set<Txid>& ids) {
    std::vector<std::string> texts;
    for (const Txid& id : ids)
        texts.push_back(to_text(id));
    std::sort(texts.begin(), texts.end());
    Json list = Json::array();
    for (std::string& text : texts)
        list.push(std::move(text));
    return list;
}

}  // namespace

Json pool_entry_json(const Mempool::Entry& entry, const Mempool& pool) {
    const Mempool::Family above = pool.with_ancestors(entry.txid);
    const Mempool::Family below = pool.with_descendants(entry.txid);
    return Json::object({{"vsize", entry.size},
                         {"weight", entry.weight},
                         {"time", entry.time},
                         {"height", entry.height},
                         {"descendantcount", below.count},
                         {"descendantsize", below.size},
                         {"ancestorcount", above.count},
                         {"ancestorsize", above.size},
                         {"wtxid", to_text(entry.wtxid)},
                         {"fees", Json::object({{"base", amount_json(entry.fee)},
                                                {"modified", amount_json(entry.fee)},
                                                {"ancestor", amount_json(above.fees)},
                                                {"descendant", amount_json(below.fees)}})},
                         {"depends", sorted_ids(entry.parents)},
                         {"spentby", sorted_ids(entry.children)},
                         {"bip125-replaceable", pool.is_replaceable(entry.txid)},
                         {"unbroadcast", false}});
}

Json pool_ids_json(const Mempool& pool) {
    Json list = Json::array();
    for (const Mempool::Entry* const entry : pool.in_order())
        list.push(to_text(entry->txid));
    return list;
}

// The pool shows no count of what left it: what came last tells how far the sequence is at least.
Json pool_ids_with_sequence_json(const Mempool& pool) {
    std::uint64_t sequence = 1;
    for (const auto& [txid, entry] : pool.all())
        sequence = std::max(sequence, entry.sequence + 1);
    return Json::object({{"txids", pool_ids_json(pool)}, {"mempool_sequence", sequence}});
}

Json pool_entries_json(const Mempool& pool) {
    Json::Object entries;
    for (const Mempool::Entry* const entry : pool.in_order())
        entries.push_back({to_text(entry->txid), pool_entry_json(*entry, pool)});
    return Json(std::move(entries));
}

Json pool_info_json(const Mempool& pool, std::int64_t now_s) {
    const PoolPolicy& policy = pool.policy();
    const FeeRate min_rate = std::max(pool.min_rate(now_s), policy.min_relay);
    return Json::object({{"loaded", true},
                         {"size", pool.all().size()},
                         {"bytes", pool.size()},
                         {"usage", pool.octets()},
                         {"total_fee", amount_json(pool.fees())},
                         {"maxmempool", policy.max_octets},
                         {"mempoolminfee", amount_json(min_rate)},
                         {"minrelaytxfee", amount_json(policy.min_relay)},
                         {"incrementalrelayfee", amount_json(policy.incremental)},
                         {"unbroadcastcount", 0},
                         {"fullrbf", policy.full_rbf}});
}

bool pays_too_much(Satoshi fee, std::size_t size, FeeRate max_rate) {
    const Satoshi most = fee_at(max_rate, size);
    return most != 0 && fee > most;
}

namespace {

Json ids_json(const Transaction& transaction) {
    return Json::object(
        {{"txid", to_text(txid_of(transaction))}, {"wtxid", to_text(wtxid_of(transaction))}});
}

void set_verdict(Json& json, const Mempool::Verdict& verdict, FeeRate max_rate) {
    if (verdict.fault) {
        json.set("allowed", false);
        json.set("reject-reason", verdict.is_missing_inputs ? "missing-inputs" : *verdict.fault);
        if (!verdict.is_missing_inputs) json.set("reject-details", verdict.text());
        return;
    }
    if (pays_too_much(verdict.fee, verdict.size, max_rate)) {
        json.set("allowed", false);
        json.set("reject-reason", "max-fee-exceeded");
        return;
    }
    json.set("allowed", true);
    json.set("vsize", verdict.size);
    const auto size = static_cast<Satoshi>(std::max<std::size_t>(verdict.size, 1));
    json.set("fees", Json::object({{"base", amount_json(verdict.fee)},
                                   {"effective-feerate", amount_json(verdict.fee * 1000 / size)},
                                   {"effective-includes", Json::array().push(json["wtxid"])}}));
}

}  // namespace

Json accept_json(const std::vector<Transaction>& transactions, const Mempool& pool,
                 const AcceptTerms& terms) {
    Json rows = Json::array();
    if (transactions.size() == 1) {
        Json row = ids_json(transactions.front());
        set_verdict(row, pool.test(transactions.front(), terms.now_s), terms.max_rate);
        return rows.push(std::move(row));
    }
    const Mempool::PackageVerdict all = pool.test_package(transactions, terms.now_s);
    bool is_over = false;  // one pays too much: those behind it are not told of
    for (std::size_t i = 0; i < transactions.size(); ++i) {
        Json row = ids_json(transactions[i]);
        if (all.fault) row.set("package-error", *all.fault);
        if (const auto& verdict = all.verdicts[i]; verdict && !is_over) {
            set_verdict(row, *verdict, terms.max_rate);
            is_over = !verdict->fault && pays_too_much(verdict->fee, verdict->size, terms.max_rate);
        }
        rows.push(std::move(row));
    }
    return rows;
}

}  // namespace lockstep::bitcoin
