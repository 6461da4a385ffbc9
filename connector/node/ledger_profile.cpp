#include "connector/node/ledger_profile.h"

#include <array>

namespace lockstep::node {
namespace {

struct Term {
    std::string_view key;
    Duration TimingProfile::*value;
};
constexpr std::array<Term, 6> terms{{
    {"inclusion_ms", &TimingProfile::inclusion},
    {"finality_ms", &TimingProfile::finality},
    {"rollback_ms", &TimingProfile::rollback},
    {"late_ms", &TimingProfile::late},
    {"early_ms", &TimingProfile::early},
    {"block_ms", &TimingProfile::block},
}};

// Rounded up: what is expected must be enough.
std::string milliseconds(Duration duration) {
    return std::to_string((duration.us() + 999) / 1'000);
}

std::optional<Result<TimingProfile, SettingMistakes>> compute(
    const LedgerSection& read, const std::filesystem::path& plugins) {
    if (read.settings.adapter.empty()) return std::nullopt;
    // What is wrong with the plugin is told of its own key.
    const auto plugin = find_plugin_of(read.settings, plugins);
    if (!plugin) return std::nullopt;
    AdapterSetup setup;
    setup.ledger = read.config.ledger;
    setup.accounts = read.config.accounts;
    setup.settings = read.settings.settings;
    return plugin->profile(setup);
}

}  // namespace

Result<Plugin, Failure> find_plugin_of(const LedgerSettings& ledger,
                                       const std::filesystem::path& plugins) {
    std::vector<std::filesystem::path> folders;
    if (!plugins.empty()) folders.push_back(plugins);
    for (auto& folder : plugin_folders())
        folders.push_back(std::move(folder));
    return find_plugin(ledger.adapter, folders);
}

void settle_profile(Section& section, LedgerSection& read, const std::filesystem::path& plugins) {
    TimingProfile& profile = read.config.timing.profile;
    const auto computed = compute(read, plugins);
    if (!computed) {
        if (!section.has("profile")) section.table("profile", true, [](Section&) {});
        return;
    }
    if (!*computed) {
        for (const SettingMistake& mistake : computed->error())
            section.mistake("settings." + mistake.key, mistake.what);
        return;
    }
    const TimingProfile& least = **computed;
    if (!section.has("profile")) {
        profile = least;
        read.settings.is_profile_computed = true;
        return;
    }
    for (const Term& term : terms) {
        if (profile.*term.value >= least.*term.value) continue;
        section.mistake("profile." + std::string(term.key),
                        "is " + milliseconds(profile.*term.value) +
                            ", less than what follows from the settings of this ledger; expected "
                            "at least " +
                            milliseconds(least.*term.value) + ", or no profile, which computes it");
    }
}

std::string profile_text(const TimingProfile& profile) {
    std::string text;
    for (const Term& term : terms)
        text.append(text.empty() ? "" : ", ")
            .append(term.key)
            .append(" = ")
            .append(milliseconds(profile.*term.value));
    return text;
}

}  // namespace lockstep::node
