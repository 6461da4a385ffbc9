// lockstep-miner against lockstep-bitcoin, by real processes: it mines, waits for a node that is
// away, and ends when it is told to or when it can never be of use.
#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <thread>

#include "bitcoin/client/rpc_client.h"
#include "sdk/base/exit_code.h"
#include "tests/integration/process.h"

namespace lockstep::test {
namespace {

const char* const address = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";

bool eventually(const std::function<bool()>& holds) {
    for (int tries = 0; tries < 400; ++tries) {
        if (holds()) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return false;
}

// A node on a port of its own, and a caller with its cookie.
struct Node {
    TemporaryDirectory directory;
    std::uint16_t port = free_port();
    std::string cookie = (directory.path() / "node" / ".cookie").string();
    std::string url = "http://127.0.0.1:" + std::to_string(port);
    net::IoLoop loop{2};
    bitcoin::RpcClient rpc{loop, {*net::parse_url(url), net::login_by_cookie(cookie)}};
    Process process;

    explicit Node(std::vector<std::string> more = {})
        : process("lockstep-bitcoin", words(std::move(more)), directory.path() / "node.txt") {}

    std::vector<std::string> words(std::vector<std::string> more) const {
        more.insert(more.end(), {"--data", (directory.path() / "node").string(), "--rpc-port",
                                 std::to_string(port)});
        return more;
    }
    void start() {
        process.start();
        REQUIRE(eventually([&] { return rpc.call("getblockcount").has_value(); }));
    }
    std::int64_t height() {
        const auto count = rpc.call("getblockcount");
        return count ? count->as_int64().value_or(-1) : -1;
    }
    Process miner(std::vector<std::string> words) const {
        words.insert(words.end(), {"--url", url});
        return {"lockstep-miner", std::move(words), directory.path() / "miner.txt"};
    }
    Process miner_by_cookie() const {
        return miner({"--cookie-file", cookie, "--address", address, "--interval-ms", "50"});
    }
    std::string said() const { return read_file(directory.path() / "miner.txt"); }
};

TEST_CASE("the miner makes a block an interval until it is told to end") {
    Node node;
    node.start();
    Process miner = node.miner_by_cookie();
    const auto began = std::chrono::steady_clock::now();
    miner.start();
    REQUIRE(eventually([&] { return node.height() >= 10; }));
    miner.terminate();
    CHECK(miner.wait(5'000) == exit_done);
    const std::int64_t height = node.height();
    // Never faster than told: the first at once, then one each 50 ms.
    const auto ran = std::chrono::steady_clock::now() - began;
    CHECK(height <= 1 + ran / std::chrono::milliseconds(50));
    CHECK(node.said().find("\"blocks\":" + std::to_string(height)) != std::string::npos);
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    CHECK(node.height() == height);
    const auto hash = node.rpc.call("getblockhash", Json::array().push(height));
    REQUIRE(hash);
    const auto block = node.rpc.call("getblock", Json::array().push(*hash).push(2));
    REQUIRE(block);
    CHECK((*block)["tx"][0]["vout"][0]["scriptPubKey"]["address"].text_or("") == address);
}

TEST_CASE(
    "a node that is not there yet, or goes and comes back with another cookie, is waited for") {
    Node node;
    Process miner = node.miner_by_cookie();
    miner.start();
    REQUIRE(eventually([&] { return node.said().find("node_away") != std::string::npos; }));
    node.start();
    REQUIRE(eventually([&] { return node.height() >= 3; }));
    CHECK(node.said().find("node_back") != std::string::npos);
    const std::string first_cookie = read_file(node.cookie);
    node.process.kill();
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    node.start();
    CHECK(read_file(node.cookie) != first_cookie);
    const std::int64_t height = node.height();
    CHECK(height >= 3);
    CHECK(eventually([&] { return node.height() >= height + 3; }));
    CHECK(miner.wait(0) == std::nullopt);
    miner.terminate();
    CHECK(miner.wait(5'000) == exit_done);
}

TEST_CASE("a user with a password mines too, and a wrong password is told and waited for") {
    const TemporaryDirectory keys;
    const auto password = keys.path() / "password";
    write_file(password, "correct horse\n");
    std::filesystem::permissions(
        password, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    Node node({"--rpc-user", "miner", "--rpc-password-file", password.string()});
    node.start();
    const auto wrong = keys.path() / "wrong";
    write_file(wrong, "battery staple\n");
    std::filesystem::permissions(
        wrong, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    Process miner = node.miner({"--user", "miner", "--password-file", wrong.string(), "--address",
                                address, "--interval-ms", "50"});
    miner.start();
    REQUIRE(eventually([&] { return node.said().find("unauthenticated") != std::string::npos; }));
    CHECK(node.height() == 0);
    write_file(wrong, "correct horse\n");
    CHECK(eventually([&] { return node.height() >= 2; }));
    miner.terminate();
    CHECK(miner.wait(5'000) == exit_done);
}

TEST_CASE("an address that the node does not take ends the miner, with the node's own word") {
    Node node;
    node.start();
    for (const char* const other : {"bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "nonsense"}) {
        Process miner = node.miner({"--cookie-file", node.cookie, "--address", other});
        miner.start();
        CHECK(miner.wait(5'000) == exit_failed);
        CHECK(node.said().find("Invalid address") != std::string::npos);
    }
    CHECK(node.height() == 0);
}

}  // namespace
}  // namespace lockstep::test
