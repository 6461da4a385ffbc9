// What output scripts say, taken apart, and the scripts that pay to keys.
// Source: Bitcoin Core 29, script/solver.cpp, addresstype.cpp; BIP 16, 141.
#pragma once

#include <vector>

#include "bitcoin/script/transaction.h"

namespace lockstep::bitcoin {

// <key> OP_CHECKSIG
Bytes to_key(ByteView key);

// The size is the one that its first byte announces.
bool has_key_size(ByteView key);
// The key of <key> OP_CHECKSIG.
std::optional<Bytes> key_in(ByteView script);

struct KeyGroup {
    int needed = 0;
    std::vector<Bytes> keys;
};
// OP_m <key> … OP_n OP_CHECKMULTISIG, with up to twenty keys.
std::optional<KeyGroup> keys_in(ByteView script);
Bytes to_keys(const KeyGroup& group);

// "pubkeyhash", "witness_v0_keyhash", "anchor" …
std::string form_name(ByteView script);

}  // namespace lockstep::bitcoin
