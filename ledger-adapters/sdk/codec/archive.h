// One listing of a struct's fields serves both directions of canonical OER. A struct says
//
//     template <class S, class A> static void fields(S& self, A& a) { a(self.x, self.y); }
//
// and encode_fields / decode_fields do the rest. Containers carry a count with a limit; an optional
// is a boolean and the value; a variant is its index (from 0) and the value; maps are in key order,
// and a map that is out of order is refused, so that equal values have equal octets.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "sdk/codec/oer.h"

namespace lockstep {

constexpr std::size_t max_archive_octets = std::size_t{1} << 26;  // one byte string or text
constexpr std::size_t max_archive_count = std::size_t{1} << 24;   // elements of one container

class ArchiveWriter {
public:
    static constexpr bool reading = false;

    template <class... T>
    void operator()(const T&... values) {
        (put(values), ...);
    }
    Bytes take() { return out_.take(); }
    ByteView bytes() const { return out_.bytes(); }

private:
    void put(std::uint8_t v) { out_.u8(v); }
    void put(std::uint16_t v) { out_.u16(v); }
    void put(std::uint32_t v) { out_.u32(v); }
    void put(std::uint64_t v) { out_.u64(v); }
    void put(bool v) { out_.boolean(v); }
    void put(const std::string& v) { out_.text(v); }
    void put(const Bytes& v) { out_.octets(v); }
    void put(Amount v) { out_.amount(v); }
    void put(Timestamp v) { out_.time(v); }
    void put(Duration v) { out_.duration(v); }
    void put(const Address& v) { out_.address(v); }
    void put(const AssetId& v) { out_.asset(v); }
    void put(Reason v) { out_.reason(v); }
    template <std::size_t N, class Tag>
    void put(const FixedBytes<N, Tag>& v) {
        out_.fixed(v);
    }
    template <class A, class B>
    void put(const std::pair<A, B>& v) {
        put(v.first);
        put(v.second);
    }
    template <class T>
    void put(const std::optional<T>& v) {
        out_.boolean(v.has_value());
        if (v) put(*v);
    }
    template <class T>
    void put(const std::vector<T>& v) {
        out_.quantity(v.size());
        for (const T& element : v)
            put(element);
    }
    template <class K, class V>
    void put(const std::map<K, V>& v) {
        out_.quantity(v.size());
        for (const auto& [key, value] : v) {
            put(key);
            put(value);
        }
    }
    template <class K>
    void put(const std::set<K>& v) {
        out_.quantity(v.size());
        for (const auto& key : v)
            put(key);
    }
    template <class... T>
    void put(const std::variant<T...>& v) {
        out_.u8(static_cast<std::uint8_t>(v.index()));
        std::visit([this](const auto& value) { this->put(value); }, v);
    }
    template <class T>
    requires std::is_enum_v<T>
    void put(T v) { put(static_cast<std::underlying_type_t<T>>(v)); }
    template <class T>
    requires requires(const T& t, ArchiveWriter& a) { T::fields(t, a); }
    void put(const T& v) { T::fields(v, *this); }

    OerWriter out_;
};

class ArchiveReader {
public:
    static constexpr bool reading = true;

    explicit ArchiveReader(ByteView bytes) : in_(bytes) {}

    template <class... T>
    void operator()(T&... values) {
        (get(values), ...);
    }
    OerReader& oer() { return in_; }
    Result<void> finish() const { return in_.finish(); }

private:
    void get(std::uint8_t& v) { v = in_.u8(); }
    void get(std::uint16_t& v) { v = in_.u16(); }
    void get(std::uint32_t& v) { v = in_.u32(); }
    void get(std::uint64_t& v) { v = in_.u64(); }
    void get(bool& v) { v = in_.boolean(); }
    void get(std::string& v) { v = in_.text(max_archive_octets); }
    void get(Bytes& v) {
        const ByteView octets = in_.octets(max_archive_octets);
        v.assign(octets.begin(), octets.end());
    }
    void get(Amount& v) { v = in_.amount(); }
    void get(Timestamp& v) { v = in_.time(); }
    void get(Duration& v) { v = in_.duration(); }
    // The empty text is the empty address: a field that is absent.
    void get(Address& v) { v = in_.address_or_empty(); }
    void get(AssetId& v) {
        const std::string_view code = in_.text(max_asset_code);
        const std::uint8_t scale = in_.u8();
        if (code.empty() && scale == 0) {
            v = AssetId{};
            return;
        }
        const auto asset = AssetId::make(code, scale);
        if (!asset) in_.fail(Reason::malformed);
        v = asset ? *asset : AssetId{};
    }
    void get(Reason& v) { v = in_.reason(); }
    template <std::size_t N, class Tag>
    void get(FixedBytes<N, Tag>& v) {
        v = in_.template fixed<FixedBytes<N, Tag>>();
    }
    template <class A, class B>
    void get(std::pair<A, B>& v) {
        get(v.first);
        get(v.second);
    }
    template <class T>
    void get(std::optional<T>& v) {
        v.reset();
        if (in_.boolean()) get(v.emplace());
    }
    template <class T>
    void get(std::vector<T>& v) {
        v.clear();
        // No reserve: the count is a claim of the sender until the elements have been read.
        for (std::size_t n = in_.count(max_archive_count); n > 0 && !in_.failed(); --n)
            get(v.emplace_back());
    }
    template <class K, class V>
    void get(std::map<K, V>& v) {
        v.clear();
        for (std::size_t n = in_.count(max_archive_count); n > 0 && !in_.failed(); --n) {
            K key{};
            get(key);
            if (!v.empty() && !(v.rbegin()->first < key)) return in_.fail(Reason::not_canonical);
            get(v.emplace_hint(v.end(), std::move(key), V{})->second);
        }
    }
    template <class K>
    void get(std::set<K>& v) {
        v.clear();
        for (std::size_t n = in_.count(max_archive_count); n > 0 && !in_.failed(); --n) {
            K key{};
            get(key);
            if (!v.empty() && !(*v.rbegin() < key)) return in_.fail(Reason::not_canonical);
            v.emplace_hint(v.end(), std::move(key));
        }
    }
    template <class... T>
    void get(std::variant<T...>& v) {
        const std::uint8_t index = in_.u8();
        if (index >= sizeof...(T)) return in_.fail(Reason::malformed);
        get_alternative(v, index, std::index_sequence_for<T...>{});
    }
    template <class... T, std::size_t... I>
    void get_alternative(std::variant<T...>& v, std::size_t index, std::index_sequence<I...>) {
        const auto one = [&]<std::size_t N>(std::integral_constant<std::size_t, N>) {
            if (index == N) get(v.template emplace<N>());
        };
        (one(std::integral_constant<std::size_t, I>{}), ...);
    }
    // An enum must have `bool is_valid(E)` beside it.
    template <class T>
    requires std::is_enum_v<T>
    void get(T& v) {
        std::underlying_type_t<T> number{};
        get(number);
        v = static_cast<T>(number);
        if (!in_.failed() && !is_valid(v)) in_.fail(Reason::malformed);
    }
    template <class T>
    requires requires(T& t, ArchiveReader& a) { T::fields(t, a); }
    void get(T& v) { T::fields(v, *this); }

    OerReader in_;
};

template <class T>
Bytes encode_fields(const T& value) {
    ArchiveWriter writer;
    writer(value);
    return writer.take();
}
template <class T>
Result<T> decode_fields(ByteView octets) {
    ArchiveReader reader(octets);
    T value{};
    reader(value);
    if (auto done = reader.finish(); !done) return unexpected(done.error());
    return value;
}

}  // namespace lockstep
