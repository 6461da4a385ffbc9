// Payments from krona to bitcoin through a connector, by real processes and a mock Bitcoin node.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/integration/bitcoin_world.h"
#include "tests/integration/node_world.h"

namespace lockstep::test {
namespace {

std::string pay_in_bitcoin(BitcoinWorld& world, const std::string& amount) {
    const auto invoice = world.client("bob").create_invoice(
        {world.bitcoin_account("bob").text(), "BTC", amount, {}});
    REQUIRE_MESSAGE(invoice, invoice.error().code, ": ", invoice.error().detail);
    const auto id =
        world.client("alice").pay({invoice->code, "test.sek.alice", "SEK", "100000.00", false});
    REQUIRE_MESSAGE(id, id.error().code, ": ", id.error().detail);
    return *id;
}

std::string state_of(BitcoinWorld& world, const std::string& payment) {
    const auto view = world.client("alice").payment(payment);
    if (!view) return "?";
    return view->reason.empty() ? view->state : view->state + ": " + view->reason;
}

bool is_over(const std::string& said) {
    const std::string state = said.substr(0, said.find(58));
    return state == "paid" || state == "refunded" || state == "declined" || state == "broken";
}

TEST_CASE("krona become bitcoin, and what cannot be paid comes back on the chain") {
    BitcoinWorld world;
    REQUIRE(world.wait_ready(20'000));
    REQUIRE(eventually(20'000, [&] {
        const auto accounts = world.client("connector").balances();
        if (!accounts) return false;
        return std::any_of(accounts->begin(), accounts->end(), [](const auto& account) {
            return account.asset == "BTC" && account.free == "250.00000000";
        });
    }));
    const std::int64_t before = world.coins("connector");
    CHECK(before == 5 * 5'000'000'000);

    const std::string paid = pay_in_bitcoin(world, "0.01000000");
    CHECK(eventually(60'000, [&] { return is_over(state_of(world, paid)); }));
    CHECK(state_of(world, paid) == "paid");
    // The claim's fee is bob's, the funding's the connector's.
    CHECK(eventually(20'000, [&] { return world.coins("bob") > 980'000; }));
    CHECK(world.coins("bob") < 1'000'000);
    CHECK(world.coins("connector") < before - 1'000'000);
    CHECK(world.coins("connector") > before - 1'020'000);
    CHECK(world.krona("test.sek.connector") == 10'020'00);

    // A receiver that has gone takes nothing: the connector's escrow is refunded on the chain, and
    // then alice's.
    const std::int64_t held = world.coins("connector");
    const std::int64_t krona = world.krona("test.sek.alice");
    const auto invoice = world.client("bob").create_invoice(
        {world.bitcoin_account("bob").text(), "BTC", "0.02000000", {}});
    REQUIRE_MESSAGE(invoice, invoice.error().code, ": ", invoice.error().detail);
    world.process("bob").kill();
    const auto unpaid =
        world.client("alice").pay({invoice->code, "test.sek.alice", "SEK", "100000.00", false});
    REQUIRE(unpaid);
    CHECK(eventually(20'000, [&] { return world.coins("connector") < held - 2'000'000; }));
    CHECK(eventually(120'000, [&] { return is_over(state_of(world, *unpaid)); }));
    CHECK(state_of(world, *unpaid).starts_with("refunded"));
    CHECK(world.krona("test.sek.alice") == krona);
    CHECK(world.coins("connector") > held - 20'000);
    CHECK(world.coins("connector") < held);  // it cost two fees
}

}  // namespace
}  // namespace lockstep::test
