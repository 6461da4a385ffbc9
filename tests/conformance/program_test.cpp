// Ledgers as programs against the conformance kit: lockstep-conformance as people run it, and the
// cases that need a ledger that is killed and started again.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <thread>

#include "sdk/codec/json.h"
#include "sdk/crypto/signature.h"
#include "sdk/machine/conformance_kit.h"
#include "tests/conformance/in_process.h"
#include "tests/conformance/remote_ledger.h"
#include "tests/integration/process.h"

using namespace lockstep;
using namespace lockstep::conformance;
using test::Process;
namespace fs = std::filesystem;

namespace {

constexpr int start_ms = 20'000;
constexpr int kit_ms = 240'000;

const Ed25519 scheme;

std::shared_ptr<const Signer> key_in(const fs::path& file) {
    return scheme.signer(read_or_create_key_file(file).value());
}

// A ledger's program in a directory of its own.
class Ledger {
public:
    Ledger(std::string program, std::string address) : address_(std::move(address)) {
        const auto config = dir_.path() / "ledger.toml";
        Process init(program, {"init", dir_.path().string(), "--ledger", address_}, log("init"));
        init.start();
        REQUIRE(init.wait(start_ms) == 0);
        // a port of its own, so that it is the same after a restart
        port_ = test::free_port();
        std::string text = test::read_file(config);
        const auto at = text.find("port = 0");
        REQUIRE(at != std::string::npos);
        text.replace(at, 8, "port = " + std::to_string(port_));
        test::write_file(config, text);
        process_ = std::make_unique<Process>(
            std::move(program), std::vector<std::string>{"--config", config.string()}, log("run"));
        start();
    }

    const fs::path& path() const { return dir_.path(); }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    fs::path log(const std::string& name) const { return dir_.path() / (name + ".out"); }
    void restart() {
        process_->kill();
        process_->start();
    }

    Json get(const std::string& target) const {
        net::IoLoop loop;
        net::HttpClient http(loop);
        net::HttpRequest request;
        request.target = target;
        std::promise<Json> promise;
        http.request(*net::parse_url(url()), request, Duration::seconds(2), [&](auto answer) {
            const auto json = answer && answer->status == 200
                                  ? parse_json(as_text(answer->body))
                                  : Result<Json, Failure>(fail("io", "no answer"));
            promise.set_value(json ? *json : Json());
        });
        return promise.get_future().get();
    }

private:
    void start() {
        process_->start();
        for (int i = 0; i < start_ms / 50; ++i) {
            if (!get("/health/ready").is_null()) return;
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
        FAIL("the ledger did not become ready: " << test::read_file(log("run")));
    }

    test::TemporaryDirectory dir_;
    std::string address_;
    std::uint16_t port_ = 0;
    std::unique_ptr<Process> process_;
};

struct Asset {
    const char* text;
    std::uint64_t lot;
};

std::string config_text(const Ledger& ledger, const std::string& address, const Asset& asset,
                        const std::string& rest) {
    std::string text = "[ledger]\naddress = \"" + address + "\"\nurl = \"" + ledger.url() +
                       "\"\nasset = \"" + asset.text + "\"\nlot = " + std::to_string(asset.lot) +
                       "\n[setup]\noperator_key_file = \"operator.key\"\n"
                       "issuer_key_file = \"issuer.key\"\n";
    for (const char* name : {"payer", "payee", "other"}) {
        text += std::string("[") + name + "]\naccount = \"" + address + "." + name +
                "\"\nkey_file = \"" + name + ".key\"\n";
    }
    return text + rest;
}

std::vector<LeftOut> left_out_of_programs() {
    const std::string clock = "time cannot be held still here";
    const std::string restart = "the ledger cannot be restarted from here";
    return left_out_of_strict() +
           std::vector<LeftOut>{
               {"a claim at the expiry is refused", clock},
               {"an expiry at the present is refused, a moment later is taken", clock},
               {"a ledger that dies keeps escrows and answers", restart},
               {"an escrow expires though the ledger died before", restart},
               {"a ledger that dies before its answer arrives gives it later", restart}};
}

// Every case passes but those that are left out.
void run_program(const Ledger& ledger, const std::string& adapter, const std::string& config,
                 std::vector<LeftOut> left_out) {
    const auto file = ledger.path() / "conformance.toml";
    test::write_file(file, config);
    Process program("lockstep-conformance",
                    {"--adapter", adapter, "--config", file.string(), "--json"},
                    ledger.log("conformance"));
    program.start();
    const auto exit_code = program.wait(kit_ms);
    const auto output = test::read_file(ledger.log("conformance"));
    CAPTURE(output);
    CHECK(exit_code == 0);
    const auto json = parse_json(output);
    REQUIRE(json.has_value());
    CHECK((*json)["failed"].as_int64() == 0);
    CHECK((*json)["cases"].size() == all_cases().size());
    std::vector<LeftOut> found;
    for (const Json& one : *(*json)["cases"].as_array()) {
        if (one["outcome"].text_or("") == "left_out")
            found.emplace_back(one["title"].text_or(""), one["detail"].text_or(""));
    }
    std::sort(found.begin(), found.end());
    std::sort(left_out.begin(), left_out.end());
    CHECK(found == left_out);
}

// Kills the ledger and starts it again when the kit says so.
class KilledLedger final : public RemoteLedger {
public:
    KilledLedger(RemoteSettings settings, Plugin plugin, Ledger& ledger)
        : RemoteLedger(std::move(settings), std::move(plugin), std::make_shared<Ed25519>()),
          ledger_(ledger) {}
    bool restart_ledger() override {
        ledger_.restart();
        return true;
    }

private:
    Ledger& ledger_;
};

RemoteSettings settings_for(const Ledger& ledger, const std::string& address,
                            const AssetId& asset) {
    RemoteSettings settings;
    settings.url = *net::parse_url(ledger.url());
    settings.world.ledger = *Address::parse(address);
    settings.world.asset = asset;
    const char* const names[] = {"payer", "payee", "other"};
    for (std::size_t i = 0; i < role_count; ++i) {
        settings.world.accounts[i] = *settings.world.ledger.child(names[i]);
        settings.signers[i] = key_in(ledger.path() / (std::string(names[i]) + ".key"));
    }
    const Duration second = Duration::seconds(1);
    settings.profile = {second, Duration{}, Duration{}, second, second, Duration{}};
    settings.ledger_operator = key_in(ledger.path() / "operator.key");
    settings.issuer = key_in(ledger.path() / "issuer.key");
    return settings;
}

// What an operator copies from GET /v1/chain into a node's configuration.
std::vector<std::pair<std::string, std::string>> trust_in(const Ledger& ledger) {
    const Json chain = ledger.get("/v1/chain");
    std::string validators;
    for (const Json& key : *chain["validators"].as_array())
        validators += (validators.empty() ? "" : ",") + key.text_or("");
    return {{"chain", chain["chain"].text_or("")}, {"validators", validators}};
}

void check_restarts(KilledLedger& ledger) {
    const auto opened = ledger.open();
    REQUIRE_MESSAGE(opened.has_value(), (opened ? "" : opened.error().detail));
    for (const char* rule : {"restart", "stream"}) {
        const Outcomes outcomes = run(ledger, rule);
        INFO(to_table(outcomes));
        CHECK(outcomes.count(Outcome::passed) == outcomes.cases.size());
    }
}

}  // namespace

TEST_CASE("lockstep-conformance passes lockstep-cash") {
    const std::string no_proofs = "the ledger declares no proofs";
    const Ledger ledger("lockstep-cash", "test.sek");
    run_program(
        ledger, "cash", config_text(ledger, "test.sek", {"SEK/2", 1}, ""),
        left_out_of_programs() +
            std::vector<LeftOut>{
                {"a part of a lot is refused", "the asset moves in single units"},
                {"an event under an altered header is not believed", no_proofs},
                {"an event under an altered certificate is not believed", no_proofs},
                {"an event under another state than was signed is not believed", no_proofs},
                {"an event with an altered proof of inclusion is not believed", no_proofs},
                {"an event in place of the proved one is not believed", no_proofs},
                {"with an octet altered an event is told as it is or not at all", no_proofs}});
}

TEST_CASE("lockstep-securities passes") {
    const std::string form = "the form of its frames is not known here";
    const Ledger ledger("lockstep-securities", "test.csd");
    std::string trust;
    for (const auto& [key, value] : trust_in(ledger))
        trust += "[[adapter]]\nkey = \"" + key + "\"\nvalue = \"" + value + "\"\n";
    run_program(ledger, "securities",
                config_text(ledger, "test.csd", {"SE0000108656/0", 10}, trust),
                left_out_of_programs() +
                    std::vector<LeftOut>{
                        {"an event under an altered header is not believed", form},
                        {"an event under an altered certificate is not believed", form},
                        {"an event under another state than was signed is not believed", form},
                        {"an event with an altered proof of inclusion is not believed", form},
                        {"an event in place of the proved one is not believed", form}});
}

TEST_CASE("lockstep-securities conforms though it is killed") {
    Ledger ledger("lockstep-securities", "test.csd");
    const auto plugin = find_plugin("securities", {fs::path(LOCKSTEP_BINARY_DIR) / "lib"});
    REQUIRE(plugin.has_value());
    auto settings = settings_for(ledger, "test.csd", *AssetId::make("SE0000108656", 0));
    settings.adapter = trust_in(ledger);
    KilledLedger killed(std::move(settings), *plugin, ledger);
    check_restarts(killed);
}

TEST_CASE("lockstep-cash conforms though it is killed") {
    Ledger ledger("lockstep-cash", "test.sek");
    const auto plugin = find_plugin("cash", {fs::path(LOCKSTEP_BINARY_DIR) / "lib"});
    REQUIRE(plugin.has_value());
    KilledLedger killed(settings_for(ledger, "test.sek", *AssetId::make("SEK", 2)), *plugin,
                        ledger);
    check_restarts(killed);
}
