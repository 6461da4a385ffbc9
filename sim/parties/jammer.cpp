// Opens many escrows that nobody will ever claim: it pays invoices of its own making, under
// conditions without a preimage, to its own account where it has one on another ledger, which it
// lets stand until it expires, else to those that it pays anyway, who give them back unexplained.
#include <algorithm>
#include <set>

#include "sim/parties/families.h"
#include "sim/world/setup.h"

namespace lockstep::sim {
namespace {

namespace effect = assembly::effect;
namespace event = assembly::event;
namespace message = core::message;

constexpr std::uint64_t own_tickets = std::uint64_t{1} << 63;
constexpr std::uint64_t most_at_once = 10;
// A day of it would show no more than an hour.
constexpr std::uint64_t most_in_all = 500;

class Jammer final : public Cheat {
public:
    Jammer(const NodeSpec& spec, Means means) : Cheat(spec, std::move(means)) {
        // The first account is the one that it pays from.
        for (const AccountSpec& account : spec.accounts) {
            const bool shares =
                std::any_of(means_.config.instruments.begin(), means_.config.instruments.end(),
                            [&](const auto& each) { return each.ledger.text() == account.ledger; });
            if (shares) continue;
            if (!from_) {
                from_ = account;
                continue;
            }
            Target own;
            own.ledger = *Address::parse(account.ledger);
            own.account = account_on(account.ledger);
            own.asset = account.asset;
            own.node = someone();
            targets_.push_back(own);
            has_own_ = true;
        }
    }

private:
    using Cheat::passes;
    struct Target {
        PublicKey node;
        Address ledger;
        Address account;
        AssetId asset;
    };

    // Who awaits the last notice: anybody who is no connector.
    PublicKey someone() const {
        for (const core::PeerConfig& peer : means_.config.peers) {
            const auto& offers = means_.config.known_offers;
            if (std::none_of(offers.begin(), offers.end(), [&](const routing::Offer& offer) {
                    return offer.connector == peer.key;
                }))
                return peer.key;
        }
        return means_.config.peers.front().key;
    }

    void next_look() {
        means_.scheduler.after(rng().between(Duration::seconds(2), Duration::seconds(8)), [this] {
            if (is_resting() || calls_ >= most_in_all) return;
            jam();
            next_look();
        });
    }
    void jam() {
        if (targets_.empty() || !from_) return;
        for (std::uint64_t i = rng().between(1, most_at_once); i > 0; --i) {
            const Target& target = targets_[rng().below(targets_.size())];
            core::input::Invoice invoice;
            invoice.id = core::PlanId{draw_hash().array()};
            invoice.node = target.node;
            invoice.ledger = target.ledger;
            invoice.account = target.account;
            invoice.asset = target.asset;
            // From half of what it has down to dust, so that nothing is left free in between.
            invoice.amount =
                Amount{std::max<std::uint64_t>(from_->balance.units() >> rng().between(1, 24), 1)};
            invoice.condition = Condition{draw_hash().array()};
            invoice.valid_until = means_.scheduler.now() + Duration::seconds(600);
            for (const routing::Offer& offer : means_.config.known_offers)
                if (offer.out_ledger == target.ledger)
                    invoice.timing = {offer.out_profile, offer.out_rule};
            // Who says that it may be away for long gets an expiry that is far.
            invoice.endurance = {Duration::seconds(20), 3, 0};
            jams_.insert(invoice.condition);
            core::input::FromApi call;
            call.ticket = own_tickets + ++calls_;
            call.caller = "jammer";
            call.idempotency_key = std::to_string(calls_);
            call.request = draw_hash();
            call.body = core::input::Pay{invoice, account_on(from_->ledger), from_->asset,
                                         from_->balance, false};
            means_.tell_node(event::ForCore{std::move(call)});
        }
    }

    // Its real payments show whom it may jam.
    Passing passes(Timestamp, const effect::SendBatch&, assembly::PeerBatch& batch) override {
        if (!begun_) {
            begun_ = true;
            next_look();
        }
        for (const Bytes& octets : batch.messages) {
            const auto said = core::decode_message(octets);
            const auto* ask = said ? std::get_if<message::QuoteAsk>(&*said) : nullptr;
            if (ask == nullptr || jams_.contains(ask->condition)) continue;
            const auto& offers = means_.config.known_offers;
            const bool is_connector = std::any_of(
                offers.begin(), offers.end(),
                [&](const routing::Offer& offer) { return offer.connector == ask->next_node; });
            const bool known =
                std::any_of(targets_.begin(), targets_.end(),
                            [&](const Target& target) { return target.account == ask->out.payee; });
            if (is_connector || known || has_own_) continue;
            targets_.push_back({ask->next_node, ask->out.ledger, ask->out.payee, ask->out.asset});
        }
        return Passing::unchanged;
    }
    Passing passes(Timestamp now, std::size_t ledger, Instruction& instruction) override {
        for (const Op& op : instruction.ops) {
            const auto* prepare = std::get_if<op::Prepare>(&op.body);
            if (prepare != nullptr && jams_.contains(prepare->terms.condition) &&
                placed_.insert(op.id).second)
                count();
        }
        // What came to its own account stays there.
        return hold(now, ledger, instruction, [&](const Op& op) {
            const auto* reject = std::get_if<op::Reject>(&op.body);
            return reject != nullptr && standing_.contains({ledger, reject->escrow})
                       ? Timestamp::never()
                       : now;
        });
    }
    bool hears_ledger(Timestamp, event::FromLedger& event) override {
        for (const LedgerEvent& told : events_in(event))
            if (told.state == EscrowState::prepared && jams_.contains(told.terms.condition) &&
                is_ours(event.ledger, told.terms.payee))
                standing_.insert({event.ledger, {told.terms.payer, told.terms.id}});
        return true;
    }

    std::optional<AccountSpec> from_;
    std::vector<Target> targets_;
    std::set<Condition> jams_;
    std::set<CommandId> placed_;
    std::set<std::pair<std::size_t, EscrowKey>> standing_;
    std::uint64_t calls_ = 0;
    bool begun_ = false;
    bool has_own_ = false;
};

}  // namespace

std::unique_ptr<Conduct> make_jammer(const NodeSpec& node, Means means) {
    return std::make_unique<Jammer>(node, std::move(means));
}

}  // namespace lockstep::sim
