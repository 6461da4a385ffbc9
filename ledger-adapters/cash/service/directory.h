// Who owns which account, for threads other than the host's. Accounts are never closed, so what it
// says stays true.
#pragma once

#include <map>
#include <set>
#include <shared_mutex>

#include "cash/machine/machine.h"

namespace lockstep::cash {

class Directory {
public:
    void load(const CashMachine& machine) {
        const std::unique_lock lock(mutex_);
        keys_.insert(machine.settings().ledger_operator);
        for (const Account& account : machine.book().accounts())
            add(account.address, account.owner);
        for (const Asset& asset : machine.book().assets())
            keys_.insert(asset.issuer);
    }
    void add(const output::Changed& changed) {
        if (changed.accounts.empty() && changed.issuers.empty()) return;
        const std::unique_lock lock(mutex_);
        for (const auto& opened : changed.accounts)
            add(opened.account, opened.owner);
        keys_.insert(changed.issuers.begin(), changed.issuers.end());
    }

    bool is_known(const PublicKey& key) const {
        const std::shared_lock lock(mutex_);
        return keys_.contains(key);
    }
    bool owns(const PublicKey& key, const Address& account) const {
        const std::shared_lock lock(mutex_);
        const auto found = owners_.find(account);
        return found != owners_.end() && found->second == key;
    }
    bool exists(const Address& account) const {
        const std::shared_lock lock(mutex_);
        return owners_.contains(account);
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

private:
    void add(const Address& account, const PublicKey& owner) {
        keys_.insert(owner);
        if (owners_.emplace(account, owner).second) accounts_[owner].push_back(account);
    }

    mutable std::shared_mutex mutex_;
    std::set<PublicKey> keys_;
    std::map<Address, PublicKey> owners_;
    std::map<PublicKey, std::vector<Address>> accounts_;
};

}  // namespace lockstep::cash
