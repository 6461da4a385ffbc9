// The command line against a node that the test makes up: what it asks for, and what a person reads
// on the terminal.
#include <doctest/doctest.h>

#include <map>
#include <mutex>

#include "sdk/codec/json.h"
#include "sdk/crypto/signature.h"
#include "sdk/net/http_server.h"
#include "tests/integration/process.h"

using namespace lockstep;
using namespace lockstep::test;

namespace {

class MadeUpNode {
public:
    MadeUpNode() {
        REQUIRE(create_key_file(key_file()));
        server_.on_request([this](const net::HttpRequest& request, const net::Respond& respond) {
            std::string answer;
            {
                const std::lock_guard lock(mutex_);
                targets_.push_back(request.target);
                const auto found = answers_.find(request.target);
                if (found != answers_.end()) answer = found->second;
            }
            if (answer.empty()) return respond(net::problem(Reason::not_found));
            respond(net::json_response(200, answer));
        });
        const auto port = server_.start();
        REQUIRE(port);
        url_ = "http://127.0.0.1:" + std::to_string(*port);
    }
    ~MadeUpNode() {
        server_.stop();
        loop_.stop();
    }

    void answer(const std::string& target, const std::string& json) {
        const std::lock_guard lock(mutex_);
        answers_[target] = json;
    }
    std::string last_target() const {
        const std::lock_guard lock(mutex_);
        return targets_.empty() ? std::string() : targets_.back();
    }
    std::filesystem::path key_file() const { return directory_.path() / "caller.key"; }
    const std::string& url() const { return url_; }

    struct Ran {
        int status = -1;
        std::string output;  // of both kinds
    };
    Ran run(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), {"--node", url_, "--key", key_file().string()});
        return run_plain("lockstep", std::move(arguments));
    }
    Ran run_plain(const std::string& program, std::vector<std::string> arguments) {
        const auto log = directory_.path() / ("log-" + std::to_string(runs_++));
        Process process(program, std::move(arguments), log);
        process.start();
        const auto status = process.wait(10'000);
        REQUIRE(status);
        return {*status, read_file(log)};
    }

private:
    TemporaryDirectory directory_;
    int runs_ = 0;
    std::string url_;
    mutable std::mutex mutex_;
    std::map<std::string, std::string> answers_;
    std::vector<std::string> targets_;
    net::IoLoop loop_{1};
    net::HttpServer server_{loop_};
};

bool has(const MadeUpNode::Ran& ran, const std::string& text) {
    return ran.output.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("a list is read to its last page") {
    MadeUpNode node;
    struct Row {
        const char* command;
        const char* target;
    };
    const Row rows[] = {
        {"escrows", "/v1/escrows?limit=1000&open=true"},
        {"payments", "/v1/payments?limit=1000"},
        {"invoices", "/v1/invoices?limit=1000"},
        {"alarms", "/v1/alarms?limit=1000"},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(row.command));
        const std::string target = row.target;
        // The first page is empty where the node read many rows of which none was asked for.
        node.answer(target, R"({"items":[],"next":"aa"})");
        node.answer(target + "&cursor=aa", R"({"items":[{"reason":"one"}],"next":"bb"})");
        node.answer(target + "&cursor=bb", R"({"items":[{"reason":"two"}]})");
        const auto json = node.run({"--json", row.command});
        CHECK(json.status == 0);
        const auto items = parse_json(json.output);
        REQUIRE_MESSAGE(items, json.output);
        REQUIRE(items->size() == 2);
        CHECK((*items)[1]["reason"].text_or("") == "two");
    }
}

TEST_CASE("a stream that the node refuses is an error with its code and what to do") {
    MadeUpNode node;
    node.answer("/v1/stats", R"({"last_event":7})");
    for (const std::vector<std::string>& words :
         {std::vector<std::string>{"watch", "--kinds", "trade,escrow"},
          std::vector<std::string>{"watch", "--kinds", ""},
          std::vector<std::string>{"watch", "--balances"}}) {
        CAPTURE(words.back());
        const auto refused = node.run(words);
        CHECK(refused.status == 1);
        CHECK_MESSAGE(has(refused, "[not_found]"), refused.output);
        CHECK_MESSAGE(!has(refused, "{"), refused.output);
        CHECK_MESSAGE(has(refused, "list what there is"), refused.output);
    }
    CHECK(node.run({"watch", "--balances", "--kinds", "trade"}).status == 2);
}

TEST_CASE("an id is one part of a path, whatever it holds") {
    MadeUpNode node;
    CHECK(node.run({"payment", "a b/../c?d"}).status == 1);
    CHECK(node.last_target() == "/v1/payments/a%20b%2F..%2Fc%3Fd");
    CHECK(node.run({"trade", "2026/0001"}).status == 1);
    CHECK(node.last_target() == "/v1/settlements/2026%2F0001");
}

TEST_CASE("an open invoice has no expiry yet, and none is made up") {
    MadeUpNode node;
    node.answer("/v1/escrows?limit=1000&open=true",
                R"({"items":[{"role":"receiver","in":{"amount":"5.00","asset":"SEK",)"
                R"("payer":"","state":"none"}}]})");
    const auto shown = node.run({"escrows"});
    CHECK(shown.status == 0);
    CHECK_MESSAGE(has(shown, "none   -"), shown.output);
    CHECK_FALSE(has(shown, "1970"));
}

TEST_CASE("what others wrote does not reach the terminal as control characters") {
    MadeUpNode node;
    const std::string trade =
        R"({"reference":"T1\u001b[2Jx\u009by\u202ez","state":"settled","instrument":"a\nb"})";
    node.answer("/v1/settlements?limit=100", "{\"items\":[" + trade + "]}");
    node.answer("/v1/settlements/T1", trade);
    for (const auto& words : {std::vector<std::string>{"trades"}, {"trade", "T1"}}) {
        const auto shown = node.run(words);
        CHECK(shown.status == 0);
        CHECK_MESSAGE(has(shown, R"(T1\u{1b}[2Jx\u{9b}y\u{202e}z)"), shown.output);
        CHECK(has(shown, R"(a\u{a}b)"));
        CHECK_FALSE(has(shown, "\x1b"));
    }
    // As JSON nothing is lost.
    const auto json = parse_json(node.run({"--json", "trade", "T1"}).output);
    REQUIRE(json);
    CHECK((*json)["instrument"].text_or("") == "a\nb");
}

TEST_CASE("a call that cannot even be made is wrong usage, and says what to do") {
    MadeUpNode node;
    const auto keyless = node.run_plain("lockstep", {"--node", node.url(), "balances"});
    CHECK(keyless.status == 2);
    CHECK_MESSAGE(has(keyless, "--key"), keyless.output);
    const auto missing =
        node.run_plain("lockstep", {"--node", node.url(), "--key", "nowhere.key", "balances"});
    CHECK(missing.status == 2);
    CHECK(has(missing, "nowhere.key"));
    CHECK_MESSAGE(has(missing, "--key"), missing.output);
    const std::string key = node.key_file().string();
    const auto no_url = node.run_plain("lockstep", {"--node", "zort", "--key", key, "balances"});
    CHECK(no_url.status == 2);
    CHECK_MESSAGE(has(no_url, "--node"), no_url.output);
    // Nothing here speaks TLS: plain text to such a port would be a surprise.
    const auto tls = node.run_plain(
        "lockstep", {"--node", "https" + node.url().substr(4), "--key", key, "balances"});
    CHECK(tls.status == 2);
    CHECK_MESSAGE(has(tls, "http://"), tls.output);
    CHECK(node.run({"invoice", "test.sek.bob", "1", "--minutes", "99999999999999999"}).status == 2);
    CHECK(node.run({"invoice", "test.sek.bob", "1", "--minutes", "0"}).status == 2);
    CHECK(node.run({"settle", "T1", "--csv", "x.csv"}).status == 2);
}
