// A party as a program: what is durable before what leaves, and two of them with crashes at every
// persistence point, of which nobody may lose anything.
#include <algorithm>
#include <functional>

#include "connector/swap/answers.h"
#include "sdk/codec/archive.h"
#include "tests/unit/swap_pair.h"

using namespace lockstep;
using namespace lockstep::test;

namespace {

bool has_octets(const MemoryDisk& disk, ByteView octets) {
    const auto holds = [&](const Bytes& bytes) {
        return std::search(bytes.begin(), bytes.end(), octets.begin(), octets.end()) != bytes.end();
    };
    return std::any_of(disk.rows.begin(), disk.rows.end(),
                       [&](const auto& row) { return holds(row.body); }) ||
           std::any_of(disk.puts.begin(), disk.puts.end(),
                       [&](const auto& put) { return holds(put.second); }) ||
           std::any_of(disk.snapshots.begin(), disk.snapshots.end(),
                       [&](const auto& snapshot) { return holds(snapshot.state); });
}

std::string states(const SwapPair& pair) {
    const auto word = [](const ModelLedger& ledger) {
        return ledger.state() ? std::string(to_string(*ledger.state())) : "none";
    };
    return word(pair.payment) + " " + word(pair.delivery);
}

}  // namespace

TEST_CASE("two parties who are there settle, whatever the order in which they hear") {
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
        CAPTURE(seed);
        SwapPair pair(seed);
        pair.run(0);
        REQUIRE(pair.buyer.end == swap::End::settled);
        REQUIRE(pair.seller.end == swap::End::settled);
        REQUIRE(states(pair) == "fulfilled fulfilled");
    }
}

TEST_CASE("a crash at any persistence point, once in a margin, costs nobody anything") {
    std::size_t points = 0;
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        CAPTURE(seed);
        SwapPair pair(seed);
        pair.run(4);
        points += pair.buyer.host->points() + pair.seller.host->points();
        REQUIRE(states(pair) == "fulfilled fulfilled");
        REQUIRE(pair.buyer.end == swap::End::settled);
        REQUIRE(pair.seller.end == swap::End::settled);
        REQUIRE(pair.payment.escrows() == 1);
        REQUIRE(pair.delivery.escrows() == 1);
        // The whole journal of each, from its first row, gives the state that it has.
        for (SwapPair::Party* const party : {&pair.buyer, &pair.seller}) {
            if (!party->host->running()) REQUIRE(party->host->start(pair.now));
            const auto replayed = pair.make(party == &pair.buyer ? Role::buyer : Role::seller);
            const auto recovered = replayed->recover(whole_journal(party->disk));
            REQUIRE_MESSAGE(recovered, recovered.error().detail);
            REQUIRE(replayed->snapshot() == party->host->program().snapshot());
        }
    }
    CHECK(points > 10'000);
}

TEST_CASE("who goes away for good costs the other nothing, whenever it is") {
    std::map<std::string, int> seen;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        CAPTURE(seed);
        SwapPair pair(seed);
        const bool buyer_goes = seed % 2 == 0;
        SwapPair::Party& goes = buyer_goes ? pair.buyer : pair.seller;
        SwapPair::Party& stays = buyer_goes ? pair.seller : pair.buyer;
        // A request that is on the way is lost with it, or has just arrived.
        const std::size_t turns = 1 + pair.below(30);
        pair.run_until_turn(turns);
        goes.gone = true;
        pair.run_on(0);
        REQUIRE(stays.end.has_value());
        // Nobody leaves who has something in escrow.
        const ModelLedger& own = buyer_goes ? pair.delivery : pair.payment;
        REQUIRE(own.state() != EscrowState::prepared);
        pair.expire();
        const std::string how = states(pair);
        ++seen[how];
        CAPTURE(how);
        if (buyer_goes) {
            // The buyer's delivery was taken, so the payment was too.
            // Where nobody sends the payment's refund it lies there: its own loss.
            REQUIRE((how == "none none" || how == "prepared none" ||
                     how == "prepared refunded_expired" || how == "fulfilled fulfilled"));
        } else {
            // The seller who is gone may leave its payment lying: that is its own loss.
            REQUIRE(how != "fulfilled refunded_expired");
            REQUIRE(how != "fulfilled none");
        }
    }
    CHECK(seen["fulfilled fulfilled"] > 0);
    CHECK(seen["refunded_expired none"] > 0);
    CHECK(seen["prepared refunded_expired"] > 0);
}

TEST_CASE("an older disk, put back at any time, costs nobody anything") {
    std::map<std::string, int> seen;
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        CAPTURE(seed);
        SwapPair pair(seed);
        const Role role = seed % 2 == 0 ? Role::buyer : Role::seller;
        SwapPair::Party& party = role == Role::buyer ? pair.buyer : pair.seller;
        pair.start(pair.buyer, Role::buyer);
        pair.start(pair.seller, Role::seller);
        while (!party.host->program().machine().swap())
            pair.turn(0);
        const MemoryDisk disk = party.disk;
        const std::size_t meanwhile = pair.below(60);
        for (std::size_t i = 0; i < meanwhile; ++i)
            pair.turn(0);
        // Some are away until long after the time in which they could begin anything; a seller is
        // back before the payment is not its own any more.
        if (pair.below(2) == 0) {
            party.host->crash();
            party.gone = true;
            const auto away =
                static_cast<std::int64_t>(80 + pair.below(role == Role::buyer ? 60 : 30));
            while (pair.now < swap_start + Duration::seconds(away))
                pair.turn(0);
            party.gone = false;
        }
        pair.restore(party, role, disk);
        pair.run_on(0);
        REQUIRE(pair.buyer.end.has_value());
        REQUIRE(pair.seller.end.has_value());
        pair.expire();
        const std::string how = states(pair);
        CAPTURE(how);
        ++seen[how];
        REQUIRE((how == "fulfilled fulfilled" || how == "none none" ||
                 how == "refunded_expired none" || how == "refunded_expired refunded_expired" ||
                 how == "refunded_expired refunded_rejected"));
        REQUIRE(pair.payment.escrows() <= 1);
        REQUIRE(pair.delivery.escrows() <= 1);
    }
    CHECK(seen["fulfilled fulfilled"] > 100);
    CHECK(seen["refunded_expired refunded_expired"] > 0);
}

TEST_CASE("the secret is nowhere on the buyer's disk before the decision to show it is there") {
    SwapPair pair(1);
    bool released = false;
    std::optional<Bytes> secret;
    std::vector<MemoryDisk> before;
    pair.start(pair.buyer, Role::buyer);
    pair.start(pair.seller, Role::seller);
    for (int turn = 0; turn < 200 && !secret; ++turn) {
        before.push_back(pair.buyer.disk);
        pair.turn(0);
        const auto& swap = pair.buyer.host->program().machine().swap();
        if (swap && swap->released) released = true;
        if (swap) secret = swap->preimage;
    }
    REQUIRE(secret);
    CHECK(released);
    CHECK(has_octets(pair.buyer.disk, *secret));
    for (const MemoryDisk& disk : before)
        CHECK_FALSE(has_octets(disk, *secret));
}

TEST_CASE("a crash between the decision and the secret carries the decision out") {
    SwapPair pair(2);
    pair.start(pair.buyer, Role::buyer);
    pair.start(pair.seller, Role::seller);
    while (!pair.buyer.host->program().machine().unfinished_release())
        pair.turn(0);
    pair.buyer.host->crash();
    pair.start(pair.buyer, Role::buyer);
    CHECK(std::any_of(pair.buyer.to_host.begin(), pair.buyer.to_host.end(), [](const auto& event) {
        return std::holds_alternative<swap::event::ReleaseDurable>(event);
    }));
    pair.run_on(0);
    CHECK(states(pair) == "fulfilled fulfilled");
}

namespace {

// Says what the frames that it hears say, as a ledger that is catching up.
class ScanningAdapter final : public LedgerAdapter {
public:
    void restore(const std::vector<Put>&) override {}
    void step(Timestamp, std::span<AdapterInput> inputs, AdapterOutputs& out) override {
        for (const AdapterInput& input : inputs)
            if (const auto* frame = std::get_if<StreamFrame>(&input))
                out.reports.emplace_back(report::Health{Timestamp{}, report::Mode::catching_up,
                                                        std::string(as_text(frame->body))});
    }
    std::optional<Timestamp> next_wake() const override { return std::nullopt; }
};

}  // namespace

TEST_CASE("how far a ledger is in catching up is told as it proceeds") {
    const auto owns = ledgers_of(Role::buyer, swap_terms());
    SeededRandom random(1);
    swap::ProgramParts parts;
    parts.keeper = std::make_shared<assembly::SeedSecretKeeper>(KeySeed{});
    parts.random = &random;
    for (const swap::OwnLedger& own : owns)
        parts.ledgers.push_back({own, std::make_unique<ScanningAdapter>()});
    swap::SwapProgram program(std::move(parts));
    swap::LedgerAnswers answers(owns.size());
    const auto hear = [&](std::size_t ledger, std::string_view text) {
        const ByteView octets = as_bytes(text);
        std::vector<swap::Event> events;
        events.push_back(
            swap::event::FromLedger{ledger, StreamFrame{Bytes(octets.begin(), octets.end())}});
        Turn<swap::Effect> turn;
        program.run(swap_start, std::move(events), turn);
        std::string told;
        for (const swap::Effect& effect : turn.effects)
            if (const auto* changed = std::get_if<swap::effect::LedgerChanged>(&effect)) {
                answers.hear(*changed);
                told += std::to_string(changed->ledger) + " " + changed->detail;
            }
        return told;
    };
    CHECK(hear(0, "looks for coins") == "0 looks for coins");
    CHECK(hear(0, "looks for coins") == "");
    CHECK(hear(0, "looks for coins: 1 %") == "0 looks for coins: 1 %");
    CHECK(hear(0, "looks for coins: 2 %") == "0 looks for coins: 2 %");
    CHECK(hear(1, "") == "1 ");
    CHECK(answers.detail(0) == "looks for coins: 2 %");
    CHECK(!answers.all());
    answers.hear({1, report::Mode::stale, "no answer", Timestamp{}});
    CHECK(!answers.all());
    answers.hear({1, report::Mode::catching_up, "", swap_start});
    CHECK(answers.all());
}

TEST_CASE("a swap that is open does not start without its ledgers and accounts") {
    SwapPair pair(4);
    pair.start(pair.buyer, Role::buyer);
    pair.start(pair.seller, Role::seller);
    while (!pair.buyer.host->program().machine().is_open())
        pair.turn(0);
    pair.buyer.host->crash();
    const auto started_with = [&](const std::function<void(swap::ProgramParts&)>& change) {
        SwapPair::Host host(
            pair.buyer.disk,
            [&] {
                swap::ProgramParts parts = pair.parts(Role::buyer);
                change(parts);
                return std::make_unique<swap::SwapProgram>(std::move(parts));
            },
            20);
        const auto started = host.start(pair.now);
        return started ? "" : started.error().code;
    };
    CHECK(started_with([](auto& parts) { parts.ledgers.pop_back(); }) == "ledger_not_configured");
    CHECK(started_with([](auto& parts) {
              parts.ledgers[1].own.accounts = {swap_address("test.csd.carol")};
          }) == "account_not_configured");
    CHECK(started_with([](auto&) {}) == "");
}

TEST_CASE("a journal that replays to other commands is refused") {
    SwapPair pair(3);
    pair.start(pair.buyer, Role::buyer);
    pair.start(pair.seller, Role::seller);
    const auto is_output = [](const JournalRow& row) { return row.kind == RowKind::output; };
    auto& rows = pair.buyer.disk.rows;
    while (std::none_of(rows.begin(), rows.end(), is_output))
        pair.turn(0);
    pair.buyer.host->crash();
    JournalRow& row = *std::find_if(rows.begin(), rows.end(), is_output);
    row.body.back() ^= 1;
    pair.buyer.disk.snapshots.clear();
    Hash chain;
    for (JournalRow& one : rows)
        chain = one.chain = chain_hash(chain, one);
    const auto started = pair.buyer.host->start(pair.now);
    REQUIRE(!started);
    CHECK(started.error().code == "diverged");
}
