// What the runs of all casts have in common: progress in a line, waiting, checks of books, the end,
// and the commands that a person can type afterwards.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "deploy/demo/desk.h"
#include "deploy/demo/screen.h"
#include "deploy/demo/world.h"

namespace lockstep::demo {

double since(std::chrono::steady_clock::time_point from);  // seconds
// False where it did not come about in time, or the run was stopped.
bool wait_until(std::chrono::milliseconds patience, const std::atomic<bool>& stop,
                const std::function<bool()>& holds);
std::string status_line(const Counts& counts, double settled_per_second);

// Until no node has anything open: a trade that ended may still have an escrow on its way back to a
// third party. False where something still was after that time.
bool wait_until_quiet(World& world, std::chrono::seconds patience, const std::atomic<bool>& stop);

// Appends what is wrong, and what is still in escrow; false where the books do not balance.
bool check_conserved(const std::vector<LedgerBooks>& books, std::vector<std::string>& problems);

// Stops every process and replays every journal, a line each; what is not as it should be is
// appended to the problems.
std::vector<Ending> stop_and_replay(World& world, Screen& screen,
                                    std::vector<std::string>& problems);

// Beginnings of lines to type, and whole ones.
std::string node_command(const World& world, const std::string& node);
std::string totals_command(const World& world, const std::string& ledger);
std::string kill_command(const World& world);
// As one word that a person can paste into a shell.
std::string for_shell(const std::filesystem::path& path);

}  // namespace lockstep::demo
