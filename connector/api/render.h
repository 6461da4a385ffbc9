// Records and views as JSON. What a preimage is shown in has been released; nothing else reads one.
#pragma once

#include "connector/core/node_machine.h"
#include "sdk/codec/json.h"

namespace lockstep::api {

// With evidence: the terms' octets, signatures and the released preimage.
Json render(const core::TradeRecord& trade, bool with_evidence);
Json render(const core::PaymentRecord& payment);
Json render(const core::InvoiceRecord& invoice);
Json render(const core::input::Invoice& invoice);
Json render(const core::DealRecord& deal);
// `peer` is null where it left the configuration.
Json render(const core::QuoteView& quote, const core::PeerConfig* peer);
Json render(const core::AlarmRecord& alarm);
Json render(const core::EventRecord& event);
Json render(const core::Exposure& exposure);
Json render(const core::AccountView& account);
Json render(const core::LedgerView& ledger);
Json render(const core::PeerConfig& peer);
Json render(const routing::Offer& offer, bool own);

Json render_amount(Amount amount, const AssetId& asset);
std::string_view mode_text(std::uint8_t mode);  // report::Mode
std::string_view to_string(core::EventKind kind);

}  // namespace lockstep::api
