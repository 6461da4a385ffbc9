// What holds for all values, tried on random ones.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "sdk/base/amount.h"
#include "sdk/base/bytes.h"
#include "sdk/base/time_text.h"

using namespace lockstep;

namespace {

// Whole 64 bits with the ends and small values often.
rc::Gen<std::uint64_t> any_units() {
    return rc::gen::weightedOneOf<std::uint64_t>({
        {4, rc::gen::arbitrary<std::uint64_t>()},
        {4, rc::gen::map(rc::gen::arbitrary<std::uint32_t>(),
                         [](std::uint32_t below) { return UINT64_MAX - below; })},
        {1, rc::gen::element<std::uint64_t>(0, 1, 9, 10, UINT64_MAX)},
    });
}
rc::Gen<std::uint8_t> any_scale() {
    return rc::gen::map(rc::gen::inRange(0, max_asset_scale + 1),
                        [](int scale) { return static_cast<std::uint8_t>(scale); });
}

}  // namespace

TEST_CASE("an amount that was written is read back as it was") {
    CHECK(rc::check([] {
        const std::uint64_t units = *any_units();
        const std::uint8_t scale = *any_scale();
        const std::string text = format_amount(Amount{units}, scale);
        RC_ASSERT(parse_amount(text, scale) == Amount{units});
        if (scale > 0) RC_ASSERT(!parse_amount(text, static_cast<std::uint8_t>(scale - 1)));
    }));
}

TEST_CASE("mul_div agrees with 128-bit arithmetic on every side of the limit") {
    CHECK(rc::check([] {
        const std::uint64_t a = *any_units();
        const std::uint64_t b = *any_units();
        const std::uint64_t c = *rc::gen::suchThat(any_units(), [](auto n) { return n != 0; });
        const auto floor = mul_div_floor(a, b, c);
        const auto ceil = mul_div_ceil(a, b, c);
        const uint128 product = static_cast<uint128>(a) * b;
        if (floor) {
            RC_ASSERT(static_cast<uint128>(*floor) * c <= product);
            RC_ASSERT(product - static_cast<uint128>(*floor) * c < c);
        } else {
            RC_ASSERT(product / c > UINT64_MAX);
            RC_ASSERT(!ceil);
        }
        if (ceil) {
            RC_ASSERT(*ceil - *floor <= 1);
            RC_ASSERT((*ceil == *floor) == (product % c == 0));
        }
    }));
}

TEST_CASE("bytes survive hexadecimal") {
    CHECK(rc::check([](const Bytes& bytes) { RC_ASSERT(from_hex(to_hex(bytes)) == bytes); }));
}

TEST_CASE("a time survives its text, and later times have greater texts") {
    CHECK(rc::check([] {
        const auto any_time = rc::gen::inRange<std::int64_t>(0, 253'402'300'800'000'000);
        const Timestamp a{*any_time};
        const Timestamp b{*any_time};
        RC_ASSERT(parse_time(format_time(a)) == a);
        RC_ASSERT((a < b) == (format_time(a) < format_time(b)));
    }));
}
