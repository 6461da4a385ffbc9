#include "deploy/demo/books.h"

#include "sdk/net/http.h"

namespace lockstep::demo {

namespace {

constexpr std::size_t page = 1000;

std::optional<AssetId> parse_asset(std::string_view text) {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos || slash + 2 != text.size()) return std::nullopt;
    const char digit = text.back();
    if (digit < '0' || digit > '9') return std::nullopt;
    return AssetId::make(text.substr(0, slash), static_cast<std::uint8_t>(digit - '0'));
}

class Reader {
public:
    Reader(client::ApiClient& ledger, LedgerBooks& books) : ledger_(ledger), books_(books) {}

    Result<void, Failure> totals() {
        const auto answer = ledger_.get("/v1/totals");
        if (!answer) return unexpected<Failure>(answer.error());
        const auto* assets = (*answer)["assets"].as_array();
        if (assets == nullptr) return fail("malformed", books_.ledger + ": /v1/totals is no table");
        for (const Json& row : *assets) {
            const auto asset = parse_asset(row["asset"].text_or(""));
            if (!asset) return fail("malformed", books_.ledger + ": an asset without a scale");
            books_.totals.push_back({*asset, amount(row, "issued", *asset),
                                     amount(row, "balances", *asset),
                                     amount(row, "escrows", *asset)});
        }
        return {};
    }

    Result<void, Failure> holdings(const std::string& account) {
        const auto answer = ledger_.get("/v1/accounts/" + account);
        if (!answer) return unexpected<Failure>(answer.error());
        const auto* balances = (*answer)["balances"].as_array();
        if (balances == nullptr) return {};
        if (balances->empty()) {
            // Says so of every asset: that somebody has none is why a trade is declined.
            for (const AssetBook& total : books_.totals)
                books_.holdings.push_back({account, total.asset, Amount{}, Amount{}});
        }
        for (const Json& row : *balances) {
            const auto asset = parse_asset(row["asset"].text_or(""));
            if (!asset) return fail("malformed", account + ": an asset without a scale");
            books_.holdings.push_back(
                {account, *asset, amount(row, "free", *asset), amount(row, "escrowed", *asset)});
        }
        return {};
    }

    // Every line from the first one on: what each kind of line does to a balance is said once,
    // here, and must give the running balance that the line states.
    Result<void, Failure> statement(const std::string& account) {
        std::string next = "0";
        while (!next.empty()) {
            std::string path = "/v1/accounts/" + account;
            path.append("/statement?from=").append(next);
            path.append("&limit=").append(std::to_string(page));
            const auto answer = ledger_.get(path);
            if (!answer) return unexpected<Failure>(answer.error());
            const auto* rows = (*answer)["rows"].as_array();
            if (rows == nullptr) return fail("malformed", account + ": no statement");
            for (const Json& row : *rows)
                line(account, row);
            const auto from = (*answer)["next"].as_uint64();
            next = from ? std::to_string(*from) : "";
        }
        return {};
    }

    void compare() {
        for (const Holding& holding : books_.holdings) {
            const Running& sum = running_[{holding.account, holding.asset}];
            if (sum.free != holding.free.units() || sum.escrowed != holding.escrowed.units())
                mistake(holding.account + " " + holding.asset.code() +
                        ": the statement gives another balance than the ledger states");
        }
    }

    void sum_up(bool with_statements) {
        for (const AssetBook& total : books_.totals) {
            std::optional<Amount> free{Amount{}};
            std::optional<Amount> escrowed{Amount{}};
            for (const Holding& holding : books_.holdings) {
                if (holding.asset != total.asset) continue;
                if (free) free = checked_add(*free, holding.free);
                if (escrowed) escrowed = checked_add(*escrowed, holding.escrowed);
            }
            const std::string& code = total.asset.code();
            if (free != total.free || escrowed != total.escrowed)
                mistake(code + ": the accounts do not sum to the ledger's totals");
            if (!free || !escrowed || checked_add(*free, *escrowed) != total.issued)
                mistake(code + ": balances and escrows do not sum to what was issued");
            if (with_statements && issued_[total.asset] != total.issued.units())
                mistake(code + ": the statements do not sum to what was issued");
        }
    }

private:
    struct Running {
        std::uint64_t free = 0;
        std::uint64_t escrowed = 0;
    };

    Amount amount(const Json& row, std::string_view key, const AssetId& asset) {
        const auto found = parse_amount(row[key].text_or(""), asset.scale());
        if (!found) mistake("an amount cannot be read: " + row[key].text_or("nothing"));
        return found.value_or(Amount{});
    }

    void line(const std::string& account, const Json& row) {
        ++books_.lines;
        const auto asset = parse_asset(row["asset"].text_or(""));
        if (!asset) return mistake(account + ": a line without an asset");
        const std::uint64_t units = amount(row, "amount", *asset).units();
        const std::string kind = row["kind"].text_or("");
        Running& sum = running_[{account, *asset}];
        // Wrong lines may wrap around here; then they do not give the stated balance.
        if (kind == "issued") issued_[*asset] += units;
        if (kind == "redeemed") issued_[*asset] -= units;
        if (kind == "issued" || kind == "received" || kind == "claimed" || kind == "returned")
            sum.free += units;
        if (kind == "redeemed" || kind == "sent" || kind == "locked") sum.free -= units;
        if (kind == "locked") sum.escrowed += units;
        if (kind == "paid" || kind == "returned") sum.escrowed -= units;
        if (sum.free != amount(row, "free", *asset).units() ||
            sum.escrowed != amount(row, "escrowed", *asset).units()) {
            mistake(account + ": the running balance is wrong from ledger sequence " +
                    std::to_string(row["sequence"].as_uint64().value_or(0)) + " on (" + kind + ")");
        }
    }

    void mistake(const std::string& text) {
        constexpr std::size_t most = 20;
        if (books_.mistakes.size() < most) books_.mistakes.push_back(books_.ledger + ": " + text);
    }

    client::ApiClient& ledger_;
    LedgerBooks& books_;
    std::map<std::pair<std::string, AssetId>, Running> running_;
    std::map<AssetId, std::uint64_t> issued_;
};

}  // namespace

Result<LedgerBooks, Failure> read_books(client::ApiClient& reader, const std::string& ledger,
                                        const std::vector<std::string>& accounts,
                                        bool with_statements) {
    LedgerBooks books;
    books.ledger = ledger;
    Reader read(reader, books);
    if (auto done = read.totals(); !done) return unexpected<Failure>(done.error());
    for (const std::string& account : accounts) {
        if (auto done = read.holdings(account); !done) return unexpected<Failure>(done.error());
        if (!with_statements) continue;
        if (auto done = read.statement(account); !done) return unexpected<Failure>(done.error());
    }
    if (with_statements) read.compare();
    read.sum_up(with_statements);
    return books;
}

}  // namespace lockstep::demo
