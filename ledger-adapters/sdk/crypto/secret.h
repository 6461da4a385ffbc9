// Bytes that nobody else may see: wiped when they go, never copied by accident, never printed.
#pragma once

#include <array>
#include <span>

#include "sdk/base/bytes.h"

namespace lockstep {

// Zeros that the compiler does not leave out.
void wipe(std::span<std::uint8_t> bytes);

// From the system's generator.
void fill_with_random(std::span<std::uint8_t> bytes);
// Takes as long for any two of one size.
bool is_same_secret(ByteView a, ByteView b);

// N secret bytes, zeros at first. What was moved from is wiped.
template <std::size_t N>
class Secret {
public:
    static constexpr std::size_t size = N;
    Secret() = default;
    ~Secret() { wipe(bytes_); }
    Secret(Secret&& other) noexcept : bytes_(other.bytes_) { wipe(other.bytes_); }
    Secret& operator=(Secret&& other) noexcept {
        if (this != &other) {
            bytes_ = other.bytes_;
            wipe(other.bytes_);
        }
        return *this;
    }
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;

    ByteView view() const { return bytes_; }
    // To be filled.
    std::span<std::uint8_t> bytes() { return bytes_; }

private:
    std::array<std::uint8_t, N> bytes_{};
};

}  // namespace lockstep
