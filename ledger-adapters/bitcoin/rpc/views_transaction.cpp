#include "bitcoin/rpc/views_transaction.h"

#include "bitcoin/rpc/params.h"
#include "bitcoin/rpc/views_script.h"
#include "sdk/base/assert.h"

namespace lockstep::bitcoin {
namespace {

Json prevout_json(const Coin& coin, const Network& network) {
    return Json::object({{"generated", coin.coinbase},
                         {"height", coin.height},
                         {"value", amount_json(coin.output.value)},
                         {"scriptPubKey", script_json(coin.output.script, network)}});
}

Json input_json(const TxIn& input, bool is_coinbase) {
    Json json = Json::object();
    if (is_coinbase) {
        json.set("coinbase", to_hex(input.script_sig));
    } else {
        json.set("txid", to_text(input.prevout.txid));
        json.set("vout", input.prevout.index);
        json.set("scriptSig", Json::object({{"asm", input_script_text(input.script_sig)},
                                            {"hex", to_hex(input.script_sig)}}));
    }
    if (input.witness.empty()) return json;
    Json witness = Json::array();
    for (const Bytes& element : input.witness)
        witness.push(to_hex(element));
    json.set("txinwitness", std::move(witness));
    return json;
}

}  // namespace

std::size_t virtual_size_of(const Transaction& transaction) {
    return (weight_of(transaction) + witness_scale - 1) / witness_scale;
}

Json transaction_json(const Transaction& transaction, const Network& network,
                      const TxShown& shown) {
    const bool has_spent = !shown.spent.empty() && shown.detail != TxDetail::plain;
    ASSERT(!has_spent || shown.spent.size() == transaction.inputs.size());
    Json json = Json::object({{"txid", to_text(txid_of(transaction))},
                              {"hash", to_text(wtxid_of(transaction))},
                              {"version", static_cast<std::uint32_t>(transaction.version)},
                              {"size", serialize(transaction).size()},
                              {"vsize", virtual_size_of(transaction)},
                              {"weight", weight_of(transaction)},
                              {"locktime", transaction.locktime}});
    Satoshi fee = 0;
    Json inputs = Json::array();
    for (std::size_t i = 0; i < transaction.inputs.size(); ++i) {
        Json input = input_json(transaction.inputs[i], transaction.is_coinbase());
        if (has_spent) {
            fee += shown.spent[i].output.value;
            if (shown.detail == TxDetail::prevouts)
                input.set("prevout", prevout_json(shown.spent[i], network));
        }
        input.set("sequence", transaction.inputs[i].sequence);
        inputs.push(std::move(input));
    }
    json.set("vin", std::move(inputs));
    Json outputs = Json::array();
    for (std::size_t i = 0; i < transaction.outputs.size(); ++i) {
        const TxOut& output = transaction.outputs[i];
        if (has_spent) fee -= output.value;
        outputs.push(Json::object({{"value", amount_json(output.value)},
                                   {"n", i},
                                   {"scriptPubKey", script_json(output.script, network)}}));
    }
    json.set("vout", std::move(outputs));
    if (has_spent) json.set("fee", amount_json(fee));
    if (shown.block) json.set("blockhash", to_text(*shown.block));
    if (shown.hex) json.set("hex", to_hex(serialize(transaction)));
    return json;
}

std::span<const Coin> spent_by(const Chain::Entry& entry, std::size_t transaction) {
    const auto& all = entry.block.transactions;
    if (transaction >= all.size() || all[transaction].is_coinbase()) return {};
    std::size_t from = 0;
    for (std::size_t i = 1; i < transaction; ++i)
        from += all[i].inputs.size();
    const std::size_t count = all[transaction].inputs.size();
    const std::span<const Coin> spent = entry.undo.spent;
    return from + count <= spent.size() ? spent.subspan(from, count) : std::span<const Coin>{};
}

Json confirmed_json(const TxPlace& place, const Chain& chain, const Network& network,
                    TxDetail detail) {
    const Chain::Entry& block = place.block;
    const bool active = chain.is_active(block.id);
    TxShown shown{.detail = detail, .hex = true, .block = block.id, .spent = {}};
    if (detail != TxDetail::plain) shown.spent = spent_by(block, place.transaction);
    Json json = Json::object();
    if (place.block_was_named) json.set("in_active_chain", active);
    const Json plain =
        transaction_json(block.block.transactions[place.transaction], network, shown);
    for (const Json::Member& member : *plain.as_object())
        json.set(member.key, member.value);
    json.set("confirmations", active ? 1 + chain.height() - block.height : 0);
    if (active) {
        json.set("time", block.block.header.time);
        json.set("blocktime", block.block.header.time);
    }
    return json;
}

}  // namespace lockstep::bitcoin
