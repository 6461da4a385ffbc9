#include <doctest/doctest.h>

#include "sdk/base/amount.h"

using namespace lockstep;

TEST_CASE("decimal text becomes units exactly or not at all") {
    constexpr auto refused = std::optional<std::uint64_t>{};
    struct Row {
        std::string text;
        std::uint8_t scale;
        std::optional<std::uint64_t> units;
    };
    const Row rows[] = {
        // whole and fraction
        {"0", 0, 0},
        {"0", 2, 0},
        {"0.00", 2, 0},
        {"1", 0, 1},
        {"1", 2, 100},
        {"1.5", 2, 150},
        {"1.50", 2, 150},
        {"1.05", 2, 105},
        {"0.01", 2, 1},
        {"12345.67", 2, 1234567},
        {"007", 0, 7},
        {"0.1", 1, 1},
        {"0.001", 3, 1},
        {"0.0001", 4, 1},
        {"0.00001", 5, 1},
        {"0.000001", 6, 1},
        {"0.0000001", 7, 1},
        {"0.00000001", 8, 1},
        {"0.000000001", 9, 1},
        // the ends of 64 bits
        {"18446744073709551615", 0, UINT64_MAX},
        {"18446744073709551616", 0, refused},
        {"184467440737095516.15", 2, UINT64_MAX},
        {"184467440737095516.16", 2, refused},
        {"18446744073.709551615", 9, UINT64_MAX},
        {"18446744073.709551616", 9, refused},
        {"18446744074", 9, refused},
        {"1844674407370955161", 1, 18446744073709551610U},
        {"1844674407370955162", 1, refused},
        {"99999999999999999999999999", 0, refused},
        // more decimals than the asset has, also when they are zero
        {"1.0", 0, refused},
        {"1.005", 2, refused},
        {"1.000", 2, refused},
        {"0.0000000001", 9, refused},
        // signs, exponents, spaces, other notations
        {"-1", 2, refused},
        {"+1", 2, refused},
        {"1e3", 2, refused},
        {"1E3", 2, refused},
        {"0x10", 2, refused},
        {" 1", 2, refused},
        {"1 ", 2, refused},
        {"1,50", 2, refused},
        {"1_000", 2, refused},
        {"1'000", 2, refused},
        {"inf", 2, refused},
        {"", 2, refused},
        {".", 2, refused},
        {".5", 2, refused},
        {"5.", 2, refused},
        {"1..5", 2, refused},
        {"1.2.3", 2, refused},
        {"1.-5", 2, refused},
        {"\xd9\xa1", 2, refused},  // the Arabic digit one
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CAPTURE(int{row.scale});
        const auto amount = parse_amount(row.text, row.scale);
        CHECK(amount.has_value() == row.units.has_value());
        if (amount && row.units) CHECK(amount->units() == *row.units);
    }
    CHECK(!parse_amount(std::string_view("1\0", 2), 2));
}

TEST_CASE("units are written with exactly as many decimals as the asset has") {
    struct Row {
        std::uint64_t units;
        std::uint8_t scale;
        const char* text;
    };
    const Row rows[] = {
        {0, 0, "0"},
        {0, 2, "0.00"},
        {1, 2, "0.01"},
        {10, 2, "0.10"},
        {100, 2, "1.00"},
        {1234567, 2, "12345.67"},
        {1, 9, "0.000000001"},
        {1'000'000'000, 9, "1.000000000"},
        {UINT64_MAX, 0, "18446744073709551615"},
        {UINT64_MAX, 9, "18446744073.709551615"},
    };
    for (const Row& row : rows)
        CHECK(format_amount(Amount{row.units}, row.scale) == row.text);
}

TEST_CASE("amounts add and subtract only within 64 bits and above zero") {
    const Amount max{UINT64_MAX};
    CHECK(checked_add(Amount{1}, Amount{2}) == Amount{3});
    CHECK(checked_add(max, Amount{0}) == max);
    CHECK(!checked_add(max, Amount{1}));
    CHECK(!checked_add(max, max));
    CHECK(checked_sub(Amount{3}, Amount{2}) == Amount{1});
    CHECK(checked_sub(Amount{3}, Amount{3}) == Amount{0});
    CHECK(!checked_sub(Amount{2}, Amount{3}));
    CHECK(!checked_sub(Amount{0}, max));
}

TEST_CASE("an asset has a code of letters and digits and at most nine decimals") {
    CHECK(AssetId::make("SEK", 2));
    CHECK(AssetId::make("SE0000108656", 0));
    CHECK(AssetId::make("BTC", 8));
    CHECK(AssetId::make("x", 9));
    CHECK(AssetId::make(std::string(max_asset_code, 'A'), 0));
    CHECK(!AssetId::make(std::string(max_asset_code + 1, 'A'), 0));
    CHECK(!AssetId::make("", 0));
    CHECK(!AssetId::make("SEK", 10));
    CHECK(!AssetId::make("SE K", 2));
    CHECK(!AssetId::make("SEK-2", 2));
    CHECK(!AssetId::make("\xc3\x85", 2));
    CHECK(AssetId::make("SEK", 2) != AssetId::make("SEK", 3));
}

TEST_CASE("an ISIN is known by its check digit") {
    const std::string valid[] = {"SE0000108656", "SE0000115446", "SE0000148884", "FI0009000681",
                                 "SE0017486889", "US0378331005", "AU0000XVGZA3", "GB0002634946"};
    for (const std::string& isin : valid) {
        CAPTURE(isin);
        CHECK(is_isin(isin));
        // A wrong digit is always noticed, wherever it stands.
        for (std::size_t at = 2; at < isin.size(); ++at) {
            if (isin[at] < '0' || isin[at] > '9') continue;
            for (char digit = '0'; digit <= '9'; ++digit) {
                std::string tampered = isin;
                tampered[at] = digit;
                CHECK(is_isin(tampered) == (digit == isin[at]));
            }
        }
    }
    for (const char* text : {"", "SE000010865", "SE00001086566", "se0000108656", "S10000108656",
                             "SE00001o8656", "SE000010865A", "SE 000108656", "SE0000180656"})
        CHECK_MESSAGE(!is_isin(text), text);
}
