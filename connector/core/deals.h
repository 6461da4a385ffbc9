// The life of a deal outside its decisions: opened, indexed, its amount promised, closed.
#pragma once

#include "connector/core/effects.h"

namespace lockstep::core {

// What the account can still promise; zero for accounts whose balance is not known yet.
Amount available(const State& state, const AccountKey& account);
AccountKey paying_account(const Leg& out);

// Puts a deal into the state and its indexes, and commits its outgoing amount. The id is new.
Deal& open_deal(Effects& fx, Deal deal);
// Takes it out again. Its condition stays remembered until nothing with it can come any more.
void close_deal(Effects& fx, const Hash& id);
// The outgoing amount no longer counts against the account beside its balance.
void uncommit(State& state, Deal& deal);
// Sets the escrow key of a leg that had none.
void name_leg(State& state, Deal& deal, Leg& leg, const EscrowKey& key);
// The outgoing escrow was taken, and of the incoming one there is nothing (any more, or yet).
bool awaits_lost_incoming(const Deal& deal);
// Older than this process, and its ledger, the one that it pays on or, for a receiver, is paid on,
// was not read since: an earlier run may have placed there, or taken, what the journal does not
// know.
bool awaits_ledger(const State& state, const Deal& deal);
// Proof that nothing can be taken from us any more on the outgoing side.
bool outgoing_is_safe(const Deal& deal);
// When nobody here waits any longer for the payer of an incoming escrow on an open ledger, which
// was given back and which only its payer can end: when a refund at its expiry would be final.
// never() where that is not how it stands.
Timestamp left_to_payer_at(const State& state, const Deal& deal);
// Sets when the deal needs attention without any input.
void set_deal_due(State& state, const Deal& deal);
void index_deal(State& state, const Deal& deal);

// As readers see it.
DealRecord record_of(const Deal& deal, bool open);

Deal* find_deal(State& state, const Hash& id);
Deal* find_by_condition(State& state, const Condition& condition);
Deal* find_by_escrow(State& state, const Address& ledger, const EscrowKey& key);

}  // namespace lockstep::core
