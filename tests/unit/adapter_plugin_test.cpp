// The plugin boundary: what fits is loaded, what does not is refused with both values.
#include <doctest/doctest.h>

#include <fstream>

#include "sdk/machine/plugin.h"
#include "tests/unit/adapter_desk.h"

using namespace lockstep;

namespace {

const std::filesystem::path build = LOCKSTEP_BINARY_DIR;

bool says(const Failure& failure, const std::string& part) {
    return failure.detail.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the cash adapter is loaded, named, made and ended") {
    const auto plugin = find_plugin("cash", {"/nowhere", build / "lib"});
    REQUIRE(plugin.has_value());
    CHECK(plugin->name() == "cash");
    auto adapter = plugin->make(desk::setup());
    REQUIRE(adapter.has_value());
    AdapterOutputs out;
    std::vector<AdapterInput> inputs;
    inputs.emplace_back(Woken{});
    (*adapter)->step(desk::t(0), inputs, out);
    CHECK(out.requests.size() == 1);
    CHECK((*adapter)->next_wake().has_value());
    CHECK(plugin->make(desk::setup({{"colour", "blue"}})).error().code == "bad_setting");
    const auto wrong = plugin->check(
        desk::setup({{"colour", "blue"}, {"in_flight", "4"}, {"reply_timeout_ms", "-5"}}));
    REQUIRE(wrong.size() == 2);
    CHECK(wrong[0].key == "colour");
    CHECK(wrong[1].key == "reply_timeout_ms");
    CHECK(wrong[1].what == "expected a whole number from 1 to 86400000");
    CHECK(plugin->check(desk::setup()).empty());
}

TEST_CASE("a plugin built otherwise is refused with both values") {
    struct Row {
        const char* name;
        std::string theirs;
        std::string ours;
    };
    const Row rows[] = {
        {"other-abi", "interface 99", std::to_string(plugin_abi)},
        {"other-headers", "headers 0000", sdk_headers_digest()},
        {"other-compiler", "with tcc 0.9", sdk_compiler()},
    };
    for (const Row& row : rows) {
        const auto plugin = find_plugin(row.name, {build / "tests"});
        REQUIRE_FALSE(plugin.has_value());
        CHECK(plugin.error().code == "plugin_mismatch");
        CHECK(says(plugin.error(), row.theirs));
        CHECK(says(plugin.error(), row.ours));
    }
}

TEST_CASE("what is no plugin is told apart from what is not there") {
    const auto absent = find_plugin("absent", {build / "lib", "/nowhere"});
    REQUIRE_FALSE(absent.has_value());
    CHECK(absent.error().code == "plugin_not_found");
    CHECK(says(absent.error(), "/nowhere"));
    CHECK(open_plugin(build).error().code == "plugin_not_found");

    CHECK(find_plugin("empty", {build / "tests"}).error().code == "plugin_unreadable");
    const auto text = build / "tests" / "lockstep-adapter-text.so";
    std::ofstream(text) << "not a library\n";
    CHECK(open_plugin(text).error().code == "plugin_unreadable");
}

TEST_CASE("the digest of the headers is a SHA-256") {
    CHECK(std::string(sdk_headers_digest()).size() == 64);
}
