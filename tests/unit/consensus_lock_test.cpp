// What keeps two blocks from being decided at one height, step by step on one validator whose three
// peers are played by the test.
#include <doctest/doctest.h>

#include <algorithm>

#include "securities/machine/validator.h"
#include "tests/unit/securities_world.h"

using namespace lockstep;
using namespace lockstep::securities;
using namespace lockstep::securities::testing;

namespace {

struct Stage {
    Stage() : validator({signer_of("validator0"), std::make_shared<FakeScheme>(), false}) {
        apply(validator_input::Configure{genesis, {}});
    }

    // An empty block of height 1 that another time makes another block.
    BlockHeader block(std::uint32_t round, Duration after) const {
        Ledger ledger(genesis);
        BlockHeader header;
        header.chain = genesis.chain_id();
        header.height = 1;
        header.round = round;
        header.time = now + after;
        header.parent = genesis.chain_id();
        header.validators = genesis.validators.hash();
        const Executed executed = ledger.execute(header.time, {});
        header.tx_root = executed.tx_root;
        header.state_root = executed.state_root;
        return header;
    }
    // Height 1 has validator 1 as proposer of round 0, and so on.
    bool propose(const BlockHeader& header, std::uint32_t round,
                 std::optional<std::uint32_t> valid_round = std::nullopt,
                 const std::vector<int>& prevoters = {}) {
        Proposal proposal;
        proposal.header = header;
        proposal.round = round;
        proposal.valid_round = valid_round;
        for (const int i : prevoters)
            proposal.valid_prevotes.push_back(
                {static_cast<std::uint32_t>(i),
                 signed_vote(i, VoteKind::prevote, *valid_round, header.hash()).signature});
        proposal.validator = (1 + round) % 4;
        proposal.signature = signer_of("validator" + std::to_string(proposal.validator))
                                 ->sign(proposal_message(proposal));
        return receive(proposal);
    }
    Vote signed_vote(int by, VoteKind kind, std::uint32_t round, const Hash& block) const {
        Vote vote{{kind, 1, round, block}, static_cast<std::uint32_t>(by), {}};
        vote.signature = signer_of("validator" + std::to_string(by))
                             ->sign(ballot_message(genesis.chain_id(), vote.ballot));
        return vote;
    }
    void vote(const std::vector<int>& by, VoteKind kind, std::uint32_t round, const Hash& block) {
        for (const int i : by)
            receive(signed_vote(i, kind, round, block));
    }
    bool receive(const Message& message) {
        auto received = validator_input::Received::decode(encode_message(message));
        REQUIRE(received.has_value());
        return apply(std::move(*received));
    }
    bool apply(Validator::Input input) {
        if (!validator.check(now, input)) return false;
        Outputs<Validator> out;
        validator.apply(now, input, out);
        for (auto& output : out.outputs) {
            if (const auto* said = std::get_if<validator_output::Broadcast>(&output)) {
                if (const auto* own = std::get_if<Vote>(&said->message)) last = own->ballot;
            } else if (const auto* done = std::get_if<validator_output::Committed>(&output)) {
                committed = done->block;
            }
        }
        return true;
    }
    // Until the next round begins by itself: nobody has precommitted anything.
    void leave_round(std::uint32_t round) {
        vote({1, 2, 3}, VoteKind::precommit, round, Hash{});
        REQUIRE(validator.round() == round + 1);
    }

    Genesis genesis = test_genesis();
    Timestamp now = second(0);
    Validator validator;
    std::optional<Ballot> last;  // the validator's own
    std::optional<DecidedBlock> committed;
};

constexpr VoteKind prevote = VoteKind::prevote;
constexpr VoteKind precommit = VoteKind::precommit;

}  // namespace

TEST_CASE(
    "a validator that is locked on a block prevotes for no other without proof of a later one") {
    Stage stage;
    const BlockHeader a = stage.block(0, Duration{1});
    const BlockHeader b = stage.block(1, Duration{2});
    REQUIRE(stage.propose(a, 0));
    CHECK(*stage.last == Ballot{prevote, 1, 0, a.hash()});
    stage.vote({1, 2}, prevote, 0, a.hash());
    CHECK(*stage.last == Ballot{precommit, 1, 0, a.hash()});
    stage.leave_round(0);

    REQUIRE(stage.propose(b, 1));
    CHECK(*stage.last == Ballot{prevote, 1, 1, Hash{}});
    stage.leave_round(1);

    // proof that a quorum prevoted for the other in round 1, which is later than the lock's
    CHECK_FALSE(stage.propose(b, 2, 1, {1, 2}));
    REQUIRE(stage.propose(b, 2, 1, {1, 2, 3}));
    CHECK(*stage.last == Ballot{prevote, 1, 2, b.hash()});
    stage.vote({1, 3}, prevote, 2, b.hash());
    CHECK(*stage.last == Ballot{precommit, 1, 2, b.hash()});
    CHECK_FALSE(stage.committed.has_value());
    stage.vote({1, 3}, precommit, 2, b.hash());
    REQUIRE(stage.committed.has_value());
    CHECK(stage.committed->header == b);
    CHECK(stage.committed->certificate.round == 2);
}

TEST_CASE("proof of an earlier round than the lock's frees nobody") {
    Stage stage;
    const BlockHeader a = stage.block(0, Duration{1});
    const BlockHeader b = stage.block(1, Duration{2});
    stage.propose(a, 0);
    stage.leave_round(0);
    stage.propose(b, 1);
    stage.vote({2, 3}, prevote, 1, b.hash());
    CHECK(*stage.last == Ballot{precommit, 1, 1, b.hash()});
    stage.leave_round(1);
    REQUIRE(stage.propose(a, 2, 0, {1, 2, 3}));
    CHECK(*stage.last == Ballot{prevote, 1, 2, Hash{}});
}

TEST_CASE("a locked validator proposes its block again when it is its turn, with the proof") {
    Stage stage;
    const BlockHeader a = stage.block(0, Duration{1});
    stage.propose(a, 0);
    stage.vote({1, 2}, prevote, 0, a.hash());
    for (std::uint32_t round = 0; round < 3; ++round)
        stage.leave_round(round);
    CHECK_FALSE(stage.validator.wants_proposal());
    const auto standing = stage.validator.standing();
    const auto proposal = std::find_if(standing.begin(), standing.end(), [](const Message& m) {
        return std::holds_alternative<Proposal>(m);
    });
    REQUIRE(proposal != standing.end());
    const auto& again = std::get<Proposal>(*proposal);
    CHECK(again.header == a);
    CHECK(again.valid_round == 0u);
    CHECK(again.valid_prevotes.size() == 3);
    CHECK(*stage.last == Ballot{prevote, 1, 3, a.hash()});
}

TEST_CASE(
    "a proposal with a wrong root, a far time, a wrong sender or another parent gets no prevote") {
    const auto answer = [](auto change) {
        Stage stage;
        BlockHeader header = stage.block(0, Duration{1});
        change(header);
        if (!stage.propose(header, 0)) return std::string("refused");
        return std::string(stage.last->block.is_zero() ? "none" : "prevote");
    };
    CHECK(answer([](BlockHeader&) {}) == "prevote");
    CHECK(answer([](BlockHeader& h) { h.state_root = h.parent; }) == "none");
    CHECK(answer([](BlockHeader& h) { h.tx_root = h.parent; }) == "none");
    CHECK(answer([](BlockHeader& h) { h.parent = h.tx_root; }) == "refused");
    CHECK(answer([](BlockHeader& h) { h.chain = h.tx_root; }) == "refused");
    CHECK(answer([](BlockHeader& h) { h.validators = h.tx_root; }) == "refused");
    CHECK(answer([](BlockHeader& h) { h.height = 2; }) == "refused");
    CHECK(answer([](BlockHeader& h) { h.round = 1; }) == "refused");
    for (const int seconds : {-2, 2}) {
        Stage stage;
        REQUIRE(stage.propose(stage.block(0, Duration::seconds(seconds)), 0));
        CHECK(stage.last->block.is_zero());
    }
}

TEST_CASE("votes count once, from validators of the set, with their own signature") {
    Stage stage;
    const BlockHeader a = stage.block(0, Duration{1});
    stage.propose(a, 0);
    const Vote vote = stage.signed_vote(1, prevote, 0, a.hash());
    CHECK(stage.receive(vote));
    CHECK_FALSE(stage.receive(vote));
    Vote forged = stage.signed_vote(1, prevote, 0, a.hash());
    forged.validator = 2;
    CHECK_FALSE(stage.receive(forged));
    forged.validator = 7;
    CHECK_FALSE(stage.receive(forged));
    forged = stage.signed_vote(0, precommit, 0, a.hash());
    CHECK_FALSE(stage.receive(forged));
    CHECK(stage.last->kind == prevote);
    // the same validator says something else: evidence, once, and no second count
    CHECK(stage.receive(stage.signed_vote(1, prevote, 0, Hash{})));
    CHECK_FALSE(stage.receive(stage.signed_vote(1, prevote, 0, a.tx_root)));
    CHECK(stage.last->kind == prevote);
    CHECK(stage.receive(stage.signed_vote(3, prevote, 0, a.hash())));
    CHECK(*stage.last == Ballot{precommit, 1, 0, a.hash()});
}

TEST_CASE("the height of a vote is in its first octets, and no other message is taken for one") {
    Stage stage;
    Vote vote = stage.signed_vote(1, prevote, 0, Hash{});
    for (const std::uint64_t height : {std::uint64_t{0}, std::uint64_t{7}, UINT64_MAX}) {
        vote.ballot.height = height;
        Bytes octets = encode_message(vote);
        CHECK(height_of_vote(octets) == height);
        octets.resize(10);  // its tag, its kind and the height
        CHECK(height_of_vote(octets) == height);
        octets.resize(9);
        CHECK_FALSE(height_of_vote(octets));
    }
    Proposal proposal;
    proposal.header = stage.block(0, Duration{1});
    CHECK_FALSE(height_of_vote(encode_message(proposal)));
    CHECK_FALSE(height_of_vote(encode_message(WhereAmI{7})));
    CHECK_FALSE(height_of_vote({}));
}

TEST_CASE("a decided block is adopted with its certificate and not without") {
    Stage stage;
    DecidedBlock block{stage.block(0, Duration{1}), {0, {}}, {}};
    const auto sign = [&](const std::vector<int>& by) {
        block.certificate.signatures.clear();
        for (const int i : by)
            block.certificate.signatures.push_back(
                {static_cast<std::uint32_t>(i),
                 stage.signed_vote(i, precommit, 0, block.header.hash()).signature});
    };
    sign({1, 2});
    CHECK_FALSE(stage.receive(block));
    sign({1, 2, 3});
    block.leaves.push_back({2});
    CHECK_FALSE(stage.receive(block));
    block.leaves.clear();
    block.certificate.round = 1;
    CHECK_FALSE(stage.receive(block));
    block.certificate.round = 0;
    CHECK(stage.receive(block));
    CHECK(stage.validator.tip().height == 1);
}
