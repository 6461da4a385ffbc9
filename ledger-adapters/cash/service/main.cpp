// lockstep-cash: the cash ledger as a program.
#include "cash/service/cash_backend.h"
#include "sdk/base/heap.h"
#include "sdk/service/ledger_program.h"
#include "sdk/store/replay.h"

namespace lockstep::cash {
namespace {

// A restart replays at most so many octets of rows, about 3,000 operations, or half as many as the
// state has: some hundredths of a second.
constexpr std::uint64_t snapshot_octets = 1'000'000;

class CashKind final : public service::LedgerKind {
public:
    std::string program() const override { return "lockstep-cash"; }
    std::string about() const override {
        return "A cash ledger: accounts, issue and redeem, escrows, statements.";
    }

    Address read(service::SettingsTable& file) override {
        file.table("ledger", [&](service::SettingsTable& table) { read_ledger(table); });
        file.table("profile", [&](service::SettingsTable& table) { read_profile(table); });
        file.table("limits", [&](service::SettingsTable& table) { read_limits(table); });
        return ledger_.ledger;
    }

    std::string sample(const Address& ledger, const PublicKey& ledger_operator) const override {
        return "# lockstep-cash; times as the keys end, amounts in the smallest unit\n"
               "[ledger]\naddress = \"" +
               ledger.text() + "\"\noperator = \"" + ledger_operator.hex() +
               "\"   # opens accounts, registers assets\n"
               "max_hold_s = 3600             # longest escrow\n"
               "retention_s = 60              # how long closed escrows stay in memory, past their expiry\n"
               "\n[profile]                     # what the operator answers for\n"
               "inclusion_ms = 1000\nlate_ms = 1000\nearly_ms = 1000\n";
    }

    Result<std::unique_ptr<service::LedgerBackend>, Failure> open(
        const service::ProgramSettings& settings, net::IoLoop& workers,
        const Clock& clock) override {
        HostSettings host = settings.host;
        host.snapshot_octets = snapshot_octets;
        auto backend = CashBackend::open(
            {ledger_, settings.service.auditors, settings.directory, settings.disk, host}, workers,
            clock);
        if (!backend) return unexpected<Failure>(backend.error());
        return std::unique_ptr<service::LedgerBackend>(std::move(*backend));
    }

    Result<StateDigest, Failure> replay(const service::ProgramSettings& settings,
                                        bool compare) override {
        CashBackend::Program program(CashMachine{}, {});
        return compare ? replay_and_compare(settings.directory, program)
                       : replay_digest(settings.directory, program);
    }

private:
    void read_ledger(service::SettingsTable& table) {
        ledger_.ledger = table.address("address");
        ledger_.ledger_operator = table.public_key("operator");
        ledger_.max_hold = table.seconds("max_hold_s", ledger_.max_hold);
        ledger_.retention = table.seconds("retention_s", ledger_.retention);
        ledger_.max_amount =
            Amount{table.integer("max_amount", INT64_MAX, ledger_.max_amount.units())};
        if (ledger_.max_hold <= Duration{0}) table.mistake("max_hold_s", "at least 1");
        if (ledger_.max_amount.is_zero()) table.mistake("max_amount", "at least 1");
    }
    void read_profile(service::SettingsTable& table) {
        TimingProfile& profile = ledger_.profile;
        profile.inclusion = table.milliseconds("inclusion_ms", profile.inclusion);
        profile.late = table.milliseconds("late_ms", profile.late);
        profile.early = table.milliseconds("early_ms", profile.early);
    }
    void read_limits(service::SettingsTable& table) {
        Limits& limits = ledger_.limits;
        const auto read = [&](const char* key, std::uint32_t& limit) {
            limit = static_cast<std::uint32_t>(table.integer(key, max_limit, limit));
        };
        read("max_accounts", limits.max_accounts);
        read("max_assets", limits.max_assets);
        read("max_open_escrows", limits.max_open_escrows);
        read("max_open_escrows_of_payer", limits.max_open_escrows_of_payer);
        read("max_tombstones_of_payee", limits.max_tombstones_of_payee);
        read("max_answers", limits.max_answers);
        read("max_answers_of_signer", limits.max_answers_of_signer);
    }

    Settings ledger_;
};

}  // namespace
}  // namespace lockstep::cash

int main(int argc, char** argv) {
    lockstep::use_large_pages();
    lockstep::cash::CashKind kind;
    return lockstep::service::run_ledger_program(kind, argc, argv);
}
