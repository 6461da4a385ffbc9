// What a step of the Bitcoin adapter costs where there is much: a pool of 300,000 transactions, and
// 10,000 open escrows. A step of a second would end the node.
#include <doctest/doctest.h>

#include <chrono>
#include <cstdio>
#include <map>

#include "bitcoin/adapter/escrow_book.h"
#include "sdk/codec/archive.h"
#include "tests/unit/bitcoin_adapter_world.h"

namespace lockstep::test {
namespace {

using namespace bitcoin;

std::shared_ptr<const BitcoinSigner> some_signer() {
    std::array<std::uint8_t, KeySeed::size> seed{};
    seed.fill(1);
    return make_signer(KeySeed{seed}, *network_named("regtest"));
}

// An adapter on a node whose pool is made up.
class Bench {
public:
    explicit Bench(const std::vector<Put>& puts = {}) {
        AdapterSetup setup = BitcoinDesk::setup();
        setup.settings = {{"depth", "3"}, {"poll_ms", "1000"}};
        adapter_ = std::move(*make_adapter(setup, some_signer()));
        adapter_->restore(puts);
        std::vector<AdapterInput> inputs;
        inputs.emplace_back(Woken{});
        step(std::move(inputs));
    }

    // Milliseconds of the slowest step until nothing is due.
    double run() {
        double slowest = 0;
        for (steps = 0;; ++steps) {
            std::vector<AdapterInput> inputs;
            for (const Request& request : std::exchange(requests_, {}))
                inputs.emplace_back(Reply{request.id, answer(request.body)});
            const auto wake = adapter_->next_wake();
            if (inputs.empty() && (!wake || *wake > node.now)) return slowest;
            slowest = std::max(slowest, step(std::move(inputs)));
        }
    }
    // The same after so much time.
    double poll(Duration time = Duration::seconds(60)) {
        node.now = node.now + time;
        return run();
    }
    void add_to_pool(std::uint32_t count) {
        for (std::uint32_t i = 0; i < count; ++i) {
            Transaction transaction;
            transaction.inputs.emplace_back();
            transaction.inputs[0].prevout.index = ++made_;
            transaction.outputs.push_back({1'000, Bytes(22, 1)});
            const std::string id = to_text(txid_of(transaction));
            ids_ += (ids_.empty() ? "\"" : ",\"") + id + "\"";
            transactions_[id] = to_hex(serialize(transaction));
        }
    }

    BitcoinNode node;
    int steps = 0;

private:
    double step(std::vector<AdapterInput> inputs) {
        AdapterOutputs out;
        const auto begun = std::chrono::steady_clock::now();
        adapter_->step(node.now, inputs, out);
        const auto took = std::chrono::steady_clock::now() - begun;
        requests_.insert(requests_.end(), out.requests.begin(), out.requests.end());
        return std::chrono::duration<double, std::milli>(took).count();
    }
    Bytes answer(ByteView body) {
        const Json calls = *parse_json(as_text(body), rpc_limits);
        Json others = Json::array();
        std::string text;
        for (const Json& call : *calls.as_array()) {
            const std::string method = call["method"].text_or("");
            const auto made = transactions_.find(call["params"][0].text_or(""));
            std::string result;
            if (method == "getrawmempool")
                result = "[" + ids_ + "]";
            else if (method == "getrawtransaction" && made != transactions_.end())
                result = "\"" + made->second + "\"";
            if (result.empty()) {
                others.push(call);
                continue;
            }
            text += (text.empty() ? "" : ",") + ("{\"result\":" + result) +
                    ",\"error\":null,\"id\":" + std::to_string(*call["id"].as_uint64()) + "}";
        }
        if (others.size() != 0) {
            const std::string json = write_json(others);
            const Bytes real = node.answer(as_bytes(json));
            const std::string_view inside = as_text(real);
            text += (text.empty() ? "" : ",");
            text += inside.substr(1, inside.rfind(']') - 1);
        }
        text = "[" + text + "]";
        return {text.begin(), text.end()};
    }

    std::unique_ptr<LedgerAdapter> adapter_;
    std::vector<Request> requests_;
    std::string ids_;
    std::map<std::string, std::string> transactions_;
    std::uint32_t made_ = 0;
};

TEST_CASE("a pool of 300,000 transactions is followed in steps of less than a second") {
    constexpr std::uint32_t many = 300'000;
    Bench bench;
    bench.run();
    bench.add_to_pool(many);
    const double first = bench.poll();
    std::printf("a pool of %u that is new: the slowest of %d steps took %.0f ms\n", many,
                bench.steps, first);
    double again = 0;
    for (int i = 0; i < 5; ++i) {
        bench.add_to_pool(10);
        again = std::max(again, bench.poll());
    }
    std::printf("with ten more each time: %.0f ms\n", again);
    CHECK(again < 1'000);
}

TEST_CASE("a step costs what changed, not what is open") {
    constexpr std::uint32_t many = 10'000;
    const Address payer =
        account_address(BitcoinDesk::ledger(), some_signer()->public_key(account_key));
    const EscrowWorld world;
    std::vector<Put> puts;
    for (std::uint32_t i = 0; i < many; ++i) {
        BookedEscrow escrow;
        escrow.terms = world.terms;
        escrow.terms.payer = payer;
        escrow.terms.id = EscrowId(sha256(as_bytes(std::to_string(i))).array());
        escrow.funding = Txid(escrow.terms.id.array());
        escrow.funded_at = 5;
        escrow.told = Certainty::final_;
        Bytes key{'e'};
        append(key, escrow.terms.id.view());
        append(key, as_bytes(payer.text()));
        puts.push_back({0, std::move(key), encode_fields(escrow)});
    }
    Bench bench(puts);
    bench.run();
    double all = 0;
    constexpr int polls = 20;
    for (int i = 0; i < polls; ++i)
        all += bench.poll(Duration::seconds(1));
    std::printf("a poll with %u open escrows: %.2f ms\n", many, all / polls);
    bench.node.mine();
    std::printf("a block: %.2f ms\n", bench.poll());
    CHECK(all / polls < 100);
}

}  // namespace
}  // namespace lockstep::test
