// The program of a ledger: command line, configuration, start, SIGTERM. What differs between
// ledgers is a LedgerKind.
//
//   lockstep-X --config FILE [--data DIR]    run until SIGTERM or SIGINT: exit 0
//   lockstep-X --config FILE --check         one line a mistake: exit 2; none: exit 0
//   lockstep-X --config FILE --replay        the digest after replaying the journal from row 1,
//                                            compared with state.json: exit 1 where they differ
//   lockstep-X init DIR --ledger ADDRESS     makes an operator's key and a configuration
#pragma once

#include <memory>
#include <string>

#include "sdk/machine/host.h"
#include "sdk/service/ledger_service.h"
#include "sdk/service/log.h"
#include "sdk/service/settings_file.h"
#include "sdk/store/data_directory.h"

namespace lockstep::service {

struct ProgramSettings {
    ServiceSettings service;
    std::string directory;  // of the journal
    DiskLimits disk;
    HostSettings host;
    std::string log_file;
    LogLevel log_level = LogLevel::info;
    std::uint64_t threads = 2;  // that serve and verify signatures
};

class LedgerKind {
public:
    virtual ~LedgerKind() = default;
    virtual std::string program() const = 0;
    virtual std::string about() const = 0;

    // Reads the tables that are this ledger's own and gives its address.
    virtual Address read(SettingsTable& file) = 0;
    // A configuration's tables of its own, for init.
    virtual std::string sample(const Address& ledger, const PublicKey& ledger_operator) const = 0;

    // Clock and workers outlive the backend; it was stopped and the workers were when it goes.
    virtual Result<std::unique_ptr<LedgerBackend>, Failure> open(const ProgramSettings& settings,
                                                                 net::IoLoop& workers,
                                                                 const Clock& clock) = 0;
    // Replays from the first row. not_found where there is no state.json to compare with; then
    // `compare` false gives the digest alone.
    virtual Result<StateDigest, Failure> replay(const ProgramSettings& settings, bool compare) = 0;
};

int run_ledger_program(LedgerKind& kind, int argc, const char* const* argv);

}  // namespace lockstep::service
