// The adapter for the securities ledger: an event is final, and believed, once a quorum of the
// validators that the operator trusts signed the block that it is proved to lie in.
#pragma once

#include "sdk/machine/instruction_adapter.h"
#include "securities/machine/light_client.h"

namespace lockstep::securities {

// Reads the frames of light_client.h. Its place is the last header that was verified.
class BlockReader final : public StreamReader {
public:
    BlockReader(Trust trust, std::shared_ptr<const SignatureScheme> scheme);

    Result<StreamNews, StreamFault> read(ByteView frame) override;
    std::uint64_t cursor() const override { return client_.place().height; }
    Bytes place() const override { return encode_place(client_.place()); }
    Result<void> restore(ByteView place) override;
    bool proofs() const override { return true; }

private:
    Trust trust_;
    std::shared_ptr<const SignatureScheme> scheme_;
    LightClient client_;
};

// Settings besides those of the sdk: `chain`, the id of the chain (64 hexadecimal digits);
// `validators`, their public keys in the order of the genesis, separated by commas; `quorum`, how
// many of them sign a block (more than two thirds where it is absent).
// Failure: bad_setting, bad_setup.
Result<std::unique_ptr<LedgerAdapter>, Failure> make_adapter(const AdapterSetup& setup);
SettingMistakes check_settings(const AdapterSetup& setup);
// What those settings besides say, or all mistakes in them.
Result<Trust, SettingMistakes> read_trust(const AdapterSetup& setup);

}  // namespace lockstep::securities
