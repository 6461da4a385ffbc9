#include "connector/assembly/message_check.h"

namespace lockstep::assembly {

namespace message = core::message;

bool check_message(const PublicKey& sender, const core::Message& message,
                   const SignatureScheme& scheme) {
    if (const auto* proposal = std::get_if<message::Proposal>(&message))
        return proposal->trade.venue == sender;
    if (const auto* offered = std::get_if<message::TermsOffered>(&message)) {
        return offered->terms.trade.buyer.node == sender &&
               scheme.verify(sender, core::terms_octets(core::settlement_of(offered->terms)),
                             offered->buyer);
    }
    if (const auto* accepted = std::get_if<message::TermsAccepted>(&message))
        return scheme.verify(sender, core::terms_octets(accepted->settlement), accepted->seller);
    return true;
}

bool check_quote(const PublicKey& sender, const message::QuoteAsk& ask, const message::Quote& quote,
                 const SignatureScheme& scheme) {
    return scheme.verify(sender, core::quote_octets(ask, quote), quote.signature);
}

CheckedBatch check_batch(PeerBatch batch, const SignatureScheme& scheme) {
    CheckedBatch checked;
    checked.messages.reserve(batch.messages.size());
    for (const Bytes& octets : batch.messages) {
        auto message = core::decode_message(octets);
        if (message && check_message(batch.sender, *message, scheme))
            checked.messages.emplace_back(std::move(*message));
        else
            checked.messages.emplace_back(std::nullopt);
    }
    for (Bytes& octets : batch.messages)
        octets.clear();
    checked.batch = std::move(batch);
    return checked;
}

}  // namespace lockstep::assembly
