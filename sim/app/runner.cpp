#include "sim/app/runner.h"

#include "connector/core/state.h"
#include "sim/app/expectations.h"
#include "sim/disk/sqlite_disk.h"
#include "sim/oracle/oracle.h"
#include "sim/parties/parties.h"
#include "sim/scenario/swarm.h"
#include "sim/world/world.h"

namespace lockstep::sim {
namespace {

void count_orders(const Orders& orders, Outcome& outcome) {
    for (const Order& order : orders.all()) {
        ++outcome.settlements;
        const bool honest = order.at->honest() && order.payer->honest() && order.payee->honest();
        if (honest) ++outcome.honest_orders;
        if (honest && order.end == OrderEnd::settled) ++outcome.honest_settled;
        if (!order.trade && order.end == OrderEnd::settled) ++outcome.paid;
        if (!order.trade && order.end == OrderEnd::unwound) ++outcome.refunded;
        switch (order.end) {
            case OrderEnd::settled:
                ++outcome.settled;
                break;
            case OrderEnd::unwound:
                ++outcome.unwound;
                break;
            case OrderEnd::declined:
                ++outcome.declined;
                break;
            case OrderEnd::broken:
                ++outcome.broken;
                break;
            case OrderEnd::open:
            case OrderEnd::dropped:
                ++outcome.dropped;
                break;
        }
        if (!order.reason.empty()) ++outcome.reasons[order.reason];
    }
}

}  // namespace

Scenario scenario_for(const Scenario& scenario, std::uint64_t seed) {
    if (!scenario.swarm) return scenario;
    Scenario drawn = draw_swarm(seed, *scenario.swarm);
    drawn.name = scenario.name;
    drawn.title = scenario.title;
    drawn.expect = scenario.expect;
    drawn.real_signatures = drawn.real_signatures || scenario.real_signatures;
    drawn.real_store = drawn.real_store || scenario.real_store;
    return drawn;
}

Run run_world(const Scenario& described, const RunOptions& options) {
    const Scenario scenario = scenario_for(described, options.seed);
    WorldOptions with;
    with.selection = options.selection;
    with.seed = options.seed;
    with.keep_trace = options.keep_trace;
    with.real_signatures = scenario.real_signatures || options.real_signatures;
    with.make_conduct = make_conduct;
    const bool real_store = scenario.real_store || options.real_store;
    if (real_store)
        with.make_disk = [disks = Rng(options.seed).fork("disks")]() mutable {
            return make_sqlite_disk(Rng(disks.next()));
        };
    World world(scenario, std::move(with));
    Oracle oracle({world.scheduler(), world.trace(), scenario, world.nodes(), world.ledgers(),
                   world.orders(), options.keep_trace, options.seed});
    world.on_leak([&](const NodeProcess& node, const Condition& condition) {
        oracle.secret_leaked(node, condition);
    });
    world.on_restored(
        [&](const NodeProcess& node, Timestamp copied) { oracle.restored(node, copied); });
    world.on_beyond([&](NodeProcess& node) { oracle.excuse(node); });
    world.set_watcher(oracle);
    world.set_up();
    oracle.begin();
    world.run();
    world.heal([&] {
        if (!oracle.nothing_open()) return false;
        for (const auto& node : world.nodes())
            if (node->honest() && !node->dead_for_good() &&
                (!node->up() || oracle.open_business(*node) > 0))
                return false;
        return true;
    });
    oracle.finish();

    Run run;
    Outcome& outcome = run.outcome;
    outcome.scenario = scenario.name;
    outcome.seed = options.seed;
    outcome.start = world.started_at();
    outcome.healed_at = world.healed_at();
    outcome.end = world.scheduler().now();
    count_orders(world.orders(), outcome);
    outcome.faults_hit = world.tally().faults;
    outcome.cheats_hit = world.tally().cheats;
    outcome.losses = oracle.losses();
    for (const auto& node : world.nodes())
        if (node->up() && node->node().machine().state().loud_stop) ++outcome.loud_stops;
    outcome.branches_hit = world.tally().branches;
    outcome.alarms = world.tally().alarms;
    outcome.rules = oracle.results();
    outcome.rules.push_back(check_expectations(scenario, outcome));
    outcome.real_signatures = scenario.real_signatures || options.real_signatures;
    outcome.real_store = real_store;
    for (const auto& node : world.nodes())
        node->mix_into(world.trace());
    for (const auto& ledger : world.ledgers())
        ledger->mix_into(world.trace());
    outcome.digest = world.trace().digest();
    run.steps = world.scheduler().steps();
    run.strikes = world.strikes_planned();
    run.orders = scenario.load.trades + scenario.load.payments;
    run.simulated = outcome.end - outcome.start;
    if (options.keep_trace) run.trace = std::make_unique<Trace>(std::move(world.trace()));
    return run;
}

}  // namespace lockstep::sim
