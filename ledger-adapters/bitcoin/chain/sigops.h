// How many signatures a script may ask for, which blocks bound. Source: BIP 16, 141; Bitcoin Core,
// consensus/tx_verify.cpp.
#pragma once

#include <span>

#include "bitcoin/script/transaction.h"

namespace lockstep::bitcoin {

constexpr std::size_t max_block_sigops = 80'000;  // weighted

// OP_CHECKMULTISIG counts as many as there are keys where that is known, and otherwise twenty.
enum class Count : std::uint8_t { exact, most };
std::size_t count_sigops(ByteView script, Count how);
// Weighted by four, of scripts in the transaction itself.
std::size_t legacy_sigop_cost(const Transaction& transaction);
// With those of the redeem scripts and the witnesses; `spent`: the outputs of its inputs.
std::size_t sigop_cost(const Transaction& transaction, std::span<const TxOut> spent);

}  // namespace lockstep::bitcoin
