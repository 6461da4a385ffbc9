// Whether an input may spend an output: both scripts, BIP 16 and the witness (BIP 141).
#pragma once

#include "bitcoin/script/interpreter.h"

namespace lockstep::bitcoin {

// ScriptError::ok: it may. Spends of Taproot outputs are taproot_not_supported where that flag is
// set; without it anybody may spend them, as before that soft fork.
ScriptError verify_script(const TxIn& input, ByteView script_pubkey, VerifyFlags flags,
                          const Spending& spending);

}  // namespace lockstep::bitcoin
