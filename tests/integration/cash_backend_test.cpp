// The cash ledger's backend on a disk whose room the test sets.
#include "cash/service/cash_backend.h"

#include <doctest/doctest.h>

#include <future>
#include <thread>

#include "tests/unit/cash_world.h"
#include "tests/unit/store_directory.h"

using namespace lockstep;
using namespace lockstep::cash;
using namespace lockstep::cash::testing;

namespace {

class StillClock final : public Clock {
public:
    Timestamp now() const override { return time_of("1"); }
};

class Ledger {
public:
    Ledger() {
        BackendSettings settings;
        settings.ledger = test_settings();
        settings.directory = directory_.path();
        settings.disk.low_bytes = 100;
        settings.disk.ballast_bytes = 0;
        settings.disk.free_bytes = [this](const std::string&) { return free.load(); };
        backend_ = std::move(CashBackend::open(std::move(settings), workers_, clock_).value());
    }
    ~Ledger() {
        backend_->stop();
        workers_.stop();
    }
    Ledger(const Ledger&) = delete;
    Ledger& operator=(const Ledger&) = delete;

    // The answers to one instruction, a word each; one word where it is refused as a whole.
    std::string run(std::string_view signer, std::initializer_list<const char*> operations) {
        Instruction instruction{account_of("test.sek"), key_of(signer), time_of("60"), {}};
        for (const char* text : operations) {
            instruction.ops.push_back({command_id("op" + std::to_string(++last_id_)),
                                       op_of(words_of(text), time_of("1"))});
        }
        const input::Submit signed_one = submit_of(instruction);
        std::promise<Result<std::vector<OpAnswer>>> told;
        backend_->submit(
            {signed_one.instruction, signed_one.octets},
            [&](Result<std::vector<OpAnswer>> answers) { told.set_value(std::move(answers)); });
        const auto answers = told.get_future().get();
        if (!answers) return std::string(to_string(answers.error()));
        std::string text;
        for (const OpAnswer& answer : *answers) {
            text += text.empty() ? "" : " ";
            text += answer.done ? "ok" : to_string(answer.reason);
        }
        return text;
    }
    bool comes_to_be(bool low) const {
        for (int i = 0; i < 500 && backend_->stats().disk_low != low; ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        return backend_->stats().disk_low == low;
    }

    std::atomic<std::uint64_t> free{1'000};

private:
    lockstep::testing::TemporaryDirectory directory_;
    StillClock clock_;
    net::IoLoop workers_;
    std::unique_ptr<CashBackend> backend_;
    int last_id_ = 0;
};

}  // namespace

TEST_CASE("the room on the disk counts as it is when an instruction comes, not as it was before") {
    Ledger ledger;
    REQUIRE(ledger.run("operator", {"open alice alice", "open bob bob", "asset SEK/2 bank 1"}) ==
            "ok ok ok");
    REQUIRE(ledger.run("bank", {"issue alice 1000", "issue bob 1000"}) == "ok ok");
    REQUIRE(ledger.run("alice", {"prepare E1 alice bob 100 H1 60"}) == "ok");
    ledger.free = 99;
    CHECK(ledger.run("bob", {"transfer bob alice 1", "fulfil E1 alice P1"}) == "disk_low ok");
    CHECK(ledger.run("alice", {"prepare E2 alice bob 100 H1 60"}) == "disk_low");
    ledger.free = 100;
    CHECK(ledger.run("alice", {"prepare E2 alice bob 100 H1 60"}) == "ok");
}

TEST_CASE("an idle ledger notices that its disk has too little room, and that it has room again") {
    Ledger ledger;
    CHECK(ledger.comes_to_be(false));
    ledger.free = 99;
    CHECK(ledger.comes_to_be(true));
    ledger.free = 100;
    CHECK(ledger.comes_to_be(false));
}
