// A node, a payer and a payee on it, and the escrow between them.
#pragma once

#include "sdk/crypto/hash.h"
#include "tests/unit/bitcoin_node.h"

namespace lockstep::test {

struct EscrowWorld {
    using Settings = std::vector<std::pair<std::string, std::string>>;

    explicit EscrowWorld(const Settings& settings = {})
        : payer(node, 1, settings), payee(node, 2, settings) {
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

    BitcoinNode node;
    BitcoinDesk payer;
    BitcoinDesk payee;
    EscrowTerms terms;
    EscrowKey key;
    bool carries_releases = true;
};

}  // namespace lockstep::test
