#include "sim/disk/sqlite_disk.h"

#include <sqlite3.h>

#include <array>
#include <filesystem>
#include <utility>

#include "sdk/base/assert.h"
#include "sdk/store/journal_file.h"
#include "sdk/store/sqlite_reader.h"
#include "sdk/store/sqlite_store.h"
#include "sim/files/faulty_files.h"
#include "sim/files/memory_files.h"
#include "sim/files/temporary_directory.h"

namespace lockstep::sim {
namespace {

namespace fs = std::filesystem;

// Of the data base and of its log; what else lies beside them is made anew.
constexpr std::array<const char*, 2> kept_files{journal_name, "journal.sqlite-wal"};
// A log of this many pages is copied into the data base: small, so that it happens.
constexpr std::uint64_t checkpoint_pages = 64;
// Less is free: no new business. Above what a start needs to make the reserve anew.
constexpr std::uint64_t low_octets = 4 * reserve_octets;

class SqliteSimDisk;

class SqliteSimStore final : public SimStore {
public:
    SqliteSimStore(SqliteSimDisk& disk, SqliteOptions options, SimDisk::Alive alive)
        : disk_(disk), alive_(std::move(alive)), inner_(std::move(options)) {}
    ~SqliteSimStore() override;

    Result<Recovered, Failure> open() override;
    void append(Batch batch, std::function<void(Durability)> done) override;
    Result<void, Failure> save_snapshot(const Snapshot& snapshot) override;
    void maintain() override { inner_.maintain(); }
    DiskSpace disk_space() override;
    std::optional<Bytes> get(std::uint16_t kind, ByteView key) const override;
    std::vector<Record> scan(std::uint16_t kind, ByteView from, ByteView to, std::size_t limit,
                             bool reverse) const override;

private:
    SqliteSimDisk& disk_;
    SimDisk::Alive alive_;
    SqliteStore inner_;
};

class SqliteSimDisk final : public SimDisk, public RecordReader {
public:
    explicit SqliteSimDisk(Rng rng) : rng_(rng) {
        files_.faults().can_lose = true;
        files_.faults().ballast = directory_.file("ballast");
        files_.faults().ballast_bytes = reserve_octets;
    }

    // --- SimDisk ---

    std::unique_ptr<SimStore> mount(Alive alive) override {
        if (mounted_ == 0) crash();
        ++mounted_;
        SqliteOptions options;
        options.directory = directory_.path();
        options.vfs = files_.name();
        options.disk.low_bytes = low_octets;
        options.disk.ballast_bytes = reserve_octets;
        options.disk.free_bytes = [this](const std::string&) { return free_octets(); };
        options.checkpoint_pages = checkpoint_pages;
        return std::make_unique<SqliteSimStore>(*this, std::move(options), std::move(alive));
    }
    const RecordReader& records() const override { return *this; }
    std::vector<JournalRow> journal() const override {
        auto database = sqlite::Database::open(journal_file(directory_.path()),
                                               sqlite::Access::read_only, files_.name());
        ASSERT(database);
        auto read = read_journal(*database, ReadFrom::first_row);
        ASSERT(read);
        return std::move(read->rows);
    }

    void fail_next_sync(bool written) override { sync_error_ = written; }
    void set_room(Room room) override {
        room_ = room;
        DiskFaults& faults = files_.faults();
        faults.capacity = UINT64_MAX;
        if (room == Room::ample || room == Room::low) return;
        // Nothing may grow any more, or only by what the reserve gives back.
        const std::uint64_t taken = faults.used();
        const bool reserve = fs::exists(faults.ballast);
        faults.capacity = room == Room::none && reserve ? taken - reserve_octets : taken;
    }
    const SpaceMet& met() const override { return met_; }
    SpaceMet take_met() override { return std::exchange(met_, {}); }
    bool rot(Rng& rng) override {
        const Damage damage(*this);
        auto damaged = open_to_damage();
        const std::uint64_t first = first_row_read(damaged);
        const std::uint64_t last = damaged.number("SELECT max(seq) FROM journal");
        if (last < first) return false;
        const std::uint64_t seq = rng.between(first, last);
        Bytes body = body_of(damaged, seq);
        if (body.empty()) return false;
        body[rng.below(body.size())] ^= static_cast<std::uint8_t>(1U << rng.below(8));
        auto update = damaged.prepare("UPDATE journal SET body = ?2 WHERE seq = ?1");
        update.bind(1, seq).bind(2, body);
        ASSERT(update.run() == SQLITE_DONE);
        return true;
    }
    bool misdirect(Rng& rng) override {
        const Damage damage(*this);
        auto damaged = open_to_damage();
        const std::uint64_t first = first_row_read(damaged);
        const std::uint64_t last = damaged.number("SELECT max(seq) FROM journal");
        if (last < first + 1) return false;
        const std::uint64_t from = rng.between(first, last - 1);
        const std::uint64_t to = rng.between(from + 1, last);
        auto update = damaged.prepare(
            "UPDATE journal SET (body, chain) = (SELECT body, chain FROM journal WHERE seq = ?1)"
            " WHERE seq = ?2");
        update.bind(1, from).bind(2, to);
        ASSERT(update.run() == SQLITE_DONE);
        return true;
    }
    std::unique_ptr<SimDisk> copy() const override {
        auto other = std::make_unique<SqliteSimDisk>(rng_.fork("copy"));
        for (const char* name : kept_files)
            if (auto octets = memory_.read(directory_.file(name)))
                other->memory_.write(other->directory_.file(name), std::move(*octets));
        return other;
    }
    void back_up() override {
        backup_.emplace();
        for (std::size_t i = 0; i < kept_files.size(); ++i)
            (*backup_)[i] = memory_.read(directory_.file(kept_files[i]));
    }
    bool has_backup() const override { return backup_.has_value(); }
    void restore() override {
        ASSERT(backup_ && mounted_ == 0);
        close_reader();
        for (const auto& entry : fs::directory_iterator(directory_.path()))
            fs::remove(entry.path());
        memory_.remove_all();
        for (std::size_t i = 0; i < kept_files.size(); ++i)
            if ((*backup_)[i]) memory_.write(directory_.file(kept_files[i]), *(*backup_)[i]);
        files_.faults().unsynced.clear();
        set_room(Room::ample);
        sync_error_.reset();
    }

    // --- RecordReader ---

    std::optional<Bytes> get(std::uint16_t kind, ByteView key) const override {
        const SqliteReader* reader = open_reader();
        return reader == nullptr ? std::nullopt : reader->get(kind, key);
    }
    std::vector<Record> scan(std::uint16_t kind, ByteView from, ByteView to, std::size_t limit,
                             bool reverse) const override {
        const SqliteReader* reader = open_reader();
        return reader == nullptr ? std::vector<Record>{}
                                 : reader->scan(kind, from, to, limit, reverse);
    }

private:
    friend class SqliteSimStore;

    std::uint64_t free_octets() const {
        switch (room_) {
            case Room::ample:
                return UINT64_MAX;
            case Room::low:
                return low_octets - 1;
            case Room::full:
            case Room::none:
                return files_.faults().free();
        }
        UNREACHABLE();
    }

    // The process is gone. What it wrote is all there, or the machine went with it: then each write
    // since the last sync is there, or not, or in part.
    void crash() {
        close_reader();
        DiskFaults& faults = files_.faults();
        faults.syncs_fail = false;
        if (faults.unsynced.empty()) return;
        const bool power_fails = lose_ ? *lose_ : rng_.below(2) == 0;
        lose_.reset();
        if (!power_fails) {
            faults.unsynced.clear();
            return;
        }
        files_.lose_unsynced([this](std::size_t octets) -> std::size_t {
            const std::uint64_t how = rng_.below(3);
            return how == 0 ? 0 : how == 1 ? octets : rng_.below(octets);
        });
    }
    const SqliteReader* open_reader() const {
        if (reader_ == nullptr && memory_.has(directory_.file(kept_files[0]))) {
            SqliteReaderOptions options;
            options.directory = directory_.path();
            options.vfs = files_.name();
            options.connections = 1;
            auto opened = SqliteReader::open(std::move(options));
            if (opened) reader_ = std::move(*opened);
        }
        return reader_.get();
    }
    void close_reader() { reader_.reset(); }

    // Damage needs no room: here it is done by writing.
    struct Damage {
        explicit Damage(SqliteSimDisk& of) : disk(of), room(of.room_) {
            disk.set_room(Room::ample);
        }
        ~Damage() { disk.set_room(room); }
        SqliteSimDisk& disk;
        Room room;
    };
    sqlite::Database open_to_damage() {
        ASSERT(mounted_ == 0);
        crash();
        auto database = sqlite::Database::open(journal_file(directory_.path()),
                                               sqlite::Access::create, files_.name());
        ASSERT(database);
        return std::move(*database);
    }
    // The first row that a start reads: those before a snapshot are read by nobody until then.
    static std::uint64_t first_row_read(sqlite::Database& database) {
        return database.number("SELECT coalesce(max(seq), 0) FROM snapshots") + 1;
    }
    static Bytes body_of(sqlite::Database& database, std::uint64_t seq) {
        auto select = database.prepare("SELECT body FROM journal WHERE seq = ?1");
        select.bind(1, seq);
        if (select.step() != SQLITE_ROW) return {};
        const ByteView body = select.octets(0);
        return {body.begin(), body.end()};
    }
    mutable Rng rng_;
    TemporaryDirectory directory_;
    MemoryFiles memory_;
    mutable FaultyFiles files_{memory_.name()};
    mutable std::unique_ptr<SqliteReader> reader_;  // closed before the files are touched
    std::size_t mounted_ = 0;
    Room room_ = Room::ample;
    SpaceMet met_;
    std::optional<bool> sync_error_;  // whether what was written is there
    std::optional<bool> lose_;        // at the next crash
    std::optional<std::array<std::optional<Bytes>, kept_files.size()>> backup_;
};

SqliteSimStore::~SqliteSimStore() {
    --disk_.mounted_;
}

// Paths and process numbers differ from run to run: the world hears the code alone.
Result<Recovered, Failure> SqliteSimStore::open() {
    auto recovered = inner_.open();
    if (!recovered && recovered.error().code == "disk_full") disk_.met_.used_up = true;
    if (!recovered) return fail(recovered.error().code, "its data: " + recovered.error().code);
    return recovered;
}

void SqliteSimStore::append(Batch batch, std::function<void(Durability)> done) {
    if (!alive_(PersistencePoint::before_write)) return;
    const bool dies = !alive_(PersistencePoint::before_sync);
    const bool fails = disk_.sync_error_.has_value();
    if (fails) {
        disk_.lose_ = !*disk_.sync_error_;
        disk_.sync_error_.reset();
    }
    disk_.files_.faults().syncs_fail = dies || fails;
    std::optional<Durability> how;
    inner_.append(std::move(batch), [&](Durability outcome) { how = outcome; });
    ASSERT(how);
    if (*how == Durability::disk_full) disk_.met_.used_up = true;
    if (*how == Durability::durable && inner_.disk_space() == DiskSpace::reserve_used)
        disk_.met_.reserve_used = true;
    if (!dies && alive_(PersistencePoint::after_sync)) done(*how);
}

Result<void, Failure> SqliteSimStore::save_snapshot(const Snapshot& snapshot) {
    if (!alive_(PersistencePoint::before_snapshot)) return {};
    auto saved = inner_.save_snapshot(snapshot);
    if (!saved) return fail(saved.error().code, "a snapshot: " + saved.error().code);
    return saved;
}

DiskSpace SqliteSimStore::disk_space() {
    const DiskSpace space = inner_.disk_space();
    if (space != DiskSpace::ample) disk_.met_.low = true;
    return space;
}
std::optional<Bytes> SqliteSimStore::get(std::uint16_t kind, ByteView key) const {
    return disk_.get(kind, key);
}
std::vector<Record> SqliteSimStore::scan(std::uint16_t kind, ByteView from, ByteView to,
                                         std::size_t limit, bool reverse) const {
    return disk_.scan(kind, from, to, limit, reverse);
}

}  // namespace

std::unique_ptr<SimDisk> make_sqlite_disk(Rng rng) {
    return std::make_unique<SqliteSimDisk>(rng);
}

}  // namespace lockstep::sim
