#include "connector/node/daemon.h"

#include "connector/api/render.h"
#include "connector/node/ledger_links.h"
#include "connector/node/log.h"
#include "sdk/codec/archive.h"
#include "sdk/net/system_time.h"
#include "sdk/store/replay.h"

namespace lockstep::node {

namespace effect = assembly::effect;
namespace event = assembly::event;
namespace input = core::input;

namespace {

constexpr Duration drain_look = Duration::milliseconds(50);
constexpr Duration full_queue_pause = Duration::milliseconds(1);
// Inputs that wait for the node: from callers and peers, and in all. The rest of the host's queue
// is room for what a few threads add between a look and a submission.
constexpr std::size_t max_queued_from_outside = 16'384;
const std::size_t max_queued_in_all = HostSettings{}.max_queue - 1'024;
constexpr Duration server_grace = Duration::seconds(1);

net::ServerLimits server_limits(const Settings& settings) {
    net::ServerLimits limits;
    limits.max_connections_per_address = settings.max_connections_per_address;
    limits.max_body_bytes = assembly::max_batch_octets;
    return limits;
}

std::uint64_t random_number() {
    std::array<std::uint8_t, 8> drawn{};
    fill_random(drawn);
    std::uint64_t number = 0;
    for (const std::uint8_t octet : drawn)
        number = number << 8 | octet;
    return number >> 1;  // far from the end
}

void log_ballast(const BallastChange& change) {
    const Json fields = Json::object({{"detail", change.detail}});
    change.there ? log_info(change.event(), fields) : log_warning(change.event(), fields);
}

void stop_loudly(const Failure& failure) {
    log_error("stopped", Json::object({{"code", failure.code}, {"detail", failure.detail}}));
    stop_process(failure);
}

}  // namespace

Daemon::Daemon(Settings settings)
    : settings_(std::move(settings)),
      http_(loop_),
      ledgers_http_(loop_, ledger_client_limits()),
      sockets_(loop_, net::ledger_stream_limits()),
      stalls_(settings_.data),
      watchdog_(stalls_),
      next_ticket_(random_number()) {}

Daemon::~Daemon() {
    stop();
}

// --- start and stop
// -------------------------------------------------------------------------------

Result<void, Failure> Daemon::start() {
    loop_.on_terminate([this] {
        const std::lock_guard lock(signal_mutex_);
        ++signals_;
        signalled_.notify_all();
    });
    auto loaded = load_node(settings_, scheme_, random_, Adapters::loaded, Seed::read);
    if (!loaded) return unexpected<Failure>(loaded.error());
    auto stalled = stalls_.read();
    if (!stalled) return unexpected<Failure>(stalled.error());
    loaded->parts.stalled = std::move(*stalled);
    loaded->parts.watch = &watchdog_;
    signer_ = loaded->parts.signer;
    node_ = std::make_unique<assembly::Node>(std::move(loaded->parts));

    SqliteOptions options;
    options.directory = settings_.data.string();
    options.disk = settings_.disk;
    options.disk.on_ballast = log_ballast;
    store_ = std::make_unique<SqliteStore>(options);
    HostSettings host;
    host.commit_interval = settings_.commit_interval;
    host.state_file = state_file(settings_.data.string());
    host.fatal = stop_loudly;
    host_ = std::make_unique<Host<assembly::Node>>(
        *node_, *store_, clock_,
        [this](std::vector<assembly::NodeEffect> effects) {
            for (assembly::NodeEffect& one : effects) {
                std::visit([this](auto& kind) { carry_out(std::move(kind)); }, one);
            }
        },
        host);

    net::VerifierRules rules;
    const net::Url own = listen_origin(settings_);
    rules.origins.push_back({own.scheme, own.authority()});
    for (const net::Url& url : settings_.origins)
        rules.origins.push_back({url.scheme, url.authority()});
    // The second in which it starts: signatures tell whole seconds, and what could be replayed from
    // the part before is idempotent, by its key or its sequence.
    rules.start = Timestamp{clock_.now().us() / 1'000'000 * 1'000'000};
    verifier_ = std::make_unique<net::RequestVerifier>(*scheme_, rules);
    service_ = std::make_unique<api::Service>(api::ServiceParts{
        settings_.node, settings_.callers, this, &records_, verifier_.get(), &clock_, &loop_});
    make_links(loaded->ledger_signers);

    if (auto started = host_->start(); !started) return started;
    auto reader = SqliteReader::open({settings_.data.string(), {}, 4, stop_loudly});
    if (!reader) return unexpected<Failure>(reader.error());
    records_.set(std::move(*reader));
    journal_verifier_.emplace(std::vector<const SqliteStore*>{store_.get()}, stop_loudly);
    return start_server();
}

void Daemon::make_links(const std::vector<std::shared_ptr<const Signer>>& signers) {
    for (std::size_t i = 0; i < settings_.ledgers.size(); ++i) {
        links_.push_back(std::make_unique<net::LedgerLink>(
            net::LedgerLink::Ports{loop_, ledgers_http_, sockets_, clock_, random_, signers[i]},
            link_settings(settings_.ledgers[i]), [this, i](AdapterInput heard) {
                if (host_->stats().queue >= max_queued_in_all) return false;
                return host_->submit(event::FromLedger{i, std::move(heard)}).has_value();
            }));
    }
    peers_ = std::make_unique<PeerSender>(
        PeerSender::Parts{loop_, http_, clock_, signer_,
                          [this](const event::PeerReplied& replied) { submit_surely(replied); }},
        settings_.peers);
}

Result<void, Failure> Daemon::start_server() {
    server_ = std::make_unique<net::HttpServer>(loop_, server_limits(settings_));
    server_->on_request([this](const net::HttpRequest& request, const net::Respond& respond) {
        handle(request, respond);
    });
    server_->on_websocket(
        [this](const net::HttpRequest& request, const net::WebSocketAccept& accept) {
            service_->upgrade(request, accept);
        });
    const auto port = server_->start(settings_.listen_address, settings_.listen_port);
    if (!port) return unexpected<Failure>(port.error());
    log_info("started",
             Json::object({{"name", settings_.node.name},
                           {"node", settings_.node.self.hex()},
                           {"listen", net::host_and_port(settings_.listen_address, *port)}}));
    return {};
}

void Daemon::run() {
    {
        std::unique_lock lock(signal_mutex_);
        signalled_.wait(lock, [this] { return signals_ > 0; });
    }
    log_info("draining");
    drain();
    stop();
    log_info("stopped");
    flush_log();
}

// First what brings work, then the node, then what carries its effects, then the threads under all.
void Daemon::stop() {
    if (server_) server_->stop(server_grace);
    if (service_) service_->stop();
    if (host_) host_->stop();
    journal_verifier_.reset();
    for (auto& link : links_)
        link->stop();
    sockets_.stop();
    http_.stop();
    ledgers_http_.stop();
    worker_.stop();
    loop_.stop();
}

// What is still open when the time is over is safe: it is in the journal, and the ladder leaves
// room for an outage.
void Daemon::drain() {
    if (!host_->submit(event::ForCore{input::Drain{}})) return;
    const Timestamp latest = clock_.now() + settings_.drain;
    auto drained = std::make_shared<std::atomic<bool>>(false);
    std::unique_lock lock(signal_mutex_);
    while (!*drained && clock_.now() < latest && signals_ < 2) {
        lock.unlock();
        const auto looked = host_->view([drained](const assembly::Node& node) {
            if (node.machine().drained()) *drained = true;
        });
        lock.lock();
        if (!looked) return;
        signalled_.wait_for(lock, std::chrono::microseconds(drain_look.us()));
    }
    if (!*drained)
        log_warning("drain_unfinished",
                    Json::object({{"detail",
                                   "settlements are left open; they go on after the "
                                   "next start"}}));
}

// --- effects
// --------------------------------------------------------------------------------------

void Daemon::carry_out(effect::ToLedger&& effect) {
    links_[effect.ledger]->send(std::move(effect.request));
}

void Daemon::carry_out(effect::SendBatch&& effect) {
    peers_->send(std::move(effect));
}

void Daemon::carry_out(effect::AnswerPeer&& effect) {
    if (auto respond = batches_.take(effect.ticket))
        (*respond)(net::binary_response(200, assembly::encode_ack(effect.ack)));
}

void Daemon::carry_out(effect::AnswerCaller&& effect) {
    if (auto done = callers_.take(effect.ticket)) (*done)(std::move(effect.body));
}

void Daemon::carry_out(effect::Release&& effect) {
    // Not from this thread, which is the one that empties the queue.
    loop_.post([this, effect] {
        submit_surely(event::ReleaseDurable{effect.context, effect.entropy, effect.condition});
    });
}

void Daemon::carry_out(effect::Alarm&& effect) {
    log_warning("alarm", Json::object({{"code", effect.code}, {"detail", effect.detail}}));
}

void Daemon::carry_out(effect::Published&& effect) {
    service_->publish(effect.number, effect.event);
    if (!logs_debug()) return;
    if (const auto row = decode_fields<core::EventRecord>(effect.event))
        log_debug(api::to_string(row->kind), api::render(*row));
}

void Daemon::carry_out(effect::Described&& effect) {
    service_->learn(effect.info);
}

void Daemon::carry_out(effect::StallsNoted&&) {
    if (const auto cleared = stalls_.clear(); !cleared)
        log_error("stalls_not_cleared", Json::object({{"code", cleared.error().code},
                                                      {"detail", cleared.error().detail}}));
}

// What the node must hear waits on a thread of the loop until the queue has room for it, which
// slows down those who send; calls and batches from outside are refused long before.
void Daemon::submit_surely(assembly::NodeEvent event) {
    while (host_->stats().queue >= max_queued_in_all)
        std::this_thread::sleep_for(std::chrono::microseconds(full_queue_pause.us()));
    // Refused only when the host stops, and then nobody needs it.
    [[maybe_unused]] const auto taken = host_->submit(std::move(event));
}

// --- the interface
// --------------------------------------------------------------------------------

void Daemon::submit(input::FromApi call, std::function<void(Result<Bytes>)> done) {
    if (host_->stats().queue >= max_queued_from_outside) return done(refuse(Reason::overloaded));
    call.ticket = next_ticket_++;
    const std::uint64_t ticket = call.ticket;
    callers_.put(ticket, std::move(done));
    const auto taken = host_->submit(event::ForCore{std::move(call)});
    if (taken) return;
    if (auto waiting = callers_.take(ticket)) (*waiting)(refuse(taken.error()));
}

Result<void> Daemon::view(std::function<void(const assembly::Node&)> look) {
    return host_->view(std::move(look));
}

void Daemon::digest(std::function<void(Result<StateDigest>)> done) {
    worker_.post([this, done = std::move(done)] { done(host_->digest()); });
}

api::NodeFigures Daemon::figures() const {
    const HostStats stats = host_->stats();
    api::NodeFigures figures;
    figures.commits = stats.commits;
    figures.rows = stats.rows;
    figures.inputs = stats.inputs;
    figures.refusals = stats.refusals;
    figures.snapshots = stats.snapshots;
    figures.queue = stats.queue;
    figures.last_commit = stats.last_commit;
    figures.longest_commit = stats.longest_commit;
    figures.signatures_verified = Ed25519::verifications();
    return figures;
}

void Daemon::handle(const net::HttpRequest& request, const net::Respond& respond) {
    const bool is_get = request.method == "GET";
    if (request.path == peer_path) {
        if (request.method != "POST") return respond(net::problem(Reason::method_not_allowed));
        return peer_batch(request, respond);
    }
    if (request.path == "/health/live" && is_get)
        return respond(net::json_response(200, R"({"status":"live"})"));
    if (request.path == "/health/ready" && is_get) return ready(respond);
    if (request.path == "/metrics" && is_get && settings_.metrics) return metrics(respond);
    service_->handle(request, respond);
}

void Daemon::peer_batch(const net::HttpRequest& request, const net::Respond& respond) {
    if (host_->stats().queue >= max_queued_from_outside)
        return respond(net::problem(Reason::overloaded));
    auto batch = receive_batch(request, clock_.now(), *verifier_, settings_.node, *scheme_);
    if (!batch) return respond(std::move(batch.error()));
    const std::uint64_t ticket = next_ticket_++;
    batches_.put(ticket, respond);
    const auto taken = host_->submit(event::PeerBatchArrived{ticket, std::move(*batch)});
    if (taken) return;
    batches_.take(ticket);
    respond(net::problem(taken.error()));
}

}  // namespace lockstep::node
