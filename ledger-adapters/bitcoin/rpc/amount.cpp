// Amounts in requests. A number was read as a double; its shortest decimal form is the one that was
// sent, for a double has more than the 16 digits that an amount needs at most.
#include <charconv>

#include "bitcoin/rpc/params.h"

namespace lockstep::bitcoin {
namespace {

constexpr std::size_t most_decimals = 8;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// A decimal as JSON writes numbers, with at most eight decimals that count, in satoshi.
std::optional<Satoshi> satoshi_in(std::string_view text) {
    const bool negative = text.starts_with('-');
    if (negative) text.remove_prefix(1);
    std::int64_t exponent = 0;
    if (const std::size_t mark = text.find_first_of("eE"); mark != std::string_view::npos) {
        std::string_view digits = text.substr(mark + 1);
        if (digits.starts_with('+')) digits.remove_prefix(1);
        const char* const end = digits.data() + digits.size();
        const auto [stopped, error] = std::from_chars(digits.data(), end, exponent);
        if (error != std::errc{} || stopped != end || exponent < -100 || exponent > 100)
            return std::nullopt;
        text = text.substr(0, mark);
    }
    const std::size_t point = text.find('.');
    std::string digits(text.substr(0, point));
    if (digits.empty() || (digits.size() > 1 && digits[0] == '0')) return std::nullopt;
    std::size_t decimals = 0;
    if (point != std::string_view::npos) {
        decimals = text.size() - point - 1;
        if (decimals == 0) return std::nullopt;
        digits += text.substr(point + 1);
    }
    Satoshi value = 0;
    const std::int64_t shift =
        static_cast<std::int64_t>(most_decimals) + exponent - static_cast<std::int64_t>(decimals);
    for (std::int64_t dropped = shift; dropped < 0; ++dropped) {
        if (digits.empty()) break;
        if (digits.back() != '0') return std::nullopt;
        digits.pop_back();
    }
    if (shift > 0) digits.append(static_cast<std::size_t>(shift), '0');
    constexpr Satoshi most = 1'000'000'000'000'000'000;  // as Bitcoin Core's parser
    for (const char digit : digits) {
        if (!is_digit(digit) || value >= most / 10) return std::nullopt;
        value = value * 10 + (digit - '0');
    }
    return negative ? -value : value;
}

std::string text_of(const Json& value) {
    if (const std::string* const text = value.as_text()) return *text;
    return write_json(value);
}

}  // namespace

Result<Satoshi, RpcError> read_amount(const Json& value) {
    if (type_name(value) != "number" && type_name(value) != "string")
        return rpc_fail(RpcCode::type_error, "Amount is not a number or string");
    const auto amount = satoshi_in(text_of(value));
    if (!amount) return rpc_fail(RpcCode::type_error, "Invalid amount");
    if (*amount < 0 || *amount > max_money)
        return rpc_fail(RpcCode::type_error, "Amount out of range");
    return *amount;
}

}  // namespace lockstep::bitcoin
