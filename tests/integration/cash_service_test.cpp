// lockstep-cash as a process: what callers get and what it survives; ledger_refusals_test.cpp has
// what it refuses.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <mutex>
#include <set>
#include <thread>

#include "sdk/crypto/hash.h"
#include "sdk/machine/stream.h"
#include "sdk/net/message_signature.h"
#include "sdk/net/system_time.h"
#include "sdk/net/websocket_client.h"
#include "sdk/service/ledger_client.h"
#include "tests/integration/ledger_process.h"

using namespace lockstep;
using namespace lockstep::service;
using lockstep::test::Process;
using lockstep::test::signer;

namespace {

namespace fs = std::filesystem;

void sleep_ms(int ms) {
    std::this_thread::sleep_for(std::chrono::milliseconds(ms));
}

const AssetId sek = *AssetId::make("SEK", 2);
Address account(const std::string& name) {
    return *Address::parse("test.sek." + name);
}

// A ledger with alice, bob and a bank that issued 1,000,000.00 to alice.
class Ledger {
public:
    Ledger() {
        write_config("");
        process_.emplace("lockstep-cash",
                         std::vector<std::string>{"--config", (home() / "ledger.toml").string()},
                         home() / "out.txt");
        start();
        auto root = client("operator");
        for (const char* name : {"alice", "bob"})
            REQUIRE(root.run(op::OpenAccount{account(name), signer(name)->public_key()}));
        REQUIRE(root.run(op::RegisterAsset{sek, signer("bank")->public_key(), Amount{1}}));
        REQUIRE(client("bank").run(op::Issue{account("alice"), sek, Amount{100'000'000}}));
    }

    const fs::path& home() const { return directory_.path(); }
    Process& process() { return *process_; }
    void write_config(const std::string& data) {
        test::write_file(home() / "ledger.toml", "[ledger]\naddress = \"test.sek\"\noperator = \"" +
                                                     signer("operator")->public_key().hex() +
                                                     "\"\n[readers]\nauditors = [\"" +
                                                     signer("auditor")->public_key().hex() +
                                                     "\"]\n[data]\nballast_mib = 0\n" + data);
    }
    // Milliseconds until it serves.
    int start() {
        const fs::path port = home() / "data" / "port";
        fs::remove(port);
        const auto begin = std::chrono::steady_clock::now();
        process_->start();
        while (!fs::exists(port)) {
            REQUIRE(std::chrono::steady_clock::now() - begin < std::chrono::seconds(10));
            sleep_ms(1);
        }
        port_ = static_cast<std::uint16_t>(std::stoi(test::read_file(port)));
        const auto took = std::chrono::steady_clock::now() - begin;
        return static_cast<int>(
            std::chrono::duration_cast<std::chrono::milliseconds>(took).count());
    }
    net::Url url() const {
        return *net::parse_url("http://127.0.0.1:" + std::to_string(port_.load()));
    }
    LedgerClient client(const std::string& name) { return {loop_, url(), signer(name)}; }
    net::IoLoop& loop() { return loop_; }

    // What `lockstep-cash --replay` says after a clean stop.
    void check_replay() {
        process_->terminate();
        REQUIRE(process_->wait(10'000) == 0);
        Process replay("lockstep-cash", {"--config", (home() / "ledger.toml").string(), "--replay"},
                       home() / "replay.txt");
        replay.start();
        REQUIRE(replay.wait(60'000) == 0);
        const std::string said = test::read_file(home() / "replay.txt");
        const std::string state = test::read_file(home() / "data" / "state.json");
        CHECK(said.find("the same as state.json") != std::string::npos);
        CHECK(said.find(state) != std::string::npos);
    }

private:
    test::TemporaryDirectory directory_;
    net::IoLoop loop_{2};
    std::optional<Process> process_;
    std::atomic<std::uint16_t> port_{0};  // read by other threads while it restarts
};

op::Prepare prepare(const std::string& name, Duration hold) {
    const Bytes preimage(32, static_cast<std::uint8_t>(name.back()));
    return {{EscrowId{sha256(as_bytes(name)).array()}, account("alice"), account("bob"), sek,
             Amount{100}, Condition{sha256(preimage).array()}, net::system_time() + hold},
            net::system_time() + Duration::seconds(20)};
}
op::Fulfil fulfil(const std::string& name) {
    return {{account("alice"), EscrowId{sha256(as_bytes(name)).array()}},
            Bytes(32, static_cast<std::uint8_t>(name.back()))};
}

// Follows one key's events.
class Reader {
public:
    Reader(Ledger& ledger, const std::string& name, std::uint64_t cursor)
        : sockets_(ledger.loop()) {
        const std::string target = "/v1/events?cursor=" + std::to_string(cursor);
        net::HttpRequest request;
        request.target = target;
        std::array<std::uint8_t, net::nonce_size> nonce;
        fill_random(nonce);
        net::Url url = ledger.url();
        net::sign_request(request, {"http", url.authority()}, *signer(name), net::system_time(),
                          nonce);
        url.target = target;
        net::WebSocketHandlers handlers;
        handlers.on_message = [this](const net::WebSocketPtr&, ByteView octets, net::MessageKind) {
            const std::lock_guard lock(mutex_);
            const auto frame = decode_frame(octets);
            if (frame) frames_.push_back(*frame);
            broken_ = broken_ || !frame;
        };
        handlers.on_close = [this](const net::WebSocketPtr&, const net::WebSocketClosed& why) {
            const std::lock_guard lock(mutex_);
            closed_ = why;
        };
        sockets_.connect(url, request.headers, std::move(handlers));
    }
    ~Reader() { sockets_.stop(); }

    std::vector<LedgerFrame> frames() const {
        const std::lock_guard lock(mutex_);
        CHECK_FALSE(broken_);
        return frames_;
    }
    std::optional<net::WebSocketClosed> closed() const {
        const std::lock_guard lock(mutex_);
        return closed_;
    }
    std::vector<LedgerEvent> events() const {
        std::vector<LedgerEvent> events;
        for (const LedgerFrame& frame : frames())
            events.insert(events.end(), frame.events.begin(), frame.events.end());
        return events;
    }
    bool wait_for(const std::function<bool(const std::vector<LedgerFrame>&)>& seen) const {
        for (int i = 0; i < 500; ++i, sleep_ms(10)) {
            if (seen(frames())) return true;
        }
        return false;
    }

private:
    net::WebSocketClient sockets_;
    mutable std::mutex mutex_;
    std::vector<LedgerFrame> frames_;
    std::optional<net::WebSocketClosed> closed_;
    bool broken_ = false;
};

std::string code_of(net::HttpClient& http, const net::Url& url, net::HttpRequest request) {
    std::promise<std::string> code;
    http.request(url, std::move(request), Duration::seconds(10), [&](auto response) {
        if (!response) return code.set_value("no answer");
        const auto json = parse_json(as_text(response->body));
        code.set_value(json ? (*json)["code"].text_or("") : "no JSON");
    });
    return code.get_future().get();
}

}  // namespace

TEST_CASE("an escrow is prepared, fulfilled and shown; the books balance; a replay agrees") {
    Ledger ledger;
    auto alice = ledger.client("alice");
    auto bob = ledger.client("bob");
    REQUIRE(alice.run(prepare("E1", Duration::seconds(30))));
    const auto late = alice.run(prepare("E2", Duration::milliseconds(400)));
    REQUIRE(late);
    REQUIRE(bob.run(fulfil("E1")));
    CHECK(bob.run(fulfil("E1")).value() == bob.run(fulfil("E1")).value());

    const auto standing = bob.query(ask::Escrow{{account("alice"), fulfil("E1").escrow.id}});
    REQUIRE(standing);
    REQUIRE(standing->escrows.size() == 1);
    CHECK(standing->escrows[0].state == EscrowState::fulfilled);
    // expires by the ledger's own clock, with nobody asking
    sleep_ms(600);
    const auto expired = alice.query(ask::Escrow{{account("alice"), fulfil("E2").escrow.id}});
    REQUIRE(expired);
    CHECK(expired->escrows.at(0).state == EscrowState::refunded_expired);

    const auto statement = alice.get("/v1/accounts/test.sek.alice/statement?from=0&limit=10");
    REQUIRE(statement);
    const char* kinds[] = {"issued", "locked", "locked", "paid", "returned"};
    REQUIRE((*statement)["rows"].size() == std::size(kinds));
    for (std::size_t i = 0; i < std::size(kinds); ++i)
        CHECK((*statement)["rows"][i]["kind"].text_or("") == kinds[i]);
    CHECK((*statement)["rows"][4]["free"].text_or("") == "999999.00");
    const auto totals = alice.get("/v1/totals");
    REQUIRE(totals);
    CHECK((*totals)["conserved"] == Json(true));
    CHECK((*totals)["assets"][0]["issued"].text_or("") == "1000000.00");
    CHECK(ledger.client("auditor").get("/v1/accounts/test.sek.bob"));
    CHECK(alice.get("/v1/accounts/test.sek.bob").error().code == "not_permitted");
    CHECK(ledger.client("mallory").get("/v1/accounts").error().code == "unknown_key");
    ledger.check_replay();
}

TEST_CASE("a ledger killed at any moment keeps every answer that it gave") {
    Ledger ledger;
    std::atomic<std::uint64_t> sent{0};
    std::atomic<bool> stop{false};
    std::mutex mutex;
    std::vector<std::pair<std::string, std::uint64_t>> answered;
    // a transfer of 0.01 a time, repeated under its name until it is answered
    std::thread load([&] {
        for (std::uint64_t i = 0; !stop; ++i) {
            const std::string name = "transfer " + std::to_string(i);
            const Op op{CommandId{sha256(as_bytes(name)).array()},
                        op::Transfer{account("alice"), account("bob"), sek, Amount{1},
                                     net::system_time() + Duration::seconds(60)}};
            while (true) {
                auto client = ledger.client("alice");
                const auto answers = client.submit({op});
                if (!answers) {
                    sleep_ms(20);
                    continue;
                }
                REQUIRE(answers->at(0).done);
                const std::lock_guard lock(mutex);
                answered.emplace_back(name, answers->at(0).sequence);
                break;
            }
            ++sent;
        }
    });
    int slowest = 0;
    for (int i = 0; i < 5; ++i) {
        sleep_ms(150 + 37 * i);
        ledger.process().kill();
        slowest = std::max(slowest, ledger.start());
    }
    sleep_ms(100);
    stop = true;
    load.join();
    CHECK(slowest < 1'000);
    auto bob = ledger.client("bob");
    const auto balances = bob.query(ask::Balances{account("bob")});
    REQUIRE(balances);
    CHECK(balances->balances.at(0).free.units() == sent);
    std::set<std::uint64_t> sequences;
    for (const auto& [name, sequence] : answered)
        CHECK(sequences.insert(sequence).second);
    CHECK((*bob.get("/v1/totals"))["conserved"] == Json(true));
    ledger.check_replay();
}

TEST_CASE("a stream resumes from its cursor without a gap, and beats while nothing happens") {
    Ledger ledger;
    auto alice = ledger.client("alice");
    auto bob = ledger.client("bob");
    REQUIRE(alice.run(prepare("E1", Duration::seconds(30))));
    std::uint64_t cursor = 0;
    {
        const Reader reader(ledger, "bob", 0);
        REQUIRE(reader.wait_for([](const auto& frames) { return frames.size() >= 3; }));
        REQUIRE(reader.events().size() == 1);
        REQUIRE(bob.run(fulfil("E1")));
        REQUIRE(reader.wait_for([&](const auto&) { return reader.events().size() == 2; }));
        const LedgerEvent event = reader.events()[1];
        CHECK(event.state == EscrowState::fulfilled);
        CHECK(event.preimage == fulfil("E1").preimage);
        cursor = event.sequence;
        for (const LedgerFrame& frame : reader.frames()) {
            for (const Balance& balance : frame.balances)
                CHECK(balance.account == account("bob"));
        }
    }
    ledger.process().kill();
    ledger.start();
    auto alice_again = ledger.client("alice");
    REQUIRE(alice_again.run(prepare("E2", Duration::milliseconds(300))));
    const Reader reader(ledger, "bob", cursor);
    REQUIRE(reader.wait_for([&](const auto&) { return reader.events().size() == 2; }));
    const auto events = reader.events();
    CHECK(events[0].state == EscrowState::prepared);
    CHECK(events[0].sequence > cursor);
    CHECK(events[1].state == EscrowState::refunded_expired);
    const auto frames = reader.frames();
    for (std::size_t i = 1; i < frames.size(); ++i) {
        CHECK(frames[i].ledger_time >= frames[i - 1].ledger_time);
        CHECK(frames[i].tip >= frames[i - 1].tip);
    }
    CHECK(frames.back().balances.empty());

    const Reader ahead(ledger, "bob", 1'000'000);
    for (int i = 0; i < 100 && !ahead.closed(); ++i)
        sleep_ms(20);
    REQUIRE(ahead.closed());
    CHECK(ahead.closed()->detail == "too_far_ahead");
    const Reader stranger(ledger, "mallory", 0);
    for (int i = 0; i < 100 && !stranger.closed(); ++i)
        sleep_ms(20);
    REQUIRE(stranger.closed());
    CHECK(stranger.closed()->status == 401);
}

TEST_CASE("with too little disk there is no new business, but claims go on") {
    Ledger ledger;
    REQUIRE(ledger.client("alice").run(prepare("E1", Duration::seconds(30))));
    REQUIRE(ledger.client("alice").run(prepare("E2", Duration::seconds(30))));
    ledger.process().terminate();
    REQUIRE(ledger.process().wait(10'000) == 0);
    ledger.write_config("low_disk_mib = 1000000\n");  // more than there is
    ledger.start();
    auto alice = ledger.client("alice");
    auto bob = ledger.client("bob");
    const auto refused = [&](const OpBody& body) {
        const Op op{CommandId{sha256(as_bytes("low")).array()}, body};
        net::HttpRequest request;
        request.method = "POST";
        request.target = "/v1/instructions";
        request.body = sign_instruction({*Address::parse("test.sek"),
                                         alice.key(),
                                         net::system_time() + Duration::seconds(9),
                                         {op}},
                                        *signer("alice"));
        net::HttpClient http(ledger.loop());
        return code_of(http, ledger.url(), std::move(request));
    };
    CHECK(refused(prepare("E3", Duration::seconds(30))) == "disk_low");
    CHECK(refused(op::Transfer{account("alice"), account("bob"), sek, Amount{1},
                               net::system_time() + Duration::seconds(9)}) == "disk_low");
    CHECK(bob.run(fulfil("E1")));
    // one instruction with both: the claim is taken
    const auto both = bob.submit({{{}, fulfil("E2")},
                                  {{},
                                   op::Transfer{account("bob"), account("alice"), sek, Amount{1},
                                                net::system_time() + Duration::seconds(9)}}});
    REQUIRE(both);
    CHECK(both->at(0).done);
    CHECK(both->at(1).reason == Reason::disk_low);
    CHECK((*bob.get("/v1/stats"))["disk_low"] == Json(true));
    ledger.check_replay();
}
