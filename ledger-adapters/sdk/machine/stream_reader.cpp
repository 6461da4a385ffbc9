#include "sdk/machine/stream_reader.h"

#include "sdk/crypto/hash.h"

namespace lockstep {

const char* find_lie(const LedgerEvent& event, const Address& ledger) {
    if (!ledger.is_prefix_of(event.terms.payer) || !ledger.is_prefix_of(event.terms.payee)) {
        return "an event of accounts of another ledger";
    }
    if (event.state != EscrowState::fulfilled) {
        return event.preimage ? "a preimage of an escrow that was not fulfilled" : nullptr;
    }
    if (!event.preimage || !fulfils(*event.preimage, event.terms.condition)) {
        return "an escrow fulfilled without a preimage that matches its condition";
    }
    return nullptr;
}

}  // namespace lockstep
