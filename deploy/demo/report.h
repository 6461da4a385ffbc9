// What a run of the demonstration found, as one JSON object and as tables for people.
#pragma once

#include <string>
#include <vector>

#include "deploy/demo/alarms.h"
#include "deploy/demo/books.h"
#include "deploy/demo/chaos.h"
#include "deploy/demo/desk.h"
#include "deploy/demo/world.h"
#include "sdk/codec/json.h"

namespace lockstep::demo {

struct Report {
    PhaseResult file;     // the trades of the file
    PhaseResult beside;   // what flowed beside those, where there was chaos
    PhaseResult speed;    // closed loop
    PhaseResult latency;  // at half the measured rate
    std::size_t in_flight = 0;
    double latency_rate = 0;  // trades a second that were due
    std::vector<LedgerBooks> before;
    std::vector<LedgerBooks> after;
    bool conserved = false;
    std::vector<client::FeeView> fees;  // of the connector
    std::vector<NodeAlarm> alarms;
    Profiles profiles;                  // of the world
    std::vector<Outage> outages;        // of the chaos
    std::vector<Inclusion> inclusions;  // measured during the chaos
    std::vector<Ending> endings;
    Figures figures;
    std::uint64_t restarts = 0;
    double set_up_s = 0, total_s = 0;
    // Everything that was not as it should be, a line each.
    std::vector<std::string> problems;
};

Json to_json(const Report& report);
// Parts of it.
Json phase_json(const PhaseResult& phase);
Json reasons_json(const PhaseResult& phase);
Json balances_json(const std::vector<LedgerBooks>& before, const std::vector<LedgerBooks>& after);
Json books_json(const std::vector<LedgerBooks>& books);
Json replays_json(const std::vector<Ending>& endings);
Json machine_json();

std::string outcome_table(const PhaseResult& phase);
std::string balance_table(const std::vector<LedgerBooks>& before,
                          const std::vector<LedgerBooks>& after);
std::string books_table(const std::vector<LedgerBooks>& books);
std::string figures_text(const Report& report);

// What a trade of the file is meant to come to, told from the file and the world alone.
Outcome expected_outcome(const client::TradeRequest& trade, bool is_repeat);

}  // namespace lockstep::demo
