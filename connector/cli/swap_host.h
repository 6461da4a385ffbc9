// One party of a swap as a process: the program of connector/swap on a host with the real clock,
// disk and network. What happens is handed over one by one to whoever prints it.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>

#include "connector/cli/swap_settings.h"
#include "connector/node/system_ports.h"
#include "connector/swap/program.h"
#include "sdk/machine/host.h"
#include "sdk/net/ledger_link.h"
#include "sdk/store/sqlite_store.h"

namespace lockstep::cli {

class SwapHost {
public:
    // Codes: of key files, plugins and the store; secret_seed_missing where a journal depends on
    // one; each detail says what to do.
    static Result<std::unique_ptr<SwapHost>, Failure> start(SwapSettings settings);
    ~SwapHost();

    struct Interrupted {};  // SIGTERM or SIGINT
    using News = std::variant<Interrupted, swap::effect::Begun, swap::effect::LedgerChanged,
                              swap::output::Told, swap::output::Ended, swap::output::Alarm>;
    // The next thing that happened, all of it durable; nothing in this time.
    std::optional<News> wait(Duration longest);

    void begin(swap::event::Begin what);
    // As it stands; all that it shows is durable.
    struct Standing {
        std::optional<swap::Swap> swap;
        swap::OwnView view;      // as the buyer; role is the caller's to set
        std::vector<bool> live;  // in the order of the configuration's ledgers
        std::map<std::pair<Address, AssetId>, Amount> free;
    };
    Standing look();

    const SwapSettings& settings() const { return settings_; }
    const Signer& signer() const { return *signer_; }

private:
    explicit SwapHost(SwapSettings settings);
    Result<void, Failure> open();
    void carry_out(swap::Effect&& effect);
    void tell(News news);
    void submit(swap::Event event);

    SwapSettings settings_;
    node::SystemClock clock_;
    node::SystemRandom random_;
    net::IoLoop loop_{1};
    net::HttpClient http_;
    net::WebSocketClient sockets_;
    std::shared_ptr<const Signer> signer_;
    std::unique_ptr<swap::SwapProgram> program_;
    std::unique_ptr<SqliteStore> store_;
    std::vector<std::unique_ptr<net::LedgerLink>> links_;
    std::unique_ptr<Host<swap::SwapProgram>> host_;

    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<News> news_;
};

}  // namespace lockstep::cli
