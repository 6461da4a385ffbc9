// The part of Structured Field Values (RFC 8941) that signatures and digests need, read strictly:
// one dictionary member a field, no repeated keys, what is not understood is refused.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "sdk/base/bytes.h"

namespace lockstep::net {

constexpr std::size_t max_field_components = 32;
constexpr std::size_t max_field_parameters = 16;

using FieldItem = std::variant<std::int64_t, std::string>;  // integer, string

// ("a" "b");created=1;keyid="x": strings without parameters of their own, and parameters.
struct InnerList {
    std::vector<std::string> items;
    std::vector<std::pair<std::string, FieldItem>> parameters;

    const FieldItem* parameter(std::string_view key) const;
    // RFC 8941 section 4.1.
    std::string serialise() const;
};

struct InnerListMember {
    std::string key;
    InnerList list;
};
struct BytesMember {
    std::string key;
    Bytes bytes;
};

// A dictionary of exactly one member: key=( … ) or key=:base64:. nullopt for anything else.
std::optional<InnerListMember> parse_inner_list_member(std::string_view field);
std::optional<BytesMember> parse_bytes_member(std::string_view field);

// A string's printable ASCII in quotes; nullopt for other characters.
std::optional<std::string> field_string(std::string_view text);
// RFC 4648 section 4, padded.
std::string base64_encode(ByteView bytes);
// Refuses missing padding, other alphabets, white space and stray bits.
std::optional<Bytes> base64_decode(std::string_view text);

}  // namespace lockstep::net
