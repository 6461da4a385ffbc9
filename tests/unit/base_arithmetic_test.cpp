// Checked integers, and time.
#include <doctest/doctest.h>

#include "sdk/base/checked.h"
#include "sdk/base/time.h"
#include "sdk/base/time_text.h"

using namespace lockstep;

namespace {
constexpr std::uint64_t max = UINT64_MAX;
constexpr std::int64_t lowest = INT64_MIN;
constexpr std::int64_t highest = INT64_MAX;
}  // namespace

TEST_CASE("sums, differences and products that do not fit are reported") {
    CHECK(checked_add(max, 0) == max);
    CHECK(checked_add(max - 1, 1) == max);
    CHECK(!checked_add(max, 1));
    CHECK(!checked_add(max, max));
    CHECK(checked_sub(max, max) == 0);
    CHECK(!checked_sub(0, 1));
    CHECK(checked_mul(max, 1) == max);
    CHECK(checked_mul(max, 0) == 0);
    CHECK(checked_mul(0xffffffff, 0x100000001) == max);
    CHECK(!checked_mul(0x100000000, 0x100000000));
    CHECK(!checked_mul(max, 2));
}

TEST_CASE("mul_div keeps the whole product and names its rounding") {
    using Answer = std::optional<std::uint64_t>;
    struct Row {
        std::uint64_t a, b, c;
        Answer floor, ceil;
    };
    const Row rows[] = {
        {7, 3, 2, 10, 11},
        {6, 3, 2, 9, 9},
        {0, max, max, 0, 0},
        {0, 0, 1, 0, 0},
        {1, 1, max, 0, 1},
        {1, 1, 0, {}, {}},
        {0, 0, 0, {}, {}},
        {max, max, max, max, max},
        {max, max, max - 1, {}, {}},
        {max, 1, 1, max, max},
        {max, 2, 1, {}, {}},
        {max, max, 1, {}, {}},
        {max, 3, 3, max, max},
        {max, max - 1, max, max - 1, max - 1},
        {max - 1, max - 1, max, max - 2, max - 1},
        {max, (max / 2 + 1) / 3, (max / 2 + 1) / 3, max, max},
        {0x8000000000000000, 3, 2, 0xc000000000000000, 0xc000000000000000},
        {3, 0xffffffffffffffff, 2, {}, {}},
        {5, 0x6666666666666667, 2, {}, {}},
        {2, max, 2, max, max},
        {0xffffffff80000000, 0x100000000, 0xffffffff80000000, 0x100000000, 0x100000000},
    };
    for (const Row& row : rows) {
        CAPTURE(row.a);
        CAPTURE(row.b);
        CAPTURE(row.c);
        CHECK(mul_div_floor(row.a, row.b, row.c) == row.floor);
        CHECK(mul_div_ceil(row.a, row.b, row.c) == row.ceil);
    }
    // 274177 * 67280421310721 = 2^64 + 1
    CHECK(!mul_div_floor(274177, 67280421310721, 1));
    CHECK(mul_div_floor(274177, 67280421310721, 2) == 0x8000000000000000);
    CHECK(mul_div_ceil(274177, 67280421310721, 2) == 0x8000000000000001);
}

TEST_CASE("a quotient that fits only when rounded down is refused when rounded up") {
    // 2^65 - 1 over 2 is 2^64 - 1/2. 2^65 - 1 = 31 * 1190112520884487201.
    CHECK(mul_div_floor(31, 1190112520884487201, 2) == max);
    CHECK(!mul_div_ceil(31, 1190112520884487201, 2));
}

TEST_CASE("an expiry is reached at its own microsecond") {
    const Timestamp expiry{1'000'000};
    CHECK(!is_expired(Timestamp{999'999}, expiry));
    CHECK(is_expired(Timestamp{1'000'000}, expiry));
    CHECK(is_expired(Timestamp{1'000'001}, expiry));
    CHECK(!is_expired(Timestamp{highest - 1}, Timestamp::never()));
    CHECK(is_expired(Timestamp{0}, Timestamp{0}));
}

TEST_CASE("times beyond what can be represented stay at the end") {
    CHECK(Timestamp::never() + Duration{1} == Timestamp::never());
    CHECK(Timestamp{lowest} - Duration{1} == Timestamp{lowest});
    CHECK(Timestamp::never() - Duration::seconds(1) < Timestamp::never());
    CHECK(Timestamp{5} - Timestamp{7} == Duration{-2});
    CHECK(Timestamp{highest} - Timestamp{lowest} == Duration{highest});
    CHECK(Timestamp{lowest} - Timestamp{highest} == Duration{lowest});
    CHECK(Duration{0} - Duration{lowest} == Duration{highest});
    CHECK(Duration{-1} - Duration{lowest} == Duration{highest});
    CHECK(Duration{-2} - Duration{lowest} == Duration{highest - 1});
    CHECK(Duration{highest} + Duration{1} == Duration{highest});
    CHECK(Duration{lowest} + Duration{-1} == Duration{lowest});
    CHECK(Duration::seconds(2) * 3 == Duration{6'000'000});
    CHECK(Duration{highest} * 2 == Duration{highest});
    CHECK(Duration{highest} * -2 == Duration{lowest});
    CHECK(Duration{lowest} * -1 == Duration{highest});
    CHECK(Duration::milliseconds(3) == Duration{3'000});
}

TEST_CASE("times are read from RFC 3339 in UTC only") {
    struct Row {
        std::string text;
        std::optional<std::int64_t> us;
    };
    const Row rows[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1970-01-01T00:00:00.000001Z", 1},
        {"1970-01-01T00:00:00.5Z", 500'000},
        {"2000-02-29T23:59:59.999999Z", 951'868'799'999'999},
        {"2024-02-29T00:00:00Z", 1'709'164'800'000'000},
        {"2026-11-22T17:05:00.250000Z", 1'795'367'100'250'000},
        {"9999-12-31T23:59:59.999999Z", 253'402'300'799'999'999},
        {"1969-12-31T23:59:59Z", {}},
        {"2023-02-29T00:00:00Z", {}},
        {"2100-02-29T00:00:00Z", {}},
        {"2024-13-01T00:00:00Z", {}},
        {"2024-00-01T00:00:00Z", {}},
        {"2024-04-31T00:00:00Z", {}},
        {"2024-01-00T00:00:00Z", {}},
        {"2024-01-01T24:00:00Z", {}},
        {"2024-01-01T00:60:00Z", {}},
        {"2016-12-31T23:59:60Z", {}},
        {"2024-01-01T00:00:00", {}},
        {"2024-01-01T00:00:00+00:00", {}},
        {"2024-01-01t00:00:00z", {}},
        {"2024-01-01 00:00:00Z", {}},
        {"2024-01-01T00:00:00.Z", {}},
        {"2024-01-01T00:00:00.1234567Z", {}},
        {"2024-01-01T00:00:00,5Z", {}},
        {"2024-01-01T00:00:00.-5Z", {}},
        {"2024-01-01T0 :00:00Z", {}},
        {"+024-01-01T00:00:00Z", {}},
        {"", {}},
        {"2024-01-01", {}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const auto time = parse_time(row.text);
        CHECK(time.has_value() == row.us.has_value());
        if (time && row.us) CHECK(time->us() == *row.us);
    }
}

TEST_CASE("times are written in UTC with six decimals") {
    CHECK(format_time(Timestamp{0}) == "1970-01-01T00:00:00.000000Z");
    CHECK(format_time(Timestamp{951'868'799'999'999}) == "2000-02-29T23:59:59.999999Z");
    CHECK(format_time(Timestamp{1'795'367'100'250'000}) == "2026-11-22T17:05:00.250000Z");
    CHECK(format_time(Timestamp{1'735'689'599'000'000}) == "2024-12-31T23:59:59.000000Z");
    CHECK(format_time(Timestamp{1'735'689'600'000'000}) == "2025-01-01T00:00:00.000000Z");
    CHECK(format_time(Timestamp{-1}) == "1970-01-01T00:00:00.000000Z");
    CHECK(format_time(Timestamp::never()) == "9999-12-31T23:59:59.999999Z");
}
