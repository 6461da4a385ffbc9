// What a node tells of its open business is what it is at this moment.
#include <doctest/doctest.h>

#include <mutex>

#include "connector/client/event_stream.h"
#include "tests/integration/node_world.h"

using namespace lockstep;
using namespace lockstep::test;

TEST_CASE("open escrows are listed as they stand, closed ones as they ended") {
    NodeWorld world;
    REQUIRE(world.wait_ready(10'000));
    client::ApiClient& connector = world.client("connector");
    const auto invoice = world.client("bob").create_invoice({"test.sek.bob", "SEK", "50.00", {}});
    REQUIRE(invoice);
    world.process("bob").kill();  // so that what it is paid stands until it comes back
    const auto id =
        world.client("alice").pay({invoice->code, "test.eur.alice", "EUR", "1000.00", false});
    REQUIRE(id);
    std::vector<client::EscrowView> open;
    const bool held = eventually(5'000, [&] {
        open = connector.escrows(true).value_or(std::vector<client::EscrowView>{});
        return open.size() == 1 && open[0].in && open[0].in->state == "held" && open[0].out &&
               open[0].out->state == "held";
    });
    REQUIRE(open.size() == 1);
    CHECK(held);
    CHECK(open[0].in->state == "held");
    CHECK(open[0].out->state == "held");
    CHECK(open[0].open);
    CHECK(open[0].out->amount == "50.00");
    CHECK_FALSE(open[0].out->escrow.empty());
    const auto quotes = connector.quotes();  // used up
    REQUIRE(quotes);
    CHECK(quotes->empty());
    std::string said;
    CHECK(world.command_line("connector", {"escrows"}, said) == 0);
    CHECK_MESSAGE(said.find("held") != std::string::npos, said);

    world.process("bob").start();
    CHECK(end_of(world, *id, 10'000) == "paid");
    CHECK(eventually(5'000, [&] {
        const auto left = connector.escrows(true);
        return left && left->empty();
    }));
    const auto all = connector.escrows(false);
    REQUIRE(all);
    REQUIRE(all->size() == 1);
    CHECK(all->front().id == open[0].id);
    CHECK(all->front().in->state == "fulfilled");
    CHECK(all->front().out->state == "fulfilled");
    CHECK_FALSE(all->front().open);
}

TEST_CASE("a connector lists what its open quotes reserve, until they are used") {
    NodeWorld world;
    REQUIRE(world.wait_ready(10'000));
    client::ApiClient& connector = world.client("connector");
    CHECK(connector.quotes().value_or(std::vector<client::QuoteView>{{}}).empty());
    const auto invoice = world.client("bob").create_invoice({"test.sek.bob", "SEK", "50.00", {}});
    REQUIRE(invoice);
    const auto id =
        world.client("alice").pay({invoice->code, "test.eur.alice", "EUR", "1000.00", true});
    REQUIRE(id);
    std::vector<client::QuoteView> quotes;
    REQUIRE(eventually(5'000, [&] {
        quotes = connector.quotes().value_or(std::vector<client::QuoteView>{});
        return quotes.size() == 1;
    }));
    CHECK(quotes[0].peer == "alice");
    CHECK(quotes[0].ask.size() == 64);
    CHECK(quotes[0].in.amount == "4.51");
    CHECK(quotes[0].in.payer == "test.eur.alice");
    CHECK(quotes[0].out.amount == "50.00");
    CHECK(quotes[0].out.payer == "test.sek.connector");
    CHECK(quotes[0].lapse > quotes[0].in.expiry - Duration::seconds(3600));
    CHECK(quotes[0].lapse < quotes[0].in.expiry);
    std::string said;
    CHECK(world.command_line("connector", {"quotes"}, said) == 0);
    CHECK_MESSAGE(said.find("alice") != std::string::npos, said);
    REQUIRE(world.client("alice").confirm_payment(*id));
    CHECK(end_of(world, *id, 10'000) == "paid");
    std::vector<std::string> latest_first{*id};
    for (const char* amount : {"1.00", "2.00", "3.00"})
        latest_first.insert(latest_first.begin(), pay(world, amount));
    const auto payments = world.client("alice").payments();
    REQUIRE(payments);
    std::vector<std::string> listed;
    for (const client::PaymentView& payment : *payments)
        listed.push_back(payment.id);
    CHECK(listed == latest_first);
    for (const std::string& one : latest_first)
        CHECK(end_of(world, one, 10'000) == "paid");
    CHECK(connector.quotes().value_or(std::vector<client::QuoteView>{{}}).empty());
}
