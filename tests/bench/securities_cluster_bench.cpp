// How many settlements a second the securities ledger takes, and how long it takes to open.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <iostream>

#include "tests/integration/securities_cluster_world.h"

using namespace lockstep;
using namespace lockstep::securities;
using namespace lockstep::securities::test;

namespace {

// Settlements of two operations one after the other, `in_flight` at a time.
struct Load {
    World& world;
    std::uint64_t total;
    std::atomic<std::uint64_t> next{1'000};
    std::atomic<std::uint64_t> left;
    std::promise<void> all_done;
    std::mutex mutex;
    std::vector<double> operation_ms;

    Load(World& of, std::uint64_t count) : world(of), total(count), left(count) {}
    void one() {
        const std::uint64_t number = next++;
        if (number >= 1'000 + total) return;
        const EscrowTerms terms = world.terms(number);
        step(world.alice, op::Prepare{terms, terms.expiry}, [this, terms, number] {
            step(world.bob, op::Fulfil{{terms.payer, terms.id}, World::preimage(number)}, [this] {
                one();
                if (--left == 0) all_done.set_value();
            });
        });
    }
    void step(Party& party, OpBody body, const std::function<void()>& then) {
        const auto began = std::chrono::steady_clock::now();
        service::Submission submission;
        {
            const std::lock_guard lock(mutex);
            submission = party.sign(world.clock, {std::move(body)});
        }
        world.cluster->submit(std::move(submission), [this, began, then](auto answers) {
            if (!answers || !answers->at(0).done) {
                std::cerr << "refused: "
                          << to_string(answers ? answers->at(0).reason : answers.error()) << '\n';
                std::abort();
            }
            const std::chrono::duration<double, std::milli> took =
                std::chrono::steady_clock::now() - began;
            {
                const std::lock_guard lock(mutex);
                operation_ms.push_back(took.count());
            }
            // not from the host's thread: signing would hold it up
            world.workers.post(then);
        });
    }
};

}  // namespace

// LOCKSTEP_BENCH=COUNT runs so many settlements instead of 2,000; with LOCKSTEP_BENCH_DIR in that
// directory, and then it ends as if killed. A count of 0 measures how long that directory takes to
// open.
TEST_CASE("many settlements at a time") {
    Scratch scratch;
    const char* kept = std::getenv("LOCKSTEP_BENCH_DIR");
    const fs::path directory = kept ? fs::path(kept) : scratch.path;
    const char* count = std::getenv("LOCKSTEP_BENCH");
    const std::uint64_t settlements = count ? std::strtoull(count, nullptr, 10) : 2'000;
    const auto start = std::chrono::steady_clock::now();
    World world(directory);
    const std::chrono::duration<double, std::milli> opened =
        std::chrono::steady_clock::now() - start;
    std::cout << "open " << opened.count() << " ms\n";
    if (settlements == 0) return;
    world.open_books(10'000'000);
    Follower alice(*world.cluster, world.alice.key());
    Follower bob(*world.cluster, world.bob.key());
    Load load(world, settlements);
    const auto verified = Ed25519::verifications();
    const auto commits = world.cluster->stats().commits;
    const auto began = std::chrono::steady_clock::now();
    const std::clock_t cpu = std::clock();
    for (int i = 0; i < 256; ++i)
        load.one();
    load.all_done.get_future().wait();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    const double cpu_s = static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC;
    std::sort(load.operation_ms.begin(), load.operation_ms.end());
    const auto at = [&](double part) {
        return load.operation_ms[static_cast<std::size_t>(
            part * static_cast<double>(load.operation_ms.size() - 1))];
    };
    const double ops = static_cast<double>(2 * settlements);
    std::cout << "operations/s " << ops / took.count() << "  p50 " << at(0.5) << " ms  p99 "
              << at(0.99) << " ms  cpu " << cpu_s / took.count() * 100 << " %  us/op "
              << cpu_s / ops * 1e6 << "  verified " << Ed25519::verifications() - verified
              << "  commits/s "
              << static_cast<double>(world.cluster->stats().commits - commits) / took.count()
              << "  rows " << world.cluster->stats().rows << std::endl;
    if (kept) std::_Exit(0);
}
