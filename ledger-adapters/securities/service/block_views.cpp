// What anyone may read of the chain: its name, its validators, and the headers of its blocks with
// their certificates. Operations are for those whose accounts they concern.
#include <charconv>

#include "sdk/base/time_text.h"
#include "sdk/codec/json.h"
#include "securities/service/cluster.h"

namespace lockstep::securities {
namespace {

constexpr std::string_view chain_path = "/v1/chain";
constexpr std::string_view blocks_path = "/v1/blocks/";

Json block_json(const DecidedBlock& block) {
    const BlockHeader& header = block.header;
    Json signatures = Json::array();
    for (const ValidatorSignature& signature : block.certificate.signatures)
        signatures.push(Json::object(
            {{"validator", signature.validator}, {"signature", signature.signature.hex()}}));
    return Json::object({
        {"height", header.height},
        {"hash", header.hash().hex()},
        {"chain", header.chain.hex()},
        {"round", header.round},
        {"time", format_time(header.time)},
        {"parent", header.parent.hex()},
        {"tx_root", header.tx_root.hex()},
        {"state_root", header.state_root.hex()},
        {"validators", header.validators.hex()},
        {"leaves", block.leaves.size()},
        {"certificate",
         Json::object({{"round", block.certificate.round}, {"signatures", std::move(signatures)}})},
    });
}

}  // namespace

Json chain_json(const Genesis& genesis) {
    Json keys = Json::array();
    for (const PublicKey& key : genesis.validators.keys)
        keys.push(key.hex());
    return Json::object({{"chain", genesis.chain_id().hex()},
                         {"ledger", genesis.ledger.text()},
                         {"operator", genesis.operator_key.hex()},
                         {"validators", std::move(keys)},
                         {"quorum", genesis.validators.quorum}});
}

bool Cluster::route(const net::HttpRequest& request, const net::Respond& respond) {
    if (request.method != "GET") return false;
    if (request.path == chain_path) {
        respond(net::json_response(200, write_json(chain_json(keys_.genesis))));
        return true;
    }
    const std::string_view path = request.path;
    if (path.substr(0, blocks_path.size()) != blocks_path) return false;
    const std::string_view digits = path.substr(blocks_path.size());
    std::uint64_t height = 0;
    const auto [end, error] = std::from_chars(digits.begin(), digits.end(), height);
    if (error != std::errc{} || end != digits.end() || height == 0) return false;
    workers_.post([this, height, respond] {
        const auto octets = block_octets(*nodes_.front(), height);
        const auto block = octets ? decode_decided(*octets) : refuse(Reason::not_found);
        if (!block) return respond(net::problem(Reason::not_found, "no block of this height"));
        respond(net::json_response(200, write_json(block_json(*block))));
    });
    return true;
}

}  // namespace lockstep::securities
