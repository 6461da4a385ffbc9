// A host without thread, clock and disk: runs the same programs by the same rule as the real one,
// at times that the caller gives, and dies at any persistence point that the caller names. After a
// crash everything but the disk is gone.
#pragma once

#include <memory>

#include "sdk/base/assert.h"
#include "sdk/crypto/hash.h"
#include "sdk/machine/journal.h"
#include "sdk/machine/memory_store.h"

namespace lockstep {

// S is a Store. One that fails ends the process, as it does on a real host.
template <class P, class S = MemoryStore>
class SimHost {
public:
    using Input = typename P::Input;
    using Effect = typename P::Effect;
    // A program as it is before its first start.
    using Make = std::function<std::unique_ptr<P>()>;
    // A store on what survived; it asks at each persistence point whether the process still lives.
    using Mount = std::function<std::unique_ptr<S>(std::function<bool(PersistencePoint)>)>;

    SimHost(Mount mount, Make make, std::uint64_t snapshot_rows)
        : mount_(std::move(mount)), make_(std::move(make)), snapshot_rows_(snapshot_rows) {}
    SimHost(MemoryDisk& disk, Make make, std::uint64_t snapshot_rows)
        : SimHost(
              [&disk](std::function<bool(PersistencePoint)> alive) {
                  return std::make_unique<MemoryStore>(disk, std::move(alive));
              },
              std::move(make), snapshot_rows) {}

    // Recovers what the disk holds and runs the first turn; the effects that left. It may die on
    // the way like any turn. Codes of Store::open and Program::recover.
    Result<std::vector<Effect>, Failure> start(Timestamp at) {
        ASSERT(!running());
        alive_ = true;
        store_ = mount_([this](PersistencePoint point) { return pass(point); });
        program_ = make_();
        const auto recovered = store_->open();
        if (!recovered) return stay_down(recovered.error());
        end_ = {};
        end_.begin(*recovered);
        rows_since_snapshot_ = recovered->rows.size();
        if (auto ready = program_->recover(*recovered); !ready) return stay_down(ready.error());
        return turn(at,
                    [&](Timestamp stamped, Turn<Effect>& turn) { program_->start(stamped, turn); });
    }

    // One turn; the effects that left, in order. Check running() behind it.
    std::vector<Effect> run(Timestamp at, std::vector<Input> inputs) {
        ASSERT(running());
        return turn(at, [&](Timestamp stamped, Turn<Effect>& turn) {
            program_->run(stamped, std::move(inputs), turn);
        });
    }

    bool running() const { return program_ != nullptr; }
    void crash() {
        program_.reset();
        store_.reset();
    }
    // Dies at the n-th point from here; 1 is the next one.
    void crash_at_point(std::uint64_t n) { crash_at_ = points_ + n; }
    // Points passed since the beginning, over all starts.
    std::uint64_t points() const { return points_; }

    std::optional<Timestamp> next_wake() const { return program_->next_wake(); }
    // What the process takes for the time when its clock shows `clock`: time does not go back.
    Timestamp stamp(Timestamp clock) const { return end_.stamp(clock); }
    StateDigest digest() const { return {end_.seq(), sha256(program_->snapshot())}; }
    const P& program() const { return *program_; }
    S& store() { return *store_; }

private:
    bool pass(PersistencePoint) {
        if (++points_ == crash_at_) alive_ = false;
        return alive_;
    }

    template <class Run>
    std::vector<Effect> turn(Timestamp at, Run run) {
        Turn<Effect> turn;
        turn.disk_low = store_->disk_space() != DiskSpace::ample;
        run(end_.stamp(at), turn);
        Batch batch = end_.seal(turn, program_->rules());
        rows_since_snapshot_ += batch.rows.size();
        bool durable = batch.empty();
        if (!durable) {
            store_->append(std::move(batch),
                           [&](Durability value) { durable = value == Durability::durable; });
        }
        std::vector<Effect> left = std::move(turn.effects);
        for (std::size_t i = 0; i < left.size(); ++i) {
            if (durable && pass(PersistencePoint::before_effect)) continue;
            left.erase(left.begin() + static_cast<std::ptrdiff_t>(i), left.end());
        }
        if (alive_ && durable && rows_since_snapshot_ >= snapshot_rows_) {
            const auto saved = store_->save_snapshot(end_.snapshot(program_->snapshot()));
            // without room for it the journal suffices
            if (!saved && saved.error().code != "disk_full") alive_ = false;
            rows_since_snapshot_ = 0;
        }
        if (!alive_ || !durable) crash();
        return left;
    }

    Result<std::vector<Effect>, Failure> stay_down(const Failure& why) {
        crash();
        return unexpected<Failure>(why);
    }

    Mount mount_;
    Make make_;
    std::uint64_t snapshot_rows_;
    std::unique_ptr<S> store_;
    std::unique_ptr<P> program_;
    JournalEnd end_;
    std::uint64_t rows_since_snapshot_ = 0;
    std::uint64_t points_ = 0;
    std::uint64_t crash_at_ = 0;
    bool alive_ = true;
};

}  // namespace lockstep
