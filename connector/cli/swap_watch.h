// One party of a swap at work: waits for its ledgers, begins what was agreed, and prints what
// happens until nothing of the swap is in escrow for it any more.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <tuple>

#include "connector/cli/calls.h"
#include "connector/cli/swap_host.h"
#include "connector/cli/swap_print.h"
#include "connector/swap/answers.h"

namespace lockstep::cli {

// Tells the failure and what to do about it on standard error; the exit code.
int complain_of_swap(const Failure& failure, const std::string& what_to_do, const Global& global);

class SwapWatch {
public:
    SwapWatch(std::unique_ptr<SwapHost> host, const Global& global)
        : host_(std::move(host)), global_(global), print_(global.json) {}

    SwapHost& host() { return *host_; }
    const SwapPrinter& print() const { return print_; }

    // Until both ledgers are live and have said what they are, however long they take once they
    // have given any answer. Codes: unavailable, ledger_refused, interrupted.
    Result<void, Failure> wait_for_ledgers();
    // Begins what is agreed, and watches it to its end; the exit code.
    int begin(swap::event::Begin what);
    // Nothing is begun, as nobody agreed or as it was interrupted; the exit code.
    int not_agreed();
    // What has happened so far, then what happens, to the end.
    int watch();
    int fail_with(const Failure& failure);
    int interrupted();

private:
    bool was_interrupted(Duration longest);
    // Those that are not live, each with why; empty: all are.
    std::string missing_ledgers(const swap::LedgerAnswers& answers);
    enum class Refunds : std::uint8_t { told, left_out };  // those that are ready
    void tell(const swap::Swap& swap, const swap::output::Told& told, Refunds refunds);
    std::optional<int> take(SwapHost::News&& news);
    int end_of(const swap::Swap& swap);

    std::unique_ptr<SwapHost> host_;
    const Global& global_;
    SwapPrinter print_;
    // What it printed, as some of it may be told twice: as what was there before, and as it came.
    std::set<std::tuple<swap::Step, std::string, std::string>> printed_;
};

}  // namespace lockstep::cli
