// Runs one script on a stack.
#pragma once

#include "bitcoin/script/script.h"
#include "bitcoin/script/script_error.h"
#include "bitcoin/script/spending.h"
#include "bitcoin/script/verify_flags.h"

namespace lockstep::bitcoin {

using Stack = std::vector<Bytes>;

constexpr std::size_t max_stack = 1000;  // with the alternative one
constexpr int max_script_ops = 201;      // beyond pushes
constexpr int max_keys = 20;             // of one OP_CHECKMULTISIG

// ScriptError::ok where it came to its end; the stack may be anything then.
ScriptError run_script(Stack& stack, ByteView script, VerifyFlags flags, const Spending& spending,
                       SignatureVersion version);

// Anything but zeros; a negative zero is one.
bool is_true(ByteView element);

}  // namespace lockstep::bitcoin
