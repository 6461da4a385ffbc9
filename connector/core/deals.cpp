#include "connector/core/deals.h"

#include <algorithm>
#include <array>

#include "sdk/base/assert.h"

namespace lockstep::core {

Amount available(const State& state, const AccountKey& account) {
    const auto found = state.accounts.find(account);
    if (found == state.accounts.end()) return Amount{};
    return checked_sub(found->second.free, found->second.committed).value_or(Amount{});
}

AccountKey paying_account(const Leg& out) {
    return {out.hop.ledger, {out.hop.payer, out.hop.asset}};
}

bool awaits_ledger(const State& state, const Deal& deal) {
    const Leg& own = deal.out ? *deal.out : *deal.in;
    return deal.opened <= state.started && !state.caught_up(own.hop.ledger);
}

bool awaits_lost_incoming(const Deal& deal) {
    return deal.in && deal.out && deal.in->state == LegState::none &&
           deal.out->state == LegState::fulfilled;
}

bool outgoing_is_safe(const Deal& deal) {
    if (!deal.out) return true;
    return deal.out->state == LegState::absent || deal.out->state == LegState::refunded ||
           (deal.out->state == LegState::none && deal.given_up);
}

Timestamp left_to_payer_at(const State& state, const Deal& deal) {
    if (!deal.in || deal.in->state != LegState::held || !deal.reject_sent)
        return Timestamp::never();
    if (deal.preimage || deal.release_recorded || !outgoing_is_safe(deal))
        return Timestamp::never();
    const LedgerConfig* ledger = state.ledger_config(deal.in->hop.ledger);
    if (ledger == nullptr) return Timestamp::never();
    const LedgerTiming timing = state.timing(*ledger);
    if (timing.expiry_rule != ExpiryRule::open) return Timestamp::never();
    const TimingProfile& profile = timing.profile;
    return deal.in->hop.expiry + profile.late + profile.inclusion + profile.finality;
}

namespace {

Timestamp deal_due(const State& state, const Deal& deal) {
    const bool nothing_in = !deal.in || deal.in->state == LegState::none;
    const bool nothing_out = !deal.out || deal.out->state == LegState::none;
    const bool waits = awaits_ledger(state, deal);
    if (nothing_in && nothing_out) return waits ? Timestamp::never() : deal.lapse;
    // A forwarder whose incoming escrow stands must have placed by then, or gives up.
    if (deal.forwards() && deal.in->state == LegState::held && nothing_out && !deal.given_up &&
        !deal.withheld && !waits)
        return deal.out->hop.place_by;
    // What never comes again is lost when it no longer can.
    if (awaits_lost_incoming(deal) && state.caught_up(deal.in->hop.ledger))
        return deal.in->hop.expiry;
    return left_to_payer_at(state, deal);
}

// Every command that this node could have sent for the leg.
std::array<CommandId, 3> commands_of(const Leg& leg) {
    return {command_id("prepare", leg.hop.ledger, leg.key),
            command_id("fulfil", leg.hop.ledger, leg.key),
            command_id("reject", leg.hop.ledger, leg.key)};
}

// What a peer's quotes take of an account of ours.
std::pair<PublicKey, AccountKey> share_of(const Deal& deal) {
    return {deal.asked_by, paying_account(*deal.out)};
}

template <class Map, class Key>
void forget_own(Map& map, const Key& key, const Hash& id) {
    const auto found = map.find(key);
    if (found != map.end() && found->second == id) map.erase(found);
}

void index_leg(State& state, const Hash& id, const Leg& leg) {
    if (leg.key.id.is_zero()) return;
    state.by_escrow[{leg.hop.ledger, leg.key}] = id;
    for (const CommandId& command : commands_of(leg))
        state.by_command[command] = id;
}

}  // namespace

void set_deal_due(State& state, const Deal& deal) {
    state.set_due(Due::deal, deal.id.view(), deal_due(state, deal));
}

void index_deal(State& state, const Deal& deal) {
    if (deal.in) index_leg(state, deal.id, *deal.in);
    if (deal.out) index_leg(state, deal.id, *deal.out);
    if (!deal.secret_context.is_zero())
        state.by_context[deal.secret_context] = PlanId{deal.id.array()};
    if (deal.role == DealRole::connector) {
        ++state.slots[deal.asked_by];
        Amount& share = state.shares[share_of(deal)];
        // Cannot overflow: all of it was once available on one account.
        share = checked_add(share, deal.out->hop.amount).value_or(Amount{UINT64_MAX});
    }
    state.by_condition.emplace(deal.condition, deal.id);
    set_deal_due(state, deal);
}

Deal& open_deal(Effects& fx, Deal deal) {
    State& state = fx.state();
    if (deal.out) {
        Account& account = state.accounts[paying_account(*deal.out)];
        const auto committed = checked_add(account.committed, deal.out->hop.amount);
        ASSERT(committed.has_value());
        account.committed = *committed;
        deal.committed = true;
    }
    const auto [place, added] = state.deals.emplace(deal.id, std::move(deal));
    ASSERT(added);
    place->second.opened = place->second.changed = fx.at();
    index_deal(state, place->second);
    return place->second;
}

void uncommit(State& state, Deal& deal) {
    if (!deal.committed) return;
    Account& account = state.accounts[paying_account(*deal.out)];
    const auto left = checked_sub(account.committed, deal.out->hop.amount);
    ASSERT(left.has_value());
    account.committed = *left;
    deal.committed = false;
}

void name_leg(State& state, Deal& deal, Leg& leg, const EscrowKey& key) {
    ASSERT(leg.key.id.is_zero());
    leg.key = key;
    index_leg(state, deal.id, leg);
}

void close_deal(Effects& fx, const Hash& id) {
    State& state = fx.state();
    const auto place = state.deals.find(id);
    ASSERT(place != state.deals.end());
    Deal& deal = place->second;
    uncommit(state, deal);
    deal.changed = fx.at();
    fx.write(record_of(deal, false));
    Timestamp last = std::max(fx.at(), deal.lapse);
    bool used = deal.preimage.has_value();
    for (const std::optional<Leg>* leg : {&deal.in, &deal.out}) {
        if (!*leg) continue;
        last = std::max(last, (*leg)->hop.expiry);
        if ((*leg)->key.id.is_zero()) continue;
        used = true;
        forget_own(state.by_escrow, EscrowPlace{(*leg)->hop.ledger, (*leg)->key}, id);
        for (const CommandId& command : commands_of(**leg))
            forget_own(state.by_command, command, id);
    }
    if (deal.role == DealRole::connector) {
        const auto slot = state.slots.find(deal.asked_by);
        ASSERT(slot != state.slots.end());
        if (--slot->second == 0) state.slots.erase(slot);
        const auto share = state.shares.find(share_of(deal));
        ASSERT(share != state.shares.end());
        share->second = checked_sub(share->second, deal.out->hop.amount).value_or(Amount{});
        if (share->second.is_zero()) state.shares.erase(share);
    }
    forget_own(state.by_condition, deal.condition, id);
    // A condition whose preimage is known, or that stood in an escrow, is refused from now on, for
    // longer than any instruction with it could still be accepted.
    if (used) {
        Timestamp& until = state.conditions[deal.condition];
        until = std::max(until, last + max_instruction_life);
        state.set_due(Due::condition, deal.condition.view(), until);
    }
    if (!deal.secret_context.is_zero()) state.by_context.erase(deal.secret_context);
    state.set_due(Due::deal, id.view(), Timestamp::never());
    state.deals.erase(place);
}

DealRecord record_of(const Deal& deal, bool open) {
    DealRecord row;
    row.id = deal.id;
    row.role = deal.role;
    row.condition = deal.condition;
    if (deal.in) {
        row.in = deal.in->hop;
        row.in_key = deal.in->key;
        row.in_state = deal.in->state;
    }
    if (deal.out) {
        row.out = deal.out->hop;
        row.out_key = deal.out->key;
        row.out_state = deal.out->state;
    }
    row.reason = deal.reason;
    row.open = open;
    row.changed = deal.changed;
    return row;
}

Deal* find_deal(State& state, const Hash& id) {
    const auto found = state.deals.find(id);
    return found == state.deals.end() ? nullptr : &found->second;
}

Deal* find_by_condition(State& state, const Condition& condition) {
    const auto found = state.by_condition.find(condition);
    return found == state.by_condition.end() ? nullptr : find_deal(state, found->second);
}

Deal* find_by_escrow(State& state, const Address& ledger, const EscrowKey& key) {
    const auto found = state.by_escrow.find({ledger, key});
    return found == state.by_escrow.end() ? nullptr : find_deal(state, found->second);
}

}  // namespace lockstep::core
