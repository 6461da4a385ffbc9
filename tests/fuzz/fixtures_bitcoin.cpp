#include "tests/fuzz/fixtures_bitcoin.h"

#include "bitcoin/machine/mining.h"
#include "bitcoin/script/script.h"
#include "sdk/base/assert.h"

namespace lockstep::fuzz {
namespace {

constexpr std::int64_t bitcoin_start_s = 1'700'000'000;
const Bytes true_script{0x51};

}  // namespace

BitcoinNode::BitcoinNode() {
    using namespace bitcoin;
    for (int i = 0; i <= regtest_params.coinbase_maturity; ++i)
        grow();
    const Transaction* from = &chain_.at(1)->block.transactions[0];
    waiting_.reserve(2);
    for (int i = 0; i < 2; ++i) {
        constexpr Satoshi fee = 1'000;
        Transaction transaction;
        TxIn input;
        input.prevout = {txid_of(*from), 0};
        input.script_sig = ScriptWriter().push(true_script).take();
        transaction.inputs.push_back(std::move(input));
        transaction.outputs.push_back({from->outputs[0].value - fee, to_script_hash(true_script)});
        ASSERT(!pool_.accept(transaction, view().now_s).fault);
        from = &waiting_.emplace_back(std::move(transaction));
    }
}

void BitcoinNode::grow() {
    using namespace bitcoin;
    const int height = chain_.height() + 1;
    Block block;
    block.header.parent = chain_.tip().id;
    block.header.bits = regtest_params.bits;
    block.header.time = static_cast<std::uint32_t>(bitcoin_start_s + 60 * height);
    Transaction coinbase;
    TxIn input;
    input.script_sig = ScriptWriter().number(height).op(Opcode::op_0).take();
    coinbase.inputs.push_back(std::move(input));
    coinbase.outputs.push_back({subsidy_at(height, regtest_params), to_script_hash(true_script)});
    block.transactions.push_back(std::move(coinbase));
    block.header.merkle_root = merkle_root_of(block).root;
    std::uint64_t tries = UINT64_MAX;
    ASSERT(find_work(block.header, regtest_params.bits, tries));
    ChainChange change;
    ASSERT(!chain_.accept(block, view().now_s, change));
}

bitcoin::NodeView BitcoinNode::view() const {
    return {chain_, pool_, *bitcoin::network_named("regtest"), bitcoin_start_s + 10'000,
            bitcoin_start_s};
}

}  // namespace lockstep::fuzz
