#include "cash/machine/feed.h"

#include <algorithm>
#include <utility>

namespace lockstep::cash {
namespace {

// Puts `next` behind `frame` where both fit into one.
bool join(LedgerFrame& frame, LedgerFrame& next) {
    if (frame.events.size() + next.events.size() > max_frame_events) return false;
    if (frame.balances.size() + next.balances.size() > max_frame_balances) return false;
    frame.ledger_time = next.ledger_time;
    frame.tip = next.tip;
    for (LedgerEvent& event : next.events)
        frame.events.push_back(std::move(event));
    for (Balance& balance : next.balances) {
        const auto same =
            std::find_if(frame.balances.begin(), frame.balances.end(), [&](const Balance& before) {
                return before.account == balance.account && before.asset == balance.asset;
            });
        if (same != frame.balances.end())
            *same = std::move(balance);
        else
            frame.balances.push_back(std::move(balance));
    }
    return true;
}

}  // namespace

Result<Feed> Feed::begin(const CashMachine& machine, const PublicKey& reader, std::uint64_t cursor,
                         Timestamp at) {
    if (cursor > machine.sequence()) return refuse(Reason::too_far_ahead);
    Feed feed;
    feed.reader_ = reader;
    feed.cursor_ = cursor;
    feed.start_ = machine.sequence();
    feed.started_at_ = at;
    for (const AccountNo account : machine.book().accounts_of(reader)) {
        for (Balance& balance : machine.balances_of(account))
            feed.balances_.push_back(std::move(balance));
    }
    return feed;
}

std::optional<LedgerFrame> Feed::past(const RecordReader& records) {
    if (caught_up_) return std::nullopt;
    LedgerFrame frame{started_at_, start_, {}, {}};
    frame.events = read_events(records, reader_, cursor_, start_, max_frame_events);
    if (frame.events.size() == max_frame_events) {
        // more may follow: this frame speaks for what it holds, and for its time only
        frame.tip = cursor_ = frame.events.back().sequence;
        frame.ledger_time = frame.events.back().at;
        return frame;
    }
    cursor_ = start_;
    const std::size_t count = std::min(balances_.size(), max_frame_balances);
    const auto end = balances_.begin() + static_cast<std::ptrdiff_t>(count);
    frame.balances.assign(balances_.begin(), end);
    balances_.erase(balances_.begin(), end);
    caught_up_ = balances_.empty();
    return frame;
}

bool Feed::add(const output::Changed& changed) {
    LedgerFrame frame{changed.at, changed.sequence, {}, {}};
    for (const output::Event& event : changed.events) {
        if (event.payer == reader_ || event.payee == reader_) frame.events.push_back(event.event);
    }
    for (const output::BalanceChange& change : changed.balances) {
        if (change.owner == reader_) frame.balances.push_back(change.balance);
    }
    if (frame.events.empty() && frame.balances.empty()) return true;
    // An input may give back any number of escrows at once; frames are bounded.
    while (frame.events.size() > max_frame_events) {
        LedgerFrame part{changed.at, 0, {}, {}};
        const auto end = frame.events.begin() + static_cast<std::ptrdiff_t>(max_frame_events);
        part.events.assign(frame.events.begin(), end);
        frame.events.erase(frame.events.begin(), end);
        part.tip = part.events.back().sequence;
        waiting_.push_back(std::move(part));
    }
    while (frame.balances.size() > max_frame_balances) {
        LedgerFrame part{changed.at, changed.sequence, std::exchange(frame.events, {}), {}};
        const auto end = frame.balances.begin() + static_cast<std::ptrdiff_t>(max_frame_balances);
        part.balances.assign(frame.balances.begin(), end);
        frame.balances.erase(frame.balances.begin(), end);
        waiting_.push_back(std::move(part));
    }
    waiting_.push_back(std::move(frame));
    return waiting_.size() <= max_waiting;
}

std::vector<LedgerFrame> Feed::take() {
    std::vector<LedgerFrame> frames;
    for (LedgerFrame& next : waiting_) {
        if (frames.empty() || !join(frames.back(), next)) frames.push_back(std::move(next));
    }
    waiting_.clear();
    return frames;
}

bool Feed::beat(Timestamp at, std::uint64_t tip) {
    waiting_.push_back({at, tip, {}, {}});
    return waiting_.size() <= max_waiting;
}

}  // namespace lockstep::cash
