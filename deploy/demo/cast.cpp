#include "deploy/demo/cast.h"

#include <algorithm>

#include "sdk/base/assert.h"

namespace lockstep::demo {

const char* program_of(Kind kind) {
    switch (kind) {
        case Kind::cash_ledger:
            return "lockstep-cash";
        case Kind::securities_ledger:
            return "lockstep-securities";
        case Kind::bitcoin_node:
            return "lockstep-bitcoin";
        case Kind::miner:
            return "lockstep-miner";
        case Kind::node:
            return "lockstepd";
    }
    UNREACHABLE();
}

const Role& role_named(const Cast& cast, std::string_view name) {
    const auto found = std::find_if(cast.roles.begin(), cast.roles.end(),
                                    [&](const Role& role) { return role.name == name; });
    ASSERT(found != cast.roles.end());
    return *found;
}

std::pair<AssetId, Amount> probe_holding(const Cast& cast, std::string_view ledger) {
    const Role& role = role_named(cast, ledger);
    ASSERT(has_books(role.kind));
    const bool cash = role.kind == Kind::cash_ledger;
    const auto asset = cash ? AssetId::make(role.currency, cash_scale)
                            : AssetId::make(cast.shares.front().isin, 0);
    ASSERT(asset.has_value());
    return {*asset, Amount{cash ? probe_cash : cast.shares.front().lot}};
}

void add_probe(Cast& cast) {
    for (const Role& role : cast.roles) {
        if (!has_books(role.kind)) continue;
        const std::string prefix = std::string(role.address) + ".";
        cast.openings.push_back({role.name,
                                 prefix + std::string(probe_payer),
                                 "probe",
                                 {probe_holding(cast, role.name)}});
        cast.openings.push_back({role.name, prefix + std::string(probe_payee), "probe", {}});
    }
}

}  // namespace lockstep::demo
