#include "sdk/codec/json.h"

#include "sdk/base/assert.h"

namespace lockstep {
namespace {

constexpr int most_decimals = 18;  // 10^18 is the largest power of ten in 63 bits

constexpr std::int64_t power_of_ten(int exponent) {
    std::int64_t power = 1;
    for (int i = 0; i < exponent; ++i)
        power *= 10;
    return power;
}

bool is_same(const Json::Fixed& a, const Json::Fixed& b) {
    const Json::Fixed& fine = a.decimals < b.decimals ? b : a;
    const Json::Fixed& coarse = a.decimals < b.decimals ? a : b;
    const std::int64_t factor = power_of_ten(fine.decimals - coarse.decimals);
    return fine.units % factor == 0 && fine.units / factor == coarse.units;
}

}  // namespace

Json Json::fixed(std::int64_t units, int decimals) {
    ASSERT(decimals >= 0 && decimals <= most_decimals);
    Json value;
    value.value_ = Fixed{units, decimals};
    return value;
}

Json Json::object(std::initializer_list<Member> members) {
    Json value = object();
    for (const Member& member : members) {
        ASSERT(value.find(member.key) == nullptr);
        std::get<Object>(value.value_).push_back(member);
    }
    return value;
}

Json::Kind Json::kind() const {
    static constexpr Kind kinds[] = {Kind::null,    Kind::boolean, Kind::integer,
                                     Kind::integer, Kind::decimal, Kind::decimal,
                                     Kind::text,    Kind::array,   Kind::object};
    static_assert(std::size(kinds) == std::variant_size_v<decltype(value_)>);
    return kinds[value_.index()];
}

std::optional<bool> Json::as_bool() const {
    const bool* value = std::get_if<bool>(&value_);
    return value ? std::optional<bool>{*value} : std::nullopt;
}

std::optional<std::int64_t> Json::as_int64() const {
    const std::int64_t* value = std::get_if<std::int64_t>(&value_);
    return value ? std::optional<std::int64_t>{*value} : std::nullopt;
}

std::optional<std::uint64_t> Json::as_uint64() const {
    if (const std::uint64_t* value = std::get_if<std::uint64_t>(&value_)) return *value;
    const std::int64_t* value = std::get_if<std::int64_t>(&value_);
    if (value == nullptr || *value < 0) return std::nullopt;
    return static_cast<std::uint64_t>(*value);
}

std::optional<double> Json::as_double() const {
    if (const double* value = std::get_if<double>(&value_)) return *value;
    if (const Fixed* value = as_fixed())
        return static_cast<double>(value->units) /
               static_cast<double>(power_of_ten(value->decimals));
    if (const auto value = as_int64()) return static_cast<double>(*value);
    if (const auto value = as_uint64()) return static_cast<double>(*value);
    return std::nullopt;
}

const Json& Json::operator[](std::string_view key) const {
    static const Json null;
    const Json* value = find(key);
    return value ? *value : null;
}

const Json& Json::operator[](std::size_t index) const {
    static const Json null;
    const Array* items = as_array();
    return items && index < items->size() ? (*items)[index] : null;
}

const Json* Json::find(std::string_view key) const {
    const Object* members = as_object();
    if (members == nullptr) return nullptr;
    for (const Member& member : *members)
        if (member.key == key) return &member.value;
    return nullptr;
}

Json* Json::find(std::string_view key) {
    Object* const members = std::get_if<Object>(&value_);
    if (members == nullptr) return nullptr;
    for (Member& member : *members)
        if (member.key == key) return &member.value;
    return nullptr;
}

std::string Json::text_or(std::string_view otherwise) const {
    const std::string* value = as_text();
    return value ? *value : std::string(otherwise);
}

std::size_t Json::size() const {
    if (const Array* items = as_array()) return items->size();
    if (const Object* members = as_object()) return members->size();
    return 0;
}

Json& Json::set(std::string key, Json value) {
    if (is_null()) value_ = Object{};
    Object* members = std::get_if<Object>(&value_);
    ASSERT(members != nullptr);
    for (Member& member : *members) {
        if (member.key != key) continue;
        member.value = std::move(value);
        return *this;
    }
    members->push_back({std::move(key), std::move(value)});
    return *this;
}

Json& Json::push(Json value) {
    if (is_null()) value_ = Array{};
    Array* items = std::get_if<Array>(&value_);
    ASSERT(items != nullptr);
    items->push_back(std::move(value));
    return *this;
}

bool operator==(const Json& a, const Json& b) {
    const Json::Fixed* const x = a.as_fixed();
    const Json::Fixed* const y = b.as_fixed();
    if (x != nullptr && y != nullptr) return is_same(*x, *y);
    if (x != nullptr || y != nullptr) return a.kind() == b.kind() && a.as_double() == b.as_double();
    return a.value_ == b.value_;
}

}  // namespace lockstep
