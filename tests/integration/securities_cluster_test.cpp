// Four validators with real keys, journals and threads in one process: what a client and a reader
// see, and what is left after they stopped.
#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <iostream>
#include <mutex>

#include "sdk/service/clock.h"
#include "sdk/store/replay.h"
#include "securities/machine/light_client.h"
#include "securities/service/cluster.h"

using namespace lockstep;
using namespace lockstep::securities;
namespace fs = std::filesystem;

namespace {

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
    explicit World(const fs::path& data) : workers(2) {
        ClusterSettings settings;
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
        cluster->submit(party.sign(clock, std::move(bodies)),
                        [&](Result<std::vector<OpAnswer>> answers) { promise.set_value(answers); });
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
            {[this](std::shared_ptr<const Bytes> octets) { return take(*octets); },
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

// Settlements of two operations one after the other, `in_flight` at a time.
struct Load {
    World& world;
    std::uint64_t total;
    std::atomic<std::uint64_t> next{1'000};
    std::atomic<std::uint64_t> left;
    std::promise<void> all_done;
    std::mutex mutex;
    std::vector<double> operation_ms;

    Load(World& of, std::uint64_t count) : world(of), total(count), left(count) {}
    void one() {
        const std::uint64_t number = next++;
        if (number >= 1'000 + total) return;
        const EscrowTerms terms = world.terms(number);
        step(world.alice, op::Prepare{terms, terms.expiry}, [this, terms, number] {
            step(world.bob, op::Fulfil{{terms.payer, terms.id}, World::preimage(number)}, [this] {
                one();
                if (--left == 0) all_done.set_value();
            });
        });
    }
    void step(Party& party, OpBody body, std::function<void()> then) {
        const auto began = std::chrono::steady_clock::now();
        service::Submission submission;
        {
            const std::lock_guard lock(mutex);
            submission = party.sign(world.clock, {std::move(body)});
        }
        world.cluster->submit(std::move(submission), [this, began, then](auto answers) {
            if (!answers || !answers->at(0).done) {
                std::cerr << "refused: "
                          << to_string(answers ? answers->at(0).reason : answers.error()) << '\n';
                std::abort();
            }
            const std::chrono::duration<double, std::milli> took =
                std::chrono::steady_clock::now() - began;
            {
                const std::lock_guard lock(mutex);
                operation_ms.push_back(took.count());
            }
            // not from the host's thread: signing would hold it up
            world.workers.post(then);
        });
    }
};

}  // namespace

TEST_CASE("what clients do is proved to readers, and the journals give the same states again") {
    Scratch directory;
    {
        World world(directory.path);
        world.open_books(1'000);
        Follower bob(*world.cluster, world.bob.key());
        const EscrowTerms first = world.terms(1);
        CHECK(world.run(world.alice, {op::Prepare{first, first.expiry}}).at(0).done);
        CHECK(world.run(world.bob, {op::Fulfil{{first.payer, first.id}, World::preimage(1)}})
                  .at(0)
                  .done);
        const auto events = bob.wait_for(2);
        REQUIRE(events.size() == 2);
        CHECK(events[0].terms == first);
        CHECK(events[1].state == EscrowState::fulfilled);
        const auto rows = world.cluster->statement(world.alice.account(), 0, 100);
        REQUIRE(rows.has_value());
        CHECK(rows->size() == 3);
        CHECK(rows->back().kind == StatementRow::Kind::paid);
        CHECK(rows->back().free == Amount{999});
    }
    for (std::size_t i = 0; i < 4; ++i) {
        const ClusterSettings settings = [&] {
            ClusterSettings made;
            made.ledger = *Address::parse("test.csd");
            made.operator_key = Party("operator").key();
            made.data = directory.path;
            return made;
        }();
        const auto scheme = std::make_shared<Ed25519>();
        const auto keys = read_or_create_keys(settings, *scheme);
        REQUIRE(keys.has_value());
        ValidatorProgram program(keys->genesis, settings.timing, {keys->signers[i], scheme, false},
                                 nullptr);
        const auto same = replay_and_compare(validator_directory(settings, i).string(), program);
        if (!same) FAIL(same.error().detail);
    }
    {
        World world(directory.path);
        const auto again = world.run(
            world.alice, {op::Prepare{world.terms(2), world.clock.now() + Duration::seconds(9)}});
        CHECK(again.at(0).done);
        std::promise<std::vector<AssetTotals>> totals;
        world.cluster->totals([&](auto found) { totals.set_value(*found); });
        CHECK(totals.get_future().get().at(0).conserved());
    }
}

// LOCKSTEP_BENCH=COUNT runs so many settlements; with LOCKSTEP_BENCH_DIR in that directory, and
// then it ends as if killed. Without a count it measures how long that directory takes to open.
TEST_CASE("many settlements at a time" * doctest::skip(std::getenv("LOCKSTEP_BENCH") == nullptr)) {
    Scratch scratch;
    const char* kept = std::getenv("LOCKSTEP_BENCH_DIR");
    const fs::path directory = kept ? fs::path(kept) : scratch.path;
    const std::uint64_t settlements = std::strtoull(std::getenv("LOCKSTEP_BENCH"), nullptr, 10);
    const auto start = std::chrono::steady_clock::now();
    World world(directory);
    const std::chrono::duration<double, std::milli> opened =
        std::chrono::steady_clock::now() - start;
    std::cout << "open " << opened.count() << " ms\n";
    if (settlements == 0) return;
    world.open_books(10'000'000);
    Follower alice(*world.cluster, world.alice.key());
    Follower bob(*world.cluster, world.bob.key());
    Load load(world, settlements);
    const auto verified = Ed25519::verifications();
    const auto commits = world.cluster->stats().commits;
    const auto began = std::chrono::steady_clock::now();
    const std::clock_t cpu = std::clock();
    for (int i = 0; i < 256; ++i)
        load.one();
    load.all_done.get_future().wait();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    const double cpu_s = static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC;
    std::sort(load.operation_ms.begin(), load.operation_ms.end());
    const auto at = [&](double part) {
        return load.operation_ms[static_cast<std::size_t>(
            part * static_cast<double>(load.operation_ms.size() - 1))];
    };
    const double ops = static_cast<double>(2 * settlements);
    std::cout << "operations/s " << ops / took.count() << "  p50 " << at(0.5) << " ms  p99 "
              << at(0.99) << " ms  cpu " << cpu_s / took.count() * 100 << " %  us/op "
              << cpu_s / ops * 1e6 << "  verified " << Ed25519::verifications() - verified
              << "  commits/s "
              << static_cast<double>(world.cluster->stats().commits - commits) / took.count()
              << "  rows " << world.cluster->stats().rows << std::endl;
    if (kept) std::_Exit(0);
}
