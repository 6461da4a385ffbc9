// What a command becomes on a ledger that takes our instructions, and what may be concluded from an
// answer to it.
#pragma once

#include "sdk/machine/adapter.h"

namespace lockstep {

// Every command but Expect, for which our ledgers need nothing.
Op to_op(Command command);

// Until when the ledger takes it. New business has such a limit, claims and refunds have none.
std::optional<Timestamp> not_after_of(const Op& op);
inline bool is_claim(const Op& op) {
    return !not_after_of(op);
}
// At most so many octets encoded; for the ops that to_op() makes.
std::size_t most_octets(const Op& op);
// A claim that finds its work done: the escrow already is as the command wants it.
bool is_done_already(const Op& op, Reason reason);

}  // namespace lockstep
