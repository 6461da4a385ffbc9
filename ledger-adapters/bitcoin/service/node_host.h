// A mock node in this process: its machine on a journal, and callers that wait for its answers.
#pragma once

#include <future>
#include <map>
#include <mutex>

#include "bitcoin/rpc/changes.h"
#include "sdk/machine/host.h"
#include "sdk/machine/machine_program.h"
#include "sdk/store/sqlite_store.h"

namespace lockstep::bitcoin {

struct NodeSettings {
    Settings node;
    std::string directory;
    DiskLimits disk;
    HostSettings host;
};

// Calls block until what they did is durable: not from a thread of the host or of a network loop.
class NodeHost final : public NodePort {
public:
    using Program = MachineProgram<BitcoinMachine>;

    // `stop`: somebody asked for it; from any thread, once or more. The clock outlives the host.
    NodeHost(NodeSettings settings, const Clock& clock, std::function<void()> stop);
    ~NodeHost() override;

    // Recovers and starts. Codes of Store::open and Program::recover, and bad_settings where the
    // chain in the directory has grown by other rules.
    Result<void, Failure> start();
    // Takes no more calls, and saves a snapshot.
    void finish();

    bool look(
        const std::function<void(const BitcoinMachine& machine, Timestamp at)>& view) override;
    Result<output::Done> give(Input input) override;
    void stop() override { stop_(); }

private:
    using Effect = Program::Effect;
    struct Waiting {
        std::promise<Result<output::Done>> promise;
        output::Done done;
    };

    void release(std::vector<Effect> effects);
    Result<void, Failure> adopt_settings();

    NodeSettings settings_;
    const Clock& clock_;
    std::function<void()> stop_;
    SqliteStore store_;
    Program program_;
    Host<Program> host_;
    std::mutex mutex_;  // of the two below
    Ticket last_ticket_ = 0;
    std::map<Ticket, Waiting> waiting_;
};

}  // namespace lockstep::bitcoin
