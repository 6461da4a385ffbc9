#include <doctest/doctest.h>

#include <map>
#include <set>

#include "sdk/crypto/hash.h"
#include "securities/machine/light_client.h"
#include "tests/unit/consensus_network.h"

using namespace lockstep;
using namespace lockstep::securities;
using namespace lockstep::securities::testing;

namespace {

const std::vector<std::string>& opening() {
    static const std::vector<std::string> words = {"open alice alice", "open bob bob",
                                                   "asset SHARE 1", "issue alice SHARE 1000"};
    return words;
}

void open_books(Network& network) {
    int next = 0;
    for (const std::string& words : opening()) {
        const Transaction transaction = network.instruction(words, "open" + std::to_string(next++));
        network.submit(transaction);
        network.run_until(network.now() + Duration::seconds(2));
        REQUIRE(network.answers.count(transaction.id) == 1);
        REQUIRE(network.answers[transaction.id].at(0).done);
    }
}

// Honest validators never sign two votes of one kind in one round.
void check_votes(const Network& network, const std::set<std::size_t>& honest) {
    std::map<std::tuple<std::size_t, VoteKind, std::uint64_t, std::uint32_t>, Hash> seen;
    for (const auto& [from, vote] : network.votes) {
        if (honest.count(from) == 0) continue;
        const Ballot& ballot = vote.ballot;
        const auto [it, first] =
            seen.emplace(std::tuple{from, ballot.kind, ballot.height, ballot.round}, ballot.block);
        CHECK(it->second == ballot.block);
    }
}

// All of these agree on their last common state and it follows from their journals.
void check_agreement(const Network& network, const std::vector<std::size_t>& of) {
    for (const std::size_t i : of) {
        REQUIRE(network.up(i));
        CHECK(network.digest_of(i) == network.replayed_digest_of(i));
        const Tip& tip = network.program(i).validator().tip();
        if (tip.height > 0) CHECK(network.decided.at(tip.height) == tip.hash);
        CHECK(conserved(network.program(i).validator().ledger().state()));
    }
}

}  // namespace

TEST_CASE("validators decide what clients ask for, and every client gets the ledger's answer") {
    Network network(1);
    network.start();
    open_books(network);
    const Transaction prepare = network.instruction("prepare E1 alice bob SHARE 10 H1 60 50", "p");
    network.submit(prepare);
    network.run_until(network.now() + Duration::milliseconds(200));
    CHECK(network.answers[prepare.id].at(0).done);
    const Transaction fulfil = network.instruction("fulfil alice E1 H1", "f");
    network.submit(fulfil);
    network.run_until(network.now() + Duration::milliseconds(200));
    CHECK(network.answers[fulfil.id].at(0).done);
    check_agreement(network, {0, 1, 2, 3});
    check_votes(network, {0, 1, 2, 3});
    for (const auto& [height, block] : network.blocks)
        CHECK(block.header.round == 0);
}

TEST_CASE("empty blocks keep the ledger's time known, and an expiry has its block at once") {
    Network network(2);
    network.start();
    open_books(network);
    const double now = static_cast<double>((network.now() - second(0)).us()) / 1e6;
    network.submit(network.instruction("prepare E1 alice bob SHARE 10 H1 " +
                                           std::to_string(now + 0.7) + " " +
                                           std::to_string(now + 0.5),
                                       "p"));
    network.run_until(network.now() + Duration::milliseconds(100));
    const std::uint64_t before = network.height({0});
    const Timestamp expiry = second(now + 0.7);
    network.run_until(expiry - Duration::milliseconds(10));
    CHECK(network.program(0).validator().ledger().next_expiry() == expiry);
    network.run_until(expiry + Duration::milliseconds(120));
    CHECK_FALSE(network.program(0).validator().ledger().next_expiry().has_value());
    network.run_until(network.now() + Duration::seconds(10));
    const std::uint64_t blocks = network.height({0, 1, 2, 3}) - before;
    CHECK(blocks >= 16);
    CHECK(blocks <= 30);
}

TEST_CASE("a block holds no more operations than one reader can be shown at once") {
    Network network(12);
    network.start();
    open_books(network);
    std::vector<Hash> ids;
    for (int i = 0; i < 5; ++i) {
        Instruction instruction{*Address::parse("test.csd"),
                                key_of("alice"),
                                network.now() + Duration::seconds(60),
                                {}};
        for (std::size_t j = 0; j < max_ops; ++j) {
            const std::string name = std::to_string(i) + "/" + std::to_string(j);
            const op::Refund refund{{account_of("alice"), escrow_of(name)}};
            instruction.ops.push_back({command_of(name), refund});
        }
        const auto transaction =
            Transaction::decode(sign_instruction(instruction, *signer_of("alice")));
        REQUIRE(transaction);
        ids.push_back(transaction->id);
        network.submit(*transaction);
    }
    network.run_until(network.now() + Duration::seconds(3));
    for (const Hash& id : ids)
        CHECK(network.answers[id].size() == max_ops);
    std::size_t most = 0;
    for (const auto& [height, block] : network.blocks)
        most = std::max(most, block.leaves.size());
    CHECK(most == 3 * (1 + max_ops));
    static_assert(3 * max_ops == max_block_operations);
    check_agreement(network, {0, 1, 2, 3});
}

TEST_CASE("three of four validators go on when one is down, and it catches up when it is back") {
    Network network(3);
    network.start();
    open_books(network);
    network.stop(2);
    for (int i = 0; i < 10; ++i) {
        network.submit(
            network.instruction("transfer alice bob SHARE 1 9999", "t" + std::to_string(i)));
        network.run_until(network.now() + Duration::seconds(1));
    }
    CHECK(network.program(0).validator().ledger().balances(account_of("bob")).at(0).free ==
          Amount{10});
    network.restart(2);
    network.run_until(network.now() + Duration::seconds(3));
    CHECK(network.height({2}) + 1 >= network.height({0}));
    check_agreement(network, {0, 1, 2, 3});
    check_votes(network, {0, 1, 2, 3});
}

TEST_CASE("two of four validators decide nothing") {
    Network network(4);
    network.start();
    open_books(network);
    network.stop(1);
    network.stop(3);
    const std::uint64_t before = network.height({0});
    network.run_until(network.now() + Duration::seconds(5));
    const std::uint64_t stopped = network.height({0, 2});
    CHECK(stopped <= before + 1);
    network.run_until(network.now() + Duration::seconds(20));
    CHECK(network.height({0, 2}) == stopped);
    network.restart(1);
    network.run_until(network.now() + Duration::seconds(20));
    CHECK(network.height({0, 1, 2}) > stopped + 3);
    check_votes(network, {0, 1, 2, 3});
}

TEST_CASE("one validator that says different things to different others changes nothing") {
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
        CAPTURE(seed);
        Network network(100 + seed);
        network.make_equivocating(seed % 4);
        network.start();
        open_books(network);
        std::vector<std::size_t> honest;
        for (std::size_t i = 0; i < 4; ++i)
            if (i != seed % 4) honest.push_back(i);
        network.run_until(network.now() + Duration::seconds(20));
        CHECK(network.equivocations > 0);
        CHECK(network.height(honest) > 10);
        check_agreement(network, honest);
        check_votes(network, {honest.begin(), honest.end()});
    }
}

TEST_CASE("lost, doubled and late messages, crashes at every point and a liar: never two blocks") {
    std::size_t crashes = 0;
    for (std::uint64_t seed = 0; seed < 30; ++seed) {
        CAPTURE(seed);
        Network network(1000 + seed);
        const bool liar = seed % 3 == 0;
        if (liar) network.make_equivocating(3);
        network.start();
        open_books(network);
        network.faults = {0.2, 0.1, Duration::milliseconds(seed % 2 == 0 ? 50 : 400), 0.01};
        for (int i = 0; i < 20; ++i) {
            network.submit(
                network.instruction("transfer alice bob SHARE 1 9999", "t" + std::to_string(i)));
            if (i % 5 == 0) network.save_snapshot(static_cast<std::size_t>(i / 5) % 4);
            network.run_until(network.now() + Duration::seconds(1));
        }
        // healed: everything that was asked for comes to pass
        network.faults = {};
        network.run_until(network.now() + Duration::seconds(15));
        for (int i = 0; i < 20; ++i)  // a pool does not survive a crash; clients ask again
            network.submit(
                network.instruction("transfer alice bob SHARE 1 9999", "t" + std::to_string(i)));
        network.run_until(network.now() + Duration::seconds(15));
        std::vector<std::size_t> honest = {0, 1, 2};
        if (!liar) honest.push_back(3);
        CHECK(network.program(0).validator().ledger().balances(account_of("bob")).at(0).free ==
              Amount{20});
        const std::uint64_t behind = network.height(honest) + 3;
        for (const std::size_t i : honest)
            CHECK(network.program(i).validator().tip().height <= behind);
        check_agreement(network, honest);
        check_votes(network, {honest.begin(), honest.end()});
        crashes += network.crashes;
    }
    CHECK(crashes > 120);
}

TEST_CASE("a validator that stops after any of its turns comes back with the same state") {
    // the crash test above stops at random turns; here each turn of one validator, in a row
    for (int stop_after = 0; stop_after < 20; ++stop_after) {
        CAPTURE(stop_after);
        Network network(7);
        network.start();
        network.submit(network.instruction("open alice alice", "o"));
        for (int i = 0; i < stop_after; ++i)
            network.run_until(network.now() + Duration::milliseconds(5));
        const Hash live = network.digest_of(1);
        CHECK(network.replayed_digest_of(1) == live);
        network.stop(1);
        network.restart(1);
        network.run_until(network.now() + Duration::seconds(3));
        CHECK(network.height({0, 1, 2, 3}) >= 3);
        check_votes(network, {0, 1, 2, 3});
    }
}

TEST_CASE("validators that all stopped in the middle of a round go on at once when they are back") {
    Duration longest;
    for (int stop_after = 0; stop_after < 120; ++stop_after) {
        CAPTURE(stop_after);
        Network network(2000 + static_cast<std::uint64_t>(stop_after));
        network.start();
        open_books(network);
        const auto transfer = network.instruction("transfer alice bob SHARE 1 9999",
                                                  "t" + std::to_string(stop_after));
        network.submit(transfer);
        network.run_until(network.now() + Duration::milliseconds(stop_after));
        for (std::size_t i = 0; i < 4; ++i)
            network.stop(i);
        network.run_until(network.now() + Duration::milliseconds(600));
        for (std::size_t i = 0; i < 4; ++i) {
            network.restart(i);
            network.run_until(network.now() + Duration::milliseconds(10));
        }
        const Timestamp back = network.now();
        network.submit(transfer);  // as a client does that was not answered
        while (network.answers.count(transfer.id) == 0 &&
               network.now() < back + Duration::seconds(5))
            network.run_until(network.now() + Duration::milliseconds(1));
        longest = std::max(longest, network.now() - back);
        check_agreement(network, {0, 1, 2, 3});
        check_votes(network, {0, 1, 2, 3});
    }
    MESSAGE("at the longest ", longest.us(), " us");
    // a proposal and two votes whose messages take up to 20 ms, and the others were heard before
    // the last one was back: less than any time-out
    CHECK(longest <= Duration::milliseconds(50));
}

TEST_CASE("a validator that restarts again and again still gives a dead proposer up") {
    Network network(8);
    network.start();
    open_books(network);
    network.stop(0);
    const std::uint64_t before = network.height({2, 3});
    for (int i = 0; i < 50; ++i) {
        network.run_until(network.now() + Duration::milliseconds(400));
        network.stop(1);
        network.restart(1);
    }
    CHECK(network.height({2, 3}) >= before + 8);
    check_votes(network, {0, 1, 2, 3});
}

TEST_CASE("a reader with the validators' keys believes what they certified and nothing else") {
    Network network(9);
    network.start();
    open_books(network);
    network.submit(network.instruction("prepare E1 alice bob SHARE 10 H1 600 500", "p"));
    network.run_until(network.now() + Duration::seconds(1));
    network.submit(network.instruction("fulfil alice E1 H1", "f"));
    network.submit(network.instruction("prepare E2 alice bob SHARE 10 H1 600 500", "q"));
    network.run_until(network.now() + Duration::seconds(1));

    const auto frame_for = [&](const std::string& name) {
        BlockFrame frame;
        for (const auto& [height, block] : network.blocks)
            frame.blocks.push_back(ProvableBlock(block).view_for({account_of(name)}));
        return *decode_frame(encode_frame(frame));
    };
    const Trust trust{network.genesis.chain_id(), network.genesis.validators};
    const auto scheme = std::make_shared<FakeScheme>();
    const auto doubt = [&](const BlockFrame& frame) {
        LightClient client(trust, scheme, std::nullopt);
        const auto events = client.accept(frame);
        CHECK(client.place().height == (events ? frame.blocks.size() : 0));
        return events ? std::string("believed") : std::string(to_string(events.error()));
    };

    LightClient client(trust, scheme, std::nullopt);
    const BlockFrame frame = frame_for("bob");
    const auto events = client.accept(frame);
    REQUIRE(events.has_value());
    REQUIRE(events->size() == 3);
    CHECK((*events)[0].state == EscrowState::prepared);
    CHECK((*events)[1].preimage.has_value() != (*events)[2].preimage.has_value());
    CHECK(client.accept(frame)->empty());
    CHECK(*decode_place(encode_place(client.place())) == client.place());
    CHECK(LightClient(trust, scheme, std::nullopt).accept(frame_for("carol"))->empty());

    std::size_t with_event = 0;
    while (frame.blocks[with_event].leaves.empty())
        ++with_event;
    BlockFrame wrong = frame;
    wrong.blocks.erase(wrong.blocks.begin());
    CHECK(doubt(wrong) == "gap");
    wrong = frame;
    wrong.blocks[1].header.parent = Hash{};
    CHECK(doubt(wrong) == "broken_link");
    wrong = frame;
    wrong.blocks[0].header.chain = Hash{};
    CHECK(doubt(wrong) == "wrong_chain");
    wrong = frame;
    wrong.blocks[1].header.time = wrong.blocks[0].header.time;
    CHECK(doubt(wrong) == "time_not_growing");
    wrong = frame;
    wrong.blocks[0].header.state_root = Hash{};
    CHECK(doubt(wrong) == "bad_certificate");
    wrong = frame;
    wrong.blocks[0].certificate.signatures.pop_back();
    CHECK(doubt(wrong) == "bad_certificate");
    wrong = frame;
    wrong.blocks[0].certificate.signatures[1] = wrong.blocks[0].certificate.signatures[0];
    CHECK(doubt(wrong) == "bad_certificate");
    wrong = frame;
    wrong.blocks[0].certificate.round += 1;
    CHECK(doubt(wrong) == "bad_certificate");
    wrong = frame;
    wrong.blocks[with_event].leaves[0].octets.back() ^= 1;
    CHECK(doubt(wrong) == "bad_proof");
    wrong = frame;
    wrong.blocks[with_event].leaves.push_back(wrong.blocks[with_event].leaves[0]);
    CHECK(doubt(wrong) == "sequence_not_growing");
    wrong = frame;
    wrong.blocks[with_event].leaves[0].octets = {9};
    CHECK(doubt(wrong) == "bad_proof");
    CHECK_FALSE(decode_frame(Bytes{1, 2, 3}).has_value());
}

TEST_CASE("an escrow's state has a proof under the header's state root") {
    Network network(11);
    network.start();
    open_books(network);
    network.submit(network.instruction("prepare E1 alice bob SHARE 10 H1 600 500", "p"));
    network.run_until(network.now() + Duration::seconds(1));
    const Validator& validator = network.program(0).validator();
    const State& state = validator.ledger().state();
    const Hash root = network.blocks.at(validator.tip().height).header.state_root;
    const EscrowRef ref{escrow_of("E1"), account_of("alice")};
    const EscrowRef absent{escrow_of("E2"), account_of("alice")};
    CHECK(verify_state(root, State::escrow_key(ref), State::value_of(*state.escrows.find(ref)),
                       state.prove_escrow(ref)));
    CHECK(verify_state(root, State::escrow_key(absent), std::nullopt, state.prove_escrow(absent)));
    CHECK_FALSE(verify_state(root, State::escrow_key(ref), std::nullopt, state.prove_escrow(ref)));
}
