// JSON-RPC as Bitcoin Core speaks it: requests one by one or in a batch, the older forms (1.0, 1.1)
// and 2.0, errors with its codes, and which HTTP status an answer has. What a method does is not
// known here. Source: Bitcoin Core 29, rpc/protocol.h, rpc/request.cpp, httprpc.cpp.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "sdk/codec/json.h"

namespace lockstep::bitcoin {

// name in lower case, code
#define LOCKSTEP_RPC_CODES(X)            \
    X(invalid_request, -32600)           \
    X(method_not_found, -32601)          \
    X(invalid_params, -32602)            \
    X(internal_error, -32603)            \
    X(parse_error, -32700)               \
    X(misc_error, -1)                    \
    X(type_error, -3)                    \
    X(invalid_address_or_key, -5)        \
    X(out_of_memory, -7)                 \
    X(invalid_parameter, -8)             \
    X(database_error, -20)               \
    X(deserialization_error, -22)        \
    X(verify_error, -25)                 \
    X(verify_rejected, -26)              \
    X(verify_already_in_utxo_set, -27)   \
    X(in_warmup, -28)                    \
    X(method_deprecated, -32)            \
    X(forbidden_by_safe_mode, -2)        \
    X(client_not_connected, -9)          \
    X(client_in_initial_download, -10)   \
    X(client_node_already_added, -23)    \
    X(client_node_not_added, -24)        \
    X(client_node_not_connected, -29)    \
    X(client_invalid_ip_or_subnet, -30)  \
    X(client_p2p_disabled, -31)          \
    X(client_mempool_disabled, -33)      \
    X(client_node_capacity_reached, -34) \
    X(wallet_error, -4)                  \
    X(wallet_insufficient_funds, -6)     \
    X(wallet_invalid_label_name, -11)    \
    X(wallet_keypool_ran_out, -12)       \
    X(wallet_unlock_needed, -13)         \
    X(wallet_passphrase_incorrect, -14)  \
    X(wallet_wrong_enc_state, -15)       \
    X(wallet_encryption_failed, -16)     \
    X(wallet_already_unlocked, -17)      \
    X(wallet_not_found, -18)             \
    X(wallet_not_specified, -19)         \
    X(wallet_already_loaded, -35)        \
    X(wallet_already_exists, -36)

enum class RpcCode : int {
#define LOCKSTEP_RPC_CODE(name, code) name = code,
    LOCKSTEP_RPC_CODES(LOCKSTEP_RPC_CODE)
#undef LOCKSTEP_RPC_CODE
};

struct RpcError {
    RpcCode code = RpcCode::misc_error;
    std::string message;
    friend bool operator==(const RpcError&, const RpcError&) = default;
};
using RpcAnswer = Result<Json, RpcError>;

inline auto rpc_fail(RpcCode code, std::string message) {
    return tl::unexpected<RpcError>(RpcError{code, std::move(message)});
}

enum class RpcVersion : std::uint8_t { legacy, second };

struct RpcRequest {
    std::string method;
    Json params = Json::array();  // an array, or an object of named arguments
    std::optional<Json> id;       // nullopt where the request has none
    RpcVersion version = RpcVersion::legacy;
    // Of version 2.0 and without an id: it is carried out and not answered.
    bool is_notification() const { return version == RpcVersion::second && !id; }
};

// As many octets as Bitcoin Core's server takes in a body; the largest block in hexadecimal is 8
// million.
constexpr JsonLimits rpc_limits{.max_size = 0x02000000, .max_depth = 64};
constexpr std::size_t max_batch = 10'000;

// One request of a body or batch. On failure `into` has what was read until then: the id and the
// version, which the answer needs.
std::optional<RpcError> read_request(const Json& json, RpcRequest& into);
// The object that answers it.
Json reply_to(const RpcRequest& request, const RpcAnswer& answer);

struct RpcReply {
    int http_status = 200;
    std::string body;  // ends with a line feed; empty with 204
};
// 400 for an invalid request, 404 for an unknown method, 500 for all else.
int http_status_of(const RpcError& error);
using RpcCall = std::function<RpcAnswer(const RpcRequest&)>;
// Calls for each request in turn. A batch is answered with 200, whatever is in it.
RpcReply answer_body(std::string_view body, const RpcCall& call);

}  // namespace lockstep::bitcoin
