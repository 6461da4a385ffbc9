#include "sdk/net/structured_fields.h"

#include "sdk/base/assert.h"

namespace lockstep::net {
namespace {

constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int sextet(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+') return 62;
    if (c == '/') return 63;
    return -1;
}

bool is_lower(char c) {
    return c >= 'a' && c <= 'z';
}
bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// Reads from the front; each function leaves the cursor anywhere when it fails.
class Cursor {
public:
    explicit Cursor(std::string_view text) : text_(text) {}

    bool done() const { return text_.empty(); }
    char peek() const { return text_.empty() ? '\0' : text_.front(); }
    bool take(char c) {
        if (peek() != c || text_.empty()) return false;
        text_.remove_prefix(1);
        return true;
    }
    void skip_spaces() {
        while (take(' ')) {
        }
    }

    std::optional<std::string> key() {
        if (!is_lower(peek()) && peek() != '*') return std::nullopt;
        std::string key;
        while (is_lower(peek()) || is_digit(peek()) || peek() == '_' || peek() == '-' ||
               peek() == '.' || peek() == '*')
            key += next();
        return key;
    }

    std::optional<std::string> string() {
        if (!take('"')) return std::nullopt;
        std::string value;
        while (!done()) {
            char c = next();
            if (c == '"') return value;
            if (c == '\\') {
                if (peek() != '"' && peek() != '\\') return std::nullopt;
                c = next();
            } else if (c < ' ' || c > '~') {
                return std::nullopt;
            }
            value += c;
        }
        return std::nullopt;
    }

    // At most 15 digits (RFC 8941 section 3.3.1), no decimals.
    std::optional<std::int64_t> integer() {
        const bool negative = take('-');
        std::int64_t value = 0;
        int digits = 0;
        while (is_digit(peek())) {
            if (++digits > 15) return std::nullopt;
            value = value * 10 + (next() - '0');
        }
        if (digits == 0 || peek() == '.') return std::nullopt;
        return negative ? -value : value;
    }

    std::optional<Bytes> bytes() {
        if (!take(':')) return std::nullopt;
        const auto end = text_.find(':');
        if (end == std::string_view::npos) return std::nullopt;
        auto value = base64_decode(text_.substr(0, end));
        text_.remove_prefix(end + 1);
        return value;
    }

    std::optional<FieldItem> item() {
        if (peek() == '"') {
            auto value = string();
            return value ? std::optional<FieldItem>{std::move(*value)} : std::nullopt;
        }
        const auto value = integer();
        return value ? std::optional<FieldItem>{*value} : std::nullopt;
    }

    bool parameters(InnerList& list) {
        while (take(';')) {
            skip_spaces();
            auto name = key();
            if (!name || list.parameter(*name) || !take('=')) return false;
            auto value = item();
            if (!value || list.parameters.size() == max_field_parameters) return false;
            list.parameters.emplace_back(std::move(*name), std::move(*value));
        }
        return true;
    }

    std::optional<InnerList> inner_list() {
        if (!take('(')) return std::nullopt;
        InnerList list;
        skip_spaces();
        while (!take(')')) {
            auto value = string();
            if (!value || list.items.size() == max_field_components) return std::nullopt;
            if (peek() != ' ' && peek() != ')') return std::nullopt;
            skip_spaces();
            list.items.push_back(std::move(*value));
        }
        if (!parameters(list)) return std::nullopt;
        return list;
    }

private:
    char next() {
        const char c = text_.front();
        text_.remove_prefix(1);
        return c;
    }
    std::string_view text_;
};

}  // namespace

const FieldItem* InnerList::parameter(std::string_view key) const {
    for (const auto& [name, value] : parameters)
        if (name == key) return &value;
    return nullptr;
}

std::string InnerList::serialise() const {
    std::string text = "(";
    for (const std::string& item : items) {
        if (text.size() > 1) text += ' ';
        const auto quoted = field_string(item);
        ASSERT(quoted);
        text += *quoted;
    }
    text += ')';
    for (const auto& [key, value] : parameters) {
        text += ';';
        text += key;
        text += '=';
        if (const auto* number = std::get_if<std::int64_t>(&value)) {
            text += std::to_string(*number);
        } else {
            const auto quoted = field_string(std::get<std::string>(value));
            ASSERT(quoted);
            text += *quoted;
        }
    }
    return text;
}

std::optional<InnerListMember> parse_inner_list_member(std::string_view field) {
    Cursor cursor{field};
    cursor.skip_spaces();
    auto key = cursor.key();
    if (!key || !cursor.take('=')) return std::nullopt;
    auto list = cursor.inner_list();
    cursor.skip_spaces();
    if (!list || !cursor.done()) return std::nullopt;
    return InnerListMember{std::move(*key), std::move(*list)};
}

std::optional<BytesMember> parse_bytes_member(std::string_view field) {
    Cursor cursor{field};
    cursor.skip_spaces();
    auto key = cursor.key();
    if (!key || !cursor.take('=')) return std::nullopt;
    auto bytes = cursor.bytes();
    cursor.skip_spaces();
    if (!bytes || !cursor.done()) return std::nullopt;
    return BytesMember{std::move(*key), std::move(*bytes)};
}

std::optional<std::string> field_string(std::string_view text) {
    std::string quoted = "\"";
    for (const char c : text) {
        if (c < ' ' || c > '~') return std::nullopt;
        if (c == '"' || c == '\\') quoted += '\\';
        quoted += c;
    }
    quoted += '"';
    return quoted;
}

std::string base64_encode(ByteView bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t left = bytes.size() - i;
        std::uint32_t word = std::uint32_t{bytes[i]} << 16;
        if (left > 1) word |= std::uint32_t{bytes[i + 1]} << 8;
        if (left > 2) word |= std::uint32_t{bytes[i + 2]};
        text += alphabet[word >> 18];
        text += alphabet[(word >> 12) & 63];
        text += left > 1 ? alphabet[(word >> 6) & 63] : '=';
        text += left > 2 ? alphabet[word & 63] : '=';
    }
    return text;
}

std::optional<Bytes> base64_decode(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    Bytes bytes;
    bytes.reserve(text.size() / 4 * 3);
    for (std::size_t i = 0; i < text.size(); i += 4) {
        const bool last = i + 4 == text.size();
        int padding = 0;
        if (last && text[i + 3] == '=') padding = text[i + 2] == '=' ? 2 : 1;
        std::uint32_t word = 0;
        for (std::size_t j = 0; j < 4; ++j) {
            const bool pad = j >= 4 - static_cast<std::size_t>(padding);
            const int value = pad ? 0 : sextet(text[i + j]);
            if (value < 0) return std::nullopt;
            word = word << 6 | static_cast<std::uint32_t>(value);
        }
        if ((padding == 1 && (word & 0xff) != 0) || (padding == 2 && (word & 0xffff) != 0))
            return std::nullopt;
        bytes.push_back(static_cast<std::uint8_t>(word >> 16));
        if (padding < 2) bytes.push_back(static_cast<std::uint8_t>((word >> 8) & 0xff));
        if (padding < 1) bytes.push_back(static_cast<std::uint8_t>(word & 0xff));
    }
    return bytes;
}

}  // namespace lockstep::net
