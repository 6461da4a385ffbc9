// Payers that prepare something else than was agreed: too little (less, or in two halves), too
// much, another asset, an earlier expiry, an old condition, or nothing.
#include <algorithm>
#include <set>

#include "bitcoin/adapter/announcement.h"
#include "bitcoin/adapter/transactions.h"
#include "sdk/base/assert.h"
#include "sdk/crypto/hash.h"
#include "sim/parties/disguise.h"
#include "sim/parties/families.h"

namespace lockstep::sim {
namespace {

namespace event = assembly::event;

// On a chain: hardly more than its claim may cost.
constexpr Amount dust_of_chain{10'000};
constexpr bitcoin::FeePerKvb rate_of_second_half{4'000};

class Misplacing final : public Cheat {
public:
    Misplacing(const NodeSpec& spec, Means means)
        : Cheat(spec, std::move(means)), behaviour_(spec.behaviour) {
        for (const AccountSpec& account : spec.accounts)
            assets_.emplace_back(account.ledger, account.asset);
    }

private:
    using Cheat::passes;
    // What is sent in the place of one command, the same each time.
    struct Choice {
        std::vector<Op> ops;
        bool changed = false;
    };

    Passing passes(Timestamp now, std::size_t ledger, Instruction& instruction) override {
        Passing how = Passing::unchanged;
        std::vector<Op> ops;
        for (Op& op : instruction.ops) {
            if (!std::holds_alternative<op::Prepare>(op.body)) {
                ops.push_back(std::move(op));
                continue;
            }
            const Choice& choice = chosen(now, ledger, op);
            if (choice.changed) how = Passing::changed;
            ops.insert(ops.end(), choice.ops.begin(), choice.ops.end());
        }
        instruction.ops = std::move(ops);
        return how;
    }
    const Choice& chosen(Timestamp now, std::size_t ledger, const Op& op) {
        const auto known = choices_.find(op.id);
        if (known != choices_.end()) return known->second;
        return choices_.emplace(op.id, choose(now, ledger, op)).first->second;
    }

    // --- on a chain ---
    void passes_inputs(Timestamp now, std::size_t ledger,
                       std::vector<AdapterInput>& inputs) override {
        chains_.insert(ledger);
        std::vector<AdapterInput> passed;
        for (AdapterInput& input : inputs) {
            const auto* const given = std::get_if<Command>(&input);
            const auto* const prepare =
                given == nullptr ? nullptr : std::get_if<command::Prepare>(&given->body);
            if (prepare == nullptr) {
                passed.push_back(std::move(input));
                continue;
            }
            const Op asked{given->id, op::Prepare{prepare->terms, prepare->not_after}};
            for (const Op& each : chosen(now, ledger, asked).ops) {
                const auto& placed = std::get<op::Prepare>(each.body);
                passed.emplace_back(
                    Command{each.id, command::Prepare{placed.terms, placed.not_after}});
            }
        }
        for (Command& own : std::exchange(own_commands_[ledger], {}))
            passed.emplace_back(std::move(own));
        inputs = std::move(passed);
    }
    // Out of the change of the first half.
    Passing passes(Timestamp now, std::size_t ledger, bitcoin::Transaction& first) override {
        const auto funding = bitcoin::announced_in(first);
        const auto half =
            funding ? second_halves_.find(funding->announcement.id) : second_halves_.end();
        const Bytes home =
            bitcoin::script_pubkey_of(means_.bitcoin_signer->public_key(bitcoin::account_key));
        if (half == second_halves_.end() || first.outputs.back().script != home)
            return Passing::unchanged;
        bitcoin::FundingPlan plan;
        plan.lock = *bitcoin::lock_of(ledger_address(ledger), half->second);
        plan.amount = static_cast<bitcoin::Satoshi>(half->second.amount.units());
        plan.change_script = home;
        plan.rate = rate_of_second_half;
        plan.announcement = first.outputs[1].script;
        const auto last = static_cast<std::uint32_t>(first.outputs.size() - 1);
        const bitcoin::KeyCoin change{
            {txid_of(first), last}, first.outputs.back().value, bitcoin::account_key};
        const auto second = bitcoin::fund_escrow(plan, {&change, 1}, {}, *means_.bitcoin_signer);
        if (second) submit(now + Duration::seconds(1), ledger, second->transaction);
        return Passing::unchanged;
    }
    void passes_reports(Timestamp now, std::size_t ledger, std::vector<Report>& reports) override {
        for (const Report& one : reports) {
            const auto* const told = std::get_if<report::Escrow>(&one);
            if (told == nullptr || told->certainty != Certainty::final_) continue;
            note(ledger, told->terms, told->state);
            if (told->state == EscrowState::prepared) count_standing(ledger, told->terms);
        }
        std::erase_if(reports, [&](const Report& one) {
            const auto* const answer = std::get_if<report::Answer>(&one);
            return answer != nullptr && added_.contains(answer->id);
        });
        for (const Bytes& preimage : disguise_.apply(ledger, reports))
            claim(now, preimage);
    }

    Choice choose(Timestamp now, std::size_t ledger, const Op& op) {
        if (is_resting() || !chance(70)) return {{op}, false};
        const auto& wanted = std::get<op::Prepare>(op.body);
        op::Prepare placed = wanted;
        Choice choice{{}, true};
        if (behaviour_ == Behaviour::withholder) {
            count();
            return choice;
        }
        if (behaviour_ == Behaviour::too_small && chance(chains_.contains(ledger) ? 60 : 30)) {
            in_halves(ledger, op, placed, choice);
        } else if (behaviour_ == Behaviour::replayed_condition && chance(40)) {
            twice(ledger, op, choice);
        } else if (!change(now, ledger, placed.terms)) {
            return {{op}, false};
        }
        placed.not_after = std::min(placed.not_after, placed.terms.expiry);
        if (placed.terms != wanted.terms) disguise_.add(ledger, op.id, wanted.terms, placed.terms);
        choice.ops.insert(chance(50) ? choice.ops.begin() : choice.ops.end(), Op{op.id, placed});
        if (choice.ops.size() == 1 && placed.terms == wanted.terms) return {{op}, false};
        count();
        return choice;
    }

    bool change(Timestamp now, std::size_t ledger, EscrowTerms& terms) {
        const std::uint64_t units = terms.amount.units();
        const std::uint64_t part = std::max<std::uint64_t>(units / 100, 1);
        if (behaviour_ == Behaviour::too_small) {
            terms.amount = Amount{units - part};
            return !terms.amount.is_zero();
        }
        if (behaviour_ == Behaviour::too_large) {
            terms.amount = Amount{units + part};
            return true;
        }
        if (behaviour_ == Behaviour::wrong_asset) return change_asset(ledger, terms.asset);
        if (behaviour_ == Behaviour::inverted_ladder) {
            // One unit short; short by a part of what is left; or hardly there at all.
            const Duration left = terms.expiry - now;
            const std::array<Duration, 4> earlier{Duration{1}, Duration::seconds(1),
                                                  Duration{left.us() / 2},
                                                  left - Duration::seconds(3)};
            terms.expiry = terms.expiry - earlier[rng().below(earlier.size())];
            return terms.expiry > now;
        }
        ASSERT(behaviour_ == Behaviour::replayed_condition);
        if (old_.empty()) return false;
        terms.condition = old_[rng().below(old_.size())];
        return true;
    }
    bool change_asset(std::size_t ledger, AssetId& asset) {
        std::vector<AssetId> others;
        for (const auto& [where, other] : assets_)
            if (where == ledger_address(ledger).text() && other != asset) others.push_back(other);
        if (others.empty()) return false;
        asset = others[rng().below(others.size())];
        return true;
    }

    // What its node did not ask for stands on a chain.
    void count_standing(std::size_t ledger, const EscrowTerms& terms) {
        if (!disguise_.hides(ledger, terms)) return;
        means_.tally.branch("misplaced_on_chain");
        if (behaviour_ != Behaviour::replayed_condition) return;
        const bool is_old = std::find(old_.begin(), old_.end(), terms.condition) != old_.end();
        means_.tally.branch(is_old ? "old_condition_on_chain" : "condition_twice_on_chain");
    }

    void in_halves(std::size_t ledger, const Op& op, op::Prepare& placed, Choice& choice) {
        const Amount whole = placed.terms.amount;
        const Amount half{whole.units() / 2};
        if (half.is_zero()) return;
        placed.terms.amount = half;
        // Both under one name, and so one script, where a ledger lets whoever pays do that.
        if (chains_.contains(ledger) && chance(60)) {
            EscrowTerms other = placed.terms;
            other.amount = Amount{whole.units() - half.units()};
            second_halves_.insert_or_assign(other.id, other);
            return;
        }
        add(ledger, op, Amount{whole.units() - half.units()}, choice);
    }
    // The same once more, or dust under the same condition, whose preimage will be known.
    void twice(std::size_t ledger, const Op& op, Choice& choice) {
        const Amount amount = std::get<op::Prepare>(op.body).terms.amount;
        const Amount dust = chains_.contains(ledger) ? dust_of_chain : Amount{1};
        add(ledger, op, chance(50) ? amount : dust, choice);
    }
    void add(std::size_t ledger, const Op& op, Amount amount, Choice& choice) {
        op::Prepare more = std::get<op::Prepare>(op.body);
        more.terms.id = EscrowId{draw_hash().array()};
        more.terms.amount = amount;
        disguise_.add_unknown(ledger, {more.terms.payer, more.terms.id});
        choice.ops.push_back({CommandId{draw_hash().array()}, std::move(more)});
        added_.insert(choice.ops.back().id);
    }

    bool hears_ledger(Timestamp now, event::FromLedger& event) override {
        for (const LedgerEvent& told : events_in(event))
            note(event.ledger, told.terms, told.state);
        for (const Bytes& preimage :
             disguise_.apply(event, is_securities(event.ledger), ledger_address(event.ledger),
                             means_.tell_node))
            claim(now, preimage);
        return true;
    }
    void note(std::size_t ledger, const EscrowTerms& terms, EscrowState state) {
        if (state == EscrowState::prepared && is_ours(ledger, terms.payee))
            incoming_[terms.condition] = {ledger, {terms.payer, terms.id}};
        if (state == EscrowState::fulfilled &&
            std::find(old_.begin(), old_.end(), terms.condition) == old_.end())
            old_.push_back(terms.condition);
    }
    // Somebody took the wrong thing: then it takes what was paid for it, whatever its node knows.
    void claim(Timestamp now, const Bytes& preimage) {
        const auto paid = incoming_.find(Condition{sha256(preimage).array()});
        if (paid == incoming_.end()) return;
        const auto& [ledger, key] = paid->second;
        if (chains_.contains(ledger)) {
            const CommandId id{draw_hash().array()};
            added_.insert(id);
            own_commands_[ledger].push_back({id, command::Fulfil{key, *Preimage::from(preimage)}});
            return;
        }
        submit(now, ledger, {{CommandId{draw_hash().array()}, op::Fulfil{key, preimage}}});
    }

    Behaviour behaviour_;
    std::vector<std::pair<std::string, AssetId>> assets_;
    std::vector<Condition> old_;  // whose preimage it knows
    std::map<Condition, std::pair<std::size_t, EscrowKey>> incoming_;
    std::map<CommandId, Choice> choices_;
    std::map<EscrowId, EscrowTerms> second_halves_;
    std::set<CommandId> added_;     // its node did not give them
    std::set<std::size_t> chains_;  // ledgers
    std::map<std::size_t, std::vector<Command>> own_commands_;
    Disguise disguise_;
};

}  // namespace

std::unique_ptr<Conduct> make_misplacing(const NodeSpec& node, Means means) {
    return std::make_unique<Misplacing>(node, std::move(means));
}

}  // namespace lockstep::sim
