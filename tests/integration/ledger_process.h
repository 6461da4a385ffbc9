// The ledgers as programs: a process of either kind with a few accounts, its clients, and what
// anybody can read of it.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <optional>
#include <thread>

#include "sdk/crypto/hash.h"
#include "sdk/net/system_time.h"
#include "sdk/service/ledger_client.h"
#include "tests/integration/process.h"

namespace lockstep::test {

inline std::shared_ptr<const Signer> signer(const std::string& name) {
    const Hash seed = sha256(as_bytes("key of " + name));
    return Ed25519().signer(KeySeed{seed.array()});
}
struct LedgerKind {
    std::string program;
    std::string address;
    std::string other;  // another ledger that is as real
    AssetId asset;
    std::uint64_t lot;
    std::string more;  // configuration
};
inline const LedgerKind cash_kind{"lockstep-cash",          "test.sek", "test.csd",
                                  *AssetId::make("SEK", 2), 1,          ""};
// No blocks while there is nothing to do, so that its state stands still.
inline const LedgerKind securities_kind{"lockstep-securities",
                                        "test.csd",
                                        "test.sek",
                                        *AssetId::make("SE0000108656", 0),
                                        10,
                                        "[blocks]\nmax_interval_ms = 60000\n"};

// Of the kind, with alice, bob and an issuer who gave alice a thousand lots.
class LedgerProcess {
public:
    explicit LedgerProcess(const LedgerKind& of) : kind(of) {
        write_file(config(), "[ledger]\naddress = \"" + kind.address + "\"\noperator = \"" +
                                 signer("operator")->public_key().hex() +
                                 "\"\n[data]\nballast_mib = 0\n" + kind.more);
        process_.emplace(kind.program, std::vector<std::string>{"--config", config()},
                         home() / "out.txt");
        start();
        auto root = client("operator");
        for (const char* name : {"alice", "bob"})
            REQUIRE(root.run(op::OpenAccount{account(name), signer(name)->public_key()}));
        REQUIRE(root.run(
            op::RegisterAsset{kind.asset, signer("issuer")->public_key(), Amount{kind.lot}}));
        REQUIRE(client("issuer").run(
            op::Issue{account("alice"), kind.asset, Amount{1'000 * kind.lot}}));
    }

    std::filesystem::path home() const { return directory_.path(); }
    std::string config() const { return (home() / "ledger.toml").string(); }
    Process& process() { return *process_; }
    void start() {
        const std::filesystem::path port = home() / "data" / "port";
        std::filesystem::remove(port);
        process_->start();
        for (int i = 0; i < 10'000 && !std::filesystem::exists(port); ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        REQUIRE(std::filesystem::exists(port));
        url_ = *net::parse_url("http://127.0.0.1:" + std::to_string(std::stoi(read_file(port))));
    }
    const net::Url& url() const { return url_; }
    net::IoLoop& loop() { return loop_; }
    service::LedgerClient client(const std::string& name) { return {loop_, url_, signer(name)}; }
    Address account(const std::string& name) const {
        return *Address::parse(kind.address + "." + name);
    }
    std::string digest() { return read("alice", "/v1/digest"); }
    // All that anybody can read of it but its time: an operation that is refused after it was
    // signed is part of the ledger's history, but of nobody's account.
    std::string books() {
        std::string books = read("alice", "/v1/totals");
        for (const std::string name : {"alice", "bob"}) {
            const std::string at = "/v1/accounts/" + account(name).text();
            books += read(name, "/v1/accounts") + read(name, at) + read(name, at + "/statement");
            const auto escrows = client(name).get("/v1/escrows?account=" + account(name).text());
            REQUIRE(escrows);
            books += write_json((*escrows)["escrows"]) + write_json((*escrows)["sequence"]);
        }
        return books;
    }

    const LedgerKind kind;

private:
    std::string read(const std::string& who, const std::string& target) {
        const auto page = client(who).get(target);
        REQUIRE_MESSAGE(page, target, ": ", page.error().code);
        return write_json(*page);
    }

    TemporaryDirectory directory_;
    net::IoLoop loop_{2};
    std::optional<Process> process_;
    net::Url url_;
};

}  // namespace lockstep::test
