#include "cash/machine/input.h"

#include "sdk/codec/archive.h"

namespace lockstep::cash {
namespace {

constexpr std::uint8_t configure_tag = 1;
constexpr std::uint8_t submit_tag = 2;
constexpr std::uint8_t wake_tag = 3;
constexpr std::uint8_t upgrade_tag = 4;

Bytes encode(const input::Configure& configure) {
    ArchiveWriter to;
    to(configure_tag, configure.settings);
    return to.take();
}
Bytes encode(const input::Submit& submit) {
    OerWriter to;
    to.u8(submit_tag).boolean(submit.new_business).octets(submit.octets);
    return to.take();
}
Bytes encode(const input::Wake&) {
    return {wake_tag};
}
Bytes encode(const input::Upgrade& upgrade) {
    OerWriter to;
    to.u8(upgrade_tag).u16(upgrade.rules);
    return to.take();
}

Result<Input> decode_submit(OerReader& from) {
    input::Submit submit;
    submit.new_business = from.boolean();
    const ByteView octets = from.octets(max_instruction_octets);
    if (const auto end = from.finish(); !end) return refuse(end.error());
    auto decoded = decode_instruction(octets);
    if (!decoded) return refuse(decoded.error());
    submit.instruction = std::move(decoded->instruction);
    submit.octets.assign(octets.begin(), octets.end());
    return submit;
}

}  // namespace

Bytes encode_input(const Input& input) {
    return std::visit([](const auto& value) { return encode(value); }, input);
}

Result<Input> decode_input(ByteView octets) {
    if (octets.empty()) return refuse(Reason::malformed);
    const ByteView body = octets.subspan(1);
    OerReader from(body);
    switch (octets[0]) {
        case configure_tag: {
            auto settings = decode_fields<Settings>(body);
            if (!settings) return refuse(settings.error());
            return input::Configure{std::move(*settings)};
        }
        case submit_tag:
            return decode_submit(from);
        case wake_tag:
            if (const auto end = from.finish(); !end) return refuse(end.error());
            return input::Wake{};
        case upgrade_tag: {
            const input::Upgrade upgrade{from.u16()};
            if (const auto end = from.finish(); !end) return refuse(end.error());
            return upgrade;
        }
        // an octet from outside, not one of our enumerations
        default:
            return refuse(Reason::malformed);
    }
}

}  // namespace lockstep::cash
