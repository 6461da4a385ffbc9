#include <cstdio>

#include "connector/cli/commands.h"
#include "connector/cli/print.h"

namespace lockstep::cli {

int resume_ledger(Session& session, const std::string& ledger) {
    const auto resumed = session.api().resume_ledger(ledger);
    if (!resumed) return complain(resumed.error(), session.global());
    if (session.prints_json())
        print_json(Json::object({{"ledger", *resumed}}));
    else
        std::printf("new business is taken again on %s\n", resumed->c_str());
    return exit_done;
}

}  // namespace lockstep::cli
