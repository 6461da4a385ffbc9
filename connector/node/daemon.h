// lockstepd put together: the node on its host with the real clock, disk and network. Owns all of
// them and the order in which they start and stop.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>

#include "connector/api/service.h"
#include "connector/node/load.h"
#include "connector/node/peer_port.h"
#include "connector/node/settings.h"
#include "connector/node/step_watchdog.h"
#include "connector/node/system_ports.h"
#include "sdk/machine/host.h"
#include "sdk/net/ledger_link.h"
#include "sdk/store/journal_verifier.h"
#include "sdk/store/sqlite_reader.h"
#include "sdk/store/sqlite_store.h"

namespace lockstep::node {

// The records, once the store is open; the service is made before.
class LateReader final : public RecordReader {
public:
    void set(std::unique_ptr<RecordReader> reader) { reader_ = std::move(reader); }
    std::optional<Bytes> get(std::uint16_t kind, ByteView key) const override {
        return reader_->get(kind, key);
    }
    std::vector<Record> scan(std::uint16_t kind, ByteView from, ByteView to, std::size_t limit,
                             bool reverse) const override {
        return reader_->scan(kind, from, to, limit, reverse);
    }

private:
    std::unique_ptr<RecordReader> reader_;
};

class Daemon final : public api::NodePort {
public:
    explicit Daemon(Settings settings);
    ~Daemon() override;

    // Codes of the store, the plugins and the server; each detail says what to do.
    Result<void, Failure> start();
    // Until SIGTERM or SIGINT; then drains and stops. A second signal ends the wait.
    void run();

    // --- for the interface ---
    void submit(core::input::FromApi call, std::function<void(Result<Bytes>)> done) override;
    Result<void> view(std::function<void(const assembly::Node&)> look) override;
    void digest(std::function<void(Result<StateDigest>)> done) override;
    api::NodeFigures figures() const override;

private:
    // Answers that wait for their turn to be durable, by ticket.
    template <class T>
    class Tickets {
    public:
        void put(std::uint64_t ticket, T value) {
            const std::lock_guard lock(mutex_);
            waiting_.emplace(ticket, std::move(value));
        }
        std::optional<T> take(std::uint64_t ticket) {
            const std::lock_guard lock(mutex_);
            const auto found = waiting_.find(ticket);
            if (found == waiting_.end()) return std::nullopt;
            T value = std::move(found->second);
            waiting_.erase(found);
            return value;
        }

    private:
        std::mutex mutex_;
        std::map<std::uint64_t, T> waiting_;
    };

    void make_links(const std::vector<std::shared_ptr<const Signer>>& signers);
    Result<void, Failure> start_server();
    void drain();
    void stop();

    void carry_out(assembly::effect::ToLedger&& effect);
    void carry_out(assembly::effect::SendBatch&& effect);
    void carry_out(assembly::effect::AnswerPeer&& effect);
    void carry_out(assembly::effect::AnswerCaller&& effect);
    void carry_out(assembly::effect::Release&& effect);
    void carry_out(assembly::effect::Alarm&& effect);
    void carry_out(assembly::effect::Published&& effect);
    void carry_out(assembly::effect::Described&& effect);
    void carry_out(assembly::effect::StallsNoted&& effect);
    void submit_surely(assembly::NodeEvent event);

    void handle(const net::HttpRequest& request, const net::Respond& respond);
    void peer_batch(const net::HttpRequest& request, const net::Respond& respond);
    void ready(const net::Respond& respond);
    void metrics(const net::Respond& respond);

    Settings settings_;
    SystemClock clock_;
    SystemRandom random_;
    std::shared_ptr<const Ed25519> scheme_ = std::make_shared<Ed25519>();
    net::IoLoop loop_{2};
    net::IoLoop worker_{1};         // for what blocks
    net::HttpClient http_;          // to peers
    net::HttpClient ledgers_http_;  // whose answers may be larger
    net::WebSocketClient sockets_;
    std::shared_ptr<const Signer> signer_;
    StallFile stalls_;
    StepWatchdog watchdog_;
    std::unique_ptr<assembly::Node> node_;
    std::unique_ptr<SqliteStore> store_;
    std::optional<JournalVerifier> journal_verifier_;
    LateReader records_;
    std::unique_ptr<net::RequestVerifier> verifier_;
    std::unique_ptr<api::Service> service_;
    std::vector<std::unique_ptr<net::LedgerLink>> links_;
    std::unique_ptr<PeerSender> peers_;
    std::unique_ptr<Host<assembly::Node>> host_;
    std::unique_ptr<net::HttpServer> server_;

    // Tickets of an earlier life are in the journal, so numbers start where chance says.
    std::atomic<std::uint64_t> next_ticket_{0};
    Tickets<std::function<void(Result<Bytes>)>> callers_;
    Tickets<net::Respond> batches_;

    std::mutex signal_mutex_;
    std::condition_variable signalled_;
    int signals_ = 0;
};

}  // namespace lockstep::node
