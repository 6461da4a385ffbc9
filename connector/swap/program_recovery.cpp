// How a party comes back: the machine from its snapshot and journal, adapters from their puts. A
// replay recomputes every recorded output and stops where one differs.
#include <algorithm>

#include "connector/swap/program.h"
#include "sdk/base/assert.h"
#include "sdk/codec/archive.h"

namespace lockstep::swap {
namespace {

// Spaces of puts: this program's own, and one for each ledger that it ever had.
constexpr std::uint16_t own_space = 1;
constexpr std::uint16_t first_ledger_space = 16;

auto diverged(const JournalRow& row, const std::string& what) {
    return fail("diverged", "journal row " + std::to_string(row.seq) + ": " + what);
}

}  // namespace

Result<void, Failure> SwapProgram::recover(const Recovered& recovered) {
    if (recovered.snapshot) {
        const auto state = state_in(SwapMachine::snapshot_form, *recovered.snapshot);
        if (!state) return unexpected<Failure>(state.error());
        if (const auto read = machine_.read_snapshot(*state); !read)
            return fail("corrupt", "the snapshot after journal row " +
                                       std::to_string(recovered.snapshot->seq) +
                                       " cannot be read (" + std::string(to_string(read.error())) +
                                       ")");
    }
    if (auto replayed = replay(recovered.rows); !replayed) return replayed;
    if (auto checked = check_configured(); !checked) return checked;
    restore(recovered.puts);
    return {};
}

// Without its ledger a command would be lost, and without its account refused for ever.
Result<void, Failure> SwapProgram::check_configured() const {
    if (!machine_.is_open()) return {};
    const Swap& swap = *machine_.swap();
    for (const Side side : {Side::payment, Side::delivery}) {
        const Leg& leg = swap.terms.leg(side);
        const Address& account =
            (swap.role == Role::buyer) == (side == Side::payment) ? leg.payer : leg.payee;
        const auto found = std::find_if(ledgers_.begin(), ledgers_.end(), [&](const Ledger& one) {
            return one.own.ledger == leg.ledger;
        });
        if (found == ledgers_.end())
            return fail("ledger_not_configured",
                        "a swap is open on " + leg.ledger.text() +
                            "; put the ledger back into the configuration");
        const auto& accounts = found->own.accounts;
        if (std::find(accounts.begin(), accounts.end(), account) == accounts.end())
            return fail("account_not_configured",
                        "a swap is open on " + account.text() +
                            "; put the account back into the configuration");
    }
    return {};
}

Result<void, Failure> SwapProgram::replay(const std::vector<JournalRow>& rows) {
    std::deque<Bytes> expected;  // recorded outputs of the last input, not seen yet
    for (const JournalRow& row : rows) {
        if (row.kind == RowKind::upgrade || row.rules != machine_.rules())
            return diverged(row, "it was written under rules " + std::to_string(row.rules) +
                                     ", which this program does not know");
        if (row.kind == RowKind::output) {
            if (expected.empty())
                return diverged(row, "an output was recorded that is not recomputed");
            if (expected.front() != row.body)
                return diverged(row, "the recorded output differs from the recomputed one");
            expected.pop_front();
            continue;
        }
        if (!expected.empty())
            return diverged(row, "a recomputed output is not recorded before it");
        const auto input = SwapMachine::decode_input(row.body);
        if (!input)
            return diverged(row,
                            "it cannot be decoded (" + std::string(to_string(input.error())) + ")");
        if (const auto allowed = machine_.check(row.at, *input); !allowed)
            return diverged(row,
                            "it is refused now (" + std::string(to_string(allowed.error())) + ")");
        Outputs<SwapMachine> out;
        machine_.apply(row.at, *input, out);
        for (const MachineOutput& output : out.outputs)
            if (auto recorded = encode_recorded(output)) expected.push_back(std::move(*recorded));
    }
    if (!expected.empty()) return diverged(rows.back(), "its outputs are not recorded after it");
    return {};
}

// own_space: ledger address -> space of its adapter.
void SwapProgram::restore(const std::vector<Put>& puts) {
    for (const Put& put : puts) {
        if (put.space != own_space || !put.value) continue;
        const auto ledger = Address::parse(as_text(put.key));
        OerReader reader(*put.value);
        if (ledger) spaces_[*ledger] = reader.u16();
    }
    for (Ledger& ledger : ledgers_) {
        const auto found = spaces_.find(ledger.own.ledger);
        if (found == spaces_.end()) continue;
        ledger.space = found->second;
        for (const Put& put : puts)
            if (put.space == ledger.space) ledger.restored.push_back(put);
    }
}

// A ledger keeps its space for ever, whatever its place in the configuration.
void SwapProgram::assign_spaces(std::vector<Put>& puts) {
    for (Ledger& ledger : ledgers_) {
        if (ledger.space != 0) continue;
        ledger.space = static_cast<std::uint16_t>(first_ledger_space + spaces_.size());
        spaces_[ledger.own.ledger] = ledger.space;
        const ByteView key = as_bytes(ledger.own.ledger.text());
        puts.push_back(
            {own_space, Bytes(key.begin(), key.end()), OerWriter().u16(ledger.space).take()});
    }
}

}  // namespace lockstep::swap
