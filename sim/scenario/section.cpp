#include "sim/scenario/section.h"

#include <algorithm>

#include "sim/scenario/text.h"

namespace lockstep::sim {
namespace {

constexpr std::string_view a_duration = "expected a time such as \"250ms\", \"2s\", \"10min\"";

std::string without_places(const std::string& path) {
    std::string key;
    bool inside = false;
    for (const char c : path) {
        if (c == '[') inside = true;
        if (!inside) key.push_back(c);
        if (c == ']') inside = false;
    }
    return key;
}

}  // namespace

std::string join(const std::vector<std::string>& words) {
    std::string joined;
    for (const std::string& word : words)
        joined += (joined.empty() ? "" : ", ") + word;
    return joined;
}

void Reading::mistake(const std::string& path, std::string what) {
    if (!wrong_.insert(path).second) return;
    std::string around = path;
    auto found = lines_.find(around);
    while (found == lines_.end() && !around.empty()) {
        const std::size_t cut = around.find_last_of(".[");
        around.resize(cut == std::string::npos ? 0 : cut);
        found = lines_.find(around);
    }
    mistakes_.push_back(
        {file_, found == lines_.end() ? 0 : found->second, without_places(path), std::move(what)});
}

bool Reading::wrong_below(const std::string& path) const {
    const auto next = wrong_.lower_bound(path + ".");
    return next != wrong_.end() && next->starts_with(path + ".");
}

std::vector<Mistake> Reading::take() {
    std::stable_sort(mistakes_.begin(), mistakes_.end(),
                     [](const Mistake& a, const Mistake& b) { return a.line < b.line; });
    return std::move(mistakes_);
}

Section::Section(const TomlValue& table, std::string path, Reading& reading)
    : table_(table), path_(std::move(path)), reading_(reading) {
    // An absent table has no line; what is wrong in it stands at the one around it.
    if (!path_.empty() && table.line != 0) reading_.saw(path_, table.line);
    for (const TomlValue& member : table.children)
        reading_.saw(path_of(member.key), member.line);
}

Section::~Section() {
    for (const TomlValue& member : table_.children)
        if (std::find(asked_.begin(), asked_.end(), member.key) == asked_.end())
            mistake(member.key, "unknown key; expected one of " + join(asked_));
}

std::string Section::path_of(std::string_view key) const {
    return path_.empty() ? std::string(key) : path_ + "." + std::string(key);
}

const TomlValue* Section::take(std::string_view key) {
    asked_.emplace_back(key);
    return table_.find(key);
}

std::string Section::text(std::string_view key, std::string_view expected,
                          const std::optional<std::string>& otherwise) {
    const TomlValue* value = take(key);
    if (value != nullptr && value->kind == TomlValue::Kind::text) return value->text;
    if (value != nullptr) mistake(key, "expected " + std::string(expected));
    if (value == nullptr && !otherwise)
        mistake(key, "is missing; expected " + std::string(expected));
    return otherwise.value_or("");
}

std::vector<std::string> Section::texts(std::string_view key, std::string_view expected) {
    const TomlValue* value = take(key);
    std::vector<std::string> texts;
    if (value == nullptr) return texts;
    bool sound = value->kind == TomlValue::Kind::list;
    for (const TomlValue& item : value->children) {
        sound = sound && item.kind == TomlValue::Kind::text;
        texts.push_back(item.text);
    }
    if (sound) return texts;
    mistake(key, "expected a list of " + std::string(expected));
    return {};
}

std::uint32_t Section::count(std::string_view key, Range range, std::uint32_t otherwise) {
    const TomlValue* value = take(key);
    if (value == nullptr) return otherwise;
    if (value->kind == TomlValue::Kind::integer && value->integer >= 0) {
        const auto number = static_cast<std::uint64_t>(value->integer);
        if (number >= range.least && number <= range.most)
            return static_cast<std::uint32_t>(number);
    }
    mistake(key, "expected a whole number from " + std::to_string(range.least) + " to " +
                     std::to_string(range.most));
    return otherwise;
}

bool Section::flag(std::string_view key, bool otherwise) {
    const TomlValue* value = take(key);
    if (value == nullptr) return otherwise;
    if (value->kind == TomlValue::Kind::flag) return value->flag;
    mistake(key, "expected true or false");
    return otherwise;
}

std::optional<Duration> Section::optional_duration(std::string_view key, bool may_be_negative) {
    const TomlValue* value = take(key);
    if (value == nullptr) return std::nullopt;
    const auto read = value->kind == TomlValue::Kind::text ? parse_duration(value->text)
                                                           : std::optional<Duration>();
    if (read && (may_be_negative || *read >= Duration{})) return read;
    mistake(key, std::string(a_duration) + (may_be_negative ? ", or \"-250ms\"" : ""));
    return std::nullopt;
}

Duration Section::duration(std::string_view key, Duration otherwise) {
    return optional_duration(key, false).value_or(otherwise);
}

std::size_t Section::choice(std::string_view key, const std::vector<std::string>& words,
                            std::optional<std::size_t> otherwise) {
    const TomlValue* value = take(key);
    if (value == nullptr && otherwise) return *otherwise;
    if (value != nullptr && value->kind == TomlValue::Kind::text) {
        const auto found = std::find(words.begin(), words.end(), value->text);
        if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
    }
    mistake(key,
            (value == nullptr ? "is missing; expected one of " : "expected one of ") + join(words));
    return otherwise.value_or(0);
}

void Section::table(std::string_view key, const Read& read) {
    static const TomlValue empty{TomlValue::Kind::table, 0, {}, {}, 0, false, {}};
    const TomlValue* value = take(key);
    const bool is_table = value != nullptr && value->kind == TomlValue::Kind::table;
    if (value != nullptr && !is_table) mistake(key, "expected a table");
    Section inner(is_table ? *value : empty, path_of(key), reading_);
    read(inner);
}

void Section::tables(std::string_view key, const Read& read) {
    const TomlValue* value = take(key);
    if (value == nullptr) return;
    if (value->kind != TomlValue::Kind::list) return mistake(key, "expected a list of tables");
    for (std::size_t i = 0; i < value->children.size(); ++i) {
        const std::string name = std::string(key) + "[" + std::to_string(i) + "]";
        const TomlValue& item = value->children[i];
        reading_.saw(path_of(name), item.line);
        if (item.kind != TomlValue::Kind::table) {
            mistake(name, "expected a table");
            continue;
        }
        Section inner(item, path_of(name), reading_);
        read(inner);
    }
}

}  // namespace lockstep::sim
