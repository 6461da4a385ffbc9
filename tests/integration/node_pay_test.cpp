// Payments over two ledgers through one connector, by real processes.
#include <doctest/doctest.h>

#include "connector/client/event_stream.h"
#include "tests/integration/node_world.h"

using namespace lockstep;
using namespace lockstep::test;

namespace {

std::string pay(NodeWorld& world, const std::string& amount) {
    const auto invoice = world.client("bob").create_invoice({"test.sek.bob", "SEK", amount, {}});
    REQUIRE_MESSAGE(invoice, invoice.error().code, ": ", invoice.error().detail);
    const auto id =
        world.client("alice").pay({invoice->code, "test.eur.alice", "EUR", "1000.00", false});
    REQUIRE_MESSAGE(id, id.error().code, ": ", id.error().detail);
    return *id;
}

std::string end_of(NodeWorld& world, const std::string& payment, int milliseconds) {
    std::string state;
    eventually(milliseconds, [&] {
        const auto view = world.client("alice").payment(payment);
        if (view) state = view->state;
        return state == "paid" || state == "refunded" || state == "declined" || state == "broken";
    });
    return state;
}

}  // namespace

TEST_CASE("a sender in euro pays a receiver in krona through a connector") {
    NodeWorld world;
    REQUIRE(world.wait_ready(10'000));
    const std::string payment = pay(world, "100.00");
    CHECK(end_of(world, payment, 20'000) == "paid");
    const auto view = world.client("alice").payment(payment);
    REQUIRE(view);
    CHECK(view->hops == 2);
    CHECK(view->preimage.size() == 64);
    // 100 krona at 0.09 euro and a spread of 0.2 percent, rounded up to a cent.
    CHECK(view->amount == "9.02");
    CHECK(eventually(5'000, [&] { return world.balance("test.sek.bob").free.units() == 100'00; }));
    CHECK(eventually(5'000,
                     [&] { return world.balance("test.eur.connector").free.units() == 9'02; }));
    CHECK(world.conserved());
    const auto fees = world.client("connector").fees();
    REQUIRE(fees);
    REQUIRE(fees->size() == 1);
    CHECK(fees->front().fee == "0.02");
}
