// The configuration of `lockstep swap`: who somebody is on the two ledgers of a swap. Its
// [[ledgers]] and [endurance] are those of lockstepd's.
#pragma once

#include "connector/node/settings.h"

namespace lockstep::cli {

struct SwapSettings {
    std::filesystem::path file;
    std::filesystem::path key_file;          // signs proposals, and for ledgers without a key file
    std::filesystem::path secret_seed_file;  // made where there is no swap yet
    std::filesystem::path data;              // one swap at a time
    std::filesystem::path plugins;           // empty: beside the program
    core::Endurance endurance;
    std::vector<node::LedgerSection> ledgers;  // two
};

struct SwapSettingsRead {
    SwapSettings settings;
    std::vector<std::string> mistakes;  // "file: key: what is wrong and what is expected"
};
SwapSettingsRead read_swap_settings(const std::filesystem::path& file);

}  // namespace lockstep::cli
