// Which of the node's coins a funding spends: a set that needs no change where there is one, else
// the largest ones with as little change as they allow. The same coins give the same choice.
// Source: Murch, "An Evaluation of Coin Selection Strategies" (2016), as in Bitcoin Core.
#pragma once

#include <set>
#include <span>
#include <string_view>

#include "bitcoin/adapter/escrow_keys.h"
#include "bitcoin/adapter/fees.h"
#include "sdk/base/result.h"

namespace lockstep::bitcoin {

// An output to one of the node's keys (P2WPKH).
struct KeyCoin {
    OutPoint place;
    Satoshi value = 0;
    KeyName key;
    friend bool operator==(const KeyCoin&, const KeyCoin&) = default;
};

// Why a transaction is not built, in the order in which it is checked.
enum class BuildFault : std::uint8_t {
    bad_rate,            // below what is relayed, or absurd
    bad_amount,          // not above zero, or more than 21 million coins, alone or together
    bad_lock,            // the terms give no script
    bad_destination,     // a script that no address stands for
    bad_locktime,        // against fee sniping: no height
    dust,                // an output, or what the fee leaves of an escrow, is not relayed
    too_many_inputs,     // the coins are too small
    insufficient_funds,  // the coins do not pay for it
    wrong_reject,        // another spend than the one that was agreed
    wrong_key,           // the signer's key is not the one in the script
    wrong_preimage,      // it does not fulfil the condition
    bad_signature,       // of the other side
};
std::string_view to_string(BuildFault fault);

struct SelectionRequest {
    Satoshi target = 0;      // the outputs, change apart
    std::size_t weight = 0;  // the transaction without inputs and change
    Bytes change_script;
    FeePerKvb rate;
    std::vector<KeyCoin> kept;  // spent in any case, before the others
    std::optional<PaidVersion> replaces;
};
struct Selection {
    std::vector<KeyCoin> coins;  // the kept ones, then by falling value
    Satoshi fee = 0;             // the inputs are the target, the change and the fee
    Satoshi change = 0;          // zero: none; never dust
    friend bool operator==(const Selection&, const Selection&) = default;
};

// Takes none of `reserved`: what open escrows may need for their fees. Coins that cost more than
// they are worth at the rate stay where they are.
// Faults: bad_rate, bad_amount, too_many_inputs, insufficient_funds.
Result<Selection, BuildFault> select_coins(const SelectionRequest& request,
                                           std::span<const KeyCoin> available,
                                           const std::set<OutPoint>& reserved);

}  // namespace lockstep::bitcoin
