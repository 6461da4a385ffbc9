// The stream of an adapter: what is believed, where it resumes, what the node is told about the
// ledger.
#include <doctest/doctest.h>

#include <algorithm>

#include "cash/adapter/cash_adapter.h"
#include "tests/unit/adapter_desk.h"

using namespace lockstep;
using namespace lockstep::desk;

namespace {

LedgerEvent event(std::uint64_t sequence, std::string_view name,
                  EscrowState state = EscrowState::prepared) {
    LedgerEvent event{sequence, t(static_cast<std::int64_t>(sequence)), terms(name), state, {}};
    if (state == EscrowState::fulfilled) {
        const auto preimage = preimage_of(name);
        event.preimage = Bytes(preimage.view().begin(), preimage.view().end());
    }
    return event;
}
StreamFrame frame(std::uint64_t tip, std::vector<LedgerEvent> events,
                  std::vector<Balance> balances = {}) {
    return {encode_frame(
        {t(static_cast<std::int64_t>(tip)), tip, std::move(events), std::move(balances)})};
}
Balance balance(std::uint64_t units) {
    return {address("test.sek.alice"), AssetId::make("SEK", 2).value(), Amount{units}, Amount{}};
}

std::vector<std::uint64_t> cursors(Desk& desk) {
    std::vector<std::uint64_t> all;
    for (const auto& escrow : desk.take<report::Escrow>())
        all.push_back(escrow.cursor);
    return all;
}
using Cursors = std::vector<std::uint64_t>;

std::string subscription(Desk& desk) {
    const auto all = desk.take_requests("/v1/events");
    if (all.size() != 1) return std::to_string(all.size()) + " requests";
    CHECK(all[0].subscribe);
    return all[0].path;
}

std::string mode(Desk& desk) {
    const auto all = desk.take<report::Health>();
    if (all.empty()) return "";
    switch (all.back().mode) {
        case report::Mode::catching_up:
            return "catching up";
        case report::Mode::live:
            return "live";
        case report::Mode::stale:
            return "stale";
        case report::Mode::refused:
            return "refused: " + all.back().detail;
    }
    return "?";
}

}  // namespace

TEST_CASE("the ledger describes itself before anything is asked of its stream") {
    Desk desk(cash::make_adapter);
    desk.give(t(0), Woken{});
    CHECK(desk.take_requests("/v1/events").empty());
    auto asked = desk.take_requests("/v1/ledger");
    REQUIRE(asked.size() == 1);
    desk.give(t(1), failed(asked[0], Reason::unavailable));
    CHECK(desk.take<report::Info>().empty());
    desk.give(t(300));
    asked = desk.take_requests("/v1/ledger");
    REQUIRE(asked.size() == 1);
    desk.give(t(301), Reply{asked[0].id, encode_info(ledger_info())});
    REQUIRE(std::holds_alternative<report::Health>(desk.reports.front()));
    desk.take<report::Health>();
    REQUIRE(std::holds_alternative<report::Info>(desk.reports.front()));
    CHECK_FALSE(desk.take<report::Info>().at(0).info.proofs);
    CHECK(subscription(desk) == "/v1/events?cursor=0");
}

TEST_CASE("of profile and claim the worse holds, part by part") {
    LedgerInfo claimed = ledger_info();
    claimed.profile.inclusion = Duration::milliseconds(1);
    claimed.profile.rollback = Duration::seconds(9);
    const auto info = with_operators_profile(claimed, profile());
    CHECK(info.profile.inclusion == profile().inclusion);
    CHECK(info.profile.rollback == Duration::seconds(9));
}

TEST_CASE("a ledger that is not the one, or has another preimage rule, is refused") {
    for (const bool foreign : {true, false}) {
        Desk desk(cash::make_adapter);
        desk.give(t(0), Woken{});
        LedgerInfo info = ledger_info();
        if (foreign) {
            info.ledger = address("test.eur");
        } else {
            info.preimage_octets = 64;
        }
        desk.give(t(1), Reply{desk.take_requests("/v1/ledger").at(0).id, encode_info(info)});
        CHECK(mode(desk).starts_with("refused: "));
        CHECK(desk.take<report::Info>().empty());
        CHECK(desk.take_requests("/v1/events").empty());
        // claims still leave
        desk.give(t(2), fulfil("E1"));
        CHECK(desk.take_instructions().size() == 1);
    }
}

TEST_CASE("events come in order and once, then the balances, then the place is remembered") {
    Desk desk(cash::make_adapter);
    desk.open(t(0));
    desk.reports.clear();
    desk.give(t(10), frame(3, {event(1, "E1"), event(3, "E2")}, {balance(5)}),
              frame(3, {event(1, "E1"), event(3, "E2")}),
              frame(7, {event(3, "E2"), event(6, "E1", EscrowState::fulfilled)}, {balance(4)}));
    REQUIRE(desk.reports.size() == 5);
    CHECK(std::holds_alternative<report::Escrow>(desk.reports[2]));
    const auto& balances = std::get<report::Balances>(desk.reports[3]);
    CHECK(balances.balances == std::vector{balance(5), balance(4)});
    CHECK(std::get<report::Health>(desk.reports[4]).mode == report::Mode::live);
    const auto escrows = desk.take<report::Escrow>();
    CHECK(escrows[2].cursor == 6);
    CHECK(escrows[2].certainty == Certainty::final_);
    REQUIRE(escrows[2].preimage.has_value());
    CHECK(fulfils(*escrows[2].preimage, terms("E1").condition));

    desk.restart();
    desk.open(t(20));
    CHECK(subscription(desk) == "/v1/events?cursor=7");
    desk.give(t(21), frame(9, {event(9, "E3")}));
    CHECK(cursors(desk) == Cursors{9});
}

TEST_CASE("a full frame means that more of the past is to come") {
    Desk desk(cash::make_adapter);
    desk.open(t(0));
    std::vector<LedgerEvent> many;
    for (std::uint64_t i = 1; i <= max_frame_events; ++i)
        many.push_back(event(i, "E1"));
    mode(desk);
    desk.give(t(300), frame(max_frame_events, many));
    CHECK(mode(desk) == "catching up");
    desk.give(t(301), frame(max_frame_events + 1, {event(max_frame_events + 1, "E2")}));
    CHECK(mode(desk) == "live");
}

TEST_CASE("heartbeats tell the time a few times a second and move the place seldom") {
    Desk desk(cash::make_adapter);
    desk.open(t(0));
    desk.give(t(10), frame(1, {event(1, "E1")}));
    desk.reports.clear();
    const auto place = desk.store;
    for (int ms = 20; ms < 1'000; ms += 10)
        desk.give(t(ms), frame(static_cast<std::uint64_t>(ms), {}));
    CHECK(desk.reports.size() <= 4);
    CHECK(desk.store == place);
    desk.give(t(6'000), frame(6'000, {}));
    CHECK(desk.store != place);
}

TEST_CASE("a broken stream is opened again from where it was, with growing pauses") {
    Desk desk(cash::make_adapter);
    desk.open(t(0));
    CHECK(subscription(desk) == "/v1/events?cursor=0");
    desk.give(t(1), frame(4, {event(4, "E1")}));
    Timestamp at = t(2);
    Duration last;
    for (int i = 0; i < 20; ++i) {
        desk.give(at, StreamDown{});
        const Timestamp due = desk.wake().value();
        CHECK(due - at >= last);
        // no more than an eighth of what the outage has lasted already
        CHECK(due - at <= std::max(Duration::milliseconds(20), Duration{(at - t(2)).us() / 8}));
        last = due - at;
        at = due;
        desk.give(at);
        CHECK(subscription(desk) == "/v1/events?cursor=4");
    }
    CHECK(last > Duration::milliseconds(50));
    mode(desk);
    desk.give(at, frame(5, {}));
    CHECK(mode(desk) == "live");
}

TEST_CASE("a silent ledger is stale, and live again with its first frame") {
    Desk desk(cash::make_adapter, setup({{"stale_after_ms", "1000"}}));
    desk.open(t(0));
    desk.give(t(10), frame(1, {}));
    CHECK(mode(desk) == "live");
    subscription(desk);
    desk.give(t(1'009));
    CHECK(mode(desk).empty());
    desk.give(t(1'010));
    CHECK(mode(desk) == "stale");
    for (int ms = 1'020; ms < 4'000; ms += 10)
        desk.give(t(ms));
    CHECK(desk.take_requests("/v1/events").size() >= 2);
    CHECK(mode(desk).empty());  // said once
    desk.give(t(4'000), frame(3'990, {}));
    CHECK(mode(desk) == "live");
}

TEST_CASE("a stream that goes on while its ledger's time stands still is stale") {
    Desk desk(cash::make_adapter, setup({{"stale_after_ms", "1000"}}));
    desk.open(t(0));
    const auto standing = [] { return StreamFrame{encode_frame({t(0), 1, {}, {}})}; };
    desk.give(t(10), standing());
    CHECK(mode(desk) == "live");
    for (int ms = 20; ms < 2'000; ms += 10)
        desk.give(t(ms), standing());
    CHECK(mode(desk).empty());
    // a clock may lag by a second as the profile says
    desk.give(t(2'000), standing());
    CHECK(mode(desk) == "stale");
    desk.give(t(2'010), standing());
    CHECK(mode(desk).empty());
    desk.give(t(2'020), StreamFrame{encode_frame({t(1'100), 1, {}, {}})});
    CHECK(mode(desk) == "live");
    desk.give(t(3'000), StreamFrame{encode_frame({t(1'100), 1, {}, {}})});
    CHECK(desk.wake() <= t(3'100));
    desk.give(t(3'099));
    CHECK(mode(desk).empty());
    desk.give(t(3'100));
    CHECK(mode(desk) == "stale");
}

TEST_CASE("a ledger that never answers is stale too") {
    Desk desk(cash::make_adapter, setup({{"stale_after_ms", "1000"}}));
    desk.give(t(0), Woken{});
    CHECK(mode(desk) == "catching up");
    desk.give(t(1'000));
    CHECK(mode(desk) == "stale");
}

TEST_CASE("after a lie nothing is believed any more, and claims go on") {
    struct Row {
        const char* what;
        StreamFrame frame;
    };
    auto without_preimage = event(5, "E1", EscrowState::fulfilled);
    without_preimage.preimage = Bytes(32, 9);
    auto early_preimage = event(5, "E1", EscrowState::fulfilled);
    early_preimage.state = EscrowState::prepared;
    auto foreign = event(5, "E1");
    foreign.terms.payer = address("test.eur.alice");
    const Row rows[] = {
        {"refused: a frame that cannot be decoded", StreamFrame{Bytes{1, 2}}},
        {"refused: the ledger is behind what it reported before", frame(2, {})},
        {"refused: an escrow fulfilled without a preimage that matches its condition",
         frame(5, {without_preimage})},
        {"refused: an event of accounts of another ledger", frame(5, {foreign})},
    };
    for (const Row& row : rows) {
        Desk desk(cash::make_adapter);
        desk.open(t(0));
        desk.give(t(1), frame(3, {event(3, "E0")}));
        desk.reports.clear();
        const auto place = desk.store;
        desk.give(t(2), StreamFrame(row.frame), frame(9, {event(9, "E2")}, {balance(1)}));
        CHECK(mode(desk) == row.what);
        CHECK(desk.reports.empty());
        CHECK(desk.store == place);
        desk.give(t(3), fulfil("E1"), StreamDown{});
        CHECK(desk.take_instructions().size() == 1);
        desk.give(t(60'000));
        CHECK(desk.take_requests("/v1/ledger").empty());
    }
}

TEST_CASE("a ledger that lost what it had reported refuses the cursor, and is refused") {
    Desk desk(cash::make_adapter);
    desk.open(t(0));
    desk.give(t(1), StreamDown{Reason::too_far_ahead});
    CHECK(mode(desk) == "refused: the ledger is behind what it reported before");
}

TEST_CASE("a description that changed is reported again") {
    Desk desk(cash::make_adapter);
    desk.open(t(0));
    desk.give(t(1), frame(1, {}));
    CHECK(desk.take<report::Info>().size() == 1);
    desk.give(t(2), StreamDown{});
    desk.give(t(100));
    CHECK(desk.take_requests("/v1/ledger").empty());
    desk.give(t(101), frame(2, {}));
    desk.give(t(101), Reply{desk.take_requests("/v1/ledger").at(0).id, encode_info(ledger_info())});
    CHECK(desk.take<report::Info>().empty());
    LedgerInfo more = ledger_info();
    more.assets.push_back({AssetId::make("NOK", 2).value(), Amount{1}, "krone"});
    desk.give(t(60'101));
    desk.give(t(60'102), Reply{desk.take_requests("/v1/ledger").at(0).id, encode_info(more)});
    CHECK(desk.take<report::Info>().at(0).info.assets.size() == 2);
}

TEST_CASE("of a ledger that is away the stream asks; its description is asked for once a minute") {
    Desk desk(cash::make_adapter);
    desk.open(t(0));
    desk.give(t(1), frame(1, {}));
    desk.give(t(2), StreamDown{});
    std::size_t subscriptions = 0;
    std::size_t descriptions = 0;
    for (std::int64_t ms = 3; ms < 600'000; ms += 250) {
        desk.give(t(ms));
        for (const Request& request : desk.take_requests("/v1/events")) {
            CHECK(request.subscribe);
            ++subscriptions;
            desk.give(t(ms), StreamDown{});
        }
        for (const Request& request : desk.take_requests("/v1/ledger")) {
            ++descriptions;
            desk.give(t(ms), Reply{request.id, refuse(Reason::unavailable)});
        }
    }
    CHECK(subscriptions > 100);
    CHECK(descriptions <= 10);
    CHECK(descriptions >= 9);
}

TEST_CASE("each mistake in the settings is named") {
    struct Row {
        const char* key;
        const char* value;
        bool ok;
    };
    const Row rows[] = {
        {"in_flight", "1", true},
        {"in_flight", "64", true},
        {"in_flight", "0", false},
        {"in_flight", "65", false},
        {"in_flight", "4 ", false},
        {"in_flight", "", false},
        {"ops_per_instruction", "1024", true},
        {"ops_per_instruction", "1025", false},
        {"instruction_life_ms", "-1", false},
        {"reply_timeout_ms", "1e3", false},
        {"stale_after_ms", "86400000", true},
        {"stale_after_ms", "86400001", false},
        {"colour", "blue", false},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(row.key));
        CAPTURE(std::string(row.value));
        const auto made = cash::make_adapter(setup({{row.key, row.value}}));
        REQUIRE(made.has_value() == row.ok);
        if (!made) {
            CHECK(made.error().code == "bad_setting");
            CHECK(made.error().detail.find(row.key) != std::string::npos);
        }
    }
    AdapterSetup keyless = setup();
    keyless.signer = nullptr;
    CHECK(cash::make_adapter(keyless).error().code == "bad_setup");
    AdapterSetup elsewhere = setup();
    elsewhere.accounts = {address("test.eur.alice")};
    CHECK(cash::make_adapter(elsewhere).error().code == "bad_setup");
}
