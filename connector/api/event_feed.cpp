#include "connector/api/event_feed.h"

#include <set>

#include "connector/api/render.h"
#include "connector/core/records.h"
#include "sdk/codec/archive.h"

namespace lockstep::api {

namespace {

// More than this unsent: the reader is waited for, well before its queue overflows.
constexpr std::size_t enough_queued = 512 * 1024;
constexpr Duration pause_for_reader = Duration::milliseconds(20);

struct Reader {
    net::WebSocketPtr socket;
    std::mutex mutex;
    std::uint64_t cursor = 0;  // last number sent
    bool pumping = false;
    bool again = false;  // something came while it was being pumped
    bool closed = false;
};

std::string text_of(ByteView octets) {
    const auto event = decode_fields<core::EventRecord>(octets);
    return event ? write_json(render(*event)) : std::string("{}");
}

}  // namespace

struct EventFeed::State : std::enable_shared_from_this<EventFeed::State> {
    State(const RecordReader& rows, net::IoLoop& io) : records(rows), loop(io) {}

    // The events after `cursor` as one message, and the number of the last of them.
    std::optional<std::pair<std::string, std::uint64_t>> next(std::uint64_t cursor) {
        std::string message = "{\"events\":[";
        std::uint64_t last = cursor;
        const auto add = [&](std::uint64_t number, const std::string& text) {
            if (last != cursor) message += ',';
            message += text;
            last = number;
        };
        bool in_memory = false;
        {
            const std::lock_guard lock(mutex);
            if (!recent.empty() && cursor + 1 >= first_recent) {
                in_memory = true;
                for (std::uint64_t number = cursor + 1; number < first_recent + recent.size() &&
                                                        number - cursor <= max_events_per_message;
                     ++number)
                    add(number, recent[number - first_recent]);
            }
        }
        if (!in_memory) {
            const auto rows =
                records.scan(static_cast<std::uint16_t>(core::RecordKind::event),
                             core::number_key(cursor + 1), {}, max_events_per_message);
            for (const Record& row : rows) {
                OerReader number(row.key);
                add(number.u64(), text_of(row.value));
            }
        }
        if (last == cursor) return std::nullopt;
        return std::pair{message + "]}", last};
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
            while (reader->socket->queued_bytes() < enough_queued) {
                const auto message = next(cursor);
                if (!message || !reader->socket->send_text(message->first)) break;
                cursor = message->second;
            }
            const std::lock_guard lock(reader->mutex);
            reader->cursor = cursor;
            if (reader->socket->queued_bytes() >= enough_queued) {
                reader->pumping = false;
                later(reader);
                return;
            }
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
    std::deque<std::string> recent;  // events as JSON, numbered from first_recent
    std::uint64_t first_recent = 0;
    std::set<std::shared_ptr<Reader>> readers;
    bool woken = false;  // readers will be pumped soon
};

EventFeed::EventFeed(const RecordReader& records, net::IoLoop& loop)
    : state_(std::make_shared<State>(records, loop)) {}
EventFeed::~EventFeed() {
    stop();
}

void EventFeed::accept(const net::WebSocketAccept& accept, std::uint64_t cursor) {
    auto reader = std::make_shared<Reader>();
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
    std::string text = text_of(event);
    const std::lock_guard lock(state_->mutex);
    auto& recent = state_->recent;
    if (recent.empty() || number != state_->first_recent + recent.size()) {
        recent.clear();
        state_->first_recent = number;
    }
    recent.push_back(std::move(text));
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
