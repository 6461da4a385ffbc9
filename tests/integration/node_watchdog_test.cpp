// A step that does not come back ends the process and is remembered; all others go unnoticed.
#include "connector/node/step_watchdog.h"

#include <doctest/doctest.h>

#include <future>

#include "tests/integration/process.h"

using namespace lockstep;
using namespace lockstep::node;
using namespace lockstep::test;
using assembly::WatchedStep;
using Ledgers = std::vector<Address>;

namespace {

constexpr Duration limit = Duration::milliseconds(200);

Address address(std::string_view text) {
    return *Address::parse(text);
}

void sleep(Duration duration) {
    std::this_thread::sleep_for(std::chrono::microseconds(duration.us()));
}

}  // namespace

TEST_CASE("a step over the limit is remembered durably and then ends the process") {
    const TemporaryDirectory directory;
    const StallFile file(directory.path());
    std::promise<std::pair<Failure, Ledgers>> ended;
    StepWatchdog watchdog(file, limit, [&](const Failure& failure) {
        ended.set_value({failure, *file.read()});
    });
    const Address ledger = address("test.sek");
    auto end = ended.get_future();
    {
        const WatchedStep step(&watchdog, ledger);
        REQUIRE(end.wait_for(std::chrono::seconds(30)) == std::future_status::ready);
    }
    const auto [failure, remembered] = end.get();
    CHECK(failure.code == "adapter_stalled");
    CHECK(failure.detail.find("test.sek") != std::string::npos);
    CHECK(remembered == Ledgers{ledger});
}

TEST_CASE("short steps are nothing, however many, and neither is the time between them") {
    const TemporaryDirectory directory;
    const StallFile file(directory.path());
    std::atomic<bool> ended = false;
    {
        StepWatchdog watchdog(file, limit, [&](const Failure&) { ended = true; });
        const Address ledger = address("test.sek");
        // Two limits in steps of a tenth of one, without a pause.
        for (int i = 0; i < 20; ++i) {
            const WatchedStep step(&watchdog, ledger);
            sleep(Duration::milliseconds(20));
        }
        sleep(Duration::milliseconds(300));
    }
    CHECK_FALSE(ended);
    CHECK(file.read() == Ledgers{});
}

TEST_CASE("a step that comes back too late waits until the process is ended") {
    const TemporaryDirectory directory;
    std::promise<void> caught;
    std::promise<void> go_on;
    StepWatchdog watchdog(StallFile(directory.path()), limit, [&](const Failure&) {
        caught.set_value();
        go_on.get_future().wait();
    });
    std::atomic<bool> came_back = false;
    std::atomic<bool> may_end = false;
    const Address ledger = address("test.sek");
    std::thread host([&] {
        {
            const WatchedStep step(&watchdog, ledger);
            while (!may_end)
                sleep(Duration::milliseconds(1));
        }
        came_back = true;
    });
    caught.get_future().wait();
    may_end = true;
    sleep(Duration::milliseconds(100));
    CHECK_FALSE(came_back);
    go_on.set_value();
    host.join();
    CHECK(came_back);
}

TEST_CASE("the list of stalled ledgers grows, is read back, and goes") {
    const TemporaryDirectory directory;
    const StallFile file(directory.path());
    CHECK(file.read() == Ledgers{});
    CHECK(file.clear());
    const Address sek = address("test.sek");
    const Address eur = address("test.eur");
    CHECK(file.add(sek));
    CHECK(file.add(eur));
    CHECK(file.add(sek));
    CHECK(StallFile(directory.path()).read() == Ledgers{sek, eur});
    CHECK(file.clear());
    CHECK(file.read() == Ledgers{});

    write_file(directory.path() / "stalled-ledgers", "test.sek\nnot an address\n");
    REQUIRE_FALSE(file.read());
    CHECK(file.read().error().code == "malformed");
    CHECK(StallFile(directory.path() / "missing").add(sek).error().code == "io");
}
