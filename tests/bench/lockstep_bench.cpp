// lockstep-bench: how fast single parts are on this machine, as figures to read.
#include <CLI/CLI.hpp>
#include <iostream>

#include "sdk/base/exit_code.h"
#include "sdk/codec/json.h"
#include "tests/bench/bitcoin_bench.h"

namespace lockstep::bench {
namespace {

std::uint64_t per_second(std::size_t count, std::int64_t us) {
    return us <= 0 ? 0 : count * 1'000'000 / static_cast<std::uint64_t>(us);
}

int bitcoin(std::size_t inputs, bool json) {
    const BitcoinFigures figures = measure_bitcoin(inputs);
    const auto rate = [&](std::int64_t us) { return per_second(figures.inputs, us); };
    if (json) {
        std::cout << write_json(
                         Json::object({{"bench", "bitcoin"},
                                       {"inputs", figures.inputs},
                                       {"inputs_per_second", rate(figures.blocks_us)},
                                       {"sweep_inputs_per_second", rate(figures.sweeps_us)},
                                       {"mempool_inputs_per_second", rate(figures.pool_us)},
                                       {"mined_inputs_per_second", rate(figures.mined_us)},
                                       {"signatures_per_second", rate(figures.signatures_us)}}))
                  << '\n';
        return exit_done;
    }
    std::cout << figures.inputs << " inputs with a signature each, by one core:\n"
              << rate(figures.blocks_us)
              << " a second verified and connected in blocks (an input a transaction)\n"
              << rate(figures.sweeps_us) << " with a hundred inputs a transaction\n"
              << rate(figures.pool_us) << " taken into the mempool, and then\n"
              << rate(figures.mined_us) << " connected in blocks\n"
              << rate(figures.signatures_us) << " signatures a second by libsecp256k1 alone\n";
    return exit_done;
}

int main_of(int argc, const char* const* argv) {
    CLI::App app{
        "How fast single parts of Lockstep are on this machine. Processor time of one "
        "thread, so that a busy machine changes little.",
        "lockstep-bench"};
    app.require_subcommand(1);
    bool json = false;
    std::size_t inputs = 20'000;
    auto* const node =
        app.add_subcommand("bitcoin", "blocks and transactions of the mock Bitcoin node");
    node->add_option("--inputs", inputs, "signatures of each measurement")
        ->check(CLI::Range(std::size_t{1'000}, std::size_t{1'000'000}))
        ->capture_default_str();
    node->add_flag("--json", json, "one object instead of lines");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? exit_done : exit_usage;
    }
    return bitcoin(inputs, json);
}

}  // namespace
}  // namespace lockstep::bench

int main(int argc, char** argv) {
    return lockstep::bench::main_of(argc, argv);
}
