// The validator's octets: journalled inputs and outputs, rows for readers, the snapshot.
#include "sdk/base/assert.h"
#include "sdk/codec/archive.h"
#include "sdk/machine/statement.h"
#include "securities/machine/validator.h"

namespace lockstep::securities {
namespace in = validator_input;
namespace out = validator_output;
namespace {

enum class InputTag : std::uint8_t {
    configure = 1,
    propose = 2,
    received = 3,
    hurry = 4,
    wake = 5,
    resume = 6
};

template <class T>
Bytes octets_of(const T& value, void (*write)(OerWriter&, const T&)) {
    OerWriter to;
    write(to, value);
    return to.take();
}

}  // namespace

Bytes Validator::encode_input(const Input& input) {
    ArchiveWriter to;
    if (const auto* configure = std::get_if<in::Configure>(&input)) {
        to(static_cast<std::uint8_t>(InputTag::configure));
        to(octets_of(configure->genesis, write_genesis), configure->timing);
    } else if (const auto* propose = std::get_if<in::Propose>(&input)) {
        std::vector<Bytes> transactions;
        for (const Transaction& transaction : propose->transactions)
            transactions.push_back(transaction.octets);
        to(static_cast<std::uint8_t>(InputTag::propose), transactions);
    } else if (const auto* received = std::get_if<in::Received>(&input)) {
        to(static_cast<std::uint8_t>(InputTag::received), received->octets);
    } else if (std::holds_alternative<in::Hurry>(input)) {
        to(static_cast<std::uint8_t>(InputTag::hurry));
    } else if (std::holds_alternative<in::Resume>(input)) {
        to(static_cast<std::uint8_t>(InputTag::resume));
    } else {
        to(static_cast<std::uint8_t>(InputTag::wake));
    }
    return to.take();
}

Result<Validator::Input> Validator::decode_input(ByteView octets) {
    ArchiveReader from(octets);
    std::uint8_t tag = 0;
    from(tag);
    Input input;
    switch (tag) {
        case static_cast<std::uint8_t>(InputTag::configure): {
            Bytes genesis;
            in::Configure configure;
            from(genesis, configure.timing);
            OerReader reader(genesis);
            configure.genesis = read_genesis(reader);
            if (const auto end = reader.finish(); !end) return refuse(end.error());
            input = std::move(configure);
            break;
        }
        case static_cast<std::uint8_t>(InputTag::propose): {
            std::vector<Bytes> transactions;
            from(transactions);
            in::Propose propose;
            for (Bytes& transaction : transactions) {
                auto decoded = Transaction::decode(std::move(transaction));
                if (!decoded) return refuse(decoded.error());
                propose.transactions.push_back(std::move(*decoded));
            }
            input = std::move(propose);
            break;
        }
        case static_cast<std::uint8_t>(InputTag::received): {
            Bytes message;
            from(message);
            auto received = in::Received::decode(std::move(message));
            if (!received) return refuse(received.error());
            input = std::move(*received);
            break;
        }
        case static_cast<std::uint8_t>(InputTag::hurry):
            input = in::Hurry{};
            break;
        case static_cast<std::uint8_t>(InputTag::wake):
            input = in::Wake{};
            break;
        case static_cast<std::uint8_t>(InputTag::resume):
            input = in::Resume{};
            break;
        default:
            return refuse(Reason::malformed);
    }
    if (const auto end = from.finish(); !end) return refuse(end.error());
    return input;
}

bool Validator::is_recorded(const Output& output) {
    const auto* broadcast = std::get_if<out::Broadcast>(&output);
    return broadcast && broadcast->journalled;
}

Bytes Validator::encode_output(const Output& output) {
    const Message& message = std::get<out::Broadcast>(output).message;
    OerWriter to;
    if (const auto* proposal = std::get_if<Proposal>(&message))
        write_proposal_head(to, *proposal);  // the transactions stand in the input before it
    else
        write_vote(to, std::get<Vote>(message));
    return to.take();
}

// --- rows for readers ---

Bytes block_key(std::uint64_t height) {
    return OerWriter().u64(height).take();
}
Bytes trace_key(std::uint64_t sequence) {
    return OerWriter().u64(sequence).take();
}
Bytes statement_key(const Address& account, std::uint64_t sequence) {
    return OerWriter().raw(as_bytes(account.text())).u8(0).u64(sequence).take();
}
Bytes escrow_key(const EscrowRef& ref) {
    return OerWriter().fixed(ref.first).raw(as_bytes(ref.second.text())).take();
}

namespace {

// What an effect is to the account of one of its lines.
std::optional<StatementRow::Kind> kind_for(const Effect& effect, const Address& account) {
    const bool sender = effect.from == account;
    switch (effect.kind) {
        case EffectKind::open_account:
        case EffectKind::register_asset:
        case EffectKind::tombstone:
            return std::nullopt;
        case EffectKind::issue:
            return StatementRow::Kind::issued;
        case EffectKind::redeem:
            return StatementRow::Kind::redeemed;
        case EffectKind::transfer:
            return sender ? StatementRow::Kind::sent : StatementRow::Kind::received;
        case EffectKind::prepare:
            return StatementRow::Kind::locked;
        case EffectKind::fulfil:
            return sender ? StatementRow::Kind::paid : StatementRow::Kind::claimed;
        case EffectKind::reject:
        case EffectKind::refund:
            return StatementRow::Kind::returned;
    }
    UNREACHABLE();
}

}  // namespace

void Validator::write_records(const DecidedBlock& block, const Executed& executed,
                              Outputs<Validator>& outputs) const {
    const auto add = [&](RecordKind kind, Bytes key, Bytes value) {
        outputs.records.push_back(
            {static_cast<std::uint16_t>(kind), std::move(key), std::move(value)});
    };
    add(RecordKind::block, block_key(block.header.height), encode_decided(block));
    if (!setup_.serves_readers) return;
    for (const Effect& effect : executed.effects) {
        add(RecordKind::trace, trace_key(effect.sequence), encode_fields(effect));
        if (effect.escrow) {
            if (const Escrow* escrow = ledger_->state().escrows.find(*effect.escrow))
                add(RecordKind::escrow, escrow_key(*effect.escrow), encode_fields(*escrow));
        }
        for (const Effect::Line& line : effect.lines) {
            const auto kind = kind_for(effect, line.account);
            if (!kind) continue;
            const Address& other = effect.from == line.account ? effect.to : effect.from;
            const StatementRow row{
                effect.sequence,  effect.at,     *kind,
                effect.asset,     effect.amount, other == line.account ? Address{} : other,
                effect.reference, line.free,     line.escrowed};
            add(RecordKind::statement, statement_key(line.account, effect.sequence),
                encode_fields(row));
        }
    }
}

// --- snapshot ---

namespace {

struct Saved {
    Bytes genesis;
    ValidatorTiming timing;
    Tip tip;
    Timestamp started;
    std::uint32_t round = 0;
    std::uint8_t step = 1;
    std::optional<std::pair<std::uint32_t, Hash>> locked;
    std::optional<std::pair<std::uint32_t, Hash>> valid;
    Bytes valid_prevotes;
    std::vector<std::pair<Bytes, bool>> proposals;  // messages; timely
    std::vector<Bytes> votes;
    bool quorum_seen = false;
    bool hurried = false;
    std::optional<Timestamp> step_deadline;
    std::optional<Timestamp> precommit_deadline;
    Timestamp resend_at;
    std::map<std::uint32_t, std::uint64_t> faults;

    template <class S, class A>
    static void fields(S& self, A& a) {
        a(self.genesis, self.timing, self.tip, self.started, self.round, self.step, self.locked);
        a(self.valid, self.valid_prevotes, self.proposals, self.votes, self.quorum_seen);
        a(self.hurried, self.step_deadline, self.precommit_deadline, self.resend_at, self.faults);
    }
};

}  // namespace

// The part of a validator's state beside its ledger.
struct ValidatorSaved {
    static Saved of(const Validator& self) {
        Saved saved;
        saved.genesis = octets_of(self.genesis(), write_genesis);
        saved.timing = self.timing_;
        saved.tip = self.tip_;
        saved.started = self.started_;
        saved.round = self.round_;
        saved.step = static_cast<std::uint8_t>(self.step_);
        if (self.locked_) saved.locked.emplace(self.locked_->round, self.locked_->block);
        if (self.valid_) saved.valid.emplace(self.valid_->round, self.valid_->block);
        saved.valid_prevotes = octets_of(self.valid_prevotes_, write_signatures);
        for (const auto& [round, head] : self.proposals_)
            saved.proposals.emplace_back(encode_message(self.proposal_of(round)), head.timely);
        for (const auto& [of, ballots] : self.ballots_)
            for (const auto& [validator, vote] : ballots)
                saved.votes.push_back(octets_of(vote, write_vote));
        saved.quorum_seen = self.quorum_seen_;
        saved.hurried = self.hurried_;
        saved.step_deadline = self.step_deadline_;
        saved.precommit_deadline = self.precommit_deadline_;
        saved.resend_at = self.resend_at_;
        saved.faults = self.faults_;
        return saved;
    }

    // Into a validator that knows its setup only, and no ledger's state yet.
    static Result<void> load(const Saved& saved, Validator& self) {
        OerReader genesis(saved.genesis);
        self.ledger_.emplace(read_genesis(genesis));
        if (const auto end = genesis.finish(); !end) return end;
        const auto index = self.validators().index_of(self.setup_.signer->public_key());
        if (!index) return refuse(Reason::unknown_key);
        self.index_ = *index;
        self.timing_ = saved.timing;
        self.tip_ = saved.tip;
        self.started_ = saved.started;
        self.round_ = saved.round;
        if (saved.step < 1 || saved.step > 3) return refuse(Reason::malformed);
        self.step_ = static_cast<Validator::Step>(saved.step);
        if (saved.locked) self.locked_ = {saved.locked->first, saved.locked->second};
        if (saved.valid) self.valid_ = {saved.valid->first, saved.valid->second};
        OerReader prevotes(saved.valid_prevotes);
        self.valid_prevotes_ = read_signatures(prevotes);
        if (const auto end = prevotes.finish(); !end) return end;
        for (const auto& [message, timely] : saved.proposals) {
            const auto received = in::Received::decode(message);
            if (!received) return refuse(received.error());
            const auto* proposal = std::get_if<Proposal>(&received->message);
            if (proposal == nullptr) return refuse(Reason::malformed);
            self.take_proposal(proposal->header.time, *received);
            self.proposals_.at(proposal->round).timely = timely;
        }
        for (const Bytes& octets : saved.votes) {
            OerReader reader(octets);
            const Vote vote = read_vote(reader);
            if (const auto end = reader.finish(); !end) return end;
            self.ballots_[{vote.ballot.kind, vote.ballot.round}].emplace(vote.validator, vote);
        }
        self.quorum_seen_ = saved.quorum_seen;
        self.hurried_ = saved.hurried;
        self.step_deadline_ = saved.step_deadline;
        self.precommit_deadline_ = saved.precommit_deadline;
        self.resend_at_ = saved.resend_at;
        self.faults_ = saved.faults;
        return {};
    }
};

Bytes Validator::write_snapshot() const {
    ArchiveWriter to;
    to(configured());
    if (!configured()) return to.take();
    to(ValidatorSaved::of(*this));
    ledger().write(to);
    return to.take();
}

Result<void> Validator::read_snapshot(ByteView octets) {
    ArchiveReader from(octets);
    bool was_configured = false;
    from(was_configured);
    Validator read(setup_);
    if (was_configured) {
        Saved saved;
        from(saved);
        if (const auto status = from.oer().status(); !status) return status;
        if (const auto loaded = ValidatorSaved::load(saved, read); !loaded) return loaded;
        // Proposals and votes of others than their rounds', twice, or in another order.
        if (encode_fields(ValidatorSaved::of(read)) != encode_fields(saved))
            return refuse(Reason::not_canonical);
        read.ledger_->read(from);
    }
    if (const auto end = from.finish(); !end) return end;
    *this = std::move(read);
    return {};
}

}  // namespace lockstep::securities
