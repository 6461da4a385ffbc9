#include "sim/report/account.h"

#include <algorithm>

#include "sim/report/words.h"

namespace lockstep::sim {
namespace {

// As many columns as a terminal shows.
std::size_t width(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    }));
}
std::string left(const std::string& text, std::size_t columns) {
    const std::size_t used = width(text);
    return used < columns ? text + std::string(columns - used, ' ') : text;
}
std::string right(const std::string& text, std::size_t columns) {
    const std::size_t used = width(text);
    return used < columns ? std::string(columns - used, ' ') + text : text;
}

std::string shell_quoted(const std::string& text) {
    constexpr std::string_view plain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./";
    if (!text.empty() && text.find_first_not_of(plain) == std::string::npos) return text;
    std::string quoted = "'";
    for (const char c : text)
        quoted += c == '\'' ? "'\\''" : std::string(1, c);
    return quoted + "'";
}

class Account {
public:
    Account(const Outcome& outcome, const Trace& trace, const AccountOptions& options)
        : outcome_(outcome), trace_(trace), options_(options) {}

    std::string write() {
        head();
        table("why the others did not settle", outcome_.reasons);
        table("faults hit", outcome_.faults_hit);
        table("acts that left the protocol", outcome_.cheats_hit);
        table("branches of recovery", outcome_.branches_hit);
        table("alarms", outcome_.alarms);
        rules();
        if (outcome_.violated()) violations();
        return std::move(text_);
    }

private:
    void line(const std::string& text) { text_ += text + "\n"; }
    void field(const std::string& name, const std::string& value) {
        line("  " + left(name, 13) + value);
    }
    std::string bold(const std::string& text) const { return painted(text, "1"); }
    std::string red(const std::string& text) const { return painted(text, "1;31"); }
    std::string painted(const std::string& text, const char* how) const {
        return options_.colour ? "\x1b[" + std::string(how) + "m" + text + "\x1b[0m" : text;
    }

    std::string verdict() const {
        std::string broken;
        for (const RuleResult& rule : outcome_.rules) {
            if (rule.violations.empty()) continue;
            broken += (broken.empty() ? "" : ", ") + printable(rule.rule);
        }
        return broken.empty() ? "every rule held" : red("BROKEN: " + broken);
    }

    void head() {
        line(bold(printable(outcome_.scenario) + ", seed " + std::to_string(outcome_.seed)) + ": " +
             verdict());
        line("");
        field("simulated", elapsed(outcome_.end - outcome_.start) + ", faults and cheats for " +
                               elapsed(outcome_.healed_at - outcome_.start) + " of it");
        field("settlements",
              spaced(outcome_.settlements) + ": " + spaced(outcome_.settled) + " settled, " +
                  spaced(outcome_.unwound) + " unwound, " + spaced(outcome_.declined) +
                  " declined, " + spaced(outcome_.broken) + " broken" +
                  (outcome_.dropped == 0
                       ? ""
                       : ", " + spaced(outcome_.dropped) + " dropped with their node"));
        field("signatures", outcome_.real_signatures ? "Ed25519" : "keyed hash");
        field("stores", outcome_.real_store ? "SQLite over a faulty file layer" : "simulated");
        field("events", spaced(trace_.count()));
        field("digest", outcome_.digest.hex());
    }

    void table(const std::string& title, const std::map<std::string, std::uint64_t>& rows) {
        if (rows.empty()) return;
        std::size_t names = 0;
        std::size_t numbers = 0;
        for (const auto& [name, count] : rows) {
            names = std::max(names, width(printable(name)));
            numbers = std::max(numbers, spaced(count).size());
        }
        line("");
        line("  " + bold(title));
        for (const auto& [name, count] : rows)
            line("    " + left(printable(name), names) + "  " + right(spaced(count), numbers));
    }

    void rules() {
        if (outcome_.rules.empty()) return;
        std::size_t names = 0;
        std::size_t numbers = 0;
        for (const RuleResult& rule : outcome_.rules) {
            names = std::max(names, width(printable(rule.rule)));
            numbers = std::max(numbers, spaced(rule.checks).size());
        }
        line("");
        line("  " + bold("rules"));
        for (const RuleResult& rule : outcome_.rules) {
            std::string result = rule.checks == 0 ? "not checked" : "held";
            if (!rule.violations.empty()) result = "broken " + spaced(rule.violations.size());
            const std::string cell = left(result, 11);
            line("    " + left(printable(rule.rule), names) + "  " +
                 right(spaced(rule.checks), numbers) + " checks  " +
                 (rule.violations.empty() ? cell : red(cell)) + "  " + printable(rule.meaning));
        }
    }

    void violations() {
        constexpr std::size_t most_shown = 10;
        for (const RuleResult& rule : outcome_.rules) {
            if (rule.violations.empty()) continue;
            line("");
            line(red(printable(rule.rule)) + ": " + printable(rule.meaning));
            const std::size_t shown = std::min(most_shown, rule.violations.size());
            for (std::size_t i = 0; i < shown; ++i)
                line("  " + printable(rule.violations[i]));
            if (shown < rule.violations.size())
                line("  and " + spaced(rule.violations.size() - shown) + " more");
        }
        line("");
        field("seed", std::to_string(outcome_.seed));
        field("again", command_of(outcome_, options_.file));
        last_events();
    }

    void last_events() {
        line("");
        if (!trace_.keeps()) {
            line("  The events were not kept; the command above shows them.");
            return;
        }
        // up to the first violation; one that was found after the end has no moment of its own
        const std::vector<Moment>& moments = trace_.moments();
        const auto first = std::find_if(moments.begin(), moments.end(), [](const Moment& moment) {
            return moment.kind == MomentKind::violation;
        });
        std::vector<const Moment*> last;
        for (auto moment = first;
             moment != moments.begin() && last.size() < options_.last_events;) {
            --moment;
            if (moment->kind != MomentKind::balance) last.push_back(&*moment);
        }
        line("  " + bold(first == moments.end() ? "last events" : "last events before it"));
        for (auto moment = last.rbegin(); moment != last.rend(); ++moment)
            event(**moment);
        if (first != moments.end()) event(*first);
    }
    void event(const Moment& moment) {
        line("    " + right(elapsed(moment.at - outcome_.start), 15) + "  " +
             describe(moment, trace_));
    }

    const Outcome& outcome_;
    const Trace& trace_;
    const AccountOptions& options_;
    std::string text_;
};

}  // namespace

std::string command_of(const Outcome& outcome, const std::string& file) {
    const std::string scenario =
        file.empty() ? "sim/scenarios/" + outcome.scenario + ".toml" : file;
    return "lockstep-sim run " + shell_quoted(printable(scenario)) + " --seed " +
           std::to_string(outcome.seed);
}

std::string account_of(const Outcome& outcome, const Trace& trace, const AccountOptions& options) {
    return Account(outcome, trace, options).write();
}

}  // namespace lockstep::sim
