// Conformance: commands that come again, with equal fields and with others.
#include "sdk/crypto/hash.h"
#include "sdk/machine/conformance_kit.h"

namespace lockstep::conformance {
namespace {

void repeated_equal(Kit& kit) {
    const Balance before = kit.balance(Role::payer);
    const EscrowTerms terms = kit.terms();
    const Command command = kit.prepare_command(terms);
    const auto again = [&] {
        return Command{command.id, std::get<command::Prepare>(command.body)};
    };
    kit.expect_answer("the prepare answered", kit.run(Role::payer, again()), "done");
    kit.expect_answer("its repeat answered", kit.run(Role::payer, again()), "done");
    kit.restart_forgetful(Role::payer);
    kit.expect_answer("its repeat by an adapter without memory answered",
                      kit.run(Role::payer, again()), "done");
    kit.expect_prepared_once(before, terms);
}

struct Change {
    const char* field;
    EscrowTerms terms;
};
// The terms with one field after the other changed.
std::vector<Change> changes_of(const Kit& kit, const EscrowTerms& terms) {
    std::vector<Change> changes(4, {"", terms});
    changes[0].field = "amount";
    changes[0].terms.amount = kit.portions(2);
    changes[1].field = "payee";
    changes[1].terms.payee = kit.world().account(Role::other);
    changes[2].field = "condition";
    changes[2].terms.condition = condition_of(kit.preimage(9));
    changes[3].field = "expiry";
    changes[3].terms.expiry = kit.expiry_at(terms.expiry + Duration::seconds(1));
    return changes;
}

void repeated_other(Kit& kit) {
    const Balance before = kit.balance(Role::payer);
    const EscrowTerms terms = kit.terms();
    const Command command = kit.prepare_command(terms);
    const CommandId id = command.id;
    auto prepare = std::get<command::Prepare>(command.body);
    kit.expect_answer("the prepare answered", kit.run(Role::payer, {id, prepare}), "done");
    for (const Change& change : changes_of(kit, terms)) {
        const std::string other = std::string("the id with another ") + change.field;
        prepare.terms = change.terms;
        kit.expect_answer(other + " answered", kit.run(Role::payer, {id, prepare}), "id_reused");
        kit.restart_forgetful(Role::payer);
        kit.expect_answer(other + " past an adapter without memory answered",
                          kit.run(Role::payer, {id, prepare}), "id_reused");
    }
    kit.expect_prepared_once(before, terms);
}

void claim_repeated_other(Kit& kit) {
    const EscrowTerms first = kit.terms(0);
    const EscrowTerms second = kit.terms(1);
    kit.expect_answer("the first prepare answered", kit.prepare(first), "done");
    kit.expect_answer("the second prepare answered", kit.prepare(second), "done");
    const Command claim = kit.fulfil_command(first);
    const CommandId id = claim.id;
    kit.expect_answer("the claim answered", kit.fulfil(first), "done");
    const auto other = [&] { return Command{id, kit.fulfil_command(second, 1).body}; };
    kit.expect_answer("its id with another escrow answered", kit.run(Role::payee, other()),
                      "id_reused");
    kit.restart_forgetful(Role::payee);
    kit.expect_answer("the same past an adapter without memory answered",
                      kit.run(Role::payee, other()), "id_reused");
    kit.expect_answer("the second escrow is", kit.found(Role::payee, second), "prepared");
}

void escrow_id_used_again(Kit& kit) {
    const EscrowTerms terms = kit.terms();
    kit.expect_answer("the prepare answered", kit.prepare(terms), "done");
    for (const Change& change : changes_of(kit, terms)) {
        const std::string other = std::string("another ") + change.field;
        Command command{kit.command_id(other),
                        command::Prepare{change.terms, kit.now() + kit.patience()}};
        kit.expect_answer("an escrow under its id with " + other + " answered",
                          kit.run(Role::payer, std::move(command)), "id_reused");
    }
    kit.expect_answer("the fulfil answered", kit.fulfil(terms), "done");
}

void command_id_of_another(Kit& kit) {
    const EscrowTerms mine = kit.terms(0);
    EscrowTerms theirs = kit.terms(1);
    theirs.payer = kit.world().account(Role::other);
    const CommandId id = kit.command_id("prepare of two");
    const Timestamp not_after = kit.now() + kit.patience();
    kit.expect_answer("the payer's prepare answered",
                      kit.run(Role::payer, {id, command::Prepare{mine, not_after}}), "done");
    kit.expect_answer("the other's prepare under the same command id answered",
                      kit.run(Role::other, {id, command::Prepare{theirs, not_after}}), "done");
    kit.expect_found(Role::other, theirs, "prepared");
}

void refusal_is_kept(Kit& kit) {
    const Balance before = kit.balance(Role::payer);
    EscrowTerms terms = kit.terms();
    terms.amount = Amount{before.free.units() + kit.world().lot.units()};
    const command::Prepare prepare{terms, kit.now() + Duration::seconds(30)};
    const CommandId id = kit.command_id("too much");
    kit.expect_answer("the prepare answered", kit.run(Role::payer, {id, prepare}),
                      "insufficient_funds");
    EscrowTerms gift = kit.terms(1);
    gift.payer = kit.world().account(Role::other);
    gift.payee = kit.world().account(Role::payer);
    kit.expect_answer("the gift's prepare answered", kit.prepare(gift, Role::other), "done");
    kit.expect_answer("the gift's fulfil answered", kit.fulfil(gift, Role::payer, 1), "done");
    kit.restart_forgetful(Role::payer);
    kit.expect_answer("its repeat answered", kit.run(Role::payer, {id, prepare}),
                      "insufficient_funds");
}

void fulfil_repeated_after_expiry(Kit& kit) {
    EscrowTerms terms = kit.terms();
    const TimingProfile& profile = kit.info().profile;
    // an open ledger's commands are done when they are final
    terms.expiry =
        kit.expiry_at(kit.now() + (profile.inclusion + profile.finality) * (kit.is_open() ? 2 : 1) +
                      Duration::seconds(1));
    kit.expect_answer("the prepare answered", kit.prepare(terms), "done");
    kit.expect_answer("the fulfil answered", kit.fulfil(terms), "done");
    kit.wait_until(terms.expiry + profile.late + Duration::milliseconds(100));
    kit.restart_forgetful(Role::payee);
    kit.expect_answer("its repeat after the expiry answered",
                      kit.run(Role::payee, kit.fulfil_command(terms)), "done");
}

}  // namespace

void add_repeat_cases(std::vector<Case>& to) {
    to.push_back({"repeat", "a command repeated with equal fields does one thing", repeated_equal});
    to.push_back({"repeat", "a command id with other fields is refused", repeated_other});
    to.push_back({"repeat", "a claim's id with another escrow is refused", claim_repeated_other});
    to.push_back({"repeat", "an escrow id is used once by its payer", escrow_id_used_again});
    to.push_back({"repeat", "a command id that somebody else used is free", command_id_of_another});
    to.push_back({"repeat", "a refusal stays, even if it could succeed later", refusal_is_kept});
    to.push_back({"repeat", "a fulfil repeated after the expiry gets its first answer",
                  fulfil_repeated_after_expiry});
}

}  // namespace lockstep::conformance
