// What holds for all values, tried on random ones.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "sdk/base/utf8.h"
#include "sdk/codec/json.h"
#include "sdk/codec/oer.h"

using namespace lockstep;

namespace {

// Small and large alike: random octets, up to eight of them.
rc::Gen<std::uint64_t> any_quantity() {
    return rc::gen::map(rc::gen::pair(rc::gen::arbitrary<std::uint64_t>(), rc::gen::inRange(0, 64)),
                        [](const auto& pair) { return pair.first >> pair.second; });
}

rc::Gen<Json> any_json(int depth) {
    const auto text = rc::gen::map(rc::gen::arbitrary<std::string>(), [](std::string bytes) {
        for (char& c : bytes)
            c = static_cast<char>(c & 0x7f);
        return Json(std::move(bytes));
    });
    auto leaf = rc::gen::oneOf(
        rc::gen::just(Json{}),
        rc::gen::map(rc::gen::arbitrary<bool>(), [](bool b) { return Json(b); }),
        rc::gen::map(rc::gen::arbitrary<std::int64_t>(), [](std::int64_t n) { return Json(n); }),
        rc::gen::map(any_quantity(), [](std::uint64_t n) { return Json(n); }), text);
    if (depth == 0) return leaf;
    // Few items a container, or the whole grows with the third power.
    const auto items = rc::gen::resize(4, rc::gen::container<Json::Array>(any_json(depth - 1)));
    return rc::gen::oneOf(leaf,
                          rc::gen::map(items, [](const Json::Array& list) { return Json(list); }),
                          rc::gen::map(items, [](const Json::Array& list) {
                              Json object = Json::object();
                              for (const Json& item : list)
                                  object.set("key " + std::to_string(object.size()), item);
                              return object;
                          }));
}

}  // namespace

TEST_CASE("what was written in OER is read back as it was, and in no other way") {
    CHECK(rc::check([](bool flag, std::uint8_t a, std::uint16_t b, std::uint32_t c,
                       const Bytes& octets, const std::string& text) {
        const std::uint64_t quantity = *any_quantity();
        OerWriter writer;
        writer.boolean(flag).u8(a).u16(b).u32(c).octets(octets).text(text).quantity(quantity);
        const Bytes bytes = writer.take();
        OerReader reader(bytes);
        RC_ASSERT(reader.boolean() == flag);
        RC_ASSERT(reader.u8() == a);
        RC_ASSERT(reader.u16() == b);
        RC_ASSERT(reader.u32() == c);
        RC_ASSERT(equal(reader.octets(octets.size()), octets));
        RC_ASSERT(reader.text(text.size()) == text);
        RC_ASSERT(reader.quantity() == quantity);
        RC_ASSERT(reader.finish().has_value());
    }));
}

TEST_CASE("equal values have equal octets: what a reader accepts is what a writer writes") {
    CHECK(rc::check([](const Bytes& noise) {
        OerReader reader(noise);
        const bool flag = reader.boolean();
        const Bytes octets = [&] {
            const ByteView view = reader.octets(64);
            return Bytes(view.begin(), view.end());
        }();
        const std::uint64_t quantity = reader.quantity();
        if (!reader.status()) return;
        const Bytes bytes = OerWriter{}.boolean(flag).octets(octets).quantity(quantity).take();
        RC_ASSERT(equal(bytes, ByteView(noise).first(noise.size() - reader.remaining())));
    }));
}

TEST_CASE("a cut message is refused at every length") {
    CHECK(rc::check([](const Bytes& octets) {
        const std::uint64_t quantity = *any_quantity();
        const Bytes bytes = OerWriter{}.octets(octets).quantity(quantity).u8(7).take();
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            OerReader reader(ByteView(bytes).first(size));
            reader.octets(octets.size());
            reader.quantity();
            reader.u8();
            RC_ASSERT(!reader.finish().has_value());
        }
    }));
}

TEST_CASE("JSON survives being written and read") {
    CHECK(rc::check([] {
        const Json value = *any_json(3);
        RC_ASSERT(parse_json(write_json(value)).value() == value);
        RC_ASSERT(parse_json(write_json_pretty(value)).value() == value);
    }));
}

TEST_CASE("whatever a text holds, it is written as well-formed JSON") {
    CHECK(rc::check([](const std::string& noise) {
        const std::string text = write_json(Json(noise));
        RC_ASSERT(is_utf8(text));
        const auto read = parse_json(text);
        RC_ASSERT(read.has_value());
        if (is_utf8(noise)) RC_ASSERT(*read == Json(noise));
    }));
}
