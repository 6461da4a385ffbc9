#include "connector/api/event_feed.h"

#include "connector/api/render.h"
#include "sdk/codec/archive.h"

namespace lockstep::api {

namespace {

// More than this unsent: the reader is waited for, well before its queue overflows.
constexpr std::size_t enough_queued = 512 * 1024;
constexpr Duration pause_for_reader = Duration::milliseconds(20);
// Then other work of the thread has its turn: a reader that may see little would run through the
// whole history at once.
constexpr int most_looks_in_a_turn = 32;

struct Reader {
    explicit Reader(EventFeed::Kinds may_see) : kinds(std::move(may_see)) {}

    const EventFeed::Kinds kinds;
    net::WebSocketPtr socket;
    std::mutex mutex;
    std::uint64_t cursor = 0;  // last number sent
    bool pumping = false;
    bool again = false;  // something came while it was being pumped
    bool closed = false;
};

}  // namespace

struct EventFeed::State : std::enable_shared_from_this<EventFeed::State> {
    State(const RecordReader& rows, net::IoLoop& io) : records(rows), loop(io) {}

    struct Batch {
        std::uint64_t last = 0;  // number of the last event that was looked at
        std::string message;     // empty where the reader may see none of them
    };
    // The events after `cursor`, of these kinds; nullopt where there is none after it.
    std::optional<Batch> next(std::uint64_t cursor, const EventFeed::Kinds& kinds) {
        const std::vector<Bytes> events = after(cursor);
        if (events.empty()) return std::nullopt;
        Batch batch{cursor, {}};
        for (const Bytes& octets : events) {
            const auto event = decode_fields<core::EventRecord>(octets);
            batch.last = event ? event->number : batch.last + 1;
            if (!event || !kinds.contains(event->kind)) continue;
            batch.message += batch.message.empty() ? "{\"events\":[" : ",";
            batch.message += write_json(render(*event));
        }
        if (!batch.message.empty()) batch.message += "]}";
        return batch;
    }

    // Those numbered cursor + 1 and on, as they are stored.
    std::vector<Bytes> after(std::uint64_t cursor) {
        std::vector<Bytes> events;
        {
            const std::lock_guard lock(mutex);
            if (!recent.empty() && cursor + 1 >= first_recent) {
                const std::uint64_t skipped = cursor + 1 - first_recent;
                for (std::uint64_t i = skipped; i < recent.size(); ++i) {
                    if (events.size() == max_events_per_message) break;
                    events.push_back(recent[i]);
                }
                return events;
            }
        }
        for (Record& row : records.scan(static_cast<std::uint16_t>(core::RecordKind::event),
                                        core::number_key(cursor + 1), {}, max_events_per_message))
            events.push_back(std::move(row.value));
        return events;
    }

    void pump(const std::shared_ptr<Reader>& reader) {
        {
            const std::lock_guard lock(reader->mutex);
            if (reader->closed) return;
            reader->again = true;
            if (reader->pumping) return;
            reader->pumping = true;
        }
        while (true) {
            std::uint64_t cursor = 0;
            {
                const std::lock_guard lock(reader->mutex);
                if (reader->closed || !reader->again) {
                    reader->pumping = false;
                    return;
                }
                reader->again = false;
                cursor = reader->cursor;
            }
            int looks = 0;
            for (; looks < most_looks_in_a_turn; ++looks) {
                if (reader->socket->queued_bytes() >= enough_queued) break;
                const auto batch = next(cursor, reader->kinds);
                if (!batch) break;
                if (!batch->message.empty() && !reader->socket->send_text(batch->message)) break;
                cursor = batch->last;
            }
            const std::lock_guard lock(reader->mutex);
            reader->cursor = cursor;
            const bool full = reader->socket->queued_bytes() >= enough_queued;
            if (!full && looks < most_looks_in_a_turn) continue;
            reader->pumping = false;
            if (full)
                later(reader);
            else
                post(reader);
            return;
        }
    }

    void later(const std::shared_ptr<Reader>& reader) {
        const std::weak_ptr<State> weak = weak_from_this();
        loop.after(pause_for_reader, [weak, reader] {
            if (const auto self = weak.lock()) self->pump(reader);
        });
    }

    void post(const std::shared_ptr<Reader>& reader) {
        const std::weak_ptr<State> weak = weak_from_this();
        loop.post([weak, reader] {
            if (const auto self = weak.lock()) self->pump(reader);
        });
    }

    const RecordReader& records;
    net::IoLoop& loop;
    std::mutex mutex;
    std::deque<Bytes> recent;  // as they came, numbered from first_recent
    std::uint64_t first_recent = 0;
    std::set<std::shared_ptr<Reader>> readers;
    bool woken = false;  // readers will be pumped soon
};

EventFeed::EventFeed(const RecordReader& records, net::IoLoop& loop)
    : state_(std::make_shared<State>(records, loop)) {}
EventFeed::~EventFeed() {
    stop();
}

void EventFeed::accept(const net::WebSocketAccept& accept, std::uint64_t cursor, Kinds kinds) {
    auto reader = std::make_shared<Reader>(std::move(kinds));
    reader->cursor = cursor;
    {
        const std::lock_guard lock(state_->mutex);
        if (state_->readers.size() >= max_feed_readers) {
            accept.refuse(net::problem(Reason::overloaded, "too many readers follow the events"));
            return;
        }
        state_->readers.insert(reader);
    }
    const std::weak_ptr<State> weak = state_;
    net::WebSocketHandlers handlers;
    handlers.on_open = [weak, reader](const net::WebSocketPtr&) {
        if (const auto state = weak.lock()) state->post(reader);
    };
    handlers.on_message = [](const net::WebSocketPtr& socket, ByteView, net::MessageKind) {
        socket->close(net::close_policy, "this stream takes no messages");
    };
    handlers.on_close = [weak, reader](const net::WebSocketPtr&, const net::WebSocketClosed&) {
        {
            const std::lock_guard lock(reader->mutex);
            reader->closed = true;
        }
        if (const auto state = weak.lock()) {
            const std::lock_guard lock(state->mutex);
            state->readers.erase(reader);
        }
    };
    {
        const std::lock_guard lock(reader->mutex);
        reader->pumping = true;  // not before the socket is known
    }
    net::WebSocketPtr socket = accept.accept(std::move(handlers));
    {
        const std::lock_guard lock(reader->mutex);
        reader->socket = std::move(socket);
        reader->pumping = false;
    }
    state_->post(reader);
}

void EventFeed::publish(std::uint64_t number, ByteView event) {
    const std::lock_guard lock(state_->mutex);
    auto& recent = state_->recent;
    if (recent.empty() || number != state_->first_recent + recent.size()) {
        recent.clear();
        state_->first_recent = number;
    }
    recent.emplace_back(event.begin(), event.end());
    if (recent.size() > max_recent_events) {
        recent.pop_front();
        ++state_->first_recent;
    }
    if (state_->readers.empty() || state_->woken) return;
    // Events of one turn come together and go out together.
    state_->woken = true;
    const std::weak_ptr<State> weak = state_;
    state_->loop.post([weak] {
        const auto state = weak.lock();
        if (!state) return;
        std::set<std::shared_ptr<Reader>> readers;
        {
            const std::lock_guard inner(state->mutex);
            state->woken = false;
            readers = state->readers;
        }
        for (const auto& reader : readers)
            state->pump(reader);
    });
}

void EventFeed::stop() {
    std::set<std::shared_ptr<Reader>> readers;
    {
        const std::lock_guard lock(state_->mutex);
        readers.swap(state_->readers);
    }
    for (const auto& reader : readers) {
        const std::lock_guard lock(reader->mutex);
        if (reader->socket && !reader->closed)
            reader->socket->close(net::close_going_away, "the node is stopping");
        reader->closed = true;
    }
}

}  // namespace lockstep::api
