#include "sim/world/ledger_service.h"

#include <algorithm>
#include <charconv>

namespace lockstep::sim {

Result<SignedInstruction> admit_instruction(ByteView octets, const SignatureScheme& scheme) {
    auto decoded = decode_instruction(octets);
    if (!decoded) return refuse(decoded.error());
    if (!verify_instruction(octets, decoded->instruction.signer, scheme))
        return refuse(Reason::bad_signature);
    return decoded;
}

Result<SignedQuery> admit_query(ByteView octets, const SignatureScheme& scheme) {
    auto decoded = decode_query(octets);
    if (!decoded) return refuse(decoded.error());
    if (!verify_query(octets, decoded->query.signer, scheme)) return refuse(Reason::bad_signature);
    return decoded;
}

std::string in_ms(Duration time) {
    return std::to_string(time.us() / 1'000);
}

std::uint64_t cursor_in(const std::string& path) {
    std::uint64_t cursor = 0;
    const std::size_t begin = path.find('=') + 1;
    std::from_chars(path.data() + begin, path.data() + path.size(), cursor);
    return cursor;
}

bool has_claim(const Instruction& instruction) {
    return std::any_of(instruction.ops.begin(), instruction.ops.end(),
                       [](const Op& op) { return std::holds_alternative<op::Fulfil>(op.body); });
}

}  // namespace lockstep::sim
