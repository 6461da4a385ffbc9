#include "tests/unit/swap_pair.h"

#include "sdk/base/assert.h"
#include "sdk/codec/archive.h"

namespace lockstep::test {
namespace {

constexpr Duration step = Duration::milliseconds(250);
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
    auto& reject = std::get<command::Reject>(command.body);
    return {command.id, op::Reject{std::move(reject.escrow), std::move(reject.payee)}};
}

}  // namespace

// --- a ledger ---

void ModelLedger::tell(Timestamp now, const Escrow& escrow, std::optional<Bytes> preimage) {
    events_.push_back({events_.size() + 1, escrow.terms, escrow.state, Certainty::final_,
                       std::move(preimage), now, "event " + std::to_string(events_.size() + 1)});
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
        tell(now, place->second, std::nullopt);
        return std::nullopt;
    }
    const bool claims = std::holds_alternative<op::Fulfil>(op.body);
    const EscrowKey& key =
        claims ? std::get<op::Fulfil>(op.body).escrow : std::get<op::Reject>(op.body).escrow;
    const auto found = escrows_.find(key);
    if (found == escrows_.end()) return Reason::unknown_escrow;
    Escrow& escrow = found->second;
    const EscrowState wanted = claims ? EscrowState::fulfilled : EscrowState::refunded_rejected;
    if (escrow.state == wanted) return std::nullopt;
    if (escrow.state == EscrowState::fulfilled) return Reason::already_fulfilled;
    if (escrow.state != EscrowState::prepared) return Reason::already_refunded;
    if (!claims) {
        escrow.state = wanted;
        tell(now, escrow, std::nullopt);
        return std::nullopt;
    }
    const Bytes& preimage = std::get<op::Fulfil>(op.body).preimage;
    if (!fulfils(preimage, escrow.terms.condition)) return Reason::wrong_preimage;
    escrow.state = wanted;
    tell(now, escrow, preimage);
    return std::nullopt;
}

void ModelLedger::pass(Timestamp now) {
    for (auto& [key, escrow] : escrows_) {
        if (escrow.state != EscrowState::prepared || !is_expired(now, escrow.terms.expiry))
            continue;
        escrow.state = EscrowState::refunded_expired;
        tell(now, escrow, std::nullopt);
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
            open_.erase(id);
            out.puts.push_back({0, Bytes(id.view().begin(), id.view().end()), std::nullopt});
            out.reports.emplace_back(report::Answer{
                id, reply->body ? report::Answer::Outcome::done : report::Answer::Outcome::refused,
                reply->body ? Reason::internal_error : reply->body.error()});
        } else if (std::holds_alternative<StreamFrame>(input)) {
            for (; told_ < ledger_.events().size(); ++told_)
                out.reports.emplace_back(ledger_.events()[told_]);
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
    const swap::Terms terms = swap_terms();
    swap::ProgramParts made;
    made.endurance = one_outage;
    std::array<std::uint8_t, KeySeed::size> seed{};
    seed[0] = static_cast<std::uint8_t>(role);
    made.keeper = std::make_shared<assembly::SeedSecretKeeper>(KeySeed{seed});
    made.random = entropy_.get();
    const auto owns = ledgers_of(role, terms);
    made.ledgers.push_back(
        {owns[0], std::make_unique<ModelAdapter>(info_of(terms.payment), payment)});
    made.ledgers.push_back(
        {owns[1], std::make_unique<ModelAdapter>(info_of(terms.delivery), delivery)});
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
        swap::event::Begin{role, role == Role::buyer ? swap_terms() : *agreed_, PublicKey{}});
    take(party, party.host->run(now, std::move(events)));
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
    // Whoever has left does not see the last expiry; the ledgers do.
    payment.pass(swap_start + long_since);
    delivery.pass(swap_start + long_since);
}

void SwapPair::turn(unsigned crashes) {
    now = now + step;
    payment.pass(now);
    delivery.pass(now);
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
