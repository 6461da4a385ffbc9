#include "tests/integration/swap_world.h"

#include <unistd.h>

#include <sstream>

#include "tests/integration/node_world.h"

namespace lockstep::test {
namespace {

const Address bitcoin_ledger = *Address::parse("test.btc");

LedgerKind ledger_kind() {
    return {"lockstep-securities",
            "test.csd",
            "test.sek",
            *AssetId::make("SE0000108656", 0),
            1,
            "[validators]\ncount = 4\nquorum = 3\n[blocks]\nmax_interval_ms = 250\n"
            "clock_error_ms = 250\n[profile]\ninclusion_ms = 1000\nlate_ms = 1000\n"
            "early_ms = 1000\n"};
}

// As the key of that name, which opened the account.
void write_key(const std::filesystem::path& file, const std::string& name) {
    write_file(file, sha256(as_bytes("key of " + name)).hex() + "\n");
    std::filesystem::permissions(
        file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

}  // namespace

SwapParty::SwapParty(std::string who, std::filesystem::path base, MockBitcoin::Account account)
    : name(std::move(who)), coins(std::move(account)), base_(std::move(base)) {}

void SwapParty::run(std::vector<std::string> words) {
    words.insert(words.begin(), {"--json", "swap"});
    if (words[2] != "show") {
        words.emplace_back("--config");
        words.push_back((base_ / "swap.toml").string());
    }
    ran_from_ = std::filesystem::exists(base_ / "log") ? log().size() : 0;
    process_ = std::make_unique<Process>("lockstep", std::move(words), base_ / "log");
    process_->start();
}

std::optional<int> SwapParty::ran(std::vector<std::string> words) {
    run(std::move(words));
    return wait(30'000);
}

std::vector<Json> SwapParty::said() const {
    std::vector<Json> lines;
    std::istringstream text(told());
    for (std::string line; std::getline(text, line);)
        if (auto json = parse_json(line)) lines.push_back(std::move(*json));
    return lines;
}

Json SwapParty::wait_for(int number, const std::string& state, int milliseconds) {
    Json found;
    eventually(milliseconds, [&] {
        for (Json& line : said())
            if (line["number"].as_int64() == number && line["state"].text_or("") == state)
                found = std::move(line);
        return !found.is_null();
    });
    return found;
}

Json SwapParty::wait_for_event(const std::string& event, int milliseconds) {
    Json found;
    eventually(milliseconds, [&] {
        for (Json& line : said())
            if (line["event"].text_or("") == event) found = std::move(line);
        return !found.is_null();
    });
    return found;
}

SwapWorld::SwapWorld(const std::vector<std::string>& buyers,
                     const std::vector<std::string>& sellers)
    : securities_(ledger_kind()) {
    std::vector<std::pair<std::string, int>> coins;
    auto root = securities_.client("operator");
    auto issuer = securities_.client("issuer");
    for (const auto* names : {&buyers, &sellers}) {
        for (const std::string& name : *names) {
            const auto base = directory_.path() / name;
            auto account = bitcoin_.make_account(base / "btc.key", bitcoin_ledger);
            if (names == &buyers) coins.emplace_back(account.address, 2);
            parties_[name] = std::make_unique<SwapParty>(name, base, std::move(account));
            const Address shares = parties_[name]->shares();
            REQUIRE(root.run(op::OpenAccount{shares, signer(name)->public_key()}));
            if (names == &sellers)
                REQUIRE(issuer.run(op::Issue{shares, securities_.kind.asset, Amount{1'000}}));
        }
    }
    bitcoin_.start(coins);
    const auto chain = root.get("/v1/chain");
    REQUIRE(chain);
    std::string keys;
    const Json& validators = (*chain)["validators"];
    for (std::size_t i = 0; i < validators.size(); ++i)
        keys += (i == 0 ? "" : ",") + validators[i].text_or("");
    for (const auto& [name, party] : parties_)
        write_party(
            name, "chain = \"" + (*chain)["chain"].text_or("") + "\", validators = \"" + keys +
                      "\", quorum = " + std::to_string((*chain)["quorum"].as_uint64().value_or(0)));
}

void SwapWorld::write_party(const std::string& name, const std::string& trust) {
    const SwapParty& one = party(name);
    const auto& base = one.directory();
    write_key(base / "party.key", name);
    const net::Url& csd = securities_.url();
    // Two blocks a second: the median of eleven stamps of whole seconds lies up to seven behind.
    write_file(base / "swap.toml",
               "key_file = \"party.key\"\n[endurance]\noutage_ms = 1000\noutages = 1\n"
               "[[ledgers]]\naddress = \"test.btc\"\nadapter = \"bitcoin\"\nurl = \"" +
                   bitcoin_.url() + "\"\naccounts = [\"" + one.coins.account.text() +
                   "\"]\nexpiry_rule = \"open\"\ncookie_file = \"" + bitcoin_.cookie().string() +
                   "\"\nsettings = { key_file = \"btc.key\", network = \"regtest\", poll_ms = 200, "
                   "rebroadcast_ms = 1000, depth = 2, block_interval_ms = 500, "
                   "confirmation_target = 1, congestion = 1, reorg_depth = 0, late_ms = 8000, "
                   "early_ms = 2000 }\n"
                   "[[ledgers]]\naddress = \"test.csd\"\nadapter = \"securities\"\nurl = "
                   "\"http://" +
                   csd.authority() + "\"\naccounts = [\"" + one.shares().text() +
                   "\"]\nprofile = { inclusion_ms = 1000, late_ms = 1000, early_ms = 1000, "
                   "block_ms = 500 }\nsettings = { " +
                   trust + " }\n");
}

std::vector<std::string> SwapWorld::proposal(const std::string& seller,
                                             const std::string& payment_refund,
                                             const std::string& delivery_refund) const {
    const SwapParty& other = *parties_.at(seller);
    return {"propose",
            "--yes",
            "--pay",
            "0.01 BTC",
            "--for",
            "50 SE0000108656",
            "--with",
            other.coins.account.text(),
            other.shares().text(),
            "--payment-refund",
            payment_refund,
            "--delivery-refund",
            delivery_refund};
}

std::uint64_t SwapWorld::shares(const std::string& name) {
    const auto answer = securities_.client(name).query(ask::Balances{party(name).shares()});
    if (!answer || answer->balances.empty()) return 0;
    return answer->balances.front().free.units();
}

std::int64_t SwapWorld::satoshi(const std::string& name) {
    return bitcoin_.coins(party(name).coins.address);
}

bool SwapWorld::is_in_block(const std::string& txid) {
    const auto tip = bitcoin_.call("getblockcount").as_int64().value_or(0);
    for (std::int64_t height = tip; height > 100; --height) {
        const Json hash = bitcoin_.call("getblockhash", Json::array().push(height));
        const Json block = bitcoin_.call("getblock", Json::array().push(hash).push(1));
        const Json& ids = block["tx"];
        for (std::size_t i = 0; i < ids.size(); ++i)
            if (ids[i].text_or("") == txid) return true;
    }
    return false;
}

}  // namespace lockstep::test
