#include "sdk/store/data_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace lockstep {
namespace {

constexpr mode_t owner_only = S_IRUSR | S_IWUSR;

auto io_failure(const std::string& what) {
    return fail("io", what + ": " + std::strerror(errno));
}

std::string read_owner(int file) {
    char text[32] = {};
    const ssize_t size = ::pread(file, text, sizeof text - 1, 0);
    std::string owner(text, size > 0 ? static_cast<std::size_t>(size) : 0);
    while (!owner.empty() && owner.back() == '\n')
        owner.pop_back();
    return owner.empty() ? "unknown" : owner;
}

}  // namespace

Result<void, Failure> make_data_directory(const std::string& path) {
    const auto directory = std::filesystem::path(path).lexically_normal();
    const auto parent =
        directory.has_filename() ? directory.parent_path() : directory.parent_path().parent_path();
    std::error_code error;
    if (!parent.empty()) std::filesystem::create_directories(parent, error);
    if (error) return fail("io", parent.string() + ": " + error.message());
    if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return io_failure(path);
    if (!std::filesystem::is_directory(path, error)) return fail("io", path + ": is no directory");
    return {};
}

DataDirectory::DataDirectory(std::string path, DiskLimits limits)
    : path_(std::move(path)),
      limits_(std::move(limits)),
      refill_from_(limits_.low_bytes +
                   std::min(2 * limits_.ballast_bytes, UINT64_MAX - limits_.low_bytes)) {}

DataDirectory::~DataDirectory() {
    if (lock_ >= 0) ::close(lock_);
}

Result<void, Failure> DataDirectory::lock() {
    if (auto made = make_data_directory(path_); !made) return made;
    const int file = ::open(this->file("lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, owner_only);
    if (file < 0) return io_failure(this->file("lock"));
    if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
        const bool taken = errno == EWOULDBLOCK;
        const std::string owner = read_owner(file);
        const auto failure =
            taken ? fail("in_use", "the data directory " + path_ + " is in use by process " +
                                       owner + "; stop that one first or choose another directory")
                  : io_failure(this->file("lock"));
        ::close(file);
        return failure;
    }
    lock_ = file;
    const std::string pid = std::to_string(::getpid()) + "\n";
    if (::ftruncate(file, 0) != 0 ||
        ::pwrite(file, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
        // Only what a second start is told depends on it, and a full disk must not stop this one.
        errno = 0;
    }
    return {};
}

void DataDirectory::fill_ballast() {
    released_ = false;
    if (limits_.ballast_bytes == 0) return;
    const std::string name = file("ballast");
    struct stat status {};
    if (::stat(name.c_str(), &status) == 0 &&
        static_cast<std::uint64_t>(status.st_size) >= limits_.ballast_bytes) {
        return;
    }
    released_ = free_bytes() < 2 * limits_.ballast_bytes || !make_ballast();
    if (released_) tell(false);
}

bool DataDirectory::make_ballast() {
    const std::string name = file("ballast");
    ::unlink(name.c_str());
    const int ballast = ::open(name.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, owner_only);
    if (ballast < 0) return false;
    const bool filled =
        ::posix_fallocate(ballast, 0, static_cast<off_t>(limits_.ballast_bytes)) == 0;
    ::close(ballast);
    if (!filled) ::unlink(name.c_str());
    return filled;
}

void DataDirectory::refill_ballast() {
    if (!released_) return;
    const std::uint64_t free = free_bytes();
    if (free < refill_from_) return;
    if (make_ballast()) {
        released_ = false;
        tell(true);
    } else {
        refill_from_ = free + limits_.ballast_bytes;  // not at every turn
    }
}

void DataDirectory::tell(bool there) const {
    if (!limits_.on_ballast) return;
    const std::string name = file("ballast");
    const auto mib = [](std::uint64_t bytes) { return std::to_string(bytes >> 20) + " MiB"; };
    if (there) {
        limits_.on_ballast({true, name + " is there again: new business is taken"});
    } else {
        limits_.on_ballast(
            {false, name + " is not there, because the disk is full: until " + mib(refill_from_) +
                        " are free, claims and refunds go on and no new business is taken; free "
                        "disk space"});
    }
}

Result<void, Failure> DataDirectory::make_file(const std::string& name) const {
    const std::string path = file(name);
    const int made = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, owner_only);
    if (made < 0) return io_failure(path);
    ::close(made);
    return {};
}

bool DataDirectory::release_ballast() {
    if (released_ || limits_.ballast_bytes == 0) return false;
    released_ = true;
    const bool given_up = ::unlink(file("ballast").c_str()) == 0;
    tell(false);
    return given_up;
}

DiskSpace DataDirectory::space() const {
    if (released_) return DiskSpace::reserve_used;
    return free_bytes() < limits_.low_bytes ? DiskSpace::low : DiskSpace::ample;
}

Result<void, Failure> DataDirectory::sync() const {
    const int directory = ::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) return io_failure(path_);
    const bool synced = ::fsync(directory) == 0;
    const auto failure = io_failure(path_);
    ::close(directory);
    if (!synced) return failure;
    return {};
}

std::uint64_t DataDirectory::free_bytes() const {
    if (limits_.free_bytes) return limits_.free_bytes(path_);
    struct statvfs status {};
    if (::statvfs(path_.c_str(), &status) != 0) return 0;
    return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
}

}  // namespace lockstep
