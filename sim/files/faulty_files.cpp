#include "sim/files/faulty_files.h"

#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <new>

#include "sdk/base/assert.h"

namespace lockstep::sim {
namespace {

// What SQLite sees of a file; the file of the layer behind lies behind it in the same memory.
struct File {
    const sqlite3_io_methods* methods;
    DiskFaults* faults;
    std::string* path;  // the log and the data base have one, temporary files have none
    sqlite3_file* real;
};

File& self(sqlite3_file* file) {
    return *reinterpret_cast<File*>(file);
}
sqlite3_file* real(sqlite3_file* file) {
    return self(file).real;
}

int close(sqlite3_file* file) {
    const int code = real(file)->pMethods->xClose(real(file));
    delete self(file).path;
    return code;
}
int read(sqlite3_file* file, void* to, int size, sqlite3_int64 offset) {
    return real(file)->pMethods->xRead(real(file), to, size, offset);
}
std::uint64_t size_of(const File& me) {
    sqlite3_int64 size = 0;
    ASSERT(me.real->pMethods->xFileSize(me.real, &size) == SQLITE_OK);
    return static_cast<std::uint64_t>(size);
}

// What stands in the file from there on, as far as it goes.
Bytes stands_at(const File& me, std::uint64_t offset, std::uint64_t octets) {
    const std::uint64_t size = size_of(me);
    Bytes there(offset >= size ? 0 : std::min(octets, size - offset));
    if (there.empty()) return there;
    ASSERT(me.real->pMethods->xRead(me.real, there.data(), static_cast<int>(there.size()),
                                    static_cast<sqlite3_int64>(offset)) == SQLITE_OK);
    return there;
}

void remember(const File& me, std::uint64_t offset, Bytes before, ByteView after) {
    me.faults->unsynced.push_back(
        {*me.path, offset, size_of(me), std::move(before), Bytes(after.begin(), after.end())});
}

int write(sqlite3_file* file, const void* from, int size, sqlite3_int64 offset) {
    File& me = self(file);
    if (me.faults->writes_fail) return SQLITE_IOERR_WRITE;
    if (me.path != nullptr) {
        const auto end = static_cast<std::uint64_t>(offset + size);
        if (!me.faults->has_room(*me.path, end)) return SQLITE_FULL;
        std::uint64_t& known = me.faults->sizes[*me.path];
        known = std::max(known, end);
        if (me.faults->can_lose) {
            const auto at = static_cast<std::uint64_t>(offset);
            const ByteView after{static_cast<const std::uint8_t*>(from),
                                 static_cast<std::size_t>(size)};
            remember(me, at, stands_at(me, at, after.size()), after);
        }
    }
    return me.real->pMethods->xWrite(me.real, from, size, offset);
}
int truncate(sqlite3_file* file, sqlite3_int64 size) {
    const File& me = self(file);
    if (me.path != nullptr) {
        const auto end = static_cast<std::uint64_t>(size);
        me.faults->sizes[*me.path] = end;
        if (me.faults->can_lose && end < size_of(me))
            remember(me, end, stands_at(me, end, size_of(me) - end), {});
    }
    return real(file)->pMethods->xTruncate(real(file), size);
}
int sync(sqlite3_file* file, int flags) {
    const File& me = self(file);
    ++me.faults->syncs;
    if (me.faults->syncs_fail) return SQLITE_IOERR_FSYNC;
    if (me.faults->can_lose) {
        if (me.path != nullptr)
            std::erase_if(me.faults->unsynced,
                          [&](const DiskFaults::Change& each) { return each.file == *me.path; });
        return SQLITE_OK;
    }
    return real(file)->pMethods->xSync(real(file), flags);
}
int file_size(sqlite3_file* file, sqlite3_int64* size) {
    return real(file)->pMethods->xFileSize(real(file), size);
}
int lock(sqlite3_file* file, int level) {
    return real(file)->pMethods->xLock(real(file), level);
}
int unlock(sqlite3_file* file, int level) {
    return real(file)->pMethods->xUnlock(real(file), level);
}
int check_lock(sqlite3_file* file, int* result) {
    return real(file)->pMethods->xCheckReservedLock(real(file), result);
}
int control(sqlite3_file* file, int op, void* argument) {
    return real(file)->pMethods->xFileControl(real(file), op, argument);
}
int sector_size(sqlite3_file* file) {
    return real(file)->pMethods->xSectorSize(real(file));
}
int characteristics(sqlite3_file* file) {
    return real(file)->pMethods->xDeviceCharacteristics(real(file));
}
int shm_map(sqlite3_file* file, int page, int size, int extend, void volatile** at) {
    return real(file)->pMethods->xShmMap(real(file), page, size, extend, at);
}
int shm_lock(sqlite3_file* file, int offset, int n, int flags) {
    return real(file)->pMethods->xShmLock(real(file), offset, n, flags);
}
void shm_barrier(sqlite3_file* file) {
    real(file)->pMethods->xShmBarrier(real(file));
}
int shm_unmap(sqlite3_file* file, int remove) {
    return real(file)->pMethods->xShmUnmap(real(file), remove);
}

const sqlite3_io_methods methods = {
    2,         close,      read,    write,       truncate,        sync,    file_size, lock,
    unlock,    check_lock, control, sector_size, characteristics, shm_map, shm_lock,  shm_barrier,
    shm_unmap, nullptr,    nullptr};

}  // namespace

bool DiskFaults::has_room(const std::string& file, std::uint64_t size) const {
    if (capacity == UINT64_MAX) return true;
    std::uint64_t total = size;
    for (const auto& [name, known] : sizes) {
        if (name != file) total += known;
    }
    const auto here = sizes.find(file);
    if (here != sizes.end() && here->second >= size) return true;  // nothing grows
    const bool ballast_there = !ballast.empty() && std::filesystem::exists(ballast);
    return total + (ballast_there ? ballast_bytes : 0) <= capacity;
}

std::uint64_t DiskFaults::used() const {
    std::uint64_t used = !ballast.empty() && std::filesystem::exists(ballast) ? ballast_bytes : 0;
    for (const auto& [name, size] : sizes)
        used += size;
    return used;
}

std::uint64_t DiskFaults::free() const {
    return capacity - std::min(used(), capacity);
}

struct FaultyFiles::Layer {
    sqlite3_vfs vfs{};  // first: SQLite hands a pointer to it back
    std::string name;
    sqlite3_vfs* behind = nullptr;
    DiskFaults faults;

    static int open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out) {
        auto* const layer = static_cast<Layer*>(vfs->pAppData);
        auto* const file_behind =
            reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + sizeof(File));
        auto* const made =
            ::new (static_cast<void*>(file)) File{nullptr, nullptr, nullptr, nullptr};
        const int code = layer->behind->xOpen(layer->behind, path, file_behind, flags, out);
        if (code != SQLITE_OK) return code;
        *made = {&methods, &layer->faults, path != nullptr ? new std::string(path) : nullptr,
                 file_behind};
        // What was there before this layer, or was put there beside it, takes room too.
        if (path != nullptr) layer->faults.sizes[path] = size_of(*made);
        return SQLITE_OK;
    }
    static int remove(sqlite3_vfs* vfs, const char* path, int sync_directory) {
        auto* const layer = static_cast<Layer*>(vfs->pAppData);
        layer->faults.sizes.erase(path);
        return layer->behind->xDelete(layer->behind, path, sync_directory);
    }
    static int access(sqlite3_vfs* vfs, const char* path, int flags, int* result) {
        auto* const behind = static_cast<Layer*>(vfs->pAppData)->behind;
        return behind->xAccess(behind, path, flags, result);
    }
    static int full_path(sqlite3_vfs* vfs, const char* path, int size, char* to) {
        auto* const behind = static_cast<Layer*>(vfs->pAppData)->behind;
        return behind->xFullPathname(behind, path, size, to);
    }
};

FaultyFiles::FaultyFiles(const std::string& behind) : layer_(std::make_unique<Layer>()) {
    static std::atomic<std::uint64_t> layers{0};
    layer_->name = "faulty" + std::to_string(++layers);
    layer_->behind = sqlite3_vfs_find(behind.empty() ? nullptr : behind.c_str());
    ASSERT(layer_->behind != nullptr);
    layer_->vfs = *layer_->behind;
    layer_->vfs.zName = layer_->name.c_str();
    layer_->vfs.pAppData = layer_.get();
    layer_->vfs.szOsFile = static_cast<int>(sizeof(File)) + layer_->behind->szOsFile;
    layer_->vfs.xOpen = Layer::open;
    layer_->vfs.xDelete = Layer::remove;
    layer_->vfs.xAccess = Layer::access;
    layer_->vfs.xFullPathname = Layer::full_path;
    ASSERT(sqlite3_vfs_register(&layer_->vfs, 0) == SQLITE_OK);
}
FaultyFiles::~FaultyFiles() {
    sqlite3_vfs_unregister(&layer_->vfs);
}
const std::string& FaultyFiles::name() const {
    return layer_->name;
}
DiskFaults& FaultyFiles::faults() {
    return layer_->faults;
}

namespace {

// A file by its path, beside SQLite, in the layer behind the faults.
class Plain {
public:
    Plain(sqlite3_vfs& layer, const std::string& path)
        : memory_(static_cast<std::size_t>(layer.szOsFile)) {
        if (layer.xOpen(&layer, path.c_str(), file(),
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_MAIN_JOURNAL, nullptr) == SQLITE_OK)
            is_there_ = true;
    }
    ~Plain() {
        if (is_there_) file()->pMethods->xClose(file());
    }
    Plain(const Plain&) = delete;
    Plain& operator=(const Plain&) = delete;

    bool is_there() const { return is_there_; }
    void put(std::uint64_t offset, ByteView octets) {
        ASSERT(file()->pMethods->xWrite(file(), octets.data(), static_cast<int>(octets.size()),
                                        static_cast<sqlite3_int64>(offset)) == SQLITE_OK);
    }
    void cut(std::uint64_t size) {
        ASSERT(file()->pMethods->xTruncate(file(), static_cast<sqlite3_int64>(size)) == SQLITE_OK);
    }

private:
    sqlite3_file* file() { return reinterpret_cast<sqlite3_file*>(memory_.data()); }

    std::vector<char> memory_;  // as aligned as any allocation
    bool is_there_ = false;
};

}  // namespace

// Back to what was synced last, and from there on what reached the disk.
std::size_t FaultyFiles::lose_unsynced(
    const std::function<std::size_t(std::size_t octets)>& keeps) {
    const std::vector<DiskFaults::Change> changes = std::move(faults().unsynced);
    faults().unsynced.clear();
    for (auto change = changes.rbegin(); change != changes.rend(); ++change) {
        Plain file(*layer_->behind, change->file);
        if (!file.is_there()) continue;
        if (!change->before.empty()) file.put(change->offset, change->before);
        file.cut(change->size_before);
    }
    std::size_t lost = 0;
    for (const DiskFaults::Change& change : changes) {
        Plain file(*layer_->behind, change.file);
        if (!file.is_there()) continue;
        const std::size_t octets = std::max<std::size_t>(change.after.size(), 1);
        const std::size_t kept = keeps(octets);
        if (kept < octets) ++lost;
        if (kept == 0) continue;
        if (change.after.empty())
            file.cut(change.offset);
        else
            file.put(change.offset, ByteView(change.after).first(kept));
    }
    faults().sizes.clear();
    return lost;
}

}  // namespace lockstep::sim
