// Somebody changes a journal's file behind the store's back.
#pragma once

#include <doctest/doctest.h>

#include <string>

#include "sdk/store/journal_file.h"

namespace lockstep::testing {

inline void damage_journal(const std::string& directory, const char* sql) {
    auto database = sqlite::Database::open(journal_file(directory), sqlite::Access::create, {});
    REQUIRE(database);
    REQUIRE(database->run(sql) == 0);
}

}  // namespace lockstep::testing
