// The timing profile of a ledger whose adapter can tell it from its own settings.
#pragma once

#include "connector/node/section.h"
#include "connector/node/settings.h"
#include "sdk/machine/plugin.h"

namespace lockstep::node {

// The plugin of a ledger: in `plugins`, as Settings has it, or beside the program.
Result<Plugin, Failure> find_plugin_of(const LedgerSettings& ledger,
                                       const std::filesystem::path& plugins);

// The table's profile, where it has one, promises no more than what the adapter computes; where it
// has none, that is the profile. Without an adapter that computes one the table must have it.
void settle_profile(Section& section, LedgerSection& read, const std::filesystem::path& plugins);

// As it stands in a configuration.
std::string profile_text(const TimingProfile& profile);

}  // namespace lockstep::node
