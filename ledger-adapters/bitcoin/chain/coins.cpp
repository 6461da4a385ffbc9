#include "bitcoin/chain/coins.h"

#include "bitcoin/script/script.h"
#include "sdk/base/assert.h"

namespace lockstep::bitcoin {

bool is_spendable(ByteView script) {
    return script.size() <= max_script_size &&
           (script.empty() || Opcode{script[0]} != Opcode::return_);
}

const Coin* Coins::find(const OutPoint& place) const {
    const auto found = coins_.find(place);
    return found == coins_.end() ? nullptr : &found->second;
}

void Coins::apply(const Transaction& transaction, int height, BlockUndo& undo) {
    const bool coinbase = transaction.is_coinbase();
    if (!coinbase) {
        for (const TxIn& input : transaction.inputs) {
            const auto found = coins_.find(input.prevout);
            ASSERT(found != coins_.end());
            undo.spent.push_back(std::move(found->second));
            coins_.erase(found);
        }
    }
    const Txid txid = txid_of(transaction);
    for (std::size_t i = 0; i < transaction.outputs.size(); ++i) {
        const TxOut& output = transaction.outputs[i];
        if (!is_spendable(output.script)) continue;
        coins_[{txid, static_cast<std::uint32_t>(i)}] = {output, height, coinbase};
    }
}

void Coins::take_back(const Block& block, BlockUndo undo) {
    for (auto transaction = block.transactions.rbegin(); transaction != block.transactions.rend();
         ++transaction) {
        const Txid txid = txid_of(*transaction);
        for (std::size_t i = 0; i < transaction->outputs.size(); ++i)
            coins_.erase({txid, static_cast<std::uint32_t>(i)});
        if (transaction->is_coinbase()) continue;
        for (auto input = transaction->inputs.rbegin(); input != transaction->inputs.rend();
             ++input) {
            ASSERT(!undo.spent.empty());
            coins_[input->prevout] = std::move(undo.spent.back());
            undo.spent.pop_back();
        }
    }
    ASSERT(undo.spent.empty());
}

}  // namespace lockstep::bitcoin
