#include "tests/integration/mock_bitcoin.h"

#include <doctest/doctest.h>

#include <chrono>
#include <future>

#include "bitcoin/adapter/bitcoin_adapter.h"
#include "bitcoin/keys/address.h"
#include "sdk/net/basic_login.h"
#include "sdk/net/system_time.h"
#include "tests/integration/node_world.h"

namespace lockstep::test {
namespace {

using bitcoin::CoinKeyName;

constexpr auto block_interval = std::chrono::milliseconds(500);

const bitcoin::Network& regtest() {
    return *bitcoin::network_named("regtest");
}

// Whom the miner's blocks pay.
const char* const nobody = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";

}  // namespace

MockBitcoin::MockBitcoin(net::IoLoop& loop, std::filesystem::path base)
    : base_(std::move(base)), http_(loop) {
    std::filesystem::create_directories(base_);
}

MockBitcoin::~MockBitcoin() {
    over_ = true;
    if (miner_.joinable()) miner_.join();
    http_.stop();
}

MockBitcoin::Account MockBitcoin::make_account(const std::filesystem::path& key_file,
                                               const Address& ledger) {
    std::filesystem::create_directories(key_file.parent_path());
    REQUIRE(create_key_file(key_file));
    const auto signer = bitcoin::open_signer(key_file, regtest());
    REQUIRE(signer);
    const auto key = (*signer)->public_key(CoinKeyName{});
    return {bitcoin::account_address(ledger, key),
            *bitcoin::address_of_script(bitcoin::script_pubkey_of(key), regtest())};
}

void MockBitcoin::start(const std::vector<std::pair<std::string, int>>& coins) {
    port_ = free_port();
    process_ =
        std::make_unique<Process>("lockstep-bitcoin",
                                  std::vector<std::string>{"--data", (base_ / "data").string(),
                                                           "--rpc-port", std::to_string(port_)},
                                  base_ / "log");
    process_->start();
    REQUIRE(eventually(5'000, [&] { return call("getblockcount").as_int64() == 0; }));
    // So many blocks at once have stamps ahead of their time: they are made as if it were earlier.
    const std::int64_t now_s = net::system_time().us() / 1'000'000;
    call("setmocktime", Json::array().push(now_s - 600));
    // Each block is a coin, which can be spent when a hundred others stand on it.
    for (const auto& [address, count] : coins)
        call("generatetoaddress", Json::array().push(count).push(address));
    call("generatetoaddress", Json::array().push(100).push(nobody));
    call("setmocktime", Json::array().push(0));
    call("generatetoaddress", Json::array().push(11).push(nobody));
    miner_ = std::thread([this] {
        while (!over_) {
            std::this_thread::sleep_for(block_interval);
            if (mining_) call("generatetoaddress", Json::array().push(1).push(nobody));
        }
    });
}

Json MockBitcoin::call(const std::string& method, Json params) {
    net::HttpRequest request;
    request.method = "POST";
    const std::string body =
        write_json(Json::object({{"method", method}, {"params", std::move(params)}}));
    request.body.assign(body.begin(), body.end());
    net::set_header(request.headers, "authorization", net::login_by_cookie(cookie())());
    std::promise<Json> answered;
    http_.request(*net::parse_url(url()), std::move(request), Duration::seconds(10),
                  [&](Result<net::HttpResponse, net::ClientError> answer) {
                      Json result;
                      if (answer)
                          if (auto json = parse_json(as_text(answer->body)))
                              result = std::move(*json);
                      answered.set_value(result["result"]);
                  });
    return answered.get_future().get();
}

std::int64_t MockBitcoin::coins(const std::string& address) {
    const Json found =
        call("scantxoutset",
             Json::array().push("start").push(Json::array().push("addr(" + address + ")")));
    return static_cast<std::int64_t>(found["total_amount"].as_double().value_or(-1) * 1e8 + 0.5);
}

}  // namespace lockstep::test
