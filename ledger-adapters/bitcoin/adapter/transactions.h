// The transactions of an escrow: one that funds it, one that claims or refunds it, and newer
// versions of each at a higher fee. Each comes out signed. Pure: the same plan and coins give the
// same bytes; nothing here looks at a chain. How an escrow is rejected: reject.h.
//
// Always: version 2; every input signals that it may be replaced (BIP 125); a fee is what its rate
// asks of the worst size, rounded up, or more where change would be dust; never less than what a
// version before paid.
#pragma once

#include "bitcoin/adapter/payments.h"

namespace lockstep::bitcoin {

// --- funding ---
struct FundingPlan {
    EscrowLock lock;
    Satoshi amount = 0;  // of the escrow, exactly: who claims it pays for the claim
    // A coin of the node's own for the fee of this escrow's refund or claim, so that many of them
    // at once do not wait for one coin.
    std::optional<TxOut> reserve;
    Bytes change_script;
    FeePerKvb rate;
    // The tip's height, so that nobody gains by mining the tip anew for the fee; 0: none.
    std::uint32_t locktime = 0;
    // Of an output that tells of the escrow and has no value (announcement.h); empty: none.
    Bytes announcement = {};
};
struct EscrowFunding {
    FundingPlan plan;
    std::vector<KeyCoin> coins;  // by input
    // Outputs: the escrow, the announcement, the reserve and the change, as far as there are any.
    Transaction transaction;
    Satoshi fee = 0;
    Satoshi change = 0;

    OutPoint escrow_place() const { return {txid_of(transaction), 0}; }
    PaidVersion paid() const;
    // As a payment, whose outputs are all but the change.
    Payment payment() const;
};
// Takes none of `reserved`. Faults: bad_rate, bad_amount, bad_lock, bad_destination,
// bad_locktime, dust, and those of select_coins. bad_destination also for an announcement that
// nodes do not relay.
Result<EscrowFunding, BuildFault> fund_escrow(const FundingPlan& plan,
                                              std::span<const KeyCoin> available,
                                              const std::set<OutPoint>& reserved,
                                              const BitcoinSigner& signer);
// Another version of the same funding: the same escrow, announcement, reserve and first input (so
// that at most one of all versions is ever included), at this rate or, where that is not enough to
// replace `before`, at the least that is. It spends all coins of `before`, and others where those
// do not pay. The new coins must be confirmed (BIP 125, rule 2).
Result<EscrowFunding, BuildFault> replace_funding(const EscrowFunding& before, FeePerKvb rate,
                                                  std::span<const KeyCoin> available,
                                                  const std::set<OutPoint>& reserved,
                                                  const BitcoinSigner& signer);

// --- claim, refund ---
// An escrow's output.
struct EscrowCoin {
    OutPoint place;
    Satoshi value = 0;
    EscrowLock lock;
};
struct SpendPlan {
    EscrowCoin escrow;  // the first input
    Bytes destination;  // the only output's script
    FeePerKvb rate;
    std::vector<KeyCoin> fee_coins;  // the reserve; what the fee leaves of it goes along
    std::optional<PaidVersion> replaces;
};
struct EscrowSpend {
    Transaction transaction;
    Satoshi fee = 0;

    PaidVersion paid() const;
};
// `key`: of the payee. Faults: bad_rate, bad_amount, bad_lock, bad_destination, dust,
// too_many_inputs, wrong_key, wrong_preimage.
Result<EscrowSpend, BuildFault> claim_escrow(const SpendPlan& plan, const Preimage& preimage,
                                             const KeyName& key, const BitcoinSigner& signer);
// `key`: of the payer. It has the script's locktime and is not final before; see refundable_from.
Result<EscrowSpend, BuildFault> refund_escrow(const SpendPlan& plan, const KeyName& key,
                                              const BitcoinSigner& signer);

// The worst size of a spend with so many fee coins; what its fee is reckoned from.
std::size_t spend_vsize(const EscrowLock& lock, EscrowPath path, ByteView destination,
                        std::size_t fee_coins);

// --- for both files ---
// Unsigned: the inputs and the one output. Faults as of claim_escrow up to too_many_inputs.
Result<EscrowSpend, BuildFault> draft_spend(const SpendPlan& plan, EscrowPath path);
// By that key over the escrow's input, which is the first; with its byte of hash type (ALL).
// `script`: the escrow's.
Bytes sign_escrow(const Transaction& transaction, const EscrowCoin& escrow, ByteView script,
                  const KeyName& key, const BitcoinSigner& signer);

}  // namespace lockstep::bitcoin
