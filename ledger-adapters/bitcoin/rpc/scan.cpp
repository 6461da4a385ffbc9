#include "bitcoin/rpc/scan.h"

#include "bitcoin/rpc/descriptor.h"
#include "bitcoin/rpc/params.h"

namespace lockstep::bitcoin {
namespace {

using Needles = std::map<Bytes, std::string>;  // script, descriptor

Result<void, RpcError> add_needles(const Json& object, const Network& network, Needles& needles) {
    const std::string* text = object.as_text();
    if (object.as_object() != nullptr) {
        const Json& desc = object["desc"];
        if (desc.is_null())
            return rpc_fail(RpcCode::invalid_parameter,
                            "Descriptor needs to be provided in scan object");
        text = desc.as_text();
        if (text == nullptr)
            return rpc_fail(RpcCode::type_error, "JSON value of type " +
                                                     std::string(type_name(desc)) +
                                                     " is not of expected type string");
    } else if (text == nullptr) {
        return rpc_fail(RpcCode::invalid_parameter,
                        "Scan object needs to be either a string or an object");
    }
    auto list = read_descriptor(*text, network);
    if (!list) return tl::unexpected<RpcError>(std::move(list.error()));
    for (Described& described : *list)
        needles.emplace(std::move(described.script), std::move(described.descriptor));
    return {};
}

}  // namespace

RpcAnswer scan_coins(const Chain& chain, const Network& network, const Json::Array& objects) {
    if (objects.size() > max_scan_objects)
        return rpc_fail(RpcCode::invalid_parameter, "Too many scan objects");
    Needles needles;
    for (const Json& object : objects)
        if (auto added = add_needles(object, network, needles); !added)
            return tl::unexpected<RpcError>(std::move(added.error()));
    Json unspents = Json::array();
    Satoshi total = 0;
    for (const auto& [place, held] : chain.coins().all()) {
        const auto found = needles.find(held.output.script);
        if (found == needles.end()) continue;
        total += held.output.value;  // all that there is, is at most max_money
        unspents.push(Json::object({{"txid", to_text(place.txid)},
                                    {"vout", place.index},
                                    {"scriptPubKey", to_hex(held.output.script)},
                                    {"desc", found->second},
                                    {"amount", amount_json(held.output.value)},
                                    {"coinbase", held.coinbase},
                                    {"height", held.height},
                                    {"blockhash", to_text(chain.at(held.height)->id)},
                                    {"confirmations", chain.height() - held.height + 1}}));
    }
    return Json::object({{"success", true},
                         {"txouts", chain.coins().size()},
                         {"height", chain.height()},
                         {"bestblock", to_text(chain.tip().id)},
                         {"unspents", std::move(unspents)},
                         {"total_amount", amount_json(total)}});
}

}  // namespace lockstep::bitcoin
