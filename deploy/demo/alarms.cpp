#include "deploy/demo/alarms.h"

namespace lockstep::demo {

std::vector<NodeAlarm> read_alarms(World& world, std::vector<std::string>& problems) {
    std::vector<NodeAlarm> all;
    for (const std::string& node : world.nodes()) {
        const auto alarms = world.client(node).alarms();
        if (!alarms) {
            problems.push_back(node + " does not tell its alarms: " + alarms.error().detail);
            continue;
        }
        for (const client::AlarmView& alarm : *alarms)
            all.push_back({node, alarm});
    }
    return all;
}

std::vector<std::string> serious(const std::vector<NodeAlarm>& alarms) {
    std::vector<std::string> lines;
    for (const NodeAlarm& one : alarms) {
        if (one.alarm.code == "loss" || one.alarm.code == "claim_refused")
            lines.push_back(to_line(one));
    }
    return lines;
}

std::string to_line(const NodeAlarm& alarm) {
    return alarm.node + " alarmed " + alarm.alarm.code + ": " + alarm.alarm.detail;
}

Json alarms_json(const std::vector<NodeAlarm>& alarms) {
    Json list = Json::array();
    for (const auto& [node, alarm] : alarms)
        list.push(Json::object({{"node", node}, {"code", alarm.code}, {"detail", alarm.detail}}));
    return list;
}

}  // namespace lockstep::demo
