#include "sim/scenario/toml_tree.h"

#include <toml++/toml.h>

namespace lockstep::sim {
namespace {

TomlValue convert(const toml::node& node) {
    TomlValue value;
    value.line = node.source().begin.line;
    if (const auto* table = node.as_table()) {
        value.kind = TomlValue::Kind::table;
        for (const auto& [key, member] : *table) {
            value.children.push_back(convert(member));
            value.children.back().key = key.str();
            // A table that is only the beginning of other tables' names has no line of its own.
            if (value.children.back().line == 0)
                value.children.back().line = key.source().begin.line;
        }
    } else if (const auto* list = node.as_array()) {
        value.kind = TomlValue::Kind::list;
        for (const auto& item : *list)
            value.children.push_back(convert(item));
        if (value.line == 0 && !value.children.empty()) value.line = value.children.front().line;
    } else if (const auto* text = node.as_string()) {
        value.kind = TomlValue::Kind::text;
        value.text = text->get();
    } else if (const auto* integer = node.as_integer()) {
        value.kind = TomlValue::Kind::integer;
        value.integer = integer->get();
    } else if (const auto* flag = node.as_boolean()) {
        value.kind = TomlValue::Kind::flag;
        value.flag = flag->get();
    }
    return value;
}

}  // namespace

std::string Mistake::text() const {
    std::string line_text = file;
    if (line != 0) line_text += ":" + std::to_string(line);
    line_text += ": ";
    if (!key.empty()) line_text += key + ": ";
    return line_text + what;
}

const TomlValue* TomlValue::find(std::string_view name) const {
    for (const TomlValue& child : children)
        if (kind == Kind::table && child.key == name) return &child;
    return nullptr;
}

Result<TomlValue, Mistake> parse_toml(std::string_view text, const std::string& file) {
    try {
        return convert(toml::parse(text, file));
    } catch (const toml::parse_error& error) {
        return tl::unexpected<Mistake>(Mistake{file, error.source().begin.line, "",
                                               "is not TOML: " + std::string(error.description())});
    }
}

}  // namespace lockstep::sim
