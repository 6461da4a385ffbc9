#include "sdk/store/sqlite_reader.h"

#include <sqlite3.h>

#include "sdk/base/assert.h"
#include "sdk/store/journal_file.h"

namespace lockstep {

struct SqliteReader::Connection {
    explicit Connection(sqlite::Database&& opened)
        : database(std::move(opened)),
          get(database.prepare("SELECT value FROM records WHERE kind = ?1 AND key = ?2")),
          upward(database.prepare("SELECT key, value FROM records WHERE kind = ?1 AND key >= ?2"
                                  " ORDER BY key LIMIT ?3")),
          upward_to(database.prepare("SELECT key, value FROM records WHERE kind = ?1 AND key >= ?2"
                                     " AND key < ?4 ORDER BY key LIMIT ?3")),
          downward(database.prepare("SELECT key, value FROM records WHERE kind = ?1 AND key >= ?2"
                                    " ORDER BY key DESC LIMIT ?3")),
          downward_to(database.prepare("SELECT key, value FROM records WHERE kind = ?1"
                                       " AND key >= ?2 AND key < ?4 ORDER BY key DESC LIMIT ?3")) {}

    bool prepared() const {
        return get.prepared() && upward.prepared() && upward_to.prepared() && downward.prepared() &&
               downward_to.prepared();
    }
    sqlite::Statement& scan(bool bounded, bool reverse) {
        if (reverse) return bounded ? downward_to : downward;
        return bounded ? upward_to : upward;
    }

    sqlite::Database database;
    sqlite::Statement get;
    sqlite::Statement upward;
    sqlite::Statement upward_to;
    sqlite::Statement downward;
    sqlite::Statement downward_to;
};

// A connection for the time of one read.
class SqliteReader::Lease {
public:
    explicit Lease(const SqliteReader& reader) : reader_(reader) {
        std::unique_lock lock(reader.mutex_);
        reader.returned_.wait(lock, [&] { return !reader.idle_.empty(); });
        connection_ = std::move(reader.idle_.back());
        reader.idle_.pop_back();
    }
    ~Lease() {
        {
            const std::lock_guard lock(reader_.mutex_);
            reader_.idle_.push_back(std::move(connection_));
        }
        reader_.returned_.notify_one();
    }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    Connection& operator*() const { return *connection_; }

private:
    const SqliteReader& reader_;
    std::unique_ptr<Connection> connection_;
};

SqliteReader::SqliteReader(SqliteReaderOptions options) : options_(std::move(options)) {}
SqliteReader::~SqliteReader() = default;

Result<std::unique_ptr<SqliteReader>, Failure> SqliteReader::open(SqliteReaderOptions options) {
    ASSERT(options.connections > 0);
    std::unique_ptr<SqliteReader> reader(new SqliteReader(std::move(options)));
    const std::string file = journal_file(reader->options_.directory);
    for (std::size_t i = 0; i < reader->options_.connections; ++i) {
        auto database =
            sqlite::Database::open(file, sqlite::Access::read_only, reader->options_.vfs);
        if (!database) return unexpected<Failure>(database.error());
        auto connection = std::make_unique<Connection>(std::move(*database));
        if (!connection->prepared()) return fail("corrupt", file + ": has no records to read");
        reader->idle_.push_back(std::move(connection));
    }
    return reader;
}

std::optional<Bytes> SqliteReader::get(std::uint16_t kind, ByteView key) const {
    const Lease lease(*this);
    sqlite::Statement& get = (*lease).get;
    get.bind(1, kind).bind(2, key);
    const int code = get.step();
    std::optional<Bytes> value;
    if (code == SQLITE_ROW) {
        const ByteView octets = get.octets(0);
        value.emplace(octets.begin(), octets.end());
    } else if (code != SQLITE_DONE) {
        options_.fatal((*lease).database.failure(code, "reading a record"));
    }
    get.reset();
    return value;
}

std::vector<Record> SqliteReader::scan(std::uint16_t kind, ByteView from, ByteView to,
                                       std::size_t limit, bool reverse) const {
    const Lease lease(*this);
    sqlite::Statement& scan = (*lease).scan(!to.empty(), reverse);
    scan.bind(1, kind).bind(2, from).bind(3, std::min<std::size_t>(limit, INT64_MAX));
    if (!to.empty()) scan.bind(4, to);
    std::vector<Record> records;
    int code = SQLITE_OK;
    while ((code = scan.step()) == SQLITE_ROW) {
        const ByteView key = scan.octets(0);
        const ByteView value = scan.octets(1);
        records.push_back({kind, Bytes(key.begin(), key.end()), Bytes(value.begin(), value.end())});
    }
    if (code != SQLITE_DONE) {
        options_.fatal((*lease).database.failure(code, "reading records"));
    }
    scan.reset();
    return records;
}

}  // namespace lockstep
