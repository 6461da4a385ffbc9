// What the securities ledger knows, as ordered maps that can be rolled back. The primary maps are
// the state: they are in the snapshot and under the state root. The others are indexes that follow
// from them. No rule is here; see ledger.h.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "sdk/codec/archive.h"
#include "sdk/machine/instruction.h"
#include "securities/machine/merkle_map.h"
#include "securities/machine/undo_map.h"

namespace lockstep::securities {

// Ids come first: they differ early, which is what a lookup costs.
using EscrowRef = std::pair<EscrowId, Address>;  // id, payer
using HoldingRef = std::pair<Address, AssetId>;
using OutputId = Hash;

inline EscrowRef ref_of(const EscrowKey& key) {
    return {key.id, key.payer};
}

struct Account {
    PublicKey owner;
    std::uint64_t sequence = 0;
    template <class S, class A>
    static void fields(S& self, A& a) {
        a(self.owner, self.sequence);
    }
};

struct Asset {
    PublicKey issuer;
    Amount lot;
    Amount issued;    // ever; bounds every sum of this asset
    Amount redeemed;  // ever
    std::uint64_t sequence = 0;
    template <class S, class A>
    static void fields(S& self, A& a) {
        a(self.issuer, self.lot, self.issued, self.redeemed, self.sequence);
    }
};

// An unspent output: units that one operation made and another will consume whole.
struct Output {
    AssetId asset;
    Amount amount;
    Address owner;                  // of a locked one: the payer
    std::optional<EscrowRef> lock;  // the escrow that it stands in
    std::uint64_t made = 0;         // sequence of the effect that made it: where its trace begins
    template <class S, class A>
    static void fields(S& self, A& a) {
        a(self.asset, self.amount, self.owner, self.lock, self.made);
    }
};

struct Holding {
    Amount free;
    Amount escrowed;
    template <class S, class A>
    static void fields(S& self, A& a) {
        a(self.free, self.escrowed);
    }
};

struct Escrow {
    EscrowTerms terms;
    EscrowState state = EscrowState::prepared;
    std::uint64_t prepared_at = 0;  // sequence of the first answer to prepare
    std::uint64_t sequence = 0;     // of the last change
    std::optional<Hash> preimage;   // where fulfilled
    OutputId lock;                  // while prepared
    Timestamp remember_until;       // when it may be forgotten, once closed
    template <class S, class A>
    static void fields(S& self, A& a) {
        a(self.terms.id, self.terms.payer, self.terms.payee, self.terms.asset, self.terms.amount,
          self.terms.condition, self.terms.expiry, self.state, self.prepared_at, self.sequence,
          self.preimage, self.lock, self.remember_until);
    }
};

// A payee refused an escrow that did not exist: it binds that payee only, so that nobody can refuse
// another's escrow.
struct Tombstone {
    std::uint64_t sequence = 0;
    Timestamp remember_until;
    template <class S, class A>
    static void fields(S& self, A& a) {
        a(self.sequence, self.remember_until);
    }
};
using TombstoneRef = std::pair<EscrowRef, Address>;  // escrow, payee

// The first answer to an operation, kept until no instruction with it can be sent any more.
struct Answered {
    Hash operation;  // SHA-256 of its octets
    bool done = false;
    Reason reason = Reason::internal_error;
    std::uint64_t sequence = 0;
    Timestamp until;
    template <class S, class A>
    static void fields(S& self, A& a) {
        a(self.operation, self.done, self.reason, self.sequence, self.until);
    }
};
using AnswerRef = std::pair<CommandId, PublicKey>;  // operation, signer

class State {
public:
    // primary
    UndoMap<Address, Account> accounts;
    UndoMap<AssetId, Asset> assets;
    UndoMap<OutputId, Output> outputs;
    UndoMap<EscrowRef, Escrow> escrows;
    UndoMap<TombstoneRef, Tombstone> tombstones;
    UndoMap<AnswerRef, Answered> answers;
    UndoMap<HoldingRef, Holding> holdings;
    std::uint64_t sequence = 0;  // of the last effect
    Timestamp time;              // of the last block

    // indexes
    UndoSet<std::pair<HoldingRef, std::pair<std::uint64_t, OutputId>>> spendable;  // oldest first
    UndoSet<std::pair<HoldingRef, std::pair<std::uint64_t, OutputId>>> by_amount;  // the same
    UndoSet<std::pair<Timestamp, EscrowRef>> expiries;                             // prepared ones
    UndoSet<std::pair<Address, std::pair<std::uint64_t, EscrowRef>>> open;  // by either party
    UndoMap<Address, std::uint64_t> tombstones_of;                          // by payee
    UndoMap<Address, std::uint64_t> open_of;                                // escrows, by payer
    UndoMap<PublicKey, std::uint64_t> answers_of;                           // by signer
    UndoSet<std::pair<Timestamp, EscrowRef>> closed;                        // to forget
    UndoSet<std::pair<Timestamp, TombstoneRef>> stale_tombstones;
    UndoSet<std::pair<Timestamp, AnswerRef>> stale_answers;
    UndoMap<PublicKey, std::uint64_t> keys;  // owners and issuers, with their number of uses

    // Each keeps the indexes in step.
    void add_output(const OutputId& id, Output output);
    void remove_output(const OutputId& id);
    void put_escrow(Escrow escrow);
    void forget_escrow(const EscrowRef& ref);
    void put_tombstone(const TombstoneRef& ref, Tombstone tombstone);
    void forget_tombstone(const TombstoneRef& ref);
    void put_answer(const AnswerRef& ref, Answered answer);
    // For longer, never for shorter.
    void keep_answer(const AnswerRef& ref, Timestamp until);
    void forget_answer(const AnswerRef& ref);
    void add_key(const PublicKey& key);

    std::uint64_t answer_count(const PublicKey& signer) const;
    std::uint64_t open_count(const Address& payer) const;

    // What changed since the last commit, brought under the root.
    Hash root();
    StateProof prove_escrow(const EscrowRef& ref) const { return merkle_.prove(escrow_key(ref)); }
    static Hash output_key(const OutputId& id);
    static Hash escrow_key(const EscrowRef& ref);
    static Hash value_of(const Output& output);
    static Hash value_of(const Escrow& escrow);

    void commit();
    void rollback();

    // Canonical octets of the committed state; nothing may be open.
    void write(ArchiveWriter& to) const;
    // A state whose parts do not fit together is malformed.
    void read(ArchiveReader& from);

private:
    // Whether each part names others that are there, and everything adds up.
    bool is_sound() const;
    template <class F>
    void for_each_map(F visit);
    template <class F>
    void for_each_primary(F visit);
    void index_again();
    void close_marks();

    MerkleMap merkle_;
    std::uint64_t committed_sequence_ = 0;
    Timestamp committed_time_;
};

}  // namespace lockstep::securities
