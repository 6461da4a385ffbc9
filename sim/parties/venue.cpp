// A venue that takes sides: it tells its partner what it hears from the other party, proposes
// different things to the two, proposes one thing twice, too late, or not at all to one of them,
// and interferes with the buyer's trade in the name of nobody.
#include "sdk/crypto/hash.h"
#include "sim/parties/families.h"
#include "sim/parties/wire.h"

namespace lockstep::sim {
namespace {

namespace event = assembly::event;
namespace effect = assembly::effect;
namespace message = core::message;

class LeakingVenue final : public Cheat {
public:
    LeakingVenue(const NodeSpec& spec, Means means) : Cheat(spec, std::move(means)) {
        for (const core::PeerConfig& peer : means_.config.peers)
            if (peer.name == spec.partner) partner_ = peer.key;
    }

private:
    using Cheat::passes;

    void hears_batch(Timestamp, const assembly::CheckedBatch& batch) override {
        if (is_resting() || !partner_ || batch.batch.sender == *partner_) return;
        for (const auto& heard : batch.messages) {
            if (!heard) continue;
            const bool tells = std::holds_alternative<message::TermsOffered>(*heard) ||
                               std::holds_alternative<message::Declined>(*heard) ||
                               std::holds_alternative<message::Ended>(*heard);
            if (!tells) continue;
            count();
            wire_.say(*partner_, *heard);
            if (const auto* terms = std::get_if<message::TermsOffered>(&*heard))
                meddle(batch.batch.sender, core::plan_of(terms->terms.trade));
        }
    }
    void hears_reply(Timestamp, event::PeerReplied& reply) override { wire_.translate(reply); }

    void meddle(const PublicKey& buyer, const core::PlanId& plan) {
        switch (rng().below(12)) {
            case 0:
                return wire_.say(buyer, message::Hold{plan});
            case 1:
                return wire_.say(buyer, message::Release{plan});
            case 2:
                return wire_.say(buyer, message::Cancel{plan});
            default:
                return;
        }
    }

    Passing passes(Timestamp now, const effect::SendBatch& out,
                   assembly::PeerBatch& batch) override {
        bool changed = false;
        Duration wait;
        for (Bytes& octets : batch.messages) {
            const auto key = std::pair(out.peer, sha256(octets));
            auto said = said_.find(key);
            if (said == said_.end()) {
                wait = is_resting() || !chance(2) ? wait : Duration::seconds(9);
                said = said_.emplace(key, other(out.peer, octets)).first;
            }
            if (!said->second) continue;
            octets = *said->second;
            changed = true;
        }
        changed = wire_.add_to(out.peer, batch) || changed;
        if (wait == Duration{}) return changed ? Passing::changed : Passing::unchanged;
        // Too late for the terms to be decided in time. The link gives up waiting a little later.
        count();
        means_.let_out(now + wait,
                       effect::SendBatch{out.peer, out.batch, assembly::encode_batch(batch)});
        return Passing::held;
    }
    std::optional<Bytes> other(const PublicKey& peer, const Bytes& octets) {
        auto said = core::decode_message(octets);
        auto* proposal = said ? std::get_if<message::Proposal>(&*said) : nullptr;
        if (proposal == nullptr || is_resting()) return std::nullopt;
        core::Trade& trade = proposal->trade;
        switch (rng().below(20)) {
            case 0: {  // dearer or cheaper than it was matched
                const std::uint64_t price = trade.price.units();
                const std::uint64_t quantity = trade.quantity.units();
                trade.price = Amount{peer == trade.buyer.node ? price * 2 : (price + 1) / 2};
                trade.consideration = Amount{trade.price.units() * quantity};
                break;
            }
            case 1:  // more than it was matched, at the price that was
                trade.consideration = Amount{trade.consideration.units() + trade.price.units()};
                trade.quantity = Amount{trade.quantity.units() + 1};
                break;
            case 2:  // paid to the wrong account
                trade.seller.cash_account = trade.buyer.cash_account;
                break;
            case 3:  // a sum that is not quantity times price
                trade.consideration = Amount{trade.consideration.units() * 10};
                break;
            case 4: {  // as it was matched, and once more under the same name
                core::Trade again = trade;
                again.quantity = Amount{trade.quantity.units() * 2};
                again.consideration = Amount{trade.consideration.units() * 2};
                count();
                wire_.say(peer, message::Proposal{std::move(again)});
                return std::nullopt;
            }
            default:
                return std::nullopt;
        }
        count();
        return core::encode_message(*said);
    }

    std::optional<PublicKey> partner_;
    std::map<std::pair<PublicKey, Hash>, std::optional<Bytes>> said_;  // the same each time
    Wire wire_;
};

}  // namespace

std::unique_ptr<Conduct> make_leaking_venue(const NodeSpec& node, Means means) {
    return std::make_unique<LeakingVenue>(node, std::move(means));
}

}  // namespace lockstep::sim
