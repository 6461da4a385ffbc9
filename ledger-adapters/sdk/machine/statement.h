// What a ledger's books say to people: statements with a running balance, totals an asset.
#pragma once

#include <string_view>

#include "sdk/base/address.h"
#include "sdk/base/amount.h"
#include "sdk/base/ids.h"
#include "sdk/base/time.h"

namespace lockstep {

// What an asset's books say, recomputed from the single balances when asked.
struct AssetTotals {
    AssetId asset;
    Amount issued;    // issued less redeemed
    Amount balances;  // what can be spent, summed over all accounts
    Amount escrows;   // amounts of the open escrows, summed
    bool conserved() const { return checked_add(balances, escrows) == issued; }
};

// One line of an account's statement.
struct StatementRow {
    enum class Kind : std::uint8_t {
        issued = 1,    // the issuer created units here
        redeemed = 2,  // the owner gave them back
        sent = 3,      // transfer out
        received = 4,  // transfer in
        locked = 5,    // this account's money went into an escrow
        paid = 6,      // that escrow was fulfilled: it is the payee's
        claimed = 7,   // an escrow for this account was fulfilled
        returned = 8,  // this account's escrow expired or was rejected
    };
    std::uint64_t sequence = 0;
    Timestamp at;
    Kind kind = Kind::issued;
    AssetId asset;
    Amount amount;
    Address counterparty;  // empty where there is none
    Hash reference;        // the escrow's or the operation's id
    Amount free;           // the account's balance after this line
    Amount escrowed;

    template <class S, class A>
    static void fields(S& self, A& a) {
        a(self.sequence, self.at, self.kind, self.asset, self.amount, self.counterparty,
          self.reference, self.free, self.escrowed);
    }
    friend bool operator==(const StatementRow&, const StatementRow&) = default;
};
std::string_view to_string(StatementRow::Kind kind);
bool is_valid(StatementRow::Kind kind);

}  // namespace lockstep
