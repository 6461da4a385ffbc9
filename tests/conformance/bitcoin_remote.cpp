#include "tests/conformance/bitcoin_remote.h"

#include <future>

#include "sdk/crypto/hash.h"
#include "sdk/net/http_client.h"
#include "sdk/service/clock.h"

namespace lockstep::conformance {
namespace {

// A call that makes blocks or looks through the coins takes seconds on a slow machine.
constexpr Duration call_timeout = Duration::seconds(60);

class HttpPort final : public BitcoinPort {
public:
    HttpPort(net::Url url, net::Authorization authorization)
        : url_(std::move(url)), authorization_(std::move(authorization)), http_(loop_, limits()) {}
    ~HttpPort() override {
        http_.stop();
        loop_.stop();
    }
    HttpPort(const HttpPort&) = delete;
    HttpPort& operator=(const HttpPort&) = delete;

    Result<std::string> post(const std::string& body) override {
        net::HttpRequest request;
        request.method = "POST";
        request.headers = {{"content-type", "application/json"}};
        if (authorization_) net::set_header(request.headers, "authorization", authorization_());
        request.body = Bytes(body.begin(), body.end());
        std::promise<Result<net::HttpResponse, net::ClientError>> promise;
        http_.request(url_, std::move(request), call_timeout,
                      [&](auto answer) { promise.set_value(std::move(answer)); });
        const auto answer = promise.get_future().get();
        if (!answer) return refuse(answer.error().reason);
        if (answer->status == 401 || answer->status == 403) return refuse(Reason::unauthenticated);
        return std::string(as_text(answer->body));
    }

private:
    // The largest block in hexadecimal, some times in a batch.
    static net::ClientLimits limits() {
        net::ClientLimits limits;
        limits.max_body_bytes = std::size_t{64} << 20;
        return limits;
    }

    net::Url url_;
    net::Authorization authorization_;
    net::IoLoop loop_;
    net::HttpClient http_;
};

}  // namespace

Result<std::unique_ptr<ConformanceLedger>, Failure> open_bitcoin_remote(
    BitcoinRemoteSettings settings, const Plugin& plugin,
    const std::shared_ptr<const SignatureScheme>& scheme) {
    std::array<std::uint8_t, 32> run{};
    fill_random(run);
    settings.world.run = Hash(run);
    settings.world.start = service::LedgerClock().now();
    auto port = std::make_unique<HttpPort>(settings.url, settings.authorization);
    const BitcoinWorld world = settings.world;
    const auto peer = settings.peer;
    const auto make = [settings = std::move(settings), plugin, scheme](Role role,
                                                                       const World& parties) {
        const auto index = static_cast<std::size_t>(role);
        AdapterSetup setup{parties.ledger,
                           {parties.account(role)},
                           scheme->signer(*read_key_file(settings.key_files[index])),
                           scheme,
                           settings.profile,
                           settings.adapter};
        setup.settings.emplace_back("key_file", settings.key_files[index]);
        // so that a request that is held back is soon asked for again
        setup.settings.emplace_back("reply_timeout_ms", "2000");
        std::string accounts;
        for (const Address& account : parties.accounts)
            accounts += (accounts.empty() ? "" : ",") + account.text();
        setup.settings.emplace_back("counterparties", accounts);
        return plugin.make(setup);
    };
    auto bench = std::make_unique<BitcoinBench>(world, std::move(port), make);
    if (peer)
        bench->connect(std::make_unique<HttpPort>(peer->url, peer->authorization), peer->address);
    if (auto opened = bench->open(); !opened) return unexpected<Failure>(opened.error());
    return bench;
}

}  // namespace lockstep::conformance
