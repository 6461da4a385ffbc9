// The rules for the tree: first on small made-up trees, to show that each rule bites, then on the
// real one. There is no list of exceptions.
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/unit/tree_rules.h"

using lockstep::tree::File;
using Problems = std::vector<std::string>;

namespace {

const std::vector<File>& real_tree() {
    static const auto files = lockstep::tree::read_tree(LOCKSTEP_SOURCE_DIR);
    return files;
}

void require_none(const Problems& problems) {
    for (const auto& problem : problems)
        FAIL_CHECK(problem);
}

std::string include(const std::string& header) {
    return "#include \"" + header + "\"\n";
}
std::string include_system(const std::string& header) {
    return "#include <" + header + ">\n";
}

// The number of problems when `from` includes `to` and both exist.
std::size_t problems_of(const std::string& from, const std::string& header, const std::string& to) {
    return lockstep::tree::check_includes({{from, include(header)}, {to, ""}}).size();
}

}  // namespace

TEST_CASE("includes point one way") {
    struct Row {
        const char* from;
        const char* header;
        const char* file;
        std::size_t problems;
    };
    const Row rows[] = {
        {"ledger-adapters/sdk/codec/a.cpp", "sdk/base/b.h", "ledger-adapters/sdk/base/b.h", 0},
        {"ledger-adapters/sdk/base/a.h", "sdk/codec/b.h", "ledger-adapters/sdk/codec/b.h", 1},
        {"ledger-adapters/sdk/codec/a.h", "sdk/crypto/b.h", "ledger-adapters/sdk/crypto/b.h", 1},
        {"ledger-adapters/sdk/store/a.h", "sdk/net/b.h", "ledger-adapters/sdk/net/b.h", 1},
        {"ledger-adapters/sdk/net/a.h", "sdk/machine/b.h", "ledger-adapters/sdk/machine/b.h", 0},
        {"ledger-adapters/cash/machine/a.h", "cash/adapter/b.h", "ledger-adapters/cash/adapter/b.h",
         1},
        {"ledger-adapters/cash/adapter/a.h", "sdk/net/b.h", "ledger-adapters/sdk/net/b.h", 1},
        {"ledger-adapters/cash/service/a.h", "sdk/net/b.h", "ledger-adapters/sdk/net/b.h", 0},
        {"ledger-adapters/cash/machine/a.h", "securities/machine/b.h",
         "ledger-adapters/securities/machine/b.h", 1},
        {"ledger-adapters/cash/machine/a.h", "connector/core/b.h", "connector/core/b.h", 1},
        {"routing/a.h", "sdk/codec/b.h", "ledger-adapters/sdk/codec/b.h", 0},
        {"routing/a.h", "connector/core/b.h", "connector/core/b.h", 1},
        {"connector/core/a.h", "routing/b.h", "routing/b.h", 0},
        {"connector/core/a.h", "connector/assembly/b.h", "connector/assembly/b.h", 1},
        {"connector/core/a.h", "cash/machine/b.h", "ledger-adapters/cash/machine/b.h", 1},
        {"connector/node/a.cpp", "cash/adapter/b.h", "ledger-adapters/cash/adapter/b.h", 1},
        {"connector/node/a.cpp", "connector/api/b.h", "connector/api/b.h", 0},
        {"connector/api/a.cpp", "connector/node/b.h", "connector/node/b.h", 1},
        {"sim/a.cpp", "cash/adapter/b.h", "ledger-adapters/cash/adapter/b.h", 0},
        {"sim/a.cpp", "cash/service/b.h", "ledger-adapters/cash/service/b.h", 1},
        {"sim/a.cpp", "sdk/net/b.h", "ledger-adapters/sdk/net/b.h", 1},
        {"sim/a.cpp", "connector/node/b.h", "connector/node/b.h", 1},
        {"tests/unit/a.cpp", "connector/node/b.h", "connector/node/b.h", 0},
        {"connector/core/a.h", "tests/unit/b.h", "tests/unit/b.h", 1},
        {"connector/core/a.h", "../../routing/b.h", "routing/b.h", 1},
        {"connector/core/a.h", "b.h", "connector/core/b.h", 1},
        {"elsewhere/a.h", "sdk/base/b.h", "ledger-adapters/sdk/base/b.h", 1},
    };
    for (const auto& row : rows) {
        CAPTURE(std::string(row.from));
        CAPTURE(std::string(row.header));
        CHECK(problems_of(row.from, row.header, row.file) == row.problems);
    }
    CHECK(lockstep::tree::check_includes(
              {{"routing/a.h", "// " + include("connector/core/b.h")}, {"connector/core/b.h", ""}})
              .empty());
}

TEST_CASE("each third-party library has its place") {
    struct Row {
        const char* file;
        const char* header;
        std::size_t problems;
    };
    const Row rows[] = {
        {"ledger-adapters/sdk/net/http.cpp", "boost/beast/http.hpp", 0},
        {"ledger-adapters/sdk/net/http.h", "boost/beast/http.hpp", 1},
        {"ledger-adapters/sdk/net/http_impl.h", "boost/asio/io_context.hpp", 0},
        {"connector/assembly/a.h", "boost/asio/io_context.hpp", 1},
        {"connector/api/a.cpp", "boost/beast/http.hpp", 1},
        {"ledger-adapters/sdk/codec/json.cpp", "boost/json.hpp", 0},
        {"connector/api/a.cpp", "boost/json.hpp", 1},
        {"connector/core/a.cpp", "boost/asio.hpp", 1},
        {"ledger-adapters/sdk/crypto/a.cpp", "sodium.h", 0},
        {"ledger-adapters/sdk/crypto/a.cpp", "sodium/crypto_sign.h", 0},
        {"ledger-adapters/sdk/codec/a.cpp", "sodium.h", 1},
        {"ledger-adapters/sdk/store/a.cpp", "libpq-fe.h", 0},
        {"connector/node/a.cpp", "libpq-fe.h", 1},
    };
    for (const auto& row : rows) {
        CAPTURE(std::string(row.file));
        CAPTURE(std::string(row.header));
        const std::vector<File> files{{row.file, include_system(row.header)}};
        CHECK(lockstep::tree::check_third_party(files).size() == row.problems);
    }
    CHECK(lockstep::tree::check_third_party(
              {{"ledger-adapters/sdk/store/a.cpp", include_system("libpq-fe.h")},
               {"ledger-adapters/sdk/store/b.cpp", include_system("libpq-fe.h")}})
              .size() == 1);
}

TEST_CASE("a header that includes Boost stays inside its folder") {
    const File impl{"ledger-adapters/sdk/net/loop_impl.h", include_system("boost/asio/post.hpp")};
    const File loop{"ledger-adapters/sdk/net/loop.h", include("sdk/net/loop_impl.h")};
    const File source{"ledger-adapters/sdk/net/loop.cpp", include("sdk/net/loop_impl.h")};
    const File user{"connector/node/a.cpp", include("sdk/net/loop.h")};
    CHECK(lockstep::tree::check_third_party({impl, source}).empty());
    CHECK(lockstep::tree::check_third_party({impl, loop, source, user}).size() == 1);
}

TEST_CASE("pure code has no clock, thread, chance, float, throw or unordered iteration") {
    struct Row {
        const char* text;
        std::size_t problems;
    };
    const Row rows[] = {
        {"#include <chrono>\n", 1},
        {"#include <thread>\n", 1},
        {"#include <random>\n", 1},
        {"#include <vector>\n", 0},
        {"// a double claim\n/* throw */ const char* s = \"float\";\n", 0},
        {"const char* s = R\"x(double \" )\" throw)x\";\n", 0},
        {"int n = 1'000'000; double d;\n", 1},
        {"void f() { throw 1; }\n", 1},
        {"std::unordered_map<int, std::set<int>> m; void f() { for (auto& x : m) g(x); }\n", 1},
        {"std::unordered_set<int> s_; auto f() { return s_.begin(); }\n", 1},
        {"std::unordered_set<int> s_; auto f() { return s_.find(1) != s_.end(); }\n", 0},
        {"using M = std::unordered_map<int, int>; M m; void f() { for (auto x : m) g(x); }\n", 1},
        {"std::map<int, int> m; void f() { for (auto& x : m) g(x); }\n", 0},
    };
    for (const auto& row : rows) {
        CAPTURE(std::string(row.text));
        CHECK(lockstep::tree::check_pure({{"connector/core/a.cpp", row.text}}).size() ==
              row.problems);
        CHECK(lockstep::tree::check_pure({{"connector/node/a.cpp", row.text}}).empty());
    }
}

TEST_CASE("a preimage is used in one place") {
    const auto count = [](const std::string& path, const std::string& text) {
        return lockstep::tree::check_claims({{path, text}}).size();
    };
    const std::string call = "void f() { fx.fulfil(a, b, c); }\n";
    CHECK(count("connector/core/forwarding.cpp", call) == 0);
    CHECK(count("connector/core/forwarding.cpp", call + call) == 1);
    CHECK(count("connector/core/strays.cpp", call) == 1);
    CHECK(count("connector/core/strays.h", "inline void f() { fx->fulfil(a); }\n") == 1);
    CHECK(count("connector/core/effects.cpp", "void Effects::fulfil(int a) {}\n") == 0);
    CHECK(count("connector/core/strays.cpp", "// fx.fulfil(a)\n") == 0);
    CHECK(count("sim/world/orders.cpp", call) == 0);
}

TEST_CASE("a source file that nothing builds is found") {
    const File built{"routing/a.cpp", ""};
    const File forgotten{"routing/b.cpp", ""};  // the end of another name
    const File list{"routing/CMakeLists.txt", "lockstep_library(NAME x SOURCES a.cpp lib.cpp)"};
    CHECK(lockstep::tree::check_built({list, built}).empty());
    CHECK(lockstep::tree::check_built({list, built, forgotten}).size() == 1);
}

TEST_CASE("unfinished work and places of one machine are found") {
    const auto count = [](const std::string& text) {
        return lockstep::tree::check_texts({{"README.md", text}}).size();
    };
    CHECK(count(std::string("a TO") + "DO b") == 1);
    CHECK(count(std::string("a FIX") + "ME: b") == 1);
    CHECK(count("mastodon") == 0);
    CHECK(count(std::string("see /ho") + "me/me/x") == 1);
    CHECK(count("framework/x") == 0);
}

TEST_CASE("this tree keeps the direction of includes") {
    REQUIRE(real_tree().size() > 10);
    require_none(lockstep::tree::check_includes(real_tree()));
}

TEST_CASE("this tree keeps third-party libraries in their places") {
    require_none(lockstep::tree::check_third_party(real_tree()));
}

TEST_CASE("this tree's pure folders are pure") {
    require_none(lockstep::tree::check_pure(real_tree()));
}

TEST_CASE("this tree uses a preimage in one place") {
    const auto claims = [](const File& file) {
        return file.path == "connector/core/forwarding.cpp" &&
               file.text.find("fx.fulfil(") != std::string::npos;
    };
    REQUIRE(std::any_of(real_tree().begin(), real_tree().end(), claims));
    require_none(lockstep::tree::check_claims(real_tree()));
}

TEST_CASE("this tree builds each of its source files") {
    require_none(lockstep::tree::check_built(real_tree()));
}

TEST_CASE("this tree's texts are finished and name no machine") {
    require_none(lockstep::tree::check_texts(real_tree()));
}
