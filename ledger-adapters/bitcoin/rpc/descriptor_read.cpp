// Descriptors from a caller: a small recursive reader. Where a function may stand within another is
// BIP 381 to 383's.
#include <algorithm>
#include <charconv>

#include "bitcoin/keys/address.h"
#include "bitcoin/rpc/descriptor.h"
#include "bitcoin/script/script.h"
#include "sdk/crypto/ecdsa.h"
#include "sdk/crypto/older_hash.h"

namespace lockstep::bitcoin {
namespace {

using DescribedList = Result<std::vector<Described>, RpcError>;
enum class Around : std::uint8_t { nothing, sh, wsh };

constexpr std::size_t most_descriptor = 4096;  // octets; twenty keys are 1400

auto misread(std::string message) {
    return rpc_fail(RpcCode::invalid_address_or_key, std::move(message));
}

// The inside of name(…); nullopt where the text is another function.
std::optional<std::string_view> within(std::string_view text, std::string_view name) {
    if (!text.starts_with(name) || !text.ends_with(')')) return std::nullopt;
    text.remove_prefix(name.size());
    if (!text.starts_with('(')) return std::nullopt;
    return text.substr(1, text.size() - 2);
}

struct DescribedKey {
    Bytes bytes;
    std::string shown;
};
// Where it comes from, "[d34db33f/44'/0']", may stand before it; what stands there is not checked.
std::optional<DescribedKey> read_key(std::string_view text, bool compressed) {
    std::string origin;
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos) return std::nullopt;
        origin = text.substr(0, end + 1);
        text.remove_prefix(end + 1);
    }
    auto bytes = from_hex(text);
    if (!bytes || !has_key_size(*bytes) || bytes->front() > 4 || !ecdsa::is_public_key(*bytes))
        return std::nullopt;
    if (compressed && bytes->size() != 33) return std::nullopt;
    // A key on its own is its own origin: the first four bytes of its hash.
    if (origin.empty()) origin = "[" + to_hex(ByteView(hash160(*bytes)).first(4)) + "]";
    return DescribedKey{*bytes, origin + to_hex(*bytes)};
}

auto bad_key(std::string_view text) {
    return misread(
        "Key '" + std::string(text) +
        "' is not valid: expected a public key in hexadecimal; extended keys and private "
        "keys are not supported here");
}

DescribedList one(Bytes script, std::string text) {
    std::vector<Described> list;
    list.push_back({std::move(script), std::move(text)});
    return list;
}

DescribedList read_combo(std::string_view inside) {
    const auto key = read_key(inside, false);
    if (!key) return bad_key(inside);
    const Digest160 id = hash160(key->bytes);
    std::vector<Described> list;
    list.push_back({to_key(key->bytes), "pk(" + key->shown + ")"});
    list.push_back({key_hash_script(id), "pkh(" + key->shown + ")"});
    if (key->bytes.size() != 33) return list;
    const Bytes witness = to_witness_key(id);
    list.push_back({witness, "wpkh(" + key->shown + ")"});
    list.push_back({to_script_hash(witness), "sh(wpkh(" + key->shown + "))"});
    return list;
}

DescribedList read_multi(std::string_view inside, bool sorted, Around around) {
    KeyGroup group;
    std::size_t end = inside.find(',');
    const std::string_view needed = inside.substr(0, end);
    const auto [stopped, error] =
        std::from_chars(needed.data(), needed.data() + needed.size(), group.needed);
    if (error != std::errc{} || stopped != needed.data() + needed.size())
        return misread("Multi threshold '" + std::string(needed) + "' is not valid");
    std::string shown;
    while (end != std::string_view::npos) {
        inside.remove_prefix(end + 1);
        end = inside.find(',');
        auto key = read_key(inside.substr(0, end), around == Around::wsh);
        if (!key) return bad_key(inside.substr(0, end));
        shown += "," + key->shown;
        group.keys.push_back(std::move(key->bytes));
    }
    const std::string count = std::to_string(group.keys.size());
    if (group.keys.empty() || group.keys.size() > 20)
        return misread("Cannot have " + count +
                       " keys in multisig; must have between 1 and 20 keys, inclusive");
    if (group.needed < 1)
        return misread("Multisig threshold cannot be " + std::to_string(group.needed) +
                       ", must be at least 1");
    if (static_cast<std::size_t>(group.needed) > group.keys.size())
        return misread(
            "Multisig threshold cannot be larger than the number of keys; threshold is " +
            std::to_string(group.needed) + " but only " + count + " keys specified");
    if (around == Around::nothing && group.keys.size() > 3)
        return misread("Cannot have " + count +
                       " pubkeys in bare multisig; only at most 3 pubkeys");
    if (sorted) std::sort(group.keys.begin(), group.keys.end());
    return one(to_keys(group),
               (sorted ? "sortedmulti(" : "multi(") + std::to_string(group.needed) + shown + ")");
}

// Wraps the one script that is inside.
DescribedList wrap(DescribedList inner, std::string_view name, Bytes (*around)(ByteView)) {
    if (!inner) return inner;
    Described& only = inner->front();
    only.script = around(only.script);
    only.descriptor = std::string(name) + "(" + only.descriptor + ")";
    return inner;
}

DescribedList read_function(std::string_view text, Around around, const Network& network) {
    if (const auto inside = within(text, "pk")) {
        const auto key = read_key(*inside, around == Around::wsh);
        return key ? one(to_key(key->bytes), "pk(" + key->shown + ")") : bad_key(*inside);
    }
    if (const auto inside = within(text, "pkh")) {
        const auto key = read_key(*inside, around == Around::wsh);
        if (!key) return bad_key(*inside);
        return one(key_hash_script(hash160(key->bytes)), "pkh(" + key->shown + ")");
    }
    if (const auto inside = within(text, "wpkh"); inside && around != Around::wsh) {
        const auto key = read_key(*inside, true);
        if (!key) return bad_key(*inside);
        return one(to_witness_key(hash160(key->bytes)), "wpkh(" + key->shown + ")");
    }
    if (const auto inside = within(text, "multi")) return read_multi(*inside, false, around);
    if (const auto inside = within(text, "sortedmulti")) return read_multi(*inside, true, around);
    if (const auto inside = within(text, "wsh"); inside && around != Around::wsh)
        return wrap(read_function(*inside, Around::wsh, network), "wsh", to_witness_script);
    if (around == Around::nothing) {
        if (const auto inside = within(text, "sh"))
            return wrap(read_function(*inside, Around::sh, network), "sh", to_script_hash);
        if (const auto inside = within(text, "combo")) return read_combo(*inside);
        if (const auto inside = within(text, "addr")) {
            auto script = script_of_address(*inside, network);
            if (!script) return misread("Address is not valid");
            return one(std::move(*script), "addr(" + std::string(*inside) + ")");
        }
        if (const auto inside = within(text, "raw")) {
            auto script = from_hex(*inside);
            if (!script) return misread("Raw script is not hex");
            std::string shown = infer_descriptor(*script, network);
            shown.resize(shown.find('#'));
            return one(std::move(*script), std::move(shown));
        }
    }
    return misread("'" + std::string(text.substr(0, 100)) +
                   "' is not a valid descriptor function here; supported are addr, raw, pk, pkh, "
                   "wpkh, multi, sortedmulti, sh, wsh and combo");
}

}  // namespace

DescribedList read_descriptor(std::string_view text, const Network& network) {
    if (text.size() > most_descriptor) return misread("Descriptor is too long");
    const std::size_t mark = text.find('#');
    const std::string_view payload = text.substr(0, mark);
    const auto computed = descriptor_checksum(payload);
    if (!computed) return misread("Invalid characters in payload");
    if (mark != std::string_view::npos) {
        const std::string_view given = text.substr(mark + 1);
        if (given.find('#') != std::string_view::npos) return misread("Multiple '#' symbols");
        if (given.size() != checksum_size)
            return misread("Expected 8 character checksum, not " + std::to_string(given.size()) +
                           " characters");
        if (given != *computed)
            return misread("Provided checksum '" + std::string(given) +
                           "' does not match computed checksum '" + *computed + "'");
    }
    auto list = read_function(payload, Around::nothing, network);
    if (!list) return list;
    for (Described& described : *list)
        described.descriptor = with_checksum(described.descriptor);
    return list;
}

}  // namespace lockstep::bitcoin
