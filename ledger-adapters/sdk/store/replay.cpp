#include "sdk/store/replay.h"

#include <sys/stat.h>

#include "sdk/store/journal_file.h"

namespace lockstep {

Result<Recovered, Failure> read_whole_journal(const std::string& directory) {
    const std::string file = journal_file(directory);
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) return fail("not_found", file + " does not exist");
    auto database = sqlite::Database::open(file, sqlite::Access::read_only, {});
    if (!database) return unexpected<Failure>(database.error());
    const auto contents = identify_journal(*database);
    if (!contents) return unexpected<Failure>(contents.error());
    if (*contents == JournalContents::nothing) return Recovered{};
    return read_journal(*database, ReadFrom::first_row);
}

std::string state_file(const std::string& directory) {
    return directory + "/state.json";
}

}  // namespace lockstep
