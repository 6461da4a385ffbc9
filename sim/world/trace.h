// What happened in a world, in order: a digest always, moments to look at only where asked for.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sdk/machine/escrow.h"

namespace lockstep::sim {

// A ledger, a validator, a node, or the world itself (0).
using ActorId = std::uint32_t;
constexpr ActorId the_world = 0;

enum class ActorKind : std::uint8_t { world = 0, ledger, validator, node };
struct Actor {
    std::string name;
    ActorKind kind = ActorKind::world;
    bool honest = true;
};

enum class MomentKind : std::uint8_t {
    message_sent = 1,  // actor to other; text says what
    message_arrived,
    message_lost,
    escrow_prepared,  // actor is the ledger; escrow says the terms
    escrow_fulfilled,
    escrow_expired,
    escrow_rejected,
    released,  // actor's decision to show its secret is durable
    crashed,
    started,
    fault,  // text: which, what it does
    fault_over,
    state,  // actor says of a trade or payment: text "TRD-1 settled"
    alarm,
    balance,            // actor is a ledger: other holds `amount` of `asset`, `escrowed` beside it
    violation,          // text: rule and why
    escrow_taken_back,  // actor is the ledger; text is what it had come to
};

struct Moment {
    Timestamp at;  // true time
    MomentKind kind = MomentKind::fault;
    ActorId actor = the_world;
    ActorId other = the_world;
    std::string text;
    // where an escrow moved; of anything else that concerns a settlement the condition alone
    EscrowTerms escrow;
    ActorId payer = the_world;  // the nodes behind the accounts
    ActorId payee = the_world;
    // where a balance changed
    AssetId asset;
    Amount amount;
    Amount escrowed;
};

class Trace {
public:
    explicit Trace(bool keep) : keep_(keep) {}

    ActorId add_actor(Actor actor) {
        actors_.push_back(std::move(actor));
        return static_cast<ActorId>(actors_.size() - 1);
    }
    const std::vector<Actor>& actors() const { return actors_; }

    // Goes into the digest, nothing else.
    void mix(std::uint64_t word);
    void mix(ByteView octets);
    // A moment goes into the digest; it is kept where the trace was asked to keep.
    void note(Moment moment);
    bool keeps() const { return keep_; }
    const std::vector<Moment>& moments() const { return moments_; }
    std::uint64_t count() const { return count_; }
    Hash digest() const;

private:
    bool keep_;
    std::vector<Actor> actors_{{"world", ActorKind::world, true}};
    std::vector<Moment> moments_;
    std::uint64_t count_ = 0;
    std::uint64_t low_ = 0x9E3779B97F4A7C15ULL;
    std::uint64_t high_ = 0xD1B54A32D192ED03ULL;
};

}  // namespace lockstep::sim
