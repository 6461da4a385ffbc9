// A store in memory that behaves like one on disk where it matters: what was synced survives a
// crash, what was not is gone, and the process can die at every step between. For simulated hosts.
#pragma once

#include <map>

#include "sdk/machine/store.h"

namespace lockstep {

// What survives a crash.
struct MemoryDisk {
    using Key = std::pair<std::uint16_t, Bytes>;
    // A copy of a disk, as what it takes to get from the disk back to it.
    struct Backup {
        // without initialisers, which clang 14 would not take where it is nested
        std::uint64_t rows;
        std::uint64_t intact;
        std::map<std::uint64_t, JournalRow> changed_rows;  // by their place, as they were
        std::map<Key, std::optional<Bytes>> records;       // of keys that changed: what they had
        std::map<Key, std::optional<Bytes>> puts;
        std::vector<Snapshot> snapshots;
    };

    std::uint64_t epoch = 0;
    std::vector<JournalRow> rows;
    // Rows up to here are as they were appended, so that opening need not hash them again. Whoever
    // changes a row behind the store's back lowers it.
    std::uint64_t intact = 0;
    // Of records, those that have their places, and behind them those that were appended since
    // somebody read: most are never read. Putting them there changes nothing that can be seen.
    mutable std::map<Key, Bytes> sorted;
    mutable std::vector<Record> unsorted;
    std::map<Key, Bytes> puts;
    std::vector<Snapshot> snapshots;  // the last two
    mutable std::optional<Backup> backup;

    // All of them, each in its place.
    const std::map<Key, Bytes>& records() const;

    // Costs what changes from here on, not what is there.
    void back_up();
    // To what it held at the last back-up, which stays. The epoch, which fences writers, does not
    // go back.
    void restore();
    // A row, to be changed behind the store's back.
    JournalRow& damage(std::uint64_t place);
};

// The steps between which a process can die.
enum class PersistencePoint : std::uint8_t {
    before_write,    // the batch exists in memory alone
    before_sync,     // written; lost with the process, whether torn or whole
    after_sync,      // durable, and nobody was told
    before_effect,   // some effects of the batch left, this one did not
    before_snapshot  // the snapshot is not there yet
};

class MemoryStore final : public Store, public RecordReader {
public:
    // Asked at each point; false means that the process died there, and nothing follows.
    using Alive = std::function<bool(PersistencePoint)>;

    explicit MemoryStore(MemoryDisk& disk, Alive alive = nullptr)
        : disk_(disk), alive_(std::move(alive)) {}

    // Codes: corrupt.
    Result<Recovered, Failure> open() override;
    // Calls back before it returns, or never when the process died.
    void append(Batch batch, std::function<void(Durability)> done) override;
    Result<void, Failure> save_snapshot(const Snapshot& snapshot) override;
    DiskSpace disk_space() override { return space_; }
    void set_disk_space(DiskSpace space) { space_ = space; }

    std::optional<Bytes> get(std::uint16_t kind, ByteView key) const override;
    std::vector<Record> scan(std::uint16_t kind, ByteView from, ByteView to, std::size_t limit,
                             bool reverse = false) const override;

private:
    bool alive(PersistencePoint point) { return !alive_ || alive_(point); }

    MemoryDisk& disk_;
    Alive alive_;
    std::uint64_t epoch_ = 0;
    DiskSpace space_ = DiskSpace::ample;
};

// All rows and no snapshot: what a replay from the first row starts from.
Recovered whole_journal(const MemoryDisk& disk);

}  // namespace lockstep
