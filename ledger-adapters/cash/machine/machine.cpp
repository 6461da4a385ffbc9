#include "cash/machine/machine.h"

#include <algorithm>

#include "sdk/base/assert.h"
#include "sdk/codec/archive.h"

namespace lockstep::cash {
namespace {

bool begins_something(const Op& op) {
    return std::holds_alternative<op::OpenAccount>(op.body) ||
           std::holds_alternative<op::RegisterAsset>(op.body) ||
           std::holds_alternative<op::Issue>(op.body) ||
           std::holds_alternative<op::Redeem>(op.body) ||
           std::holds_alternative<op::Transfer>(op.body) ||
           std::holds_alternative<op::Prepare>(op.body);
}

}  // namespace

bool is_valid(const Settings& settings) {
    const Limits& limits = settings.limits;
    const std::uint32_t most =
        std::max({limits.max_accounts, limits.max_assets, limits.max_open_escrows,
                  limits.max_tombstones_of_payee, limits.max_answers});
    return !settings.ledger.empty() && settings.max_hold > Duration{0} &&
           !settings.max_amount.is_zero() && settings.retention >= Duration{0} && most <= max_limit;
}
// Open and closed escrows are in one map.
static_assert(2 * std::size_t{max_limit} <= max_archive_count);

static_assert(Machine<CashMachine>);

Result<void> CashMachine::check(Timestamp at, const Input& input) const {
    return std::visit([&](const auto& value) { return check(at, value); }, input);
}

Result<void> CashMachine::check(Timestamp, const input::Configure& configure) const {
    if (!cash::is_valid(configure.settings)) return refuse(Reason::malformed);
    if (is_configured() && configure.settings.ledger != settings_.ledger)
        return refuse(Reason::wrong_ledger);
    return {};
}

Result<void> CashMachine::check(Timestamp at, const input::Submit& submit) const {
    const Instruction& instruction = submit.instruction;
    if (!is_configured()) return refuse(Reason::unavailable);
    if (instruction.ledger != settings_.ledger) return refuse(Reason::wrong_ledger);
    if (instruction.ops.empty() || instruction.ops.size() > max_ops)
        return refuse(Reason::too_many_ops);
    if (!is_known_key(instruction.signer)) return refuse(Reason::unknown_key);
    if (at > instruction.valid_until) return refuse(Reason::too_late);
    if (instruction.valid_until > at + max_instruction_life) return refuse(Reason::too_far_ahead);
    const std::size_t room = instruction.ops.size();
    const Limits& limits = settings_.limits;
    const bool has_room =
        answers_.size() + room <= limits.max_answers &&
        answers_.count_of(instruction.signer) + room <= limits.max_answers_of_signer;
    if (!has_room &&
        std::any_of(instruction.ops.begin(), instruction.ops.end(), must_be_remembered)) {
        return refuse(Reason::overloaded);
    }
    return {};
}

std::optional<Timestamp> CashMachine::next_wake() const {
    const auto expiry = escrows_.first_expiry();
    const Limits& limits = settings_.limits;
    const bool has_room = answers_.size() + max_ops <= limits.max_answers &&
                          answers_.largest_share() + max_ops <= limits.max_answers_of_signer;
    const auto forget = has_room ? std::nullopt : answers_.next_forget();
    return expiry && forget ? std::min(expiry, forget) : expiry ? expiry : forget;
}

Result<void> CashMachine::begin_under(std::uint16_t rules) {
    ASSERT(!is_configured());
    if (rules < oldest_rules || rules > newest_rules) return refuse(Reason::unknown_version);
    rules_ = rules;
    return {};
}

Result<void> CashMachine::check(Timestamp, const input::Wake&) const {
    return {};
}

Result<void> CashMachine::check(Timestamp, const input::Upgrade& upgrade) const {
    if (upgrade.rules < rules_ || upgrade.rules > newest_rules)
        return refuse(Reason::unknown_version);
    return {};
}

// An instruction that ends something as well is taken, so that a claim does not wait for what was
// signed beside it; hold_new_business has the rest of it refused.
bool CashMachine::is_new_business(const Input& input) {
    const auto* submit = std::get_if<input::Submit>(&input);
    return submit != nullptr && std::all_of(submit->instruction.ops.begin(),
                                            submit->instruction.ops.end(), begins_something);
}

void CashMachine::hold_new_business(Input& input) {
    if (auto* submit = std::get_if<input::Submit>(&input)) submit->new_business = false;
}

void CashMachine::apply(Timestamp at, const Input& input, Outputs<CashMachine>& out) {
    ASSERT(at >= now_);
    ASSERT(check(at, input));
    now_ = at;
    Step step{out.records, {}, {}};
    expire_due(step);
    escrows_.forget_due(at, settings_.limits.max_open_escrows);
    answers_.forget_due(at);
    if (const auto* given = std::get_if<input::Submit>(&input)) {
        out.outputs.emplace_back(output::Answers{submit(*given, step)});
    } else if (const auto* configure = std::get_if<input::Configure>(&input)) {
        settings_ = configure->settings;
    } else if (const auto* upgrade = std::get_if<input::Upgrade>(&input)) {
        rules_ = upgrade->rules;
    }
    finish(step, out);
}

std::vector<OpAnswer> CashMachine::submit(const input::Submit& submit, Step& step) {
    std::vector<OpAnswer> answers;
    answers.reserve(submit.instruction.ops.size());
    for (const Op& op : submit.instruction.ops)
        answers.push_back(answer(submit, op, step));
    return answers;
}

OpAnswer CashMachine::answer(const input::Submit& submit, const Op& op, Step& step) {
    const PublicKey& signer = submit.instruction.signer;
    const AnswerPlace place{op.id, signer};
    const Timestamp until = remember_until(op, now_, submit.instruction.valid_until);
    Remembered answer{contents_of(op), false, Reason::internal_error, 0, until};
    const Answers::Spot spot = answers_.look_up(place);
    if (const Remembered* first = spot.answer) {
        // An id that was used for something else keeps the answer that it has.
        if (first->contents != answer.contents) return {op.id, false, Reason::id_reused, 0};
        answers_.extend(place, until);
        return first->answer(op.id);
    }
    const Caller caller{signer, op.id, submit.new_business};
    const Effect effect =
        std::visit([&](const auto& body) { return this->run(caller, body, step); }, op.body);
    answer.done = effect.has_value();
    if (effect)
        answer.sequence = *effect;
    else
        answer.reason = effect.error();
    const bool has_room = answers_.size() < settings_.limits.max_answers &&
                          answers_.count_of(signer) < settings_.limits.max_answers_of_signer;
    ASSERT(has_room || !must_be_remembered(op));
    if (has_room) answers_.remember(spot, place, answer);
    const bool in_records = std::holds_alternative<op::Issue>(op.body) ||
                            std::holds_alternative<op::Redeem>(op.body) ||
                            std::holds_alternative<op::Transfer>(op.body);
    if (in_records) step.records.push_back(answer_record(signer, answer.answer(op.id)));
    return answer.answer(op.id);
}

void CashMachine::expire_due(Step& step) {
    while (const auto place = escrows_.due(now_))
        give_back(*place, EscrowState::refunded_expired, step);
}

void CashMachine::give_back(const EscrowPlace& place, EscrowState state, Step& step) {
    const Escrow* escrow = escrows_.find(place);
    ASSERT(escrow != nullptr && escrow->is_open());
    ASSERT(is_expired(now_, escrow->expiry) == (state == EscrowState::refunded_expired));
    book_.post(Place::escrow_of(place.payer), Place::free_of(place.payer), escrow->asset,
               escrow->amount);
    const Escrow& closed = escrows_.close(place, state, ++sequence_, forget_at(*escrow));
    line({place.payer, StatementRow::Kind::returned, escrow->asset, escrow->amount, escrow->payee,
          Hash{place.id.array()}},
         step);
    event(place, closed, step);
}

Timestamp CashMachine::forget_at(const Escrow& escrow) const {
    return std::max(now_, escrow.expiry) + settings_.retention;
}

void CashMachine::line(const Line& line, Step& step) {
    const Holding holding = book_.holding(line.account, line.asset);
    StatementRow row;
    row.sequence = sequence_;
    row.at = now_;
    row.kind = line.kind;
    row.asset = book_[line.asset].id;
    row.amount = line.amount;
    if (line.counterparty) row.counterparty = book_[*line.counterparty].address;
    row.reference = line.reference;
    row.free = holding.free;
    row.escrowed = holding.escrowed;
    step.records.push_back(statement_record(book_[line.account].address, row));
    step.touched.emplace_back(line.account, line.asset);
}

void CashMachine::event(const EscrowPlace& place, const Escrow& escrow, Step& step) {
    ASSERT(escrow.changed == sequence_);
    EscrowStanding now = standing(place, escrow);
    if (!escrow.is_open()) step.records.push_back(closed_record(now));
    output::Event event{{sequence_, now_, std::move(now.terms), now.state, std::move(now.preimage)},
                        book_[place.payer].owner,
                        book_[escrow.payee].owner};
    OerWriter to;
    write_event(to, event.event);
    Bytes octets = to.take();
    if (event.payee != event.payer)
        step.records.push_back(event_record(event.payee, sequence_, octets));
    step.records.push_back(event_record(event.payer, sequence_, std::move(octets)));
    step.changed.events.push_back(std::move(event));
}

void CashMachine::finish(Step& step, Outputs<CashMachine>& out) const {
    output::Changed& changed = step.changed;
    std::sort(step.touched.begin(), step.touched.end());
    step.touched.erase(std::unique(step.touched.begin(), step.touched.end()), step.touched.end());
    for (const auto& [account, asset] : step.touched) {
        const Holding holding = book_.holding(account, asset);
        const Account& owner = book_[account];
        changed.balances.push_back(
            {{owner.address, book_[asset].id, holding.free, holding.escrowed}, owner.owner});
    }
    if (changed.events.empty() && changed.balances.empty() && changed.accounts.empty() &&
        changed.issuers.empty()) {
        return;
    }
    changed.at = now_;
    changed.sequence = sequence_;
    out.outputs.emplace_back(std::move(changed));
}

Bytes CashMachine::write_snapshot() const {
    ArchiveWriter to;
    to(rules_, settings_, now_, sequence_, book_, escrows_, answers_);
    return to.take();
}

Result<void> CashMachine::read_snapshot(ByteView octets) {
    ArchiveReader from(octets);
    CashMachine read;
    from(read.rules_, read.settings_, read.now_, read.sequence_, read.book_, read.escrows_,
         read.answers_);
    if (const auto end = from.finish(); !end) return refuse(end.error());
    if (read.rules_ < oldest_rules || read.rules_ > newest_rules)
        return refuse(Reason::unknown_version);
    if (!read.book_.is_sound() || !read.escrows_.is_sound(read.book_, read.sequence_))
        return refuse(Reason::malformed);
    *this = std::move(read);
    return {};
}

}  // namespace lockstep::cash
