// Addresses and private keys as text.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "bitcoin/keys/network.h"
#include "sdk/base/bytes.h"

namespace lockstep::bitcoin {

// The script that an address stands for: to a key's or a script's hash, or a witness program.
// nullopt for what is no address of that network.
std::optional<Bytes> script_of_address(std::string_view address, const Network& network);
// nullopt for a script that has no address.
std::optional<std::string> address_of_script(ByteView script, const Network& network);

// A private key in the wallet import format.
struct SecretText {
    std::array<std::uint8_t, 32> secret{};
    bool compressed = true;  // the public key that is meant
};
std::string encode_secret(const SecretText& key, const Network& network);
std::optional<SecretText> decode_secret(std::string_view text, const Network& network);

}  // namespace lockstep::bitcoin
