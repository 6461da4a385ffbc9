#include "deploy/demo/run.h"

#include <algorithm>
#include <set>

#include "connector/client/trades_file.h"
#include "deploy/demo/flow.h"
#include "deploy/demo/generated_trades.h"
#include "deploy/demo/movements.h"
#include "deploy/demo/probe.h"
#include "deploy/demo/run_parts.h"

namespace lockstep::demo {

namespace {

using Steady = std::chrono::steady_clock;

constexpr std::chrono::seconds quiet_patience{30};
constexpr double lowest_latency_rate = 1;
// With tens of milliseconds from instruction to settled, one or the other is always open.
constexpr double beside_per_second = 20;
constexpr std::size_t most_beside = 12'000;  // ten minutes

class Run {
public:
    Run(const RunSettings& settings, Screen& screen, const std::atomic<bool>& stop)
        : settings_(settings), screen_(screen), stop_(stop) {}

    Result<Report, Failure> run() {
        auto trades = client::read_trades(settings_.trades_file);
        if (!trades) return unexpected<Failure>(trades.error());
        if (settings_.trades != 0 && settings_.trades < trades->size())
            trades->resize(settings_.trades);
        WorldSettings settings = settings_.world;
        settings.probe = settings_.chaos;
        report_.profiles = settings.profiles;
        auto world = World::create(settings);
        if (!world) return unexpected<Failure>(world.error());
        world_ = std::move(*world);
        screen_.line("Lockstep demonstration in " + world_->directory().string());
        if (auto done = set_up(); !done) return unexpected<Failure>(done.error());
        if (auto done = phases(std::move(*trades)); !done) return unexpected<Failure>(done.error());
        if (auto done = read_results(); !done) return unexpected<Failure>(done.error());
        if (stop_.load()) return fail("stopped", "stopped");
        finish();
        report_.total_s = since(began_);
        return std::move(report_);
    }

private:
    void say(const std::string& text) { screen_.line("  " + text); }
    void problem(const std::string& text) { report_.problems.push_back(text); }

    Result<void, Failure> set_up() {
        screen_.line("\n1. Set-up");
        if (auto started = world_->start([this](const std::string& text) { say(text); }, stop_);
            !started)
            return started;
        auto books = world_->books(false);
        if (!books) return unexpected<Failure>(books.error());
        report_.before = std::move(*books);
        report_.set_up_s = since(began_);
        say("ready after " + fixed(report_.set_up_s, 1) + " s");
        return {};
    }

    // Acting as the seller's operator: these trades will get no delivery, which their buyers learn
    // only when their escrows expire.
    Result<void, Failure> silence(std::vector<client::TradeRequest>& trades) {
        const auto middle = std::stable_partition(
            trades.begin(), trades.end(),
            [](const client::TradeRequest& trade) { return trade.seller == silent_seller; });
        const std::string venue = world_->node_key("venue").hex();
        for (auto trade = trades.begin(); trade != middle; ++trade) {
            if (expected_outcome(*trade, false) != Outcome::unwound) continue;
            const auto done = world_->client("seller").withhold(venue, trade->reference);
            if (!done) return unexpected<Failure>(done.error());
        }
        return {};
    }

    Result<void, Failure> phases(std::vector<client::TradeRequest> trades) {
        Desk desk(world_->loop(), world_->desk());
        std::unique_ptr<Chaos> chaos;
        std::unique_ptr<Probe> probe;
        std::unique_ptr<Flow> beside;
        if (settings_.chaos) {
            chaos = std::make_unique<Chaos>(
                *world_, ChaosSettings{settings_.seed, 0}, [this](const Outage& outage) {
                    screen_.line("    kill -9 " + outage.name + ", ready again after " +
                                 fixed(outage.seconds, 2) + " s" +
                                 (is_within(outage, report_.profiles)
                                      ? ""
                                      : ", LONGER THAN ITS PROFILE ALLOWS"));
                });
            probe = std::make_unique<Probe>(*world_, chaos->began());
        }
        report_.in_flight = settings_.in_flight;
        screen_.line("\n2. " + std::to_string(trades.size()) + " trades of " +
                     settings_.trades_file.filename().string());
        if (auto done = silence(trades); !done) return done;
        if (settings_.chaos) beside = trades_beside();
        if (auto done = phase(desk, {std::move(trades), settings_.in_flight}, report_.file); !done)
            return done;
        check_file();
        screen_.line(outcome_table(report_.file));
        if (beside) {
            report_.beside = beside->finish();
            screen_.line(
                "Beside them, so that the kills hit open settlements, generated trades:\n" +
                outcome_table(report_.beside));
            check_generated("beside", report_.beside);
        }
        screen_.line("3. Speed: " + std::to_string(settings_.speed_trades) +
                     " trades that can settle, at most " + std::to_string(settings_.in_flight) +
                     " in flight");
        if (auto done =
                phase(desk, {make_trades("SPEED-", settings_.speed_trades), settings_.in_flight},
                      report_.speed);
            !done)
            return done;
        const double rate = report_.speed.settled_per_second();
        report_.latency_rate = std::max(rate / 2, lowest_latency_rate);
        screen_.line("\n4. Latency: " + std::to_string(settings_.latency_trades) +
                     " trades at half that rate, " + fixed(report_.latency_rate, 0) + " a second");
        if (auto done = phase(desk,
                              {make_trades("PACED-", settings_.latency_trades), settings_.in_flight,
                               report_.latency_rate},
                              report_.latency);
            !done)
            return done;
        check_generated("speed", report_.speed);
        check_generated("latency", report_.latency);
        if (chaos) {
            chaos->stop();
            probe->stop();
            report_.outages = chaos->outages();
            report_.inclusions = probe->inclusions();
            if (!chaos->trouble().empty()) problem("chaos: " + chaos->trouble());
            for (const std::string& text : probe->trouble())
                problem(text);
            for (const std::string& text :
                 exceeded_profiles(report_.outages, report_.inclusions, report_.profiles))
                problem("outside the profiles: " + text);
        }
        return {};
    }

    // The file's last trades wait long for their escrows to expire, and a process that is killed
    // then would be killed idle.
    std::unique_ptr<Flow> trades_beside() {
        Phase phase;
        phase.trades = make_trades("BESIDE-", most_beside);
        phase.per_second = beside_per_second;
        return std::make_unique<Flow>(world_->loop(), world_->desk(), stop_, std::move(phase));
    }

    Result<void, Failure> phase(Desk& desk, Phase phase, PhaseResult& result) {
        auto sampled = Steady::now();
        Counts shown;
        double rate = 0;
        std::string ended;
        result = desk.run(std::move(phase), stop_, [&](const Counts& now) {
            const double seconds = now.seconds - shown.seconds;
            if (seconds >= 1) {
                rate = static_cast<double>(now.settled - shown.settled) / seconds;
                shown = now;
            }
            screen_.status(status_line(now, rate));
            if (since(sampled) < 1) return;
            sampled = Steady::now();
            world_->sample();
            // While chaos runs, processes end because they were killed.
            if (settings_.chaos || !ended.empty()) return;
            if (const auto alive = world_->check_alive(); !alive) ended = alive.error().detail;
        });
        screen_.status(status_line(result.counts, result.settled_per_second()));
        screen_.keep_status();
        if (stop_.load()) return fail("stopped", "stopped");
        if (!ended.empty()) problem(ended);
        if (!result.trouble.empty()) problem(result.trouble);
        return {};
    }

    void check_file() {
        const Counts& counts = report_.file.counts;
        if (counts.ended() != counts.total)
            problem(std::to_string(counts.total - counts.ended()) +
                    " trades of the file did not end");
        if (counts.broken != 0) problem(std::to_string(counts.broken) + " trades are broken");
        // With processes dying under them, trades that could settle may unwind or be declined.
        if (settings_.chaos) return;
        std::set<std::string> seen;
        for (const Tracked& trade : report_.file.trades) {
            const bool repeat = !seen.insert(trade.request.reference).second;
            const Outcome expected = expected_outcome(trade.request, repeat);
            if (trade.outcome == expected) continue;
            problem(trade.request.reference + " is " + std::string(to_string(trade.outcome)) +
                    (trade.reason.empty() ? "" : " (" + trade.reason + ")") + ", expected " +
                    std::string(to_string(expected)));
        }
    }

    void check_generated(const std::string& name, const PhaseResult& result) {
        const Counts& counts = result.counts;
        if (counts.ended() != counts.total || counts.broken != 0) {
            problem(name + " phase: " + std::to_string(counts.total - counts.ended()) +
                    " trades did not end, " + std::to_string(counts.broken) + " are broken");
        } else if (!settings_.chaos && counts.settled != counts.total) {
            problem(name + " phase: " + std::to_string(counts.total - counts.settled) +
                    " trades did not settle");
        }
    }

    Result<void, Failure> read_results() {
        wait_until_quiet(*world_, quiet_patience, stop_);
        world_->sample();
        screen_.line("\n5. Books, read from the ledgers' own statements");
        auto books = world_->books(true);
        if (!books) return unexpected<Failure>(books.error());
        report_.after = std::move(*books);
        report_.conserved = check_conserved(report_.after, report_.problems);
        const auto fees = world_->client("connector").fees();
        if (!fees) return unexpected<Failure>(fees.error());
        report_.fees = *fees;
        check_settled();
        report_.alarms = read_alarms(*world_, report_.problems);
        for (const NodeAlarm& alarm : report_.alarms)
            say(to_line(alarm));
        for (const std::string& text : serious(report_.alarms))
            problem(text);
        report_.figures = world_->figures();
        report_.restarts = world_->restarts();
        screen_.line(books_table(report_.after));
        screen_.line(balance_table(report_.before, report_.after));
        screen_.line(figures_text(report_));
        return {};
    }

    // Balances that add up are not enough: what moved must be what the settled trades say.
    void check_settled() {
        std::vector<client::TradeRequest> settled;
        for (const PhaseResult* phase :
             {&report_.file, &report_.beside, &report_.speed, &report_.latency})
            add_settled(*phase, settled);
        for (const std::string& mistake :
             check_movements(settled, report_.before, report_.after, report_.fees)) {
            report_.conserved = false;
            problem(mistake);
        }
    }

    void finish() {
        if (settings_.keep) {
            how_to_talk();
            world_->release();
            return;
        }
        screen_.line("6. Stop, and replay every journal");
        report_.endings = stop_and_replay(*world_, screen_, report_.problems);
        say("logs and journals are in " + world_->directory().string());
    }

    void how_to_talk() {
        const auto at = [&](const char* node) { return node_command(*world_, node); };
        screen_.line("6. The processes go on. Talk to the nodes as their operator:");
        screen_.line(at("venue") + "trades");
        screen_.line(at("venue") + "watch");
        screen_.line(at("connector") + "fees");
        screen_.line(at("connector") + "balances");
        screen_.line(at("buyer") + "status");
        screen_.line(at("seller") + "invoice test.sek.delta-bank 1000.00");
        screen_.line(at("buyer") + "pay INVOICE --from test.eur.aspen-fund");
        for (const char* ledger : {"csd", "sek", "eur"})
            screen_.line(totals_command(*world_, ledger));
        screen_.line("Stop them with:\n" + kill_command(*world_));
    }

    const RunSettings& settings_;
    Screen& screen_;
    const std::atomic<bool>& stop_;
    Steady::time_point began_ = Steady::now();
    std::unique_ptr<World> world_;
    Report report_;
};

}  // namespace

Result<Report, Failure> run_demo(const RunSettings& settings, Screen& screen,
                                 const std::atomic<bool>& stop) {
    return Run(settings, screen, stop).run();
}

}  // namespace lockstep::demo
