// Ledgers as programs on a file system that is really full: no new business first, then claims on
// the ballast, then a loud stop, and with room again the books are whole.
#include <doctest/doctest.h>

#include <iostream>

#include "sdk/base/exit_code.h"
#include "sdk/net/system_time.h"
#include "tests/integration/ledger_process.h"
#include "tests/integration/raw_caller.h"
#include "tests/integration/small_disk.h"

using namespace lockstep;
using namespace lockstep::test;

namespace {

constexpr int disk_mib = 32;
// Smaller than what is kept, so that only the ballast can be what carries a claim.
constexpr const char* limits = "ballast_mib = 2\nlow_disk_mib = 8\n";

Bytes preimage(const std::string& name) {
    return Bytes(32, static_cast<std::uint8_t>(name.back()));
}
EscrowId id_of(const std::string& name) {
    return EscrowId{sha256(as_bytes(name)).array()};
}
op::Prepare prepare(const LedgerProcess& ledger, const std::string& name) {
    return {{id_of(name), ledger.account("alice"), ledger.account("bob"), ledger.kind.asset,
             Amount{ledger.kind.lot}, Condition{sha256(preimage(name)).array()},
             net::system_time() + Duration::seconds(120)},
            net::system_time() + Duration::seconds(60)};
}
op::Fulfil fulfil(const LedgerProcess& ledger, const std::string& name) {
    return {{ledger.account("alice"), id_of(name)}, preimage(name)};
}

// Asked once: a client asks again until there is room. "done", the refusal, or "" without answer.
std::string said(LedgerProcess& ledger, const std::string& who, OpBody body) {
    const Instruction instruction{
        *Address::parse(ledger.kind.address),
        signer(who)->public_key(),
        net::system_time() + Duration::seconds(30),
        {{CommandId{sha256(as_bytes(who + std::to_string(net::system_time().us()))).array()},
          std::move(body)}}};
    RawCaller raw(ledger.loop(), ledger.url());
    const auto answer = raw.send(RawCaller::request("POST", "/v1/instructions",
                                                    sign_instruction(instruction, *signer(who))));
    if (answer.status != 200) return answer.code;
    const auto answers = decode_answers(answer.body);
    REQUIRE(answers);
    return answers->front().done ? "done" : std::string(to_string(answers->front().reason));
}
std::string log_of(LedgerProcess& ledger) {
    return read_file(ledger.process().log());
}
bool logs(LedgerProcess& ledger, const std::string& text) {
    return log_of(ledger).find(text) != std::string::npos;
}
// A validator looks at its disk once a second when nothing happens.
bool becomes_low(LedgerProcess& ledger) {
    for (int i = 0; i < 300; ++i) {
        const auto ready = ledger.client("alice").get("/health/ready");
        if (!ready && ready.error().code == "disk_low") return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
}

void play(const LedgerKind& kind, bool stops) {
    LedgerProcess ledger(kind);
    ledger.process().terminate();
    REQUIRE(ledger.process().wait(20'000) == exit_done);
    std::string text = read_file(ledger.config());
    const std::string none = "ballast_mib = 0\n";
    // Where the port is written there may be no room for it.
    text.replace(text.find(none), none.size(),
                 limits + ("[listen]\nport = " + std::to_string(ledger.url().port) + "\n"));
    write_file(ledger.config(), text);
    const SmallDisk disk(ledger.home() / "data", disk_mib);
    REQUIRE_MESSAGE(disk.error().empty(), disk.error());
    ledger.start();
    for (const char* name : {"E1", "E2"})
        REQUIRE(said(ledger, "alice", prepare(ledger, name)) == "done");

    disk.fill(4 << 10);
    CHECK(becomes_low(ledger));
    CHECK(said(ledger, "alice", prepare(ledger, "E3")) == "disk_low");
    CHECK_FALSE(logs(ledger, "ballast_released"));

    // It stops; the index of its log is not among what is copied somewhere else and back; and
    // others take all that is left.
    if (stops) {
        ledger.process().terminate();
        REQUIRE(ledger.process().wait(20'000) == exit_done);
        REQUIRE(disk.remove("journal.sqlite-shm") > 0);
    }
    disk.fill(0);
    if (stops) {
        ledger.process().start();
        REQUIRE(becomes_low(ledger));
    }
    CHECK(said(ledger, "bob", fulfil(ledger, "E1")) == "done");
    CHECK(logs(ledger, "ballast_released"));
    CHECK(said(ledger, "alice", prepare(ledger, "E3")) == "disk_low");

    // What the ballast gave back is taken by others.
    for (int i = 0; i < 50 && ledger.process().running(); ++i) {
        disk.fill(0);
        const std::string last = said(ledger, "bob", fulfil(ledger, "E2"));
        if (last.empty()) break;
        CHECK(last == "done");
    }
    CHECK(ledger.process().wait(5'000) == exit_fatal);
    CHECK(logs(ledger, "fatal: disk_full: "));

    disk.make_room();
    ledger.start();
    CHECK(ledger.client("alice").get("/health/ready"));
    const auto claimed =
        ledger.client("bob").query(ask::Escrow{{ledger.account("alice"), id_of("E1")}});
    REQUIRE(claimed);
    REQUIRE(claimed->escrows.size() == 1);
    CHECK(claimed->escrows[0].state == EscrowState::fulfilled);
    REQUIRE(ledger.client("bob").run(fulfil(ledger, "E2")));
    REQUIRE(said(ledger, "alice", prepare(ledger, "E4")) == "done");
    const auto has = ledger.client("bob").query(ask::Balances{ledger.account("bob")});
    REQUIRE(has);
    REQUIRE(has->balances.size() == 1);
    CHECK(has->balances[0].free == Amount{2 * ledger.kind.lot});
    ledger.process().terminate();
    REQUIRE(ledger.process().wait(20'000) == exit_done);
    Process replay(kind.program, {"--config", ledger.config(), "--replay"},
                   ledger.home() / "replay.txt");
    replay.start();
    REQUIRE(replay.wait(20'000) == exit_done);
    CHECK(read_file(ledger.home() / "replay.txt").find("the same as state.json") !=
          std::string::npos);
}

TEST_CASE("a ledger on a full disk records claims on its ballast, then stops, and loses nothing") {
    static const std::string refused = enter_own_mounts();  // before there is another thread
    if (!refused.empty()) {
        std::cout << "SKIPPED: no file system of its own for the test: " << refused << '\n';
        return;
    }
    SUBCASE("cash") {
        play(cash_kind, false);
    }
    SUBCASE("cash, full when it starts") {
        play(cash_kind, true);
    }
    SUBCASE("securities") {
        play(securities_kind, false);
    }
    SUBCASE("securities, full when it starts") {
        play(securities_kind, true);
    }
}

}  // namespace
