// What a ledger knows, as JSON for people. Amounts are decimal strings, times RFC 3339, ids and
// keys hexadecimal. Preimages are shown of fulfilled escrows only, where they are public.
#pragma once

#include "sdk/codec/json.h"
#include "sdk/service/ledger_backend.h"

namespace lockstep::service {

std::string asset_text(const AssetId& asset);  // "SEK/2"
std::optional<AssetId> parse_asset(std::string_view text);

Json to_json(const LedgerInfo& info);
Json to_json(const AccountInfo& account);
Json to_json(const StatementRow& row);
Json to_json(const EscrowStanding& escrow);
Json to_json(const std::vector<AssetTotals>& totals);

}  // namespace lockstep::service
