#include "sdk/base/address.h"

#include <algorithm>
#include <array>

namespace lockstep {
namespace {

constexpr std::array<std::string_view, 10> schemes = {
    "g", "private", "example", "peer", "self", "test", "test1", "test2", "test3", "local"};

constexpr bool is_segment_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '~' || c == '-';
}

// By octet: most of what is read from wires and journals are addresses.
constexpr std::array<bool, 256> segment_chars = [] {
    std::array<bool, 256> table{};
    for (std::size_t octet = 0; octet < table.size(); ++octet)
        table[octet] = is_segment_char(static_cast<char>(octet));
    return table;
}();

}  // namespace

std::optional<Address> Address::parse(std::string_view text) {
    if (text.empty() || text.size() > max_address) return std::nullopt;
    bool segment_open = false;
    for (const char c : text) {
        if (c == '.') {
            if (!segment_open) return std::nullopt;
            segment_open = false;
        } else if (segment_chars[static_cast<unsigned char>(c)]) {
            segment_open = true;
        } else {
            return std::nullopt;
        }
    }
    if (!segment_open) return std::nullopt;
    const std::size_t dot = text.find('.');
    if (dot == std::string_view::npos) return std::nullopt;  // a scheme alone is no address
    const std::string_view scheme = text.substr(0, dot);
    if (std::find(schemes.begin(), schemes.end(), scheme) == schemes.end()) return std::nullopt;
    Address address;
    address.text_ = text;
    return address;
}

bool Address::is_prefix_of(const Address& other) const {
    return other.text_.size() > text_.size() + 1 && other.text_[text_.size()] == '.' &&
           other.text_.compare(0, text_.size(), text_) == 0;
}

std::optional<Address> Address::child(std::string_view segment) const {
    if (segment.find('.') != std::string_view::npos) return std::nullopt;
    std::string text = text_;
    text.push_back('.');
    text.append(segment);
    return parse(text);
}

}  // namespace lockstep
