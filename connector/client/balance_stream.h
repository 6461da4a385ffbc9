// Follows a node's balances: each account at first, then each time it changed, also across lost
// connections. Of several changes in a short time only the newest comes.
#pragma once

#include "connector/client/stream_link.h"

namespace lockstep::client {

class BalanceStream {
public:
    // On a thread of the loop, one at a time.
    using OnBalance = std::function<void(const BalanceView&)>;

    BalanceStream(net::IoLoop& loop, ApiAccess access, OnBalance on_balance,
                  StreamLink::OnTrouble on_trouble = {});
    // No callback begins after it returns, unless it is called from one.
    void stop() { link_.stop(); }

private:
    StreamLink link_;
};

}  // namespace lockstep::client
