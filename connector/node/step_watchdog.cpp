#include "connector/node/step_watchdog.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "connector/node/log.h"
#include "sdk/base/assert.h"

namespace lockstep::node {

namespace {

// Looks in one limit. Time is counted in looks at the same step and not by a clock: where the whole
// machine or this process was stopped for a while, that is one look, and no adapter's fault.
constexpr int looks = 10;

auto io_failure(const std::filesystem::path& path) {
    return fail("io", path.string() + ": " + std::strerror(errno));
}

// A short text, so that one write takes all of it or fails.
bool write_durably(const std::filesystem::path& path, const std::string& text) {
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0) return false;
    const bool written =
        ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
        ::fsync(file) == 0;
    return ::close(file) == 0 && written;
}

}  // namespace

// --- the file
// -------------------------------------------------------------------------------------

StallFile::StallFile(const std::filesystem::path& directory)
    : directory_(directory), file_(directory / "stalled-ledgers") {}

Result<std::vector<Address>, Failure> StallFile::read() const {
    std::vector<Address> ledgers;
    std::error_code error;
    if (!std::filesystem::exists(file_, error)) {
        if (error) return fail("io", file_.string() + ": " + error.message());
        return ledgers;
    }
    std::ifstream file(file_, std::ios::binary);
    if (!file) return io_failure(file_);
    std::string line;
    while (std::getline(file, line)) {
        const auto ledger = Address::parse(line);
        if (!ledger) {
            return fail("malformed", file_.string() +
                                         ": expected the address of a ledger in each line; it "
                                         "names ledgers whose adapters stalled");
        }
        ledgers.push_back(*ledger);
    }
    if (file.bad()) return io_failure(file_);
    return ledgers;
}

Result<void, Failure> StallFile::add(const Address& ledger) const {
    auto ledgers = read();
    if (!ledgers) return unexpected<Failure>(ledgers.error());
    if (std::find(ledgers->begin(), ledgers->end(), ledger) == ledgers->end())
        ledgers->push_back(ledger);
    std::string text;
    for (const Address& one : *ledgers)
        text += one.text() + "\n";
    const std::filesystem::path fresh = file_.string() + ".new";
    if (!write_durably(fresh, text)) return io_failure(fresh);
    if (std::rename(fresh.c_str(), file_.c_str()) != 0) return io_failure(file_);
    return sync_directory();
}

Result<void, Failure> StallFile::clear() const {
    if (::unlink(file_.c_str()) != 0 && errno != ENOENT) return io_failure(file_);
    return sync_directory();
}

Result<void, Failure> StallFile::sync_directory() const {
    const int directory = ::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) return io_failure(directory_);
    const bool synced = ::fsync(directory) == 0;
    const auto failure = io_failure(directory_);
    ::close(directory);
    if (!synced) return failure;
    return {};
}

// --- the watchdog
// ---------------------------------------------------------------------------------

StepWatchdog::StepWatchdog(StallFile file, Duration limit, FatalHandler ended)
    : file_(std::move(file)), limit_(limit), ended_(std::move(ended)) {
    thread_ = std::thread([this] { watch(); });
}

StepWatchdog::~StepWatchdog() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    stopping_changed_.notify_all();
    thread_.join();
}

void StepWatchdog::begin(const Address& ledger) {
    const std::lock_guard lock(mutex_);
    ASSERT(ledger_ == nullptr);
    ledger_ = &ledger;
    ++steps_;
}

void StepWatchdog::end() {
    const std::lock_guard lock(mutex_);
    ledger_ = nullptr;
}

void StepWatchdog::watch() {
    const auto pause = std::chrono::microseconds(limit_.us() / looks);
    std::uint64_t step = 0;
    int seen = 0;  // looks at that step, the first one aside
    std::unique_lock lock(mutex_);
    while (!stopping_changed_.wait_for(lock, pause, [this] { return stopping_; })) {
        seen = ledger_ != nullptr && steps_ == step ? seen + 1 : 0;
        step = steps_;
        // The lock is kept: a step that comes back now waits at its end, and what it did is not
        // used.
        if (seen >= looks) return stalled(*ledger_);
    }
}

void StepWatchdog::stalled(const Address& ledger) {
    const std::string detail =
        "the adapter of " + ledger.text() + " took more than " +
        std::to_string(limit_.us() / 1000) +
        " ms in one step; the ledger takes no new business after the next start";
    const auto remembered = file_.add(ledger);
    log_critical("adapter_stalled", Json::object({{"ledger", ledger.text()}, {"detail", detail}}));
    if (!remembered) {
        log_critical("stall_not_remembered", Json::object({{"code", remembered.error().code},
                                                           {"detail", remembered.error().detail}}));
    }
    ended_({"adapter_stalled", detail});
}

}  // namespace lockstep::node
