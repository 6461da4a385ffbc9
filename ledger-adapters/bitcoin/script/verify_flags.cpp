#include "bitcoin/script/verify_flags.h"

namespace lockstep::bitcoin {

VerifyFlags with_needed(VerifyFlags flags) {
    if ((flags & verify_flag::cleanstack) != 0) flags |= verify_flag::witness;
    if ((flags & verify_flag::witness) != 0) flags |= verify_flag::p2sh;
    return flags;
}

VerifyFlags without_needing(VerifyFlags flags) {
    if ((flags & verify_flag::p2sh) == 0) flags &= ~verify_flag::witness;
    if ((flags & verify_flag::witness) == 0) flags &= ~verify_flag::cleanstack;
    return flags;
}

std::optional<VerifyFlags> parse_flags(std::string_view list) {
    VerifyFlags flags = 0;
    while (!list.empty()) {
        const std::string_view word = list.substr(0, list.find(','));
        VerifyFlags bit = 0;
#define LOCKSTEP_VERIFY_FLAG_WORD(name, text, number) \
    if (word == (text)) bit = verify_flag::name;
        LOCKSTEP_VERIFY_FLAGS(LOCKSTEP_VERIFY_FLAG_WORD)
#undef LOCKSTEP_VERIFY_FLAG_WORD
        if (bit == 0 && word != "NONE") return std::nullopt;
        flags |= bit;
        list.remove_prefix(word.size() == list.size() ? word.size() : word.size() + 1);
    }
    return flags;
}

}  // namespace lockstep::bitcoin
