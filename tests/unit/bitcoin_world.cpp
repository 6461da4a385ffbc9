#include "tests/unit/bitcoin_world.h"

#include "bitcoin/machine/mining.h"
#include "sdk/crypto/hash.h"

namespace lockstep::test {

using namespace bitcoin;

namespace {

Bytes relayed_form(ByteView script) {
    ScriptWriter writer;
    writer.op(Opcode::op_0).push(sha256(script).view());
    return writer.take();
}

}  // namespace

const Bytes anybody{static_cast<std::uint8_t>(Opcode::op_1)};
const Bytes anybody_relayed = relayed_form(anybody);
const std::vector<Bytes> anybody_witness{anybody};

void mine(Block& block) {
    block.header.merkle_root = merkle_root_of(block).root;
    std::uint64_t tries = UINT64_MAX;
    REQUIRE(find_work(block.header, regtest_params.bits, tries));
}

void commit(Block& block) {
    Transaction& coinbase = block.transactions[0];
    coinbase.inputs[0].witness = {Bytes(32)};
    coinbase.outputs.push_back({0, commitment_script(witness_root_of(block), Bytes(32))});
}

Block World::next(const BlockId& parent, std::vector<Transaction> transactions, Satoshi fees) {
    const Chain::Entry* entry = chain.find(parent);
    REQUIRE(entry != nullptr);
    Block block;
    block.header.parent = parent;
    block.header.bits = regtest_params.bits;
    block.header.time = static_cast<std::uint32_t>(start_s + ++minutes_ * 60);
    Transaction coinbase;
    TxIn input;
    ScriptWriter height;
    height.number(entry->height + 1).number(++extra_ + 1000);
    input.script_sig = height.take();
    coinbase.inputs.push_back(std::move(input));
    coinbase.outputs.push_back({subsidy_at(entry->height + 1, regtest_params) + fees, reward_});
    block.transactions.push_back(std::move(coinbase));
    for (Transaction& transaction : transactions)
        block.transactions.push_back(std::move(transaction));
    return block;
}

std::string World::give(Block block) {
    mine(block);
    change = {};
    last = id_of(block.header);
    return chain.accept(block, start_s + 1'000'000, change).value_or("ok");
}

std::string World::grow(int blocks) {
    for (int i = 0; i < blocks; ++i) {
        std::string said = give(next(chain.tip().id));
        if (said != "ok") return said;
    }
    return "ok";
}

Transaction World::spend(int height, Satoshi fee) const {
    const Transaction& coinbase = chain.at(height)->block.transactions[0];
    Transaction transaction;
    TxIn input;
    input.prevout = {txid_of(coinbase), 0};
    if (reward_ == anybody_relayed) input.witness = anybody_witness;
    transaction.inputs.push_back(input);
    transaction.outputs.push_back({coinbase.outputs[0].value - fee, reward_});
    return transaction;
}

}  // namespace lockstep::test
