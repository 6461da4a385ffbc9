#include "bitcoin/rpc/views_block.h"

#include <algorithm>

#include "bitcoin/rpc/views_transaction.h"
#include "bitcoin/rpc/work.h"

namespace lockstep::bitcoin {
namespace {

std::string eight_digits(std::uint32_t value) {
    Bytes bytes;
    for (int shift = 24; shift >= 0; shift -= 8)
        bytes.push_back(static_cast<std::uint8_t>(value >> shift));
    return to_hex(bytes);
}

// All targets are the same, so that work is a matter of height.
std::string chainwork_text(const Chain::Entry& entry) {
    return work_text(entry.block.header.bits, static_cast<std::uint64_t>(entry.height) + 1);
}

Json block_transactions_json(const Chain::Entry& entry, const Network& network, int verbosity) {
    Json list = Json::array();
    const auto& transactions = entry.block.transactions;
    for (std::size_t i = 0; i < transactions.size(); ++i) {
        if (verbosity == 1) {
            list.push(to_text(txid_of(transactions[i])));
            continue;
        }
        const TxShown shown{.detail = verbosity == 2 ? TxDetail::fee : TxDetail::prevouts,
                            .hex = true,
                            .block = std::nullopt,
                            .spent = spent_by(entry, i)};
        list.push(transaction_json(transactions[i], network, shown));
    }
    return list;
}

// Bitcoin Core remembers that it once had a block that was no older than a day. A tip that was
// young when the node started, or is younger, is such a one.
bool is_catching_up(const Chain& chain, const NodeTimes& times) {
    constexpr std::int64_t max_tip_age_s = 24 * 60 * 60;
    const std::int64_t since = std::min(times.now_s, times.started_s) - max_tip_age_s;
    return std::int64_t{chain.tip().block.header.time} < since;
}

}  // namespace

int confirmations_of(const Chain::Entry& entry, const Chain& chain) {
    return chain.is_active(entry.id) ? chain.height() - entry.height + 1 : -1;
}

Json header_json(const Chain::Entry& entry, const Chain& chain) {
    const BlockHeader& header = entry.block.header;
    Json json =
        Json::object({{"hash", to_text(entry.id)},
                      {"confirmations", confirmations_of(entry, chain)},
                      {"height", entry.height},
                      {"version", header.version},
                      {"versionHex", eight_digits(static_cast<std::uint32_t>(header.version))},
                      {"merkleroot", to_text(Txid{header.merkle_root.array()})},
                      {"time", header.time},
                      {"mediantime", chain.median_time(entry)},
                      {"nonce", header.nonce},
                      {"bits", eight_digits(header.bits)},
                      {"target", target_text(header.bits)},
                      {"difficulty", difficulty_of(header.bits)},
                      {"chainwork", chainwork_text(entry)},
                      {"nTx", entry.block.transactions.size()}});
    if (entry.height > 0) json.set("previousblockhash", to_text(header.parent));
    const Chain::Entry* const next = chain.at(entry.height + 1);
    if (next != nullptr && next->block.header.parent == entry.id)
        json.set("nextblockhash", to_text(next->id));
    return json;
}

Json block_json(const Chain::Entry& entry, const Chain& chain, const Network& network,
                int verbosity) {
    const Bytes octets = serialize(entry.block);
    if (verbosity <= 0) return to_hex(octets);
    Json json = header_json(entry, chain);
    json.set("strippedsize", serialize(entry.block, WitnessForm::without).size());
    json.set("size", octets.size());
    json.set("weight", weight_of(entry.block));
    json.set("tx", block_transactions_json(entry, network, verbosity));
    return json;
}

Json chain_info_json(const Chain& chain, const Network& network, const NodeTimes& times) {
    const Chain::Entry& tip = chain.tip();
    std::size_t octets = 0;
    for (int height = 0; height <= chain.height(); ++height)
        octets += chain.at(height)->octets;
    return Json::object({{"chain", network.name},
                         {"blocks", tip.height},
                         {"headers", tip.height},
                         {"bestblockhash", to_text(tip.id)},
                         {"bits", eight_digits(tip.block.header.bits)},
                         {"target", target_text(tip.block.header.bits)},
                         {"difficulty", difficulty_of(tip.block.header.bits)},
                         {"time", tip.block.header.time},
                         {"mediantime", chain.median_time(tip)},
                         {"verificationprogress", 1},
                         {"initialblockdownload", is_catching_up(chain, times)},
                         {"chainwork", chainwork_text(tip)},
                         {"size_on_disk", octets},
                         {"pruned", false},
                         {"warnings", Json::array()}});
}

Json tips_json(const Chain& chain) {
    std::vector<const Chain::Entry*> tips = chain.tips();
    // It is one even where blocks stand on it that were called invalid.
    if (std::find(tips.begin(), tips.end(), &chain.tip()) == tips.end())
        tips.push_back(&chain.tip());
    std::sort(tips.begin(), tips.end(), [](const Chain::Entry* a, const Chain::Entry* b) {
        return a->height != b->height ? a->height > b->height : a->sequence < b->sequence;
    });
    Json list = Json::array();
    for (const Chain::Entry* const entry : tips) {
        int branch = 0;
        for (const Chain::Entry* one = entry; !chain.is_active(one->id);
             one = chain.find(one->block.header.parent))
            ++branch;
        // Whether a block off the active chain was ever on it is not known; none is without its
        // transactions.
        const char* const status = branch == 0      ? "active"
                                   : entry->invalid ? "invalid"
                                                    : "valid-fork";
        list.push(Json::object({{"height", entry->height},
                                {"hash", to_text(entry->id)},
                                {"branchlen", branch},
                                {"status", status}}));
    }
    return list;
}

}  // namespace lockstep::bitcoin
