// Hands what the machine changed to everyone who reads along. What happens is told to it on the
// host's thread; the past of a new reader is read from the records on a worker's.
#pragma once

#include <atomic>
#include <list>
#include <memory>
#include <mutex>

#include "cash/machine/feed.h"
#include "sdk/net/io_loop.h"
#include "sdk/service/ledger_backend.h"

namespace lockstep::cash {

class EventHub {
public:
    static constexpr std::size_t max_readers = 1'024;

    // The workers are stopped before the hub goes.
    explicit EventHub(net::IoLoop& workers) : workers_(workers) {}

    // Where the past is; before the first begin().
    void read_from(const RecordReader& records) { records_ = &records; }

    // --- on the host's thread ---
    // Begins a stream at this moment. limit_reached (in all, or by this key), too_far_ahead; `end`
    // is for what comes later.
    Result<void> begin(const CashMachine& machine, const PublicKey& reader, std::uint64_t cursor,
                       Timestamp at, service::FrameSink sink, service::FrameEnd end);
    // One turn's changes, in order; then flush() once.
    void add(const output::Changed& changed);
    void flush();
    // Everything up to the tip at this time has been added.
    void beat(Timestamp at, std::uint64_t tip);

    // From any thread.
    std::size_t readers() const { return count_; }

private:
    struct Reader {
        Reader(const PublicKey& who, Feed begun, service::FrameSink to, service::FrameEnd closing)
            : key(who), feed(std::move(begun)), sink(std::move(to)), end(std::move(closing)) {}
        PublicKey key;
        Feed feed;
        service::FrameSink sink;
        service::FrameEnd end;
        std::mutex mutex;       // of what follows and of what waits in the feed
        bool has_past = false;  // its past was sent; from now on frames leave as they come
        std::atomic<bool> gone{false};
    };

    void send_past(const std::shared_ptr<Reader>& reader);
    static void send_waiting(Reader& reader);  // under its mutex
    void drop_gone();

    const RecordReader* records_ = nullptr;
    net::IoLoop& workers_;
    std::list<std::shared_ptr<Reader>> readers_;
    std::atomic<std::size_t> count_{0};
};

}  // namespace lockstep::cash
