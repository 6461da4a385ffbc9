// Who is who in the core's world, and what a test asks of it.
#include <doctest/doctest.h>

#include "tests/unit/core_world.h"
#include "tests/unit/core_world_settings.h"

namespace lockstep::test {

routing::Offer CoreWorld::offer_of(const char* connector, const char* in, const AssetId& in_asset,
                                   const char* out, const AssetId& out_asset) {
    routing::Offer offer;
    offer.connector = key(connector);
    const std::string account = offer.connector == key("connector") ? ".conn" : ".second";
    offer.in_ledger = addr(in);
    offer.in_asset = in_asset;
    offer.in_account = addr(in + account);
    offer.out_ledger = addr(out);
    offer.out_asset = out_asset;
    offer.out_account = addr(out + account);
    offer.spread_ppm = 2000;
    offer.min_out = Amount{1};
    offer.max_out = Amount{10'000'000'000};
    offer.in_profile = world_profile;
    offer.out_profile = world_profile;
    offer.margin = core::margin({world_profile}, {world_profile}, world_endurance);
    return offer;
}

core::NodeConfig CoreWorld::config_of(const std::string& name) {
    core::NodeConfig config;
    config.self = key(name);
    config.name = name;
    config.endurance = world_endurance;
    config.price_asset = sek;
    const auto ledger = [&](const char* address, const std::vector<std::string>& accounts) {
        core::LedgerConfig own{addr(address), {}, {world_profile}};
        for (const std::string& account : accounts)
            own.accounts.push_back(addr(std::string(address) + "." + account));
        config.ledgers.push_back(std::move(own));
    };
    routing::Offer offer = offer_of("connector", "test.eur", eur, "test.sek", sek);
    offer.rate_num = 10;
    offer.rate_den = 113;  // 11.30 SEK a EUR
    const bool two = options_.second_connector;
    if (name == "buyer") {
        ledger("test.eur", {"anna", "poor"});
        ledger("test.csd", {"anna", "poor"});
        if (two) ledger("test.usd", {"anna"});
    } else if (name == "seller") {
        ledger("test.sek", {"sven", "empty"});
        ledger("test.csd", {"sven", "empty"});
    } else if (name == "connector") {
        ledger("test.sek", {"conn"});
        ledger("test.eur", {"conn"});
        config.own_offers.push_back(offer);
    } else if (name == "second") {
        ledger("test.usd", {"second"});
        ledger("test.eur", {"second"});
    }
    if (name != "connector") config.known_offers.push_back(offer);
    if (two) {
        routing::Offer other = offer_of("second", "test.usd", usd, "test.eur", eur);
        other.rate_num = 11;
        other.rate_den = 10;  // 1.10 USD a EUR
        (name == "second" ? config.own_offers : config.known_offers).push_back(other);
    }
    for (auto& [other, peer] : nodes_)
        if (other != name)
            config.peers.push_back({peer->signer->public_key(), other, other == "venue",
                                    options_.max_slots, Duration::seconds(24 * 3600),
                                    options_.max_share_ppm});
    config.instruments.push_back({share, addr("test.csd"), Amount{10}, Amount{25'000}, 100'000});
    const auto party = [&](const char* who, const char* at, const char* cash_account,
                           const AssetId& asset, const char* securities) {
        config.parties.push_back(
            {who, key(at), addr(cash_account), asset, addr(securities), std::nullopt});
    };
    if (name == "venue" || name == "buyer") {
        party("anna", "buyer", "test.eur.anna", eur, "test.csd.anna");
        party("poor", "buyer", "test.eur.poor", eur, "test.csd.poor");
    }
    if (name == "venue" || name == "seller") {
        party("sven", "seller", "test.sek.sven", sek, "test.csd.sven");
        party("empty", "seller", "test.sek.empty", sek, "test.csd.empty");
    }
    return config;
}

core::input::TradeOrder CoreWorld::order(std::string reference) const {
    return {std::move(reference), share.code(), Amount{100}, Amount{25'000}, "anna", "sven"};
}

Result<core::CallerAnswer> CoreWorld::try_call(const std::string& name, core::input::ApiBody body) {
    Node& at = node(name);
    core::input::FromApi call;
    call.ticket = next_ticket_++;
    call.caller = "test";
    call.idempotency_key = "key-" + std::to_string(call.ticket);
    call.request = Hash{};
    call.body = std::move(body);
    apply(at, call);
    const auto found = at.answers.find(call.ticket);
    REQUIRE(found != at.answers.end());
    if (!found->second) return unexpected(found->second.error());
    return decode_fields<core::CallerAnswer>(*found->second);
}

core::CallerAnswer CoreWorld::call(const std::string& name, core::input::ApiBody body) {
    auto answer = try_call(name, std::move(body));
    REQUIRE_MESSAGE(answer, to_string(answer ? Reason::internal_error : answer.error()));
    return *answer;
}

core::answer::Submitted CoreWorld::submit(std::vector<core::input::TradeOrder> orders) {
    return std::get<core::answer::Submitted>(
        call("venue", core::input::SubmitTrades{std::move(orders)}));
}

core::TradeRecord CoreWorld::trade(const std::string& name, const std::string& reference) {
    for (const auto& [key, value] : node(name).rows) {
        if (key.first != static_cast<std::uint16_t>(core::RecordKind::trade)) continue;
        const auto record = decode_fields<core::TradeRecord>(value);
        REQUIRE(record);
        if (record->trade.reference == reference) return *record;
    }
    FAIL("no trade " << reference << " at " << name);
    return {};
}

namespace {
template <class T>
T row_of(const CoreWorld::Node& node, core::RecordKind kind, const core::PlanId& id) {
    const auto row = node.rows.find(
        {static_cast<std::uint16_t>(kind), Bytes(id.view().begin(), id.view().end())});
    REQUIRE(row != node.rows.end());
    const auto record = decode_fields<T>(row->second);
    REQUIRE(record);
    return *record;
}
}  // namespace

core::PaymentRecord CoreWorld::payment(const std::string& name, const core::PlanId& id) {
    return row_of<core::PaymentRecord>(node(name), core::RecordKind::payment, id);
}
core::InvoiceRecord CoreWorld::invoice(const std::string& name, const core::PlanId& id) {
    return row_of<core::InvoiceRecord>(node(name), core::RecordKind::invoice, id);
}

Amount CoreWorld::free(const std::string& name, const std::string& account) {
    Ledger& at = *ledgers_.at(name);
    const AssetId asset = at.machine.info().assets.front().asset;
    for (auto& [who, node] : nodes_) {
        const auto answer = at.machine.ask(time_of(at), node->signer->public_key(),
                                           cash::CashMachine::Reader::owner,
                                           ask::Balances{*at.address.child(account)});
        if (!answer) continue;
        for (const Balance& balance : answer->balances)
            if (balance.asset == asset) return balance.free;
        return Amount{};
    }
    FAIL("no account " << name << "." << account);
    return {};
}

bool CoreWorld::books_balance() const {
    for (const auto& [name, at] : ledgers_)
        if (!at->machine.is_conserved()) return false;
    return true;
}

std::size_t CoreWorld::open_escrows() const {
    std::size_t open = 0;
    for (const auto& [name, at] : ledgers_)
        for (const auto& total : at->machine.totals())
            if (!total.escrows.is_zero()) ++open;
    return open;
}

}  // namespace lockstep::test
