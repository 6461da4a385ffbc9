#include "connector/client/trades_file.h"

#include <algorithm>
#include <fstream>

#include "sdk/base/utf8.h"

namespace lockstep::client {

namespace {

constexpr std::string_view header = "reference,isin,quantity,price_sek,buyer,seller,time";
constexpr std::size_t columns = 7;
constexpr std::size_t max_line = 1024;

std::vector<std::string> split(const std::string& line) {
    std::vector<std::string> fields;
    std::size_t begin = 0;
    while (true) {
        const std::size_t comma = line.find(',', begin);
        fields.push_back(line.substr(begin, comma - begin));
        if (comma == std::string::npos) return fields;
        begin = comma + 1;
    }
}

}  // namespace

Result<std::vector<TradeRequest>, Failure> read_trades(const std::filesystem::path& file) {
    std::ifstream in(file);
    if (!in) return fail("io", file.string() + ": cannot be read; check the path");
    std::vector<TradeRequest> trades;
    std::size_t number = 0;
    for (std::string line; std::getline(in, line);) {
        ++number;
        const std::string where = file.string() + ":" + std::to_string(number) + ": ";
        if (!line.empty() && line.back() == '\r') line.pop_back();
        if (number == 1) {
            if (line == header) continue;
            return fail("malformed", where + "the first line must be " + std::string(header));
        }
        if (line.empty()) continue;
        if (line.size() > max_line) return fail("malformed", where + "the line is too long");
        // Names and references go to ledgers, peers and terminals.
        if (std::any_of(line.begin(), line.end(), is_ascii_control) || !is_utf8(line)) {
            return fail("malformed", where +
                                         "holds a control character or is no UTF-8; fields are "
                                         "plain text: " +
                                         printable(line));
        }
        const auto fields = split(line);
        if (fields.size() != columns) {
            return fail("malformed", where + "expected " + std::to_string(columns) +
                                         " fields, found " + std::to_string(fields.size()));
        }
        trades.push_back(
            {fields[0], fields[1], fields[2], fields[3], fields[4], fields[5], fields[6]});
    }
    if (number == 0) return fail("malformed", file.string() + ": is empty");
    return trades;
}

}  // namespace lockstep::client
