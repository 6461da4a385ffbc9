#include "tests/conformance/bitcoin_in_process.h"

#include "bitcoin/rpc/changes.h"
#include "sdk/base/assert.h"
#include "sdk/machine/machine_program.h"
#include "sdk/machine/sim_host.h"
#include "tests/conformance/in_process.h"

namespace lockstep::conformance {
namespace {

using bitcoin::BitcoinMachine;

constexpr std::uint64_t journal_rows = 500;

class MachinePort final : public BitcoinPort, public bitcoin::NodePort {
public:
    MachinePort() { start(); }

    Result<std::string> post(const std::string& body) override {
        const bitcoin::NodeFacts facts{*bitcoin::network_named("regtest")};
        return bitcoin::answer_body(body,
                                    [&](const bitcoin::RpcRequest& request) {
                                        return bitcoin::call(*this, facts, request);
                                    })
            .body;
    }
    bool restart() override {
        host_->crash();
        start();
        return true;
    }

    bool look(const std::function<void(const BitcoinMachine&, Timestamp)>& view) override {
        view(host_->program().machine(), in_process_start);
        return true;
    }
    Result<bitcoin::output::Done> give(bitcoin::Input input) override {
        bitcoin::output::Done done;
        // the time that counts is the one that the node is told
        for (auto& effect : host_->run(in_process_start, {{std::move(input), ++ticket_}})) {
            if (auto* output = std::get_if<TicketedOutput<BitcoinMachine>>(&effect)) {
                done = std::move(std::get<bitcoin::output::Done>(output->output));
            } else if (const auto& last = std::get<TicketAnswer>(effect); !last.result) {
                return refuse(last.result.error());
            }
        }
        return done;
    }
    void stop() override { UNREACHABLE(); }

private:
    using Program = MachineProgram<BitcoinMachine>;

    void start() {
        const auto make = [] {
            return std::make_unique<Program>(
                BitcoinMachine{},
                std::vector<bitcoin::Input>{bitcoin::input::Configure{bitcoin::Settings{}}});
        };
        host_ = std::make_unique<SimHost<Program>>(disk_, make, journal_rows);
        const auto started = host_->start(in_process_start);
        ASSERT(started);
    }

    MemoryDisk disk_;
    std::unique_ptr<SimHost<Program>> host_;
    std::uint64_t ticket_ = 0;
};

// Blocks come every ten seconds, and the third one is final. The median is of a block that is six
// older than the tip, which may be ten seconds old.
TimingProfile bitcoin_profile() {
    const Duration block = Duration::seconds(10);
    return {block * 3, block * 3, block * 6, block * 7, Duration::seconds(1), block};
}

BitcoinWorld bitcoin_world() {
    BitcoinWorld world;
    world.ledger = *Address::parse("test.btc");
    world.asset = *AssetId::make("BTC", 8);
    world.network = bitcoin::network_named("regtest");
    world.run = sha256(as_bytes("test.btc"));
    world.start = in_process_start;
    for (const Role role : {Role::payer, Role::payee, Role::other})
        world.signers[static_cast<std::size_t>(role)] = bitcoin::make_signer(
            KeySeed(sha256(as_bytes("bitcoin of " + name_of(role))).array()), *world.network);
    return world;
}

}  // namespace

BitcoinInProcess::BitcoinInProcess(MakeBitcoin make)
    : BitcoinBench(
          bitcoin_world(), std::make_unique<MachinePort>(),
          [make, settings = bitcoin_world(), keys = Keys()](Role role, const World& world) {
              std::string accounts;
              for (const Address& account : world.accounts)
                  accounts += (accounts.empty() ? "" : ",") + account.text();
              AdapterSetup setup;
              setup.ledger = world.ledger;
              setup.accounts = {world.account(role)};
              setup.signer = keys.signer(name_of(role));
              setup.scheme = keys.scheme;
              setup.profile = bitcoin_profile();
              setup.settings = {{"reply_timeout_ms", "2000"},
                                {"depth", "3"},
                                {"max_amount_sat", "1000000000000"},
                                {"block_interval_s", "10"},
                                {"counterparties", accounts}};
              return make(setup, settings.signers[static_cast<std::size_t>(role)]);
          }) {
    const auto opened = open();
    ASSERT(opened);
}

}  // namespace lockstep::conformance
