#include <doctest/doctest.h>

#include "sdk/codec/archive.h"

using namespace lockstep;

namespace {

enum class Colour : std::uint8_t { red = 1, green = 2 };
bool is_valid(Colour colour) {
    switch (colour) {
        case Colour::red:
        case Colour::green:
            return true;
    }
    return false;
}

struct Item {
    Amount amount;
    Colour colour = Colour::red;
    template <class S, class A>
    static void fields(S& self, A& a) {
        a(self.amount, self.colour);
    }
    friend bool operator==(const Item&, const Item&) = default;
};

struct Everything {
    std::uint8_t small = 0;
    std::uint64_t large = 0;
    bool flag = false;
    std::string text;
    Bytes bytes;
    Timestamp at;
    Address address;
    AssetId asset;
    Reason reason = Reason::malformed;
    Hash hash;
    std::optional<Item> maybe;
    std::vector<Item> items;
    std::map<std::string, std::uint32_t> counts;
    std::set<std::uint16_t> numbers;
    std::variant<std::uint8_t, Item> either;
    template <class S, class A>
    static void fields(S& self, A& a) {
        a(self.small, self.large, self.flag, self.text, self.bytes, self.at, self.address,
          self.asset, self.reason, self.hash, self.maybe, self.items, self.counts, self.numbers,
          self.either);
    }
    friend bool operator==(const Everything&, const Everything&) = default;
};

// What decoding the octets gives: "" or the reason's word.
template <class T>
std::string answer(std::string_view hex) {
    const auto value = decode_fields<T>(*from_hex(hex));
    return value ? "" : std::string(to_string(value.error()));
}

template <class T>
struct One {
    T value{};
    template <class S, class A>
    static void fields(S& self, A& a) {
        a(self.value);
    }
};

}  // namespace

TEST_CASE("a struct is read back as it was written, and refused at every cut") {
    Everything value;
    value.small = 7;
    value.large = UINT64_MAX;
    value.flag = true;
    value.text = "text";
    value.bytes = {1, 2, 3};
    value.at = Timestamp{5};
    value.address = *Address::parse("test.csd.alice");
    value.asset = *AssetId::make("SEK", 2);
    value.reason = Reason::no_route;
    value.hash = *Hash::from_hex(std::string(64, '5'));
    value.maybe = Item{Amount{9}, Colour::green};
    value.items = {{Amount{1}, Colour::red}, {Amount{2}, Colour::green}};
    value.counts = {{"a", 1}, {"b", 2}};
    value.numbers = {1, 2, 3};
    value.either = Item{Amount{4}, Colour::red};
    for (const Everything& one : {value, Everything{}}) {
        const Bytes octets = encode_fields(one);
        const auto read = decode_fields<Everything>(octets);
        REQUIRE(read);
        CHECK(*read == one);
        for (std::size_t size = 0; size < octets.size(); ++size)
            CHECK(!decode_fields<Everything>(ByteView(octets).first(size)));
        Bytes longer = octets;
        longer.push_back(0);
        CHECK(decode_fields<Everything>(longer).error() == Reason::not_canonical);
    }
}

TEST_CASE("containers, options and choices have one form") {
    using Map = One<std::map<std::uint8_t, std::uint8_t>>;
    using Set = One<std::set<std::uint8_t>>;
    using List = One<std::vector<std::uint16_t>>;
    using Maybe = One<std::optional<std::uint8_t>>;
    using Either = One<std::variant<std::uint8_t, std::uint16_t>>;
    using Enum = One<Colour>;
    struct Row {
        std::string (*read)(std::string_view);
        const char* octets;
        const char* refused;
    };
    const Row rows[] = {
        {answer<Map>, "0100", ""},
        {answer<Map>, "010201070208", ""},
        {answer<Map>, "010202080107", "not_canonical"},  // out of order
        {answer<Map>, "010201070108", "not_canonical"},  // a key twice
        {answer<Map>, "010301070208", "malformed"},
        {answer<Set>, "01020102", ""},
        {answer<Set>, "01020201", "not_canonical"},
        {answer<Set>, "01020101", "not_canonical"},
        {answer<List>, "010200010001", ""},
        {answer<List>, "010300010001", "malformed"},
        {answer<List>, "0401000001", "too_large"},  // 2^24 + 1 elements
        {answer<List>, "0401000000", "malformed"},  // 2^24 announced, none there
        {answer<Maybe>, "00", ""},
        {answer<Maybe>, "ff05", ""},
        {answer<Maybe>, "0105", "not_canonical"},
        {answer<Maybe>, "ff", "malformed"},
        {answer<Maybe>, "0005", "not_canonical"},
        {answer<Either>, "0005", ""},
        {answer<Either>, "010005", ""},
        {answer<Either>, "0205", "malformed"},
        {answer<Either>, "0105", "malformed"},
        {answer<Enum>, "01", ""},
        {answer<Enum>, "02", ""},
        {answer<Enum>, "00", "malformed"},
        {answer<Enum>, "03", "malformed"},
        {answer<One<AssetId>>, "0000", ""},
        {answer<One<AssetId>>, "0001", "malformed"},
        {answer<One<AssetId>>, "0353454b0a", "malformed"},
        {answer<One<Address>>, "00", ""},
        {answer<One<Address>>, "0161", "malformed"},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(row.octets));
        CHECK(row.read(row.octets) == row.refused);
    }
}
