// Who and what the targets and their seeds speak of: keys made from names, one ledger of each kind,
// one node, and a signature that anybody can make, so that what lies behind a signature is reached.
#pragma once

#include <memory>

#include "cash/machine/machine.h"
#include "connector/core/node_machine.h"
#include "sdk/crypto/hash.h"
#include "sdk/crypto/signature.h"
#include "securities/machine/validator.h"

namespace lockstep::fuzz {

// A signature is good unless its first octet is zero.
class LenientScheme final : public SignatureScheme {
public:
    static bool is_good(const Signature& signature) { return signature.array()[0] != 0; }
    bool verify(const PublicKey& key, ByteView message, const Signature& signature) const override;
    std::unique_ptr<Signer> signer(const KeySeed& seed) const override;
};

class LenientSigner final : public Signer {
public:
    explicit LenientSigner(const PublicKey& key) : key_(key) {}
    const PublicKey& public_key() const override { return key_; }
    // The same for everything: seeds stay good when they are changed.
    Signature sign(ByteView message) const override;

private:
    PublicKey key_;
};

// 32 octets with the name at their front, so that a person finds it in a corpus file.
template <class T>
T named(std::string_view name) {
    std::array<std::uint8_t, 32> bytes{};
    for (std::size_t i = 0; i < name.size() && i < bytes.size(); ++i)
        bytes[i] = static_cast<std::uint8_t>(name[i]);
    return T{bytes};
}

constexpr Timestamp start_time{1'800'000'000'000'000};
constexpr Timestamp second(std::int64_t s) {
    return start_time + Duration::seconds(s);
}

// test.l, the ledger of all fixtures; its operator "op", its issuer "is", accounts of "al" and
// "bo".
Address ledger_address();
Address account(std::string_view name);  // test.l.NAME
AssetId krona();                         // SEK/2
Bytes preimage(std::string_view name);
Condition condition(std::string_view name);
EscrowTerms terms(std::string_view id);
Op op(std::string_view id, OpBody body);
Instruction instruction(std::string_view signer, std::vector<Op> ops);
Bytes signed_octets(const Instruction& instruction);

cash::Settings cash_settings();
// With accounts, the krona, 1000.00 of it for al, an open and a fulfilled escrow, a tombstone.
const cash::CashMachine& cash_world();
Timestamp cash_world_time();

// Four validators v0 to v3; this process is v0.
securities::Genesis genesis();
securities::Validator::Setup validator_setup();
// The same accounts and escrows as the cash ledger's.
const securities::Ledger& securities_world();
Timestamp securities_world_time();

// The node "self" with accounts on test.l and test.c, an offer between them, the peers "peer" and
// "venue", parties of both sides.
core::NodeConfig node_config();
// Configured, started, both ledgers live.
std::unique_ptr<core::NodeMachine> node_world();
Timestamp node_world_time();

}  // namespace lockstep::fuzz
