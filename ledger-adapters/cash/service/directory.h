// What of the cash machine's book other threads than the host's ask for.
#pragma once

#include <mutex>

#include "cash/machine/machine.h"
#include "sdk/service/directory.h"

namespace lockstep::cash {

class Directory final : public service::Directory {
public:
    void load(const CashMachine& machine) {
        const std::unique_lock lock(mutex());
        add_key(machine.settings().ledger_operator);
        for (const Account& account : machine.book().accounts())
            add_account(account.address, account.owner);
        for (const Asset& asset : machine.book().assets())
            add_key(asset.issuer);
    }
    void add(const output::Changed& changed) {
        if (changed.accounts.empty() && changed.issuers.empty()) return;
        const std::unique_lock lock(mutex());
        for (const auto& opened : changed.accounts)
            add_account(opened.account, opened.owner);
        for (const PublicKey& issuer : changed.issuers)
            add_key(issuer);
    }
};

}  // namespace lockstep::cash
