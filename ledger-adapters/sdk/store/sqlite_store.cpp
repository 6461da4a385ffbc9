#include "sdk/store/sqlite_store.h"

#include <sqlite3.h>

#include "sdk/base/assert.h"
#include "sdk/store/journal_file.h"
#include "sdk/store/sqlite.h"

namespace lockstep {
namespace {

constexpr int fenced = -1;  // beside SQLite's codes, which are positive

constexpr const char* settings_sql =
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = FULL;"
    "PRAGMA cache_size = -32768;"
    "PRAGMA temp_store = MEMORY;"
    "PRAGMA secure_delete = OFF;"
    // A log that grew beyond this, by a large snapshot, is cut when it is reset.
    "PRAGMA journal_size_limit = 67108864;";

constexpr const char* create_sql =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE journal(seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind INTEGER NOT NULL,"
    " rules INTEGER NOT NULL, epoch INTEGER NOT NULL, body BLOB NOT NULL, chain BLOB NOT NULL);"
    "CREATE TABLE records(kind INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL,"
    " PRIMARY KEY(kind, key)) WITHOUT ROWID;"
    "CREATE TABLE puts(space INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL,"
    " PRIMARY KEY(space, key)) WITHOUT ROWID;"
    "CREATE TABLE snapshots(seq INTEGER PRIMARY KEY, chain BLOB NOT NULL, digest BLOB NOT NULL,"
    " state BLOB NOT NULL);"
    "CREATE TABLE head(one INTEGER PRIMARY KEY CHECK(one = 1), epoch INTEGER NOT NULL,"
    " seq INTEGER NOT NULL, chain BLOB NOT NULL);"
    "INSERT INTO head VALUES(1, 0, 0, zeroblob(32));"
    "PRAGMA application_id = 1282110324;"
    "PRAGMA user_version = 1;"
    "COMMIT;";
static_assert(journal_application_id == 1282110324 && journal_format == 1);

}  // namespace

struct SqliteStore::Connection {
    explicit Connection(sqlite::Database&& opened) : database(std::move(opened)) {}

    sqlite::Database database;
    sqlite::Statement begin;
    sqlite::Statement commit;
    sqlite::Statement add_row;
    sqlite::Statement set_record;
    sqlite::Statement set_put;
    sqlite::Statement drop_put;
    sqlite::Statement set_head;
    std::uint64_t wal_pages = 0;

    bool prepare() {
        begin = database.prepare("BEGIN IMMEDIATE");
        commit = database.prepare("COMMIT");
        add_row = database.prepare("INSERT INTO journal VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)");
        set_record = database.prepare(
            "INSERT INTO records VALUES(?1, ?2, ?3)"
            " ON CONFLICT(kind, key) DO UPDATE SET value = excluded.value");
        set_put = database.prepare(
            "INSERT INTO puts VALUES(?1, ?2, ?3)"
            " ON CONFLICT(space, key) DO UPDATE SET value = excluded.value");
        drop_put = database.prepare("DELETE FROM puts WHERE space = ?1 AND key = ?2");
        set_head = database.prepare("UPDATE head SET seq = ?2, chain = ?3 WHERE epoch = ?1");
        sqlite3_wal_hook(
            database.handle(),
            [](void* self, sqlite3*, const char*, int pages) {
                static_cast<Connection*>(self)->wal_pages = static_cast<std::uint64_t>(pages);
                return SQLITE_OK;
            },
            this);
        return begin.prepared() && commit.prepared() && add_row.prepared() &&
               set_record.prepared() && set_put.prepared() && drop_put.prepared() &&
               set_head.prepared();
    }
};

SqliteStore::SqliteStore(SqliteOptions options)
    : options_(std::move(options)), directory_(options_.directory, options_.disk) {}
SqliteStore::~SqliteStore() = default;

Result<Recovered, Failure> SqliteStore::open() {
    ASSERT(!connection_);
    if (auto locked = directory_.lock(); !locked) return unexpected<Failure>(locked.error());
    directory_.fill_ballast();
    // SQLite would let everybody read what it makes; what it keeps beside a file is like the file.
    if (auto made = directory_.make_file(journal_name); !made)
        return unexpected<Failure>(made.error());
    auto ready = connect();
    if (!ready && ready.error().code == "disk_full" && directory_.release_ballast())
        ready = connect();
    if (!ready) return unexpected<Failure>(ready.error());
    auto recovered = read_journal(connection_->database, ReadFrom::snapshot);
    if (!recovered) return recovered;
    const auto epoch = begin_epoch();
    if (!epoch) return unexpected<Failure>(epoch.error());
    recovered->epoch = epoch_ = *epoch;
    last_seq_ = recovered->last_seq;
    return recovered;
}

// The log beside the file, and its index, take up room before anything is written.
Result<void, Failure> SqliteStore::connect() {
    connection_.reset();
    auto database = sqlite::Database::open(journal_file(options_.directory), sqlite::Access::create,
                                           options_.vfs);
    if (!database) return unexpected<Failure>(database.error());
    connection_ = std::make_unique<Connection>(std::move(*database));
    return prepare_file();
}

Result<void, Failure> SqliteStore::prepare_file() {
    sqlite::Database& database = connection_->database;
    const auto contents = identify_journal(database);
    if (!contents) return unexpected<Failure>(contents.error());
    const bool fresh = *contents == JournalContents::nothing;
    int code = database.run(settings_sql);
    if (code == SQLITE_OK && fresh) code = database.run(create_sql);
    if (code != SQLITE_OK) return unexpected<Failure>(database.failure(code, "preparing"));
    if (fresh) {
        if (auto synced = directory_.sync(); !synced) return synced;
    }
    if (!connection_->prepare()) {
        return fail("corrupt", database.file() + ": a table is missing or has other columns");
    }
    return {};
}

Result<std::uint64_t, Failure> SqliteStore::begin_epoch() {
    sqlite::Database& database = connection_->database;
    int code = database.run("UPDATE head SET epoch = epoch + 1");
    if (sqlite::is_disk_full(code) && directory_.release_ballast()) {
        code = database.run("UPDATE head SET epoch = epoch + 1");
    }
    if (code != SQLITE_OK) return unexpected<Failure>(database.failure(code, "beginning an epoch"));
    return database.number("SELECT epoch FROM head");
}

void SqliteStore::append(Batch batch, std::function<void(Durability)> done) {
    ASSERT(connection_);
    if (failed_) return done(Durability::failed);
    int code = commit(batch);
    if (sqlite::is_disk_full(code) && directory_.release_ballast()) code = commit(batch);
    if (code == SQLITE_OK) return done(Durability::durable);
    if (code == fenced) {
        failed_ = true;
        return done(Durability::fenced);
    }
    if (sqlite::is_disk_full(code)) return done(Durability::disk_full);
    failed_ = true;
    done(Durability::failed);
}

// SQLITE_OK: on disk. Full: nothing of it was written. Anything else: unknown.
int SqliteStore::commit(const Batch& batch) {
    Connection& c = *connection_;
    int code = c.begin.run();
    if (code != SQLITE_DONE) return code;
    code = write(batch);
    if (code == SQLITE_OK) {
        code = c.commit.run();
        if (code == SQLITE_DONE) {
            last_seq_ += batch.rows.size();
            return SQLITE_OK;
        }
    }
    if (c.database.in_transaction()) c.database.run("ROLLBACK");
    return code;
}

int SqliteStore::write(const Batch& batch) {
    Connection& c = *connection_;
    std::uint64_t next = last_seq_ + 1;
    for (const JournalRow& row : batch.rows) {
        ASSERT(row.epoch == epoch_ && row.seq == next++);
        c.add_row.bind(1, row.seq).bind(2, static_cast<std::uint64_t>(row.at.us()));
        c.add_row.bind(3, static_cast<std::uint64_t>(row.kind)).bind(4, row.rules);
        c.add_row.bind(5, row.epoch).bind(6, row.body).bind(7, row.chain.view());
        if (const int code = c.add_row.run(); code != SQLITE_DONE) return code;
    }
    for (const Record& record : batch.records) {
        c.set_record.bind(1, record.kind).bind(2, record.key).bind(3, record.value);
        if (const int code = c.set_record.run(); code != SQLITE_DONE) return code;
    }
    for (const Put& put : batch.puts) {
        sqlite::Statement& statement = put.value ? c.set_put : c.drop_put;
        statement.bind(1, put.space).bind(2, put.key);
        if (put.value) statement.bind(3, *put.value);
        if (const int code = statement.run(); code != SQLITE_DONE) return code;
    }
    if (batch.rows.empty()) return SQLITE_OK;
    const JournalRow& last = batch.rows.back();
    c.set_head.bind(1, epoch_).bind(2, last.seq).bind(3, last.chain.view());
    if (const int code = c.set_head.run(); code != SQLITE_DONE) return code;
    return c.database.changes() == 1 ? SQLITE_OK : fenced;
}

Result<void, Failure> SqliteStore::save_snapshot(const Snapshot& snapshot) {
    ASSERT(connection_);
    sqlite::Database& database = connection_->database;
    if (failed_) return fail("io", database.file() + ": an earlier write failed");
    ASSERT(snapshot.seq == last_seq_);
    int code = database.run("BEGIN IMMEDIATE");
    if (code == SQLITE_OK) {
        auto insert = database.prepare("INSERT OR REPLACE INTO snapshots VALUES(?1, ?2, ?3, ?4)");
        insert.bind(1, snapshot.seq).bind(2, snapshot.chain.view());
        insert.bind(3, snapshot.digest.view()).bind(4, snapshot.state);
        code = insert.run();
    }
    if (code == SQLITE_DONE) {
        code = database.run(
            "DELETE FROM snapshots WHERE seq NOT IN"
            " (SELECT seq FROM snapshots ORDER BY seq DESC LIMIT 2)");
    }
    if (code == SQLITE_OK) code = database.run("COMMIT");
    if (code != SQLITE_OK) {
        const Failure failure = database.failure(code, "saving a snapshot");
        if (database.in_transaction()) database.run("ROLLBACK");
        failed_ = !sqlite::is_disk_full(code);
        return unexpected<Failure>(failure);
    }
    maintain();
    return {};
}

void SqliteStore::maintain() {
    if (!failed_ && connection_->wal_pages >= options_.checkpoint_pages) checkpoint();
}

void SqliteStore::checkpoint() {
    Connection& c = *connection_;
    // Passive: waits for nobody. Where a reader holds it up, the next one does the rest.
    const auto copy = [&] {
        return sqlite3_wal_checkpoint_v2(c.database.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE,
                                         nullptr, nullptr);
    };
    int code = copy();
    if (sqlite::is_disk_full(code) && directory_.release_ballast()) code = copy();
    if (code == SQLITE_OK) c.wal_pages = 0;
    // Full: everything is still in the log.
    const bool harmless = code == SQLITE_OK || (code & 0xff) == SQLITE_BUSY;
    if (!harmless && !sqlite::is_disk_full(code)) failed_ = true;
}

DiskSpace SqliteStore::disk_space() {
    directory_.refill_ballast();
    return directory_.space();
}

Result<std::uint64_t, Failure> SqliteStore::verify_all(const std::stop_token& stop) const {
    return verify_journal(journal_file(options_.directory), options_.vfs, stop);
}

}  // namespace lockstep
