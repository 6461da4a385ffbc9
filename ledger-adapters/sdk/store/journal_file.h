// The file that a journal is in: what it holds, and its rows read in order and checked: no gap, no
// wrong hash, no unknown kind. A failure names the row and the file.
#pragma once

#include <functional>
#include <stop_token>

#include "sdk/machine/store.h"
#include "sdk/store/sqlite.h"

namespace lockstep {

constexpr std::uint64_t journal_format = 1;
constexpr std::uint64_t journal_application_id = 0x4c6b7374;  // "Lkst", in SQLite's header

constexpr const char* journal_name = "journal.sqlite";
std::string journal_file(const std::string& directory);

enum class JournalContents { nothing, journal };
// Codes: not_ours (another program's file), corrupt (none of SQLite's), newer_format, io.
Result<JournalContents, Failure> identify_journal(sqlite::Database& database);

enum class ReadFrom { snapshot, first_row };
// The latest snapshot and the rows after it, or all rows and no snapshot; verified, the head that
// each commit updates included. Codes: corrupt, io.
Result<Recovered, Failure> read_journal(sqlite::Database& database, ReadFrom from);

// Where a scan stands: the last row that was read and found good.
struct JournalPosition {
    std::uint64_t seq = 0;
    Hash chain;
    Timestamp at;
};

class JournalScan {
public:
    // Begins behind `from`.
    JournalScan(sqlite::Database& database, const JournalPosition& from);

    // At most `limit` rows into `take`, in one read transaction; how many there were. Codes:
    // corrupt, io.
    Result<std::size_t, Failure> read(std::size_t limit,
                                      const std::function<void(JournalRow)>& take);
    const JournalPosition& position() const { return position_; }

private:
    Failure corrupt(std::uint64_t seq, const std::string& what) const;

    sqlite::Database& database_;
    sqlite::Statement select_;
    JournalPosition position_;
};

// The row count of a journal whose rows are all good up to where it ends now. Stops early and
// successfully when asked to. Codes: corrupt, io.
Result<std::uint64_t, Failure> verify_journal(const std::string& file, const std::string& vfs,
                                              const std::stop_token& stop = {});

}  // namespace lockstep
