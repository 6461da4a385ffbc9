// How many payments a second the processes of one machine carry: three nodes, two ledgers.
#include <doctest/doctest.h>

#include <chrono>
#include <thread>

#include "tests/integration/node_world.h"

using namespace lockstep;
using namespace lockstep::test;

TEST_CASE("payments per second") {
    NodeWorld world;
    REQUIRE(world.wait_ready(10'000));
    constexpr std::size_t callers = 16;
    constexpr std::size_t each = 40;
    std::vector<std::string> payments(callers * each);
    std::vector<std::thread> threads;
    world.client("alice");
    world.client("bob");
    const auto begin = std::chrono::steady_clock::now();
    for (std::size_t caller = 0; caller < callers; ++caller) {
        threads.emplace_back([&, caller] {
            for (std::size_t i = 0; i < each; ++i)
                payments[caller * each + i] = pay(world, "1.00");
        });
    }
    for (auto& thread : threads)
        thread.join();
    const auto submitted = std::chrono::steady_clock::now();
    for (const std::string& payment : payments)
        CHECK(end_of(world, payment, 60'000) == "paid");
    const auto end = std::chrono::steady_clock::now();
    const auto ms = [&](auto from, auto to) {
        return std::chrono::duration_cast<std::chrono::milliseconds>(to - from).count();
    };
    MESSAGE(payments.size() << " payments: begun after " << ms(begin, submitted)
                            << " ms, paid after " << ms(begin, end) << " ms");
    for (const char* node : {"alice", "connector", "bob"})
        MESSAGE(node << " " << write_json(*world.client(node).get("/v1/stats")));
}
