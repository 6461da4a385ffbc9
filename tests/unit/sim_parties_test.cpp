// Parties that cheat: in a small world each behaviour, in each role that can behave so, leaves the
// protocol, every rule holds all the same, and honest trades and payments still settle.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "sim/app/runner.h"
#include "sim/parties/wire.h"
#include "sim/scenario/catalogue.h"
#include "sim/scenario/read.h"

namespace lockstep::sim {
namespace {

// Payments cross three connectors, trades too; everybody but the venue and the connectors has a
// twin, so that a cheat leaves business to others.
const std::string world = R"(title = "Four currencies, two shares, three connectors"
length = "3min"
[endurance]
outage = "1s"
outages = 1
[[ledger]]
name = "test.csd"
kind = "securities"
assets = ["SE0000108656/0", "SE0000115446/0"]
[[ledger]]
name = "test.eur"
assets = ["EUR/2"]
[[ledger]]
name = "test.usd"
assets = ["USD/2"]
[[ledger]]
name = "test.nok"
assets = ["NOK/2"]
[[ledger]]
name = "test.sek"
assets = ["SEK/2"]
[[node]]
name = "venue"
roles = ["venue"]
[[node]]
name = "buyer"
roles = ["buyer"]
accounts = [
    { ledger = "test.eur", balance = "1000000.00" },
    { ledger = "test.csd", asset = "SE0000108656/0" },
    { ledger = "test.csd", asset = "SE0000115446/0" },
]
[[node]]
name = "other-buyer"
roles = ["buyer"]
accounts = [
    { ledger = "test.eur", balance = "1000000.00" },
    { ledger = "test.csd", asset = "SE0000108656/0" },
    { ledger = "test.csd", asset = "SE0000115446/0" },
]
[[node]]
name = "seller"
roles = ["seller"]
accounts = [
    { ledger = "test.sek" },
    { ledger = "test.csd", asset = "SE0000108656/0", balance = "1000000" },
    { ledger = "test.csd", asset = "SE0000115446/0", balance = "1000000" },
]
[[node]]
name = "other-seller"
roles = ["seller"]
accounts = [
    { ledger = "test.sek" },
    { ledger = "test.csd", asset = "SE0000108656/0", balance = "1000000" },
    { ledger = "test.csd", asset = "SE0000115446/0", balance = "1000000" },
]
[[node]]
name = "payer"
roles = ["payer"]
accounts = [{ ledger = "test.eur", balance = "1000000.00" }]
[[node]]
name = "other-payer"
roles = ["payer"]
accounts = [{ ledger = "test.eur", balance = "1000000.00" }]
[[node]]
name = "payee"
roles = ["payee"]
accounts = [{ ledger = "test.sek" }]
[[node]]
name = "other-payee"
roles = ["payee"]
accounts = [{ ledger = "test.sek" }]
[[node]]
name = "first"
accounts = [{ ledger = "test.eur" }, { ledger = "test.usd", balance = "10000000.00" }]
offers = [{ from = "test.eur", to = "test.usd", rate = "0.9", spread_ppm = 1000 }]
[[node]]
name = "second"
accounts = [{ ledger = "test.usd" }, { ledger = "test.nok", balance = "10000000.00" }]
offers = [{ from = "test.usd", to = "test.nok", rate = "0.1", spread_ppm = 1000 }]
[[node]]
name = "third"
accounts = [{ ledger = "test.nok" }, { ledger = "test.sek", balance = "10000000.00" }]
offers = [{ from = "test.nok", to = "test.sek", rate = "1.1", spread_ppm = 1000 }]
[load]
trades = 24
payments = 24
until = "2min"
)";

struct Row {
    Behaviour behaviour;
    std::vector<std::string> nodes;  // one after the other, each in worlds of its own
};

const std::vector<Row>& rows() {
    using enum Behaviour;
    static const std::vector<Row> all{
        {late, {"venue", "buyer", "seller", "payer", "payee", "second"}},
        {silent, {"venue", "buyer", "seller", "payer", "payee", "second"}},
        {dies, {"venue", "buyer", "seller", "payer", "payee", "second"}},
        {option_holder, {"buyer", "payee"}},
        {last_tick, {"buyer", "payee"}},
        {wrong_preimage, {"buyer", "seller", "payee", "second"}},
        {short_preimage, {"buyer", "seller", "payee", "second"}},
        {long_preimage, {"buyer", "seller", "payee", "second"}},
        {replayed_preimage, {"buyer", "seller", "payee", "second"}},
        {too_small, {"buyer", "seller", "payer", "second", "third"}},
        {too_large, {"buyer", "seller", "payer", "second", "third"}},
        {wrong_asset, {"seller"}},
        {inverted_ladder, {"buyer", "seller", "payer", "second", "third"}},
        {replayed_condition, {"buyer", "seller", "payer", "second", "third"}},
        {equivocates, {"first", "second", "third"}},
        {colluder, {"first"}},
        {jammer, {"buyer", "payer"}},
        {leaking_venue, {"venue"}},
        {withholder, {"buyer", "seller"}},
    };
    return all;
}

Scenario honest_world() {
    auto read = parse_scenario(world, "small.toml");
    REQUIRE(read);
    return std::move(*read);
}

NodeSpec& node_of(Scenario& scenario, const std::string& name) {
    for (NodeSpec& node : scenario.nodes)
        if (node.name == name) return node;
    FAIL("no such node");
    return scenario.nodes.front();
}

Scenario world_with(Behaviour behaviour, const std::string& name) {
    Scenario scenario = honest_world();
    NodeSpec& cheat = node_of(scenario, name);
    cheat.behaviour = behaviour;
    if (behaviour == Behaviour::leaking_venue) cheat.partner = "seller";
    if (behaviour == Behaviour::colluder) {
        cheat.partner = "third";
        NodeSpec& partner = node_of(scenario, "third");
        partner.behaviour = behaviour;
        partner.partner = name;
    }
    return scenario;
}

Outcome run(const Scenario& scenario, std::uint64_t seed) {
    RunOptions options;
    options.seed = seed;
    return run_world(scenario, options).outcome;
}

std::string broken_rules(const Outcome& outcome) {
    std::string all;
    for (const RuleResult& rule : outcome.rules)
        for (const std::string& violation : rule.violations)
            all += rule.rule + ": " + violation + "\n";
    return all;
}

TEST_CASE("every rule holds whoever cheats, and honest business goes on") {
    constexpr std::uint64_t seeds = 3;
    for (const Row& row : rows())
        for (const std::string& node : row.nodes) {
            const std::string name(to_string(row.behaviour));
            CAPTURE(name);
            CAPTURE(node);
            const Scenario scenario = world_with(row.behaviour, node);
            std::uint64_t cheats = 0;
            std::uint64_t settled = 0;
            for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
                CAPTURE(seed);
                const Outcome outcome = run(scenario, seed);
                CHECK(broken_rules(outcome) == "");
                for (const auto& hit : outcome.cheats_hit) {
                    CHECK(hit.first == name);
                    cheats += hit.second;
                }
                settled += outcome.settled;
            }
            CHECK(cheats >= 1);
            CHECK(settled >= 1);
        }
}

TEST_CASE("every behaviour but honest has a row") {
    std::set<Behaviour> told;
    for (const Row& row : rows())
        told.insert(row.behaviour);
    for (const BehaviourEntry& entry : behaviours()) {
        CAPTURE(entry.name);
        CHECK(told.contains(entry.behaviour) == (entry.behaviour != Behaviour::honest));
    }
}

TEST_CASE("nobody cheats in an honest world, and everything settles") {
    const Outcome outcome = run(honest_world(), 1);
    CHECK(broken_rules(outcome) == "");
    CHECK(outcome.cheats_hit.empty());
    CHECK(outcome.settled == 48);
}

TEST_CASE("a world with cheats is the same each time") {
    for (const Behaviour behaviour : {Behaviour::jammer, Behaviour::late}) {
        const Scenario scenario = world_with(behaviour, "payer");
        CHECK(run(scenario, 7).digest == run(scenario, 7).digest);
    }
}

TEST_CASE("a jammer is held to its share of a connector's account") {
    Scenario scenario = world_with(Behaviour::jammer, "payer");
    node_of(scenario, "payer").accounts.push_back({"test.sek", *AssetId::make("SEK", 2), Amount{}});
    node_of(scenario, "third").accounts[1].balance = Amount{20'000'000};
    std::uint64_t limited = 0;
    std::uint64_t unlimited = 0;
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        node_of(scenario, "third").peer_share_ppm = 300'000;
        const Outcome with = run(scenario, seed);
        CHECK(broken_rules(with) == "");
        limited += with.honest_settled;
        node_of(scenario, "third").peer_share_ppm = 1'000'000;
        const Outcome without = run(scenario, seed);
        CHECK(broken_rules(without) == "");
        unlimited += without.honest_settled;
        CHECK(with.honest_settled == with.honest_orders);
    }
    CHECK(limited > unlimited);
}

// --- messages of a cheat's own making among those of its node ---

core::Message cancel(std::uint8_t number) {
    std::array<std::uint8_t, core::PlanId::size> octets{};
    octets[0] = number;
    return core::message::Cancel{core::PlanId{octets}};
}

TEST_CASE("what a cheat adds arrives once and in order, whatever is lost on the way") {
    const PublicKey self{std::array<std::uint8_t, 32>{1}};
    const PublicKey peer{std::array<std::uint8_t, 32>{2}};
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        CAPTURE(seed);
        Rng rng(seed);
        assembly::PeerLink link(self, peer, 1);
        assembly::PeerInbox inbox;
        Wire wire;
        std::vector<Put> puts;
        std::vector<Bytes> arrived;
        std::vector<Bytes> own;
        std::uint64_t added = 0;
        Timestamp now = Timestamp{} + Duration::seconds(1);
        for (int step = 0; step < 400; ++step) {
            now = now + Duration::milliseconds(200);
            const bool saying = step < 200;
            if (saying && rng.below(3) == 0) {
                own.push_back(core::encode_message(cancel(static_cast<std::uint8_t>(own.size()))));
                REQUIRE(link.send(own.back(), puts));
            }
            if (saying && rng.below(4) == 0) {
                wire.say(peer, core::message::Hold{core::PlanId{
                                   std::array<std::uint8_t, 32>{static_cast<std::uint8_t>(step)}}});
                ++added;
            }
            // What waits goes out with the next one.
            if (step == 200) {
                own.push_back(core::encode_message(cancel(255)));
                REQUIRE(link.send(own.back(), puts));
            }
            auto sent = link.poll(now, puts);
            if (!sent) continue;
            auto batch = assembly::decode_batch(sent->body);
            REQUIRE(batch);
            wire.add_to(peer, *batch);
            const std::uint64_t fate = rng.below(4);
            assembly::event::PeerReplied reply{peer, sent->batch, refuse(Reason::outcome_unknown)};
            if (fate != 0) {
                const auto taken = inbox.take(*batch, puts);
                REQUIRE(!taken.ack.refused);
                for (std::size_t i = taken.skip; i < batch->messages.size(); ++i)
                    arrived.push_back(batch->messages[i]);
                if (fate != 1) reply.reply = taken.ack;
            }
            wire.translate(reply);
            link.replied(now, reply.batch, reply.reply, puts);
        }
        CHECK(link.waiting() == 0);
        CHECK(arrived.size() == own.size() + added);
        std::vector<Bytes> kept;
        for (const Bytes& octets : arrived)
            if (std::find(own.begin(), own.end(), octets) != own.end()) kept.push_back(octets);
        CHECK(kept == own);
    }
}

}  // namespace
}  // namespace lockstep::sim
