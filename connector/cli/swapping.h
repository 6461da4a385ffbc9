// `lockstep swap`: two parties exchange directly between two ledgers, with no node in between.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "connector/cli/calls.h"
#include "connector/cli/swap_wanted.h"

namespace lockstep::cli {

struct SwapArguments {
    std::string config;
    std::string code;   // accept, show
    SwapWanted wanted;  // propose
    std::string longest =
        "25h";  // accept: that the delivery is locked; a day, and clocks that differ
    bool yes = false;
};

int propose_swap(const SwapArguments& arguments, const Global& global);
int accept_swap(const SwapArguments& arguments, const Global& global);
int resume_swap(const SwapArguments& arguments, const Global& global);
int show_swap(const SwapArguments& arguments, const Global& global);
int show_swap_accounts(const SwapArguments& arguments, const Global& global);

// Adds the command with its own below it; what was chosen is left in `chosen`.
void add_swap_commands(CLI::App& app, SwapArguments& arguments, const Global& global,
                       std::function<int()>& chosen);

}  // namespace lockstep::cli
