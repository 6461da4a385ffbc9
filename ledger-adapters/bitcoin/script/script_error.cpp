#include "bitcoin/script/script_error.h"

#include "sdk/base/assert.h"

namespace lockstep::bitcoin {

std::string_view to_string(ScriptError error) {
    switch (error) {
#define LOCKSTEP_SCRIPT_ERROR_WORD(name, word, sentence) \
    case ScriptError::name:                              \
        return word;
        LOCKSTEP_SCRIPT_ERRORS(LOCKSTEP_SCRIPT_ERROR_WORD)
#undef LOCKSTEP_SCRIPT_ERROR_WORD
    }
    UNREACHABLE();
}

std::string_view describe(ScriptError error) {
    switch (error) {
#define LOCKSTEP_SCRIPT_ERROR_SENTENCE(name, word, sentence) \
    case ScriptError::name:                                  \
        return sentence;
        LOCKSTEP_SCRIPT_ERRORS(LOCKSTEP_SCRIPT_ERROR_SENTENCE)
#undef LOCKSTEP_SCRIPT_ERROR_SENTENCE
    }
    UNREACHABLE();
}

}  // namespace lockstep::bitcoin
