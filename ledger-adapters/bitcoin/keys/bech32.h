// Bech32 (BIP 173) and Bech32m (BIP 350) as witness programs use them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sdk/base/bytes.h"

namespace lockstep::bitcoin {

struct SegwitAddress {
    std::string prefix;  // bc, tb, bcrt; lower case
    int version = 0;     // 0 to 16
    Bytes program;       // 2 to 40 bytes; 20 or 32 of version 0
};
// Version 0 in Bech32, the others in Bech32m.
std::string encode_segwit(const SegwitAddress& address);
// nullopt for a wrong checksum, mixed cases, a checksum of the other kind, bits that are left over.
std::optional<SegwitAddress> decode_segwit(std::string_view text);

}  // namespace lockstep::bitcoin
