// Proofs that transactions are in a block.
#include "bitcoin/rpc/txout_proof.h"
#include "tests/unit/bitcoin_rpc_world.h"

using namespace lockstep;
using namespace lockstep::bitcoin;
using test::mistake;

namespace {

Block block_of(std::uint32_t transactions) {
    Block block;
    for (std::uint32_t i = 0; i < transactions; ++i) {
        Transaction transaction;
        transaction.locktime = i;
        transaction.inputs.emplace_back();
        block.transactions.push_back(std::move(transaction));
    }
    block.header.merkle_root = merkle_root_of(block).root;
    return block;
}

}  // namespace

TEST_CASE("every subset of small blocks can be proved, and nothing else follows") {
    for (std::uint32_t count = 1; count <= 7; ++count) {
        const Block block = block_of(count);
        for (std::uint32_t chosen = 0; chosen < 1U << count; ++chosen) {
            std::set<Txid> txids;
            std::vector<Txid> in_order;
            for (std::uint32_t i = 0; i < count; ++i) {
                if ((chosen >> i & 1) == 0) continue;
                in_order.push_back(txid_of(block.transactions[i]));
                txids.insert(in_order.back());
            }
            const auto proof = read_txout_proof(write_txout_proof(block, txids));
            REQUIRE(proof);
            CHECK(proof->transactions == count);
            const ProofMatches matches = matches_of(*proof);
            CHECK(matches.root == block.header.merkle_root);
            CHECK(matches.txids == in_order);
        }
    }
}

TEST_CASE("a proof that was changed proves nothing of that block") {
    const Block block = block_of(9);
    const Bytes octets = write_txout_proof(block, {txid_of(block.transactions[4])});
    for (std::size_t size = 0; size < octets.size(); ++size)
        CHECK_FALSE(read_txout_proof(ByteView(octets).first(size)));
    // Behind the header: a change of the tree shows in the root. The padding of the last octet of
    // flags is free.
    for (std::size_t i = header_size; i < octets.size() - 1; ++i) {
        Bytes changed = octets;
        changed[i] ^= 0x10;
        const auto proof = read_txout_proof(changed);
        if (!proof) continue;
        const ProofMatches matches = matches_of(*proof);
        CHECK((matches.root != block.header.merkle_root ||
               proof->transactions != block.transactions.size() || matches.txids.empty()));
    }
    auto proof = *read_txout_proof(octets);
    proof.transactions = 0xffffffff;
    CHECK(matches_of(proof).root.is_zero());
    proof.transactions = 0;
    CHECK(matches_of(proof).root.is_zero());
}

TEST_CASE("the proof of a block with one transaction") {
    const Bytes octets =
        write_txout_proof(regtest_genesis(), {txid_of(regtest_genesis().transactions[0])});
    CHECK(to_hex(octets) == to_hex(serialize(regtest_genesis().header)) +
                                "0100000001"
                                "3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a"
                                "0101");
}

TEST_CASE("proofs are given and verified") {
    test::RpcWorld world;
    world.grow(102);
    const Transaction first = world.spend(1, 1'000);
    const Transaction second = world.spend(2, 1'000);
    const Block block = world.next(world.chain.tip().id, {first, second});
    world.give(block);
    const std::string one = to_text(txid_of(first));
    const std::string two = to_text(txid_of(second));
    const std::string absent = to_text(txid_of(world.chain.at(3)->block.transactions[0]));
    const auto prove = [&](std::vector<std::string> txids, std::string in = {}) {
        Json list = Json::array();
        for (std::string& txid : txids)
            list.push(std::move(txid));
        Json params = Json::array().push(std::move(list));
        if (!in.empty()) params.push(std::move(in));
        return world.call("gettxoutproof", std::move(params));
    };
    const auto verify = [&](Json proof) {
        return world.call("verifytxoutproof", Json::array().push(std::move(proof)));
    };
    CHECK(write_json(verify(prove({one}))) == R"([")" + one + R"("])");
    CHECK(write_json(verify(prove({two, one}, to_text(id_of(block.header))))) ==
          R"([")" + one + R"(",")" + two + R"("])");
    CHECK(mistake(prove({one, absent})) ==
          "-5 Not all transactions found in specified or retrieved block");
    CHECK(mistake(prove({one}, to_text(world.chain.at(3)->id))) ==
          "-5 Not all transactions found in specified or retrieved block");
    CHECK(mistake(verify("00")) ==
          "-1 DataStream::read(): end of data: unspecified iostream_category error");
    const Block elsewhere = block_of(3);
    CHECK(mistake(verify(to_hex(write_txout_proof(
              elsewhere, {txid_of(elsewhere.transactions[1])})))) == "-5 Block not found in chain");
    auto changed = from_hex(prove({one}).text_or(""));
    REQUIRE(changed);
    (*changed)[header_size + 6] ^= 1;
    CHECK(write_json(verify(to_hex(*changed))) == "[]");
}
