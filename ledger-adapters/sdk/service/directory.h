// Who owns which account and whose word counts, for threads other than the host's. Accounts and
// keys only come, so what it says stays true. A ledger's own directory fills it and may know more.
#pragma once

#include <map>
#include <set>
#include <shared_mutex>
#include <vector>

#include "sdk/base/address.h"
#include "sdk/base/ids.h"

namespace lockstep::service {

class Directory {
public:
    // Owner, issuer, operator.
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

protected:
    Directory() = default;
    ~Directory() = default;

    std::shared_mutex& mutex() const { return mutex_; }
    // Under the mutex.
    void add_key(const PublicKey& key) { keys_.insert(key); }
    void add_account(const Address& account, const PublicKey& owner) {
        keys_.insert(owner);
        if (owners_.emplace(account, owner).second) accounts_[owner].push_back(account);
    }

private:
    mutable std::shared_mutex mutex_;
    std::set<PublicKey> keys_;
    std::map<Address, PublicKey> owners_;
    std::map<PublicKey, std::vector<Address>> accounts_;
};

}  // namespace lockstep::service
