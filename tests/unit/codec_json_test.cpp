#include <doctest/doctest.h>

#include <limits>

#include "sdk/codec/json.h"

using namespace lockstep;

TEST_CASE("a value is built, read and written in the order in which it was built") {
    Json value = Json::object({{"reference", "T-1"}, {"quantity", 25}, {"open", true}});
    value.set("parts", Json::array().push(1).push(Json::object({{"a", nullptr}})));
    value.set("quantity", 30U);
    CHECK(write_json(value) ==
          R"({"reference":"T-1","quantity":30,"open":true,"parts":[1,{"a":null}]})");
    CHECK(value["reference"].text_or("") == "T-1");
    CHECK(value["quantity"].as_uint64() == 30);
    CHECK(value["open"].as_bool() == true);
    CHECK(value["parts"][0].as_int64() == 1);
    CHECK(value["parts"][1]["a"].is_null());
    CHECK(value.find("nothing") == nullptr);
    CHECK(value["nothing"]["below"][7].is_null());
    CHECK(value["parts"].size() == 2);
    CHECK(value["reference"].size() == 0);
    Json fresh;
    fresh.set("a", 1);
    CHECK(write_json(fresh) == R"({"a":1})");
    CHECK(write_json_pretty(value) ==
          "{\n  \"reference\": \"T-1\",\n  \"quantity\": 30,\n  \"open\": true,\n  \"parts\": [\n"
          "    1,\n    {\n      \"a\": null\n    }\n  ]\n}\n");
    CHECK(write_json_pretty(Json::object()) == "{}\n");
    CHECK(write_json_pretty(Json::array()) == "[]\n");
}

TEST_CASE("integers keep their 64 bits") {
    struct Row {
        std::string text;
        std::optional<std::int64_t> as_int64;
        std::optional<std::uint64_t> as_uint64;
        Json::Kind kind;
    };
    constexpr auto integer = Json::Kind::integer;
    constexpr auto decimal = Json::Kind::decimal;
    const Row rows[] = {
        {"0", 0, 0, integer},
        {"-1", -1, {}, integer},
        {"9007199254740993", 9007199254740993, 9007199254740993, integer},
        {"9223372036854775807", INT64_MAX, INT64_MAX, integer},
        {"-9223372036854775808", INT64_MIN, {}, integer},
        {"9223372036854775808", {}, 9223372036854775808U, integer},
        {"18446744073709551615", {}, UINT64_MAX, integer},
        {"18446744073709551616", {}, {}, decimal},
        {"-9223372036854775809", {}, {}, decimal},
        {"1.0", {}, {}, decimal},
        {"1e2", {}, {}, decimal},
        {"1E2", {}, {}, decimal},
        {"0.5", {}, {}, decimal},
        {"-0.0", {}, {}, decimal},
        {"\"1\"", {}, {}, Json::Kind::text},
        {"true", {}, {}, Json::Kind::boolean},
        {"null", {}, {}, Json::Kind::null},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const auto value = parse_json(row.text);
        REQUIRE(value);
        CHECK(value->kind() == row.kind);
        CHECK(value->as_int64() == row.as_int64);
        CHECK(value->as_uint64() == row.as_uint64);
        if (row.kind == integer) CHECK(write_json(*value) == row.text);
    }
    CHECK(Json(UINT64_MAX).as_int64() == std::nullopt);
    CHECK(Json(5U) == Json(5));
}

TEST_CASE("reports may hold doubles") {
    CHECK(write_json(Json(0.1)) == "0.1");
    CHECK(write_json(Json(317.25)) == "317.25");
    CHECK(write_json(Json(-1.0e30)) == "-1e+30");
    CHECK(write_json(Json(5.0)) == "5");
    CHECK(write_json(Json(std::numeric_limits<double>::infinity())) == "null");
    CHECK(write_json(Json(std::numeric_limits<double>::quiet_NaN())) == "null");
    CHECK(parse_json("0.25")->as_double() == 0.25);
    CHECK(parse_json("7")->as_double() == 7.0);
    CHECK(!parse_json("\"7\"")->as_double());
}

TEST_CASE("amounts are written with exactly their decimals") {
    struct Row {
        std::int64_t units;
        int decimals;
        std::string written;
    };
    const Row rows[] = {
        {0, 8, "0.00000000"},
        {1, 8, "0.00000001"},
        {-1, 8, "-0.00000001"},
        {5'000'000'000, 8, "50.00000000"},
        {2'099'999'999'999'999, 8, "20999999.99999999"},
        {12'345, 2, "123.45"},
        {7, 0, "7"},
        {INT64_MAX, 18, "9.223372036854775807"},
        {INT64_MIN, 8, "-92233720368.54775808"},
    };
    for (const Row& row : rows) {
        const Json value = Json::fixed(row.units, row.decimals);
        CHECK(write_json(value) == row.written);
        CHECK(write_json_pretty(value) == row.written + "\n");
        CHECK(value.kind() == Json::Kind::decimal);
        CHECK(value.as_int64() == std::nullopt);
        CHECK(value.as_double() == parse_json(row.written)->as_double());
    }
    CHECK(Json::fixed(150, 2) == Json::fixed(15, 1));
    CHECK(Json::fixed(15, 1) == Json::fixed(150, 2));
    CHECK(Json::fixed(0, 0) == Json::fixed(0, 18));
    CHECK_FALSE(Json::fixed(151, 2) == Json::fixed(15, 1));
    CHECK_FALSE(Json::fixed(INT64_MAX, 0) == Json::fixed(INT64_MAX, 18));
    CHECK(Json::fixed(15, 1) == Json(1.5));
    CHECK(Json(1.5) == Json::fixed(150, 2));
    CHECK_FALSE(Json::fixed(100, 2) == Json(1));
    CHECK(Json::object({{"a", Json::fixed(5, 1)}}) == *parse_json(R"({"a":0.5})"));
}

TEST_CASE("texts are escaped and unescaped") {
    struct Row {
        std::string text;
        std::string written;
    };
    const Row rows[] = {
        {"", R"("")"},
        {"a\"b\\c", R"("a\"b\\c")"},
        {"\n\t\x01\x7f", "\"\\n\\u0009\\u0001\\u007f\""},
        {std::string("\0", 1), R"("\u0000")"},
        {"\xc3\xa5\xf0\x9f\x94\x92", "\"\xc3\xa5\xf0\x9f\x94\x92\""},
        {"</script>", R"("</script>")"},
    };
    for (const Row& row : rows) {
        CHECK(write_json(Json(row.text)) == row.written);
        CHECK(parse_json(row.written)->text_or("?") == row.text);
    }
    CHECK(write_json(Json("a\xff"
                          "b")) == R"("a\ufffdb")");
    CHECK(parse_json(R"("\ud83d\udd12\u00e5\/\b\f\r\t")")->text_or("") ==
          "\xf0\x9f\x94\x92\xc3\xa5/\b\f\r\t");
}

TEST_CASE("what is no JSON is refused with its place") {
    struct Row {
        std::string text;
        std::string code;
        std::string place;  // occurs in the detail
    };
    const Row rows[] = {
        {"", "malformed", "line 1, column 1"},
        {"   ", "malformed", "line 1, column 4"},
        {"{", "malformed", "line 1, column 2"},
        {"{\"a\":1", "malformed", "line 1, column 7"},
        {"{\"a\":1,}", "malformed", "line 1, column 8"},
        {"{\n  \"a\": 1,\n  b: 2\n}", "malformed", "line 3, column 3"},
        {"{'a':1}", "malformed", "line 1, column 2"},
        {"{\"a\" 1}", "malformed", "line 1, column 6"},
        {"{\"a\":1 \"b\":2}", "malformed", "line 1, column 8"},
        {"[1,2,]", "malformed", "line 1, column 6"},
        {"[1 2]", "malformed", "line 1, column 4"},
        {"[1}", "malformed", "line 1, column 3"},
        {"{} {}", "malformed", "line 1, column 4"},
        {"1 x", "malformed", "line 1, column 3"},
        {"// comment\n1", "malformed", "line 1, column 1"},
        {"{\"a\":1 /* c */}", "malformed", "line 1, column 8"},
        {"01", "malformed", "line 1, column 2"},
        {"+1", "malformed", "line 1, column 1"},
        {".5", "malformed", "line 1, column 1"},
        {"1.", "malformed", "line 1"},
        {"1e", "malformed", "line 1"},
        {"-", "malformed", "line 1"},
        {"0x10", "malformed", "line 1, column 2"},
        {"NaN", "malformed", "line 1, column 1"},
        {"Infinity", "malformed", "line 1, column 1"},
        {"True", "malformed", "line 1, column 1"},
        {"tru", "malformed", "line 1"},
        {"nulll", "malformed", "line 1, column 5"},
        {"\"abc", "malformed", "line 1, column 5"},
        {"\"a\nb\"", "malformed", "line 1, column 3"},
        {"\"\\x41\"", "malformed", "line 1"},
        {"\"\\u12g4\"", "malformed", "line 1"},
        {"\"\\ud800\"", "malformed", "line 1"},
        {"\"\\udc00\"", "malformed", "line 1"},
        {"\"\xff\"", "malformed", "line 1, column 2"},
        {"\"\xc0\x80\"", "malformed", "line 1"},
        {"\"\xed\xa0\x80\"", "malformed", "line 1"},
        {"\xef\xbb\xbf{}", "malformed", "line 1, column 1"},
        {std::string("{}\0", 3), "malformed", "line 1, column 3"},
        {R"({"a":1,"b":2,"a":3})", "malformed", "\"a\" occurs twice"},
        {R"({"x":{"a":1,"\u0061":3}})", "malformed", "\"a\" occurs twice"},
        {std::string(33, '[') + std::string(33, ']'), "too_large", "32 deep"},
        {std::string(100'000, '['), "too_large", "32 deep"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text.substr(0, 60));
        const auto value = parse_json(row.text);
        REQUIRE(!value);
        CHECK(value.error().code == row.code);
        CHECK_MESSAGE(value.error().detail.find(row.place) != std::string::npos,
                      value.error().detail);
    }
}

TEST_CASE("size and depth are limited, and the limits themselves are allowed") {
    CHECK(parse_json(std::string(32, '[') + std::string(32, ']')));
    const JsonLimits limits{.max_size = 10, .max_depth = 2};
    CHECK(parse_json("[12345678]", limits));
    CHECK(parse_json("[123456789]", limits).error().code == "too_large");
    CHECK(parse_json("[[1]]", limits));
    CHECK(parse_json("[[[1]]]", limits).error().code == "too_large");
}

TEST_CASE("a repeated key is found among many") {
    std::string text = "{";
    for (int i = 0; i < 50'000; ++i)
        text += "\"k" + std::to_string(i) + "\":0,";
    CHECK(parse_json(text + "\"last\":0}"));
    const auto repeated = parse_json(text + "\"k25000\":0}");
    REQUIRE(!repeated);
    CHECK(repeated.error().detail.find("k25000") != std::string::npos);
}

TEST_CASE("who takes a value apart moves out of it") {
    auto json = parse_json(R"([{"a":"text","b":[1,2]},7])");
    REQUIRE(json);
    REQUIRE(json->as_array() != nullptr);
    Json& first = json->as_array()->at(0);
    REQUIRE(first.find("b") != nullptr);
    const Json moved = std::move(*first.find("b"));
    CHECK(write_json(moved) == "[1,2]");
    CHECK(first.find("c") == nullptr);
    CHECK(first.as_array() == nullptr);
    CHECK(json->as_array()->at(1).find("a") == nullptr);
    CHECK(first["a"].text_or("") == "text");
}
