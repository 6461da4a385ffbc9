#include "bitcoin/keys/base58.h"

#include <algorithm>

#include "bitcoin/script/transaction.h"

namespace lockstep::bitcoin {
namespace {

constexpr std::string_view base58_digits =
    "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr std::size_t check_size = 4;

// value = value · from + digit, on base58_digits of the base `to`, the lowest first.
bool carry(Bytes& value, unsigned from, unsigned digit, unsigned to, std::size_t most) {
    unsigned rest = digit;
    for (std::uint8_t& place : value) {
        rest += from * place;
        place = static_cast<std::uint8_t>(rest % to);
        rest /= to;
    }
    for (; rest > 0; rest /= to) {
        if (value.size() == most) return false;
        value.push_back(static_cast<std::uint8_t>(rest % to));
    }
    return true;
}

}  // namespace

std::string encode_base58(ByteView bytes) {
    const auto first = std::find_if(bytes.begin(), bytes.end(), [](auto b) { return b != 0; });
    std::string text(static_cast<std::size_t>(first - bytes.begin()), base58_digits[0]);
    Bytes value;
    for (auto byte = first; byte != bytes.end(); ++byte)
        carry(value, 256, *byte, 58, SIZE_MAX);
    for (auto digit = value.rbegin(); digit != value.rend(); ++digit)
        text += base58_digits[*digit];
    return text;
}

std::optional<Bytes> decode_base58(std::string_view text, std::size_t most) {
    const std::size_t zeros = std::min(text.find_first_not_of(base58_digits[0]), text.size());
    if (zeros > most) return std::nullopt;
    Bytes value;
    for (const char c : text.substr(zeros)) {
        const std::size_t digit = base58_digits.find(c);
        if (digit == std::string_view::npos ||
            !carry(value, 58, static_cast<unsigned>(digit), 256, most - zeros))
            return std::nullopt;
    }
    value.insert(value.end(), zeros, 0);
    std::reverse(value.begin(), value.end());
    return value;
}

std::string encode_base58_check(ByteView bytes) {
    Bytes whole(bytes.begin(), bytes.end());
    const Hash hash = hash256(bytes);
    append(whole, hash.view().first(check_size));
    return encode_base58(whole);
}

std::optional<Bytes> decode_base58_check(std::string_view text, std::size_t most) {
    auto whole = decode_base58(text, most + check_size);
    if (!whole || whole->size() < check_size) return std::nullopt;
    const ByteView view(*whole);
    const ByteView bytes = view.first(view.size() - check_size);
    if (!equal(hash256(bytes).view().first(check_size), view.last(check_size))) return std::nullopt;
    whole->resize(bytes.size());
    return whole;
}

}  // namespace lockstep::bitcoin
