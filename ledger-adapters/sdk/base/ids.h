// The 32- and 64-byte values that name or prove something, each a type of its own, and the
// preimage, which is money until it is released and is therefore never copied, printed or left in
// memory.
#pragma once

#include <memory>

#include "sdk/base/bytes.h"

namespace lockstep {

using Hash = FixedBytes<32, struct HashTag>;
// Chosen by the payer; unique per payer and ledger.
using EscrowId = FixedBytes<32, struct EscrowIdTag>;
// SHA-256 of the terms both parties signed.
using SettlementId = FixedBytes<32, struct SettlementIdTag>;
// Derived from what the command is for, so that sending it twice does one thing.
using CommandId = FixedBytes<32, struct CommandIdTag>;
// SHA-256 of a preimage of exactly 32 bytes.
using Condition = FixedBytes<32, struct ConditionTag>;
using QuoteId = FixedBytes<32, struct QuoteIdTag>;
// Ed25519 (RFC 8032).
using PublicKey = FixedBytes<32, struct PublicKeyTag>;
using Signature = FixedBytes<64, struct SignatureTag>;

constexpr std::size_t preimage_size = 32;

// The secret that fulfils a condition. Move-only; its bytes are wiped when it goes; it has no
// formatter, so that no log line can hold it by accident.
class Preimage {
public:
    Preimage() = default;
    static std::optional<Preimage> from(ByteView bytes);
    ~Preimage() { wipe(); }
    Preimage(Preimage&& other) noexcept : bytes_(other.bytes_) { other.wipe(); }
    Preimage& operator=(Preimage&& other) noexcept {
        if (this != &other) {
            bytes_ = other.bytes_;
            other.wipe();
        }
        return *this;
    }
    Preimage(const Preimage&) = delete;
    Preimage& operator=(const Preimage&) = delete;

    // An explicit copy, for the few places that hand a released preimage on.
    Preimage clone() const;
    ByteView view() const { return bytes_; }

private:
    void wipe();
    std::array<std::uint8_t, preimage_size> bytes_{};
};

}  // namespace lockstep
