#include <doctest/doctest.h>

#include "sdk/base/address.h"

using namespace lockstep;

TEST_CASE("addresses follow Interledger RFC 15") {
    struct Row {
        std::string text;
        bool valid;
    };
    const Row rows[] = {
        {"g.acme", true},
        {"g.acme.bob", true},
        {"g.us-fed.ach.0.acmebank.swx0a0.acmecorp.sales.199.~ipr.cdfa5e16-e759-4ba3-88f6-8b9dc83c1868"
         ".2",
         true},
        {"private.a", true},
        {"example.a", true},
        {"peer.a", true},
        {"self.a", true},
        {"test.csd", true},
        {"test.csd.alice", true},
        {"test1.a", true},
        {"test2.a", true},
        {"test3.a", true},
        {"local.a", true},
        {"test.A_b~c-0", true},
        {"test." + std::string(max_address - 5, 'a'), true},
        {"test." + std::string(max_address - 4, 'a'), false},
        {"", false},
        {"test", false},
        {"g", false},
        {"test.", false},
        {".test", false},
        {"test..a", false},
        {"test.a.", false},
        {"test.a..b", false},
        {".", false},
        {"test4.a", false},
        {"test0.a", false},
        {"tes.a", false},
        {"Test.a", false},
        {"acme.bob", false},
        {"test.a b", false},
        {"test.a/b", false},
        {"test.a:b", false},
        {"test.a+b", false},
        {"test.\xc3\xa5", false},
        {"test.a\n", false},
        {std::string("test.a\0", 7), false},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK(Address::parse(row.text).has_value() == row.valid);
        if (const auto address = Address::parse(row.text)) CHECK(address->text() == row.text);
    }
}

TEST_CASE("a prefix ends at a segment") {
    const auto at = [](const char* text) { return *Address::parse(text); };
    CHECK(at("test.csd").is_prefix_of(at("test.csd.alice")));
    CHECK(at("test.csd").is_prefix_of(at("test.csd.alice.x")));
    CHECK(!at("test.csd").is_prefix_of(at("test.csdx")));
    CHECK(!at("test.csd").is_prefix_of(at("test.csdx.alice")));
    CHECK(!at("test.csd").is_prefix_of(at("test.csd")));
    CHECK(!at("test.csd.alice").is_prefix_of(at("test.csd")));
    CHECK(!at("test.csd").is_prefix_of(at("test.eur.alice")));
    CHECK(!Address{}.is_prefix_of(at("test.csd")));
}

TEST_CASE("a child has exactly one segment more") {
    const Address ledger = *Address::parse("test.csd");
    CHECK(ledger.child("alice")->text() == "test.csd.alice");
    CHECK(!ledger.child(""));
    CHECK(!ledger.child("a.b"));
    CHECK(!ledger.child("a b"));
    CHECK(!ledger.child(std::string(max_address, 'a')));
    CHECK(!Address{}.child("alice"));
}
