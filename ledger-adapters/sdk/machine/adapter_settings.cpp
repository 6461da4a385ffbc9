#include "sdk/machine/adapter_settings.h"

#include <algorithm>
#include <charconv>

#include "sdk/base/assert.h"

namespace lockstep {
namespace {

// The longest time that can be set, so that sums stay far from overflow.
constexpr std::int64_t most_ms = 24 * 3600 * 1000;

struct Bounds {
    std::int64_t least;
    std::int64_t most;
};

// What is wrong, where something is.
using Wrong = std::optional<std::string>;

Result<std::int64_t, std::string> read_number(const std::string& text, Bounds bounds) {
    std::int64_t value = 0;
    const auto* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stop != end || value < bounds.least || value > bounds.most) {
        return unexpected<std::string>("expected a whole number from " +
                                       std::to_string(bounds.least) + " to " +
                                       std::to_string(bounds.most));
    }
    return value;
}

Wrong read_setting(AdapterSettings& settings, const std::string& key, const std::string& text) {
    const auto number = [&](Bounds bounds) { return read_number(text, bounds); };
    if (key == "in_flight" || key == "ops_per_instruction") {
        const auto count = number({1, key == "in_flight" ? 64 : static_cast<int>(max_ops)});
        if (!count) return count.error();
        (key == "in_flight" ? settings.in_flight : settings.ops_per_instruction) =
            static_cast<std::size_t>(*count);
        return std::nullopt;
    }
    Duration* time = key == "instruction_life_ms" ? &settings.instruction_life
                     : key == "reply_timeout_ms"  ? &settings.reply_timeout
                     : key == "stale_after_ms"    ? &settings.stale_after
                     : key == "info_interval_ms"  ? &settings.info_interval
                                                  : nullptr;
    if (time == nullptr) return "is no setting of this adapter; remove it or check its spelling";
    const auto ms = number({1, most_ms});
    if (!ms) return ms.error();
    *time = Duration::milliseconds(*ms);
    return std::nullopt;
}

}  // namespace

Failure bad_setting(const SettingMistakes& mistakes) {
    ASSERT(!mistakes.empty());
    return {"bad_setting", mistakes.front().key + ": " + mistakes.front().what};
}

const std::string* find_setting(const AdapterSetup& setup, std::string_view key) {
    for (const auto& [name, text] : setup.settings)
        if (name == key) return &text;
    return nullptr;
}

Result<AdapterSettings, SettingMistakes> read_adapter_settings(
    const AdapterSetup& setup, const std::vector<std::string>& other) {
    const Duration inclusion = setup.profile.inclusion;
    AdapterSettings settings;
    settings.stale_after = inclusion + setup.profile.block + Duration::seconds(2);
    // A request that was lost is said again while there is time for it to be included.
    settings.reply_timeout = Duration{std::clamp(
        inclusion.us() / 2, Duration::milliseconds(500).us(), settings.reply_timeout.us())};
    settings.retry_most = Duration{
        std::clamp(inclusion.us() / 4, settings.retry_first.us() * 2, Duration::seconds(5).us())};
    SettingMistakes mistakes;
    for (const auto& [key, text] : setup.settings) {
        if (std::find(other.begin(), other.end(), key) != other.end()) continue;
        if (auto wrong = read_setting(settings, key, text))
            mistakes.push_back({key, std::move(*wrong)});
    }
    if (!mistakes.empty()) return unexpected<SettingMistakes>(std::move(mistakes));
    return settings;
}

Duration retry_pause(const AdapterSettings& settings, unsigned attempt, std::uint64_t seed) {
    const Duration pause = doubled(settings.retry_first, attempt, settings.retry_most);
    return Duration{pause.us() - pause.us() / 4 * static_cast<std::int64_t>(seed % 256) / 256};
}

}  // namespace lockstep
