// Byte strings, views and fixed-size byte values with a type of their own.
// Owns nothing but memory; knows no encoding beside hexadecimal.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lockstep {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

inline ByteView as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline void append(Bytes& to, ByteView from) {
    to.insert(to.end(), from.begin(), from.end());
}
inline bool equal(ByteView a, ByteView b) {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

// Lower-case hexadecimal, two digits a byte.
std::string to_hex(ByteView bytes);
// Accepts both cases and an even number of digits; anything else is nullopt.
std::optional<Bytes> from_hex(std::string_view text);

// N bytes that mean one thing. Tag keeps an escrow id from being passed where a condition is
// wanted.
template <std::size_t N, class Tag>
class FixedBytes {
public:
    static constexpr std::size_t size = N;

    constexpr FixedBytes() = default;
    constexpr explicit FixedBytes(const std::array<std::uint8_t, N>& bytes) : bytes_(bytes) {}

    // nullopt unless the view has exactly N bytes.
    static std::optional<FixedBytes> from(ByteView bytes) {
        if (bytes.size() != N) return std::nullopt;
        FixedBytes value;
        std::memcpy(value.bytes_.data(), bytes.data(), N);
        return value;
    }
    static std::optional<FixedBytes> from_hex(std::string_view text) {
        const auto bytes = lockstep::from_hex(text);
        return bytes ? from(*bytes) : std::nullopt;
    }

    ByteView view() const { return bytes_; }
    const std::array<std::uint8_t, N>& array() const { return bytes_; }
    std::string hex() const { return to_hex(bytes_); }
    bool is_zero() const { return *this == FixedBytes{}; }

    friend constexpr auto operator<=>(const FixedBytes&, const FixedBytes&) = default;

private:
    std::array<std::uint8_t, N> bytes_{};
};

// For values that are themselves uniformly distributed (hashes, keys): the first eight bytes.
struct FixedBytesHash {
    template <std::size_t N, class Tag>
    std::size_t operator()(const FixedBytes<N, Tag>& value) const {
        static_assert(N >= 8);
        std::uint64_t word = 0;
        std::memcpy(&word, value.view().data(), sizeof word);
        return static_cast<std::size_t>(word);
    }
};

}  // namespace lockstep
