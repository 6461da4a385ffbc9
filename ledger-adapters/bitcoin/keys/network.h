// What differs between networks of Bitcoin's kind where addresses and keys are written.
#pragma once

#include <cstdint>
#include <string_view>

namespace lockstep::bitcoin {

struct Network {
    std::string_view name;
    std::uint8_t key_hash;     // first byte of an address of a key (base 58)
    std::uint8_t script_hash;  // of a script
    std::uint8_t secret;       // of a private key
    std::string_view segwit;   // prefix of Bech32
    // First bytes of extended keys (BIP 32), big endian: xprv and xpub, or tprv and tpub.
    std::uint32_t extended_secret;
    std::uint32_t extended_public;
    // What BIP 44 calls the coin type: the test networks have one in common.
    std::uint32_t coin_type;
};

// Source: Bitcoin Core, kernel/chainparams.cpp.
constexpr Network networks[]{
    {"main", 0, 5, 128, "bc", 0x0488ade4, 0x0488b21e, 0},
    {"test", 111, 196, 239, "tb", 0x04358394, 0x043587cf, 1},
    {"testnet4", 111, 196, 239, "tb", 0x04358394, 0x043587cf, 1},
    {"signet", 111, 196, 239, "tb", 0x04358394, 0x043587cf, 1},
    {"regtest", 111, 196, 239, "bcrt", 0x04358394, 0x043587cf, 1},
    // Source: Litecoin Core 0.21, chainparams.cpp (script hashes in the newer form).
    {"litecoin-regtest", 111, 58, 239, "rltc", 0x04358394, 0x043587cf, 1},
};
// nullptr for a name that is none.
constexpr const Network* network_named(std::string_view name) {
    for (const Network& network : networks)
        if (network.name == name) return &network;
    return nullptr;
}

}  // namespace lockstep::bitcoin
