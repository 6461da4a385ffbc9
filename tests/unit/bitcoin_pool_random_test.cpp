// Thousands of random steps; after each all that the pool says is computed anew from its
// transactions.
#include <doctest/doctest.h>

#include <random>

#include "bitcoin/chain/sigops.h"
#include "tests/unit/bitcoin_pool_world.h"

using namespace lockstep;
using namespace lockstep::bitcoin;
using namespace lockstep::test;

namespace {

class Drive {
public:
    Drive(std::uint32_t seed, const PoolPolicy& policy) : world_(policy, 60), random_(seed) {}

    void run(int steps) {
        for (int i = 0; i < steps; ++i) {
            CAPTURE(i);
            step();
            world_.check();
            check_selection();
        }
    }
    // What was said, and how often.
    std::map<std::string, int> said;

private:
    std::size_t below(std::size_t limit) { return random_() % limit; }

    void step() {
        world_.now_s += static_cast<std::int64_t>(below(60));
        switch (below(30)) {
            case 0:
                note("mine " + world_.selected_block(below(3) == 0 ? 400'000 : 4'000));
                break;
            case 1:
                leave();
                break;
            case 2:
                if (!left_.empty()) {
                    const BlockId id = left_[below(left_.size())];
                    world_.reconsider(id);
                }
                break;
            case 3:
                note("conflict " + world_.block({spend(2'000)}).substr(0, 12));
                break;
            default:
                note(world_.accept(spend(1'000 * static_cast<Satoshi>(1 + below(40)))));
        }
    }
    void note(const std::string& text) { ++said[text.substr(0, text.find(','))]; }

    void leave() {
        const int depth = static_cast<int>(1 + below(3));
        if (world_.chain.height() < 140) return;
        const BlockId id = world_.chain.at(world_.chain.height() - depth + 1)->id;
        left_.push_back(id);
        world_.invalidate(id);
    }
    // Of some place, spent or not, in the chain or in the pool.
    OutPoint some_place() {
        if (below(2) == 0 || world_.pool.all().empty())
            return world_.coinbase(static_cast<int>(1 + below(30)));
        auto one = world_.pool.all().begin();
        std::advance(one, static_cast<std::ptrdiff_t>(below(world_.pool.all().size())));
        const auto outputs = one->second.transaction->outputs.size();
        return {one->first, static_cast<std::uint32_t>(below(outputs))};
    }
    // Coins of the chain that are not coinbases, as well.
    OutPoint some_coin() {
        if (below(3) != 0) return some_place();
        const auto& coins = world_.chain.coins().all();
        auto one = coins.begin();
        std::advance(one, static_cast<std::ptrdiff_t>(below(coins.size())));
        if (one->second.output.script != anybody_relayed || one->second.output.value < coin / 10)
            return some_place();
        return one->first;
    }
    Transaction spend(Satoshi fee) {
        std::vector<OutPoint> from{some_coin()};
        if (const OutPoint second = some_coin(); below(3) == 0 && second != from[0])
            from.push_back(second);
        const std::uint32_t sequences[] = {0xffffffff, 0xffffffff, 0xfffffffd, 0xfffffffd,
                                           0xfffffffe, 0,          1,          120};
        return world_.pay({from, fee, 1 + below(4), sequences[below(8)]});
    }
    // What it would give to a block may be connected, with all scripts, to these coins.
    void check_selection() {
        const std::size_t room = below(2) == 0 ? 6'000 : 400'000;
        std::vector<Transaction> taken;
        Satoshi fees = 0;
        std::size_t weight = 0;
        for (const Mempool::Entry* one : world_.pool.select(room, max_block_sigops - 400)) {
            taken.push_back(*one->transaction);
            fees += one->fee;
            weight += one->weight;
        }
        REQUIRE(weight <= room);
        // Nothing but what pays too little stays behind.
        if (room == 400'000) REQUIRE(taken.size() == world_.pool.all().size());
        const Chain& chain = world_.chain;
        Block block = world_.next(chain.tip().id, std::move(taken), fees);
        commit(block);
        mine(block);
        REQUIRE(check_block(block, chain.params()).value_or("ok") == "ok");
        REQUIRE(check_in_context(block, chain.next()).value_or("ok") == "ok");
        Coins coins = chain.coins();
        BlockUndo undo;
        const auto median_before = [&](int height) { return chain.median_before(height); };
        REQUIRE(connect(block, chain.next(), chain.params(), median_before, coins, undo)
                    .value_or("ok") == "ok");
    }

    PoolWorld world_;
    std::mt19937 random_;
    std::vector<BlockId> left_;
};

}  // namespace

TEST_CASE("whatever comes, the pool is what its transactions make it") {
    std::map<std::string, int> said;
    for (std::uint32_t seed = 1; seed <= 6; ++seed) {
        CAPTURE(seed);
        PoolPolicy policy;
        if (seed % 2 == 0) policy.max_octets = 3'000;
        if (seed % 3 == 0) policy.full_rbf = true;
        if (seed % 3 == 1) policy.max_ancestors = policy.max_descendants = 6;
        Drive drive(seed, policy);
        drive.run(700);
        for (const auto& [word, count] : drive.said)
            said[word] += count;
    }
    // No block that was made of what it selected was refused.
    for (const auto& [word, count] : said)
        if (word.starts_with("mine ")) CHECK(word == "mine ok");
    for (const char* word :
         {"ok", "mine ok", "conflict ok", "txn-mempool-conflict", "insufficient fee",
          "too-long-mempool-chain", "mempool full", "non-BIP68-final"})
        CHECK_MESSAGE(said[word] > 0, word);
}
