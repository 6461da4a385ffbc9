// How the adapter is made, and what it says of its ledger, its account and itself.
#include <algorithm>

#include "bitcoin/adapter/node_adapter.h"

namespace lockstep::bitcoin {
namespace {

EscrowState state_of(const BookedEscrow& escrow) {
    return escrow.told_end.value_or(EscrowState::prepared);
}

EscrowStanding standing_of(const BookedEscrow& escrow) {
    EscrowStanding standing{escrow.terms, state_of(escrow), escrow.sequence, std::nullopt};
    const std::optional<EscrowEnd>& end = escrow.end ? escrow.end : escrow.pool_end;
    if (standing.state == EscrowState::fulfilled && end) standing.preimage = end->preimage;
    return standing;
}

Result<std::unique_ptr<LedgerAdapter>, Failure> make_with(
    const AdapterSetup& setup, BitcoinSettings settings,
    std::shared_ptr<const BitcoinSigner> signer) {
    const Address own = account_address(setup.ledger, signer->public_key(account_key));
    for (const Address& account : setup.accounts)
        if (account != own)
            return fail("bad_setup", "account " + account.text() +
                                         " is not that of the key, which is " + own.text());
    return std::make_unique<NodeAdapter>(setup, std::move(settings), std::move(signer));
}

}  // namespace

Result<std::unique_ptr<LedgerAdapter>, Failure> make_adapter(
    const AdapterSetup& setup, std::shared_ptr<const BitcoinSigner> signer) {
    auto settings = read_bitcoin_settings(setup);
    if (!settings) return tl::unexpected<Failure>(bad_setting(settings.error()));
    return make_with(setup, std::move(*settings), std::move(signer));
}

Result<std::unique_ptr<LedgerAdapter>, Failure> make_adapter(const AdapterSetup& setup) {
    auto settings = read_bitcoin_settings(setup);
    if (!settings) return tl::unexpected<Failure>(bad_setting(settings.error()));
    if (settings->key_file.empty())
        return fail("bad_setting", "key_file: expected the path of a key file");
    auto signer = open_signer(settings->key_file, *settings->network);
    if (!signer) return tl::unexpected<Failure>(std::move(signer.error()));
    return make_with(setup, std::move(*settings), std::move(*signer));
}

SettingMistakes check_settings(const AdapterSetup& setup) {
    const auto settings = read_bitcoin_settings(setup);
    return settings ? SettingMistakes{} : settings.error();
}

Result<TimingProfile, SettingMistakes> computed_profile(const AdapterSetup& setup) {
    const auto settings = read_bitcoin_settings(setup);
    if (!settings) return unexpected<SettingMistakes>(settings.error());
    return profile_of(pace_of(*settings));
}

LedgerInfo NodeAdapter::info() const {
    LedgerInfo info;
    info.ledger = setup_.ledger;
    info.assets.push_back({side_.name.asset, Amount{1}, "Bitcoin"});
    info.profile = setup_.profile;
    info.expiry_rule = ExpiryRule::open;
    info.refund = RefundRule::by_payer;
    info.reject = RejectRule::cooperative;
    info.max_hold = settings_.max_hold;
    info.max_amount = Amount{static_cast<std::uint64_t>(settings_.max_amount)};
    return info;
}

// Free is what a payment could spend now: coins in blocks that nothing is promised of. Change that
// is in no block yet is not: a payment with it would be lost with the version that it hangs on.
Balance NodeAdapter::balance() const {
    Satoshi free = 0;
    const std::set<OutPoint> held = sender_.held();
    for (const KeyCoin& each : coins_.available(chain_.height()))
        if (!held.contains(each.place)) free += each.value;
    return {account_, side_.name.asset, Amount{static_cast<std::uint64_t>(free)},
            escrows_.escrowed()};
}

report::Health NodeAdapter::health(Timestamp at) const {
    const Timestamp time = chain_.ledger_time();
    const auto say = [&](report::Mode mode, std::string detail = {}) {
        return report::Health{time, mode, std::move(detail)};
    };
    using Standing = ChainFollower::Standing;
    if (chain_.standing() == Standing::refused) return say(report::Mode::refused, chain_.detail());
    if (escrows_.is_contradicted())
        return say(report::Mode::refused,
                   "a reorganisation took back what was final: depth is too small for this chain");
    if (heard_ && at >= *heard_ + settings_.stale_after)
        return say(report::Mode::stale, "no answer of the node");
    std::string failing = failing_call();
    if (!failing.empty()) failing = "the node does not answer " + failing;
    switch (chain_.standing()) {
        case Standing::unknown:
            return say(report::Mode::catching_up, scan_detail());
        case Standing::behind:
            // A block that came this moment is fetched: up to the one before all was told.
            if (!at_tip_ || at >= *at_tip_ + settings_.stale_after)
                return say(report::Mode::catching_up, failing);
            break;
        case Standing::syncing:
            return say(report::Mode::stale, "the node is not at its network's tip");
        case Standing::at_tip:
        case Standing::refused:
            break;
    }
    const TimingProfile& profile = setup_.profile;
    if (at >= time + profile.late + profile.block + settings_.stale_after)
        return say(report::Mode::stale, "the node's last block is older than the profile allows");
    if (const std::size_t count = escrows_.unresolved(); count != 0)
        return say(report::Mode::live, std::to_string(count) +
                                           " escrows of this account are for a payee that is not "
                                           "known: name it in counterparties");
    return say(report::Mode::live, failing);
}

std::string NodeAdapter::scan_detail() const {
    if (is_scanned_) return {};
    return "the node looks for coins of before block " + std::to_string(settings_.start_height) +
           (scanned_percent_ ? ": " + std::to_string(*scanned_percent_) + " %" : "");
}

void NodeAdapter::report_state(Timestamp at, AdapterOutputs& out) {
    // Coins ripen with the height; everything else of it is remembered when it changes.
    const bool may_differ = std::exchange(balance_height_, chain_.height()) != chain_.height() ||
                            coins_.has_changed() || escrows_.has_changed() || sender_.has_changed();
    if (chain_.height() >= 0 && may_differ) {
        const Balance now = balance();
        if (told_balance_ != now)
            out.reports.emplace_back(report::Balances{escrows_.cursor(), {now}});
        told_balance_ = now;
    }
    if (chain_.standing() == ChainFollower::Standing::at_tip) at_tip_ = at;
    report::Health health = this->health(at);
    if (told_health_ && told_health_->mode == health.mode &&
        told_health_->ledger_time == health.ledger_time && told_health_->detail == health.detail)
        return;
    told_health_ = health;
    out.reports.emplace_back(std::move(health));
}

void NodeAdapter::query(const Query& query, AdapterOutputs& out) const {
    if (chain_.standing() == ChainFollower::Standing::unknown) {
        out.reports.emplace_back(report::QueryResult{query.id, refuse(Reason::unavailable)});
        return;
    }
    QueryAnswer answer{chain_.ledger_time(), escrows_.cursor(), {}, {}};
    if (const auto* one = std::get_if<ask::Escrow>(&query.body)) {
        const BookedEscrow* const escrow = escrows_.find(one->escrow);
        if (escrow != nullptr && escrow->told) answer.escrows.push_back(standing_of(*escrow));
    } else if (const auto* open = std::get_if<ask::OpenEscrows>(&query.body)) {
        for (const auto& [key, escrow] : escrows_.all()) {
            const EscrowTerms& terms = escrow.terms;
            if (escrow.told && state_of(escrow) == EscrowState::prepared &&
                escrow.sequence > open->after &&
                (terms.payer == open->account || terms.payee == open->account))
                answer.escrows.push_back(standing_of(escrow));
        }
        std::sort(answer.escrows.begin(), answer.escrows.end(),
                  [](const auto& a, const auto& b) { return a.sequence < b.sequence; });
        if (answer.escrows.size() > open->limit) answer.escrows.resize(open->limit);
    } else if (const auto* balances = std::get_if<ask::Balances>(&query.body)) {
        if (balances->account == account_) answer.balances.push_back(balance());
    }
    out.reports.emplace_back(report::QueryResult{query.id, std::move(answer)});
}

}  // namespace lockstep::bitcoin
