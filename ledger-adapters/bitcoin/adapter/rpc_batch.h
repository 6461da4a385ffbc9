// JSON-RPC to a Bitcoin node as batches: an array even of one call, because the answer of a batch
// has HTTP status 200 whatever is in it, and an error arrives with its code and message.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bitcoin/script/transaction.h"
#include "sdk/base/reason.h"
#include "sdk/codec/json.h"
#include "sdk/machine/adapter.h"

namespace lockstep::bitcoin {

struct RpcFailure {
    std::int64_t code = 0;
    std::string message;
};
using RpcResult = Result<Json, RpcFailure>;

class RpcBatch {
public:
    void add(std::string_view method, Json params = Json::array());
    std::size_t size() const { return calls_.size(); }
    // The first one's method, and what it asks for, for people: "getblock 00ab…".
    std::string first_call() const;
    // In the older form of JSON-RPC, which every version answers.
    Bytes body() const;

private:
    Json calls_ = Json::array();
};

// To a node, which is no service of Lockstep's. `patience`: as Request.
Request to_node(std::uint64_t id, const RpcBatch& batch, Duration patience = {});

// The answers of a batch of so many calls, by call; nullopt for anything else.
std::optional<std::vector<RpcResult>> read_batch(ByteView body, std::size_t calls);

// Why there is no answer: nothing was sent.
constexpr bool never_left(Reason reason) {
    return reason == Reason::unavailable || reason == Reason::overloaded;
}

// The codes that say what became of a transaction (Bitcoin Core, rpc/protocol.h).
constexpr std::int64_t rpc_missing_inputs = -25;
constexpr std::int64_t rpc_rejected = -26;
constexpr std::int64_t rpc_in_chain = -27;

// An amount as nodes write it: a number with at most eight decimals. A double holds 21 million
// coins to the satoshi.
std::optional<Satoshi> satoshi_of(const Json& amount);
std::optional<Bytes> octets_of(const Json& hexadecimal);

}  // namespace lockstep::bitcoin
