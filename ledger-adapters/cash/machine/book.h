// The ledger's book: accounts, assets, and what each account holds. Double entry: every posting
// takes from one place what it puts into another, and each asset has an issuance account that
// stands for what the issuer owes, so that at all times, asset by asset,
//     issued = what can be spent + what lies in escrow.
// The sums are kept beside the single balances and compared after every posting; recount() builds
// them anew from the single balances. The book knows nothing of escrows' terms, time or permission.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "sdk/base/address.h"
#include "sdk/base/amount.h"
#include "sdk/base/ids.h"
#include "sdk/machine/statement.h"

namespace lockstep::cash {

// Places in the book, in the order of opening.
enum class AccountNo : std::uint32_t {};
enum class AssetNo : std::uint32_t {};
constexpr bool is_valid(AccountNo) {
    return true;
}
constexpr bool is_valid(AssetNo) {
    return true;
}

struct Holding {
    AssetNo asset{};
    Amount free;
    Amount escrowed;  // locked by this account as payer

    template <class S, class A>
    static void fields(S& self, A& a) {
        a(self.asset, self.free, self.escrowed);
    }
};

struct Account {
    Address address;
    PublicKey owner;
    std::uint64_t sequence = 0;     // of its opening
    std::vector<Holding> holdings;  // by asset

    template <class S, class A>
    static void fields(S& self, A& a) {
        a(self.address, self.owner, self.sequence, self.holdings);
    }
};

struct Asset {
    AssetId id;
    PublicKey issuer;
    Amount lot;
    std::uint64_t sequence = 0;  // of its registration
    Amount issued;               // the issuance account
    Amount free;                 // the sum of all accounts' free
    Amount escrowed;             // the sum of all accounts' escrowed

    template <class S, class A>
    static void fields(S& self, A& a) {
        a(self.id, self.issuer, self.lot, self.sequence, self.issued, self.free, self.escrowed);
    }
};

// One side of a posting.
struct Place {
    enum class Kind : std::uint8_t { issuance, free, escrowed } kind;
    AccountNo account{};  // not for issuance

    static Place issuance() { return {Kind::issuance, {}}; }
    static Place free_of(AccountNo account) { return {Kind::free, account}; }
    static Place escrow_of(AccountNo payer) { return {Kind::escrowed, payer}; }
};

class Book {
public:
    std::optional<AccountNo> find(const Address& address) const;
    std::optional<AssetNo> find(const AssetId& asset) const;
    // An asset with this code, whatever its scale.
    std::optional<AssetNo> find_code(const std::string& code) const;
    const Account& operator[](AccountNo account) const;
    const Asset& operator[](AssetNo asset) const;
    const std::vector<Account>& accounts() const { return accounts_; }
    const std::vector<Asset>& assets() const { return assets_; }

    // The accounts of a key, in order of opening.
    const std::vector<AccountNo>& accounts_of(const PublicKey& owner) const;
    bool is_issuer(const PublicKey& key) const;
    Holding holding(AccountNo account, AssetNo asset) const;

    // The caller checked that neither exists.
    AccountNo open(Address address, const PublicKey& owner, std::uint64_t sequence);
    AssetNo add(const AssetId& id, const PublicKey& issuer, Amount lot, std::uint64_t sequence);

    // True where the issuer can create so much more without any sum leaving 64 bits.
    bool can_issue(AssetNo asset, Amount amount) const;
    // The one way in which value moves. The caller checked that `from` holds it.
    void post(Place from, Place to, AssetNo asset, Amount amount);

    // From the single balances, asset by asset, with the sums of open escrows as they were given.
    std::vector<AssetTotals> recount(const std::vector<Amount>& open_escrows) const;
    // Whether the kept sums are those of the single balances, and everything adds up to the issues.
    bool is_conserved() const;
    // Whether its parts fit together, for one that was read: each account and asset is there once,
    // each holding is of an asset, lots are none of zero, and everything adds up.
    bool is_sound() const;

    template <class S, class A>
    static void fields(S& self, A& a) {
        a(self.accounts_, self.assets_);
        if constexpr (A::reading) self.index();
    }

private:
    void index();
    Holding& held(AccountNo account, AssetNo asset);
    void put(Place place, AssetNo asset, Amount amount);
    void take(Place place, AssetNo asset, Amount amount);

    std::vector<Account> accounts_;
    std::vector<Asset> assets_;
    // found again from the two above
    std::map<Address, AccountNo> by_address_;
    std::map<std::string, AssetNo> by_code_;
    std::map<PublicKey, std::vector<AccountNo>> by_owner_;
    std::map<PublicKey, std::uint32_t> issuers_;
};

}  // namespace lockstep::cash
