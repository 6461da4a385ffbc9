// The cash machine in tables: a row a call, `seconds signer | operation | result`. The last case
// counts: each reason that the machine's sources name has to occur as the result of some row.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "cash/machine/feed.h"
#include "sdk/crypto/hash.h"
#include "tests/unit/cash_world.h"

using namespace lockstep;
using namespace lockstep::cash;
using namespace lockstep::cash::testing;

namespace {

struct Table {
    const char* name;
    bool with_accounts;  // alice, bob, carol, the krona; alice has 100000
    const char* rows;
};

const Table tables[] = {
    {"a ledger is configured once, and again only as itself", false, R"(
0 operator | open alice alice                         | unavailable
0          | configure max_hold=0                     | malformed
0          | configure                                | ok
0          | configure max_hold=60                    | ok
0          | configure ledger=test.eur                | wrong_ledger
0          | upgrade 1                                | ok
0          | upgrade 2                                | unknown_version
0          | upgrade 0                                | unknown_version
0          | wake                                     | ok
)"},
    {"the operator opens accounts and registers assets", false, R"(
0          | configure max_accounts=2 max_assets=1    | ok
0 alice    | open alice alice                         | unknown_key
0 operator | open test.eur.alice alice                | wrong_ledger
0 operator | open test.sek alice                      | wrong_ledger  # the ledger is no account
0 operator | open alice alice                         | ok 1
0 operator | open alice alice                         | ok 1          # under another id
0 operator | open alice bob                           | account_exists
0 alice    | open bob bob                             | not_permitted
0 operator | open bob bob disk=low                    | disk_low
0 operator | open bob bob                             | ok 2
0 operator | open carol carol                         | limit_reached
0 operator | asset SEK/2 bank 0                       | zero_amount
0 alice    | asset SEK/2 bank 1                       | not_permitted
0 operator | asset SEK/2 bank 1 disk=low              | disk_low
0 operator | asset SEK/2 bank 1                       | ok 3
0 operator | asset SEK/2 bank 1                       | ok 3
0 operator | asset SEK/3 bank 1                       | asset_exists
0 operator | asset SEK/2 alice 1                      | asset_exists
0 operator | asset SEK/2 bank 5                       | asset_exists
0 operator | asset EUR/2 bank 1                       | limit_reached
)"},
    {"an instruction is refused as a whole, in this order", true, R"(
0 alice    | transfer alice bob 1 ledger=test.eur     | wrong_ledger
0 alice    | transfer alice bob 1 copies=0            | too_many_ops
0 alice    | transfer alice bob 1 copies=1025         | too_many_ops
0 mallory  | transfer alice bob 1                     | unknown_key
0 alice    | transfer alice bob 1 valid_until=-1      | too_late
0 alice    | transfer alice bob 1 valid_until=0-1     | too_late
0 alice    | transfer alice bob 1 valid_until=86400+1 | too_far_ahead
0 alice    | transfer alice bob 1 valid_until=0       | ok
0 alice    | transfer alice bob 1 valid_until=86400   | ok
0          | balance bob                              | 2+0
)"},
    {"issue and redeem", true, R"(
0 bank     | issue test.eur.bob 5                     | wrong_ledger
0 bank     | issue bob 0                              | zero_amount
0 bank     | issue bob 5 asset=EUR/2                  | unknown_asset
0 bank     | issue bob 5 asset=SEK/3                  | unknown_asset
0 alice    | issue bob 5                              | not_permitted
0 bank     | issue dave 5                             | unknown_account
0 bank     | issue bob 5 disk=low                     | disk_low
0 bank     | issue bob 15 asset=ABC/0                 | odd_lot
0 bank     | issue bob 18446744073709451615           | ok
0 bank     | issue bob 1                              | amount_overflow  # the sum would leave 64 bits
0 bank     | issue bob 20 asset=ABC/0                 | ok
0 bob      | redeem test.eur.bob 5                    | wrong_ledger
0 bob      | redeem bob 0                             | zero_amount
0 bob      | redeem dave 5                            | unknown_account
0 bank     | redeem bob 5                             | not_permitted
0 bob      | redeem bob 5 asset=EUR/2                 | unknown_asset
0 bob      | redeem bob 5 disk=low                    | disk_low
0 bob      | redeem bob 5 asset=ABC/0                 | odd_lot
0 bob      | redeem bob 30 asset=ABC/0                | insufficient_funds
0 bob      | redeem bob 10 asset=ABC/0                | ok
0          | balance bob asset=ABC/0                  | 10+0
)"},
    {"a transfer", true, R"(
0 alice    | transfer test.eur.a bob 5                | wrong_ledger
0 alice    | transfer alice test.eur.b 5              | wrong_ledger
0 alice    | transfer alice bob 0                     | zero_amount
0 alice    | transfer alice alice 5                   | same_account
0 alice    | transfer dave bob 5                      | unknown_account
0 bob      | transfer alice bob 5                     | not_permitted
0 alice    | transfer alice dave 5                    | unknown_account
0 alice    | transfer alice bob 5 asset=EUR/2         | unknown_asset
0 alice    | transfer alice bob 5 disk=low            | disk_low
0 alice    | transfer alice bob 5 asset=ABC/0         | odd_lot
9 alice    | transfer alice bob 5 not_after=9-1       | not_after_passed
9 alice    | transfer alice bob 5 not_after=86409+1   | too_far_ahead
9 alice    | transfer alice bob 100001                | insufficient_funds
9 alice    | transfer alice bob 100000 not_after=9    | ok
9          | balance alice                            | 0+0
9          | balance bob                              | 100000+0
)"},
    {"what a prepare needs", true, R"(
0 alice    | prepare E1 test.eur.a bob 100 H1 60      | wrong_ledger
0 alice    | prepare E1 alice test.eur.b 100 H1 60    | wrong_ledger
0 alice    | prepare E1 alice bob 0 H1 60             | zero_amount
0 alice    | prepare E1 alice alice 100 H1 60         | same_account
0 alice    | prepare E1 dave bob 100 H1 60            | unknown_account
0 bob      | prepare E1 alice bob 100 H1 60           | not_permitted
0 alice    | prepare E1 alice dave 100 H1 60          | unknown_account
0 alice    | prepare E1 alice bob 100 H1 60 asset=EUR/2 | unknown_asset
0 alice    | prepare E1 alice bob 100 H1 60 disk=low  | disk_low
0 alice    | prepare E1 alice bob 5 H1 60 asset=ABC/0 | odd_lot
0 alice    | prepare E1 alice bob 1000001 H1 60       | amount_too_large
0 alice    | prepare E1 alice bob 100 H1 0            | expiry_passed   # half open: 0 is too late
0 alice    | prepare E1 alice bob 100 H1 0-1          | expiry_passed
0 alice    | prepare E1 alice bob 100 H1 3600+1       | expiry_too_far
0 alice    | prepare E1 alice bob 100 H1 60 not_after=0-1     | not_after_passed
0 alice    | prepare E1 alice bob 100 H1 60 not_after=86400+1 | too_far_ahead
0 alice    | prepare E1 alice bob 100001 H1 60        | insufficient_funds
0 alice    | prepare E1 alice bob 10 H1 60 asset=ABC/0 | insufficient_funds
0 alice    | prepare E1 alice bob 100 H1 0+1 not_after=0 | ok
0 alice    | prepare E2 alice bob 100 H1 3600         | ok
0          | balance alice                            | 99800+200
)"},
    {"a prepare repeated with equal terms gets its first answer, with others none", true, R"(
0 alice    | prepare E1 alice bob 100 H1 60           | ok 7
0 alice    | prepare E1 alice bob 100 H1 60           | ok 7
0 alice    | prepare E1 alice bob 100 H1 60 disk=low  | ok 7
0 alice    | prepare E1 alice bob 101 H1 60           | id_reused
0 alice    | prepare E1 alice carol 100 H1 60         | id_reused
0 alice    | prepare E1 alice bob 100 H2 60           | id_reused
0 alice    | prepare E1 alice bob 100 H1 61           | id_reused
0          | balance alice                            | 99900+100
1 bob      | fulfil E1 alice P1                       | ok 8
2 alice    | prepare E1 alice bob 100 H1 60           | ok 7   # also when it is closed
70 alice   | prepare E1 alice bob 100 H1 60           | ok 7   # and after its expiry
70         | balance alice                            | 99900+0
)"},
    {"an id belongs to its payer", true, R"(
0 alice    | transfer alice carol 500                 | ok
0 alice    | prepare E1 alice bob 100 H1 60           | ok 8
0 carol    | prepare E1 carol bob 200 H2 60           | ok 9
1 bob      | fulfil E1 carol P2                       | ok 10
1          | escrow E1 alice                          | prepared
1          | escrow E1 carol                          | fulfilled
1 bob      | fulfil E1 alice P2                       | wrong_preimage
)"},
    {"a fulfil needs the payee, 32 octets and the right ones", true, R"(
0 alice    | prepare E1 alice bob 100 H1 60           | ok
0 alice    | prepare E2 alice bob 100 H1:33 60        | ok
0 bob      | fulfil E1 test.eur.a P1                  | wrong_ledger
0 bob      | fulfil E3 alice P1                       | unknown_escrow
0 bob      | fulfil E1 dave P1                        | unknown_escrow
0 carol    | fulfil E1 alice P1                       | not_payee
0 alice    | fulfil E1 alice P1                       | not_payee
0 bob      | fulfil E1 alice P1:0                     | wrong_preimage_size
0 bob      | fulfil E1 alice P1:31                    | wrong_preimage_size
0 bob      | fulfil E1 alice P1:33                    | wrong_preimage_size
0 bob      | fulfil E1 alice P1:521                   | wrong_preimage_size
0 bob      | fulfil E1 alice P2                       | wrong_preimage
0 bob      | fulfil E2 alice P1:33                    | wrong_preimage_size  # though it hashes to H
0 bob      | fulfil E1 alice P1 disk=low              | ok   # claims go on when the disk is low
0          | balance bob                              | 100+0
)"},
    {"a repeated fulfil gets the first answer, also after the expiry", true, R"(
0 alice    | prepare E1 alice bob 100 H1 60           | ok 7
5 bob      | fulfil E1 alice P1                       | ok 8
6 bob      | fulfil E1 alice P1                       | ok 8
60 bob     | fulfil E1 alice P1                       | ok 8
500 bob    | fulfil E1 alice P1                       | ok 8
500 bob    | fulfil E1 alice P2                       | wrong_preimage
500        | balance bob                              | 100+0
660-1 bob  | fulfil E1 alice P1                       | ok 8
660-1us bob | fulfil E1 alice P1                      | ok 8
660 bob    | fulfil E1 alice P1                       | unknown_escrow  # after the retention
660        | balance bob                              | 100+0
)"},
    {"an escrow expires at its expiry, to the microsecond: fulfilled one before", true, R"(
0 alice    | prepare E1 alice bob 100 H1 60           | ok
60-1 bob   | fulfil E1 alice P1                       | ok
60         | escrow E1 alice                          | fulfilled
)"},
    {"refused at the expiry", true, R"(
0 alice    | prepare E1 alice bob 100 H1 60           | ok
60-1       | escrow E1 alice                          | prepared
60 bob     | fulfil E1 alice P1                       | escrow_expired
60         | escrow E1 alice                          | refunded_expired
60         | balance alice                            | 100000+0
)"},
    {"refused one after", true, R"(
0 alice    | prepare E1 alice bob 100 H1 60           | ok
60+1 bob   | fulfil E1 alice P1                       | escrow_expired
60+1       | balance bob                              | 0+0
)"},
    {"the clock gives back what has expired, without being asked for it", true, R"(
0 alice    | prepare E1 alice bob 100 H1 60           | ok
60-1       | wake                                     | ok
60-1       | escrow E1 alice                          | prepared
60         | wake                                     | ok
60         | escrow E1 alice                          | refunded_expired
60 bob     | fulfil E1 alice P1                       | escrow_expired
)"},
    {"a refund is the clock's; asking for it tells what happened", true, R"(
0 alice    | prepare E1 alice bob 100 H1 60           | ok 7
0 alice    | prepare E2 alice bob 100 H2 60           | ok 8
0 alice    | prepare E3 alice bob 100 H3 60           | ok 9
0 bob      | fulfil E1 alice P1                       | ok 10
0 bob      | reject E2 alice bob                      | ok 11
0 carol    | refund E3 test.eur.a                     | wrong_ledger
0 carol    | refund E4 alice                          | unknown_escrow
0 carol    | refund E4 dave                           | unknown_escrow
0 carol    | refund E1 alice                          | already_fulfilled
0 carol    | refund E2 alice                          | already_refunded
60-1 carol | refund E3 alice                          | escrow_not_expired
60 carol   | refund E3 alice                          | ok 12
60 carol   | refund E3 alice                          | ok 12
60         | balance alice                            | 99900+0
)"},
    {"a payee gives an escrow back early", true, R"(
0 alice    | prepare E1 alice bob 100 H1 60           | ok 7
0 alice    | prepare E2 alice bob 100 H2 60           | ok 8
0 alice    | prepare E3 alice bob 100 H3 10           | ok 9
0 bob      | reject E1 test.eur.a bob                 | wrong_ledger
0 bob      | reject E1 alice test.eur.b               | wrong_ledger
0 bob      | reject E1 dave bob                       | unknown_account
0 bob      | reject E1 alice dave                     | unknown_account
0 alice    | reject E1 alice bob                      | not_payee
0 carol    | reject E1 alice carol                    | not_payee
0 bob      | reject E1 alice bob disk=low             | ok 10
1 bob      | reject E1 alice bob                      | ok 10
1 bob      | fulfil E1 alice P1                       | already_refunded
1 bob      | fulfil E2 alice P2                       | ok 11
1 bob      | reject E2 alice bob                      | already_fulfilled
10 bob     | reject E3 alice bob                      | already_refunded
10         | balance alice                            | 99900+0
)"},
    {"an escrow that its payee refused beforehand cannot be prepared for that payee", true, R"(
0 bob      | reject E1 alice bob                      | ok 7
0 bob      | reject E1 alice bob                      | ok 7
0 alice    | prepare E1 alice bob 100 H1 60           | tombstoned
0 alice    | prepare E1 alice carol 100 H1 60         | ok 8
0 bob      | fulfil E1 alice P1                       | not_payee
0 bob      | reject E1 alice bob                      | not_payee
0          | balance alice                            | 99900+100
)"},
    {"a tombstone outlives every prepare that it has to stop", true, R"(
0 bob      | reject E1 alice bob                      | ok 7
86400 alice | prepare E1 alice bob 100 H1 86500 not_after=86400 | tombstoned
86400+1us alice | prepare E1 alice bob 100 H1 86500   | ok 8
)"},
    {"an operation id has one answer: that of the first time", true, R"(
0 alice    | transfer alice bob 5 id=A not_after=20   | ok 7
1 alice    | transfer alice bob 5 id=A not_after=20   | ok 7
1 alice    | transfer alice bob 6 id=A not_after=20   | id_reused
1 alice    | transfer alice bob 5 id=A not_after=21   | id_reused
1 alice    | prepare E1 alice bob 5 H1 60 id=A        | id_reused
1 bob      | transfer bob alice 2 id=A                | ok 8    # another signer's id
1 alice    | transfer alice bob 5 id=A not_after=20 valid_until=100  | ok 7
90 alice   | transfer alice bob 5 id=A not_after=20   | ok 7    # remembered for the longest of them
150 alice  | transfer alice bob 5 id=A not_after=20   | ok 7
211 alice  | transfer alice bob 5 id=A not_after=20   | not_after_passed
211        | balance bob                              | 3+0
)"},
    {"a refusal is an answer too", true, R"(
0 bob      | transfer bob carol 5 id=A not_after=50   | insufficient_funds
1 alice    | transfer alice bob 5                     | ok
2 bob      | transfer bob carol 5 id=A not_after=50   | insufficient_funds
2 bob      | transfer bob carol 5 id=B not_after=50   | ok
)"},
    {"creating and destroying value is remembered for a day at least", true, R"(
0 bank     | issue bob 5 id=A valid_until=1           | ok 7
86399 bank | issue bob 5 id=A                         | ok 7
86399      | balance bob                              | 5+0
)"},
    {"an operation that nobody could take so late holds no memory until then", true, R"(
0          | configure max_answers_of_signer=2        | ok
0 alice    | transfer alice bob 5 id=A not_after=9000000 | too_far_ahead
0 alice    | transfer alice bob 5 id=B not_after=9000000 | too_far_ahead
1 alice    | transfer alice bob 5                     | overloaded
86401 bob  | refund E1 alice                          | unknown_escrow
86401 alice | transfer alice bob 5                    | ok
)"},
    {"closed escrows are no more than may be open, and the oldest leave first", true, R"(
0          | configure max_open_escrows=2             | ok
0 alice    | prepare E1 alice bob 100 H1 60           | ok
0 bob      | fulfil E1 alice P1                       | ok
0 alice    | prepare E2 alice bob 100 H2 61           | ok
0 bob      | fulfil E2 alice P2                       | ok
0 bob      | fulfil E1 alice P1                       | ok
0 alice    | prepare E3 alice bob 100 H3 62           | ok
0 bob      | fulfil E3 alice P3                       | ok
0 bob      | fulfil E1 alice P1                       | unknown_escrow
0 bob      | fulfil E2 alice P2                       | ok
0          | balance bob                              | 300+0
)"},
    {"the same id twice in one instruction is done once", true, R"(
0 alice    | transfer alice bob 5 copies=3            | ok 7
0          | balance bob                              | 5+0
)"},
    {"limits hold, and claims go on when the memory of answers is full", true, R"(
0          | configure max_open_escrows=3 max_open_escrows_of_payer=2 max_tombstones_of_payee=1 | ok
0 alice    | transfer alice carol 500                 | ok
0 alice    | prepare E1 alice bob 100 H1 60           | ok
0 alice    | prepare E2 alice bob 100 H2 60           | ok
0 alice    | prepare E3 alice bob 100 H3 60           | limit_reached
0 carol    | prepare E1 carol bob 100 H1 60           | ok
0 carol    | prepare E2 carol bob 100 H2 60           | limit_reached   # of the ledger
0 bob      | reject E7 alice bob                      | ok
0 bob      | reject E8 alice bob                      | limit_reached
0          | configure max_answers_of_signer=3        | ok
0 bob      | fulfil E1 alice P1                       | ok
0 bob      | transfer bob alice 1                     | overloaded
0 bob      | fulfil E2 alice P2                       | ok
0 bob      | fulfil E2 alice P2                       | ok
0          | configure max_answers=1                  | ok
0 carol    | transfer carol bob 1                     | overloaded
0 bob      | fulfil E1 carol P1                       | ok
0          | balance bob                              | 300+0
)"},
    {"an owner sees its own, an auditor everything", true, R"(
0 alice    | prepare E1 alice bob 100 H1 60           | ok
0 carol    | ask balances test.eur.alice              | wrong_ledger
0 carol    | ask balances dave                        | unknown_account
0 carol    | ask balances alice                       | not_permitted
0 alice    | ask balances alice                       | 0/1
0 auditor  | ask balances alice                       | 0/1
0 alice    | ask open alice                           | 1/0
0 bob      | ask open bob                             | 1/0
0 carol    | ask open carol                           | 0/0
0 carol    | ask open bob                             | not_permitted
0 alice    | ask escrow E1 alice                      | 1/0
0 bob      | ask escrow E1 alice                      | 1/0
0 carol    | ask escrow E1 alice                      | not_permitted
0 auditor  | ask escrow E1 alice                      | 1/0
0 bob      | ask escrow E2 alice                      | 0/0
0 bob      | ask escrow E2 dave                       | unknown_account
0 bob      | ask escrow E2 test.eur.alice             | wrong_ledger
)"},
};

std::set<std::string> run_all() {
    std::set<std::string> seen;
    for (const Table& table : tables) {
        const std::string name = table.name;
        CAPTURE(name);
        World world = table.with_accounts ? World::with_accounts() : World{};
        run_table(world, table.rows, seen);
    }
    return seen;
}

// The reasons that the machine's sources can refuse with.
std::set<std::string> reasons_in_sources() {
    std::set<std::string> reasons;
    const std::string folder = std::string(LOCKSTEP_SOURCE_DIR) + "/ledger-adapters/cash/machine/";
    for (const char* name : {"machine.cpp", "operations.cpp", "queries.cpp"}) {
        std::ifstream file(folder + name);
        REQUIRE(file);
        const std::string text{std::istreambuf_iterator<char>(file), {}};
        const std::string call = "refuse(Reason::";
        for (auto at = text.find(call); at != std::string::npos; at = text.find(call, at + 1)) {
            const auto begin = at + call.size();
            reasons.insert(text.substr(begin, text.find(')', begin) - begin));
        }
    }
    reasons.insert("id_reused");
    return reasons;
}

}  // namespace

TEST_CASE("every row of the tables ends as it says, and every reason occurs in one") {
    const std::set<std::string> seen = run_all();
    const std::set<std::string> possible = reasons_in_sources();
    CHECK(possible.size() > 30);
    for (const std::string& reason : possible)
        CHECK_MESSAGE(seen.contains(reason), "no row ends with ", reason);
}

TEST_CASE("a memory of answers that is full wakes the ledger when there is room again") {
    World world = World::with_accounts();
    Settings settings = test_settings();
    settings.limits.max_answers_of_signer = 1;
    REQUIRE(world.apply(time_of("0"), input::Configure{settings}));
    REQUIRE(world.run(time_of("0"), "alice", "transfer alice bob 5 not_after=20 valid_until=60"));
    // nothing that is refused moves the ledger's time, so it has to wake by itself
    const auto refused = world.run(time_of("90"), "alice", "transfer alice bob 5");
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == Reason::overloaded);
    const auto wake = world.machine.next_wake();
    REQUIRE(wake);
    CHECK(*wake <= time_of("90"));
    REQUIRE(world.apply(time_of("90"), CashMachine::wake()));
    CHECK(world.run(time_of("90"), "alice", "transfer alice bob 5"));
}

TEST_CASE("what falls due together is given back in the order of expiry, payer and id") {
    World world = World::with_accounts();
    REQUIRE(world.run(time_of("0"), "alice", "transfer alice carol 500"));
    for (const char* operation : {"prepare E2 carol bob 1 H1 50", "prepare E1 carol bob 1 H1 40"})
        REQUIRE(world.run(time_of("0"), "carol", operation));
    for (const char* operation : {"prepare E4 alice bob 1 H1 50", "prepare E3 alice bob 1 H1 50"})
        REQUIRE(world.run(time_of("0"), "alice", operation));
    CHECK(world.machine.next_wake() == time_of("40"));
    const std::size_t before = world.events().size();
    REQUIRE(world.apply(time_of("55"), input::Wake{}));
    REQUIRE(world.events().size() == before + 4);
    CHECK_FALSE(world.machine.next_wake());
    const auto key = [&](std::size_t i) {
        const LedgerEvent& event = world.events()[before + i];
        return EscrowKey{event.terms.payer, event.terms.id};
    };
    CHECK(key(0) == EscrowKey{account_of("carol"), escrow_id("E1")});
    std::vector<EscrowId> ids{escrow_id("E3"), escrow_id("E4")};
    std::sort(ids.begin(), ids.end());
    CHECK(key(1) == EscrowKey{account_of("alice"), ids[0]});
    CHECK(key(2) == EscrowKey{account_of("alice"), ids[1]});
    CHECK(key(3) == EscrowKey{account_of("carol"), escrow_id("E2")});
}

TEST_CASE("a snapshot restores the machine: the same digest, the same future") {
    World world = World::with_accounts();
    REQUIRE(world.run(time_of("0"), "alice", "prepare E1 alice bob 100 H1 60"));
    REQUIRE(world.run(time_of("0"), "alice", "prepare E2 alice bob 100 H2 70"));
    REQUIRE(world.run(time_of("1"), "bob", "fulfil E1 alice P1"));
    REQUIRE(world.run(time_of("1"), "bob", "reject E9 alice bob"));
    const Bytes snapshot = world.machine.write_snapshot();
    World other;
    REQUIRE(other.machine.read_snapshot(snapshot));
    CHECK(other.machine.write_snapshot() == snapshot);
    CHECK(other.machine.next_wake() == time_of("70"));
    for (World* each : {&world, &other}) {
        CHECK(each->run(time_of("2"), "bob", "fulfil E1 alice P1 id=again") == 9);
        CHECK(each->run(time_of("80"), "bob", "fulfil E2 alice P2 id=late").error() ==
              Reason::escrow_expired);
        CHECK(each->run(time_of("80"), "alice", "prepare E9 alice bob 1 H1 90 id=dead").error() ==
              Reason::tombstoned);
        // past the retention and the memory of answers
        REQUIRE(each->apply(time_of("200000"), input::Wake{}));
    }
    CHECK(sha256(world.machine.write_snapshot()) == sha256(other.machine.write_snapshot()));
    for (std::size_t size = 0; size < snapshot.size(); size += 7)
        CHECK_FALSE(other.machine.read_snapshot(ByteView(snapshot).first(size)));
}

TEST_CASE("inputs are read back from the journal as they were, and malformed ones are refused") {
    const Instruction instruction{account_of("test.sek"),
                                  key_of("alice"),
                                  time_of("9"),
                                  {{command_id("A"), op::Refund{{account_of("alice"), {}}}}}};
    const std::vector<Input> inputs = {input::Configure{test_settings()}, submit_of(instruction),
                                       submit_of(instruction, false), input::Wake{},
                                       input::Upgrade{1}};
    for (const Input& input : inputs) {
        const Bytes octets = encode_input(input);
        const auto again = decode_input(octets);
        REQUIRE(again);
        CHECK(encode_input(*again) == octets);
        for (std::size_t size = 0; size < octets.size(); ++size)
            CHECK_FALSE(decode_input(ByteView(octets).first(size)));
        Bytes longer = octets;
        longer.push_back(0);
        CHECK_FALSE(decode_input(longer));
    }
    CHECK_FALSE(decode_input(Bytes{9}));
}

TEST_CASE("only an instruction that begins things and ends none waits for disk space") {
    const auto is_new = [](std::initializer_list<const char*> operations) {
        Instruction instruction{account_of("test.sek"), key_of("alice"), time_of("9"), {}};
        for (const char* text : operations)
            instruction.ops.push_back({command_id(text), op_of(words_of(text), time_of("0"))});
        return CashMachine::is_new_business(submit_of(instruction));
    };
    CHECK(is_new({"prepare E1 alice bob 1 H1 60", "transfer alice bob 1"}));
    CHECK(is_new({"open alice alice"}));
    CHECK_FALSE(is_new({"prepare E1 alice bob 1 H1 60", "fulfil E2 carol P1"}));
    CHECK_FALSE(is_new({"reject E2 carol alice"}));
    CHECK_FALSE(CashMachine::is_new_business(input::Wake{}));
}
