#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

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

using sim::FaultyFiles;
using testing::TemporaryDirectory;
using testing::test_store;
using testing::Writer;

SqliteOptions faulty_store(const TemporaryDirectory& directory, FaultyFiles& files) {
    SqliteOptions options = test_store(directory.path());
    options.vfs = files.name();
    files.faults().ballast = directory.file("ballast");
    files.faults().ballast_bytes = options.disk.ballast_bytes;
    return options;
}

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
    struct Time final : Clock {
        Timestamp now() const override { return Timestamp{1}; }
    };
    const TemporaryDirectory directory;
    FaultyFiles files;
    SqliteStore store(faulty_store(directory, files));
    toy::DepotProgram program{toy::Depot{}};
    const Time clock;
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
