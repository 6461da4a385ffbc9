// What callers send, read strictly: an unknown, missing or wrong field is refused with its path.
#pragma once

#include "connector/api/asset_book.h"
#include "connector/core/inputs.h"
#include "sdk/codec/json_fields.h"

namespace lockstep::api {

template <class T>
using Body = Result<T, FieldMistake>;

// An array of trades, or one.
Body<core::input::SubmitTrades> read_trades(const Json& json, const core::NodeConfig& config);
// An invoice without valid_until is payable for an hour after `now`.
Body<core::input::CreateInvoice> read_invoice_body(const Json& json, const AssetBook& assets,
                                                   Timestamp now);
Body<core::input::Pay> read_payment_body(const Json& json, const AssetBook& assets);
struct Withholding {
    PublicKey venue;
    std::string reference;
};
Body<Withholding> read_withholding(const Json& json);
// The empty object.
Body<std::monostate> read_nothing(const Json& json);

}  // namespace lockstep::api
