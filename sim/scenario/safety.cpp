// A margin is reckoned from what nodes are told: the profiles of ledgers and their own endurance.
// Here the faults of a scenario are held against that, and each mistake shows the sum.
#include <algorithm>

#include "sdk/machine/instruction.h"
#include "sim/scenario/catalogue.h"
#include "sim/scenario/chain_profile.h"
#include "sim/scenario/check.h"
#include "sim/scenario/routes.h"
#include "sim/scenario/text.h"

namespace lockstep::sim {
namespace {

constexpr std::string_view or_unsafe = ", or unsafe = true";

// A margin or a guard as a sum that a person can follow.
struct Sum {
    Duration total;
    std::string text;  // "2*1s + 3*(2s + 1s) + late 1s + early 1s = 13s"
};

Duration worse(Duration a, Duration b) {
    return a > b ? a : b;
}

std::string rollback_term(const TimingProfile& profile, const core::Endurance& node) {
    if (node.rollbacks == 0) return "";
    return " + " + std::to_string(node.rollbacks) + "*(" + format_duration(profile.rollback) +
           " + " + format_duration(profile.inclusion) + ")";
}

std::string outage_term(const TimingProfile& profile, const core::Endurance& node) {
    return std::to_string(node.outages) + "*(" + format_duration(node.outage) + " + " +
           format_duration(profile.inclusion) + ")";
}

Sum margin_sum(const core::LedgerTiming& from, const core::LedgerTiming& to,
               const core::Endurance& node) {
    const TimingProfile& in = from.profile;
    const TimingProfile& out = to.profile;
    TimingProfile both;
    both.inclusion = worse(in.inclusion, out.inclusion);
    both.rollback = worse(in.rollback, out.rollback);
    const Duration total = core::margin(from, to, node);
    // A claim may come after the expiry, until the refund is in.
    const std::string open =
        to.expiry_rule == ExpiryRule::open
            ? " + " + format_duration(out.inclusion) + " + block " + format_duration(out.block)
            : std::string();
    return {total, "2*" + format_duration(both.inclusion) + open + " + " + outage_term(both, node) +
                       rollback_term(both, node) + " + late " + format_duration(out.late) +
                       " + early " + format_duration(in.early) + " = " + format_duration(total)};
}

Sum guard_sum(const TimingProfile& hop, const core::Endurance& node) {
    const Duration total = core::reveal_guard({hop, ExpiryRule::strict}, node);
    return {total, "early " + format_duration(hop.early) + " + " + format_duration(hop.inclusion) +
                       " + " + outage_term(hop, node) + rollback_term(hop, node) + " = " +
                       format_duration(total)};
}

class Safety {
public:
    explicit Safety(const Scenario& scenario) : scenario_(scenario) {}

    std::vector<Problem> check() {
        for (std::size_t i = 0; i < scenario_.ledgers.size(); ++i)
            check_chain(scenario_.ledgers[i], format_place("ledger", i));
        for (std::size_t i = 0; i < scenario_.nodes.size(); ++i)
            check_endurance(scenario_.nodes[i], format_place("node", i));
        for (std::size_t i = 0; i < scenario_.faults.size(); ++i)
            check_fault(scenario_.faults[i], format_place("fault", i));
        for (const NodeSpec& node : scenario_.nodes)
            check_crowd(node);
        return std::move(problems_);
    }

private:
    void problem(std::string path, std::string what) {
        problems_.push_back({std::move(path), std::move(what) + std::string(or_unsafe)});
    }
    // The widest margin that the node reckons with, as connector where it is one, else as receiver.
    Sum widest(const NodeSpec& node, const core::Endurance& endurance) const {
        Sum sum;
        for (const OfferSpec& offer : node.offers) {
            const Sum next =
                margin_sum(timing(offer.in_ledger), timing(offer.out_ledger), endurance);
            if (next.total > sum.total) sum = next;
        }
        if (!node.offers.empty()) return sum;
        for (const AccountSpec& account : node.accounts) {
            const Sum next = guard_sum(profile(account.ledger), endurance);
            if (next.total > sum.total) sum = next;
        }
        return sum;
    }
    const TimingProfile& profile(const std::string& ledger) const {
        return find_ledger(scenario_, ledger)->profile;
    }
    core::LedgerTiming timing(const std::string& ledger) const {
        return {profile(ledger), rule_of(find_ledger(scenario_, ledger)->kind)};
    }
    static std::string margin_of(const NodeSpec& node) {
        return node.offers.empty() ? "the reveal guard of " + node.name
                                   : "the margin of " + node.name;
    }

    void check_endurance(const NodeSpec& node, const std::string& path) {
        for (const AccountSpec& account : node.accounts) {
            const TimingProfile& told = profile(account.ledger);
            if (!core::endurance_covers({told, ExpiryRule::strict}, node.endurance)) {
                core::Endurance enough = node.endurance;
                enough.rollbacks = 1;
                problem(path + ".endurance.rollbacks",
                        account.ledger + " can take back what it showed for " +
                            format_duration(told.rollback) + " and " + margin_of(node) +
                            " ignores it: " + widest(node, node.endurance).text + ", with it " +
                            widest(node, enough).text + "; expected at least 1");
                return;
            }
            const Sum guard = guard_sum(told, node.endurance);
            if (guard.total >= max_instruction_life) {
                problem(path + ".endurance",
                        "no escrow on " + account.ledger + " lasts long enough for " + guard.text +
                            "; expected less than " + format_duration(max_instruction_life));
                return;
            }
        }
    }

    // Nodes that the fault may strike and that have something to lose.
    std::vector<const NodeSpec*> struck_nodes(const FaultSpec& fault) const {
        std::vector<const NodeSpec*> nodes;
        const bool one = find_node(scenario_, fault.target) != nullptr;
        const bool ledger = find_ledger(scenario_, fault.target) != nullptr;
        for (const NodeSpec& node : scenario_.nodes) {
            if (node.accounts.empty() || (one && node.name != fault.target)) continue;
            // Everybody with an account there is cut off from a ledger.
            if (ledger &&
                std::none_of(node.accounts.begin(), node.accounts.end(),
                             [&](const AccountSpec& a) { return a.ledger == fault.target; }))
                continue;
            nodes.push_back(&node);
        }
        return nodes;
    }
    std::vector<const LedgerSpec*> struck_ledgers(const FaultSpec& fault) const {
        std::vector<const LedgerSpec*> ledgers;
        const NodeSpec* node = find_node(scenario_, fault.target);
        for (const LedgerSpec& ledger : scenario_.ledgers) {
            const bool named = fault.target.empty() || fault.target == ledger.name;
            const bool reached =
                node != nullptr &&
                std::any_of(node->accounts.begin(), node->accounts.end(),
                            [&](const AccountSpec& a) { return a.ledger == ledger.name; });
            if (named || reached) ledgers.push_back(&ledger);
        }
        return ledgers;
    }

    void check_fault(const FaultSpec& fault, const std::string& path) {
        switch (entry(fault.kind).limit) {
            case FaultLimit::none:
                return;
            case FaultLimit::outage:
                return check_outage(fault, path);
            case FaultLimit::inclusion:
                return check_inclusion(fault, path);
            case FaultLimit::clock:
            case FaultLimit::frozen:
                return check_clock(fault, path);
            case FaultLimit::rollback:
                return check_rollback(fault, path);
            case FaultLimit::congestion:
                return check_congestion(fault, path);
            case FaultLimit::beyond:
                return problem(
                    path + ".kind",
                    std::string(to_string(fault.kind)) +
                        " is made to go beyond the profile that the margins are reckoned "
                        "with; expected a fault within it");
        }
    }

    void check_outage(const FaultSpec& fault, const std::string& path) {
        for (const NodeSpec* node : struck_nodes(fault)) {
            const core::Endurance& endurance = node->endurance;
            if (endurance.outages == 0 || endurance.outage == Duration{})
                return problem(path + ".kind", margin_of(*node) + " survives no outage: " +
                                                   widest(*node, endurance).text +
                                                   "; expected an endurance with outages");
            if (fault.lasts && *fault.lasts > endurance.outage) {
                core::Endurance needed = endurance;
                needed.outage = *fault.lasts;
                return problem(path + ".lasts",
                               "an outage of " + format_duration(*fault.lasts) +
                                   " is longer than K = " + format_duration(endurance.outage) +
                                   ": " + margin_of(*node) + " is " +
                                   widest(*node, endurance).text + " and would have to be " +
                                   widest(*node, needed).text + "; expected at most " +
                                   format_duration(endurance.outage));
            }
            if (fault.kind != FaultKind::half_open) continue;
            for (const AccountSpec& account : node->accounts) {
                const Duration noticed = find_ledger(scenario_, account.ledger)->beat * 2;
                if (noticed > endurance.outage)
                    return problem(path + ".kind",
                                   "a stream of " + account.ledger +
                                       " that says nothing more is noticed after two beats, " +
                                       format_duration(noticed) + ", later than K = " +
                                       format_duration(endurance.outage) + " of " + node->name +
                                       "; expected a shorter beat or a longer K");
            }
        }
    }

    void check_inclusion(const FaultSpec& fault, const std::string& path) {
        for (const LedgerSpec* ledger : struck_ledgers(fault)) {
            const Duration told = ledger->profile.inclusion;
            if (!fault.lasts || *fault.lasts <= told) continue;
            std::string sums;
            for (const NodeSpec& node : scenario_.nodes) {
                for (const OfferSpec& offer : node.offers) {
                    if (!sums.empty() ||
                        (offer.in_ledger != ledger->name && offer.out_ledger != ledger->name))
                        continue;
                    core::LedgerTiming in = timing(offer.in_ledger);
                    core::LedgerTiming out = timing(offer.out_ledger);
                    sums =
                        ": " + margin_of(node) + " is " + margin_sum(in, out, node.endurance).text;
                    (offer.in_ledger == ledger->name ? in : out).profile.inclusion = *fault.lasts;
                    sums += " and would have to be " + margin_sum(in, out, node.endurance).text;
                }
            }
            return problem(path + ".lasts", "a halt of " + format_duration(*fault.lasts) +
                                                " is longer than D = " + format_duration(told) +
                                                " of " + ledger->name + sums +
                                                "; expected at most " + format_duration(told));
        }
    }

    // A node's own clock must be as good as those of the ledgers that it watches.
    void check_clock(const FaultSpec& fault, const std::string& path) {
        for (const LedgerSpec* ledger : struck_ledgers(fault)) {
            const TimingProfile& told = ledger->profile;
            const std::string range = "late " + format_duration(told.late) + " and early " +
                                      format_duration(told.early) + " of " + ledger->name;
            if (fault.by && (*fault.by > told.early || *fault.by < Duration{} - told.late))
                return problem(path + ".by", "a clock error of " + format_duration(*fault.by) +
                                                 " is beyond " + range +
                                                 ", which margins add; expected it between -" +
                                                 format_duration(told.late) + " and " +
                                                 format_duration(told.early));
            if (fault.kind == FaultKind::clock_frozen && fault.lasts && *fault.lasts > told.late)
                return problem(path + ".lasts", "a clock that stands still for " +
                                                    format_duration(*fault.lasts) + " is beyond " +
                                                    range +
                                                    ", which margins add; expected at most " +
                                                    format_duration(told.late));
        }
    }

    void check_rollback(const FaultSpec& fault, const std::string& path) {
        const std::vector<const LedgerSpec*> struck = struck_ledgers(fault);
        const bool strikes = std::any_of(struck.begin(), struck.end(), [](const LedgerSpec* one) {
            return one->kind == LedgerKind::bitcoin && one->chain.reorg > 0;
        });
        if (!strikes)
            return problem(path + ".kind",
                           "strikes no ledger that takes blocks back; expected a Bitcoin ledger "
                           "with a chain.reorg of 1 or more");
        for (const LedgerSpec* ledger : struck) {
            if (ledger->kind != LedgerKind::bitcoin) continue;
            const Duration told = ledger->profile.rollback;
            if (fault.target.empty() && told == Duration{} && !fault.by) continue;
            if (told > Duration{} && (!fault.by || *fault.by <= told)) continue;
            return problem(path + (fault.by ? ".by" : ".kind"),
                           "is beyond R = " + format_duration(told) + " of " + ledger->name +
                               ", which margins are reckoned with; expected a ledger and a depth "
                               "within it");
        }
    }

    void check_congestion(const FaultSpec& fault, const std::string& path) {
        for (const LedgerSpec* ledger : struck_ledgers(fault)) {
            const Duration most = longest_spike(ledger->chain);
            if (ledger->kind != LedgerKind::bitcoin || !fault.lasts || *fault.lasts <= most)
                continue;
            return problem(path + ".lasts",
                           "blocks without room for " + format_duration(*fault.lasts) +
                               " are more than a congestion of " +
                               std::to_string(ledger->chain.congestion) + " that D of " +
                               ledger->name + " has room for; expected at most " +
                               format_duration(most));
        }
    }

    // What nodes are told must be what the chain keeps.
    void check_chain(const LedgerSpec& ledger, const std::string& path) {
        if (ledger.kind != LedgerKind::bitcoin) return;
        const TimingProfile kept = profile_of(ledger.chain, ledger.beat);
        const TimingProfile& told = ledger.profile;
        const auto check = [&](const std::string& key, Duration says, Duration does) {
            if (says < does)
                problem(path + ".profile." + key, "is less than the chain of " + ledger.name +
                                                      " keeps; expected at least " +
                                                      format_duration(does));
        };
        check("inclusion", told.inclusion, kept.inclusion);
        check("finality", told.finality, kept.finality);
        check("rollback", told.rollback, kept.rollback);
        check("late", told.late, kept.late);
        check("early", told.early, kept.early);
        check("block", told.block, kept.block);
    }

    // More outages at given moments inside one margin than it is reckoned with.
    void check_crowd(const NodeSpec& node) {
        if (node.accounts.empty() || node.endurance.outages == 0) return;
        struct Outage {
            Duration at;
            std::size_t place;
        };
        std::vector<Outage> outages;
        for (std::size_t i = 0; i < scenario_.faults.size(); ++i) {
            const FaultSpec& fault = scenario_.faults[i];
            if (entry(fault.kind).limit == FaultLimit::outage && fault.at &&
                fault.target == node.name)
                outages.push_back({*fault.at, i});
        }
        std::stable_sort(outages.begin(), outages.end(),
                         [](const Outage& a, const Outage& b) { return a.at < b.at; });
        const Sum sum = widest(node, node.endurance);
        const std::size_t most = node.endurance.outages;
        for (std::size_t i = most; i < outages.size(); ++i) {
            const Duration span = outages[i].at - outages[i - most].at;
            if (span > sum.total) continue;
            return problem(format_place("fault", outages[i].place) + ".at",
                           std::to_string(most + 1) + " outages of " + node.name + " within " +
                               format_duration(span) + ": " + margin_of(node) + " is " + sum.text +
                               " and survives " + std::to_string(most) +
                               "; expected them further apart");
        }
    }

    const Scenario& scenario_;
    std::vector<Problem> problems_;
};

}  // namespace

std::vector<Problem> check_safety(const Scenario& scenario) {
    return Safety(scenario).check();
}

}  // namespace lockstep::sim
