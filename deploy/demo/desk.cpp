#include "deploy/demo/desk.h"

#include <algorithm>
#include <iterator>
#include <thread>

#include "sdk/base/assert.h"

namespace lockstep::demo {

namespace {

constexpr std::size_t most_in_a_call = 256;
// Trades that become due while a call is under way go with the next one.
constexpr std::chrono::milliseconds paced_step{5};
constexpr std::chrono::milliseconds progress_step{200};
constexpr std::chrono::milliseconds retry_step{50};

double seconds_between(std::chrono::steady_clock::time_point from,
                       std::chrono::steady_clock::time_point to) {
    return std::chrono::duration<double>(to - from).count();
}

bool may_retry(const std::string& code) {
    return code == to_string(Reason::unavailable) || code == to_string(Reason::outcome_unknown) ||
           code == to_string(Reason::overloaded) || code == to_string(Reason::draining) ||
           code == to_string(Reason::ledger_paused) || code == to_string(Reason::signature_expired);
}

}  // namespace

std::string_view to_string(Outcome outcome) {
    switch (outcome) {
        case Outcome::open:
            return "open";
        case Outcome::settled:
            return "settled";
        case Outcome::unwound:
            return "unwound";
        case Outcome::declined:
            return "declined";
        case Outcome::broken:
            return "broken";
    }
    UNREACHABLE();
}

double PhaseResult::settled_per_second() const {
    if (trades.empty() || counts.settled == 0) return 0;
    auto first = trades.front().instructed;
    auto last = first;
    for (const Tracked& trade : trades) {
        first = std::min(first, trade.instructed);
        if (trade.outcome == Outcome::settled) last = std::max(last, trade.ended);
    }
    const double seconds = seconds_between(first, last);
    return seconds > 0 ? static_cast<double>(counts.settled) / seconds : 0;
}

double PhaseResult::latency_ms(double quantile) const {
    std::vector<double> times;
    for (const Tracked& trade : trades) {
        if (trade.outcome == Outcome::settled)
            times.push_back(seconds_between(trade.instructed, trade.ended) * 1000);
    }
    if (times.empty()) return 0;
    std::sort(times.begin(), times.end());
    const auto at = static_cast<std::size_t>(quantile * static_cast<double>(times.size()));
    return times[std::min(at, times.size() - 1)];
}

void add_phase(PhaseResult& to, PhaseResult from) {
    Counts& sum = to.counts;
    for (const auto count : {&Counts::total, &Counts::submitted, &Counts::settled, &Counts::unwound,
                             &Counts::declined, &Counts::broken})
        sum.*count += from.counts.*count;
    sum.seconds = std::max(sum.seconds, from.counts.seconds);
    std::move(from.trades.begin(), from.trades.end(), std::back_inserter(to.trades));
    if (to.trouble.empty()) to.trouble = std::move(from.trouble);
}

void add_settled(const PhaseResult& phase, std::vector<client::TradeRequest>& settled) {
    for (const Tracked& trade : phase.trades) {
        if (trade.outcome == Outcome::settled) settled.push_back(trade.request);
    }
}

Desk::Desk(net::IoLoop& loop, const client::ApiAccess& venue)
    : venue_(loop, venue),
      stream_(loop, venue, 0, [this](const client::EventView& event) { on_event(event); }) {}

Desk::~Desk() {
    stream_.stop();
}

void Desk::on_event(const client::EventView& event) {
    if (event.kind != "trade") return;
    const std::lock_guard lock(mutex_);
    const auto found = by_reference_.find(event.reference);
    if (found == by_reference_.end()) return;
    for (const Outcome outcome :
         {Outcome::settled, Outcome::unwound, Outcome::declined, Outcome::broken}) {
        if (event.state == to_string(outcome)) end(found->second, outcome, event.reason);
    }
}

void Desk::end(std::size_t index, Outcome outcome, const std::string& reason) {
    Tracked& trade = trades_[index];
    if (trade.outcome != Outcome::open) return;
    trade.outcome = outcome;
    trade.reason = outcome == Outcome::settled ? "" : reason;
    trade.ended = Clock::now();
    last_end_ = trade.ended;
    if (outcome == Outcome::settled) ++counts_.settled;
    if (outcome == Outcome::unwound) ++counts_.unwound;
    if (outcome == Outcome::declined) ++counts_.declined;
    if (outcome == Outcome::broken) ++counts_.broken;
    changed_.notify_all();
}

Counts Desk::counts() const {
    Counts counts = counts_;
    counts.seconds = seconds_between(began_, Clock::now());
    return counts;
}

std::size_t Desk::due(Clock::time_point now) const {
    const std::size_t left = trades_.size() - counts_.submitted;
    if (phase_.per_second <= 0) {
        const std::size_t open = counts_.open();
        return std::min({left, most_in_a_call,
                         phase_.in_flight > open ? phase_.in_flight - open : std::size_t{0}});
    }
    std::size_t count = 0;
    while (count < std::min(left, most_in_a_call) &&
           trades_[counts_.submitted + count].instructed <= now)
        ++count;
    return count;
}

std::string Desk::submit(std::size_t count) {
    std::vector<client::TradeRequest> batch;
    std::size_t first = 0;
    {
        const std::lock_guard lock(mutex_);
        first = counts_.submitted;
        const auto now = Clock::now();
        for (std::size_t i = first; i < first + count; ++i) {
            if (phase_.per_second <= 0) trades_[i].instructed = now;
            by_reference_.emplace(trades_[i].request.reference, i);
            batch.push_back(trades_[i].request);
        }
        counts_.submitted += count;
    }
    // The same key until an answer comes: however often the venue is asked, it takes them once.
    const std::string key = client::fresh_key();
    while (true) {
        const auto answer = venue_.submit_trades(batch, key);
        if (answer) {
            const std::lock_guard lock(mutex_);
            for (std::size_t i = 0; i < answer->size() && i < count; ++i) {
                const client::SubmittedTrade& one = (*answer)[i];
                if (!one.reason.empty()) end(first + i, Outcome::declined, one.reason);
            }
            return {};
        }
        if (!may_retry(answer.error().code))
            return "the venue refused trades: " + answer.error().detail;
        if (is_stopped()) return "stopped";
        if (Clock::now() - began_ > phase_.patience && Clock::now() - last_end_ > phase_.patience)
            return "the venue does not answer: " + answer.error().detail;
        std::this_thread::sleep_for(retry_step);
    }
}

PhaseResult Desk::run(Phase phase, const std::atomic<bool>& stop, const Progress& progress) {
    std::string trouble;
    {
        const std::lock_guard lock(mutex_);
        phase_ = std::move(phase);
        stop_ = &stop;
        began_ = last_end_ = Clock::now();
        trades_.clear();
        by_reference_.clear();
        for (std::size_t i = 0; i < phase_.trades.size(); ++i) {
            Tracked trade;
            trade.request = std::move(phase_.trades[i]);
            if (phase_.per_second > 0) {
                trade.instructed =
                    began_ +
                    std::chrono::duration_cast<Clock::duration>(
                        std::chrono::duration<double>(static_cast<double>(i) / phase_.per_second));
            }
            trades_.push_back(std::move(trade));
        }
        phase_.trades.clear();
        counts_ = Counts{};
        counts_.total = trades_.size();
    }
    auto next_progress = began_;
    while (trouble.empty()) {
        std::size_t count = 0;
        {
            std::unique_lock lock(mutex_);
            if (phase_.enough && phase_.enough()) {
                trades_.resize(counts_.submitted);
                counts_.total = trades_.size();
            }
            if (counts_.ended() == trades_.size()) break;
            const auto now = Clock::now();
            if (is_stopped())
                trouble = "stopped";
            else if (now - last_end_ > phase_.patience)
                trouble = "nothing ended for " + std::to_string(phase_.patience.count()) + " s";
            count = due(now);
            if (count == 0 && trouble.empty()) {
                changed_.wait_for(lock, phase_.per_second > 0 ? paced_step : progress_step);
                count = due(Clock::now());
            }
        }
        if (count > 0 && trouble.empty()) trouble = submit(count);
        if (progress && Clock::now() >= next_progress) {
            next_progress = Clock::now() + progress_step;
            std::unique_lock lock(mutex_);
            const Counts now = counts();
            lock.unlock();
            progress(now);
        }
    }
    const std::lock_guard lock(mutex_);
    PhaseResult result;
    result.counts = counts();
    result.trades = std::move(trades_);
    result.trouble = std::move(trouble);
    trades_.clear();
    by_reference_.clear();
    return result;
}

}  // namespace lockstep::demo
