// A mistake in the configuration is one line that names it.
#include "routing/path.h"
#include "tests/unit/core_checks.h"
#include "tests/unit/core_world_settings.h"

using namespace lockstep;
using namespace lockstep::test;

namespace {

struct Row {
    const char* node;
    void (*change)(core::NodeConfig&);
    const char* mistake;  // a part of the line
};

}  // namespace

TEST_CASE("each mistake in a configuration is one line") {
    const Row rows[] = {
        {"connector", [](auto& c) { c.ledgers.push_back(c.ledgers[0]); },
         "ledgers[2].address: test.sek is named twice; it is ledgers[0] already"},
        {"connector", [](auto& c) { c.ledgers[0].accounts.push_back(addr("test.eur.conn")); },
         "ledgers[0].accounts[1]: test.eur.conn is not an account of this ledger"},
        {"connector",
         [](auto& c) {
             c.ledgers[0].accounts.push_back(addr("test.sek.more"));
             c.ledgers[0].ledger = addr("test.sekk");
         },
         "ledgers[0].address: none of its accounts is of test.sekk"},
        {"connector",
         [](auto& c) {
             c.own_offers.clear();
             c.ledgers[0].timing.profile.inclusion = Duration{};
         },
         "ledgers[0].profile.inclusion_ms: must be positive"},
        {"connector", [](auto& c) { c.ledgers[0].timing.profile.late = Duration{-1}; },
         "ledgers[0].profile.late_ms: is negative"},
        {"connector",
         [](auto& c) {
             c.ledgers[0].timing.profile.finality = Duration::seconds(600);
             c.ledgers[0].timing.profile.rollback = Duration::seconds(600);
         },
         "endurance.rollbacks: must be at least 1, because ledgers[0].profile.rollback_ms"},
        {"connector",
         [](auto& c) {
             c.own_offers.clear();
             c.endurance.rollbacks = 1;
             c.ledgers[0].timing.profile.finality = Duration::seconds(599);
             c.ledgers[0].timing.profile.rollback = Duration::seconds(600);
         },
         "ledgers[0].profile.rollback_ms: is longer than finality_ms"},
        {"buyer", [](auto& c) { c.endurance.outage = Duration::seconds(-1); },
         "endurance.outage_ms: is negative"},
        {"connector", [](auto& c) { c.own_offers[0].out_ledger = addr("test.usd"); },
         "offers[0].out_ledger: test.usd is a ledger that is not configured"},
        {"connector", [](auto& c) { c.own_offers[0].connector = PublicKey{}; },
         "offers[0].connector: is not this node"},
        {"connector", [](auto& c) { c.own_offers[0].out_account = addr("test.sek.other"); },
         "offers[0].out_account: test.sek.other is not configured; expected one of the accounts of "
         "test.sek"},
        {"connector", [](auto& c) { c.own_offers[0].rate_den = 0; },
         "offers[0].rate: must be positive"},
        {"connector", [](auto& c) { c.own_offers[0].rate_num = routing::max_rate_term + 1; },
         "at most 2^40"},
        {"connector", [](auto& c) { c.own_offers[0].min_out = Amount{UINT64_MAX}; },
         "offers[0].min_out: 184467440737095516.15 is above max_out, "},
        {"connector", [](auto& c) { c.own_offers[0].spread_ppm = 1'000'001; },
         "offers[0].spread_ppm: is above 100 %"},
        {"connector", [](auto& c) { c.own_offers[0].margin = Duration::seconds(13) - Duration{1}; },
         "offers[0].margin_ms: a margin of 12.999 s is below the bound of 13.000 s"},
        {"connector", [](auto& c) { c.endurance.outages = 4; }, "is below the bound of 16.000 s"},
        {"buyer", [](auto& c) { c.peers[1].key = c.peers[0].key; },
         "peers[1].key: is used twice: it is the key of "},
        {"buyer", [](auto& c) { c.peers[1].name = c.peers[0].name; },
         "is named twice; it is peers[0] already"},
        {"buyer", [](auto& c) { c.peers[0].max_hold = Duration{}; },
         "peers[0].max_hold_ms: must be positive"},
        {"buyer", [](auto& c) { c.known_offers[0].connector = PublicKey{}; },
         "known_offers[0].connector: "},
        {"buyer", [](auto& c) { c.known_offers[0].connector = c.self; }, "is not a peer"},
        {"buyer", [](auto& c) { c.known_offers[0].in_account = addr("test.sek.conn"); },
         "known_offers[0].in_account: test.sek.conn is not an account of "},
        {"buyer", [](auto& c) { c.known_offers[0].margin = Duration{-1}; },
         "known_offers[0].margin_ms: is negative"},
        {"buyer", [](auto& c) { c.parties[1].name = c.parties[0].name; },
         "is named twice; it is parties[0] already"},
        {"buyer", [](auto& c) { c.parties[0].name.clear(); },
         "parties[0].name: expected 1 to 64 octets"},
        {"buyer", [](auto& c) { c.parties[0].node = PublicKey{}; },
         " is not a peer; expected the key of one of [[peers]] or this node's own"},
        {"buyer", [](auto& c) { c.parties[0].cash_account = addr("test.eur.other"); },
         "parties[0].cash_account: test.eur.other is not a configured account"},
        {"buyer", [](auto& c) { c.parties[0].cash_account = c.parties[0].securities_account; },
         "are one account"},
        {"venue", [](auto& c) { c.parties[0].margin = Duration{-1}; }, "0 to 24 hours"},
        {"venue", [](auto& c) { c.parties[0].margin = Duration::seconds(86'401); },
         "0 to 24 hours"},
        {"seller", [](auto& c) { c.parties[0].margin = Duration::seconds(13) - Duration{1}; },
         "parties[0].margin_ms: a margin of 12.999 s is below the bound of 13.000 s"},
        {"buyer", [](auto& c) { c.instruments.push_back(c.instruments[0]); },
         "is named twice; it is instruments[0] already"},
        {"buyer", [](auto& c) { c.price_asset = AssetId{}; },
         "instruments[0].reference_price: needs price_asset"},
        {"buyer", [](auto& c) { c.quote_life = Duration{}; },
         "limits.quote_life_ms: must be positive"},
        {"buyer", [](auto& c) { c.slack_per_hop = Duration{-1}; },
         "limits.slack_per_hop_ms: is negative"},
    };
    CoreWorld world;
    for (const Row& row : rows) {
        core::NodeConfig config = world.node(row.node).config;
        REQUIRE(core::check_config(config).empty());
        row.change(config);
        const auto mistakes = core::check_config(config);
        CAPTURE(std::string(row.mistake));
        REQUIRE(mistakes.size() == 1);
        CAPTURE(mistakes[0]);
        CHECK(mistakes[0].find(row.mistake) != std::string::npos);
        CHECK(mistakes[0].find('\n') == std::string::npos);
    }
}

TEST_CASE("nothing is said of a party's node where the node's own key is unknown") {
    CoreWorld world;
    core::NodeConfig config = world.node("buyer").config;
    config.self = PublicKey{};
    CHECK(core::check_config(config).empty());
}
