// Output descriptors (BIP 380): the checksum, the one that tells most about a script, and those
// that a search is given. Source: Bitcoin Core 29, script/descriptor.cpp.
#pragma once

#include "bitcoin/keys/network.h"
#include "bitcoin/rpc/envelope.h"
#include "bitcoin/rpc/output_forms.h"

namespace lockstep::bitcoin {

constexpr std::size_t checksum_size = 8;  // characters
// nullopt where one of the text can stand in no descriptor.
std::optional<std::string> descriptor_checksum(std::string_view text);
std::string with_checksum(const std::string& text);

// Without knowing any key: pk() and multi() for bare ones, rawtr() where the program is a key,
// addr() for what has an address, raw() for the rest.
std::string infer_descriptor(ByteView script, const Network& network);

// A script that a descriptor stands for, and the descriptor that an answer shows for it.
struct Described {
    Bytes script;
    std::string descriptor;
};
// addr, raw, pk, pkh, wpkh, combo, multi, sortedmulti, and the latter ones within sh, wsh and
// sh(wsh()), of keys in hexadecimal. invalid_address_or_key for all else, extended keys among them.
// A checksum may be missing.
Result<std::vector<Described>, RpcError> read_descriptor(std::string_view text,
                                                         const Network& network);

}  // namespace lockstep::bitcoin
