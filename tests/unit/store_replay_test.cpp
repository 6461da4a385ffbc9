#include "sdk/store/replay.h"

#include <doctest/doctest.h>

#include <fstream>

#include "tests/unit/host_toy.h"
#include "tests/unit/store_journal.h"

namespace lockstep {
namespace {

using testing::TemporaryDirectory;
using testing::test_store;
using testing::Writer;

void write_file(const std::string& name, const std::string& text) {
    std::ofstream(name) << text;
}

// Two parcels taken in.
void fill(const TemporaryDirectory& directory) {
    SqliteStore store(test_store(directory.path()));
    Writer writer(store);
    JournalEnd end;
    end.begin(writer.recovered());
    Turn<int> turn;
    for (std::uint64_t id = 1; id <= 2; ++id) {
        turn.entries.push_back(
            {RowKind::input, Timestamp{5}, toy::Depot::encode_input({id, 10 * id})});
    }
    REQUIRE(writer.append(end.seal(turn, 1)) == Durability::durable);
}

TEST_CASE("a state file gives back what was written to it") {
    const TemporaryDirectory directory;
    const StateDigest digest{12, Hash::from(Bytes(32, 7)).value()};
    REQUIRE(write_state_file(directory.file("state.json"), digest));
    CHECK(read_state_file(directory.file("state.json")) == digest);
    CHECK_FALSE(std::filesystem::exists(directory.file("state.json.new")));
}

TEST_CASE("a file without a seq and a digest is no state file") {
    const TemporaryDirectory directory;
    const std::string name = directory.file("state.json");
    CHECK(read_state_file(name).error().code == "not_found");
    for (const char* text : {"", "{}", "{\"seq\": 1}", "{\"digest\": \"00\"}",
                             "{\"seq\": x, \"digest\": \"00\"}", "{\"seq\": 1, \"digest\": 00}",
                             "{\"seq\": 1, \"digest\": \"00\"}", "{\"seq\": 1, \"digest\": \"0"}) {
        CAPTURE(text);
        write_file(name, text);
        const auto read = read_state_file(name);
        REQUIRE_FALSE(read);
        CHECK(read.error().code == "malformed");
    }
}

TEST_CASE("a replay is compared with the state that the process wrote") {
    const TemporaryDirectory directory;
    fill(directory);
    toy::DepotProgram first{toy::Depot{}};
    const auto digest = replay_digest(directory.path(), first);
    REQUIRE(digest);
    CHECK(digest->seq == 2);
    CHECK(first.machine().total() == 30);

    toy::DepotProgram unclean{toy::Depot{}};
    CHECK(replay_and_compare(directory.path(), unclean).error().code == "not_found");

    REQUIRE(write_state_file(state_file(directory.path()), *digest));
    toy::DepotProgram same{toy::Depot{}};
    CHECK(replay_and_compare(directory.path(), same) == *digest);

    REQUIRE(write_state_file(state_file(directory.path()), {2, Hash{}}));
    toy::DepotProgram other{toy::Depot{}};
    const auto differs = replay_and_compare(directory.path(), other);
    REQUIRE_FALSE(differs);
    CHECK(differs.error().code == "diverged");
    CHECK(differs.error().detail.find(digest->digest.hex()) != std::string::npos);
}

TEST_CASE("a snapshot in another form, or of another machine, is refused and not misread") {
    struct Row {
        const char* what;
        Bytes state;
        const char* code;
        const char* detail;
    };
    const Bytes empty = toy::Depot{}.write_snapshot();
    const std::vector<Row> table{
        {"newer", in_form({"depot", 3}, empty), "newer_format",
         "the snapshot after journal row 2 is in form 3, this program reads form 2; use the"},
        {"older", in_form({"depot", 1}, empty), "older_format",
         "the snapshot after journal row 2 is in form 1, this program reads form 2; use the"},
        {"another's", in_form({"counter", 2}, empty), "corrupt",
         "the snapshot after journal row 2 does not hold the state of a depot"},
        {"no form", empty, "corrupt", "the snapshot after journal row 2 does not hold the state"},
        {"nothing", {}, "corrupt", "the snapshot after journal row 2 does not hold the state"},
    };
    for (const Row& row : table) {
        CAPTURE(row.what);
        const TemporaryDirectory directory;
        fill(directory);
        {
            SqliteStore store(test_store(directory.path()));
            Writer writer(store);
            REQUIRE(writer.snapshot(row.state));
        }
        SqliteStore store(test_store(directory.path()));
        const auto opened = store.open();
        REQUIRE(opened);
        toy::DepotProgram program{toy::Depot{}};
        const auto recovered = program.recover(*opened);
        REQUIRE_FALSE(recovered);
        CHECK(recovered.error().code == row.code);
        CHECK_MESSAGE(recovered.error().detail.find(row.detail) == 0, recovered.error().detail);
        // The rows alone still give the state.
        toy::DepotProgram again{toy::Depot{}};
        CHECK(replay_digest(directory.path(), again));
        CHECK(again.machine().total() == 30);
    }
}

TEST_CASE("a program starts from a snapshot in its form with the digest that it had") {
    const TemporaryDirectory directory;
    fill(directory);
    toy::DepotProgram first{toy::Depot{}};
    const auto digest = replay_digest(directory.path(), first);
    REQUIRE(digest);
    Recovered stored;
    stored.snapshot = Snapshot{2, {}, first.snapshot(), {}};
    toy::DepotProgram again{toy::Depot{}};
    REQUIRE(again.recover(stored));
    CHECK(sha256(again.snapshot()) == digest->digest);
}

TEST_CASE("without a journal there is nothing to replay") {
    const TemporaryDirectory directory;
    toy::DepotProgram program{toy::Depot{}};
    CHECK(replay_digest(directory.path(), program).error().code == "not_found");
}

}  // namespace
}  // namespace lockstep
