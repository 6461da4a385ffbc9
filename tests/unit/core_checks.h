// What must hold at the end of a story in the core's world.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>

#include "tests/unit/core_world.h"

namespace lockstep::test {

// 100 shares at 250.00 SEK; 11.30 SEK a EUR and a spread of 0.2 %, rounded up.
constexpr Amount price_sek{2'500'000};
constexpr Amount price_eur{221'682};

inline void check_nothing_moved(CoreWorld& world) {
    CHECK(world.free("test.csd", "anna") == Amount{0});
    CHECK(world.free("test.csd", "sven") == Amount{10'000});
    CHECK(world.free("test.sek", "sven") == Amount{0});
    CHECK(world.free("test.sek", "conn") == Amount{100'000'000});
    CHECK(world.free("test.eur", "anna") == Amount{10'000'000});
    CHECK(world.free("test.eur", "conn") == Amount{0});
    CHECK(world.open_escrows() == 0);
    CHECK(world.books_balance());
}

inline void check_settled(CoreWorld& world) {
    CHECK(world.free("test.csd", "anna") == Amount{100});
    CHECK(world.free("test.csd", "sven") == Amount{9'900});
    CHECK(world.free("test.sek", "sven") == price_sek);
    CHECK(world.free("test.sek", "conn") == Amount{97'500'000});
    CHECK(world.free("test.eur", "anna") == Amount{10'000'000 - price_eur.units()});
    CHECK(world.free("test.eur", "conn") == price_eur);
    CHECK(world.open_escrows() == 0);
    CHECK(world.books_balance());
}

// Nothing is open, nothing is reserved, nothing is left over, and the journal tells the same.
inline void check_idle(CoreWorld& world) {
    for (const char* name : {"venue", "buyer", "seller", "connector"}) {
        CAPTURE(std::string(name));
        const CoreWorld::Node& node = world.node(name);
        const core::State& state = node.machine->state();
        CHECK(state.deals.empty());
        CHECK(state.trades.empty());
        CHECK(state.payments.empty());
        CHECK(state.strays.empty());
        CHECK(state.by_escrow.empty());
        CHECK(state.by_ask.empty());
        CHECK(state.by_context.empty());
        CHECK(state.by_command.empty());
        CHECK(state.by_condition.empty());
        CHECK(state.slots.empty());
        CHECK(state.shares.empty());
        CHECK(state.early.empty());
        for (const auto& [key, account] : state.accounts)
            CHECK(account.committed == Amount{});
        CHECK(CoreWorld::replayed(node) == node.machine->write_snapshot());
    }
}

inline bool alarmed(CoreWorld& world, const char* name, const std::string& code) {
    const auto& alarms = world.node(name).alarms;
    return std::find(alarms.begin(), alarms.end(), code) != alarms.end();
}

inline std::vector<std::string> loss_alarms(CoreWorld& world, const std::string& name) {
    const CoreWorld::Node& node = world.node(name);
    std::vector<std::string> details;
    for (std::size_t i = 0; i < node.alarms.size(); ++i)
        if (node.alarms[i] == "loss") details.push_back(node.alarm_details[i]);
    return details;
}

// What a node says that it may lose of an asset at this moment.
inline Amount at_risk(CoreWorld& world, const std::string& name, const AssetId& asset) {
    for (const core::Exposure& exposure : world.node(name).machine->exposure())
        if (exposure.asset == asset) return exposure.at_risk;
    return {};
}

// The amounts of an asset in a node's loss alarms: "... 25000.00 SEK on test.sek ...".
inline Amount alarmed_loss(CoreWorld& world, const std::string& name, const AssetId& asset) {
    Amount sum;
    for (const std::string& text : loss_alarms(world, name)) {
        const auto end = text.find(" " + std::string(asset.code()) + " on ");
        if (end == std::string::npos) continue;
        const auto begin = text.rfind(' ', end - 1) + 1;
        const auto amount = parse_amount(text.substr(begin, end - begin), asset.scale());
        REQUIRE(amount.has_value());
        sum = checked_add(sum, *amount).value();
    }
    return sum;
}

inline std::size_t commands(CoreWorld& world, const char* name) {
    return world.node(name).recorded.size();
}

// The only open deal of a node.
inline const core::Deal& deal_of(CoreWorld& world, const char* name) {
    const auto& deals = world.node(name).machine->state().deals;
    REQUIRE(deals.size() == 1);
    return deals.begin()->second;
}

}  // namespace lockstep::test
