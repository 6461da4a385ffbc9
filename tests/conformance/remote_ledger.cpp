#include "tests/conformance/remote_ledger.h"

#include <algorithm>
#include <chrono>

#include "sdk/base/assert.h"
#include "sdk/crypto/hash.h"
#include "sdk/service/ledger_client.h"

namespace lockstep::conformance {
namespace {

constexpr std::size_t index_of(Role role) {
    return static_cast<std::size_t>(role);
}

}  // namespace

RemoteLedger::RemoteLedger(RemoteSettings settings, Plugin plugin,
                           std::shared_ptr<const SignatureScheme> scheme)
    : settings_(std::move(settings)),
      plugin_(std::move(plugin)),
      scheme_(std::move(scheme)),
      http_(loop_),
      websockets_(loop_, net::ledger_stream_limits()) {
    std::array<std::uint8_t, 32> bytes{};
    fill_random(bytes);
    settings_.world.run = Hash(bytes);
}

RemoteLedger::~RemoteLedger() {
    for (auto& link : links_)
        link.reset();
    websockets_.stop();
    http_.stop();
    loop_.stop();
}

AdapterSetup RemoteLedger::setup_of(Role role) const {
    AdapterSetup setup{settings_.world.ledger,
                       {settings_.world.account(role)},
                       settings_.signers[index_of(role)],
                       scheme_,
                       settings_.profile,
                       settings_.adapter};
    // so that a request that is held back is soon asked for again
    setup.settings.emplace_back("reply_timeout_ms", "2000");
    return setup;
}

Result<void, Failure> RemoteLedger::open() {
    if (auto prepared = prepare_accounts(); !prepared) return prepared;
    if (auto probe = plugin_.make(setup_of(Role::payer)); !probe)
        return unexpected<Failure>(probe.error());
    start_adapters();
    return {};
}

Result<void, Failure> RemoteLedger::prepare_accounts() {
    if (!settings_.ledger_operator || !settings_.issuer) return {};
    const World& world = settings_.world;
    service::LedgerClient as_operator(loop_, settings_.url, settings_.ledger_operator);
    service::LedgerClient as_issuer(loop_, settings_.url, settings_.issuer);
    const auto run = [](service::LedgerClient& client, OpBody body,
                        const std::string& name) -> Result<void, Failure> {
        const auto done = client.run(std::move(body), name);
        if (!done) return fail(done.error().code, name + ": " + done.error().detail);
        return {};
    };
    for (const Role role : {Role::payer, Role::payee, Role::other}) {
        const PublicKey owner = settings_.signers[index_of(role)]->public_key();
        auto opened = run(as_operator, op::OpenAccount{world.account(role), owner},
                          "open " + world.account(role).text());
        if (!opened) return opened;
    }
    auto registered =
        run(as_operator, op::RegisterAsset{world.asset, settings_.issuer->public_key(), world.lot},
            "register " + world.asset.code());
    if (!registered) return registered;
    for (const Role role : {Role::payer, Role::other}) {
        const Amount amount{plenty_lots * world.lot.units()};
        auto issued = run(as_issuer, op::Issue{world.account(role), world.asset, amount},
                          "issue to " + world.account(role).text() + " " + world.run.hex());
        if (!issued) return issued;
    }
    return {};
}

std::unique_ptr<LedgerAdapter> RemoteLedger::make_adapter(Role role) {
    auto adapter = plugin_.make(setup_of(role));
    ASSERT(adapter);  // open() tried
    return std::move(*adapter);
}

void RemoteLedger::connect(Role role) {
    const std::uint64_t number = ++last_link_;
    link_numbers_[index_of(role)] = number;
    const auto deliver = [this, role, number](AdapterInput input) {
        const std::lock_guard lock(mutex_);
        words_.push_back({role, number, std::move(input)});
        arrived_.notify_one();
        return true;
    };
    links_[index_of(role)] = std::make_unique<net::LedgerLink>(
        net::LedgerLink::Ports{loop_, http_, websockets_, clock_, random_,
                               settings_.signers[index_of(role)]},
        net::LedgerLinkSettings{settings_.url, Duration::milliseconds(1'500)}, deliver);
}

void RemoteLedger::carry(Role role, const Request& request) {
    if (!links_[index_of(role)]) connect(role);
    links_[index_of(role)]->send(request);
}

void RemoteLedger::cut_stream(Role role) {
    links_[index_of(role)].reset();
    link_numbers_[index_of(role)] = 0;
}

void RemoteLedger::listen() {
    std::deque<Word> words;
    {
        const std::lock_guard lock(mutex_);
        words.swap(words_);
    }
    for (Word& word : words) {
        if (auto* reply = std::get_if<Reply>(&word.input)) {
            replied(word.role, reply->request, std::move(reply->body));
        } else if (word.link != link_numbers_[index_of(word.role)]) {
            continue;
        } else if (auto* frame = std::get_if<StreamFrame>(&word.input)) {
            streamed(word.role, std::move(frame->body));
        } else if (const auto* down = std::get_if<StreamDown>(&word.input)) {
            stream_ended(word.role, down->refused);
        }
    }
    work();
}

void RemoteLedger::pass(Duration time) {
    const Timestamp end = now() + time;
    listen();
    while (now() < end) {
        const Timestamp wake = std::min(end, next_wake().value_or(end));
        const auto left = std::chrono::microseconds(std::max<std::int64_t>(0, (wake - now()).us()));
        {
            std::unique_lock lock(mutex_);
            arrived_.wait_for(lock, left, [this] { return !words_.empty(); });
        }
        listen();
    }
}

bool RemoteLedger::claim_with(Role role, const EscrowKey& escrow, const Bytes& preimage,
                              Result<void>& answer) {
    service::LedgerClient client(loop_, settings_.url, settings_.signers[index_of(role)]);
    const auto done = client.run(op::Fulfil{escrow, preimage});
    answer = {};
    if (done) return true;
    const auto reason = reason_from_string(done.error().code);
    answer = refuse(reason.value_or(Reason::unavailable));
    return true;
}

}  // namespace lockstep::conformance
