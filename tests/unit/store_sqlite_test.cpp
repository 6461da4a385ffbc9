#include "sdk/store/sqlite_store.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <fstream>
#include <future>

#include "sdk/store/journal_file.h"
#include "sdk/store/journal_verifier.h"
#include "sdk/store/replay.h"
#include "sdk/store/sqlite_reader.h"
#include "tests/unit/store_damage.h"
#include "tests/unit/store_journal.h"

namespace lockstep {
namespace {

using testing::damage_journal;
using testing::TemporaryDirectory;
using testing::test_store;
using testing::Writer;

TEST_CASE("a new store is empty and every open begins a later epoch") {
    const TemporaryDirectory directory;
    for (std::uint64_t run = 1; run <= 3; ++run) {
        SqliteStore store(test_store(directory.path()));
        const auto recovered = store.open();
        REQUIRE(recovered);
        CHECK(recovered->epoch == run);
        CHECK(recovered->last_seq == 0);
        CHECK_FALSE(recovered->snapshot);
        CHECK(recovered->rows.empty());
    }
}

TEST_CASE("rows, puts and the journal's end come back as they were written") {
    const TemporaryDirectory directory;
    Hash chain;
    {
        SqliteStore store(test_store(directory.path()));
        Writer writer(store);
        REQUIRE(writer.write(3) == Durability::durable);
        Batch puts;
        puts.puts = {{7, {1}, Bytes{2}}, {7, {3}, Bytes{}}, {8, {1}, Bytes{4}}};
        REQUIRE(writer.append(std::move(puts)) == Durability::durable);
        Batch more;
        more.puts = {{7, {1}, std::nullopt}, {8, {1}, Bytes{5}}};
        REQUIRE(writer.append(std::move(more)) == Durability::durable);
        chain = writer.end().snapshot({}).chain;
    }
    SqliteStore store(test_store(directory.path()));
    const auto recovered = store.open();
    REQUIRE(recovered);
    CHECK(recovered->rows.size() == 3);
    CHECK(recovered->rows[2].seq == 3);
    CHECK(recovered->rows[2].epoch == 1);
    CHECK(recovered->rows[2].body == Bytes(20, 2));
    CHECK(recovered->last_seq == 3);
    CHECK(recovered->last_chain == chain);
    CHECK(recovered->last_at == Timestamp{1});
    REQUIRE(recovered->puts.size() == 3);
    CHECK(recovered->puts[1].key == Bytes{3});
    CHECK(recovered->puts[1].value == Bytes{});
    CHECK(recovered->puts[2].value == Bytes{5});
}

TEST_CASE("a store opens with its last snapshot and the rows behind it, and keeps two") {
    const TemporaryDirectory directory;
    {
        SqliteStore store(test_store(directory.path()));
        Writer writer(store);
        for (std::uint8_t i = 1; i <= 4; ++i) {
            REQUIRE(writer.write(2) == Durability::durable);
            REQUIRE(writer.snapshot({i}));
        }
        REQUIRE(writer.write(1) == Durability::durable);
    }
    SqliteStore store(test_store(directory.path()));
    const auto recovered = store.open();
    REQUIRE(recovered);
    REQUIRE(recovered->snapshot);
    CHECK(recovered->snapshot->seq == 8);
    CHECK(recovered->snapshot->state == Bytes{4});
    CHECK(recovered->rows.size() == 1);
    CHECK(recovered->last_seq == 9);
    auto database =
        sqlite::Database::open(journal_file(directory.path()), sqlite::Access::read_only, {});
    REQUIRE(database);
    CHECK(database->number("SELECT count(*) FROM snapshots") == 2);
    const auto whole = read_whole_journal(directory.path());
    REQUIRE(whole);
    CHECK(whole->rows.size() == 9);
}

TEST_CASE("a damaged journal is not opened and the row is named") {
    struct Row {
        const char* what;
        const char* sql;
        const char* detail;
    };
    const std::vector<Row> table{
        {"a bit of a body", "UPDATE journal SET body = X'00' WHERE seq = 5",
         "row 5 has a wrong hash"},
        {"a hash", "UPDATE journal SET chain = zeroblob(32) WHERE seq = 5",
         "row 5 has a wrong hash"},
        {"a short hash", "UPDATE journal SET chain = X'00' WHERE seq = 5",
         "row 5 has a wrong hash"},
        {"a time", "UPDATE journal SET at = at + 1 WHERE seq = 5", "row 5 has a wrong hash"},
        {"a kind", "UPDATE journal SET kind = 2 WHERE seq = 5", "row 5 has a wrong hash"},
        {"rules", "UPDATE journal SET rules = 2 WHERE seq = 5", "row 5 has a wrong hash"},
        {"an epoch", "UPDATE journal SET epoch = 9 WHERE seq = 5", "row 5 has a wrong hash"},
        {"a row is gone", "DELETE FROM journal WHERE seq = 5", "row 5 is missing"},
        {"the first row is gone", "DELETE FROM journal WHERE seq = 1", "row 1 is missing"},
        {"the last row is gone", "DELETE FROM journal WHERE seq = 9", "row 8 is the last, but not"},
        {"all rows are gone", "DELETE FROM journal", "row 0 is the last, but not"},
        {"a row is there twice",
         "INSERT INTO journal SELECT 10, at, kind, rules, epoch, body, chain FROM journal"
         " WHERE seq = 9",
         "row 10 has a wrong hash"},
        {"two rows changed places",
         "UPDATE journal SET seq = 100 WHERE seq = 5; UPDATE journal SET seq = 5 WHERE seq = 6;"
         "UPDATE journal SET seq = 6 WHERE seq = 100",
         "row 5 has a wrong hash"},
    };
    for (const Row& row : table) {
        CAPTURE(row.what);
        const TemporaryDirectory directory;
        {
            SqliteStore store(test_store(directory.path()));
            Writer writer(store);
            for (int i = 0; i < 3; ++i)
                REQUIRE(writer.write(3) == Durability::durable);
        }
        damage_journal(directory.path(), row.sql);
        SqliteStore store(test_store(directory.path()));
        const auto recovered = store.open();
        REQUIRE_FALSE(recovered);
        CHECK(recovered.error().code == "corrupt");
        CHECK_MESSAGE(recovered.error().detail.find(row.detail) != std::string::npos,
                      recovered.error().detail);
        CHECK(recovered.error().detail.find(journal_file(directory.path())) == 0);
        const auto whole = read_whole_journal(directory.path());
        REQUIRE_FALSE(whole);
        CHECK(whole.error().code == "corrupt");
    }
}

TEST_CASE("damage before the snapshot is found by the check of all rows") {
    const TemporaryDirectory directory;
    {
        SqliteStore store(test_store(directory.path()));
        Writer writer(store);
        REQUIRE(writer.write(5) == Durability::durable);
        REQUIRE(writer.snapshot({1}));
        REQUIRE(store.verify_all() == 5u);
    }
    damage_journal(directory.path(), "UPDATE journal SET body = X'00' WHERE seq = 2");
    SqliteStore store(test_store(directory.path()));
    Writer writer(store);
    REQUIRE(writer.write(1) == Durability::durable);
    const auto verified = store.verify_all();
    REQUIRE_FALSE(verified);
    CHECK(verified.error().code == "corrupt");
    CHECK(verified.error().detail.find("row 2 has a wrong hash") != std::string::npos);
    std::promise<Failure> stopped;
    const JournalVerifier verifier({&store},
                                   [&](const Failure& failure) { stopped.set_value(failure); });
    auto stop = stopped.get_future();
    REQUIRE(stop.wait_for(std::chrono::seconds(10)) == std::future_status::ready);
    CHECK(stop.get().detail == verified.error().detail);
}

TEST_CASE("a damaged snapshot is not used") {
    struct Row {
        const char* what;
        const char* sql;
    };
    const std::vector<Row> table{
        {"its state", "UPDATE snapshots SET state = X'02'"},
        {"its digest", "UPDATE snapshots SET digest = zeroblob(32)"},
        {"its place", "UPDATE snapshots SET seq = 4"},
        {"a place beyond the end", "UPDATE snapshots SET seq = 6"},
        {"the row that it stands on", "UPDATE journal SET chain = zeroblob(32) WHERE seq = 5"},
    };
    for (const Row& row : table) {
        CAPTURE(row.what);
        const TemporaryDirectory directory;
        {
            SqliteStore store(test_store(directory.path()));
            Writer writer(store);
            REQUIRE(writer.write(5) == Durability::durable);
            REQUIRE(writer.snapshot({1}));
        }
        damage_journal(directory.path(), row.sql);
        SqliteStore store(test_store(directory.path()));
        const auto recovered = store.open();
        REQUIRE_FALSE(recovered);
        CHECK(recovered.error().code == "corrupt");
    }
}

TEST_CASE("a file that is no journal, or a later one, is refused and left alone") {
    struct Row {
        const char* sql;
        const char* code;
        const char* detail;
    };
    const std::vector<Row> table{
        {"PRAGMA user_version = 2", "newer_format", "has format 2, this program knows up to 1"},
        {"PRAGMA application_id = 1", "not_ours", "is not a journal of Lockstep"},
        {"DROP TABLE records", "corrupt", "a table is missing"},
    };
    for (const Row& row : table) {
        const TemporaryDirectory directory;
        { SqliteStore(test_store(directory.path())).open(); }
        damage_journal(directory.path(), row.sql);
        SqliteStore store(test_store(directory.path()));
        const auto recovered = store.open();
        REQUIRE_FALSE(recovered);
        CHECK(recovered.error().code == row.code);
        CHECK_MESSAGE(recovered.error().detail.find(row.detail) != std::string::npos,
                      recovered.error().detail);
    }
    const TemporaryDirectory directory;
    std::ofstream(journal_file(directory.path())) << std::string(5000, 'x');
    SqliteStore store(test_store(directory.path()));
    const auto recovered = store.open();
    REQUIRE_FALSE(recovered);
    CHECK(recovered.error().code == "corrupt");
}

TEST_CASE("what a data directory holds is its owner's alone") {
    const TemporaryDirectory directory;
    const std::string data = directory.file("data");
    SqliteStore store(test_store(data));
    Writer writer(store);
    writer.write(1, 10);
    const auto others = [](const std::filesystem::path& path) {
        using std::filesystem::perms;
        return std::filesystem::status(path).permissions() & (perms::group_all | perms::others_all);
    };
    CHECK(others(data) == std::filesystem::perms::none);
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(data)) {
        CAPTURE(entry.path().string());
        CHECK(others(entry.path()) == std::filesystem::perms::none);
        ++files;
    }
    CHECK(files == 5);  // lock, ballast, journal and what SQLite keeps beside it
}

TEST_CASE("a second start on the same directory is refused and names the first") {
    const TemporaryDirectory directory;
    SqliteStore first(test_store(directory.path()));
    REQUIRE(first.open());
    SqliteStore second(test_store(directory.path()));
    const auto refused = second.open();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == "in_use");
    CHECK(refused.error().detail.find("in use by process " + std::to_string(::getpid()) + ";") !=
          std::string::npos);
}

TEST_CASE("a store whose epoch was overtaken is fenced and stays so") {
    const TemporaryDirectory directory;
    SqliteStore store(test_store(directory.path()));
    Writer writer(store);
    REQUIRE(writer.write(1) == Durability::durable);
    damage_journal(directory.path(), "UPDATE head SET epoch = epoch + 1");
    CHECK(writer.write(1) == Durability::fenced);
    CHECK(writer.write(1) == Durability::failed);
    CHECK(read_whole_journal(directory.path())->last_seq == 1);
}

TEST_CASE("the log is copied into the data base and begins anew while a reader comes and goes") {
    const TemporaryDirectory directory;
    SqliteOptions options = test_store(directory.path());
    options.checkpoint_pages = 50;
    SqliteStore store(options);
    Writer writer(store);
    const auto reader = SqliteReader::open({directory.path(), {}, 1, stop_process});
    REQUIRE(reader);
    for (int i = 0; i < 400; ++i) {
        REQUIRE(writer.write(5, 500) == Durability::durable);
        CHECK((*reader)->scan(1, {}, {}, 10).size() >= 1);
    }
    CHECK(std::filesystem::file_size(journal_file(directory.path()) + "-wal") < 100 * 4'200);
    CHECK(store.verify_all() == 2'000u);
}

}  // namespace
}  // namespace lockstep
