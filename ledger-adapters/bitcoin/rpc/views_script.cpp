#include "bitcoin/rpc/views_script.h"

#include "bitcoin/keys/address.h"
#include "bitcoin/pool/policy.h"
#include "bitcoin/rpc/descriptor.h"
#include "bitcoin/script/script.h"
#include "bitcoin/script/script_text.h"
#include "bitcoin/script/signature_form.h"
#include "sdk/base/assert.h"
#include "sdk/crypto/older_hash.h"

namespace lockstep::bitcoin {
namespace {

// BIP 342's: opcodes whose meaning is left open.
bool is_success(std::uint8_t op) {
    return op == 80 || op == 98 || (op >= 126 && op <= 129) || (op >= 131 && op <= 134) ||
           op == 137 || op == 138 || op == 141 || op == 142 || (op >= 149 && op <= 153) ||
           (op >= 187 && op <= 254);
}

bool has_usable_ops(ByteView script) {
    ScriptReader reader(script);
    while (!reader.at_end()) {
        const auto next = reader.next();
        if (!next || next->data.size() > max_element_size || next->op > Opcode::nop10 ||
            is_success(static_cast<std::uint8_t>(next->op)))
            return false;
    }
    return true;
}

bool can_be_hashed(ByteView script, ScriptKind kind) {
    switch (kind) {
        case ScriptKind::nulldata:
        case ScriptKind::scripthash:
        case ScriptKind::witness_v1_taproot:
        case ScriptKind::witness_unknown:
            return false;
        case ScriptKind::nonstandard:
        case ScriptKind::pubkey:
        case ScriptKind::pubkeyhash:
        case ScriptKind::multisig:
        case ScriptKind::witness_v0_keyhash:
        case ScriptKind::witness_v0_scripthash:
            return is_spendable(script) && has_usable_ops(script);
    }
    UNREACHABLE();
}

bool is_short_key(ByteView key) {
    return is_compressed(key);
}

// The script of the witness program that stands for it; nullopt where there is none, as for keys
// that are not compressed.
std::optional<Bytes> witness_form(ByteView script, ScriptKind kind) {
    if (kind == ScriptKind::pubkey) {
        const auto key = key_in(script);
        if (!key || !is_short_key(*key)) return std::nullopt;
        return to_witness_key(hash160(*key));
    }
    if (kind == ScriptKind::multisig) {
        const auto group = keys_in(script);
        if (!group) return std::nullopt;
        for (const Bytes& key : group->keys)
            if (!is_short_key(key)) return std::nullopt;
        return to_witness_script(script);
    }
    if (kind == ScriptKind::pubkeyhash) return to_witness_key(script.subspan(3, 20));
    if (kind == ScriptKind::nonstandard) return to_witness_script(script);
    return std::nullopt;
}

std::string hash_type_text(std::uint8_t type) {
    constexpr std::uint8_t anyone_can_pay = 0x80;
    static constexpr std::string_view words[] = {"ALL", "NONE", "SINGLE"};
    std::string text(words[(type & ~anyone_can_pay & 0xff) - 1]);
    if ((type & anyone_can_pay) != 0) text += "|ANYONECANPAY";
    return "[" + text + "]";
}

}  // namespace

std::string input_script_text(ByteView script) {
    if (!is_spendable(script)) return disassemble(script);
    std::string text;
    ScriptReader reader(script);
    std::size_t from = 0;
    while (!reader.at_end()) {
        if (!text.empty()) text += ' ';
        const auto next = reader.next();
        if (!next) return text + "[error]";
        const ByteView data = next->data;
        if (next->is_push() && is_strict_der(data) && is_defined_hash_type(data))
            text += to_hex(data.first(data.size() - 1)) + hash_type_text(data.back());
        else
            text += disassemble(script.subspan(from, reader.position() - from));
        from = reader.position();
    }
    return text;
}

Json script_json(ByteView script, const Network& network, ScriptHex hex) {
    Json json =
        Json::object({{"asm", disassemble(script)}, {"desc", infer_descriptor(script, network)}});
    if (hex == ScriptHex::with) json.set("hex", to_hex(script));
    if (auto address = address_of_script(script, network)) json.set("address", std::move(*address));
    json.set("type", form_name(script));
    return json;
}

Json decoded_script_json(ByteView script, const Network& network) {
    Json json = script_json(script, network, ScriptHex::without);
    const ScriptKind kind = kind_of(script);
    if (!can_be_hashed(script, kind)) return json;
    const auto address_for_hash = [&](ByteView redeem) {
        const auto address = address_of_script(to_script_hash(redeem), network);
        return Json(address.value_or(std::string{}));
    };
    json.set("p2sh", address_for_hash(script));
    const auto witness = witness_form(script, kind);
    if (!witness) return json;
    Json segwit = script_json(*witness, network);
    // The script is known here, so that the descriptor may show the keys.
    if (kind == ScriptKind::multisig) {
        std::string inner = infer_descriptor(script, network);
        inner.resize(inner.find('#'));
        segwit.set("desc", with_checksum("wsh(" + inner + ")"));
    }
    segwit.set("p2sh-segwit", address_for_hash(*witness));
    json.set("segwit", std::move(segwit));
    return json;
}

}  // namespace lockstep::bitcoin
