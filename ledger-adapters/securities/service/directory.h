// What of the securities ledger other threads than the hosts' ask for: accounts, keys, assets.
#pragma once

#include <map>
#include <mutex>
#include <vector>

#include "sdk/machine/adapter.h"
#include "sdk/service/directory.h"
#include "securities/machine/ledger.h"

namespace lockstep::securities {

class Directory final : public service::Directory {
public:
    void load(const Ledger& ledger) {
        const std::unique_lock lock(mutex());
        add_key(ledger.genesis().operator_key);
        for (const auto& [address, account] : ledger.state().accounts.all())
            add_account(address, account.owner);
        for (const auto& [id, asset] : ledger.state().assets.all())
            add_asset(id, asset.issuer, asset.lot);
    }
    void learn(const std::vector<Effect>& effects) {
        for (const Effect& effect : effects) {
            if (!effect.key) continue;
            const std::unique_lock lock(mutex());
            if (effect.kind == EffectKind::open_account)
                add_account(effect.to, *effect.key);
            else
                add_asset(effect.asset, *effect.key, effect.amount);
        }
    }

    std::vector<AssetInfo> assets() const {
        const std::shared_lock lock(mutex());
        std::vector<AssetInfo> all;
        for (const auto& [id, lot] : lots_)
            all.push_back({id, lot, id.code()});
        return all;
    }

private:
    void add_asset(const AssetId& asset, const PublicKey& issuer, Amount lot) {
        add_key(issuer);
        lots_[asset] = lot;
    }

    std::map<AssetId, Amount> lots_;
};

}  // namespace lockstep::securities
