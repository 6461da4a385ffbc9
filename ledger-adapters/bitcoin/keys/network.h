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
};

// Source: Bitcoin Core, kernel/chainparams.cpp.
constexpr Network networks[]{
    {"main", 0, 5, 128, "bc"},          {"test", 111, 196, 239, "tb"},
    {"testnet4", 111, 196, 239, "tb"},  {"signet", 111, 196, 239, "tb"},
    {"regtest", 111, 196, 239, "bcrt"},
};
// nullptr for a name that is none.
constexpr const Network* network_named(std::string_view name) {
    for (const Network& network : networks)
        if (network.name == name) return &network;
    return nullptr;
}

}  // namespace lockstep::bitcoin
