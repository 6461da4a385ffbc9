// The program of a ledger that is one machine: checks each input, journals and applies what passes,
// and answers every ticket. A refusal is an answer too: it is not journalled, and it leaves in its
// place, after the inputs before it are durable.
//
// A machine may add
//   bool M::is_new_business(const Input&)   refused with disk_low when the host says so
//   void M::hold_new_business(Input&)       then marks the others, which may begin something too
//   bool M::is_recorded(const Output&)      such an output moves money: its octets are journalled
//   Bytes M::encode_output(const Output&)   behind its input and compared on recovery
//   bool M::is_upgrade(const Input&)        such an input changes the rules: a row of that kind
//   Input M::resume()                       the first input of a process that was there before; it
//                                           is journalled at every restart and has no outputs
// as static members, and
//   Result<void> begin_under(rules)         before its first input: a journal of older rules is
//                                           replayed under those, from its first row
// as another.
#pragma once

#include <deque>
#include <variant>

#include "sdk/base/assert.h"
#include "sdk/machine/machine.h"
#include "sdk/machine/program.h"

namespace lockstep {

// Chosen by whoever submits, to find the answer again. 0 is the wake-up's, which nobody waits for.
using Ticket = std::uint64_t;

template <class M>
struct TicketedInput {
    typename M::Input input;
    Ticket ticket = 0;
};
// An output of the input with this ticket.
template <class M>
struct TicketedOutput {
    Ticket ticket = 0;
    typename M::Output output;
};
// The last word on a ticket, behind its outputs: applied and durable, or refused and why.
struct TicketAnswer {
    Ticket ticket = 0;
    Result<void> result;
};
template <class M>
using MachineEffect = std::variant<TicketAnswer, TicketedOutput<M>>;

template <class M>
concept MarksNewBusiness = requires(const typename M::Input& in) {
    { M::is_new_business(in) } -> std::same_as<bool>;
};
template <class M>
concept HoldsNewBusiness = requires(typename M::Input& in) {
    M::hold_new_business(in);
};
template <class M>
concept RecordsOutputs = requires(const typename M::Output& out) {
    { M::is_recorded(out) } -> std::same_as<bool>;
    { M::encode_output(out) } -> std::same_as<Bytes>;
};

template <class M>
concept MarksUpgrades = requires(const typename M::Input& in) {
    { M::is_upgrade(in) } -> std::same_as<bool>;
};
template <class M>
concept Resumes = requires {
    { M::resume() } -> std::same_as<typename M::Input>;
};
template <class M>
concept BeginsUnderRules = requires(M m, std::uint16_t rules) {
    { m.begin_under(rules) } -> std::same_as<Result<void>>;
};

template <Machine M>
class MachineProgram final : public Program<TicketedInput<M>, MachineEffect<M>> {
public:
    // `first` inputs found a new journal: configuration is part of the state, so it is journalled.
    explicit MachineProgram(M machine, std::vector<typename M::Input> first = {})
        : machine_(std::move(machine)), first_(std::move(first)) {}

    const M& machine() const { return machine_; }

    Result<void, Failure> recover(const Recovered& recovered) override {
        fresh_ = recovered.last_seq == 0;
        if (recovered.snapshot) {
            const auto state = state_in(M::snapshot_form, *recovered.snapshot);
            if (!state) return unexpected<Failure>(state.error());
            const auto read = machine_.read_snapshot(*state);
            if (!read) return diverged(recovered.snapshot->seq, "its snapshot", read.error());
        } else if (!recovered.rows.empty()) {
            if (auto begun = begin_under(recovered.rows.front()); !begun) return begun;
        }
        std::deque<Bytes> expected;  // recorded outputs of the inputs so far, without their rows
        std::uint64_t last = 0;
        for (const JournalRow& row : recovered.rows) {
            last = row.seq;
            auto replayed = replay(row, expected);
            if (!replayed) return replayed;
        }
        if (!expected.empty()) return diverged(last, "a recorded output is missing behind it");
        return {};
    }

    void start(Timestamp at, Turn<MachineEffect<M>>& turn) override {
        if (fresh_) {
            for (const auto& input : first_)
                apply(at, 0, input, turn);
        } else if constexpr (Resumes<M>) {
            if (machine_.check(at, M::resume())) apply(at, 0, M::resume(), turn);
        }
        first_.clear();
    }

    void run(Timestamp at, std::vector<TicketedInput<M>> inputs,
             Turn<MachineEffect<M>>& turn) override {
        wake(at, turn);
        for (TicketedInput<M>& in : inputs) {
            if constexpr (HoldsNewBusiness<M>) {
                if (turn.disk_low) M::hold_new_business(in.input);
            }
            const Result<void> verdict = check(at, in.input, turn.disk_low);
            if (verdict) apply(at, in.ticket, in.input, turn);
            if (!verdict) ++turn.refusals;
            turn.effects.push_back(TicketAnswer{in.ticket, verdict});
        }
    }

    std::optional<Timestamp> next_wake() const override { return machine_.next_wake(); }
    std::uint16_t rules() const override { return machine_.rules(); }
    Bytes snapshot() const override { return in_form(M::snapshot_form, machine_.write_snapshot()); }

private:
    // A machine that is not asleep after so many wake-ups at one time never will be.
    static constexpr int max_wakes_a_turn = 1'000'000;

    // What is due is done first, so that no input sees an escrow that has expired.
    void wake(Timestamp at, Turn<MachineEffect<M>>& turn) {
        for (int count = 0;; ++count) {
            const auto due = machine_.next_wake();
            if (!due || *due > at) return;
            ASSERT(count < max_wakes_a_turn);
            apply(at, 0, M::wake(), turn);
        }
    }

    Result<void> check(Timestamp at, const typename M::Input& input, bool disk_low) const {
        if constexpr (MarksNewBusiness<M>) {
            if (disk_low && M::is_new_business(input)) return refuse(Reason::disk_low);
        }
        return machine_.check(at, input);
    }

    void apply(Timestamp at, Ticket ticket, const typename M::Input& input,
               Turn<MachineEffect<M>>& turn) {
        const std::uint16_t rules = machine_.rules();
        turn.entries.push_back({kind_of(input), at, M::encode_input(input), rules});
        Outputs<M> out;
        machine_.apply(at, input, out);
        for (auto& record : out.records)
            turn.records.push_back(std::move(record));
        for (auto& output : out.outputs) {
            if constexpr (RecordsOutputs<M>) {
                if (M::is_recorded(output)) {
                    turn.entries.push_back({RowKind::output, at, M::encode_output(output), rules});
                }
            }
            turn.effects.push_back(TicketedOutput<M>{ticket, std::move(output)});
        }
    }

    static RowKind kind_of(const typename M::Input& input) {
        if constexpr (MarksUpgrades<M>) {
            if (M::is_upgrade(input)) return RowKind::upgrade;
        }
        return RowKind::input;
    }

    Result<void, Failure> begin_under(const JournalRow& first) {
        if constexpr (BeginsUnderRules<M>) {
            if (!machine_.begin_under(first.rules)) {
                return diverged(first.seq, "it was written under " + rules_text(first.rules) +
                                               ", which this program does not have; use the "
                                               "version that wrote it");
            }
        }
        return {};
    }

    // An input under the rules that the state follows, an output under those of its input.
    Result<void, Failure> replay(const JournalRow& row, std::deque<Bytes>& expected) {
        const bool is_output = row.kind == RowKind::output;
        const std::uint16_t rules = is_output ? input_rules_ : machine_.rules();
        if (is_output && expected.empty())
            return diverged(row.seq, "the recorded output is not made again");
        if (row.rules != rules) {
            return diverged(row.seq, "it was written under " + rules_text(row.rules) +
                                         ", but what comes before it follows " + rules_text(rules) +
                                         "; use the version that wrote it");
        }
        if (is_output) {
            if (expected.front() != row.body) {
                return diverged(row.seq, "the recorded output differs from the recomputed one");
            }
            expected.pop_front();
            return {};
        }
        if (!expected.empty()) return diverged(row.seq, "a recorded output is missing before it");
        const auto input = M::decode_input(row.body);
        if (!input) return diverged(row.seq, "it cannot be decoded", input.error());
        if (kind_of(*input) != row.kind) return diverged(row.seq, "it is not of the kind it says");
        if (row.kind == RowKind::upgrade) {
            // The one input that an older program may meet and have no answer to.
            if (const auto known = machine_.check(row.at, *input); !known) {
                return diverged(row.seq,
                                "it goes over to rules that this program does not have; use the "
                                "version that wrote it",
                                known.error());
            }
        }
        input_rules_ = machine_.rules();
        Outputs<M> out;
        machine_.apply(row.at, *input, out);
        if constexpr (RecordsOutputs<M>) {
            for (const auto& output : out.outputs) {
                if (M::is_recorded(output)) expected.push_back(M::encode_output(output));
            }
        }
        return {};
    }

    static std::string rules_text(std::uint16_t rules) { return "rules " + std::to_string(rules); }

    static Result<void, Failure> diverged(std::uint64_t seq, const std::string& what,
                                          std::optional<Reason> reason = std::nullopt) {
        std::string detail = "journal row " + std::to_string(seq) + ": " + what;
        if (reason) detail += " (" + std::string(to_string(*reason)) + ")";
        return fail("diverged", detail);
    }

    M machine_;
    std::vector<typename M::Input> first_;
    bool fresh_ = true;
    std::uint16_t input_rules_ = 0;  // under which the last replayed input was applied
};

}  // namespace lockstep
