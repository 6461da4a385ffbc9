// Ledgers of the world: their configuration files, and what their operators and issuers do first.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>

#include "deploy/demo/cast.h"
#include "sdk/base/amount.h"
#include "sdk/base/ids.h"
#include "sdk/base/result.h"
#include "sdk/crypto/signature.h"
#include "sdk/net/io_loop.h"
#include "sdk/net/url.h"

namespace lockstep::demo {

struct LedgerFacts {
    Profiles profiles;
    std::uint16_t port = 0;
    PublicKey ledger_operator;
    PublicKey auditor;
};
// Of a ledger with books.
std::string ledger_config(const Cast& cast, const Role& role, const LedgerFacts& facts);

// Who signs at a ledger, and who owns the accounts that are opened there.
struct LedgerKeys {
    std::shared_ptr<const Signer> ledger_operator;
    std::shared_ptr<const Signer> issuer;
    std::map<std::string, PublicKey> owners;
};
// Opens accounts, registers assets, issues first holdings; a second run does nothing twice.
Result<void, Failure> set_up_ledger(net::IoLoop& loop, const net::Url& url, const Cast& cast,
                                    const Role& role, const LedgerKeys& keys);

// The settings of the securities adapter, lines of TOML: the chain and the validators that it
// believes.
Result<std::string, Failure> read_trust(net::IoLoop& loop, const net::Url& url,
                                        std::shared_ptr<const Signer> reader);

}  // namespace lockstep::demo
