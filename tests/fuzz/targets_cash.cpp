// The cash ledger: what is journalled, what is saved, and what instructions do.
#include "sdk/codec/archive.h"
#include "tests/fuzz/fixtures.h"
#include "tests/fuzz/properties.h"
#include "tests/fuzz/targets.h"

namespace lockstep::fuzz {

bool fuzz_cash_input(ByteView octets) {
    return is_canonical(octets, cash::decode_input, cash::encode_input);
}

bool fuzz_cash_snapshot(ByteView octets) {
    cash::CashMachine machine = cash_world();
    if (!is_canonical_snapshot(octets, machine)) return false;
    // A state that was accepted can be worked with.
    ASSERT(machine.is_conserved());
    machine.info();
    for (std::size_t i = 0; i < machine.book().accounts().size(); ++i) {
        const auto account = static_cast<cash::AccountNo>(i);
        machine.balances_of(account);
        for (const cash::EscrowPlace& place : machine.escrows().open_of(account, 0, SIZE_MAX))
            machine.standing(place, *machine.escrows().find(place));
    }
    Timestamp at = machine.time();
    for (int i = 0; i < 8 && machine.next_wake(); ++i) {
        at = std::max(at, *machine.next_wake());
        Outputs<cash::CashMachine> out;
        machine.apply(at, cash::CashMachine::wake(), out);
    }
    Outputs<cash::CashMachine> out;
    machine.apply(Timestamp::never(), cash::CashMachine::wake(), out);
    ASSERT(machine.is_conserved());
    return true;
}

// Room for the answers and the closed escrows of one example. Where a ledger is configured with
// less, it forgets early and says so: settings.h.
bool has_room(const cash::Input& input) {
    const auto* configure = std::get_if<cash::input::Configure>(&input);
    if (configure == nullptr) return true;
    const cash::Limits& limits = configure->settings.limits;
    constexpr std::uint32_t enough = 4 * max_ops;
    return limits.max_open_escrows >= enough && limits.max_answers >= enough &&
           limits.max_answers_of_signer >= enough;
}

// A list of inputs, each after so many seconds. Whatever they are, the books balance, what was
// answered once is answered the same again, and the state comes back from its octets.
bool fuzz_cash_machine(ByteView octets) {
    cash::CashMachine machine = cash_world();
    Timestamp at = cash_world_time();
    bool accepted = false;
    for (Pieces pieces(octets); !pieces.done();) {
        at = at + Duration::seconds(pieces.number());
        const auto input = cash::decode_input(pieces.next());
        if (!input || !has_room(*input) || !machine.check(at, *input)) continue;
        accepted = true;
        const std::uint64_t before = machine.sequence();
        Outputs<cash::CashMachine> out;
        machine.apply(at, *input, out);
        ASSERT(machine.is_conserved() && machine.sequence() >= before);
        const auto* submit = std::get_if<cash::input::Submit>(&*input);
        if (submit == nullptr || !machine.check(at, *input)) continue;
        const auto answers_of = [](const Outputs<cash::CashMachine>& from) {
            return std::get<cash::output::Answers>(from.outputs.front()).answers;
        };
        const std::vector<OpAnswer> first = answers_of(out);
        ASSERT(first.size() == submit->instruction.ops.size());
        const std::uint64_t after = machine.sequence();
        Outputs<cash::CashMachine> repeated;
        machine.apply(at, *input, repeated);
        ASSERT(answers_of(repeated) == first && machine.sequence() == after);
    }
    if (!accepted) return false;
    cash::CashMachine restored;
    ASSERT(is_canonical_snapshot(machine.write_snapshot(), restored));
    ASSERT(restored.next_wake() == machine.next_wake());
    return true;
}

}  // namespace lockstep::fuzz
