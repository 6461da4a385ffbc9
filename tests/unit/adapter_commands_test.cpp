// Commands through the adapter of a cash ledger: signatures shared, bytes recorded before they
// leave, uncertainty never taken for refusal.
#include <doctest/doctest.h>

#include "cash/adapter/cash_adapter.h"
#include "tests/unit/adapter_desk.h"

using namespace lockstep;
using namespace lockstep::desk;

namespace {

std::size_t unknowns(Desk& desk) {
    std::size_t count = 0;
    for (const auto& answer : desk.take<report::Answer>())
        if (answer.outcome == report::Answer::Outcome::unknown) ++count;
    return count;
}

}  // namespace

TEST_CASE("the commands of one step go under one signature, recorded before they leave") {
    Desk desk(cash::make_adapter);
    std::vector<AdapterInput> inputs;
    for (int i = 0; i < 200; ++i)
        inputs.emplace_back(prepare("E" + std::to_string(i)));
    desk.step(t(0), std::move(inputs));
    const auto sent = desk.take_instructions();
    REQUIRE(sent.size() == 1);
    const auto decoded = decode_instruction(sent[0].body).value();
    CHECK(decoded.instruction.ops.size() == 200);
    CHECK(decoded.instruction.ledger == address("test.sek"));
    CHECK(verify_instruction(sent[0].body, decoded.instruction.signer, Ed25519()));
    REQUIRE(desk.store.size() == 1);
    CHECK(desk.store.begin()->second == sent[0].body);
}

TEST_CASE("while instructions are in flight, commands gather into larger ones") {
    Desk desk(cash::make_adapter, setup({{"in_flight", "2"}}));
    desk.give(t(0), prepare("E1"));
    desk.give(t(1), prepare("E2"));
    desk.give(t(2), prepare("E3"));
    desk.give(t(3), prepare("E4"), fulfil("E5"));
    auto sent = desk.take_instructions();
    REQUIRE(sent.size() == 2);
    CHECK(desk.remembers('q'));

    desk.give(t(4), all_done(sent[0]));
    sent = desk.take_instructions();
    REQUIRE(sent.size() == 1);
    const auto ops = instruction_in(sent[0]).ops;
    REQUIRE(ops.size() == 3);
    CHECK(ops[0].id == id_of<CommandId>("E5"));  // a claim does not wait behind new business
    CHECK(ops[1].id == id_of<CommandId>("E3"));
    CHECK_FALSE(desk.remembers('q'));
}

TEST_CASE("more commands than an instruction carries go out in order, a restart in between") {
    Desk desk(cash::make_adapter, setup({{"in_flight", "1"}, {"ops_per_instruction", "2"}}));
    desk.give(t(0), prepare("E1"), prepare("E2"), prepare("E3"), prepare("E4"), prepare("E5"));
    const auto first = desk.take_instructions().at(0);
    desk.give(t(1), all_done(first));
    const auto second = desk.take_instructions().at(0);
    CHECK(instruction_in(second).ops.at(0).id == id_of<CommandId>("E3"));

    desk.restart();
    desk.give(t(2), Woken{});
    const auto again = desk.take_instructions();
    REQUIRE(again.size() == 1);
    CHECK(again[0].body == second.body);
    desk.give(t(3), all_done(again[0]));
    const auto third = desk.take_instructions().at(0);
    REQUIRE(instruction_in(third).ops.size() == 1);
    CHECK(instruction_in(third).ops[0].id == id_of<CommandId>("E5"));
    desk.give(t(4), all_done(third));
    CHECK(desk.store.empty());
}

TEST_CASE("an answer ends the record, and a repeated command gets the same answer") {
    Desk desk(cash::make_adapter);
    desk.give(t(0), prepare("E1"), prepare("E2"));
    const auto sent = desk.take_instructions().at(0);
    desk.give(t(1), Reply{sent.id, encode_answers({op_done(id_of<CommandId>("E1")),
                                                   {id_of<CommandId>("E2"), false,
                                                    Reason::insufficient_funds, 0}})});
    CHECK(desk.last_answer("E1") == "done");
    CHECK(desk.last_answer("E2") == "refused(insufficient_funds)");
    CHECK(desk.store.empty());

    desk.reports.clear();
    desk.give(t(2), prepare("E2"));
    CHECK(desk.last_answer("E2") == "refused(insufficient_funds)");
    desk.give(t(3), prepare("E2", t(9'000)));
    CHECK(desk.last_answer("E2") == "refused(id_reused)");
    CHECK(desk.take_instructions().empty());
}

TEST_CASE("a command repeated while it is under way is sent once") {
    Desk desk(cash::make_adapter);
    desk.give(t(0), prepare("E1"), prepare("E1"));
    desk.give(t(1), prepare("E1"));
    const auto sent = desk.take_instructions();
    REQUIRE(sent.size() == 1);
    CHECK(instruction_in(sent[0]).ops.size() == 1);
}

TEST_CASE("an unreachable ledger gets the same bytes again, with growing pauses") {
    Desk desk(cash::make_adapter);
    desk.give(t(0), prepare("E1"), fulfil("E2"));
    const auto first = desk.take_instructions().at(0);
    auto request = first;
    Timestamp at = t(1);
    Duration longest;
    for (int i = 0; i < 12; ++i) {
        desk.give(at, failed(request, Reason::unavailable));
        CHECK(desk.take_instructions().empty());
        const Timestamp due = desk.wake().value();
        REQUIRE(due > at);
        longest = std::max(longest, due - at);
        at = due;
        desk.give(at);
        const auto again = desk.take_instructions();
        if (again.empty()) continue;  // the stream's own wake
        request = again[0];
        CHECK(request.body == first.body);
    }
    CHECK(longest <= Duration::milliseconds(250));  // a quarter of the ledger's inclusion time
    CHECK(desk.last_answer("E1").empty());
    desk.give(at, all_done(request));
    CHECK(desk.last_answer("E1") == "done");
    CHECK(desk.last_answer("E2") == "done");
}

TEST_CASE("a lost answer makes a prepare unknown, and asking again finds it done") {
    Desk desk(cash::make_adapter);
    desk.give(t(0), prepare("E1"), fulfil("E2"));
    desk.give(t(1), failed(desk.take_instructions().at(0), Reason::outcome_unknown));
    CHECK(desk.last_answer("E1") == "unknown");
    CHECK(desk.last_answer("E2").empty());
    desk.give(t(500));
    const auto again = desk.take_instructions().at(0);
    desk.give(t(501), failed(again, Reason::outcome_unknown));
    desk.give(t(999));
    CHECK(unknowns(desk) == 1);  // told once
    desk.give(t(1'000), all_done(desk.take_instructions().at(0)));
    CHECK(desk.last_answer("E1") == "done");
    CHECK(desk.last_answer("E2") == "done");
    CHECK(desk.store.empty());
}

TEST_CASE("a request without any reply counts as one whose outcome is unknown") {
    Desk desk(cash::make_adapter, setup({{"reply_timeout_ms", "1000"}}));
    desk.give(t(0), prepare("E1"));
    const auto first = desk.take_instructions().at(0);
    desk.give(t(1'000));
    CHECK(desk.last_answer("E1") == "unknown");
    const auto second = desk.take_instructions().at(0);
    CHECK(second.body == first.body);
    desk.give(t(1'001), all_done(first));  // late, and still an answer
    CHECK(desk.last_answer("E1") == "done");
    desk.give(t(1'002), all_done(second));
    CHECK(desk.take<report::Answer>().size() == 2);
}

TEST_CASE(
    "an uncertain prepare that is refused later is absent only when the ledger says so late") {
    Desk desk(cash::make_adapter);
    desk.give(t(0), prepare("E1", t(2'000)));
    desk.give(t(1), failed(desk.take_instructions().at(0), Reason::outcome_unknown));
    desk.give(t(500));
    desk.give(t(501), all_refused(desk.take_instructions().at(0), Reason::insufficient_funds));
    CHECK(desk.last_answer("E1") == "unknown");
    CHECK(desk.remembers('d'));
    desk.restart();  // the doubt survives
    desk.give(t(600), Woken{});
    CHECK(desk.take_requests("/v1/query").empty());

    desk.give(t(3'100));  // not_after, the ledger's lag, a little
    auto lookup = desk.take_requests("/v1/query").at(0);
    desk.give(t(3'101), standing(lookup, t(2'000), {}));  // its clock is not past it
    CHECK(desk.last_answer("E1").empty());
    desk.give(t(3'500));
    lookup = desk.take_requests("/v1/query").at(0);
    SUBCASE("absent") {
        desk.give(t(3'501), standing(lookup, t(2'001), {}));
        CHECK(desk.last_answer("E1") == "refused(insufficient_funds)");
    }
    SUBCASE("it had its effect") {
        desk.give(t(3'501),
                  standing(lookup, t(2'001), {{terms("E1"), EscrowState::prepared, 1, {}}}));
        CHECK(desk.last_answer("E1") == "done");
    }
    SUBCASE("something else stands under the id") {
        auto other = terms("E1");
        other.amount = Amount{99};
        desk.give(t(3'501), standing(lookup, t(2'001), {{other, EscrowState::prepared, 1, {}}}));
        CHECK(desk.last_answer("E1") == "refused(id_reused)");
    }
    CHECK_FALSE(desk.remembers('d'));
}

TEST_CASE("an uncertain prepare under a tombstone never was") {
    Desk desk(cash::make_adapter);
    desk.give(t(0), prepare("E1", t(2'000)));
    desk.give(t(1), failed(desk.take_instructions().at(0), Reason::outcome_unknown));
    desk.give(t(500));
    desk.give(t(501), all_refused(desk.take_instructions().at(0), Reason::tombstoned));
    CHECK(desk.last_answer("E1") == "refused(tombstoned)");
    CHECK(desk.store.empty());
}

TEST_CASE("after valid_until a claim is signed anew and new business is looked up") {
    Desk desk(cash::make_adapter, setup({{"instruction_life_ms", "3000"}}));
    desk.give(t(0), prepare("E1", t(2'000)), fulfil("E2"));
    const auto first = desk.take_instructions().at(0);
    CHECK(instruction_in(first).valid_until == t(5'000));  // past not_after by a whole life
    desk.give(t(1), failed(first, Reason::outcome_unknown));
    desk.restart();
    desk.give(t(20'000), Woken{});
    const auto renewed = desk.take_instructions();
    REQUIRE(renewed.size() == 1);
    const auto instruction = instruction_in(renewed[0]);
    REQUIRE(instruction.ops.size() == 1);
    CHECK(instruction.ops[0].id == id_of<CommandId>("E2"));
    CHECK(instruction.valid_until == t(23'000));
    CHECK(desk.last_answer("E1") == "unknown");
    const auto lookup = desk.take_requests("/v1/query");
    REQUIRE(lookup.size() == 1);
    desk.give(t(20'001), standing(lookup[0], t(20'000), {}), all_done(renewed[0]));
    CHECK(desk.last_answer("E1") == "refused(too_late)");
    CHECK(desk.last_answer("E2") == "done");
    CHECK(desk.store.empty());
}

TEST_CASE("what the ledger says of a whole instruction decides what happens to its commands") {
    struct Row {
        Reason reason;
        bool lost_before;     // an earlier sending had no answer
        const char* prepare;  // answer to the prepare
        const char* fulfil;   // answer to the fulfil
        const char* then;     // "again": the same bytes; "anew": another signature; "lookup"
    };
    const Row rows[] = {
        {Reason::unavailable, false, "", "", "again"},
        // the claim, at once; the business again later
        {Reason::overloaded, false, "", "", "anew"},
        {Reason::draining, false, "", "", "again"},
        {Reason::outcome_unknown, false, "unknown", "", "again"},
        {Reason::internal_error, false, "unknown", "", "again"},
        {Reason::too_late, false, "refused(too_late)", "", "anew"},
        {Reason::too_late, true, "unknown", "", "anew"},
        {Reason::unknown_key, false, "refused(unknown_key)", "refused(unknown_key)", ""},
        {Reason::unknown_key, true, "unknown", "refused(unknown_key)", ""},
        {Reason::malformed, false, "refused(malformed)", "refused(malformed)", ""},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(to_string(row.reason)));
        CAPTURE(row.lost_before);
        Desk desk(cash::make_adapter);
        desk.open(t(0));
        desk.give(t(0), prepare("E1", t(2'000)), fulfil("E2"));
        auto request = desk.take_instructions().at(0);
        if (row.lost_before) {
            desk.give(t(1), failed(request, Reason::outcome_unknown));
            desk.give(t(400));
            request = desk.take_instructions().at(0);
        }
        desk.give(t(401), failed(request, row.reason));
        auto next = desk.take_instructions();
        if (next.empty()) {
            desk.give(t(900));
            next = desk.take_instructions();
        }
        CHECK(desk.last_answer("E1") == row.prepare);
        CHECK(desk.last_answer("E2") == row.fulfil);
        if (row.then == std::string("again")) {
            REQUIRE(next.size() == 1);
            CHECK(next[0].body == request.body);
        } else if (row.then == std::string("anew")) {
            REQUIRE(next.size() == 1);
            REQUIRE(instruction_in(next[0]).ops.size() == 1);
            CHECK(instruction_in(next[0]).ops[0].id == id_of<CommandId>("E2"));
        } else {
            CHECK(next.empty());
        }
        if (row.lost_before && row.then != std::string("again")) {
            desk.give(t(3'100));
            CHECK(desk.take_requests("/v1/query").size() == 1);
        }
    }
}

TEST_CASE("a ledger without room for new business gets the claims without it") {
    Reason full = Reason::disk_low;
    SUBCASE("on its disk") {}
    SUBCASE("for the answers that it has to remember") {
        full = Reason::overloaded;
    }
    Desk desk(cash::make_adapter);
    desk.open(t(0));
    desk.give(t(0), prepare("E1"), fulfil("E2"));
    const auto both = desk.take_instructions().at(0);
    desk.give(t(1), failed(both, full));
    const auto claim = desk.take_instructions();
    REQUIRE(claim.size() == 1);
    REQUIRE(instruction_in(claim[0]).ops.size() == 1);
    CHECK(instruction_in(claim[0]).ops[0].id == id_of<CommandId>("E2"));
    desk.give(t(2), all_done(claim[0]), prepare("E3"), fulfil("E4"));
    CHECK(desk.last_answer("E2") == "done");
    CHECK(desk.last_answer("E1").empty());
    // As long as nothing else is heard, claims are signed apart from the start.
    const auto apart = desk.take_instructions();
    REQUIRE(apart.size() == 2);
    CHECK(instruction_in(apart[0]).ops.at(0).id == id_of<CommandId>("E4"));
    CHECK(instruction_in(apart[1]).ops.at(0).id == id_of<CommandId>("E3"));
    desk.give(t(3), all_done(apart[0]), failed(apart[1], full));
    CHECK(desk.last_answer("E4") == "done");
    // There is room: what waited is taken as it was signed first.
    desk.give(t(900));
    const auto again = desk.take_instructions();
    REQUIRE(again.size() == 2);
    CHECK(again[0].body == both.body);
    CHECK(again[1].body == apart[1].body);
    desk.give(t(901), all_done(again[0]), all_done(again[1]));
    CHECK(desk.last_answer("E1") == "done");
    CHECK(desk.last_answer("E3") == "done");
    CHECK(desk.store.empty());
    desk.give(t(902), prepare("E5"), fulfil("E6"));
    CHECK(instruction_in(desk.take_instructions().at(0)).ops.size() == 2);
}

TEST_CASE("claims do not wait behind business that a ledger came back without room for") {
    Reason full = Reason::disk_low;
    SUBCASE("on its disk") {}
    SUBCASE("for the answers that it has to remember") {
        full = Reason::overloaded;
    }
    Desk desk(cash::make_adapter, setup({{"in_flight", "2"}}));
    desk.open(t(0));
    desk.give(t(0), prepare("E1"), fulfil("E2"));
    const auto first = desk.take_instructions().at(0);
    desk.give(t(0), prepare("E3"), fulfil("E4"));
    const auto second = desk.take_instructions().at(0);
    desk.give(t(1), failed(first, Reason::unavailable), failed(second, Reason::unavailable));
    desk.give(t(900));
    const auto again = desk.take_instructions();
    REQUIRE(again.size() == 2);
    desk.give(t(901), failed(again[0], full), failed(again[1], full));
    std::size_t claims = 0;
    for (int now = 902; now < 3'000; now += 300) {
        for (const auto& request : desk.take_instructions()) {
            const Instruction instruction = instruction_in(request);
            const bool begins = std::any_of(
                instruction.ops.begin(), instruction.ops.end(),
                [](const Op& op) { return std::holds_alternative<op::Prepare>(op.body); });
            if (begins) {
                desk.give(t(now), failed(request, full));
                continue;
            }
            claims += instruction.ops.size();
            desk.give(t(now), all_done(request));
        }
        desk.give(t(now));
    }
    CHECK(claims == 2);
    CHECK(desk.last_answer("E2") == "done");
    CHECK(desk.last_answer("E4") == "done");
}

TEST_CASE("what is claims alone is sent again at once when a ledger is back without room") {
    Desk desk(cash::make_adapter);
    desk.open(t(0));
    desk.give(t(0), prepare("E1"), fulfil("E2"));
    const auto mixed = desk.take_instructions().at(0);
    desk.give(t(0), fulfil("E4"));
    const auto claims = desk.take_instructions().at(0);
    desk.give(t(1), failed(mixed, Reason::unavailable));
    int now = 2;
    std::vector<Request> again;
    for (; again.empty() && now < 3'000; ++now) {
        desk.give(t(now));
        again = desk.take_instructions();
    }
    REQUIRE(again.size() == 1);
    CHECK(again[0].body == mixed.body);
    desk.give(t(now), failed(claims, Reason::unavailable));
    CHECK(desk.take_instructions().empty());
    desk.give(t(now + 1), failed(again[0], Reason::overloaded));
    const auto hurried = desk.take_instructions();
    REQUIRE(hurried.size() == 2);
    CHECK(std::any_of(hurried.begin(), hurried.end(),
                      [&](const auto& request) { return request.body == claims.body; }));
}

TEST_CASE("a claim whose work is done already is done, and one that cannot be made is told") {
    const EscrowKey key{address("test.sek.carol"), id_of<EscrowId>("E1")};
    struct Row {
        CommandBody body;
        Reason reason;
        const char* answer;
    };
    Row rows[] = {
        {command::Fulfil{key, preimage_of("E1")}, Reason::already_fulfilled, "done"},
        {command::Fulfil{key, preimage_of("E1")}, Reason::already_refunded,
         "refused(already_refunded)"},
        {command::Fulfil{key, preimage_of("E1")}, Reason::escrow_expired,
         "refused(escrow_expired)"},
        {command::Reject{key, address("test.sek.alice")}, Reason::already_refunded, "done"},
        {command::Reject{key, address("test.sek.alice")}, Reason::already_fulfilled,
         "refused(already_fulfilled)"},
        {command::Refund{key}, Reason::already_refunded, "done"},
        {command::Refund{key}, Reason::escrow_not_expired, "refused(escrow_not_expired)"},
    };
    for (Row& row : rows) {
        Desk desk(cash::make_adapter);
        desk.give(t(0), Command{id_of<CommandId>("E1"), std::move(row.body)});
        desk.give(t(1), all_refused(desk.take_instructions().at(0), row.reason));
        CHECK(desk.last_answer("E1") == row.answer);
    }
}

TEST_CASE("a claim that the ledger has no room for is made again after a pause") {
    Desk desk(cash::make_adapter);
    desk.give(t(0), fulfil("E1"));
    desk.give(t(1), all_refused(desk.take_instructions().at(0), Reason::limit_reached));
    CHECK(desk.last_answer("E1").empty());
    CHECK(desk.take_instructions().empty());
    desk.restart();
    desk.give(t(600), Woken{});
    CHECK(desk.last_answer("E1").empty());
    CHECK(desk.take_instructions().size() == 1);
}

TEST_CASE("answers that fit no operation prove nothing") {
    Desk desk(cash::make_adapter);
    desk.give(t(0), prepare("E1"), prepare("E2"));
    const auto sent = desk.take_instructions().at(0);
    desk.give(t(1), Reply{sent.id, encode_answers({op_done(id_of<CommandId>("E2")),
                                                   op_done(id_of<CommandId>("E9"))})});
    CHECK(desk.last_answer("E2") == "done");
    CHECK(desk.last_answer("E1") == "unknown");
    CHECK(desk.remembers('i'));
    desk.give(t(500));
    desk.give(t(501), Reply{desk.take_instructions().at(0).id, Bytes{1, 2, 3}});
    CHECK(desk.last_answer("E1") == "unknown");
    desk.give(t(999));
    desk.give(t(1'000), all_done(desk.take_instructions().at(0)));
    CHECK(desk.last_answer("E1") == "done");
    CHECK(desk.store.empty());
}

TEST_CASE("a transfer that stayed unknown is asked for once more when it cannot land any more") {
    Desk desk(cash::make_adapter);
    const auto transfer = [] {
        return Command{id_of<CommandId>("T1"),
                       command::Transfer{address("test.sek.alice"), address("test.sek.bob"),
                                         AssetId::make("SEK", 2).value(), Amount{5}, t(2'000)}};
    };
    desk.give(t(0), transfer());
    desk.give(t(1), failed(desk.take_instructions().at(0), Reason::outcome_unknown));
    desk.give(t(500));
    desk.give(t(501), all_refused(desk.take_instructions().at(0), Reason::insufficient_funds));
    CHECK(desk.last_answer("T1") == "unknown");
    desk.give(t(3'100));
    desk.give(t(3'101), all_refused(desk.take_instructions().at(0), Reason::not_after_passed));
    CHECK(desk.last_answer("T1") == "refused(not_after_passed)");
}

TEST_CASE("a payee's terms need nothing on these ledgers") {
    Desk desk(cash::make_adapter);
    desk.give(t(0), Command{id_of<CommandId>("E1"), command::Expect{terms("E1")}});
    CHECK(desk.last_answer("E1") == "done");
    CHECK(desk.take_instructions().empty());
}

TEST_CASE("a query gets its answer or the reason why there is none") {
    Desk desk(cash::make_adapter, setup({{"reply_timeout_ms", "1000"}}));
    const Query query{7, ask::Balances{address("test.sek.alice")}};
    desk.give(t(0), Query(query), Query{8, query.body}, Query{9, query.body});
    const auto asked = desk.take_requests("/v1/query");
    REQUIRE(asked.size() == 3);
    desk.give(t(1), standing(asked[0], t(0), {}), failed(asked[1], Reason::not_permitted));
    desk.give(t(1'000));
    const auto results = desk.take<report::QueryResult>();
    REQUIRE(results.size() == 3);
    CHECK(results[0].id == 7);
    CHECK(results[0].answer.has_value());
    CHECK(results[1].answer.error() == Reason::not_permitted);
    CHECK(results[2].id == 9);
    CHECK(results[2].answer.error() == Reason::unavailable);
}
