#include "bitcoin/client/miner.h"

#include <algorithm>
#include <chrono>

#include "sdk/service/log.h"

namespace lockstep::bitcoin {

using Steady = std::chrono::steady_clock;

Miner::Miner(MinerSettings settings) : settings_(std::move(settings)) {}

void Miner::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
    }
    changed_.notify_all();
}

void Miner::note(const Result<Json, Failure>& answer) {
    if (answer && away_)
        service::log(service::LogLevel::info, "node_back", Json::object({{"blocks", blocks_}}));
    if (!answer && !away_)
        service::log(
            service::LogLevel::warning, "node_away",
            Json::object({{"code", answer.error().code}, {"detail", answer.error().detail}}));
    away_ = !answer;
}

Result<void, Failure> Miner::run(RpcClient& node) {
    auto turn = Steady::now();
    while (true) {
        {
            std::unique_lock lock(mutex_);
            if (changed_.wait_until(lock, turn, [this] { return stopped_; })) return {};
        }
        const auto answer =
            node.call("generatetoaddress", Json::array().push(1).push(settings_.address));
        if (!answer && answer.error().code == "bad_call")
            return unexpected<Failure>(answer.error());
        if (answer) ++blocks_;
        note(answer);
        // Turns that were missed are not made up for: blocks in a burst have stamps ahead of time.
        turn = std::max(turn + std::chrono::microseconds(settings_.interval.us()), Steady::now());
    }
}

}  // namespace lockstep::bitcoin
