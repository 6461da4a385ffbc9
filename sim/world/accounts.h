// Who is called what on the ledgers of a simulated world. On most an account is named after its
// node; on Bitcoin it is a public key of its node's, and the key is here too.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "bitcoin/adapter/escrow_keys.h"
#include "sim/scenario/scenario.h"

namespace lockstep::sim {

const bitcoin::Network& bitcoin_network();

class Accounts {
public:
    // The same scenario and seed give the same keys.
    Accounts(const Scenario& scenario, std::uint64_t seed);

    // Of a node on a ledger where it has one, by the scenario.
    const Address& of(const std::string& ledger, const std::string& node) const;
    // Of a node that has an account on a Bitcoin ledger.
    std::shared_ptr<const bitcoin::BitcoinSigner> bitcoin_signer(const std::string& node) const;

private:
    std::map<std::pair<std::string, std::string>, Address> addresses_;  // by ledger and node
    std::map<std::string, std::shared_ptr<const bitcoin::BitcoinSigner>> signers_;
};

}  // namespace lockstep::sim
