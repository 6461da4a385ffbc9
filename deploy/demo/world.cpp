#include "deploy/demo/world.h"

#include <csignal>

#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>
#include <set>
#include <thread>

#include "deploy/demo/ports.h"
#include "sdk/base/assert.h"

namespace lockstep::demo {

namespace fs = std::filesystem;

namespace {

constexpr Duration start_patience = Duration::seconds(120);
constexpr Duration replay_patience = Duration::seconds(300);
constexpr std::chrono::milliseconds poll_step{20};

// "three ledgers: test.csd, test.sek, test.eur"
std::string counted(const std::vector<std::string>& names, const char* what) {
    constexpr std::array numbers{"no", "one", "two", "three", "four", "five", "six", "seven"};
    std::string text =
        names.size() < numbers.size() ? numbers[names.size()] : std::to_string(names.size());
    text.append(" ").append(what).append(": ");
    for (std::size_t i = 0; i < names.size(); ++i)
        text.append(i == 0 ? "" : ", ").append(names[i]);
    return text;
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

}  // namespace

World::World(WorldSettings settings) : settings_(std::move(settings)), loop_(2) {
    if (settings_.probe) add_probe(settings_.cast);
}

World::~World() {
    for (auto& [name, member] : members_) {
        member.client.reset();
        member.process.kill();
    }
    chain_.reset();
    loop_.stop();
}

fs::path World::key_file(const std::string& key) const {
    return settings_.directory / "keys" / (key + ".key");
}

std::shared_ptr<const Signer> World::signer(const std::string& key) const {
    return signers_.at(key);
}

std::string World::program(const Member& member) const {
    return settings_.programs / program_of(member.role->kind);
}

std::vector<std::string> World::nodes() const {
    std::vector<std::string> names;
    for (const Role& role : cast().roles) {
        if (role.kind == Kind::node) names.emplace_back(role.name);
    }
    return names;
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
    switch (role_named(cast(), name).kind) {
        case Kind::cash_ledger:
        case Kind::securities_ledger:
        case Kind::node: {
            const auto ready = client(name).ready();
            return ready && *ready;
        }
        case Kind::bitcoin_node:
            return chain_->call("getblockcount").has_value();
        case Kind::miner:
            return true;  // it waits for its node
    }
    UNREACHABLE();
}

bool World::wait_ready(const std::string& name, Duration longest) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(longest.us());
    while (!is_ready(name)) {
        if (std::chrono::steady_clock::now() >= until) return false;
        std::this_thread::sleep_for(poll_step);
    }
    return true;
}

Result<void, Failure> World::wait_all_ready(bool ledgers, const std::atomic<bool>& stop) {
    const auto until =
        std::chrono::steady_clock::now() + std::chrono::microseconds(start_patience.us());
    for (const Role& role : cast().roles) {
        if (is_ledger(role.kind) != ledgers) continue;
        const std::string name(role.name);
        while (!is_ready(name)) {
            if (auto alive = check_alive(); !alive) return alive;
            if (stop.load()) return fail("stopped", "stopped before the world was ready");
            if (std::chrono::steady_clock::now() >= until) {
                const fs::path log = settings_.directory / name / "log";
                return fail("unavailable", name + " is not ready after 120 s; " + log.string() +
                                               " ends with:\n" + last_lines(log, 12));
            }
            std::this_thread::sleep_for(poll_step);
        }
    }
    return {};
}

Result<void, Failure> World::launch_all(bool ledgers) {
    const std::lock_guard lock(mutex_);
    for (auto& [name, member] : members_) {
        if (is_ledger(member.role->kind) != ledgers) continue;
        if (auto started = launch(member); !started) return started;
    }
    return {};
}

Result<void, Failure> World::start(const Say& say, const std::atomic<bool>& stop) {
    std::vector<std::string> ledgers;
    bool mines = false;
    for (const Role& role : cast().roles) {
        if (is_ledger(role.kind)) ledgers.emplace_back(role.address);
        mines = mines || role.kind == Kind::miner;
    }
    say("starting " + counted(ledgers, "ledgers"));
    if (auto done = launch_all(true); !done) return done;
    if (auto done = wait_all_ready(true, stop); !done) return done;
    if (auto done = provision(say); !done) return done;
    say("starting " + std::string(mines ? "a miner and " : "") + counted(nodes(), "nodes"));
    if (auto done = launch_all(false); !done) return done;
    return wait_all_ready(false, stop);
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

bool World::is_at_work(const std::string& name) {
    const std::lock_guard lock(mutex_);
    const Member& one = member(name);
    return one.wanted && !one.paused;
}

void World::pause(const std::string& name) {
    const std::lock_guard lock(mutex_);
    member(name).paused = true;
    member(name).process.signal(SIGSTOP);
}

void World::resume(const std::string& name) {
    const std::lock_guard lock(mutex_);
    member(name).process.signal(SIGCONT);
    member(name).paused = false;
}

void World::stop(Duration grace) {
    const std::lock_guard lock(mutex_);
    for (const bool ledgers : {false, true}) {
        for (auto& [name, member] : members_) {
            if (is_ledger(member.role->kind) != ledgers) continue;
            member.wanted = false;
            member.process.signal(SIGTERM);
        }
        for (auto& [name, member] : members_) {
            // Not told twice: a second signal would end a node's drain.
            if (is_ledger(member.role->kind) == ledgers) member.process.finish(grace);
        }
    }
}

std::vector<Ending> World::verify_replays() {
    std::vector<Ending> endings;
    for (const Role& role : cast().roles) {
        if (!has_journal(role.kind)) continue;
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

std::optional<int> World::exit_status(const std::string& name) {
    const std::lock_guard lock(mutex_);
    return member(name).process.exit_status();
}

std::vector<std::string> World::accounts(const std::string& ledger) const {
    std::vector<std::string> accounts;
    for (const Opening& opening : cast().openings) {
        if (opening.ledger == ledger) accounts.push_back(opening.account);
    }
    return accounts;
}

Result<std::vector<LedgerBooks>, Failure> World::books(bool with_statements) {
    std::vector<LedgerBooks> all;
    for (const Role& role : cast().roles) {
        if (!has_books(role.kind)) continue;
        const std::string name(role.name);
        auto books =
            read_books(client(name), std::string(role.address), accounts(name), with_statements);
        if (!books) return unexpected<Failure>(books.error());
        all.push_back(std::move(*books));
    }
    return all;
}

void World::sample() {
    for (const Role& role : cast().roles) {
        if (role.kind == Kind::node || has_books(role.kind)) sample(std::string(role.name));
    }
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
