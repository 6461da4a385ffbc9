#include "sdk/machine/statement.h"

#include "sdk/base/assert.h"

namespace lockstep {

std::string_view to_string(StatementRow::Kind kind) {
    using Kind = StatementRow::Kind;
    switch (kind) {
        case Kind::issued:
            return "issued";
        case Kind::redeemed:
            return "redeemed";
        case Kind::sent:
            return "sent";
        case Kind::received:
            return "received";
        case Kind::locked:
            return "locked";
        case Kind::paid:
            return "paid";
        case Kind::claimed:
            return "claimed";
        case Kind::returned:
            return "returned";
    }
    UNREACHABLE();
}

bool is_valid(StatementRow::Kind kind) {
    return kind >= StatementRow::Kind::issued && kind <= StatementRow::Kind::returned;
}

}  // namespace lockstep
