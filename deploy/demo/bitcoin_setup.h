// The Bitcoin node and the miner of a world: their configuration files, the accounts that nodes
// have on the chain, and the first coins.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "bitcoin/adapter/announcement.h"
#include "bitcoin/client/rpc_client.h"
#include "deploy/demo/cast.h"

namespace lockstep::demo {

// Of a key on the chain, as a node's configuration names it, as a wallet does, and as it stands in
// an output.
struct CoinAccount {
    ecdsa::CompressedKey key;
    Address account;
    std::string address;
    Bytes script;
};
// With a new key in that file. Codes: those of create_key_file and open_signer.
Result<CoinAccount, Failure> make_coin_account(const std::filesystem::path& key_file,
                                               const Address& ledger);

std::string chain_config(const std::filesystem::path& directory, std::uint16_t port);
struct MinerFacts {
    std::string url;
    std::filesystem::path cookie;
    std::string address;
    std::uint32_t interval_ms = 0;
};
std::string miner_config(const MinerFacts& facts);

// So many blocks for each address, then as many for `rest` as it takes until those coins can be
// spent. Codes: those of RpcClient.
using Grants = std::vector<std::pair<std::string, std::uint32_t>>;
Result<void, Failure> mine_first_coins(bitcoin::RpcClient& node, const Grants& grants,
                                       const std::string& rest);
// How many blocks that makes.
std::uint32_t first_blocks(const Grants& grants);

}  // namespace lockstep::demo
