// An escrow's life on Bitcoin, as its payer's and its payee's adapters tell it.
#include <doctest/doctest.h>

#include "tests/unit/bitcoin_adapter_world.h"

namespace lockstep::test {
namespace {

TEST_CASE("an escrow is prepared, seen, final and fulfilled, for both sides") {
    EscrowWorld world;
    CHECK(world.payer.command(command::Prepare{world.terms, world.later()}, 1) == "done");
    CHECK(world.node.pool().size() == 1);
    world.settle();
    CHECK(world.payer.take_events() == "prepared seen");
    CHECK(world.payee.take_events() == "prepared seen");
    CHECK(world.payee.events.back().terms == world.terms);
    world.mine(1);
    CHECK(world.payee.take_events() == "");
    world.mine(1);
    CHECK(world.payee.take_events() == "");
    world.mine(1);
    CHECK(world.payer.take_events() == "prepared final");
    CHECK(world.payee.take_events() == "prepared final");
    CHECK(world.payee.command(command::Fulfil{world.key, world.preimage()}, 2) == "done");
    world.settle();
    // The payer learns the preimage from the pool.
    CHECK(world.payer.take_events() == "fulfilled seen");
    CHECK(world.payer.events.back().preimage == Bytes(32, 7));
    CHECK(world.payee.take_events() == "fulfilled seen");
    world.mine(3);
    CHECK(world.payer.take_events() == "fulfilled final");
    CHECK(world.payee.take_events() == "fulfilled final");
    CHECK(world.payee.balance->free > Amount{900'000});
    CHECK(world.payer.balance->escrowed.is_zero());
    CHECK(world.payer.health->mode == report::Mode::live);
}

TEST_CASE("an escrow that has expired comes back by itself, and not before") {
    EscrowWorld world;
    world.prepare();
    CHECK(world.payer.command(command::Refund{world.key}, 2) == "escrow_not_expired");
    while (world.node.median() < world.terms.expiry) {
        CHECK(world.payer.take_events() == "");
        CHECK(world.node.pool().empty());
        world.mine(1);
    }
    CHECK(world.node.pool().size() == 1);
    CHECK(world.payer.take_events() == "refunded_expired seen");
    world.mine(3);
    CHECK(world.payer.take_events() == "refunded_expired final");
    CHECK(world.payee.take_events() == "refunded_expired seen, refunded_expired final");
    CHECK(world.payer.command(command::Refund{world.key}, 3) == "done");
    CHECK(world.payee.command(command::Fulfil{world.key, world.preimage()}, 4) ==
          "already_refunded");
}

}  // namespace
}  // namespace lockstep::test
