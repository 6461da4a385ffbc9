// The adapter for cash ledgers: events are final at once and are believed on the ledger's word.
#pragma once

#include "sdk/machine/instruction_adapter.h"

namespace lockstep::cash {

// Reads the frames of sdk/machine/stream.h. Its place is the last tip: once a frame was read,
// everything of our accounts up to its tip was.
class FrameReader final : public StreamReader {
public:
    Result<StreamNews, StreamFault> read(ByteView frame) override;
    std::uint64_t cursor() const override { return tip_; }
    Bytes place() const override;
    Result<void> restore(ByteView place) override;
    bool proofs() const override { return false; }

private:
    std::uint64_t tip_ = 0;
};

// Failure: bad_setting, bad_setup.
Result<std::unique_ptr<LedgerAdapter>, Failure> make_adapter(const AdapterSetup& setup);
SettingMistakes check_settings(const AdapterSetup& setup);

}  // namespace lockstep::cash
