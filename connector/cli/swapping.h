// `lockstep swap`: two parties exchange directly between two ledgers, with no node in between.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "connector/cli/calls.h"

namespace lockstep::cli {

struct SwapArguments {
    std::string config;
    std::string code;               // accept, show
    std::string pay, deliver;       // "0.01 BTC", "50 SE0000108656"
    std::vector<std::string> with;  // the seller's accounts
    std::string payment_refund = "48h";
    std::string delivery_refund = "24h";
    bool yes = false;
};

int propose_swap(const SwapArguments& arguments, const Global& global);
int accept_swap(const SwapArguments& arguments, const Global& global);
int resume_swap(const SwapArguments& arguments, const Global& global);
int show_swap(const SwapArguments& arguments, const Global& global);

// "48h", "90m", "40s", "2d"; nullopt for anything else and for nothing.
std::optional<Duration> parse_length(std::string_view text);

// Adds the command with its own below it; what was chosen is left in `chosen`.
void add_swap_commands(CLI::App& app, SwapArguments& arguments, const Global& global,
                       std::function<int()>& chosen);

}  // namespace lockstep::cli
