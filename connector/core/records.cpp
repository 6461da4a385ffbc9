#include "connector/core/records.h"

#include "sdk/base/assert.h"
#include "sdk/crypto/hash.h"

namespace lockstep::core {

std::string_view to_string(TradeState state) {
    switch (state) {
        case TradeState::proposed:
            return "proposed";
        case TradeState::quoting:
            return "quoting";
        case TradeState::offered:
            return "offered";
        case TradeState::accepted:
            return "accepted";
        case TradeState::paying:
            return "paying";
        case TradeState::delivered:
            return "delivered";
        case TradeState::released:
            return "released";
        case TradeState::settled:
            return "settled";
        case TradeState::unwound:
            return "unwound";
        case TradeState::declined:
            return "declined";
        case TradeState::broken:
            return "broken";
    }
    UNREACHABLE();
}

std::string_view to_string(TradeRole role) {
    switch (role) {
        case TradeRole::venue:
            return "venue";
        case TradeRole::buyer:
            return "buyer";
        case TradeRole::seller:
            return "seller";
    }
    UNREACHABLE();
}

std::string_view to_string(PaymentState state) {
    switch (state) {
        case PaymentState::quoting:
            return "quoting";
        case PaymentState::quoted:
            return "quoted";
        case PaymentState::paying:
            return "paying";
        case PaymentState::paid:
            return "paid";
        case PaymentState::refunded:
            return "refunded";
        case PaymentState::declined:
            return "declined";
        case PaymentState::broken:
            return "broken";
    }
    UNREACHABLE();
}

std::string_view to_string(InvoiceState state) {
    switch (state) {
        case InvoiceState::open:
            return "open";
        case InvoiceState::arriving:
            return "arriving";
        case InvoiceState::paid:
            return "paid";
        case InvoiceState::lapsed:
            return "lapsed";
    }
    UNREACHABLE();
}

std::string_view to_string(LegState state) {
    switch (state) {
        case LegState::none:
            return "none";
        case LegState::sent:
            return "sent";
        case LegState::held:
            return "held";
        case LegState::fulfilled:
            return "fulfilled";
        case LegState::refunded:
            return "refunded";
        case LegState::absent:
            return "absent";
    }
    UNREACHABLE();
}

std::string_view to_string(DealRole role) {
    switch (role) {
        case DealRole::connector:
            return "connector";
        case DealRole::seller:
            return "seller";
        case DealRole::buyer:
            return "buyer";
        case DealRole::sender:
            return "sender";
        case DealRole::receiver:
            return "receiver";
    }
    UNREACHABLE();
}

Bytes number_key(std::uint64_t number) {
    OerWriter writer;
    writer.u64(number);
    return writer.take();
}

Bytes order_key(Timestamp created, const PlanId& id) {
    Bytes key = number_key(static_cast<std::uint64_t>(created.us()));
    key.insert(key.end(), id.view().begin(), id.view().end());
    return key;
}

Hash reference_key(const PublicKey& venue, const std::string& reference) {
    ArchiveWriter writer;
    writer(venue, reference);
    return sha256(writer.bytes());
}

}  // namespace lockstep::core
