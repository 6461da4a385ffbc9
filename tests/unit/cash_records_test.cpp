// What readers get: statements, closed escrows, the stream.
#include <doctest/doctest.h>

#include <map>

#include "cash/machine/feed.h"
#include "sdk/base/assert.h"
#include "tests/unit/cash_world.h"

using namespace lockstep;
using namespace lockstep::cash;
using namespace lockstep::cash::testing;

namespace {

class Shelf final : public RecordReader {
public:
    explicit Shelf(const World& world) {
        for (const Record& record : world.records())
            rows_[{record.kind, record.key}] = record.value;
    }
    std::optional<Bytes> get(std::uint16_t kind, ByteView key) const override {
        const auto found = rows_.find({kind, Bytes(key.begin(), key.end())});
        return found == rows_.end() ? std::nullopt : std::optional(found->second);
    }
    std::vector<Record> scan(std::uint16_t kind, ByteView from, ByteView to, std::size_t limit,
                             bool) const override {
        std::vector<Record> found;
        for (auto row = rows_.lower_bound({kind, Bytes(from.begin(), from.end())});
             row != rows_.end() && row->first.first == kind && found.size() < limit; ++row) {
            if (!to.empty() && row->first.second >= Bytes(to.begin(), to.end())) break;
            found.push_back({kind, row->first.second, row->second});
        }
        return found;
    }

private:
    std::map<std::pair<std::uint16_t, Bytes>, Bytes> rows_;
};

World busy_world() {
    World world = World::with_accounts();
    REQUIRE(world.run(time_of("1"), "alice", "prepare E1 alice bob 100 H1 60"));
    REQUIRE(world.run(time_of("2"), "alice", "prepare E2 alice bob 200 H2 60"));
    REQUIRE(world.run(time_of("3"), "bob", "fulfil E1 alice P1"));
    REQUIRE(world.run(time_of("4"), "alice", "transfer alice carol 50"));
    REQUIRE(world.run(time_of("60"), "bob", "redeem bob 30"));
    return world;
}

}  // namespace

TEST_CASE("a statement has a line for each change, with the balance after it") {
    const World world = busy_world();
    const Shelf shelf(world);
    using Kind = StatementRow::Kind;
    struct Expected {
        Kind kind;
        std::uint64_t amount, free, escrowed;
        const char* counterparty;
    };
    const Expected expected[] = {
        {Kind::issued, 100'000, 100'000, 0, ""}, {Kind::locked, 100, 99'900, 100, "bob"},
        {Kind::locked, 200, 99'700, 300, "bob"}, {Kind::paid, 100, 99'700, 200, "bob"},
        {Kind::sent, 50, 99'650, 200, "carol"},  {Kind::returned, 200, 99'850, 0, "bob"},
    };
    const auto rows = read_statement(shelf, account_of("alice"), 0, 100);
    REQUIRE(rows.size() == std::size(expected));
    for (std::size_t i = 0; i < rows.size(); ++i) {
        CHECK(rows[i].kind == expected[i].kind);
        CHECK(rows[i].amount.units() == expected[i].amount);
        CHECK(rows[i].free.units() == expected[i].free);
        CHECK(rows[i].escrowed.units() == expected[i].escrowed);
        const std::string who = expected[i].counterparty;
        CHECK(rows[i].counterparty == (who.empty() ? Address{} : account_of(who)));
    }
    CHECK(read_statement(shelf, account_of("alice"), rows[2].sequence, 2).size() == 2);
    CHECK(read_statement(shelf, account_of("alice"), rows[2].sequence, 2)[0] == rows[2]);
    CHECK(read_statement(shelf, account_of("ali"), 0, 100).empty());
    const auto bob = read_statement(shelf, account_of("bob"), 0, 100);
    REQUIRE(bob.size() == 2);
    CHECK(bob[0].kind == Kind::claimed);
    CHECK(bob[1].kind == Kind::redeemed);
    CHECK(bob[1].free.units() == 70);
}

TEST_CASE("closed escrows and answers are found after the state has forgotten them") {
    World world = busy_world();
    REQUIRE(world.run(time_of("61"), "bank", "issue bob 5 id=minted"));
    REQUIRE(world.apply(time_of("200000"), input::Wake{}));
    CHECK(world.machine.escrows().find(EscrowPlace{AccountNo{0}, escrow_id("E1")}) == nullptr);
    const Shelf shelf(world);
    const auto first = read_closed(shelf, {account_of("alice"), escrow_id("E1")});
    REQUIRE(first);
    CHECK(first->state == EscrowState::fulfilled);
    CHECK(first->preimage == preimage_of("P1"));
    const auto second = read_closed(shelf, {account_of("alice"), escrow_id("E2")});
    REQUIRE(second);
    CHECK(second->state == EscrowState::refunded_expired);
    CHECK_FALSE(read_closed(shelf, {account_of("bob"), escrow_id("E1")}));
    const auto minted = read_answer(shelf, key_of("bank"), command_id("minted"));
    REQUIRE(minted);
    CHECK(minted->done);
}

TEST_CASE("a stream begins at any cursor and misses nothing, whenever it begins") {
    const World whole = busy_world();
    const std::uint64_t tip = whole.machine.sequence();
    for (const char* reader : {"alice", "bob"}) {
        for (std::uint64_t cursor = 0; cursor <= tip; ++cursor) {
            for (std::size_t live_from = 0; live_from <= whole.changes().size(); ++live_from) {
                // the feed begins after the change `live_from`; what follows is given to it live
                World early = World::with_accounts();
                const std::vector<std::pair<const char*, const char*>> steps = {
                    {"alice", "prepare E1 alice bob 100 H1 60"},
                    {"alice", "prepare E2 alice bob 200 H2 60"},
                    {"bob", "fulfil E1 alice P1"},
                    {"alice", "transfer alice carol 50"},
                    {"bob", "redeem bob 30"}};
                const char* times[] = {"1", "2", "3", "4", "60"};
                const std::size_t setup = early.changes().size();
                if (live_from < setup) continue;
                for (std::size_t i = 0; i < live_from - setup && i < steps.size(); ++i)
                    REQUIRE(early.run(time_of(times[i]), steps[i].first, steps[i].second));
                auto feed =
                    Feed::begin(early.machine, key_of(reader), cursor, early.machine.time());
                if (cursor > early.machine.sequence()) {
                    CHECK(feed.error() == Reason::too_far_ahead);
                    continue;
                }
                REQUIRE(feed);
                const Shelf shelf(early);
                std::vector<LedgerFrame> frames;
                while (auto frame = feed->past(shelf))
                    frames.push_back(std::move(*frame));
                for (std::size_t i = early.changes().size(); i < whole.changes().size(); ++i)
                    REQUIRE(feed->add(whole.changes()[i]));
                REQUIRE(feed->beat(time_of("61"), tip));
                for (LedgerFrame& frame : feed->take())
                    frames.push_back(std::move(frame));

                std::uint64_t last = cursor;
                std::size_t count = 0;
                std::map<AssetId, Balance> balances;
                for (const LedgerFrame& frame : frames) {
                    REQUIRE(decode_frame(encode_frame(frame)));
                    for (const LedgerEvent& event : frame.events) {
                        CHECK(event.sequence > last);
                        last = event.sequence;
                        ++count;
                    }
                    for (const Balance& balance : frame.balances)
                        balances[balance.asset] = balance;
                }
                std::size_t wanted = 0;
                for (const LedgerEvent& event : whole.events())
                    wanted += event.sequence > cursor ? 1 : 0;
                CHECK(count == wanted);
                CHECK(frames.back().tip == tip);
                const auto account = whole.machine.book().find(account_of(reader));
                CHECK(balances.at(asset_of("SEK/2")) == whole.machine.balances_of(*account).at(0));
            }
        }
    }
}
