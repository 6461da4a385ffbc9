// The stream of balances: each reader gets all accounts at first and then those that changed, at
// most every 100 ms. A balance is a state, not an event: of several changes only the newest is
// told, nothing is stored for it, and a reader that comes again begins with all accounts.
//
// A message is {"balances": [...]}.
#pragma once

#include <memory>

#include "connector/api/node_port.h"
#include "sdk/net/http_server.h"

namespace lockstep::api {

constexpr std::size_t max_balance_readers = 64;
constexpr Duration balance_pause = Duration::milliseconds(100);

class BalanceFeed {
public:
    BalanceFeed(NodePort& node, net::IoLoop& loop);
    ~BalanceFeed();
    BalanceFeed(const BalanceFeed&) = delete;
    BalanceFeed& operator=(const BalanceFeed&) = delete;

    void accept(const net::WebSocketAccept& accept);
    void stop();

    struct State;

private:
    std::shared_ptr<State> state_;
};

}  // namespace lockstep::api
