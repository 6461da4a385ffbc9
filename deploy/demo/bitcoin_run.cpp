#include "deploy/demo/bitcoin_run.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "deploy/demo/bitcoin_checks.h"
#include "deploy/demo/bitcoin_compare.h"
#include "deploy/demo/flow.h"
#include "deploy/demo/generated_trades.h"
#include "deploy/demo/report.h"
#include "deploy/demo/run_parts.h"

namespace lockstep::demo {

namespace {

using Steady = std::chrono::steady_clock;
using std::chrono::seconds;

constexpr std::size_t silent_trades = 4;  // the seller never delivers
constexpr std::size_t lost_trades = 2;    // the buyer's node is killed when it has paid into escrow
constexpr std::size_t unpaid_payments = 2;  // the receiver's node is killed when it has asked
constexpr const char* most_krona = "1000000.00";

// A pool that has the fundings within this, well before a chain without blocks counts as stale.
constexpr seconds funding_patience{4};
static_assert(Duration::seconds(funding_patience.count()) < chain_profile.block);
// Of what ends by expiry: hop 0 of a payment stands for longest, some 60 s, and its refund is late.
constexpr seconds expiry_patience{150};
constexpr seconds short_patience{30};
constexpr std::chrono::milliseconds look_step{50};

class BitcoinRun {
public:
    BitcoinRun(const BitcoinRunSettings& settings, Screen& screen, const std::atomic<bool>& stop)
        : settings_(settings), screen_(screen), stop_(stop) {}

    Result<BitcoinReport, Failure> run() {
        auto world = World::create(settings_.world);
        if (!world) return unexpected<Failure>(world.error());
        world_ = std::move(*world);
        screen_.line("Lockstep demonstration in " + world_->directory().string());
        for (const auto phase :
             {&BitcoinRun::set_up, &BitcoinRun::fall_silent, &BitcoinRun::make_payments,
              &BitcoinRun::bring_buyer_back, &BitcoinRun::trade, &BitcoinRun::wait_for_expiries,
              &BitcoinRun::read_books, &BitcoinRun::read_the_chain}) {
            if (auto done = (this->*phase)(); !done) return unexpected<Failure>(done.error());
            if (stop_.load()) return fail("stopped", "stopped");
        }
        finish();
        report_.total_s = since(began_);
        return std::move(report_);
    }

private:
    void say(const std::string& text) { screen_.line("  " + text); }
    void problem(const std::string& text) { report_.problems.push_back(text); }

    // False where it did not come about in time, or the run was stopped.
    bool wait_until(seconds patience, const std::function<bool()>& holds) {
        const auto until = Steady::now() + patience;
        while (!holds()) {
            if (stop_.load() || Steady::now() >= until) return false;
            std::this_thread::sleep_for(look_step);
        }
        return true;
    }

    Result<void, Failure> set_up() {
        screen_.line("\n1. Set-up");
        if (auto started = world_->start([this](const std::string& text) { say(text); }, stop_);
            !started)
            return started;
        const std::string first = coins(buyer_coins * 50 * bitcoin::coin);
        if (!wait_until(short_patience, [&] { return free_coins(*world_, "buyer") == first; }))
            return fail("unavailable", "the buyer's node does not see its coins");
        auto books = world_->books(false);
        if (!books) return unexpected<Failure>(books.error());
        report_.before = std::move(*books);
        report_.set_up_s = since(began_);
        say("ready after " + fixed(report_.set_up_s, 1) + " s");
        return {};
    }

    // Trades whose seller never delivers, as its operator has it, and trades whose buyer's node is
    // killed the moment that its payments are on their way. No block is made meanwhile: without one
    // no payment is final, so that no share moves and no secret is shown before the kill.
    Result<void, Failure> fall_silent() {
        screen_.line("\n2. Somebody falls silent: " + std::to_string(silent_trades) +
                     " trades without a delivery, " + std::to_string(lost_trades) +
                     " whose buyer's node is killed when it has paid");
        auto trades = make_coin_trades("SILENT-", silent_trades, {silent_coin_seller});
        const std::string venue = world_->node_key("venue").hex();
        for (const client::TradeRequest& trade : trades) {
            const auto done = world_->client("seller").withhold(venue, trade.reference);
            if (!done) return unexpected<Failure>(done.error());
        }
        for (client::TradeRequest& trade :
             make_coin_trades("LOST-", lost_trades, sound_coin_sellers))
            trades.push_back(std::move(trade));
        for (const client::TradeRequest& trade : trades)
            expected_[trade.reference] = Outcome::unwound;
        const std::size_t count = trades.size();
        Phase phase;
        phase.trades = std::move(trades);
        phase.patience = expiry_patience;
        world_->pause("miner");
        stalled_ = std::make_unique<Flow>(world_->loop(), world_->desk(), stop_, std::move(phase));
        const bool funded = wait_until(funding_patience, [&] {
            const auto pool = world_->chain().call("getrawmempool");
            return pool && pool->size() == count;
        });
        world_->sample("buyer");
        world_->kill("buyer");
        world_->resume("miner");
        if (!funded) problem("the payments of the silent trades did not get into the pool");
        say("their payments are in the pool; kill -9 buyer");
        return {};
    }

    Result<void, Failure> make_payments() {
        screen_.line("\n3. " + std::to_string(settings_.payments) +
                     " payments, krona that become bitcoin, and " +
                     std::to_string(unpaid_payments) + " whose receiver goes away");
        const PayOrder order{std::string(payer_account),
                             "SEK",
                             most_krona,
                             world_->coin_accounts().at("receiver").account.text(),
                             "BTC",
                             most_payments_open};
        Payments payments(world_->client("payer"), world_->client("receiver"), order);
        if (auto done = payments.invoice("PAID-", amounts(settings_.payments)); !done) return done;
        if (auto done = watch(payments, short_patience); !done) return done;
        report_.payments = payments.all();
        for (const TrackedPayment& payment : report_.payments) {
            if (payment.state != "paid")
                problem(payment.name + " is " + payment.state + " (" + payment.reason +
                        "), expected paid");
        }
        // Its claims are in blocks: what it leaves undone is only what it was told of last.
        if (!wait_until(short_patience, [&] { return open_deals("receiver") == 0; }))
            problem("the receiver's claims are not final");
        unpaid_ =
            std::make_unique<Payments>(world_->client("payer"), world_->client("receiver"), order);
        if (auto done = unpaid_->invoice("UNPAID-", amounts(unpaid_payments)); !done) return done;
        world_->sample("receiver");
        world_->kill("receiver");
        say("kill -9 receiver, which has asked for " + std::to_string(unpaid_payments) + " more");
        if (auto paid = unpaid_->go_on(); !paid) return unexpected<Failure>(paid.error());
        return {};
    }

    static std::vector<std::string> amounts(std::size_t count) {
        std::vector<std::string> list;
        for (std::size_t i = 0; i < count; ++i)
            list.push_back(coins(1'000'000 + static_cast<bitcoin::Satoshi>(i % 100) * 12'345));
        return list;
    }

    std::uint64_t open_deals(const std::string& node) {
        const auto stats = world_->client(node).stats();
        return stats ? stats->open_deals : 1;
    }

    // Until all ended, or none did for so long.
    Result<void, Failure> watch(Payments& payments, seconds patience) {
        const auto from = Steady::now();
        auto last = from;
        std::size_t ended = 0;
        Result<bool, Failure> over = false;
        while (over && !*over && !stop_.load() && Steady::now() - last < patience) {
            std::this_thread::sleep_for(look_step);
            over = payments.go_on();
            if (payments.ended() != ended) last = Steady::now();
            ended = payments.ended();
            screen_.status(
                "  " + std::to_string(ended) + "/" + std::to_string(payments.all().size()) +
                "  paid " + std::to_string(payments.count("paid")) + "  refunded " +
                std::to_string(payments.count("refunded")) + "  " + fixed(since(from), 1) + " s");
        }
        screen_.keep_status();
        if (!over) return unexpected<Failure>(over.error());
        return {};
    }

    // Not before the shares that were to be delivered to it are back: it could still claim them.
    Result<void, Failure> bring_buyer_back() {
        screen_.line(
            "\n4. The buyer's node comes back when the shares that waited for it have gone"
            " back");
        const auto returned = [&] {
            const auto escrows = world_->client("seller").escrows(false);
            if (!escrows) return false;
            const auto count = std::count_if(
                escrows->begin(), escrows->end(), [](const client::EscrowView& escrow) {
                    return escrow.out && escrow.out->state == "refunded";
                });
            return static_cast<std::size_t>(count) == lost_trades;
        };
        if (!wait_until(expiry_patience, returned)) problem("the shares did not come back");
        if (auto started = world_->restart("buyer"); !started) return started;
        if (!world_->wait_ready("buyer", Duration::seconds(short_patience.count())))
            return fail("unavailable", "the buyer's node does not come back");
        say("there again after " + fixed(since(began_) - report_.set_up_s, 1) + " s");
        return {};
    }

    Result<void, Failure> trade() {
        auto trades = make_coin_trades("TRADE-", settings_.trades, sound_coin_sellers);
        for (const client::TradeRequest& trade : trades)
            expected_[trade.reference] = Outcome::settled;
        for (client::TradeRequest& trade : make_coin_trades("DEAR-", 1, sound_coin_sellers)) {
            trade.price = coins(satoshi(trade.price) * 11 / 10);  // 10 % above the reference price
            trades.push_back(std::move(trade));
        }
        for (client::TradeRequest& trade : make_coin_trades("ODD-", 1, sound_coin_sellers)) {
            trade.quantity = "1";  // no whole lot
            trades.push_back(std::move(trade));
        }
        screen_.line("\n5. " + std::to_string(trades.size()) +
                     " trades of shares against bitcoin, at most " +
                     std::to_string(most_trades_open) + " at a time");
        Desk desk(world_->loop(), world_->desk());
        Phase phase;
        phase.trades = std::move(trades);
        phase.in_flight = most_trades_open;
        phase.patience = short_patience;
        auto sampled = Steady::now();
        report_.trades = desk.run(std::move(phase), stop_, [&](const Counts& now) {
            screen_.status(status_line(now, 0));
            if (since(sampled) < 1) return;
            sampled = Steady::now();
            world_->sample();
        });
        screen_.status(status_line(report_.trades.counts, report_.trades.settled_per_second()));
        screen_.keep_status();
        if (!report_.trades.trouble.empty()) problem(report_.trades.trouble);
        return world_->check_alive();
    }

    Result<void, Failure> wait_for_expiries() {
        screen_.line("\n6. What is left unwinds by expiry");
        if (auto done = watch(*unpaid_, expiry_patience); !done) return done;
        report_.unpaid = unpaid_->all();
        for (const TrackedPayment& payment : report_.unpaid) {
            if (payment.state != "refunded")
                problem(payment.name + " is " + payment.state + " (" + payment.reason +
                        "), expected refunded");
        }
        report_.stalled = stalled_->finish();
        if (!report_.stalled.trouble.empty()) problem(report_.stalled.trouble);
        screen_.line(status_line(report_.stalled.counts, 0));
        check_outcomes(report_.trades);
        check_outcomes(report_.stalled);
        if (auto started = world_->restart("receiver"); !started) return started;
        if (!world_->wait_ready("receiver", Duration::seconds(short_patience.count())))
            return fail("unavailable", "the receiver's node does not come back");
        if (!wait_until_quiet(*world_, short_patience, stop_))
            problem("something is still open at a node");
        return {};
    }

    void check_outcomes(const PhaseResult& phase) {
        for (const Tracked& trade : phase.trades) {
            const auto found = expected_.find(trade.request.reference);
            const Outcome expected = found == expected_.end() ? Outcome::declined : found->second;
            if (trade.outcome == expected) continue;
            problem(trade.request.reference + " is " + std::string(to_string(trade.outcome)) +
                    (trade.reason.empty() ? "" : " (" + trade.reason + ")") + ", expected " +
                    std::string(to_string(expected)));
        }
    }

    Result<void, Failure> read_books() {
        world_->sample();
        screen_.line(
            "\n7. Books, read from the ledgers' own statements, and the chain, from its"
            " blocks");
        auto books = world_->books(true);
        if (!books) return unexpected<Failure>(books.error());
        report_.after = std::move(*books);
        report_.conserved = check_conserved(report_.after, report_.problems);
        const auto fees = world_->client("connector").fees();
        if (!fees) return unexpected<Failure>(fees.error());
        report_.fees = *fees;
        for (std::string& mistake : check_holdings(report_)) {
            report_.conserved = false;
            problem(mistake);
        }
        report_.alarms = read_alarms(*world_);
        report_.figures = world_->figures();
        report_.restarts = world_->restarts();
        screen_.line(books_table(report_.after));
        return {};
    }

    // The miner rests meanwhile, so that the chain is the same for all who look.
    Result<void, Failure> read_the_chain() {
        const auto pool_is_empty = [&] {
            const auto pool = world_->chain().call("getrawmempool");
            return pool && pool->size() == 0;
        };
        if (!wait_until(short_patience, pool_is_empty)) problem("the pool does not become empty");
        world_->pause("miner");
        auto compared = compare_chain(*world_, report_);
        world_->resume("miner");
        if (!compared) return compared;
        screen_.line(chain_table(report_));
        screen_.line(result_table(report_));
        return {};
    }

    void finish() {
        if (settings_.keep) {
            how_to_talk();
            world_->release();
            return;
        }
        screen_.line("8. Stop, and replay every journal");
        report_.endings = stop_and_replay(*world_, screen_, report_.problems);
        const int status = world_->exit_status("miner").value_or(-1);
        say("miner     " +
            (status == 0 ? std::string("stopped") : "ENDED " + std::to_string(status)));
        if (status != 0) problem("miner ended with status " + std::to_string(status));
        say("logs and journals are in " + world_->directory().string());
    }

    void how_to_talk() {
        const auto at = [&](const char* node) { return node_command(*world_, node); };
        screen_.line("8. The processes go on. Talk to the nodes as their operator:");
        screen_.line(at("venue") + "trades");
        screen_.line(at("venue") + "watch");
        screen_.line(at("connector") + "fees");
        screen_.line(at("connector") + "balances");
        screen_.line(at("buyer") + "status");
        screen_.line(at("receiver") + "invoice " +
                     world_->coin_accounts().at("receiver").account.text() + " 0.01");
        screen_.line(at("payer") + "pay INVOICE --from " + std::string(payer_account));
        for (const char* ledger : {"csd", "sek"})
            screen_.line(totals_command(*world_, ledger));
        screen_.line("Bitcoin Core's client, where it is installed, talks to the chain:");
        screen_.line(
            "  bitcoin-cli -regtest -rpcport=" + std::to_string(world_->port("btc")) +
            " -rpccookiefile=" + for_shell(world_->directory() / "btc" / "data" / ".cookie") +
            " getblockchaininfo");
        screen_.line("Stop them with:\n" + kill_command(*world_));
    }

    const BitcoinRunSettings& settings_;
    Screen& screen_;
    const std::atomic<bool>& stop_;
    Steady::time_point began_ = Steady::now();
    std::unique_ptr<World> world_;
    std::map<std::string, Outcome> expected_;  // by reference; declined where there is nothing
    std::unique_ptr<Flow> stalled_;
    std::unique_ptr<Payments> unpaid_;
    BitcoinReport report_;
};

}  // namespace

Result<BitcoinReport, Failure> run_bitcoin(const BitcoinRunSettings& settings, Screen& screen,
                                           const std::atomic<bool>& stop) {
    return BitcoinRun(settings, screen, stop).run();
}

}  // namespace lockstep::demo
