// The adapter for a ledger that takes the instructions of instruction.h, answers its queries,
// describes itself under GET /v1/ledger and has one event stream under GET /v1/events. What differs
// between such ledgers is the StreamReader.
#pragma once

#include <map>
#include <optional>

#include "sdk/machine/command_book.h"
#include "sdk/machine/stream_follower.h"

namespace lockstep {

constexpr std::size_t max_queries_under_way = 1024;

class InstructionAdapter final : public LedgerAdapter {
public:
    InstructionAdapter(AdapterSetup setup, AdapterSettings settings,
                       std::unique_ptr<StreamReader> reader);
    InstructionAdapter(const InstructionAdapter&) = delete;
    InstructionAdapter& operator=(const InstructionAdapter&) = delete;

    void restore(const std::vector<Put>& puts) override;
    void step(Timestamp at, std::span<AdapterInput> inputs, AdapterOutputs& out) override;
    std::optional<Timestamp> next_wake() const override;

private:
    struct Asked {
        std::uint64_t query = 0;
        Timestamp due;
    };

    void ask(Timestamp at, const Query& query, AdapterOutputs& out);
    void reply(Timestamp at, const Reply& reply, AdapterOutputs& out);
    void query_reply(const Asked& asked, const Reply& reply, AdapterOutputs& out);
    void info_reply(Timestamp at, const Reply& reply, AdapterOutputs& out);
    void info_failed(Timestamp at);
    void describe(LedgerInfo info, AdapterOutputs& out);
    void expire_queries(Timestamp at, AdapterOutputs& out);
    void fetch_info(Timestamp at, AdapterOutputs& out);

    const AdapterSetup setup_;
    const AdapterSettings settings_;
    const std::unique_ptr<StreamReader> reader_;
    RequestIds ids_;
    CommandBook commands_;
    StreamFollower stream_;
    std::map<std::uint64_t, Asked> asked_;

    std::optional<LedgerInfo> info_;
    std::uint64_t info_request_ = 0;               // under way, 0 for none
    Timestamp info_due_;                           // of the reply, or of the next request
    std::optional<Timestamp> info_missing_since_;  // asked for in vain
};

// Checks the setup and makes the adapter. `own_settings` are the keys that the caller has read.
// Failure: bad_setup (an account of another ledger, no key), bad_setting.
Result<std::unique_ptr<LedgerAdapter>, Failure> make_instruction_adapter(
    const AdapterSetup& setup, const std::vector<std::string>& own_settings,
    std::unique_ptr<StreamReader> reader);

// The ledger's description as a node may reckon with it: each part of the profile the worse of what
// the operator answers for and what the ledger claims.
LedgerInfo with_operators_profile(LedgerInfo info, const TimingProfile& profile);

}  // namespace lockstep
