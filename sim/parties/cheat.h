// What all cheats have in common: effects taken apart into instructions, batches and releases, and
// put together again under the cheat's own signature; operations held back until a time of its
// choice; what ledgers say to its node, read along.
//
// A cheat that rests (the world heals) begins nothing new. What it changed stays changed each time
// it is sent again, what it holds back stays held: healing does not undo a crime.
#pragma once

#include <map>
#include <vector>

#include "bitcoin/adapter/escrow_script.h"
#include "sim/world/conduct.h"

namespace lockstep::sim {

class Cheat : public Conduct {
public:
    Cheat(const NodeSpec& spec, Means means)
        : means_(std::move(means)), name_(to_name(spec.behaviour)), rng_(means_.rng) {}

    void leaving(Timestamp now, std::vector<assembly::NodeEffect>& effects) override;
    bool hears(Timestamp now, assembly::NodeEvent& event) override;
    void heard_whisper(const Condition&, const Bytes&) override {}
    void rest() override { resting_ = true; }
    std::unique_ptr<LedgerAdapter> between(std::size_t ledger,
                                           std::unique_ptr<LedgerAdapter> adapter) override;

protected:
    enum class Passing : std::uint8_t { unchanged, changed, held };

    // What leaves. An instruction without operations does not leave.
    virtual Passing passes(Timestamp, std::size_t /*ledger*/, Instruction&) {
        return Passing::unchanged;
    }
    virtual Passing passes(Timestamp, const assembly::effect::SendBatch&, assembly::PeerBatch&) {
        return Passing::unchanged;
    }
    virtual Passing passes(Timestamp, const assembly::effect::Release&) {
        return Passing::unchanged;
    }
    // A batch for a Bitcoin node with these claims in it. What does not leave, the adapter sends
    // again.
    virtual Passing passes_claims(Timestamp, std::size_t /*ledger*/,
                                  const std::vector<bitcoin::EscrowLock>&) {
        return Passing::unchanged;
    }
    // A transaction for a Bitcoin node. What is changed must be valid by itself: of a witness, say.
    virtual Passing passes(Timestamp, std::size_t /*ledger*/, bitcoin::Transaction&) {
        return Passing::unchanged;
    }
    // On a chain a transaction commits to all that is in it, and blocks to their transactions:
    // there the adapter hears other commands than its node gave, and the node other reports than
    // came.
    virtual void passes_inputs(Timestamp, std::size_t /*ledger*/, std::vector<AdapterInput>&) {}
    virtual void passes_reports(Timestamp, std::size_t /*ledger*/, std::vector<Report>&) {}
    // What its node is about to hear.
    virtual void hears_batch(Timestamp, const assembly::CheckedBatch&) {}
    virtual bool hears_ledger(Timestamp, assembly::event::FromLedger&) { return true; }
    virtual void hears_reply(Timestamp, assembly::event::PeerReplied&) {}

    // An act that leaves the protocol.
    void count() { means_.tally.cheat(name_); }
    bool is_resting() const { return resting_; }
    bool chance(std::uint32_t percent) { return rng_.below(100) < percent; }
    Hash draw_hash();

    // Submits operations under a signature of its own, in no connection with its node's.
    void submit(Timestamp when, std::size_t ledger, std::vector<Op> ops);
    // The same to a Bitcoin node.
    void submit(Timestamp when, std::size_t ledger, const bitcoin::Transaction& transaction);
    // Takes out the operations that are not to leave yet, and submits each at its time (at none:
    // never); `until` is asked once for each. The node goes on sending the whole.
    template <class Until>
    Passing hold(Timestamp now, std::size_t ledger, Instruction& instruction, Until until) {
        std::vector<Op> leave;
        for (Op& op : instruction.ops) {
            auto held = held_.find(op.id);
            if (held == held_.end()) {
                held = held_.emplace(op.id, until(op)).first;
                if (held->second > now && held->second != Timestamp::never())
                    submit(held->second, ledger, {op});
            }
            if (held->second <= now) leave.push_back(std::move(op));
        }
        const bool all = leave.size() == instruction.ops.size();
        instruction.ops = std::move(leave);
        return all ? Passing::unchanged : Passing::changed;
    }

    const Address& ledger_address(std::size_t ledger) const {
        return means_.config.ledgers[ledger].ledger;
    }
    // Its own, on a ledger where it has one.
    const Address& account_on(const std::string& ledger) const;
    bool is_ours(std::size_t ledger, const Address& account) const;
    bool is_securities(std::size_t ledger) const;
    // The changes of escrows that a ledger tells of; empty for everything else.
    std::vector<LedgerEvent> events_in(const assembly::event::FromLedger& event) const;

    Means means_;

private:
    class GoBetween;

    static std::string to_name(Behaviour behaviour);
    bool let(Timestamp now, assembly::effect::ToLedger& out);
    bool let_rpc(Timestamp now, assembly::effect::ToLedger& out);
    bool let(Timestamp now, assembly::effect::SendBatch& out);
    bool let(Timestamp now, const assembly::effect::Release& out);
    template <class Other>
    bool let(Timestamp, const Other&) {
        return true;
    }

    const Instruction& decoded(const Bytes& octets);

    std::string name_;
    Rng rng_;
    bool resting_ = false;
    std::map<CommandId, Timestamp> held_;
    std::uint64_t last_request_ = 0;
    // What is held back is sent again and again, the same octets each time.
    std::map<Bytes, Instruction> decoded_;

protected:
    Rng& rng() { return rng_; }
};

}  // namespace lockstep::sim
