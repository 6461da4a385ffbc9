// One validator of the securities ledger: a machine that agrees with the others on the next block,
// as in Tendermint (arXiv 1807.04938, algorithm 1; its line numbers stand in validator_rules.cpp),
// and executes what was decided. Its inputs are the messages of the others, proposals made from
// what clients sent (the pool of those is not state, see validator_program.h), and time.
//
// Always: it signs at most one prevote and one precommit a round, and, locked on a block, prevotes
// for another only with proof that a quorum did in a later round. The signer is outside the state;
// its signatures are deterministic (RFC 8032), so that a replay makes the same votes, and a restart
// cannot make others: every vote follows from inputs that were durable before it left.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "sdk/machine/machine.h"
#include "securities/machine/ledger.h"
#include "securities/machine/message.h"

namespace lockstep::securities {

struct ValidatorTiming {
    Duration clock_error =
        Duration::seconds(1);  // between any two validators, their delay included
    Duration min_interval = Duration::milliseconds(30);   // between blocks while there is work
    Duration max_interval = Duration::milliseconds(500);  // between blocks while there is none
    // How long the others are waited for; longer by `timeout_growth` each round, so that there is a
    // round that is long enough, whatever the network does.
    Duration propose_timeout = Duration::milliseconds(500);
    Duration vote_timeout = Duration::milliseconds(250);
    Duration timeout_growth = Duration::milliseconds(250);
    Duration resend_interval = Duration::milliseconds(300);

    template <class S, class A>
    static void fields(S& self, A& a) {
        a(self.clock_error, self.min_interval, self.max_interval, self.propose_timeout);
        a(self.vote_timeout, self.timeout_growth, self.resend_interval);
    }
    friend bool operator==(const ValidatorTiming&, const ValidatorTiming&) = default;
};

// Votes for rounds further ahead than this are not kept.
constexpr std::uint32_t max_rounds_ahead = 1000;
constexpr Duration max_timeout = Duration::seconds(10);

// What is decided so far.
struct Tip {
    std::uint64_t height = 0;
    Hash hash;  // of the header; the chain's id at height 0
    Timestamp time;
    template <class S, class A>
    static void fields(S& self, A& a) {
        a(self.height, self.hash, self.time);
    }
    friend bool operator==(const Tip&, const Tip&) = default;
};

namespace validator_input {
// First of all, and when the operator changes the timing.
struct Configure {
    Genesis genesis;
    ValidatorTiming timing;
};
// It is our turn, and these are what clients sent.
struct Propose {
    std::vector<Transaction> transactions;
};
// From another validator; signatures are checked before it is journalled.
struct Received {
    Bytes octets;
    Message message;
    // of a proposal or decided block
    Hash block;                             // of its header
    std::vector<Transaction> transactions;  // decoded

    static Result<Received> decode(Bytes octets);
};
// There has been work for a while, and the proposer is silent: the time-out begins.
struct Hurry {};
// The process was away. What is due, or nearly, is waited for as long as for a vote: the others may
// have been away with it, and have not been heard since.
struct Resume {};
struct Wake {};
}  // namespace validator_input

namespace validator_output {
// To all others. `journalled` is false where it is only said again.
struct Broadcast {
    Message message;
    bool journalled = true;
};
struct Committed {
    DecidedBlock block;
    Hash hash;                                   // of its header
    std::vector<Hash> transactions;              // ids, in order
    std::vector<std::vector<OpAnswer>> answers;  // of each
    std::vector<Effect> effects;
};
// A validator signed two different things: it is at fault.
struct Equivocation {
    Vote first;
    Vote second;
};
}  // namespace validator_output

// Rows for readers.
enum class RecordKind : std::uint16_t {
    block = 1,
    statement = 2,
    trace = 3,
    escrow = 4,
    fault = 5
};
Bytes block_key(std::uint64_t height);
Bytes statement_key(const Address& account, std::uint64_t sequence);
Bytes trace_key(std::uint64_t sequence);
Bytes escrow_key(const EscrowRef& ref);

class Validator {
public:
    using Input = std::variant<validator_input::Configure, validator_input::Propose,
                               validator_input::Received, validator_input::Hurry,
                               validator_input::Resume, validator_input::Wake>;
    using Output = std::variant<validator_output::Broadcast, validator_output::Committed,
                                validator_output::Equivocation>;

    struct Setup {
        std::shared_ptr<const Signer> signer;
        std::shared_ptr<const SignatureScheme> scheme;
        bool serves_readers = true;  // keeps statements, traces and escrows as records
    };
    explicit Validator(Setup setup) : setup_(std::move(setup)) {}

    Result<void> check(Timestamp at, const Input& input) const;
    void apply(Timestamp at, const Input& input, Outputs<Validator>& out);
    std::optional<Timestamp> next_wake() const;
    static Input wake() { return validator_input::Wake{}; }
    static Input resume() { return validator_input::Resume{}; }
    static Bytes encode_input(const Input& input);
    static Result<Input> decode_input(ByteView octets);
    static bool is_recorded(const Output& output);
    static Bytes encode_output(const Output& output);
    std::uint16_t rules() const { return 3; }
    static constexpr SnapshotForm snapshot_form{"securities ledger's validator", 2};
    Bytes write_snapshot() const;
    Result<void> read_snapshot(ByteView octets);

    bool configured() const { return ledger_.has_value(); }
    const Genesis& genesis() const { return ledger_->genesis(); }
    const ValidatorTiming& timing() const { return timing_; }
    std::uint32_t index() const { return index_; }
    const Tip& tip() const { return tip_; }
    std::uint64_t height() const { return tip_.height + 1; }
    std::uint32_t round() const { return round_; }
    // The ledger after the last decided block.
    const Ledger& ledger() const;
    // The same, perhaps with a block on top that is not decided: for checks that a block does not
    // change, without the cost of undoing it.
    const Ledger& newest_ledger() const { return *ledger_; }
    // It is our turn to propose a new block; at round 0 not before there is a reason to.
    bool wants_proposal() const;
    // When a block is due although no client asked for one.
    Timestamp block_due() const;
    // The proposer of this round has been waited for long enough to hurry.
    bool can_hurry() const;
    // Our part of the present round, to be said again to one who was away.
    std::vector<Message> standing() const;

private:
    friend struct ValidatorSaved;  // validator_codec.cpp
    enum class Step : std::uint8_t { propose = 1, prevote = 2, precommit = 3 };
    struct Candidate {  // a proposed block of this height
        BlockHeader header;
        std::vector<Transaction> transactions;
    };
    struct ProposalHead {
        Hash block;
        std::optional<std::uint32_t> valid_round;
        bool timely = false;  // its time was near ours when it came
        std::vector<ValidatorSignature> valid_prevotes;
        Signature signature;
    };
    struct Lock {
        std::uint32_t round = 0;
        Hash block;
    };
    using Ballots = std::map<std::uint32_t, Vote>;  // of one kind and round, by validator
    struct Speculation {
        Hash block;
        Executed executed;
        bool valid = false;
    };

    const ValidatorSet& validators() const { return genesis().validators; }
    const Hash& chain() const { return ledger_->chain(); }
    std::uint32_t proposer(std::uint32_t round) const;
    Duration timeout(Duration base) const;

    Result<void> check_proposal(const validator_input::Received& in) const;
    Result<void> check_vote(const Vote& vote) const;
    Result<void> check_decided(const validator_input::Received& in) const;
    Result<void> check_transactions(Timestamp time, const std::vector<Transaction>& in) const;

    void take_proposal(Timestamp at, const validator_input::Received& in);
    void take(const Vote& vote, Outputs<Validator>& out);
    void adopt(Timestamp at, const validator_input::Received& in, Outputs<Validator>& out);
    void propose(Timestamp at, const std::vector<Transaction>& transactions,
                 Outputs<Validator>& out);
    void announce(const Hash& block, bool timely, Outputs<Validator>& out);

    void start_height(Timestamp at);
    void start_round(Timestamp at, std::uint32_t round, Outputs<Validator>& out);
    // Applies the rules until none fires.
    void advance(Timestamp at, Outputs<Validator>& out);
    bool decide(Timestamp at, Outputs<Validator>& out);
    bool skip_round(Timestamp at, Outputs<Validator>& out);
    bool answer_proposal(Outputs<Validator>& out);
    bool lock_on_quorum(Outputs<Validator>& out);
    bool give_up_round(Timestamp at, Outputs<Validator>& out);
    void arm_timeouts(Timestamp at);
    void time_out(Timestamp at, Outputs<Validator>& out);
    void resume(Timestamp at);
    void vote(VoteKind kind, const Hash& block, Outputs<Validator>& out);
    void commit(Timestamp at, Certificate certificate, const Hash& block,
                const Candidate& candidate, Outputs<Validator>& out);
    void write_records(const DecidedBlock& block, const Executed& executed,
                       Outputs<Validator>& out) const;

    // The block of a quorum of ballots, if they agree on one (zero: on none).
    std::optional<Hash> quorum_of(VoteKind kind, std::uint32_t round) const;
    std::size_t voted(VoteKind kind, std::uint32_t round) const;
    std::vector<ValidatorSignature> signatures_for(VoteKind kind, std::uint32_t round,
                                                   const Hash& block) const;
    // Executes it if it is not the one executed last, and compares with its header.
    Speculation& speculate(const Hash& block, const Candidate& candidate) const;
    Proposal proposal_of(std::uint32_t round) const;
    bool is_active() const { return round_ > 0 || step_ != Step::propose; }
    void forget_speculation() const;

    Setup setup_;
    std::uint32_t index_ = 0;
    ValidatorTiming timing_;
    Tip tip_;
    // A cache of what the state and a candidate imply: the ledger with that block on top, undone
    // when another is asked for. Never part of a snapshot.
    mutable std::optional<Ledger> ledger_;
    mutable std::optional<Speculation> speculation_;

    // of the height being decided
    Timestamp started_;
    std::uint32_t round_ = 0;
    Step step_ = Step::propose;
    std::optional<Lock> locked_;
    std::optional<Lock> valid_;
    std::vector<ValidatorSignature> valid_prevotes_;
    std::map<Hash, Candidate> candidates_;
    std::map<std::uint32_t, ProposalHead> proposals_;
    std::map<std::pair<VoteKind, std::uint32_t>, Ballots> ballots_;
    bool quorum_seen_ = false;  // line 36 has fired in this round
    bool hurried_ = false;
    std::optional<Timestamp> step_deadline_;
    std::optional<Timestamp> precommit_deadline_;
    Timestamp resend_at_;
    std::map<std::uint32_t, std::uint64_t> faults_;  // equivocations seen, by validator
};

}  // namespace lockstep::securities
