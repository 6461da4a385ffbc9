#include "deploy/demo/bitcoin_run.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "deploy/demo/bitcoin_checks.h"
#include "deploy/demo/bitcoin_compare.h"
#include "deploy/demo/flow.h"
#include "deploy/demo/generated_trades.h"
#include "deploy/demo/lost_buyer.h"
#include "deploy/demo/probe.h"
#include "deploy/demo/pulse.h"
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

constexpr std::size_t lost_attempts = 5;
// Of what ends by expiry: hop 0 of a payment stands for longest, some 70 s, and its refund is late.
constexpr seconds expiry_patience{180};
constexpr seconds short_patience{120};  // of what takes a few seconds on an idle machine
constexpr std::chrono::milliseconds look_step{50};

class BitcoinRun {
public:
    BitcoinRun(const BitcoinRunSettings& settings, Screen& screen, const std::atomic<bool>& stop)
        : settings_(settings), screen_(screen), stop_(stop) {}

    Result<BitcoinReport, Failure> run() {
        WorldSettings settings = settings_.world;
        settings.probe = true;
        auto world = World::create(settings);
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
        judge();
        finish();
        report_.total_s = since(began_);
        return std::move(report_);
    }

private:
    void say(const std::string& text) { screen_.line("  " + text); }
    void problem(const std::string& text) { report_.problems.push_back(text); }
    // A problem of the machine where that was outside the profiles.
    void unmet(const std::string& text) { report_.unmet.push_back(text); }

    bool wait_until(seconds patience, const std::function<bool()>& holds) {
        return demo::wait_until(patience, stop_, holds);
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
        probe_ = std::make_unique<Probe>(*world_, began_);
        pulse_ = std::make_unique<Pulse>(*world_, began_);
        report_.set_up_s = since(began_);
        say("ready after " + fixed(report_.set_up_s, 1) + " s");
        return {};
    }

    // Trades whose seller never delivers, as its operator has it, and trades whose buyer's node is
    // killed when it has paid.
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
        stall(std::move(trades), {Outcome::unwound});
        if (!wait_until(short_patience, [&] { return paid_by_buyer() == silent_trades; }))
            unmet("the payments of the silent trades are not final");
        for (std::size_t attempt = 1; attempt <= lost_attempts && !stop_.load(); ++attempt) {
            const std::string name =
                attempt == 1 ? "LOST-" : "LOST-" + std::to_string(attempt) + "-";
            auto lost = make_coin_trades(name, lost_trades, sound_coin_sellers);
            LostBuyer buyer(*world_, lost_trades, stop_);
            std::set<std::string> references;
            for (const client::TradeRequest& trade : lost)
                references.insert(trade.reference);
            // Where its node lives on the chain has had a pause, and how they end is not foretold.
            stall(std::move(lost), {Outcome::unwound, Outcome::settled, Outcome::declined});
            if (buyer.kill_when_paid()) {
                lost_ = buyer.conditions();
                for (const std::string& reference : references)
                    expected_[reference] = {Outcome::unwound};
                say("paid, and final nowhere; kill -9 buyer");
                return {};
            }
            say("their payments were too late for the pause between two blocks, or too early");
        }
        report_.not_shown.push_back("a buyer's node that is killed when it has paid");
        say("NOT SHOWN on this machine: " + report_.not_shown.back());
        return {};
    }

    void stall(std::vector<client::TradeRequest> trades, const std::set<Outcome>& ends) {
        for (const client::TradeRequest& trade : trades)
            expected_[trade.reference] = ends;
        Phase phase;
        phase.trades = std::move(trades);
        phase.patience = expiry_patience;
        stalled_.push_back(
            std::make_unique<Flow>(world_->loop(), world_->desk(), stop_, std::move(phase)));
    }

    // Escrows that stand on the chain.
    std::size_t paid_by_buyer() {
        const auto escrows = world_->client("buyer").escrows(true);
        if (!escrows) return 0;
        return static_cast<std::size_t>(
            std::count_if(escrows->begin(), escrows->end(), [](const client::EscrowView& escrow) {
                return escrow.out && escrow.out->state == "held";
            }));
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
                unmet(payment.name + " is " + payment.state + " (" + payment.reason +
                      "), expected paid");
        }
        // Its claims are in blocks: what it leaves undone is only what it was told of last.
        if (!wait_until(short_patience, [&] { return open_deals("receiver") == 0; }))
            unmet("the receiver's claims are not final");
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
        if (lost_.empty()) return {};
        screen_.line(
            "\n4. The buyer's node comes back when the shares that waited for it have gone"
            " back");
        if (!wait_until(expiry_patience, [&] { return is_delivered_to_nobody(*world_, lost_); }))
            unmet("the shares did not come back");
        if (auto started = world_->restart("buyer"); !started) return started;
        if (!world_->wait_ready("buyer", Duration::seconds(short_patience.count())))
            return fail("unavailable", "the buyer's node does not come back");
        say("there again after " + fixed(since(began_) - report_.set_up_s, 1) + " s");
        return {};
    }

    Result<void, Failure> trade() {
        auto trades = make_coin_trades("TRADE-", settings_.trades, sound_coin_sellers);
        for (const client::TradeRequest& trade : trades)
            expected_[trade.reference] = {Outcome::settled};
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
        if (!report_.trades.trouble.empty()) unmet(report_.trades.trouble);
        return world_->check_alive();
    }

    Result<void, Failure> wait_for_expiries() {
        screen_.line("\n6. What is left unwinds by expiry");
        if (auto done = watch(*unpaid_, expiry_patience); !done) return done;
        report_.unpaid = unpaid_->all();
        for (const TrackedPayment& payment : report_.unpaid) {
            if (payment.state != "refunded")
                unmet(payment.name + " is " + payment.state + " (" + payment.reason +
                      "), expected refunded");
        }
        for (const auto& flow : stalled_) {
            PhaseResult one = flow->finish();
            if (!one.trouble.empty()) unmet(one.trouble);
            add_phase(report_.stalled, std::move(one));
        }
        screen_.line(status_line(report_.stalled.counts, 0));
        check_outcomes(report_.trades);
        check_outcomes(report_.stalled);
        if (auto started = world_->restart("receiver"); !started) return started;
        if (!world_->wait_ready("receiver", Duration::seconds(short_patience.count())))
            return fail("unavailable", "the receiver's node does not come back");
        if (!wait_until_quiet(*world_, expiry_patience, stop_))
            unmet("something is still open at a node");
        // Everything has ended, and the books are read without what the probe moves.
        probe_->stop();
        pulse_->stop();
        for (const std::string& text : probe_->trouble())
            unmet(text);
        return {};
    }

    void check_outcomes(const PhaseResult& phase) {
        for (const Tracked& trade : phase.trades) {
            const auto found = expected_.find(trade.request.reference);
            const std::set<Outcome> expected =
                found == expected_.end() ? std::set{Outcome::declined} : found->second;
            if (expected.contains(trade.outcome)) continue;
            unmet(trade.request.reference + " is " + std::string(to_string(trade.outcome)) +
                  (trade.reason.empty() ? "" : " (" + trade.reason + ")") + ", expected " +
                  std::string(to_string(*expected.begin())));
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
            unmet(mistake);
        }
        report_.alarms = read_alarms(*world_, report_.unmet);
        for (const NodeAlarm& alarm : report_.alarms)
            say(to_line(alarm));
        for (const std::string& text : serious(report_.alarms))
            unmet(text);
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
        if (!wait_until(short_patience, pool_is_empty)) unmet("the pool does not become empty");
        world_->pause("miner");
        auto compared = compare_chain(*world_, report_);
        world_->resume("miner");
        if (!compared) return compared;
        screen_.line(chain_table(report_));
        screen_.line(result_table(report_));
        return {};
    }

    void judge() {
        report_.outside =
            exceeded_with_chain(pulse_->stalls(), probe_->inclusions(), pulse_->gaps());
        for (const std::string& text : report_.outside)
            say("outside the profiles: " + text);
        for (const std::string& text : report_.unmet)
            problem((report_.outside.empty() ? "" : "outside the profiles: ") + text);
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
    // By reference, how a trade may end; declined where there is nothing.
    std::map<std::string, std::set<Outcome>> expected_;
    std::vector<std::unique_ptr<Flow>> stalled_;
    std::set<Condition> lost_;  // of trades whose buyer's node was killed
    std::unique_ptr<Payments> unpaid_;
    std::unique_ptr<Probe> probe_;
    std::unique_ptr<Pulse> pulse_;
    BitcoinReport report_;
};

}  // namespace

Result<BitcoinReport, Failure> run_bitcoin(const BitcoinRunSettings& settings, Screen& screen,
                                           const std::atomic<bool>& stop) {
    return BitcoinRun(settings, screen, stop).run();
}

}  // namespace lockstep::demo
