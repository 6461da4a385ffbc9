#include "connector/core/node_machine.h"

#include <algorithm>
#include <set>

#include "connector/core/ledger_events.h"
#include "connector/core/operating.h"
#include "connector/core/paying.h"
#include "connector/core/quoting.h"
#include "connector/core/route_plan.h"
#include "connector/core/strays.h"
#include "connector/core/venue.h"
#include "sdk/base/assert.h"
#include "sdk/crypto/hash.h"

namespace lockstep::core {
namespace {

template <class... F>
struct Overloaded : F... {
    using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

// Remembered Idempotency-Keys. The oldest goes for a new one: a trade's reference and a payment's
// condition still keep it from being done twice.
constexpr std::size_t max_calls = 200'000;
constexpr std::size_t max_call_name = 512;  // caller and key together
constexpr std::size_t max_withholdings = 100'000;

void forget_call(State& state, const std::string& key) {
    const auto call = state.calls.find(key);
    if (call == state.calls.end()) return;
    state.calls_by_age.erase({call->second.until, key});
    state.set_due(Due::call, as_bytes(key), Timestamp::never());
    state.calls.erase(call);
}

std::string call_key(const input::FromApi& call) {
    return call.caller + '\n' + call.idempotency_key;
}

// --- peers ---
void on_quote(Effects& fx, const PublicKey& peer, const message::Quote& quote) {
    State& state = fx.state();
    const auto owner = state.by_ask.find(quote.ask);
    if (owner == state.by_ask.end()) return;
    const PlanId id = owner->second;
    // Whoever was not asked has no say.
    if (TradeEntry* trade = find_trade(state, id)) {
        if (is_asked(trade->plan, peer)) on_trade_quote(fx, *trade, peer, quote);
    } else if (const auto payment = state.payments.find(id);
               payment != state.payments.end() && is_asked(payment->second.plan, peer)) {
        on_payment_quote(fx, payment->second, peer, quote);
    }
}

void on_quote_refused(Effects& fx, const PublicKey& peer, const message::QuoteRefused& refused) {
    State& state = fx.state();
    const auto owner = state.by_ask.find(refused.ask);
    if (owner == state.by_ask.end()) return;
    const PlanId id = owner->second;
    if (TradeEntry* trade = find_trade(state, id)) {
        if (is_asked(trade->plan, peer)) on_trade_quote_refused(fx, *trade, refused.reason);
    } else if (const auto payment = state.payments.find(id);
               payment != state.payments.end() && is_asked(payment->second.plan, peer)) {
        end_payment(fx, id, PaymentState::declined, refused.reason);
    }
}

// A hold, release or cancel counts from the venue or the other party of the trade.
void on_wish(Effects& fx, const PublicKey& peer, const PlanId& plan, input::TradeAction action) {
    const TradeEntry* trade = find_trade(fx.state(), plan);
    if (trade == nullptr || trade->record.role == TradeRole::venue) return;
    const Trade& matched = trade->record.trade;
    if (peer == matched.venue) return act_on_trade(fx, plan, action, Wisher::venue);
    if (peer == matched.seller.node || peer == matched.buyer.node)
        act_on_trade(fx, plan, action, Wisher::counterparty);
}

void on_message(Effects& fx, const PublicKey& peer, const Message& message) {
    std::visit(
        Overloaded{
            [&](const message::Proposal& m) { on_proposal(fx, peer, m); },
            [&](const message::QuoteAsk& m) { on_quote_ask(fx, peer, m); },
            [&](const message::Quote& m) { on_quote(fx, peer, m); },
            [&](const message::QuoteRefused& m) { on_quote_refused(fx, peer, m); },
            [&](const message::TermsOffered& m) { on_terms_offered(fx, peer, m); },
            [&](const message::TermsAccepted& m) { on_terms_accepted(fx, peer, m); },
            [&](const message::Declined& m) { on_declined(fx, peer, m); },
            [&](const message::HopNotice& m) { on_notice(fx, peer, m); },
            [&](const message::HopReject& m) { on_reject_notice(fx, peer, m); },
            [&](const message::GiveBack& m) { on_give_back(fx, peer, m); },
            [&](const message::PreimageShown& m) { on_preimage(fx, peer, m); },
            [&](const message::Ended& m) { on_ended(fx, peer, m); },
            [&](const message::Hold& m) { on_wish(fx, peer, m.plan, input::TradeAction::hold); },
            [&](const message::Release& m) {
                on_wish(fx, peer, m.plan, input::TradeAction::release);
            },
            [&](const message::Cancel& m) {
                on_wish(fx, peer, m.plan, input::TradeAction::cancel);
            },
        },
        message);
}

// --- callers ---
Result<void> check_action(const State& state, const input::ActOnTrade& act) {
    const auto known = state.references.find({act.venue, act.reference});
    const bool open = known != state.references.end() && state.trades.contains(known->second.plan);
    if (open) return {};
    // Withholding may be said before the trade has come.
    if (act.action == input::TradeAction::withhold && known == state.references.end() &&
        !act.reference.empty() && act.reference.size() <= max_reference) {
        if (state.withholdings.size() >= max_withholdings) return refuse(Reason::limit_reached);
        return {};
    }
    return refuse(Reason::not_found);
}

Result<void> check_call(const State& state, Timestamp at, const input::FromApi& call) {
    if (!state.config) return refuse(Reason::unavailable);
    if (call.idempotency_key.empty()) return refuse(Reason::idempotency_missing);
    if (call.caller.size() + call.idempotency_key.size() > max_call_name)
        return refuse(Reason::too_large);
    if (const auto known = state.calls.find(call_key(call)); known != state.calls.end()) {
        if (known->second.request != call.request) return refuse(Reason::idempotency_mismatch);
        return {};  // answered as before
    }
    if (const auto* act = std::get_if<input::ActOnTrade>(&call.body))
        return check_action(state, *act);
    if (const auto* resume = std::get_if<input::ResumeLedger>(&call.body))
        return check_resume(state, *resume);
    if (std::holds_alternative<input::Acknowledge>(call.body)) return check_acknowledge(state);
    if (state.loud_stop) return refuse(Reason::loud_stop);
    if (const auto closed = closed_for_business(state)) return refuse(*closed);
    return std::visit(
        Overloaded{
            [&](const input::SubmitTrades& submit) -> Result<void> {
                if (submit.trades.empty()) return refuse(Reason::missing_field);
                if (submit.trades.size() > max_trades_per_request) return refuse(Reason::too_large);
                for (const input::TradeOrder& order : submit.trades)
                    if (order.reference.empty() || order.reference.size() > max_reference ||
                        order.buyer.size() > max_party_name ||
                        order.seller.size() > max_party_name ||
                        order.instrument.size() > max_asset_code)
                        return refuse(Reason::malformed);
                return {};
            },
            [&](const input::CreateInvoice& wanted) { return check_invoice(state, at, wanted); },
            [&](const input::Pay& pay) { return check_pay(state, at, pay); },
            [&](const input::ConfirmPayment& confirm) {
                return check_confirm(state, confirm.payment);
            },
            [&](const input::ActOnTrade&) -> Result<void> { UNREACHABLE(); },
            [&](const input::ResumeLedger&) -> Result<void> { UNREACHABLE(); },
            [&](const input::Acknowledge&) -> Result<void> { UNREACHABLE(); },
        },
        call.body);
}

CallerAnswer act(Effects& fx, const input::ActOnTrade& wanted) {
    State& state = fx.state();
    const TradeName name{wanted.venue, wanted.reference};
    const auto known = state.references.find(name);
    if (known == state.references.end()) {
        const Timestamp until = fx.at() + max_instruction_life;
        state.withholdings[name] = until;
        state.set_due(Due::withholding, encode_fields(name), until);
        return answer::Acted{TradeState::proposed};
    }
    const PlanId plan = known->second.plan;
    act_on_trade(fx, plan, wanted.action, Wisher::self);
    const TradeEntry* trade = find_trade(state, plan);
    return answer::Acted{trade == nullptr ? TradeState::declined : trade->record.state};
}

void on_call(Effects& fx, const input::FromApi& call) {
    State& state = fx.state();
    const std::string key = call_key(call);
    if (const auto known = state.calls.find(key); known != state.calls.end()) {
        if (known->second.answer) {
            const auto answer = decode_fields<CallerAnswer>(*known->second.answer);
            ASSERT(answer.has_value());
            fx.answer(call.ticket, *answer);
        } else {
            fx.refuse_caller(call.ticket, Reason::outcome_unknown);
        }
        return;
    }
    const Timestamp until = fx.at() + max_instruction_life;
    if (state.calls.size() >= max_calls)
        forget_call(state, std::string(state.calls_by_age.begin()->second));
    state.calls[key] = IdempotentCall{call.request, std::nullopt, until};
    state.calls_by_age.emplace(until, key);
    state.set_due(Due::call, as_bytes(key), until);
    const auto answered = [&](const CallerAnswer& answer) {
        state.calls[key].answer = encode_fields(answer);
        fx.answer(call.ticket, answer);
    };
    std::visit(Overloaded{
                   [&](const input::SubmitTrades& submit) {
                       answer::Submitted submitted;
                       for (const input::TradeOrder& order : submit.trades)
                           submitted.trades.push_back(submit_trade(fx, order));
                       answered(submitted);
                   },
                   [&](const input::CreateInvoice& wanted) { create_invoice(fx, call, wanted); },
                   [&](const input::Pay& pay) {
                       const PlanId id = begin_payment(fx, call, pay);
                       answered(answer::PaymentBegun{id});
                   },
                   [&](const input::ConfirmPayment& confirm) {
                       confirm_payment(fx, confirm.payment);
                       answered(answer::PaymentBegun{confirm.payment});
                   },
                   [&](const input::ActOnTrade& wanted) { answered(act(fx, wanted)); },
                   [&](const input::ResumeLedger& wanted) {
                       resume_ledger(fx, wanted.ledger);
                       answered(answer::LedgerResumed{wanted.ledger});
                   },
                   [&](const input::Acknowledge&) {
                       const bool was_stopped = acknowledge(fx);
                       answered(answer::Acknowledged{was_stopped});
                   },
               },
               call.body);
}

// --- time ---
void on_deal_due(Effects& fx, const Hash& id) {
    advance(fx, id);
    const Deal* deal = find_deal(fx.state(), id);
    if (deal == nullptr) return;
    const bool nothing_in = !deal->in || deal->in->state == LegState::none;
    const bool nothing_out = !deal->out || deal->out->state == LegState::none;
    if (!nothing_in || !nothing_out || !is_expired(fx.at(), deal->lapse)) return;
    lapse(fx, id,
          deal->role == DealRole::seller  ? Reason::payment_not_placed
          : deal->role == DealRole::buyer ? Reason::held
                                          : Reason::quote_lapsed);
}

template <class T>
T decoded(ByteView octets) {
    auto value = decode_fields<T>(octets);
    ASSERT(value.has_value());
    return std::move(*value);
}

void on_due(Effects& fx, Due kind, const Bytes& key) {
    State& state = fx.state();
    switch (kind) {
        case Due::deal:
            return on_deal_due(fx, *Hash::from(key));
        case Due::trade:
            return on_trade_due(fx, *PlanId::from(key));
        case Due::payment:
            return on_payment_due(fx, *PlanId::from(key));
        case Due::invoice:
            return on_invoice_due(fx, *PlanId::from(key));
        case Due::stray:
            return reject_stray(fx, decoded<EscrowPlace>(key));
        case Due::call:
            return forget_call(state, std::string(as_text(key)));
        case Due::condition:
            state.conditions.erase(*Condition::from(key));
            return;
        case Due::reference:
            state.references.erase(decoded<TradeName>(key));
            return;
        case Due::withholding:
            state.withholdings.erase(decoded<TradeName>(key));
            return;
        case Due::lost:
            state.lost.erase(*Condition::from(key));
            return;
    }
    UNREACHABLE();
}

void run_due(Effects& fx) {
    State& state = fx.state();
    while (!state.due.empty() && std::get<0>(*state.due.begin()) <= fx.at()) {
        const auto [when, kind, key] = *state.due.begin();
        // Taken off first; whoever still needs a deadline sets a new one, later than now.
        state.set_due(kind, key, Timestamp::never());
        on_due(fx, kind, key);
        const auto again = state.due_of.find({kind, key});
        if (again != state.due_of.end() && again->second <= fx.at())
            state.set_due(kind, key, Timestamp::never());
    }
}

void on_secret(Effects& fx, const input::SecretReleased& released) {
    State& state = fx.state();
    const auto owner = state.by_context.find(released.context);
    if (owner == state.by_context.end()) return;
    Deal* deal = find_deal(state, Hash{owner->second.array()});
    if (deal == nullptr || !deal->release_recorded || deal->preimage) return;
    if (!fulfils(released.preimage, deal->condition)) {
        fx.alarm("secret_lost", "the secret keeper gave a preimage that does not fulfil deal " +
                                    deal->id.hex() + "; was its seed file exchanged?");
        return;
    }
    deal->preimage = released.preimage;
    advance(fx, deal->id);
}

void on_condition_made(Effects& fx, const input::ConditionMade& made) {
    State& state = fx.state();
    const auto owner = state.by_context.find(made.context);
    if (owner == state.by_context.end()) return;
    const PlanId id = owner->second;
    if (TradeEntry* trade = find_trade(state, id)) return on_condition(fx, *trade, made);
    if (const auto invoice = state.invoices.find(id); invoice != state.invoices.end())
        on_condition(fx, invoice->second, made);
}

// What is open goes on under any configuration, but a ledger or an account that is no longer there
// cannot be heard of: nothing can be claimed on it.
void report_lost_accounts(Effects& fx) {
    const State& state = fx.state();
    std::set<Address> lost;
    for (const auto& [id, deal] : state.deals) {
        if (deal.in && !state.is_ours(deal.in->hop.ledger, deal.in->hop.payee))
            lost.insert(deal.in->hop.payee);
        if (deal.out && !state.is_ours(deal.out->hop.ledger, deal.out->hop.payer))
            lost.insert(deal.out->hop.payer);
    }
    for (const Address& account : lost)
        fx.alarm("account_not_configured",
                 account.text() + " has open escrows; put it back into the configuration");
}

void on_started(Effects& fx, const input::Started& started) {
    State& state = fx.state();
    state.epoch = started.epoch;
    state.started = fx.at();
    state.draining = false;
    // Nothing is believed about any ledger until its events have been replayed to the tip.
    for (auto& [address, ledger] : state.ledgers) {
        ledger.mode = static_cast<std::uint8_t>(report::Mode::catching_up);
        ledger.caught_up = false;
    }
    state.set_dues_again();
}

}  // namespace

NodeMachine::NodeMachine(const Signer& signer)
    : signer_(signer), state_(std::make_unique<State>()) {}
NodeMachine::~NodeMachine() = default;

Result<void> NodeMachine::check(Timestamp at, const NodeInput& in) const {
    if (const auto* call = std::get_if<input::FromApi>(&in)) return check_call(*state_, at, *call);
    return {};
}

void NodeMachine::apply(Timestamp at, const NodeInput& in, Outputs<NodeMachine>& out) {
    Effects fx(*state_, at, signer_, out);
    if (const auto* configure = std::get_if<input::Configure>(&in)) {
        state_->config = configure->config;
        state_->rebuild_indexes();
        report_lost_accounts(fx);
    }
    if (!state_->config) return;  // nothing can be understood without one
    // A takeover comes before what fell due meanwhile, which must not act on what was believed
    // then.
    if (const auto* started = std::get_if<input::Started>(&in)) on_started(fx, *started);
    run_due(fx);
    std::visit(Overloaded{
                   [&](const input::Configure&) {},
                   [&](const input::Started&) {},
                   [&](const input::Wake&) {},
                   [&](const input::FromPeer& from) {
                       if (state_->peer(from.peer) != nullptr)
                           on_message(fx, from.peer, from.message);
                   },
                   [&](const input::CommandAnswered& e) { on_ledger(fx, e); },
                   [&](const input::EscrowReported& e) { on_ledger(fx, e); },
                   [&](const input::BalanceReported& e) { on_ledger(fx, e); },
                   [&](const input::LedgerHealth& e) { on_ledger(fx, e); },
                   [&](const input::LedgerDescribed& e) { on_ledger(fx, e); },
                   [&](const input::ShareMade& e) { on_ledger(fx, e); },
                   [&](const input::DiskLow& disk) { state_->disk_low = disk.low; },
                   [&](const input::Drain&) { state_->draining = true; },
                   [&](const input::ConditionMade& made) { on_condition_made(fx, made); },
                   [&](const input::SecretReleased& released) { on_secret(fx, released); },
                   [&](const input::FromApi& call) {
                       // Time may have passed between check and apply only within one turn.
                       on_call(fx, call);
                   },
                   [&](const input::AdapterStalled& stalled) { on_stall(fx, stalled.ledger); },
               },
               in);
}

std::optional<Timestamp> NodeMachine::next_wake() const {
    if (state_->due.empty()) return std::nullopt;
    return std::get<0>(*state_->due.begin());
}

Bytes NodeMachine::write_snapshot() const {
    return encode_fields(*state_);
}

Result<void> NodeMachine::read_snapshot(ByteView octets) {
    auto state = decode_fields<State>(octets);
    if (!state) return unexpected(state.error());
    if (!state->is_sound()) return refuse(Reason::malformed);
    *state_ = std::move(*state);
    state_->rebuild_indexes();
    return {};
}

const message::QuoteAsk* NodeMachine::pending_ask(const Hash& ask) const {
    const auto owner = state_->by_ask.find(ask);
    if (owner == state_->by_ask.end()) return nullptr;
    if (const auto trade = state_->trades.find(owner->second); trade != state_->trades.end())
        return trade->second.plan.asked ? &*trade->second.plan.asked : nullptr;
    const auto payment = state_->payments.find(owner->second);
    if (payment == state_->payments.end()) return nullptr;
    return payment->second.plan.asked ? &*payment->second.plan.asked : nullptr;
}

const NodeConfig* NodeMachine::config() const {
    return state_->config ? &*state_->config : nullptr;
}

std::vector<output::ReleaseSecret> NodeMachine::unfinished_releases() const {
    std::vector<output::ReleaseSecret> releases;
    for (const auto& [id, deal] : state_->deals)
        if (deal.release_recorded && !deal.preimage)
            releases.push_back({deal.secret_context, deal.secret_entropy, deal.condition});
    return releases;
}

std::vector<Exposure> NodeMachine::exposure() const {
    std::map<AssetId, Exposure> by_asset;
    const auto add = [&](const PlannedHop& hop, Amount Exposure::*what) {
        Exposure& exposure = by_asset[hop.asset];
        exposure.asset = hop.asset;
        // Saturates: a sum beyond 64 bits is still at least that much.
        exposure.*what = checked_add(exposure.*what, hop.amount).value_or(Amount{UINT64_MAX});
        ++exposure.deals;
    };
    for (const auto& [id, deal] : state_->deals) {
        const bool paid_for = deal.in && deal.in->state == LegState::fulfilled;
        // A receiver's preimage is its receipt: once it may be shown, the payment is owed. A buyer
        // that showed its secret loses nothing unless its payment is taken, which is its `out`.
        const bool owed =
            deal.role == DealRole::receiver && deal.release_recorded && deal.in && !paid_for;
        if (deal.out && !paid_for && (deal.out->open() || deal.out->state == LegState::fulfilled))
            add(deal.out->hop, &Exposure::at_risk);
        if (owed)
            add(deal.in->hop, &Exposure::at_risk);
        else if (deal.in && deal.in->state == LegState::held)
            add(deal.in->hop, &Exposure::incoming);
        if (deal.out && deal.committed && deal.out->state == LegState::none)
            add(deal.out->hop, &Exposure::reserved);
    }
    std::vector<Exposure> list;
    for (const auto& [asset, exposure] : by_asset)
        list.push_back(exposure);
    return list;
}

std::vector<AccountView> NodeMachine::accounts() const {
    std::vector<AccountView> list;
    for (const auto& [key, account] : state_->accounts)
        list.push_back({key.first, key.second.first, key.second.second, account.free,
                        account.escrowed, available(*state_, key)});
    return list;
}

std::vector<LedgerView> NodeMachine::ledgers() const {
    std::vector<LedgerView> list;
    if (!state_->config) return list;
    for (const LedgerConfig& ledger : state_->config->ledgers) {
        const auto known = state_->ledgers.find(ledger.ledger);
        list.push_back(known == state_->ledgers.end()
                           ? LedgerView{ledger.ledger, Timestamp{}, 1, std::nullopt}
                           : LedgerView{ledger.ledger, known->second.time, known->second.mode,
                                        known->second.paused_since});
    }
    return list;
}

bool NodeMachine::draining() const {
    return state_->draining;
}

bool NodeMachine::disk_low() const {
    return state_->disk_low;
}

std::uint64_t NodeMachine::last_event() const {
    return state_->next_event - 1;
}

bool NodeMachine::loud_stop() const {
    return state_->loud_stop;
}

std::optional<StopCause> NodeMachine::stop_cause() const {
    return core::stop_cause(*state_);
}

bool NodeMachine::drained() const {
    if (!state_->draining) return false;
    return std::none_of(state_->deals.begin(), state_->deals.end(), [](const auto& entry) {
        const Deal& deal = entry.second;
        return (deal.in && deal.in->open()) || (deal.out && deal.out->open());
    });
}

std::size_t NodeMachine::open_deals() const {
    return state_->deals.size();
}
std::vector<DealRecord> NodeMachine::deals(const std::optional<Hash>& after,
                                           std::size_t limit) const {
    std::vector<DealRecord> list;
    auto deal = after ? state_->deals.upper_bound(*after) : state_->deals.begin();
    for (; deal != state_->deals.end() && list.size() < limit; ++deal)
        list.push_back(record_of(deal->second, true));
    return list;
}

std::vector<QuoteView> NodeMachine::quotes(const std::optional<Hash>& after,
                                           std::size_t limit) const {
    std::vector<QuoteView> list;
    auto entry = after ? state_->deals.upper_bound(*after) : state_->deals.begin();
    for (; entry != state_->deals.end() && list.size() < limit; ++entry) {
        const Deal& deal = entry->second;
        if (deal.role != DealRole::connector || deal.in->state != LegState::none ||
            deal.out->state != LegState::none || deal.given_up)
            continue;
        list.push_back({deal.id, deal.ask, deal.asked_by, deal.condition, deal.in->hop,
                        deal.out->hop, deal.lapse});
    }
    return list;
}

std::size_t NodeMachine::open_trades() const {
    return state_->trades.size();
}

}  // namespace lockstep::core
