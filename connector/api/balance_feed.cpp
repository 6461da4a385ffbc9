#include "connector/api/balance_feed.h"

#include <mutex>
#include <set>

#include "connector/api/render.h"

namespace lockstep::api {

namespace {

using AccountName = std::tuple<Address, Address, AssetId>;

struct BalanceReader {
    net::WebSocketPtr socket;
    std::map<AccountName, core::AccountView> told;
    bool greeted = false;
};

bool is_same(const core::AccountView& a, const core::AccountView& b) {
    return a.free == b.free && a.escrowed == b.escrowed && a.available == b.available;
}

}  // namespace

struct BalanceFeed::State : std::enable_shared_from_this<BalanceFeed::State> {
    State(NodePort& port, net::IoLoop& io) : node(port), loop(io) {}

    // Goes on by itself while there are readers.
    void look() {
        const std::weak_ptr<State> weak = weak_from_this();
        // A node that is too busy to answer is asked again.
        const auto asked = node.view([weak](const assembly::Node& shown) {
            const auto state = weak.lock();
            if (!state) return;
            state->loop.post([weak, accounts = shown.machine().accounts()] {
                if (const auto self = weak.lock()) self->tell(accounts);
            });
        });
        if (!asked) later();
    }

    void tell(const std::vector<core::AccountView>& accounts) {
        std::vector<std::pair<net::WebSocketPtr, std::string>> messages;
        {
            const std::lock_guard lock(mutex);
            for (const auto& reader : readers) {
                // Not before it took what it was told last.
                if (!reader->socket || reader->socket->queued_bytes() > 0) continue;
                Json::Array changed = news(*reader, accounts);
                // The first message comes in any case: there may be no account at all.
                if (std::exchange(reader->greeted, true) && changed.empty()) continue;
                messages.emplace_back(
                    reader->socket,
                    write_json(Json::object({{"balances", Json(std::move(changed))}})));
            }
        }
        for (const auto& [socket, message] : messages)
            (void)socket->send_text(message);
        later();
    }

    static Json::Array news(BalanceReader& reader, const std::vector<core::AccountView>& accounts) {
        Json::Array changed;
        for (const core::AccountView& account : accounts) {
            const AccountName name{account.ledger, account.account, account.asset};
            const auto [told, fresh] = reader.told.try_emplace(name, account);
            if (!fresh && is_same(told->second, account)) continue;
            told->second = account;
            changed.push_back(render(account));
        }
        return changed;
    }

    void later() {
        const std::lock_guard lock(mutex);
        if (readers.empty()) {
            looking = false;
            return;
        }
        const std::weak_ptr<State> weak = weak_from_this();
        loop.after(balance_pause, [weak] {
            if (const auto self = weak.lock()) self->look();
        });
    }

    NodePort& node;
    net::IoLoop& loop;
    std::mutex mutex;
    std::set<std::shared_ptr<BalanceReader>> readers;
    bool looking = false;
};

BalanceFeed::BalanceFeed(NodePort& node, net::IoLoop& loop)
    : state_(std::make_shared<State>(node, loop)) {}
BalanceFeed::~BalanceFeed() {
    stop();
}

void BalanceFeed::accept(const net::WebSocketAccept& accept) {
    const auto reader = std::make_shared<BalanceReader>();
    const std::weak_ptr<State> weak = state_;
    net::WebSocketHandlers handlers;
    handlers.on_message = [](const net::WebSocketPtr& socket, ByteView, net::MessageKind) {
        socket->close(net::close_policy, "this stream takes no messages");
    };
    handlers.on_open = [weak, reader](const net::WebSocketPtr& socket) {
        const auto state = weak.lock();
        if (!state) return;
        const std::lock_guard lock(state->mutex);
        if (!state->readers.contains(reader)) {
            socket->close(net::close_going_away, "the node is stopping");
            return;
        }
        reader->socket = socket;
        if (std::exchange(state->looking, true)) return;
        state->loop.post([weak] {
            if (const auto self = weak.lock()) self->look();
        });
    };
    handlers.on_close = [weak, reader](const net::WebSocketPtr&, const net::WebSocketClosed&) {
        const auto state = weak.lock();
        if (!state) return;
        const std::lock_guard lock(state->mutex);
        state->readers.erase(reader);
    };
    {
        const std::lock_guard lock(state_->mutex);
        if (state_->readers.size() >= max_balance_readers) {
            accept.refuse(net::problem(Reason::overloaded, "too many readers follow the balances"));
            return;
        }
        state_->readers.insert(reader);
    }
    accept.accept(std::move(handlers));
}

void BalanceFeed::stop() {
    std::vector<net::WebSocketPtr> sockets;
    {
        const std::lock_guard lock(state_->mutex);
        for (const auto& reader : state_->readers)
            if (reader->socket) sockets.push_back(reader->socket);
        state_->readers.clear();
    }
    for (const auto& socket : sockets)
        socket->close(net::close_going_away, "the node is stopping");
}

}  // namespace lockstep::api
