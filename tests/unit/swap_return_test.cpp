// A party that comes back, from its own disk or from an older one; and commands that a ledger
// refuses, and events that it takes back.
#include "tests/unit/swap_story.h"

using namespace lockstep;
using namespace lockstep::test;

TEST_CASE("a seller on an older disk ends nothing before both ledgers were heard, and claims") {
    const std::vector<Row> restored =
        seller_begins + std::vector<Row>{{"save", ""},
                                         {"payment prepared final", "1 final; prepare delivery"},
                                         {"delivery prepared final", "3 final"},
                                         {"t+95", ""},
                                         {"restore", ""},
                                         {"payment prepared final", "1 final"},
                                         {"btc live", ""}};
    play(Role::seller,
         restored + std::vector<Row>{{"delivery prepared final", "alarm unknown_escrow; 3 final"},
                                     {"delivery fulfilled final", "5 final; fulfil payment"},
                                     {"csd live", ""},
                                     {"payment fulfilled final", "6 final; settled"}});
    // Where the ledger has nothing of it either, it is over.
    play(Role::seller, restored + std::vector<Row>{{"csd live", "unwound: place_by_passed"}});
}

TEST_CASE("a buyer on an older disk takes what was paid for, and gives nothing back too early") {
    play(Role::buyer, {{"begin", "expect delivery"},
                       {"save", ""},
                       {"btc live", ""},
                       {"csd live", "prepare payment"},
                       {"t+88", ""},
                       {"restore", ""},
                       {"payment prepared final", "alarm unknown_escrow; 1 final"},
                       {"payment fulfilled final", "6 final"},
                       {"btc live", ""},
                       {"delivery prepared final", "3 final; fulfil delivery"},
                       {"csd live", ""},
                       {"t+96", ""},
                       {"delivery fulfilled final", "5 final; settled"}});
    play(Role::buyer,
         buyer_begins + std::vector<Row>{{"restart", ""},
                                         {"payment fulfilled final", "6 final"},
                                         {"btc live", ""},
                                         {"csd live", "alarm broken; broken: escrow_expired"}});
    play(Role::buyer, buyer_begins + std::vector<Row>{{"csd stale", ""},
                                                      {"delivery prepared final", "3 final"},
                                                      {"t+96", ""},
                                                      {"restart", ""},
                                                      {"csd live", ""},
                                                      {"btc live", "reject delivery"}});
}

TEST_CASE("a released secret does not end while the delivery's ledger is not heard") {
    play(Role::buyer,
         buyer_begins + std::vector<Row>{{"delivery prepared final", "3 final; release"},
                                         {"delivery prepared rolled_back", "3 gone"},
                                         {"restart", ""},
                                         {"payment refunded final", "2 final"},
                                         {"btc live", ""},
                                         {"csd live", "unwound: escrow_expired"}});
}

TEST_CASE("an own escrow that appears after the end opens the swap again") {
    play(Role::seller,
         seller_begins +
             std::vector<Row>{{"t+95", "declined: payment_not_placed"},
                              {"delivery prepared final", "alarm unknown_escrow; 3 final"},
                              {"delivery fulfilled final", "5 final"},
                              {"payment prepared seen", "1 seen; fulfil payment"},
                              {"payment prepared final", "1 final"},
                              {"payment fulfilled final", "6 final; settled"}});
}

TEST_CASE("an escrow of ours that no swap here made is an alarm, once; one of others is not") {
    play(Role::seller,
         seller_begins + std::vector<Row>{{"delivery stray seen", "alarm unknown_escrow"},
                                          {"delivery stray final", ""},
                                          {"payment stray final", ""}});
}

TEST_CASE("a payment is not flooded out by escrows of one who sends many") {
    SwapStory story(Role::seller);
    story.tell("btc live");
    story.tell("csd live");
    story.tell("payment prepared final");
    swap::input::Reported flood;
    flood.ledger = swap_terms().payment.ledger;
    flood.terms = swap::escrow_of(swap_terms(), Side::payment);
    flood.terms.payer = swap_address("test.btc.mallory");
    flood.terms.expiry = flood.terms.expiry + Duration::seconds(100);
    for (std::size_t i = 0; i <= 2 * swap::max_strays; ++i) {
        flood.terms.id = EscrowId{sha256(as_bytes(std::to_string(i))).array()};
        Outputs<SwapMachine> out;
        story.machine().apply(swap_start, flood, out);
    }
    CHECK(story.machine().write_snapshot().size() < 512 * swap::max_strays);
    CHECK(story.tell("begin") == "expect payment; 1 final; prepare delivery");
}

TEST_CASE("the last alarm is kept for whoever looks later") {
    SwapStory story(Role::seller);
    for (const Row& row : seller_begins)
        story.tell(row.happens);
    CHECK(!story.swap().alarm);
    story.tell("delivery stray seen");
    story.tell("restart");
    REQUIRE(story.swap().alarm);
    CHECK(story.swap().alarm->code == "unknown_escrow");
}

TEST_CASE("an escrow of ours of a swap before is known") {
    SwapStory story(Role::seller);
    for (const Row& row : seller_begins)
        story.tell(row.happens);
    CHECK(story.tell("t+95") == "declined: payment_not_placed");
    swap::input::Begin next{Role::seller, swap_terms(), PublicKey{}, Hash{}};
    next.terms.condition = condition_of(*Preimage::from(Bytes(preimage_size, 8)));
    for (swap::Leg* const leg : {&next.terms.payment, &next.terms.delivery})
        leg->expiry = leg->expiry + Duration::seconds(100);
    const Timestamp later = swap_start + Duration::seconds(95);
    REQUIRE(story.machine().check(later, next));
    Outputs<SwapMachine> out;
    story.machine().apply(later, next, out);
    CHECK(story.tell("delivery prepared final") == "");
    CHECK(story.tell("delivery stray final") == "alarm unknown_escrow");
}

TEST_CASE("a payment is claimed while its ledger may still take a claim") {
    // The refund is in no block yet.
    play(Role::seller,
         seller_delivers +
             std::vector<Row>{{"restart", ""},
                              {"payment refunded seen", "2 seen"},
                              {"btc live", ""},
                              {"delivery fulfilled final", "5 final; fulfil payment"},
                              {"payment refunded rolled_back", "2 gone; fulfil payment"},
                              {"payment fulfilled final", "6 final; settled"}});
    // The payment is in no block any more.
    play(Role::seller,
         seller_delivers + std::vector<Row>{{"payment prepared rolled_back", "1 gone"},
                                            {"delivery fulfilled final", "5 final"},
                                            {"payment prepared seen", "1 seen; fulfil payment"},
                                            {"fulfil refused unknown_escrow", ""},
                                            {"payment prepared final", "1 final; fulfil payment"},
                                            {"payment fulfilled final", "6 final; settled"}});
}

TEST_CASE("a claim that was refused is made again, unless the refusal is the end of it") {
    // The payment's ledger takes up to 4 s to include it.
    const std::vector<Row> refused =
        seller_delivers + std::vector<Row>{{"delivery fulfilled final", "5 final; fulfil payment"},
                                           {"fulfil refused not_permitted", "alarm claim_refused"},
                                           {"t+3.999999", ""},
                                           {"t+4", "fulfil payment"},
                                           {"fulfil refused not_permitted", ""}};
    play(Role::seller,
         refused + std::vector<Row>{{"restart", "fulfil payment"},
                                    {"fulfil refused bad_signature", "alarm claim_refused"},
                                    {"t+15.999999", ""},
                                    {"t+16", "fulfil payment"}});
    for (const char* reason : {"already_refunded", "escrow_expired"})
        play(Role::seller, refused + std::vector<Row>{{"t+12", "fulfil payment"},
                                                      {"fulfil refused " + std::string(reason),
                                                       "alarm claim_refused"},
                                                      {"t+60", ""},
                                                      {"restart", ""}});
}

TEST_CASE("a refusal that the ledger's own event contradicts holds when the event is gone") {
    const std::vector<Row> refused{{"begin", "expect delivery"},
                                   {"btc live", ""},
                                   {"csd live", "prepare payment"},
                                   {"payment prepared seen", "1 seen"},
                                   {"prepare refused not_after_passed", ""}};
    play(Role::buyer, refused + std::vector<Row>{{"payment prepared rolled_back",
                                                  "1 gone; declined: not_after_passed"}});
    play(Role::buyer, refused + std::vector<Row>{{"payment prepared final", "1 final"},
                                                 {"payment prepared rolled_back", "1 gone"}});
}

TEST_CASE("the secret is not shown for a delivery that went back meanwhile") {
    play(Role::buyer,
         buyer_begins +
             std::vector<Row>{{"delivery prepared final", "3 final; release"},
                              {"restart", ""},
                              {"secret", ""},
                              {"delivery refunded final", "4 final"},
                              {"csd live", ""},
                              {"btc live", ""},
                              {"payment refunded final", "2 final; unwound: escrow_expired"}});
}

TEST_CASE("a seller who claims stays until the payment is one way or the other") {
    const std::vector<Row> back =
        seller_delivers + std::vector<Row>{{"delivery fulfilled seen", "5 seen; fulfil payment"},
                                           {"delivery fulfilled rolled_back", "5 gone"},
                                           {"delivery refunded final", "4 final"}};
    play(Role::seller,
         back + std::vector<Row>{{"payment refunded final", "2 final; unwound: escrow_expired"}});
    play(Role::seller, back + std::vector<Row>{{"payment fulfilled final",
                                                "6 final; alarm broken; broken: escrow_expired"}});
    // A payment that is in no block and past its refund is none.
    play(Role::seller, back + std::vector<Row>{{"payment prepared rolled_back", "1 gone"},
                                               {"t+115.999999", ""},
                                               {"btc live", ""},
                                               {"t+116", ""},
                                               {"btc live", "unwound: escrow_expired"}});
}

TEST_CASE("another escrow under the payment's name decides nothing before it is final") {
    play(Role::seller,
         seller_begins + std::vector<Row>{{"payment other seen", ""},
                                          {"payment prepared final", "1 final"},
                                          {"payment other rolled_back", "prepare delivery"}});
    play(Role::seller,
         seller_begins + std::vector<Row>{{"payment other seen", ""},
                                          {"payment other final",
                                           "alarm escrow_mismatch; declined: escrow_mismatch"}});
}
