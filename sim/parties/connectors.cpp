// Connectors that cheat: one that quotes one thing and does another, and one of a pair that hands
// preimages past the party between them.
#include <algorithm>

#include "sdk/crypto/hash.h"
#include "sim/parties/disguise.h"
#include "sim/parties/families.h"
#include "sim/parties/wire.h"

namespace lockstep::sim {
namespace {

namespace effect = assembly::effect;
namespace event = assembly::event;
namespace message = core::message;

class Equivocator final : public Cheat {
public:
    using Cheat::Cheat;

private:
    using Cheat::passes;

    // --- what it says ---

    void hears_batch(Timestamp, const assembly::CheckedBatch& batch) override {
        for (const auto& heard : batch.messages) {
            if (!heard) continue;
            if (const auto* ask = std::get_if<message::QuoteAsk>(&*heard)) asks_[ask->ask] = *ask;
            const auto* notice = std::get_if<message::HopNotice>(&*heard);
            if (notice == nullptr || is_resting() || !chance(30)) continue;
            // Forwards, and says that it does not; shows something that is no preimage.
            count();
            wire_.say(batch.batch.sender,
                      message::HopReject{notice->ledger, notice->escrow, Reason::no_liquidity});
            const Hash random = draw_hash();
            wire_.say(batch.batch.sender,
                      message::PreimageShown{notice->ledger, notice->escrow,
                                             Bytes(random.view().begin(), random.view().end())});
        }
    }
    void hears_reply(Timestamp, event::PeerReplied& reply) override { wire_.translate(reply); }

    Passing passes(Timestamp, const effect::SendBatch& out, assembly::PeerBatch& batch) override {
        bool changed = false;
        for (Bytes& octets : batch.messages) {
            const auto key = std::pair(out.peer, sha256(octets));
            auto said = said_.find(key);
            if (said == said_.end()) said = said_.emplace(key, other(octets)).first;
            if (!said->second) continue;
            octets = *said->second;
            changed = true;
        }
        changed = wire_.add_to(out.peer, batch) || changed;
        return changed ? Passing::changed : Passing::unchanged;
    }
    // What it says in the place of this message, if anything.
    std::optional<Bytes> other(const Bytes& octets) {
        auto said = core::decode_message(octets);
        if (!said || is_resting()) return std::nullopt;
        if (auto* quote = std::get_if<message::Quote>(&*said)) {
            const auto ask = asks_.find(quote->ask);
            if (ask == asks_.end() || !chance(40)) return std::nullopt;
            const std::uint64_t units = quote->in.amount.units();
            const std::uint64_t percent = rng().between(50, 150);
            const auto amount = mul_div_ceil(units, percent, 100);
            if (!amount || *amount == units) return std::nullopt;
            quote->in.amount = Amount{*amount};
            quote->signature = means_.signer->sign(core::quote_octets(ask->second, *quote));
        } else if (auto* notice = std::get_if<message::HopNotice>(&*said)) {
            if (!chance(20)) return std::nullopt;
            notice->escrow.id = EscrowId{draw_hash().array()};
        } else {
            return std::nullopt;
        }
        count();
        return core::encode_message(*said);
    }

    // --- what it does ---

    Passing passes(Timestamp, std::size_t ledger, Instruction& instruction) override {
        Passing how = Passing::unchanged;
        for (Op& op : instruction.ops) {
            auto* prepare = std::get_if<op::Prepare>(&op.body);
            if (prepare == nullptr) continue;
            auto placed = placed_.find(op.id);
            if (placed == placed_.end()) {
                EscrowTerms terms = prepare->terms;
                if (!is_resting() && chance(30) && terms.amount > Amount{1})
                    terms.amount = Amount{terms.amount.units() - 1};
                if (terms != prepare->terms) {
                    count();
                    disguise_.add(ledger, op.id, prepare->terms, terms);
                }
                placed = placed_.emplace(op.id, std::move(terms)).first;
            }
            if (placed->second == prepare->terms) continue;
            prepare->terms = placed->second;
            how = Passing::changed;
        }
        return how;
    }
    bool hears_ledger(Timestamp, event::FromLedger& event) override {
        disguise_.apply(event, is_securities(event.ledger), ledger_address(event.ledger),
                        means_.tell_node);
        return true;
    }

    std::map<Hash, message::QuoteAsk> asks_;
    std::map<std::pair<PublicKey, Hash>, std::optional<Bytes>> said_;  // the same each time
    std::map<CommandId, EscrowTerms> placed_;
    Wire wire_;
    Disguise disguise_;
};

// Downstream it learns a preimage and keeps from claiming with it, so that the party between looks
// as if nothing came; upstream its partner claims with what it was told.
class Colluder final : public Cheat {
public:
    using Cheat::Cheat;

    void heard_whisper(const Condition& condition, const Bytes& preimage) override {
        const auto forwarded = forwarded_.find(condition);
        if (forwarded == forwarded_.end()) return;
        const auto& [ledger, key] = forwarded->second;
        const auto next = next_.find({ledger, key});
        if (next == next_.end()) return;
        count();
        // To its own node it looks as if the next one had shown it.
        means_.tell_node(event::ForCore{core::input::FromPeer{
            next->second, message::PreimageShown{ledger_address(ledger), key, preimage}}});
    }

private:
    using Cheat::passes;
    using Place = std::pair<std::size_t, EscrowKey>;

    Passing passes(Timestamp now, std::size_t ledger, Instruction& instruction) override {
        for (const Op& op : instruction.ops)
            if (const auto* prepare = std::get_if<op::Prepare>(&op.body))
                forwarded_[prepare->terms.condition] = {ledger,
                                                        {prepare->terms.payer, prepare->terms.id}};
        return hold(now, ledger, instruction, [&](const Op& op) {
            const auto* fulfil = std::get_if<op::Fulfil>(&op.body);
            if (fulfil == nullptr || is_resting()) return now;
            const auto expiry = expiries_.find({ledger, fulfil->escrow});
            if (expiry == expiries_.end() || !chance(70)) return now;
            count();
            means_.whisper(Condition{sha256(fulfil->preimage).array()}, fulfil->preimage);
            // Never, or in the end after all, when the one between no longer expects it.
            return chance(50) ? Timestamp::never() : expiry->second - Duration::seconds(2);
        });
    }
    Passing passes(Timestamp, const effect::SendBatch& out, assembly::PeerBatch& batch) override {
        for (const Bytes& octets : batch.messages) {
            const auto said = core::decode_message(octets);
            if (!said) continue;
            if (const auto* notice = std::get_if<message::HopNotice>(&*said))
                for (std::size_t i = 0; i < means_.config.ledgers.size(); ++i)
                    if (ledger_address(i) == notice->ledger) next_[{i, notice->escrow}] = out.peer;
        }
        return Passing::unchanged;
    }
    bool hears_ledger(Timestamp, event::FromLedger& event) override {
        for (const LedgerEvent& told : events_in(event))
            if (is_ours(event.ledger, told.terms.payee))
                expiries_[{event.ledger, {told.terms.payer, told.terms.id}}] = told.terms.expiry;
        return true;
    }

    std::map<Condition, Place> forwarded_;
    std::map<Place, PublicKey> next_;  // who was told of an escrow of its own
    std::map<Place, Timestamp> expiries_;
};

}  // namespace

std::unique_ptr<Conduct> make_equivocator(const NodeSpec& node, Means means) {
    return std::make_unique<Equivocator>(node, std::move(means));
}
std::unique_ptr<Conduct> make_colluder(const NodeSpec& node, Means means) {
    return std::make_unique<Colluder>(node, std::move(means));
}

}  // namespace lockstep::sim
