// Who may call this node's interface, and what for.
#pragma once

#include <string>
#include <vector>

#include "sdk/base/ids.h"

namespace lockstep::api {

enum class Role : std::uint8_t {
    operator_,    // everything
    venue,        // trades and what became of them
    participant,  // invoices, payments, acting on its trades
    auditor,      // reads everything
};
std::string_view to_string(Role role);

struct Caller {
    std::string name;
    PublicKey key;
    Role role = Role::auditor;
};

}  // namespace lockstep::api
