// The store port: one writer, one transaction per batch, a hash-chained journal, snapshots, rows
// for readers (records) and small values that are read back at start (puts). Implementations are in
// sdk/store; a simulator has its own with faults.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sdk/base/bytes.h"
#include "sdk/base/ids.h"
#include "sdk/base/result.h"
#include "sdk/base/time.h"

namespace lockstep {

// What a journal row is. Inputs are replayed; outputs are compared with what replay recomputes.
enum class RowKind : std::uint16_t { input = 1, output = 2, upgrade = 3 };

struct JournalRow {
    std::uint64_t seq = 0;  // 1, 2, 3 …, without a gap
    Timestamp at;
    RowKind kind = RowKind::input;
    std::uint16_t rules = 0;
    std::uint64_t epoch = 0;
    Bytes body;
    Hash chain;  // SHA-256(previous chain ‖ seq ‖ at ‖ kind ‖ rules ‖ epoch ‖ body), see chain_hash
};
// The chain starts with 32 zero octets before row 1.
Hash chain_hash(const Hash& previous, const JournalRow& row);

// A row for readers, addressed by kind and key; a later one with the same key replaces it. Keys
// sort bytewise, so scans run in key order.
struct Record {
    std::uint16_t kind = 0;
    Bytes key;
    Bytes value;
};
// A value that its owner reads back at start; no value deletes it. Spaces keep owners apart.
struct Put {
    std::uint16_t space = 0;
    Bytes key;
    std::optional<Bytes> value;
};

// One transaction.
struct Batch {
    std::vector<JournalRow> rows;
    std::vector<Record> records;
    std::vector<Put> puts;
    bool empty() const { return rows.empty() && records.empty() && puts.empty(); }
};

enum class Durability : std::uint8_t {
    durable,   // on disk
    fenced,    // another writer took over; stop
    unknown,   // the outcome must be read back
    failed,    // may or may not be on disk, and no retry is allowed: stop
    disk_full  // nothing was written and the store's reserve is used up: stop
};

// How much room is left for rows. Anything but ample: no new business, claims and refunds go on.
enum class DiskSpace : std::uint8_t {
    ample,
    low,          // less than 256 MiB
    reserve_used  // the disk was full; the store gave up its reserve so that work could go on
};

struct Snapshot {
    std::uint64_t seq = 0;  // the state after this row
    Hash chain;             // chain value of that row
    Bytes state;
    Hash digest;  // SHA-256 of state
};

struct Recovered {
    std::uint64_t epoch = 0;  // of this run; larger than that of every earlier run
    std::optional<Snapshot> snapshot;
    std::vector<JournalRow> rows;  // after the snapshot, verified
    std::vector<Put> puts;
    std::uint64_t last_seq = 0;
    Hash last_chain;
    Timestamp last_at;
};

class Store {
public:
    virtual ~Store() = default;
    // Takes the lock, begins an epoch, reads and verifies. Codes: in_use, corrupt (names the row),
    // newer_format, io.
    virtual Result<Recovered, Failure> open() = 0;
    // Calls back once, possibly from within the call. Rows already carry their seq and chain.
    virtual void append(Batch batch, std::function<void(Durability)> done) = 0;
    // Codes: disk_full (nothing was written, the journal suffices), io (stop).
    virtual Result<void, Failure> save_snapshot(const Snapshot& snapshot) = 0;
    // Housekeeping, called when the effects of a batch have left. A failure shows in the next
    // append.
    virtual void maintain() {}
    virtual DiskSpace disk_space() { return DiskSpace::ample; }
};

// Reads what is durable, from any thread; never sees half a batch.
class RecordReader {
public:
    virtual ~RecordReader() = default;
    virtual std::optional<Bytes> get(std::uint16_t kind, ByteView key) const = 0;
    // Records of a kind with from <= key < to (an empty `to` is the end), in key order (descending
    // where reverse), at most limit.
    virtual std::vector<Record> scan(std::uint16_t kind, ByteView from, ByteView to,
                                     std::size_t limit, bool reverse = false) const = 0;
};

}  // namespace lockstep
