// The rules of scripts that came by soft forks, or that only relay follows. Bits of a mask.
// Source: Bitcoin Core, script/interpreter.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace lockstep::bitcoin {

// name, the word of Bitcoin Core's test vectors, bit
#define LOCKSTEP_VERIFY_FLAGS(X)                                                          \
    X(p2sh, "P2SH", 0)                                                                    \
    X(strictenc, "STRICTENC", 1)                                                          \
    X(dersig, "DERSIG", 2)                                                                \
    X(low_s, "LOW_S", 3)                                                                  \
    X(nulldummy, "NULLDUMMY", 4)                                                          \
    X(sigpushonly, "SIGPUSHONLY", 5)                                                      \
    X(minimaldata, "MINIMALDATA", 6)                                                      \
    X(discourage_upgradable_nops, "DISCOURAGE_UPGRADABLE_NOPS", 7)                        \
    X(cleanstack, "CLEANSTACK", 8)                                                        \
    X(checklocktimeverify, "CHECKLOCKTIMEVERIFY", 9)                                      \
    X(checksequenceverify, "CHECKSEQUENCEVERIFY", 10)                                     \
    X(witness, "WITNESS", 11)                                                             \
    X(discourage_upgradable_witness_program, "DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM", 12) \
    X(minimalif, "MINIMALIF", 13)                                                         \
    X(nullfail, "NULLFAIL", 14)                                                           \
    X(witness_pubkeytype, "WITNESS_PUBKEYTYPE", 15)                                       \
    X(const_scriptcode, "CONST_SCRIPTCODE", 16)                                           \
    X(taproot, "TAPROOT", 17)                                                             \
    X(discourage_upgradable_taproot_version, "DISCOURAGE_UPGRADABLE_TAPROOT_VERSION", 18) \
    X(discourage_op_success, "DISCOURAGE_OP_SUCCESS", 19)                                 \
    X(discourage_upgradable_pubkeytype, "DISCOURAGE_UPGRADABLE_PUBKEYTYPE", 20)

using VerifyFlags = std::uint32_t;
namespace verify_flag {
#define LOCKSTEP_VERIFY_FLAG(name, word, bit) constexpr VerifyFlags name = VerifyFlags{1} << bit;
LOCKSTEP_VERIFY_FLAGS(LOCKSTEP_VERIFY_FLAG)
#undef LOCKSTEP_VERIFY_FLAG
constexpr VerifyFlags none = 0;
constexpr VerifyFlags all = (VerifyFlags{1} << 21) - 1;
// What every block must follow.
constexpr VerifyFlags mandatory =
    p2sh | dersig | nulldummy | checklocktimeverify | checksequenceverify | witness | taproot;
// What a transaction must follow to be relayed.
constexpr VerifyFlags standard = all & ~sigpushonly;
}  // namespace verify_flag

// Some rules need others, without which they mean nothing: with those that these need, or without
// those that lack one.
VerifyFlags with_needed(VerifyFlags flags);
VerifyFlags without_needing(VerifyFlags flags);

// A list as "P2SH,WITNESS"; "NONE" or nothing is none. nullopt for an unknown word.
std::optional<VerifyFlags> parse_flags(std::string_view list);

}  // namespace lockstep::bitcoin
