#include "connector/swap/machine.h"

#include <algorithm>

#include "connector/swap/machine_turn.h"
#include "sdk/base/assert.h"
#include "sdk/codec/archive.h"

namespace lockstep::swap {

std::string_view to_string(End end) {
    switch (end) {
        case End::settled:
            return "settled";
        case End::unwound:
            return "unwound";
        case End::declined:
            return "declined";
        case End::broken:
            return "broken";
    }
    UNREACHABLE();
}

std::optional<Bytes> encode_recorded(const MachineOutput& output) {
    OerWriter writer;
    if (const auto* command = std::get_if<output::ToLedger>(&output)) {
        writer.u8(1).address(command->ledger);
        if (const auto* expect = std::get_if<command::Expect>(&command->body)) {
            writer.u8(0).fixed(command->id);
            write_terms(writer, expect->terms);
            return writer.take();
        }
        writer.u8(1);
        const auto as_op = [](const auto& body) -> OpBody {
            if constexpr (std::is_constructible_v<OpBody, decltype(body)>)
                return body;
            else
                UNREACHABLE();
        };
        write_op(writer, Op{command->id, std::visit(as_op, command->body)});
        return writer.take();
    }
    if (const auto* release = std::get_if<output::Release>(&output)) {
        writer.u8(2).fixed(release->swap).fixed(release->entropy).fixed(release->condition);
        return writer.take();
    }
    return std::nullopt;
}

Result<void> SwapMachine::check(Timestamp at, const Input& input) const {
    const auto* begin = std::get_if<input::Begin>(&input);
    if (begin == nullptr) return {};
    if (is_open()) return refuse(Reason::escrows_unresolved);
    const Condition& condition = begin->terms.condition;
    const bool is_used = (state_.swap && state_.swap->terms.condition == condition) ||
                         std::any_of(state_.past.begin(), state_.past.end(), [&](const auto& past) {
                             return past.second.condition == condition;
                         });
    if (is_used) return refuse(Reason::condition_used);
    if (const auto found = objection(begin->terms, view(begin->role, at)))
        return refuse(reason_from_string(found->code).value_or(Reason::malformed));
    return {};
}

void SwapMachine::apply(Timestamp at, const Input& input, Outputs<SwapMachine>& out) {
    ASSERT(check(at, input));
    Turn turn(*this, at, out);
    std::visit([&](const auto& in) { turn.take(in); }, input);
    turn.advance();
}

std::optional<Timestamp> SwapMachine::next_wake() const {
    if (!is_open()) return std::nullopt;
    const Swap& swap = *state_.swap;
    if (const auto due = claim_due()) return due;
    if (swap.given_up || swap.released) return std::nullopt;
    const Terms& terms = swap.terms;
    const bool may_place = swap.placement == Placement::none && is_live(terms.payment.ledger) &&
                           is_live(terms.delivery.ledger);
    if (may_place)
        return swap.role == Role::seller ? delivery_place_by(terms) : payment_place_by(terms);
    if (swap.role == Role::seller || swap.preimage || !is_live(terms.delivery.ledger))
        return std::nullopt;
    return terms.delivery.expiry -
           core::reveal_guard(timing_of(terms.delivery, state_.ledgers), state_.endurance);
}

Bytes SwapMachine::encode_input(const Input& input) {
    return encode_fields(input);
}
Result<MachineInput> SwapMachine::decode_input(ByteView octets) {
    return decode_fields<Input>(octets);
}
Bytes SwapMachine::write_snapshot() const {
    return encode_fields(state_);
}
Result<void> SwapMachine::read_snapshot(ByteView octets) {
    auto state = decode_fields<State>(octets);
    if (!state) return refuse(state.error());
    state_ = std::move(*state);
    return {};
}

OwnView SwapMachine::view(Role role, Timestamp now) const {
    return {role, state_.endurance, state_.ledgers, now};
}

bool SwapMachine::is_live(const Address& ledger) const {
    const auto found = state_.modes.find(ledger);
    return found != state_.modes.end() &&
           found->second == static_cast<std::uint8_t>(report::Mode::live);
}

std::optional<Timestamp> SwapMachine::claim_due() const {
    if (!is_open() || state_.swap->claim_sent) return std::nullopt;
    return state_.swap->claim_again;
}

std::optional<output::Release> SwapMachine::unfinished_release() const {
    if (!is_open() || !state_.swap->released || state_.swap->preimage) return std::nullopt;
    return output::Release{swap_id(state_.swap->terms), state_.swap->entropy,
                           state_.swap->terms.condition};
}

}  // namespace lockstep::swap
