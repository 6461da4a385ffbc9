// A node of a simulated world: the real node with the real adapters on a simulated host, and what
// its program does in reality beside them: the transports to ledgers and peers, callers' tickets,
// and the detour by which a durable release comes back.
#pragma once

#include <functional>
#include <map>

#include "connector/assembly/node.h"
#include "sim/world/conduct.h"
#include "sim/world/ledger_service.h"
#include "sim/world/topics.h"

namespace lockstep::sim {

class NodeProcess;

// How a node reaches others; the world is one.
class Switchboard {
public:
    virtual ~Switchboard() = default;
    virtual NodeProcess* find_node(const PublicKey& key) = 0;
    virtual LedgerService* find_ledger(const Address& ledger) = 0;
};

// What a transport waits for an answer before it gives up, as the real ones do.
constexpr Duration transport_patience = Duration::seconds(5);

class NodeProcess {
public:
    struct Parts {
        Scheduler& scheduler;
        Trace& trace;
        Tally& tally;
        Network& network;
        Topics& topics;
        Switchboard& board;
        Rng rng;
        core::NodeConfig config;
        std::shared_ptr<const Signer> signer;
        std::shared_ptr<const SignatureScheme> scheme;
        std::shared_ptr<const assembly::SecretKeeper> keeper;
        std::unique_ptr<SimDisk> disk;
        bool honest = true;
        // It is about to start, or another one in its place.
        std::function<void()> starts;
        // It died by itself.
        std::function<void()> died;
        // An answer to a call; may come twice, or not at all when the process died over it.
        std::function<void(std::uint64_t ticket, const Result<Bytes>& answer)> answered;
        // A row of its event stream became durable.
        std::function<void(const core::EventRecord& event)> published;
        std::function<void(const assembly::effect::Release& release)> released;
        std::function<void(const assembly::effect::Alarm& alarm)> alarmed;
        // Made when everything above is there; may be absent.
        std::function<std::unique_ptr<Conduct>(Means means)> make_conduct;
    };

    explicit NodeProcess(Parts parts);

    ActorId actor() const { return actor_; }
    bool honest() const { return parts_.honest; }
    const std::string& name() const { return parts_.config.name; }
    const core::NodeConfig& config() const { return parts_.config; }
    const PublicKey& key() const { return parts_.config.self; }

    bool up() const { return process_.up(); }
    bool dead_for_good() const { return dead_for_good_; }
    Result<void, Failure> start();
    void kill();
    void kill_at_point(std::uint64_t n) { process_.kill_at_point(n); }
    void pause(Timestamp until) { process_.pause(until); }
    Result<void, Failure> take_over();
    SimDisk& disk() { return *parts_.disk; }
    ProcessClock& clock() { return process_.clock(); }
    void clock_changed() { process_.clock_changed(); }
    // Restarted with it at the next start.
    core::NodeConfig& next_config() { return parts_.config; }
    Conduct* conduct() { return conduct_.get(); }

    // False when it is down.
    bool call(core::input::FromApi call);
    // A batch of a peer, as it arrived; the acknowledgement goes to `reply`.
    void receive(Bytes batch, std::function<void(Result<assembly::PeerAck>)> reply);

    const assembly::Node& node() const { return process_.program(); }
    const RecordReader& records() const { return parts_.disk->records(); }
    // Empty, or how a replay of its journal differs from the state that it has.
    std::optional<std::string> replay() const;
    void mix_into(Trace& trace) const {
        if (process_.up()) trace.mix(process_.digest().digest.view());
    }
    std::uint64_t starts() const { return process_.starts(); }

private:
    struct WorldRandom final : Random {
        explicit WorldRandom(Rng r) : rng(r) {}
        void fill(std::span<std::uint8_t> bytes) override {
            for (std::uint8_t& byte : bytes)
                byte = static_cast<std::uint8_t>(rng.next() >> 32);
        }
        Rng rng;
    };

    std::unique_ptr<assembly::Node> make() const;
    void hear(assembly::NodeEvent event);
    void release(std::vector<assembly::NodeEffect> effects);
    void let_out(Timestamp when, assembly::NodeEffect one);
    void carry_out(assembly::effect::ToLedger&& effect);
    void carry_out(assembly::effect::SendBatch&& effect);
    void carry_out(assembly::effect::AnswerPeer&& effect);
    void carry_out(assembly::effect::AnswerCaller&& effect);
    void carry_out(assembly::effect::Release&& effect);
    void carry_out(assembly::effect::Alarm&& effect);
    void carry_out(assembly::effect::Published&& effect);
    void carry_out(assembly::effect::Described&&) {}
    // No step of a plugin takes time here.
    void carry_out(assembly::effect::StallsNoted&&) {}
    void request(std::size_t index, LedgerService& ledger, Request request);
    void subscribe(std::size_t index, LedgerService& ledger, const Request& request);
    void ended();

    Parts parts_;
    ActorId actor_;
    mutable WorldRandom random_;
    mutable Process<assembly::Node> process_;
    std::unique_ptr<Conduct> conduct_;
    std::uint64_t incarnation_ = 0;
    std::uint64_t last_ticket_ = 0;
    std::map<std::uint64_t, std::function<void(Result<assembly::PeerAck>)>> batches_;
    std::vector<std::uint64_t> streams_;  // of each ledger: the number of the present one
    bool dead_for_good_ = false;
};

}  // namespace lockstep::sim
