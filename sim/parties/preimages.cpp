// Payees that claim with what is not the preimage: other octets, too few, too many, or the preimage
// of another settlement.
#include "sdk/base/assert.h"
#include "sim/parties/families.h"

namespace lockstep::sim {
namespace {

class Mistaken final : public Cheat {
public:
    Mistaken(const NodeSpec& spec, Means means)
        : Cheat(spec, std::move(means)), behaviour_(spec.behaviour) {}

private:
    using Cheat::passes;

    Passing passes(Timestamp, std::size_t, Instruction& instruction) override {
        Passing how = Passing::unchanged;
        for (Op& op : instruction.ops) {
            auto* fulfil = std::get_if<op::Fulfil>(&op.body);
            if (fulfil == nullptr) continue;
            auto shown = shown_.find(op.id);
            if (shown == shown_.end())
                shown = shown_.emplace(op.id, choose(fulfil->preimage)).first;
            if (shown->second == fulfil->preimage) continue;
            fulfil->preimage = shown->second;
            how = Passing::changed;
        }
        return how;
    }
    // On a chain the adapter makes no claim that cannot succeed. The preimage is in the witness,
    // which no signature commits to.
    Passing passes(Timestamp, std::size_t, bitcoin::Transaction& transaction) override {
        Passing how = Passing::unchanged;
        for (bitcoin::TxIn& input : transaction.inputs) {
            if (input.witness.empty()) continue;
            const auto lock = bitcoin::parse_escrow_script(input.witness.back());
            if (!lock || !bitcoin::preimage_of(input.witness, input.witness.back())) continue;
            Bytes& preimage = input.witness[1];
            auto shown = claimed_with_.find(lock->condition);
            if (shown == claimed_with_.end())
                shown = claimed_with_.emplace(lock->condition, choose(preimage)).first;
            if (shown->second == preimage) continue;
            preimage = shown->second;
            how = Passing::changed;
        }
        return how;
    }
    // The same each time that the claim is sent.
    Bytes choose(const Bytes& preimage) {
        Bytes other = is_resting() ? preimage : wrong(preimage);
        if (other != preimage) count();
        return other;
    }
    Bytes wrong(const Bytes& preimage) {
        Bytes octets = preimage;
        if (behaviour_ == Behaviour::wrong_preimage) {
            octets[rng().below(octets.size())] ^= 1;
            return octets;
        }
        if (behaviour_ == Behaviour::short_preimage) {
            octets.resize(chance(50) ? octets.size() - 1 : 0);
            return octets;
        }
        if (behaviour_ == Behaviour::long_preimage) {
            constexpr std::array<std::size_t, 3> sizes{33, 521, 4096};
            octets.resize(sizes[rng().below(sizes.size())]);
            return octets;
        }
        ASSERT(behaviour_ == Behaviour::replayed_preimage);
        // Some it shows as it should, or it would have none to replay.
        const bool replays = !seen_.empty() && chance(70);
        if (!replays) seen_.push_back(preimage);
        return replays ? seen_[rng().below(seen_.size())] : preimage;
    }

    Behaviour behaviour_;
    std::vector<Bytes> seen_;
    std::map<CommandId, Bytes> shown_;
    std::map<Condition, Bytes> claimed_with_;  // on a chain
};

}  // namespace

std::unique_ptr<Conduct> make_mistaken(const NodeSpec& node, Means means) {
    return std::make_unique<Mistaken>(node, std::move(means));
}

}  // namespace lockstep::sim
