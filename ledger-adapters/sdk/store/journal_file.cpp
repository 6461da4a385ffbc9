#include "sdk/store/journal_file.h"

#include <sqlite3.h>

#include "sdk/crypto/hash.h"

namespace lockstep {
namespace {

// Rows in one read transaction: short enough that the log behind it can be reset.
constexpr std::size_t verify_step = 20'000;

bool is_known(std::uint64_t kind) {
    return kind >= static_cast<std::uint64_t>(RowKind::input) &&
           kind <= static_cast<std::uint64_t>(RowKind::upgrade);
}

constexpr const char* advice = "; restore the data directory from a backup";

std::string row_name(const sqlite::Database& database, std::uint64_t seq) {
    return database.file() + ": journal row " + std::to_string(seq);
}

Bytes copy(ByteView octets) {
    return {octets.begin(), octets.end()};
}
Hash hash_in(ByteView octets) {
    return Hash::from(octets).value_or(Hash{});
}
Timestamp time_in(std::uint64_t column) {
    return Timestamp{static_cast<std::int64_t>(column)};
}

// Fills in the snapshot and where it ends; the beginning where there is none.
Result<JournalPosition, Failure> read_snapshot(sqlite::Database& database, Recovered& recovered) {
    auto select = database.prepare(
        "SELECT s.seq, s.chain, s.digest, s.state, j.at, j.chain FROM snapshots s"
        " LEFT JOIN journal j ON j.seq = s.seq ORDER BY s.seq DESC LIMIT 1");
    const int code = select.prepared() ? select.step() : SQLITE_CORRUPT;
    if (code == SQLITE_DONE) return JournalPosition{};
    if (code != SQLITE_ROW) {
        return unexpected<Failure>(database.failure(code, "reading the last snapshot"));
    }
    Snapshot snapshot;
    snapshot.seq = select.number(0);
    snapshot.chain = hash_in(select.octets(1));
    snapshot.digest = hash_in(select.octets(2));
    snapshot.state = copy(select.octets(3));
    const Timestamp at = time_in(select.number(4));
    const bool row_agrees = snapshot.seq == 0 || equal(select.octets(5), snapshot.chain.view());
    if (!row_agrees || sha256(snapshot.state) != snapshot.digest) {
        return fail("corrupt", row_name(database, snapshot.seq) +
                                   ": it or the snapshot after it has a wrong hash" + advice);
    }
    const JournalPosition position{snapshot.seq, snapshot.chain, at};
    recovered.snapshot = std::move(snapshot);
    return position;
}

Result<void, Failure> read_puts(sqlite::Database& database, std::vector<Put>& puts) {
    auto select = database.prepare("SELECT space, key, value FROM puts ORDER BY space, key");
    int code = select.prepared() ? SQLITE_OK : SQLITE_CORRUPT;
    while (code != SQLITE_CORRUPT && (code = select.step()) == SQLITE_ROW) {
        Put put{static_cast<std::uint16_t>(select.number(0)), copy(select.octets(1)), {}};
        put.value = copy(select.octets(2));
        puts.push_back(std::move(put));
    }
    if (code != SQLITE_DONE) return unexpected<Failure>(database.failure(code, "reading puts"));
    return {};
}

}  // namespace

std::string journal_file(const std::string& directory) {
    return directory + "/" + journal_name;
}

Result<JournalContents, Failure> identify_journal(sqlite::Database& database) {
    // The first read of the file: it shows here whether it is one of SQLite's.
    if (const int code = database.run("SELECT count(*) FROM sqlite_schema"); code != SQLITE_OK) {
        return unexpected<Failure>(database.failure(code, "opening"));
    }
    if (database.number("SELECT count(*) FROM sqlite_schema") == 0) {
        return JournalContents::nothing;
    }
    if (database.number("PRAGMA application_id") != journal_application_id) {
        return fail("not_ours", database.file() + " is not a journal of Lockstep");
    }
    const std::uint64_t format = database.number("PRAGMA user_version");
    if (format > journal_format) {
        return fail("newer_format", database.file() + " has format " + std::to_string(format) +
                                        ", this program knows up to " +
                                        std::to_string(journal_format) + "; use a newer program");
    }
    return JournalContents::journal;
}

Result<Recovered, Failure> read_journal(sqlite::Database& database, ReadFrom from) {
    Recovered recovered;
    JournalPosition begin;
    if (from == ReadFrom::snapshot) {
        const auto snapshot = read_snapshot(database, recovered);
        if (!snapshot) return unexpected<Failure>(snapshot.error());
        begin = *snapshot;
    }
    JournalScan scan(database, begin);
    const auto count =
        scan.read(SIZE_MAX >> 1, [&](JournalRow row) { recovered.rows.push_back(std::move(row)); });
    if (!count) return unexpected<Failure>(count.error());
    const JournalPosition& end = scan.position();
    auto head = database.prepare("SELECT seq, chain FROM head");
    if (!head.prepared() || head.step() != SQLITE_ROW || head.number(0) != end.seq ||
        !equal(head.octets(1), end.chain.view())) {
        return fail("corrupt", row_name(database, end.seq) +
                                   " is the last, but not the last that was written" + advice);
    }
    recovered.last_seq = end.seq;
    recovered.last_chain = end.chain;
    recovered.last_at = end.at;
    if (auto puts = read_puts(database, recovered.puts); !puts) {
        return unexpected<Failure>(puts.error());
    }
    return recovered;
}

JournalScan::JournalScan(sqlite::Database& database, const JournalPosition& from)
    : database_(database),
      select_(database.prepare("SELECT seq, at, kind, rules, epoch, body, chain FROM journal"
                               " WHERE seq > ?1 ORDER BY seq LIMIT ?2")),
      position_(from) {}

Failure JournalScan::corrupt(std::uint64_t seq, const std::string& what) const {
    return {"corrupt", row_name(database_, seq) + " " + what + advice};
}

Result<std::size_t, Failure> JournalScan::read(std::size_t limit,
                                               const std::function<void(JournalRow)>& take) {
    const std::uint64_t next = position_.seq + 1;
    if (!select_.prepared()) return unexpected<Failure>(corrupt(next, "cannot be read"));
    select_.bind(1, position_.seq).bind(2, limit);
    std::size_t count = 0;
    int code = SQLITE_OK;
    while ((code = select_.step()) == SQLITE_ROW) {
        JournalRow row;
        row.seq = select_.number(0);
        if (row.seq != position_.seq + 1) {
            select_.reset();
            return unexpected<Failure>(corrupt(position_.seq + 1, "is missing"));
        }
        row.at = time_in(select_.number(1));
        const std::uint64_t kind = select_.number(2);
        row.kind = static_cast<RowKind>(kind);
        row.rules = static_cast<std::uint16_t>(select_.number(3));
        row.epoch = select_.number(4);
        row.body = copy(select_.octets(5));
        row.chain = hash_in(select_.octets(6));
        if (!is_known(kind) || chain_hash(position_.chain, row) != row.chain) {
            select_.reset();
            return unexpected<Failure>(corrupt(row.seq, "has a wrong hash"));
        }
        position_ = {row.seq, row.chain, row.at};
        ++count;
        take(std::move(row));
    }
    if (code != SQLITE_DONE) {
        const Failure failure =
            database_.failure(code, "reading journal row " + std::to_string(position_.seq + 1));
        select_.reset();
        return unexpected<Failure>(failure);
    }
    select_.reset();
    return count;
}

Result<std::uint64_t, Failure> verify_journal(const std::string& file, const std::string& vfs,
                                              const std::stop_token& stop) {
    auto database = sqlite::Database::open(file, sqlite::Access::read_only, vfs);
    if (!database) return unexpected<Failure>(database.error());
    // Rows that are written meanwhile are good or stop the writer.
    const std::uint64_t end = database->number("SELECT seq FROM head");
    JournalScan scan(*database, {});
    while (!stop.stop_requested() && scan.position().seq < end) {
        const auto count = scan.read(verify_step, [](const JournalRow&) {});
        if (!count) return unexpected<Failure>(count.error());
        if (*count == 0) {
            return fail("corrupt",
                        row_name(*database, scan.position().seq + 1) + " is missing" + advice);
        }
    }
    return scan.position().seq;
}

}  // namespace lockstep
