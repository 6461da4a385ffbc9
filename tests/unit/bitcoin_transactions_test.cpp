// The transactions of an escrow, judged by the interpreter under the rules of relay.
#include <doctest/doctest.h>

#include "bitcoin/chain/block.h"
#include "bitcoin/chain/block_rules.h"
#include "bitcoin/script/script.h"
#include "tests/unit/bitcoin_escrow_actors.h"

using namespace lockstep;
using namespace lockstep::bitcoin;
using namespace lockstep::test;
using Error = ScriptError;

namespace {

FundingPlan funding_of(const Actors& actors, Satoshi amount, Satoshi rate) {
    FundingPlan plan;
    plan.lock = actors.lock;
    plan.amount = amount;
    plan.change_script = actors.payer_home;
    plan.rate = {rate};
    plan.locktime = 850'000;
    return plan;
}

void check_funding(const EscrowFunding& funding, const BitcoinSigner& signer) {
    Satoshi in = 0;
    Satoshi out = 0;
    std::size_t weight = overhead_weight;
    REQUIRE(funding.coins.size() == funding.transaction.inputs.size());
    for (std::size_t i = 0; i < funding.coins.size(); ++i) {
        const KeyCoin& each = funding.coins[i];
        CHECK(funding.transaction.inputs[i].prevout == each.place);
        CHECK(funding.transaction.inputs[i].sequence == replaceable_sequence);
        CHECK(verdict(funding.transaction, i,
                      {each.value, script_pubkey_of(signer.public_key(each.key))}) == Error::ok);
        in += each.value;
        weight += key_input_weight;
    }
    for (const TxOut& output : funding.transaction.outputs) {
        CHECK(output.value >= dust_of(output.script));
        out += output.value;
        weight += output_weight(output.script);
    }
    CHECK(in == out + funding.fee);
    CHECK_FALSE(check_transaction(funding.transaction));
    check_size(funding.transaction, vsize_of_weight(weight));
    CHECK(funding.fee >= *fee_for(funding.plan.rate, vsize_of_weight(weight)));
    CHECK(funding.transaction.outputs[0] ==
          TxOut{funding.plan.amount, script_pubkey_of(*escrow_script(funding.plan.lock))});
}

}  // namespace

TEST_CASE("a funding pays the escrow, sets a fee aside and takes its change") {
    const Actors actors;
    FundingPlan plan = funding_of(actors, 1'000'000, 12'345);
    const auto bare = fund_escrow(plan, coins_of({5'000'000}), {}, *actors.payer);
    REQUIRE(bare);
    check_funding(*bare, *actors.payer);
    CHECK(bare->transaction.outputs.size() == 2);
    CHECK(bare->transaction.locktime == 850'000);
    CHECK(bare->escrow_place() == OutPoint{txid_of(bare->transaction), 0});

    plan.reserve = TxOut{20'000, Actors::home_of(*actors.payer, 77)};
    const auto both = fund_escrow(plan, coins_of({900'000, 700'000, 100'000}), {}, *actors.payer);
    REQUIRE(both);
    check_funding(*both, *actors.payer);
    CHECK(both->transaction.inputs.size() == 2);
    CHECK(both->transaction.outputs.size() == 3);
    CHECK(both->transaction.outputs[1] == *plan.reserve);
    // The same plan and coins give the same octets.
    const auto again = fund_escrow(plan, coins_of({900'000, 700'000, 100'000}), {}, *actors.payer);
    REQUIRE(again);
    CHECK(serialize(again->transaction) == serialize(both->transaction));
}

TEST_CASE("a funding that cannot be says why") {
    const Actors actors;
    const auto fault = [&](const FundingPlan& plan) {
        const auto funding = fund_escrow(plan, coins_of({5'000'000}), {}, *actors.payer);
        REQUIRE_FALSE(funding);
        return funding.error();
    };
    CHECK(fault(funding_of(actors, 1'000'000, 999)) == BuildFault::bad_rate);
    CHECK(fault(funding_of(actors, 0, 1'000)) == BuildFault::bad_amount);
    CHECK(fault(funding_of(actors, -5, 1'000)) == BuildFault::bad_amount);
    CHECK(fault(funding_of(actors, max_money + 1, 1'000)) == BuildFault::bad_amount);
    auto plan = funding_of(actors, max_money, 1'000);
    plan.reserve = TxOut{1'000, actors.payer_home};
    CHECK(fault(plan) == BuildFault::bad_amount);
    plan = funding_of(actors, 1'000'000, 1'000);
    plan.lock.payee = plan.lock.payer;
    CHECK(fault(plan) == BuildFault::bad_lock);
    plan = funding_of(actors, 1'000'000, 1'000);
    plan.change_script = {};
    CHECK(fault(plan) == BuildFault::bad_destination);
    plan = funding_of(actors, 1'000'000, 1'000);
    plan.reserve = TxOut{1'000, actors.script};
    CHECK(fault(plan) == BuildFault::bad_destination);
    plan = funding_of(actors, 1'000'000, 1'000);
    plan.locktime = 500'000'000;
    CHECK(fault(plan) == BuildFault::bad_locktime);
    CHECK(fault(funding_of(actors, 329, 1'000)) == BuildFault::dust);
    plan = funding_of(actors, 1'000'000, 1'000);
    plan.reserve = TxOut{293, actors.payer_home};
    CHECK(fault(plan) == BuildFault::dust);
    CHECK(fault(funding_of(actors, 5'000'000, 1'000)) == BuildFault::insufficient_funds);
}

TEST_CASE("newer versions of a funding keep its first input and pay more each time") {
    const Actors actors;
    const auto coins = coins_of({1'100'000, 300'000, 200'000});
    const std::set<OutPoint> reserved{coins[2].place};
    const auto first =
        fund_escrow(funding_of(actors, 1'000'000, 1'000), coins, reserved, *actors.payer);
    REQUIRE(first);
    EscrowFunding before = *first;
    std::size_t most_inputs = 0;
    // Lower rates too: a fee never falls. The last ones need another coin.
    for (const Satoshi rate : {2'000, 1'000, 50'000, 50'000, 700'000, 1'000'000}) {
        CAPTURE(rate);
        const auto next = replace_funding(before, {rate}, coins, reserved, *actors.payer);
        REQUIRE(next);
        check_funding(*next, *actors.payer);
        CHECK(next->transaction.inputs[0].prevout == first->transaction.inputs[0].prevout);
        CHECK(next->transaction.outputs[0] == first->transaction.outputs[0]);
        CHECK(next->fee >= before.fee + static_cast<Satoshi>(next->paid().vsize));
        // A higher rate: fee / vsize, without dividing.
        CHECK(next->fee * static_cast<Satoshi>(before.paid().vsize) >
              before.fee * static_cast<Satoshi>(next->paid().vsize));
        for (const TxIn& input : next->transaction.inputs)
            CHECK_FALSE(reserved.contains(input.prevout));
        most_inputs = next->transaction.inputs.size();
        before = *next;
    }
    CHECK(most_inputs == 2);
    const auto last = replace_funding(before, {5'000'000}, coins, reserved, *actors.payer);
    REQUIRE_FALSE(last);
    CHECK(last.error() == BuildFault::insufficient_funds);
}

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
