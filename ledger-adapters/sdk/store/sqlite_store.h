// The store on SQLite: one file, journal.sqlite, in a data directory that one process owns. WAL
// with synchronous=FULL, so that a commit that returned is on disk.
//
//   journal(seq, at, kind, rules, epoch, body, chain)   never changed, never shortened
//   records(kind, key, value), puts(space, key, value)
//   snapshots(seq, chain, digest, state)                the last two
//   head(epoch, seq, chain)                             one row, changed by every commit: fences an
//                                                       earlier epoch and shows a missing last row
#pragma once

#include <memory>
#include <stop_token>

#include "sdk/machine/store.h"
#include "sdk/store/data_directory.h"

namespace lockstep {

struct SqliteOptions {
    std::string directory;
    std::string vfs;  // a registered SQLite file layer; empty: the system's
    DiskLimits disk;
    // The log is copied into the data base when it has so many pages of 4 KiB. More is fewer and
    // longer stalls: 2,000 is a copy of at most 8 MB.
    std::uint64_t checkpoint_pages = 2'000;
};

// One thread calls open, append, save_snapshot, maintain and disk_space.
class SqliteStore final : public Store {
public:
    explicit SqliteStore(SqliteOptions options);
    ~SqliteStore() override;

    Result<Recovered, Failure> open() override;
    // Synchronous: calls back before it returns.
    void append(Batch batch, std::function<void(Durability)> done) override;
    Result<void, Failure> save_snapshot(const Snapshot& snapshot) override;
    void maintain() override;
    // Copies the log into the data base, as maintain() does when the log is long.
    void checkpoint();
    DiskSpace disk_space() override;

    // Checks the journal from row 1, on a connection of its own; from any thread after open(),
    // which checks only what it reads. The number of rows checked. Codes: corrupt, io.
    Result<std::uint64_t, Failure> verify_all(const std::stop_token& stop = {}) const;

private:
    struct Connection;

    Result<void, Failure> connect();
    Result<void, Failure> prepare_file();
    Result<std::uint64_t, Failure> begin_epoch();
    int write(const Batch& batch);
    int commit(const Batch& batch);

    SqliteOptions options_;
    DataDirectory directory_;
    std::unique_ptr<Connection> connection_;
    std::uint64_t epoch_ = 0;
    std::uint64_t last_seq_ = 0;  // of the journal on disk
    bool failed_ = false;         // a write failed: nothing may be written any more
};

}  // namespace lockstep
