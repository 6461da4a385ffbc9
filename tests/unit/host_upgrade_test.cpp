// Journals over a change of rules: each row is replayed under the rules that it was written under,
// and one that this program cannot replay is named.
#include <doctest/doctest.h>

#include "cash/machine/machine.h"
#include "sdk/codec/oer.h"
#include "sdk/machine/machine_program.h"
#include "sdk/machine/sim_host.h"

namespace lockstep {
namespace {

Timestamp at_second(std::int64_t seconds) {
    return Timestamp{seconds * 1'000'000};
}

struct Step {
    std::uint64_t add = 0;
    std::uint16_t upgrade = 0;  // 0: none
};

// Adds up; under rules 2 everything counts twice. `newest` is the version of the program.
template <std::uint16_t newest>
class Counter {
public:
    using Input = Step;
    using Output = std::uint64_t;

    Result<void> check(Timestamp, const Step& in) const {
        const bool known = in.upgrade == 0 || (in.upgrade >= rules_ && in.upgrade <= newest);
        return known ? Result<void>{} : refuse(Reason::unknown_version);
    }
    void apply(Timestamp time, const Step& in, Outputs<Counter>& out) {
        ASSERT(check(time, in));
        total_ += in.add * rules_;
        if (in.upgrade != 0) rules_ = in.upgrade;
        out.outputs.push_back(total_);
    }
    std::optional<Timestamp> next_wake() const { return std::nullopt; }
    static Step wake() { return {}; }
    static Bytes encode_input(const Step& in) {
        return OerWriter().u64(in.add).u16(in.upgrade).take();
    }
    static Result<Step> decode_input(ByteView octets) {
        OerReader from(octets);
        Step in;
        in.add = from.u64();
        in.upgrade = from.u16();
        if (const auto done = from.finish(); !done) return refuse(done.error());
        return in;
    }
    static bool is_recorded(std::uint64_t) { return true; }
    static Bytes encode_output(std::uint64_t total) { return OerWriter().u64(total).take(); }
    static bool is_upgrade(const Step& in) { return in.upgrade != 0; }
    Result<void> begin_under(std::uint16_t rules) {
        if (rules == 0 || rules > newest) return refuse(Reason::unknown_version);
        rules_ = rules;
        return {};
    }
    std::uint16_t rules() const { return rules_; }
    static constexpr SnapshotForm snapshot_form{"counter", 1};
    Bytes write_snapshot() const { return OerWriter().u16(rules_).u64(total_).take(); }
    Result<void> read_snapshot(ByteView octets) {
        OerReader from(octets);
        rules_ = from.u16();
        total_ = from.u64();
        return from.finish();
    }
    std::uint64_t total() const { return total_; }

private:
    std::uint16_t rules_ = newest;
    std::uint64_t total_ = 0;
};

template <std::uint16_t newest>
using CounterProgram = MachineProgram<Counter<newest>>;
template <std::uint16_t newest>
std::unique_ptr<CounterProgram<newest>> make() {
    return std::make_unique<CounterProgram<newest>>(Counter<newest>{});
}

// A program of rules 1 adds 5; its successor adds 5, goes over to rules 2 with 5, and adds 5.
StateDigest run_over_an_upgrade(MemoryDisk& disk, std::uint64_t snapshot_rows) {
    {
        SimHost<CounterProgram<1>> first(disk, make<1>, snapshot_rows);
        REQUIRE(first.start(at_second(1)));
        first.run(at_second(1), {{{5, 0}, 1}});
    }
    SimHost<CounterProgram<2>> second(disk, make<2>, snapshot_rows);
    REQUIRE(second.start(at_second(2)));
    second.run(at_second(2), {{{5, 0}, 1}});
    second.run(at_second(3), {{{5, 2}, 2}});
    second.run(at_second(4), {{{5, 0}, 3}});
    CHECK(second.program().machine().total() == 5 + 5 + 5 + 10);
    return second.digest();
}

TEST_CASE("a journal over an upgrade is replayed under the rules of each row") {
    for (const std::uint64_t snapshot_rows : {std::uint64_t{1}, std::uint64_t{3}, UINT64_MAX}) {
        CAPTURE(snapshot_rows);
        MemoryDisk disk;
        const StateDigest live = run_over_an_upgrade(disk, snapshot_rows);
        REQUIRE(disk.rows.size() == 8);  // an output behind each input
        const std::uint16_t rules[] = {1, 1, 1, 1, 1, 1, 2, 2};
        for (std::size_t i = 0; i < disk.rows.size(); ++i) {
            CAPTURE(i);
            CHECK(disk.rows[i].rules == rules[i]);
            CHECK((disk.rows[i].kind == RowKind::upgrade) == (i == 4));
        }
        SimHost<CounterProgram<2>> again(disk, make<2>, snapshot_rows);
        const auto left = again.start(at_second(5));
        REQUIRE_MESSAGE(left, left.error().detail);
        CHECK(again.digest() == live);
        const auto from_the_first_row = make<2>();
        REQUIRE(from_the_first_row->recover(whole_journal(disk)));
        CHECK(sha256(from_the_first_row->snapshot()) == live.digest);
    }
}

TEST_CASE("a row that cannot be replayed under its rules is refused and named") {
    MemoryDisk disk;
    run_over_an_upgrade(disk, UINT64_MAX);
    const auto changed = [&](std::size_t row, auto change) {
        Recovered journal = whole_journal(disk);
        change(journal.rows[row - 1]);
        return journal;
    };
    const auto with_rules = [&](std::size_t row, std::uint16_t rules) {
        return changed(row, [&](JournalRow& changing) { changing.rules = rules; });
    };
    const auto with_kind = [&](std::size_t row, RowKind kind) {
        return changed(row, [&](JournalRow& changing) { changing.kind = kind; });
    };
    struct Row {
        const char* what;
        Recovered journal;
        const char* detail;
    };
    const std::vector<Row> table{
        {"an input", with_rules(3, 2),
         "journal row 3: it was written under rules 2, but what comes before it follows rules 1"},
        {"an input behind the upgrade", with_rules(7, 1),
         "journal row 7: it was written under rules 1, but what comes before it follows rules 2"},
        {"the upgrade", with_rules(5, 2), "journal row 5: it was written under rules 2, but"},
        {"an output", with_rules(4, 2), "journal row 4: it was written under rules 2, but"},
        {"the upgrade's output", with_rules(6, 2), "journal row 6: it was written under rules 2"},
        {"the first", with_rules(1, 3),
         "journal row 1: it was written under rules 3, which this program does not have"},
        {"no upgrade", with_kind(3, RowKind::upgrade), "journal row 3: it is not of the kind"},
        {"no input", with_kind(5, RowKind::input), "journal row 5: it is not of the kind"},
    };
    for (const Row& row : table) {
        CAPTURE(row.what);
        const auto recovered = make<2>()->recover(row.journal);
        REQUIRE_FALSE(recovered);
        CHECK(recovered.error().code == "diverged");
        CHECK_MESSAGE(recovered.error().detail.find(row.detail) == 0, recovered.error().detail);
    }
    const auto older = make<1>()->recover(whole_journal(disk));
    REQUIRE_FALSE(older);
    CHECK_MESSAGE(older.error().detail.find(
                      "journal row 5: it goes over to rules that this program does not have") == 0,
                  older.error().detail);
}

TEST_CASE("a cash ledger goes over to rules by a row of its own and refuses those it has not") {
    using Cash = MachineProgram<cash::CashMachine>;
    cash::Settings settings;
    settings.ledger = *Address::parse("test.sek");
    const auto found = [&] {
        return std::make_unique<Cash>(cash::CashMachine{},
                                      std::vector<cash::Input>{cash::input::Configure{settings}});
    };
    MemoryDisk disk;
    SimHost<Cash> host(disk, found, UINT64_MAX);
    REQUIRE(host.start(at_second(1)));
    host.run(at_second(2), {{cash::input::Upgrade{1}, 1}});
    REQUIRE(disk.rows.size() == 2);
    CHECK(disk.rows[1].kind == RowKind::upgrade);
    const auto again = found();
    REQUIRE(again->recover(whole_journal(disk)));
    CHECK(again->snapshot() == host.program().snapshot());

    const auto refusal = [&](std::size_t row, auto change) {
        Recovered journal = whole_journal(disk);
        change(journal.rows[row - 1]);
        const auto recovered = found()->recover(journal);
        return recovered ? "none" : recovered.error().detail;
    };
    CHECK(refusal(1, [](JournalRow& row) { row.rules = 2; }).find("journal row 1: ") == 0);
    CHECK(refusal(2, [](JournalRow& row) { row.rules = 2; }).find("journal row 2: ") == 0);
    CHECK(refusal(2, [](JournalRow& row) {
              row.body = cash::CashMachine::encode_input(cash::input::Upgrade{2});
          }).find("(unknown_version)") != std::string::npos);
}

}  // namespace
}  // namespace lockstep
