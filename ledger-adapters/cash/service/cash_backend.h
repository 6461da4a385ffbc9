// The cash ledger behind the interface: one machine on one journal.
#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <optional>

#include "cash/machine/machine.h"
#include "cash/service/directory.h"
#include "cash/service/event_hub.h"
#include "sdk/machine/host.h"
#include "sdk/machine/machine_program.h"
#include "sdk/service/ledger_backend.h"
#include "sdk/store/journal_verifier.h"
#include "sdk/store/sqlite_reader.h"
#include "sdk/store/sqlite_store.h"

namespace lockstep::cash {

struct BackendSettings {
    Settings ledger;
    std::vector<PublicKey> auditors;
    std::string directory;
    DiskLimits disk;
    HostSettings host;
};

class CashBackend final : public service::LedgerBackend {
public:
    using Program = MachineProgram<CashMachine>;

    // The clock outlives the backend; the workers are stopped between its stop() and its end. Opens
    // and recovers; codes of Store::open and Program::recover, and wrong_ledger where the journal
    // is another ledger's.
    static Result<std::unique_ptr<CashBackend>, Failure> open(BackendSettings settings,
                                                              net::IoLoop& workers,
                                                              const Clock& clock);
    ~CashBackend() override;

    bool is_known_key(const PublicKey& key) const override;
    bool may_read(const PublicKey& key, const Address& account) const override;
    std::vector<Address> accounts_of(const PublicKey& key) const override;
    void submit(service::Submission submission,
                service::Callback<std::vector<OpAnswer>> done) override;
    void query(const PublicKey& reader, const QueryBody& body,
               service::Callback<QueryAnswer> done) override;
    void info(service::Callback<LedgerInfo> done) override;
    void account(const Address& account, service::Callback<service::AccountInfo> done) override;
    void totals(service::Callback<std::vector<AssetTotals>> done) override;
    void digest(service::Callback<service::LedgerDigest> done) override;
    Result<std::vector<StatementRow>> statement(const Address& account, std::uint64_t from,
                                                std::size_t limit) const override;
    Result<void> subscribe(const PublicKey& reader, std::uint64_t cursor, service::FrameSink sink,
                           service::FrameEnd end) override;
    bool is_ready() const override { return ready_; }
    service::BackendStats stats() const override;
    void stop() override;

private:
    using Effect = Program::Effect;

    CashBackend(BackendSettings settings, net::IoLoop& workers, const Clock& clock);
    Result<void, Failure> start();
    Result<void, Failure> adopt_settings();
    void beat_forever();

    // --- on the host's thread ---
    void release(std::vector<Effect> effects);
    void finish(const TicketAnswer& answer);
    // The ledger's time between two turns: whatever is stamped later is stamped no earlier.
    Timestamp time_of(const CashMachine& machine) const;

    bool is_auditor(const PublicKey& key) const;
    // Calls the host's thread; what cannot be asked any more is refused.
    template <class T, class F>
    void ask(service::Callback<T> done, F read);

    BackendSettings settings_;
    net::IoLoop& workers_;
    const Clock& clock_;
    SqliteStore store_;
    std::unique_ptr<SqliteReader> records_;
    EventHub hub_;
    Directory directory_;
    Program program_;
    Host<Program> host_;
    std::optional<JournalVerifier> verifier_;

    std::mutex mutex_;  // of the two below
    Ticket last_ticket_ = 0;
    std::map<Ticket, service::Callback<std::vector<OpAnswer>>> waiting_;
    std::vector<OpAnswer> answers_;  // of the input whose outputs come now; the host's thread
    std::atomic<bool> ready_{false};
    std::atomic<bool> stopped_{false};
    std::atomic<bool> digest_asked_{false};
    std::atomic<bool> totals_asked_{false};
    std::shared_ptr<std::atomic<bool>> beating_ = std::make_shared<std::atomic<bool>>(true);
};

}  // namespace lockstep::cash
