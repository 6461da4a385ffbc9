#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "sdk/codec/toml.h"

using namespace lockstep;

TEST_CASE("a TOML text is the JSON value that it stands for") {
    const auto document = parse_toml(
        "name = \"a\"\ncount = -3\nrate = 0.5\nopen = true\n[listen]\nports = [1, 2]\n"
        "[[peers]]\nname = \"x\"\n[[peers]]\n");
    REQUIRE(document);
    CHECK(document->refused.empty());
    const auto same =
        parse_json(R"({"name":"a","count":-3,"rate":0.5,"open":true,"listen":{"ports":[1,2]},)"
                   R"("peers":[{"name":"x"},{}]})");
    REQUIRE(same);
    for (const Json::Member& member : *same->as_object())
        CHECK(document->values[member.key] == member.value);
    CHECK(document->values.size() == same->size());
}

TEST_CASE("times, dates and unwanted fractions are named by their keys and read as null") {
    const std::string text =
        "day = 2026-01-01\nat = 10:00:00\n[listen]\nrates = [1, 0.5]\n[[peers]]\n"
        "since = 2026-01-01T10:00:00Z\n";
    const auto with_fractions = parse_toml(text);
    REQUIRE(with_fractions);
    auto refused = with_fractions->refused;
    std::sort(refused.begin(), refused.end());
    CHECK(refused == std::vector<std::string>{"at", "day", "peers[0].since"});
    CHECK(with_fractions->values["day"].is_null());
    TomlRules rules;
    rules.fractions = false;
    const auto without = parse_toml(text, rules);
    REQUIRE(without);
    refused = without->refused;
    std::sort(refused.begin(), refused.end());
    CHECK(refused == std::vector<std::string>{"at", "day", "listen.rates[1]", "peers[0].since"});
}

TEST_CASE("text that is no TOML is refused with its place") {
    const auto document = parse_toml("a = 1\nb = ");
    REQUIRE_FALSE(document);
    CHECK(document.error().trouble == TomlTrouble::malformed);
    CHECK(document.error().line == 2);
    CHECK(document.error().column > 0);
    CHECK_FALSE(document.error().what.empty());
}

TEST_CASE("a file that is missing, no file, or too large is told apart") {
    std::string directory = (std::filesystem::temp_directory_path() / "lockstep-XXXXXX").string();
    REQUIRE(::mkdtemp(directory.data()) != nullptr);
    const auto file = std::filesystem::path(directory) / "a.toml";
    CHECK(read_toml_file(file).error().trouble == TomlTrouble::unreadable);
    CHECK(read_toml_file(directory).error().trouble == TomlTrouble::unreadable);
    std::ofstream(file) << "a = 12\n";
    TomlRules rules;
    rules.max_octets = 6;
    CHECK(read_toml_file(file, rules).error().trouble == TomlTrouble::too_large);
    rules.max_octets = 7;
    const auto read = read_toml_file(file, rules);
    REQUIRE(read);
    CHECK(read->values["a"].as_int64() == 12);
    std::filesystem::remove_all(directory);
}
