#include "tests/bench/bitcoin_bench.h"

#include <ctime>

#include "bitcoin/adapter/escrow_keys.h"
#include "bitcoin/machine/mining.h"
#include "bitcoin/script/script.h"
#include "bitcoin/script/signature_form.h"
#include "bitcoin/script/signature_hash.h"
#include "sdk/base/assert.h"
#include "sdk/crypto/hash.h"

namespace lockstep::bench {
namespace {

using namespace lockstep::bitcoin;

constexpr std::int64_t start_s = 1'700'000'000;
constexpr std::size_t in_a_block = 1'000;
constexpr std::size_t in_a_sweep = 100;
constexpr Satoshi worth = 100'000;
constexpr Satoshi fee = 1'000;

// Of this thread: what else runs on the machine does not count.
std::int64_t cpu_us() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1'000;
}
template <class F>
std::int64_t time_of(F work) {
    const std::int64_t begun = cpu_us();
    work();
    return cpu_us() - begun;
}

struct Signed {
    Hash message;
    ecdsa::Compact signature;
};

// One key that all is paid to.
class Owner {
public:
    ByteView script() const { return script_; }
    ByteView key() const { return key_.view(); }

    // Each input spends an output of that value.
    void sign(Transaction& transaction, Satoshi value) {
        const CommonHashes common(transaction);
        const Bytes code = key_hash_script(ByteView(script_).subspan(2));
        for (std::size_t i = 0; i < transaction.inputs.size(); ++i) {
            const Hash message =
                witness_signature_hash(transaction, common, i, code, value, sighash_all);
            const ecdsa::Compact signature = secret_.sign(message);
            Bytes der = ecdsa::to_der(signature);
            der.push_back(static_cast<std::uint8_t>(sighash_all));
            transaction.inputs[i].witness = {std::move(der), Bytes(key().begin(), key().end())};
            made.push_back({message, signature});
        }
    }

    std::vector<Signed> made;

private:
    ecdsa::SecretKey secret_ = *ecdsa::SecretKey::from(sha256(as_bytes("lockstep-bench")).view());
    ecdsa::CompressedKey key_ = secret_.public_key();
    Bytes script_ = script_pubkey_of(key_);
};

class Node {
public:
    explicit Node(ByteView script) : script_(script.begin(), script.end()) {}

    Chain chain{params(), regtest_genesis()};
    Mempool pool{chain, {}};

    void give(const Block& block) {
        ChainChange change;
        const Fault fault = chain.accept(block, now_s(), change);
        ASSERT(!fault);
        pool.follow(change, now_s());
    }
    // On the tip, of these transactions.
    Block make(std::vector<Transaction> transactions) {
        Block block =
            assemble(chain, std::move(transactions), 0, {script_, ++blocks_}, now_s()).block;
        std::uint64_t tries = UINT64_MAX;
        ASSERT(find_work(block.header, chain.params().bits, tries));
        return block;
    }
    std::int64_t now_s() const { return start_s + chain.height() * 600; }

private:
    static ChainParams params() {
        ChainParams params = regtest_params;
        params.coinbase_maturity = 1;
        params.halving_interval = 1'000'000;
        return params;
    }
    Bytes script_;
    std::uint64_t blocks_ = 0;
};

TxIn spend(const Txid& txid, std::size_t index) {
    TxIn input;
    input.prevout = {txid, static_cast<std::uint32_t>(index)};
    return input;
}

// As many outputs as a block of the measurement has inputs, each time; in their blocks.
std::vector<Txid> fan_out(Node& node, Owner& owner, std::size_t fans) {
    std::vector<Txid> ids;
    for (std::size_t i = 0; i < fans; ++i) {
        node.give(node.make({}));
        const Transaction& coinbase = node.chain.tip().block.transactions[0];
        Transaction fan;
        fan.inputs.push_back(spend(txid_of(coinbase), 0));
        fan.outputs.assign(in_a_block,
                           {worth, Bytes(owner.script().begin(), owner.script().end())});
        owner.sign(fan, coinbase.outputs[0].value);
        ids.push_back(txid_of(fan));
        node.give(node.make({std::move(fan)}));
    }
    return ids;
}

// Those that spend one of the fans, with so many inputs each.
std::vector<Transaction> spends(Owner& owner, const Txid& fan, std::size_t inputs) {
    std::vector<Transaction> list;
    for (std::size_t first = 0; first < in_a_block; first += inputs) {
        Transaction transaction;
        for (std::size_t i = 0; i < inputs; ++i)
            transaction.inputs.push_back(spend(fan, first + i));
        const auto count = static_cast<Satoshi>(inputs);
        transaction.outputs.push_back(
            {count * (worth - fee), Bytes(owner.script().begin(), owner.script().end())});
        owner.sign(transaction, worth);
        list.push_back(std::move(transaction));
    }
    return list;
}

std::int64_t connect_all(Node& node, Owner& owner, const std::vector<Txid>& fans,
                         std::size_t inputs) {
    std::int64_t total = 0;
    for (const Txid& fan : fans) {
        const Bytes octets = serialize(node.make(spends(owner, fan, inputs)));
        total += time_of([&] {
            const auto block = parse_block(octets);
            ASSERT(block);
            node.give(*block);
        });
    }
    return total;
}

}  // namespace

BitcoinFigures measure_bitcoin(std::size_t inputs) {
    const std::size_t blocks = (std::max<std::size_t>(inputs, 1) + in_a_block - 1) / in_a_block;
    BitcoinFigures figures;
    figures.inputs = blocks * in_a_block;
    Owner owner;
    {
        Node node(owner.script());
        const std::vector<Txid> fans = fan_out(node, owner, blocks);
        owner.made.clear();
        figures.blocks_us = connect_all(node, owner, fans, 1);
        ASSERT(owner.made.size() == figures.inputs);
        figures.signatures_us = time_of([&] {
            for (const Signed& one : owner.made)
                ASSERT(ecdsa::verify(owner.key(), one.signature, one.message));
        });
    }
    {
        Node node(owner.script());
        const std::vector<Txid> fans = fan_out(node, owner, blocks);
        figures.sweeps_us = connect_all(node, owner, fans, in_a_sweep);
    }
    Node node(owner.script());
    node.chain.skip_scripts_of(
        [&](const Transaction& transaction) { return node.pool.is_verified(transaction); });
    for (const Txid& fan : fan_out(node, owner, blocks)) {
        std::vector<Transaction> list = spends(owner, fan, 1);
        figures.pool_us += time_of([&] {
            for (const Transaction& transaction : list)
                ASSERT(!node.pool.accept(transaction, node.now_s()).fault);
        });
        const Block block = node.make(std::move(list));
        figures.mined_us += time_of([&] { node.give(block); });
    }
    return figures;
}

}  // namespace lockstep::bench
