#include "bitcoin/script/spending.h"

#include "bitcoin/script/signature_form.h"

namespace lockstep::bitcoin {
namespace {

// By its first byte, of the size that this promises.
bool has_form_of_key(ByteView key) {
    if (key.empty()) return false;
    if (key[0] == 2 || key[0] == 3) return key.size() == 33;
    return (key[0] == 4 || key[0] == 6 || key[0] == 7) && key.size() == 65;
}

}  // namespace

bool Spending::is_signed(ByteView signature_and_type, ByteView key, ByteView script_code,
                         SignatureVersion version) const {
    if (!has_form_of_key(key) || signature_and_type.empty()) return false;
    const std::uint32_t type = signature_and_type.back();
    const auto signature = read_lax_der(signature_and_type.first(signature_and_type.size() - 1));
    if (!signature) return false;
    const Hash message =
        version == SignatureVersion::witness_v0
            ? witness_signature_hash(transaction_, common_, input_, script_code, amount_, type)
            : base_signature_hash(transaction_, input_, script_code, type);
    return ecdsa::verify(key, *signature, message);
}

bool Spending::has_locktime(std::int64_t least) const {
    const std::int64_t locktime = transaction_.locktime;
    if ((locktime < locktime_threshold) != (least < locktime_threshold)) return false;
    // An input that is final would make the transaction final whatever its locktime says.
    return least <= locktime && spent().sequence != final_sequence;
}

bool Spending::has_sequence(std::int64_t least) const {
    // Before version 2 a sequence number meant nothing (BIP 68).
    if (static_cast<std::uint32_t>(transaction_.version) < 2) return false;
    const std::uint32_t sequence = spent().sequence;
    if ((sequence & sequence_disabled) != 0) return false;
    const std::int64_t wanted = least & (sequence_is_time | sequence_mask);
    const std::int64_t has = sequence & (sequence_is_time | sequence_mask);
    if ((wanted < sequence_is_time) != (has < sequence_is_time)) return false;
    return wanted <= has;
}

}  // namespace lockstep::bitcoin
