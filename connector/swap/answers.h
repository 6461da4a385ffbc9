// Which ledgers have given any sign of themselves, for whoever waits for them.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "connector/swap/program.h"

namespace lockstep::swap {

// One that has answered is on its way, however long that takes: a chain that is read from far back,
// a scan for coins. One that never has may be at another address.
class LedgerAnswers {
public:
    explicit LedgerAnswers(std::size_t ledgers) : ledgers_(ledgers) {}

    void hear(const effect::LedgerChanged& changed) {
        One& one = ledgers_.at(changed.ledger);
        // An adapter says of itself that it is catching up or stale; progress and a time are of the
        // ledger.
        const bool proceeds = one.last && *one.last == report::Mode::catching_up &&
                              changed.mode == report::Mode::catching_up &&
                              one.detail != changed.detail;
        if (proceeds || changed.mode == report::Mode::live || changed.ledger_time != Timestamp{})
            one.answered = true;
        one.last = changed.mode;
        one.detail = changed.detail;
    }
    bool all() const {
        return std::all_of(ledgers_.begin(), ledgers_.end(),
                           [](const One& one) { return one.answered; });
    }
    // What it said last of why it is not live; may be empty.
    const std::string& detail(std::size_t ledger) const { return ledgers_.at(ledger).detail; }

private:
    struct One {
        bool answered = false;
        std::optional<report::Mode> last;
        std::string detail;
    };
    std::vector<One> ledgers_;
};

}  // namespace lockstep::swap
