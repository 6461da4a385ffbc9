#include "tests/conformance/cash_in_process.h"

#include <algorithm>

#include "sdk/base/assert.h"

namespace lockstep::conformance {
namespace {

constexpr Duration beat_interval = Duration::milliseconds(250);
constexpr std::uint64_t snapshot_rows = 500;

constexpr Role roles[] = {Role::payer, Role::payee, Role::other};

}  // namespace

CashInProcess::CashInProcess(MakeAdapter make)
    : make_(make), world_(make_world("test.sek", *AssetId::make("SEK", 2), 1)) {
    world_.exact = true;
    start_ledger();
    const auto ledger_operator = keys_.signer("operator");
    const auto issuer = keys_.signer("issuer");
    for (const Bytes& octets :
         {sign_ops(world_, opening_ops(world_, keys_), *ledger_operator, now_),
          sign_ops(world_, issue_ops(world_), *issuer, now_)}) {
        const auto answers = submit(octets);
        ASSERT(answers);
        for (const OpAnswer& answer : *answers)
            ASSERT(answer.done);
    }
    start_adapters();
}

void CashInProcess::start_ledger() {
    const auto make = [this] {
        cash::Settings settings;
        settings.ledger = world_.ledger;
        settings.ledger_operator = keys_.signer("operator")->public_key();
        return std::make_unique<Program>(
            cash::CashMachine{}, std::vector<cash::Input>{cash::input::Configure{settings}});
    };
    host_ = std::make_unique<SimHost<Program>>(disk_, make, snapshot_rows);
    const auto started = host_->start(now_);
    ASSERT(started);
}

bool CashInProcess::restart_ledger() {
    host_->crash();
    for (const Role role : roles) {
        cut_stream(role);
        stream_ended(role, std::nullopt);
    }
    start_ledger();
    work();
    return true;
}

std::unique_ptr<LedgerAdapter> CashInProcess::make_adapter(Role role) {
    const AdapterSetup setup{
        world_.ledger, {world_.account(role)},   keys_.signer(name_of(role)),
        keys_.scheme,  cash::Settings{}.profile, {{"reply_timeout_ms", "2000"}}};
    return std::move(make_(setup).value());
}

// --- what the ledger's service does ---

void CashInProcess::carry(Role role, const Request& request) {
    const auto reply = [&](Result<Bytes> body) { replied(role, request.id, std::move(body)); };
    if (request.subscribe) {
        subscribe(role, cursor_in(request.path));
    } else if (request.path == "/v1/instructions") {
        auto answers = submit(request.body);
        reply(answers ? Result<Bytes>(encode_answers(*answers)) : refuse(answers.error()));
    } else if (request.path == "/v1/query") {
        reply(answer_query(request.body));
    } else {
        OerWriter info;
        write_ledger_info(info, machine().info());
        reply(info.take());
    }
}

Result<std::vector<OpAnswer>> CashInProcess::submit(ByteView octets) {
    auto admitted = admit_instruction(octets, *keys_.scheme);
    if (!admitted) return refuse(admitted.error());
    cash::input::Submit input{std::move(admitted->instruction),
                              Bytes(octets.begin(), octets.end())};
    const auto effects = host_->run(now_, {{std::move(input), ++last_ticket_}});
    spread(effects);
    std::vector<OpAnswer> answers;
    for (const auto& effect : effects) {
        if (const auto* output = std::get_if<TicketedOutput<cash::CashMachine>>(&effect)) {
            if (const auto* given = std::get_if<cash::output::Answers>(&output->output))
                answers = given->answers;
        } else if (const auto& last = std::get<TicketAnswer>(effect); !last.result) {
            return refuse(last.result.error());
        }
    }
    return answers;
}

Result<Bytes> CashInProcess::answer_query(ByteView octets) {
    const auto admitted = admit_query(octets, *keys_.scheme);
    if (!admitted) return refuse(admitted.error());
    const auto answer = machine().ask(now_, admitted->query.signer,
                                      cash::CashMachine::Reader::owner, admitted->query.body);
    if (!answer) return refuse(answer.error());
    return encode_query_answer(*answer);
}

void CashInProcess::subscribe(Role role, std::uint64_t cursor) {
    auto& feed = feeds_[static_cast<std::size_t>(role)];
    auto begun =
        cash::Feed::begin(machine(), keys_.signer(name_of(role))->public_key(), cursor, now_);
    if (!begun) return stream_ended(role, begun.error());
    feed = std::move(*begun);
    while (auto frame = feed->past(host_->store()))
        streamed(role, encode_frame(*frame));
}

void CashInProcess::cut_stream(Role role) {
    feeds_[static_cast<std::size_t>(role)].reset();
}

void CashInProcess::spread(const std::vector<MachineEffect<cash::CashMachine>>& effects) {
    for (const auto& effect : effects) {
        const auto* output = std::get_if<TicketedOutput<cash::CashMachine>>(&effect);
        if (output == nullptr) continue;
        const auto* changed = std::get_if<cash::output::Changed>(&output->output);
        if (changed == nullptr) continue;
        for (const Role role : roles)
            if (auto& feed = feeds_[static_cast<std::size_t>(role)]) ASSERT(feed->add(*changed));
    }
    for (const Role role : roles)
        flush(role);
}

void CashInProcess::flush(Role role) {
    auto& feed = feeds_[static_cast<std::size_t>(role)];
    if (!feed) return;
    for (const LedgerFrame& frame : feed->take())
        streamed(role, encode_frame(frame));
}

void CashInProcess::beat() {
    for (const Role role : roles) {
        auto& feed = feeds_[static_cast<std::size_t>(role)];
        if (feed) ASSERT(feed->beat(now_, machine().sequence()));
        flush(role);
    }
    next_beat_ = now_ + beat_interval;
}

// --- time ---

void CashInProcess::pass(Duration time) {
    const Timestamp end = now_ + time;
    work();
    while (now_ < end) {
        Timestamp next = std::min(end, next_beat_);
        if (const auto due = host_->next_wake()) next = std::min(next, *due);
        if (const auto due = next_wake()) next = std::min(next, *due);
        advance(std::max(next, now_ + Duration{1}));
    }
}

void CashInProcess::advance(Timestamp to) {
    now_ = to;
    if (const auto due = host_->next_wake(); due && *due <= now_) spread(host_->run(now_, {}));
    if (next_beat_ <= now_) beat();
    work();
}

bool CashInProcess::claim_with(Role role, const EscrowKey& escrow, const Bytes& preimage,
                               Result<void>& answer) {
    OerWriter use;
    use.fixed(escrow.id).octets(preimage);
    const Op op{CommandId{sha256(use.bytes()).array()}, op::Fulfil{escrow, preimage}};
    const auto answers = submit(sign_ops(world_, {op}, *keys_.signer(name_of(role)), now_));
    ASSERT(answers && answers->size() == 1);
    answer = answers->front().done ? Result<void>() : refuse(answers->front().reason);
    return true;
}

}  // namespace lockstep::conformance
