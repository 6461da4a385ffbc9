// Interledger addresses, which name ledgers and accounts.
// Source: Interledger RFC 15 (ILP addresses) 2.0.0.
#pragma once

#include <compare>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace lockstep {

constexpr std::size_t max_address = 1023;

// A valid address: an allocation scheme (g, private, example, peer, self, test, test1-3, local) and
// one or more segments of letters, digits, '_', '~' and '-', joined by '.', at most 1023
// characters.
class Address {
public:
    Address() = default;
    static std::optional<Address> parse(std::string_view text);

    const std::string& text() const { return text_; }
    bool empty() const { return text_.empty(); }
    // True for an address below this one: test.csd is a prefix of test.csd.alice, not of test.csdx.
    bool is_prefix_of(const Address& other) const;
    // This address with one more segment; nullopt when the result is not an address.
    std::optional<Address> child(std::string_view segment) const;

    friend auto operator<=>(const Address&, const Address&) = default;

private:
    std::string text_;
};

}  // namespace lockstep
