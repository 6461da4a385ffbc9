// A whole small world: the octets say who cheats, what strikes whom and when, and the oracle's
// rules must hold whatever they say.
#include <cstdio>
#include <iterator>

#include "sdk/base/assert.h"
#include "sim/app/runner.h"
#include "sim/scenario/catalogue.h"
#include "sim/scenario/check.h"
#include "tests/fuzz/targets.h"

namespace lockstep::fuzz {
namespace {

using namespace sim;

constexpr const char* csd = "test.csd";
constexpr const char* sek = "test.sek";
constexpr const char* eur = "test.eur";
constexpr Duration length = Duration::seconds(66);
constexpr Duration instant = Duration::milliseconds(250);  // what a moment's octet counts
constexpr Duration short_time = Duration::milliseconds(20);
constexpr std::uint32_t ppm_a_step = 2'000;
constexpr std::size_t octets_a_fault = 4;

AssetId asset(const char* code, std::uint8_t scale) {
    const auto made = AssetId::make(code, scale);
    ASSERT(made);
    return *made;
}

NodeSpec node(const char* name) {
    NodeSpec spec;
    spec.name = name;
    spec.endurance = default_endurance;
    return spec;
}

// Delivery versus payment over a depository and two currencies, as in the demonstration.
Scenario small_world() {
    Scenario world;
    world.name = "fuzzed";
    world.length = length;
    const AssetId share = asset("SE0000108656", 0);
    const AssetId krona = asset("SEK", 2);
    const AssetId euro = asset("EUR", 2);
    const std::pair<const char*, AssetId> ledgers[] = {{csd, share}, {sek, krona}, {eur, euro}};
    for (const auto& [name, listed] : ledgers) {
        LedgerSpec ledger;
        ledger.name = name;
        ledger.assets = {listed};
        ledger.profile = default_profile;
        ledger.beat = default_beat;
        if (ledger.name == csd) {
            ledger.kind = LedgerKind::securities;
            ledger.profile.block = default_block;
        }
        world.ledgers.push_back(std::move(ledger));
    }
    NodeSpec venue = node("venue");
    venue.venue = true;
    NodeSpec buyer = node("buyer");
    buyer.buyer = true;
    buyer.accounts = {{eur, euro, Amount{1'000'000'00}}, {csd, share, Amount{}}};
    NodeSpec seller = node("seller");
    seller.seller = true;
    seller.accounts = {{sek, krona, Amount{}}, {csd, share, Amount{1'000}}};
    NodeSpec connector = node("connector");
    connector.accounts = {{sek, krona, Amount{5'000'000'00}}, {eur, euro, Amount{}}};
    connector.offers = {{eur, sek, 893, 10'000, 1'500, Amount{}}};
    world.nodes = {std::move(venue), std::move(buyer), std::move(seller), std::move(connector)};
    world.load.from = default_from;
    world.load.until = length - Duration::seconds(20);
    return world;
}

// Zero where the octets have ended.
class Octets {
public:
    explicit Octets(ByteView octets) : left_(octets) {}
    bool has(std::size_t count) const { return left_.size() >= count; }
    std::uint8_t next() {
        if (left_.empty()) return 0;
        const std::uint8_t octet = left_.front();
        left_ = left_.subspan(1);
        return octet;
    }

private:
    ByteView left_;
};

// Who cannot behave so stays honest.
void set_behaviour(Scenario& world, std::size_t index, std::uint8_t octet) {
    world.nodes[index].behaviour = behaviours()[octet % behaviours().size()].behaviour;
    if (!check_structure(world).empty()) world.nodes[index].behaviour = Behaviour::honest;
}

// What means nothing, or is more than the margins were reckoned with, is left out.
void add_fault(Scenario& world, Octets& octets) {
    FaultSpec fault;
    const FaultEntry& kind = faults()[octets.next() % faults().size()];
    fault.kind = kind.kind;
    const std::uint8_t when = octets.next();
    const std::uint8_t whom = octets.next();
    const std::uint8_t lasts = octets.next();
    if (kind.timing == FaultTiming::message)
        fault.ppm = (when % 16U + 1) * ppm_a_step;
    else
        fault.at = instant * when;
    const std::size_t places = world.nodes.size() + world.ledgers.size() + 1;
    const std::size_t place = whom % places;
    if (place < world.nodes.size())
        fault.target = world.nodes[place].name;
    else if (place < places - 1)
        fault.target = world.ledgers[place - world.nodes.size()].name;
    if (kind.timing == FaultTiming::lasting && lasts > 0) fault.lasts = short_time * lasts;
    world.faults.push_back(fault);
    if (check_scenario(world).empty()) return;
    // Whom and how long it strikes is drawn, then.
    world.faults.back().target.clear();
    world.faults.back().lasts.reset();
    if (!check_scenario(world).empty()) world.faults.pop_back();
}

}  // namespace

bool fuzz_world(ByteView octets) {
    if (octets.size() < 6) return false;
    Octets from(octets);
    Scenario world = small_world();
    RunOptions with;
    with.seed = from.next();
    world.load.trades = 1 + from.next() % 4U;
    for (std::size_t i = 0; i < world.nodes.size(); ++i)
        set_behaviour(world, i, from.next());
    while (from.has(octets_a_fault))
        add_fault(world, from);
    ASSERT(check_scenario(world).empty());
    const Run run = run_world(world, with);
    for (const RuleResult& rule : run.outcome.rules) {
        for (const std::string& violation : rule.violations)
            std::fprintf(stderr, "%s: %s\n", rule.rule.c_str(), violation.c_str());
        ASSERT(rule.violations.empty());
    }
    ASSERT(run.outcome.settlements == world.load.trades);
    return true;
}

}  // namespace lockstep::fuzz
