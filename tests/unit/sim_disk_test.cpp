// Disks of simulated processes on which the real store works: what a crash leaves, what damage is
// noticed, and that a world on them is the world that the model of a disk gives.
#include <doctest/doctest.h>

#include <set>

#include "sim/app/runner.h"
#include "sim/disk/sqlite_disk.h"
#include "sim/scenario/read.h"
#include "tests/unit/store_journal.h"

namespace lockstep::sim {
namespace {

using lockstep::testing::Writer;

// Dies at the n-th persistence point from when it is mounted; at none where n is 0.
SimDisk::Alive dies_at(std::uint64_t n) {
    return [n, seen = std::uint64_t{0}](PersistencePoint) mutable { return ++seen != n; };
}

// The journal's rows before and after a process dies between writing the second batch and syncing
// it.
std::uint64_t rows_after_death(std::uint64_t seed, bool& told) {
    const auto disk = make_sqlite_disk(Rng(seed));
    {
        const auto store = disk->mount(dies_at(5));  // three points of a batch, and the second's
        Writer writer(*store);
        REQUIRE(writer.write(3) == Durability::durable);
        JournalEnd end = writer.end();
        Turn<int> turn;
        for (int i = 0; i < 40; ++i)
            turn.entries.push_back({RowKind::input, Timestamp{2}, Bytes(300, 7)});
        store->append(end.seal(turn, 1), [&](Durability) { told = true; });
    }
    const auto store = disk->mount(dies_at(0));
    return Writer(*store).recovered().last_seq;
}

TEST_CASE(
    "what was not synced is there after a crash or gone, never in part, and nobody was told") {
    std::set<std::uint64_t> seen;
    bool told = false;
    for (std::uint64_t seed = 1; seed <= 40; ++seed)
        seen.insert(rows_after_death(seed, told));
    CHECK(seen == std::set<std::uint64_t>{3, 43});
    CHECK_FALSE(told);
}

TEST_CASE(
    "after a failed sync nothing is written any more, and the batch is there or gone as a whole") {
    for (const bool written : {false, true}) {
        CAPTURE(written);
        std::set<std::uint64_t> seen;
        for (std::uint64_t seed = 1; seed <= 20; ++seed) {
            const auto disk = make_sqlite_disk(Rng(seed));
            {
                const auto store = disk->mount(dies_at(0));
                Writer writer(*store);
                REQUIRE(writer.write(2) == Durability::durable);
                disk->fail_next_sync(written);
                CHECK(writer.write(30) == Durability::failed);
                CHECK(writer.append({}) == Durability::failed);
            }
            const auto store = disk->mount(dies_at(0));
            seen.insert(Writer(*store).recovered().last_seq);
        }
        CHECK(seen == std::set<std::uint64_t>{written ? 32U : 2U});
    }
}

TEST_CASE("a damaged row is noticed when the store opens, and a restored copy opens again") {
    for (const bool rots : {false, true}) {
        CAPTURE(rots);
        const auto disk = make_sqlite_disk(Rng(1));
        {
            const auto store = disk->mount(dies_at(0));
            Writer writer(*store);
            REQUIRE(writer.write(4) == Durability::durable);
            REQUIRE(writer.snapshot(Bytes(10)));
            REQUIRE(writer.write(4) == Durability::durable);
            disk->back_up();
            REQUIRE(writer.write(4) == Durability::durable);
        }
        Rng rng(7);
        REQUIRE((rots ? disk->rot(rng) : disk->misdirect(rng)));
        {
            const auto store = disk->mount(dies_at(0));
            const auto opened = store->open();
            REQUIRE_FALSE(opened);
            CHECK(opened.error().code == "corrupt");
        }
        REQUIRE(disk->has_backup());
        disk->restore();
        const auto store = disk->mount(dies_at(0));
        CHECK(Writer(*store).recovered().last_seq == 8);
        CHECK(disk->journal().size() == 8);
    }
}

TEST_CASE("a disk without a row that a start reads has none to damage") {
    const auto disk = make_sqlite_disk(Rng(1));
    {
        const auto store = disk->mount(dies_at(0));
        Writer writer(*store);
        REQUIRE(writer.write(2) == Durability::durable);
        REQUIRE(writer.snapshot(Bytes(10)));
    }
    Rng rng(1);
    CHECK_FALSE(disk->rot(rng));
    CHECK_FALSE(disk->misdirect(rng));
}

TEST_CASE("a second process does not get the data of a living one, and gets it afterwards") {
    const auto disk = make_sqlite_disk(Rng(1));
    {
        const auto first = disk->mount(dies_at(0));
        Writer writer(*first);
        REQUIRE(writer.write(1) == Durability::durable);
        const auto second = disk->mount(dies_at(0));
        const auto opened = second->open();
        REQUIRE_FALSE(opened);
        CHECK(opened.error().code == "in_use");
        CHECK(writer.write(1) == Durability::durable);
    }
    const auto next = disk->mount(dies_at(0));
    CHECK(Writer(*next).recovered().last_seq == 2);
}

// The model and the real store, whose answers are to be the same.
std::vector<std::unique_ptr<SimDisk>> both_disks() {
    std::vector<std::unique_ptr<SimDisk>> disks;
    disks.push_back(make_memory_disk());
    disks.push_back(make_sqlite_disk(Rng(1)));
    return disks;
}

TEST_CASE("a full disk costs the reserve first, then takes nothing, and what it had is whole") {
    for (const auto& disk : both_disks()) {
        {
            const auto store = disk->mount(dies_at(0));
            Writer writer(*store);
            CHECK(store->disk_space() == DiskSpace::ample);
            REQUIRE(writer.write(1) == Durability::durable);
            disk->set_room(Room::low);
            CHECK(store->disk_space() == DiskSpace::low);
            REQUIRE(writer.write(20, 500) == Durability::durable);
            CHECK(disk->met().low);
            CHECK_FALSE(disk->met().reserve_used);
            disk->set_room(Room::full);
            CHECK(store->disk_space() == DiskSpace::low);
            REQUIRE(writer.write(200, 500) == Durability::durable);
            CHECK(store->disk_space() == DiskSpace::reserve_used);
            CHECK(disk->met().reserve_used);
            CHECK_FALSE(disk->met().used_up);
            disk->set_room(Room::none);
            CHECK(writer.write(200, 500) == Durability::disk_full);
            CHECK(disk->take_met().used_up);
            CHECK_FALSE(disk->met().used_up);
        }
        {
            const auto refused = disk->mount(dies_at(0))->open();
            REQUIRE_FALSE(refused);
            CHECK(refused.error().code == "disk_full");
        }
        disk->set_room(Room::ample);
        const auto store = disk->mount(dies_at(0));
        CHECK(Writer(*store).recovered().last_seq == 221);
        CHECK(store->disk_space() == DiskSpace::ample);
    }
}

TEST_CASE("a reserve that was given up is there again when there is ample room, or at a start") {
    for (const auto& disk : both_disks()) {
        {
            const auto store = disk->mount(dies_at(0));
            Writer writer(*store);
            disk->set_room(Room::full);
            REQUIRE(writer.write(200, 500) == Durability::durable);
            disk->set_room(Room::low);
            CHECK(store->disk_space() == DiskSpace::reserve_used);
            disk->set_room(Room::ample);
            CHECK(store->disk_space() == DiskSpace::ample);
            disk->set_room(Room::full);
            REQUIRE(writer.write(200, 500) == Durability::durable);
            CHECK(store->disk_space() == DiskSpace::reserve_used);
        }
        disk->set_room(Room::low);
        const auto store = disk->mount(dies_at(0));
        CHECK(Writer(*store).recovered().last_seq == 400);
        CHECK(store->disk_space() == DiskSpace::low);
    }
}

TEST_CASE("a reserve lasts for so long, and a batch that does not fit into it is not written") {
    for (const auto& disk : both_disks()) {
        const auto store = disk->mount(dies_at(0));
        Writer writer(*store);
        disk->set_room(Room::full);
        std::uint64_t rows = 0;
        while (writer.write(50, 2'000) == Durability::durable)
            rows += 50;
        CHECK(rows > 500);
        CHECK(rows * 2'000 < 2 * reserve_octets);
        CHECK(disk->journal().size() == rows);
    }
}

// All that a reader or a start finds on it.
struct Contents {
    explicit Contents(SimDisk& disk) : records(disk.records().scan(1, {}, {}, 100)) {
        const auto store = disk.mount(dies_at(0));
        auto opened = store->open();
        REQUIRE(opened);
        start = std::move(*opened);
    }
    void check_equal(const Contents& other) const {
        CHECK(start.last_seq == other.start.last_seq);
        CHECK(start.last_chain == other.start.last_chain);
        REQUIRE(start.rows.size() == other.start.rows.size());
        for (std::size_t i = 0; i < start.rows.size(); ++i)
            CHECK(start.rows[i].body == other.start.rows[i].body);
        REQUIRE(start.snapshot.has_value() == other.start.snapshot.has_value());
        if (start.snapshot) CHECK(start.snapshot->digest == other.start.snapshot->digest);
        REQUIRE(start.puts.size() == other.start.puts.size());
        for (std::size_t i = 0; i < start.puts.size(); ++i) {
            CHECK(start.puts[i].key == other.start.puts[i].key);
            CHECK(start.puts[i].value == other.start.puts[i].value);
        }
        REQUIRE(records.size() == other.records.size());
        for (std::size_t i = 0; i < records.size(); ++i) {
            CHECK(records[i].key == other.records[i].key);
            CHECK(records[i].value == other.records[i].value);
        }
    }
    std::vector<Record> records;
    Recovered start;
};

TEST_CASE("a disk that is restored has what it had when it was backed up, each time") {
    for (const auto& disk : both_disks()) {
        const auto change = [&](std::uint8_t value) {
            const auto store = disk->mount(dies_at(0));
            Writer writer(*store);
            Batch batch;
            // one that stays, one that goes or comes again, one that is new
            for (const std::uint8_t key : {std::uint8_t{1}, value}) {
                batch.records.push_back({1, {key}, {value}});
                batch.puts.push_back({1, {key}, Bytes{value}});
            }
            batch.puts.push_back({1, {2}, value % 2 == 0 ? std::optional<Bytes>() : Bytes{value}});
            REQUIRE(writer.append(std::move(batch)) == Durability::durable);
            REQUIRE(writer.write(3) == Durability::durable);
            REQUIRE(writer.snapshot(Bytes(10, value)));
            REQUIRE(writer.write(2) == Durability::durable);
        };
        change(11);
        disk->back_up();
        const Contents kept(*disk);
        Rng rng(1);
        for (const std::uint8_t value : Bytes{12, 13, 14}) {
            change(value);
            if (value == 13) change(15);
            CHECK(Contents(*disk).start.last_seq > kept.start.last_seq);
            if (value == 14) REQUIRE((disk->rot(rng) && disk->misdirect(rng)));
            disk->restore();
            kept.check_equal(Contents(*disk));
        }
        // a row that was there already when the copy was made
        REQUIRE((disk->rot(rng) && disk->misdirect(rng)));
        CHECK_FALSE(disk->mount(dies_at(0))->open());
        disk->restore();
        kept.check_equal(Contents(*disk));
        disk->back_up();
        change(12);
        CHECK(Contents(*disk).start.last_seq > kept.start.last_seq);
    }
}

TEST_CASE("a copy has what its original has, and then goes its own way") {
    const auto disk = make_sqlite_disk(Rng(1));
    const auto store = disk->mount(dies_at(0));
    Writer writer(*store);
    REQUIRE(writer.write(2) == Durability::durable);
    const auto other = disk->copy();
    REQUIRE(writer.write(1) == Durability::durable);
    const Bytes key(8, 2);
    CHECK(other->records().get(1, key) == key);
    CHECK(other->records().scan(1, {}, {}, 10).size() == 1);
    CHECK(disk->records().scan(1, {}, {}, 10).size() == 2);
    CHECK(other->journal().size() == 2);
    CHECK(disk->journal().size() == 3);
}

TEST_CASE("without faults of disks a world on SQLite is the world on the model, octet for octet") {
    const auto scenario =
        read_scenario(std::string(LOCKSTEP_SOURCE_DIR) + "/sim/scenarios/t17-messages.toml");
    REQUIRE(scenario);
    RunOptions with;
    const Run model = run_world(*scenario, with);
    with.real_store = true;
    const Run real = run_world(*scenario, with);
    CHECK_FALSE(model.outcome.real_store);
    CHECK(real.outcome.real_store);
    CHECK(real.outcome.settled > 0);
    CHECK(real.outcome.digest == model.outcome.digest);
    CHECK(run_world(*scenario, with).outcome.digest == real.outcome.digest);
}

TEST_CASE("with faults of disks a world on SQLite is the same again, and every rule holds") {
    const auto scenario =
        read_scenario(std::string(LOCKSTEP_SOURCE_DIR) + "/sim/scenarios/t23-restored-data.toml");
    REQUIRE(scenario);
    RunOptions with;
    with.real_store = true;
    const Run once = run_world(*scenario, with);
    CHECK_FALSE(once.outcome.violated());
    CHECK(run_world(*scenario, with).outcome.digest == once.outcome.digest);
}

}  // namespace
}  // namespace lockstep::sim
