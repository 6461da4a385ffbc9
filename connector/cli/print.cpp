#include "connector/cli/print.h"

#include <algorithm>
#include <cstdio>

#include "sdk/base/utf8.h"

namespace lockstep::cli {

namespace {

std::string text_of(const Json& value) {
    if (const std::string* text = value.as_text()) return *text;
    if (value.is_null()) return "";
    if (const auto flag = value.as_bool()) return *flag ? "yes" : "no";
    return write_json(value);
}

const Json& member(const Json& object, const std::string& path) {
    const std::size_t dot = path.find('.');
    if (dot == std::string::npos) return object[path];
    return member(object[path.substr(0, dot)], path.substr(dot + 1));
}

void collect(const Json& object, const std::string& prefix,
             std::vector<std::pair<std::string, std::string>>& lines) {
    const auto* members = object.as_object();
    if (members == nullptr) return;
    for (const auto& one : *members) {
        if (one.value.as_object() != nullptr)
            collect(one.value, prefix + one.key + ".", lines);
        else
            lines.emplace_back(printable(prefix + one.key), printable(text_of(one.value)));
    }
}

}  // namespace

void print_table(const Json& items, const std::vector<Column>& columns, std::size_t most) {
    std::vector<std::vector<std::string>> rows(1);
    for (const Column& column : columns)
        rows[0].push_back(column.heading);
    for (std::size_t i = 0; i < items.size(); ++i) {
        std::vector<std::string> row;
        for (const Column& column : columns) {
            std::string text = printable(text_of(member(items[i], column.path)));
            if (text.empty()) text = column.absent;
            row.push_back(shortened(std::move(text), most));
        }
        rows.push_back(std::move(row));
    }
    std::vector<std::size_t> widths(columns.size());
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], row[i].size());
    }
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string gap(widths[i] - row[i].size(), ' ');
            line += (i > 0 ? "  " : "") + (columns[i].right ? gap + row[i] : row[i] + gap);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        std::printf("%s\n", line.c_str());
    }
    if (items.size() == 0) std::printf("(none)\n");
}

void print_members(const Json& object) {
    std::vector<std::pair<std::string, std::string>> lines;
    collect(object, "", lines);
    std::size_t width = 0;
    for (const auto& [name, value] : lines)
        width = std::max(width, name.size());
    for (const auto& [name, value] : lines) {
        const std::string gap(width - name.size(), ' ');
        std::printf("%s%s  %s\n", name.c_str(), gap.c_str(), value.c_str());
    }
}

void print_json(const Json& json) {
    std::fputs(write_json_pretty(json).c_str(), stdout);
}

}  // namespace lockstep::cli
