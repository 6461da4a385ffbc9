#include "sdk/service/settings_file.h"

#include <algorithm>

#include "sdk/codec/toml.h"

namespace lockstep::service {

std::optional<Json> read_settings_file(const std::filesystem::path& file, Mistakes& mistakes) {
    constexpr TomlRules rules{std::size_t{1} << 20, false};
    const std::string name = file.string();
    auto document = read_toml_file(file, rules);
    if (!document) {
        const TomlMistake& wrong = document.error();
        switch (wrong.trouble) {
            case TomlTrouble::unreadable:
                mistakes.push_back(name + ": cannot be read; give its path with --config");
                break;
            case TomlTrouble::too_large:
                mistakes.push_back(name + ": is no file of at most a mebibyte");
                break;
            case TomlTrouble::malformed:
                mistakes.push_back(name + ":" + std::to_string(wrong.line) + ":" +
                                   std::to_string(wrong.column) + ": " + wrong.what);
                break;
        }
        return std::nullopt;
    }
    for (const std::string& key : document->refused)
        mistakes.push_back(std::string(name).append(": ").append(key).append(
            ": expected a text, an integer, true or false"));
    return std::move(document->values);
}

SettingsTable::SettingsTable(const Json& values, std::string where, Mistakes& mistakes)
    : values_(values),
      where_(std::move(where)),
      mistakes_(mistakes),
      mistakes_before_(mistakes.size()) {}

SettingsTable::~SettingsTable() {
    const Json::Object* members = values_.as_object();
    if (members == nullptr) return;
    for (const auto& member : *members) {
        if (std::find(asked_.begin(), asked_.end(), member.key) == asked_.end())
            mistakes_.push_back(where_ + member.key + ": unknown key");
    }
}

void SettingsTable::mistake(std::string_view key, std::string_view expected) {
    mistakes_.push_back(where_ + std::string(key) + ": expected " + std::string(expected));
}

const Json* SettingsTable::take(std::string_view key, bool required, std::string_view expected) {
    asked_.emplace_back(key);
    const Json* value = values_.find(key);
    if (value == nullptr && required) mistake(key, std::string(expected) + "; it is missing");
    return value;
}

std::string SettingsTable::text(std::string_view key, const std::optional<std::string>& otherwise) {
    const Json* value = take(key, !otherwise, "a text");
    if (value == nullptr) return otherwise.value_or("");
    const std::string* text = value->as_text();
    if (text == nullptr) mistake(key, "a text");
    return text != nullptr ? *text : otherwise.value_or("");
}

std::uint64_t SettingsTable::integer(std::string_view key, std::uint64_t most,
                                     std::optional<std::uint64_t> otherwise, std::uint64_t least) {
    const std::string expected = std::to_string(least) + " to " + std::to_string(most);
    const Json* value = take(key, !otherwise, expected);
    if (value == nullptr) return otherwise.value_or(0);
    const auto number = value->as_uint64();
    if (number && *number >= least && *number <= most) return *number;
    mistake(key, expected);
    return otherwise.value_or(0);
}

bool SettingsTable::flag(std::string_view key, bool otherwise) {
    const Json* value = take(key, false, "");
    if (value == nullptr) return otherwise;
    const auto flag = value->as_bool();
    if (!flag) mistake(key, "true or false");
    return flag.value_or(otherwise);
}

Duration SettingsTable::seconds(std::string_view key, Duration otherwise) {
    const auto s = integer(key, 10ull * 365 * 24 * 3600,
                           static_cast<std::uint64_t>(otherwise.us() / 1'000'000));
    return Duration::seconds(static_cast<std::int64_t>(s));
}

Duration SettingsTable::milliseconds(std::string_view key, Duration otherwise) {
    const auto ms = integer(key, 10ull * 365 * 24 * 3600 * 1'000,
                            static_cast<std::uint64_t>(otherwise.us() / 1'000));
    return Duration::milliseconds(static_cast<std::int64_t>(ms));
}

Address SettingsTable::address(std::string_view key) {
    const Json* value = take(key, true, "an Interledger address such as test.sek");
    if (value == nullptr) return {};
    const std::string* text = value->as_text();
    const auto address = text != nullptr ? Address::parse(*text) : std::nullopt;
    if (!address) mistake(key, "an Interledger address such as test.sek");
    return address.value_or(Address{});
}

PublicKey SettingsTable::public_key(std::string_view key) {
    const Json* value = take(key, true, "a public key of 64 hexadecimal digits");
    if (value == nullptr) return {};
    const std::string* text = value->as_text();
    const auto found = text != nullptr ? PublicKey::from_hex(*text) : std::nullopt;
    if (!found) mistake(key, "a public key of 64 hexadecimal digits");
    return found.value_or(PublicKey{});
}

namespace {

std::string element(std::string_view key, std::size_t index) {
    return std::string(key).append("[").append(std::to_string(index)).append("]");
}

}  // namespace

std::vector<PublicKey> SettingsTable::public_keys(std::string_view key) {
    std::vector<PublicKey> keys;
    const std::vector<std::string> all = texts(key);
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto found = PublicKey::from_hex(all[i]);
        if (found)
            keys.push_back(*found);
        else if (!all[i].empty())
            mistake(element(key, i), "a public key of 64 hexadecimal digits");
    }
    return keys;
}

std::vector<std::string> SettingsTable::texts(std::string_view key) {
    const Json* value = take(key, false, "");
    if (value == nullptr) return {};
    std::vector<std::string> texts;
    const Json::Array* list = value->as_array();
    if (list == nullptr) mistake(key, "a list of texts");
    for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
        const std::string* text = (*list)[i].as_text();
        // Each keeps its place.
        texts.push_back(text != nullptr ? *text : "");
        if (texts.back().empty()) mistake(element(key, i), "a text");
    }
    return texts;
}

void SettingsTable::table(std::string_view key, const Read& read) {
    static const Json empty = Json::object();
    const Json* value = take(key, false, "");
    const bool is_table = value != nullptr && value->as_object() != nullptr;
    if (value != nullptr && !is_table) mistake(key, "a table");
    SettingsTable inner(is_table ? *value : empty, where_ + std::string(key) + ".", mistakes_);
    read(inner);
}

void SettingsTable::tables(std::string_view key, const Read& read) {
    const Json* value = take(key, false, "");
    if (value == nullptr) return;
    const Json::Array* list = value->as_array();
    if (list == nullptr) return mistake(key, "an array of tables");
    for (std::size_t i = 0; i < list->size(); ++i) {
        const std::string name = std::string(key) + "[" + std::to_string(i) + "]";
        if ((*list)[i].as_object() == nullptr) {
            mistake(name, "a table");
            continue;
        }
        SettingsTable inner((*list)[i], where_ + name + ".", mistakes_);
        read(inner);
    }
}

}  // namespace lockstep::service
