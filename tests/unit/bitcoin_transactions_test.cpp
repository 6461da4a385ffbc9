// The transactions that spend an escrow, judged by the interpreter under the rules of relay.
#include <doctest/doctest.h>

#include "bitcoin/chain/block.h"
#include "bitcoin/chain/block_rules.h"
#include "bitcoin/script/script.h"
#include "tests/unit/bitcoin_escrow_actors.h"

using namespace lockstep;
using namespace lockstep::bitcoin;
using namespace lockstep::test;
using Error = ScriptError;

TEST_CASE("a claim is good, and only with its preimage and its key") {
    const Actors actors;
    const auto claim = claim_escrow(actors.plan(actors.payee_home, 20'000), actors.preimage,
                                    actors.payee_key, *actors.payee);
    REQUIRE(claim);
    const EscrowCoin& escrow = actors.escrow;
    CHECK(escrow_verdict(claim->transaction, escrow) == Error::ok);
    const std::size_t worst = spend_vsize(actors.lock, EscrowPath::claim, actors.payee_home, 0);
    check_size(claim->transaction, worst);
    CHECK(claim->fee == *fee_for({20'000}, worst));
    CHECK(claim->transaction.outputs ==
          std::vector<TxOut>{{escrow.value - claim->fee, actors.payee_home}});
    CHECK(claim->transaction.locktime == 0);
    const auto shown = preimage_of(claim->transaction.inputs[0].witness, actors.script);
    REQUIRE(shown);
    CHECK(equal(shown->view(), actors.preimage.view()));

    const auto element = [&](std::size_t at, const Bytes& with) {
        return with_element(escrow, claim->transaction, at, with);
    };
    CHECK(element(1, Bytes(32, 8)) == Error::equalverify);
    CHECK(element(1, Bytes(31, 7)) == Error::equalverify);
    CHECK(element(1, Bytes(33, 7)) == Error::equalverify);
    CHECK(element(1, {}) == Error::equalverify);
    // The choice of the branch has one form, and an element more or less is one too many or few.
    CHECK(element(2, {2}) == Error::minimalif);
    CHECK(element(2, {1, 0}) == Error::minimalif);
    CHECK(changed(escrow, claim->transaction, [](auto& t) {
              t.inputs[0].witness.insert(t.inputs[0].witness.begin(), Bytes{1});
          }) == Error::cleanstack);
    CHECK(changed(escrow, claim->transaction, [](auto& t) {
              t.inputs[0].witness.erase(t.inputs[0].witness.begin());
          }) == Error::invalid_stack_operation);
    CHECK(changed(escrow, claim->transaction, [](auto& t) {
              t.inputs[0].script_sig = Bytes{0x51};
          }) == Error::witness_malleated);
    CHECK(element(3, Bytes{0x51}) == Error::witness_program_mismatch);
    // Who saw it cannot take it: the signature is for these outputs, this amount, this key.
    CHECK(changed(escrow, claim->transaction,
                  [&](auto& t) { t.outputs[0].script = actors.payer_home; }) == Error::nullfail);
    CHECK(changed(escrow, claim->transaction, [](auto& t) { --t.outputs[0].value; }) ==
          Error::nullfail);
    EscrowCoin dearer = escrow;
    ++dearer.value;
    CHECK(escrow_verdict(claim->transaction, dearer) == Error::nullfail);
    CHECK(element(0, sign_escrow(claim->transaction, escrow, actors.script, actors.payer_key,
                                 *actors.payer)) == Error::nullfail);
    CHECK(element(0, {}) == Error::eval_false);
}

TEST_CASE("a claim that cannot be says why") {
    const Actors actors;
    const auto plan = actors.plan(actors.payee_home, 20'000);
    const auto fault = [&](const SpendPlan& with) {
        const auto claim = claim_escrow(with, actors.preimage, actors.payee_key, *actors.payee);
        REQUIRE_FALSE(claim);
        return claim.error();
    };
    auto other = plan;
    other.rate = {0};
    CHECK(fault(other) == BuildFault::bad_rate);
    for (const Satoshi value : {Satoshi{0}, Satoshi{-1}, max_money + 1, INT64_MAX}) {
        other = plan;
        other.escrow.value = value;
        CHECK(fault(other) == BuildFault::bad_amount);
        other = plan;
        other.fee_coins = coins_of({value});
        CHECK(fault(other) == BuildFault::bad_amount);
    }
    other = plan;
    other.escrow.lock.locktime = 1;
    CHECK(fault(other) == BuildFault::bad_lock);
    other = plan;
    other.destination = {};
    CHECK(fault(other) == BuildFault::bad_destination);
    other = plan;
    const Satoshi fee =
        *fee_for(plan.rate, spend_vsize(actors.lock, EscrowPath::claim, actors.payee_home, 0));
    other.escrow.value = fee + 293;
    CHECK(fault(other) == BuildFault::dust);
    other.escrow.value = fee + 294;
    CHECK(claim_escrow(other, actors.preimage, actors.payee_key, *actors.payee));
    other = plan;
    other.escrow.value = coin * 1'000;
    other.fee_coins = coins_of(std::vector<Satoshi>(max_inputs, 1'000'000));
    CHECK(fault(other) == BuildFault::too_many_inputs);
    CHECK(claim_escrow(plan, actors.preimage, actors.payer_key, *actors.payer).error() ==
          BuildFault::wrong_key);
    CHECK(claim_escrow(plan, preimage_of_byte(8), actors.payee_key, *actors.payee).error() ==
          BuildFault::wrong_preimage);
}

TEST_CASE("a refund is good from its locktime on, and only with the payer's key") {
    const Actors actors;
    const auto refund =
        refund_escrow(actors.plan(actors.payer_home, 3'000), actors.payer_key, *actors.payer);
    REQUIRE(refund);
    const EscrowCoin& escrow = actors.escrow;
    const Transaction& good = refund->transaction;
    CHECK(escrow_verdict(good, escrow) == Error::ok);
    check_size(good, spend_vsize(actors.lock, EscrowPath::refund, actors.payer_home, 0));
    CHECK(good.locktime == actors.lock.locktime);
    CHECK(good.inputs[0].sequence == 0xfffffffd);
    const std::int64_t expiry_s = actors_expiry_us / 1'000'000 + 1;
    CHECK_FALSE(is_final(good, 1'000'000, expiry_s - 1));
    CHECK(is_final(good, 1'000'000, expiry_s));

    // Signed anew after each change, so that the lock alone can be what refuses it.
    const auto signed_anew = [&](auto change) {
        return changed(escrow, good, [&](Transaction& t) {
            change(t);
            t.inputs[0].witness[0] =
                sign_escrow(t, escrow, actors.script, actors.payer_key, *actors.payer);
        });
    };
    CHECK(signed_anew([](auto&) {}) == Error::ok);
    CHECK(signed_anew([](auto& t) { ++t.locktime; }) == Error::ok);
    CHECK(signed_anew([](auto& t) { --t.locktime; }) == Error::unsatisfied_locktime);
    CHECK(signed_anew([](auto& t) { t.locktime = 0; }) == Error::unsatisfied_locktime);
    CHECK(signed_anew([](auto& t) { t.locktime = 499'999'999; }) == Error::unsatisfied_locktime);
    CHECK(signed_anew([](auto& t) { t.inputs[0].sequence = final_sequence; }) ==
          Error::unsatisfied_locktime);
    CHECK(with_element(escrow, good, 0,
                       sign_escrow(good, escrow, actors.script, actors.payee_key, *actors.payee)) ==
          Error::nullfail);
    CHECK(with_element(escrow, good, 1, {3}) == Error::minimalif);
    // As a claim it lacks a preimage.
    CHECK(with_element(escrow, good, 2, {1}) == Error::equalverify);
    CHECK(refund_escrow(actors.plan(actors.payer_home, 3'000), actors.payee_key, *actors.payee)
              .error() == BuildFault::wrong_key);
}

TEST_CASE("a time after 2038 makes the script a byte longer and works as well") {
    Actors actors;
    actors.escrow.lock.locktime = 0x80000000;
    const auto refund =
        refund_escrow(actors.plan(actors.payer_home, 3'000), actors.payer_key, *actors.payer);
    REQUIRE(refund);
    CHECK(escrow_verdict(refund->transaction, actors.escrow) == Error::ok);
    check_size(refund->transaction,
               spend_vsize(actors.escrow.lock, EscrowPath::refund, actors.payer_home, 0));
}

TEST_CASE("what was set aside pays the fee of a claim or a refund") {
    const Actors actors;
    auto plan = actors.plan(actors.payee_home, 100'000);
    plan.fee_coins = coins_of({60'000, 50'000});
    const auto claim = claim_escrow(plan, actors.preimage, actors.payee_key, *actors.payee);
    REQUIRE(claim);
    CHECK(claim->transaction.inputs[0].prevout == actors.escrow.place);
    CHECK(escrow_verdict(claim->transaction, actors.escrow) == Error::ok);
    for (std::size_t i = 0; i < 2; ++i) {
        const KeyCoin& each = plan.fee_coins[i];
        CHECK(verdict(claim->transaction, i + 1,
                      {each.value, script_pubkey_of(actors.payee->public_key(each.key))}) ==
              Error::ok);
    }
    check_size(claim->transaction,
               spend_vsize(actors.lock, EscrowPath::claim, actors.payee_home, 2));
    CHECK(claim->transaction.outputs[0].value == 1'110'000 - claim->fee);
    plan.destination = actors.payer_home;
    const auto refund = refund_escrow(plan, actors.payer_key, *actors.payer);
    REQUIRE(refund);
    CHECK(escrow_verdict(refund->transaction, actors.escrow) == Error::ok);
    CHECK(verdict(refund->transaction, 2,
                  {50'000, script_pubkey_of(actors.payer->public_key(plan.fee_coins[1].key))}) ==
          Error::ok);
}

TEST_CASE("newer versions of a claim and a refund pay more until nothing is left") {
    const Actors actors;
    auto plan = actors.plan(actors.payee_home, 1'000);
    plan.escrow.value = 2'000;
    Satoshi fee = 0;
    int versions = 0;
    for (;; ++versions) {
        const auto claim = claim_escrow(plan, actors.preimage, actors.payee_key, *actors.payee);
        const auto refund = refund_escrow(plan, actors.payer_key, *actors.payer);
        if (!claim) {
            CHECK(claim.error() == BuildFault::dust);
            break;
        }
        REQUIRE(refund);
        CHECK(escrow_verdict(claim->transaction, plan.escrow) == Error::ok);
        CHECK(escrow_verdict(refund->transaction, plan.escrow) == Error::ok);
        CHECK(claim->fee > fee);
        fee = claim->fee;
        plan.replaces = claim->paid();
    }
    CHECK(versions > 5);
}

TEST_CASE("the weights that are reckoned with are those of the largest signatures") {
    const Actors actors;
    const Bytes signature(max_signature, 1);
    struct Row {
        EscrowPath path;
        std::vector<Bytes> witness;
    };
    const Row rows[] = {
        {EscrowPath::claim, claim_witness(signature, actors.preimage, actors.script)},
        {EscrowPath::refund, refund_witness(signature, actors.script)},
        {EscrowPath::reject, reject_witness({signature, signature}, actors.script)},
    };
    for (const Row& row : rows) {
        CAPTURE(static_cast<int>(row.path));
        Transaction transaction;
        transaction.inputs.resize(2);
        transaction.inputs[0].witness = row.witness;
        transaction.inputs[1].witness = {signature, Bytes(33)};
        transaction.outputs = {{1, actors.payee_home}};
        CHECK(weight_of(transaction) == overhead_weight +
                                            escrow_input_weight(row.path, actors.script.size()) +
                                            key_input_weight + output_weight(actors.payee_home));
        CHECK(vsize_of_weight(weight_of(transaction)) ==
              spend_vsize(actors.lock, row.path, actors.payee_home, 1));
    }
}
