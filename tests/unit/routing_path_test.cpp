// Prices and paths: rounding, bounds, and the cheapest route against a search of all routes.
#include "routing/path.h"

#include <doctest/doctest.h>

using namespace lockstep;
using namespace lockstep::routing;

namespace {

PublicKey connector(std::uint8_t number) {
    std::array<std::uint8_t, PublicKey::size> bytes{};
    bytes[0] = number;
    return PublicKey{bytes};
}

Place place(std::size_t number) {
    const std::string code(1, static_cast<char>('A' + number));
    return {*Address::parse("test." + code), *AssetId::make(code + "XX", 2)};
}

Offer offer(std::uint8_t who, std::size_t from, std::size_t to, std::uint64_t num = 1,
            std::uint64_t den = 1) {
    Offer made;
    made.connector = connector(who);
    made.in_ledger = place(from).ledger;
    made.in_asset = place(from).asset;
    made.out_ledger = place(to).ledger;
    made.out_asset = place(to).asset;
    made.rate_num = num;
    made.rate_den = den;
    made.min_out = Amount{1};
    made.max_out = Amount{UINT64_MAX};
    return made;
}

std::optional<Amount> cost(std::span<const Offer> route, Amount amount) {
    for (std::size_t i = route.size(); i-- > 0;) {
        const auto in = price_in(route[i], amount);
        if (!in) return std::nullopt;
        amount = *in;
    }
    return amount;
}

// Every route there is, from its end.
void search(const std::vector<Offer>& offers, const Place& from, const Place& at,
            std::vector<Offer> route, Amount amount, std::optional<Amount>& best) {
    if (at == from && (!best || *cost(route, amount) < *best)) best = cost(route, amount);
    if (route.size() == max_connectors) return;
    for (const Offer& next : offers) {
        if (Place{next.out_ledger, next.out_asset} != at) continue;
        bool visited = false;
        for (const Offer& used : route)
            visited = visited || used.connector == next.connector;
        if (visited) continue;
        std::vector<Offer> longer{next};
        longer.insert(longer.end(), route.begin(), route.end());
        if (!cost(longer, amount)) continue;
        search(offers, from, Place{next.in_ledger, next.in_asset}, longer, amount, best);
    }
}

struct Dice {
    std::uint64_t state;
    std::uint64_t below(std::uint64_t n) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        return (state >> 33) % n;
    }
};

}  // namespace

TEST_CASE("a price is rounded up by less than one unit, once") {
    Dice dice{7};
    for (int i = 0; i < 2'000; ++i) {
        Offer some = offer(1, 0, 1, 1 + dice.below(1'000'000), 1 + dice.below(1'000'000));
        some.spread_ppm = static_cast<std::uint32_t>(dice.below(1'000'001));
        some.fixed_fee = Amount{dice.below(100)};
        const std::uint64_t out = 1 + dice.below(1'000'000'000);
        const auto in = price_in(some, Amount{out});
        REQUIRE(in);
        // (in - fee) * den * 10^6 lies in [exact, exact + den * 10^6).
        const uint128 unit = static_cast<uint128>(some.rate_den) * 1'000'000;
        const uint128 exact =
            static_cast<uint128>(out) * some.rate_num * (1'000'000 + some.spread_ppm);
        const uint128 asked = static_cast<uint128>(in->units() - some.fixed_fee.units()) * unit;
        CHECK((asked >= exact && asked < exact + unit));
        // The fee is what lies above the bare rate.
        CHECK(fee_part(some, *in, Amount{out}).units() ==
              in->units() - static_cast<std::uint64_t>(static_cast<uint128>(out) * some.rate_num /
                                                       some.rate_den));
    }
}

TEST_CASE("an offer is refused outside its bounds, and where it does not fit") {
    struct Row {
        const char* what;
        std::uint64_t out;
        void (*change)(Offer&);
        std::optional<Reason> reason;
    };
    const Row rows[] = {
        {"below the least", 9, [](Offer& o) { o.min_out = Amount{10}; },
         Reason::amount_out_of_bounds},
        {"the least", 10, [](Offer& o) { o.min_out = Amount{10}; }, std::nullopt},
        {"the most", 10, [](Offer& o) { o.max_out = Amount{10}; }, std::nullopt},
        {"above the most", 11, [](Offer& o) { o.max_out = Amount{10}; },
         Reason::amount_out_of_bounds},
        {"everything", UINT64_MAX, [](Offer&) {}, std::nullopt},
        {"everything and a fee", UINT64_MAX, [](Offer& o) { o.fixed_fee = Amount{1}; },
         Reason::amount_overflow},
        {"everything and a spread", UINT64_MAX, [](Offer& o) { o.spread_ppm = 1; },
         Reason::amount_overflow},
        {"more than all", 1, [](Offer& o) { o.spread_ppm = 1'000'001; }, Reason::amount_overflow},
        {"twice", 5, [](Offer& o) { o.spread_ppm = 1'000'000; }, std::nullopt},
        {"rate of nothing", 1, [](Offer& o) { o.rate_num = 0; }, Reason::amount_overflow},
        {"rate by nothing", 1, [](Offer& o) { o.rate_den = 0; }, Reason::amount_overflow},
        {"largest terms", 1,
         [](Offer& o) {
             o.rate_num = max_rate_term;
             o.rate_den = max_rate_term;
         },
         std::nullopt},
        {"beyond them", 1, [](Offer& o) { o.rate_num = max_rate_term + 1; },
         Reason::amount_overflow},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(row.what));
        Offer some = offer(1, 0, 1);
        row.change(some);
        const auto in = price_in(some, Amount{row.out});
        CHECK(in.has_value() == !row.reason);
        if (!in && row.reason) CHECK(in.error() == *row.reason);
    }
}

TEST_CASE("no route is needed at home, and none is found where there is none") {
    const std::vector<Offer> offers{offer(1, 0, 1)};
    CHECK(cheapest_path(offers, place(0), place(0), Amount{5})->empty());
    CHECK(cheapest_path(offers, place(0), place(1), Amount{5})->size() == 1);
    CHECK(cheapest_path(offers, place(1), place(0), Amount{5}).error() == Reason::no_route);
    CHECK(cheapest_path({}, place(0), place(1), Amount{5}).error() == Reason::no_route);
}

TEST_CASE("a route visits a connector once, even where the cheapest way to a place blocks it") {
    // The cheap way from B to C is of the connector that alone goes from A to B.
    const std::vector<Offer> offers{offer(1, 0, 1), offer(1, 1, 2), offer(2, 1, 2, 2, 1)};
    const auto route = cheapest_path(offers, place(0), place(2), Amount{10});
    REQUIRE(route);
    REQUIRE(route->size() == 2);
    CHECK((*route)[0].connector == connector(1));
    CHECK((*route)[1].connector == connector(2));
    CHECK(cheapest_path(std::span(offers).first(2), place(0), place(2), Amount{10}).error() ==
          Reason::no_route);
}

TEST_CASE("ties go to fewer hops, then to the order of the offers") {
    const std::vector<Offer> offers{offer(1, 0, 1), offer(2, 1, 2), offer(3, 0, 2), offer(4, 0, 2)};
    const auto route = cheapest_path(offers, place(0), place(2), Amount{10});
    REQUIRE(route);
    REQUIRE(route->size() == 1);
    CHECK(route->front().connector == connector(3));
}

TEST_CASE("a route has at most six connectors") {
    std::vector<Offer> offers;
    for (std::uint8_t i = 0; i < 7; ++i)
        offers.push_back(offer(i, i, i + 1u));
    CHECK(cheapest_path(offers, place(1), place(7), Amount{1})->size() == max_connectors);
    CHECK(cheapest_path(offers, place(0), place(7), Amount{1}).error() == Reason::no_route);
}

TEST_CASE("on random graphs the route is the cheapest of all") {
    std::size_t found = 0;
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        CAPTURE(seed);
        Dice dice{seed};
        std::vector<Offer> offers;
        for (std::uint64_t i = 0; i < 8; ++i) {
            const std::size_t from = dice.below(4);
            const std::size_t to = (from + 1 + dice.below(3)) % 4;
            Offer made = offer(static_cast<std::uint8_t>(dice.below(5)), from, to,
                               1 + dice.below(20), 1 + dice.below(20));
            made.spread_ppm = static_cast<std::uint32_t>(dice.below(20'000));
            made.fixed_fee = Amount{dice.below(5)};
            made.max_out = Amount{500 + dice.below(5'000)};
            offers.push_back(made);
        }
        const Amount amount{1 + dice.below(800)};
        std::optional<Amount> best;
        search(offers, place(0), place(3), {}, amount, best);
        const auto route = cheapest_path(offers, place(0), place(3), amount);
        REQUIRE(route.has_value() == best.has_value());
        if (!best) continue;
        ++found;
        CHECK(cost(*route, amount) == best);
    }
    CHECK(found > 100);
}
