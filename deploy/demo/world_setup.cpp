// How a world comes to be: its keys and configurations, and what its ledgers begin with.
#include <algorithm>
#include <fstream>
#include <set>

#include "deploy/demo/ledger_setup.h"
#include "deploy/demo/ports.h"
#include "deploy/demo/world.h"
#include "sdk/base/assert.h"
#include "sdk/net/basic_login.h"

namespace lockstep::demo {

namespace fs = std::filesystem;

namespace {

constexpr Duration call_timeout = Duration::seconds(5);

const char* plugin_of(Kind kind) {
    switch (kind) {
        case Kind::cash_ledger:
            return "lockstep-adapter-cash.so";
        case Kind::securities_ledger:
            return "lockstep-adapter-securities.so";
        case Kind::bitcoin_node:
            return "lockstep-adapter-bitcoin.so";
        case Kind::miner:
        case Kind::node:
            return nullptr;
    }
    UNREACHABLE();
}

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

}  // namespace

std::vector<std::string> missing_programs(const fs::path& program_directory, const Cast& cast) {
    std::set<std::string> missing;
    const auto want = [&](const fs::path& path) {
        if (!fs::exists(path)) missing.insert(path.string());
    };
    for (const Role& role : cast.roles) {
        want(program_directory / program_of(role.kind));
        if (const char* plugin = plugin_of(role.kind))
            want(plugin_directory(program_directory) / plugin);
    }
    return {missing.begin(), missing.end()};
}

Result<std::unique_ptr<World>, Failure> World::create(const WorldSettings& settings) {
    const auto missing = missing_programs(settings.programs, settings.cast);
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

Result<void, Failure> World::make_keys() {
    std::error_code error;
    fs::create_directories(settings_.directory / "keys", error);
    if (error) return fail("io", settings_.directory.string() + ": " + error.message());
    fs::permissions(settings_.directory / "keys", fs::perms::owner_all, error);
    const Ed25519 scheme;
    std::vector<std::string> names{"operator", "desk", "auditor"};
    if (settings_.probe) names.emplace_back("probe");
    for (const Role& role : cast().roles) {
        const std::string name(role.name);
        if (role.kind == Kind::node) names.push_back(name);
        if (!has_books(role.kind)) continue;
        names.push_back(name + "-operator");
        names.push_back(name + "-issuer");
    }
    for (const std::string& name : names) {
        const auto seed = create_key_file(key_file(name));
        if (!seed) return unexpected<Failure>(seed.error());
        signers_[name] = scheme.signer(*seed);
    }
    for (const std::string& name : nodes()) {
        facts_.node_keys[name] = signer(name)->public_key();
        const auto seed = create_key_file(settings_.directory / "keys" / (name + ".seed"));
        if (!seed) return unexpected<Failure>(seed.error());
    }
    for (const char* name : {"operator", "desk"})
        facts_.caller_keys[name] = signer(name)->public_key();
    return {};
}

std::unique_ptr<bitcoin::RpcClient> World::chain_client() {
    for (const Role& role : cast().roles) {
        if (role.kind != Kind::bitcoin_node) continue;
        const std::string name(role.name);
        return std::make_unique<bitcoin::RpcClient>(
            loop_,
            bitcoin::NodeAccess{
                loopback(facts_.ports.at(name)),
                net::login_by_cookie(settings_.directory / name / "data" / ".cookie")},
            call_timeout);
    }
    return nullptr;
}

Result<void, Failure> World::make_coin_accounts() {
    for (const Role& role : cast().roles) {
        if (role.kind != Kind::bitcoin_node) continue;
        const auto ledger = Address::parse(role.address);
        ASSERT(ledger.has_value());
        std::vector<std::string> names{"miner"};
        for (const CoinGrant& grant : cast().coins)
            names.emplace_back(grant.node);
        for (const std::string& name : names) {
            auto account = make_coin_account(key_file(name + "-btc"), *ledger);
            if (!account) return unexpected<Failure>(account.error());
            if (name != "miner") facts_.coin_accounts[name] = account->account.text();
            coin_accounts_[name] = std::move(*account);
        }
        chain_ = chain_client();
    }
    return {};
}

Result<void, Failure> World::write_config(const Role& role, const std::string& text) {
    return write_file(settings_.directory / std::string(role.name) / "config.toml", text);
}

// Of all but nodes.
std::string World::config_of(const Role& role) const {
    const std::string name(role.name);
    if (has_books(role.kind)) {
        const LedgerFacts facts{settings_.profiles, facts_.ports.at(name),
                                signer(name + "-operator")->public_key(),
                                signer("auditor")->public_key()};
        return ledger_config(cast(), role, facts);
    }
    if (role.kind == Kind::bitcoin_node)
        return chain_config(settings_.directory / name, facts_.ports.at(name));
    const auto node = std::find_if(cast().roles.begin(), cast().roles.end(),
                                   [](const Role& one) { return one.kind == Kind::bitcoin_node; });
    ASSERT(role.kind == Kind::miner && node != cast().roles.end());
    const std::string chain(node->name);
    return miner_config({url(chain), settings_.directory / chain / "data" / ".cookie",
                         coin_accounts_.at("miner").address, cast().block_interval_ms});
}

// The nodes' configurations name the validators, which are known once the ledger runs; start()
// writes those.
Result<void, Failure> World::write_files() {
    if (auto made = make_keys(); !made) return made;
    const auto ports = free_ports(cast().roles.size());
    if (!ports) return unexpected<Failure>(ports.error());
    facts_.directory = settings_.directory;
    facts_.plugins = plugin_directory(settings_.programs);
    facts_.profiles = settings_.profiles;
    facts_.drain = settings_.drain;
    for (std::size_t i = 0; i < cast().roles.size(); ++i)
        facts_.ports[std::string(cast().roles[i].name)] = (*ports)[i];
    if (auto made = make_coin_accounts(); !made) return made;
    for (const Role& role : cast().roles) {
        const std::string name(role.name);
        std::error_code error;
        fs::create_directories(settings_.directory / name, error);
        if (error)
            return fail("io", (settings_.directory / name).string() + ": " + error.message());
        Member& member = members_[name];
        member.role = &role;
        const bool node = role.kind == Kind::node;
        if (node || has_books(role.kind)) {
            member.client = std::make_unique<client::ApiClient>(
                loop_,
                client::ApiAccess{loopback(facts_.ports.at(name)),
                                  signer(node ? "operator" : "auditor")},
                call_timeout);
        }
        if (node) continue;
        if (auto done = write_config(role, config_of(role)); !done) return done;
    }
    return {};
}

Result<void, Failure> World::mine_coins(const Say& say) {
    if (!chain_) return {};
    Grants grants;
    for (const CoinGrant& grant : cast().coins)
        grants.emplace_back(coin_accounts_.at(std::string(grant.node)).address, grant.blocks);
    say("mining " + std::to_string(first_blocks(grants)) +
        " blocks, so that the first coins can be spent");
    return mine_first_coins(*chain_, grants, coin_accounts_.at("miner").address);
}

Result<void, Failure> World::provision(const Say& say) {
    say("opening accounts, registering shares, issuing money and shares");
    for (const Role& role : cast().roles) {
        if (!has_books(role.kind)) continue;
        const std::string name(role.name);
        LedgerKeys keys{signer(name + "-operator"), signer(name + "-issuer"), facts_.node_keys};
        if (settings_.probe) keys.owners["probe"] = signer("probe")->public_key();
        if (auto done = set_up_ledger(loop_, loopback(facts_.ports.at(name)), cast(), role, keys);
            !done)
            return done;
    }
    if (auto mined = mine_coins(say); !mined) return mined;
    const auto trust = read_trust(loop_, loopback(facts_.ports.at("csd")), signer("auditor"));
    if (!trust) return unexpected<Failure>(trust.error());
    facts_.trust = *trust;
    for (const Role& role : cast().roles) {
        if (role.kind != Kind::node) continue;
        const std::string text = cast().node_config(std::string(role.name), facts_);
        if (auto done = write_config(role, text); !done) return done;
    }
    return {};
}

}  // namespace lockstep::demo
