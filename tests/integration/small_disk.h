// A file system of a few MiB that can really be filled, where the system lets the test make one: in
// a mount namespace of its own, and where it is not root's in a user namespace too.
#pragma once

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

namespace lockstep::test {

// Once, before the process has a second thread. Empty, or why not.
inline std::string enter_own_mounts() {
    const auto why = [](const std::string& what) { return what + ": " + std::strerror(errno); };
    const auto write = [](const char* path, const std::string& text) {
        const int file = ::open(path, O_WRONLY | O_CLOEXEC);
        if (file < 0) return false;
        const bool done = ::write(file, text.data(), text.size()) == ssize_t(text.size());
        ::close(file);
        return done;
    };
    const uid_t user = ::getuid();
    const gid_t group = ::getgid();
    if (user == 0) {
        if (::unshare(CLONE_NEWNS) != 0) return why("unshare");
    } else {
        if (::unshare(CLONE_NEWNS | CLONE_NEWUSER) != 0) return why("unshare");
        if (!write("/proc/self/setgroups", "deny") ||
            !write("/proc/self/uid_map", "0 " + std::to_string(user) + " 1") ||
            !write("/proc/self/gid_map", "0 " + std::to_string(group) + " 1"))
            return why("mapping the user");
    }
    // What is mounted here is nobody else's business.
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return why("mount /");
    const auto trial =
        std::filesystem::temp_directory_path() / ("lockstep-mount-" + std::to_string(::getpid()));
    std::filesystem::create_directory(trial);
    const bool mounts = ::mount("tmpfs", trial.c_str(), "tmpfs", 0, "size=1m") == 0;
    std::string trouble = mounts ? "" : why("mounting a tmpfs");
    if (mounts) ::umount2(trial.c_str(), MNT_DETACH);
    std::error_code ignored;
    std::filesystem::remove(trial, ignored);
    return trouble;
}

class SmallDisk {
public:
    // Over that directory, with what was in it.
    SmallDisk(std::filesystem::path directory, int mib) : at_(std::move(directory)) {
        const std::filesystem::path aside = at_.string() + ".aside";
        std::filesystem::rename(at_, aside);
        std::filesystem::create_directory(at_);
        const std::string options = "mode=0700,size=" + std::to_string(mib) + "m";
        mounted_ = ::mount("tmpfs", at_.c_str(), "tmpfs", 0, options.c_str()) == 0;
        if (!mounted_) error_ = std::string("mount: ") + std::strerror(errno);
        std::filesystem::copy(aside, at_, std::filesystem::copy_options::recursive);
    }
    ~SmallDisk() {
        if (mounted_) ::umount2(at_.c_str(), MNT_DETACH);
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;

    const std::string& error() const { return error_; }
    std::uint64_t free_kib() const {
        struct statvfs status {};
        if (::statvfs(at_.c_str(), &status) != 0) return 0;
        return status.f_bavail * status.f_frsize >> 10;
    }
    // Another file grows until so much is free; 0 is until nothing more can be written.
    void fill(std::uint64_t leave_kib) const {
        const int file =
            ::open((at_ / "filler").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        const std::array<char, 4096> page{};
        while (free_kib() > leave_kib &&
               ::write(file, page.data(), page.size()) == ssize_t(page.size())) {
        }
        ::close(file);
    }
    // Every file of that name; how many.
    std::size_t remove(const std::string& name) const {
        std::vector<std::filesystem::path> found;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(at_))
            if (entry.path().filename() == name) found.push_back(entry.path());
        for (const auto& file : found)
            std::filesystem::remove(file);
        return found.size();
    }
    void make_room() const { std::filesystem::remove(at_ / "filler"); }

private:
    std::filesystem::path at_;
    bool mounted_ = false;
    std::string error_;
};

}  // namespace lockstep::test
