// What tests of trades at the core share.
#pragma once

#include "tests/unit/core_world_settings.h"

namespace lockstep::test {

// A proposal as the venue would make it.
inline core::Trade trade_of(CoreWorld& world, const char* reference) {
    core::Trade trade;
    trade.venue = world.key("venue");
    trade.reference = reference;
    trade.instrument = share;
    trade.securities_ledger = addr("test.csd");
    trade.quantity = Amount{100};
    trade.price_asset = sek;
    trade.cash_ledger = addr("test.sek");
    trade.price = Amount{25'000};
    trade.consideration = price_sek;
    trade.valid_until = world.now() + Duration::seconds(60);
    trade.buyer = {"anna", world.key("buyer"),    addr("test.eur.anna"),
                   eur,    addr("test.csd.anna"), std::nullopt};
    trade.seller = {"sven", world.key("seller"),   addr("test.sek.sven"),
                    sek,    addr("test.csd.sven"), std::nullopt};
    return trade;
}

// At a node, on the trade T1.
inline void act(CoreWorld& world, const char* at, core::input::TradeAction action) {
    world.call(at, core::input::ActOnTrade{world.key("venue"), "T1", action});
}

// Of the trade T1.
inline core::PlanId plan_of(CoreWorld& world) {
    return world.trade("venue", "T1").plan;
}

}  // namespace lockstep::test
