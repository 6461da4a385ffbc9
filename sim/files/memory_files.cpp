#include "sim/files/memory_files.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <map>
#include <new>
#include <utility>
#include <vector>

#include "sdk/base/assert.h"

namespace lockstep::sim {
namespace memory_layer {
namespace {

struct Handle;

// What all who have a file open share: its octets, its locks, and the index of its log, which
// SQLite keeps in memory that processes share.
struct Content {
    Bytes octets;
    std::size_t readers = 0;         // with any lock
    const Handle* writer = nullptr;  // reserved or more
    bool pending = false;            // the writer lets no more readers in
    struct Slot {
        std::size_t shared = 0;
        const Handle* exclusive = nullptr;
    };
    std::array<Slot, SQLITE_SHM_NLOCK> slots;
    std::vector<std::unique_ptr<std::uint8_t[]>> index;
    std::size_t index_users = 0;
};

// In memory that SQLite has allocated; it ends with close().
struct Handle {
    const sqlite3_io_methods* methods = nullptr;
    std::shared_ptr<Content> content;
    int level = SQLITE_LOCK_NONE;
    bool has_index = false;
    std::array<bool, SQLITE_SHM_NLOCK> shared{};
};

Handle& self(sqlite3_file* file) {
    return *reinterpret_cast<Handle*>(file);
}

// --- octets ---

int read(sqlite3_file* file, void* to, int size, sqlite3_int64 offset) {
    const Bytes& octets = self(file).content->octets;
    const auto wanted = static_cast<std::size_t>(size);
    const auto at = std::min(static_cast<std::size_t>(offset), octets.size());
    const std::size_t there = std::min(wanted, octets.size() - at);
    if (there > 0) std::memcpy(to, octets.data() + at, there);
    if (there == wanted) return SQLITE_OK;
    std::memset(static_cast<char*>(to) + there, 0, wanted - there);
    return SQLITE_IOERR_SHORT_READ;
}
int write(sqlite3_file* file, const void* from, int size, sqlite3_int64 offset) {
    Bytes& octets = self(file).content->octets;
    const auto end = static_cast<std::size_t>(offset + size);
    if (end > octets.size()) octets.resize(end);
    std::memcpy(octets.data() + offset, from, static_cast<std::size_t>(size));
    return SQLITE_OK;
}
int truncate(sqlite3_file* file, sqlite3_int64 size) {
    Bytes& octets = self(file).content->octets;
    octets.resize(std::min(octets.size(), static_cast<std::size_t>(size)));
    return SQLITE_OK;
}
int sync(sqlite3_file*, int) {
    return SQLITE_OK;
}
int file_size(sqlite3_file* file, sqlite3_int64* size) {
    *size = static_cast<sqlite3_int64>(self(file).content->octets.size());
    return SQLITE_OK;
}

// --- locks: https://www.sqlite.org/lockingv3.html ---

int lock(sqlite3_file* file, int level) {
    Handle& me = self(file);
    Content& content = *me.content;
    if (me.level >= level) return SQLITE_OK;
    if (me.level == SQLITE_LOCK_NONE) {
        if (content.pending) return SQLITE_BUSY;
        ++content.readers;
        me.level = SQLITE_LOCK_SHARED;
    }
    if (level == SQLITE_LOCK_SHARED) return SQLITE_OK;
    if (content.writer != nullptr && content.writer != &me) return SQLITE_BUSY;
    content.writer = &me;
    me.level = std::max(me.level, SQLITE_LOCK_RESERVED);
    if (level == SQLITE_LOCK_RESERVED) return SQLITE_OK;
    content.pending = true;
    me.level = SQLITE_LOCK_PENDING;
    if (content.readers > 1) return SQLITE_BUSY;
    me.level = SQLITE_LOCK_EXCLUSIVE;
    return SQLITE_OK;
}
int unlock(sqlite3_file* file, int level) {
    Handle& me = self(file);
    if (me.level <= level) return SQLITE_OK;
    if (me.content->writer == &me) {
        me.content->writer = nullptr;
        me.content->pending = false;
    }
    if (level == SQLITE_LOCK_NONE) --me.content->readers;
    me.level = level;
    return SQLITE_OK;
}
int check_lock(sqlite3_file* file, int* result) {
    *result = self(file).content->writer != nullptr ? 1 : 0;
    return SQLITE_OK;
}

// --- the shared index of a log: https://www.sqlite.org/walformat.html ---

int index_map(sqlite3_file* file, int page, int size, int extend, void volatile** at) {
    Handle& me = self(file);
    Content& content = *me.content;
    if (!std::exchange(me.has_index, true)) ++content.index_users;
    const auto wanted = static_cast<std::size_t>(page);
    *at = nullptr;
    while (content.index.size() <= wanted) {
        if (extend == 0) return SQLITE_OK;
        content.index.push_back(std::make_unique<std::uint8_t[]>(static_cast<std::size_t>(size)));
    }
    *at = content.index[wanted].get();
    return SQLITE_OK;
}
void index_unlock(Handle& me, std::size_t slot) {
    Content::Slot& of = me.content->slots[slot];
    if (of.exclusive == &me) of.exclusive = nullptr;
    if (std::exchange(me.shared[slot], false)) --of.shared;
}
int index_lock(sqlite3_file* file, int offset, int n, int flags) {
    Handle& me = self(file);
    const auto from = static_cast<std::size_t>(offset);
    const std::size_t to = from + static_cast<std::size_t>(n);
    const bool exclusive = (flags & SQLITE_SHM_EXCLUSIVE) != 0;
    for (std::size_t i = from; i < to; ++i) {
        if ((flags & SQLITE_SHM_UNLOCK) != 0) {
            index_unlock(me, i);
            continue;
        }
        const Content::Slot& slot = me.content->slots[i];
        if (slot.exclusive != nullptr && slot.exclusive != &me) return SQLITE_BUSY;
        if (exclusive && slot.shared > (me.shared[i] ? 1U : 0U)) return SQLITE_BUSY;
    }
    if ((flags & SQLITE_SHM_UNLOCK) != 0) return SQLITE_OK;
    for (std::size_t i = from; i < to; ++i) {
        Content::Slot& slot = me.content->slots[i];
        if (exclusive)
            slot.exclusive = &me;
        else if (!std::exchange(me.shared[i], true))
            ++slot.shared;
    }
    return SQLITE_OK;
}
void index_barrier(sqlite3_file*) {
    std::atomic_thread_fence(std::memory_order_seq_cst);
}
int index_unmap(sqlite3_file* file, int) {
    Handle& me = self(file);
    if (!std::exchange(me.has_index, false)) return SQLITE_OK;
    for (std::size_t i = 0; i < me.shared.size(); ++i)
        index_unlock(me, i);
    // As after a restart of the machine: whoever opens it next makes the index anew.
    if (--me.content->index_users == 0) me.content->index.clear();
    return SQLITE_OK;
}

int control(sqlite3_file*, int, void*) {
    return SQLITE_NOTFOUND;
}
int sector_size(sqlite3_file*) {
    return 4096;
}
int characteristics(sqlite3_file*) {
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}
int close(sqlite3_file* file) {
    index_unmap(file, 0);
    unlock(file, SQLITE_LOCK_NONE);
    self(file).~Handle();
    return SQLITE_OK;
}

const sqlite3_io_methods methods = {2,
                                    close,
                                    read,
                                    write,
                                    truncate,
                                    sync,
                                    file_size,
                                    lock,
                                    unlock,
                                    check_lock,
                                    control,
                                    sector_size,
                                    characteristics,
                                    index_map,
                                    index_lock,
                                    index_barrier,
                                    index_unmap,
                                    nullptr,
                                    nullptr};

}  // namespace
}  // namespace memory_layer

struct MemoryFiles::Layer {
    sqlite3_vfs vfs{};
    std::string name;
    std::map<std::string, std::shared_ptr<memory_layer::Content>> files;

    static Layer& of(sqlite3_vfs* vfs) { return *static_cast<Layer*>(vfs->pAppData); }

    // Without a path: a file of its own that is gone when it is closed.
    static int open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* out) {
        std::shared_ptr<memory_layer::Content> content;
        if (path != nullptr) {
            auto& files = of(vfs).files;
            const auto found = files.find(path);
            if (found != files.end()) content = found->second;
            if (!content && (flags & SQLITE_OPEN_CREATE) == 0) {
                file->pMethods = nullptr;
                return SQLITE_CANTOPEN;
            }
        }
        if (!content) {
            content = std::make_shared<memory_layer::Content>();
            if (path != nullptr) of(vfs).files[path] = content;
        }
        auto* const made = ::new (static_cast<void*>(file)) memory_layer::Handle;
        made->methods = &memory_layer::methods;
        made->content = std::move(content);
        if (out != nullptr) *out = flags;
        return SQLITE_OK;
    }
    static int remove(sqlite3_vfs* vfs, const char* path, int) {
        return of(vfs).files.erase(path) == 0 ? SQLITE_IOERR_DELETE_NOENT : SQLITE_OK;
    }
    // An empty file is as good as none, as in the system's own layer.
    static int access(sqlite3_vfs* vfs, const char* path, int flags, int* result) {
        const auto& files = of(vfs).files;
        const auto found = files.find(path);
        const bool is_there = found != files.end();
        *result = is_there && (flags != SQLITE_ACCESS_EXISTS || !found->second->octets.empty());
        return SQLITE_OK;
    }
    static int full_path(sqlite3_vfs*, const char* path, int size, char* to) {
        const std::size_t length = std::strlen(path);
        if (length >= static_cast<std::size_t>(size)) return SQLITE_CANTOPEN;
        std::memcpy(to, path, length + 1);
        return SQLITE_OK;
    }
};

MemoryFiles::MemoryFiles() : layer_(std::make_unique<Layer>()) {
    static std::atomic<std::uint64_t> layers{0};
    layer_->name = "memory" + std::to_string(++layers);
    layer_->vfs = *sqlite3_vfs_find(nullptr);
    layer_->vfs.zName = layer_->name.c_str();
    layer_->vfs.pAppData = layer_.get();
    layer_->vfs.szOsFile = static_cast<int>(sizeof(memory_layer::Handle));
    layer_->vfs.xOpen = Layer::open;
    layer_->vfs.xDelete = Layer::remove;
    layer_->vfs.xAccess = Layer::access;
    layer_->vfs.xFullPathname = Layer::full_path;
    ASSERT(sqlite3_vfs_register(&layer_->vfs, 0) == SQLITE_OK);
}
MemoryFiles::~MemoryFiles() {
    sqlite3_vfs_unregister(&layer_->vfs);
}
const std::string& MemoryFiles::name() const {
    return layer_->name;
}

std::optional<Bytes> MemoryFiles::read(const std::string& path) const {
    const auto found = layer_->files.find(path);
    if (found == layer_->files.end()) return std::nullopt;
    return found->second->octets;
}
bool MemoryFiles::has(const std::string& path) const {
    return layer_->files.contains(path);
}
void MemoryFiles::write(const std::string& path, Bytes octets) {
    auto content = std::make_shared<memory_layer::Content>();
    content->octets = std::move(octets);
    layer_->files[path] = std::move(content);
}
void MemoryFiles::remove_all() {
    layer_->files.clear();
}

}  // namespace lockstep::sim
