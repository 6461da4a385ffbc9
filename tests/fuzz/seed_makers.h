// Where seeds come from, a function for each file of targets.
#pragma once

#include <map>
#include <string_view>
#include <vector>

#include "sdk/base/bytes.h"

namespace lockstep::fuzz {

struct Seeds {
    std::map<std::string_view, std::vector<Bytes>> all;  // by target

    void add(std::string_view target, ByteView octets) {
        all[target].emplace_back(octets.begin(), octets.end());
    }
    void text(std::string_view target, std::string_view text) { add(target, as_bytes(text)); }
    // With a number before it.
    void numbered(std::string_view target, std::uint8_t number, ByteView octets) {
        Bytes seed{number};
        append(seed, octets);
        add(target, seed);
    }
};

void add_text_seeds(Seeds& seeds);
void add_codec_seeds(Seeds& seeds);
void add_file_seeds(Seeds& seeds);
void add_ledger_seeds(Seeds& seeds);
void add_bitcoin_seeds(Seeds& seeds);
void add_node_seeds(Seeds& seeds);
void add_net_seeds(Seeds& seeds);
void add_world_seeds(Seeds& seeds);

// Instructions with operations of every kind, the first of them on accounts of the fixtures.
std::vector<Bytes> sample_instructions();

}  // namespace lockstep::fuzz
