#include "sdk/codec/json_fields.h"

#include <algorithm>

#include "sdk/base/time_text.h"

namespace lockstep {
namespace {

std::string join(std::span<const std::string_view> words) {
    std::string text;
    for (const std::string_view word : words) {
        if (!text.empty()) text += ", ";
        text += word;
    }
    return text;
}

std::string text_form(TextRange range) {
    if (range.min == range.max) return "a text of " + std::to_string(range.min) + " octets";
    if (range.min == 0) return "a text of at most " + std::to_string(range.max) + " octets";
    return "a text of " + std::to_string(range.min) + " to " + std::to_string(range.max) +
           " octets";
}

}  // namespace

std::string FieldMistake::sentence() const {
    if (reason == Reason::unknown_field) return path + ": unknown field; expected " + expected;
    if (reason == Reason::missing_field) return path + ": missing; expected " + expected;
    return (path.empty() ? "the body" : path) + ": expected " + expected;
}

Failure FieldMistake::failure() const {
    return {std::string(to_string(reason)), sentence()};
}

JsonFields::JsonFields(const Json& value) : value_(value), mistake_(&own_mistake_) {
    if (value_.as_object() == nullptr) note(Reason::wrong_type, {}, "an object");
}

JsonFields::JsonFields(const Json& value, std::string path, std::optional<FieldMistake>& mistake)
    : value_(value), path_(std::move(path)), mistake_(&mistake) {
    if (value_.as_object() == nullptr) note(Reason::wrong_type, path_, "an object");
}

std::string JsonFields::path_of(std::string_view key) const {
    return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

void JsonFields::note(Reason reason, std::string path, std::string expected) {
    if (!failed()) *mistake_ = FieldMistake{reason, std::move(path), std::move(expected)};
}

void JsonFields::refuse(std::string_view key, Reason reason, std::string expected) {
    note(reason, path_of(key), std::move(expected));
}

const Json* JsonFields::take(std::string_view key, bool required, std::string_view expected) {
    known_.emplace_back(key);
    if (failed()) return nullptr;
    const Json* member = value_.find(key);
    if (member == nullptr && required) refuse(key, Reason::missing_field, std::string(expected));
    return member;
}

const std::string* JsonFields::take_text(std::string_view key, bool required,
                                         std::string_view expected) {
    const Json* member = take(key, required, expected);
    if (member == nullptr) return nullptr;
    const std::string* text = member->as_text();
    if (text == nullptr) refuse(key, Reason::wrong_type, std::string(expected));
    return text;
}

std::optional<bool> JsonFields::read_boolean(std::string_view key, bool required) {
    const Json* member = take(key, required, "true or false");
    if (member == nullptr) return std::nullopt;
    const auto value = member->as_bool();
    if (!value) refuse(key, Reason::wrong_type, "true or false");
    return value;
}

std::optional<std::string> JsonFields::read_text(std::string_view key, bool required,
                                                 TextRange range) {
    const std::string form = text_form(range);
    const std::string* text = take_text(key, required, form);
    if (text == nullptr) return std::nullopt;
    if (text->size() < range.min || text->size() > range.max) {
        refuse(key, Reason::malformed, form);
        return std::nullopt;
    }
    return *text;
}

std::optional<std::uint64_t> JsonFields::read_integer(std::string_view key, bool required,
                                                      IntegerRange range) {
    const std::string form =
        "an integer from " + std::to_string(range.min) + " to " + std::to_string(range.max);
    const Json* member = take(key, required, form);
    if (member == nullptr) return std::nullopt;
    if (member->kind() != Json::Kind::integer) {
        refuse(key, Reason::wrong_type, form);
        return std::nullopt;
    }
    const auto value = member->as_uint64();
    if (!value || *value < range.min || *value > range.max) {
        refuse(key, Reason::malformed, form);
        return std::nullopt;
    }
    return value;
}

std::optional<Amount> JsonFields::read_amount(std::string_view key, bool required,
                                              std::uint8_t scale) {
    const std::string form =
        scale == 0 ? std::string("a decimal string without decimals")
                   : "a decimal string with at most " + std::to_string(scale) + " decimals";
    const std::string* text = take_text(key, required, form);
    if (text == nullptr) return std::nullopt;
    const auto value = parse_amount(*text, scale);
    if (value) return value;
    if (is_too_large_amount(*text, scale)) {
        refuse(key, Reason::amount_overflow,
               "at most " + format_amount(Amount{UINT64_MAX}, scale) +
                   ", which is what 64 bits of the smallest unit hold");
    } else {
        refuse(key, Reason::malformed, form);
    }
    return std::nullopt;
}

std::optional<Address> JsonFields::read_address(std::string_view key, bool required) {
    static constexpr std::string_view form = "an address such as test.eur.alice";
    const std::string* text = take_text(key, required, form);
    if (text == nullptr) return std::nullopt;
    auto value = Address::parse(*text);
    if (!value) refuse(key, Reason::malformed, std::string(form));
    return value;
}

std::optional<Timestamp> JsonFields::read_time(std::string_view key, bool required) {
    static constexpr std::string_view form = "a time in UTC such as 2026-01-31T12:00:00.000000Z";
    const std::string* text = take_text(key, required, form);
    if (text == nullptr) return std::nullopt;
    const auto value = parse_time(*text);
    if (!value) refuse(key, Reason::malformed, std::string(form));
    return value;
}

std::optional<Bytes> JsonFields::take_bytes(std::string_view key, bool required, std::size_t max) {
    const std::string form = "hexadecimal digits for at most " + std::to_string(max) + " octets";
    const std::string* text = take_text(key, required, form);
    if (text == nullptr) return std::nullopt;
    auto value = text->size() <= 2 * max ? from_hex(*text) : std::nullopt;
    if (!value) refuse(key, Reason::malformed, form);
    return value;
}

std::optional<Bytes> JsonFields::fixed_octets(std::string_view key, std::size_t size,
                                              bool required) {
    const std::string form = std::to_string(2 * size) + " hexadecimal digits";
    const std::string* text = take_text(key, required, form);
    if (text == nullptr) return std::nullopt;
    auto value = text->size() == 2 * size ? from_hex(*text) : std::nullopt;
    if (!value) refuse(key, Reason::malformed, form);
    return value;
}

std::optional<std::size_t> JsonFields::read_choice(std::string_view key, bool required,
                                                   std::span<const std::string_view> words) {
    const std::string form = "one of " + join(words);
    const std::string* text = take_text(key, required, form);
    if (text == nullptr) return std::nullopt;
    const auto found = std::find(words.begin(), words.end(), *text);
    if (found == words.end()) {
        refuse(key, Reason::malformed, form);
        return std::nullopt;
    }
    return static_cast<std::size_t>(found - words.begin());
}

bool JsonFields::read_object(std::string_view key, bool required, const Read& read) {
    const Json* member = take(key, required, "an object");
    if (member == nullptr) return false;
    JsonFields below(*member, path_of(key), *mistake_);
    if (failed()) return false;
    read(below);
    below.check_nothing_left();
    return true;
}

bool JsonFields::read_objects(std::string_view key, bool required, std::size_t max,
                              const Read& read) {
    const std::string form = "an array of at most " + std::to_string(max) + " objects";
    const Json* member = take(key, required, form);
    if (member == nullptr) return false;
    const Json::Array* items = member->as_array();
    if (items == nullptr) {
        refuse(key, Reason::wrong_type, form);
        return false;
    }
    if (items->size() > max) {
        refuse(key, Reason::malformed, form);
        return false;
    }
    for (std::size_t i = 0; i < items->size() && !failed(); ++i) {
        JsonFields item((*items)[i], path_of(key) + "[" + std::to_string(i) + "]", *mistake_);
        if (failed()) return true;
        read(item);
        item.check_nothing_left();
    }
    return true;
}

std::vector<std::string> JsonFields::texts(std::string_view key, std::size_t max, TextRange range) {
    const std::string form = "an array of at most " + std::to_string(max) + " texts";
    const Json* member = take(key, true, form);
    if (member == nullptr) return {};
    const Json::Array* items = member->as_array();
    if (items == nullptr) {
        refuse(key, Reason::wrong_type, form);
        return {};
    }
    if (items->size() > max) refuse(key, Reason::malformed, form);
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < items->size() && !failed(); ++i) {
        const std::string* text = (*items)[i].as_text();
        const std::string path = path_of(key) + "[" + std::to_string(i) + "]";
        if (text == nullptr)
            note(Reason::wrong_type, path, text_form(range));
        else if (text->size() < range.min || text->size() > range.max)
            note(Reason::malformed, path, text_form(range));
        else
            texts.push_back(*text);
    }
    return failed() ? std::vector<std::string>{} : texts;
}

void JsonFields::check_nothing_left() {
    if (failed()) return;
    for (const Json::Member& member : *value_.as_object()) {
        if (std::find(known_.begin(), known_.end(), member.key) != known_.end()) continue;
        const std::vector<std::string_view> words(known_.begin(), known_.end());
        // A key from outside is quoted in an answer: cut it.
        constexpr std::size_t longest_quoted = 64;
        refuse(std::string_view(member.key).substr(0, longest_quoted), Reason::unknown_field,
               words.empty() ? "no fields" : "one of " + join(words));
        return;
    }
}

Result<void, FieldMistake> JsonFields::finish() {
    check_nothing_left();
    if (failed()) return tl::unexpected<FieldMistake>(**mistake_);
    return {};
}

bool JsonFields::boolean(std::string_view key) {
    return read_boolean(key, true).value_or(false);
}
std::optional<bool> JsonFields::boolean_if(std::string_view key) {
    return read_boolean(key, false);
}
std::string JsonFields::text(std::string_view key, TextRange range) {
    return read_text(key, true, range).value_or(std::string{});
}
std::optional<std::string> JsonFields::text_if(std::string_view key, TextRange range) {
    return read_text(key, false, range);
}
std::uint64_t JsonFields::integer(std::string_view key, IntegerRange range) {
    return read_integer(key, true, range).value_or(0);
}
std::optional<std::uint64_t> JsonFields::integer_if(std::string_view key, IntegerRange range) {
    return read_integer(key, false, range);
}
Amount JsonFields::amount(std::string_view key, std::uint8_t scale) {
    return read_amount(key, true, scale).value_or(Amount{});
}
std::optional<Amount> JsonFields::amount_if(std::string_view key, std::uint8_t scale) {
    return read_amount(key, false, scale);
}
Address JsonFields::address(std::string_view key) {
    return read_address(key, true).value_or(Address{});
}
std::optional<Address> JsonFields::address_if(std::string_view key) {
    return read_address(key, false);
}
Timestamp JsonFields::time(std::string_view key) {
    return read_time(key, true).value_or(Timestamp{});
}
std::optional<Timestamp> JsonFields::time_if(std::string_view key) {
    return read_time(key, false);
}
Bytes JsonFields::bytes(std::string_view key, std::size_t max) {
    return take_bytes(key, true, max).value_or(Bytes{});
}
std::optional<Bytes> JsonFields::bytes_if(std::string_view key, std::size_t max) {
    return take_bytes(key, false, max);
}
std::size_t JsonFields::choice(std::string_view key, std::span<const std::string_view> words) {
    return read_choice(key, true, words).value_or(0);
}
std::optional<std::size_t> JsonFields::choice_if(std::string_view key,
                                                 std::span<const std::string_view> words) {
    return read_choice(key, false, words);
}
void JsonFields::object(std::string_view key, const Read& read) {
    read_object(key, true, read);
}
bool JsonFields::object_if(std::string_view key, const Read& read) {
    return read_object(key, false, read);
}
void JsonFields::objects(std::string_view key, std::size_t max, const Read& read) {
    read_objects(key, true, max, read);
}
bool JsonFields::objects_if(std::string_view key, std::size_t max, const Read& read) {
    return read_objects(key, false, max, read);
}
const Json* JsonFields::any(std::string_view key) {
    return take(key, true, "a value");
}
const Json* JsonFields::any_if(std::string_view key) {
    return take(key, false, "a value");
}

}  // namespace lockstep
