#include "sdk/base/reason.h"

#include "sdk/base/assert.h"

namespace lockstep {
namespace {

struct Row {
    Reason reason;
    std::string_view word;
    ReasonFamily family;
    std::string_view sentence;
};

constexpr Row rows[] = {
#define LOCKSTEP_REASON_ROW(name, number, family, sentence) \
    {Reason::name, #name, ReasonFamily::family, sentence},
    LOCKSTEP_REASONS(LOCKSTEP_REASON_ROW)
#undef LOCKSTEP_REASON_ROW
};

const Row& row_of(Reason reason) {
    for (const Row& row : rows)
        if (row.reason == reason) return row;
    UNREACHABLE();
}

}  // namespace

std::string_view to_string(Reason reason) {
    return row_of(reason).word;
}
std::string_view describe(Reason reason) {
    return row_of(reason).sentence;
}
ReasonFamily family(Reason reason) {
    return row_of(reason).family;
}

bool is_worth_another_try(Reason reason) {
    return family(reason) == ReasonFamily::retry || family(reason) == ReasonFamily::unknown;
}

std::optional<Reason> reason_from_number(std::uint16_t number) {
    for (const Row& row : rows)
        if (static_cast<std::uint16_t>(row.reason) == number) return row.reason;
    return std::nullopt;
}

std::optional<Reason> reason_from_string(std::string_view word) {
    for (const Row& row : rows)
        if (row.word == word) return row.reason;
    return std::nullopt;
}

}  // namespace lockstep
