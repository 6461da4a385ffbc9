#include <doctest/doctest.h>

#include "tests/unit/host_crash_drive.h"
#include "tests/unit/host_toy.h"

namespace lockstep {
namespace {

using testing::CrashDrive;
using testing::CrashStep;
using toy::Depot;
using toy::DepotEffect;
using toy::DepotInput;
using toy::DepotProgram;

Timestamp at(std::int64_t seconds) {
    return Timestamp{seconds * 1'000'000};
}
std::unique_ptr<DepotProgram> make() {
    return std::make_unique<DepotProgram>(Depot{});
}

std::vector<CrashStep<DepotProgram>> depot_script() {
    return {
        {at(100), {{{1, 5}, 1}, {{2, 6}, 2}}},
        {at(101), {{{3, 7}, 3}}},
        {at(101), {}},
        {at(110), {}},
        {at(110), {{{4, 1}, 4}, {{1, 5}, 5}, {{5, 2}, 6}}},
        {at(112), {{{6, 0}, 7}, {{6, 3}, 8}}},
        {at(125), {{{7, 1}, 9}}},
    };
}

TEST_CASE("a process that dies at any persistence point ends in the same state") {
    CrashDrive<DepotProgram>(make, depot_script()).check_every_point();
}

TEST_CASE("a process that dies at any persistence point and never took a snapshot does too") {
    CrashDrive<DepotProgram>(make, depot_script(), UINT64_MAX).check_every_point();
}

TEST_CASE("a crash before the sync loses the batch, a crash behind it loses the answers alone") {
    struct Row {
        std::uint64_t point;
        std::size_t rows;
        std::size_t effects;
    };
    // two inputs: one commit (three points), then four effects
    const std::vector<Row> table{{1, 0, 0}, {2, 0, 0}, {3, 2, 0}, {4, 2, 0},
                                 {5, 2, 1}, {6, 2, 2}, {7, 2, 3}, {8, 2, 4}};
    for (const Row& row : table) {
        CAPTURE(row.point);
        MemoryDisk disk;
        SimHost<DepotProgram> host(disk, make, UINT64_MAX);
        REQUIRE(host.start(at(1)));
        host.crash_at_point(row.point);
        const auto left = host.run(at(1), {{{1, 5}, 1}, {{2, 6}, 2}});
        CHECK(disk.rows.size() == row.rows);
        CHECK(left.size() == row.effects);
        CHECK(host.running() == (row.point > 7));
    }
}

TEST_CASE("an epoch that was overtaken is fenced") {
    MemoryDisk disk;
    MemoryStore first(disk);
    REQUIRE(first.open());
    MemoryStore second(disk);
    CHECK(second.open()->epoch == 2);
    std::optional<Durability> outcome;
    first.append({{}, {{1, {}, {}}}, {}}, [&](Durability value) { outcome = value; });
    CHECK(outcome == Durability::fenced);
    CHECK(disk.records().empty());
}

TEST_CASE("new business is refused on a low disk, what is due goes on") {
    MemoryDisk disk;
    SimHost<DepotProgram> host(disk, make, UINT64_MAX);
    REQUIRE(host.start(at(1)));
    REQUIRE(host.run(at(1), {{{1, 5}, 1}}).size() == 2);
    host.store().set_disk_space(DiskSpace::low);
    const auto left = host.run(at(11), {{{2, 6}, 2}});
    REQUIRE(left.size() == 2);
    CHECK(std::get<TicketedOutput<Depot>>(left[0]).output.due);
    CHECK(std::get<TicketAnswer>(left[1]).result.error() == Reason::disk_low);
}

// A depot that forgets, or differs in, what it recorded.
TEST_CASE("a recorded output that replay does not make again is a failure that names its row") {
    MemoryDisk disk;
    SimHost<DepotProgram> host(disk, make, UINT64_MAX);
    REQUIRE(host.start(at(1)));
    host.run(at(1), {{{1, 5}, 1}});
    host.run(at(11), {});
    // rows: the parcel, the wake-up, the release
    REQUIRE(disk.rows.size() == 3);
    REQUIRE(disk.rows[2].kind == RowKind::output);

    Recovered differs = whole_journal(disk);
    differs.rows[2].body = OerWriter().u64(9).take();
    Recovered missing = whole_journal(disk);
    missing.rows.pop_back();
    Recovered extra = whole_journal(disk);
    extra.rows.push_back(extra.rows[2]);
    extra.rows[3].seq = 4;
    Recovered unreadable = whole_journal(disk);
    unreadable.rows[0].body.pop_back();

    struct Row {
        const char* what;
        const Recovered& journal;
        const char* detail;
    };
    const std::vector<Row> table{
        {"differs", differs, "journal row 3: the recorded output differs"},
        {"missing", missing, "journal row 2: a recorded output is missing"},
        {"extra", extra, "journal row 4: the recorded output is not made again"},
        {"unreadable", unreadable, "journal row 1: it cannot be decoded (malformed)"},
    };
    for (const Row& row : table) {
        CAPTURE(row.what);
        const auto recovered = make()->recover(row.journal);
        REQUIRE_FALSE(recovered);
        CHECK(recovered.error().code == "diverged");
        CHECK_MESSAGE(recovered.error().detail.find(row.detail) == 0, recovered.error().detail);
    }
}

TEST_CASE("the first inputs of a new journal are applied once") {
    MemoryDisk disk;
    const auto founded = [] {
        return std::make_unique<DepotProgram>(Depot{}, std::vector<toy::Parcel>{{9, 1}});
    };
    SimHost<DepotProgram> host(disk, founded, UINT64_MAX);
    for (int run = 0; run < 3; ++run) {
        REQUIRE(host.start(at(run)));
        CHECK(host.program().machine().total() == 1);
        host.crash();
    }
    CHECK(disk.rows.size() == 1);
}

}  // namespace
}  // namespace lockstep
