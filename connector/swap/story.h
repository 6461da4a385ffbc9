// The six transactions of a swap in words, for people and for programs: what each is, where its
// ledger shows it, and who can take what it locks, with what and from when.
#pragma once

#include <string>
#include <vector>

#include "connector/swap/machine.h"

namespace lockstep::swap {

struct Line {
    Step step = Step::payment;
    std::string state;  // ready (a refund that nobody had to send yet), seen, final, rolled_back
    std::string what;
    Address ledger;
    std::string transaction;  // the ledger's locator; empty where it was not sent
    AssetId asset;
    Amount amount;
    Address from;
    Address to;
    std::string spend;                    // who can take it, with what, from when
    std::optional<Timestamp> not_before;  // of a refund
};

// `refund` is how the ledger of the step's side gives back (LedgerInfo).
Line line_of(const Swap& swap, Step step, const std::optional<Sight>& sight, RefundRule refund);
// The lines that follow from one transaction as it comes: itself, and behind an escrow its refund,
// which is ready from then on.
std::vector<Line> lines_of(const Swap& swap, const output::Told& told, RefundRule refund);

// Several lines of text, without a line feed at the end.
std::string render(const Line& line);
// What both agree on, a line each.
std::string render(const Terms& terms);
// What the end means for this party, as a sentence.
std::string describe_end(const Swap& swap);

}  // namespace lockstep::swap
