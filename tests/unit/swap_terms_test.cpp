// The terms of a direct swap: what follows from them, what speaks against them, and the code in
// which they are handed over.
#include <rapidcheck.h>

#include <functional>

#include "connector/swap/code.h"
#include "connector/swap/story.h"
#include "tests/unit/swap_story.h"

using namespace lockstep;
using namespace lockstep::test;

namespace {

swap::OwnView view_of(Role role, const swap::Terms& terms) {
    swap::OwnView view{role, one_outage, ledgers_of(role, terms), swap_start};
    view.ledgers[0].info = info_of(terms.payment);
    view.ledgers[1].info = info_of(terms.delivery);
    return view;
}

std::shared_ptr<const Signer> signer() {
    std::array<std::uint8_t, 32> seed{};
    seed[0] = 1;
    return Ed25519().signer(KeySeed{seed});
}

std::string code_of(const std::optional<Failure>& failure) {
    return failure ? failure->code : "";
}

}  // namespace

TEST_CASE("a party has nothing against sound terms, and says what is wrong with others") {
    CHECK(code_of(swap::objection(swap_terms(), view_of(Role::buyer, swap_terms()))) == "");
    CHECK(code_of(swap::objection(swap_terms(), view_of(Role::seller, swap_terms()))) == "");
    using Change = std::function<void(swap::Terms&, swap::OwnView&)>;
    struct Row {
        const char* what;
        Change change;
        const char* code;
    };
    const Row rows[] = {
        {"one ledger", [](auto& t, auto&) { t.delivery.ledger = t.payment.ledger; }, "malformed"},
        {"an account of another ledger", [](auto& t, auto&) { t.payment.payee = t.delivery.payer; },
         "malformed"},
        {"payer and payee are one", [](auto& t, auto&) { t.payment.payee = t.payment.payer; },
         "malformed"},
        {"no amount", [](auto& t, auto&) { t.delivery.amount = Amount{}; }, "malformed"},
        {"a ledger that is quicker than at once",
         [](auto& t, auto&) { t.delivery.timing.profile.early = Duration{-1}; }, "malformed"},
        {"an outage that gives time", [](auto& t, auto&) { t.buyer.outage = Duration{-1}; },
         "malformed"},
        {"no condition", [](auto& t, auto&) { t.condition = Condition{}; }, "malformed"},
        {"the payment goes back first",
         [](auto& t, auto&) { t.payment.expiry = t.delivery.expiry; }, "malformed"},
        {"a ledger that is not ours", [](auto&, auto& v) { v.ledgers.pop_back(); }, "wrong_ledger"},
        {"another's account",
         [](auto&, auto& v) { v.ledgers[0].accounts = {swap_address("test.btc.carol")}; },
         "no_account"},
        {"an asset that is not there",
         [](auto&, auto& v) { v.ledgers[1].info->assets.front().asset = AssetId{}; },
         "unknown_asset"},
        {"a part of a lot",
         [](auto&, auto& v) { v.ledgers[1].info->assets.front().lot = Amount{20}; }, "odd_lot"},
        {"more than is taken at once",
         [](auto&, auto& v) { v.ledgers[0].info->max_amount = Amount{999'999}; },
         "amount_too_large"},
        {"longer than is held",
         [](auto&, auto& v) { v.ledgers[0].info->max_hold = Duration::seconds(115); },
         "expiry_too_far"},
        {"a microsecond too little between the refunds",
         [](auto& t, auto&) { t.payment.expiry = t.payment.expiry - Duration{1}; },
         "ladder_too_tight"},
        {"a longer outage to survive",
         [](auto&, auto& v) { v.endurance.outage = Duration{1'000'001}; }, "ladder_too_tight"},
        {"a slower ledger than the proposer says",
         [](auto&, auto& v) { v.ledgers[1].timing.profile.inclusion = Duration{4'000'001}; },
         "ladder_too_tight"},
        {"a roll-back that only the proposer knows of, survived by chance",
         [](auto& t, auto&) { t.payment.timing.profile.rollback = Duration{1}; },
         "ladder_too_tight"},
        {"too late to deliver", [](auto&, auto& v) { v.now = swap_start + Duration::seconds(95); },
         "terms_lapsed"},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(row.what));
        swap::Terms terms = swap_terms();
        swap::OwnView view = view_of(Role::seller, terms);
        row.change(terms, view);
        CHECK(code_of(swap::objection(terms, view)) == row.code);
    }
    swap::OwnView late = view_of(Role::buyer, swap_terms());
    late.now = swap_start + Duration::seconds(88);
    CHECK(code_of(swap::objection(swap_terms(), late)) == "terms_lapsed");
}

TEST_CASE("too small a margin is refused with the arithmetic") {
    swap::Terms terms = swap_terms();
    terms.payment.expiry = terms.delivery.expiry + Duration::seconds(15);
    const auto found = swap::objection(terms, view_of(Role::seller, terms));
    REQUIRE(found);
    CHECK(
        found->detail ==
        "the payment can go back 15 s after the delivery, and the seller needs 16 s in between to "
        "be sure of it: 8 s to see the secret and to claim with it + 5 s for 1 outage of this "
        "program + 1 s as the delivery's clock may lag + 2 s as the payment's clock may lead");
    CHECK(swap::margin_needed(terms, view_of(Role::seller, terms)) == Duration::seconds(16));
}

TEST_CASE("a day between the refunds is enough for a careful profile of Bitcoin") {
    // Six confirmations; in a block after nine mean intervals more than the three that are aimed
    // at.
    swap::Terms terms = swap_terms();
    terms.payment.timing.profile = {Duration::seconds(9'600), Duration::seconds(8'400),
                                    Duration::seconds(8'400), Duration::seconds(10'800),
                                    Duration::seconds(7'200), Duration::seconds(6'000)};
    terms.payment.expiry = swap_start + Duration::seconds(48 * 3'600);
    terms.delivery.expiry = swap_start + Duration::seconds(24 * 3'600);
    swap::OwnView view = view_of(Role::seller, terms);
    view.endurance = {Duration::seconds(3'600), 1, 1};
    view.ledgers[0].info->max_hold = Duration::seconds(14 * 86'400);
    CHECK(code_of(swap::objection(terms, view)) == "");
    CHECK(swap::format_length(swap::margin_needed(terms, view)) == "16 h 1 s");
}

TEST_CASE("the two escrows follow from the terms, and no two swaps share an id") {
    const swap::Terms terms = swap_terms();
    const EscrowTerms payment = swap::escrow_of(terms, Side::payment);
    const EscrowTerms delivery = swap::escrow_of(terms, Side::delivery);
    CHECK(payment.payer == terms.payment.payer);
    CHECK(payment.expiry == terms.payment.expiry);
    CHECK(payment.condition == delivery.condition);
    CHECK(payment.id != delivery.id);
    swap::Terms other = terms;
    other.proposed = other.proposed + Duration{1};
    CHECK(swap::escrow_of(other, Side::payment).id != payment.id);
    CHECK(swap::payment_place_by(terms) == swap_start + Duration::seconds(88));
    CHECK(swap::delivery_place_by(terms) == swap_start + Duration::seconds(95));
}

TEST_CASE("a proposal comes out of its code as it went in, signed") {
    const std::string code = swap::write_proposal(swap_terms(), *signer());
    CHECK(code.starts_with("lockstepswap1"));
    const auto read = swap::read_proposal(code, Ed25519());
    REQUIRE(read);
    CHECK(read->terms == swap_terms());
    CHECK(read->proposer == signer()->public_key());
}

TEST_CASE("a proposal that was not copied well is refused") {
    const std::string code = swap::write_proposal(swap_terms(), *signer());
    struct Row {
        std::string code, said;
    };
    const Row rows[] = {
        {"", "a proposal begins with \"lockstepswap1\""},
        {"lockstep1" + code.substr(13), "a proposal begins with \"lockstepswap1\""},
        {code.substr(0, code.size() - 1), "the proposal is cut off or holds a wrong character"},
        {code.substr(0, 13), "the proposal is cut off or holds a wrong character"},
        {code.substr(0, code.size() - 2),
         "the proposal was not copied correctly: its check does not match"},
    };
    for (const Row& row : rows) {
        const auto read = swap::read_proposal(row.code, Ed25519());
        REQUIRE(!read);
        CHECK(read.error().code == "malformed");
        CHECK(read.error().detail == row.said);
    }
    CHECK(rc::check("any other digit is noticed", [&] {
        std::string wrong = code;
        const auto at = *rc::gen::inRange<std::size_t>(13, code.size());
        const char digit = *rc::gen::elementOf(std::string("0123456789abcdef"));
        RC_PRE(wrong[at] != digit);
        wrong[at] = digit;
        RC_ASSERT(!swap::read_proposal(wrong, Ed25519()));
    }));
}

TEST_CASE("terms that were changed under their signature are refused") {
    // Somebody who can compute the check, and not the signature.
    const std::string code = swap::write_proposal(swap_terms(), *signer());
    Bytes octets = *from_hex(code.substr(13));
    octets.resize(octets.size() - 4);
    // The last octet of the terms is of the time of the proposal.
    octets[octets.size() - Signature::size - 1] ^= 1;
    const Hash hash = sha256(octets);
    append(octets, hash.view().first(4));
    const auto read = swap::read_proposal("lockstepswap1" + to_hex(octets), Ed25519());
    REQUIRE(!read);
    CHECK(read.error().code == "bad_signature");
}

TEST_CASE("lengths of time are written as people say them") {
    struct Row {
        std::int64_t us;
        const char* text;
    };
    const Row rows[] = {{0, "0 s"},
                        {1'500'000, "1.5 s"},
                        {86'400'000'000, "24 h"},
                        {5'400'000'000, "1 h 30 min"},
                        {3'601'000'001, "1 h 1.000001 s"},
                        {-60'000'000, "-1 min"}};
    for (const Row& row : rows)
        CHECK(swap::format_length(Duration{row.us}) == row.text);
}

TEST_CASE("the six are told with their refunds, which are ready from the first sight on") {
    SwapStory story(Role::buyer);
    story.tell("begin");
    const swap::output::Told seen{swap::Step::payment,
                                  {Certainty::seen, "ab12", swap_start, false}};
    const auto lines = swap::lines_of(story.swap(), seen, RefundRule::by_payer);
    REQUIRE(lines.size() == 2);
    CHECK(swap::render(lines[0]) ==
          "1  the buyer's payment is in escrow for the seller: seen, not final yet\n"
          "   0.01000000 BTC on test.btc, transaction ab12\n"
          "   the seller can take it with the secret until it has gone back; the buyer has it back "
          "from 2023-11-14T22:15:16Z on");
    CHECK(swap::render(lines[1]) ==
          "2  refund of 1: the payment goes back to the buyer: ready, not before "
          "2023-11-14T22:15:16Z\n"
          "   0.01000000 BTC on test.btc\n"
          "   the buyer's signature alone takes it back, which the escrow itself says");
    const swap::output::Told delivery{swap::Step::delivery,
                                      {Certainty::final_, "block 7, leaf 1", swap_start, false}};
    const auto both = swap::lines_of(story.swap(), delivery, RefundRule::automatic);
    REQUIRE(both.size() == 2);
    CHECK(both[1].spend == "the ledger gives it back by itself, nobody has to sign");
    const swap::output::Told gone{swap::Step::payment,
                                  {Certainty::rolled_back, "", swap_start, false}};
    CHECK(swap::lines_of(story.swap(), gone, RefundRule::by_payer).size() == 1);
}
