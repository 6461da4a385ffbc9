#include "sdk/machine/host.h"

#include <doctest/doctest.h>

#include <atomic>

#include "sdk/store/replay.h"
#include "sdk/store/sqlite_reader.h"
#include "tests/unit/host_toy.h"
#include "tests/unit/store_directory.h"

namespace lockstep {
namespace {

using testing::TemporaryDirectory;
using testing::test_store;
using toy::Depot;
using toy::DepotEffect;
using toy::DepotInput;
using toy::DepotProgram;

class ManualClock final : public Clock {
public:
    Timestamp now() const override { return Timestamp{us_.load()}; }
    void set(std::int64_t seconds) { us_ = seconds * 1'000'000; }

private:
    std::atomic<std::int64_t> us_{1'000'000'000};
};

// Effects as a line each, in the order in which they left.
class Log {
public:
    void add(const std::vector<DepotEffect>& effects) {
        const std::lock_guard lock(mutex_);
        for (const DepotEffect& effect : effects)
            lines_.push_back(describe(effect));
        changed_.notify_all();
    }
    std::vector<std::string> wait_for(std::size_t count) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, std::chrono::seconds(5), [&] { return lines_.size() >= count; });
        return lines_;
    }

private:
    static std::string describe(const DepotEffect& effect) {
        if (const auto* answer = std::get_if<TicketAnswer>(&effect)) {
            return std::to_string(answer->ticket) + " " +
                   (answer->result ? "ok" : std::string(to_string(answer->result.error())));
        }
        const auto& output = std::get<TicketedOutput<Depot>>(effect);
        return std::to_string(output.ticket) + (output.output.due ? " due " : " in ") +
               std::to_string(output.output.id);
    }
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::string> lines_;
};

struct Running {
    explicit Running(const std::string& directory, HostSettings settings = {})
        : store(test_store(directory)),
          host(
              program, store, clock,
              [this](const std::vector<DepotEffect>& effects) { log.add(effects); },
              with_state_file(std::move(settings), directory)) {}

    static HostSettings with_state_file(HostSettings settings, const std::string& directory) {
        settings.state_file = state_file(directory);
        return settings;
    }

    ManualClock clock;
    Log log;
    DepotProgram program{Depot{}};
    SqliteStore store;
    Host<DepotProgram> host;
};

TEST_CASE("answers leave in the order of the inputs, refusals in their place") {
    const TemporaryDirectory directory;
    Running running(directory.path());
    REQUIRE(running.host.start());
    REQUIRE(running.host.submit({{1, 5}, 11}));
    REQUIRE(running.host.submit({{1, 5}, 12}));
    REQUIRE(running.host.submit({{2, 0}, 13}));
    REQUIRE(running.host.submit({{2, 7}, 14}));
    const std::vector<std::string> expected{"11 in 1",        "11 ok",   "12 id_reused",
                                            "13 zero_amount", "14 in 2", "14 ok"};
    CHECK(running.log.wait_for(6) == expected);
    running.host.stop();
    CHECK(running.host.stats().inputs == 4);
    CHECK(running.host.stats().refusals == 2);
    CHECK(running.host.stats().rows == 2);
    CHECK(running.host.submit({{3, 1}, 15}).error() == Reason::draining);
}

TEST_CASE("what falls due is done by itself when the clock comes to it") {
    const TemporaryDirectory directory;
    Running running(directory.path());
    running.clock.set(100);
    REQUIRE(running.host.start());
    REQUIRE(running.host.submit({{1, 5}, 11}));
    running.log.wait_for(2);
    running.clock.set(110);
    CHECK(running.log.wait_for(3).back() == "0 due 1");
}

TEST_CASE("a clock that is set back does not take the journal back") {
    const TemporaryDirectory directory;
    Running running(directory.path());
    running.clock.set(100);
    REQUIRE(running.host.start());
    REQUIRE(running.host.submit({{1, 5}, 11}));
    running.log.wait_for(2);
    running.clock.set(50);
    REQUIRE(running.host.submit({{2, 5}, 12}));
    running.log.wait_for(4);
    running.host.stop();
    const auto journal = read_whole_journal(directory.path());
    REQUIRE(journal);
    REQUIRE(journal->rows.size() == 2);
    CHECK(journal->rows[1].at == Timestamp{100'000'000});
}

TEST_CASE("after a restart the state, the time and the dues are those before") {
    const TemporaryDirectory directory;
    StateDigest before;
    {
        Running running(directory.path());
        running.clock.set(100);
        REQUIRE(running.host.start());
        for (std::uint64_t id = 1; id <= 50; ++id)
            REQUIRE(running.host.submit({{id, id}, id}));
        running.log.wait_for(100);
        before = running.host.digest().value();
        CHECK(before.seq == 50);
    }
    Running running(directory.path());
    running.clock.set(109);
    REQUIRE(running.host.start());
    CHECK(running.host.digest().value() == before);
    running.clock.set(110);
    CHECK(running.log.wait_for(50).size() == 50);
}

TEST_CASE("replaying the journal from its first row gives the digest that the process had") {
    const TemporaryDirectory directory;
    HostSettings settings;
    settings.snapshot_rows = 7;
    for (std::uint64_t run = 0; run < 3; ++run) {
        Running running(directory.path(), settings);
        running.clock.set(100 + 7 * static_cast<std::int64_t>(run));
        REQUIRE(running.host.start());
        for (std::uint64_t i = 0; i < 20; ++i) {
            REQUIRE(running.host.submit({{run * 100 + i + 1, 1}, 1}));
            REQUIRE(running.host.digest());  // a turn each
        }
        CHECK(running.host.stats().snapshots >= 2);
    }
    DepotProgram again{Depot{}};
    const auto replayed = replay_and_compare(directory.path(), again);
    REQUIRE_MESSAGE(replayed, replayed.error().detail);
    CHECK(again.machine().total() == 60);
}

TEST_CASE("an input beyond the queue's limit is refused as overloaded") {
    const TemporaryDirectory directory;
    HostSettings settings;
    settings.max_queue = 2;
    Running running(directory.path(), settings);
    // not started: nothing takes from the queue
    REQUIRE(running.host.submit({{1, 1}, 1}));
    REQUIRE(running.host.submit({{2, 1}, 2}));
    CHECK(running.host.submit({{3, 1}, 3}).error() == Reason::overloaded);
    CHECK(running.host.stats().queue == 2);
}

TEST_CASE("records are readable from another thread once their input was answered") {
    const TemporaryDirectory directory;
    Running running(directory.path());
    REQUIRE(running.host.start());
    for (std::uint64_t id = 1; id <= 9; ++id)
        REQUIRE(running.host.submit({{id, id}, id}));
    running.log.wait_for(18);
    const auto reader = SqliteReader::open({directory.path(), {}, 2, stop_process});
    REQUIRE(reader);
    const auto key = [](std::uint64_t id) { return OerWriter().u64(id).take(); };
    CHECK((*reader)->get(1, key(3)) == Bytes{1});
    CHECK_FALSE((*reader)->get(1, key(10)));
    CHECK_FALSE((*reader)->get(2, key(3)));
    CHECK((*reader)->scan(1, key(3), key(6), 10).size() == 3);
    const auto last = (*reader)->scan(1, {}, {}, 2, true);
    REQUIRE(last.size() == 2);
    CHECK(last[0].key == key(9));
    CHECK(last[1].key == key(8));
}

TEST_CASE("many threads submit and every ticket is answered once") {
    const TemporaryDirectory directory;
    Running running(directory.path());
    REQUIRE(running.host.start());
    std::vector<std::thread> threads;
    for (std::uint64_t t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            for (std::uint64_t i = 1; i <= 500; ++i) {
                const std::uint64_t id = t * 1'000 + i;
                while (!running.host.submit({{id, 1}, id}))
                    std::this_thread::yield();
            }
        });
    }
    for (std::thread& thread : threads)
        thread.join();
    CHECK(running.log.wait_for(4'000).size() == 4'000);
    running.host.stop();
    CHECK(running.program.machine().total() == 2'000);
    MESSAGE("2,000 inputs in ", running.host.stats().commits, " commits");
}

}  // namespace
}  // namespace lockstep
