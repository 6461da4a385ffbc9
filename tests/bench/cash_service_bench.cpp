// How fast lockstep-cash is as a process: everything signed, everything durable, over HTTP. Prints
// operations a second for large and small instructions, and how long a restart takes afterwards.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <iostream>
#include <mutex>
#include <thread>

#include "sdk/crypto/hash.h"
#include "sdk/net/system_time.h"
#include "sdk/service/ledger_client.h"
#include "tests/integration/process.h"

using namespace lockstep;
using namespace lockstep::service;
using lockstep::test::Process;

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
}
const AssetId sek = *AssetId::make("SEK", 2);
const Address alice = *Address::parse("test.sek.alice");
const Address bob = *Address::parse("test.sek.bob");

std::shared_ptr<const Signer> signer(const std::string& name) {
    return Ed25519().signer(KeySeed{sha256(as_bytes(name)).array()});
}

template <class F>
F numbered(const char* use, std::uint64_t number) {
    return F{sha256(as_bytes(use + std::to_string(number))).array()};
}

std::uint16_t start(Process& process, const fs::path& port) {
    fs::remove(port);
    process.start();
    while (!fs::exists(port))
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return static_cast<std::uint16_t>(std::stoi(test::read_file(port)));
}

// Sends the instructions with a bounded number in flight; the operations that were done.
std::uint64_t send_all(net::HttpClient& http, const net::Url& url,
                       const std::vector<Bytes>& instructions, std::size_t in_flight) {
    std::mutex mutex;
    std::condition_variable changed;
    std::size_t under_way = 0;
    std::uint64_t done = 0;
    for (const Bytes& octets : instructions) {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return under_way < in_flight; });
        ++under_way;
        lock.unlock();
        net::HttpRequest request;
        request.method = "POST";
        request.target = "/v1/instructions";
        request.body = octets;
        http.request(url, std::move(request), Duration::seconds(60), [&](auto response) {
            std::uint64_t count = 0;
            if (response && response->status == 200) {
                const auto answers = decode_answers(response->body);
                for (const OpAnswer& answer : *answers)
                    count += answer.done ? 1 : 0;
            }
            const std::lock_guard guard(mutex);
            done += count;
            --under_way;
            changed.notify_all();
        });
    }
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return under_way == 0; });
    return done;
}

}  // namespace

TEST_CASE("lockstep-cash does more than 5,000 operations a second") {
    test::TemporaryDirectory home;
    const fs::path config = home.path() / "ledger.toml";
    test::write_file(config, "[ledger]\naddress = \"test.sek\"\noperator = \"" +
                                 signer("operator")->public_key().hex() + "\"\n");
    Process process("lockstep-cash", {"--config", config.string()}, home.path() / "out.txt");
    const fs::path port = home.path() / "data" / "port";
    const auto url_of = [&](std::uint16_t at) {
        return *net::parse_url("http://127.0.0.1:" + std::to_string(at));
    };
    const auto empty_start = Clock::now();
    net::Url url = url_of(start(process, port));
    std::cout << "start on an empty directory: " << seconds_since(empty_start) << " s\n";
    net::IoLoop loop(1);
    LedgerClient root(loop, url, signer("operator"));
    REQUIRE(root.run(op::OpenAccount{alice, signer("node")->public_key()}));
    REQUIRE(root.run(op::OpenAccount{bob, signer("node")->public_key()}));
    REQUIRE(root.run(op::RegisterAsset{sek, signer("bank")->public_key(), Amount{1}}));
    REQUIRE(
        LedgerClient(loop, url, signer("bank")).run(op::Issue{alice, sek, Amount{1'000'000'000}}));

    std::uint64_t escrow = 0;
    const auto node = signer("node");
    net::ClientLimits limits;
    limits.max_connections_per_host = 64;
    net::HttpClient http(loop, limits);
    struct Load {
        std::size_t instructions, ops;
    };
    for (const Load load : {Load{100, 200}, Load{1'000, 8}, Load{4'000, 1}}) {
        std::vector<Bytes> prepares;
        std::vector<Bytes> fulfils;
        for (std::size_t i = 0; i < load.instructions; ++i) {
            const Address ledger = *Address::parse("test.sek");
            Instruction prepare{
                ledger, node->public_key(), net::system_time() + Duration::seconds(600), {}};
            Instruction fulfil = prepare;
            for (std::size_t j = 0; j < load.ops; ++j) {
                const auto id = numbered<EscrowId>("escrow", ++escrow);
                const Bytes preimage(id.view().begin(), id.view().end());
                const Condition condition{sha256(preimage).array()};
                prepare.ops.push_back({numbered<CommandId>("prepare", escrow),
                                       op::Prepare{{id, alice, bob, sek, Amount{1}, condition,
                                                    net::system_time() + Duration::seconds(900)},
                                                   net::system_time() + Duration::seconds(600)}});
                fulfil.ops.push_back(
                    {numbered<CommandId>("fulfil", escrow), op::Fulfil{{alice, id}, preimage}});
            }
            prepares.push_back(sign_instruction(prepare, *node));
            fulfils.push_back(sign_instruction(fulfil, *node));
        }
        const auto begin = Clock::now();
        std::uint64_t done = send_all(http, url, prepares, 64);
        done += send_all(http, url, fulfils, 64);
        const double took = seconds_since(begin);
        CHECK(done == 2 * load.instructions * load.ops);
        const double rate = static_cast<double>(done) / took;
        std::cout << "instructions of " << load.ops << ": " << done << " operations in " << took
                  << " s, " << static_cast<std::uint64_t>(rate) << " a second\n";
#ifdef __OPTIMIZE__
        if (load.ops > 100) CHECK(rate > 5'000);
#endif
    }
    const auto stats = LedgerClient(loop, url, node).get("/v1/stats");
    REQUIRE(stats);
    std::cout << "commits " << (*stats)["commits"].as_uint64().value_or(0) << ", rows "
              << (*stats)["rows"].as_uint64().value_or(0) << "\n";
    process.kill();
    const auto restart = Clock::now();
    url = url_of(start(process, port));
    std::cout << "restart after kill -9 with " << escrow << " escrows: " << seconds_since(restart)
              << " s\n";
    process.terminate();
    REQUIRE(process.wait(10'000) == 0);
    const auto clean = Clock::now();
    start(process, port);
    std::cout << "restart from a snapshot: " << seconds_since(clean) << " s\n";
    process.terminate();
    REQUIRE(process.wait(10'000) == 0);
}
