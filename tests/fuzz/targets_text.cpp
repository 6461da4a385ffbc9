// Words and numbers as people write them, and JSON.
#include <algorithm>

#include "sdk/base/time_text.h"
#include "sdk/base/utf8.h"
#include "sdk/codec/json_fields.h"
#include "sdk/net/http.h"
#include "tests/fuzz/properties.h"
#include "tests/fuzz/targets.h"

namespace lockstep::fuzz {

bool fuzz_address(ByteView octets) {
    const std::string_view text = as_text(octets);
    const auto address = Address::parse(text);
    if (!address) return false;
    ASSERT(address->text() == text && !address->empty());
    ASSERT(!address->is_prefix_of(*address));
    const std::size_t dot = text.rfind('.');
    if (const auto parent = Address::parse(text.substr(0, dot))) {
        ASSERT(parent->is_prefix_of(*address) && !address->is_prefix_of(*parent));
        ASSERT(parent->child(text.substr(dot + 1)) == *address);
    }
    if (const auto child = address->child("a")) ASSERT(address->is_prefix_of(*child));
    ASSERT(!address->child("") && !address->child("a.b"));
    return true;
}

// The scale, then the text.
bool fuzz_amount(ByteView octets) {
    if (octets.empty()) return false;
    const auto scale = static_cast<std::uint8_t>(octets[0] % (max_asset_scale + 1));
    const auto amount = parse_amount(as_text(octets.subspan(1)), scale);
    if (!amount) return false;
    const std::string text = format_amount(*amount, scale);
    ASSERT(parse_amount(text, scale) == *amount);
    ASSERT(scale == 0 || text.size() - text.find('.') - 1 == scale);
    return true;
}

// The scale, then the code.
bool fuzz_asset(ByteView octets) {
    if (octets.empty()) return false;
    const std::string_view code = as_text(octets.subspan(1));
    const auto asset = AssetId::make(code, octets[0]);
    if (!asset) return false;
    ASSERT(asset->code() == code && asset->scale() == octets[0] && octets[0] <= max_asset_scale);
    if (is_isin(code)) {
        // one wrong digit is always noticed
        std::string wrong(code);
        wrong[11] = wrong[11] == '9' ? '0' : static_cast<char>(wrong[11] + 1);
        ASSERT(!is_isin(wrong));
    }
    return true;
}

bool fuzz_time_text(ByteView octets) {
    const auto time = parse_time(as_text(octets));
    if (!time) return false;
    ASSERT(time->us() >= 0);
    const std::string text = format_time(*time);
    ASSERT(parse_time(text) == *time);
    ASSERT(text.substr(0, 19) == as_text(octets).substr(0, 19));
    return true;
}

bool fuzz_hex(ByteView octets) {
    ASSERT(from_hex(to_hex(octets)) == Bytes(octets.begin(), octets.end()));
    const auto bytes = from_hex(as_text(octets));
    if (!bytes) return false;
    std::string lower(as_text(octets));
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c; });
    ASSERT(to_hex(*bytes) == lower);
    const auto hash = Hash::from_hex(as_text(octets));
    ASSERT(hash.has_value() == (bytes->size() == Hash::size));
    return true;
}

namespace {

bool has_decimals(const Json& value) {
    if (const auto* items = value.as_array())
        return std::any_of(items->begin(), items->end(), has_decimals);
    if (const auto* members = value.as_object())
        return std::any_of(members->begin(), members->end(),
                           [](const Json::Member& member) { return has_decimals(member.value); });
    return value.kind() == Json::Kind::decimal;
}

}  // namespace

bool fuzz_json(ByteView octets) {
    const std::string_view text = as_text(octets);
    // Two writers of texts must agree, whatever the octets: what is no UTF-8 is replaced.
    const auto quoted = parse_json(net::json_quote(text), {SIZE_MAX, 1});
    ASSERT(quoted && quoted->as_text() != nullptr);
    ASSERT(is_utf8(*quoted->as_text()));
    ASSERT(parse_json(write_json(Json(text)), {SIZE_MAX, 1}) == *quoted);
    if (is_utf8(text)) ASSERT(*quoted->as_text() == text);

    const auto json = parse_json(text);
    if (!json) {
        ASSERT(json.error().code == "malformed" || json.error().code == "too_large");
        ASSERT(!json.error().detail.empty());
        return false;
    }
    const std::string written = write_json(*json);
    const auto again = parse_json(written, {SIZE_MAX, 32});
    const auto pretty = parse_json(write_json_pretty(*json), {SIZE_MAX, 32});
    ASSERT(again && pretty && *again == *pretty);
    // A decimal is for reports and may lose its last digit or its point.
    if (!has_decimals(*json)) ASSERT(*again == *json && write_json(*again) == written);
    return true;
}

bool fuzz_json_fields(ByteView octets) {
    static constexpr std::string_view words[] = {"red", "green"};
    const auto json = parse_json(as_text(octets));
    if (!json) return false;
    JsonFields fields(*json);
    std::size_t present = 0;
    const auto count = [&](bool there) { present += there ? 1 : 0; };
    const auto text = fields.text_if("text", {1, 8});
    count(text.has_value());
    const auto number = fields.integer_if("integer", {1, 1000});
    count(number.has_value());
    const auto amount = fields.amount_if("amount", 2);
    count(amount.has_value());
    const auto time = fields.time_if("time");
    count(time.has_value());
    const auto bytes = fields.bytes_if("bytes", 4);
    count(bytes.has_value());
    count(fields.boolean_if("flag").has_value());
    count(fields.address_if("address").has_value());
    count(fields.fixed_if<Hash>("hash").has_value());
    const auto choice = fields.choice_if("choice", words);
    count(choice.has_value());
    std::size_t inner = 0;
    count(fields.object_if("object", [&](JsonFields& object) {
        object.text("name");
        ++inner;
    }));
    count(fields.objects_if("objects", 3, [&](JsonFields& object) {
        object.integer("n");
        ++inner;
    }));
    count(fields.any_if("any") != nullptr);
    const auto texts = fields.texts("texts", 4);
    const auto done = fields.finish();
    ASSERT(done.has_value() == !fields.failed());
    if (!done) {
        const FieldMistake& mistake = done.error();
        ASSERT(mistake.reason == Reason::malformed || mistake.reason == Reason::wrong_type ||
               mistake.reason == Reason::missing_field || mistake.reason == Reason::unknown_field);
        ASSERT(!mistake.expected.empty() && !mistake.sentence().empty());
        return false;
    }
    // Nothing is left over, and what was read keeps what was asked of it. `texts` must be there.
    ASSERT(json->size() == present + 1);
    ASSERT(!text || (!text->empty() && text->size() <= 8));
    ASSERT(!number || (*number >= 1 && *number <= 1000));
    ASSERT(!amount || parse_amount(format_amount(*amount, 2), 2) == *amount);
    ASSERT(!time || time->us() >= 0);
    ASSERT(!bytes || bytes->size() <= 4);
    ASSERT(!choice || *choice < std::size(words));
    ASSERT(inner <= 4 && texts.size() <= 4);
    return true;
}

}  // namespace lockstep::fuzz
