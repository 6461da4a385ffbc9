// key_io_valid.json, key_io_invalid.json, base58_encode_decode.json
#include <algorithm>
#include <cctype>

#include "bitcoin/keys/address.h"
#include "bitcoin/keys/base58.h"
#include "bitcoin/vectors/rows.h"

namespace lockstep::bitcoin::vectors {
namespace {

constexpr std::size_t longest_base58 = 1024;

Verdict compare_secret(const std::string& text, const std::string& payload, bool compressed,
                       const Network& network) {
    const auto key = decode_secret(text, network);
    if (!key) return disagrees("the key was refused");
    if (to_hex(key->secret) != payload) return disagrees("was " + to_hex(key->secret));
    if (key->compressed != compressed) return disagrees("compressed was the other way round");
    if (encode_secret(*key, network) != text) return disagrees("written again it is not the same");
    if (script_of_address(text, network)) return disagrees("the key was taken for an address");
    return agrees();
}

std::string flip_cases(std::string text) {
    for (char& c : text) {
        const auto letter = static_cast<unsigned char>(c);
        c = static_cast<char>(std::islower(letter) != 0 ? std::toupper(letter)
                                                        : std::tolower(letter));
    }
    return text;
}

Verdict compare_address(const std::string& text, const std::string& payload, bool flips,
                        const Network& network) {
    const auto script = script_of_address(text, network);
    if (!script) return disagrees("the address was refused");
    if (to_hex(*script) != payload) return disagrees("was " + to_hex(*script));
    const auto again = address_of_script(*script, network);
    if (!again || *again != text) return disagrees("written again it is not the same");
    if (script_of_address(flip_cases(text), network).has_value() != flips)
        return disagrees("with other cases it was " + std::string(flips ? "refused" : "taken"));
    if (decode_secret(text, network)) return disagrees("the address was taken for a key");
    return agrees();
}

}  // namespace

Verdict compare_valid_key(const Json& json) {
    if (json.size() < 3) return comment();
    const Json& about = json[std::size_t{2}];
    const Network* network = network_named(about["chain"].text_or(""));
    if (network == nullptr)
        return disagrees("the network is not known: " + std::string(about["chain"].text_or("")));
    if (about["isPrivkey"].as_bool().value_or(false)) {
        return compare_secret(text_at(json, 0), text_at(json, 1),
                              about["isCompressed"].as_bool().value_or(false), *network);
    }
    return compare_address(text_at(json, 0), text_at(json, 1),
                           about["tryCaseFlip"].as_bool().value_or(false), *network);
}

Verdict compare_invalid_key(const Json& json) {
    if (json.size() < 1 || json[std::size_t{0}].as_text() == nullptr) return comment();
    for (const Network& network : networks) {
        const std::string on = " on " + std::string(network.name);
        if (script_of_address(text_at(json, 0), network)) return disagrees("an address" + on);
        if (decode_secret(text_at(json, 0), network)) return disagrees("a key" + on);
    }
    return agrees();
}

Verdict compare_base58(const Json& json) {
    if (json.size() < 2) return comment();
    const auto bytes = from_hex(text_at(json, 0));
    if (!bytes) return disagrees("no hexadecimal");
    if (encode_base58(*bytes) != text_at(json, 1)) return disagrees("was " + encode_base58(*bytes));
    const auto decoded = decode_base58(text_at(json, 1), longest_base58);
    if (!decoded || *decoded != *bytes) return disagrees("read again it is not the same");
    return agrees();
}

}  // namespace lockstep::bitcoin::vectors
