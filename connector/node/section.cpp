#include "connector/node/section.h"

#include <algorithm>

namespace lockstep::node {

Section::Section(const Json& table, std::string path, Mistakes& mistakes)
    : table_(table), path_(std::move(path)), mistakes_(mistakes) {}

Section::~Section() {
    const auto* members = table_.as_object();
    if (members == nullptr) return;
    for (const auto& member : *members) {
        if (std::find(read_.begin(), read_.end(), member.key) == read_.end())
            mistake(member.key, "unknown key; remove it or check its spelling");
    }
}

std::string Section::path_of(std::string_view key) const {
    return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

void Section::mistake(std::string_view key, const std::string& what) {
    mistakes_.push_back(path_of(key) + ": " + what);
}

const Json* Section::take(std::string_view key, bool required, std::string_view expected) {
    read_.emplace_back(key);
    const Json* value = table_.find(key);
    if (value == nullptr && required) mistake(key, "is missing; expected " + std::string(expected));
    return value;
}

std::string Section::text(std::string_view key, const std::optional<std::string>& otherwise) {
    const Json* value = take(key, !otherwise, "a text");
    std::string fallback = otherwise.value_or("");
    if (value == nullptr) return fallback;
    const std::string* text = value->as_text();
    if (text == nullptr || text->empty()) {
        mistake(key, "expected a text");
        return fallback;
    }
    return *text;
}

bool Section::flag(std::string_view key, bool otherwise) {
    const Json* value = take(key, false, "");
    if (value == nullptr) return otherwise;
    if (!value->as_bool()) mistake(key, "expected true or false");
    return value->as_bool().value_or(otherwise);
}

std::uint64_t Section::integer(std::string_view key, std::uint64_t most,
                               std::optional<std::uint64_t> otherwise, std::uint64_t least) {
    const std::string expected =
        "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
    const Json* value = take(key, !otherwise, expected);
    if (value == nullptr) return otherwise.value_or(0);
    const auto number = value->as_uint64();
    if (!number || *number < least || *number > most) {
        mistake(key, "expected " + expected);
        return otherwise.value_or(0);
    }
    return *number;
}

Duration Section::milliseconds(std::string_view key, std::optional<Duration> otherwise) {
    constexpr std::uint64_t year_ms = 366ULL * 24 * 3600 * 1000;
    std::optional<std::uint64_t> fallback;
    if (otherwise) fallback = static_cast<std::uint64_t>(otherwise->us() / 1000);
    return Duration::milliseconds(static_cast<std::int64_t>(integer(key, year_ms, fallback)));
}

Address Section::address(std::string_view key) {
    constexpr std::string_view expected = "an Interledger address, for example test.sek.alice";
    const Json* value = take(key, true, expected);
    if (value == nullptr) return {};
    const auto address = Address::parse(value->text_or(""));
    if (!address) mistake(key, "expected " + std::string(expected));
    return address.value_or(Address{});
}

std::vector<std::string> Section::texts(std::string_view key) {
    std::vector<std::string> texts;
    const Json* value = take(key, false, "");
    if (value == nullptr) return texts;
    const auto* items = value->as_array();
    if (items == nullptr) {
        mistake(key, "expected an array of texts");
        return texts;
    }
    for (std::size_t i = 0; i < items->size(); ++i) {
        const std::string* text = (*items)[i].as_text();
        if (text != nullptr)
            texts.push_back(*text);
        else
            mistake(std::string(key) + "[" + std::to_string(i) + "]", "expected a text");
    }
    return texts;
}

std::vector<Address> Section::addresses(std::string_view key) {
    std::vector<Address> addresses;
    const auto words = texts(key);
    for (std::size_t i = 0; i < words.size(); ++i) {
        const auto address = Address::parse(words[i]);
        if (address)
            addresses.push_back(*address);
        else
            mistake(std::string(key) + "[" + std::to_string(i) + "]",
                    "expected an Interledger address, for example test.sek.alice");
    }
    return addresses;
}

PublicKey Section::public_key(std::string_view key) {
    constexpr std::string_view expected = "a public key of 64 hexadecimal digits";
    const Json* value = take(key, true, expected);
    if (value == nullptr) return {};
    const auto found = PublicKey::from_hex(value->text_or(""));
    if (!found) mistake(key, "expected " + std::string(expected));
    // as in the sample, where others' keys are to be filled in
    if (found && found->is_zero())
        mistake(key, "is all zeros, which is no key; expected " + std::string(expected));
    return found.value_or(PublicKey{});
}

AssetId Section::asset(std::string_view key) {
    constexpr std::string_view expected = "an asset as code/scale, for example \"SEK/2\"";
    const Json* value = take(key, true, expected);
    if (value == nullptr) return {};
    const std::string text = value->text_or("");
    const std::size_t slash = text.find('/');
    std::optional<AssetId> asset;
    if (slash != std::string_view::npos && slash + 2 == text.size() && text[slash + 1] >= '0' &&
        text[slash + 1] <= '9') {
        asset = AssetId::make(text.substr(0, slash), static_cast<std::uint8_t>(text.back() - '0'));
    }
    if (!asset) mistake(key, "expected " + std::string(expected));
    return asset.value_or(AssetId{});
}

Amount Section::amount(std::string_view key, const AssetId& asset, std::optional<Amount> otherwise,
                       Amount least) {
    const std::string expected = "a decimal text with at most " + std::to_string(asset.scale()) +
                                 " decimals, for example \"" +
                                 format_amount(Amount{1250}, asset.scale()) + "\"";
    const Json* value = take(key, !otherwise, expected);
    if (value == nullptr) return otherwise.value_or(Amount{});
    const std::string* text = value->as_text();
    const auto amount = text != nullptr ? parse_amount(*text, asset.scale()) : std::nullopt;
    // Where the asset is a mistake, its scale is unknown and nothing can be said here.
    if (asset.code().empty()) return amount.value_or(Amount{});
    if (text != nullptr && is_too_large_amount(*text, asset.scale()))
        mistake(key, "expected at most " + format_amount(Amount{UINT64_MAX}, asset.scale()) +
                         ", which is what 64 bits of the smallest unit hold");
    else if (!amount)
        mistake(key, "expected " + expected);
    else if (*amount < least)
        mistake(key, "expected at least " + format_amount(least, asset.scale()));
    return amount.value_or(Amount{});
}

Amount Section::decimal(std::string_view key, std::uint8_t decimals, std::string_view expected) {
    const Json* value = take(key, true, expected);
    if (value == nullptr) return {};
    const std::string* text = value->as_text();
    const auto amount = text != nullptr ? parse_amount(*text, decimals) : std::nullopt;
    if (amount && !amount->is_zero()) return *amount;
    mistake(key, "expected " + std::string(expected));
    return {};
}

std::size_t Section::choice(std::string_view key, const std::vector<std::string>& words,
                            std::optional<std::size_t> otherwise) {
    std::string expected = "one of";
    for (const std::string& word : words)
        expected += " \"" + word + "\"";
    const Json* value = take(key, !otherwise, expected);
    if (value == nullptr) return otherwise.value_or(0);
    const auto found = std::find(words.begin(), words.end(), value->text_or(""));
    if (found == words.end()) {
        mistake(key, "expected " + expected);
        return otherwise.value_or(0);
    }
    return static_cast<std::size_t>(found - words.begin());
}

bool Section::table(std::string_view key, bool required, const Read& read) {
    const Json* value = take(key, required, "a table [" + path_of(key) + "]");
    if (value == nullptr) return false;
    if (value->as_object() == nullptr) {
        mistake(key, "expected a table");
        return false;
    }
    Section section(*value, path_of(key), mistakes_);
    read(section);
    return true;
}

void Section::tables(std::string_view key, const Read& read) {
    const Json* value = take(key, false, "");
    if (value == nullptr) return;
    const auto* items = value->as_array();
    if (items == nullptr) {
        mistake(key, "expected tables [[" + path_of(key) + "]]");
        return;
    }
    for (std::size_t i = 0; i < items->size(); ++i) {
        const std::string indexed = std::string(key) + "[" + std::to_string(i) + "]";
        if ((*items)[i].as_object() == nullptr) {
            mistake(indexed, "expected a table");
            continue;
        }
        Section section((*items)[i], path_of(indexed), mistakes_);
        read(section);
    }
}

std::vector<std::pair<std::string, std::string>> Section::pairs(std::string_view key) {
    std::vector<std::pair<std::string, std::string>> pairs;
    const Json* value = take(key, false, "");
    if (value == nullptr) return pairs;
    const auto* members = value->as_object();
    if (members == nullptr) {
        mistake(key, "expected a table");
        return pairs;
    }
    for (const auto& member : *members) {
        if (const auto* text = member.value.as_text())
            pairs.emplace_back(member.key, *text);
        else if (member.value.as_int64() || member.value.as_bool())
            pairs.emplace_back(member.key, write_json(member.value));
        else
            mistake(std::string(key) + "." + member.key, "expected a text, number or flag");
    }
    return pairs;
}

}  // namespace lockstep::node
