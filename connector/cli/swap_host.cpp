#include "connector/cli/swap_host.h"

#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <future>

#include "connector/node/ledger_links.h"
#include "connector/node/load.h"
#include "sdk/store/journal_file.h"

namespace lockstep::cli {
namespace {

// A party's journal is small, and so is what it keeps in reserve.
constexpr std::uint64_t ballast_octets = std::uint64_t{1} << 20;
constexpr std::uint64_t low_octets = std::uint64_t{16} << 20;

bool is_there(const std::filesystem::path& file) {
    std::error_code ignored;
    return std::filesystem::exists(file, ignored);
}

// A core dump would hold keys and secrets.
void forbid_core_dumps() {
    const rlimit none{0, 0};
    setrlimit(RLIMIT_CORE, &none);
}

void stop_loudly(const Failure& failure) {
    std::fprintf(stderr, "lockstep: %s [%s]\n", failure.detail.c_str(), failure.code.c_str());
    stop_process(failure);
}

}  // namespace

SwapHost::SwapHost(SwapSettings settings)
    : settings_(std::move(settings)),
      http_(loop_, node::ledger_client_limits()),
      sockets_(loop_, net::ledger_stream_limits()) {}

// First what decides, then what carries it, then the threads under all.
SwapHost::~SwapHost() {
    if (host_) host_->stop();
    for (auto& link : links_)
        link->stop();
    sockets_.stop();
    http_.stop();
    loop_.stop();
}

Result<std::unique_ptr<SwapHost>, Failure> SwapHost::start(SwapSettings settings) {
    std::unique_ptr<SwapHost> made(new SwapHost(std::move(settings)));
    if (auto opened = made->open(); !opened) return unexpected<Failure>(opened.error());
    return made;
}

Result<void, Failure> SwapHost::open() {
    forbid_core_dumps();
    const std::shared_ptr<const SignatureScheme> scheme = std::make_shared<Ed25519>();
    auto signer = node::read_signer(settings_.key_file, *scheme);
    if (!signer) return unexpected<Failure>(signer.error());
    signer_ = std::move(*signer);
    if (!is_there(settings_.secret_seed_file) && is_there(journal_file(settings_.data.string())))
        return fail("secret_seed_missing",
                    settings_.secret_seed_file.string() + ": is missing, and " +
                        settings_.data.string() +
                        " may hold a condition that only it can fulfil; put it back");
    auto seed = read_or_create_key_file(settings_.secret_seed_file);
    if (!seed) return unexpected<Failure>(seed.error());

    swap::ProgramParts parts;
    parts.endurance = settings_.endurance;
    parts.keeper = std::make_shared<assembly::SeedSecretKeeper>(std::move(*seed));
    parts.random = &random_;
    std::vector<std::shared_ptr<const Signer>> signers;
    for (const node::LedgerSection& ledger : settings_.ledgers) {
        auto loaded =
            node::load_ledger(ledger.settings, ledger.config, signer_, scheme, settings_.plugins);
        if (!loaded)
            return fail(loaded.error().code, ledger.settings.place + ": " + loaded.error().detail);
        parts.ledgers.push_back(
            {{ledger.config.ledger, ledger.config.accounts, ledger.config.timing, std::nullopt},
             std::move(loaded->adapter)});
        signers.push_back(std::move(loaded->signer));
    }
    program_ = std::make_unique<swap::SwapProgram>(std::move(parts));

    SqliteOptions options;
    options.directory = settings_.data.string();
    options.disk.ballast_bytes = ballast_octets;
    options.disk.low_bytes = low_octets;
    store_ = std::make_unique<SqliteStore>(options);
    HostSettings host;
    host.fatal = stop_loudly;
    host_ = std::make_unique<Host<swap::SwapProgram>>(
        *program_, *store_, clock_,
        [this](std::vector<swap::Effect> effects) {
            for (swap::Effect& effect : effects)
                carry_out(std::move(effect));
        },
        host);
    for (std::size_t i = 0; i < settings_.ledgers.size(); ++i) {
        links_.push_back(std::make_unique<net::LedgerLink>(
            net::LedgerLink::Ports{loop_, http_, sockets_, clock_, random_, signers[i]},
            node::link_settings(settings_.ledgers[i].settings), [this, i](AdapterInput heard) {
                return host_->submit(swap::event::FromLedger{i, std::move(heard)}).has_value();
            }));
    }
    loop_.on_terminate([this] { tell(Interrupted{}); });
    return host_->start();
}

void SwapHost::carry_out(swap::Effect&& effect) {
    if (auto* request = std::get_if<swap::effect::ToLedger>(&effect)) {
        links_[request->ledger]->send(std::move(request->request));
    } else if (const auto* release = std::get_if<swap::effect::Release>(&effect)) {
        // Not from this thread, which is the one that empties the queue.
        loop_.post(
            [this, durable = *release] { submit(swap::event::ReleaseDurable{durable.release}); });
    } else if (auto* begun = std::get_if<swap::effect::Begun>(&effect)) {
        tell(std::move(*begun));
    } else if (auto* changed = std::get_if<swap::effect::LedgerChanged>(&effect)) {
        tell(std::move(*changed));
    } else if (auto* told = std::get_if<swap::output::Told>(&effect)) {
        tell(std::move(*told));
    } else if (const auto* ended = std::get_if<swap::output::Ended>(&effect)) {
        tell(*ended);
    } else if (auto* alarm = std::get_if<swap::output::Alarm>(&effect)) {
        tell(std::move(*alarm));
    }
}

void SwapHost::tell(News news) {
    {
        const std::lock_guard lock(mutex_);
        news_.push_back(std::move(news));
    }
    changed_.notify_all();
}

std::optional<SwapHost::News> SwapHost::wait(Duration longest) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::microseconds(longest.us()),
                      [this] { return !news_.empty(); });
    if (news_.empty()) return std::nullopt;
    News first = std::move(news_.front());
    news_.pop_front();
    return first;
}

// The queue holds as many as two ledgers never say at once; refused only when the host stops.
void SwapHost::submit(swap::Event event) {
    [[maybe_unused]] const auto taken = host_->submit(std::move(event));
}

void SwapHost::begin(swap::event::Begin what) {
    submit(std::move(what));
}

SwapHost::Standing SwapHost::look() {
    auto promise = std::make_shared<std::promise<Standing>>();
    auto future = promise->get_future();
    const auto asked = host_->view([&, promise](const swap::SwapProgram& program) {
        Standing standing;
        standing.swap = program.machine().swap();
        standing.view = program.machine().view(swap::Role::buyer, clock_.now());
        for (const node::LedgerSection& ledger : settings_.ledgers)
            standing.live.push_back(program.machine().is_live(ledger.config.ledger));
        standing.free = program.free();
        promise->set_value(std::move(standing));
    });
    if (!asked) return {};
    promise.reset();
    try {
        return future.get();
    } catch (const std::future_error&) {
        return {};  // the host stopped before it came to it
    }
}

}  // namespace lockstep::cli
