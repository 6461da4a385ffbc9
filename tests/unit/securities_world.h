// Names for a securities ledger in tests: actors with keys made from their names, a manual clock,
// and operations written as words.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "securities/machine/ledger.h"

namespace lockstep::securities::testing {

// A keyed hash that anybody could forge: fast, deterministic, and as long as Ed25519's signatures.
class FakeScheme final : public SignatureScheme {
public:
    bool verify(const PublicKey& key, ByteView message, const Signature& signature) const override;
    std::unique_ptr<Signer> signer(const KeySeed& seed) const override;
};
KeySeed seed_of(const std::string& name);
PublicKey key_of(const std::string& name);
std::unique_ptr<Signer> signer_of(const std::string& name);

Address account_of(const std::string& name);  // test.csd.NAME
AssetId share(const std::string& code = "SE0000108656");
CommandId command_of(const std::string& name);
EscrowId escrow_of(const std::string& name);
Bytes preimage_of(const std::string& name);  // 32 octets
Condition condition_of_name(const std::string& name);
Timestamp second(double seconds);  // after the chain's start

Genesis test_genesis(std::size_t validators = 4);

// The words of a table row: "prepare E1 alice bob 100 H1 60", see operation_from in the .cpp.
struct Words {
    std::string signer;
    OpBody body;
};
Words words_to_op(const std::string& words);

// A ledger with a block for each call.
class World {
public:
    explicit World(Limits limits = {});

    // One operation in a block of its own at `at`; the answer's reason or nothing for done.
    std::optional<Reason> run(const std::string& words, const std::string& op_id = "");
    OpAnswer last() const { return answers_.at(0).at(0); }
    // Several instructions in one block.
    std::vector<std::vector<OpAnswer>> block(const std::vector<Transaction>& transactions);
    void at(Timestamp time) { time_ = time; }
    Timestamp time() const { return time_; }
    Transaction transaction(const std::string& words, const std::string& op_id = "");

    Ledger ledger;
    Executed executed;  // of the last block

private:
    std::vector<std::vector<OpAnswer>> answers_;
    Timestamp time_;
    std::uint64_t next_id_ = 0;
};

// Free + escrowed = outputs = issued - redeemed, and each index agrees with what it indexes.
bool conserved(const State& state);
Hash digest(const Ledger& ledger);

}  // namespace lockstep::securities::testing
