#include <doctest/doctest.h>

#include "sdk/base/ids.h"
#include "sdk/codec/json_fields.h"

using namespace lockstep;

namespace {

constexpr std::string_view sides[] = {"buy", "sell"};

struct Trade {
    std::string reference;
    std::uint64_t quantity = 0;
    Amount price;
    std::size_t side = 0;
    Address account;
    Condition condition;
    Timestamp at;
    bool hold = false;
    Bytes note;
    std::string buyer;
    std::vector<Amount> parts;
    std::vector<std::string> tags;
};

Result<Trade, FieldMistake> read_trade(const Json& body) {
    Trade trade;
    JsonFields fields(body);
    trade.reference = fields.text("reference", {.min = 1, .max = 8});
    trade.quantity = fields.integer("quantity", {.min = 1, .max = 1000});
    trade.price = fields.amount("price", 2);
    trade.side = fields.choice("side", sides);
    trade.account = fields.address("account");
    trade.condition = fields.fixed<Condition>("condition");
    trade.at = fields.time("at");
    trade.hold = fields.boolean_if("hold").value_or(false);
    trade.note = fields.bytes_if("note", 2).value_or(Bytes{});
    fields.object("buyer", [&](JsonFields& buyer) { trade.buyer = buyer.text("name"); });
    fields.objects_if("parts", 2,
                      [&](JsonFields& part) { trade.parts.push_back(part.amount("amount", 2)); });
    if (fields.any_if("tags") != nullptr) trade.tags = fields.texts("tags", 2, {.max = 3});
    if (trade.reference == "taken")
        fields.refuse("reference", Reason::duplicate_reference, "a new one");
    if (const auto read = fields.finish(); !read) return tl::unexpected(read.error());
    return trade;
}

Json good_body() {
    return *parse_json(R"({"reference":"T-1","quantity":25,"price":"100.50","side":"sell",
        "account":"test.csd.alice","at":"2026-01-31T12:00:00Z",
        "condition":"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff",
        "buyer":{"name":"bob"}})");
}

}  // namespace

TEST_CASE("a body is read by the types of its fields") {
    Json body = good_body();
    auto trade = read_trade(body);
    REQUIRE(trade);
    CHECK(trade->reference == "T-1");
    CHECK(trade->quantity == 25);
    CHECK(trade->price == Amount{10050});
    CHECK(trade->side == 1);
    CHECK(trade->account.text() == "test.csd.alice");
    CHECK(trade->condition.hex().substr(0, 8) == "00112233");
    CHECK(trade->at.us() == 1'769'860'800'000'000);
    CHECK(!trade->hold);
    CHECK(trade->buyer == "bob");
    body.set("hold", true);
    body.set("note", "ABcd");
    body.set("parts", *parse_json(R"([{"amount":"1"},{"amount":"2.5"}])"));
    body.set("tags", *parse_json(R"(["a","bcd"])"));
    trade = read_trade(body);
    REQUIRE(trade);
    CHECK(trade->hold);
    CHECK(to_hex(trade->note) == "abcd");
    CHECK(trade->parts == std::vector<Amount>{Amount{100}, Amount{250}});
    CHECK(trade->tags == std::vector<std::string>{"a", "bcd"});
}

TEST_CASE("each mistake in a body is named with its field, its reason and what was expected") {
    struct Row {
        std::string field;
        const char* value;  // nullptr: the field is absent
        Reason reason;
        const char* sentence;
    };
    const Row rows[] = {
        {"reference", nullptr, Reason::missing_field,
         "reference: missing; expected a text of 1 to 8 octets"},
        {"reference", "null", Reason::wrong_type, "reference: expected a text of 1 to 8 octets"},
        {"reference", "7", Reason::wrong_type, "reference: expected a text of 1 to 8 octets"},
        {"reference", "\"\"", Reason::malformed, "reference: expected a text of 1 to 8 octets"},
        {"reference", "\"123456789\"", Reason::malformed,
         "reference: expected a text of 1 to 8 octets"},
        {"reference", "\"taken\"", Reason::duplicate_reference, "reference: expected a new one"},
        {"quantity", nullptr, Reason::missing_field,
         "quantity: missing; expected an integer from 1 to 1000"},
        {"quantity", "\"25\"", Reason::wrong_type, "quantity: expected an integer from 1 to 1000"},
        {"quantity", "25.0", Reason::wrong_type, "quantity: expected an integer from 1 to 1000"},
        {"quantity", "2e1", Reason::wrong_type, "quantity: expected an integer from 1 to 1000"},
        {"quantity", "0", Reason::malformed, "quantity: expected an integer from 1 to 1000"},
        {"quantity", "-1", Reason::malformed, "quantity: expected an integer from 1 to 1000"},
        {"quantity", "1001", Reason::malformed, "quantity: expected an integer from 1 to 1000"},
        {"quantity", "18446744073709551615", Reason::malformed,
         "quantity: expected an integer from 1 to 1000"},
        {"price", nullptr, Reason::missing_field,
         "price: missing; expected a decimal string with at most 2 decimals"},
        {"price", "100.5", Reason::wrong_type,
         "price: expected a decimal string with at most 2 decimals"},
        {"price", "100", Reason::wrong_type,
         "price: expected a decimal string with at most 2 decimals"},
        {"price", "\"-1\"", Reason::malformed,
         "price: expected a decimal string with at most 2 decimals"},
        {"price", "\"1.005\"", Reason::malformed,
         "price: expected a decimal string with at most 2 decimals"},
        {"price", "\"1e2\"", Reason::malformed,
         "price: expected a decimal string with at most 2 decimals"},
        {"price", "\"184467440737095516.16\"", Reason::amount_overflow,
         "price: expected at most 184467440737095516.15, which is what 64 bits of the smallest "
         "unit hold"},
        {"price", "\"184467440737095516.160\"", Reason::malformed,
         "price: expected a decimal string with at most 2 decimals"},
        {"side", "\"hold\"", Reason::malformed, "side: expected one of buy, sell"},
        {"side", "1", Reason::wrong_type, "side: expected one of buy, sell"},
        {"side", nullptr, Reason::missing_field, "side: missing; expected one of buy, sell"},
        {"account", "\"alice\"", Reason::malformed,
         "account: expected an address such as test.eur.alice"},
        {"account", "[]", Reason::wrong_type,
         "account: expected an address such as test.eur.alice"},
        {"condition", "\"0011\"", Reason::malformed, "condition: expected 64 hexadecimal digits"},
        {"condition", "5", Reason::wrong_type, "condition: expected 64 hexadecimal digits"},
        {"at", "\"2026-01-31\"", Reason::malformed,
         "at: expected a time in UTC such as 2026-01-31T12:00:00.000000Z"},
        {"at", "1769860800", Reason::wrong_type,
         "at: expected a time in UTC such as 2026-01-31T12:00:00.000000Z"},
        {"hold", "\"true\"", Reason::wrong_type, "hold: expected true or false"},
        {"hold", "null", Reason::wrong_type, "hold: expected true or false"},
        {"hold", "1", Reason::wrong_type, "hold: expected true or false"},
        {"note", "\"abc\"", Reason::malformed,
         "note: expected hexadecimal digits for at most 2 octets"},
        {"note", "\"aabbcc\"", Reason::malformed,
         "note: expected hexadecimal digits for at most 2 octets"},
        {"buyer", nullptr, Reason::missing_field, "buyer: missing; expected an object"},
        {"buyer", "\"bob\"", Reason::wrong_type, "buyer: expected an object"},
        {"buyer", "{}", Reason::missing_field,
         "buyer.name: missing; expected a text of 1 to 256 octets"},
        {"buyer", R"({"name":"bob","age":7})", Reason::unknown_field,
         "buyer.age: unknown field; expected one of name"},
        {"parts", "{}", Reason::wrong_type, "parts: expected an array of at most 2 objects"},
        {"parts", "[{},{},{}]", Reason::malformed, "parts: expected an array of at most 2 objects"},
        {"parts", "[1]", Reason::wrong_type, "parts[0]: expected an object"},
        {"parts", R"([{"amount":"1"},{"amount":"x"}])", Reason::malformed,
         "parts[1].amount: expected a decimal string with at most 2 decimals"},
        {"parts", R"([{"amount":"1","of":2}])", Reason::unknown_field,
         "parts[0].of: unknown field; expected one of amount"},
        {"tags", R"(["a",1])", Reason::wrong_type, "tags[1]: expected a text of 1 to 3 octets"},
        {"tags", R"(["abcd"])", Reason::malformed, "tags[0]: expected a text of 1 to 3 octets"},
        {"tags", R"(["a","b","c"])", Reason::malformed,
         "tags: expected an array of at most 2 texts"},
        {"colour", "1", Reason::unknown_field,
         "colour: unknown field; expected one of reference, quantity, price, side, account, "
         "condition, at, hold, note, buyer, parts, tags"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.field);
        Json body = Json::object();
        const Json good = good_body();
        for (const Json::Member& member : *good.as_object())
            if (member.key != row.field) body.set(member.key, member.value);
        if (row.value != nullptr) body.set(row.field, parse_json(row.value).value());
        const auto trade = read_trade(body);
        REQUIRE(!trade);
        CHECK(trade.error().sentence() == row.sentence);
        CHECK(trade.error().reason == row.reason);
        CHECK(trade.error().failure().code == to_string(row.reason));
    }
}

TEST_CASE("a body that is no object is refused") {
    for (const char* text : {"null", "[]", "\"x\"", "1", "true"}) {
        const Json body = parse_json(text).value();
        const auto trade = read_trade(body);
        REQUIRE(!trade);
        CHECK(trade.error().reason == Reason::wrong_type);
        CHECK(trade.error().sentence() == "the body: expected an object");
    }
}

TEST_CASE("the first mistake is the one that is told, and reads after it give zero values") {
    const Json body = *parse_json(R"({"b":"x","c":7,"d":{"e":1}})");
    JsonFields fields(body);
    CHECK(fields.integer("a") == 0);
    CHECK(fields.failed());
    CHECK(fields.text("b").empty());
    CHECK(fields.integer("c") == 0);
    bool called = false;
    fields.object("d", [&](JsonFields&) { called = true; });
    CHECK(!called);
    CHECK(!fields.object_if("d", [&](JsonFields&) { called = true; }));
    fields.refuse("b", Reason::malformed, "something else");
    const auto read = fields.finish();
    REQUIRE(!read);
    CHECK(read.error().path == "a");
    CHECK(read.error().reason == Reason::missing_field);
}

TEST_CASE("a long unknown name is cut before it is quoted") {
    const Json body = Json::object({{std::string(10'000, 'x'), 1}});
    JsonFields fields(body);
    const auto read = fields.finish();
    REQUIRE(!read);
    CHECK(read.error().sentence() == std::string(64, 'x') + ": unknown field; expected no fields");
}
