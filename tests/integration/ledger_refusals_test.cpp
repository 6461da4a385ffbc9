// What the ledgers' programs refuse: one table for both, with the status and the stable code of
// each refusal, and afterwards the state has the digest that it had before.
#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <sstream>

#include "sdk/base/exit_code.h"
#include "sdk/base/time_text.h"
#include "sdk/crypto/hash.h"
#include "sdk/net/system_time.h"
#include "tests/integration/ledger_process.h"
#include "tests/integration/raw_caller.h"

using namespace lockstep;
using namespace lockstep::service;
using lockstep::test::Process;
using lockstep::test::RawCaller;
using lockstep::test::signer;
using Kind = lockstep::test::LedgerKind;
using Ledger = lockstep::test::LedgerProcess;

namespace {

namespace fs = std::filesystem;

constexpr std::size_t max_body = 1024 * 1024;

// Ids and contents of their own, so that no row meets what another did.
Hash hash(const std::string& name) {
    return sha256(as_bytes(name));
}

op::Transfer transfer(const Ledger& ledger) {
    return {ledger.account("alice"), ledger.account("bob"), ledger.kind.asset,
            Amount{ledger.kind.lot}, net::system_time() + Duration::seconds(30)};
}
op::Prepare prepare(const Ledger& ledger, const std::string& name) {
    const Timestamp expiry = net::system_time() + Duration::seconds(30);
    return {{EscrowId{hash(name).array()}, ledger.account("alice"), ledger.account("bob"),
             ledger.kind.asset, Amount{ledger.kind.lot}, Condition{hash(name).array()}, expiry},
            expiry};
}

struct Instructed {
    std::string signer = "alice";
    std::string ledger;  // empty: the one that is asked
    Duration life = Duration::seconds(30);
};
Bytes instruction(const Ledger& ledger, const Instructed& how) {
    Instruction made{*Address::parse(how.ledger.empty() ? ledger.kind.address : how.ledger),
                     signer(how.signer)->public_key(),
                     net::system_time() + how.life,
                     {{CommandId{hash("an instruction").array()}, transfer(ledger)}}};
    return sign_instruction(made, *signer(how.signer));
}

struct RawRow {
    std::string what;
    const char* method;
    std::string target;
    Bytes body;
    int status;
    std::string code;
};

// Nothing that is no instruction, or of somebody else, or for another ledger, or of another time.
std::vector<RawRow> raw_rows(const Ledger& ledger) {
    const std::string post = "/v1/instructions";
    const Bytes good = instruction(ledger, {});
    Bytes forged = good;
    forged.back() ^= 1;
    Bytes altered = good;
    altered[altered.size() / 2] ^= 1;
    Bytes longer = good;
    longer.push_back(0);
    // the address with its length in two octets where one does
    Bytes long_form = good;
    long_form.insert(long_form.begin() + 1, 0x81);
    const Bytes truncated(good.begin(), good.end() - 1);
    const std::string alice = ledger.account("alice").text();
    return {
        {"nothing", "POST", post, {}, 400, "malformed"},
        {"JSON", "POST", post, RawCaller::octets(R"({"ops":[]})"), 400, "unknown_version"},
        {"another version", "POST", post, {9}, 400, "unknown_version"},
        {"truncated", "POST", post, truncated, 400, "malformed"},
        {"an octet too many", "POST", post, longer, 400, "not_canonical"},
        {"a length in its long form", "POST", post, long_form, 400, "not_canonical"},
        {"another signature", "POST", post, forged, 401, "bad_signature"},
        {"another ledger", "POST", post, instruction(ledger, {"alice", ledger.kind.other}), 422,
         "wrong_ledger"},
        {"a stranger", "POST", post, instruction(ledger, {"mallory", ""}), 401, "unknown_key"},
        {"too late", "POST", post, instruction(ledger, {"alice", "", Duration::seconds(-1)}), 422,
         "too_late"},
        {"too early", "POST", post, instruction(ledger, {"alice", "", Duration::seconds(86'500)}),
         422, "too_far_ahead"},
        {"a body over the limit", "POST", post, Bytes(max_body + 1, 1), 413, "too_large"},
        {"a query that is none", "POST", "/v1/query", good, 400, "malformed"},
        {"a query over the limit", "POST", "/v1/query", Bytes(max_body + 1, 1), 413, "too_large"},
        {"another method", "GET", post, {}, 405, "method_not_allowed"},
        {"a method for reads", "POST", "/v1/totals", {}, 405, "method_not_allowed"},
        {"no such path", "GET", "/v1/nothing", {}, 404, "not_found"},
        {"a parameter of no path", "GET", "/v1/totals?asset=SEK", {}, 400, "unknown_field"},
        {"a parameter of another path", "GET", "/v1/escrows?from=1", {}, 400, "unknown_field"},
        {"unsigned accounts", "GET", "/v1/accounts", {}, 401, "unauthenticated"},
        {"an unsigned account", "GET", "/v1/accounts/" + alice, {}, 401, "unauthenticated"},
        {"unsigned escrows", "GET", "/v1/escrows?account=" + alice, {}, 401, "unauthenticated"},
        {"a stream without an upgrade", "GET", "/v1/events", {}, 404, "not_found"},
    };
}

struct OpRow {
    std::string what;
    const char* signer;
    OpBody body;
    std::string code;
};

template <class Body>
OpBody with(Body body, const std::function<void(Body&)>& change) {
    change(body);
    return body;
}

// What is well-formed and signed, and may not be.
std::vector<OpRow> op_rows(const Ledger& ledger) {
    using op::Prepare;
    using op::Transfer;
    const Transfer pay = transfer(ledger);
    const Address elsewhere = *Address::parse(ledger.kind.other + ".bob");
    const Address nobody = ledger.account("nobody");
    const AssetId unknown = *AssetId::make("CHF", 2);
    return {
        {"nothing", "alice", with<Transfer>(pay, [](auto& p) { p.amount = Amount{}; }),
         "zero_amount"},
        {"more than there is", "alice",
         with<Transfer>(pay, [&](auto& p) { p.amount = Amount{1'001 * ledger.kind.lot}; }),
         "insufficient_funds"},
        {"more than can be", "alice",
         with<Transfer>(
             pay, [&](auto& p) { p.amount = Amount{UINT64_MAX - UINT64_MAX % ledger.kind.lot}; }),
         "insufficient_funds"},
        {"to nobody", "alice", with<Transfer>(pay, [&](auto& p) { p.to = nobody; }),
         "unknown_account"},
        {"to another ledger's account", "alice",
         with<Transfer>(pay, [&](auto& p) { p.to = elsewhere; }), "wrong_ledger"},
        {"another asset", "alice", with<Transfer>(pay, [&](auto& p) { p.asset = unknown; }),
         "unknown_asset"},
        {"another's money", "bob", pay, "not_permitted"},
        {"to oneself", "alice", with<Transfer>(pay, [&](auto& p) { p.to = p.from; }),
         "same_account"},
        {"an escrow for another ledger's account", "alice",
         with<Prepare>(prepare(ledger, "e1"), [&](auto& p) { p.terms.payee = elsewhere; }),
         "wrong_ledger"},
        {"an escrow that has expired", "alice",
         with<Prepare>(prepare(ledger, "e2"),
                       [](auto& p) { p.terms.expiry = net::system_time() - Duration::seconds(3); }),
         "expiry_passed"},
        {"an escrow for years", "alice",
         with<Prepare>(
             prepare(ledger, "e3"),
             [](auto& p) { p.terms.expiry = net::system_time() + Duration::seconds(100'000'000); }),
         "expiry_too_far"},
        {"a claim of no escrow", "bob",
         op::Fulfil{{ledger.account("alice"), EscrowId{hash("e4").array()}}, Bytes(32, 1)},
         "unknown_escrow"},
        {"shares from no issuer", "alice",
         op::Issue{ledger.account("alice"), ledger.kind.asset, Amount{ledger.kind.lot}},
         "not_permitted"},
        {"an account from no operator", "alice",
         op::OpenAccount{nobody, signer("alice")->public_key()}, "not_permitted"},
        {"an account on another ledger", "operator",
         op::OpenAccount{elsewhere, signer("bob")->public_key()}, "wrong_ledger"},
        {"another's account", "operator",
         op::OpenAccount{ledger.account("bob"), signer("alice")->public_key()}, "account_exists"},
        {"an asset from no operator", "alice",
         op::RegisterAsset{unknown, signer("alice")->public_key(), Amount{1}}, "not_permitted"},
    };
}

void check_signed_reads(Ledger& ledger) {
    RawCaller raw(ledger.loop(), ledger.url());
    const auto get = [&](const std::string& who, Timestamp at, const std::string& target) {
        auto request = RawCaller::request("GET", target);
        raw.sign(request, *signer(who), at);
        return request;
    };
    const std::string own = "/v1/accounts/" + ledger.account("alice").text();
    CHECK(raw.send(get("alice", net::system_time(), own)).status == 200);
    const struct {
        std::string what;
        net::HttpRequest request;
        int status;
        std::string code;
    } rows[] = {
        {"an old signature", get("alice", net::system_time() - Duration::seconds(90), own), 401,
         "signature_expired"},
        {"one from ahead", get("alice", net::system_time() + Duration::seconds(90), own), 401,
         "signature_expired"},
        {"a stranger's", get("mallory", net::system_time(), own), 401, "unknown_key"},
        {"another's account", get("bob", net::system_time(), own), 403, "not_permitted"},
        {"no address", get("alice", net::system_time(), "/v1/accounts/nonsense%20address"), 400,
         "malformed"},
        {"another ledger's account",
         get("alice", net::system_time(), "/v1/accounts/test.eur.alice"), 403, "not_permitted"},
        {"no number", get("alice", net::system_time(), own + "/statement?limit=x"), 400,
         "malformed"},
        {"a page too large", get("alice", net::system_time(), own + "/statement?limit=1001"), 400,
         "malformed"},
        {"no account named", get("alice", net::system_time(), "/v1/escrows"), 400, "malformed"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.what);
        const auto answer = raw.send(row.request);
        CHECK(answer.code == row.code);
        CHECK(answer.status == row.status);
    }
    const auto once = get("alice", net::system_time(), own);
    CHECK(raw.send(once).status == 200);
    const auto again = raw.send(once);
    CHECK(again.code == "replayed");
    CHECK(again.status == 401);
    auto moved = get("alice", net::system_time(), own);
    moved.target = "/v1/accounts/" + ledger.account("bob").text();
    CHECK(raw.send(moved).code == "bad_signature");
}

void check_refusals(const Kind& kind) {
    Ledger ledger(kind);
    const std::string before = ledger.digest();
    RawCaller raw(ledger.loop(), ledger.url());
    for (const RawRow& row : raw_rows(ledger)) {
        CAPTURE(row.what);
        const auto answer = raw.send(RawCaller::request(row.method, row.target, row.body));
        CHECK(answer.code == row.code);
        CHECK(answer.status == row.status);
    }
    check_signed_reads(ledger);
    CHECK(ledger.digest() == before);
    const std::string books = ledger.books();
    for (const OpRow& row : op_rows(ledger)) {
        CAPTURE(row.what);
        const auto answer = ledger.client(row.signer).run(row.body, row.what);
        CHECK((answer ? "done" : answer.error().code) == row.code);
    }
    CHECK(ledger.books() == books);
    // And it goes on.
    CHECK(ledger.client("alice").run(transfer(ledger)));
    CHECK(ledger.books() != books);
    CHECK(ledger.digest() != before);
}

void check_start(const Kind& kind, const std::string& wrong,
                 const std::vector<std::string>& lines) {
    Ledger ledger(kind);
    Process second(kind.program, {"--config", ledger.config()}, ledger.home() / "second.txt");
    second.start();
    CHECK(second.wait(5'000) == exit_failed);
    CHECK(test::read_file(second.log()).find("[in_use]") != std::string::npos);
    CHECK(ledger.client("alice").info());
    CHECK(ledger.client("alice").run(transfer(ledger)));

    Process right(kind.program, {"--config", ledger.config(), "--check"},
                  ledger.home() / "right.txt");
    right.start();
    CHECK(right.wait(5'000) == 0);
    const fs::path file = ledger.home() / "wrong.toml";
    test::write_file(file, wrong);
    for (const bool only_check : {true, false}) {
        std::vector<std::string> arguments{"--config", file.string()};
        if (only_check) arguments.emplace_back("--check");
        Process check(kind.program, arguments, ledger.home() / "check.txt");
        fs::remove(check.log());
        check.start();
        CHECK(check.wait(5'000) == exit_usage);
        std::istringstream said(test::read_file(check.log()));
        std::vector<std::string> found;
        for (std::string line; std::getline(said, line);)
            found.push_back(line);
        CHECK(found.size() == lines.size());
        for (const std::string& line : lines) {
            const bool there = std::any_of(found.begin(), found.end(), [&](const auto& one) {
                return one.starts_with(file.string() + ": " + line);
            });
            CHECK_MESSAGE(there, line);
        }
        if (found.size() != lines.size()) MESSAGE(test::read_file(check.log()));
    }
}

}  // namespace

TEST_CASE("what a cash ledger refuses has a status and a stable code, and changes nothing") {
    check_refusals(test::cash_kind);
}
TEST_CASE("what a securities ledger refuses has a status and a stable code, and changes nothing") {
    check_refusals(test::securities_kind);
}

TEST_CASE("a quantity that is not a whole lot is refused by the securities ledger") {
    Ledger ledger(test::securities_kind);
    const std::string books = ledger.books();
    op::Transfer odd = transfer(ledger);
    odd.amount = Amount{ledger.kind.lot + 1};
    CHECK(ledger.client("alice").run(odd).error().code == "odd_lot");
    op::Prepare half = prepare(ledger, "half");
    half.terms.amount = Amount{ledger.kind.lot / 2};
    CHECK(ledger.client("alice").run(half).error().code == "odd_lot");
    CHECK(ledger.books() == books);
}

TEST_CASE("a second cash ledger on the same data is refused, and each mistake of it has its line") {
    check_start(test::cash_kind,
                "colour = 1\n[ledger]\naddress = \"nowhere\"\nmax_hold_s = -1\n"
                "[listen]\nport = 70000\nhots = \"x\"\n[log]\nlevel = \"loud\"\n",
                {"colour: unknown key", "ledger.address:", "ledger.operator:", "ledger.max_hold_s:",
                 "listen.port:", "listen.hots: unknown key", "log.level:"});
}
TEST_CASE("a securities ledger refuses an asset that is told twice and a quorum that cannot be") {
    struct Row {
        const char* text;
        const char* line;
    };
    const std::string key(64, 'a');
    const Row rows[] = {
        {"[[assets]]\ncode = \"SE0000108656\"\nname = \"A\"\n"
         "[[assets]]\ncode = \"SE0000108656\"\nname = \"B\"\n",
         "assets[1].code: expected another asset: SE0000108656 is assets[0] already"},
        {"[[assets]]\ncode = \"SEK\"\nname = \"A\"\n"
         "[[assets]]\ncode = \"SEK\"\nscale = 2\nname = \"B\"\n",
         "assets[1].code: expected another asset: SEK is assets[0] already"},
        {"[validators]\nquorum = 9\n", "validators.quorum: expected 3 to 4"},
        {"[validators]\nquorum = 2\n", "validators.quorum: expected 3 to 4"},
        {"[validators]\ncount = 7\nquorum = 0\n", "validators.quorum: expected 5 to 7"},
        {"[validators]\ncount = 0\n", "validators.count: expected 1 to "},
        {"[validators]\ncount = 9999\nquorum = 7\n", "validators.count: expected 1 to "},
    };
    const test::TemporaryDirectory directory;
    const fs::path file = directory.path() / "wrong.toml";
    for (const Row& row : rows) {
        CAPTURE(std::string(row.text));
        test::write_file(
            file, "[ledger]\naddress = \"test.csd\"\noperator = \"" + key + "\"\n" + row.text);
        Process check("lockstep-securities", {"--config", file.string(), "--check"},
                      directory.path() / "check.txt");
        fs::remove(check.log());
        check.start();
        CHECK(check.wait(5'000) == exit_usage);
        const std::string said = test::read_file(check.log());
        CHECK_MESSAGE(said.starts_with(file.string() + ": " + row.line), said);
        CHECK_MESSAGE(std::count(said.begin(), said.end(), '\n') == 1, said);
    }
}
TEST_CASE("a second securities ledger on the same data is refused, and each mistake has its line") {
    check_start(
        test::securities_kind,
        "colour = 1\n[ledger]\naddress = \"nowhere\"\n[validators]\ncount = 4\nquorum = 2\n"
        "votes = 1\n[blocks]\nmin_interval_ms = 500\nmax_interval_ms = 30\n"
        "clock_error_ms = \"much\"\n[[assets]]\ncode = \"S E\"\n[listen]\nport = 70000\n"
        "[readers]\nauditors = [\"me\"]\n",
        {"colour: unknown key", "ledger.address:", "ledger.operator:", "validators.quorum:",
         "validators.votes: unknown key", "blocks.max_interval_ms:", "blocks.clock_error_ms:",
         "assets[0].name:", "assets[0].code:", "listen.port:", "readers.auditors[0]:"});
}

TEST_CASE("a statement is shown to its end, or it is told how to go on") {
    Ledger ledger(test::cash_kind);
    // More lines than a ledger gives at once: 900 to bob, 150 back, and what alice began with.
    const auto transfers = [&](const char* from, const char* to, int count) {
        std::vector<Op> ops;
        for (int i = 0; i < count; ++i) {
            op::Transfer one = transfer(ledger);
            one.from = ledger.account(from);
            one.to = ledger.account(to);
            ops.push_back({CommandId{hash(from + std::to_string(i)).array()}, std::move(one)});
        }
        const auto answers = ledger.client(from).submit(std::move(ops));
        REQUIRE(answers);
        for (const OpAnswer& answer : *answers)
            REQUIRE(answer.done);
    };
    transfers("alice", "bob", 900);
    transfers("bob", "alice", 150);
    const std::string key = (ledger.home() / "alice.key").string();
    test::write_file(key, sha256(as_bytes("key of alice")).hex() + "\n");
    fs::permissions(key, fs::perms::owner_read);
    const auto statement = [&](std::vector<std::string> words) {
        words.insert(words.begin(),
                     {"--url", "http://127.0.0.1:" + std::to_string(ledger.url().port), "--key",
                      key, "statement", ledger.account("alice").text()});
        fs::remove(ledger.home() / "tool.txt");
        test::Process tool("lockstep-ledger", words, ledger.home() / "tool.txt");
        tool.start();
        CHECK(tool.wait(20'000) == exit_done);
        std::vector<std::string> lines;
        std::istringstream said(test::read_file(tool.log()));
        for (std::string line; std::getline(said, line);)
            lines.push_back(line);
        return lines;
    };
    const auto all = statement({});
    CHECK(all.size() == 1 + 1 + 1'050);  // the heading, the issue, the transfers
    const auto some = statement({"--limit", "1040"});
    REQUIRE(some.size() == 1 + 1'040 + 1);
    const auto hint = std::find_if(some.begin(), some.end(), [](const std::string& line) {
        return line.starts_with("more may follow: go on with --from ");
    });
    REQUIRE(hint != some.end());
    const std::string from = hint->substr(hint->rfind("--from ") + 7);
    const auto rest = statement({"--from", from.substr(0, from.find(','))});
    CHECK(rest.size() == 1 + 11);
}

TEST_CASE("a ledger short of disk is not ready, and says why") {
    test::LedgerKind kind = test::cash_kind;
    Ledger ledger(kind);
    CHECK(ledger.client("alice").get("/health/ready"));
    std::string text = test::read_file(ledger.config());
    const std::string data = "[data]\n";
    text.replace(text.find(data), data.size(), data + "low_disk_mib = 1000000\n");
    test::write_file(ledger.config(), text);
    ledger.process().terminate();
    REQUIRE(ledger.process().wait(20'000) == exit_done);
    ledger.start();
    CHECK(ledger.client("alice").run(transfer(ledger)).error().code == "disk_low");
    CHECK(ledger.client("alice").get("/health/ready").error().code == "disk_low");
}

TEST_CASE("a transfer that is repeated with its id and its last instant is done once") {
    Ledger ledger(test::cash_kind);
    const Hash seed = sha256(as_bytes("key of alice"));
    const std::string key = (ledger.home() / "alice.key").string();
    const std::string url = "http://" + net::host_and_port(ledger.url().host, ledger.url().port);
    test::write_file(key, seed.hex() + "\n");
    std::filesystem::permissions(key, std::filesystem::perms::owner_read);
    const auto transfer_by_hand = [&](const std::vector<std::string>& more) {
        std::vector<std::string> words{"--url",
                                       url,
                                       "--key",
                                       key,
                                       "--id",
                                       "x1",
                                       "transfer",
                                       ledger.account("alice").text(),
                                       ledger.account("bob").text(),
                                       "0.01",
                                       "SEK/2"};
        words.insert(words.end(), more.begin(), more.end());
        fs::remove(ledger.home() / "tool.txt");
        test::Process tool("lockstep-ledger", words, ledger.home() / "tool.txt");
        tool.start();
        const auto code = tool.wait(20'000);
        REQUIRE(code);
        return std::pair(*code, test::read_file(tool.log()));
    };
    CHECK(transfer_by_hand({}).first == exit_usage);
    const std::vector<std::string> until{"--not-after",
                                         format_time(net::system_time() + Duration::seconds(600))};
    const auto first = transfer_by_hand(until);
    CHECK_MESSAGE(first.first == exit_done, first.second);
    const std::string books = ledger.books();
    const auto second = transfer_by_hand(until);
    CHECK_MESSAGE(second.first == exit_done, second.second);
    CHECK(second.second == first.second);
    CHECK(ledger.books() == books);
}
