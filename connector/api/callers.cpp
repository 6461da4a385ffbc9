#include "connector/api/callers.h"

#include "sdk/base/assert.h"

namespace lockstep::api {

std::string_view to_string(Role role) {
    switch (role) {
        case Role::operator_:
            return "operator";
        case Role::venue:
            return "venue";
        case Role::participant:
            return "participant";
        case Role::auditor:
            return "auditor";
    }
    UNREACHABLE();
}

}  // namespace lockstep::api
