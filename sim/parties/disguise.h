// A cheat's own node believes that it prepared what it asked for. Where the cheat prepared
// something else, the ledger's word would make the node stop for a person to look; so a cash
// ledger's events are told as if the escrow were the one that was asked for. A securities ledger's
// events carry proofs: there the node hears nothing of such an escrow until it is back, and then
// that it never was. A chain's events it has from its adapter, and hears them as a cash ledger's.
#pragma once

#include <functional>
#include <map>

#include "sim/parties/cheat.h"

namespace lockstep::sim {

class Disguise {
public:
    // `placed` stands on the ledger in the place of `wanted`, which the command asked for.
    void add(std::size_t ledger, const CommandId& command, const EscrowTerms& wanted,
             const EscrowTerms& placed);
    // An escrow that its node knows nothing of.
    void add_unknown(std::size_t ledger, const EscrowKey& key);
    // Rewrites what the node is about to hear. `tell` gives it more to hear. Preimages that the
    // ledger told of and the node does not hear.
    std::vector<Bytes> apply(assembly::event::FromLedger& event, bool is_securities,
                             const Address& ledger,
                             const std::function<void(assembly::NodeEvent)>& tell) const;
    // The same of what an adapter reports of a chain.
    std::vector<Bytes> apply(std::size_t ledger, std::vector<Report>& reports) const;
    // Stands for another one, or is unknown to its node.
    bool hides(std::size_t ledger, const EscrowTerms& terms) const {
        return find(ledger, terms) != nullptr;
    }

private:
    struct Escrow {
        CommandId command;
        std::optional<EscrowTerms> wanted;
        bool same_condition = true;
    };
    using Place = std::pair<std::size_t, EscrowKey>;

    const Escrow* find(std::size_t ledger, const EscrowTerms& terms) const;

    std::map<Place, Escrow> escrows_;
};

}  // namespace lockstep::sim
