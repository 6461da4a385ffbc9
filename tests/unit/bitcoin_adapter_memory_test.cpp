// What the Bitcoin adapter keeps, and for how long.
#include <doctest/doctest.h>

#include "sdk/machine/instruction.h"
#include "tests/unit/bitcoin_adapter_world.h"

namespace lockstep::test {
namespace {

std::size_t remembered(const BitcoinDesk& desk, char mark) {
    std::size_t count = 0;
    for (const auto& [key, value] : desk.memory)
        if (key[0] == static_cast<std::uint8_t>(mark)) ++count;
    return count;
}

TEST_CASE("a payment is done with also where many blocks come at once") {
    EscrowWorld world(EscrowWorld::Settings{{"reorg_window", "2"}});
    CHECK(world.payer.command(command::Prepare{world.terms, world.later()}, 1) == "done");
    world.mine(4);
    CHECK(remembered(world.payer, 'j') == 1);
    world.node.mine(3);
    pass(world.node, {&world.payer}, Duration::seconds(200));
    CHECK(remembered(world.payer, 'j') == 0);
    world.node.now = world.node.now + Duration::seconds(7 * 3'600);
    world.settle();
    CHECK(world.payer.sent.size() == 1);
    CHECK(world.payer.answers.at(*CommandId::from(Bytes(32, 1))).size() == 1);
}

TEST_CASE("an escrow that is over is forgotten when no command about it can be young any more") {
    const EscrowWorld::Settings few{{"reorg_window", "3"}};
    EscrowWorld world(few);
    const command::Prepare first{world.terms, world.later()};
    world.prepare();
    CHECK(world.payee.command(command::Fulfil{world.key, world.preimage()}, 2) == "done");
    world.mine(3);
    // One that never came about, and one that comes back.
    const command::Prepare withdrawn{world.terms_of(2), world.node.now + Duration::seconds(60)};
    CHECK(world.payer.command(withdrawn, 3) == "done");
    pass(world.node, {&world.payer, &world.payee}, Duration::seconds(70));
    const command::Prepare expires{world.terms_of(3), world.later()};
    CHECK(world.payer.command(expires, 4) == "done");
    world.mine(3);
    const auto known = [&](BitcoinDesk& desk) {
        desk.give(Query{1, ask::Escrow{world.key}});
        desk.run();
        return desk.results.back().answer->escrows.size();
    };
    const auto mine_until = [&](Timestamp median) {
        while (world.node.median() < median) {
            world.node.mine();
            world.settle();
        }
    };
    const Duration keep = max_instruction_life + BitcoinDesk::setup().profile.late +
                          BitcoinDesk::setup().profile.early;
    mine_until(world.terms.expiry + keep - Duration::seconds(1'200));
    CHECK(known(world.payer) == 1);
    CHECK(known(world.payee) == 1);
    CHECK(world.payer.command(first, 5) == "done");
    CHECK(world.payee.command(command::Fulfil{world.key, world.preimage()}, 6) == "done");
    mine_until(expires.terms.expiry + keep + Duration::seconds(600));
    for (BitcoinDesk* const desk : {&world.payer, &world.payee}) {
        CHECK(remembered(*desk, 'e') == 0);
        CHECK(remembered(*desk, 'j') == 0);
        CHECK(remembered(*desk, 'r') == 0);
        CHECK(known(*desk) == 0);
        desk->restart();
        pass(world.node, {desk}, Duration::seconds(2));
        CHECK(desk->health->mode == report::Mode::live);
        CHECK(desk->balance->escrowed.is_zero());
    }
    CHECK(world.payer.command(first, 7) == "expiry_passed");
    CHECK(world.payer.command(command::Refund{world.key}, 8) == "unknown_escrow");
    CHECK(world.payee.command(command::Fulfil{world.key, world.preimage()}, 9) == "unknown_escrow");
    // Who begins with the chain alone hears of all of it, and forgets it too.
    BitcoinDesk again(world.node, 2, few);
    pass(world.node, {&again}, Duration::seconds(5));
    CHECK(again.take_events() ==
          "prepared seen, prepared final, fulfilled seen, fulfilled final, prepared seen, "
          "prepared final, refunded_expired seen, refunded_expired final");
    CHECK(remembered(again, 'e') == 0);
}

}  // namespace
}  // namespace lockstep::test
