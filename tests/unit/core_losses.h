// What each node of the core's world loses, by amounts, from what the ledgers commit alone; held
// against what it had said to be at risk: before the outage, if it is away, else at that moment.
#pragma once

#include "tests/unit/core_checks.h"

namespace lockstep::test {

class LossWatch {
public:
    explicit LossWatch(CoreWorld& world) : world_(world) {
        world.escrow_moved = [this](const auto& ledger, const auto& terms, EscrowState state) {
            escrows_[terms.condition].insert_or_assign({ledger, {terms.payer, terms.id}},
                                                       Escrow{terms, state});
            look(terms.condition);
        };
        world.secret_released = [this](const std::string& node, const Condition& condition) {
            released_.insert({node, condition});
            look(condition);
        };
    }
    LossWatch(const LossWatch&) = delete;
    LossWatch& operator=(const LossWatch&) = delete;

    // Reads what the node says before it is away.
    void leaves(const std::string& node) {
        for (const AssetId& asset : assets) {
            before_outage_[{node, asset}] = at_risk(world_, node, asset);
            lost_in_outage_[{node, asset}] = {};
        }
    }

    // Each deal that was lost is an alarm, and the amounts in their texts are what was lost.
    void check_alarms() {
        for (const auto& party : parties) {
            const std::string node = party.second;
            CAPTURE(node);
            CHECK(loss_alarms(world_, node).size() == deals[node]);
            for (const AssetId& asset : assets) {
                CAPTURE(std::string(asset.code()));
                CHECK(alarmed_loss(world_, node, asset).units() == lost_[{node, asset}].units());
            }
        }
    }

    std::map<std::string, std::size_t> deals;  // lost, by node
    std::size_t receipts = 0;                  // those of a payment's receiver

private:
    using Key = std::pair<std::string, AssetId>;
    struct Escrow {
        EscrowTerms terms;
        EscrowState state;
    };
    static constexpr std::pair<const char*, const char*> parties[] = {
        {"conn", "connector"}, {"anna", "buyer"}, {"sven", "seller"}};
    inline static const std::vector<AssetId> assets{sek, eur, share};

    static bool is_of(const Address& address, const char* account) {
        return address.text().ends_with(std::string(".") + account);
    }

    void look(const Condition& condition) {
        for (const auto& [account, node] : parties) {
            if (known_.contains({node, condition})) continue;
            const Escrow* in = nullptr;
            const Escrow* out = nullptr;
            for (const auto& [place, escrow] : escrows_[condition]) {
                if (is_of(escrow.terms.payer, account)) out = &escrow;
                if (is_of(escrow.terms.payee, account)) in = &escrow;
            }
            // Who has only paid is a payment's sender: it got the preimage for it.
            if (in == nullptr || in->state == EscrowState::prepared ||
                in->state == EscrowState::fulfilled)
                continue;
            if (out != nullptr && out->state == EscrowState::fulfilled)
                lose(node, condition, out->terms);
            else if (out == nullptr && released_.contains({node, condition}) && ++receipts > 0)
                lose(node, condition, in->terms);
        }
    }

    void lose(const char* node, const Condition& condition, const EscrowTerms& terms) {
        known_.insert({node, condition});
        ++deals[node];
        const Key key{node, terms.asset};
        lost_[key] = *checked_add(lost_[key], terms.amount);
        CAPTURE(std::string(node));
        CAPTURE(std::string(terms.asset.code()));
        if (!world_.node(node).down) {
            CHECK(terms.amount.units() <= at_risk(world_, node, terms.asset).units());
            return;
        }
        Amount& lost = lost_in_outage_[key];
        lost = *checked_add(lost, terms.amount);
        CHECK(lost.units() <= before_outage_[key].units());
    }

    CoreWorld& world_;
    std::map<Condition, std::map<std::pair<Address, EscrowKey>, Escrow>> escrows_;
    std::set<std::pair<std::string, Condition>> released_;
    std::set<std::pair<std::string, Condition>> known_;  // lost, and counted
    std::map<Key, Amount> lost_;
    std::map<Key, Amount> before_outage_;
    std::map<Key, Amount> lost_in_outage_;
};

}  // namespace lockstep::test
