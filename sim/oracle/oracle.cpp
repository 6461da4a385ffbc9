#include "sim/oracle/oracle.h"

#include <algorithm>
#include <utility>

#include "connector/core/state.h"
#include "sdk/base/assert.h"
#include "sdk/codec/archive.h"
#include "sdk/crypto/hash.h"
#include "sim/world/setup.h"

namespace lockstep::sim {
namespace {

// Every change is checked for what it can break; the books are added up this often besides.
constexpr std::uint64_t recount_every = 512;
// A question's way to a ledger, and its answer's back.
constexpr Duration longest_answer = Duration::seconds(2);

}  // namespace

Oracle::Oracle(Parts parts) : parts_(parts) {
    for (const RuleEntry& entry : rules())
        results_.push_back({std::string(entry.name), std::string(entry.meaning), 0, {}});
}

void Oracle::begin() {
    for (const auto& node : parts_.nodes)
        for (const core::LedgerConfig& ledger : node->config().ledgers)
            for (const Address& account : ledger.accounts)
                owners_[account] = node.get();
    for (const auto& ledger : parts_.ledgers)
        for (const auto& [account, node] : owners_)
            if (ledger->address().is_prefix_of(account))
                for (const Balance& balance : ledger->balances(account)) {
                    note_balance(*ledger, account, balance.asset);
                    Money& money = money_[{account, balance.asset}];
                    money.free = balance.free;
                    money.most = money.whole = balance.free;
                }
    note_prices();
    recount();
}

void Oracle::excuse(const NodeProcess& node) {
    if (excused_.contains(&node)) return;
    settle_losses(node);
    excused_.insert(&node);
    for (const auto& entry : chains_)
        count_loss(node, entry.first);
}
// A secret that it decided to show after the copy was made, and that no ledger has seen, is
// nobody's any more: neither it nor anybody else can claim with it.
void Oracle::restored(const NodeProcess& node, Timestamp copied) {
    restored_.insert(&node);
    for (auto& [place, escrow] : escrows_)
        if (owner(escrow.terms.payer) == &node && escrow.prepared_at >= copied)
            escrow.is_forgotten = true;
    std::erase_if(released_, [&](const auto& entry) {
        const auto& [condition, released] = entry;
        const bool is_forgotten =
            released.node == &node && released.at >= copied && !is_paid(node, condition, false);
        // It cannot alarm what it does not know.
        if (is_forgotten) lost_[&node].conditions.erase(condition);
        return is_forgotten;
    });
}
bool Oracle::is_excused(const NodeProcess& node) const {
    return excused_.contains(&node);
}

std::vector<RuleResult> Oracle::results() const {
    return results_;
}

void Oracle::count(Rule rule) {
    ++results_[static_cast<std::size_t>(rule)].checks;
}

void Oracle::violate(Rule rule, const std::string& what) {
    RuleResult& result = results_[static_cast<std::size_t>(rule)];
    ++violations_;
    constexpr std::size_t most_told = 20;
    if (result.violations.size() < most_told) result.violations.push_back(what);
    Moment moment;
    moment.at = parts_.scheduler.now();
    moment.kind = MomentKind::violation;
    moment.text = result.rule + ": " + what;
    parts_.trace.note(std::move(moment));
}

std::size_t Oracle::ledger_index(const Address& ledger) const {
    for (std::size_t i = 0; i < parts_.ledgers.size(); ++i)
        if (parts_.ledgers[i]->address() == ledger) return i;
    UNREACHABLE();
}

const NodeProcess* Oracle::owner(const Address& account) const {
    const auto found = owners_.find(account);
    return found == owners_.end() ? nullptr : found->second;
}

bool Oracle::is_held_to(const NodeProcess* node) const {
    return node != nullptr && node->honest() && !excused_.contains(node) && !node->dead_for_good();
}

const NodeSpec& Oracle::spec_of(const NodeProcess& node) const {
    for (const NodeSpec& spec : parts_.scenario.nodes)
        if (spec.name == node.name()) return spec;
    UNREACHABLE();
}

std::string Oracle::tell(const Known& escrow) const {
    const EscrowTerms& terms = escrow.terms;
    return format_amount(terms.amount, terms.asset.scale()) + " " + terms.asset.code() + " from " +
           terms.payer.text() + " to " + terms.payee.text() + " under " +
           terms.condition.hex().substr(0, 8) + ", " + std::string(to_string(escrow.state));
}

bool Oracle::stands_still(const NodeProcess& node) {
    return !node.up() || node.node().machine().state().loud_stop;
}

// --- what ledgers commit ---

Moment Oracle::moment_of(const LedgerService& ledger, const LedgerEvent& event) const {
    Moment moment;
    moment.at = parts_.scheduler.now();
    moment.actor = ledger.actor();
    moment.escrow = event.terms;
    if (const NodeProcess* node = owner(event.terms.payer)) moment.payer = node->actor();
    if (const NodeProcess* node = owner(event.terms.payee)) moment.payee = node->actor();
    return moment;
}

Duration Oracle::life_behind_expiry(std::size_t ledger, const EscrowTerms& terms) const {
    const NodeProcess* payer = owner(terms.payer);
    return bound_of_end(parts_.scenario.ledgers[ledger],
                        payer == nullptr ? core::Endurance{} : spec_of(*payer).endurance);
}

// Its payee is honest, can claim, and has nothing else for what it paid on or showed.
bool Oracle::is_owed(const Known& escrow) const {
    const Condition& condition = escrow.terms.condition;
    const NodeProcess* payee = owner(escrow.terms.payee);
    if (payee == nullptr || !payee->honest() || payee->dead_for_good()) return false;
    if (is_paid(*payee, condition, false)) return false;
    const auto released = released_.find(condition);
    if (released != released_.end() && released->second.node == payee) return true;
    return sides_of(*payee, condition).out != nullptr;
}

// Where refunds are the payer's, one that is no honest node of the world may leave its own. What
// was paid on for it is not left.
bool Oracle::is_abandoned(const Known& escrow) const {
    if (!is_open_ledger(parts_.scenario.ledgers[escrow.ledger]) || is_owed(escrow)) return false;
    const NodeProcess* payer = owner(escrow.terms.payer);
    return payer == nullptr || !payer->honest() || payer->dead_for_good();
}

bool Oracle::is_final(const Known& escrow) const {
    return parts_.ledgers[escrow.ledger]->is_final({escrow.terms.payer, escrow.terms.id});
}

void Oracle::open(Known& escrow, const Place& place) {
    escrow.state = EscrowState::prepared;
    ++open_;
    escrow.due = escrow.terms.expiry + life_behind_expiry(escrow.ledger, escrow.terms);
    due_.emplace(escrow.due, place);
}

void Oracle::close(const Known& escrow, const Place& place) {
    --open_;
    due_.erase({escrow.due, place});
    overdue_.erase(place);
    give_share_back(escrow);
}

void Oracle::escrow_moved(const LedgerService& ledger, const LedgerEvent& event) {
    const std::size_t index = ledger_index(ledger.address());
    const Place place{index, {event.terms.payer, event.terms.id}};
    Moment moment = moment_of(ledger, event);
    auto found = escrows_.find(place);
    if (event.state == EscrowState::prepared) {
        check(Rule::forward_only, found == escrows_.end(), [&] {
            return std::string("an escrow was prepared twice on " + ledger.address().text());
        });
        found = escrows_
                    .insert_or_assign(
                        place, Known{event.terms, event.state, index, parts_.scheduler.now()})
                    .first;
        Chain& chain = chains_[event.terms.condition];
        if (chain.escrows.empty()) chain.first_payer = event.terms.payer;
        chain.escrows.push_back(place);
        if (const NodeProcess* node = owner(event.terms.payee))
            found->second.payee_starts = node->starts();
        last_expiry_ = std::max(last_expiry_, event.terms.expiry);
        open(found->second, place);
        moment.kind = MomentKind::escrow_prepared;
        parts_.trace.note(std::move(moment));
        move_money(found->second);
        prepared(found->second);
    } else {
        const bool was_open =
            found != escrows_.end() && found->second.state == EscrowState::prepared;
        check(Rule::forward_only, was_open, [&] {
            return std::string("an escrow that was not open ended on " + ledger.address().text());
        });
        if (!was_open) return;
        Known& known = found->second;
        known.state = event.state;
        known.ended_at = parts_.scheduler.now();
        close(known, place);
        move_money(known);
        count(Rule::timeliness);
        moment.kind = event.state == EscrowState::fulfilled          ? MomentKind::escrow_fulfilled
                      : event.state == EscrowState::refunded_expired ? MomentKind::escrow_expired
                                                                     : MomentKind::escrow_rejected;
        parts_.trace.note(std::move(moment));
        if (event.state == EscrowState::fulfilled) {
            check(Rule::expiry,
                  is_open_ledger(parts_.scenario.ledgers[index]) ||
                      !is_expired(event.at, known.terms.expiry),
                  [&] { return std::string("fulfilled at its expiry or later: " + tell(known)); });
            check(Rule::preimage,
                  event.preimage && event.preimage->size() == preimage_size &&
                      sha256(*event.preimage).view().size() == 32 &&
                      equal(sha256(*event.preimage).view(), known.terms.condition.view()),
                  [&] { return std::string("fulfilled without the preimage: " + tell(known)); });
        } else if (event.state == EscrowState::refunded_expired) {
            check(Rule::expiry, is_expired(event.at, known.terms.expiry),
                  [&] { return std::string("refunded before its expiry: " + tell(known)); });
        }
        ended(known);
    }
    note_balance(ledger, event.terms.payer, event.terms.asset);
    if (event.terms.payee != event.terms.payer)
        note_balance(ledger, event.terms.payee, event.terms.asset);
    if (++moves_ % recount_every == 0) recount();
}

// Within R of its being shown and before it was final, or nobody's profile holds any more.
void Oracle::escrow_taken_back(const LedgerService& ledger, const LedgerEvent& event,
                               std::uint32_t blocks) {
    const std::size_t index = ledger_index(ledger.address());
    const Place place{index, {event.terms.payer, event.terms.id}};
    const auto found = escrows_.find(place);
    const bool is_known = found != escrows_.end() && found->second.state == event.state;
    check(Rule::forward_only, is_known,
          [&] { return "an escrow was taken back that was not so on " + ledger.address().text(); });
    if (!is_known) return;
    Known& known = found->second;
    Moment moment = moment_of(ledger, event);
    moment.kind = MomentKind::escrow_taken_back;
    moment.text = std::string(to_string(event.state));
    parts_.trace.note(std::move(moment));
    const bool was_open = event.state == EscrowState::prepared;
    const Timestamp shown = was_open ? known.prepared_at : known.ended_at;
    const bool excused = std::all_of(
        parts_.nodes.begin(), parts_.nodes.end(),
        [&](const auto& node) { return excused_.contains(node.get()) || !node->honest(); });
    const LedgerSpec& spec = parts_.scenario.ledgers[index];
    const bool may_be = parts_.scheduler.now() - shown <= spec.profile.rollback &&
                        blocks <= static_cast<std::uint32_t>(spec.chain.reorg);
    check(Rule::forward_only, excused || parts_.scenario.unsafe || may_be,
          [&] { return "taken back when it was final: " + tell(known); });
    move_money_back(known);
    if (was_open) {
        close(known, place);
        std::erase(chains_.at(event.terms.condition).escrows, place);
        escrows_.erase(found);
        if (const NodeProcess* payee = owner(event.terms.payee);
            payee != nullptr && excused_.contains(payee))
            count_loss(*payee, event.terms.condition);
    } else {
        open(known, place);
        take_share_again(known);
        forgive_loss(known);
    }
    note_balance(ledger, event.terms.payer, event.terms.asset);
    note_balance(ledger, event.terms.payee, event.terms.asset);
}

void Oracle::fee_paid(const LedgerService& ledger, const Address& account, Amount fee,
                      std::size_t vsize) {
    const NodeProcess* node = owner(account);
    if (node == nullptr || !node->honest()) return;
    const ChainSpec& chain = parts_.scenario.ledgers[ledger_index(ledger.address())].chain;
    check(Rule::fees, fee <= bound_of_fee(chain.max_fee, vsize), [&] {
        return node->name() + " paid miners " + std::to_string(fee.units()) + " for " +
               std::to_string(vsize) + " bytes";
    });
}

bool Oracle::nothing_open() const {
    const auto is_left = [&](const Place& place) { return is_abandoned(escrows_.at(place)); };
    return std::all_of(overdue_.begin(), overdue_.end(), is_left) &&
           std::all_of(due_.begin(), due_.end(),
                       [&](const auto& entry) { return is_left(entry.second); });
}

// For who looks at the trace afterwards.
void Oracle::note_balance(const LedgerService& ledger, const Address& account,
                          const AssetId& asset) {
    const NodeProcess* node = owner(account);
    if (node == nullptr || !parts_.trace.keeps()) return;
    for (const Balance& balance : ledger.balances(account)) {
        if (balance.asset != asset) continue;
        Moment moment;
        moment.at = parts_.scheduler.now();
        moment.kind = MomentKind::balance;
        moment.actor = ledger.actor();
        moment.other = node->actor();
        moment.asset = asset;
        moment.amount = balance.free;
        moment.escrowed = balance.escrowed;
        parts_.trace.note(std::move(moment));
    }
}

void Oracle::prepared(Known& escrow) {
    const NodeProcess* payer = owner(escrow.terms.payer);
    if (payer == nullptr || !payer->honest()) return;
    const Condition& condition = escrow.terms.condition;
    std::size_t placed = 0;
    const Known* incoming = nullptr;
    bool pays = false;  // what stands for it is the price of what it places
    for (const Place& place : chains_.at(condition).escrows) {
        const Known& other = escrows_.at(place);
        if (owner(other.terms.payer) == payer) ++placed;
        if (owner(other.terms.payee) != payer) continue;
        if (incoming == nullptr) incoming = &other;
        // A clock beyond its profile may refund it while what it pays for is under way.
        const bool stands =
            (other.state == EscrowState::prepared && (is_final(other) || !is_held_to(payer))) ||
            parts_.scenario.unsafe;
        pays = pays || (stands && is_price(*payer, other, escrow));
    }
    check(Rule::placed_once, placed == 1,
          [&] { return std::string(payer->name() + " placed again: " + tell(escrow)); });
    const NodeSpec& spec = spec_of(*payer);
    const bool may_begin = spec.buyer || spec.payer;
    if (incoming == nullptr) {
        check(Rule::after_incoming, may_begin, [&] {
            return std::string(payer->name() +
                               " forwards what does not stand for it: " + tell(escrow));
        });
        return;
    }
    check(Rule::exact_amounts, pays, [&] {
        return payer->name() + " placed " + tell(escrow) + " at another price than its own";
    });
    if (!spec.offers.empty()) take_share(*payer, escrow);
    if (parts_.scenario.unsafe) return;
    const LedgerSpec& in = parts_.scenario.ledgers[incoming->ledger];
    const LedgerSpec& out = parts_.scenario.ledgers[escrow.ledger];
    check(
        Rule::ladder,
        incoming->terms.expiry - escrow.terms.expiry >= bound_of_margin(in, out, spec.endurance),
        [&] {
            return std::string(payer->name() + " placed with too small a margin: " + tell(escrow));
        });
}

// What a ledger may take back again is judged in finish(), when it cannot any more.
void Oracle::ended(const Known& escrow) {
    const bool may_come_back = parts_.scenario.ledgers[escrow.ledger].profile.rollback > Duration{};
    for (const Address* account : {&escrow.terms.payer, &escrow.terms.payee})
        if (const NodeProcess* node = owner(*account); is_held_to(node)) {
            if (!may_come_back) check_loss(*node, escrow.terms.condition);
        } else if (node != nullptr && excused_.contains(node)) {
            count_loss(*node, escrow.terms.condition);
        }
    if (may_come_back) return;
    const NodeProcess* payee = owner(escrow.terms.payee);
    const auto released = released_.find(escrow.terms.condition);
    if (released != released_.end() && released->second.node == payee && is_held_to(payee))
        check(Rule::revealed_is_paid, is_paid(*payee, escrow.terms.condition, true), [&] {
            return std::string(payee->name() +
                               " showed its secret and was not paid: " + tell(escrow));
        });
}

// Where an expiry is held against the median of the stamps a node knows it as it was when it asked
// last.
bool Oracle::is_in_time(const NodeProcess& node, const Known& escrow) const {
    const LedgerSpec& spec = parts_.scenario.ledgers[escrow.ledger];
    const Duration bound = bound_of_reveal(spec.profile, spec_of(node).endurance);
    const Timestamp now = parts_.scheduler.now();
    if (!is_open_ledger(spec)) return now + bound < escrow.terms.expiry + spec.profile.late;
    const Timestamp asked = now - spec.beat - longest_answer;
    return parts_.ledgers[escrow.ledger]->time_for(node.actor(), asked) + bound <
           escrow.terms.expiry;
}

// Looked at where the node decided and showed in one life: a release that was recorded before an
// outage is shown after it, which is what the guard leaves room for. A node's clock may lag as much
// as the ledger's.
void Oracle::secret_released(const NodeProcess& node, const Condition& condition) {
    const Timestamp now = parts_.scheduler.now();
    released_[condition] = {&node, now};
    count(Rule::secrecy);
    // What it is shown for may be gone already, and the node has not heard of it.
    if (excused_.contains(&node)) count_loss(node, condition);
    if (!is_held_to(&node) || parts_.scenario.unsafe) return;
    const auto chain = chains_.find(condition);
    bool stands = false;
    bool in_time = false;
    if (chain != chains_.end())
        for (const Place& place : chain->second.escrows) {
            const Known& escrow = escrows_.at(place);
            if (owner(escrow.terms.payee) != &node) continue;
            const bool later_life = node.starts() != escrow.payee_starts;
            stands =
                stands || later_life || (escrow.state == EscrowState::prepared && is_final(escrow));
            in_time = in_time || later_life || is_in_time(node, escrow);
        }
    check(Rule::reveal_guard, stands && in_time, [&] {
        return node.name() + " showed its secret " +
               (stands ? "too late to be sure of its claim" : "for nothing that stands") +
               " under " + condition.hex().substr(0, 8);
    });
}

void Oracle::secret_leaked(const NodeProcess& node, const Condition& condition) {
    check(Rule::secrecy, false, [&] {
        return std::string(
            node.name() + " computed a secret before its release: " + condition.hex().substr(0, 8));
    });
}

void Oracle::after_step() {
    if (std::exchange(started_, false)) note_prices();
    const Timestamp now = parts_.scheduler.now();
    while (!due_.empty() && due_.begin()->first < now) {
        const Known& late = escrows_.at(due_.begin()->second);
        bool excused = false;
        for (const auto& node : parts_.nodes)
            excused = excused || excused_.contains(node.get());
        check(Rule::timeliness, excused || is_abandoned(late),
              [&] { return std::string("open beyond its time: " + tell(late)); });
        overdue_.insert(due_.begin()->second);
        due_.erase(due_.begin());
    }
}

void Oracle::recount() {
    for (const auto& ledger : parts_.ledgers)
        for (const AssetTotals& total : ledger->totals())
            check(Rule::conservation, total.conserved(), [&] {
                return std::string(total.asset.code() + " on " + ledger->address().text());
            });
}

// --- the end ---

std::size_t Oracle::open_business(const NodeProcess& node) const {
    const core::State& state = node.node().machine().state();
    std::size_t open = 0;
    for (const auto& [id, deal] : state.deals) {
        const auto incoming = deal.in
                                  ? escrows_.find({ledger_index(deal.in->hop.ledger), deal.in->key})
                                  : escrows_.end();
        const bool waits = incoming != escrows_.end() &&
                           incoming->second.state == EscrowState::prepared &&
                           is_abandoned(incoming->second);
        if (!waits) ++open;
    }
    // A venue waits for the word of parties, however long they are silent.
    for (const auto& [plan, trade] : state.trades)
        if (trade.record.role != core::TradeRole::venue) ++open;
    return open;
}

namespace {

std::optional<core::TradeRecord> record_of(const NodeProcess& node, const core::PlanId& plan) {
    const auto row =
        node.records().get(static_cast<std::uint16_t>(core::RecordKind::trade), plan.view());
    if (!row) return std::nullopt;
    auto record = decode_fields<core::TradeRecord>(*row);
    return record ? std::optional(std::move(*record)) : std::nullopt;
}

}  // namespace

// Who gave its side of a trade has the other side, exactly as it was signed.
void Oracle::check_sides(const Order& order, const core::Terms& terms) {
    const auto has = [&](const Chain& chain, const NodeProcess* node, bool as_payer,
                         const AssetId& asset, Amount least, Amount most) {
        return std::any_of(chain.escrows.begin(), chain.escrows.end(), [&](const Place& place) {
            const Known& escrow = escrows_.at(place);
            const Address& account = as_payer ? escrow.terms.payer : escrow.terms.payee;
            return owner(account) == node && escrow.state == EscrowState::fulfilled &&
                   escrow.terms.asset == asset && escrow.terms.amount >= least &&
                   escrow.terms.amount <= most;
        });
    };
    const auto chain = chains_.find(terms.condition);
    if (chain == chains_.end()) return;
    const core::Trade& trade = terms.trade;
    const Amount any{UINT64_MAX};
    if (is_held_to(order.payer) &&
        has(chain->second, order.payer, true, terms.pay_asset, Amount{}, any)) {
        check(Rule::exact_amounts,
              has(chain->second, order.payer, true, terms.pay_asset, Amount{}, terms.most_paid),
              [&] { return order.name + ": the buyer paid more than it signed"; });
        check(Rule::exact_amounts,
              has(chain->second, order.payer, false, trade.instrument, trade.quantity,
                  trade.quantity),
              [&] { return order.name + ": the buyer paid and was not delivered what it bought"; });
    }
    if (is_held_to(order.payee) &&
        has(chain->second, order.payee, true, trade.instrument, Amount{}, any))
        check(Rule::exact_amounts,
              has(chain->second, order.payee, false, trade.price_asset, trade.consideration,
                  trade.consideration),
              [&] { return order.name + ": the seller delivered and was not paid its price"; });
}

void Oracle::check_order(const Order& order) {
    if (!order.at->honest() || order.end == OrderEnd::dropped) return;
    const bool payer_honest = is_held_to(order.payer);
    // Who stands still for a person to look takes nothing on; what it took on before ends.
    const NodeProcess& asked = order.trade || order.invoice ? *order.at : *order.payee;
    const bool forgotten = restored_.contains(order.at) || restored_.contains(order.payer) ||
                           restored_.contains(order.payee);
    const bool waits =
        (!order.answered && stands_still(asked)) ||
        (forgotten && parts_.scheduler.now() < order.submitted + max_instruction_life);
    // A venue cannot tell how a trade ended of which a party says nothing; its other party can,
    // see open_business().
    const bool silenced = order.trade && !order.payee->honest();
    check(Rule::answered,
          order.end != OrderEnd::open || waits || !payer_honest || excused_.contains(order.at) ||
              !asked.honest() || silenced,
          [&] {
              return std::string(
                  order.name + " has no end; last said to be " +
                  (order.state.empty() ? "nothing" : order.state) + ", recorded " +
                  (order.recorded.empty() ? "nowhere" : order.recorded) +
                  (order.answered ? ", answered" : ", not answered by " + asked.name()) +
                  (stands_still(asked) ? ", which stands still" : ""));
          });
    if (!order.plan) return;
    // The condition, from the terms that an honest party signed or the invoice.
    std::optional<Condition> condition;
    if (order.invoice) {
        condition = order.invoice->condition;
    } else {
        for (const NodeProcess* party : {order.payee, order.payer}) {
            const auto record = is_held_to(party) ? record_of(*party, *order.plan) : std::nullopt;
            if (!record || !record->terms) continue;
            condition = record->terms->condition;
            check_sides(order, *record->terms);
            if (party == order.payer && chains_.contains(*condition))
                check_quotes_taken(order, *condition);
        }
    }
    if (!payer_honest) return;
    const auto chain = condition ? chains_.find(*condition) : chains_.end();
    std::size_t fulfilled = 0;
    std::size_t made = 0;
    bool all_honest = true;
    if (chain != chains_.end()) {
        for (const Place& place : chain->second.escrows) {
            const Known& escrow = escrows_.at(place);
            ++made;
            if (escrow.state == EscrowState::fulfilled) ++fulfilled;
            all_honest = all_honest && is_held_to(owner(escrow.terms.payer)) &&
                         is_held_to(owner(escrow.terms.payee));
            if (owner(escrow.terms.payee) == order.payee && is_held_to(order.payee) &&
                escrow.state == EscrowState::fulfilled && !order.trade)
                check(Rule::exact_amounts, escrow.terms.amount == order.amount, [&] {
                    return std::string(order.name + ": the payee was paid " + tell(escrow));
                });
        }
    }
    if (all_honest)
        check(Rule::atomicity, fulfilled == 0 || fulfilled == made, [&] {
            return std::string(order.name + ": " + std::to_string(fulfilled) + " of " +
                               std::to_string(made) + " escrows were fulfilled");
        });
    if (!condition || !all_honest || excused_.contains(order.at)) return;
    if (order.end == OrderEnd::settled)
        check(Rule::truthful, made > 0 && fulfilled == made,
              [&] { return std::string(order.name + " is said to be settled"); });
    if (order.end == OrderEnd::unwound || order.end == OrderEnd::declined)
        check(Rule::truthful, fulfilled == 0,
              [&] { return std::string(order.name + " is said to have come to nothing"); });
    // Who forgot may say that it does not know.
    if (order.end == OrderEnd::broken && !forgotten)
        check(Rule::truthful, false,
              [&] { return std::string(order.name + " is said to be broken: " + order.reason); });
}

void Oracle::finish() {
    recount();
    check_balances();
    for (const auto& entry : escrows_) {
        const Known& escrow = entry.second;
        if (escrow.state == EscrowState::prepared && !is_abandoned(escrow))
            check(Rule::converges, false, [&] { return "still open: " + tell(escrow); });
    }
    check(Rule::converges, nothing_open(),
          [&] { return std::string(std::to_string(open_) + " escrows are open"); });
    // A replay costs as much as the process's whole life: of many worlds each replays some.
    const NodeProcess* chosen = parts_.nodes[parts_.pick % parts_.nodes.size()].get();
    const LedgerService* chosen_ledger = parts_.ledgers[parts_.pick % parts_.ledgers.size()].get();
    for (const auto& node : parts_.nodes) {
        if (!node->honest() || node->dead_for_good()) continue;
        check(Rule::converges, node->up(),
              [&] { return std::string(node->name() + " does not come back"); });
        if (!node->up()) continue;
        check(Rule::converges, open_business(*node) == 0, [&] {
            return node->name() + " has " + std::to_string(open_business(*node)) +
                   " deals and trades open";
        });
        if (!parts_.replay_all && node.get() != chosen) continue;
        const auto differs = node->replay();
        check(Rule::replay, !differs, [&] { return std::string(differs.value_or("")); });
    }
    for (const auto& ledger : parts_.ledgers) {
        if (!parts_.replay_all && ledger.get() != chosen_ledger) continue;
        count(Rule::replay);
        for (const std::string& differs : ledger->replay_all())
            check(Rule::replay, false, [&] { return differs; });
    }
    for (const Order& order : parts_.orders.all())
        check_order(order);
    for (const auto& release : released_)
        if (is_held_to(release.second.node))
            check(Rule::revealed_is_paid, is_paid(*release.second.node, release.first, false), [&] {
                return release.second.node->name() +
                       " showed its secret and was never paid under " +
                       release.first.hex().substr(0, 8);
            });
    for (const auto& [node, losses] : lost_)
        if (!losses.conditions.empty())
            check(Rule::alarms, losses.alarms >= losses.conditions.size(),
                  [&, who = node, lost = losses.conditions.size(), told = losses.alarms] {
                      return who->name() + " lost " + std::to_string(lost) + " times and alarmed " +
                             std::to_string(told) + " of it";
                  });
    // What an honest node was delivered or paid too little for shows once everything has ended.
    for (const auto& [condition, chain] : chains_)
        for (const auto& node : parts_.nodes)
            if (is_held_to(node.get())) check_loss(*node, condition, true);
}

}  // namespace lockstep::sim
