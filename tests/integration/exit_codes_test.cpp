// What each program ends with, from the command line alone. A second start and a replay that
// differs are in node_pay_test and ledger_refusals_test, sudden ends in damaged_journal_test and
// node_stall_test.
#include <doctest/doctest.h>

#include "sdk/base/exit_code.h"
#include "sdk/crypto/signature.h"
#include "tests/integration/process.h"

using namespace lockstep;
using namespace lockstep::test;

namespace {

struct Ran {
    std::optional<int> status;
    std::string output;  // of both kinds
};
Ran run(const TemporaryDirectory& directory, const char* program, std::vector<std::string> words) {
    const auto log = directory.path() / "log";
    std::filesystem::remove(log);
    Process process(program, std::move(words), log);
    process.start();
    const auto status = process.wait(30'000);
    return {status, read_file(log)};
}

}  // namespace

TEST_CASE("deploy/quickstart knows every option of the demonstration") {
    const TemporaryDirectory directory;
    const Ran help = run(directory, "lockstep-demo", {"--help"});
    const std::string script =
        read_file(std::filesystem::path(LOCKSTEP_SOURCE_DIR) / "deploy" / "quickstart");
    std::size_t options = 0;
    for (auto at = help.output.find("  --"); at != std::string::npos;
         at = help.output.find("  --", at + 1)) {
        const auto end = help.output.find_first_of(" ,\n", at + 2);
        const std::string option = help.output.substr(at, end - at);
        CHECK_MESSAGE(script.find("\n" + option + " ") != std::string::npos, option);
        ++options;
    }
    CHECK(options > 8);
}

// The script refuses before it installs or builds anything, so that it may be run here.
TEST_CASE("deploy/quickstart and the demonstration refuse what makes no sense together, at once") {
    const TemporaryDirectory directory;
    const std::string script =
        (std::filesystem::path(LOCKSTEP_SOURCE_DIR) / "deploy" / "quickstart").string();
    const std::vector<std::string> wrong[] = {
        {"--bitcoin", "--chaos"},
        {"--chaos", "--bitcoin"},
        {"--bitcoin", "--seed", "7"},
        {"--bitcoin", "--trades-file=trades.csv"},
        {"--bitcoin", "--speed-trades", "10"},
        {"--bitcoin", "--latency-trades", "10"},
        {"--bitcoin", "--in-flight", "10"},
        {"--payments", "3"},
        {"--bitcoins"},
    };
    for (const std::vector<std::string>& words : wrong) {
        const std::string word = words[0] == "--bitcoin" ? words[1] : words[0];
        const std::string option = word.substr(0, word.find('='));
        CAPTURE(option);
        const Ran demo = run(directory, "lockstep-demo", words);
        CHECK(demo.status == exit_usage);
        CHECK_MESSAGE(demo.output.find(option) != std::string::npos, demo.output);
        const Ran shell = run(directory, script.c_str(), words);
        CHECK(shell.status == exit_usage);
        CHECK_MESSAGE(shell.output.find("deploy/quickstart: ") != std::string::npos, shell.output);
        CHECK_MESSAGE(shell.output.find(option) != std::string::npos, shell.output);
    }
}

TEST_CASE("every program lists its exit codes, and takes wrong usage for wrong usage") {
    struct Row {
        const char* program;
        std::vector<std::string> wrong;  // besides an option that nobody knows
        const char* codes;               // that --help lists
    };
    const Row rows[] = {
        {"lockstepd", {}, "0 1 2 5 70"},
        {"lockstep", {}, "0 1 2 3 4"},
        {"lockstep-cash", {"--config", "nowhere.toml"}, "0 1 2 5 70"},
        {"lockstep-securities", {"--config", "nowhere.toml"}, "0 1 2 5 70"},
        {"lockstep-ledger", {}, "0 1 2 3"},
        {"lockstep-conformance", {}, "0 1 2 3"},
        {"lockstep-demo", {"--speed-trades", "0"}, "0 1 2 130"},
        {"lockstep-sim", {"run", "nowhere.toml"}, "0 1 2 130"},
        {"lockstep-miner", {"--address", "nobody's"}, "0 1 2"},
    };
    const TemporaryDirectory directory;
    for (const Row& row : rows) {
        CAPTURE(row.program);
        const Ran help = run(directory, row.program, {"--help"});
        CHECK(help.status == exit_done);
        const auto list = help.output.find("Exit codes: ");
        REQUIRE_MESSAGE(list != std::string::npos, help.output);
        std::string codes;
        std::string word;
        for (const char c : help.output.substr(list) + " ") {
            const bool is_end = c == ' ' || c == '\n';
            const bool is_number =
                !word.empty() && word.find_first_not_of("0123456789") == std::string::npos;
            if (is_end && is_number) codes.append(codes.empty() ? "" : " ").append(word);
            if (is_end)
                word.clear();
            else
                word += c;
        }
        CHECK(codes == row.codes);
        CHECK(run(directory, row.program, {"--zort"}).status == exit_usage);
        CHECK(run(directory, row.program, row.wrong).status == exit_usage);
    }
}

TEST_CASE("a ledger that fails before its log is open ends with one whole line") {
    const TemporaryDirectory directory;
    const std::string ledger = (directory.path() / "ledger").string();
    REQUIRE(run(directory, "lockstep-cash", {"init", ledger, "--ledger", "test.sek"}).status ==
            exit_done);
    const Ran ran = run(directory, "lockstep-cash",
                        {"--config", ledger + "/ledger.toml", "--data", "/proc/nowhere/data"});
    CHECK(ran.status == exit_failed);
    CHECK_MESSAGE(ran.output.starts_with("lockstep-cash: /proc/nowhere"), ran.output);
    CHECK_MESSAGE(ran.output.ends_with(" [io]\n"), ran.output);
    CHECK(std::count(ran.output.begin(), ran.output.end(), '\n') == 1);
}

TEST_CASE("a trade without an option that it needs is told which one is missing") {
    const TemporaryDirectory directory;
    const std::string key = (directory.path() / "some.key").string();
    REQUIRE(create_key_file(key));
    const std::vector<std::string> trade{"--isin",   "SE0000108656", "--quantity", "1",
                                         "--price",  "1.00",         "--buyer",    "anna",
                                         "--seller", "sven"};
    for (std::size_t left_out = 0; left_out < trade.size(); left_out += 2) {
        std::vector<std::string> words{"--node", "http://127.0.0.1:1", "--key", key, "settle",
                                       "R1"};
        for (std::size_t i = 0; i < trade.size(); ++i)
            if (i / 2 != left_out / 2) words.push_back(trade[i]);
        const Ran ran = run(directory, "lockstep", words);
        CHECK(ran.status == exit_usage);
        CHECK(ran.output == "lockstep: a trade also needs " + trade[left_out] + "\n");
    }
}

TEST_CASE("a mistake, a refusal and no answer are kept apart") {
    const TemporaryDirectory directory;
    const std::string key = (directory.path() / "some.key").string();
    REQUIRE(create_key_file(key));
    const std::string nobody = "http://127.0.0.1:" + std::to_string(free_port());
    const std::string ledger = (directory.path() / "ledger").string();
    const std::string conformance = (directory.path() / "conformance.toml").string();
    std::string text = "[ledger]\naddress = \"test.sek\"\nurl = \"" + nobody +
                       "\"\nasset = \"SEK/2\"\n[setup]\noperator_key_file = \"a.key\"\n"
                       "issuer_key_file = \"b.key\"\n";
    for (const char* party : {"payer", "payee", "other"})
        text.append("[")
            .append(party)
            .append("]\naccount = \"test.sek.")
            .append(party)
            .append("\"\nkey_file = \"c.key\"\n");
    write_file(conformance, text);
    struct Row {
        const char* program;
        std::vector<std::string> words;
        int code;
    };
    const Row rows[] = {
        {"lockstepd", {"--config", "nowhere.toml"}, exit_usage},
        {"lockstepd", {"--config", "nowhere.toml", "--check"}, exit_usage},
        {"lockstepd", {"--sample"}, exit_done},
        {"lockstep", {"--node", nobody, "--key", key, "balances"}, exit_no_answer},
        {"lockstep", {"--node", nobody, "balances"}, exit_usage},
        {"lockstep-ledger", {"--url", nobody, "info"}, exit_no_answer},
        {"lockstep-ledger", {"--url", nobody, "balances"}, exit_usage},
        {"lockstep-ledger", {"--url", nobody, "--key", "nowhere.key", "balances"}, exit_usage},
        {"lockstep-ledger", {"--url", "zort", "info"}, exit_usage},
        {"lockstep-ledger", {"key", "/proc/nowhere/some.key"}, exit_failed},
        {"lockstep-cash", {"init", ledger, "--ledger", "no address"}, exit_usage},
        {"lockstep-cash", {"init", ledger, "--ledger", "test.sek", "--operator", "zz"}, exit_usage},
        {"lockstep-cash", {"init", ledger, "--ledger", "test.sek"}, exit_done},
        {"lockstep-cash", {"init", ledger, "--ledger", "test.sek"}, exit_failed},
        {"lockstep-conformance", {"--adapter", "cash", "--config", "nowhere.toml"}, exit_usage},
        {"lockstep-conformance", {"--adapter", "zort", "--config", conformance}, exit_usage},
        {"lockstep-conformance", {"--adapter", "cash", "--config", conformance}, exit_no_answer},
        {"lockstep-demo", {"--json", "/proc/nowhere/result.json"}, exit_failed},
    };
    for (const Row& row : rows) {
        std::string line = row.program;
        for (const std::string& word : row.words)
            line.append(" ").append(word);
        CAPTURE(line);
        const Ran ran = run(directory, row.program, row.words);
        CHECK_MESSAGE(ran.status == row.code, ran.output);
    }
}
