// How an escrow is given back early: payee and payer sign one transaction that pays the payer. The
// payee signs first and sends the partial; the payer adds its signature and broadcasts. Once the
// partial has left, the payee cannot take it back, and the payee's own claim may still be faster.
#pragma once

#include "bitcoin/adapter/transactions.h"

namespace lockstep::bitcoin {

// What the payee sends: everything is signed (SIGHASH_ALL) and the payer can change nothing.
struct PartialReject {
    Transaction transaction;  // without witness
    Bytes signature;          // of the payee, with its byte of hash type
    friend bool operator==(const PartialReject&, const PartialReject&) = default;
};

// `plan.destination`: the payer's. `key`: of the payee. A newer version at a higher fee has paid()
// of the older one in plan.replaces. Faults: as of claim_escrow without wrong_preimage;
// wrong_reject where the plan has fee coins, which would be the payee's gift.
Result<PartialReject, BuildFault> offer_reject(const SpendPlan& plan, const KeyName& key,
                                               const BitcoinSigner& signer);

// Of one that offer_reject made: what it pays when both have signed. The size is reckoned a byte
// smaller than the worst, as signatures may be.
PaidVersion paid(const PartialReject& partial, const EscrowCoin& escrow);

// A byte of version, 1; the transaction and the signature, each with its length (compact sizes).
Bytes serialize(const PartialReject& partial);
// nullopt for anything else, for longer forms, and for more than max_partial bytes.
constexpr std::size_t max_partial = 512;
std::optional<PartialReject> parse_partial_reject(ByteView bytes);

// What the payer, who pays the fee out of what it gets back, agrees to.
struct RejectTerms {
    EscrowCoin escrow;
    Bytes destination;
    Satoshi most_fee = 0;
};
// `key`: of the payer. Nothing in `partial` is believed: it must spend this escrow alone, at once,
// to the destination alone, for no higher fee, replaceably, and come out as a transaction that
// nodes relay. Faults: bad_lock, wrong_reject, wrong_key, bad_signature.
Result<EscrowSpend, BuildFault> complete_reject(const PartialReject& partial,
                                                const RejectTerms& terms, const KeyName& key,
                                                const BitcoinSigner& signer);

}  // namespace lockstep::bitcoin
