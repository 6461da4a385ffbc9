// What an EscrowBook reports: the difference between what is shown and what was told.
#include <algorithm>

#include "bitcoin/adapter/escrow_book.h"

namespace lockstep::bitcoin {
namespace {

// Cursors follow the heights, so that those of an adapter that began anew do not fall behind.
constexpr int cursor_bits = 20;

}  // namespace

void EscrowBook::tell_one(BookedEscrow& escrow, int tip, Timestamp ledger_time,
                          std::vector<Report>& reports) {
    const auto say = [&](EscrowState state, Certainty certainty) {
        report_one(escrow, state, certainty, tip, ledger_time, reports);
    };
    const std::optional<EscrowEnd>& end = escrow.end ? escrow.end : escrow.pool_end;
    const bool is_there = escrow.is_there();
    if (escrow.told_end && (!is_there || !end || end->state != *escrow.told_end)) {
        contradicted_ = contradicted_ || escrow.told_end_as == Certainty::final_;
        say(*escrow.told_end, Certainty::rolled_back);
        escrow.told_end.reset();
        escrow.told_end_as.reset();
    }
    if (escrow.told && !is_there) {
        contradicted_ = contradicted_ || escrow.told == Certainty::final_;
        say(EscrowState::prepared, Certainty::rolled_back);
        escrow.told.reset();
    }
    if (!is_there) return;
    if (!escrow.told) {
        escrow.told = Certainty::seen;
        say(EscrowState::prepared, Certainty::seen);
    }
    if (escrow.told == Certainty::seen && is_final(escrow.funded_at, tip)) {
        escrow.told = Certainty::final_;
        say(EscrowState::prepared, Certainty::final_);
    }
    if (!end) return;
    if (!escrow.told_end) {
        escrow.told_end = end->state;
        escrow.told_end_as = Certainty::seen;
        say(end->state, Certainty::seen);
    }
    if (escrow.told_end_as == Certainty::seen && is_final(escrow.ended_at, tip)) {
        escrow.told_end_as = Certainty::final_;
        say(end->state, Certainty::final_);
    }
}

void EscrowBook::report_one(BookedEscrow& escrow, EscrowState state, Certainty certainty, int tip,
                            Timestamp ledger_time, std::vector<Report>& reports) {
    const auto floor = static_cast<std::uint64_t>(std::max(tip, 0)) << cursor_bits;
    cursor_ = std::max(cursor_ + 1, floor);
    cursor_changed_ = true;
    escrow.sequence = cursor_;
    report::Escrow told{cursor_, escrow.terms, state, certainty, std::nullopt, ledger_time};
    const std::optional<EscrowEnd>& end = escrow.end ? escrow.end : escrow.pool_end;
    if (state == EscrowState::fulfilled && certainty != Certainty::rolled_back && end)
        told.preimage = end->preimage;
    if (certainty != Certainty::rolled_back)
        told.locator = to_text(state == EscrowState::prepared ? escrow.funding : end->by);
    reports.emplace_back(std::move(told));
    changed_.insert(escrow.key());
}

}  // namespace lockstep::bitcoin
