// Unsigned 64-bit arithmetic that reports what does not fit instead of wrapping.
#pragma once

#include <cstdint>
#include <optional>

namespace lockstep {

__extension__ using uint128 = unsigned __int128;

constexpr std::optional<std::uint64_t> checked_add(std::uint64_t a, std::uint64_t b) {
    std::uint64_t sum = 0;
    if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
    return sum;
}
constexpr std::optional<std::uint64_t> checked_sub(std::uint64_t a, std::uint64_t b) {
    if (b > a) return std::nullopt;
    return a - b;
}
constexpr std::optional<std::uint64_t> checked_mul(std::uint64_t a, std::uint64_t b) {
    std::uint64_t product = 0;
    if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
    return product;
}

// a·b/c rounded down, with a 128-bit product; nullopt when c is 0 or the quotient exceeds 64 bits.
constexpr std::optional<std::uint64_t> mul_div_floor(std::uint64_t a, std::uint64_t b,
                                                     std::uint64_t c) {
    if (c == 0) return std::nullopt;
    const uint128 quotient = static_cast<uint128>(a) * b / c;
    if (quotient > UINT64_MAX) return std::nullopt;
    return static_cast<std::uint64_t>(quotient);
}
// The same rounded up.
constexpr std::optional<std::uint64_t> mul_div_ceil(std::uint64_t a, std::uint64_t b,
                                                    std::uint64_t c) {
    if (c == 0) return std::nullopt;
    const uint128 product = static_cast<uint128>(a) * b;
    const uint128 quotient = product / c + (product % c != 0 ? 1 : 0);
    if (quotient > UINT64_MAX) return std::nullopt;
    return static_cast<std::uint64_t>(quotient);
}

}  // namespace lockstep
