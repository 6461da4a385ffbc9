// Reads records while the store is writing: each read on a read-only connection of a small pool, so
// from any thread. A commit is seen only once it is on disk, and never half of it.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>

#include "sdk/machine/fatal.h"
#include "sdk/machine/store.h"

namespace lockstep {

struct SqliteReaderOptions {
    std::string directory;
    std::string vfs;
    std::size_t connections = 4;  // reads at a time; more wait
    // For a file that cannot be read: the process that writes it must not go on.
    FatalHandler fatal = stop_process;
};

class SqliteReader final : public RecordReader {
public:
    // After SqliteStore::open, which makes the file. Codes: io, corrupt.
    static Result<std::unique_ptr<SqliteReader>, Failure> open(SqliteReaderOptions options);
    ~SqliteReader() override;

    std::optional<Bytes> get(std::uint16_t kind, ByteView key) const override;
    std::vector<Record> scan(std::uint16_t kind, ByteView from, ByteView to, std::size_t limit,
                             bool reverse = false) const override;

private:
    struct Connection;
    class Lease;

    explicit SqliteReader(SqliteReaderOptions options);

    SqliteReaderOptions options_;
    mutable std::mutex mutex_;
    mutable std::condition_variable returned_;
    mutable std::vector<std::unique_ptr<Connection>> idle_;
};

}  // namespace lockstep
