#include <doctest/doctest.h>
#include <unistd.h>

#include <fstream>

#include "connector/client/trades_file.h"

using namespace lockstep;

namespace {

const std::string header = "reference,isin,quantity,price_sek,buyer,seller,time\n";
const std::string row = "X-1,SE0000148884,550,164.50,birch,delta,2026-11-28T09:00:00Z";

class File {
public:
    explicit File(const std::string& text)
        : path_(std::filesystem::temp_directory_path() /
                ("lockstep-trades-" + std::to_string(::getpid()) + ".csv")) {
        std::ofstream(path_, std::ios::binary) << text;
    }
    ~File() { std::filesystem::remove(path_); }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    auto read() const { return client::read_trades(path_); }

private:
    std::filesystem::path path_;
};

}  // namespace

TEST_CASE("trades are read from lines that end with LF or CR LF; empty lines are passed over") {
    const auto trades = File(header + row + "\n\n" + row + "\r\n").read();
    REQUIRE(trades);
    REQUIRE(trades->size() == 2);
    for (const client::TradeRequest& trade : *trades) {
        CHECK(trade.reference == "X-1");
        CHECK(trade.quantity == "550");
        CHECK(trade.time == "2026-11-28T09:00:00Z");
    }
}

TEST_CASE("what is no file of trades is refused with its line") {
    const struct {
        std::string text;
        const char* place;
        const char* what;
    } rows[] = {
        {"", "", "is empty"},
        {row + "\n", ":1: ", "the first line must be"},
        {header + row + ",more\n", ":2: ", "expected 7 fields, found 8"},
        {header + row + "\n" + std::string(2000, 'x') + "\n", ":3: ", "too long"},
        {header + row + "\r\r\n", ":2: ", "control character"},
        {header + row + "\n" + row + "\t\n", ":3: ", "control character"},
        {header + std::string("X\0Y,a,1,1,b,c,d\n", 16), ":2: ", "control character"},
        {header + "X\x7f,a,1,1,b,c,d\n", ":2: ", "control character"},
        {header + "X\xff,a,1,1,b,c,d\n", ":2: ", "no UTF-8"},
    };
    for (const auto& one : rows) {
        CAPTURE(one.what);
        const auto trades = File(one.text).read();
        REQUIRE_FALSE(trades);
        CHECK(trades.error().code == "malformed");
        CHECK(trades.error().detail.find(std::string(one.place)) != std::string::npos);
        CHECK(trades.error().detail.find(one.what) != std::string::npos);
    }
}
