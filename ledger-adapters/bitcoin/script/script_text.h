// Scripts as text, as Bitcoin Core's test vectors and its tools write them: numbers, 'texts', 0x
// and raw bytes, names of opcodes with or without OP_.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sdk/base/bytes.h"

namespace lockstep::bitcoin {

// nullopt for a word that is none of these, or a number of more than 32 bits.
std::optional<Bytes> parse_script(std::string_view text);
// As Bitcoin Core's "asm" of an output's script: pushes of up to 4 bytes as numbers, others as
// hexadecimal.
std::string disassemble(ByteView script);

}  // namespace lockstep::bitcoin
