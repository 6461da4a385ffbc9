#include <charconv>
#include <cmath>

#include "sdk/base/utf8.h"
#include "sdk/codec/json.h"

namespace lockstep {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

void write_text(std::string& to, std::string_view text) {
    to.push_back('"');
    while (!text.empty()) {
        const std::size_t size = utf8_sequence(text);
        const char c = text.front();
        if (size == 0) {
            to += "\\ufffd";
        } else if (size > 1) {
            to += text.substr(0, size);
        } else if (c == '"' || c == '\\') {
            to.push_back('\\');
            to.push_back(c);
        } else if (c == '\n') {
            to += "\\n";
        } else if (is_ascii_control(c)) {
            to += "\\u00";
            to.push_back(hex_digits[static_cast<unsigned char>(c) >> 4]);
            to.push_back(hex_digits[c & 15]);
        } else {
            to.push_back(c);
        }
        text.remove_prefix(size == 0 ? 1 : size);
    }
    to.push_back('"');
}

template <class Number>
void write_number(std::string& to, Number value) {
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
    to.append(digits, end);
}

void write_fixed(std::string& to, const Json::Fixed& value) {
    const bool negative = value.units < 0;
    const auto bits = static_cast<std::uint64_t>(value.units);
    std::string digits = std::to_string(negative ? 0 - bits : bits);
    const auto decimals = static_cast<std::size_t>(value.decimals);
    if (digits.size() <= decimals) digits.insert(0, decimals + 1 - digits.size(), '0');
    if (decimals > 0) digits.insert(digits.size() - decimals, 1, '.');
    if (negative) to.push_back('-');
    to += digits;
}

// Writes with `indent` levels of two spaces; on one line when `pretty` is false.
struct Writer {
    std::string text;
    bool pretty = false;
    std::size_t indent = 0;

    void line() {
        if (!pretty) return;
        text.push_back('\n');
        text.append(2 * indent, ' ');
    }

    template <class Items, class WriteItem>
    void list(char open, const Items& items, char close, WriteItem write_item) {
        text.push_back(open);
        ++indent;
        bool first = true;
        for (const auto& item : items) {
            if (!first) text.push_back(',');
            first = false;
            line();
            write_item(item);
        }
        --indent;
        if (!first) line();
        text.push_back(close);
    }

    void write(const Json& value) {
        switch (value.kind()) {
            case Json::Kind::null:
                text += "null";
                return;
            case Json::Kind::boolean:
                text += *value.as_bool() ? "true" : "false";
                return;
            case Json::Kind::integer:
                if (const auto number = value.as_int64())
                    write_number(text, *number);
                else
                    write_number(text, *value.as_uint64());
                return;
            case Json::Kind::decimal:
                if (const Json::Fixed* fixed = value.as_fixed())
                    write_fixed(text, *fixed);
                else if (const double number = *value.as_double(); std::isfinite(number))
                    write_number(text, number);
                else
                    text += "null";
                return;
            case Json::Kind::text:
                write_text(text, *value.as_text());
                return;
            case Json::Kind::array:
                list('[', *value.as_array(), ']', [this](const Json& item) { write(item); });
                return;
            case Json::Kind::object:
                list('{', *value.as_object(), '}', [this](const Json::Member& member) {
                    write_text(text, member.key);
                    text += pretty ? ": " : ":";
                    write(member.value);
                });
                return;
        }
    }
};

}  // namespace

std::string write_json(const Json& value) {
    Writer writer;
    writer.write(value);
    return std::move(writer.text);
}

std::string write_json_pretty(const Json& value) {
    Writer writer{.text = {}, .pretty = true, .indent = 0};
    writer.write(value);
    writer.text.push_back('\n');
    return std::move(writer.text);
}

}  // namespace lockstep
