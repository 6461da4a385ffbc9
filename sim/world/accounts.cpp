#include "sim/world/accounts.h"

#include "bitcoin/adapter/announcement.h"
#include "sdk/base/assert.h"
#include "sdk/crypto/hash.h"
#include "sim/scenario/routes.h"

namespace lockstep::sim {

const bitcoin::Network& bitcoin_network() {
    return *bitcoin::network_named("regtest");
}

Accounts::Accounts(const Scenario& scenario, std::uint64_t seed) {
    for (const NodeSpec& node : scenario.nodes)
        for (const AccountSpec& account : node.accounts) {
            const LedgerSpec* spec = find_ledger(scenario, account.ledger);
            const auto ledger = Address::parse(account.ledger);
            ASSERT(spec != nullptr && ledger);
            Address& address = addresses_[{account.ledger, node.name}];
            if (spec->kind != LedgerKind::bitcoin) {
                const auto child = ledger->child(node.name);
                ASSERT(child);
                address = *child;
                continue;
            }
            auto& signer = signers_[node.name];
            if (!signer) {
                const std::string name = "bitcoin of " + node.name + std::to_string(seed);
                signer = bitcoin::make_signer(KeySeed{sha256(as_bytes(name)).array()},
                                              bitcoin_network());
                ASSERT(signer);
            }
            address = bitcoin::account_address(*ledger, signer->public_key(bitcoin::account_key));
        }
}

const Address& Accounts::of(const std::string& ledger, const std::string& node) const {
    const auto found = addresses_.find({ledger, node});
    ASSERT(found != addresses_.end());
    return found->second;
}

std::shared_ptr<const bitcoin::BitcoinSigner> Accounts::bitcoin_signer(
    const std::string& node) const {
    const auto found = signers_.find(node);
    ASSERT(found != signers_.end());
    return found->second;
}

}  // namespace lockstep::sim
