#include "sdk/codec/toml.h"

#include <toml++/toml.h>

#include <fstream>

namespace lockstep {

namespace {

class Converter {
public:
    Converter(const TomlRules& rules, std::vector<std::string>& refused)
        : rules_(rules), refused_(refused) {}

    Json convert(const toml::node& node, const std::string& path) {
        if (const auto* table = node.as_table()) {
            Json object = Json::object();
            for (const auto& [key, value] : *table) {
                const std::string name(key.str());
                std::string place = path;
                if (!place.empty()) place += '.';
                place += name;
                object.set(name, convert(value, place));
            }
            return object;
        }
        if (const auto* array = node.as_array()) {
            Json items = Json::array();
            for (const auto& value : *array)
                items.push(convert(value, path + "[" + std::to_string(items.size()) + "]"));
            return items;
        }
        if (const auto* text = node.as_string()) return Json(text->get());
        if (const auto* integer = node.as_integer()) return Json(integer->get());
        if (const auto* flag = node.as_boolean()) return Json(flag->get());
        const auto* fraction = node.as_floating_point();
        if (fraction != nullptr && rules_.fractions) return Json(fraction->get());
        refused_.push_back(path);
        return {};
    }

private:
    const TomlRules& rules_;
    std::vector<std::string>& refused_;
};

tl::unexpected<TomlMistake> trouble(TomlTrouble kind) {
    return unexpected<TomlMistake>(TomlMistake{kind, 0, 0, {}});
}

}  // namespace

Result<TomlDocument, TomlMistake> parse_toml(std::string_view text, const TomlRules& rules) {
    try {
        const toml::table table = toml::parse(text);
        TomlDocument document;
        document.values = Converter(rules, document.refused).convert(table, {});
        return document;
    } catch (const toml::parse_error& error) {
        const auto& at = error.source().begin;
        return unexpected<TomlMistake>(TomlMistake{TomlTrouble::malformed, at.line, at.column,
                                                   std::string(error.description())});
    }
}

Result<TomlDocument, TomlMistake> read_toml_file(const std::filesystem::path& path,
                                                 const TomlRules& rules) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return trouble(TomlTrouble::unreadable);
    std::string text;
    std::string chunk(64 * 1024, '\0');
    while (file.read(chunk.data(), static_cast<std::streamsize>(chunk.size())) ||
           file.gcount() > 0) {
        text.append(chunk.data(), static_cast<std::size_t>(file.gcount()));
        if (text.size() > rules.max_octets) return trouble(TomlTrouble::too_large);
    }
    if (file.bad()) return trouble(TomlTrouble::unreadable);  // a directory, for one
    return parse_toml(text, rules);
}

}  // namespace lockstep
