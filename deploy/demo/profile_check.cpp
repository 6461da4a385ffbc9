#include "deploy/demo/profile_check.h"

#include <algorithm>
#include <map>

#include "deploy/demo/euro_cast.h"
#include "deploy/demo/screen.h"

namespace lockstep::demo {

namespace {

constexpr double seconds_of(std::uint32_t milliseconds) {
    return milliseconds / 1000.0;
}

// The ledgers of the other cast with books are some of these.
bool has_books(const std::string& name) {
    return std::any_of(roles.begin(), roles.end(), [&](const Role& role) {
        return role.name == name && demo::has_books(role.kind);
    });
}

}  // namespace

double longest_outage_s(const std::string& name, const Profiles& profiles) {
    return seconds_of(has_books(name) ? profiles.inclusion_ms : profiles.outage_ms);
}

std::vector<std::string> exceeded_profiles(const std::vector<Outage>& outages,
                                           const std::vector<Inclusion>& inclusions,
                                           const Profiles& profiles) {
    return exceeded_profiles(outages, inclusions, profiles, seconds_of(margin_ms(profiles)));
}

std::vector<std::string> exceeded_profiles(const std::vector<Outage>& outages,
                                           const std::vector<Inclusion>& inclusions,
                                           const Profiles& profiles, double margin_s) {
    std::vector<std::string> lines;
    std::map<std::string, std::vector<Outage>> by_name;
    for (const Outage& outage : outages) {
        if (!is_within(outage, profiles))
            lines.push_back(outage.name + " was away for " + fixed(outage.seconds, 2) + " s");
        by_name[outage.name].push_back(outage);
    }
    for (const auto& [name, all] : by_name) {
        for (std::size_t i = 0; i + profiles.outages < all.size(); ++i) {
            const double apart = all[i + profiles.outages].at - all[i].end();
            if (apart >= margin_s) continue;
            lines.push_back(name + " was away " + std::to_string(profiles.outages + 1) +
                            " times inside one margin of " + fixed(margin_s, 1) +
                            " s, from second " + fixed(all[i].at, 1) + " on");
        }
    }
    for (const Inclusion& inclusion : inclusions) {
        if (inclusion.seconds < seconds_of(profiles.inclusion_ms)) continue;
        lines.push_back(inclusion.ledger + " took " + fixed(inclusion.seconds, 2) +
                        " s for an operation at second " + fixed(inclusion.at, 1));
    }
    return lines;
}

}  // namespace lockstep::demo
