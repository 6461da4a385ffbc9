// Parties that do the right thing at the wrong time: late (as late as the deadlines allow),
// last_tick (shows its secret around the very instant of the expiry) and option_holder (shows it
// when the price has moved its way, or never).
#include "sdk/crypto/hash.h"
#include "sim/parties/families.h"

namespace lockstep::sim {
namespace {

namespace effect = assembly::effect;
namespace event = assembly::event;

// Knows when the escrows expire that others prepared for it, as the ledgers tell.
class ReadsExpiries : public Cheat {
protected:
    using Cheat::Cheat;

    std::optional<Timestamp> expiry_of(std::size_t ledger, const EscrowKey& key) const {
        const auto found = expiries_.find({ledger, key});
        return found == expiries_.end() ? std::nullopt : std::optional(found->second);
    }

private:
    bool hears_ledger(Timestamp, event::FromLedger& event) override {
        for (const LedgerEvent& told : events_in(event))
            expiries_[{event.ledger, {told.terms.payer, told.terms.id}}] = told.terms.expiry;
        return true;
    }

    std::map<std::pair<std::size_t, EscrowKey>, Timestamp> expiries_;
};

class Late final : public ReadsExpiries {
public:
    using ReadsExpiries::ReadsExpiries;

private:
    using Cheat::passes;

    Passing passes(Timestamp now, std::size_t ledger, Instruction& instruction) override {
        return hold(now, ledger, instruction, [&](const Op& op) {
            if (is_resting()) return now;
            const Timestamp until = std::max(now, latest(now, ledger, op));
            if (until > now) count();
            return until;
        });
    }
    // The way to the ledger and its own time to act, with a little to spare.
    Timestamp latest(Timestamp now, std::size_t ledger, const Op& op) {
        const TimingProfile& profile = means_.config.ledgers[ledger].timing.profile;
        const Duration spare = Duration::milliseconds(200) + profile.inclusion + profile.early;
        if (const auto* prepare = std::get_if<op::Prepare>(&op.body))
            return prepare->not_after - rng().between(Duration::milliseconds(50), spare);
        if (const auto* fulfil = std::get_if<op::Fulfil>(&op.body))
            if (const auto expiry = expiry_of(ledger, fulfil->escrow)) return *expiry - spare;
        return now + rng().between(Duration{}, Duration::seconds(4));
    }

    // Terms are to be decided in seconds, a notice explained before its escrow is given back.
    Passing passes(Timestamp now, const effect::SendBatch& out, assembly::PeerBatch&) override {
        if (is_resting()) return Passing::unchanged;
        const Duration wait =
            chance(50) ? rng().between(Duration{}, Duration::seconds(1))
                       : rng().between(Duration::seconds(1), Duration::milliseconds(3'500));
        count();
        means_.let_out(now + wait, out);
        return Passing::held;
    }
};

class LastTick final : public ReadsExpiries {
public:
    using ReadsExpiries::ReadsExpiries;

private:
    using Cheat::passes;

    // From well before to just after it, so that some claims are taken and some come too late.
    Passing passes(Timestamp now, std::size_t ledger, Instruction& instruction) override {
        return hold(now, ledger, instruction, [&](const Op& op) {
            const auto* fulfil = std::get_if<op::Fulfil>(&op.body);
            const auto expiry =
                fulfil != nullptr ? expiry_of(ledger, fulfil->escrow) : std::optional<Timestamp>();
            if (is_resting() || !expiry) return now;
            const Duration block = means_.config.ledgers[ledger].timing.profile.block;
            const Duration earliest = Duration::milliseconds(300) + block;
            count();
            return *expiry - earliest +
                   rng().between(Duration{}, earliest + Duration::milliseconds(20));
        });
    }
    // Where a claim is taken after the expiry too, until the refund is there: within a block's time
    // before the expiry, or of when a median of that time is six blocks old and the refund comes.
    Passing passes_claims(Timestamp now, std::size_t ledger,
                          const std::vector<bitcoin::EscrowLock>& claims) override {
        if (is_resting()) return Passing::unchanged;
        const TimingProfile& profile = means_.config.ledgers[ledger].timing.profile;
        Passing how = Passing::unchanged;
        for (const bitcoin::EscrowLock& claim : claims) {
            auto until = untils_.find(claim.condition);
            if (until == untils_.end()) {
                const Timestamp expiry = bitcoin::refundable_from(claim.locktime);
                const Duration block = profile.block;
                const Timestamp drawn = chance(40)
                                            ? expiry - rng().between(Duration{}, block)
                                            : expiry + rng().between(Duration{block.us() / 2},
                                                                     Duration{block.us() * 4 / 3});
                until = untils_.emplace(claim.condition, drawn).first;
                count();
            }
            if (now < until->second) how = Passing::held;
        }
        return how;
    }

    std::map<Condition, Timestamp> untils_;  // of claims on Bitcoin, by their locks
};

class OptionHolder final : public Cheat {
public:
    using Cheat::Cheat;

private:
    using Cheat::passes;
    static constexpr Duration look = Duration::milliseconds(500);
    static constexpr int looks = 30;
    static constexpr int in_the_money = 3;

    struct Option {
        effect::Release release;
        int price = 0;
        int left = looks;
        bool exercised = false;
    };

    Passing passes(Timestamp now, const effect::Release& release) override {
        const auto [option, is_new] = options_.try_emplace(release.context, Option{release});
        if (!is_new) return option->second.exercised ? Passing::unchanged : Passing::held;
        if (is_resting() || chance(25)) {  // the price is right at once
            option->second.exercised = true;
            return Passing::unchanged;
        }
        count();
        wait(now, release.context);
        return Passing::held;
    }
    void wait(Timestamp now, const Hash& context) {
        means_.scheduler.at(now + look, [this, now, context] {
            Option& option = options_.at(context);
            option.price += rng().below(2) == 0 ? -1 : 1;
            if (option.price < in_the_money) {
                if (--option.left > 0) wait(now + look, context);
                return;
            }
            option.exercised = true;
            means_.let_out(now + look, option.release);
        });
    }

    std::map<Hash, Option> options_;
};

}  // namespace

std::unique_ptr<Conduct> make_timed(const NodeSpec& node, Means means) {
    if (node.behaviour == Behaviour::late) return std::make_unique<Late>(node, std::move(means));
    if (node.behaviour == Behaviour::last_tick)
        return std::make_unique<LastTick>(node, std::move(means));
    return std::make_unique<OptionHolder>(node, std::move(means));
}

}  // namespace lockstep::sim
