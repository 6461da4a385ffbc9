// Whether what a peer says carries the signatures that it must. The node's machine takes messages
// from peers as verified, so nothing reaches it that did not pass here. Runs on any thread.
#pragma once

#include <optional>
#include <vector>

#include "connector/assembly/peer_batch.h"
#include "connector/core/messages.h"
#include "sdk/crypto/signature.h"

namespace lockstep::assembly {

// What can be told from the message alone. Terms: offered by the buyer's node and signed by it,
// accepted under the sender's signature; proposals: by the venue that they name. A quote's
// signature needs the ask that it answers, see check_quote.
bool check_message(const PublicKey& sender, const core::Message& message,
                   const SignatureScheme& scheme);
// Signed by the connector that was asked, over the ask and the quote.
bool check_quote(const PublicKey& sender, const core::message::QuoteAsk& ask,
                 const core::message::Quote& quote, const SignatureScheme& scheme);

// A batch whose messages were decoded and checked; those that did not pass are absent, so that one
// bad message does not take the others with it.
struct CheckedBatch {
    PeerBatch batch;  // without the messages' octets
    std::vector<std::optional<core::Message>> messages;
};
CheckedBatch check_batch(PeerBatch batch, const SignatureScheme& scheme);

}  // namespace lockstep::assembly
