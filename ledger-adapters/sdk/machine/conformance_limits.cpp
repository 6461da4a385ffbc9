// Conformance: what a ledger must refuse, one wrong field at a time.
#include "sdk/crypto/hash.h"
#include "sdk/machine/conformance_kit.h"

namespace lockstep::conformance {
namespace {

void refuses(Kit& kit, const EscrowTerms& terms, const std::vector<std::string>& reasons) {
    const Balance before = kit.balance(Role::payer);
    const std::string seen = kit.prepare(terms);
    bool is_meant = false;
    std::string wanted;
    for (const std::string& reason : reasons) {
        is_meant = is_meant || reason == seen;
        wanted += (wanted.empty() ? "" : " or ") + reason;
    }
    kit.expect(is_meant,
               "the prepare answered " + (seen.empty() ? "nothing" : seen) + ", not " + wanted);
    kit.expect(kit.balance(Role::payer) == before, "what was refused changed the balance");
}

// A claim whose preimage has `size` octets and hashes to the condition.
void claim_of_size(Kit& kit, std::size_t size) {
    EscrowTerms terms = kit.terms(static_cast<int>(size));
    Bytes octets(size);
    for (std::size_t i = 0; i < size; ++i)
        octets[i] = terms.id.array()[i % terms.id.array().size()];
    terms.condition = *Condition::from(sha256(octets).view());
    kit.expect_answer("the prepare answered", kit.prepare(terms), "done");
    Result<void> answer;
    if (!kit.ledger().claim_with(Role::payee, kit.key(terms), octets, answer)) {
        kit.leave_out("the adapter alone reaches this ledger, and it takes 32 octets only");
    }
    const std::string seen = answer ? "done" : std::string(to_string(answer.error()));
    // an open ledger's rules are of a network, which has no reasons of ours
    const char* const refusal = kit.is_open() ? "not_accepted" : "wrong_preimage_size";
    kit.expect_answer("the claim answered", seen, size == preimage_size ? "done" : refusal);
    if (size != preimage_size && kit.is_open()) kit.ledger().pass(kit.patience());
    kit.expect_found(Role::payee, terms, size == preimage_size ? "fulfilled" : "prepared");
}
void preimage_of_0(Kit& kit) {
    claim_of_size(kit, 0);
}
void preimage_of_31(Kit& kit) {
    claim_of_size(kit, 31);
}
void preimage_of_32(Kit& kit) {
    claim_of_size(kit, 32);
}
void preimage_of_33(Kit& kit) {
    claim_of_size(kit, 33);
}
void preimage_of_521(Kit& kit) {
    claim_of_size(kit, 521);
}

void wrong_preimage(Kit& kit) {
    const EscrowTerms terms = kit.terms();
    kit.expect_answer("the prepare answered", kit.prepare(terms), "done");
    kit.expect_answer("a claim with another preimage answered", kit.fulfil(terms, Role::payee, 1),
                      "wrong_preimage");
    Command right = kit.fulfil_command(terms, 0, "right");
    kit.expect_answer("the right one answered", kit.run(Role::payee, std::move(right)), "done");
}

void claim_of_nothing(Kit& kit) {
    kit.expect_answer("a claim of an escrow that is not there answered", kit.fulfil(kit.terms()),
                      "unknown_escrow");
}

void unknown_asset(Kit& kit) {
    EscrowTerms terms = kit.terms();
    terms.asset = *AssetId::make("NOSUCHASSET", terms.asset.scale());
    refuses(kit, terms, {"unknown_asset"});
}

void wrong_scale(Kit& kit) {
    EscrowTerms terms = kit.terms();
    const auto scale = static_cast<std::uint8_t>((terms.asset.scale() + 1) % max_asset_scale);
    terms.asset = *AssetId::make(terms.asset.code(), scale);
    refuses(kit, terms, {"unknown_asset", "wrong_asset"});
}

void more_than_held(Kit& kit) {
    EscrowTerms terms = kit.terms();
    const Balance balance = kit.balance(Role::payer);
    terms.amount = Amount{balance.free.units() + kit.world().lot.units()};
    refuses(kit, terms, {"insufficient_funds"});
}

void no_amount(Kit& kit) {
    EscrowTerms terms = kit.terms();
    terms.amount = Amount{};
    refuses(kit, terms, {"zero_amount"});
}

void largest_amount(Kit& kit) {
    EscrowTerms terms = kit.terms();
    const std::uint64_t lot = kit.world().lot.units();
    terms.amount = Amount{UINT64_MAX / lot * lot};
    refuses(kit, terms, {"amount_too_large", "amount_overflow", "insufficient_funds"});
}

void odd_lot(Kit& kit) {
    if (kit.world().lot.units() <= 1) kit.leave_out("the asset moves in single units");
    EscrowTerms terms = kit.terms();
    terms.amount = Amount{kit.world().lot.units() + 1};
    refuses(kit, terms, {"odd_lot"});
}

void below_least(Kit& kit) {
    if (kit.world().least <= kit.world().lot) kit.leave_out("the ledger takes a single lot");
    EscrowTerms terms = kit.terms();
    terms.amount = kit.world().lot;
    refuses(kit, terms, {"not_accepted", "amount_out_of_bounds"});
}

void exact_amount(Kit& kit) {
    const Balance payee = kit.balance(Role::payee);
    EscrowTerms terms = kit.terms();
    terms.amount = kit.portions(7);
    kit.expect_answer("the prepare answered", kit.prepare(terms), "done");
    kit.expect_told(Role::payee, terms, EscrowState::prepared);
    kit.expect_answer("the fulfil answered", kit.fulfil(terms), "done");
    kit.expect_flow(Role::payee, payee, {.in = terms.amount},
                    "the payee did not get exactly the amount");
}

void unknown_payee(Kit& kit) {
    EscrowTerms terms = kit.terms();
    terms.payee = *kit.world().ledger.child("no-such-account");
    refuses(kit, terms, {"unknown_account"});
}

void same_account(Kit& kit) {
    EscrowTerms terms = kit.terms();
    terms.payee = terms.payer;
    refuses(kit, terms, {"same_account"});
}

void foreign_account(Kit& kit) {
    EscrowTerms terms = kit.terms();
    terms.payee = *Address::parse("test.no-such-ledger.bob");
    refuses(kit, terms, {"wrong_ledger", "unknown_account"});
}

void expiry_in_the_past(Kit& kit) {
    EscrowTerms terms = kit.terms();
    terms.expiry = kit.expiry_at(kit.ledger_now() - Duration::seconds(1));
    Command command{kit.command_id("late"), command::Prepare{terms, kit.now() + kit.patience()}};
    kit.expect_answer("the prepare answered", kit.run(Role::payer, std::move(command)),
                      "expiry_passed");
}

// A prepare at +1, 0 and -1 of its expiry.
void expiry_at_present(Kit& kit) {
    if (!kit.world().exact) kit.leave_out("time cannot be held still here");
    int which = 0;
    for (const int ahead : {-1, 0, 1}) {
        EscrowTerms terms = kit.terms(which++);
        terms.expiry = kit.ledger_now() + kit.world().tick * ahead;
        Command command{kit.command_id("at " + std::to_string(ahead)),
                        command::Prepare{terms, kit.now() + kit.patience()}};
        const std::string what = "a prepare that expires in " + std::to_string(ahead) + " answered";
        const std::string seen = kit.run(Role::payer, std::move(command));
        if (ahead > 0 && kit.is_open()) {
            // before it is included the time may come
            kit.expect_one_of(what, seen, {"done", "expiry_passed"});
        } else {
            kit.expect_answer(what, seen, ahead > 0 ? "done" : "expiry_passed");
        }
    }
}

void expiry_too_far(Kit& kit) {
    EscrowTerms terms = kit.terms();
    terms.expiry = kit.expiry_at(kit.now() + kit.info().max_hold + Duration::seconds(3600));
    refuses(kit, terms, {"expiry_too_far"});
}

void not_after_in_the_past(Kit& kit) {
    const EscrowTerms terms = kit.terms();
    const Timestamp past = kit.now() - Duration::seconds(2) - kit.info().profile.late;
    Command command{kit.command_id("late"), command::Prepare{terms, past}};
    kit.expect_answer("the prepare answered", kit.run(Role::payer, std::move(command)),
                      "not_after_passed");
    kit.expect_answer("the query found", kit.found(Role::payer, terms), "");
}

}  // namespace

void add_limit_cases(std::vector<Case>& to) {
    to.push_back({"preimage", "a preimage of 0 octets is refused", preimage_of_0});
    to.push_back({"preimage", "a preimage of 31 octets is refused", preimage_of_31});
    to.push_back({"preimage", "a preimage of 32 octets is taken", preimage_of_32});
    to.push_back({"preimage", "a preimage of 33 octets is refused", preimage_of_33});
    to.push_back({"preimage", "a preimage of 521 octets is refused", preimage_of_521});
    to.push_back(
        {"preimage", "another preimage is refused, and the right one still taken", wrong_preimage});
    to.push_back({"life", "a claim of an escrow that is not there is refused", claim_of_nothing});
    to.push_back({"amount", "an asset that the ledger does not have is refused", unknown_asset});
    to.push_back({"amount", "an asset at another scale is refused", wrong_scale});
    to.push_back({"amount", "more than the payer holds is refused", more_than_held});
    to.push_back({"amount", "an escrow of nothing is refused", no_amount});
    to.push_back({"amount", "the largest number is refused", largest_amount});
    to.push_back({"amount", "a part of a lot is refused", odd_lot});
    to.push_back({"amount", "less than a claim is worth is refused", below_least});
    to.push_back({"amount", "what was escrowed is what is told and paid", exact_amount});
    to.push_back({"life", "a payee that is not there is refused", unknown_payee});
    to.push_back({"life", "payer and payee must differ", same_account});
    to.push_back({"life", "an account of another ledger is refused", foreign_account});
    to.push_back({"hold", "an expiry in the past is refused", expiry_in_the_past});
    to.push_back({"hold", "an expiry at the present is refused, a moment later is taken",
                  expiry_at_present});
    to.push_back({"hold", "an expiry further ahead than declared is refused", expiry_too_far});
    to.push_back({"inclusion", "a prepare after its not_after is refused", not_after_in_the_past});
}

}  // namespace lockstep::conformance
