#include "connector/core/messages.h"

#include "sdk/codec/archive.h"
#include "sdk/crypto/hash.h"

namespace lockstep::core {
namespace {

// Domain separation: the name of what is signed, with its terminating zero, before the octets.
Bytes tagged(std::string_view name, ByteView octets) {
    Bytes bytes;
    append(bytes, as_bytes(name));
    bytes.push_back(0);
    append(bytes, octets);
    return bytes;
}

}  // namespace

PlanId plan_of(const Trade& trade) {
    return PlanId{sha256(tagged("lockstep/plan/v1", encode_fields(trade))).array()};
}

SettlementId settlement_of(const Terms& terms) {
    return SettlementId{sha256(tagged("lockstep/terms/v1", encode_fields(terms))).array()};
}

Bytes encode_message(const Message& message) {
    return encode_fields(message);
}

Result<Message> decode_message(ByteView octets) {
    auto message = decode_fields<Message>(octets);
    if (!message) return message;
    const auto sane = [](const Trade& trade) {
        return !trade.reference.empty() && trade.reference.size() <= max_reference &&
               trade.buyer.party.size() <= max_party_name &&
               trade.seller.party.size() <= max_party_name;
    };
    if (const auto* proposal = std::get_if<message::Proposal>(&*message);
        proposal && !sane(proposal->trade))
        return refuse(Reason::malformed);
    if (const auto* offered = std::get_if<message::TermsOffered>(&*message);
        offered && !sane(offered->terms.trade))
        return refuse(Reason::malformed);
    return message;
}

Bytes quote_octets(const message::QuoteAsk& ask, const message::Quote& quote) {
    ArchiveWriter writer;
    writer(ask, quote.id, quote.in, quote.out_payer, quote.lapse);
    return tagged("lockstep/quote/v1", writer.take());
}

Bytes terms_octets(const SettlementId& settlement) {
    return tagged("lockstep/terms/v1", settlement.view());
}

}  // namespace lockstep::core
