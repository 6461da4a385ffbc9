// What must hold for a block: by itself, behind its parent, and against the coins that it spends.
// Faults are Bitcoin Core's words, for example "bad-cb-amount". Source: Bitcoin Core,
// validation.cpp.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "bitcoin/chain/coins.h"
#include "bitcoin/chain/params.h"
#include "bitcoin/script/verify_script.h"

namespace lockstep::bitcoin {

constexpr std::size_t max_block_weight = 4'000'000;
// A header may lie so far ahead of the clock of who looks at it.
constexpr std::int64_t max_ahead_s = 2 * 60 * 60;

// Where a block stands.
struct Context {
    int height = 0;
    std::int64_t median_time = 0;  // of its parent: the middle of eleven (BIP 113)
};

using Fault = std::optional<std::string>;

// Without its surroundings.
Fault check_block(const Block& block, const ChainParams& params);
// The same but for the header's work.
Fault check_contents(const Block& block);
Fault check_header(const BlockHeader& header, const Context& context, std::int64_t now_s,
                   const ChainParams& params);
// Locktimes, the height in the coinbase (BIP 34), the witness commitment.
Fault check_in_context(const Block& block, const Context& context);

// The witnesses are those that the coinbase commits to (BIP 141); without a commitment there are
// none.
Fault check_commitment(const Block& block);

// The locktime has passed, or no input cares.
bool is_final(const Transaction& transaction, int height, std::int64_t time);

// The median time of the block before the one that made a coin at that height (BIP 68).
using MedianBefore = std::function<std::int64_t(int height)>;
// Every relative locktime has passed for the block of this context.
bool has_sequence_locks(const Transaction& transaction, std::span<const Coin> spent,
                        const Context& context, const MedianBefore& median_before);

// Of a transaction that is no coinbase: what it spends is there and mature, and is not less than
// what it pays. The fee, or the fault.
struct Spent {
    std::vector<Coin> coins;
    Satoshi fee = 0;
    Fault fault;
    std::string detail;  // more about it, or empty
};
// In coins, without zeros behind the second digit: "0.10".
std::string money_text(Satoshi amount);
Spent check_inputs(const Transaction& transaction, const Coins& coins, int height,
                   const ChainParams& params);
// The same where the coins were found already, one for each input.
Spent check_spent(const Transaction& transaction, std::vector<Coin> coins, int height,
                  const ChainParams& params);
// Each input's script, under these rules; the error of the first that fails.
std::optional<ScriptError> check_scripts(const Transaction& transaction,
                                         std::span<const Coin> spent, VerifyFlags flags);

// The scripts of this very transaction, witnesses included, were found good under the rules of
// blocks or stricter ones. It commits to what it spends, so that they are good wherever it stands.
using IsVerified = std::function<bool(const Transaction& transaction)>;

// Applies the block to the coins where it may stand there, and leaves them as they were where not.
// `is_verified`: whose scripts need not run again; none where it is empty.
Fault connect(const Block& block, const Context& context, const ChainParams& params,
              const MedianBefore& median_before, Coins& coins, BlockUndo& undo,
              const IsVerified& is_verified = {});

}  // namespace lockstep::bitcoin
