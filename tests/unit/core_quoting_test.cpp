// What a connector promises, to whom, and for how long.
#include "tests/unit/core_forward.h"

using namespace lockstep;
using namespace lockstep::test;
namespace message = core::message;

TEST_CASE("a quote is given for what is safe, and refused with its reason for all else") {
    struct Row {
        const char* what;
        std::function<void(CoreWorld&, message::QuoteAsk&)> change;
        std::optional<Reason> reason;
    };
    const Duration one{1};
    const Row rows[] = {
        {"as planned", [](auto&, auto&) {}, std::nullopt},
        {"a margin one unit short", [=](auto&, auto& a) { a.in_expiry = a.in_expiry - one; },
         Reason::ladder_too_tight},
        {"a ladder upside down", [](auto&, auto& a) { std::swap(a.in_expiry, a.out.expiry); },
         Reason::ladder_too_tight},
        {"for ever", [](auto&, auto& a) { a.in_expiry = Timestamp::never(); },
         Reason::expiry_past_limit},
        {"to be placed for ever",
         [](auto&, auto& a) { a.in_place_by = a.in_expiry = Timestamp::never(); },
         Reason::expiry_past_limit},
        {"to be placed after the expiry",
         [=](auto&, auto& a) { a.out.place_by = a.out.expiry + one; }, Reason::terms_mismatch},
        {"reserved for too long",
         [=](auto&, auto& a) {
             a.in_place_by = a.in_place_by + Duration::seconds(55) + one;
             a.in_expiry = a.in_expiry + Duration::seconds(60);
         },
         Reason::expiry_past_limit},
        {"as long as a quote lives",
         [](auto&, auto& a) {
             a.in_place_by = a.in_place_by + Duration::seconds(55);
             a.in_expiry = a.in_expiry + Duration::seconds(60);
         },
         std::nullopt},
        {"too late to place", [](auto& w, auto& a) { a.in_place_by = w.now(); },
         Reason::place_by_passed},
        {"too late to forward", [](auto& w, auto& a) { a.out.place_by = w.now(); },
         Reason::place_by_passed},
        {"nothing", [](auto&, auto& a) { a.out.amount = Amount{}; }, Reason::amount_out_of_bounds},
        {"more than any amount", [](auto&, auto& a) { a.out.amount = Amount{UINT64_MAX}; },
         Reason::amount_out_of_bounds},
        {"more than there is", [](auto&, auto& a) { a.out.amount = Amount{100'000'001}; },
         Reason::no_liquidity},
        {"all there is", [](auto&, auto& a) { a.out.amount = Amount{100'000'000}; }, std::nullopt},
        {"the other way", [](auto&, auto& a) { std::swap(a.in_ledger, a.out.ledger); },
         Reason::no_route},
        {"another asset", [](auto&, auto& a) { a.in_asset = sek; }, Reason::no_route},
        {"to a stranger", [](auto&, auto& a) { a.next_node = PublicKey{}; }, Reason::unknown_peer},
        {"noticed by a stranger", [](auto&, auto& a) { a.in_notifier = PublicKey{}; },
         Reason::unknown_peer},
        {"paid by nobody", [](auto&, auto& a) { a.in_payer = Address{}; }, Reason::wrong_ledger},
        {"paid elsewhere", [](auto&, auto& a) { a.in_payer = addr("test.sek.anna"); },
         Reason::wrong_ledger},
        {"paid by us", [](auto&, auto& a) { a.in_payer = addr("test.eur.conn"); },
         Reason::wrong_ledger},
        {"paying us", [](auto&, auto& a) { a.out.payee = addr("test.sek.conn"); },
         Reason::wrong_ledger},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(row.what));
        CoreWorld world;
        Forward forward(world);
        row.change(world, forward.ask);
        forward.request();
        CHECK(forward.refused == row.reason);
        world.pass(Duration::seconds(90));
        check_nothing_moved(world);
        check_idle(world);
    }
}

TEST_CASE("a quote that lapses gives its liquidity back, and its condition may be used again") {
    CoreWorld world;
    Forward forward(world);
    forward.ask.out.amount = Amount{100'000'000};
    forward.request();
    Forward second(world);
    second.ask.condition = condition_of(*Preimage::from(Bytes(32, 8)));
    second.request();
    CHECK(second.refused == Reason::no_liquidity);
    // place-by, D and early: 5 s after the question.
    world.pass(Duration::seconds(5) - Duration{1});
    CHECK(world.node("connector").machine->open_deals() == 1);
    world.pass(Duration{1});
    CHECK(world.node("connector").machine->open_deals() == 0);
    Forward again(world);
    again.ask.out.amount = Amount{100'000'000};
    again.request();
    CHECK(!again.refused);
}

TEST_CASE("a condition serves once: not beside an open quote, nor after an escrow had it") {
    CoreWorld world;
    Forward forward(world);
    forward.request();
    Forward twin(world);
    twin.ask.ask = Hash{sha256(as_bytes("twin")).array()};
    twin.request();
    CHECK(twin.refused == Reason::condition_used);
    Forward same(world);  // the very same question
    same.request();
    CHECK(same.refused == Reason::condition_used);
    forward.notice();
    world.pass(Duration::seconds(60));
    Forward later(world);
    later.request();
    CHECK(later.refused == Reason::condition_used);
    world.pass(Duration::seconds(24 * 3600));
    Forward next_day(world);
    next_day.request();
    CHECK(!next_day.refused);
}

TEST_CASE("a peer takes no more than its slots and its share of an account") {
    CoreWorld::Options options;
    options.max_slots = 2;
    options.max_share_ppm = 500'000;
    CoreWorld world(options);
    const auto ask = [&](std::uint8_t number, std::uint64_t amount) {
        Forward forward(world);
        forward.ask.condition = condition_of(*Preimage::from(Bytes(32, number)));
        forward.ask.out.amount = Amount{amount};
        forward.request();
        return forward.refused;
    };
    CHECK(ask(1, 50'000'001) == Reason::peer_limit);
    CHECK(!ask(2, 50'000'000));
    CHECK(ask(3, 1) == Reason::peer_limit);
    world.pass(Duration::seconds(6));
    CHECK(!ask(4, 1));
    CHECK(!ask(5, 1));
    CHECK(ask(6, 1) == Reason::peer_limit);
    world.pass(Duration::seconds(6));
    check_idle(world);
}
