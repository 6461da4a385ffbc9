// Four validators on a network and disks made of memory, with virtual time and faults from a seed.
// Each validator is the production program; a turn is made durable before its effects leave, and
// may be lost before or after that.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <vector>

#include "sdk/machine/journal.h"
#include "securities/machine/validator_program.h"
#include "tests/unit/securities_world.h"

namespace lockstep::securities::testing {

struct NetworkFaults {
    double loss = 0;
    double duplicate = 0;
    Duration most_delay = Duration::milliseconds(20);
    double crash = 0;  // of a turn: half before it is durable, half before its effects leave
};

class Network {
public:
    explicit Network(std::uint64_t seed, std::size_t validators = 4);

    void start();
    void run_until(Timestamp end);
    // To every validator, as the service does.
    void submit(const Transaction& transaction);
    Transaction instruction(const std::string& words, const std::string& op_id);

    void stop(std::size_t validator);     // for good, until restart
    void restart(std::size_t validator);  // from what is durable
    void cut(std::size_t validator, bool off) { nodes_[validator].cut = off; }
    // Signs a second vote for nothing, or another proposal, whenever it signs one, and sends each
    // to half of the others.
    void make_equivocating(std::size_t validator) { nodes_[validator].equivocates = true; }
    void save_snapshot(std::size_t validator);

    Timestamp now() const { return now_; }
    const ValidatorProgram& program(std::size_t validator) const {
        return *nodes_[validator].program;
    }
    bool up(std::size_t validator) const { return nodes_[validator].program != nullptr; }
    Hash digest_of(std::size_t validator) const;
    Hash replayed_digest_of(std::size_t validator) const;
    // The least height among the given ones.
    std::uint64_t height(const std::vector<std::size_t>& of) const;

    NetworkFaults faults;
    std::map<std::uint64_t, Hash> decided;  // by height; a second hash fails the test
    std::map<Hash, std::vector<OpAnswer>> answers;
    std::map<std::uint64_t, DecidedBlock> blocks;
    std::size_t equivocations = 0;
    std::size_t crashes = 0;
    std::vector<std::pair<std::size_t, Vote>> votes;  // every vote that left
    Genesis genesis;

private:
    struct Node {
        std::unique_ptr<ValidatorProgram> program;
        JournalEnd end;
        std::vector<JournalRow> rows;
        std::optional<Snapshot> snapshot;
        std::map<std::pair<std::uint16_t, Bytes>, Bytes> records;
        Timestamp last_at;
        bool cut = false;
        bool equivocates = false;
    };
    struct Event {
        std::size_t to = 0;
        std::optional<ValidatorInput> input;  // none: start again
    };

    double random() { return std::uniform_real_distribution<>(0, 1)(random_); }
    std::unique_ptr<ValidatorProgram> make(std::size_t validator) const;
    Recovered recovered(const Node& node, bool whole) const;
    void turn(std::size_t validator, std::vector<ValidatorInput> inputs, bool starting);
    void send(std::size_t from, std::size_t to, const Bytes& octets);
    void broadcast(std::size_t from, const Bytes& octets);
    void note(const validator_output::Committed& committed);

    std::mt19937_64 random_;
    std::vector<Node> nodes_;
    std::multimap<std::pair<Timestamp, std::uint64_t>, Event> events_;
    std::uint64_t order_ = 0;
    Timestamp now_ = second(0);
};

}  // namespace lockstep::securities::testing
