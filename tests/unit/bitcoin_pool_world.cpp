#include "tests/unit/bitcoin_pool_world.h"

#include "bitcoin/chain/sigops.h"

namespace lockstep::test {

using namespace bitcoin;

PoolWorld::PoolWorld(PoolPolicy policy, int coins) : World(anybody_relayed), pool(chain, policy) {
    chain.skip_scripts_of([this](const Transaction& one) { return pool.is_verified(one); });
    REQUIRE(grow(regtest_params.coinbase_maturity + coins - 1) == "ok");
}

OutPoint PoolWorld::coinbase(int height) {
    const Transaction& transaction = chain.at(height)->block.transactions[0];
    const Txid txid = txid_of(transaction);
    made_[txid] = transaction;
    return {txid, 0};
}

OutPoint PoolWorld::place(const Transaction& transaction, std::uint32_t index) {
    return {txid_of(transaction), index};
}

Satoshi PoolWorld::value(const OutPoint& place) const {
    if (const auto found = made_.find(place.txid); found != made_.end())
        return found->second.outputs.at(place.index).value;
    const Coin* found = chain.coins().find(place);
    REQUIRE(found != nullptr);
    return found->output.value;
}

Transaction PoolWorld::pay(const Wish& wish) {
    Transaction transaction;
    Satoshi left = -wish.fee;
    for (const OutPoint& from : wish.from) {
        TxIn input;
        input.prevout = from;
        input.sequence = wish.sequence;
        input.witness = anybody_witness;
        transaction.inputs.push_back(std::move(input));
        left += value(from);
    }
    const Satoshi each = left / static_cast<Satoshi>(wish.outputs);
    for (std::size_t i = 0; i < wish.outputs; ++i)
        transaction.outputs.push_back({each, anybody_relayed});
    transaction.outputs[0].value += left - each * static_cast<Satoshi>(wish.outputs);
    if (wish.data != 0) {
        ScriptWriter script;
        script.op(Opcode::return_).push(Bytes(wish.data, 7));
        transaction.outputs.push_back({0, script.take()});
    }
    made_[txid_of(transaction)] = transaction;
    return transaction;
}

std::string PoolWorld::accept(const Transaction& transaction) {
    const Mempool::Verdict before = pool.test(transaction, now_s);
    const Mempool::Verdict verdict = pool.accept(transaction, now_s);
    if (verdict.fault != "mempool full") CHECK(before.text() == verdict.text());
    CHECK(has(transaction) == (!verdict.fault || *verdict.fault == "txn-already-in-mempool" ||
                               *verdict.fault == "txn-same-nonwitness-data-in-mempool"));
    return verdict.fault ? verdict.text() : "ok";
}

std::string PoolWorld::test(const Transaction& transaction) const {
    const Mempool::Verdict verdict = pool.test(transaction, now_s);
    return verdict.fault.value_or("ok");
}

bool PoolWorld::has(const Transaction& transaction) const {
    return pool.find(txid_of(transaction)) != nullptr;
}

std::string PoolWorld::block(std::vector<Transaction> transactions) {
    return block_on(chain.tip().id, std::move(transactions));
}

std::string PoolWorld::block_on(const BlockId& parent, std::vector<Transaction> transactions) {
    Block made = next(parent, std::move(transactions));
    commit(made);
    std::string said = give(std::move(made));
    pool.follow(change, now_s);
    return said;
}

std::string PoolWorld::selected_block(std::size_t weight) {
    std::vector<Transaction> taken;
    Satoshi fees = 0;
    for (const Mempool::Entry* one : pool.select(weight, max_block_sigops - 400)) {
        taken.push_back(*one->transaction);
        fees += one->fee;
    }
    Block made = next(chain.tip().id, std::move(taken), fees);
    commit(made);
    std::string said = give(std::move(made));
    pool.follow(change, now_s);
    return said;
}

void PoolWorld::invalidate(const BlockId& id) {
    change = {};
    REQUIRE(chain.invalidate(id, change));
    pool.follow(change, now_s);
}

void PoolWorld::reconsider(const BlockId& id) {
    change = {};
    REQUIRE(chain.reconsider(id, change));
    pool.follow(change, now_s);
}

void PoolWorld::check() const {
    std::map<OutPoint, Txid> spent;
    std::size_t octets = 0;
    std::size_t size = 0;
    Satoshi fees = 0;
    for (const auto& [txid, one] : pool.all()) {
        const Transaction& transaction = *one.transaction;
        REQUIRE(one.txid == txid);
        REQUIRE(txid_of(transaction) == txid);
        REQUIRE(wtxid_of(transaction) == one.wtxid);
        Satoshi fee = 0;
        std::vector<TxOut> outputs;
        std::set<Txid> parents;
        for (const TxIn& input : transaction.inputs) {
            // No two spend the same, and what they spend is there.
            REQUIRE(spent.emplace(input.prevout, txid).second);
            REQUIRE(pool.spender(input.prevout) == &one);
            const Mempool::Entry* parent = pool.find(input.prevout.txid);
            const Coin* found = chain.coins().find(input.prevout);
            REQUIRE((parent != nullptr) != (found != nullptr));
            if (parent != nullptr) {
                parents.insert(parent->txid);
                outputs.push_back(parent->transaction->outputs.at(input.prevout.index));
            } else if (found != nullptr) {
                outputs.push_back(found->output);
            }
            fee += outputs.back().value;
        }
        for (const TxOut& output : transaction.outputs)
            fee -= output.value;
        REQUIRE(one.parents == parents);
        REQUIRE(one.fee == fee);
        REQUIRE(one.sigop_cost == sigop_cost(transaction, outputs));
        REQUIRE(one.weight == weight_of(transaction));
        REQUIRE(one.size == virtual_size(one.weight, one.sigop_cost));
        octets += serialize(transaction).size();
        size += one.size;
        fees += fee;
    }
    for (const auto& [txid, one] : pool.all())
        for (std::uint32_t i = 0; i < one.transaction->outputs.size(); ++i)
            REQUIRE((pool.spender({txid, i}) != nullptr) == spent.contains({txid, i}));
    REQUIRE(pool.octets() == octets);
    REQUIRE(pool.size() == size);
    REQUIRE(pool.fees() == fees);
    check_families();
    check_order();
}

void PoolWorld::check_families() const {
    const std::vector<const Mempool::Entry*> ordered = pool.in_order();
    // Behind its parents each has the ancestors of these.
    std::map<Txid, std::set<Txid>> above;
    std::map<Txid, std::set<Txid>> below;
    for (const Mempool::Entry* one : ordered) {
        for (const Txid& parent : one->parents) {
            REQUIRE(pool.find(parent)->children.contains(one->txid));
            above[one->txid].insert(parent);
            above[one->txid].insert(above[parent].begin(), above[parent].end());
        }
        for (const Txid& child : one->children)
            REQUIRE(pool.find(child)->parents.contains(one->txid));
        for (const Txid& ancestor : above[one->txid])
            below[ancestor].insert(one->txid);
    }
    const auto sum = [&](const Mempool::Entry& one, const std::set<Txid>& relatives) {
        Mempool::Family total = one.alone();
        for (const Txid& txid : relatives)
            total += pool.find(txid)->alone();
        return total;
    };
    for (const Mempool::Entry* one : ordered) {
        REQUIRE(pool.ancestors(one->txid) == above[one->txid]);
        REQUIRE(pool.descendants(one->txid) == below[one->txid]);
        REQUIRE(pool.with_ancestors(one->txid) == sum(*one, above[one->txid]));
        REQUIRE(pool.with_descendants(one->txid) == sum(*one, below[one->txid]));
        REQUIRE(one->with_ancestors.count <= pool.policy().max_ancestors);
        REQUIRE(one->with_ancestors.size <= pool.policy().max_ancestor_size);
    }
}

void PoolWorld::check_order() const {
    const std::vector<const Mempool::Entry*> ordered = pool.in_order();
    REQUIRE(ordered.size() == pool.all().size());
    std::set<Txid> seen;
    for (const Mempool::Entry* one : ordered) {
        for (const Txid& parent : one->parents)
            REQUIRE(seen.contains(parent));
        REQUIRE(seen.insert(one->txid).second);
    }
}

}  // namespace lockstep::test
