#include <algorithm>

#include "cash/machine/machine.h"
#include "sdk/base/assert.h"

namespace lockstep::cash {

bool CashMachine::is_known_key(const PublicKey& key) const {
    return key == settings_.ledger_operator || book_.is_issuer(key) ||
           !book_.accounts_of(key).empty();
}

std::optional<EscrowPlace> CashMachine::find_place(const EscrowKey& key) const {
    const auto payer = book_.find(key.payer);
    if (!payer) return std::nullopt;
    return EscrowPlace{*payer, key.id};
}

EscrowTerms CashMachine::terms_of(const EscrowPlace& place, const Escrow& escrow) const {
    return {place.id,
            book_[place.payer].address,
            book_[escrow.payee].address,
            book_[escrow.asset].id,
            escrow.amount,
            escrow.condition,
            escrow.expiry};
}

EscrowStanding CashMachine::standing(const EscrowPlace& place, const Escrow& escrow) const {
    EscrowStanding standing{terms_of(place, escrow), escrow.state, escrow.changed, std::nullopt};
    if (escrow.preimage) {
        const ByteView shown = escrow.preimage->view();
        standing.preimage.emplace(shown.begin(), shown.end());
    }
    return standing;
}

std::vector<Balance> CashMachine::balances_of(AccountNo account) const {
    std::vector<Balance> balances;
    const Account& found = book_[account];
    for (const Holding& holding : found.holdings) {
        balances.push_back(
            {found.address, book_[holding.asset].id, holding.free, holding.escrowed});
    }
    return balances;
}

LedgerInfo CashMachine::info() const {
    LedgerInfo info;
    info.ledger = settings_.ledger;
    for (const Asset& asset : book_.assets())
        info.assets.push_back({asset.id, asset.lot, asset.id.code()});
    info.profile = settings_.profile;
    info.max_hold = settings_.max_hold;
    info.max_amount = settings_.max_amount;
    return info;
}

std::vector<AssetTotals> CashMachine::totals() const {
    return book_.recount(escrows_.open_amounts(book_.assets().size()));
}

bool CashMachine::is_conserved() const {
    const std::vector<AssetTotals> recounted = totals();
    return book_.is_conserved() &&
           std::all_of(recounted.begin(), recounted.end(),
                       [](const AssetTotals& asset) { return asset.conserved(); });
}

Result<QueryAnswer> CashMachine::ask(Timestamp at, const PublicKey& key, Reader reader,
                                     const QueryBody& body) const {
    ASSERT(at >= now_);
    QueryAnswer answer{at, sequence_, {}, {}};
    const auto may_read = [&](AccountNo account) {
        return reader == Reader::auditor || owns(key, account);
    };
    if (const auto* asked = std::get_if<ask::Escrow>(&body)) {
        if (!is_here(asked->escrow.payer)) return refuse(Reason::wrong_ledger);
        const auto place = find_place(asked->escrow);
        if (!place) return refuse(Reason::unknown_account);
        const Escrow* escrow = escrows_.find(*place);
        if (escrow == nullptr) return answer;
        // Not an empty answer, which would say that there is none.
        if (!may_read(place->payer) && !may_read(escrow->payee))
            return refuse(Reason::not_permitted);
        answer.escrows.push_back(standing(*place, *escrow));
        return answer;
    }
    const auto* asked = std::get_if<ask::OpenEscrows>(&body);
    const Address& address =
        asked != nullptr ? asked->account : std::get<ask::Balances>(body).account;
    if (!is_here(address)) return refuse(Reason::wrong_ledger);
    const auto account = book_.find(address);
    if (!account) return refuse(Reason::unknown_account);
    if (!may_read(*account)) return refuse(Reason::not_permitted);
    if (asked == nullptr) {
        answer.balances = balances_of(*account);
        return answer;
    }
    // As payer or as payee, in the order in which they were prepared.
    const std::size_t limit = std::min<std::size_t>(asked->limit, max_query_rows);
    for (const EscrowPlace& place : escrows_.open_of(*account, asked->after, limit)) {
        const Escrow* escrow = escrows_.find(place);
        ASSERT(escrow != nullptr);
        answer.escrows.push_back(standing(place, *escrow));
    }
    return answer;
}

}  // namespace lockstep::cash
