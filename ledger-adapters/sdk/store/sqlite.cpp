#include "sdk/store/sqlite.h"

#include <sqlite3.h>

#include <cstring>
#include <utility>

#include "sdk/base/assert.h"

namespace lockstep::sqlite {
namespace {

// Readers wait this long for a writer that resets the log; longer means something hangs.
constexpr int busy_timeout_ms = 5'000;

}  // namespace

Statement::Statement(sqlite3* database, const char* sql) {
    const int code =
        sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement_, nullptr);
    if (code != SQLITE_OK) statement_ = nullptr;
}
Statement::~Statement() {
    sqlite3_finalize(statement_);
}
Statement::Statement(Statement&& other) noexcept
    : statement_(std::exchange(other.statement_, nullptr)) {}
Statement& Statement::operator=(Statement&& other) noexcept {
    std::swap(statement_, other.statement_);
    return *this;
}

Statement& Statement::bind(int index, std::uint64_t value) {
    const auto number = static_cast<sqlite3_int64>(value);
    ASSERT(sqlite3_bind_int64(statement_, index, number) == SQLITE_OK);
    return *this;
}
Statement& Statement::bind(int index, ByteView value) {
    // A null pointer would be NULL, not an empty blob.
    static constexpr std::uint8_t nothing = 0;
    const void* const data = value.empty() ? &nothing : value.data();
    ASSERT(sqlite3_bind_blob64(statement_, index, data, value.size(), SQLITE_STATIC) == SQLITE_OK);
    return *this;
}

std::uint64_t Statement::number(int column) const {
    return static_cast<std::uint64_t>(sqlite3_column_int64(statement_, column));
}
ByteView Statement::octets(int column) const {
    const void* const data = sqlite3_column_blob(statement_, column);
    const int size = sqlite3_column_bytes(statement_, column);
    return {static_cast<const std::uint8_t*>(data), static_cast<std::size_t>(size)};
}

int Statement::step() {
    return sqlite3_step(statement_);
}
void Statement::reset() {
    sqlite3_reset(statement_);
}
int Statement::run() {
    const int code = sqlite3_step(statement_);
    sqlite3_reset(statement_);
    return code;
}

Database::~Database() {
    sqlite3_close_v2(handle_);
}
Database::Database(Database&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)), file_(std::move(other.file_)) {}
Database& Database::operator=(Database&& other) noexcept {
    std::swap(handle_, other.handle_);
    std::swap(file_, other.file_);
    return *this;
}

Result<Database, Failure> Database::open(const std::string& file, Access access,
                                         const std::string& vfs) {
    // SQLite's count of its memory is behind one lock for all connections of a process. Refused
    // where SQLite is at work already, which does no harm.
    static const int uncounted = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    static_cast<void>(uncounted);
    const int flags =
        SQLITE_OPEN_NOMUTEX | (access == Access::create ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                                                        : SQLITE_OPEN_READONLY);
    Database database;
    database.file_ = file;
    const int code = sqlite3_open_v2(file.c_str(), &database.handle_, flags,
                                     vfs.empty() ? nullptr : vfs.c_str());
    if (code != SQLITE_OK) return unexpected<Failure>(database.failure(code, "opening"));
    sqlite3_extended_result_codes(database.handle_, 1);
    sqlite3_busy_timeout(database.handle_, busy_timeout_ms);
    // Checkpoints are asked for and their outcome is looked at; one at closing would go unseen.
    sqlite3_db_config(database.handle_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    sqlite3_wal_autocheckpoint(database.handle_, 0);
    return database;
}

int Database::run(const char* sql) {
    return sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
}

std::uint64_t Database::number(const char* sql) {
    Statement statement = prepare(sql);
    if (!statement.prepared() || statement.step() != SQLITE_ROW) return 0;
    return statement.number(0);
}

bool Database::in_transaction() const {
    return sqlite3_get_autocommit(handle_) == 0;
}
std::uint64_t Database::changes() const {
    return static_cast<std::uint64_t>(sqlite3_changes64(handle_));
}

Failure Database::failure(int code, const std::string& doing) const {
    std::string detail = file_ + ": " + doing + ": " + sqlite3_errstr(code);
    if (handle_ != nullptr) {
        const std::string more = sqlite3_errmsg(handle_);
        if (more != sqlite3_errstr(code)) detail += " (" + more + ")";
        if (const int system = sqlite3_system_errno(handle_); system != 0) {
            detail += std::string(": ") + std::strerror(system);
        }
    }
    return {is_corrupt(code) ? "corrupt" : is_disk_full(code) ? "disk_full" : "io", detail};
}

bool is_disk_full(int code) {
    // The second: the shared index of the log could not grow, which happens before the commit.
    return (code & 0xff) == SQLITE_FULL || code == SQLITE_IOERR_SHMSIZE;
}
bool is_corrupt(int code) {
    return (code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB;
}

}  // namespace lockstep::sqlite
