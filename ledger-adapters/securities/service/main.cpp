// lockstep-securities: the securities ledger as a program, its validators in one process.
#include <iostream>
#include <map>

#include "sdk/base/heap.h"
#include "sdk/machine/state_file.h"
#include "sdk/service/ledger_program.h"
#include "sdk/store/replay.h"
#include "securities/service/cluster.h"

namespace lockstep::securities {
namespace {

// A validator's restart replays so many rows at most: about 100 blocks, some tenths of a second.
constexpr std::uint64_t default_snapshot_rows = 1'000;
// And so many octets of them: about 3,000 operations.
constexpr std::uint64_t default_snapshot_octets = 1'000'000;

class SecuritiesKind final : public service::LedgerKind {
public:
    std::string program() const override { return "lockstep-securities"; }
    std::string about() const override {
        return "A securities ledger: unspent outputs in blocks that validators agree on.";
    }

    Address read(service::SettingsTable& file) override {
        settings_.profile = {Duration::seconds(1), Duration{0},          Duration{0},
                             Duration::seconds(1), Duration::seconds(1), Duration{0}};
        file.table("ledger", [&](service::SettingsTable& table) {
            settings_.ledger = table.address("address");
            settings_.operator_key = table.public_key("operator");
        });
        file.table("validators", [&](service::SettingsTable& table) { read_validators(table); });
        file.table("blocks", [&](service::SettingsTable& table) { read_blocks(table); });
        file.table("profile", [&](service::SettingsTable& table) {
            TimingProfile& profile = settings_.profile;
            profile.inclusion = table.milliseconds("inclusion_ms", profile.inclusion);
            profile.late = table.milliseconds("late_ms", profile.late);
            profile.early = table.milliseconds("early_ms", profile.early);
        });
        std::map<std::string, std::size_t> codes;
        std::size_t index = 0;
        file.tables("assets", [&](service::SettingsTable& table) {
            const std::size_t here = index++;
            const std::string code = table.text("code");
            const auto scale = table.integer("scale", max_asset_scale, 0);
            const auto asset = AssetId::make(code, static_cast<std::uint8_t>(scale));
            const std::string name = table.text("name");
            if (!asset) return table.mistake("code", "1 to 32 letters and digits");
            const auto [first, fresh] = codes.try_emplace(code, here);
            if (!fresh) {
                return table.mistake("code", "another asset: " + code + " is assets[" +
                                                 std::to_string(first->second) + "] already");
            }
            settings_.asset_names[*asset] = name;
        });
        settings_.profile.block = settings_.timing.max_interval;
        return settings_.ledger;
    }

    std::string sample(const Address& ledger, const PublicKey& ledger_operator) const override {
        return "# lockstep-securities; times as the keys end\n"
               "[ledger]\naddress = \"" +
               ledger.text() + "\"\noperator = \"" + ledger_operator.hex() +
               "\"   # opens accounts, registers assets\n"
               "\n[validators]                  # keys and journals are in data/validator-N\n"
               "count = 4\nquorum = 3                    # signatures that make a block final\n"
               "\n[blocks]\n"
               "min_interval_ms = 30          # between blocks while there is work\n"
               "max_interval_ms = 500         # between blocks while there is none\n"
               "clock_error_ms = 1000         # between any two validators\n"
               "\n[profile]                     # what the operator answers for\n"
               "inclusion_ms = 1000\nlate_ms = 1000\nearly_ms = 1000\n";
    }

    Result<std::unique_ptr<service::LedgerBackend>, Failure> open(
        const service::ProgramSettings& settings, net::IoLoop& workers,
        const Clock& clock) override {
        auto cluster = Cluster::open(in(settings), workers, clock, std::make_shared<Ed25519>());
        if (!cluster) return unexpected<Failure>(cluster.error());
        return std::unique_ptr<service::LedgerBackend>(std::move(*cluster));
    }

    // Of every validator, a line each; the first one's is what /v1/digest gives.
    Result<StateDigest, Failure> replay(const service::ProgramSettings& settings,
                                        bool compare) override {
        const ClusterSettings cluster = in(settings);
        const auto scheme = std::make_shared<Ed25519>();
        const auto keys = read_or_create_keys(cluster, *scheme);
        if (!keys) return unexpected<Failure>(keys.error());
        std::optional<StateDigest> first;
        for (std::size_t i = 0; i < cluster.validators; ++i) {
            const std::string directory = validator_directory(cluster, i).string();
            ValidatorProgram program(keys->genesis, cluster.timing,
                                     {keys->signers[i], scheme, i == 0}, nullptr);
            const auto digest = compare ? replay_and_compare(directory, program)
                                        : replay_digest(directory, program);
            if (!digest) return unexpected<Failure>(digest.error());
            std::cerr << "validator-" << i + 1 << ' ' << to_json(*digest);
            if (!first) first = *digest;
        }
        return *first;
    }

private:
    void read_validators(service::SettingsTable& table) {
        settings_.validators =
            static_cast<std::uint32_t>(table.integer("count", max_validators, 4, 1));
        // Of how many it is a quorum is unknown where their count is a mistake.
        const bool counted = table.sound();
        const std::uint32_t least = ValidatorSet::default_quorum(settings_.validators);
        settings_.quorum = static_cast<std::uint32_t>(table.integer(
            "quorum", counted ? settings_.validators : max_validators, least, counted ? least : 1));
        snapshot_octets_ = table.integer("snapshot_octets", 1'000'000'000, default_snapshot_octets);
        snapshot_rows_ = table.integer("snapshot_rows", 10'000'000, default_snapshot_rows);
    }
    void read_blocks(service::SettingsTable& table) {
        ValidatorTiming& timing = settings_.timing;
        timing.min_interval = table.milliseconds("min_interval_ms", timing.min_interval);
        timing.max_interval = table.milliseconds("max_interval_ms", timing.max_interval);
        timing.clock_error = table.milliseconds("clock_error_ms", timing.clock_error);
        timing.propose_timeout = table.milliseconds("propose_timeout_ms", timing.propose_timeout);
        timing.vote_timeout = table.milliseconds("vote_timeout_ms", timing.vote_timeout);
        if (timing.max_interval < timing.min_interval || timing.max_interval <= Duration{0})
            table.mistake("max_interval_ms", "at least min_interval_ms, and 1");
    }
    ClusterSettings in(const service::ProgramSettings& settings) const {
        ClusterSettings cluster = settings_;
        cluster.auditors = settings.service.auditors;
        cluster.data = settings.directory;
        cluster.disk = settings.disk;
        cluster.host = settings.host;
        cluster.host.snapshot_rows = snapshot_rows_;
        cluster.host.snapshot_octets = snapshot_octets_;
        return cluster;
    }

    ClusterSettings settings_;
    std::uint64_t snapshot_rows_ = default_snapshot_rows;
    std::uint64_t snapshot_octets_ = default_snapshot_octets;
};

}  // namespace
}  // namespace lockstep::securities

int main(int argc, char** argv) {
    lockstep::use_large_pages();
    lockstep::securities::SecuritiesKind kind;
    return lockstep::service::run_ledger_program(kind, argc, argv);
}
