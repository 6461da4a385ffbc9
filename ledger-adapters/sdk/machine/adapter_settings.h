// What an operator may tune about an adapter for a ledger that takes our instructions: the
// `settings` table of its configuration, read once, every mistake named.
#pragma once

#include "sdk/machine/adapter.h"

namespace lockstep {

// What is wrong with a key of the table, and what is expected there.
struct SettingMistake {
    std::string key;
    std::string what;
};
using SettingMistakes = std::vector<SettingMistake>;
// bad_setting, of the first of them.
Failure bad_setting(const SettingMistakes& mistakes);

struct AdapterSettings {
    // Instructions without an answer at a time. Few, so that commands gather into larger ones while
    // the ledger is busy; more than one, so that a round trip does not idle it.
    std::size_t in_flight = 4;
    std::size_t ops_per_instruction = max_ops;
    // From signing until the ledger may refuse an instruction as too old.
    Duration instruction_life = Duration::seconds(60);
    // A request without a reply for this long is treated as one whose outcome is unknown. Half of
    // the ledger's inclusion time where nothing is said, at least half a second, at most this.
    Duration reply_timeout = Duration::seconds(10);
    Duration health_interval = Duration::milliseconds(250);
    // Silence on the stream after which the ledger counts as stale.
    Duration stale_after;
    // Pauses before asking again; the longest is a quarter of the ledger's inclusion time, so that
    // a claim is under way soon after a restart of the ledger.
    Duration retry_first = Duration::milliseconds(20);
    Duration retry_most;
    // The ledger's description is fetched again after this, and after each new subscription.
    Duration info_interval = Duration::seconds(60);
};

// Keys: in_flight, ops_per_instruction, instruction_life_ms, reply_timeout_ms, stale_after_ms,
// info_interval_ms.
// `other` names keys that the ledger's own adapter reads. All mistakes in the others, or settings.
Result<AdapterSettings, SettingMistakes> read_adapter_settings(
    const AdapterSetup& setup, const std::vector<std::string>& other = {});
// The text of a key, nullptr where it is absent.
const std::string* find_setting(const AdapterSetup& setup, std::string_view key);

// The pause before attempt number `attempt` (1, 2, …): doubles up to the longest, and differs by up
// to a quarter between seeds, so that what failed together does not come back together.
Duration retry_pause(const AdapterSettings& settings, unsigned attempt, std::uint64_t seed);

}  // namespace lockstep
