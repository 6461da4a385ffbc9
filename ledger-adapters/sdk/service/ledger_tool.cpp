// lockstep-ledger: the command line of those who run a ledger or have an account there.
#include <CLI/CLI.hpp>
#include <iomanip>
#include <iostream>

#include "sdk/base/exit_code.h"
#include "sdk/base/time_text.h"
#include "sdk/base/utf8.h"
#include "sdk/service/clock.h"
#include "sdk/service/json_views.h"
#include "sdk/service/ledger_client.h"

namespace lockstep::service {
namespace {

struct Arguments {
    std::string url = "http://127.0.0.1:7001";
    std::string key_file;
    std::string id;
    std::string not_after;
    bool json = false;
    std::string account, to, owner, asset, amount, lot = "1", file;
    std::uint64_t from = 0;
    std::uint64_t limit = UINT64_MAX;
};

int complain(const Failure& failure) {
    std::cerr << "lockstep-ledger: " << printable(failure.detail) << " [" << printable(failure.code)
              << "]\n";
    return exit_code_of(failure);
}
int mistake(const std::string& what) {
    std::cerr << "lockstep-ledger: " << what << '\n';
    return exit_usage;
}

// A table: the columns as wide as what is in them.
void print_table(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], row[i].size());
    }
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i)
            std::cout << (i > 0 ? "  " : "") << std::left << std::setw(static_cast<int>(widths[i]))
                      << row[i];
        std::cout << '\n';
    }
}

// The members of the objects in a list, a line each.
void print_list(const Json& list, const std::vector<std::string>& columns) {
    std::vector<std::vector<std::string>> rows{columns};
    for (std::size_t i = 0; i < list.size(); ++i) {
        std::vector<std::string> row;
        for (const std::string& column : columns) {
            const Json& value = list[i][column];
            row.push_back(
                printable(value.as_text() != nullptr ? *value.as_text() : write_json(value)));
        }
        rows.push_back(std::move(row));
    }
    print_table(rows);
}

class Tool {
public:
    Tool(const Arguments& arguments, net::IoLoop& loop, net::Url url,
         std::shared_ptr<const Signer> signer)
        : arguments_(arguments), client_(loop, std::move(url), std::move(signer)) {}

    int open_account() {
        const auto account = Address::parse(arguments_.account);
        const auto owner = PublicKey::from_hex(arguments_.owner);
        if (!account) return mistake("the account is an address such as test.sek.alice");
        if (!owner) return mistake("the owner is a public key of 64 hexadecimal digits");
        return run(op::OpenAccount{*account, *owner});
    }
    int register_asset() {
        const auto asset = parse_asset(arguments_.asset);
        const auto issuer = PublicKey::from_hex(arguments_.owner);
        if (!asset) return mistake("an asset is CODE/SCALE, for example SEK/2");
        if (!issuer) return mistake("the issuer is a public key of 64 hexadecimal digits");
        const auto lot = parse_amount(arguments_.lot, asset->scale());
        if (!lot) return mistake("the lot is a decimal amount of the asset");
        return run(op::RegisterAsset{*asset, *issuer, *lot});
    }
    int move(const std::string& what) {
        const auto account = Address::parse(arguments_.account);
        const auto asset = parse_asset(arguments_.asset);
        if (!account) return mistake("the account is an address such as test.sek.alice");
        if (!asset) return mistake("an asset is CODE/SCALE, for example SEK/2");
        const auto amount = parse_amount(arguments_.amount, asset->scale());
        if (is_too_large_amount(arguments_.amount, asset->scale()))
            return mistake("the amount is at most " +
                           format_amount(Amount{UINT64_MAX}, asset->scale()) +
                           ": more does not fit 64 bits of the smallest unit");
        if (!amount)
            return mistake("the amount is decimal, with at most " + std::to_string(asset->scale()) +
                           " decimals");
        if (what == "issue") return run(op::Issue{*account, *asset, *amount});
        if (what == "redeem") return run(op::Redeem{*account, *asset, *amount});
        const auto to = Address::parse(arguments_.to);
        if (!to) return mistake("the receiver is an address such as test.sek.bob");
        // Its last instant is a part of a transfer: with another one it is another transfer.
        const bool is_given = !arguments_.not_after.empty();
        if (!is_given && !arguments_.id.empty())
            return mistake(
                "a transfer with --id needs --not-after as well, for a repeat must give the same "
                "one: a time such as 2030-01-31T12:00:00Z, at most 24 hours ahead");
        // the instruction lives for a minute; so does the transfer
        const auto until = is_given ? parse_time(arguments_.not_after)
                                    : LedgerClock().now() + Duration::seconds(60);
        if (!until) return mistake("--not-after is a time such as 2030-01-31T12:00:00Z");
        return run(op::Transfer{*account, *to, *asset, *amount, *until});
    }
    int show(const std::string& target, const std::string& list,
             const std::vector<std::string>& columns) {
        const auto page = client_.get(target);
        if (!page) return complain(page.error());
        if (arguments_.json || columns.empty())
            std::cout << write_json_pretty(*page);
        else
            print_list((*page)[list], columns);
        return exit_done;
    }
    // To the end, or to the limit: then what is left off is told.
    int statement() {
        Json rows = Json::array();
        std::uint64_t from = arguments_.from;
        bool more = true;
        while (more && rows.size() < arguments_.limit) {
            const std::uint64_t limit =
                std::min<std::uint64_t>(longest_page, arguments_.limit - rows.size());
            const auto page = client_.get("/v1/accounts/" + arguments_.account +
                                          "/statement?from=" + std::to_string(from) +
                                          "&limit=" + std::to_string(limit));
            if (!page) return complain(page.error());
            append((*page)["rows"], rows);
            const auto next = (*page)["next"].as_uint64();
            more = next.has_value();
            from = next.value_or(from);
        }
        if (arguments_.json) {
            Json json = Json::object({{"account", arguments_.account}, {"rows", rows}});
            if (more) json.set("next", from);
            std::cout << write_json_pretty(json);
        } else {
            print_list(rows, {"sequence", "at", "kind", "asset", "amount", "counterparty", "free",
                              "escrowed"});
        }
        if (more && !arguments_.json) {
            std::cerr << "more may follow: go on with --from " << from
                      << ", or leave --limit away for all\n";
        }
        return exit_done;
    }
    int escrows() {
        Json escrows = Json::array();
        Json last = Json::object();
        std::uint64_t after = 0;
        for (std::size_t got = longest_page; got == longest_page;) {
            const auto page = client_.get("/v1/escrows?account=" + arguments_.account +
                                          "&after=" + std::to_string(after) +
                                          "&limit=" + std::to_string(longest_page));
            if (!page) return complain(page.error());
            const Json& found = (*page)["escrows"];
            got = found.size();
            append(found, escrows);
            if (got > 0) after = found[got - 1]["sequence"].as_uint64().value_or(UINT64_MAX);
            last = *page;
        }
        if (arguments_.json) {
            last.set("escrows", escrows);
            std::cout << write_json_pretty(last);
        } else {
            print_list(escrows, {"escrow", "payer", "payee", "asset", "amount", "expiry"});
        }
        return exit_done;
    }
    int balances() {
        if (!arguments_.account.empty()) {
            return show("/v1/accounts/" + arguments_.account, "balances",
                        {"asset", "free", "escrowed"});
        }
        const auto names = account_names();
        if (!names) return complain(names.error());
        Json list = Json::array();
        for (const std::string& name : *names) {
            const auto account = client_.get("/v1/accounts/" + name);
            if (!account) return complain(account.error());
            const Json& held = (*account)["balances"];
            for (std::size_t j = 0; j < held.size(); ++j) {
                Json row = held[j];
                row.set("account", name);
                list.push(std::move(row));
            }
        }
        if (arguments_.json)
            std::cout << write_json_pretty(list);
        else
            print_list(list, {"account", "asset", "free", "escrowed"});
        return exit_done;
    }

private:
    static constexpr std::size_t longest_page = 1'000;  // the most that a ledger gives at once

    static void append(const Json& items, Json& to) {
        for (std::size_t i = 0; i < items.size(); ++i)
            to.push(items[i]);
    }

    Result<std::vector<std::string>, Failure> account_names() {
        std::vector<std::string> names;
        for (std::size_t got = longest_page; got == longest_page;) {
            const auto page = client_.get("/v1/accounts?after=" + std::to_string(names.size()) +
                                          "&limit=" + std::to_string(longest_page));
            if (!page) return unexpected<Failure>(page.error());
            const Json& found = (*page)["accounts"];
            got = found.size();
            for (std::size_t i = 0; i < got; ++i)
                names.emplace_back(found[i].text_or(""));
        }
        return names;
    }

    int run(OpBody body) {
        const auto done = client_.run(std::move(body), arguments_.id);
        if (!done) return complain(done.error());
        if (arguments_.json)
            std::cout << write_json(Json::object({{"done", true}, {"sequence", *done}})) << '\n';
        else
            std::cout << "done, sequence " << *done << '\n';
        return exit_done;
    }

    const Arguments& arguments_;
    LedgerClient client_;
};

int make_key(const Arguments& arguments) {
    const auto seed = read_or_create_key_file(arguments.file);
    if (!seed) return complain(seed.error());
    std::cout << Ed25519().signer(*seed)->public_key().hex() << '\n';
    return exit_done;
}

int main_of(int argc, const char* const* argv) {
    Arguments arguments;
    CLI::App app{"Operates and reads a ledger.", "lockstep-ledger"};
    app.require_subcommand(1);
    app.add_option("-u,--url", arguments.url, "the ledger")->capture_default_str();
    app.add_option("-k,--key", arguments.key_file, "the key to sign with");
    app.add_option("--id", arguments.id, "a name for the operation, which is then done once");
    app.add_flag("--json", arguments.json, "print JSON");
    auto* key =
        app.add_subcommand("key", "make a key file where there is none, show its public key");
    key->add_option("file", arguments.file)->required();
    auto* open = app.add_subcommand("open-account", "open an account (operator)");
    open->add_option("account", arguments.account)->required();
    open->add_option("owner", arguments.owner, "public key")->required();
    auto* asset = app.add_subcommand("register-asset", "register an asset (operator)");
    asset->add_option("asset", arguments.asset, "CODE/SCALE")->required();
    asset->add_option("issuer", arguments.owner, "public key")->required();
    asset->add_option("--lot", arguments.lot, "smallest quantity, for example 1 or 0.01")
        ->capture_default_str();
    auto* issue = app.add_subcommand("issue", "create units in an account (issuer)");
    auto* redeem = app.add_subcommand("redeem", "give units back (owner)");
    auto* transfer = app.add_subcommand("transfer", "move units to another account (owner)");
    for (CLI::App* each : {issue, redeem, transfer}) {
        each->add_option("account", arguments.account)->required();
        if (each == transfer) each->add_option("to", arguments.to)->required();
        each->add_option("amount", arguments.amount)->required();
        each->add_option("asset", arguments.asset, "CODE/SCALE")->required();
    }
    transfer->add_option("--not-after", arguments.not_after,
                         "the last time at which it may happen, for example 2030-01-31T12:00:00Z; "
                         "a minute from now where none is given");
    auto* balances = app.add_subcommand("balances", "what this key's accounts, or one, hold");
    balances->add_option("account", arguments.account);
    auto* statement = app.add_subcommand("statement", "an account's lines, oldest first");
    statement->add_option("account", arguments.account)->required();
    statement->add_option("--from", arguments.from, "sequence to begin with");
    statement->add_option("--limit", arguments.limit, "most lines; without it, all of them");
    auto* escrows = app.add_subcommand("escrows", "an account's open escrows");
    escrows->add_option("account", arguments.account)->required();
    auto* totals = app.add_subcommand("totals", "issued against held, by asset");
    auto* info = app.add_subcommand("info", "what the ledger is");
    auto* stats = app.add_subcommand("stats", "the ledger's figures");
    app.footer(
        "Exit codes: 0 done, 1 refused, 2 wrong usage, 3 no answer (it may have been done all the\n"
        "same: repeat it with --id, a transfer with the same --not-after too).");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? exit_done : exit_usage;
    }

    if (*key) return make_key(arguments);
    const auto url = net::parse_url(arguments.url);
    if (!url) return mistake(url.error().detail);
    const bool is_public = *totals || *info || *stats;
    if (arguments.key_file.empty() && !is_public)
        return mistake("this needs --key FILE; lockstep-ledger key FILE makes one");
    KeySeed seed;
    if (!arguments.key_file.empty()) {
        auto read = read_key_file(arguments.key_file);
        if (!read) return mistake(read.error().detail);
        seed = std::move(*read);
    }
    net::IoLoop loop;
    Tool tool(arguments, loop, *url, Ed25519().signer(seed));
    if (*open) return tool.open_account();
    if (*asset) return tool.register_asset();
    if (*issue) return tool.move("issue");
    if (*redeem) return tool.move("redeem");
    if (*transfer) return tool.move("transfer");
    if (*balances) return tool.balances();
    if (*statement) return tool.statement();
    if (*escrows) return tool.escrows();
    if (*totals) {
        return tool.show("/v1/totals", "assets",
                         {"asset", "issued", "balances", "escrows", "conserved"});
    }
    return tool.show(*info ? "/v1/info" : "/v1/stats", "", {});
}

}  // namespace
}  // namespace lockstep::service

int main(int argc, char** argv) {
    return lockstep::service::main_of(argc, argv);
}
