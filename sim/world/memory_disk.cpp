#include "sdk/base/assert.h"
#include "sim/world/sim_store.h"

namespace lockstep::sim {
namespace {

// Armed by the world, spent by the store.
struct Arms {
    std::optional<bool> sync_error;  // whether what was written is there
    DiskSpace space = DiskSpace::ample;
    bool full = false;
};

class MemorySimStore final : public SimStore {
public:
    MemorySimStore(MemoryDisk& disk, Arms& arms, SimDisk::Alive alive)
        : arms_(arms), inner_(disk, std::move(alive)) {}

    Result<Recovered, Failure> open() override { return inner_.open(); }
    void append(Batch batch, std::function<void(Durability)> done) override {
        if (arms_.full) return done(Durability::disk_full);
        if (arms_.sync_error) {
            const bool written = *arms_.sync_error;
            arms_.sync_error.reset();
            if (written) inner_.append(std::move(batch), [](Durability) {});
            return done(Durability::failed);
        }
        inner_.append(std::move(batch), std::move(done));
    }
    Result<void, Failure> save_snapshot(const Snapshot& snapshot) override {
        if (arms_.full || arms_.space != DiskSpace::ample)
            return fail("disk_full", "no room for a snapshot");
        return inner_.save_snapshot(snapshot);
    }
    DiskSpace disk_space() override { return arms_.space; }
    std::optional<Bytes> get(std::uint16_t kind, ByteView key) const override {
        return inner_.get(kind, key);
    }
    std::vector<Record> scan(std::uint16_t kind, ByteView from, ByteView to, std::size_t limit,
                             bool reverse) const override {
        return inner_.scan(kind, from, to, limit, reverse);
    }

private:
    Arms& arms_;
    MemoryStore inner_;
};

class MemorySimDisk final : public SimDisk {
public:
    std::unique_ptr<SimStore> mount(Alive alive) override {
        return std::make_unique<MemorySimStore>(disk_, arms_, std::move(alive));
    }
    const RecordReader& records() const override { return reader_; }
    std::vector<JournalRow> journal() const override { return disk_.rows; }

    void fail_next_sync(bool written) override { arms_.sync_error = written; }
    void set_space(DiskSpace space, bool full) override {
        arms_.space = space;
        arms_.full = full;
    }
    bool rot(Rng& rng) override {
        if (disk_.rows.empty()) return false;
        Bytes& body = disk_.rows[rng.below(disk_.rows.size())].body;
        if (body.empty()) return false;
        body[rng.below(body.size())] ^= static_cast<std::uint8_t>(1U << rng.below(8));
        disk_.intact = 0;
        return true;
    }
    bool misdirect(Rng& rng) override {
        if (disk_.rows.size() < 2) return false;
        const std::size_t from = rng.below(disk_.rows.size() - 1);
        const std::size_t to = from + 1 + rng.below(disk_.rows.size() - from - 1);
        disk_.rows[to].body = disk_.rows[from].body;
        disk_.rows[to].chain = disk_.rows[from].chain;
        disk_.intact = 0;
        return true;
    }
    std::unique_ptr<SimDisk> copy() const override {
        auto other = std::make_unique<MemorySimDisk>();
        other->disk_ = disk_;
        return other;
    }
    void back_up() override { backup_ = disk_; }
    bool has_backup() const override { return backup_.has_value(); }
    void restore() override {
        ASSERT(backup_);
        // what fences writers does not go back
        const std::uint64_t epoch = disk_.epoch;
        disk_ = *backup_;
        disk_.epoch = epoch;
        arms_ = {};
    }

private:
    MemoryDisk disk_;
    Arms arms_;
    MemoryStore reader_{disk_};
    std::optional<MemoryDisk> backup_;
};

}  // namespace

std::unique_ptr<SimDisk> make_memory_disk() {
    return std::make_unique<MemorySimDisk>();
}

}  // namespace lockstep::sim
