#include <cstdio>

#include "connector/cli/commands.h"
#include "connector/cli/print.h"
#include "sdk/base/utf8.h"

namespace lockstep::cli {

int resume_ledger(Session& session, const std::string& ledger) {
    const auto resumed = session.api().resume_ledger(ledger);
    if (!resumed) return complain(resumed.error(), session.global());
    if (session.prints_json())
        print_json(Json::object({{"ledger", *resumed}}));
    else
        std::printf("new business is taken again on %s\n", printable(*resumed).c_str());
    return exit_done;
}

int acknowledge(Session& session) {
    const auto was_stopped = session.api().acknowledge();
    if (!was_stopped) return complain(was_stopped.error(), session.global());
    if (session.prints_json())
        print_json(Json::object({{"was_stopped", *was_stopped}}));
    else
        std::printf("%s\n", *was_stopped ? "new business is taken again"
                                         : "the node was not stopped: nothing to acknowledge");
    return exit_done;
}

}  // namespace lockstep::cli
