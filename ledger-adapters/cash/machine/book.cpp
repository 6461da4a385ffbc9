#include "cash/machine/book.h"

#include <algorithm>

#include "sdk/base/assert.h"

namespace lockstep::cash {
namespace {

std::size_t place(AccountNo account) {
    return static_cast<std::size_t>(account);
}
std::size_t place(AssetNo asset) {
    return static_cast<std::size_t>(asset);
}

bool balanced(const Asset& asset) {
    return checked_add(asset.free, asset.escrowed) == asset.issued;
}

void increase(Amount& amount, Amount by) {
    const auto sum = checked_add(amount, by);
    ASSERT(sum);  // no sum exceeds what was issued, and that fits
    amount = *sum;
}
void decrease(Amount& amount, Amount by) {
    const auto rest = checked_sub(amount, by);
    ASSERT(rest);
    amount = *rest;
}

bool before(const Holding& holding, AssetNo asset) {
    return holding.asset < asset;
}

}  // namespace

std::optional<AccountNo> Book::find(const Address& address) const {
    const auto found = by_address_.find(address);
    return found == by_address_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<AssetNo> Book::find_code(const std::string& code) const {
    const auto found = by_code_.find(code);
    return found == by_code_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<AssetNo> Book::find(const AssetId& asset) const {
    const auto found = find_code(asset.code());
    return found && (*this)[*found].id == asset ? found : std::nullopt;
}

const Account& Book::operator[](AccountNo account) const {
    ASSERT(place(account) < accounts_.size());
    return accounts_[place(account)];
}

const Asset& Book::operator[](AssetNo asset) const {
    ASSERT(place(asset) < assets_.size());
    return assets_[place(asset)];
}

const std::vector<AccountNo>& Book::accounts_of(const PublicKey& owner) const {
    static const std::vector<AccountNo> none;
    const auto found = by_owner_.find(owner);
    return found == by_owner_.end() ? none : found->second;
}

bool Book::is_issuer(const PublicKey& key) const {
    return issuers_.contains(key);
}

Holding Book::holding(AccountNo account, AssetNo asset) const {
    const auto& holdings = (*this)[account].holdings;
    const auto found = std::lower_bound(holdings.begin(), holdings.end(), asset, before);
    return found != holdings.end() && found->asset == asset ? *found : Holding{asset, {}, {}};
}

AccountNo Book::open(Address address, const PublicKey& owner, std::uint64_t sequence) {
    const auto account = static_cast<AccountNo>(accounts_.size());
    const bool is_new = by_address_.emplace(address, account).second;
    ASSERT(is_new);
    by_owner_[owner].push_back(account);
    accounts_.push_back({std::move(address), owner, sequence, {}});
    return account;
}

AssetNo Book::add(const AssetId& id, const PublicKey& issuer, Amount lot, std::uint64_t sequence) {
    const auto asset = static_cast<AssetNo>(assets_.size());
    const bool is_new = by_code_.emplace(id.code(), asset).second;
    ASSERT(is_new);
    ++issuers_[issuer];
    assets_.push_back({id, issuer, lot, sequence, {}, {}, {}});
    return asset;
}

bool Book::can_issue(AssetNo asset, Amount amount) const {
    return checked_add((*this)[asset].issued, amount).has_value();
}

Holding& Book::held(AccountNo account, AssetNo asset) {
    ASSERT(place(account) < accounts_.size());
    auto& holdings = accounts_[place(account)].holdings;
    const auto found = std::lower_bound(holdings.begin(), holdings.end(), asset, before);
    if (found != holdings.end() && found->asset == asset) return *found;
    return *holdings.insert(found, {asset, {}, {}});
}

void Book::put(Place to, AssetNo asset, Amount amount) {
    Asset& sums = assets_[place(asset)];
    switch (to.kind) {
        case Place::Kind::issuance:
            return decrease(sums.issued, amount);
        case Place::Kind::free:
            increase(held(to.account, asset).free, amount);
            return increase(sums.free, amount);
        case Place::Kind::escrowed:
            increase(held(to.account, asset).escrowed, amount);
            return increase(sums.escrowed, amount);
    }
    UNREACHABLE();
}

void Book::take(Place from, AssetNo asset, Amount amount) {
    Asset& sums = assets_[place(asset)];
    switch (from.kind) {
        case Place::Kind::issuance:
            return increase(sums.issued, amount);
        case Place::Kind::free:
            decrease(held(from.account, asset).free, amount);
            return decrease(sums.free, amount);
        case Place::Kind::escrowed:
            decrease(held(from.account, asset).escrowed, amount);
            return decrease(sums.escrowed, amount);
    }
    UNREACHABLE();
}

void Book::post(Place from, Place to, AssetNo asset, Amount amount) {
    ASSERT(place(asset) < assets_.size());
    take(from, asset, amount);
    put(to, asset, amount);
    ASSERT(balanced(assets_[place(asset)]));
}

std::vector<AssetTotals> Book::recount(const std::vector<Amount>& open_escrows) const {
    ASSERT(open_escrows.size() == assets_.size());
    std::vector<AssetTotals> totals;
    for (std::size_t i = 0; i < assets_.size(); ++i)
        totals.push_back({assets_[i].id, assets_[i].issued, {}, open_escrows[i]});
    for (const Account& account : accounts_) {
        for (const Holding& holding : account.holdings)
            increase(totals[place(holding.asset)].balances, holding.free);
    }
    return totals;
}

bool Book::is_conserved() const {
    std::vector<Amount> free(assets_.size());
    std::vector<Amount> escrowed(assets_.size());
    const auto add = [](Amount& to, Amount amount) {
        const auto sum = checked_add(to, amount);
        to = sum.value_or(to);
        return sum.has_value();
    };
    for (const Account& account : accounts_) {
        for (const Holding& holding : account.holdings) {
            if (!add(free[place(holding.asset)], holding.free)) return false;
            if (!add(escrowed[place(holding.asset)], holding.escrowed)) return false;
        }
    }
    for (std::size_t i = 0; i < assets_.size(); ++i) {
        if (assets_[i].free != free[i] || assets_[i].escrowed != escrowed[i]) return false;
        if (!balanced(assets_[i])) return false;
    }
    return true;
}

bool Book::is_sound() const {
    if (by_address_.size() != accounts_.size() || by_code_.size() != assets_.size()) return false;
    for (const Asset& asset : assets_)
        if (asset.lot.is_zero()) return false;
    for (const Account& account : accounts_) {
        const auto out_of_order = [](const Holding& a, const Holding& b) {
            return a.asset >= b.asset;
        };
        const auto& holdings = account.holdings;
        if (std::adjacent_find(holdings.begin(), holdings.end(), out_of_order) != holdings.end())
            return false;
        if (!holdings.empty() && place(holdings.back().asset) >= assets_.size()) return false;
    }
    return is_conserved();
}

void Book::index() {
    by_address_.clear();
    by_code_.clear();
    by_owner_.clear();
    issuers_.clear();
    for (std::size_t i = 0; i < accounts_.size(); ++i) {
        const auto account = static_cast<AccountNo>(i);
        by_address_.emplace(accounts_[i].address, account);
        by_owner_[accounts_[i].owner].push_back(account);
    }
    for (std::size_t i = 0; i < assets_.size(); ++i) {
        by_code_.emplace(assets_[i].id.code(), static_cast<AssetNo>(i));
        ++issuers_[assets_[i].issuer];
    }
}

}  // namespace lockstep::cash
