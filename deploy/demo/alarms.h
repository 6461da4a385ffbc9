// What the nodes of a world alarmed, and which of it no run may have.
#pragma once

#include <string>
#include <vector>

#include "deploy/demo/world.h"
#include "sdk/codec/json.h"

namespace lockstep::demo {

struct NodeAlarm {
    std::string node;
    client::AlarmView alarm;
};

// Of every node; what it does not tell is appended to the problems.
std::vector<NodeAlarm> read_alarms(World& world, std::vector<std::string>& problems);
// A node lost something, or a ledger refused a claim of it: a line each.
std::vector<std::string> serious(const std::vector<NodeAlarm>& alarms);
std::string to_line(const NodeAlarm& alarm);
Json alarms_json(const std::vector<NodeAlarm>& alarms);

}  // namespace lockstep::demo
