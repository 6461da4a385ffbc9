// lockstep-bitcoin-vectors: what it says of rows that agree, disagree, and cannot be read; and
// Bitcoin Core's own rows, where they are.
#include <doctest/doctest.h>

#include <iostream>

#include "tests/integration/process.h"

using namespace lockstep::test;

namespace {

struct Ran {
    int status = -1;
    std::string output;
};
Ran run(const std::filesystem::path& directory, const std::filesystem::path& log) {
    Process process("lockstep-bitcoin-vectors", {directory.string()}, log);
    process.start();
    const auto status = process.wait(60'000);
    REQUIRE(status);
    return {*status, read_file(log)};
}

}  // namespace

TEST_CASE("a row that disagrees is a line and an exit code of 1") {
    const TemporaryDirectory directory;
    const auto log = directory.path() / "log";
    const auto file = directory.path() / "script_tests.json";
    SUBCASE("all agree") {
        write_file(file, R"([["a comment"],["1","1 EQUAL","P2SH","OK"],)"
                         R"([["#SCRIPT#",0.1],"","1","TAPROOT","OK"]])");
        const Ran ran = run(directory.path(), log);
        CHECK(ran.status == 0);
        CHECK(ran.output ==
              "script_tests.json: 1 rows ran, 1 agree, 0 disagree, 1 left out (Taproot)\n");
    }
    SUBCASE("one does not") {
        write_file(file, R"([["1","2 EQUAL","P2SH","OK"],["1","1 EQUAL","","OK"]])");
        write_file(directory.path() / "base58_encode_decode.json", R"([["61","2g"]])");
        const Ran ran = run(directory.path(), log);
        CHECK(ran.status == 1);
        CHECK_MESSAGE(ran.output.find("row 1: expected OK, was EVAL_FALSE") != std::string::npos,
                      ran.output);
        CHECK(ran.output.find("2 rows ran, 1 agree, 1 disagree") != std::string::npos);
        CHECK(ran.output.find("base58_encode_decode.json: 1 rows ran, 1 agree") !=
              std::string::npos);
    }
    SUBCASE("rows that cannot be read disagree") {
        write_file(file,
                   R"([["DUPE","1","P2SH","OK"],["1","1","NOFLAG","OK"],["1","1","P2SH",3]])");
        write_file(directory.path() / "sighash.json", R"([["00","",0,1,"00"],[1,2,3,4,5]])");
        write_file(directory.path() / "tx_valid.json", R"([[[["00",0,""]],"00","NONE"]])");
        write_file(directory.path() / "key_io_valid.json", R"([["x","00",{"chain":"moon"}]])");
        const Ran ran = run(directory.path(), log);
        CHECK(ran.status == 1);
        for (const char* total : {"script_tests.json: 3 rows ran, 0 agree, 3 disagree",
                                  "sighash.json: 2 rows ran, 0 agree, 2 disagree",
                                  "tx_valid.json: 1 rows ran, 0 agree, 1 disagree",
                                  "key_io_valid.json: 1 rows ran, 0 agree, 1 disagree"})
            CHECK_MESSAGE(ran.output.find(total) != std::string::npos, ran.output);
    }
    SUBCASE("no rows at all") {
        write_file(file, "{");
        CHECK(run(directory.path(), log).status == 1);
        std::filesystem::remove(file);
        CHECK(run(directory.path(), log).status == 2);
        CHECK(run(directory.path() / "nowhere", log).status == 2);
    }
}

TEST_CASE("every row of Bitcoin Core's that is not of Taproot agrees") {
    const std::filesystem::path vectors = LOCKSTEP_SOURCE_DIR "/../shared/vectors/bitcoin";
    if (!std::filesystem::exists(vectors)) {
        std::cout << "left out: there are no vectors of Bitcoin Core's at " << vectors << '\n';
        return;
    }
    const TemporaryDirectory directory;
    const Ran ran = run(vectors, directory.path() / "log");
    CHECK_MESSAGE(ran.status == 0, ran.output);
    std::cout << ran.output;
}
