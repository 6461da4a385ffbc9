#include "sim/app/shrink.h"

#include <algorithm>
#include <charconv>

namespace lockstep::sim {
namespace {

constexpr std::size_t most_worlds = 2'000;

std::optional<std::string> broken_rule(const Outcome& outcome) {
    for (const RuleResult& rule : outcome.rules)
        if (!rule.violations.empty()) return rule.rule;
    return std::nullopt;
}

bool breaks(const Outcome& outcome, const std::string& rule) {
    return std::any_of(outcome.rules.begin(), outcome.rules.end(), [&](const RuleResult& result) {
        return result.rule == rule && !result.violations.empty();
    });
}

std::set<std::uint32_t> first_numbers(std::uint32_t count) {
    std::set<std::uint32_t> all;
    for (std::uint32_t i = 0; i < count; ++i)
        all.insert(all.end(), i);
    return all;
}

class Shrinker {
public:
    Shrinker(Shrunk& shrunk, std::uint64_t seed,
             const std::function<void(const std::string&)>& progress)
        : shrunk_(shrunk), seed_(seed), progress_(progress) {}

    bool still_breaks(const Scenario& scenario, const Selection& selection) {
        if (shrunk_.worlds >= most_worlds) return false;
        ++shrunk_.worlds;
        RunOptions with;
        with.seed = seed_;
        with.selection = selection;
        return breaks(run_world(scenario, with).outcome, shrunk_.rule);
    }

    // Leaves out ever smaller parts of a set (Zeller and Hildebrandt, Simplifying and isolating
    // failure-inducing input, 2002).
    void reduce(std::optional<std::set<std::uint32_t>> Selection::*which, const std::string& what) {
        std::set<std::uint32_t> left = *(shrunk_.selection.*which);
        for (std::size_t part = std::max<std::size_t>(left.size() / 2, 1); part > 0;) {
            bool smaller = false;
            const std::vector<std::uint32_t> order(left.begin(), left.end());
            for (std::size_t from = 0; from < order.size(); from += part) {
                std::set<std::uint32_t> fewer = left;
                for (std::size_t i = from; i < std::min(order.size(), from + part); ++i)
                    fewer.erase(order[i]);
                Selection selection = shrunk_.selection;
                selection.*which = fewer;
                if (fewer.size() == left.size() || !still_breaks(shrunk_.scenario, selection))
                    continue;
                left = std::move(fewer);
                shrunk_.selection = std::move(selection);
                smaller = true;
                progress_(std::to_string(left.size()) + " " + what + " left");
            }
            if (!smaller) part /= 2;
        }
    }

    void calm_weather() {
        Selection calm = shrunk_.selection;
        calm.weather = false;
        if (!still_breaks(shrunk_.scenario, calm)) return;
        shrunk_.selection = calm;
        progress_("without lost messages");
    }

    void make_honest() {
        for (std::size_t i = 0; i < shrunk_.scenario.nodes.size(); ++i) {
            if (shrunk_.scenario.nodes[i].behaviour == Behaviour::honest) continue;
            Scenario honest = shrunk_.scenario;
            honest.nodes[i].behaviour = Behaviour::honest;
            if (!still_breaks(honest, shrunk_.selection)) continue;
            shrunk_.scenario = std::move(honest);
            progress_(shrunk_.scenario.nodes[i].name + " is honest");
        }
    }

private:
    Shrunk& shrunk_;
    std::uint64_t seed_;
    const std::function<void(const std::string&)>& progress_;
};

}  // namespace

std::optional<Shrunk> shrink(const Scenario& described, std::uint64_t seed,
                             const std::function<void(const std::string&)>& progress) {
    Shrunk shrunk;
    shrunk.scenario = scenario_for(described, seed);
    RunOptions with;
    with.seed = seed;
    const Run whole = run_world(shrunk.scenario, with);
    const auto rule = broken_rule(whole.outcome);
    if (!rule) return std::nullopt;
    shrunk.rule = *rule;
    shrunk.strikes_before = whole.strikes;
    shrunk.orders_before = whole.orders;
    shrunk.selection.strikes = first_numbers(whole.strikes);
    shrunk.selection.orders = first_numbers(whole.orders);
    progress("broke " + *rule + " with " + std::to_string(whole.strikes) + " faults and " +
             std::to_string(whole.orders) + " orders");
    Shrinker shrinker(shrunk, seed, progress);
    shrinker.calm_weather();
    shrinker.make_honest();
    shrinker.reduce(&Selection::orders, "orders");
    shrinker.reduce(&Selection::strikes, "faults");
    shrinker.reduce(&Selection::orders, "orders");
    shrinker.calm_weather();
    with.selection = shrunk.selection;
    with.keep_trace = true;
    shrunk.run = run_world(shrunk.scenario, with);
    return shrunk;
}

std::string list_of(const std::set<std::uint32_t>& numbers) {
    std::string list;
    for (const std::uint32_t number : numbers)
        list += (list.empty() ? "" : ",") + std::to_string(number);
    return list.empty() ? "none" : list;
}

std::optional<std::set<std::uint32_t>> numbers_of(const std::string& list) {
    std::set<std::uint32_t> numbers;
    if (list == "none") return numbers;
    const char* at = list.data();
    const char* end = at + list.size();
    while (at != end) {
        std::uint32_t number = 0;
        const auto read = std::from_chars(at, end, number);
        if (read.ec != std::errc()) return std::nullopt;
        numbers.insert(number);
        at = read.ptr;
        if (at == end) return numbers;
        if (*at++ != ',') return std::nullopt;
    }
    return std::nullopt;
}

}  // namespace lockstep::sim
