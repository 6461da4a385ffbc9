// Who owns which account and what is traded, for threads other than the hosts'. Accounts and assets
// only come, so what it says stays true.
#pragma once

#include <map>
#include <set>
#include <shared_mutex>
#include <string>
#include <vector>

#include "sdk/machine/adapter.h"
#include "securities/machine/ledger.h"

namespace lockstep::securities {

class Directory {
public:
    void load(const Ledger& ledger) {
        const std::unique_lock lock(mutex_);
        keys_.insert(ledger.genesis().operator_key);
        for (const auto& [address, account] : ledger.state().accounts.all())
            add(address, account.owner);
        for (const auto& [id, asset] : ledger.state().assets.all())
            add(id, asset.issuer, asset.lot);
    }
    void learn(const std::vector<Effect>& effects) {
        for (const Effect& effect : effects) {
            if (!effect.key) continue;
            const std::unique_lock lock(mutex_);
            if (effect.kind == EffectKind::open_account)
                add(effect.to, *effect.key);
            else
                add(effect.asset, *effect.key, effect.amount);
        }
    }

    bool is_known(const PublicKey& key) const {
        const std::shared_lock lock(mutex_);
        return keys_.count(key) != 0;
    }
    bool owns(const PublicKey& key, const Address& account) const {
        const std::shared_lock lock(mutex_);
        const auto found = owners_.find(account);
        return found != owners_.end() && found->second == key;
    }
    bool exists(const Address& account) const {
        const std::shared_lock lock(mutex_);
        return owners_.count(account) != 0;
    }
    std::vector<Address> accounts_of(const PublicKey& key) const {
        const std::shared_lock lock(mutex_);
        const auto found = accounts_.find(key);
        return found == accounts_.end() ? std::vector<Address>{} : found->second;
    }
    std::vector<Address> accounts() const {
        const std::shared_lock lock(mutex_);
        std::vector<Address> all;
        for (const auto& [account, owner] : owners_)
            all.push_back(account);
        return all;
    }
    std::vector<AssetInfo> assets() const {
        const std::shared_lock lock(mutex_);
        std::vector<AssetInfo> all;
        for (const auto& [id, lot] : lots_)
            all.push_back({id, lot, id.code()});
        return all;
    }

private:
    void add(const Address& account, const PublicKey& owner) {
        keys_.insert(owner);
        if (owners_.emplace(account, owner).second) accounts_[owner].push_back(account);
    }
    void add(const AssetId& asset, const PublicKey& issuer, Amount lot) {
        keys_.insert(issuer);
        lots_[asset] = lot;
    }

    mutable std::shared_mutex mutex_;
    std::set<PublicKey> keys_;
    std::map<Address, PublicKey> owners_;
    std::map<PublicKey, std::vector<Address>> accounts_;
    std::map<AssetId, Amount> lots_;
};

}  // namespace lockstep::securities
