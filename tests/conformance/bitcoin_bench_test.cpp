// The bench of Bitcoin's kind by itself: what the kit provokes with it happens on the chain.
#include "tests/conformance/bitcoin_in_process.h"
#include "tests/conformance/in_process.h"

using namespace lockstep;
using namespace lockstep::conformance;

namespace {

// Says and does nothing.
class Mute final : public LedgerAdapter {
public:
    void restore(const std::vector<Put>&) override {}
    void step(Timestamp, std::span<AdapterInput>, AdapterOutputs&) override {}
    std::optional<Timestamp> next_wake() const override { return std::nullopt; }
};
Result<std::unique_ptr<LedgerAdapter>, Failure> make_mute(
    const AdapterSetup&, std::shared_ptr<const bitcoin::BitcoinSigner>) {
    return std::make_unique<Mute>();
}

EscrowTerms terms_of(const BitcoinInProcess& ledger, const Bytes& preimage) {
    const World& world = ledger.world();
    EscrowTerms terms;
    terms.id = EscrowId{sha256(preimage).array()};
    terms.payer = world.account(Role::payer);
    terms.payee = world.account(Role::payee);
    terms.asset = world.asset;
    terms.amount = world.portion();
    terms.condition = Condition{sha256(preimage).array()};
    terms.expiry = ledger.now() + Duration::seconds(600);
    return terms;
}

}  // namespace

TEST_CASE("the median comes to a time exactly, wherever it was") {
    BitcoinInProcess ledger(make_mute);
    for (const int seconds : {600, 1, 1, 60, 5}) {
        const Timestamp wanted = ledger.ledger_now() + Duration::seconds(seconds);
        ledger.reach(wanted);
        CHECK(ledger.ledger_now() == wanted);
    }
    const Timestamp now = ledger.now();
    ledger.pass(Duration::seconds(200));
    CHECK(ledger.now() == now + Duration::seconds(200));
    // of the sixth block before the next one
    const Duration lag = ledger.now() - ledger.ledger_now();
    CHECK((lag >= Duration::seconds(50) && lag < Duration::seconds(70)));
}

TEST_CASE("a claim past the adapter is taken with 32 octets and no other number") {
    BitcoinInProcess ledger(make_mute);
    for (const std::size_t size : {0U, 31U, 32U, 33U, 520U, 521U}) {
        CAPTURE(size);
        const Bytes preimage(size, 7);
        const EscrowTerms terms = terms_of(ledger, preimage);
        ledger.fund(terms);
        Result<void> answer;
        REQUIRE(ledger.claim_with(Role::payee, {terms.payer, terms.id}, preimage, answer));
        CHECK(answer.has_value() == (size == 32));
        ledger.pass(Duration::seconds(10));
    }
}

TEST_CASE("a funding is taken back for good, or comes again") {
    for (const bool for_good : {true, false}) {
        CAPTURE(for_good);
        BitcoinInProcess ledger(make_mute);
        const EscrowTerms terms = terms_of(ledger, Bytes(32, 1));
        const EscrowKey key{terms.payer, terms.id};
        ledger.fund(terms);
        ledger.pass(Duration::seconds(10));
        CHECK(ledger.confirmations(key) == 1);
        CHECK((for_good ? ledger.roll_back(key) : ledger.roll_back_for_now(key)));
        CHECK(ledger.confirmations(key) == -1);
        ledger.pass(Duration::seconds(60));
        CHECK(ledger.confirmations(key) == (for_good ? -1 : 6));
    }
}
