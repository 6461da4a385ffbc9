// Bytes, identifiers, the preimage, reasons, UTF-8.
#include <doctest/doctest.h>

#include <map>
#include <new>
#include <set>
#include <type_traits>

#include "sdk/base/amount.h"
#include "sdk/base/ids.h"
#include "sdk/base/reason.h"
#include "sdk/base/utf8.h"

using namespace lockstep;

namespace {

Bytes counting(std::size_t size) {
    Bytes bytes;
    for (std::size_t i = 0; i < size; ++i)
        bytes.push_back(static_cast<std::uint8_t>(i + 1));
    return bytes;
}

bool all_zero(ByteView bytes) {
    for (const std::uint8_t byte : bytes)
        if (byte != 0) return false;
    return true;
}

constexpr Reason every_reason[] = {
#define LOCKSTEP_TEST_REASON(name, number, family, sentence) Reason::name,
    LOCKSTEP_REASONS(LOCKSTEP_TEST_REASON)
#undef LOCKSTEP_TEST_REASON
};

}  // namespace

TEST_CASE("hexadecimal is read in both cases and written in lower case") {
    CHECK(to_hex(*from_hex("00ffAbCd")) == "00ffabcd");
    CHECK(from_hex("")->empty());
    for (const char* text : {"0", "000", "0g", "g0", "0x00", " 00", "00 ", "0-", "\xff\xff"})
        CHECK_MESSAGE(!from_hex(text), text);
}

TEST_CASE("a fixed value takes exactly its size") {
    CHECK(!Hash::from(counting(31)));
    CHECK(Hash::from(counting(32)));
    CHECK(!Hash::from(counting(33)));
    CHECK(!Hash::from({}));
    CHECK(Signature::from(counting(64)));
    CHECK(!Signature::from(counting(32)));
    CHECK(Hash::from_hex(std::string(64, 'a')));
    CHECK(!Hash::from_hex(std::string(62, 'a')));
    CHECK(!Hash::from_hex(std::string(66, 'a')));
    CHECK(!Hash::from_hex(std::string(64, 'x')));
    CHECK(Hash{}.is_zero());
    CHECK(!Hash::from(counting(32))->is_zero());
    CHECK(*Hash::from_hex(std::string(64, '1')) < *Hash::from_hex(std::string(64, '2')));
    static_assert(!std::is_convertible_v<Hash, Condition>);
    static_assert(!std::is_constructible_v<Condition, Hash>);
}

TEST_CASE("a preimage has exactly 32 bytes") {
    for (const std::size_t size : {0U, 1U, 31U, 33U, 64U, 521U, 4096U})
        CHECK(!Preimage::from(counting(size)));
    CHECK(Preimage::from(counting(32)));
}

TEST_CASE("a preimage can be moved and cloned but not copied") {
    static_assert(!std::is_copy_constructible_v<Preimage>);
    static_assert(!std::is_copy_assignable_v<Preimage>);
    static_assert(std::is_nothrow_move_constructible_v<Preimage>);
    const Bytes bytes = counting(32);
    Preimage first = *Preimage::from(bytes);
    Preimage second = std::move(first);
    CHECK(equal(second.view(), bytes));
    // NOLINTNEXTLINE(bugprone-use-after-move,clang-analyzer-cplusplus.Move)
    CHECK(all_zero(first.view()));
    first = std::move(second);
    CHECK(equal(first.view(), bytes));
    // NOLINTNEXTLINE(bugprone-use-after-move,clang-analyzer-cplusplus.Move)
    CHECK(all_zero(second.view()));
    Preimage& same = first;
    first = std::move(same);
    CHECK(equal(first.view(), bytes));
    const Preimage copy = first.clone();
    CHECK(equal(copy.view(), bytes));
    CHECK(equal(first.view(), bytes));
}

TEST_CASE("the bytes of a preimage are wiped when it goes") {
    alignas(Preimage) unsigned char place[sizeof(Preimage)] = {};
    Preimage* preimage = new (place) Preimage(*Preimage::from(counting(32)));
    CHECK(!all_zero(place));
    preimage->~Preimage();
    CHECK(all_zero(place));
}

TEST_CASE("each reason has a number, a word and a sentence of its own") {
    std::set<std::uint16_t> numbers;
    std::set<std::string_view> words;
    std::set<std::string_view> sentences;
    for (const Reason reason : every_reason) {
        const auto word = to_string(reason);
        CAPTURE(std::string(word));
        CHECK(numbers.insert(static_cast<std::uint16_t>(reason)).second);
        CHECK(words.insert(word).second);
        CHECK(sentences.insert(describe(reason)).second);
        CHECK(!describe(reason).empty());
        CHECK(reason_from_string(word) == reason);
        CHECK(reason_from_number(static_cast<std::uint16_t>(reason)) == reason);
        for (const char c : word)
            CHECK(((c >= 'a' && c <= 'z') || c == '_'));
    }
    CHECK(!reason_from_number(0));
    CHECK(!reason_from_number(UINT16_MAX));
    CHECK(!reason_from_number(23));  // was in use once, so it stays unused
    CHECK(!reason_from_string(""));
    CHECK(!reason_from_string("Malformed"));
    CHECK(!reason_from_string("malformed "));
}

TEST_CASE("the family of a reason says what to do about it") {
    CHECK(family(Reason::insufficient_funds) == ReasonFamily::final_);
    CHECK(family(Reason::overloaded) == ReasonFamily::retry);
    CHECK(family(Reason::outcome_unknown) == ReasonFamily::unknown);
    CHECK(family(Reason::internal_error) == ReasonFamily::internal);
}

TEST_CASE("UTF-8 is well formed or it is not") {
    struct Row {
        std::string text;
        bool valid;
    };
    const Row rows[] = {
        {"", true},
        {"plain", true},
        {"\xc3\xa5", true},
        {"\xe2\x82\xac", true},
        {"\xf0\x9f\x94\x92", true},
        {"\xed\x9f\xbf\xee\x80\x80", true},
        {"\xf4\x8f\xbf\xbf", true},
        {"\x80", false},              // a continuation alone
        {"\xc3", false},              // cut
        {"\xe2\x82", false},          // cut
        {"\xf0\x9f\x94", false},      // cut
        {"\xc0\x80", false},          // overlong
        {"\xc1\xbf", false},          // overlong
        {"\xe0\x9f\xbf", false},      // overlong
        {"\xf0\x8f\xbf\xbf", false},  // overlong
        {"\xed\xa0\x80", false},      // a surrogate
        {"\xf4\x90\x80\x80", false},  // above U+10FFFF
        {"\xf5\x80\x80\x80", false},
        {"\xff", false},
        {"\xc3\x28", false},
        {"a\xe2\x28\xa1", false},
    };
    for (const Row& row : rows)
        CHECK_MESSAGE(is_utf8(row.text) == row.valid, to_hex(as_bytes(row.text)));
}

TEST_CASE("what a terminal would act on is shown by its number") {
    struct Row {
        std::string text;
        const char* shown;
    };
    const Row rows[] = {
        {"plain, Åsa 10 €", "plain, Åsa 10 €"},
        {"\x1b[2J\n\x7f", "\\u{1b}[2J\\u{a}\\u{7f}"},
        {std::string("a\0b", 3), "a\\u{0}b"},
        {"\xc2\x80\xc2\x9b\xc2\xa0", "\\u{80}\\u{9b}\xc2\xa0"},
        {"\u202a\u202b\u202c\u202d\u202e", "\\u{202a}\\u{202b}\\u{202c}\\u{202d}\\u{202e}"},
        {"\u2066\u2067\u2068\u2069\u206a", "\\u{2066}\\u{2067}\\u{2068}\\u{2069}\u206a"},
        {"\u061c\u200e\u200f\u2028\u2029", "\\u{61c}\\u{200e}\\u{200f}\\u{2028}\\u{2029}"},
        {"\x9b"
         "2J",
         "\\x{9b}2J"},                     // one octet of a terminal without UTF-8
        {"a\xe2\x80", "a\\x{e2}\\x{80}"},  // cut
        {"\U0001f511", "\U0001f511"},
    };
    for (const Row& row : rows)
        CHECK(printable(row.text) == row.shown);
}

TEST_CASE("a text that is too long is cut between two characters") {
    CHECK(shortened("abcd", 4) == "abcd");
    CHECK(shortened("abcde", 4) == "abc~");
    CHECK(shortened("ab€e", 4) == "ab~");
    CHECK(shortened("ab€e", 6) == "ab€e");
}

TEST_CASE("an amount that only 64 bits are too few for is told from one of another form") {
    CHECK(is_too_large_amount("18446744073709551616", 0));
    CHECK(is_too_large_amount("184467440737095516.16", 2));
    CHECK(is_too_large_amount("1844674407370955162", 1));
    CHECK_FALSE(is_too_large_amount("18446744073709551615", 0));
    for (const char* text : {"1", "", "x", "-99999999999999999999", "99999999999999999999.",
                             "99999999999999999999.000"}) {
        CAPTURE(std::string(text));
        CHECK_FALSE(is_too_large_amount(text, 2));
    }
}
