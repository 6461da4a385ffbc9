#include "sim/world/node_process.h"

#include <algorithm>

#include "connector/assembly/message_check.h"
#include "sdk/codec/archive.h"

namespace lockstep::sim {

namespace event = assembly::event;
namespace effect = assembly::effect;
using assembly::NodeEffect;
using assembly::NodeEvent;

NodeProcess::NodeProcess(Parts parts)
    : parts_(std::move(parts)),
      actor_(parts_.trace.add_actor({parts_.config.name, ActorKind::node, parts_.honest})),
      random_(parts_.rng.fork("entropy")),
      process_({parts_.scheduler, parts_.trace, actor_, *parts_.disk, [this] { return make(); },
                snapshot_rows,
                [this](std::vector<NodeEffect> effects) { release(std::move(effects)); },
                [this] { ended(); }}),
      streams_(parts_.config.ledgers.size()) {
    if (!parts_.make_conduct) return;
    Means means{parts_.scheduler,
                parts_.tally,
                parts_.rng.fork("conduct"),
                parts_.signer,
                parts_.config,
                nullptr,
                [this](Timestamp when, NodeEffect one) { let_out(when, std::move(one)); },
                [this](NodeEvent one) { process_.give(std::move(one)); },
                [this] {
                    dead_for_good_ = true;
                    kill();
                },
                nullptr};
    conduct_ = parts_.make_conduct(std::move(means));
}

std::unique_ptr<assembly::Node> NodeProcess::make() const {
    assembly::NodeParts node;
    node.config = parts_.config;
    for (const core::LedgerConfig& ledger : parts_.config.ledgers) {
        LedgerService* service = parts_.board.find_ledger(ledger.ledger);
        ASSERT(service != nullptr);
        AdapterSetup setup{ledger.ledger, ledger.accounts,       parts_.signer,
                           parts_.scheme, ledger.timing.profile, service->adapter_settings()};
        auto adapter = service->make_adapter(setup);
        ASSERT(adapter);
        if (conduct_ && service->kind() == LedgerKind::bitcoin)
            *adapter = conduct_->between(node.adapters.size(), std::move(*adapter));
        node.adapters.push_back(std::move(*adapter));
    }
    node.signer = parts_.signer;
    node.scheme = parts_.scheme;
    node.keeper = parts_.keeper;
    node.random = &random_;
    return std::make_unique<assembly::Node>(std::move(node));
}

Result<void, Failure> NodeProcess::start() {
    if (dead_for_good_) return {};
    ++incarnation_;
    parts_.starts();
    return process_.start();
}

void NodeProcess::kill() {
    ++incarnation_;
    process_.kill();
    batches_.clear();
    for (const core::LedgerConfig& ledger : parts_.config.ledgers)
        if (LedgerService* service = parts_.board.find_ledger(ledger.ledger))
            service->unsubscribe(actor_);
}

Result<void, Failure> NodeProcess::take_over() {
    parts_.starts();
    // What the first one still lets out counts for the incarnation that ends here.
    return process_.take_over([this](const std::vector<NodeEffect>& effects) {
        if (!effects.empty()) parts_.tally.branch("fenced_writer_had_effects");
        parts_.tally.branch("writer_fenced");
    });
}

void NodeProcess::ended() {
    kill();
    parts_.died();
}

bool NodeProcess::call(core::input::FromApi call) {
    if (!up()) return false;
    return process_.give(event::ForCore{std::move(call)});
}

void NodeProcess::hear(NodeEvent event) {
    if (conduct_ && !conduct_->hears(parts_.scheduler.now(), event)) return;
    process_.give(std::move(event));
}

void NodeProcess::receive(Bytes octets, std::function<void(Result<assembly::PeerAck>)> reply) {
    if (!up()) {
        if (reply) reply(refuse(Reason::unavailable));
        return;
    }
    auto batch = assembly::decode_batch(octets);
    if (!batch) {
        parts_.tally.branch("batch_refused");
        if (reply) reply(refuse(Reason::unavailable));
        return;
    }
    const bool known =
        std::any_of(parts_.config.peers.begin(), parts_.config.peers.end(),
                    [&](const core::PeerConfig& peer) { return peer.key == batch->sender; });
    if (!known) {
        if (reply) reply(refuse(Reason::unknown_peer));
        return;
    }
    const std::uint64_t ticket = ++last_ticket_;
    if (reply) batches_.emplace(ticket, std::move(reply));
    hear(event::PeerBatchArrived{ticket, assembly::check_batch(std::move(*batch), *parts_.scheme)});
}

// --- effects ---

void NodeProcess::release(std::vector<NodeEffect> effects) {
    if (conduct_) conduct_->leaving(parts_.scheduler.now(), effects);
    for (NodeEffect& one : effects)
        std::visit([this](auto& kind) { carry_out(std::move(kind)); }, one);
}

void NodeProcess::let_out(Timestamp when, NodeEffect one) {
    parts_.scheduler.at(when, [this, one = std::move(one), incarnation = incarnation_]() mutable {
        if (!up() || incarnation != incarnation_) return;
        std::visit([this](auto& kind) { carry_out(std::move(kind)); }, one);
    });
}

void NodeProcess::carry_out(effect::ToLedger&& out) {
    LedgerService* ledger = parts_.board.find_ledger(parts_.config.ledgers[out.ledger].ledger);
    ASSERT(ledger != nullptr);
    if (out.request.subscribe) return subscribe(out.ledger, *ledger, out.request);
    request(out.ledger, *ledger, std::move(out.request));
}

// There, the ledger's work, and back; whatever is lost on the way, the transport gives up after a
// while and says that it does not know.
void NodeProcess::request(std::size_t index, LedgerService& ledger, Request request) {
    struct Exchange {
        bool over = false;
    };
    auto exchange = std::make_shared<Exchange>();
    const std::uint64_t id = request.id;
    const auto reply = [this, index, id, exchange, incarnation = incarnation_](Result<Bytes> body) {
        if (exchange->over || incarnation != incarnation_) return;
        exchange->over = true;
        hear(event::FromLedger{index, Reply{id, std::move(body)}});
    };
    parts_.scheduler.after(transport_patience, [reply] { reply(refuse(Reason::outcome_unknown)); });
    const std::size_t sent = request.body.size();
    const Condition about = parts_.trace.keeps() && request.path == "/v1/instructions"
                                ? parts_.topics.of_instruction(request.body)
                                : Condition{};
    parts_.network.send(
        actor_, ledger.actor(), {request.path, about}, std::move(request.body),
        [this, &ledger, path = request.path, sent, reply, about](Bytes body) {
            if (!ledger.up()) return reply(refuse(Reason::unavailable));
            if (body.size() != sent) return;  // HTTP knows the length: a cut request is no request
            ledger.request(actor_, path, body, [this, &ledger, reply, about](Result<Bytes> answer) {
                if (parts_.network.loses_answer(ledger.actor(), actor_)) {
                    parts_.tally.fault("answer_lost");
                    return;
                }
                const bool done = answer.has_value();
                Bytes octets = done ? std::move(*answer) : Bytes{};
                const std::size_t size = octets.size();
                const Reason reason = done ? Reason::internal_error : answer.error();
                parts_.network.send(
                    ledger.actor(), actor_, {"answer", about}, std::move(octets),
                    [reply, done, reason, size](Bytes back) {
                        if (back.size() != size) return;
                        reply(done ? Result<Bytes>(std::move(back)) : refuse(reason));
                    });
            });
        });
}

void NodeProcess::subscribe(std::size_t index, LedgerService& ledger, const Request& request) {
    const std::uint64_t number = ++streams_[index];
    const auto alive = [this, index, number, incarnation = incarnation_] {
        return incarnation == incarnation_ && streams_[index] == number;
    };
    const auto down = [this, index, alive](std::optional<Reason> refused) {
        if (!alive()) return;
        ++streams_[index];
        hear(event::FromLedger{index, StreamDown{refused}});
    };
    // A connection that breaks on the way is noticed by both ends, a little later.
    const auto breaks = [this, &ledger, alive, down] {
        parts_.scheduler.after(usual_jitter, [this, &ledger, alive, down] {
            if (alive()) ledger.unsubscribe(actor_);
            down(std::nullopt);
        });
    };
    parts_.network.send(
        actor_, ledger.actor(), "subscribe", Bytes{1},
        [this, index, &ledger, alive, down, breaks,
         cursor = cursor_in(request.path)](const Bytes&) {
            if (!alive()) return;
            if (!ledger.up()) return down(std::nullopt);
            std::vector<Address> accounts = parts_.config.ledgers[index].accounts;
            std::sort(accounts.begin(), accounts.end());
            StreamEnd end;
            end.node = actor_;
            end.key = parts_.signer->public_key();
            end.accounts = std::move(accounts);
            end.frame = [this, index, &ledger, alive, breaks,
                         stream = std::make_shared<Network::Stream>()](Bytes frame) {
                parts_.network.stream(
                    ledger.actor(), actor_, *stream, std::move(frame),
                    [this, index, alive](Bytes octets) {
                        if (alive()) hear(event::FromLedger{index, StreamFrame{std::move(octets)}});
                    },
                    breaks);
            };
            end.ended = [this, down](std::optional<Reason> why) {
                parts_.scheduler.after(usual_jitter, [down, why] { down(why); });
            };
            ledger.subscribe(cursor, std::move(end));
        },
        [this, down] {
            parts_.scheduler.after(transport_patience, [down] { down(std::nullopt); });
        });
}

void NodeProcess::carry_out(effect::SendBatch&& out) {
    NodeProcess* peer = parts_.board.find_node(out.peer);
    const auto replied = [this, key = out.peer, number = out.batch,
                          incarnation = incarnation_](const Result<assembly::PeerAck>& reply) {
        if (incarnation == incarnation_) hear(event::PeerReplied{key, number, reply});
    };
    if (peer == nullptr) return replied(refuse(Reason::unknown_peer));
    const Condition about = parts_.trace.keeps() ? parts_.topics.of_batch(out.body) : Condition{};
    parts_.network.send(
        actor_, peer->actor(), {"batch", about}, std::move(out.body),
        [this, peer, replied, about](Bytes octets) {
            peer->receive(std::move(octets), [this, peer, replied,
                                              about](const Result<assembly::PeerAck>& ack) {
                parts_.network.send(peer->actor(), actor_, {"acknowledgement", about}, Bytes{},
                                    [replied, ack](const Bytes&) { replied(ack); });
            });
        },
        [this, replied] {
            parts_.scheduler.after(transport_patience,
                                   [replied] { replied(refuse(Reason::outcome_unknown)); });
        });
}

void NodeProcess::carry_out(effect::AnswerPeer&& out) {
    const auto found = batches_.find(out.ticket);
    if (found == batches_.end()) return;
    const auto reply = std::move(found->second);
    batches_.erase(found);
    reply(out.ack);
}

void NodeProcess::carry_out(effect::AnswerCaller&& out) {
    parts_.answered(out.ticket, out.body);
}

void NodeProcess::carry_out(effect::Release&& out) {
    parts_.released(out);
    process_.give(event::ReleaseDurable{out.context, out.entropy, out.condition});
}

void NodeProcess::carry_out(effect::Alarm&& out) {
    parts_.alarmed(out);
}

void NodeProcess::carry_out(effect::Published&& out) {
    if (const auto row = decode_fields<core::EventRecord>(out.event)) parts_.published(*row);
}

std::optional<std::string> NodeProcess::replay() const {
    if (!process_.up()) return std::nullopt;
    return replay_differs(make(), *parts_.disk, process_.digest(), parts_.config.name);
}

}  // namespace lockstep::sim
