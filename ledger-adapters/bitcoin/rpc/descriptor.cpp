#include "bitcoin/rpc/descriptor.h"

#include "bitcoin/keys/address.h"
#include "bitcoin/script/script.h"
#include "sdk/base/assert.h"
#include "sdk/crypto/ecdsa.h"

namespace lockstep::bitcoin {
namespace {

// In groups of 32 characters, so that changes of case and of few characters are found (BIP 380).
constexpr std::string_view alphabet =
    "0123456789()[],'/*abcdefgh@:$%{}"
    "IJKLMNOPQRSTUVWXYZ&+-.;<=>?!^_|~"
    "ijklmnopqrstuvwxyzABCDEFGH`#\"\\ ";
constexpr std::string_view checksum_alphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

// Divides by BIP 380's generator, five bits at a time.
class Remainder {
public:
    void add(std::uint64_t symbol) {
        constexpr std::array<std::uint64_t, 5> generator{0xf5dee51989, 0xa9fdca3312, 0x1bab10e32d,
                                                         0x3706b1677a, 0x644d626ffd};
        const std::uint64_t top = value_ >> 35;
        value_ = (value_ & 0x7ffffffff) << 5 ^ symbol;
        for (std::size_t bit = 0; bit < generator.size(); ++bit)
            if ((top >> bit & 1) != 0) value_ ^= generator[bit];
    }
    std::uint64_t value() const { return value_; }

private:
    std::uint64_t value_ = 1;
};

// BIP 341: the program is an x coordinate of the curve.
bool is_key_program(ByteView script) {
    const auto program = witness_program(script);
    if (!program || program->version != 1 || program->program.size() != 32) return false;
    Bytes key{2};
    append(key, program->program);
    return ecdsa::is_public_key(key);
}

bool is_plain(ByteView key) {
    return has_key_size(key) && key[0] <= 4;  // no hybrid
}

std::optional<std::string> multi_text(ByteView script) {
    const auto group = keys_in(script);
    if (!group) return std::nullopt;
    std::string text = "multi(" + std::to_string(group->needed);
    for (const Bytes& key : group->keys) {
        if (!is_plain(key)) return std::nullopt;
        text += "," + to_hex(key);
    }
    return text + ")";
}

}  // namespace

std::optional<std::string> descriptor_checksum(std::string_view text) {
    Remainder remainder;
    std::uint64_t groups = 0;
    std::size_t in_groups = 0;
    for (const char c : text) {
        const std::size_t at = alphabet.find(c);
        if (at == std::string_view::npos) return std::nullopt;
        remainder.add(at & 31);
        groups = groups * 3 + (at >> 5);
        if (++in_groups < 3) continue;
        remainder.add(groups);
        groups = 0;
        in_groups = 0;
    }
    if (in_groups > 0) remainder.add(groups);
    for (std::size_t i = 0; i < checksum_size; ++i)
        remainder.add(0);
    const std::uint64_t sum = remainder.value() ^ 1;
    std::string checksum;
    for (std::size_t i = 0; i < checksum_size; ++i)
        checksum += checksum_alphabet[sum >> 5 * (checksum_size - 1 - i) & 31];
    return checksum;
}

std::string with_checksum(const std::string& text) {
    const auto checksum = descriptor_checksum(text);
    ASSERT(checksum);
    return text + "#" + *checksum;
}

std::string infer_descriptor(ByteView script, const Network& network) {
    if (is_key_program(script)) return with_checksum("rawtr(" + to_hex(script.subspan(2)) + ")");
    if (const auto key = key_in(script); key && is_plain(*key))
        return with_checksum("pk(" + to_hex(*key) + ")");
    if (const auto text = multi_text(script)) return with_checksum(*text);
    if (const auto address = address_of_script(script, network))
        return with_checksum("addr(" + *address + ")");
    return with_checksum("raw(" + to_hex(script) + ")");
}

}  // namespace lockstep::bitcoin
