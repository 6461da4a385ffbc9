#include "bitcoin/keys/address.h"

#include <algorithm>

#include "bitcoin/keys/base58.h"
#include "bitcoin/keys/bech32.h"
#include "bitcoin/script/script.h"
#include "sdk/crypto/ecdsa.h"

namespace lockstep::bitcoin {
namespace {

constexpr std::size_t hash_size = 20;
constexpr std::size_t secret_size = 32;
constexpr std::uint8_t compressed_mark = 1;

Bytes script_hash_script(ByteView hash) {
    ScriptWriter script;
    script.op(Opcode::hash160).push(hash).op(Opcode::equal);
    return script.take();
}

std::string with_first(std::uint8_t first, ByteView rest) {
    Bytes bytes{first};
    append(bytes, rest);
    return encode_base58_check(bytes);
}

}  // namespace

std::optional<Bytes> script_of_address(std::string_view address, const Network& network) {
    if (const auto decoded = decode_base58_check(address, 1 + hash_size);
        decoded && decoded->size() == 1 + hash_size) {
        const ByteView hash = ByteView(*decoded).subspan(1);
        if (decoded->front() == network.key_hash) return key_hash_script(hash);
        if (decoded->front() == network.script_hash) return script_hash_script(hash);
        return std::nullopt;
    }
    const auto segwit = decode_segwit(address);
    if (!segwit || segwit->prefix != network.segwit) return std::nullopt;
    ScriptWriter script;
    script.number(segwit->version).push(segwit->program);
    return script.take();
}

std::optional<std::string> address_of_script(ByteView script, const Network& network) {
    if (script.size() == 25 && equal(script, key_hash_script(script.subspan(3, hash_size))))
        return with_first(network.key_hash, script.subspan(3, hash_size));
    if (is_script_hash(script))
        return with_first(network.script_hash, script.subspan(2, hash_size));
    const auto program = witness_program(script);
    if (!program ||
        (program->version == 0 && program->program.size() != 20 && program->program.size() != 32))
        return std::nullopt;
    return encode_segwit({std::string(network.segwit), program->version,
                          Bytes(program->program.begin(), program->program.end())});
}

std::string encode_secret(const SecretText& key, const Network& network) {
    Bytes rest(key.secret.begin(), key.secret.end());
    if (key.compressed) rest.push_back(compressed_mark);
    return with_first(network.secret, rest);
}

std::optional<SecretText> decode_secret(std::string_view text, const Network& network) {
    const auto decoded = decode_base58_check(text, 2 + secret_size);
    if (!decoded || decoded->size() < 1 + secret_size || decoded->front() != network.secret)
        return std::nullopt;
    SecretText key;
    key.compressed = decoded->size() == 2 + secret_size;
    if (key.compressed && decoded->back() != compressed_mark) return std::nullopt;
    std::copy_n(decoded->begin() + 1, secret_size, key.secret.begin());
    if (!ecdsa::is_secret_key(key.secret)) return std::nullopt;
    return key;
}

}  // namespace lockstep::bitcoin
