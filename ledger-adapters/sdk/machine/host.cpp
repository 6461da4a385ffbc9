#include "sdk/machine/host.h"

#include <chrono>

#include "sdk/base/assert.h"
#include "sdk/crypto/hash.h"
#include "sdk/machine/state_file.h"

namespace lockstep {
namespace {

// Waits for the one answer of an append, wherever it comes from.
class Outcome {
public:
    void set(Durability value) {
        // Notified under the lock: the waiter destroys this as soon as it sees the value.
        const std::lock_guard lock(mutex_);
        value_ = value;
        changed_.notify_one();
    }
    Durability wait() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return value_.has_value(); });
        return *value_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<Durability> value_;
};

Failure describe(Durability durability, std::uint64_t seq) {
    const std::string row = "journal row " + std::to_string(seq);
    switch (durability) {
        case Durability::durable:
            break;
        case Durability::fenced:
            return {"fenced", row + " refused: another process took the journal over"};
        case Durability::unknown:
            return {"unknown", row + " may or may not be durable; the next start reads it back"};
        case Durability::failed:
            return {"io", row + " could not be made durable; check the disk, then start again"};
        case Durability::disk_full:
            return {"disk_full", row +
                                     " does not fit and the reserve is used up; free disk space, "
                                     "then start again"};
    }
    UNREACHABLE();
}

std::uint64_t octets_of(const std::vector<JournalRow>& rows) {
    std::uint64_t octets = 0;
    for (const JournalRow& row : rows)
        octets += row.body.size();
    return octets;
}

}  // namespace

HostJournal::HostJournal(Store& store, HostSettings settings)
    : store_(store), settings_(std::move(settings)) {}

Result<Recovered, Failure> HostJournal::open() {
    auto recovered = store_.open();
    if (recovered) {
        end_.begin(*recovered);
        rows_since_snapshot_ = recovered->rows.size();
        octets_since_snapshot_ = octets_of(recovered->rows);
        if (recovered->snapshot) snapshot_size_ = recovered->snapshot->state.size();
    }
    return recovered;
}

bool HostJournal::commit(Batch batch, const std::function<void()>& release) {
    if (batch.empty()) {
        release();
        return true;
    }
    const auto begun = std::chrono::steady_clock::now();
    const std::size_t rows = batch.rows.size();
    const std::uint64_t octets = octets_of(batch.rows);
    Outcome outcome;
    store_.append(std::move(batch), [&](Durability value) { outcome.set(value); });
    const Durability durability = outcome.wait();
    if (durability != Durability::durable) return stop(describe(durability, end_.seq()));
    rows_since_snapshot_ += rows;
    octets_since_snapshot_ += octets;
    const Duration took{std::chrono::duration_cast<std::chrono::microseconds>(
                            std::chrono::steady_clock::now() - begun)
                            .count()};
    {
        const std::lock_guard lock(stats_mutex_);
        ++stats_.commits;
        stats_.rows += rows;
        stats_.last_commit = took;
        stats_.longest_commit = std::max(stats_.longest_commit, took);
    }
    release();
    store_.maintain();
    return true;
}

// A large state is written less often, so that snapshots stay a part of what the rows cost.
bool HostJournal::snapshot_due() const {
    if (rows_since_snapshot_ >= settings_.snapshot_rows) return true;
    if (settings_.snapshot_octets == 0) return false;
    return octets_since_snapshot_ >= std::max(settings_.snapshot_octets, snapshot_size_ / 2);
}

bool HostJournal::save_snapshot(Bytes state) {
    snapshot_size_ = state.size();
    const auto saved = store_.save_snapshot(end_.snapshot(std::move(state)));
    // Without room for it the journal suffices; the next attempt is due after as many rows again.
    if (!saved && saved.error().code != "disk_full") return stop(saved.error());
    rows_since_snapshot_ = 0;
    octets_since_snapshot_ = 0;
    const std::lock_guard lock(stats_mutex_);
    if (saved) ++stats_.snapshots;
    return true;
}

bool HostJournal::write_state(ByteView state) {
    if (settings_.state_file.empty()) return true;
    const auto written = write_state_file(settings_.state_file, digest(state));
    return written ? true : stop(written.error());
}

StateDigest HostJournal::digest(ByteView state) const {
    return {end_.seq(), sha256(state)};
}

bool HostJournal::disk_low() {
    const bool low = store_.disk_space() != DiskSpace::ample;
    const std::lock_guard lock(stats_mutex_);
    stats_.disk_low = low;
    return low;
}

void HostJournal::count_turn(std::size_t inputs, std::uint64_t refusals) {
    const std::lock_guard lock(stats_mutex_);
    stats_.inputs += inputs;
    stats_.refusals += refusals;
}

HostStats HostJournal::stats() const {
    const std::lock_guard lock(stats_mutex_);
    return stats_;
}

bool HostJournal::stop(const Failure& failure) {
    settings_.fatal(failure);
    return false;
}

}  // namespace lockstep
