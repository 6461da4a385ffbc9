#include "sim/world/ledger_service.h"

#include <algorithm>
#include <charconv>

namespace lockstep::sim {
namespace {

// The adapter of a ledger whose conditions are not SHA-256 of 32 octets, and that says so.
class ForeignHashAdapter final : public LedgerAdapter {
public:
    explicit ForeignHashAdapter(std::unique_ptr<LedgerAdapter> inner) : inner_(std::move(inner)) {}

    void restore(const std::vector<Put>& puts) override { inner_->restore(puts); }
    void step(Timestamp at, std::span<AdapterInput> inputs, AdapterOutputs& out) override {
        inner_->step(at, inputs, out);
        for (Report& report : out.reports)
            if (auto* info = std::get_if<report::Info>(&report)) info->info.preimage_octets = 0;
    }
    std::optional<Timestamp> next_wake() const override { return inner_->next_wake(); }

private:
    std::unique_ptr<LedgerAdapter> inner_;
};

}  // namespace

Result<std::unique_ptr<LedgerAdapter>, Failure> declared(
    Result<std::unique_ptr<LedgerAdapter>, Failure> made, const LedgerSpec& spec) {
    if (made && spec.foreign_hash) return std::make_unique<ForeignHashAdapter>(std::move(*made));
    return made;
}

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
