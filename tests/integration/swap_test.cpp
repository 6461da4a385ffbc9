// Swaps between Bitcoin and the securities ledger by real processes: the two parties share nothing
// but one line of text.
#include <doctest/doctest.h>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <set>
#include <string_view>
#include <thread>

#include "bitcoin/adapter/bitcoin_adapter.h"
#include "bitcoin/keys/address.h"
#include "tests/integration/node_world.h"
#include "tests/integration/swap_world.h"

namespace lockstep::test {
namespace {

constexpr std::int64_t fees = 20'000;
constexpr std::int64_t paid = 1'000'000;
constexpr std::uint64_t delivered = 50;

std::string code_of(SwapParty& buyer) {
    const Json line = buyer.wait_for_event("proposal", 30'000);
    REQUIRE_MESSAGE(!line.is_null(), buyer.log());
    return line["code"].text_or("");
}

void check_end(SwapParty& party, const std::string& end, int milliseconds) {
    CAPTURE(party.name);
    const auto code = party.wait(milliseconds);
    CHECK_MESSAGE(code == (end == "settled" ? 0 : 4), party.log());
    CHECK_MESSAGE(party.wait_for_event("end", 0)["end"].text_or("") == end, party.log());
}

// The numbers of the transactions that it said were final.
std::set<std::int64_t> final_ones(const SwapParty& party) {
    std::set<std::int64_t> numbers;
    for (const Json& line : party.said())
        if (line["state"].text_or("") == "final") numbers.insert(*line["number"].as_int64());
    return numbers;
}

TEST_CASE("two parties swap bitcoin for shares, or each has back what it locked") {
    SwapWorld world({"anna", "carol", "erin", "frank"}, {"ben", "dave", "grace"});
    const std::int64_t coins = world.satoshi("anna");
    CHECK(coins == 2 * 5'000'000'000);

    // Nobody accepts erin's proposal; frank is away when he should take what grace delivered.
    SwapParty& erin = world.party("erin");
    SwapParty& frank = world.party("frank");
    erin.run(world.proposal("grace", "42s", "22s"));
    frank.run(world.proposal("grace", "42s", "22s"));
    SwapParty& grace = world.party("grace");
    grace.run({"accept", code_of(frank), "--yes"});
    REQUIRE_MESSAGE(!frank.wait_for(1, "seen", 15'000).is_null(), frank.log());
    frank.kill();

    // Anna and ben are killed in the middle, each more than once.
    SwapParty& anna = world.party("anna");
    SwapParty& ben = world.party("ben");
    anna.run(world.proposal("ben", "300s", "200s"));
    const std::string code = code_of(anna);
    anna.kill();
    ben.run({"accept", code, "--yes"});
    REQUIRE_MESSAGE(!ben.wait_for_event("terms", 20'000).is_null(), ben.log());
    ben.kill();
    anna.run({"resume"});
    REQUIRE_MESSAGE(!anna.wait_for(1, "seen", 20'000).is_null(), anna.log());
    anna.kill();
    ben.run({"resume"});
    REQUIRE_MESSAGE(!ben.wait_for(3, "final", 30'000).is_null(), ben.log());
    ben.kill();
    anna.run({"resume"});
    REQUIRE_MESSAGE(!anna.wait_for(5, "final", 30'000).is_null(), anna.log());
    anna.kill();
    ben.run({"resume"});
    anna.run({"resume"});

    // Carol and dave are not disturbed.
    SwapParty& carol = world.party("carol");
    SwapParty& dave = world.party("dave");
    carol.run(world.proposal("dave", "300s", "200s"));
    dave.run({"accept", code_of(carol), "--yes"});
    check_end(carol, "settled", 40'000);
    check_end(dave, "settled", 40'000);
    for (SwapParty* const party : {&carol, &dave}) {
        CAPTURE(party->name);
        CHECK(final_ones(*party) == std::set<std::int64_t>{1, 3, 5, 6});
        for (const int number : {1, 6}) {
            const std::string txid = party->wait_for(number, "final", 0)["transaction"].text_or("");
            CHECK(txid.size() == 64);
            CHECK(world.is_in_block(txid));
        }
        for (const int number : {3, 5})
            CHECK(party->wait_for(number, "final", 0)["transaction"].text_or("").starts_with(
                "block "));
        for (const int number : {2, 4}) {
            const Json ready = party->wait_for(number, "ready", 0);
            CHECK(!ready["not_before"].is_null());
            CHECK(ready["transaction"].is_null());
        }
    }
    CHECK(world.shares("carol") == delivered);
    CHECK(world.shares("dave") == 1'000 - delivered);
    CHECK(world.satoshi("dave") > paid - fees);
    CHECK(world.satoshi("dave") <= paid);

    // The next swap is in the same directories, with the usual two days and one.
    carol.run(world.proposal("dave", "48h", "24h"));
    dave.run({"accept", code_of(carol), "--yes"});

    check_end(anna, "settled", 40'000);
    check_end(ben, "settled", 40'000);
    CHECK(world.shares("anna") == delivered);
    CHECK(world.satoshi("ben") > paid - fees);
    CHECK(world.satoshi("ben") <= paid);
    CHECK(world.satoshi("anna") < coins - paid);
    CHECK(world.satoshi("anna") > coins - paid - fees);

    check_end(carol, "settled", 40'000);
    check_end(dave, "settled", 40'000);
    CHECK(world.shares("carol") == 2 * delivered);
    CHECK(world.satoshi("dave") > 2 * (paid - fees));

    // The delivery goes back first, then both payments; by then frank is there again.
    check_end(grace, "unwound", 60'000);
    CHECK(final_ones(grace) == std::set<std::int64_t>{1, 3, 4});
    CHECK(world.shares("grace") == 1'000);
    frank.run({"resume"});
    check_end(erin, "unwound", 60'000);
    CHECK(final_ones(erin) == std::set<std::int64_t>{1, 2});
    const std::string refund = erin.wait_for(2, "final", 0)["transaction"].text_or("");
    CHECK(world.is_in_block(refund));
    check_end(frank, "unwound", 60'000);
    for (const char* name : {"erin", "frank"}) {
        CHECK(world.satoshi(name) > coins - fees);
        CHECK(world.satoshi(name) < coins);  // two fees
        CHECK(world.shares(name) == 0);
    }

    // Whoever asks again hears how it ended.
    erin.run({"resume"});
    check_end(erin, "unwound", 20'000);
}

// --- what is refused, before anything is locked ---

void check_refused(SwapParty& party, std::vector<std::string> words, int code,
                   const std::string& why) {
    CAPTURE(why);
    CHECK(party.ran(std::move(words)) == code);
    CHECK_MESSAGE(party.told().find(why) != std::string::npos, party.told());
}

std::vector<std::string> with(std::vector<std::string> words, const std::string& option,
                              const std::string& value) {
    const auto found = std::find(words.begin(), words.end(), option);
    REQUIRE(found != words.end());
    *(found + 1) = value;
    return words;
}

// What the next process reads as its input.
class Typing {
public:
    Typing() : before_(::dup(STDIN_FILENO)) {
        REQUIRE(::pipe(ends_.data()) == 0);
        REQUIRE(::dup2(ends_[0], STDIN_FILENO) >= 0);
    }
    ~Typing() {
        ::dup2(before_, STDIN_FILENO);
        for (const int file : {before_, ends_[0], ends_[1]})
            ::close(file);
    }
    Typing(const Typing&) = delete;
    Typing& operator=(const Typing&) = delete;
    void type(std::string_view text) {
        REQUIRE(::write(ends_[1], text.data(), text.size()) == std::ssize(text));
    }

private:
    std::array<int, 2> ends_{};
    int before_;
};

TEST_CASE("who interrupts while being asked begins nothing, whatever is answered then") {
    SwapWorld world({"liam"}, {"mona"});
    SwapParty& liam = world.party("liam");
    auto words = world.proposal("mona", "300s", "200s");
    std::erase(words, "--yes");
    Typing keyboard;
    liam.run(words);
    REQUIRE_MESSAGE(
        eventually(20'000, [&] { return liam.told().find("[yes/no]") != std::string::npos; }),
        liam.told());
    liam.terminate();
    std::this_thread::sleep_for(std::chrono::seconds(1));
    keyboard.type("yes\n");
    CHECK(liam.wait(10'000) == 130);
    CHECK_MESSAGE(liam.told().find("stopped before anything was begun") != std::string::npos,
                  liam.told());
    check_refused(liam, {"resume"}, 1, "there is no swap in");
}

TEST_CASE("a swap that would not be safe is refused with what to do") {
    SwapWorld world({"hugo", "kim"}, {"iris", "jane"});
    SwapParty& hugo = world.party("hugo");
    SwapParty& iris = world.party("iris");
    SwapParty& jane = world.party("jane");
    const auto sound = world.proposal("iris", "300s", "200s");
    check_refused(hugo, {"resume"}, 1, "there is no swap in");
    check_refused(hugo, with(sound, "--payment-refund", "soon"), 2, "--payment-refund: expected");
    check_refused(hugo, with(sound, "--payment-refund", "215s"), 1,
                  "the payment can go back 15 s after the delivery, and the seller needs 16 s");
    check_refused(hugo, with(sound, "--delivery-refund", "5s"), 1, "too little time is left");
    check_refused(hugo, with(sound, "--pay", "1000 BTC"), 1, "amount_too_large");
    check_refused(hugo, with(sound, "--pay", "100.00000001 BTC"), 1, "amount_too_large");
    check_refused(hugo, with(sound, "--pay", "0.000000001 BTC"), 2, "is no amount of BTC");
    check_refused(hugo, with(sound, "--for", "50 SE0000000000"), 2, "neither ledger tracks");
    check_refused(hugo, with(sound, "--with", "test.csd.jane"), 2, "or the second of one");
    check_refused(iris, with(world.proposal("jane", "300s", "200s"), "--pay", "0.5 BTC"), 1,
                  "insufficient_funds");

    hugo.run(sound);
    const std::string code = code_of(hugo);
    std::string slip = code;
    slip[200] = slip[200] == '0' ? '1' : '0';
    check_refused(iris, {"accept", slip, "--yes"}, 2, "not copied correctly");
    check_refused(jane, {"accept", code, "--yes"}, 1, "no_account");
    check_refused(iris, {"accept", code, "--yes", "--longest", "1m"}, 1,
                  "the delivery could be locked for 3 min");
    CHECK(jane.ran({"show", code}) == 0);
    CHECK(jane.wait_for_event("terms", 0)["payment"]["amount"].text_or("") == "0.01000000");
    CHECK(iris.ran({"accounts"}) == 0);
    CHECK(iris.said().back()[0].text_or("") == iris.coins.account.text());

    // A seller accepts only what it has.
    SwapParty& kim = world.party("kim");
    kim.run(with(world.proposal("jane", "300s", "200s"), "--for", "1001 SE0000108656"));
    check_refused(jane, {"accept", code_of(kim), "--yes"}, 1, "test.csd.jane has 1000");
    kim.terminate();
    CHECK(kim.wait(10'000) == 130);

    // The second process of one party, and a second swap beside one that is open.
    SwapParty again("hugo", hugo.directory(), hugo.coins);
    check_refused(again, {"resume"}, 1, "in_use");
    REQUIRE_MESSAGE(!hugo.wait_for(1, "seen", 20'000).is_null(), hugo.log());
    // What iris accepts may long have been there.
    REQUIRE_MESSAGE(!hugo.wait_for(1, "final", 20'000).is_null(), hugo.log());
    hugo.terminate();
    CHECK(hugo.wait(10'000) == 130);
    check_refused(hugo, sound, 1, "is not over yet");

    // A seller who must survive a longer outage does not take what another would.
    const auto file = iris.directory() / "swap.toml";
    const std::string usual = read_file(file);
    std::string careful = usual;
    careful.replace(careful.find("outage_ms = 1000"), 16, "outage_ms = 90000");
    write_file(file, careful);
    check_refused(iris, {"accept", code, "--yes"}, 1, "for 1 outage of this program");
    write_file(file, usual);
    CHECK(world.shares("iris") == 1'000);

    // And it still settles.
    iris.run({"accept", code, "--yes"});
    hugo.run({"resume"});
    check_end(hugo, "settled", 40'000);
    check_end(iris, "settled", 40'000);
    check_refused(iris, {"accept", code, "--yes"}, 0, "settled");
}

TEST_CASE("the sample configuration is one") {
    TemporaryDirectory directory;
    std::filesystem::copy_file(LOCKSTEP_SOURCE_DIR "/deploy/swap.toml",
                               directory.path() / "swap.toml");
    // Filled in as it says; the adapters take their settings, or they would not start.
    const auto network = bitcoin::network_named("main");
    REQUIRE(create_key_file(directory.path() / "party.key"));
    REQUIRE(create_key_file(directory.path() / "btc.key"));
    const auto signer = bitcoin::open_signer(directory.path() / "btc.key", *network);
    REQUIRE(signer);
    const Address account = bitcoin::account_address(*Address::parse("g.btc"),
                                                     (*signer)->public_key(bitcoin::CoinKeyName{}));
    const auto file = directory.path() / "swap.toml";
    std::string text = read_file(file);
    const auto blank = text.find("g.btc.0000");
    REQUIRE(blank != std::string::npos);
    text.replace(blank, text.find('"', blank) - blank, account.text());
    write_file(file, text);
    SwapParty party("sample", directory.path(), {});
    check_refused(party, {"resume"}, 1, "there is no swap in");
    std::string slip = text;
    slip.replace(slip.find("start_height"), 12, "started_high");
    slip.replace(slip.find("start_height"), 12, "started_high");
    write_file(file, slip);
    check_refused(party, {"resume"}, 2, "started_high");
    // A profile that promises more than the settings do.
    std::string hasty = text;
    hasty.replace(hasty.find("congestion = 3"), 14, "congestion = 12");
    hasty.insert(hasty.find("settings = {"),
                 "profile = { inclusion_ms = 9600000, finality_ms = 8400000, rollback_ms = "
                 "8400000, late_ms = 10800000, early_ms = 7200000, block_ms = 6000000 }\n");
    write_file(file, hasty);
    check_refused(party, {"resume"}, 2,
                  "ledgers[0].profile.inclusion_ms: is 9600000, less than what follows from the "
                  "settings of this ledger; expected at least 20400000");
}

}  // namespace
}  // namespace lockstep::test
