// lockstep-bitcoin-vectors: compares scripts, transactions, addresses and keys with Bitcoin Core's
// test vectors.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "bitcoin/vectors/rows.h"
#include "sdk/base/exit_code.h"
#include "sdk/base/utf8.h"

namespace {

using namespace lockstep;
using namespace lockstep::bitcoin::vectors;

struct Known {
    const char* name;
    Verdict (*compare)(const Json&);
};
constexpr Known files[]{
    {"script_tests.json", compare_script},         {"sighash.json", compare_signature_hash},
    {"tx_valid.json", compare_valid_transaction},  {"tx_invalid.json", compare_invalid_transaction},
    {"key_io_valid.json", compare_valid_key},      {"key_io_invalid.json", compare_invalid_key},
    {"base58_encode_decode.json", compare_base58},
};
constexpr std::size_t max_file = std::size_t{256} << 20;
constexpr std::size_t shown = 200;  // of a row that disagrees

std::string beginning(const Json& row) {
    std::string text = write_json(row);
    if (text.size() > shown) text = text.substr(0, shown) + "...";
    return printable(text);
}

// False where a row disagreed or the file could not be read.
bool run(const std::filesystem::path& path, const Known& known) {
    std::ifstream stream(path, std::ios::binary);
    std::ostringstream text;
    text << stream.rdbuf();
    if (!stream) {
        std::fprintf(stderr, "%s: cannot be read\n", path.c_str());
        return false;
    }
    const auto json = parse_json(text.str(), {max_file, 64});
    if (!json || json->as_array() == nullptr) {
        std::fprintf(stderr, "%s: %s\n", path.c_str(),
                     json ? "no array of rows" : json.error().detail.c_str());
        return false;
    }
    std::size_t number = 0;
    std::size_t agreed = 0;
    std::size_t disagreed = 0;
    std::map<std::string, std::size_t> reasons;
    for (const Json& row : *json->as_array()) {
        ++number;
        const Verdict verdict = known.compare(row);
        switch (verdict.kind) {
            case Verdict::Kind::agrees:
                ++agreed;
                break;
            case Verdict::Kind::disagrees:
                ++disagreed;
                std::printf("%s: row %zu: %s: %s\n", known.name, number, verdict.why.c_str(),
                            beginning(row).c_str());
                break;
            case Verdict::Kind::left_out:
                ++reasons[verdict.why];
                break;
            case Verdict::Kind::comment:
                break;
        }
    }
    std::printf("%s: %zu rows ran, %zu agree, %zu disagree", known.name, agreed + disagreed, agreed,
                disagreed);
    for (const auto& [why, count] : reasons)
        std::printf(", %zu left out (%s)", count, why.c_str());
    std::printf("\n");
    return disagreed == 0;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{
        "Compares scripts, transactions, addresses and keys with Bitcoin Core's test vectors: "
        "a line for each row that disagrees, a total for each file."};
    std::string directory;
    app.add_option("directory", directory,
                   "holds some of script_tests.json, sighash.json, tx_valid.json, tx_invalid.json, "
                   "key_io_valid.json, key_io_invalid.json, base58_encode_decode.json")
        ->required();
    app.footer(
        "Exit codes: 0 every row agrees, 1 some do not or a file cannot be read, 2 wrong usage.");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? exit_done : exit_usage;
    }
    bool all_agree = true;
    std::size_t found = 0;
    for (const Known& known : files) {
        const auto path = std::filesystem::path(directory) / known.name;
        if (!std::filesystem::exists(path)) continue;
        ++found;
        all_agree = run(path, known) && all_agree;
    }
    if (found == 0) {
        std::fprintf(stderr, "lockstep-bitcoin-vectors: %s has none of the files; see --help\n",
                     printable(directory).c_str());
        return exit_usage;
    }
    return all_agree ? exit_done : exit_failed;
}
