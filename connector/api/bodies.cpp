#include "connector/api/bodies.h"

#include <algorithm>

#include "connector/api/invoice_code.h"

namespace lockstep::api {

namespace input = core::input;

namespace {

constexpr Duration invoice_life = Duration::seconds(3600);

template <class T>
Body<T> finish(JsonFields& fields, T value) {
    if (auto done = fields.finish(); !done) return unexpected<FieldMistake>(done.error());
    return value;
}

input::TradeOrder read_trade(JsonFields& fields, const core::NodeConfig& config) {
    input::TradeOrder order;
    order.reference = fields.text("reference", {1, core::max_reference});
    order.instrument = fields.text("instrument", {1, max_asset_code});
    const auto known =
        std::find_if(config.instruments.begin(), config.instruments.end(),
                     [&](const auto& i) { return i.asset.code() == order.instrument; });
    // An instrument that is not known here is declined as a trade, not refused as a request.
    const std::uint8_t scale = known != config.instruments.end() ? known->asset.scale() : 0;
    order.quantity = fields.amount("quantity", scale);
    order.price = fields.amount("price", config.price_asset.scale());
    order.buyer = fields.text("buyer", {1, core::max_party_name});
    order.seller = fields.text("seller", {1, core::max_party_name});
    // When the venue matched it: data of the caller's, which settles nothing.
    fields.time_if("time");
    return order;
}

}  // namespace

Body<input::SubmitTrades> read_trades(const Json& json, const core::NodeConfig& config) {
    input::SubmitTrades submit;
    if (json.as_array() == nullptr) {
        JsonFields fields(json);
        submit.trades.push_back(read_trade(fields, config));
        return finish(fields, std::move(submit));
    }
    const Json wrapped = Json::object({{"trades", json}});
    JsonFields fields(wrapped);
    fields.objects("trades", core::max_trades_per_request,
                   [&](JsonFields& trade) { submit.trades.push_back(read_trade(trade, config)); });
    if (submit.trades.empty()) fields.refuse("trades", Reason::malformed, "at least one trade");
    return finish(fields, std::move(submit));
}

Body<input::CreateInvoice> read_invoice_body(const Json& json, const AssetBook& assets,
                                             Timestamp now) {
    JsonFields fields(json);
    input::CreateInvoice create;
    create.account = fields.address("account");
    const std::string text = fields.text_if("asset").value_or("");
    if (const auto asset = assets.find(text, create.account)) {
        create.asset = *asset;
        create.amount = fields.amount("amount", asset->scale());
    } else {
        fields.refuse("asset", Reason::unknown_asset,
                      "an asset of the account's ledger, as code (\"SEK\") or code and scale "
                      "(\"SEK/2\")");
    }
    create.valid_until = fields.time_if("valid_until").value_or(now + invoice_life);
    return finish(fields, std::move(create));
}

Body<input::Pay> read_payment_body(const Json& json, const AssetBook& assets) {
    JsonFields fields(json);
    input::Pay pay;
    const std::string code = fields.text("invoice", {1, max_invoice_code});
    if (auto invoice = read_invoice_code(code))
        pay.invoice = std::move(*invoice);
    else
        fields.refuse("invoice", Reason::malformed, invoice.error().detail);
    pay.quote_only = fields.boolean_if("quote_only").value_or(false);
    pay.from = fields.address("from");
    const std::string text = fields.text_if("asset").value_or("");
    if (const auto asset = assets.find(text, pay.from)) {
        pay.asset = *asset;
        // A price that was not seen must have a limit.
        if (pay.quote_only)
            pay.most_paid =
                fields.amount_if("most_paid", asset->scale()).value_or(Amount{UINT64_MAX});
        else
            pay.most_paid = fields.amount("most_paid", asset->scale());
    } else {
        fields.refuse("asset", Reason::unknown_asset,
                      "an asset of the paying account's ledger, as code (\"EUR\") or code and "
                      "scale (\"EUR/2\")");
    }
    return finish(fields, std::move(pay));
}

Body<Withholding> read_withholding(const Json& json) {
    JsonFields fields(json);
    Withholding withholding;
    withholding.venue = fields.fixed<PublicKey>("venue");
    withholding.reference = fields.text("reference", {1, core::max_reference});
    return finish(fields, std::move(withholding));
}

Body<std::monostate> read_nothing(const Json& json) {
    JsonFields fields(json);
    return finish(fields, std::monostate{});
}

}  // namespace lockstep::api
