// The check of what moved against what settled, with made-up books that are wrong in each way.
#include <doctest/doctest.h>

#include <functional>
#include <map>

#include "deploy/demo/movements.h"

using namespace lockstep;
using namespace lockstep::demo;

namespace {

// Two settled trades and the books that they must leave, computed by hand:
//   T1  50 Ericsson at 85.40: 4,270.00 krona, which cost 0.0893 x 1.0015 each: 381.8829..., 381.89
//       euro, 381.31 of them at the bare rate
//   T2  10 Volvo at 289.10: 2,891.00 krona, 258.5535... or 258.56 euro, 258.16 at the bare rate
struct Books {
    std::vector<client::TradeRequest> settled{
        {"T1", "SE0000108656", "50", "85.40", "aspen-fund", "delta-bank", ""},
        {"T2", "SE0000115446", "10", "289.10", "birch-pension", "delta-bank", ""}};
    std::map<std::string, std::uint64_t> before{{"test.csd.delta-bank SE0000108656", 1'000},
                                                {"test.csd.delta-bank SE0000115446", 1'000},
                                                {"test.eur.aspen-fund EUR", 1'000'00},
                                                {"test.eur.birch-pension EUR", 1'000'00},
                                                {"test.eur.connector EUR", 0},
                                                {"test.sek.connector SEK", 100'000'00},
                                                {"test.sek.delta-bank SEK", 0},
                                                {"test.sek.elm-securities SEK", 500'00},
                                                {"test.csd.aspen-fund SE0000108656", 0}};
    std::map<std::string, std::uint64_t> after{{"test.csd.delta-bank SE0000108656", 950},
                                               {"test.csd.delta-bank SE0000115446", 990},
                                               {"test.csd.aspen-fund SE0000108656", 50},
                                               {"test.csd.birch-pension SE0000115446", 10},
                                               {"test.eur.aspen-fund EUR", 1'000'00 - 381'89},
                                               {"test.eur.birch-pension EUR", 1'000'00 - 258'56},
                                               {"test.eur.connector EUR", 381'89 + 258'56},
                                               {"test.sek.connector SEK", 100'000'00 - 7'161'00},
                                               {"test.sek.delta-bank SEK", 7'161'00},
                                               {"test.sek.elm-securities SEK", 500'00}};
    std::vector<client::FeeView> fees{{"EUR", 2, "0.98", 2}};

    std::vector<std::string> check() const {
        return check_movements(settled, read(before), read(after), fees);
    }
    static std::vector<LedgerBooks> read(const std::map<std::string, std::uint64_t>& holdings) {
        LedgerBooks books;
        for (const auto& [name, units] : holdings) {
            const auto space = name.find(' ');
            const std::string code = name.substr(space + 1);
            const std::uint8_t scale = code.size() == 3 ? 2 : 0;
            books.holdings.push_back(
                {name.substr(0, space), *AssetId::make(code, scale), Amount{units}, Amount{}});
        }
        return {books};
    }
};

struct Spoiled {
    std::string what;
    std::function<void(Books&)> spoil;
    std::vector<std::string> found;  // a line each, and no other
};

}  // namespace

TEST_CASE("books that moved by what settled are right, wherever the value stands") {
    Books books;
    CHECK(books.check().empty());
    // what is in escrow is still the payer's
    auto after = Books::read(books.after);
    for (Holding& holding : after.front().holdings)
        std::swap(holding.free, holding.escrowed);
    CHECK(check_movements(books.settled, Books::read(books.before), after, books.fees).empty());
    books.settled.clear();
    books.after = books.before;
    books.fees.clear();
    CHECK(books.check().empty());
}

TEST_CASE("books that moved otherwise are found out, also where they conserve") {
    const std::vector<Spoiled> rows{
        {"a krona leg paid twice",
         [](Books& b) {
             b.after["test.sek.connector SEK"] -= 4'270'00;
             b.after["test.sek.delta-bank SEK"] += 4'270'00;
         },
         {"test.sek.connector SEK moved by -11431.00, the settled trades by -7161.00",
          "test.sek.delta-bank SEK moved by +11431.00, the settled trades by +7161.00"}},
        {"a seller who was not paid",
         [](Books& b) {
             b.after["test.sek.connector SEK"] += 2'891'00;
             b.after["test.sek.delta-bank SEK"] -= 2'891'00;
         },
         {"test.sek.connector SEK moved by -4270.00", "test.sek.delta-bank SEK moved by +4270.00"}},
        {"another seller was paid",
         [](Books& b) {
             b.after["test.sek.elm-securities SEK"] += 2'891'00;
             b.after["test.sek.delta-bank SEK"] -= 2'891'00;
         },
         {"test.sek.delta-bank SEK moved by +4270.00",
          "test.sek.elm-securities SEK moved by +2891.00, the settled trades by +0.00"}},
        {"shares that were not delivered",
         [](Books& b) {
             b.after["test.csd.delta-bank SE0000115446"] += 10;
             b.after.erase("test.csd.birch-pension SE0000115446");
         },
         {"test.csd.birch-pension SE0000115446 moved by +0, the settled trades by +10",
          "test.csd.delta-bank SE0000115446 moved by +0, the settled trades by -10"}},
        {"shares to the other buyer",
         [](Books& b) {
             b.after["test.csd.aspen-fund SE0000115446"] = 10;
             b.after.erase("test.csd.birch-pension SE0000115446");
         },
         {"test.csd.aspen-fund SE0000115446 moved by +10", "test.csd.birch-pension SE0000115446"}},
        {"shares of another kind",
         [](Books& b) {
             b.after["test.csd.delta-bank SE0000115446"] += 10;
             b.after.erase("test.csd.birch-pension SE0000115446");
             b.after["test.csd.delta-bank SE0000108656"] -= 10;
             b.after["test.csd.birch-pension SE0000108656"] += 10;
         },
         {"birch-pension SE0000108656", "birch-pension SE0000115446", "delta-bank SE0000108656",
          "delta-bank SE0000115446"}},
        {"a trade that settled and moved nothing",
         [](Books& b) {
             b.settled.push_back(
                 {"T3", "SE0000148884", "25", "0.01", "aspen-fund", "elm-securities", ""});
             b.after["test.eur.aspen-fund EUR"] -= 3;
             b.after["test.eur.connector EUR"] += 3;
             b.fees = {{"EUR", 2, "0.99", 3}};
         },
         {"aspen-fund SE0000148884 moved by +0, the settled trades by +25",
          "elm-securities SE0000148884 moved by +0, the settled trades by -25",
          "test.sek.connector SEK", "test.sek.elm-securities SEK"}},
        {"a trade that moved and did not settle",
         [](Books& b) { b.settled.pop_back(); },
         {"birch-pension SE0000115446", "delta-bank SE0000115446", "birch-pension EUR",
          "test.eur.connector EUR", "test.sek.connector SEK", "test.sek.delta-bank SEK",
          "its accounts and its rate say +259.14"}},
        {"a euro leg paid twice, and called a fee",
         [](Books& b) {
             b.after["test.eur.aspen-fund EUR"] -= 381'89;
             b.after["test.eur.connector EUR"] += 381'89;
             b.fees = {{"EUR", 2, "382.87", 2}};
         },
         {"test.eur.aspen-fund EUR moved by -763.78", "test.eur.connector EUR moved by +1022.34"}},
        {"a cent too much for one buyer, too little for the other",
         [](Books& b) {
             b.after["test.eur.aspen-fund EUR"] -= 1;
             b.after["test.eur.birch-pension EUR"] += 1;
         },
         {"aspen-fund EUR moved by -381.90, the settled trades by -381.89",
          "birch-pension EUR moved by -258.55"}},
        {"euro that came from nowhere",
         [](Books& b) {
             b.after["test.eur.connector EUR"] += 5;
             b.fees = {{"EUR", 2, "1.03", 2}};
         },
         {"test.eur.connector EUR moved by +640.50",
          "the buyers' euro moved by -640.45, the connector's by +640.50"}},
        {"fees of a cent less than earned",
         [](Books& b) { b.fees.front().fee = "0.97"; },
         {"reports fees of +0.97 EUR, its accounts and its rate say +0.98"}},
        {"no fees at all",
         [](Books& b) { b.fees.clear(); },
         {"reports fees of +0.00 EUR, its accounts and its rate say +0.98"}},
        {"fees in another asset",
         [](Books& b) {
             b.fees.push_back({"SEK", 2, "1.00", 1});
         },
         {"reports fees of 1.00 SEK"}},
        {"a trade of nobody here",
         [](Books& b) {
             b.settled.push_back({"T4", "SE0000148884", "25", "1.00", "delta-bank", "nobody", ""});
         },
         {"T4 settled, and is no trade of this world"}},
    };
    for (const Spoiled& row : rows) {
        CAPTURE(row.what);
        Books books;
        row.spoil(books);
        const auto found = books.check();
        std::string all;
        for (const std::string& line : found)
            all += line + "\n";
        CAPTURE(all);
        CHECK(found.size() == row.found.size());
        for (const std::string& line : row.found)
            CHECK_MESSAGE(all.find(line) != std::string::npos, line);
    }
}
