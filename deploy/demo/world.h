// The demonstration's world: the ledgers and nodes of a cast as real processes on loopback, each
// with a directory of its own, their keys, configurations, accounts and first holdings. It can kill
// and restart each of them, says how to talk to them, and stops what it started and nothing else.
//
//   DIRECTORY/keys/*.key, *.seed
//   DIRECTORY/NAME/config.toml, log, data/      for each of the cast
#pragma once

#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "connector/client/api_client.h"
#include "deploy/demo/bitcoin_setup.h"
#include "deploy/demo/books.h"
#include "deploy/demo/euro_cast.h"
#include "deploy/demo/lives.h"
#include "deploy/demo/node_file.h"
#include "deploy/demo/process.h"
#include "sdk/service/ledger_client.h"

namespace lockstep::demo {

struct WorldSettings {
    std::filesystem::path directory;  // is made; must be new or empty
    std::filesystem::path programs;   // where lockstepd and the ledgers' programs are
    Profiles profiles;
    bool probe = false;             // with accounts for probe.h
    std::optional<Duration> drain;  // of the nodes, longest wait after SIGTERM; theirs if absent
    Cast cast = euro_cast();
};

// The programs that a world needs and that are not there.
std::vector<std::string> missing_programs(const std::filesystem::path& programs, const Cast& cast);

struct Ending {
    std::string name;
    int status = 0;         // of the process; 0 is a clean end
    std::string digest;     // of the state it had
    bool replayed = false;  // the journal gives the same state
    std::string detail;     // what its replay said
};

class World {
public:
    // Writes keys and configurations; nothing runs yet. Codes: io, missing_program.
    static Result<std::unique_ptr<World>, Failure> create(const WorldSettings& settings);
    // Kills what still runs.
    ~World();
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    // Ledgers, accounts, assets, holdings, nodes, in this order; returns when all are ready. The
    // failure names the process and shows the end of its log. `say` is told each step.
    using Say = std::function<void(const std::string&)>;
    Result<void, Failure> start(const Say& say, const std::atomic<bool>& stop);

    // Thread-safe. SIGKILL at once; a restart takes the same directory and port.
    void kill(const std::string& name);
    Result<void, Failure> restart(const std::string& name);
    // SIGTERM. The exit status, 128 + signal when a signal ended it; nullopt when it still runs
    // after that time.
    void terminate(const std::string& name);
    std::optional<int> wait_ended(const std::string& name, Duration longest);
    bool is_ready(const std::string& name);
    bool wait_ready(const std::string& name, Duration longest);
    std::uint64_t restarts() const { return restarts_; }
    // A process that ended although nobody here ended it.
    Result<void, Failure> check_alive();

    // Runs, and nobody here killed, ended or paused it.
    bool is_at_work(const std::string& name);
    // A process that is paused holds still until it is resumed (SIGSTOP, SIGCONT).
    void pause(const std::string& name);
    void resume(const std::string& name);

    // Nodes first (SIGTERM drains them), then ledgers; what does not end in time is killed.
    void stop(Duration grace);
    // Replays each journal and compares the digest with the live one; a miner has none. After
    // stop().
    std::vector<Ending> verify_replays();
    // Leaves the processes running when this object goes.
    void release();
    std::vector<pid_t> pids() const;
    // Of its last end.
    std::optional<int> exit_status(const std::string& name);

    // The operator of a node, or an auditor of a ledger, who may read every account.
    client::ApiClient& client(const std::string& name);
    // Of a ledger, with a key of the world: "NAME-operator", "NAME-issuer", "probe" or a node's.
    service::LedgerClient ledger_client(const std::string& name, const std::string& key);
    client::ApiAccess desk() const;
    std::string url(const std::string& name) const;
    std::uint16_t port(const std::string& name) const { return facts_.ports.at(name); }
    PublicKey node_key(const std::string& name) const { return facts_.node_keys.at(name); }
    std::filesystem::path key_file(const std::string& key) const;
    const std::filesystem::path& directory() const { return settings_.directory; }
    const WorldSettings& settings() const { return settings_; }
    const Cast& cast() const { return settings_.cast; }
    std::vector<std::string> nodes() const;  // in the order of the cast
    net::IoLoop& loop() { return loop_; }
    // Of a world with a Bitcoin node: its calls, and the accounts on its chain, by node or "miner".
    bitcoin::RpcClient& chain() { return *chain_; }
    std::unique_ptr<bitcoin::RpcClient> chain_client();  // for another thread
    const std::map<std::string, CoinAccount>& coin_accounts() const { return coin_accounts_; }

    Result<std::vector<LedgerBooks>, Failure> books(bool with_statements);
    std::vector<std::string> accounts(const std::string& ledger) const;
    // Reads the counters of all processes that answer. To be called now and then, and at the end;
    // of a process before it is killed.
    void sample();
    void sample(const std::string& name);
    // Over all lives of all processes. What a process did between its last sample and its death is
    // not in it.
    Figures figures() const;

private:
    struct Member {
        const Role* role = nullptr;
        Process process;
        bool wanted = false;  // should be running
        bool paused = false;
        std::unique_ptr<client::ApiClient> client;
        Lives lives;
    };

    explicit World(WorldSettings settings);
    Result<void, Failure> write_files();
    Result<void, Failure> make_keys();
    Result<void, Failure> make_coin_accounts();
    Result<void, Failure> write_config(const Role& role, const std::string& text);
    std::string config_of(const Role& role) const;
    Result<void, Failure> launch(Member& member);
    // Ledgers, or the others.
    Result<void, Failure> launch_all(bool ledgers);
    Result<void, Failure> wait_all_ready(bool ledgers, const std::atomic<bool>& stop);
    Result<void, Failure> provision(const Say& say);
    Result<void, Failure> mine_coins(const Say& say);
    Failure describe_end(const Member& member) const;
    Member& member(const std::string& name);
    std::shared_ptr<const Signer> signer(const std::string& key) const;
    std::string program(const Member& member) const;

    WorldSettings settings_;
    net::IoLoop loop_;
    NodeFacts facts_;
    std::map<std::string, std::shared_ptr<const Signer>> signers_;
    mutable std::mutex mutex_;  // members_
    std::map<std::string, Member> members_;
    std::map<std::string, CoinAccount> coin_accounts_;
    std::unique_ptr<bitcoin::RpcClient> chain_;
    std::atomic<std::uint64_t> restarts_{0};
};

}  // namespace lockstep::demo
