// The transactions that fund an escrow, judged by the interpreter under the rules of relay.
#include <doctest/doctest.h>

#include "tests/unit/bitcoin_escrow_actors.h"

using namespace lockstep;
using namespace lockstep::bitcoin;
using namespace lockstep::test;

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
                      {each.value, script_pubkey_of(signer.public_key(each.key))}) ==
              ScriptError::ok);
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
