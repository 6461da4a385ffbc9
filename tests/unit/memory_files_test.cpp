// Files that are memory serve SQLite as the system's own do: the same steps on both, the same
// outcomes.
#include <doctest/doctest.h>
#include <sqlite3.h>

#include <vector>

#include "sdk/store/sqlite.h"
#include "sim/files/faulty_files.h"
#include "sim/files/memory_files.h"
#include "tests/unit/store_directory.h"

namespace lockstep {
namespace {

using sqlite::Access;
using sqlite::Database;
using testing::TemporaryDirectory;

Database open(const std::string& file, Access access, const std::string& layer) {
    auto database = Database::open(file, access, layer);
    REQUIRE(database);
    database->run("PRAGMA busy_timeout = 0");
    return std::move(*database);
}

// What each step answers: codes of SQLite, and numbers that it read.
using Answers = std::vector<std::uint64_t>;
void step(Answers& answers, Database& database, const char* sql) {
    answers.push_back(static_cast<std::uint64_t>(database.run(sql)));
}
constexpr std::uint64_t ok = SQLITE_OK;
constexpr std::uint64_t busy = SQLITE_BUSY;

Answers with_log(const std::string& file, const std::string& layer) {
    Answers answers;
    Database writer = open(file, Access::create, layer);
    step(answers, writer, "PRAGMA journal_mode = WAL; CREATE TABLE t (n INTEGER)");
    step(answers, writer, "INSERT INTO t VALUES (1), (2)");
    Database reader = open(file, Access::read_only, layer);
    answers.push_back(reader.number("SELECT sum(n) FROM t"));
    step(answers, reader, "INSERT INTO t VALUES (3)");
    step(answers, reader, "BEGIN");
    answers.push_back(reader.number("SELECT sum(n) FROM t"));
    step(answers, writer, "BEGIN IMMEDIATE; INSERT INTO t VALUES (4)");
    {
        Database other = open(file, Access::create, layer);
        step(answers, other, "BEGIN IMMEDIATE");
    }
    step(answers, writer, "COMMIT");
    answers.push_back(reader.number("SELECT sum(n) FROM t"));  // as its transaction found it
    // the reader holds a part of the log back
    answers.push_back(writer.number("PRAGMA wal_checkpoint(TRUNCATE)"));
    step(answers, reader, "COMMIT");
    answers.push_back(reader.number("SELECT sum(n) FROM t"));
    answers.push_back(writer.number("PRAGMA wal_checkpoint(TRUNCATE)"));
    step(answers, writer, "INSERT INTO t VALUES (8)");
    return answers;
}

Answers with_journal(const std::string& file, const std::string& layer) {
    Answers answers;
    Database writer = open(file, Access::create, layer);
    step(answers, writer, "PRAGMA journal_mode = DELETE; CREATE TABLE t (n INTEGER)");
    step(answers, writer, "INSERT INTO t VALUES (1)");
    Database reader = open(file, Access::read_only, layer);
    step(answers, reader, "BEGIN");
    answers.push_back(reader.number("SELECT sum(n) FROM t"));
    step(answers, writer, "BEGIN; INSERT INTO t VALUES (2)");
    step(answers, writer, "COMMIT");  // who reads is waited for
    {
        Database late = open(file, Access::read_only, layer);
        step(answers, late, "SELECT * FROM t");  // and nobody begins to
    }
    step(answers, reader, "COMMIT");
    step(answers, writer, "COMMIT");
    step(answers, writer, "BEGIN; DELETE FROM t");
    step(answers, writer, "ROLLBACK");
    answers.push_back(reader.number("SELECT sum(n) FROM t"));
    return answers;
}

TEST_CASE("files in memory lock, log and share as the system's files do") {
    const TemporaryDirectory directory;
    sim::MemoryFiles memory;
    const sim::FaultyFiles faulty(memory.name());
    const std::string file = directory.file("log");
    const Answers logged = with_log(file, {});
    CHECK(logged == Answers{ok, ok, 3, SQLITE_READONLY, ok, 3, ok, busy, ok, 3, 1, ok, 7, 0, ok});
    CHECK(with_log(file, memory.name()) == logged);
    const std::string second = directory.file("journal");
    const Answers journalled = with_journal(second, {});
    CHECK(journalled == Answers{ok, ok, ok, 1, ok, busy, busy, ok, ok, ok, ok, 3});
    CHECK(with_journal(second, memory.name()) == journalled);
    SUBCASE("and are there when they are opened again, with their log") {
        for (const std::string& layer : {std::string(), memory.name(), faulty.name()}) {
            CAPTURE(layer);
            Database again = open(file, Access::read_only, layer);
            CHECK(again.number("SELECT sum(n) FROM t") == 15);
            CHECK(again.number("SELECT count(*) FROM pragma_integrity_check "
                               "WHERE integrity_check = 'ok'") == 1);
        }
    }
    SUBCASE("and are as they were when they are put back") {
        auto octets = memory.read(second);
        REQUIRE(octets);
        {
            Database writer = open(second, Access::create, memory.name());
            REQUIRE(writer.run("DELETE FROM t") == SQLITE_OK);
        }
        memory.remove_all();
        CHECK_FALSE(memory.has(second));
        CHECK_FALSE(Database::open(second, Access::read_only, memory.name()));
        memory.write(second, *octets);
        Database again = open(second, Access::read_only, memory.name());
        CHECK(again.number("SELECT sum(n) FROM t") == 3);
    }
    SUBCASE("and are nobody else's") {
        const sim::MemoryFiles other;
        CHECK_FALSE(Database::open(file, Access::read_only, other.name()));
    }
}

}  // namespace
}  // namespace lockstep
