// The transaction that spends an output, as its script sees it: what its signatures sign, when it
// may be included.
#pragma once

#include "bitcoin/script/signature_hash.h"

namespace lockstep::bitcoin {

class Spending {
public:
    // The transaction and the hashes outlive it. `amount`: of the output that is spent.
    Spending(const Transaction& transaction, const CommonHashes& common, std::size_t input,
             Satoshi amount)
        : transaction_(transaction), common_(common), input_(input), amount_(amount) {}

    // The signature is DER and a byte of hash type. False also where the key is none.
    bool is_signed(ByteView signature_and_type, ByteView key, ByteView script_code,
                   SignatureVersion version) const;
    // OP_CHECKLOCKTIMEVERIFY (BIP 65) and OP_CHECKSEQUENCEVERIFY (BIP 112); neither is negative.
    bool has_locktime(std::int64_t least) const;
    bool has_sequence(std::int64_t least) const;

private:
    const TxIn& spent() const { return transaction_.inputs[input_]; }

    const Transaction& transaction_;
    const CommonHashes& common_;
    std::size_t input_;
    Satoshi amount_;
};

// Below it a locktime is a height, from it on a time in seconds.
constexpr std::int64_t locktime_threshold = 500'000'000;
// BIP 68: of a sequence number.
constexpr std::uint32_t sequence_disabled = 1U << 31;
constexpr std::uint32_t sequence_is_time = 1U << 22;
constexpr std::uint32_t sequence_mask = 0xffff;

}  // namespace lockstep::bitcoin
