#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <map>

#include "sdk/codec/oer.h"

using namespace lockstep;

namespace {

Bytes hex(std::string_view text) {
    return *from_hex(text);
}

// What a reader of one field answers to these octets: "" or the reason's word.
std::string answer(ByteView octets, const std::function<void(OerReader&)>& read) {
    OerReader reader(octets);
    read(reader);
    const auto finished = reader.finish();
    return finished ? "" : std::string(to_string(finished.error()));
}

}  // namespace

TEST_CASE("each kind of field accepts its canonical form only") {
    using Read = std::function<std::string(OerReader&)>;
    const auto number = [](auto value) { return std::to_string(value); };
    const std::map<std::string, Read> readers = {
        {"u8", [&](OerReader& r) { return number(r.u8()); }},
        {"u16", [&](OerReader& r) { return number(r.u16()); }},
        {"u32", [&](OerReader& r) { return number(r.u32()); }},
        {"u64", [&](OerReader& r) { return number(r.u64()); }},
        {"bool", [&](OerReader& r) { return number(int{r.boolean()}); }},
        {"quantity", [&](OerReader& r) { return number(r.quantity()); }},
        {"count up to 300", [&](OerReader& r) { return number(r.count(300)); }},
        {"octets up to 3", [&](OerReader& r) { return to_hex(r.octets(3)); }},
        {"octets up to 200", [&](OerReader& r) { return number(r.octets(200).size()); }},
        {"text up to 5", [&](OerReader& r) { return std::string(r.text(5)); }},
        {"raw 2", [&](OerReader& r) { return to_hex(r.raw(2)); }},
        {"amount", [&](OerReader& r) { return number(r.amount().units()); }},
        {"time", [&](OerReader& r) { return number(r.time().us()); }},
        {"duration", [&](OerReader& r) { return number(r.duration().us()); }},
        {"address", [&](OerReader& r) { return r.address().text(); }},
        {"address or empty", [&](OerReader& r) { return r.address_or_empty().text(); }},
        {"asset",
         [&](OerReader& r) {
             const AssetId id = r.asset();
             return id.code() + "/" + std::to_string(id.scale());
         }},
        {"reason", [&](OerReader& r) { return std::string(to_string(r.reason())); }},
        {"hash", [&](OerReader& r) { return r.fixed<Hash>().hex().substr(0, 4); }},
    };
    const std::string zeros128(2 * 128, '0');
    const std::string zeros127(2 * 127, '0');
    const std::string hash = std::string(64, 'a');
    struct Row {
        std::string kind;
        std::string octets;
        std::string value;    // when accepted
        std::string refused;  // the reason otherwise
    };
    const Row rows[] = {
        {"u8", "00", "0", ""},
        {"u8", "ff", "255", ""},
        {"u8", "", "", "malformed"},
        {"u8", "0100", "", "not_canonical"},
        {"u16", "0102", "258", ""},
        {"u16", "01", "", "malformed"},
        {"u16", "010203", "", "not_canonical"},
        {"u32", "ffffffff", "4294967295", ""},
        {"u32", "ffffff", "", "malformed"},
        {"u32", "ffffffff00", "", "not_canonical"},
        {"u64", "ffffffffffffffff", "18446744073709551615", ""},
        {"u64", "ffffffffffffff", "", "malformed"},
        {"u64", "ffffffffffffffff00", "", "not_canonical"},
        {"bool", "00", "0", ""},
        {"bool", "ff", "1", ""},
        {"bool", "01", "", "not_canonical"},
        {"bool", "fe", "", "not_canonical"},
        {"bool", "", "", "malformed"},
        {"quantity", "0100", "0", ""},
        {"quantity", "017f", "127", ""},
        {"quantity", "0180", "128", ""},
        {"quantity", "020100", "256", ""},
        {"quantity", "08ffffffffffffffff", "18446744073709551615", ""},
        {"quantity", "020001", "", "not_canonical"},  // a leading zero octet
        {"quantity", "0800000000000000ff", "", "not_canonical"},
        {"quantity", "810101", "", "not_canonical"},            // a longer length than needed
        {"quantity", "00", "", "malformed"},                    // no octets
        {"quantity", "09010000000000000000", "", "malformed"},  // 2^64
        {"quantity", "0201", "", "malformed"},
        {"quantity", "", "", "malformed"},
        {"quantity", "010000", "", "not_canonical"},
        {"count up to 300", "02012c", "300", ""},
        {"count up to 300", "02012d", "", "too_large"},
        {"count up to 300", "08ffffffffffffffff", "", "too_large"},
        {"octets up to 3", "00", "", ""},
        {"octets up to 3", "03010203", "010203", ""},
        {"octets up to 3", "0401020304", "", "too_large"},
        {"octets up to 3", "030102", "", "malformed"},
        {"octets up to 3", "8103010203", "", "not_canonical"},
        {"octets up to 3", "820003010203", "", "not_canonical"},
        {"octets up to 3", "80010203", "", "malformed"},  // an indefinite length
        {"octets up to 3", "89010000000000000000", "", "malformed"},
        {"octets up to 3", "88ffffffffffffffff", "", "too_large"},
        {"octets up to 3", "ff", "", "malformed"},
        {"octets up to 3", "81", "", "malformed"},
        {"octets up to 3", "82ff", "", "malformed"},
        {"octets up to 3", "", "", "malformed"},
        {"octets up to 3", "0301020304", "", "not_canonical"},
        {"octets up to 200", "7f" + zeros127, "127", ""},
        {"octets up to 200", "8180" + zeros128, "128", ""},
        {"octets up to 200", "817f" + zeros127, "", "not_canonical"},
        {"octets up to 200", "820080" + zeros128, "", "not_canonical"},
        {"octets up to 200", "81c9" + zeros128, "", "too_large"},
        {"text up to 5", "05616c696365", "alice", ""},
        {"text up to 5", "06616c69636578", "", "too_large"},
        {"raw 2", "abcd", "abcd", ""},
        {"raw 2", "ab", "", "malformed"},
        {"raw 2", "abcdef", "", "not_canonical"},
        {"amount", "0000000000000064", "100", ""},
        {"amount", "00000000000064", "", "malformed"},
        {"time", "7fffffffffffffff", "9223372036854775807", ""},
        {"time", "8000000000000000", "", "malformed"},
        {"duration", "00000000000f4240", "1000000", ""},
        {"duration", "ffffffffffffffff", "", "malformed"},
        {"address", "06746573742e61", "test.a", ""},
        {"address", "00", "", "malformed"},
        {"address", "0474657374", "", "malformed"},
        {"address", "06746573742e2e", "", "malformed"},
        {"address", "820400", "", "too_large"},
        {"address or empty", "06746573742e61", "test.a", ""},
        {"address or empty", "00", "", ""},
        {"address or empty", "0161", "", "malformed"},
        {"asset", "0353454b02", "SEK/2", ""},
        {"asset", "0353454b09", "SEK/9", ""},
        {"asset", "0353454b0a", "", "malformed"},
        {"asset", "0002", "", "malformed"},
        {"asset", "0353452d02", "", "malformed"},
        {"asset", "0353454b", "", "malformed"},
        {"asset", "21" + zeros127, "", "too_large"},
        {"reason", "001d", "insufficient_funds", ""},
        {"reason", "0000", "", "malformed"},
        {"reason", "ffff", "", "malformed"},
        {"hash", hash, "aaaa", ""},
        {"hash", hash.substr(2), "", "malformed"},
        {"hash", hash + "aa", "", "not_canonical"},
    };
    std::map<std::string, int> accepted;
    std::map<std::string, int> refused;
    for (const Row& row : rows) {
        CAPTURE(row.kind);
        CAPTURE(row.octets);
        std::string value;
        const std::string got = answer(
            hex(row.octets), [&](OerReader& reader) { value = readers.at(row.kind)(reader); });
        CHECK(got == row.refused);
        if (got.empty()) CHECK(value == row.value);
        ++(row.refused.empty() ? accepted : refused)[row.kind];
    }
    for (const auto& reader : readers) {
        const std::string& kind = reader.first;
        CAPTURE(kind);
        CHECK(accepted[kind] > 0);
        CHECK(refused[kind] > 0);
    }
}

TEST_CASE("each kind of field is written in its canonical form") {
    struct Row {
        Bytes written;
        std::string octets;
    };
    const Address alice = *Address::parse("test.a");
    const Row rows[] = {
        {OerWriter{}.u8(255).take(), "ff"},
        {OerWriter{}.u16(258).take(), "0102"},
        {OerWriter{}.u32(1).take(), "00000001"},
        {OerWriter{}.u64(UINT64_MAX).take(), "ffffffffffffffff"},
        {OerWriter{}.boolean(true).take(), "ff"},
        {OerWriter{}.boolean(false).take(), "00"},
        {OerWriter{}.quantity(0).take(), "0100"},
        {OerWriter{}.quantity(128).take(), "0180"},
        {OerWriter{}.quantity(256).take(), "020100"},
        {OerWriter{}.quantity(UINT64_MAX).take(), "08ffffffffffffffff"},
        {OerWriter{}.octets({}).take(), "00"},
        {OerWriter{}.octets(Bytes(127)).take(), "7f" + std::string(254, '0')},
        {OerWriter{}.octets(Bytes(128)).take(), "8180" + std::string(256, '0')},
        {OerWriter{}.octets(Bytes(256)).take(), "820100" + std::string(512, '0')},
        {OerWriter{}.text("ab").take(), "026162"},
        {OerWriter{}.raw(Bytes{1, 2}).take(), "0102"},
        {OerWriter{}.amount(Amount{100}).take(), "0000000000000064"},
        {OerWriter{}.time(Timestamp{1}).take(), "0000000000000001"},
        {OerWriter{}.duration(Duration::seconds(1)).take(), "00000000000f4240"},
        {OerWriter{}.address(alice).take(), "06746573742e61"},
        {OerWriter{}.address(Address{}).take(), "00"},
        {OerWriter{}.asset(*AssetId::make("SEK", 2)).take(), "0353454b02"},
        {OerWriter{}.reason(Reason::insufficient_funds).take(), "001d"},
    };
    for (const Row& row : rows)
        CHECK(to_hex(row.written) == row.octets);
}

TEST_CASE("pieces of any size stand one behind the other, and what was taken is gone") {
    OerWriter writer;
    for (const std::size_t size : {0UL, 1UL, 254UL, 255UL, 256UL, 257UL, 1000UL, 70'000UL}) {
        CAPTURE(size);
        Bytes expected;
        for (std::size_t piece = 0; expected.size() < 3 * size; ++piece) {
            const Bytes octets(std::min<std::size_t>(size, 1 + piece * 37 % 300),
                               static_cast<std::uint8_t>(piece));
            writer.raw(octets);
            append(expected, octets);
            CHECK(equal(writer.bytes(), expected));
        }
        CHECK(writer.u16(0x0102).take().size() == expected.size() + 2);
        CHECK(writer.bytes().empty());
        CHECK(writer.take().empty());
        writer.raw(expected);
        CHECK(writer.take() == expected);
    }
}

TEST_CASE("the first failure of a reader sticks") {
    const Bytes octets =
        hex("0401020304"
            "0007");
    OerReader reader(octets);
    CHECK(reader.octets(3).empty());
    CHECK(reader.failed());
    CHECK(reader.u16() == 0);
    CHECK(reader.quantity() == 0);
    CHECK(reader.octets(10).empty());
    CHECK(reader.remaining() == 0);
    CHECK(reader.address().empty());
    CHECK(reader.status().error() == Reason::too_large);
    CHECK(reader.finish().error() == Reason::too_large);
    reader.fail(Reason::bad_signature);
    CHECK(reader.finish().error() == Reason::too_large);
}

TEST_CASE("status allows what is left over, finish does not") {
    const Bytes octets = hex("0102");
    OerReader reader(octets);
    reader.u8();
    CHECK(reader.status());
    CHECK(reader.finish().error() == Reason::not_canonical);
    CHECK(reader.remaining() == 1);
    reader.u8();
    CHECK(reader.finish());
}
