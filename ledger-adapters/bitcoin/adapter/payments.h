// Payments out of the node's own coins, and newer versions of them. What they pay for is the
// caller's: the funding of an escrow (transactions.h), a plain transfer, or nothing but the end of
// a payment that must not be included any more. Pure, as transactions.h.
#pragma once

#include "bitcoin/adapter/coin_selection.h"

namespace lockstep::bitcoin {

// Signals replacement (BIP 125), and lets a locktime count.
constexpr std::uint32_t replaceable_sequence = 0xfffffffd;

struct PaymentPlan {
    std::vector<TxOut> outputs;  // change apart; at least one with a value
    Bytes change_script;
    FeePerKvb rate;
    // The tip's height, so that nobody gains by mining the tip anew for the fee; 0: none.
    std::uint32_t locktime = 0;
};
struct Payment {
    PaymentPlan plan;
    std::vector<KeyCoin> coins;  // by input
    Transaction transaction;     // the outputs of the plan, the change if any
    Satoshi fee = 0;
    Satoshi change = 0;

    PaidVersion paid() const;
};

// The outputs are for the caller to check. Takes none of `reserved`. Faults: those of select_coins.
Result<Payment, BuildFault> pay(const PaymentPlan& plan, std::span<const KeyCoin> available,
                                const std::set<OutPoint>& reserved, const BitcoinSigner& signer);
// Another version: the same first input, so that at most one of all versions is ever included, all
// coins of `before`, and others where those do not pay. At the plan's rate, or the least that
// replaces `before` where that is more. The new coins must be confirmed (BIP 125, rule 2).
Result<Payment, BuildFault> replace_payment(const Payment& before, const PaymentPlan& plan,
                                            std::span<const KeyCoin> available,
                                            const std::set<OutPoint>& reserved,
                                            const BitcoinSigner& signer);
// A version that pays all back to the change's script. Faults: bad_rate, dust.
Result<Payment, BuildFault> withdraw_payment(const Payment& before, FeePerKvb rate,
                                             const BitcoinSigner& signer);

// --- for transactions.h ---
TxIn replaceable_input(const OutPoint& place);
// A DER signature and its byte of hash type (ALL).
Bytes with_hash_type(const ecdsa::Compact& signature);
// The inputs from `first` on, which are the last ones.
void sign_coins(Transaction& transaction, std::span<const KeyCoin> coins, std::size_t first,
                const BitcoinSigner& signer);
std::size_t signed_vsize_of(const Transaction& transaction);

}  // namespace lockstep::bitcoin
