#include "deploy/demo/pulse.h"

#include "deploy/demo/bitcoin_cast.h"
#include "deploy/demo/run_parts.h"

namespace lockstep::demo {

namespace {

constexpr std::chrono::milliseconds node_step{200};
constexpr std::chrono::milliseconds block_step{50};
constexpr double longest_gap_s = static_cast<double>(chain_profile.finality.us()) / 1e6;

}  // namespace

Pulse::Pulse(World& world, std::chrono::steady_clock::time_point began)
    : world_(world), began_(began) {
    for (const std::string& node : world_.nodes())
        threads_.emplace_back([this, node] { ask(node); });
    threads_.emplace_back([this] { watch_blocks(); });
}

Pulse::~Pulse() {
    stop();
}

void Pulse::stop() {
    stopping_ = true;
    for (std::thread& thread : threads_) {
        if (thread.joinable()) thread.join();
    }
}

std::vector<Outage> Pulse::stalls() const {
    const std::lock_guard lock(mutex_);
    return stalls_;
}

std::vector<BlockGap> Pulse::gaps() const {
    const std::lock_guard lock(mutex_);
    return gaps_;
}

void Pulse::ask(const std::string& node) {
    const double least = longest_outage_s(node, world_.settings().profiles) / 2;
    for (; !stopping_; std::this_thread::sleep_for(node_step)) {
        if (!world_.is_at_work(node)) continue;
        const double at = since(began_);
        // What it says does not matter, nor whether it was killed before it could.
        (void)world_.client(node).stats();
        const double seconds = since(began_) - at;
        if (seconds < least || !world_.is_at_work(node)) continue;
        const std::lock_guard lock(mutex_);
        stalls_.push_back({node, at, seconds});
    }
}

void Pulse::watch_blocks() {
    const auto chain = world_.chain_client();
    std::int64_t height = -1;
    double last = since(began_);
    while (true) {
        const bool ends = stopping_;
        const auto tip = chain->call("getblockcount");
        const double now = since(began_);
        const std::int64_t top = tip ? tip->as_int64().value_or(height) : height;
        const bool rests = !world_.is_at_work("miner");
        if (top != height || rests || ends) {
            if (!rests && height >= 0 && now - last >= longest_gap_s) {
                const std::lock_guard lock(mutex_);
                gaps_.push_back({last, now - last});
            }
            height = top;
            last = now;
        }
        if (ends) return;
        std::this_thread::sleep_for(block_step);
    }
}

}  // namespace lockstep::demo
