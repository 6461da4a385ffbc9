#include "sim/world/bitcoin_books.h"

#include "bitcoin/adapter/fees.h"
#include "sdk/base/assert.h"

namespace lockstep::sim {

using bitcoin::EscrowPath;
using bitcoin::Satoshi;

namespace {

Amount amount_of(Satoshi value) {
    ASSERT(value >= 0);
    return Amount{static_cast<std::uint64_t>(value)};
}

EscrowState state_after(EscrowPath path) {
    switch (path) {
        case EscrowPath::claim:
            return EscrowState::fulfilled;
        case EscrowPath::refund:
            return EscrowState::refunded_expired;
        case EscrowPath::reject:
            return EscrowState::refunded_rejected;
    }
    UNREACHABLE();
}

}  // namespace

BitcoinBooks::BitcoinBooks(bitcoin::LedgerName name, const std::vector<ecdsa::CompressedKey>& keys)
    : name_(std::move(name)), keys_(keys) {
    for (const ecdsa::CompressedKey& key : keys_) {
        const Address account = bitcoin::account_address(name_.ledger, key);
        homes_[bitcoin::script_pubkey_of(key)] = account;
        accounts_[account];
    }
}

// --- the chain ---

BitcoinBooks::News BitcoinBooks::follow(const bitcoin::Chain& chain) {
    News news;
    const auto stands = [&](std::size_t height) {
        const auto* entry = chain.at(static_cast<int>(height));
        return entry != nullptr && entry->id == blocks_[height].id;
    };
    const std::size_t before = blocks_.size();
    while (!blocks_.empty() && !stands(blocks_.size() - 1)) {
        disconnect(before, news);
        ++news.taken_back;
    }
    while (const auto* entry = chain.at(static_cast<int>(blocks_.size())))
        connect(chain, *entry, news);
    return news;
}

void BitcoinBooks::connect(const bitcoin::Chain& chain, const bitcoin::Chain::Entry& entry,
                           News& news) {
    Block block;
    block.id = entry.id;
    // What consensus holds a locktime against (BIP 113).
    const Timestamp at{(entry.height == 0 ? 0 : chain.median_before(entry.height)) * 1'000'000};
    auto spent = entry.undo.spent.begin();
    for (const bitcoin::Transaction& transaction : entry.block.transactions) {
        Satoshi out = 0;
        for (const bitcoin::TxOut& output : transaction.outputs)
            out += output.value;
        Satoshi in = 0;
        if (!transaction.is_coinbase())
            for (std::size_t i = 0; i < transaction.inputs.size(); ++i)
                in += (spent++)->output.value;
        block.made += out - in;
        // The first block's coin is nobody's.
        if (entry.height == 0) block.made = 0;
        read(transaction, in - out, at, block, news);
    }
    made_ += block.made;
    blocks_.push_back(std::move(block));
}

void BitcoinBooks::disconnect(std::size_t height_before, News& news) {
    const auto depth = static_cast<std::uint32_t>(height_before - blocks_.size() + 1);
    Block block = std::move(blocks_.back());
    blocks_.pop_back();
    made_ -= block.made;
    for (std::size_t i = block.steps.size(); i-- > 0;) {
        Step& step = block.steps[i];
        if (const auto* made = std::get_if<CoinMade>(&step)) {
            const auto coin = coins_.find(made->place);
            sum_of(coin->second) -= coin->second.value;
            coins_.erase(coin);
        } else if (auto* spent = std::get_if<CoinSpent>(&step)) {
            sum_of(spent->coin) += spent->coin.value;
            coins_.emplace(spent->place, std::move(spent->coin));
        } else if (const auto* paid = std::get_if<Paid>(&step)) {
            accounts_[paid->account].fees -= paid->fee;
        } else {
            auto& event = std::get<LedgerEvent>(step);
            const EscrowKey key{event.terms.payer, event.terms.id};
            if (event.state == EscrowState::prepared)
                escrows_.erase(key);
            else
                escrows_.at(key).state = EscrowState::prepared;
            event.sequence = ++moves_;
            news.moves.push_back({std::move(event), true, depth});
        }
    }
}

// --- a transaction ---

void BitcoinBooks::read(const bitcoin::Transaction& transaction, Satoshi fee, Timestamp at,
                        Block& block, News& news) {
    std::optional<Address> owner;
    for (const bitcoin::TxIn& input : transaction.inputs) {
        const auto coin = coins_.find(input.prevout);
        if (coin == coins_.end()) continue;
        if (!owner) {
            owner = coin->second.owner;
            // A claim is the payee's.
            const bool is_claim = path_in(input) == EscrowPath::claim;
            Paid paid{is_claim ? escrows_.at(*coin->second.escrow).terms.payee : *owner, fee};
            accounts_[paid.account].fees += fee;
            news.fees.push_back({paid.account, amount_of(fee),
                                 bitcoin::vsize_of_weight(bitcoin::weight_of(transaction))});
            block.steps.emplace_back(std::move(paid));
        }
        spend(input, at, block, news);
    }
    if (owner) fund(transaction, *owner, at, block, news);
    const bitcoin::Txid txid = txid_of(transaction);
    for (std::size_t i = 0; i < transaction.outputs.size(); ++i) {
        const auto home = homes_.find(transaction.outputs[i].script);
        if (home == homes_.end() || transaction.outputs[i].value == 0) continue;
        add({txid, static_cast<std::uint32_t>(i)},
            {home->second, transaction.outputs[i].value, std::nullopt}, block);
    }
}

void BitcoinBooks::spend(const bitcoin::TxIn& input, Timestamp at, Block& block, News& news) {
    const auto found = coins_.find(input.prevout);
    if (found == coins_.end()) return;
    const auto path = found->second.escrow ? path_in(input) : std::nullopt;
    CoinSpent spent{input.prevout, std::move(found->second)};
    coins_.erase(found);
    sum_of(spent.coin) -= spent.coin.value;
    const std::optional<EscrowKey> key = spent.coin.escrow;
    block.steps.emplace_back(std::move(spent));
    if (!key) return;
    // Consensus let it through, so that it is one of the three.
    ASSERT(path.has_value());
    Escrow& escrow = escrows_.at(*key);
    escrow.state = state_after(*path);
    escrow.ended_at = blocks_.size();
    LedgerEvent event{0, at, escrow.terms, escrow.state, std::nullopt};
    if (*path == EscrowPath::claim) event.preimage = input.witness[1];
    tell(std::move(event), block, news);
}

// Output 0, where output 1 announces it and whoever is named spent a coin of its own for it. One
// under a name that is taken is none, and what is in it is as lost to its payer as a fee.
void BitcoinBooks::fund(const bitcoin::Transaction& transaction, const Address& payer, Timestamp at,
                        Block& block, News& news) {
    const auto funding = bitcoin::announced_in(transaction);
    if (!funding || bitcoin::account_address(name_.ledger, funding->payer) != payer) return;
    for (const ecdsa::CompressedKey& payee : keys_) {
        const auto terms = bitcoin::terms_for(name_, *funding, payee);
        if (!terms) continue;
        const EscrowKey key{terms->payer, terms->id};
        const auto lock = bitcoin::lock_of(name_.ledger, *terms);
        ASSERT(lock.has_value());
        if (!escrows_.try_emplace(key, Escrow{*terms, *bitcoin::escrow_script(*lock)}).second) {
            accounts_[payer].fees += funding->escrow.value;
            block.steps.emplace_back(Paid{payer, funding->escrow.value});
            news.fees.push_back({payer, amount_of(funding->escrow.value), 0});
            return;
        }
        escrows_.at(key).funded_at = blocks_.size();
        add({txid_of(transaction), 0}, {payer, funding->escrow.value, key}, block);
        return tell({0, at, *terms, EscrowState::prepared, std::nullopt}, block, news);
    }
}

void BitcoinBooks::tell(LedgerEvent event, Block& block, News& news) {
    event.sequence = ++moves_;
    block.steps.emplace_back(event);
    news.moves.push_back({std::move(event), false, 1});
}

void BitcoinBooks::add(const bitcoin::OutPoint& place, Coin coin, Block& block) {
    sum_of(coin) += coin.value;
    coins_.emplace(place, std::move(coin));
    block.steps.emplace_back(CoinMade{place});
}

std::optional<EscrowPath> BitcoinBooks::path_in(const bitcoin::TxIn& input) const {
    const auto coin = coins_.find(input.prevout);
    if (coin == coins_.end() || !coin->second.escrow) return std::nullopt;
    return bitcoin::path_of(input.witness, escrows_.at(*coin->second.escrow).script);
}

Satoshi& BitcoinBooks::sum_of(const Coin& coin) {
    Account& account = accounts_[coin.owner];
    return coin.escrow ? account.escrowed : account.free;
}

// --- what it comes to ---

Balance BitcoinBooks::balance(const Address& account) const {
    const auto found = accounts_.find(account);
    const Account none;
    const Account& sums = found == accounts_.end() ? none : found->second;
    return {account, name_.asset, amount_of(sums.free), amount_of(sums.escrowed)};
}

Amount BitcoinBooks::fees(const Address& account) const {
    const auto found = accounts_.find(account);
    return found == accounts_.end() ? Amount{} : amount_of(found->second.fees);
}

AssetTotals BitcoinBooks::totals(const bitcoin::Chain& chain) const {
    Satoshi all = 0;
    for (const auto& [place, coin] : chain.coins().all())
        all += coin.output.value;
    Satoshi escrowed = 0;
    for (const auto& [account, sums] : accounts_)
        escrowed += sums.escrowed;
    return {name_.asset, amount_of(made_), amount_of(all - escrowed), amount_of(escrowed)};
}

bool BitcoinBooks::is_claim(const bitcoin::Transaction& transaction) const {
    return path_of(transaction) == EscrowPath::claim;
}

std::optional<EscrowPath> BitcoinBooks::path_of(const bitcoin::Transaction& transaction) const {
    for (const bitcoin::TxIn& input : transaction.inputs)
        if (const auto path = path_in(input)) return path;
    return std::nullopt;
}

std::uint32_t BitcoinBooks::blocks_on(const EscrowKey& key) const {
    const auto found = escrows_.find(key);
    if (found == escrows_.end()) return 0;
    const Escrow& escrow = found->second;
    const bool stands = escrow.state == EscrowState::prepared;
    return static_cast<std::uint32_t>(blocks_.size() -
                                      (stands ? escrow.funded_at : escrow.ended_at));
}

}  // namespace lockstep::sim
