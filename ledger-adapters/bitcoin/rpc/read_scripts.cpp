// Methods on scripts and addresses. Source: Bitcoin Core 29, rpc/rawtransaction.cpp,
// rpc/output_script.cpp.
#include "bitcoin/rpc/read_methods.h"
#include "bitcoin/rpc/views_script.h"

namespace lockstep::bitcoin {
namespace {

RpcAnswer decode_script(const NodeView& node, Params& params) {
    const bool is_empty = params.text(0).empty();
    const Bytes script = is_empty ? Bytes{} : params.hex(0, "argument");
    if (params.failed()) return params.failure();
    return decoded_script_json(script, node.network);
}

RpcAnswer validate_address(const NodeView& node, Params& params) {
    return address_json(params.text(0), node.network);
}

constexpr ParamSpec script_params[]{{"hexstring", ParamType::hex, true}};
constexpr ParamSpec address_params[]{{"address", ParamType::text, true}};
constexpr ReadMethod methods_of_scripts[]{
    {{"rawtransactions", "decodescript", script_params, "Decode a hex-encoded script."},
     decode_script},
    {{"util", "validateaddress", address_params,
      "Return information about the given bitcoin address."},
     validate_address},
};

}  // namespace

std::span<const ReadMethod> script_methods() {
    return methods_of_scripts;
}

}  // namespace lockstep::bitcoin
