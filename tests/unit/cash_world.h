// A cash ledger in words, for tables: actors have keys made from their names, the clock is the
// table's, and an operation is a line of text.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cash/machine/machine.h"

namespace lockstep::cash::testing {

PublicKey key_of(std::string_view name);
Address account_of(std::string_view name);  // test.sek.NAME, or NAME itself where it has a dot
AssetId asset_of(std::string_view text);    // "SEK/2"
CommandId command_id(std::string_view name);
EscrowId escrow_id(std::string_view name);
// "P1" is 32 octets of its own, "P1:33" 33; "H1" and "H1:33" are their hashes.
Bytes preimage_of(std::string_view name);
Condition condition_named(std::string_view name);
// Seconds after the start with an optional sign and microseconds: "60", "60-1us", "60+1us".
Timestamp time_of(std::string_view text);

Settings test_settings();

// Cuts at blanks; "key=value" words are options and not counted.
struct Words {
    std::vector<std::string> plain;
    std::map<std::string, std::string> options;
    std::string option(const std::string& key, const std::string& otherwise) const;
};
Words words_of(std::string_view text);
OpBody op_of(const Words& words, Timestamp now);

// The octets of an instruction as it would have come from this signer. The signature is not real:
// the machine does not look at it.
input::Submit submit_of(const Instruction& instruction, bool new_business = true);

// Applies inputs to one machine, checks after each that the books balance and that states only move
// forward, and remembers what came out.
class World {
public:
    CashMachine machine;

    // Accounts alice, bob, carol and the krona, with 1000.00 for alice.
    static World with_accounts();

    Result<void> apply(Timestamp at, const Input& input);
    // One operation in an instruction of its own; ok with its sequence, or why not.
    Result<std::uint64_t> run(Timestamp at, std::string_view signer, std::string_view operation);

    const std::vector<LedgerEvent>& events() const { return events_; }
    const std::vector<Record>& records() const { return records_; }
    const std::vector<output::Changed>& changes() const { return changes_; }
    std::uint64_t digest_count() const { return inputs_; }

private:
    void check_invariants();

    std::uint64_t inputs_ = 0;
    std::uint64_t next_id_ = 0;
    std::vector<LedgerEvent> events_;
    std::vector<Record> records_;
    std::vector<output::Changed> changes_;
    std::vector<OpAnswer> answers_;
    std::map<EscrowKey, EscrowState> states_;
};

// Runs a table: `time signer | operation | result`, '#' begins a comment. The result is "ok", "ok
// N" with the sequence, a reason, or for `balance` and `escrow` what they show. Every reason seen
// is put into `seen`. Mistakes fail the running test and name the row.
void run_table(World& world, std::string_view table, std::set<std::string>& seen);

}  // namespace lockstep::cash::testing
