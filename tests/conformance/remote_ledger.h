// A ledger that runs as a program of its own, reached over HTTP by the adapters of three parties.
// Time is real, and the ledger is not ours to restart.
#pragma once

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <mutex>

#include "sdk/machine/conformance_bench.h"
#include "sdk/machine/plugin.h"
#include "sdk/net/ledger_link.h"
#include "sdk/service/clock.h"

namespace lockstep::conformance {

struct RemoteSettings {
    net::Url url;
    World world;
    std::shared_ptr<const Signer> signers[role_count];
    TimingProfile profile;
    std::vector<std::pair<std::string, std::string>> adapter;  // its own settings
    // Of the operator and the issuer, where the accounts are to be opened first.
    std::shared_ptr<const Signer> ledger_operator;
    std::shared_ptr<const Signer> issuer;
};

class RemoteLedger : public Bench {
public:
    RemoteLedger(RemoteSettings settings, Plugin plugin,
                 std::shared_ptr<const SignatureScheme> scheme);
    ~RemoteLedger() override;

    // Opens the accounts, registers the asset and issues what the parties need, where the settings
    // have the keys for it. Then makes the adapters; codes are the ledger's reasons and the
    // adapter's.
    Result<void, Failure> open();

    const World& world() const override { return settings_.world; }
    void pass(Duration time) override;
    Timestamp now() const override { return clock_.now(); }
    bool restart_ledger() override { return false; }
    bool claim_with(Role role, const EscrowKey& escrow, const Bytes& preimage,
                    Result<void>& answer) override;
    // The adapter alone knows the form of its frames.
    std::vector<Forgery> forgeries() const override { return {}; }
    bool roll_back(const EscrowKey&) override { return false; }

protected:
    std::unique_ptr<LedgerAdapter> make_adapter(Role role) override;
    void carry(Role role, const Request& request) override;
    void cut_stream(Role role) override;

private:
    class SystemRandom final : public Random {
    public:
        void fill(std::span<std::uint8_t> bytes) override { fill_random(bytes); }
    };
    struct Word {
        Role role = Role::payer;
        std::uint64_t link = 0;  // the one it came by
        AdapterInput input;
    };
    AdapterSetup setup_of(Role role) const;
    void connect(Role role);
    // Gives the adapters what has arrived.
    void listen();
    Result<void, Failure> prepare_accounts();

    RemoteSettings settings_;
    Plugin plugin_;
    std::shared_ptr<const SignatureScheme> scheme_;
    service::LedgerClock clock_;
    SystemRandom random_;
    net::IoLoop loop_;
    net::HttpClient http_;
    net::WebSocketClient websockets_;

    std::mutex mutex_;
    std::condition_variable arrived_;
    std::deque<Word> words_;  // under the mutex

    std::unique_ptr<net::LedgerLink> links_[role_count];
    std::uint64_t link_numbers_[role_count] = {};
    std::uint64_t last_link_ = 0;
};

}  // namespace lockstep::conformance
