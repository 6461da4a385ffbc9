// A party of a direct swap, as stories: what happens, and what it does about it.
#include "tests/unit/swap_story.h"

using namespace lockstep;
using namespace lockstep::test;

TEST_CASE("the buyer pays, takes the delivery when it is final, and is done when both are final") {
    play(Role::buyer,
         buyer_begins + std::vector<Row>{{"delivery prepared final", "3 final; release"},
                                         {"secret", "fulfil delivery"},
                                         {"delivery fulfilled seen", "5 seen"},
                                         {"delivery fulfilled final", "5 final"},
                                         {"payment fulfilled seen", "6 seen"},
                                         {"payment fulfilled final", "6 final; settled"},
                                         {"payment fulfilled final", ""}});
}

TEST_CASE(
    "the seller delivers against a final payment, and claims it at the first sight of the "
    "secret") {
    play(Role::seller,
         seller_begins + std::vector<Row>{{"payment prepared seen", "1 seen"},
                                          {"payment prepared final", "1 final; prepare delivery"},
                                          {"delivery prepared final", "3 final"},
                                          {"delivery fulfilled seen", "5 seen; fulfil payment"},
                                          {"payment fulfilled seen", "6 seen"},
                                          {"payment fulfilled final", "6 final"},
                                          {"delivery fulfilled final", "5 final; settled"}});
}

TEST_CASE("nothing is placed while a ledger is not live, nor again after a restart") {
    play(Role::buyer, {{"begin", "expect delivery"},
                       {"csd live", ""},
                       {"btc stale", ""},
                       {"btc live", "prepare payment"},
                       {"restart", ""},
                       {"btc live", ""},
                       {"csd live", ""}});
    play(Role::seller, {{"begin", "expect payment"},
                        {"btc live", ""},
                        {"payment prepared final", "1 final"},
                        {"csd live", "prepare delivery"}});
    // What was true before is asked anew.
    play(Role::seller, {{"begin", "expect payment"},
                        {"csd live", ""},
                        {"btc live", ""},
                        {"restart", ""},
                        {"payment prepared final", "1 final"},
                        {"csd live", ""},
                        {"btc live", "prepare delivery"}});
}

TEST_CASE("a payment that was there before the proposal was accepted is not forgotten") {
    const std::vector<Row> before{{"btc live", ""}, {"csd live", ""}};
    play(Role::seller,
         before + std::vector<Row>{{"payment prepared seen", ""},
                                   {"payment prepared final", ""},
                                   {"restart", ""},
                                   {"btc live", ""},
                                   {"csd live", ""},
                                   {"begin", "expect payment; 1 final; prepare delivery"}});
    play(Role::seller,
         before + std::vector<Row>{{"payment prepared seen", ""},
                                   {"begin", "expect payment; 1 seen"},
                                   {"payment prepared final", "1 final; prepare delivery"}});
    play(Role::seller, before + std::vector<Row>{{"payment prepared seen", ""},
                                                 {"payment prepared rolled_back", ""},
                                                 {"begin", "expect payment"}});
    play(Role::seller, before + std::vector<Row>{{"payment prepared final", ""},
                                                 {"payment refunded final", ""},
                                                 {"begin", "expect payment"},
                                                 {"t+95", "declined: payment_not_placed"}});
    play(Role::seller, before + std::vector<Row>{{"payment other final", ""},
                                                 {"begin",
                                                  "expect payment; alarm escrow_mismatch; "
                                                  "declined: escrow_mismatch"}});
}

TEST_CASE(
    "the secret is not shown for a delivery that is seen only, or on a ledger that is stale") {
    play(Role::buyer, buyer_begins + std::vector<Row>{{"delivery prepared seen", "3 seen"},
                                                      {"csd stale", ""},
                                                      {"delivery prepared final", "3 final"},
                                                      {"csd live", "release"},
                                                      {"restart", ""},
                                                      {"secret", ""},
                                                      {"csd live", "fulfil delivery"}});
}

TEST_CASE("what was decided to be shown is shown after a restart, whatever the time is") {
    SwapStory story(Role::buyer);
    for (const Row& row : buyer_begins)
        story.tell(row.happens);
    CHECK(!story.machine().unfinished_release());
    CHECK(story.tell("delivery prepared final") == "3 final; release");
    CHECK(story.tell("restart") == "");
    const auto unfinished = story.machine().unfinished_release();
    REQUIRE(unfinished);
    CHECK(unfinished->condition == swap_terms().condition);
    CHECK(story.tell("t+99") == "");
    CHECK(story.tell("secret") == "");
    CHECK(story.tell("csd live") == "fulfil delivery");
    CHECK(!story.machine().unfinished_release());
}

TEST_CASE("nobody who is late goes on: each limit at its last microsecond and at the next") {
    // The payment is placed before t+88: 4 + 3 s until it is final, 1 s for the delivery, 4 s for
    // the reveal guard.
    const std::vector<Row> ready{{"begin", "expect delivery"}, {"btc live", ""}};
    play(Role::buyer,
         ready + std::vector<Row>{{"t+87.999999", ""}, {"csd live", "prepare payment"}});
    play(Role::buyer,
         ready + std::vector<Row>{{"t+88", ""}, {"csd live", "declined: place_by_passed"}});
    // The delivery before t+95.
    play(Role::seller,
         seller_begins + std::vector<Row>{{"t+94.999999", ""},
                                          {"payment prepared final", "1 final; prepare delivery"}});
    play(Role::seller, seller_begins + std::vector<Row>{{"t+95", "declined: payment_not_placed"},
                                                        {"payment prepared final", "1 final"}});
    play(Role::seller, {{"begin", "expect payment"},
                        {"csd live", ""},
                        {"payment prepared final", "1 final"},
                        {"t+95", ""},
                        {"btc live", "unwound: place_by_passed"}});
    // The secret while now + 4 s < t+100.
    play(Role::buyer,
         buyer_begins + std::vector<Row>{{"t+95.999999", ""},
                                         {"delivery prepared final", "3 final; release"}});
    play(Role::buyer,
         buyer_begins + std::vector<Row>{{"t+96", ""},
                                         {"delivery prepared final", "3 final; reject delivery"}});
}

TEST_CASE("a buyer whose delivery never came has the payment back") {
    play(Role::buyer, buyer_begins + std::vector<Row>{{"t+96", ""},
                                                      {"t+116", ""},
                                                      {"payment refunded seen", "2 seen"},
                                                      {"payment refunded final",
                                                       "2 final; unwound: delivery_not_placed"}});
}

TEST_CASE("a seller whose delivery nobody took has it back and leaves") {
    const std::vector<Row> delivered =
        seller_begins + std::vector<Row>{{"payment prepared final", "1 final; prepare delivery"},
                                         {"delivery prepared final", "3 final"}};
    play(Role::seller, delivered + std::vector<Row>{{"t+100", ""},
                                                    {"delivery refunded final",
                                                     "4 final; unwound: escrow_expired"}});
    play(Role::seller, delivered + std::vector<Row>{{"delivery rejected final",
                                                     "4 final; unwound: escrow_rejected"}});
}

TEST_CASE("a payment that is another one is not delivered against") {
    play(Role::seller,
         seller_begins + std::vector<Row>{{"payment other final",
                                           "alarm escrow_mismatch; declined: escrow_mismatch"}});
    play(Role::buyer,
         buyer_begins +
             std::vector<Row>{{"delivery other final", "alarm escrow_mismatch"},
                              {"payment refunded final", "2 final; unwound: escrow_mismatch"}});
}

TEST_CASE("a payment that is rolled back before the delivery has to come again") {
    play(Role::seller, {{"begin", "expect payment"},
                        {"btc live", ""},
                        {"payment prepared seen", "1 seen"},
                        {"payment prepared rolled_back", "1 gone"},
                        {"csd live", ""},
                        {"payment prepared seen", "1 seen"},
                        {"payment prepared final", "1 final; prepare delivery"}});
}

TEST_CASE("a claim that is rolled back is made again") {
    play(Role::seller,
         seller_begins +
             std::vector<Row>{{"payment prepared final", "1 final; prepare delivery"},
                              {"delivery prepared final", "3 final"},
                              {"delivery fulfilled final", "5 final; fulfil payment"},
                              {"payment fulfilled seen", "6 seen"},
                              {"payment fulfilled rolled_back", "6 gone; fulfil payment"},
                              {"payment fulfilled seen", "6 seen"},
                              {"payment fulfilled final", "6 final; settled"}});
}

TEST_CASE(
    "a secret that was seen is kept when the event that showed it is gone, and after a "
    "restart") {
    play(Role::seller,
         seller_begins + std::vector<Row>{{"payment prepared final", "1 final; prepare delivery"},
                                          {"payment prepared rolled_back", "1 gone"},
                                          {"delivery prepared final", "3 final"},
                                          {"delivery fulfilled seen", "5 seen"},
                                          {"delivery fulfilled rolled_back", "5 gone"},
                                          {"restart", ""},
                                          {"payment prepared seen", "1 seen; fulfil payment"},
                                          {"payment prepared final", "1 final"}});
}

TEST_CASE("what the ledger refuses is not there; what it answered otherwise is not believed") {
    play(Role::buyer, {{"begin", "expect delivery"},
                       {"btc live", ""},
                       {"csd live", "prepare payment"},
                       {"prepare refused insufficient_funds", "declined: insufficient_funds"}});
    play(Role::seller,
         seller_begins + std::vector<Row>{{"payment prepared final", "1 final; prepare delivery"},
                                          {"prepare refused insufficient_funds",
                                           "unwound: insufficient_funds"}});
    // Its own events are the ledger's better word.
    play(Role::buyer,
         buyer_begins + std::vector<Row>{{"prepare refused not_after_passed", ""},
                                         {"delivery prepared final", "3 final; release"}});
}

TEST_CASE("a claim that is refused is an alarm, and who bears the loss is said") {
    play(Role::seller,
         seller_begins +
             std::vector<Row>{
                 {"payment prepared final", "1 final; prepare delivery"},
                 {"delivery prepared final", "3 final"},
                 {"delivery fulfilled final", "5 final; fulfil payment"},
                 {"fulfil refused already_refunded", "alarm claim_refused"},
                 {"payment refunded final", "2 final; alarm broken; broken: escrow_expired"}});
    play(Role::buyer,
         buyer_begins + std::vector<Row>{{"payment fulfilled final",
                                          "6 final; alarm broken; broken: escrow_expired"}});
}

TEST_CASE("one swap at a time, each once, and only what there is nothing against") {
    SwapStory story(Role::buyer);
    CHECK(story.tell("begin") == "expect delivery");
    CHECK(story.tell("begin") == "refused: escrows_unresolved");
    CHECK(story.tell("t+88") == "");
    CHECK(story.tell("btc live") == "");
    CHECK(story.tell("csd live") == "declined: place_by_passed");
    CHECK(story.tell("begin") == "refused: condition_used");
    // Nor another swap under its condition, whose secret may be known.
    swap::input::Begin same{Role::seller, swap_terms(), PublicKey{}, Hash{}};
    same.terms.payment.amount = Amount{1'000'001};
    const auto again = story.machine().check(swap_start, same);
    REQUIRE(!again);
    CHECK(again.error() == Reason::condition_used);
    swap::Terms tight = swap_terms();
    tight.payment.expiry = tight.payment.expiry - Duration{1};
    SwapStory other(Role::seller, tight);
    CHECK(other.tell("begin") == "refused: ladder_too_tight");
}
