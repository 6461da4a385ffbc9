// What a signature of a transaction's input signs: the older way and that of BIP 143.
#pragma once

#include "bitcoin/script/transaction.h"

namespace lockstep::bitcoin {

constexpr std::uint32_t sighash_all = 1;
constexpr std::uint32_t sighash_none = 2;
constexpr std::uint32_t sighash_single = 3;
constexpr std::uint32_t sighash_anyone_can_pay = 0x80;

enum class SignatureVersion : std::uint8_t { base, witness_v0 };

// What is hashed for each input alike, computed once (BIP 143, "hashPrevouts" and so on).
struct CommonHashes {
    explicit CommonHashes(const Transaction& transaction);
    Hash prevouts, sequences, outputs;
};

// `script_code`: of the output that is spent, from the last executed OP_CODESEPARATOR on; the base
// version leaves out those that follow. `type` is signed with all its 32 bits. `input` is one of
// the transaction. Without an output for SIGHASH_SINGLE the base version gives the number one.
Hash base_signature_hash(const Transaction& transaction, std::size_t input, ByteView script_code,
                         std::uint32_t type);
Hash witness_signature_hash(const Transaction& transaction, const CommonHashes& common,
                            std::size_t input, ByteView script_code, Satoshi amount,
                            std::uint32_t type);

}  // namespace lockstep::bitcoin
