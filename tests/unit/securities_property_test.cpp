// Properties that hold for whatever is thrown at the ledger and at its state tree.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <map>

#include "sdk/crypto/hash.h"
#include "tests/unit/securities_world.h"

using namespace lockstep;
using namespace lockstep::securities;
using namespace lockstep::securities::testing;

namespace {

const char* const actors[] = {"alice", "bob", "carol"};
const char* const codes[] = {"SHARE", "LOT100"};

std::string any_words() {
    const auto actor = [] { return std::string(actors[*rc::gen::inRange(0, 3)]); };
    const auto number = [](int below) { return std::to_string(*rc::gen::inRange(0, below)); };
    const std::string code = codes[*rc::gen::inRange(0, 2)];
    const std::string amount = number(8) + "00";
    switch (*rc::gen::inRange(0, 7)) {
        case 0:
            return "issue " + actor() + " " + code + " " + amount;
        case 1:
            return "redeem " + actor() + " " + code + " " + amount;
        case 2:
            return "transfer " + actor() + " " + actor() + " " + code + " " + amount + " 999";
        case 3:
            return "prepare E" + number(9) + " " + actor() + " " + actor() + " " + code + " " +
                   amount + " H" + number(3) + " " + number(60) + " 999";
        case 4:
            return actor() + ": fulfil " + actor() + " E" + number(9) + " H" + number(3);
        case 5:
            return "reject " + actor() + " E" + number(9) + " " + actor();
        default:
            return "refund " + actor() + " E" + number(9);
    }
}

Hash hash_of_number(std::uint64_t number) {
    OerWriter to;
    return sha256(to.u64(number).bytes());
}

}  // namespace

TEST_CASE("value is conserved whatever is asked, and a second execution gives the same root") {
    CHECK(rc::check("conservation", [] {
        World world;
        Ledger second_one(test_genesis());
        ArchiveWriter to;
        world.ledger.write(to);
        ArchiveReader from(to.bytes());
        second_one.read(from);
        double now = 1;
        for (int i = *rc::gen::inRange(0, 12); i > 0; --i) {
            world.at(second(now += *rc::gen::inRange(0, 10)));
            std::vector<Transaction> transactions;
            for (int n = *rc::gen::inRange(1, 5); n > 0; --n)
                transactions.push_back(world.transaction(any_words()));
            if (*rc::gen::inRange(0, 2) == 0) {  // another proposal came first and lost
                second_one.execute(world.time() + Duration::seconds(3), transactions);
                second_one.rollback();
            }
            world.block(transactions);
            const Executed again = second_one.execute(world.time(), transactions);
            second_one.commit();
            RC_ASSERT(again.state_root == world.executed.state_root);
            RC_ASSERT(again.tx_root == world.executed.tx_root);
            RC_ASSERT(conserved(world.ledger.state()));
        }
    }));
}

TEST_CASE("the root of the state tree follows from its contents alone, and proofs hold") {
    CHECK(rc::check("merkle map", [] {
        MerkleMap map;
        std::map<Hash, Hash> model;
        for (int i = *rc::gen::inRange(0, 60); i > 0; --i) {
            const Hash key = hash_of_number(*rc::gen::inRange<std::uint64_t>(0, 20));
            if (*rc::gen::inRange(0, 3) == 0) {
                map.erase(key);
                model.erase(key);
            } else {
                const Hash value = hash_of_number(*rc::gen::inRange<std::uint64_t>(0, 5));
                map.set(key, value);
                model[key] = value;
            }
            if (*rc::gen::inRange(0, 4) == 0) map.root();
        }
        MerkleMap fresh;
        for (auto it = model.rbegin(); it != model.rend(); ++it)
            fresh.set(it->first, it->second);
        const Hash root = map.root();
        RC_ASSERT(fresh.root() == root);
        RC_ASSERT(map.size() == model.size());
        // read at once, it has the same root, and goes on in the same way
        std::vector<MerkleMap::Leaf> leaves;
        for (const auto& [key, value] : model)
            leaves.push_back({key, value});
        MerkleMap loaded;
        loaded.set(hash_of_number(77), hash_of_number(1));
        loaded.load(std::move(leaves));
        RC_ASSERT(loaded.root() == root);
        RC_ASSERT(loaded.size() == model.size());
        for (const std::uint64_t number : {std::uint64_t{3}, std::uint64_t{30}}) {
            loaded.set(hash_of_number(number), hash_of_number(9));
            fresh.set(hash_of_number(number), hash_of_number(9));
            RC_ASSERT(loaded.root() == fresh.root());
        }
        loaded.erase(hash_of_number(3));
        fresh.erase(hash_of_number(3));
        RC_ASSERT(loaded.root() == fresh.root());
        for (std::uint64_t i = 0; i < 25; ++i) {
            const Hash key = hash_of_number(i);
            const StateProof proof = map.prove(key);
            const auto it = model.find(key);
            const auto value = it == model.end() ? std::nullopt : std::optional<Hash>{it->second};
            RC_ASSERT(verify_state(root, key, value, proof));
            const auto wrong = value ? std::nullopt : std::optional<Hash>{hash_of_number(1)};
            RC_ASSERT(!verify_state(root, key, wrong, proof));
            RC_ASSERT(!verify_state(hash_of_number(99), key, value, proof));
        }
    }));
}
