// Base58, and Base58Check with the first four bytes of a double SHA-256.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sdk/base/bytes.h"

namespace lockstep::bitcoin {

std::string encode_base58(ByteView bytes);
// nullopt for other characters, and for more than `most` bytes: the time grows with its square.
std::optional<Bytes> decode_base58(std::string_view text, std::size_t most);

std::string encode_base58_check(ByteView bytes);
std::optional<Bytes> decode_base58_check(std::string_view text, std::size_t most);

}  // namespace lockstep::bitcoin
