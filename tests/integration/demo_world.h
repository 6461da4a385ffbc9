// What the tests of whole worlds share: a directory that goes when the test ends well, programs,
// and trades picked from the demonstration's file.
#pragma once

#include <doctest/doctest.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "deploy/demo/chaos.h"
#include "deploy/demo/desk.h"
#include "deploy/demo/world.h"

namespace lockstep::test {

inline const std::atomic<bool> never_stop{false};

// Shorter than the demonstration's, so that a test need not wait 45 s for an unwound trade.
constexpr demo::Profiles short_profiles{1'000, 1'000, 1, 250};

class TestDirectory {
public:
    explicit TestDirectory(const std::string& name);
    // Removes it unless a check of the test failed before.
    ~TestDirectory();
    TestDirectory(const TestDirectory&) = delete;
    TestDirectory& operator=(const TestDirectory&) = delete;

    std::filesystem::path path;
    bool keep = false;
};

std::filesystem::path program_directory();

// Runs until the test ends; a world that does not start fails the test.
std::unique_ptr<demo::World> start_world(const TestDirectory& directory,
                                         const demo::Profiles& profiles);
std::unique_ptr<demo::World> start_world(const demo::WorldSettings& settings);

// Waits until no node has anything open; what is still open fails the test.
void require_quiet(demo::World& world);
// The books balance, recomputed from the ledgers' statements, and nothing is in escrow.
void check_books(demo::World& world);
// Each process stops by itself with exit code 0, and its journal gives the state that it had.
void check_replays(demo::World& world);
void check_all_ended(const demo::PhaseResult& result);
// Since `before`, exactly what settled moved, and the connector's fees are what it earned by it.
void check_moved(demo::World& world, const std::vector<demo::LedgerBooks>& before,
                 const std::vector<client::TradeRequest>& settled);
std::vector<demo::LedgerBooks> read_books(demo::World& world);

// Settles trades while every process is killed `rounds` times, and checks everything afterwards.
void kill_every_process(std::size_t rounds, std::uint64_t seed);

}  // namespace lockstep::test
