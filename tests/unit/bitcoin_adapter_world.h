// A node, a payer and a payee on it, and the escrow between them.
#pragma once

#include <doctest/doctest.h>

#include "bitcoin/adapter/transactions.h"
#include "sdk/crypto/hash.h"
#include "tests/unit/bitcoin_node.h"

namespace lockstep::test {

struct EscrowWorld {
    using Settings = std::vector<std::pair<std::string, std::string>>;

    explicit EscrowWorld(const Settings& settings = {},
                         const bitcoin::Settings& node_settings = BitcoinNode::few_confirmations())
        : node(node_settings), payer(node, 1, settings), payee(node, 2, settings) {
        for (int i = 0; i < 3; ++i)
            node.pay(payer.home(), 10'000'000);
        mine(1);
        terms = terms_of(1);
        key = {terms.payer, terms.id};
    }

    EscrowTerms terms_of(std::uint8_t id) const {
        EscrowTerms made;
        made.id = *EscrowId::from(Bytes(EscrowId::size, id));
        made.payer = payer.account();
        made.payee = payee.account();
        made.asset = *AssetId::make("BTC", 8);
        made.amount = Amount{1'000'000};
        made.condition = condition_of(preimage());
        made.expiry = Timestamp{(node.now.us() / 1'000'000 + 24 * 3600) * 1'000'000};
        return made;
    }
    static Preimage preimage() { return *Preimage::from(Bytes(preimage_size, 7)); }
    Timestamp later() const { return node.now + Duration::seconds(6 * 3600); }

    // Both hear what there is to hear.
    void settle() {
        pass(node, {&payer, &payee}, Duration::seconds(2));
        carry_releases();
    }
    void mine(int blocks) {
        for (int i = 0; i < blocks; ++i) {
            node.mine();
            settle();
        }
    }
    // Until it is final, and what was told about that is heard.
    void prepare() {
        CHECK(payer.command(command::Prepare{terms, later()}, 1) == "done");
        settle();
        mine(3);
        CHECK(payer.take_events() == "prepared seen, prepared final");
        CHECK(payee.take_events() == "prepared seen, prepared final");
    }
    void carry_releases() {
        for (report::Release& release : payee.releases)
            if (carries_releases) payer.give(Released{release.escrow, release.octets});
        if (carries_releases && !payee.releases.empty()) {
            payee.releases.clear();
            pass(node, {&payer, &payee}, Duration::seconds(2));
        }
    }

    // As the payer could sign it at any time.
    bitcoin::Transaction refund_past_the_adapter(bitcoin::Satoshi rate = 2'000) const {
        using namespace bitcoin;
        SpendPlan plan;
        plan.escrow = escrow_coin();
        plan.destination = payer.home();
        plan.rate = {rate};
        const auto spend = refund_escrow(
            plan, EscrowKeyName{BitcoinDesk::ledger(), key.payer, key.id, EscrowRole::payer},
            payer.signer());
        REQUIRE(spend);
        return spend->transaction;
    }
    bitcoin::Transaction claim_past_the_adapter(bitcoin::Satoshi rate = 2'000) const {
        using namespace bitcoin;
        SpendPlan plan;
        plan.escrow = escrow_coin();
        plan.destination = payee.home();
        plan.rate = {rate};
        const auto spend =
            claim_escrow(plan, preimage(),
                         EscrowKeyName{BitcoinDesk::ledger(), key.payer, key.id, EscrowRole::payee},
                         payee.signer());
        REQUIRE(spend);
        return spend->transaction;
    }
    // Where a block has it.
    bitcoin::EscrowCoin escrow_coin() const {
        using namespace bitcoin;
        const auto lock = lock_of(BitcoinDesk::ledger(), terms);
        const Bytes script = script_pubkey_of(*escrow_script(*lock));
        for (const auto& [place, coin] : node.machine.chain().coins().all())
            if (coin.output.script == script) return {place, coin.output.value, *lock};
        FAIL("no such escrow");
        return {};
    }

    BitcoinNode node;
    BitcoinDesk payer;
    BitcoinDesk payee;
    EscrowTerms terms;
    EscrowKey key;
    bool carries_releases = true;
};

}  // namespace lockstep::test
