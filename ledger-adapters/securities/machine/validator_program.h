// A validator as a host runs it: the machine and, around it, what need not survive a restart: the
// pool of instructions that clients sent, messages for heights not reached yet, and the blocks that
// others ask for. An instruction in the pool has been promised nothing.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <variant>
#include <vector>

#include "sdk/machine/machine_program.h"
#include "securities/machine/validator.h"

namespace lockstep::securities {

constexpr std::size_t max_pool_instructions = 20'000;
constexpr std::size_t max_pool_octets = 64 << 20;
constexpr std::uint64_t max_heights_ahead = 32;  // whose messages are kept until we are there
constexpr std::size_t max_messages_ahead = 1024;
constexpr std::uint64_t blocks_a_reply = 16;
constexpr std::uint64_t recent_blocks = 64;  // kept in memory for those who lag
// Work waits this long for a silent proposer before the time-out for it begins.
constexpr Duration impatience = Duration::milliseconds(100);

namespace pool_input {
// A client's instruction; its form and its signature were checked.
struct Submit {
    Transaction transaction;
};
struct FromPeer {
    std::uint32_t from = 0;
    Bytes octets;
};
}  // namespace pool_input
using ValidatorInput = std::variant<pool_input::Submit, pool_input::FromPeer>;

namespace pool_effect {
struct ToAll {
    Bytes octets;
};
struct To {
    std::uint32_t validator = 0;
    Bytes octets;
};
// The instruction will be in no block: too_late, overloaded and the reasons of Ledger::check.
struct Refused {
    Hash transaction;
    Reason reason;
};
// It was in one before.
struct Remembered {
    Hash transaction;
    std::vector<OpAnswer> answers;
};
using Committed = validator_output::Committed;
using Equivocation = validator_output::Equivocation;
}  // namespace pool_effect
using ValidatorEffect =
    std::variant<pool_effect::ToAll, pool_effect::To, pool_effect::Refused, pool_effect::Remembered,
                 pool_effect::Committed, pool_effect::Equivocation>;

class ValidatorProgram final : public Program<ValidatorInput, ValidatorEffect> {
public:
    using Effects = Turn<ValidatorEffect>;
    // An older block as encode_decided wrote it, from the records.
    using BlockSource = std::function<std::optional<Bytes>(std::uint64_t height)>;

    ValidatorProgram(Genesis genesis, ValidatorTiming timing, Validator::Setup setup,
                     BlockSource blocks);

    const Validator& validator() const { return inner_.machine(); }

    // Also wrong_genesis: the journal is of another chain than the configuration.
    Result<void, Failure> recover(const Recovered& recovered) override;
    void start(Timestamp at, Effects& turn) override;
    void run(Timestamp at, std::vector<ValidatorInput> inputs, Effects& turn) override;
    std::optional<Timestamp> next_wake() const override;
    std::uint16_t rules() const override { return inner_.rules(); }
    Bytes snapshot() const override { return inner_.snapshot(); }

private:
    struct Pooled {
        Transaction transaction;
        Timestamp since;
    };
    struct Ahead {
        std::uint32_t from = 0;
        validator_input::Received received;
    };

    void submit(Timestamp at, Transaction transaction, Effects& turn);
    void receive(Timestamp at, std::uint32_t from, Bytes octets, Effects& turn);
    void reply(std::uint32_t to, std::uint64_t height, Effects& turn);
    std::optional<Bytes> decided(std::uint64_t height) const;
    void feed(Timestamp at, Validator::Input input, Effects& turn);
    // Proposes and hurries where it is time to, and feeds what waited for this height.
    void settle(Timestamp at, Effects& turn);
    void on_commit(validator_output::Committed committed, Effects& turn);
    void clear_pool(Timestamp block, Effects& turn);
    std::optional<Timestamp> propose_at() const;
    std::optional<Timestamp> hurry_at() const;
    std::vector<Transaction> pick(Timestamp at) const;

    Genesis genesis_;
    ValidatorTiming timing_;
    BlockSource blocks_;
    MachineProgram<Validator> inner_;

    std::deque<Pooled> pool_;           // in order of arrival
    std::map<Hash, Timestamp> pooled_;  // ids in the pool, with their valid_until
    std::size_t pool_octets_ = 0;
    std::map<std::uint64_t, std::vector<Ahead>> ahead_;  // by height
    std::size_t messages_ahead_ = 0;
    std::uint64_t highest_seen_ = 0;
    std::uint32_t highest_from_ = 0;
    std::map<std::uint64_t, Bytes> recent_;
};

}  // namespace lockstep::securities
