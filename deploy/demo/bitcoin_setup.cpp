#include "deploy/demo/bitcoin_setup.h"

#include <sstream>

#include "bitcoin/keys/address.h"
#include "sdk/base/assert.h"
#include "sdk/net/system_time.h"

namespace lockstep::demo {

namespace {

// A coin of a block can be spent when so many blocks stand on it (Bitcoin Core, consensus.h).
constexpr std::uint32_t maturity = 100;
// The median of the stamps is that of so many blocks.
constexpr std::uint32_t median_blocks = 11;
// So many blocks at once would have stamps ahead of their time, since a stamp is above the median:
// they are made as if it were earlier. Six blocks share a second.
constexpr std::int64_t as_if_earlier_s = 600;

const bitcoin::Network& regtest() {
    const bitcoin::Network* network = bitcoin::network_named("regtest");
    ASSERT(network != nullptr);
    return *network;
}

}  // namespace

Result<CoinAccount, Failure> make_coin_account(const std::filesystem::path& key_file,
                                               const Address& ledger) {
    if (const auto made = create_key_file(key_file); !made)
        return unexpected<Failure>(made.error());
    const auto signer = bitcoin::open_signer(key_file, regtest());
    if (!signer) return unexpected<Failure>(signer.error());
    CoinAccount account;
    account.key = (*signer)->public_key(bitcoin::account_key);
    account.account = bitcoin::account_address(ledger, account.key);
    account.script = bitcoin::script_pubkey_of(account.key);
    const auto address = bitcoin::address_of_script(account.script, regtest());
    ASSERT(address.has_value());
    account.address = *address;
    return account;
}

std::string chain_config(const std::filesystem::path& directory, std::uint16_t port) {
    std::ostringstream out;
    out << "data = \"" << (directory / "data").string() << "\"\n"
        << "rpc-port = " << port << "\n";
    return out.str();
}

std::string miner_config(const MinerFacts& facts) {
    std::ostringstream out;
    out << "url = \"" << facts.url << "\"\n"
        << "cookie-file = \"" << facts.cookie.string() << "\"\n"
        << "address = \"" << facts.address << "\"\n"
        << "interval-ms = " << facts.interval_ms << "\n";
    return out.str();
}

std::uint32_t first_blocks(const Grants& grants) {
    std::uint32_t blocks = maturity + median_blocks;
    for (const auto& [address, count] : grants)
        blocks += count;
    return blocks;
}

Result<void, Failure> mine_first_coins(bitcoin::RpcClient& node, const Grants& grants,
                                       const std::string& rest) {
    std::vector<std::pair<const char*, Json>> calls;
    const auto generate = [&](std::uint32_t blocks, const std::string& address) {
        if (blocks > 0)
            calls.emplace_back("generatetoaddress", Json::array().push(blocks).push(address));
    };
    const std::int64_t now_s = net::system_time().us() / 1'000'000;
    calls.emplace_back("setmocktime", Json::array().push(now_s - as_if_earlier_s));
    for (const auto& [address, blocks] : grants)
        generate(blocks, address);
    generate(maturity, rest);
    calls.emplace_back("setmocktime", Json::array().push(0));
    generate(median_blocks, rest);
    for (auto& [method, params] : calls) {
        if (const auto done = node.call(method, std::move(params)); !done)
            return unexpected<Failure>(done.error());
    }
    return {};
}

}  // namespace lockstep::demo
