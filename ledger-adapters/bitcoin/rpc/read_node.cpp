// Methods on the node itself. Source: Bitcoin Core 29, rpc/net.cpp, rpc/server.cpp.
#include "bitcoin/rpc/read_methods.h"

namespace lockstep::bitcoin {
namespace {

// Whose forms the answers have; clients choose theirs by it.
constexpr int core_version = 290'000;
constexpr std::string_view core_name = "/Satoshi:29.0.0(lockstep-mock)/";
constexpr int protocol_version = 70'016;

// As if it had the internet and no proxy.
Json networks_json() {
    Json list = Json::array();
    for (const std::string_view name : {"ipv4", "ipv6", "onion", "i2p", "cjdns"}) {
        const bool is_reachable = name.starts_with("ipv");
        list.push(Json::object({{"name", name},
                                {"limited", !is_reachable},
                                {"reachable", is_reachable},
                                {"proxy", ""},
                                {"proxy_randomize_credentials", false}}));
    }
    return list;
}

// There are no peers: NODE_NETWORK, NODE_WITNESS and NODE_NETWORK_LIMITED are what it has to give.
RpcAnswer get_network_info(const NodeView& node, Params&) {
    const PoolPolicy& policy = node.pool.policy();
    return Json::object({{"version", core_version},
                         {"subversion", core_name},
                         {"protocolversion", protocol_version},
                         {"localservices", "0000000000000409"},
                         {"localservicesnames",
                          Json::array().push("NETWORK").push("WITNESS").push("NETWORK_LIMITED")},
                         {"localrelay", true},
                         {"timeoffset", 0},
                         {"networkactive", true},
                         {"connections", 0},
                         {"connections_in", 0},
                         {"connections_out", 0},
                         {"networks", networks_json()},
                         {"relayfee", amount_json(policy.min_relay)},
                         {"incrementalfee", amount_json(policy.incremental)},
                         {"localaddresses", Json::array()},
                         {"warnings", Json::array()}});
}

RpcAnswer uptime(const NodeView& node, Params&) {
    return node.now_s - node.started_s;
}

constexpr ReadMethod methods_of_node[]{
    {{"network",
      "getnetworkinfo",
      {},
      "Returns an object containing various state info regarding P2P networking."},
     get_network_info},
    {{"control", "uptime", {}, "Returns the total uptime of the server."}, uptime},
};

}  // namespace

std::span<const ReadMethod> node_methods() {
    return methods_of_node;
}

}  // namespace lockstep::bitcoin
