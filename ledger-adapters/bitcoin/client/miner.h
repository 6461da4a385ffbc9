// Has a node make blocks at an interval, in regtest, where nobody else does. A node that is away or
// does not let us in (after a restart its cookie is another) is asked again at the next turn; one
// that does not take the address, or makes no blocks for the asking, ends it.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>

#include "bitcoin/client/rpc_client.h"

namespace lockstep::bitcoin {

struct MinerSettings {
    std::string address;  // that the blocks pay
    Duration interval;    // between the beginnings of two calls
};

class Miner {
public:
    explicit Miner(MinerSettings settings);

    // Mines until stop(). Code: bad_call. Logs when the node goes and when it comes back.
    Result<void, Failure> run(RpcClient& node);
    // From any thread, before run() too; run() returns when the call under way is answered.
    void stop();
    std::uint64_t blocks() const { return blocks_; }

private:
    void note(const Result<Json, Failure>& answer);

    MinerSettings settings_;
    std::uint64_t blocks_ = 0;
    bool away_ = false;
    std::mutex mutex_;  // of stopped_
    std::condition_variable changed_;
    bool stopped_ = false;
};

}  // namespace lockstep::bitcoin
