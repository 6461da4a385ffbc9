#include "connector/core/state.h"

#include <algorithm>

#include "connector/core/deals.h"
#include "sdk/base/assert.h"
#include "sdk/crypto/hash.h"

namespace lockstep::core {

const LedgerConfig* State::ledger_config(const Address& ledger) const {
    if (!config) return nullptr;
    for (const LedgerConfig& candidate : config->ledgers)
        if (candidate.ledger == ledger) return &candidate;
    return nullptr;
}

bool State::is_ours(const Address& ledger, const Address& account) const {
    const LedgerConfig* known = ledger_config(ledger);
    return known != nullptr && std::find(known->accounts.begin(), known->accounts.end(), account) !=
                                   known->accounts.end();
}

const PeerConfig* State::peer(const PublicKey& key) const {
    if (!config) return nullptr;
    for (const PeerConfig& candidate : config->peers)
        if (candidate.key == key) return &candidate;
    return nullptr;
}

const PartyConfig* State::party(const std::string& name) const {
    if (!config) return nullptr;
    for (const PartyConfig& candidate : config->parties)
        if (candidate.name == name) return &candidate;
    return nullptr;
}

const InstrumentConfig* State::instrument(const std::string& code) const {
    if (!config) return nullptr;
    for (const InstrumentConfig& candidate : config->instruments)
        if (candidate.asset.code() == code) return &candidate;
    return nullptr;
}

bool State::live(const Address& ledger) const {
    const auto found = ledgers.find(ledger);
    return found != ledgers.end() && found->second.info && ledger_config(ledger) != nullptr &&
           found->second.mode == static_cast<std::uint8_t>(report::Mode::live);
}

bool State::paused(const Address& ledger) const {
    const auto found = ledgers.find(ledger);
    return found != ledgers.end() && found->second.paused_since.has_value();
}

bool State::caught_up() const {
    if (!config) return false;
    return std::all_of(config->ledgers.begin(), config->ledgers.end(),
                       [&](const auto& ledger) { return caught_up(ledger.ledger); });
}

bool State::caught_up(const Address& ledger) const {
    if (ledger_config(ledger) == nullptr) return true;
    const auto found = ledgers.find(ledger);
    return found != ledgers.end() && found->second.caught_up;
}

LedgerTiming State::timing(const LedgerConfig& ledger) const {
    LedgerTiming worse = ledger.timing;
    const auto found = ledgers.find(ledger.ledger);
    if (found == ledgers.end() || !found->second.info) return worse;
    const LedgerInfo& declared = *found->second.info;
    TimingProfile& profile = worse.profile;
    profile.inclusion = std::max(profile.inclusion, declared.profile.inclusion);
    profile.finality = std::max(profile.finality, declared.profile.finality);
    profile.rollback = std::max(profile.rollback, declared.profile.rollback);
    profile.late = std::max(profile.late, declared.profile.late);
    profile.early = std::max(profile.early, declared.profile.early);
    profile.block = std::max(profile.block, declared.profile.block);
    if (declared.expiry_rule == ExpiryRule::open) worse.expiry_rule = ExpiryRule::open;
    return worse;
}

Timestamp State::ledger_now(const Address& ledger, Timestamp at) const {
    const auto found = ledgers.find(ledger);
    return found == ledgers.end() ? at : std::max(at, found->second.time);
}

bool State::awaits_ledger(const TradeEntry& trade) const {
    const Trade& matched = trade.record.trade;
    if (trade.record.role == TradeRole::venue || !trade.confirmed || trade.record.created > started)
        return false;
    if (trade.record.role == TradeRole::seller) return !caught_up(matched.securities_ledger);
    return std::any_of(config->ledgers.begin(), config->ledgers.end(), [&](const auto& ledger) {
        return ledger.ledger.is_prefix_of(matched.buyer.cash_account) && !caught_up(ledger.ledger);
    });
}

bool State::awaits_ledger(const PaymentEntry& payment) const {
    return payment.record.created <= started && !caught_up();
}

void State::set_due(const TradeEntry& trade) {
    set_due(Due::trade, trade.record.plan.view(),
            awaits_ledger(trade) ? Timestamp::never() : trade.due());
}

void State::set_due(const PaymentEntry& payment) {
    set_due(Due::payment, payment.record.id.view(),
            awaits_ledger(payment) ? Timestamp::never() : payment.deadline);
}

void State::set_dues_again() {
    for (const auto& [id, deal] : deals)
        set_deal_due(*this, deal);
    for (const auto& [plan, trade] : trades)
        set_due(trade);
    for (const auto& [id, payment] : payments)
        set_due(payment);
}

void State::set_due(Due kind, ByteView key, Timestamp when) {
    const auto known = due_of.find(std::pair{kind, key});
    if (known != due_of.end()) {
        if (known->second == when) return;
        const auto old = due.find(std::tuple{known->second, kind, key});
        ASSERT(old != due.end());
        auto node = due.extract(old);
        if (when == Timestamp::never()) {
            due_of.erase(known);
            return;
        }
        known->second = when;
        std::get<0>(node.value()) = when;
        due.insert(std::move(node));
        return;
    }
    if (when == Timestamp::never()) return;
    due_of.emplace(std::pair{kind, Bytes(key.begin(), key.end())}, when);
    due.emplace(when, kind, Bytes(key.begin(), key.end()));
}

namespace {

bool is_sound(const RoutePlan& plan) {
    if (plan.hops.empty())
        return plan.route.empty() && plan.refs.empty() && plan.nodes.empty() &&
               plan.unquoted == 0 && !plan.asked;
    return plan.hops.size() == plan.route.size() + 1 && plan.refs.size() == plan.hops.size() &&
           plan.nodes.size() == plan.hops.size() && plan.unquoted <= plan.route.size() &&
           (!plan.asked || plan.unquoted > 0);
}

bool is_sound(const Hash& id, const Deal& deal) {
    const bool has_in = deal.role != DealRole::sender;
    const bool has_out = deal.role != DealRole::receiver;
    return deal.id == id && deal.in.has_value() == has_in && deal.out.has_value() == has_out &&
           (has_out || !deal.committed) &&
           (!deal.preimage || fulfils(*deal.preimage, deal.condition));
}

}  // namespace

bool State::is_sound() const {
    const auto all = [](const auto& map, auto is_good) {
        return std::all_of(map.begin(), map.end(),
                           [&](const auto& entry) { return is_good(entry.first, entry.second); });
    };
    const bool idle = deals.empty() && trades.empty() && payments.empty() && invoices.empty();
    if (!config && !idle) return false;
    std::map<AccountKey, Amount> committed;
    for (const auto& [id, deal] : deals) {
        if (!core::is_sound(id, deal)) return false;
        if (!deal.committed) continue;
        Amount& sum = committed[paying_account(*deal.out)];
        const auto more = checked_add(sum, deal.out->hop.amount);
        if (!more) return false;
        sum = *more;
    }
    const bool kept = all(committed, [&](const AccountKey& key, Amount sum) {
        const auto account = accounts.find(key);
        return account != accounts.end() && account->second.committed == sum;
    });
    return kept &&
           all(accounts,
               [&](const AccountKey& key, const Account& account) {
                   return account.committed.is_zero() || committed.contains(key);
               }) &&
           all(trades,
               [](const PlanId& id, const TradeEntry& trade) {
                   return trade.record.plan == id && core::is_sound(trade.plan);
               }) &&
           all(payments,
               [](const PlanId& id, const PaymentEntry& payment) {
                   return payment.record.id == id && core::is_sound(payment.plan);
               }) &&
           all(invoices,
               [](const PlanId& id, const InvoiceEntry& invoice) {
                   return invoice.record.invoice.id == id;
               }) &&
           all(strays, [](const EscrowPlace& place, const Stray& stray) {
               return place.second == EscrowKey{stray.terms.payer, stray.terms.id};
           });
}

void State::rebuild_indexes() {
    by_escrow.clear();
    by_ask.clear();
    by_context.clear();
    due_of.clear();
    due.clear();
    by_command.clear();
    slots.clear();
    shares.clear();
    early.clear();
    stray_payers.clear();
    by_condition.clear();
    calls_by_age.clear();
    for (const auto& [id, deal] : deals)
        index_deal(*this, deal);
    for (const auto& [plan, trade] : trades) {
        set_due(trade);
        if (trade.plan.asked) by_ask[trade.plan.asked->ask] = plan;
        if (!trade.context.is_zero()) by_context[trade.context] = plan;
        if (!trade.confirmed) ++early[trade.record.trade.buyer.node];
    }
    for (const auto& [id, payment] : payments) {
        set_due(payment);
        if (payment.plan.asked) by_ask[payment.plan.asked->ask] = id;
    }
    for (const auto& [id, invoice] : invoices) {
        if (!invoice.ready) set_due(Due::invoice, id.view(), invoice.record.invoice.valid_until);
        by_context[Hash{id.array()}] = id;
    }
    for (const auto& [place, stray] : strays) {
        ++stray_payers[{place.first, place.second.payer}];
        if (!stray.dealt_with) set_due(Due::stray, encode_fields(place), stray.reject_at);
    }
    for (const auto& [condition, escrow] : lost)
        set_due(Due::lost, condition.view(), escrow.until);
    for (const auto& [condition, until] : conditions)
        set_due(Due::condition, condition.view(), until);
    for (const auto& [name, reference] : references)
        set_due(Due::reference, encode_fields(name), reference.until);
    for (const auto& [name, until] : withholdings)
        set_due(Due::withholding, encode_fields(name), until);
    for (const auto& [key, call] : calls) {
        set_due(Due::call, as_bytes(key), call.until);
        calls_by_age.emplace(call.until, key);
    }
}

}  // namespace lockstep::core
