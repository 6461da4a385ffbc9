// Every mistake in a configuration is one line that names the file, the key and what is expected.
#include <doctest/doctest.h>

#include <fstream>

#include "connector/node/load.h"
#include "connector/node/sample.h"
#include "connector/node/settings.h"
#include "sdk/codec/toml.h"
#include "sdk/crypto/signature.h"
#include "sdk/store/journal_file.h"
#include "tests/unit/store_directory.h"

using namespace lockstep;
using namespace lockstep::node;

namespace {

const std::string sound = R"(
name = "connector"
key_file = "node.key"
secret_seed_file = "secret.seed"
price_asset = "SEK/2"
[listen]
port = 7101
[endurance]
outage_ms = 2000
outages = 3
[[ledgers]]
address = "test.sek"
adapter = "cash"
url = "http://127.0.0.1:7001"
accounts = ["test.sek.connector"]
profile = { inclusion_ms = 1000, late_ms = 1000, early_ms = 1000 }
settings = { in_flight = 4 }
[[ledgers]]
address = "test.eur"
adapter = "cash"
url = "http://127.0.0.1:7002"
key_file = "eur.key"
accounts = ["test.eur.connector"]
profile = { inclusion_ms = 1000, late_ms = 1000, early_ms = 1000 }
[[offers]]
in_ledger = "test.eur"
in_asset = "EUR/2"
in_account = "test.eur.connector"
out_ledger = "test.sek"
out_asset = "SEK/2"
out_account = "test.sek.connector"
rate = "0.0893"
spread_ppm = 2000
max_out = "1000000.00"
[[peers]]
name = "buyer"
key = "00000000000000000000000000000000000000000000000000000000000000aa"
url = "http://127.0.0.1:7102"
[[instruments]]
isin = "SE0000108656"
ledger = "test.csd"
lot = "10"
reference_price = "81.50"
tolerance_ppm = 50000
[[callers]]
name = "desk"
role = "operator"
key = "00000000000000000000000000000000000000000000000000000000000000bb"
)";

// Of the peer, from a ledger of ours to one that is not.
const std::string known_offer = R"(
[[known_offers]]
connector = "00000000000000000000000000000000000000000000000000000000000000aa"
in_ledger = "test.eur"
in_asset = "EUR/2"
in_account = "test.eur.buyer"
out_ledger = "test.nok"
out_asset = "NOK/2"
out_account = "test.nok.buyer"
rate = "0.09"
max_out = "1000.00"
margin_ms = 13000
out_expiry_rule = "strict"
)";

SettingsRead read(const std::string& text) {
    const auto document = parse_toml(text);
    REQUIRE_MESSAGE(document, document.error().what);
    std::array<std::uint8_t, 32> key{1};
    return read_settings(document->values, "conf/node.toml", PublicKey{key});
}

std::string with(const std::string& from, const std::string& to) {
    std::string text = sound;
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("a sound configuration is understood") {
    const SettingsRead result = read(sound);
    REQUIRE_MESSAGE(result.mistakes.empty(), result.mistakes.front());
    const Settings& settings = result.settings;
    CHECK(settings.key_file == "conf/node.key");
    CHECK(settings.data == "conf/data");
    CHECK(settings.listen_port == 7101);
    REQUIRE(settings.ledgers.size() == 2);
    CHECK(settings.ledgers[0].key_file.empty());
    CHECK(settings.ledgers[0].settings.front().second == "4");
    CHECK(settings.ledgers[1].key_file == "conf/eur.key");
    REQUIRE(settings.node.own_offers.size() == 1);
    const routing::Offer& offer = settings.node.own_offers[0];
    // One krona for 0.0893 euro, both with two decimals.
    CHECK(offer.rate_num == 893);
    CHECK(offer.rate_den == 10'000);
    CHECK(offer.max_out == Amount{100'000'000});
    // 2 D + o (K + D) + late + early
    CHECK(offer.margin == Duration::seconds(2 + 3 * 3 + 2));
    CHECK(settings.node.instruments[0].reference_price == Amount{81'50});
    CHECK(settings.callers[0].role == api::Role::operator_);
}

TEST_CASE("how a ledger is told who calls: a cookie, or a name and a password") {
    const auto ledger = [](const std::string& lines) {
        std::string text = sound;
        text.replace(text.find("settings = { in_flight"), 0, lines);
        return read(text);
    };
    const SettingsRead cookie = ledger("cookie_file = \"btc/.cookie\"\n");
    REQUIRE_MESSAGE(cookie.mistakes.empty(), cookie.mistakes.front());
    CHECK(cookie.settings.ledgers[0].cookie_file == "conf/btc/.cookie");
    const SettingsRead password = ledger("user = \"node\"\npassword_file = \"/etc/password\"\n");
    REQUIRE_MESSAGE(password.mistakes.empty(), password.mistakes.front());
    CHECK(password.settings.ledgers[0].user == "node");
    CHECK(password.settings.ledgers[0].password_file == "/etc/password");
    CHECK(ledger("user = \"node\"\n").mistakes.size() == 1);
    CHECK(ledger("password_file = \"password\"\n").mistakes.size() == 1);
    CHECK(ledger("cookie_file = \"c\"\nuser = \"node\"\npassword_file = \"p\"\n").mistakes.size() ==
          1);
}

TEST_CASE("paths among an adapter's settings are relative to the configuration") {
    std::string text = sound;
    text.replace(text.find("settings = { in_flight = 4 }"), 28,
                 "settings = { key_file = \"btc.key\", network = \"regtest\" }");
    const SettingsRead result = read(text);
    REQUIRE_MESSAGE(result.mistakes.empty(), result.mistakes.front());
    const auto& settings = result.settings.ledgers[0].settings;
    REQUIRE(settings.size() == 2);
    CHECK(settings[0] == std::pair<std::string, std::string>("key_file", "conf/btc.key"));
    CHECK(settings[1] == std::pair<std::string, std::string>("network", "regtest"));
}

TEST_CASE("the disk's limits are those of the ledgers where nothing else is said") {
    const auto limits = [](const std::string& more) {
        std::string text = sound;
        text.replace(text.find("[endurance]"), 0, more);
        const SettingsRead result = read(text);
        REQUIRE_MESSAGE(result.mistakes.empty(), result.mistakes.front());
        return result.settings.disk;
    };
    CHECK(limits("").low_bytes == 256u << 20);
    CHECK(limits("").ballast_bytes == 64u << 20);
    const DiskLimits set = limits("[limits]\nlow_disk_mib = 2048\nballast_mib = 0\n");
    CHECK(set.low_bytes == std::uint64_t{2} << 30);
    CHECK(set.ballast_bytes == 0);
}

TEST_CASE("a mistake is a line with file, key and what is expected") {
    struct Row {
        const char* from;
        std::string to;
        const char* line;
    };
    const Row rows[] = {
        {"port = 7101", "port = 70000",
         "conf/node.toml: listen.port: expected a whole number from 1 to 65535"},
        {"port = 7101", "port = 7101\ncolour = 1",
         "conf/node.toml: listen.colour: unknown key; remove it or check its spelling"},
        {"[endurance]", "[limits]\nlow_disk_mib = -1\n[endurance]",
         "conf/node.toml: limits.low_disk_mib: expected a whole number from 0 to 1000000"},
        {"[endurance]", "[limits]\nballast_mib = \"64\"\n[endurance]",
         "conf/node.toml: limits.ballast_mib: expected a whole number from 0 to 1000000"},
        {"outages = 3", "",
         "conf/node.toml: endurance.outages: is missing; expected a whole number from 0 to 100"},
        {"name = \"connector\"", "", "conf/node.toml: name: is missing; expected a text"},
        {"\"test.sek.connector\"]", "7]",
         "conf/node.toml: ledgers[0].accounts[0]: expected a text"},
        {"address = \"test.eur\"", "address = \"moon\"",
         "conf/node.toml: ledgers[1].address: expected an Interledger address, for example "
         "test.sek.alice"},
        {"role = \"operator\"", "role = \"king\"",
         "conf/node.toml: callers[0].role: expected one of \"operator\" \"venue\" \"participant\" "
         "\"auditor\""},
        {"rate = \"0.0893\"", "rate = \"-1\"",
         "conf/node.toml: offers[0].rate: expected a decimal text above 0: what one unit of the "
         "outgoing asset costs in the incoming one, for example \"0.0893\""},
        {"rate = \"0.0893\"", "rate = 0.0893",
         "conf/node.toml: offers[0].rate: expected a decimal text above 0: what one unit of the "
         "outgoing asset costs in the incoming one, for example \"0.0893\""},
        {"rate = \"0.0893\"\n", "",
         "conf/node.toml: offers[0].rate: is missing; expected a decimal text above 0: what one "
         "unit of the outgoing asset costs in the incoming one, for example \"0.0893\""},
        {"max_out = \"1000000.00\"", "max_out = \"5.00\"\nmin_out = \"5.01\"",
         "conf/node.toml: offers[0].min_out: 5.01 is above max_out, 5.00; expected at most that"},
        {"in_account = \"test.eur.connector\"", "in_account = \"test.eur.other\"",
         "conf/node.toml: offers[0].in_account: test.eur.other is not configured; expected one of "
         "the accounts of test.eur in [[ledgers]]"},
        {"out_account = \"test.sek.connector\"", "out_account = \"test.sek.other\"",
         "conf/node.toml: offers[0].out_account: test.sek.other is not configured; expected one of "
         "the accounts of test.sek in [[ledgers]]"},
        {"[[instruments]]",
         "[[peers]]\nname = \"seller\"\nkey = "
         "\"00000000000000000000000000000000000000000000000000000000000000aa\"\n[[instruments]]",
         "conf/node.toml: peers[1].key: is used twice: it is the key of \"buyer\" already; "
         "expected the public key of \"seller\""},
        {"00aa\"", "0000\"",
         "conf/node.toml: peers[0].key: is all zeros, which is no key; expected a public key of 64 "
         "hexadecimal digits"},
        {"isin = \"SE0000108656\"", "isin = 7",
         "conf/node.toml: instruments[0].isin: expected a text"},
        {"max_out = \"1000000.00\"", "max_out = \"184467440737095516.16\"",
         "conf/node.toml: offers[0].max_out: expected at most 184467440737095516.15, which is what "
         "64 bits of the smallest unit hold"},
        {"max_out = \"1000000.00\"", "max_out = 5",
         "conf/node.toml: offers[0].max_out: expected a decimal text with at most 2 decimals, for "
         "example \"12.50\""},
        {"00aa\"", "00a\"",
         "conf/node.toml: peers[0].key: expected a public key of 64 hexadecimal digits"},
        {"isin = \"SE0000108656\"", "isin = \"SE0000108657\"",
         "conf/node.toml: instruments[0].isin: expected an ISIN with its check digit, as "
         "SE0000108656"},
        {"port = 7101", "port = 0",
         "conf/node.toml: listen.port: expected a whole number from 1 to 65535"},
        {"port = 7101", "port = 7101\naddress = \"node.example\"",
         "conf/node.toml: listen.address: expected an IP address of this machine, for example "
         "127.0.0.1, or 0.0.0.0 for all of them"},
        {"port = 7101", "port = 7101\naddress = \"0.0.0.0\"",
         "conf/node.toml: listen.origins: is missing; every call would be refused: 0.0.0.0 is no "
         "address that a call is signed for, so say how others address this node, for example "
         "[\"http://node.example:7101\"]"},
        {"port = 7101", "port = 7101\naddress = \"::\"",
         "conf/node.toml: listen.origins: is missing; every call would be refused: :: is no "
         "address that a call is signed for, so say how others address this node, for example "
         "[\"http://node.example:7101\"]"},
        {"\"secret.seed\"", "\"./node.key\"",
         "conf/node.toml: secret_seed_file: is the file of a key; the seed is a file of its own, "
         "used for nothing else"},
        {"\"secret.seed\"", "\"eur.key\"",
         "conf/node.toml: secret_seed_file: is the file of a key; the seed is a file of its own, "
         "used for nothing else"},
        {"http://127.0.0.1:7002", "https://ledger.example",
         "conf/node.toml: ledgers[1].url: expected http://…: TLS is not spoken here; let a proxy "
         "of this machine do it"},
        {"http://127.0.0.1:7102", "wss://peer.example",
         "conf/node.toml: peers[0].url: expected http://…: TLS is not spoken here; let a proxy "
         "of this machine do it"},
        {"adapter = \"cash\"", "adapter = \"../cash\"",
         "conf/node.toml: ledgers[0].adapter: expected the name of a plugin, for example \"cash\""},
        {"lot = \"10\"", "lot = \"0\"", "conf/node.toml: instruments[0].lot: expected at least 1"},
        // Offers of ledgers whose address is in doubt say nothing more.
        {"address = \"test.eur\"", "address = \"test.eurr\"",
         "conf/node.toml: ledgers[1].accounts[0]: test.eur.connector is not an account of this "
         "ledger; expected test.eurr.NAME"},
        {"[[peers]]", known_offer + "[[peers]]",
         "conf/node.toml: known_offers[0].out_profile: is missing; expected a table "
         "[known_offers[0].out_profile]"},
        {"in_ledger = \"test.eur\"", "in_ledger = \"test.nok\"",
         "conf/node.toml: offers[0].in_ledger: test.nok is a ledger that is not configured; "
         "expected the address of one of [[ledgers]]"},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(row.from));
        const SettingsRead result = read(with(row.from, row.to));
        REQUIRE_FALSE(result.mistakes.empty());
        CHECK(result.mistakes.front() == row.line);
        CHECK(result.mistakes.size() == 1);
    }
}

TEST_CASE("addresses that can be called are sound") {
    for (const char* address : {"127.0.0.1", "localhost", "::1", "10.1.2.3"}) {
        CAPTURE(std::string(address));
        const auto result =
            read(with("port = 7101", "port = 7101\naddress = \"" + std::string(address) + "\""));
        CHECK(result.mistakes.empty());
    }
    CHECK(read(with("port = 7101",
                    "port = 7101\naddress = \"0.0.0.0\"\norigins = "
                    "[\"https://node.example\"]"))
              .mistakes.empty());
}

TEST_CASE("calls are signed for the address without the scheme's own port") {
    CHECK(listen_origin(read(sound).settings).authority() == "127.0.0.1:7101");
    CHECK(listen_origin(read(with("port = 7101", "port = 80")).settings).authority() ==
          "127.0.0.1");
    CHECK(listen_origin(read(with("port = 7101", "port = 80\naddress = \"::1\"")).settings)
              .authority() == "[::1]");
}

TEST_CASE("/metrics is served on loopback, elsewhere where it is asked for, and --check tells") {
    struct Row {
        const char* listen;
        bool served;
        const char* note;  // how it begins, "" for none
    };
    const char* const open = "listen.metrics: /metrics shows balances and exposure in plain text";
    const char* const shut = "listen.metrics: /metrics is not served";
    const Row rows[] = {
        {"", true, ""},
        {"metrics = false\n", false, ""},
        {"address = \"localhost\"\n", true, ""},
        {"address = \"127.8.0.1\"\n", true, ""},
        {"address = \"::1\"\n", true, ""},
        {"address = \"128.0.0.1\"\n", false, shut},
        {"address = \"192.0.2.1\"\n", false, shut},
        {"address = \"192.0.2.1\"\nmetrics = true\n", true, open},
        {"address = \"2001:db8::1\"\n", false, shut},
        {"address = \"0.0.0.0\"\norigins = [\"http://node.example\"]\n", false, shut},
        {"address = \"::\"\norigins = [\"http://node.example\"]\nmetrics = true\n", true, open},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(row.listen));
        const SettingsRead result =
            read(with("[listen]\n", std::string("[listen]\n") + row.listen));
        REQUIRE_MESSAGE(result.mistakes.empty(), result.mistakes.front());
        CHECK(result.settings.metrics == row.served);
        const auto notes = notes_on(result.settings);
        CHECK(notes.empty() == std::string_view(row.note).empty());
        for (const std::string& note : notes)
            CHECK(note.starts_with(row.note));
    }
}

TEST_CASE("files that a start would stumble over are told all at once") {
    const lockstep::testing::TemporaryDirectory directory;
    const auto place = [&](const char* name) {
        return std::filesystem::path(directory.file(name));
    };
    SettingsRead sound_read = read(sound);
    Settings& settings = sound_read.settings;
    settings.key_file = place("node.key");
    settings.secret_seed_file = place("secret.seed");
    settings.data = place("data");
    settings.plugins = place("plugins");
    settings.ledgers[0].adapter = "zort";
    settings.ledgers[1].key_file = place("eur.key");
    REQUIRE(create_key_file(settings.key_file));
    const auto starts = [](const std::string& line, const std::string& with) {
        return line.starts_with(with);
    };
    auto mistakes = check_files(sound_read, "node.toml");
    REQUIRE(mistakes.size() == 2);
    CHECK_MESSAGE(starts(mistakes[0], "node.toml: ledgers[0].adapter: "), mistakes[0]);
    CHECK_MESSAGE(starts(mistakes[1], "node.toml: ledgers[1].key_file: there is no key file"),
                  mistakes[1]);
    CHECK_FALSE(std::filesystem::exists(settings.secret_seed_file));

    // A journal without its seed, then with one that others can read.
    std::filesystem::create_directories(settings.data);
    std::ofstream(journal_file(settings.data.string())) << "x";
    mistakes = check_files(sound_read, "node.toml");
    REQUIRE(mistakes.size() == 3);
    CHECK_MESSAGE(starts(mistakes[0], "node.toml: secret_seed_file: "), mistakes[0]);
    CHECK(mistakes[0].find("is missing") != std::string::npos);
    REQUIRE(create_key_file(settings.secret_seed_file));
    CHECK(check_files(sound_read, "node.toml").size() == 2);
    std::filesystem::permissions(settings.secret_seed_file, std::filesystem::perms::all);
    mistakes = check_files(sound_read, "node.toml");
    REQUIRE(mistakes.size() == 3);
    CHECK_MESSAGE(mistakes[0].find("chmod 600") != std::string::npos, mistakes[0]);
}

TEST_CASE("adapters and files are checked whatever else is wrong, each mistake once") {
    const lockstep::testing::TemporaryDirectory directory;
    const std::string key(64, 'a');
    const std::string trust = "chain = \"" + key + "\"\nvalidators = \"" + key + "," + key + "," +
                              key + "," + key + "\"\n";
    const std::string file = directory.file("node.toml");
    REQUIRE(create_key_file(directory.file("node.key")));
    struct Row {
        std::vector<std::pair<std::string, std::string>> changes;
        std::vector<std::string> lines;  // how they begin, in any order
    };
    const Row rows[] = {
        {{}, {}},
        {{{"port = 7101", "port = 70000"}, {"#own", "quorum = 1"}},
         {"listen.port: expected", "ledgers[0].settings.quorum: expected 3 to 4"}},
        {{{"http://", "ftp://"}, {"\"securities\"", "\"nosuch\""}},
         {"ledgers[0].url: ", "ledgers[0].adapter: lockstep-adapter-nosuch.so is in none of"}},
        {{{"#own", "zort = \"1\"\nreply_timeout_ms = -5\nquorum = \"two\""}},
         {"ledgers[0].settings.zort: is no setting of this adapter",
          "ledgers[0].settings.reply_timeout_ms: expected a whole number from 1 to 86400000",
          "ledgers[0].settings.quorum: expected 3 to 4"}},
        {{{trust, "validators = [\"a\"]\nquorum = 1\n"}},
         {"ledgers[0].settings.validators: expected a text, number or flag",
          "ledgers[0].settings.chain: is missing; expected 64 hexadecimal digits"}},
        {{{"node.key", "gone.key"}, {"#own", "quorum = 1"}},
         {"key_file: there is no key file", "ledgers[0].settings.quorum: expected 3 to 4"}},
        {{{"node.key", "gone.key"}}, {"key_file: there is no key file"}},
        {{{"key_file = \"node.key\"", ""}}, {"key_file: is missing"}},
        {{{"key_file = \"node.key\"", "key_file = \"\""}}, {"key_file: expected a text"}},
        {{{"\"securities\"", "\"../securities\""}},
         {"ledgers[0].adapter: expected the name of a plugin"}},
        {{{"\"test.csd\"", "\"moon\""}}, {"ledgers[0].address: "}},
        {{{"[\"test.csd.me\"]", "[\"test.cst.me\"]"}}, {"ledgers[0].accounts[0]: test.cst.me"}},
        {{{"[[ledgers]]", "[ledgers]"}}, {"ledgers: expected tables"}},
        {{{"name =", "name "}}, {"line 1, column"}},
    };
    for (const Row& row : rows) {
        std::string text = R"(name = "connector"
key_file = "node.key"
secret_seed_file = "secret.seed"
plugins = ")" LOCKSTEP_BINARY_DIR R"(/lib"
[listen]
port = 7101
[endurance]
outage_ms = 2000
outages = 3
[[ledgers]]
address = "test.csd"
adapter = "securities"
url = "http://127.0.0.1:7001"
accounts = ["test.csd.me"]
profile = { inclusion_ms = 1000, late_ms = 1000, early_ms = 1000 }
[ledgers.settings]
)";
        text.append(trust)
            .append(R"(#own
[[parties]]
name = "sven"
node = ")")
            .append(key)
            .append(R"("
cash_account = "test.sek.sven"
cash_asset = "SEK/2"
securities_account = "test.csd.sven"
[[peers]]
name = "sven"
key = ")")
            .append(64, 'a')
            .append("\"\n");
        for (const auto& [from, to] : row.changes) {
            REQUIRE(text.find(from) != std::string::npos);
            text.replace(text.find(from), from.size(), to);
        }
        std::ofstream(file) << text;
        const SettingsRead read = read_settings(file);
        auto mistakes = read.mistakes;
        for (const std::string& line : check_files(read, file))
            mistakes.push_back(line);
        std::string all;
        for (const std::string& line : mistakes)
            all.append(line).append("\n");
        CHECK_MESSAGE(mistakes.size() == row.lines.size(), all);
        for (const std::string& line : row.lines)
            CHECK_MESSAGE(
                all.find(std::string(file).append(": ").append(line)) != std::string::npos, line,
                " in\n", all);
    }
}

TEST_CASE("a profile that the adapter computes may be left out, and is not promised better") {
    const std::string head = R"(name = "connector"
key_file = "node.key"
secret_seed_file = "secret.seed"
plugins = ")" LOCKSTEP_BINARY_DIR R"(/lib"
[listen]
port = 7101
[endurance]
outage_ms = 2000
outages = 1
rollbacks = 1
[[ledgers]]
address = "g.btc"
adapter = "bitcoin"
url = "http://127.0.0.1:8332"
accounts = ["g.btc.me"]
expiry_rule = "open"
)";
    const std::string place = "conf/node.toml: ledgers[0].";
    const SettingsRead computed =
        read(head + "settings = { network = \"main\", congestion = 3 }\n");
    REQUIRE(computed.mistakes.empty());
    const TimingProfile& profile = computed.settings.node.ledgers[0].timing.profile;
    CHECK(profile.inclusion == Duration::seconds(9'600));
    CHECK(profile.finality == Duration::seconds(8'400));
    CHECK(profile.rollback == Duration::seconds(8'400));
    const auto notes = notes_on(computed.settings);
    REQUIRE(notes.size() == 1);
    CHECK(notes[0] ==
          "ledgers[0].profile: computed from its settings: inclusion_ms = 9600000, finality_ms = "
          "8400000, rollback_ms = 8400000, late_ms = 10800000, early_ms = 7200000, block_ms = "
          "6000000");

    const auto given = [&](const std::string& inclusion, const std::string& early) {
        return read(head + "profile = { inclusion_ms = " + inclusion +
                    ", finality_ms = 8400000, rollback_ms = 8400000, late_ms = 10800000, "
                    "early_ms = " +
                    early +
                    ", block_ms = 6000000 }\nsettings = { network = \"main\", "
                    "congestion = 3 }\n");
    };
    CHECK(given("9600000", "7200000").mistakes.empty());
    CHECK(notes_on(given("9600000", "7200000").settings).empty());
    CHECK(given("9600001", "7300000").settings.node.ledgers[0].timing.profile.inclusion ==
          Duration::milliseconds(9'600'001));
    const auto shorter = given("9599999", "1000").mistakes;
    REQUIRE(shorter.size() == 2);
    CHECK(shorter[0] == place +
                            "profile.inclusion_ms: is 9599999, less than what follows from the "
                            "settings of this ledger; expected at least 9600000, or no profile, "
                            "which computes it");
    CHECK(shorter[1].starts_with(place + "profile.early_ms: is 1000, "));

    const auto wrong = read(head + "settings = { reorg_depth = 6 }\n").mistakes;
    REQUIRE(wrong.size() == 1);
    CHECK(wrong[0].starts_with(place + "settings.reorg_depth: what is final"));
    std::string cash = head;
    cash.replace(cash.find("\"bitcoin\""), 9, "\"cash\"");
    const auto missing = read(cash).mistakes;
    REQUIRE(missing.size() == 1);
    CHECK(missing[0].starts_with(place + "profile: is missing; expected a table"));
}

TEST_CASE("all mistakes are told at once") {
    std::string text = with("port = 7101", "port = \"x\"");
    text.replace(text.find("outages = 3"), 11, "outages = -1");
    CHECK(read(text).mistakes.size() == 2);
}

TEST_CASE(
    "a ledger whose address is misspelt is told once, whatever offers and accounts there are") {
    for (const char* address : {"moon", "test.eurr"}) {
        CAPTURE(std::string(address));
        std::string text = with("[[peers]]", known_offer +
                                                 "out_profile = { inclusion_ms = 1000, late_ms = "
                                                 "1000, early_ms = 1000 }\n[[peers]]");
        for (const auto& [from, to] :
             {std::pair<std::string, std::string>{"\"test.eur\"",
                                                  "\"" + std::string(address) + "\""},
              {"[\"test.eur.connector\"]", "[\"test.eur.connector\", \"test.eur.more\"]"}}) {
            text.replace(text.find(from), from.size(), to);
        }
        const auto mistakes = read(text).mistakes;
        REQUIRE(mistakes.size() == 1);
        CHECK_MESSAGE(mistakes[0].starts_with("conf/node.toml: ledgers[1].address: "), mistakes[0]);
    }
}

TEST_CASE("margins below the bound are a mistake") {
    const SettingsRead result = read(with("spread_ppm = 2000", "margin_ms = 12999"));
    REQUIRE(result.mistakes.size() == 1);
    CHECK(result.mistakes.front().find("margin") != std::string::npos);
    CHECK(read(with("spread_ppm = 2000", "margin_ms = 13000")).mistakes.empty());
}

TEST_CASE("a party's margin is read, may be absent, and covers what its own node needs") {
    const auto with_party = [](const std::string& node, const std::string& more) {
        return read(sound + R"(
[[parties]]
name = "sven"
cash_account = "test.sek.connector"
cash_asset = "SEK/2"
securities_account = "test.eur.connector"
node = ")" + node + "\"\n" +
                    more);
    };
    const std::string own = "01" + std::string(62, '0');
    const std::string other = std::string(62, '0') + "aa";
    const SettingsRead absent = with_party(other, "");
    REQUIRE(absent.mistakes.empty());
    CHECK(!absent.settings.node.parties[0].margin);
    const SettingsRead given = with_party(other, "margin_ms = 5000\n");
    REQUIRE(given.mistakes.empty());
    CHECK(given.settings.node.parties[0].margin == Duration::seconds(5));
    CHECK(with_party(own, "margin_ms = 13000\n").mistakes.empty());
    const SettingsRead small = with_party(own, "margin_ms = 12999\n");
    REQUIRE(small.mistakes.size() == 1);
    CHECK(small.mistakes[0] ==
          "conf/node.toml: parties[0].margin_ms: a margin of 12.999 s is below the bound of 13.000 "
          "s that the profiles and the endurance need; expected at least that");
}

TEST_CASE("the sample configuration is sound once the keys of others are filled in") {
    const auto zeros = read(sample_configuration).mistakes;
    REQUIRE(zeros.size() == 2);
    CHECK(zeros[0].starts_with("conf/node.toml: peers[0].key: is all zeros"));
    CHECK(zeros[1].starts_with("conf/node.toml: callers[0].key: is all zeros"));
    std::string text = sample_configuration;
    const std::string zero(64, '0');
    for (const char digit : {'1', '2'})
        text.replace(text.find(zero), zero.size(), std::string(zero.size(), digit));
    const SettingsRead result = read(text);
    CHECK_MESSAGE(result.mistakes.empty(), result.mistakes.front());
    // Also what stands there as a remark, with its default.
    const std::size_t limits = text.find("# [limits]");
    REQUIRE(limits != std::string::npos);
    const std::size_t end = text.find("\n\n", limits);
    for (std::size_t at = limits; at < end; at = text.find('\n', at) + 1)
        text.replace(at, 2, "  ");
    const SettingsRead whole = read(text);
    CHECK_MESSAGE(whole.mistakes.empty(), whole.mistakes.front());
    CHECK(text.find("  low_disk_mib = 256 ") != std::string::npos);
    CHECK(text.find("  ballast_mib = 64 ") != std::string::npos);
    CHECK(whole.settings.disk.low_bytes == DiskLimits{}.low_bytes);
    CHECK(whole.settings.disk.ballast_bytes == DiskLimits{}.ballast_bytes);
}
