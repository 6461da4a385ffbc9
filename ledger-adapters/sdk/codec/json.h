// JSON (RFC 8259) as a value, for interfaces and reports. Integers stay integers of 64 bits; a
// number with a fraction or an exponent is a double, which reports may write and no amount is read
// from; what must be written with exact decimals is a fixed(). Objects keep the order in which
// members were set, and no key occurs twice.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "sdk/base/result.h"

namespace lockstep {

// A template only because Json holds members and members hold a Json.
template <class Value>
struct JsonMember {
    std::string key;
    Value value;
    friend bool operator==(const JsonMember&, const JsonMember&) = default;
};

class Json {
public:
    enum class Kind : std::uint8_t { null, boolean, integer, decimal, text, array, object };
    using Member = JsonMember<Json>;
    using Array = std::vector<Json>;
    using Object = std::vector<Member>;

    // What a C++ value means in JSON is never in doubt, so these convert implicitly.
    Json() = default;
    Json(std::nullptr_t) {}
    template <std::same_as<bool> B>
    Json(B value) : value_(value) {}
    template <std::signed_integral I>
    Json(I value) : value_(static_cast<std::int64_t>(value)) {}
    template <std::unsigned_integral U>
    requires(!std::same_as<U, bool>) Json(U value) {
        if (value <= static_cast<std::uint64_t>(INT64_MAX))
            value_ = static_cast<std::int64_t>(value);
        else
            value_ = static_cast<std::uint64_t>(value);
    }
    // Not a number and the infinities have no JSON; they are written as null.
    Json(double value) : value_(value) {}
    Json(std::string value) : value_(std::move(value)) {}
    Json(std::string_view value) : value_(std::string(value)) {}
    Json(const char* value) : value_(std::string(value)) {}
    Json(Array items) : value_(std::move(items)) {}
    // The caller sees to it that no key occurs twice.
    explicit Json(Object members) : value_(std::move(members)) {}

    // units / 10^decimals, written with exactly so many decimals: fixed(150, 2) is 1.50. At most
    // 18, none writes an integer's digits.
    static Json fixed(std::int64_t units, int decimals);

    static Json array() { return Json(Array{}); }
    static Json object() { return Json(Object{}); }
    // Json::object({{"name", "alice"}, {"open", 3}}); a key given twice is a bug.
    static Json object(std::initializer_list<Member> members);

    Kind kind() const;
    bool is_null() const { return kind() == Kind::null; }

    std::optional<bool> as_bool() const;
    // Integers that fit; never from a number that was written with a fraction or exponent.
    std::optional<std::int64_t> as_int64() const;
    std::optional<std::uint64_t> as_uint64() const;
    // Any number, rounded to a double. For reports and charts.
    std::optional<double> as_double() const;
    struct Fixed {
        std::int64_t units = 0;
        int decimals = 0;
        friend bool operator==(const Fixed&, const Fixed&) = default;  // as written
    };
    // What fixed() made; nothing that was read from a text is one.
    const Fixed* as_fixed() const { return std::get_if<Fixed>(&value_); }
    const std::string* as_text() const { return std::get_if<std::string>(&value_); }
    const Array* as_array() const { return std::get_if<Array>(&value_); }
    const Object* as_object() const { return std::get_if<Object>(&value_); }
    // For who takes it apart.
    Array* as_array() { return std::get_if<Array>(&value_); }

    // The member or item; null where there is none, so that chains need no check:
    // answer["settlement"]["state"].text_or("?").
    const Json& operator[](std::string_view key) const;
    const Json& operator[](std::size_t index) const;
    // nullptr where there is none.
    const Json* find(std::string_view key) const;
    Json* find(std::string_view key);
    std::string text_or(std::string_view otherwise) const;
    // Items or members; 0 for everything else.
    std::size_t size() const;

    // Sets or replaces a member; a null becomes an object first, anything else is a bug.
    Json& set(std::string key, Json value);
    // Appends an item; a null becomes an array first, anything else is a bug.
    Json& push(Json value);

    // Of two decimals the value counts, not how it is written; against a double a fixed() is one.
    friend bool operator==(const Json& a, const Json& b);

private:
    std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, Fixed, std::string,
                 Array, Object>
        value_;
};

struct JsonLimits {
    std::size_t max_size = std::size_t{1} << 20;
    std::size_t max_depth = 32;
};

// Exactly one value, UTF-8, no comments, no trailing commas, no key twice. Codes: too_large,
// malformed; the detail names line and column.
Result<Json, Failure> parse_json(std::string_view text, const JsonLimits& limits = {});

// On one line, without spaces. What is no UTF-8 in a text is written as U+FFFD.
std::string write_json(const Json& value);
// For people: indented by two spaces, ends with a line feed.
std::string write_json_pretty(const Json& value);

}  // namespace lockstep
