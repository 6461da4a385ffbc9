// The conformance kit's cases for open ledgers: a ledger that is one passes them, and each rule
// that it breaks is noticed.
#include "tests/conformance/in_process.h"
#include "tests/conformance/open_ledger.h"

using namespace lockstep;
using namespace lockstep::conformance;
using Vice = OpenLedger::Vice;

TEST_CASE("an open ledger conforms") {
    OpenLedger ledger(Vice::none);
    check_conformance(ledger, left_out_of_open());
}

TEST_CASE("an open ledger that breaks a rule does not conform") {
    struct Row {
        Vice vice;
        const char* title;
        const char* detail;
    };
    const Row rows[] = {
        {Vice::refunds_early, "goes back by itself", "it was given back before its expiry"},
        {Vice::refunds_never, "goes back by itself",
         "the payer's adapter told in time prepared, not refunded_expired"},
        {Vice::refunds_for_anyone, "nobody else does", "a refund by someone else answered done"},
        {Vice::rejects_alone, "neither does it alone",
         "the query found refunded_rejected, not prepared"},
        {Vice::is_strict, "until the refund is included",
         "the late claim answered escrow_expired, not done"},
        {Vice::pays_twice, "a claim after the refund", "a claim after the refund answered done"},
        {Vice::is_final_at_once, "told as seen before", "an escrow prepared was not told as seen"},
        {Vice::takes_any_preimage, "of 521 octets", "the claim answered done, not not_accepted"},
        {Vice::takes_anything, "less than a claim is worth",
         "the prepare answered done, not not_accepted or amount_out_of_bounds"},
        {Vice::charges_too_much, "prepared, fulfilled and paid",
         "the amount did not leave what the payer can spend"},
        {Vice::forgets_what_returns, "comes again", "what came again was not told as final"},
        {Vice::says_nowhere, "prepared, fulfilled and paid",
         "an event says where it is to be seen"},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(row.title));
        OpenLedger ledger(row.vice);
        const Outcomes outcomes = run(ledger, row.title);
        REQUIRE(outcomes.cases.size() == 1);
        CHECK(outcomes.cases[0].outcome == Outcome::failed);
        CHECK(outcomes.cases[0].detail.substr(0, std::string(row.detail).size()) == row.detail);
        OpenLedger honest(Vice::none);
        const Outcomes passed = run(honest, row.title);
        CHECK_MESSAGE(passed.count(Outcome::passed) == 1, to_table(passed));
    }
}
