#include "connector/node/toml_file.h"

#include <toml++/toml.h>

#include <fstream>
#include <sstream>

namespace lockstep::node {

namespace {

constexpr std::size_t max_config_octets = std::size_t{4} << 20;

std::optional<Json> convert(const toml::node& node) {
    if (const auto* table = node.as_table()) {
        Json object = Json::object();
        for (const auto& [key, value] : *table) {
            auto member = convert(value);
            if (!member) return std::nullopt;
            object.set(std::string(key.str()), std::move(*member));
        }
        return object;
    }
    if (const auto* array = node.as_array()) {
        Json items = Json::array();
        for (const auto& value : *array) {
            auto item = convert(value);
            if (!item) return std::nullopt;
            items.push(std::move(*item));
        }
        return items;
    }
    if (const auto* text = node.as_string()) return Json(text->get());
    if (const auto* integer = node.as_integer()) return Json(integer->get());
    if (const auto* number = node.as_floating_point()) return Json(number->get());
    if (const auto* flag = node.as_boolean()) return Json(flag->get());
    return std::nullopt;
}

}  // namespace

Result<Json, Failure> parse_toml(std::string_view text, std::string_view name) {
    try {
        const toml::table table = toml::parse(text, name);
        auto json = convert(table);
        if (!json) return fail("malformed", "times and dates are not used here; write a text");
        return std::move(*json);
    } catch (const toml::parse_error& error) {
        std::ostringstream where;
        where << "line " << error.source().begin.line << ", column " << error.source().begin.column
              << ": " << error.description();
        return fail("malformed", where.str());
    }
}

Result<Json, Failure> read_toml_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return fail("io", "cannot be read; check the path and its permissions");
    std::string text;
    std::string chunk(64 * 1024, '\0');
    while (file.read(chunk.data(), static_cast<std::streamsize>(chunk.size())) ||
           file.gcount() > 0) {
        text.append(chunk.data(), static_cast<std::size_t>(file.gcount()));
        if (text.size() > max_config_octets) return fail("io", "is larger than 4 MiB");
    }
    return parse_toml(text, path.string());
}

}  // namespace lockstep::node
