// lockstep-bitcoin: a mock Bitcoin node as a program.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <future>
#include <iostream>

#include "bitcoin/service/node_host.h"
#include "bitcoin/service/rpc_server.h"
#include "sdk/base/exit_code.h"
#include "sdk/base/heap.h"
#include "sdk/machine/state_file.h"
#include "sdk/net/basic_login.h"
#include "sdk/service/clock.h"
#include "sdk/service/log.h"
#include "sdk/store/replay.h"

namespace lockstep::bitcoin {
namespace {

namespace fs = std::filesystem;

constexpr Duration stop_grace = Duration::seconds(2);
// A restart replays at most so much: blocks differ in size.
constexpr std::uint64_t snapshot_rows = 5'000;
constexpr std::uint64_t snapshot_octets = 64'000'000;

struct Arguments {
    std::string data = "bitcoin-data";
    std::string bind = "127.0.0.1";
    std::uint16_t port = 18443;  // Bitcoin Core's for regtest
    unsigned threads = 4;
    std::string cookie_file;
    std::string user;
    std::string password_file;
    std::vector<std::string> hashed;
    std::string log_file;
    bool replay = false;
    Settings node;
    std::uint64_t max_pool_mb = 300;
};

int complain(const Failure& failure) {
    std::cerr << "lockstep-bitcoin: " << failure.detail << " [" << failure.code << "]\n";
    service::log(service::LogLevel::error, "stopped",
                 Json::object({{"code", failure.code}, {"detail", failure.detail}}));
    return exit_code_of(failure);
}

Result<void, Failure> let_in(const Arguments& arguments, RpcAuth& auth) {
    for (const std::string& text : arguments.hashed)
        if (!auth.add_hashed(text))
            // Not what was given instead: it may be a password.
            return fail("bad_rpc_auth",
                        "--rpc-auth wants user:salt$hash, as Bitcoin Core's "
                        "share/rpcauth/rpcauth.py prints it");
    if (!arguments.user.empty()) {
        const auto password = net::read_password_file(arguments.password_file);
        if (!password) return unexpected<Failure>(password.error());
        auth.add_password(arguments.user, *password);
    }
    return auth.make_cookie(arguments.cookie_file);
}

int replay(const Arguments& arguments) {
    const auto program = [] { return NodeHost::Program(BitcoinMachine{}, {}); };
    auto first = program();
    auto digest = replay_and_compare(arguments.data, first);
    bool compared = true;
    if (!digest && digest.error().code == "not_found") {
        compared = false;
        auto second = program();
        digest = replay_digest(arguments.data, second);
    }
    if (!digest) return complain(digest.error());
    std::cout << to_json(*digest);
    std::cerr << (compared ? "the same as state.json\n"
                           : "not compared: the process did not stop by itself, so there is no "
                             "state.json\n");
    return exit_done;
}

int run(const Arguments& arguments) {
    if (const auto made = make_data_directory(arguments.data); !made) return complain(made.error());
    if (const auto opened = service::open_log(arguments.log_file, service::LogLevel::info); !opened)
        return complain(opened.error());
    const service::LedgerClock clock;
    auto stopping = std::make_shared<std::promise<void>>();
    auto once = std::make_shared<std::atomic<bool>>(false);
    const auto stop = [stopping, once] {
        if (!once->exchange(true)) stopping->set_value();
    };
    NodeSettings settings;
    settings.node = arguments.node;
    settings.directory = arguments.data;
    settings.disk.on_ballast = service::log_ballast;
    settings.host.snapshot_rows = snapshot_rows;
    settings.host.snapshot_octets = snapshot_octets;
    settings.host.state_file = state_file(arguments.data);
    NodeHost node(settings, clock, stop);
    if (const auto started = node.start(); !started) return complain(started.error());
    // The lock is held: what an earlier process left is not another one's.
    const std::string port_file = arguments.data + "/port";
    std::error_code ignored;
    fs::remove(port_file, ignored);
    RpcAuth auth;
    if (const auto ready = let_in(arguments, auth); !ready) return complain(ready.error());
    net::IoLoop loop(2);
    net::IoLoop workers(std::max(arguments.threads, 1U));
    loop.on_terminate(stop);
    const NodeFacts facts{*network_named("regtest"), clock.now().us() / 1'000'000};
    Result<std::uint16_t, Failure> port = 0;
    {
        RpcServer server({loop, workers, node, auth, facts});
        port = server.start(arguments.bind, arguments.port);
        if (port) {
            std::ofstream(port_file + ".tmp") << *port << '\n';
            fs::rename(port_file + ".tmp", port_file, ignored);
            service::log(service::LogLevel::info, "serving",
                         Json::object({{"program", "lockstep-bitcoin"},
                                       {"network", "regtest"},
                                       {"host", arguments.bind},
                                       {"port", *port},
                                       {"cookie", arguments.cookie_file}}));
            stopping->get_future().wait();
            service::log(service::LogLevel::info, "stopping");
        }
        server.stop(stop_grace);
        node.finish();
        workers.stop();
        loop.stop();
    }
    auth.remove_cookie();
    if (!port) return complain(port.error());
    service::log(service::LogLevel::info, "stopped");
    service::flush_log();
    return exit_done;
}

int main_of(int argc, const char* const* argv) {
    Arguments arguments;
    CLI::App app{
        "A mock Bitcoin node: regtest blocks, real scripts and signatures, a mempool, and Bitcoin "
        "Core's JSON-RPC.",
        "lockstep-bitcoin"};
    app.set_config("-c,--config", "", "options from a TOML file");
    app.add_option("--data", arguments.data, "directory of the journal")->capture_default_str();
    app.add_option("--rpc-bind", arguments.bind, "address to listen on")->capture_default_str();
    app.add_option("--rpc-port", arguments.port,
                   "port to listen on; 0 is any free one, written to DATA/port")
        ->capture_default_str();
    app.add_option("--rpc-threads", arguments.threads, "calls at a time")
        ->check(CLI::Range(1U, 64U))
        ->capture_default_str();
    app.add_option("--rpc-cookie-file", arguments.cookie_file,
                   "where the cookie is written, for bitcoin-cli -rpccookiefile; DATA/.cookie "
                   "unless told");
    auto* const user = app.add_option("--rpc-user", arguments.user, "a user beside the cookie's");
    auto* const password = app.add_option("--rpc-password-file", arguments.password_file,
                                          "the user's password, in a file of mode 600");
    user->needs(password);
    password->needs(user);
    app.add_option("--rpc-auth", arguments.hashed, "user:salt$hash, as Bitcoin Core's rpcauth");
    app.add_option("--log-file", arguments.log_file, "standard error unless told");
    app.add_flag("--replay", arguments.replay,
                 "replay the journal, print the digest, compare it with state.json");
    app.add_option("--min-relay-fee", arguments.node.min_relay_fee,
                   "satoshi for 1000 virtual bytes, below which nothing is taken")
        ->capture_default_str();
    app.add_option("--incremental-fee", arguments.node.incremental_fee,
                   "what a replacement pays more, for 1000 virtual bytes")
        ->capture_default_str();
    app.add_option("--dust-fee", arguments.node.dust_fee, "rate by which an output counts as dust")
        ->capture_default_str();
    app.add_option("--max-pool-mb", arguments.max_pool_mb, "what waits for a block at most")
        ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000}))
        ->capture_default_str();
    app.add_flag("--full-rbf", arguments.node.full_rbf,
                 "replace transactions that do not signal it (BIP 125) too");
    app.add_option("--coinbase-maturity", arguments.node.coinbase_maturity,
                   "blocks until a coinbase can be spent; a chain keeps what it began with")
        ->capture_default_str();
    app.footer(
        "Exit codes: 0 stopped or replayed, 1 it could not start (another runs on this data, for\n"
        "example), 2 a mistake in the command line, 5 a journal that replays to another state, 70\n"
        "ended at once: a disk that fails, a damaged journal. Its last line says which of them.");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? exit_done : exit_usage;
    }
    arguments.node.max_pool_octets = arguments.max_pool_mb * 1'000'000;
    if (!is_valid(arguments.node)) {
        std::cerr << "lockstep-bitcoin: a fee is more than 21 million coins [bad_settings]\n";
        return exit_usage;
    }
    arguments.data = fs::absolute(arguments.data).lexically_normal().string();
    if (arguments.cookie_file.empty()) arguments.cookie_file = arguments.data + "/.cookie";
    return arguments.replay ? replay(arguments) : run(arguments);
}

}  // namespace
}  // namespace lockstep::bitcoin

int main(int argc, char** argv) {
    lockstep::use_large_pages();
    return lockstep::bitcoin::main_of(argc, argv);
}
