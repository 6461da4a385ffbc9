#include "tests/unit/swap_pair.h"

#include "sdk/base/assert.h"
#include "sdk/codec/archive.h"

namespace lockstep::test {
namespace {

constexpr Duration step = Duration::milliseconds(250);
const core::Endurance one_of_each{one_outage.outage, 1, 1};

// With what a roll-back of the payment's ledger takes.
swap::Terms pair_terms() {
    swap::Terms terms = swap_terms();
    TimingProfile& profile = terms.payment.timing.profile;
    profile.rollback = profile.finality;
    terms.payment.expiry = terms.payment.expiry + profile.rollback + profile.inclusion;
    terms.buyer = one_of_each;
    return terms;
}

// After the last expiry, with clocks and outages.
constexpr Duration long_since = Duration::seconds(200);

Bytes octets_of(const Op& op) {
    OerWriter writer;
    write_op(writer, op);
    return writer.take();
}

Op op_of(const Bytes& octets) {
    OerReader reader(octets);
    Op op = read_op(reader);
    ASSERT(reader.finish());
    return op;
}

Op op_of(Command&& command) {
    if (auto* prepare = std::get_if<command::Prepare>(&command.body))
        return {command.id, op::Prepare{std::move(prepare->terms), prepare->not_after}};
    if (auto* fulfil = std::get_if<command::Fulfil>(&command.body)) {
        const ByteView preimage = fulfil->preimage.view();
        return {command.id,
                op::Fulfil{std::move(fulfil->escrow), Bytes(preimage.begin(), preimage.end())}};
    }
    if (auto* refund = std::get_if<command::Refund>(&command.body))
        return {command.id, op::Refund{std::move(refund->escrow)}};
    auto& reject = std::get<command::Reject>(command.body);
    return {command.id, op::Reject{std::move(reject.escrow), std::move(reject.payee)}};
}

}  // namespace

// --- a ledger ---

void ModelLedger::tell(Timestamp now, const Change& change, Certainty certainty) {
    const std::uint64_t cursor = events_.size() + 1;
    const bool is_there = certainty != Certainty::rolled_back;
    events_.push_back({cursor, change.escrow.terms, change.escrow.state, certainty,
                       is_there ? change.preimage : std::nullopt, now,
                       is_there ? "event " + std::to_string(cursor) : ""});
}

void ModelLedger::change(Timestamp now, const Escrow& escrow, std::optional<Bytes> preimage) {
    Change made{escrow, std::move(preimage), now + rules_.until_final};
    if (rules_.until_final == Duration{}) return tell(now, made, Certainty::final_);
    tell(now, made, Certainty::seen);
    pending_.push_back(std::move(made));
}

bool ModelLedger::roll_back(Timestamp now) {
    if (pending_.empty() || gone_) return false;
    gone_ = std::move(pending_.back());
    pending_.pop_back();
    tell(now, *gone_, Certainty::rolled_back);
    const EscrowKey key{gone_->escrow.terms.payer, gone_->escrow.terms.id};
    if (gone_->escrow.state == EscrowState::prepared)
        escrows_.erase(key);
    else
        escrows_.at(key).state = EscrowState::prepared;
    return true;
}

std::optional<Reason> ModelLedger::run(Timestamp now, const Op& op) {
    pass(now);
    if (const auto* prepare = std::get_if<op::Prepare>(&op.body)) {
        const auto [place, fresh] = escrows_.try_emplace({prepare->terms.payer, prepare->terms.id});
        if (!fresh)
            return place->second.terms == prepare->terms ? std::nullopt
                                                         : std::optional(Reason::id_reused);
        if (now > prepare->not_after) {
            escrows_.erase(place);
            return Reason::not_after_passed;
        }
        place->second.terms = prepare->terms;
        change(now, place->second, std::nullopt);
        return std::nullopt;
    }
    const bool claims = std::holds_alternative<op::Fulfil>(op.body);
    const auto* const refund = std::get_if<op::Refund>(&op.body);
    const EscrowKey& key = claims              ? std::get<op::Fulfil>(op.body).escrow
                           : refund != nullptr ? refund->escrow
                                               : std::get<op::Reject>(op.body).escrow;
    const auto found = escrows_.find(key);
    if (found == escrows_.end()) return Reason::unknown_escrow;
    Escrow& escrow = found->second;
    const EscrowState wanted = claims              ? EscrowState::fulfilled
                               : refund != nullptr ? EscrowState::refunded_expired
                                                   : EscrowState::refunded_rejected;
    if (refund != nullptr && !is_expired(now, escrow.terms.expiry))
        return Reason::escrow_not_expired;
    if (escrow.state == wanted) return std::nullopt;
    if (escrow.state == EscrowState::fulfilled) return Reason::already_fulfilled;
    if (escrow.state != EscrowState::prepared) return Reason::already_refunded;
    if (!claims) {
        escrow.state = wanted;
        change(now, escrow, std::nullopt);
        return std::nullopt;
    }
    const Bytes& preimage = std::get<op::Fulfil>(op.body).preimage;
    if (!fulfils(preimage, escrow.terms.condition)) return Reason::wrong_preimage;
    escrow.state = wanted;
    change(now, escrow, preimage);
    return std::nullopt;
}

void ModelLedger::pass(Timestamp now) {
    if (gone_) {
        const Change again = *std::exchange(gone_, std::nullopt);
        const EscrowKey key{again.escrow.terms.payer, again.escrow.terms.id};
        const auto found = escrows_.find(key);
        const bool is_placing = again.escrow.state == EscrowState::prepared;
        if (is_placing ? found == escrows_.end()
                       : found != escrows_.end() && found->second.state == EscrowState::prepared) {
            escrows_[key] = again.escrow;
            change(now, again.escrow, again.preimage);
        }
    }
    while (!pending_.empty() && pending_.front().final_at <= now) {
        tell(now, pending_.front(), Certainty::final_);
        pending_.erase(pending_.begin());
    }
    if (rules_.open) return;
    for (auto& [key, escrow] : escrows_) {
        if (escrow.state != EscrowState::prepared || !is_expired(now, escrow.terms.expiry))
            continue;
        escrow.state = EscrowState::refunded_expired;
        change(now, escrow, std::nullopt);
    }
}

std::optional<EscrowState> ModelLedger::state() const {
    return escrows_.empty() ? std::nullopt : std::optional(escrows_.begin()->second.state);
}

// --- an adapter ---

void ModelAdapter::restore(const std::vector<Put>& puts) {
    for (const Put& put : puts) {
        if (!put.value) continue;
        if (put.key.size() == 1)
            told_ = OerReader(*put.value).u64();
        else
            open_[*CommandId::from(put.key)] = *put.value;
    }
}

void ModelAdapter::send(const Bytes& octets, AdapterOutputs& out) {
    asked_[++next_request_] = op_of(octets).id;
    out.requests.push_back({next_request_, "/v1/instructions", octets, false});
}

// Asked again and again, until the ledger shows that it is over.
void ModelAdapter::refund(Timestamp at, AdapterOutputs& out) {
    std::map<EscrowKey, EscrowState> states;
    std::map<EscrowKey, Timestamp> expiries;
    for (std::size_t i = 0; i < told_; ++i) {
        const report::Escrow& event = ledger_.events()[i];
        if (event.terms.payer != account_) continue;
        const EscrowKey key{event.terms.payer, event.terms.id};
        const bool is_there = event.certainty != Certainty::rolled_back;
        states[key] = is_there ? event.state : EscrowState::prepared;
        expiries[key] = event.terms.expiry;
    }
    for (const auto& [key, state] : states) {
        if (state != EscrowState::prepared || !is_expired(at, expiries.at(key))) continue;
        send(octets_of(Op{CommandId{key.id.array()}, op::Refund{key}}), out);
    }
}

void ModelAdapter::step(Timestamp at, std::span<AdapterInput> inputs, AdapterOutputs& out) {
    for (AdapterInput& input : inputs) {
        if (std::holds_alternative<Woken>(input)) {
            out.reports.emplace_back(report::Info{info_});
            for (const auto& [id, octets] : open_)
                send(octets, out);
        } else if (auto* command = std::get_if<Command>(&input)) {
            if (std::holds_alternative<command::Expect>(command->body)) {
                out.reports.emplace_back(
                    report::Answer{command->id, report::Answer::Outcome::done});
                continue;
            }
            const CommandId id = command->id;
            const Bytes octets = octets_of(op_of(std::move(*command)));
            open_[id] = octets;
            out.puts.push_back({0, Bytes(id.view().begin(), id.view().end()), octets});
            send(octets, out);
        } else if (const auto* reply = std::get_if<Reply>(&input)) {
            const auto asked = asked_.find(reply->request);
            if (asked == asked_.end()) continue;
            const CommandId id = asked->second;
            if (open_.erase(id) == 0) continue;  // a refund of its own
            out.puts.push_back({0, Bytes(id.view().begin(), id.view().end()), std::nullopt});
            out.reports.emplace_back(report::Answer{
                id, reply->body ? report::Answer::Outcome::done : report::Answer::Outcome::refused,
                reply->body ? Reason::internal_error : reply->body.error()});
        } else if (std::holds_alternative<StreamFrame>(input)) {
            for (; told_ < ledger_.events().size(); ++told_)
                out.reports.emplace_back(ledger_.events()[told_]);
            if (ledger_.is_open()) refund(at, out);
            out.puts.push_back({0, Bytes{'c'}, OerWriter().u64(told_).take()});
            out.reports.emplace_back(report::Health{at, report::Mode::live, {}});
        }
    }
}

// --- the two parties ---

SwapPair::SwapPair(std::uint64_t seed)
    : random_(seed), entropy_(std::make_unique<SeededRandom>(seed)) {
    for (auto& [party, role] : {std::pair{&buyer, Role::buyer}, {&seller, Role::seller}})
        party->host = std::make_unique<Host>(
            party->disk, [this, who = role] { return make(who); }, 20);
}

std::unique_ptr<swap::SwapProgram> SwapPair::make(Role role) {
    return std::make_unique<swap::SwapProgram>(parts(role));
}

swap::ProgramParts SwapPair::parts(Role role) {
    const swap::Terms terms = pair_terms();
    swap::ProgramParts made;
    made.endurance = one_of_each;
    std::array<std::uint8_t, KeySeed::size> seed{};
    seed[0] = static_cast<std::uint8_t>(role);
    made.keeper = std::make_shared<assembly::SeedSecretKeeper>(KeySeed{seed});
    made.random = entropy_.get();
    const auto owns = ledgers_of(role, terms);
    made.ledgers.push_back(
        {owns[0], std::make_unique<ModelAdapter>(info_of(terms.payment), owns[0].accounts.front(),
                                                 payment)});
    made.ledgers.push_back(
        {owns[1], std::make_unique<ModelAdapter>(info_of(terms.delivery), owns[1].accounts.front(),
                                                 delivery)});
    return made;
}

void SwapPair::start(Party& party, Role) {
    party.to_ledgers.clear();
    party.to_host.clear();
    auto effects = party.host->start(now);
    REQUIRE_MESSAGE(effects, effects.error().detail);
    take(party, std::move(*effects));
}

void SwapPair::begin(Party& party, Role role) {
    if (role == Role::seller && !agreed_) return;
    std::vector<swap::Event> events;
    events.push_back(
        swap::event::Begin{role, role == Role::buyer ? pair_terms() : *agreed_, PublicKey{}});
    take(party, party.host->run(now, std::move(events)));
}

void SwapPair::restore(Party& party, Role role, const MemoryDisk& disk) {
    party.host->crash();
    party.disk = disk;
    party.end.reset();
    start(party, role);
}

void SwapPair::take(Party& party, std::vector<swap::Effect> effects) {
    for (swap::Effect& effect : effects) {
        if (auto* request = std::get_if<swap::effect::ToLedger>(&effect))
            party.to_ledgers.emplace_back(request->ledger, std::move(request->request));
        else if (const auto* release = std::get_if<swap::effect::Release>(&effect))
            party.to_host.push_back(swap::event::ReleaseDurable{release->release});
        else if (const auto* ended = std::get_if<swap::output::Ended>(&effect))
            party.end = ended->end;
    }
}

// Each request reaches its ledger within a second, and so does what the ledger says of it.
void SwapPair::deliver(Party& party) {
    for (auto& [index, request] : std::exchange(party.to_ledgers, {})) {
        if (below(3) == 0) {
            party.to_ledgers.emplace_back(index, std::move(request));
            continue;
        }
        const auto refused = (index == 0 ? payment : delivery).run(now, op_of(request.body));
        Reply reply{request.id, Bytes{1}};
        if (refused) reply.body = refuse(*refused);
        party.to_host.push_back(swap::event::FromLedger{index, std::move(reply)});
    }
}

void SwapPair::work(Party& party, Role role) {
    if (party.gone) {
        party.to_ledgers.clear();
        if (party.host->running()) party.host->crash();
        return;
    }
    if (!party.host->running()) {
        const auto [down, fresh] = down_until_.try_emplace(
            &party, now + Duration{step.us() * static_cast<std::int64_t>(below(4))});
        if (now < down->second) return;
        down_until_.erase(down);
        start(party, role);
        return;
    }
    // A person who was told nothing tries again.
    if (!party.host->program().machine().swap()) {
        begin(party, role);
        if (!party.host->running()) return;
    }
    deliver(party);
    for (const std::size_t ledger : {std::size_t{0}, std::size_t{1}})
        if (below(3) != 0)
            party.to_host.push_back(swap::event::FromLedger{ledger, StreamFrame{Bytes{1}}});
    take(party, party.host->run(now, std::exchange(party.to_host, {})));
}

void SwapPair::run(unsigned crashes) {
    run_until_turn(0);
    run_on(crashes);
}

void SwapPair::run_until_turn(std::size_t turns) {
    start(buyer, Role::buyer);
    start(seller, Role::seller);
    for (std::size_t i = 0; i < turns; ++i)
        turn(0);
}

void SwapPair::run_on(unsigned crashes) {
    const auto is_over = [](const Party& party) { return party.gone || party.end; };
    while (now < swap_start + long_since && !(is_over(buyer) && is_over(seller)))
        turn(crashes);
}

void SwapPair::expire() {
    payment.pass(swap_start + long_since);
    delivery.pass(swap_start + long_since);
}

void SwapPair::turn(unsigned crashes) {
    now = now + step;
    payment.pass(now);
    delivery.pass(now);
    if (rollbacks > 0 && below(40) == 0 && payment.roll_back(now)) --rollbacks;
    for (auto& [party, role] : {std::pair{&buyer, Role::buyer}, {&seller, Role::seller}}) {
        if (crashed_ < crashes && party->host->running() && below(12) == 0) {
            ++crashed_;
            party->host->crash_at_point(1 + below(12));
        }
        work(*party, role);
        // What was said just before it died is in the journal.
        if (!party->host->running() || !party->host->program().machine().swap()) continue;
        const swap::Swap& known = *party->host->program().machine().swap();
        party->end = known.end;
        // The buyer shows its proposal as often as it is started.
        if (role == Role::buyer) agreed_ = known.terms;
    }
}

}  // namespace lockstep::test
