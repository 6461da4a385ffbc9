// The script that holds an escrow on Bitcoin: one hash time lock as the program of a P2WSH output,
// and the witnesses that open it. Nothing here signs or knows an amount.
//
//   OP_IF OP_SIZE 32 OP_EQUALVERIFY OP_SHA256 <condition> OP_EQUALVERIFY <payee> OP_CHECKSIG
//   OP_ELSE
//     OP_IF <locktime> OP_CHECKLOCKTIMEVERIFY OP_DROP <payer> OP_CHECKSIG
//     OP_ELSE <payee> OP_CHECKSIGVERIFY <payer> OP_CHECKSIG OP_ENDIF
//   OP_ENDIF
//
// Every path needs a signature over the outputs, so that who sees a claim cannot take it; the size
// is enforced, so that no preimage fits here and nowhere else. The ledger is open: the claim has no
// time limit, and races with the refund from the expiry on. Why the lock is a time: README.md.
// Sources: BIP 65, 113, 141, 143, 199.
#pragma once

#include <optional>
#include <string>

#include "bitcoin/keys/network.h"
#include "bitcoin/script/transaction.h"
#include "sdk/base/time.h"
#include "sdk/crypto/ecdsa.h"

namespace lockstep::bitcoin {

// What the script says.
struct EscrowLock {
    Condition condition;
    ecdsa::CompressedKey payer;
    ecdsa::CompressedKey payee;
    std::uint32_t locktime = 0;  // of a refund at least; seconds, see locktime_of
    friend bool operator==(const EscrowLock&, const EscrowLock&) = default;
};

// The locktime with which a refund can be included exactly when the median time past of the block
// before is_expired: consensus takes a transaction whose locktime is *below* that median (BIP 113),
// which is whole seconds, so it is one less than the expiry rounded up. nullopt for an expiry that
// no locktime stands for: at most 500,000,000 s (those are heights), or after February 2106.
std::optional<std::uint32_t> locktime_of(Timestamp expiry);
// The first ledger time, the median of the block before, at which a refund is possible.
Timestamp refundable_from(std::uint32_t locktime);

// The locktime is a time (500,000,000 at least) and the keys are two different points of the curve;
// nullopt otherwise: the script could not be opened as it promises.
std::optional<Bytes> escrow_script(const EscrowLock& lock);
// Exactly what escrow_script writes; anything else is nullopt.
std::optional<EscrowLock> parse_escrow_script(ByteView script);

// OP_0 <SHA-256 of the script>: what stands in the output.
Bytes script_pubkey_of(ByteView witness_script);
std::string address_of_escrow(ByteView witness_script, const Network& network);

// --- witnesses ---
// `signature`: DER and the byte of hash type.
std::vector<Bytes> claim_witness(ByteView signature, const Preimage& preimage, ByteView script);
std::vector<Bytes> refund_witness(ByteView signature, ByteView script);
struct RejectSignatures {
    Bytes payee;
    Bytes payer;
};
std::vector<Bytes> reject_witness(const RejectSignatures& signatures, ByteView script);

enum class EscrowPath : std::uint8_t { claim, refund, reject };
// The path that a witness takes, by consensus's reading: any true element chooses a branch there,
// although relay wants one of its two forms (MINIMALIF), and a miner may change it. nullopt for
// another script, or another number of elements than the path takes. The signatures are not
// checked.
std::optional<EscrowPath> path_of(const std::vector<Bytes>& witness, ByteView script);
// What a claim shows: 32 bytes that fulfil the condition of the escrow's script. nullopt for any
// other witness.
std::optional<Preimage> preimage_of(const std::vector<Bytes>& witness, ByteView script);

// --- sizes ---
// A signature with a low r and a low s and its hash type. A smaller one occurs (once in 128).
constexpr std::size_t max_signature = 71;
// Weight of an input that spends by that path, at most: its place, its sequence, an empty scriptSig
// and the witness. `script`: its size.
std::size_t escrow_input_weight(EscrowPath path, std::size_t script);
// The script has 192 bytes, or 193 from 2038 on, when a time takes five bytes.
constexpr std::size_t max_escrow_script = 193;

}  // namespace lockstep::bitcoin
