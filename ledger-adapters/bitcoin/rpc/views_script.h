// Scripts, addresses and coins as JSON. Source: Bitcoin Core 29, core_io.h, rpc/rawtransaction.cpp,
// rpc/output_script.cpp, rpc/util.cpp, rpc/blockchain.cpp.
#pragma once

#include "bitcoin/chain/chain.h"
#include "bitcoin/keys/network.h"
#include "bitcoin/rpc/envelope.h"

namespace lockstep::bitcoin {

class Mempool;

// As `disassemble` of an output's script; pushes of an input's that look like signatures lose their
// last octet to "[ALL]" and the like.
std::string input_script_text(ByteView script);

enum class ScriptHex : std::uint8_t { without, with };
// asm, desc, hex, address, type.
Json script_json(ByteView script, const Network& network, ScriptHex hex = ScriptHex::with);

// decodescript: also what pays to the script's hash.
Json decoded_script_json(ByteView script, const Network& network);
// validateaddress
Json address_json(std::string_view text, const Network& network);

// gettxout: null where it is not there or, with a pool, is spent by it. `pool`: nullptr where it is
// not to be looked at.
Json coin_json(const OutPoint& place, const Chain& chain, const Mempool* pool,
               const Network& network);

}  // namespace lockstep::bitcoin
