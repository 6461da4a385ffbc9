#include "bitcoin/adapter/coin_book.h"

#include "sdk/base/assert.h"
#include "sdk/codec/archive.h"

namespace lockstep::bitcoin {
namespace {

constexpr std::uint8_t coin_key_mark = 'c';
constexpr std::size_t coin_key_size = 1 + 36;
constexpr int coinbase_maturity = 100;

// As it is remembered.
struct SavedCoin {
    std::uint64_t value = 0;
    std::uint32_t height = 0;
    bool coinbase = false;
    std::optional<EscrowKey> reserve_of;
    bool is_spent = false;
    std::uint32_t spent_height = 0;
    Txid spent_by;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.value, s.height, s.coinbase, s.reserve_of, s.is_spent, s.spent_height, s.spent_by);
    }
};

Bytes key_of_coin(const OutPoint& place) {
    Writer writer;
    writer.u8(coin_key_mark);
    write(writer, place);
    return writer.take();
}

}  // namespace

bool CoinBook::owns(ByteView key) {
    return key.size() == coin_key_size && key[0] == coin_key_mark;
}

void CoinBook::restore(ByteView key, ByteView value) {
    const auto saved = decode_fields<SavedCoin>(value);
    ASSERT(saved);
    Reader reader(key.subspan(1));
    OutPoint place;
    place.txid = *Txid::from(reader.raw(32));
    place.index = reader.u32();
    BookedCoin coin{static_cast<Satoshi>(saved->value), static_cast<int>(saved->height),
                    saved->coinbase, saved->reserve_of, std::nullopt};
    if (saved->is_spent)
        coin.spent = BookedCoin::Spent{static_cast<int>(saved->spent_height), saved->spent_by};
    coins_[place] = std::move(coin);
}

void CoinBook::remember(std::vector<Put>& puts) {
    for (const OutPoint& place : changed_) {
        const BookedCoin* const coin = find(place);
        std::optional<Bytes> value;
        if (coin != nullptr) {
            SavedCoin saved{static_cast<std::uint64_t>(coin->value),
                            static_cast<std::uint32_t>(coin->height),
                            coin->coinbase,
                            coin->reserve_of,
                            coin->spent.has_value(),
                            0,
                            {}};
            if (coin->spent) {
                saved.spent_height = static_cast<std::uint32_t>(coin->spent->height);
                saved.spent_by = coin->spent->by;
            }
            value = encode_fields(saved);
        }
        puts.push_back({0, key_of_coin(place), std::move(value)});
    }
    changed_.clear();
}

void CoinBook::add(const OutPoint& place, const BookedCoin& coin) {
    if (coins_.emplace(place, coin).second) changed_.insert(place);
}

void CoinBook::connect(const Transaction& transaction, int height,
                       const std::optional<Funding>& funding) {
    const Txid txid = txid_of(transaction);
    for (const TxIn& input : transaction.inputs) {
        const auto found = coins_.find(input.prevout);
        if (found == coins_.end()) continue;
        found->second.spent = BookedCoin::Spent{height, txid};
        changed_.insert(input.prevout);
    }
    for (std::size_t i = 0; i < transaction.outputs.size(); ++i) {
        const TxOut& output = transaction.outputs[i];
        if (output.script != home_ || output.value <= 0) continue;
        BookedCoin coin{output.value, height, transaction.is_coinbase(), std::nullopt,
                        std::nullopt};
        if (funding && funding->reserve > 0 && output.value == funding->reserve)
            coin.reserve_of = funding->escrow;
        add({txid, static_cast<std::uint32_t>(i)}, coin);
    }
}

void CoinBook::disconnect(int back_to) {
    for (auto coin = coins_.begin(); coin != coins_.end();) {
        if (coin->second.spent && coin->second.spent->height > back_to) {
            coin->second.spent.reset();
            changed_.insert(coin->first);
        }
        if (coin->second.height > back_to) {
            changed_.insert(coin->first);
            coin = coins_.erase(coin);
        } else {
            ++coin;
        }
    }
}

void CoinBook::forget(int height) {
    for (auto coin = coins_.begin(); coin != coins_.end();) {
        if (coin->second.spent && coin->second.spent->height <= height) {
            changed_.insert(coin->first);
            coin = coins_.erase(coin);
        } else {
            ++coin;
        }
    }
}

std::vector<KeyCoin> CoinBook::available(int tip) const {
    std::vector<KeyCoin> coins;
    for (const auto& [place, coin] : coins_) {
        const bool is_ripe = !coin.coinbase || tip + 1 >= coin.height + coinbase_maturity;
        if (!coin.spent && is_ripe) coins.push_back({place, coin.value, account_key});
    }
    return coins;
}

std::optional<KeyCoin> CoinBook::reserve_of(const EscrowKey& escrow) const {
    for (const auto& [place, coin] : coins_)
        if (!coin.spent && coin.reserve_of == escrow)
            return KeyCoin{place, coin.value, account_key};
    return std::nullopt;
}

const BookedCoin* CoinBook::find(const OutPoint& place) const {
    const auto found = coins_.find(place);
    return found == coins_.end() ? nullptr : &found->second;
}

}  // namespace lockstep::bitcoin
