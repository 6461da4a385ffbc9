#include "cash/service/event_hub.h"

#include <algorithm>

namespace lockstep::cash {
namespace {

constexpr Duration room_wait = Duration::milliseconds(5);

std::shared_ptr<const Bytes> octets_of(const LedgerFrame& frame) {
    return std::make_shared<const Bytes>(encode_frame(frame));
}

}  // namespace

Result<void> EventHub::begin(const CashMachine& machine, const PublicKey& key, std::uint64_t cursor,
                             Timestamp at, service::FrameSink sink, service::FrameEnd end) {
    const auto own = std::count_if(readers_.begin(), readers_.end(),
                                   [&](const auto& reader) { return reader->key == key; });
    if (readers_.size() >= max_readers ||
        static_cast<std::size_t>(own) >= service::max_streams_of_key)
        return refuse(Reason::limit_reached);
    auto feed = Feed::begin(machine, key, cursor, at);
    if (!feed) return refuse(feed.error());
    auto reader = std::make_shared<Reader>(key, std::move(*feed), std::move(sink), std::move(end));
    readers_.push_back(reader);
    count_ = readers_.size();
    workers_.post([this, reader] { send_past(reader); });
    return {};
}

// One frame a task, so that a reader far behind does not hold up the others.
void EventHub::send_past(const std::shared_ptr<Reader>& reader) {
    if (reader->gone) return;
    if (!reader->sink.has_room()) {
        workers_.after(room_wait, [this, reader] { send_past(reader); });
        return;
    }
    const auto frame = reader->feed.past(*records_);
    if (frame) {
        if (!reader->sink(octets_of(*frame))) {
            reader->gone = true;
            return;
        }
        return workers_.post([this, reader] { send_past(reader); });
    }
    const std::lock_guard lock(reader->mutex);
    reader->has_past = true;
    send_waiting(*reader);
}

void EventHub::send_waiting(Reader& reader) {
    for (const LedgerFrame& frame : reader.feed.take()) {
        if (!reader.sink(octets_of(frame))) reader.gone = true;
    }
}

void EventHub::add(const output::Changed& changed) {
    for (const auto& reader : readers_) {
        const std::lock_guard lock(reader->mutex);
        if (!reader->gone && !reader->feed.add(changed)) reader->gone = true;
    }
}

void EventHub::flush() {
    for (const auto& reader : readers_) {
        const std::lock_guard lock(reader->mutex);
        if (!reader->gone && reader->has_past) send_waiting(*reader);
    }
    drop_gone();
}

void EventHub::beat(Timestamp at, std::uint64_t tip) {
    for (const auto& reader : readers_) {
        const std::lock_guard lock(reader->mutex);
        if (!reader->gone && !reader->feed.beat(at, tip)) reader->gone = true;
    }
    flush();
}

void EventHub::drop_gone() {
    readers_.remove_if([](const auto& reader) {
        if (!reader->gone) return false;
        reader->end(Reason::overloaded);  // too slow, or gone already
        return true;
    });
    count_ = readers_.size();
}

}  // namespace lockstep::cash
