// Fees, and which coins pay them.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>

#include "tests/unit/bitcoin_escrow_actors.h"

using namespace lockstep;
using namespace lockstep::bitcoin;
using namespace lockstep::test;

namespace {

constexpr Satoshi dust = 294;

std::vector<Satoshi> values_of(const Selection& selection) {
    std::vector<Satoshi> values;
    for (const KeyCoin& coin : selection.coins)
        values.push_back(coin.value);
    return values;
}

// One escrow's output, change to a key.
SelectionRequest request_of(Satoshi target, Satoshi rate) {
    SelectionRequest request;
    request.target = target;
    request.weight = overhead_weight + output_weight(Bytes(34));
    request.change_script = Bytes(22);
    request.change_script[1] = 20;
    request.rate = {rate};
    return request;
}
Satoshi fee_of(const SelectionRequest& request, std::size_t inputs, bool change) {
    const std::size_t weight = request.weight + inputs * key_input_weight +
                               (change ? output_weight(request.change_script) : 0);
    return *fee_to_pay(request.rate, vsize_of_weight(weight), request.replaces);
}

}  // namespace

TEST_CASE("a fee is the rate times the virtual size, rounded up, and is money") {
    struct Row {
        Satoshi rate;
        std::size_t vsize;
        Satoshi fee;  // -1: none
    };
    const Row rows[] = {
        {1'000, 141, 141}, {1'001, 141, 142},          {1'500, 141, 212}, {20'000'000, 1, 20'000},
        {999, 141, -1},    {20'000'001, 141, -1},      {0, 141, -1},      {-1'000, 141, -1},
        {1'000, 0, 0},     {20'000'000, SIZE_MAX, -1},
    };
    for (const Row& row : rows) {
        CAPTURE(row.rate);
        CAPTURE(row.vsize);
        CHECK(fee_for({row.rate}, row.vsize).value_or(-1) == row.fee);
    }
    CHECK(vsize_of_weight(561) == 141);
    CHECK(vsize_of_weight(560) == 140);
    CHECK(add_money(max_money, 0) == max_money);
    CHECK_FALSE(add_money(max_money, 1));
    CHECK_FALSE(add_money(-1, 1));
    CHECK_FALSE(add_money(INT64_MAX, INT64_MAX));
}

TEST_CASE("a replacement pays for its relay and at a higher rate") {
    // 200 vbytes at 10 satoshi each.
    const PaidVersion before{2'000, 200};
    CHECK(least_replacement_fee(before, 200) == 2'200);
    // Smaller: less to relay. Larger: the rate decides.
    CHECK(least_replacement_fee(before, 140) == 2'140);
    CHECK(least_replacement_fee(before, 300) == 3'001);
    CHECK(fee_to_pay({20'000}, 200, before) == 4'000);
    CHECK(fee_to_pay({1'000}, 200, before) == 2'200);
    CHECK(fee_to_pay({1'000}, 200, std::nullopt) == 200);
    CHECK_FALSE(least_replacement_fee({max_money, 200}, 200));
    CHECK_FALSE(least_replacement_fee({-1, 200}, 200));
    CHECK_FALSE(least_replacement_fee({1, 0}, 200));
}

TEST_CASE("dust is what relay says") {
    CHECK(dust_of(key_hash_script(Bytes(20))) == 546);
    CHECK(dust_of(Actors().payee_home) == 294);
    CHECK(dust_of(script_pubkey_of(Actors().script)) == 330);
}

TEST_CASE("an escrow that its claim would eat up is not worth it") {
    const Bytes home = Actors().payee_home;
    EscrowLock longest = Actors().lock;
    longest.locktime = UINT32_MAX;
    const std::size_t vsize = spend_vsize(longest, EscrowPath::claim, home, 0);
    // Overhead 42, input 164 and 302 of witness, output 124, in quarters.
    CHECK(vsize == 158);
    for (const Satoshi rate : {1'000, 50'000, 20'000'000}) {
        CAPTURE(rate);
        const Satoshi fee = *fee_for({rate}, vsize);
        CHECK_FALSE(is_worth_claiming(dust, home, {rate}));
        CHECK_FALSE(is_worth_claiming(fee + dust, home, {rate}));
        CHECK(is_worth_claiming(fee + dust + 1, home, {rate}));
    }
    CHECK_FALSE(is_worth_claiming(0, home, {1'000}));
    CHECK_FALSE(is_worth_claiming(-1, home, {1'000}));
    CHECK_FALSE(is_worth_claiming(max_money + 1, home, {1'000}));
    // A rate that is none is no reason to take an escrow.
    CHECK_FALSE(is_worth_claiming(coin, home, {0}));
    CHECK_FALSE(is_worth_claiming(coin, home, {max_fee_per_kvb.satoshi + 1}));
}

TEST_CASE("coins that sum up without change are found") {
    const auto request = request_of(100'000, 1'000);
    const Satoshi two = fee_of(request, 2, false);
    const auto coins = coins_of({90'000, 70'000, 60'000, 40'000 + two, 5'000});
    const auto selection = select_coins(request, coins, {});
    REQUIRE(selection);
    CHECK(values_of(*selection) == std::vector<Satoshi>{60'000, 40'000 + two});
    CHECK(selection->change == 0);
    CHECK(selection->fee == two);
}

TEST_CASE("else the largest pay, the last one being the smallest that does") {
    const auto request = request_of(100'000, 1'000);
    const auto selection =
        select_coins(request, coins_of({80'000, 70'000, 66'000, 45'000, 2'000}), {});
    REQUIRE(selection);
    CHECK(values_of(*selection) == std::vector<Satoshi>{80'000, 45'000});
    CHECK(selection->fee == fee_of(request, 2, true));
    CHECK(selection->change == 25'000 - selection->fee);
}

TEST_CASE("change that would be dust goes to the fee") {
    const auto request = request_of(100'000, 1'000);
    const Satoshi exact = 100'000 + fee_of(request, 1, true);
    const auto no_dust = select_coins(request, coins_of({exact + dust}), {});
    REQUIRE(no_dust);
    CHECK(no_dust->change == dust);
    const auto all_fee = select_coins(request, coins_of({exact + dust - 1}), {});
    REQUIRE(all_fee);
    CHECK(all_fee->change == 0);
    CHECK(all_fee->fee == exact + dust - 1 - 100'000);
}

TEST_CASE("the fee that is missing by one satoshi is missing") {
    const auto request = request_of(100'000, 1'000);
    const Satoshi exact = 100'000 + fee_of(request, 1, false);
    CHECK(select_coins(request, coins_of({exact}), {}));
    CHECK(select_coins(request, coins_of({exact - 1}), {}).error() ==
          BuildFault::insufficient_funds);
    CHECK(select_coins(request, {}, {}).error() == BuildFault::insufficient_funds);
}

TEST_CASE(
    "what is reserved is not spent, nor a coin twice, nor one that costs more than its worth") {
    const auto request = request_of(100'000, 1'000);
    auto coins = coins_of({200'000, 150'000});
    const auto other = select_coins(request, coins, {coins[1].place});
    REQUIRE(other);
    CHECK(values_of(*other) == std::vector<Satoshi>{200'000});
    CHECK(select_coins(request, coins, {coins[0].place, coins[1].place}).error() ==
          BuildFault::insufficient_funds);
    coins = coins_of({60'000});
    coins.push_back(coins[0]);
    CHECK(select_coins(request, coins, {}).error() == BuildFault::insufficient_funds);
    // 68 vbytes at 1,000 satoshi: a coin of 68,000 brings nothing.
    const auto dear = request_of(100'000, 1'000'000);
    std::vector<Satoshi> small(100, 68'000);
    CHECK(select_coins(dear, coins_of(small), {}).error() == BuildFault::insufficient_funds);
}

TEST_CASE("rates and amounts that cannot be are refused") {
    const auto coins = coins_of({200'000});
    CHECK(select_coins(request_of(100'000, 999), coins, {}).error() == BuildFault::bad_rate);
    CHECK(select_coins(request_of(0, 1'000), coins, {}).error() == BuildFault::bad_amount);
    CHECK(select_coins(request_of(-1, 1'000), coins, {}).error() == BuildFault::bad_amount);
    CHECK(select_coins(request_of(max_money + 1, 1'000), coins, {}).error() ==
          BuildFault::bad_amount);
    for (const Satoshi value : {Satoshi{0}, Satoshi{-1}, max_money + 1, INT64_MAX})
        CHECK(select_coins(request_of(1'000, 1'000), coins_of({value}), {}).error() ==
              BuildFault::bad_amount);
    CHECK(select_coins(request_of(1'000, 1'000), coins_of({max_money, 1}), {}).error() ==
          BuildFault::bad_amount);
    // 252 inputs of 1,000 satoshi, less what they cost.
    std::vector<Satoshi> small(300, 1'000);
    CHECK(select_coins(request_of(240'000, 1'000), coins_of(small), {}).error() ==
          BuildFault::too_many_inputs);
    const auto most = select_coins(request_of(230'000, 1'000), coins_of(small), {});
    REQUIRE(most);
    CHECK(most->coins.size() <= max_inputs);
}

TEST_CASE("many coins are searched in bounded time") {
    std::vector<Satoshi> values;
    for (Satoshi i = 0; i < 20'000; ++i)
        values.push_back(100'003 + 7 * i);
    const auto selection = select_coins(request_of(5'000'001, 1'000), coins_of(values), {});
    REQUIRE(selection);
}

TEST_CASE("inputs are outputs and fee, change is no dust, the order of the coins means nothing") {
    CHECK(rc::check([] {
        const auto values = *rc::gen::container<std::vector<Satoshi>>(rc::gen::oneOf(
            rc::gen::inRange<Satoshi>(1, 2'000), rc::gen::inRange<Satoshi>(2'000, 300'000),
            rc::gen::inRange<Satoshi>(300'000, 10 * coin)));
        auto request = request_of(*rc::gen::oneOf(rc::gen::inRange<Satoshi>(1, 500'000),
                                                  rc::gen::inRange<Satoshi>(1, 20 * coin)),
                                  *rc::gen::inRange<Satoshi>(1'000, 300'000));
        auto coins = coins_of(values);
        std::set<OutPoint> reserved;
        for (const KeyCoin& each : coins)
            if (*rc::gen::inRange(0, 8) == 0) reserved.insert(each.place);
        // A version before it, sometimes.
        if (!coins.empty() && *rc::gen::arbitrary<bool>()) {
            request.kept = {coins.front()};
            request.replaces = PaidVersion{*rc::gen::inRange<Satoshi>(141, 20'000), 141};
        }
        const auto selection = select_coins(request, coins, reserved);
        Satoshi sum = 0;
        if (!selection) {
            RC_ASSERT(selection.error() == BuildFault::insufficient_funds);
            // All that is worth its input does not pay.
            std::size_t count = request.kept.size();
            sum = request.kept.empty() ? 0 : request.kept[0].value;
            for (const KeyCoin& each : coins) {
                if (reserved.contains(each.place) || each.value <= *fee_for(request.rate, 68) ||
                    (!request.kept.empty() && each.place == request.kept[0].place))
                    continue;
                sum += each.value;
                ++count;
            }
            RC_ASSERT(sum < request.target + fee_of(request, count, false));
            return;
        }
        std::set<OutPoint> places;
        for (const KeyCoin& each : selection->coins) {
            sum += each.value;
            RC_ASSERT(places.insert(each.place).second);
        }
        for (std::size_t i = request.kept.size(); i < selection->coins.size(); ++i)
            RC_ASSERT(!reserved.contains(selection->coins[i].place));
        if (!request.kept.empty()) RC_ASSERT(selection->coins[0] == request.kept[0]);
        RC_ASSERT(sum == request.target + selection->fee + selection->change);
        RC_ASSERT(selection->change == 0 || selection->change >= dust);
        const std::size_t count = selection->coins.size();
        if (selection->change > 0) {
            RC_ASSERT(selection->fee == fee_of(request, count, true));
        } else {
            // No more is given away than change would cost, now and later, or than dust.
            const Satoshi over = selection->fee - fee_of(request, count, false);
            const Satoshi window =
                *fee_for(request.rate,
                         vsize_of_weight(output_weight(request.change_script) + key_input_weight));
            const Satoshi unmade = fee_of(request, count, true) - fee_of(request, count, false);
            RC_ASSERT(over >= 0);
            RC_ASSERT(over <= std::max(window, unmade + dust));
        }
        if (request.replaces) RC_ASSERT(selection->fee > request.replaces->fee);

        std::reverse(coins.begin(), coins.end());
        RC_ASSERT(*select_coins(request, coins, reserved) == *selection);
    }));
}
