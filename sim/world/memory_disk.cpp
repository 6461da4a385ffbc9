#include <utility>

#include "sim/world/sim_store.h"

namespace lockstep::sim {
namespace {

// Armed by the world, spent by the store.
struct Arms {
    std::optional<bool> sync_error;  // whether what was written is there
    Room room = Room::ample;
    SpaceMet met;
};

// The room that the store keeps for itself; given up when the disk is full, and then used up.
struct Reserve {
    bool there = true;
    std::uint64_t left = reserve_octets;

    void refill() { *this = {}; }
    void give_up() { there = false; }
    bool take(std::uint64_t octets) {
        if (octets > left) return false;
        left -= octets;
        return true;
    }
};

std::uint64_t octets_of(const Batch& batch) {
    std::uint64_t octets = 0;
    for (const JournalRow& row : batch.rows)
        octets += row.body.size() + sizeof(JournalRow);
    for (const Record& record : batch.records)
        octets += record.key.size() + record.value.size();
    for (const Put& put : batch.puts)
        octets += put.key.size() + (put.value ? put.value->size() : 0);
    return octets;
}

class MemorySimStore final : public SimStore {
public:
    MemorySimStore(MemoryDisk& disk, Arms& arms, Reserve& reserve, SimDisk::Alive alive)
        : arms_(arms), reserve_(reserve), inner_(disk, std::move(alive)) {}

    Result<Recovered, Failure> open() override {
        // A start makes the reserve anew already when it fits; a running store waits for more.
        if (arms_.room == Room::ample || arms_.room == Room::low) reserve_.refill();
        if (arms_.room == Room::none) {
            reserve_.give_up();
            arms_.met.used_up = true;
            return fail("disk_full", "no room for another epoch");
        }
        return inner_.open();
    }
    void append(Batch batch, std::function<void(Durability)> done) override {
        if (!has_room(batch)) return done(Durability::disk_full);
        if (arms_.sync_error) {
            const bool written = *arms_.sync_error;
            arms_.sync_error.reset();
            if (written) inner_.append(std::move(batch), [](Durability) {});
            return done(Durability::failed);
        }
        inner_.append(std::move(batch), std::move(done));
    }
    // Takes the place of an older one, and nobody gives the reserve up for it.
    Result<void, Failure> save_snapshot(const Snapshot& snapshot) override {
        const bool full = arms_.room == Room::full && reserve_.there;
        if (full || arms_.room == Room::none) return fail("disk_full", "no room for a snapshot");
        return inner_.save_snapshot(snapshot);
    }
    DiskSpace disk_space() override {
        if (arms_.room == Room::ample) {
            reserve_.refill();
            return DiskSpace::ample;
        }
        arms_.met.low = true;
        return reserve_.there ? DiskSpace::low : DiskSpace::reserve_used;
    }
    std::optional<Bytes> get(std::uint16_t kind, ByteView key) const override {
        return inner_.get(kind, key);
    }
    std::vector<Record> scan(std::uint16_t kind, ByteView from, ByteView to, std::size_t limit,
                             bool reverse) const override {
        return inner_.scan(kind, from, to, limit, reverse);
    }

private:
    bool has_room(const Batch& batch) {
        if (arms_.room == Room::ample || arms_.room == Room::low) return true;
        reserve_.give_up();
        const bool fits = arms_.room == Room::full && reserve_.take(octets_of(batch));
        (fits ? arms_.met.reserve_used : arms_.met.used_up) = true;
        return fits;
    }

    Arms& arms_;
    Reserve& reserve_;
    MemoryStore inner_;
};

class MemorySimDisk final : public SimDisk {
public:
    std::unique_ptr<SimStore> mount(Alive alive) override {
        return std::make_unique<MemorySimStore>(disk_, arms_, reserve_, std::move(alive));
    }
    const RecordReader& records() const override { return reader_; }
    std::vector<JournalRow> journal() const override { return disk_.rows; }

    void fail_next_sync(bool written) override { arms_.sync_error = written; }
    void set_room(Room room) override { arms_.room = room; }
    const SpaceMet& met() const override { return arms_.met; }
    SpaceMet take_met() override { return std::exchange(arms_.met, {}); }
    bool rot(Rng& rng) override {
        if (disk_.rows.empty()) return false;
        const std::size_t place = rng.below(disk_.rows.size());
        if (disk_.rows[place].body.empty()) return false;
        Bytes& body = disk_.damage(place).body;
        body[rng.below(body.size())] ^= static_cast<std::uint8_t>(1U << rng.below(8));
        return true;
    }
    bool misdirect(Rng& rng) override {
        if (disk_.rows.size() < 2) return false;
        const std::size_t from = rng.below(disk_.rows.size() - 1);
        const std::size_t to = from + 1 + rng.below(disk_.rows.size() - from - 1);
        JournalRow& row = disk_.damage(to);
        row.body = disk_.rows[from].body;
        row.chain = disk_.rows[from].chain;
        return true;
    }
    std::unique_ptr<SimDisk> copy() const override {
        auto other = std::make_unique<MemorySimDisk>();
        other->disk_ = disk_;
        return other;
    }
    void back_up() override { disk_.back_up(); }
    bool has_backup() const override { return disk_.backup.has_value(); }
    void restore() override {
        disk_.restore();
        arms_ = {};
        reserve_.refill();
    }

private:
    MemoryDisk disk_;
    Arms arms_;
    Reserve reserve_;
    MemoryStore reader_{disk_};
};

}  // namespace

std::unique_ptr<SimDisk> make_memory_disk() {
    return std::make_unique<MemorySimDisk>();
}

}  // namespace lockstep::sim
