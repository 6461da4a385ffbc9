#include "bitcoin/machine/mining.h"

#include <algorithm>

#include "bitcoin/chain/sigops.h"
#include "bitcoin/script/script.h"

namespace lockstep::bitcoin {
namespace {

// Left for the header, the count and the coinbase.
constexpr std::size_t reserved_weight = 8'000;
constexpr std::size_t reserved_sigops = 400;

Transaction coinbase_of(int height, Satoshi value, const Payout& payout) {
    Transaction coinbase;
    TxIn input;
    ScriptWriter script_sig;
    script_sig.number(height).number(static_cast<std::int64_t>(payout.number));
    // A coinbase's script has at least two bytes.
    if (script_sig.bytes().size() < 2) script_sig.op(Opcode::op_0);
    input.script_sig = script_sig.take();
    input.witness = {Bytes(Hash::size)};
    coinbase.inputs.push_back(std::move(input));
    coinbase.outputs.push_back({value, Bytes(payout.script.begin(), payout.script.end())});
    return coinbase;
}

}  // namespace

Assembly assemble(const Chain& chain, std::vector<Transaction> transactions, Satoshi fees,
                  const Payout& payout, std::int64_t now_s) {
    const Context context = chain.next();
    Assembly assembly;
    assembly.fees = fees;
    Block& block = assembly.block;
    block.header.parent = chain.tip().id;
    block.header.bits = chain.params().bits;
    block.header.time = static_cast<std::uint32_t>(std::max(context.median_time + 1, now_s));
    block.transactions.push_back(
        coinbase_of(context.height, subsidy_at(context.height, chain.params()) + fees, payout));
    for (Transaction& transaction : transactions)
        block.transactions.push_back(std::move(transaction));
    block.transactions[0].outputs.push_back(
        {0, commitment_script(witness_root_of(block), Bytes(Hash::size))});
    block.header.merkle_root = merkle_root_of(block).root;
    return assembly;
}

Assembly assemble(const Chain& chain, const Mempool& pool, const Payout& payout,
                  std::int64_t now_s) {
    std::vector<Transaction> transactions;
    Satoshi fees = 0;
    for (const Mempool::Entry* entry :
         pool.select(max_block_weight - reserved_weight, max_block_sigops - reserved_sigops)) {
        transactions.push_back(*entry->transaction);
        fees += entry->fee;
    }
    return assemble(chain, std::move(transactions), fees, payout, now_s);
}

bool find_work(BlockHeader& header, std::uint32_t limit, std::uint64_t& tries) {
    for (; tries > 0; --tries, ++header.nonce)
        if (has_work(id_of(header), header.bits, limit)) return true;
    return false;
}

}  // namespace lockstep::bitcoin
