#include "sdk/machine/conformance.h"

#include <algorithm>

#include "sdk/machine/conformance_kit.h"

namespace lockstep::conformance {
namespace {

const char* word(Outcome outcome) {
    switch (outcome) {
        case Outcome::passed:
            return "passed";
        case Outcome::failed:
            return "FAILED";
        case Outcome::left_out:
            return "left out";
    }
    return "?";
}

std::string padded(std::string text, std::size_t width) {
    text.resize(std::max(width, text.size()), ' ');
    return text;
}

CaseResult run_case(Kit& kit, const Case& one) {
    CaseResult result{one.rule, one.title, Outcome::passed, ""};
    try {
        one.run(kit);
    } catch (const Stop& stop) {
        result.outcome = stop.outcome;
        result.detail = stop.detail;
    }
    return result;
}

std::string rules_with(const Outcomes& outcomes, const std::string& rule) {
    std::size_t held = 0;
    std::size_t all = 0;
    for (const CaseResult& result : outcomes.cases) {
        if (result.rule != rule) continue;
        ++all;
        if (result.outcome == Outcome::passed) ++held;
    }
    return std::to_string(held) + " of " + std::to_string(all);
}

std::string seconds(Duration time) {
    return std::to_string(time.us() / 1'000) + " ms";
}

}  // namespace

std::vector<Case> all_cases() {
    std::vector<Case> cases;
    add_life_cases(cases);
    add_open_cases(cases);
    add_limit_cases(cases);
    add_repeat_cases(cases);
    add_fault_cases(cases);
    add_stream_cases(cases);
    add_lie_cases(cases);
    return cases;
}

std::size_t Outcomes::count(Outcome outcome) const {
    const auto is_so = [&](const CaseResult& result) { return result.outcome == outcome; };
    return static_cast<std::size_t>(std::count_if(cases.begin(), cases.end(), is_so));
}

Outcomes run(ConformanceLedger& ledger, const std::string& only) {
    Outcomes outcomes;
    Kit kit(ledger);
    if (!kit.open()) {
        outcomes.cases.push_back({"description", "every adapter describes its ledger and is live",
                                  Outcome::failed, "one of the three adapters did not"});
        return outcomes;
    }
    outcomes.info = kit.info();
    std::size_t number = 0;
    for (const Case& one : all_cases()) {
        ++number;
        const bool is_meant = only.empty() || only == one.rule ||
                              std::string(one.title).find(only) != std::string::npos;
        if (!is_meant) continue;
        kit.begin_case(number);
        outcomes.cases.push_back(run_case(kit, one));
    }
    return outcomes;
}

std::string to_table(const Outcomes& outcomes) {
    std::string text;
    std::size_t widest = 0;
    for (const CaseResult& result : outcomes.cases)
        widest = std::max(widest, result.title.size());
    for (const CaseResult& result : outcomes.cases) {
        text += padded(word(result.outcome), 9) + padded(result.rule, 12) +
                (result.detail.empty() ? result.title : padded(result.title, widest)) +
                (result.detail.empty() ? "" : "  " + result.detail) + "\n";
    }
    text += std::to_string(outcomes.count(Outcome::passed)) + " passed, " +
            std::to_string(outcomes.count(Outcome::failed)) + " failed, " +
            std::to_string(outcomes.count(Outcome::left_out)) + " left out\n";
    return text;
}

std::string to_rules(const Outcomes& outcomes) {
    const LedgerInfo& info = outcomes.info;
    const TimingProfile& profile = info.profile;
    const char* const refunds[] = {"automatic", "by anyone", "by the payer"};
    const char* const rejects[] = {"yes", "cooperative", "no"};
    struct Row {
        const char* rule;
        std::string declared;
    };
    const Row rows[] = {
        {"expiry", info.expiry_rule == ExpiryRule::strict ? "strict" : "open"},
        {"refund", refunds[static_cast<std::size_t>(info.refund) - 1]},
        {"reject", rejects[static_cast<std::size_t>(info.reject) - 1]},
        {"preimage", std::to_string(info.preimage_octets) + " octets"},
        {"amount", "at most " + std::to_string(info.max_amount.units()) + " units"},
        {"hold", "at most " + seconds(info.max_hold)},
        {"inclusion", "within " + seconds(profile.inclusion)},
        {"finality", "within " + seconds(profile.finality)},
        {"rollback", profile.rollback.us() == 0 ? "never" : "within " + seconds(profile.rollback)},
        {"clock",
         "at most " + seconds(profile.late) + " late, " + seconds(profile.early) + " early"},
        {"proofs", info.proofs ? "verified" : "none"},
    };
    std::string text = "declared by " + info.ledger.text() + "\n";
    for (const Row& row : rows) {
        text += "  " + padded(row.rule, 12) + padded(row.declared, 36) +
                rules_with(outcomes, row.rule) + " cases\n";
    }
    return text;
}

}  // namespace lockstep::conformance
