#include "bitcoin/rpc/work.h"

#include <charconv>

#include "sdk/base/bytes.h"

namespace lockstep::bitcoin {
namespace {

using Number = std::array<std::uint32_t, 8>;  // the lowest word first

Number number_of(std::uint32_t bits) {
    const std::uint32_t size = bits >> 24;
    const std::uint64_t digits = bits & 0x7fffff;
    Number number{};
    for (std::uint32_t i = 0; i < 3; ++i) {
        const auto digit = static_cast<std::uint32_t>(digits >> 8 * (2 - i) & 0xff);
        if (size < i + 1) break;
        const std::uint32_t place = size - i - 1;
        if (place < 32) number[place / 4] |= digit << 8 * (place % 4);
    }
    return number;
}

std::string number_text(const Number& number) {
    Bytes bytes;
    for (std::size_t i = number.size(); i-- > 0;)
        for (int shift = 24; shift >= 0; shift -= 8)
            bytes.push_back(static_cast<std::uint8_t>(number[i] >> shift));
    return to_hex(bytes);
}

bool is_at_least(const Number& a, const Number& b) {
    for (std::size_t i = a.size(); i-- > 0;)
        if (a[i] != b[i]) return a[i] > b[i];
    return true;
}

void subtract(Number& from, const Number& what) {
    std::uint64_t borrow = 0;
    for (std::size_t i = 0; i < from.size(); ++i) {
        const std::uint64_t taken = what[i] + borrow;
        borrow = from[i] < taken ? 1 : 0;
        from[i] = static_cast<std::uint32_t>(from[i] - taken);
    }
}

// Returns what is shifted out.
bool shift_left(Number& number, bool in) {
    bool carry = in;
    for (std::uint32_t& word : number) {
        const bool out = word >> 31 != 0;
        word = word << 1 | (carry ? 1U : 0U);
        carry = out;
    }
    return carry;
}

// How many headers have to be tried for one below the target: 2^256 / (target + 1). As 2^256 is one
// bit too long, it is computed as ~target / (target + 1) + 1.
Number work_for(std::uint32_t bits) {
    const Number target = number_of(bits);
    Number divisor = target;
    for (std::uint32_t& word : divisor)
        if (++word != 0) break;
    if (target == Number{} || divisor == Number{}) return {};
    Number rest{};
    Number quotient{};
    for (std::size_t bit = 256; bit-- > 0;) {
        const bool next = (~target[bit / 32] >> bit % 32 & 1) != 0;
        const bool over = shift_left(rest, next);
        const bool fits = over || is_at_least(rest, divisor);
        if (fits) subtract(rest, divisor);
        shift_left(quotient, fits);
    }
    for (std::uint32_t& word : quotient)
        if (++word != 0) break;
    return quotient;
}

// To 16 digits, as Bitcoin Core writes what is no integer: it shows 4.656542373906925e-10 for
// regtest's difficulty, a little
// less than 2^-31.
double shown(double value) {
    char digits[32];
    const auto end =
        std::to_chars(digits, digits + sizeof digits, value, std::chars_format::general, 16).ptr;
    double rounded = value;
    std::from_chars(digits, end, rounded);
    return rounded;
}

}  // namespace

std::string target_text(std::uint32_t bits) {
    return number_text(number_of(bits));
}

std::string work_text(std::uint32_t bits, std::uint64_t blocks) {
    Number work = work_for(bits);
    // A chain has far fewer than 2^32 blocks.
    std::uint64_t carry = 0;
    for (std::uint32_t& word : work) {
        carry += word * blocks;
        word = static_cast<std::uint32_t>(carry);
        carry >>= 32;
    }
    return number_text(work);
}

double difficulty_of(std::uint32_t bits) {
    constexpr int reference = 29;  // octets of the target whose difficulty is 1
    int shift = static_cast<int>(bits >> 24);
    const std::uint32_t digits = bits & 0xffffff;
    if (digits == 0) return 0;
    double difficulty = static_cast<double>(0xffff) / static_cast<double>(digits);
    for (; shift < reference; ++shift)
        difficulty *= 256;
    for (; shift > reference; --shift)
        difficulty /= 256;
    return shown(difficulty);
}

}  // namespace lockstep::bitcoin
