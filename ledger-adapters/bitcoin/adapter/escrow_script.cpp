#include "bitcoin/adapter/escrow_script.h"

#include "bitcoin/keys/address.h"
#include "bitcoin/script/interpreter.h"
#include "bitcoin/script/script.h"
#include "bitcoin/script/script_number.h"
#include "bitcoin/script/spending.h"
#include "sdk/base/assert.h"
#include "sdk/crypto/hash.h"

namespace lockstep::bitcoin {
namespace {

constexpr std::int64_t us_per_s = 1'000'000;

bool can_be_opened(const EscrowLock& lock) {
    return lock.locktime >= locktime_threshold && lock.payer != lock.payee &&
           ecdsa::is_public_key(lock.payer.view()) && ecdsa::is_public_key(lock.payee.view());
}

Bytes escrow_template(const EscrowLock& lock) {
    ScriptWriter to;
    to.op(Opcode::if_);
    to.op(Opcode::size).number(preimage_size).op(Opcode::equalverify);
    to.op(Opcode::sha256).push(lock.condition.view()).op(Opcode::equalverify);
    to.push(lock.payee.view()).op(Opcode::checksig);
    to.op(Opcode::else_).op(Opcode::if_);
    to.number(lock.locktime).op(Opcode::checklocktimeverify).op(Opcode::drop);
    to.push(lock.payer.view()).op(Opcode::checksig);
    to.op(Opcode::else_);
    to.push(lock.payee.view()).op(Opcode::checksigverify);
    to.push(lock.payer.view()).op(Opcode::checksig);
    to.op(Opcode::endif).op(Opcode::endif);
    return to.take();
}

Bytes copy_of(ByteView bytes) {
    return {bytes.begin(), bytes.end()};
}

// Sizes of a witness's elements on the wire, each with its length; all are below 253.
std::size_t witness_octets(EscrowPath path, std::size_t script) {
    constexpr std::size_t signature = 1 + max_signature;
    constexpr std::size_t yes = 2;
    constexpr std::size_t no = 1;
    const std::size_t count_and_script = 1 + 1 + script;
    switch (path) {
        case EscrowPath::claim:
            return count_and_script + signature + 1 + preimage_size + yes;
        case EscrowPath::refund:
            return count_and_script + signature + yes + no;
        case EscrowPath::reject:
            return count_and_script + 2 * signature + no + no;
    }
    UNREACHABLE();
}

}  // namespace

std::optional<std::uint32_t> locktime_of(Timestamp expiry) {
    if (expiry.us() <= 0) return std::nullopt;
    const std::int64_t rounded_up = (expiry.us() - 1) / us_per_s + 1;
    const std::int64_t locktime = rounded_up - 1;
    if (locktime < locktime_threshold || locktime > UINT32_MAX) return std::nullopt;
    return static_cast<std::uint32_t>(locktime);
}

Timestamp refundable_from(std::uint32_t locktime) {
    return Timestamp{(std::int64_t{locktime} + 1) * us_per_s};
}

std::optional<Bytes> escrow_script(const EscrowLock& lock) {
    if (!can_be_opened(lock)) return std::nullopt;
    Bytes script = escrow_template(lock);
    ASSERT(script.size() <= max_escrow_script);
    return script;
}

std::optional<EscrowLock> parse_escrow_script(ByteView script) {
    if (script.size() > max_escrow_script) return std::nullopt;
    // Where the template has its values, by number of instruction; what stands there is compared as
    // a whole with what the values give.
    constexpr std::size_t at_condition = 5;
    constexpr std::size_t at_payee = 7;
    constexpr std::size_t at_locktime = 11;
    constexpr std::size_t at_payer = 14;
    std::optional<Condition> condition;
    std::optional<ecdsa::CompressedKey> payee;
    std::optional<ecdsa::CompressedKey> payer;
    std::optional<std::int64_t> locktime;
    ScriptReader reader(script);
    for (std::size_t at = 0; !reader.at_end(); ++at) {
        const auto instruction = reader.next();
        if (!instruction) return std::nullopt;
        if (at == at_condition) condition = Condition::from(instruction->data);
        if (at == at_payee) payee = ecdsa::CompressedKey::from(instruction->data);
        if (at == at_locktime) locktime = decode_number(instruction->data, true, locktime_size);
        if (at == at_payer) payer = ecdsa::CompressedKey::from(instruction->data);
    }
    if (!condition || !payee || !payer || !locktime) return std::nullopt;
    if (*locktime < locktime_threshold || *locktime > UINT32_MAX) return std::nullopt;
    const EscrowLock lock{*condition, *payer, *payee, static_cast<std::uint32_t>(*locktime)};
    if (!can_be_opened(lock) || !equal(escrow_template(lock), script)) return std::nullopt;
    return lock;
}

Bytes script_pubkey_of(ByteView witness_script) {
    return to_witness_script(witness_script);
}

std::string address_of_escrow(ByteView witness_script, const Network& network) {
    const auto address = address_of_script(script_pubkey_of(witness_script), network);
    ASSERT(address.has_value());
    return *address;
}

std::vector<Bytes> claim_witness(ByteView signature, const Preimage& preimage, ByteView script) {
    return {copy_of(signature), copy_of(preimage.view()), Bytes{1}, copy_of(script)};
}

std::vector<Bytes> refund_witness(ByteView signature, ByteView script) {
    return {copy_of(signature), Bytes{1}, Bytes{}, copy_of(script)};
}

std::vector<Bytes> reject_witness(const RejectSignatures& signatures, ByteView script) {
    return {signatures.payer, signatures.payee, Bytes{}, Bytes{}, copy_of(script)};
}

std::optional<EscrowPath> path_of(const std::vector<Bytes>& witness, ByteView script) {
    if (witness.size() < 4 || !equal(witness.back(), script)) return std::nullopt;
    const auto element = [&](std::size_t from_top) {
        return ByteView(witness[witness.size() - 1 - from_top]);
    };
    if (is_true(element(1)))
        return witness.size() == 4 ? std::optional(EscrowPath::claim) : std::nullopt;
    if (is_true(element(2)))
        return witness.size() == 4 ? std::optional(EscrowPath::refund) : std::nullopt;
    return witness.size() == 5 ? std::optional(EscrowPath::reject) : std::nullopt;
}

std::optional<Preimage> preimage_of(const std::vector<Bytes>& witness, ByteView script) {
    const auto lock = parse_escrow_script(script);
    if (!lock || path_of(witness, script) != EscrowPath::claim) return std::nullopt;
    if (!fulfils(witness[1], lock->condition)) return std::nullopt;
    return Preimage::from(witness[1]);
}

std::size_t escrow_input_weight(EscrowPath path, std::size_t script) {
    constexpr std::size_t base = 32 + 4 + 1 + 4;
    return witness_scale * base + witness_octets(path, script);
}

}  // namespace lockstep::bitcoin
