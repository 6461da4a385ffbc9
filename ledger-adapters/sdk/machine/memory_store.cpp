#include "sdk/machine/memory_store.h"

#include <algorithm>
#include <iterator>

#include "sdk/base/assert.h"
#include "sdk/crypto/hash.h"

namespace lockstep {
namespace {

Bytes copy(ByteView octets) {
    return {octets.begin(), octets.end()};
}

// Everything but the rows.
Recovered read_end(const MemoryDisk& disk) {
    Recovered recovered;
    recovered.epoch = disk.epoch;
    for (const auto& [key, value] : disk.puts) {
        recovered.puts.push_back({key.first, key.second, value});
    }
    if (!disk.rows.empty()) {
        recovered.last_seq = disk.rows.back().seq;
        recovered.last_chain = disk.rows.back().chain;
        recovered.last_at = disk.rows.back().at;
    }
    return recovered;
}

using Rows = std::map<MemoryDisk::Key, Bytes>;
using Former = std::map<MemoryDisk::Key, std::optional<Bytes>>;

// Before a key's value changes.
void keep(Former& former, const Rows& rows, const MemoryDisk::Key& key) {
    const auto [place, is_first] = former.try_emplace(key);
    if (!is_first) return;
    if (const auto found = rows.find(key); found != rows.end()) place->second = found->second;
}

void put_back(Former& former, Rows& rows) {
    for (auto& [key, value] : former) {
        if (value)
            rows[key] = std::move(*value);
        else
            rows.erase(key);
    }
    former.clear();
}

}  // namespace

const std::map<MemoryDisk::Key, Bytes>& MemoryDisk::records() const {
    for (Record& record : unsorted) {
        Key key{record.kind, std::move(record.key)};
        if (backup) keep(backup->records, sorted, key);
        sorted.insert_or_assign(std::move(key), std::move(record.value));
    }
    unsorted.clear();
    return sorted;
}

void MemoryDisk::back_up() {
    records();
    backup = Backup{rows.size(), intact, {}, {}, {}, snapshots};
}

void MemoryDisk::restore() {
    ASSERT(backup && rows.size() >= backup->rows);
    rows.resize(backup->rows);
    for (auto& [place, row] : backup->changed_rows)
        rows[place] = std::move(row);
    backup->changed_rows.clear();
    intact = backup->intact;
    unsorted.clear();  // all of them came after the back-up
    put_back(backup->records, sorted);
    put_back(backup->puts, puts);
    snapshots = backup->snapshots;
}

JournalRow& MemoryDisk::damage(std::uint64_t place) {
    ASSERT(place < rows.size());
    if (backup && place < backup->rows) backup->changed_rows.try_emplace(place, rows[place]);
    intact = 0;
    return rows[place];
}

Recovered whole_journal(const MemoryDisk& disk) {
    Recovered recovered = read_end(disk);
    recovered.rows = disk.rows;
    return recovered;
}

Result<Recovered, Failure> MemoryStore::open() {
    Hash chain;
    if (disk_.intact > 0) chain = disk_.rows[disk_.intact - 1].chain;
    for (std::size_t i = disk_.intact; i < disk_.rows.size(); ++i) {
        const JournalRow& row = disk_.rows[i];
        if (row.seq != i + 1 || chain_hash(chain, row) != row.chain) {
            return fail("corrupt", "journal row " + std::to_string(i + 1) + " has a wrong hash");
        }
        chain = row.chain;
    }
    disk_.intact = disk_.rows.size();
    epoch_ = ++disk_.epoch;
    Recovered recovered = read_end(disk_);
    std::uint64_t from = 0;
    if (!disk_.snapshots.empty()) {
        const Snapshot& snapshot = disk_.snapshots.back();
        ASSERT(sha256(snapshot.state) == snapshot.digest);
        from = snapshot.seq;
        recovered.snapshot = snapshot;
    }
    recovered.rows.assign(disk_.rows.begin() + static_cast<std::ptrdiff_t>(from), disk_.rows.end());
    return recovered;
}

void MemoryStore::append(Batch batch, std::function<void(Durability)> done) {
    if (epoch_ != disk_.epoch) return done(Durability::fenced);
    if (!alive(PersistencePoint::before_write)) return;
    if (!alive(PersistencePoint::before_sync)) return;
    for (JournalRow& row : batch.rows) {
        ASSERT(row.seq == disk_.rows.size() + 1 && row.epoch == epoch_);
        disk_.rows.push_back(std::move(row));
        // what this process chained by itself is as it was appended
        if (disk_.intact + 1 == disk_.rows.size()) ++disk_.intact;
    }
    std::move(batch.records.begin(), batch.records.end(), std::back_inserter(disk_.unsorted));
    for (Put& put : batch.puts) {
        MemoryDisk::Key key{put.space, std::move(put.key)};
        if (disk_.backup) keep(disk_.backup->puts, disk_.puts, key);
        if (put.value) {
            disk_.puts.insert_or_assign(std::move(key), std::move(*put.value));
        } else {
            disk_.puts.erase(key);
        }
    }
    if (alive(PersistencePoint::after_sync)) done(Durability::durable);
}

Result<void, Failure> MemoryStore::save_snapshot(const Snapshot& snapshot) {
    if (!alive(PersistencePoint::before_snapshot)) return {};
    if (!disk_.snapshots.empty() && disk_.snapshots.back().seq == snapshot.seq) {
        disk_.snapshots.pop_back();
    }
    disk_.snapshots.push_back(snapshot);
    if (disk_.snapshots.size() > 2) disk_.snapshots.erase(disk_.snapshots.begin());
    return {};
}

std::optional<Bytes> MemoryStore::get(std::uint16_t kind, ByteView key) const {
    const auto& records = disk_.records();
    const auto found = records.find({kind, copy(key)});
    if (found == records.end()) return std::nullopt;
    return found->second;
}

std::vector<Record> MemoryStore::scan(std::uint16_t kind, ByteView from, ByteView to,
                                      std::size_t limit, bool reverse) const {
    const auto& records = disk_.records();
    std::vector<Record> found;
    if (!to.empty() && copy(from) >= copy(to)) return found;
    const auto begin = records.lower_bound({kind, copy(from)});
    const auto end =
        to.empty() ? std::find_if(begin, records.end(),
                                  [&](const auto& entry) { return entry.first.first != kind; })
                   : records.lower_bound({kind, copy(to)});
    const auto take = [&](const auto& entry) {
        found.push_back({kind, entry.first.second, entry.second});
    };
    if (reverse) {
        for (auto it = end; it != begin && found.size() < limit;)
            take(*--it);
    } else {
        for (auto it = begin; it != end && found.size() < limit; ++it)
            take(*it);
    }
    return found;
}

}  // namespace lockstep
