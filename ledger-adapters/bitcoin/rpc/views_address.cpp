// Addresses and coins; views_script.h.
#include <algorithm>

#include "bitcoin/keys/address.h"
#include "bitcoin/keys/base58.h"
#include "bitcoin/keys/bech32.h"
#include "bitcoin/pool/mempool.h"
#include "bitcoin/rpc/params.h"
#include "bitcoin/rpc/views_script.h"

namespace lockstep::bitcoin {
namespace {

constexpr std::size_t hash_bytes = 20;
constexpr std::size_t longest_bech32 = 90;

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string lowered(std::string_view text) {
    std::string copy(text);
    std::transform(copy.begin(), copy.end(), copy.begin(), lower);
    return copy;
}

struct AddressMistake {
    std::string text;
    std::vector<std::size_t> places;
};

// Bitcoin Core also finds up to two wrong characters by the checksum; here they have no places.
AddressMistake mistake_in_segwit(std::string_view text, const Network& network) {
    if (const auto decoded = decode_segwit(text)) {
        if (decoded->prefix == network.segwit) return {"Invalid Bech32 address program size", {}};
        return {"Invalid or unsupported prefix for Segwit (Bech32) address (expected " +
                    std::string(network.segwit) + ", got " + decoded->prefix + ").",
                {}};
    }
    if (text.size() > longest_bech32) {
        AddressMistake mistake{"Bech32 string too long", {}};
        for (std::size_t i = longest_bech32; i < text.size(); ++i)
            mistake.places.push_back(i);
        return mistake;
    }
    const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
    const auto is_upper = [](char c) { return c >= 'A' && c <= 'Z'; };
    if (std::any_of(text.begin(), text.end(), is_lower) &&
        std::any_of(text.begin(), text.end(), is_upper))
        return {"Invalid character or mixed case", {}};
    const std::size_t separator = text.rfind('1');
    if (separator == std::string_view::npos) return {"Missing separator", {}};
    constexpr std::size_t checksum = 6;
    if (separator == 0 || separator + checksum >= text.size())
        return {"Invalid separator position", {separator}};
    constexpr std::string_view symbols = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    for (std::size_t i = separator + 1; i < text.size(); ++i)
        if (symbols.find(lower(text[i])) == std::string_view::npos)
            return {"Invalid Base 32 character", {i}};
    return {"Invalid Bech32 checksum", {}};
}

AddressMistake mistake_in(std::string_view text, const Network& network) {
    if (lowered(text.substr(0, network.segwit.size())) == network.segwit)
        return mistake_in_segwit(text, network);
    if (const auto data = decode_base58_check(text, 1 + hash_bytes)) {
        const bool known = !data->empty() && (data->front() == network.key_hash ||
                                              data->front() == network.script_hash);
        return {known ? "Invalid length for Base58 address (P2PKH or P2SH)"
                      : "Invalid or unsupported Base58-encoded address.",
                {}};
    }
    constexpr std::size_t most_base58 = 100;
    if (decode_base58(text, most_base58))
        return {"Invalid checksum or length of Base58 address (P2PKH or P2SH)", {}};
    return {"Invalid or unsupported Segwit (Bech32) or Base58 encoding.", {}};
}

bool is_anchor(const WitnessProgram& program) {
    constexpr std::array<std::uint8_t, 2> mark{0x4e, 0x73};
    return program.version == 1 && equal(program.program, mark);
}

}  // namespace

Json address_json(std::string_view text, const Network& network) {
    const auto script = script_of_address(text, network);
    if (!script) {
        AddressMistake mistake = mistake_in(text, network);
        Json places = Json::array();
        for (const std::size_t place : mistake.places)
            places.push(place);
        return Json::object({{"isvalid", false},
                             {"error_locations", std::move(places)},
                             {"error", std::move(mistake.text)}});
    }
    Json json = Json::object({{"isvalid", true},
                              {"address", address_of_script(*script, network).value_or("")},
                              {"scriptPubKey", to_hex(*script)}});
    const auto program = witness_program(*script);
    if (!program) {
        json.set("isscript", is_script_hash(*script));
        json.set("iswitness", false);
        return json;
    }
    // Nobody knows what a version of the future pays to.
    const bool known = program->version == 0 || is_anchor(*program) ||
                       (program->version == 1 && program->program.size() == 32);
    if (known) json.set("isscript", program->version != 0 || program->program.size() == 32);
    json.set("iswitness", true);
    if (is_anchor(*program)) return json;
    json.set("witness_version", program->version);
    json.set("witness_program", to_hex(program->program));
    return json;
}

Json coin_json(const OutPoint& place, const Chain& chain, const Mempool* pool,
               const Network& network) {
    const TxOut* output = nullptr;
    int confirmations = 0;
    bool coinbase = false;
    if (const Coin* const held = chain.coins().find(place)) {
        output = &held->output;
        confirmations = chain.height() - held->height + 1;
        coinbase = held->coinbase;
    } else if (const Mempool::Entry* const entry = pool ? pool->find(place.txid) : nullptr) {
        const auto& outputs = entry->transaction->outputs;
        if (place.index < outputs.size() && is_spendable(outputs[place.index].script))
            output = &outputs[place.index];
    }
    if (output == nullptr || (pool != nullptr && pool->spender(place) != nullptr)) return {};
    return Json::object({{"bestblock", to_text(chain.tip().id)},
                         {"confirmations", confirmations},
                         {"value", amount_json(output->value)},
                         {"scriptPubKey", script_json(output->script, network)},
                         {"coinbase", coinbase}});
}

}  // namespace lockstep::bitcoin
