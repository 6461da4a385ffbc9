#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <fstream>

#include "sdk/machine/host.h"
#include "sdk/store/journal_file.h"
#include "sdk/store/replay.h"
#include "sim/files/faulty_files.h"
#include "tests/unit/host_toy.h"
#include "tests/unit/store_journal.h"

namespace lockstep {
namespace {

using sim::DiskFaults;
using sim::FaultyFiles;
using testing::TemporaryDirectory;
using testing::test_store;
using testing::Writer;

SqliteOptions faulty_store(const TemporaryDirectory& directory, FaultyFiles& files) {
    SqliteOptions options = test_store(directory.path());
    options.vfs = files.name();
    files.faults().ballast = directory.file("ballast");
    files.faults().ballast_bytes = options.disk.ballast_bytes;
    options.disk.free_bytes = [&files](const std::string&) { return files.faults().free(); };
    return options;
}

class SetClock final : public Clock {
public:
    Timestamp now() const override { return Timestamp{us}; }
    std::atomic<std::int64_t> us = 1;
};

TEST_CASE("a full disk costs the ballast first, then nothing is written and the rest is whole") {
    const TemporaryDirectory directory;
    FaultyFiles files;
    std::uint64_t written = 0;
    {
        SqliteOptions options = faulty_store(directory, files);
        options.checkpoint_pages = 100;
        SqliteStore store(options);
        Writer writer(store);
        REQUIRE(std::filesystem::file_size(directory.file("ballast")) == 1u << 20);
        CHECK(store.disk_space() == DiskSpace::ample);
        files.faults().capacity = 3u << 20;
        Durability outcome = Durability::durable;
        std::uint64_t with_ballast = 0;
        JournalEnd last_good;
        while (outcome == Durability::durable) {
            last_good = writer.end();
            outcome = writer.write(1, 3'000);
            if (outcome == Durability::durable) ++written;
            if (store.disk_space() == DiskSpace::ample) with_ballast = written;
            REQUIRE(written < 2'000);
        }
        CHECK(outcome == Durability::disk_full);
        CHECK(with_ballast > 0);
        CHECK(with_ballast < written);  // the ballast carried some rows
        CHECK(store.disk_space() == DiskSpace::reserve_used);
        CHECK_FALSE(std::filesystem::exists(directory.file("ballast")));
        const auto saved = store.save_snapshot(last_good.snapshot(Bytes(100'000)));
        REQUIRE_FALSE(saved);
        CHECK(saved.error().code == "disk_full");
    }
    files.faults().capacity = UINT64_MAX;
    SqliteStore store(test_store(directory.path()));
    const Writer writer(store);
    CHECK(writer.recovered().last_seq == written);
    CHECK(std::filesystem::exists(directory.file("ballast")));
    CHECK(store.disk_space() == DiskSpace::ample);
}

TEST_CASE("a ballast that was given up is made again when the disk has room, and both are told") {
    const TemporaryDirectory directory;
    FaultyFiles files;
    SqliteOptions options = faulty_store(directory, files);
    constexpr std::uint64_t mib = 1u << 20;
    std::uint64_t free = 100 * mib;
    std::vector<BallastChange> told;
    options.disk.low_bytes = 4 * mib;
    options.disk.free_bytes = [&](const std::string&) { return free; };
    options.disk.on_ballast = [&](const BallastChange& change) { told.push_back(change); };
    SqliteStore store(options);
    Writer writer(store);
    const auto has_ballast = [&] { return std::filesystem::exists(directory.file("ballast")); };
    REQUIRE(has_ballast());
    CHECK(told.empty());

    files.faults().capacity = 3 * mib;
    free = 4 * mib;
    for (int i = 0; i < 2'000 && has_ballast(); ++i)
        REQUIRE(writer.write(1, 3'000) == Durability::durable);
    REQUIRE_FALSE(has_ballast());
    REQUIRE(told.size() == 1);
    CHECK_FALSE(told[0].there);
    CHECK(told[0].detail.find(directory.file("ballast") + " is not there") == 0);
    CHECK(told[0].detail.find("until 6 MiB are free") != std::string::npos);

    // Above the limit, but not so far that the ballast and as much again fit.
    files.faults().capacity = UINT64_MAX;
    free = 6 * mib - 1;
    CHECK(store.disk_space() == DiskSpace::reserve_used);
    CHECK_FALSE(has_ballast());
    free = 6 * mib;
    CHECK(store.disk_space() == DiskSpace::ample);
    CHECK(std::filesystem::file_size(directory.file("ballast")) == options.disk.ballast_bytes);
    REQUIRE(told.size() == 2);
    CHECK(told[1].there);
    // It carries rows once more.
    files.faults().capacity = files.faults().capacity - files.faults().free() + 10'000;
    for (int i = 0; i < 100 && has_ballast(); ++i)
        REQUIRE(writer.write(1, 3'000) == Durability::durable);
    CHECK_FALSE(has_ballast());
    CHECK(told.size() == 3);
}

TEST_CASE("a start on a disk without room for the ballast is told, and takes no new business") {
    const TemporaryDirectory directory;
    std::vector<BallastChange> told;
    SqliteOptions options = test_store(directory.path());
    options.disk.free_bytes = [](const std::string&) { return (2u << 20) - 1; };
    options.disk.on_ballast = [&](const BallastChange& change) { told.push_back(change); };
    SqliteStore store(options);
    REQUIRE(store.open());
    CHECK(store.disk_space() == DiskSpace::reserve_used);
    REQUIRE(told.size() == 1);
    CHECK_FALSE(told[0].there);
}

TEST_CASE("a host on a full disk records claims from the ballast and stops when it is used up") {
    const TemporaryDirectory directory;
    FaultyFiles files;
    SqliteOptions options = faulty_store(directory, files);
    options.checkpoint_pages = UINT64_MAX;  // a log that begins anew would take rows without room
    SetClock clock;
    std::uint64_t claims = 0;  // that left; this and the answers on the host's thread
    std::vector<Result<void>> answers;
    std::promise<Failure> stopped;
    {
        SqliteStore store(options);
        toy::DepotProgram program{toy::Depot{}};
        HostSettings settings;
        settings.fatal = [&](const Failure& failure) { stopped.set_value(failure); };
        Host<toy::DepotProgram> host(
            program, store, clock,
            [&](const std::vector<toy::DepotEffect>& left) {
                for (const toy::DepotEffect& effect : left) {
                    if (const auto* answer = std::get_if<TicketAnswer>(&effect))
                        answers.push_back(answer->result);
                    else
                        claims +=
                            std::size_t{std::get<TicketedOutput<toy::Depot>>(effect).output.due};
                }
            },
            settings);
        // A turn of the host with all that was given to it; false once it is dead.
        const auto turn = [&] { return host.digest().has_value(); };
        REQUIRE(host.start());
        // Parcels that fall due one after the other: what is open when the disk fills.
        constexpr std::uint64_t open = 400;
        for (std::uint64_t id = 1; id <= open; ++id) {
            clock.us = static_cast<std::int64_t>(id);
            REQUIRE(host.submit({{id, 1}, id}));
            REQUIRE(turn());
        }
        REQUIRE(host.view([&](const toy::DepotProgram&) {
            DiskFaults& faults = files.faults();
            faults.capacity = faults.capacity - faults.free() + 100'000;
        }));
        REQUIRE(turn());
        CHECK_FALSE(host.stats().disk_low);

        // New business until the ballast goes; the parcel that it went for is taken in.
        const auto has_ballast = [&] { return std::filesystem::exists(directory.file("ballast")); };
        for (std::uint64_t id = 1'001; id < 1'200 && has_ballast(); ++id) {
            REQUIRE(host.submit({{id, 1}, id}));
            REQUIRE(turn());
            REQUIRE(answers.back());
        }
        REQUIRE_FALSE(has_ballast());
        REQUIRE(host.submit({{2'000, 1}, 2'000}));
        REQUIRE(turn());
        CHECK(answers.back().error() == Reason::disk_low);
        CHECK(host.stats().disk_low);

        // What falls due goes on until there is no room for it either. An input that is refused is
        // a turn's occasion; a look alone is none.
        CHECK(claims == 0);
        std::uint64_t due = 0;
        do {
            clock.us = toy::parcel_time.us() + static_cast<std::int64_t>(++due);
        } while (due < open && host.submit({{1, 0}, 1}) && turn());
        auto stop = stopped.get_future();
        REQUIRE(stop.wait_for(std::chrono::seconds(10)) == std::future_status::ready);
        const Failure failure = stop.get();
        CHECK(failure.code == "disk_full");
        CHECK(failure.detail.find("the reserve is used up") != std::string::npos);
        MESSAGE("claims on a ballast of 1 MiB: ", claims);
        CHECK(claims >= 10);
        CHECK(claims == due - 1);  // the last one was not durable and did not leave
    }
    // Exactly the claims that left are in the journal.
    files.faults().capacity = UINT64_MAX;
    SqliteStore store(options);
    const auto recovered = store.open();
    REQUIRE_MESSAGE(recovered, recovered.error().detail);
    toy::DepotProgram again{toy::Depot{}};
    REQUIRE(again.recover(*recovered));
    CHECK(again.machine().released() == claims);
}

TEST_CASE("a new data directory is its owner's alone") {
    const TemporaryDirectory directory;
    for (const char* name : {"a", "b/c", "d/"}) {
        SqliteOptions options = test_store(directory.file(name));
        SqliteStore store(options);
        REQUIRE(store.open());
        using std::filesystem::perms;
        const auto mode = std::filesystem::status(directory.file(name)).permissions();
        CHECK((mode & (perms::group_all | perms::others_all)) == perms::none);
    }
    std::ofstream(directory.file("file")) << "x";
    SqliteOptions options = test_store(directory.file("file"));
    SqliteStore store(options);
    CHECK(store.open().error().code == "io");
}

TEST_CASE("less free space than the limit is a low disk") {
    const TemporaryDirectory directory;
    SqliteOptions options = test_store(directory.path());
    options.disk.low_bytes = UINT64_MAX;
    SqliteStore store(options);
    REQUIRE(store.open());
    CHECK(store.disk_space() == DiskSpace::low);
}

TEST_CASE("every commit is synced before it is acknowledged") {
    const TemporaryDirectory directory;
    FaultyFiles files;
    SqliteStore store(faulty_store(directory, files));
    Writer writer(store);
    for (int i = 0; i < 5; ++i) {
        const std::uint64_t before = files.faults().syncs;
        REQUIRE(writer.write(1) == Durability::durable);
        CHECK(files.faults().syncs > before);
    }
}

TEST_CASE("a failed sync or write ends the store: nothing is tried again") {
    for (const bool sync : {true, false}) {
        const TemporaryDirectory directory;
        FaultyFiles files;
        SqliteStore store(faulty_store(directory, files));
        Writer writer(store);
        REQUIRE(writer.write(1) == Durability::durable);
        (sync ? files.faults().syncs_fail : files.faults().writes_fail) = true;
        CHECK(writer.write(1) == Durability::failed);
        files.faults().syncs_fail = files.faults().writes_fail = false;
        const std::uint64_t syncs = files.faults().syncs;
        CHECK(writer.write(1) == Durability::failed);
        CHECK(writer.snapshot({}).error().code == "io");
        CHECK(files.faults().syncs == syncs);
    }
}

TEST_CASE("a sync that fails while the log is copied ends the store too") {
    const TemporaryDirectory directory;
    FaultyFiles files;
    SqliteOptions options = faulty_store(directory, files);
    options.checkpoint_pages = UINT64_MAX;
    SqliteStore store(options);
    Writer writer(store);
    REQUIRE(writer.write(1) == Durability::durable);
    files.faults().syncs_fail = true;
    store.checkpoint();
    files.faults().syncs_fail = false;
    CHECK(writer.write(1) == Durability::failed);
}

TEST_CASE("a host stops the process when its commit fails and releases nothing") {
    const TemporaryDirectory directory;
    FaultyFiles files;
    SqliteStore store(faulty_store(directory, files));
    toy::DepotProgram program{toy::Depot{}};
    const SetClock clock;
    std::atomic<int> effects = 0;
    std::promise<Failure> stopped;
    HostSettings settings;
    settings.fatal = [&](const Failure& failure) { stopped.set_value(failure); };
    Host<toy::DepotProgram> host(
        program, store, clock,
        [&](const std::vector<toy::DepotEffect>& left) {
            effects += static_cast<int>(left.size());
        },
        settings);
    REQUIRE(host.start());
    REQUIRE(host.digest());
    files.faults().syncs_fail = true;
    REQUIRE(host.submit({{1, 1}, 1}));
    auto stop = stopped.get_future();
    REQUIRE(stop.wait_for(std::chrono::seconds(10)) == std::future_status::ready);
    const Failure failure = stop.get();
    CHECK(failure.code == "io");
    CHECK(failure.detail.find("journal row 1 could not be made durable") == 0);
    CHECK(effects == 0);
    host.stop();
    CHECK(host.digest().error() == Reason::draining);
}

// The child commits as fast as it can and reports each commit behind its sync; the parent kills it.
void commit_and_report(const std::string& directory, int to) {
    SqliteOptions options = test_store(directory);
    options.checkpoint_pages = 20;
    SqliteStore store(options);
    const auto recovered = store.open();
    if (!recovered) std::_Exit(1);
    JournalEnd end;
    end.begin(*recovered);
    while (true) {
        Turn<int> turn;
        turn.entries.assign(1 + end.seq() % 7, {RowKind::input, end.last_at(), Bytes(100)});
        Batch batch = end.seal(turn, 1);
        batch.records.push_back({1, Bytes(8, static_cast<std::uint8_t>(end.seq())), Bytes(50)});
        bool durable = false;
        store.append(std::move(batch),
                     [&](Durability value) { durable = value == Durability::durable; });
        const std::uint64_t seq = end.seq();
        if (!durable || ::write(to, &seq, sizeof seq) != sizeof seq) std::_Exit(1);
        store.maintain();
        if (seq % 50 < 7 && !store.save_snapshot(end.snapshot(Bytes(1'000)))) std::_Exit(1);
    }
}

TEST_CASE("whatever was acknowledged is there after kill -9, and the journal is whole") {
    const TemporaryDirectory directory;
    std::uint64_t acknowledged = 0;
    for (int round = 0; round < 12; ++round) {
        CAPTURE(round);
        int pipe[2];
        REQUIRE(::pipe(pipe) == 0);
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            ::close(pipe[0]);
            commit_and_report(directory.path(), pipe[1]);
        }
        ::close(pipe[1]);
        std::uint64_t seq = 0;
        const int commits = 1 + round * round * 2;
        for (int i = 0; i < commits && ::read(pipe[0], &seq, sizeof seq) == sizeof seq; ++i) {
            acknowledged = seq;
        }
        REQUIRE(::kill(child, SIGKILL) == 0);
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        REQUIRE(WIFSIGNALED(status));
        while (::read(pipe[0], &seq, sizeof seq) == sizeof seq)
            acknowledged = seq;
        ::close(pipe[0]);

        const auto whole = read_whole_journal(directory.path());
        REQUIRE_MESSAGE(whole, whole.error().detail);
        CHECK(whole->last_seq >= acknowledged);
        SqliteStore store(test_store(directory.path()));
        const auto recovered = store.open();
        REQUIRE_MESSAGE(recovered, recovered.error().detail);
        CHECK(recovered->last_seq == whole->last_seq);
        acknowledged = whole->last_seq;
    }
}

}  // namespace
}  // namespace lockstep
