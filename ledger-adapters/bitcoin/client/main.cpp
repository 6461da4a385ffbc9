// lockstep-miner: has a node of Bitcoin's kind make a block at an interval.
#include <CLI/CLI.hpp>
#include <iostream>

#include "bitcoin/client/miner.h"
#include "sdk/base/exit_code.h"
#include "sdk/service/log.h"

namespace lockstep::bitcoin {
namespace {

// After SIGTERM it waits at most so long for the block under way.
constexpr Duration call_timeout = Duration::seconds(5);

struct Arguments {
    std::string url = "http://127.0.0.1:18443";  // Bitcoin Core's port for regtest
    std::string cookie_file;
    std::string user;
    std::string password_file;
    std::string address;
    std::uint32_t interval_ms = 1'000;
    std::string log_file;
};

int complain(const Failure& failure, int code) {
    std::cerr << "lockstep-miner: " << failure.detail << " [" << failure.code << "]\n";
    return code;
}

int run(const Arguments& arguments) {
    const auto url = net::parse_url(arguments.url);
    if (!url) return complain(url.error(), exit_usage);
    net::Authorization login;
    if (arguments.user.empty()) {
        login = net::login_by_cookie(arguments.cookie_file);
    } else {
        if (const auto read = net::read_password_file(arguments.password_file); !read)
            return complain(read.error(), exit_failed);
        login = net::login_by_password(arguments.user, arguments.password_file);
    }
    if (const auto opened = service::open_log(arguments.log_file, service::LogLevel::info); !opened)
        return complain(opened.error(), exit_failed);
    Miner miner({arguments.address, Duration::milliseconds(arguments.interval_ms)});
    net::IoLoop loop(2);
    loop.on_terminate([&miner] { miner.stop(); });
    service::log(service::LogLevel::info, "mining",
                 Json::object({{"program", "lockstep-miner"},
                               {"node", url->origin()},
                               {"address", arguments.address},
                               {"interval_ms", arguments.interval_ms}}));
    Result<void, Failure> mined;
    {
        RpcClient node(loop, {*url, std::move(login)}, call_timeout);
        mined = miner.run(node);
    }
    loop.stop();
    service::log(service::LogLevel::info, "stopped", Json::object({{"blocks", miner.blocks()}}));
    service::flush_log();
    return mined ? exit_done
                 : complain({mined.error().code, url->origin() + ": " + mined.error().detail},
                            exit_failed);
}

int main_of(int argc, const char* const* argv) {
    Arguments arguments;
    CLI::App app{
        "Has a node of Bitcoin's kind, lockstep-bitcoin or Bitcoin Core in regtest, make a block\n"
        "at an interval. A node that is away is asked again until it is back.",
        "lockstep-miner"};
    app.set_config("-c,--config", "", "options from a TOML file");
    app.add_option("--url", arguments.url, "of the node's JSON-RPC")->capture_default_str();
    auto* const cookie = app.add_option("--cookie-file", arguments.cookie_file,
                                        "the node's cookie, read for each call");
    auto* const user =
        app.add_option("--user", arguments.user, "of the node, instead of the cookie");
    auto* const password = app.add_option("--password-file", arguments.password_file,
                                          "the user's password, in a file of mode 600");
    user->needs(password)->excludes(cookie);
    password->needs(user);
    app.add_option("--address", arguments.address, "that the blocks pay")->required();
    app.add_option("--interval-ms", arguments.interval_ms, "from one block to the next")
        ->capture_default_str()
        ->check(CLI::Range(1U, 86'400'000U));
    app.add_option("--log-file", arguments.log_file, "standard error unless told");
    app.footer(
        "Exit codes: 0 stopped by a signal, 1 the node refuses (an address of another network, no\n"
        "regtest, for example) or a file cannot be read, 2 a mistake in the command line.");
    try {
        app.parse(argc, argv);
        if (arguments.cookie_file.empty() && arguments.user.empty())
            throw CLI::RequiredError("--cookie-file, or --user and --password-file");
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? exit_done : exit_usage;
    }
    return run(arguments);
}

}  // namespace
}  // namespace lockstep::bitcoin

int main(int argc, char** argv) {
    return lockstep::bitcoin::main_of(argc, argv);
}
