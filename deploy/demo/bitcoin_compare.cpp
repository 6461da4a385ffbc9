#include "deploy/demo/bitcoin_compare.h"

#include <chrono>
#include <thread>

#include "bitcoin/adapter/rpc_batch.h"
#include "deploy/demo/bitcoin_cast.h"
#include "deploy/demo/bitcoin_checks.h"
#include "sdk/base/assert.h"

namespace lockstep::demo {

namespace {

// A node that has seen the last block says so within a poll or two.
constexpr int most_looks = 600;
constexpr std::chrono::milliseconds between_looks{50};

class Comparison {
public:
    Comparison(World& world, BitcoinReport& report) : world_(world), report_(report) {}

    void compare(const ChainBook& book) {
        for (const std::string& mistake : book.mistakes())
            problem("chain: " + mistake);
        report_.height = book.height();
        report_.mined = book.mined();
        report_.chain_fees = book.fees();
        for (const auto& [name, account] : world_.coin_accounts()) {
            report_.accounts.push_back({name, book.mined_by(name), book.earned(name),
                                        book.spent(name), book.fees_of(name), book.balance(name)});
            compare_account(report_.accounts.back(), account);
        }
        for (const std::string& mistake :
             match_escrows(book.escrows(), expected_escrows(), report_.escrows))
            unmet("chain: " + mistake);
    }

private:
    void problem(std::string text) { report_.problems.push_back(std::move(text)); }
    void unmet(std::string text) { report_.unmet.push_back(std::move(text)); }

    // With what the Bitcoin node's own scan finds, and what the owner's node says.
    void compare_account(const ChainAccount& one, const CoinAccount& account) {
        const std::string balance = coins(one.balance);
        const auto scan = world_.chain().call(
            "scantxoutset",
            Json::array().push("start").push(Json::array().push("addr(" + account.address + ")")));
        const auto scanned = scan ? bitcoin::satoshi_of((*scan)["total_amount"]) : std::nullopt;
        if (scanned != one.balance)
            problem(one.name + " has " + balance + " by the blocks, " +
                    (scanned ? coins(*scanned) : "nothing") + " by the node's scan");
        if (one.name == "miner") return;
        std::string said = free_coins(world_, one.name);
        for (int looks = 0; said != balance && looks < most_looks; ++looks) {
            std::this_thread::sleep_for(between_looks);
            said = free_coins(world_, one.name);
        }
        if (said != balance)
            unmet(one.name + " has " + balance + " by the blocks, " + said + " by its own node");
    }

    std::vector<ExpectedEscrow> expected_escrows() {
        std::vector<ExpectedEscrow> expected;
        for (const PhaseResult* phase : {&report_.trades, &report_.stalled}) {
            for (const Tracked& trade : phase->trades) {
                if (trade.outcome != Outcome::declined) expect(trade, expected);
            }
        }
        for (const auto* list : {&report_.payments, &report_.unpaid}) {
            for (const TrackedPayment& payment : *list) {
                const auto condition = Condition::from_hex(payment.condition);
                if (!condition)
                    unmet(payment.name + ": its invoice has no condition");
                else
                    expected.push_back({payment.name, *condition, "connector", "receiver",
                                        satoshi(payment.amount), payment.state == "paid"});
            }
        }
        return expected;
    }

    void expect(const Tracked& trade, std::vector<ExpectedEscrow>& expected) {
        const std::string& name = trade.request.reference;
        const auto view = world_.client("venue").trade(name);
        const auto condition =
            view && view->evidence ? Condition::from_hex(view->evidence->condition) : std::nullopt;
        if (!condition) return unmet(name + ": the venue has no evidence");
        expected.push_back({name, *condition, "buyer", "seller", consideration(trade.request),
                            trade.outcome == Outcome::settled});
    }

    World& world_;
    BitcoinReport& report_;
};

}  // namespace

std::string free_coins(World& world, const std::string& node) {
    const auto balances = world.client(node).balances();
    if (!balances) return "";
    for (const client::BalanceView& balance : *balances) {
        if (balance.ledger == "test.btc") return balance.free;
    }
    return coins(0);
}

Result<void, Failure> compare_chain(World& world, BitcoinReport& report) {
    std::vector<ChainParty> owners;
    for (const auto& [name, account] : world.coin_accounts())
        owners.push_back({name, account.key});
    const auto ledger = Address::parse("test.btc");
    const auto asset = AssetId::make("BTC", coin_scale);
    ASSERT(ledger && asset);
    ChainBook book({*ledger, *asset}, std::move(owners));
    if (auto done = read_chain(world.chain(), book); !done) return done;
    Comparison(world, report).compare(book);
    return {};
}

}  // namespace lockstep::demo
