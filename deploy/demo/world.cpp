#include "deploy/demo/world.h"

#include <csignal>

#include <chrono>
#include <fstream>
#include <thread>

#include "deploy/demo/ledger_setup.h"
#include "deploy/demo/ports.h"
#include "sdk/base/assert.h"

namespace lockstep::demo {

namespace fs = std::filesystem;

namespace {

constexpr Duration start_patience = Duration::seconds(30);
constexpr Duration replay_patience = Duration::seconds(300);
constexpr Duration call_timeout = Duration::seconds(5);
constexpr std::chrono::milliseconds poll_step{20};

constexpr std::array programs{"lockstepd", "lockstep-cash", "lockstep-securities"};
constexpr std::array plugins{"lockstep-adapter-cash.so", "lockstep-adapter-securities.so"};

fs::path plugin_directory(const fs::path& program_directory) {
    return (program_directory / ".." / "lib").lexically_normal();
}

Result<void, Failure> write_file(const fs::path& path, const std::string& text) {
    std::ofstream out(path, std::ios::binary);
    out << text;
    out.close();
    if (!out) return fail("io", path.string() + ": cannot be written");
    return {};
}

// Where a process wrote the digest that it had when it stopped, itself or one of its validators.
bool has_state_file(const fs::path& data) {
    if (fs::exists(data / "state.json")) return true;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(data, error)) {
        if (fs::exists(entry.path() / "state.json")) return true;
    }
    return false;
}

net::Url loopback(std::uint16_t port) {
    net::Url url;
    url.scheme = "http";
    url.host = "127.0.0.1";
    url.port = port;
    return url;
}

}  // namespace

std::vector<std::string> missing_programs(const fs::path& program_directory) {
    std::vector<std::string> missing;
    for (const char* name : programs) {
        if (!fs::exists(program_directory / name)) missing.push_back(program_directory / name);
    }
    for (const char* name : plugins) {
        const fs::path path = plugin_directory(program_directory) / name;
        if (!fs::exists(path)) missing.push_back(path);
    }
    return missing;
}

World::World(WorldSettings settings) : settings_(std::move(settings)), loop_(2) {}

World::~World() {
    for (auto& [name, member] : members_) {
        member.client.reset();
        member.process.kill();
    }
    loop_.stop();
}

Result<std::unique_ptr<World>, Failure> World::create(const WorldSettings& settings) {
    const auto missing = missing_programs(settings.programs);
    if (!missing.empty()) {
        return fail("missing_program",
                    missing.front() + " is not there; run deploy/quickstart, which builds it");
    }
    std::error_code error;
    const fs::path directory = fs::absolute(settings.directory);
    if (fs::exists(directory, error) && !fs::is_empty(directory, error)) {
        return fail("io", directory.string() + " is not empty; give a new directory with --dir");
    }
    WorldSettings absolute = settings;
    absolute.directory = directory;
    absolute.programs = fs::absolute(settings.programs);
    std::unique_ptr<World> world(new World(std::move(absolute)));
    if (auto written = world->write_files(); !written) return unexpected<Failure>(written.error());
    return world;
}

fs::path World::key_file(const std::string& key) const {
    return settings_.directory / "keys" / (key + ".key");
}

std::shared_ptr<const Signer> World::signer(const std::string& key) const {
    return signers_.at(key);
}

Result<void, Failure> World::make_keys() {
    std::error_code error;
    fs::create_directories(settings_.directory / "keys", error);
    if (error) return fail("io", settings_.directory.string() + ": " + error.message());
    fs::permissions(settings_.directory / "keys", fs::perms::owner_all, error);
    const Ed25519 scheme;
    std::vector<std::string> names{"operator", "desk", "auditor"};
    if (settings_.probe) names.emplace_back("probe");
    for (const Role& role : roles) {
        const std::string name(role.name);
        names.push_back(role.kind == Kind::node ? name : name + "-operator");
        if (role.kind != Kind::node) names.push_back(name + "-issuer");
    }
    for (const std::string& name : names) {
        const auto seed = create_key_file(key_file(name));
        if (!seed) return unexpected<Failure>(seed.error());
        signers_[name] = scheme.signer(*seed);
    }
    for (const Role& role : roles) {
        if (role.kind != Kind::node) continue;
        const std::string name(role.name);
        facts_.node_keys[name] = signer(name)->public_key();
        const auto seed = create_key_file(settings_.directory / "keys" / (name + ".seed"));
        if (!seed) return unexpected<Failure>(seed.error());
    }
    for (const char* name : {"operator", "desk"})
        facts_.caller_keys[name] = signer(name)->public_key();
    return {};
}

// The nodes' configurations name the validators, which are known once the ledger runs; start()
// writes those.
Result<void, Failure> World::write_files() {
    if (auto made = make_keys(); !made) return made;
    const auto ports = free_ports(roles.size());
    if (!ports) return unexpected<Failure>(ports.error());
    facts_.directory = settings_.directory;
    facts_.plugins = plugin_directory(settings_.programs);
    facts_.profiles = settings_.profiles;
    facts_.drain = settings_.drain;
    for (std::size_t i = 0; i < roles.size(); ++i) {
        const Role& role = roles[i];
        const std::string name(role.name);
        facts_.ports[name] = (*ports)[i];
        std::error_code error;
        fs::create_directories(settings_.directory / name, error);
        if (error)
            return fail("io", (settings_.directory / name).string() + ": " + error.message());
        Member& member = members_[name];
        member.role = &role;
        const bool ledger = role.kind != Kind::node;
        member.client = std::make_unique<client::ApiClient>(
            loop_,
            client::ApiAccess{loopback((*ports)[i]), signer(ledger ? "auditor" : "operator")},
            call_timeout);
        if (!ledger) continue;
        const LedgerFacts facts{settings_.profiles, (*ports)[i],
                                signer(name + "-operator")->public_key(),
                                signer("auditor")->public_key()};
        if (auto done =
                write_file(settings_.directory / name / "config.toml", ledger_config(role, facts));
            !done)
            return done;
    }
    return {};
}

std::string World::program(const Member& member) const {
    switch (member.role->kind) {
        case Kind::cash_ledger:
            return settings_.programs / "lockstep-cash";
        case Kind::securities_ledger:
            return settings_.programs / "lockstep-securities";
        case Kind::node:
            return settings_.programs / "lockstepd";
    }
    UNREACHABLE();
}

World::Member& World::member(const std::string& name) {
    const auto found = members_.find(name);
    ASSERT(found != members_.end());
    return found->second;
}

client::ApiClient& World::client(const std::string& name) {
    return *member(name).client;
}

service::LedgerClient World::ledger_client(const std::string& name, const std::string& key) {
    return {loop_, loopback(facts_.ports.at(name)), signer(key)};
}

client::ApiAccess World::desk() const {
    return {loopback(facts_.ports.at("venue")), signer("desk")};
}

std::string World::url(const std::string& name) const {
    return loopback(facts_.ports.at(name)).origin();
}

// With the mutex.
Result<void, Failure> World::launch(Member& member) {
    const fs::path directory = settings_.directory / std::string(member.role->name);
    Command command;
    command.words = {program(member), "--config", directory / "config.toml"};
    command.log = directory / "log";
    command.directory = directory;
    if (auto started = member.process.start(command); !started) return started;
    member.lives.begin();
    member.wanted = true;
    return {};
}

Failure World::describe_end(const Member& member) const {
    const std::string name(member.role->name);
    const fs::path log = settings_.directory / name / "log";
    return {"ended", name + " ended by itself with status " +
                         std::to_string(member.process.exit_status().value_or(0)) + "; " +
                         log.string() + " ends with:\n" + last_lines(log, 12)};
}

Result<void, Failure> World::check_alive() {
    const std::lock_guard lock(mutex_);
    for (auto& [name, member] : members_) {
        if (member.wanted && !member.process.is_running()) {
            member.wanted = false;
            return unexpected<Failure>(describe_end(member));
        }
    }
    return {};
}

bool World::is_ready(const std::string& name) {
    const auto ready = client(name).ready();
    return ready && *ready;
}

bool World::wait_ready(const std::string& name, Duration longest) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(longest.us());
    while (!is_ready(name)) {
        if (std::chrono::steady_clock::now() >= until) return false;
        std::this_thread::sleep_for(poll_step);
    }
    return true;
}

Result<void, Failure> World::wait_all_ready(Kind first, Kind second,
                                            const std::atomic<bool>& stop) {
    const auto until =
        std::chrono::steady_clock::now() + std::chrono::microseconds(start_patience.us());
    for (const Role& role : roles) {
        if (role.kind != first && role.kind != second) continue;
        const std::string name(role.name);
        while (!is_ready(name)) {
            if (auto alive = check_alive(); !alive) return alive;
            if (stop.load()) return fail("stopped", "stopped before the world was ready");
            if (std::chrono::steady_clock::now() >= until) {
                const fs::path log = settings_.directory / name / "log";
                return fail("unavailable", name + " is not ready after 30 s; " + log.string() +
                                               " ends with:\n" + last_lines(log, 12));
            }
            std::this_thread::sleep_for(poll_step);
        }
    }
    return {};
}

Result<void, Failure> World::provision() {
    for (const Role& role : roles) {
        if (role.kind == Kind::node) continue;
        const std::string name(role.name);
        LedgerKeys keys{signer(name + "-operator"), signer(name + "-issuer"), facts_.node_keys,
                        std::nullopt};
        if (settings_.probe) keys.probe = signer("probe")->public_key();
        if (auto done = set_up_ledger(loop_, loopback(facts_.ports.at(name)), role, keys); !done)
            return done;
    }
    const auto trust = read_trust(loop_, loopback(facts_.ports.at("csd")), signer("auditor"));
    if (!trust) return unexpected<Failure>(trust.error());
    facts_.trust = *trust;
    for (const Role& role : roles) {
        if (role.kind != Kind::node) continue;
        const std::string name(role.name);
        if (auto done =
                write_file(settings_.directory / name / "config.toml", node_config(name, facts_));
            !done)
            return done;
    }
    return {};
}

Result<void, Failure> World::start(const Say& say, const std::atomic<bool>& stop) {
    const auto launch_kinds = [&](bool nodes) -> Result<void, Failure> {
        const std::lock_guard lock(mutex_);
        for (auto& [name, member] : members_) {
            if ((member.role->kind == Kind::node) != nodes) continue;
            if (auto started = launch(member); !started) return started;
        }
        return {};
    };
    say("starting three ledgers: test.csd, test.sek, test.eur");
    if (auto done = launch_kinds(false); !done) return done;
    if (auto done = wait_all_ready(Kind::cash_ledger, Kind::securities_ledger, stop); !done)
        return done;
    say("opening accounts, registering shares, issuing money and shares");
    if (auto done = provision(); !done) return done;
    say("starting four nodes: venue, buyer, seller, connector");
    if (auto done = launch_kinds(true); !done) return done;
    return wait_all_ready(Kind::node, Kind::node, stop);
}

void World::kill(const std::string& name) {
    const std::lock_guard lock(mutex_);
    Member& one = member(name);
    one.wanted = false;
    one.process.kill();
}

Result<void, Failure> World::restart(const std::string& name) {
    const std::lock_guard lock(mutex_);
    ++restarts_;
    return launch(member(name));
}

void World::terminate(const std::string& name) {
    const std::lock_guard lock(mutex_);
    Member& one = member(name);
    one.wanted = false;
    one.process.signal(SIGTERM);
}

std::optional<int> World::wait_ended(const std::string& name, Duration longest) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(longest.us());
    while (true) {
        {
            const std::lock_guard lock(mutex_);
            if (const auto status = member(name).process.wait(Duration{})) return status;
        }
        if (std::chrono::steady_clock::now() >= until) return std::nullopt;
        std::this_thread::sleep_for(poll_step);
    }
}

void World::stop(Duration grace) {
    const std::lock_guard lock(mutex_);
    for (const bool nodes : {true, false}) {
        for (auto& [name, member] : members_) {
            if ((member.role->kind == Kind::node) != nodes) continue;
            member.wanted = false;
            member.process.signal(SIGTERM);
        }
        for (auto& [name, member] : members_) {
            // Not told twice: a second signal would end a node's drain.
            if ((member.role->kind == Kind::node) == nodes) member.process.finish(grace);
        }
    }
}

std::vector<Ending> World::verify_replays() {
    std::vector<Ending> endings;
    for (const Role& role : roles) {
        const std::string name(role.name);
        Member& one = member(name);
        Ending ending;
        ending.name = name;
        ending.status = one.process.exit_status().value_or(-1);
        const auto replayed = run_program(
            {program(one), "--config", settings_.directory / name / "config.toml", "--replay"},
            replay_patience);
        if (!replayed) {
            ending.detail = replayed.error().detail;
        } else {
            ending.detail = replayed->output;
            // Without the file there was nothing to compare with.
            ending.replayed =
                replayed->status == 0 && has_state_file(settings_.directory / name / "data");
            const std::size_t at = replayed->output.find("\"digest\"");
            const std::size_t from =
                at == std::string::npos ? at : replayed->output.find('"', at + 8);
            if (from != std::string::npos) ending.digest = replayed->output.substr(from + 1, 64);
        }
        endings.push_back(std::move(ending));
    }
    return endings;
}

void World::release() {
    const std::lock_guard lock(mutex_);
    for (auto& [name, member] : members_) {
        member.wanted = false;
        member.process.release();
    }
}

std::vector<pid_t> World::pids() const {
    const std::lock_guard lock(mutex_);
    std::vector<pid_t> pids;
    for (const auto& [name, member] : members_)
        pids.push_back(member.process.pid());
    return pids;
}

std::vector<std::string> World::accounts(const std::string& ledger) const {
    std::vector<std::string> accounts;
    for (const Party& party : parties) {
        if (ledger == "csd") accounts.push_back(securities_account(party));
        if ((ledger == "eur" && party.buys) || (ledger == "sek" && !party.buys))
            accounts.push_back(cash_account(party));
    }
    const std::string prefix = "test." + ledger + ".";
    if (ledger != "csd") accounts.push_back(prefix + std::string(connector_account));
    if (settings_.probe) {
        accounts.push_back(prefix + std::string(probe_payer));
        accounts.push_back(prefix + std::string(probe_payee));
    }
    return accounts;
}

Result<std::vector<LedgerBooks>, Failure> World::books(bool with_statements) {
    std::vector<LedgerBooks> all;
    for (const Role& role : roles) {
        if (role.kind == Kind::node) continue;
        const std::string name(role.name);
        auto books =
            read_books(client(name), std::string(role.address), accounts(name), with_statements);
        if (!books) return unexpected<Failure>(books.error());
        all.push_back(std::move(*books));
    }
    return all;
}

void World::sample() {
    for (const Role& role : roles)
        sample(std::string(role.name));
}

void World::sample(const std::string& name) {
    std::size_t asked_in = 0;
    {
        const std::lock_guard lock(mutex_);
        asked_in = member(name).lives.count();
    }
    const auto stats = client(name).stats();
    if (!stats) return;
    const std::lock_guard lock(mutex_);
    member(name).lives.read(asked_in, {stats->signatures_verified, stats->commits});
}

Figures World::figures() const {
    const std::lock_guard lock(mutex_);
    Figures sum;
    for (const auto& [name, member] : members_)
        sum += member.lives.sum();
    return sum;
}

}  // namespace lockstep::demo
