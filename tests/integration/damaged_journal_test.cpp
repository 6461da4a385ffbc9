// A journal that was damaged in a row before the last snapshot, where a start does not read it, or
// whose last row is gone, which a start meets: each program says which row of which file it is and
// ends with the code of what could lose money.
#include "sdk/machine/fatal.h"
#include "tests/integration/ledger_process.h"
#include "tests/integration/node_world.h"
#include "tests/unit/store_damage.h"

using namespace lockstep;
using namespace lockstep::test;

namespace {

struct Damage {
    const char* sql;
    const char* named;  // nullptr: the last row
};
const Damage damages[] = {
    {"UPDATE journal SET body = X'00' WHERE seq = 2", "journal row 2 has a wrong hash"},
    {"DELETE FROM journal WHERE seq = 2", "journal row 2 is missing"},
    {"DELETE FROM journal WHERE seq = (SELECT max(seq) FROM journal)", nullptr},
};

void stop(Process& process) {
    process.terminate();
    REQUIRE(process.wait(20'000) == 0);
}

std::uint64_t last_snapshot(const std::string& file) {
    auto database = sqlite::Database::open(file, sqlite::Access::create, {});
    REQUIRE(database);
    return database->number("SELECT max(seq) FROM snapshots");
}

// Of a process that has stopped cleanly; its journal is whole again afterwards.
void check_stops(Process& process, const std::string& directory) {
    const std::string file = journal_file(directory);
    for (const Damage& damage : damages) {
        CAPTURE(std::string(damage.sql));
        REQUIRE(last_snapshot(file) > 2);
        std::filesystem::copy(directory, directory + ".whole",
                              std::filesystem::copy_options::recursive);
        testing::damage_journal(directory, damage.sql);
        process.start();
        const auto code = process.wait(10'000);
        CHECK(code == exit_fatal);
        if (!code) process.kill();
        const std::string said = read_file(process.log());
        const std::string named = damage.named != nullptr ? damage.named : "journal row ";
        std::string place = file;
        place.append(": ").append(named);
        CHECK_MESSAGE(said.find(place) != std::string::npos, said);
        CHECK_MESSAGE(said.find("; restore the data directory from a backup") != std::string::npos,
                      said);
        std::filesystem::remove_all(directory);
        std::filesystem::rename(directory + ".whole", directory);
    }
    process.start();
    CHECK_FALSE(process.wait(500));
}

}  // namespace

TEST_CASE("a cash ledger stops where a row before its snapshot was changed or is missing") {
    LedgerProcess ledger(cash_kind);
    stop(ledger.process());
    check_stops(ledger.process(), ledger.home() / "data");
}

TEST_CASE("a securities ledger stops where any validator's row before its snapshot is damaged") {
    LedgerProcess ledger(securities_kind);
    stop(ledger.process());
    for (const char* validator : {"validator-1", "validator-4"}) {
        CAPTURE(validator);
        check_stops(ledger.process(), ledger.home() / "data" / validator);
        stop(ledger.process());
    }
}

TEST_CASE("a node stops where a row before its snapshot was changed or is missing") {
    NodeWorld world;
    REQUIRE(world.wait_ready(10'000));
    stop(world.process("alice"));
    check_stops(world.process("alice"), world.directory() / "alice" / "data");
    CHECK(world.wait_ready(10'000));
}
