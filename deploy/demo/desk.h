// The venue's trading desk: submits trades to the venue's node and follows its event stream until
// each of them ended. It holds no opinion of its own: an outcome is what the node says.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "connector/client/api_client.h"
#include "connector/client/event_stream.h"

namespace lockstep::demo {

enum class Outcome : std::uint8_t { open, settled, unwound, declined, broken };
std::string_view to_string(Outcome outcome);

struct Tracked {
    client::TradeRequest request;
    Outcome outcome = Outcome::open;
    std::string reason;
    std::chrono::steady_clock::time_point instructed;  // when it was due
    std::chrono::steady_clock::time_point ended;
};

struct Phase {
    std::vector<client::TradeRequest> trades;
    std::size_t in_flight = 256;         // open at a time
    double per_second = 0;               // 0: as fast as trades end; else due at this rate
    std::chrono::seconds patience{180};  // gives up when nothing ends for this long
    // Once it says so no more are submitted, and what was not is left out of the phase.
    std::function<bool()> enough = nullptr;
    // Ends it as `stop` does.
    std::function<bool()> halted = nullptr;
};

struct Counts {
    std::size_t total = 0, submitted = 0, settled = 0, unwound = 0, declined = 0, broken = 0;
    std::size_t ended() const { return settled + unwound + declined + broken; }
    std::size_t open() const { return submitted - ended(); }
    double seconds = 0;  // since the phase began
};

struct PhaseResult {
    std::vector<Tracked> trades;  // in the order of the phase
    Counts counts;
    std::string trouble;  // why the phase stopped early; empty when every trade ended
    // Settled, divided by the time from the first submission to the last settlement.
    double settled_per_second() const;
    // Of settled trades, from instruction to settled, in milliseconds; 0 without any.
    double latency_ms(double quantile) const;
};

// Appends another's trades and counts; the seconds are those of the longer one.
void add_phase(PhaseResult& to, PhaseResult from);
// Appends the phase's trades that settled.
void add_settled(const PhaseResult& phase, std::vector<client::TradeRequest>& settled);

class Desk {
public:
    Desk(net::IoLoop& loop, const client::ApiAccess& venue);
    ~Desk();
    Desk(const Desk&) = delete;
    Desk& operator=(const Desk&) = delete;

    using Progress = std::function<void(const Counts&)>;
    // Blocks until every trade ended, patience is lost or `stop` is set. `progress` is called a few
    // times a second.
    PhaseResult run(Phase phase, const std::atomic<bool>& stop, const Progress& progress);

private:
    using Clock = std::chrono::steady_clock;

    void on_event(const client::EventView& event);
    void end(std::size_t index, Outcome outcome, const std::string& reason);
    // Submits the next ones; the trouble when the venue refuses the batch.
    std::string submit(std::size_t count);
    std::size_t due(Clock::time_point now) const;
    Counts counts() const;

    client::ApiClient venue_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Tracked> trades_;
    std::map<std::string, std::size_t> by_reference_;  // the first trade of that name
    Counts counts_;
    Phase phase_;
    Clock::time_point began_;
    Clock::time_point last_end_;
    const std::atomic<bool>* stop_ = nullptr;
    bool is_stopped() const { return stop_->load() || (phase_.halted && phase_.halted()); }
    client::EventStream stream_;  // last: its callbacks use the members above
};

}  // namespace lockstep::demo
