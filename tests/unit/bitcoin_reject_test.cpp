// An escrow that is given back early, by both together.
#include <doctest/doctest.h>

#include "tests/unit/bitcoin_escrow_actors.h"

using namespace lockstep;
using namespace lockstep::bitcoin;
using namespace lockstep::test;

TEST_CASE("a reject needs both signatures, and the payer believes nothing of it") {
    const Actors actors;
    const auto offered =
        offer_reject(actors.plan(actors.payer_home, 5'000), actors.payee_key, *actors.payee);
    REQUIRE(offered);
    // Over the wire.
    const Bytes octets = serialize(*offered);
    CHECK(octets.size() <= max_partial);
    const auto partial = parse_partial_reject(octets);
    REQUIRE(partial);
    CHECK(*partial == *offered);
    const RejectTerms terms{actors.escrow, actors.payer_home, 10'000};
    const auto reject = complete_reject(*partial, terms, actors.payer_key, *actors.payer);
    REQUIRE(reject);
    CHECK(escrow_verdict(reject->transaction, actors.escrow) == ScriptError::ok);
    CHECK(reject->fee ==
          *fee_for({5'000}, spend_vsize(actors.lock, EscrowPath::reject, actors.payer_home, 0)));
    check_size(reject->transaction,
               spend_vsize(actors.lock, EscrowPath::reject, actors.payer_home, 0));

    // One signature alone, or in the other's place.
    const auto& witness = reject->transaction.inputs[0].witness;
    const auto element = [&](std::size_t at, const Bytes& with) {
        return with_element(actors.escrow, reject->transaction, at, with);
    };
    CHECK(element(0, {}) == ScriptError::eval_false);
    CHECK(element(1, {}) == ScriptError::checksigverify);
    CHECK(element(0, witness[1]) == ScriptError::nullfail);
    CHECK(element(1, witness[0]) == ScriptError::nullfail);
    CHECK(changed(actors.escrow, reject->transaction, [](auto& t) {
              t.inputs[0].witness.erase(t.inputs[0].witness.begin());
          }) == ScriptError::invalid_stack_operation);

    const auto fault = [&](const PartialReject& with, const RejectTerms& under) {
        const auto made = complete_reject(with, under, actors.payer_key, *actors.payer);
        REQUIRE_FALSE(made);
        return made.error();
    };
    const auto wrong = [&](auto change) {
        PartialReject other = *partial;
        change(other.transaction);
        return fault(other, terms) == BuildFault::wrong_reject;
    };
    CHECK(wrong([](auto& t) { t.version = 1; }));
    CHECK(wrong([](auto& t) { t.locktime = 1; }));
    CHECK(wrong([](auto& t) { t.inputs.clear(); }));
    CHECK(wrong([](auto& t) { t.inputs.push_back(t.inputs[0]); }));
    CHECK(wrong([](auto& t) { t.inputs[0].prevout = place_of(2); }));
    CHECK(wrong([](auto& t) { t.inputs[0].sequence = final_sequence; }));
    CHECK(wrong([](auto& t) { t.inputs[0].script_sig = {0x51}; }));
    CHECK(wrong([](auto& t) { t.outputs.clear(); }));
    CHECK(wrong([](auto& t) { t.outputs.push_back({1'000, t.outputs[0].script}); }));
    CHECK(wrong([&](auto& t) { t.outputs[0].script = actors.payee_home; }));
    CHECK(wrong([](auto& t) { t.outputs[0].value = 989'999; }));
    CHECK(wrong([](auto& t) { t.outputs[0].value = 1'000'001; }));
    CHECK(wrong([](auto& t) { t.outputs[0].value = -1; }));
    CHECK(fault(*partial, {actors.escrow, actors.payer_home, reject->fee - 1}) ==
          BuildFault::wrong_reject);
    RejectTerms no_script = terms;
    no_script.escrow.lock.payee = no_script.escrow.lock.payer;
    CHECK(fault(*partial, no_script) == BuildFault::bad_lock);
    CHECK(complete_reject(*partial, terms, actors.payee_key, *actors.payee).error() ==
          BuildFault::wrong_key);
    PartialReject other = *partial;
    --other.transaction.outputs[0].value;  // within the fee, but not what was signed
    CHECK(fault(other, terms) == BuildFault::bad_signature);
    for (const Bytes& signature :
         {Bytes{}, Bytes{1}, witness[0], Bytes(71, 1), Bytes(partial->signature.size(), 0x30)}) {
        other = *partial;
        other.signature = signature;
        CHECK(fault(other, terms) == BuildFault::bad_signature);
    }
    other = *partial;
    other.signature.back() = sighash_all | sighash_anyone_can_pay;
    CHECK(fault(other, terms) == BuildFault::bad_signature);
}

TEST_CASE("a newer reject pays more; the payee signs for its own escrows alone") {
    const Actors actors;
    auto plan = actors.plan(actors.payer_home, 5'000);
    const auto first = offer_reject(plan, actors.payee_key, *actors.payee);
    REQUIRE(first);
    plan.replaces = paid(*first, plan.escrow);
    const auto second = offer_reject(plan, actors.payee_key, *actors.payee);
    REQUIRE(second);
    CHECK(paid(*second, plan.escrow).fee > paid(*first, plan.escrow).fee);
    CHECK(offer_reject(plan, actors.payer_key, *actors.payer).error() == BuildFault::wrong_key);
    plan.fee_coins = coins_of({10'000});
    CHECK(offer_reject(plan, actors.payee_key, *actors.payee).error() == BuildFault::wrong_reject);
}

TEST_CASE("a partial reject has one form on the wire") {
    const Actors actors;
    const auto offered =
        offer_reject(actors.plan(actors.payer_home, 5'000), actors.payee_key, *actors.payee);
    REQUIRE(offered);
    const Bytes good = serialize(*offered);
    for (std::size_t size = 0; size < good.size(); ++size)
        CHECK_FALSE(parse_partial_reject(ByteView(good).first(size)));
    Bytes other = good;
    other.push_back(0);
    CHECK_FALSE(parse_partial_reject(other));
    other = good;
    other[0] = 2;
    CHECK_FALSE(parse_partial_reject(other));
    PartialReject with_witness = *offered;
    with_witness.transaction.inputs[0].witness = {Bytes{1}};
    Writer writer;
    writer.u8(1).string(serialize(with_witness.transaction)).string(offered->signature);
    CHECK_FALSE(parse_partial_reject(writer.bytes()));
    PartialReject large = *offered;
    large.signature.resize(max_partial);
    CHECK_FALSE(parse_partial_reject(serialize(large)));
}
