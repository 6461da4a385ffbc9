// A securities ledger of four validators in this process, its clients and a reader, as the tests
// and the benchmark of the cluster use them.
#pragma once

#include <doctest/doctest.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <future>
#include <memory>
#include <mutex>

#include "sdk/crypto/hash.h"
#include "sdk/service/clock.h"
#include "securities/machine/light_client.h"
#include "securities/service/cluster.h"

namespace lockstep::securities::test {

namespace fs = std::filesystem;

class Scratch {
public:
    Scratch() {
        std::string name = (fs::temp_directory_path() / "lockstep-cluster-XXXXXX").string();
        REQUIRE(mkdtemp(name.data()) != nullptr);
        path = name;
    }
    ~Scratch() { fs::remove_all(path); }
    fs::path path;
};

class Party {
public:
    explicit Party(const std::string& name) : name_(name) {
        std::array<std::uint8_t, KeySeed::size> seed{};
        std::copy(name.begin(), name.end(), seed.begin());
        signer_ = Ed25519().signer(KeySeed(seed));
    }
    PublicKey key() const { return signer_->public_key(); }
    Address account() const { return *Address::parse("test.csd." + name_); }
    service::Submission sign(const Clock& clock, std::vector<OpBody> bodies) {
        Instruction instruction{
            *Address::parse("test.csd"), key(), clock.now() + Duration::seconds(60), {}};
        for (OpBody& body : bodies) {
            const Hash id = sha256(OerWriter().text(name_).u64(++next_).bytes());
            instruction.ops.push_back({CommandId{id.array()}, std::move(body)});
        }
        Bytes octets = sign_instruction(instruction, *signer_);
        return {std::move(instruction), std::move(octets)};
    }

private:
    std::string name_;
    std::unique_ptr<Signer> signer_;
    static inline std::atomic<std::uint64_t> next_ = 0;  // ids stay new over restarts
};

struct World {
    explicit World(const fs::path& data, ValidatorTiming timing = {}) : workers(2) {
        ClusterSettings settings;
        settings.timing = timing;
        settings.ledger = *Address::parse("test.csd");
        settings.operator_key = op.key();
        settings.data = data;
        settings.disk.ballast_bytes = 1 << 20;
        settings.host.snapshot_rows = 3'000;
        settings.host.snapshot_octets = 1'000'000;
        auto opened = Cluster::open(settings, workers, clock, std::make_shared<Ed25519>());
        if (!opened) FAIL(opened.error().detail);
        cluster = std::move(*opened);
    }
    ~World() {
        cluster->stop();
        workers.stop();
    }
    std::vector<OpAnswer> run(Party& party, std::vector<OpBody> bodies) {
        std::promise<Result<std::vector<OpAnswer>>> promise;
        auto future = promise.get_future();
        cluster->submit(
            party.sign(clock, std::move(bodies)),
            [&](const Result<std::vector<OpAnswer>>& answers) { promise.set_value(answers); });
        const auto answers = future.get();
        if (!answers) FAIL(to_string(answers.error()));
        return *answers;
    }
    void open_books(std::uint64_t units) {
        const auto share = *AssetId::make("SE0000108656", 0);
        run(op, {op::OpenAccount{alice.account(), alice.key()},
                 op::OpenAccount{bob.account(), bob.key()},
                 op::RegisterAsset{share, issuer.key(), Amount{1}}});
        const auto answers = run(issuer, {op::Issue{alice.account(), share, Amount{units}}});
        REQUIRE(answers.at(0).done);
    }
    EscrowTerms terms(std::uint64_t number) const {
        EscrowTerms terms;
        terms.id = EscrowId{sha256(OerWriter().u64(number).bytes()).array()};
        terms.payer = alice.account();
        terms.payee = bob.account();
        terms.asset = *AssetId::make("SE0000108656", 0);
        terms.amount = Amount{1};
        terms.condition = Condition{sha256(preimage(number)).array()};
        terms.expiry = clock.now() + Duration::seconds(50);
        return terms;
    }
    static Bytes preimage(std::uint64_t number) {
        const Hash hash = sha256(OerWriter().u64(number).u8(1).bytes());
        return {hash.view().begin(), hash.view().end()};
    }

    net::IoLoop workers;
    service::LedgerClock clock;
    Party op{"operator"}, issuer{"issuer"}, alice{"alice"}, bob{"bob"};

    std::unique_ptr<Cluster> cluster;
};

// Follows the stream as a node's adapter does.
class Follower {
public:
    Follower(Cluster& cluster, const PublicKey& key)
        : client_({cluster.genesis().chain_id(), cluster.genesis().validators},
                  std::make_shared<Ed25519>(), std::nullopt) {
        const auto subscribed = cluster.subscribe(
            key, 0,
            {[this](const std::shared_ptr<const Bytes>& octets) { return take(*octets); },
             [] { return true; }},
            [](Reason) {});
        REQUIRE(subscribed.has_value());
    }
    ~Follower() { gone_ = true; }
    std::vector<LedgerEvent> wait_for(std::size_t count) {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, std::chrono::seconds(20), [&] { return events_.size() >= count; });
        return events_;
    }
    std::vector<Balance> balances() {
        const std::lock_guard lock(mutex_);
        return balances_;
    }

private:
    bool take(const Bytes& octets) {
        if (gone_) return false;
        const std::lock_guard lock(mutex_);
        const auto frame = decode_frame(octets);
        if (!frame) return false;
        const auto events = client_.accept(*frame);
        if (!events) return false;
        events_.insert(events_.end(), events->begin(), events->end());
        if (!frame->balances.empty()) balances_ = frame->balances;
        changed_.notify_all();
        return true;
    }

    std::atomic<bool> gone_{false};
    std::mutex mutex_;
    std::condition_variable changed_;
    LightClient client_;
    std::vector<LedgerEvent> events_;
    std::vector<Balance> balances_;
};

}  // namespace lockstep::securities::test
