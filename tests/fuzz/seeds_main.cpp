// fuzz-seeds DIRECTORY: writes the seeds of each target to DIRECTORY/TARGET/seed-N.
#include <filesystem>
#include <fstream>
#include <iostream>

#include "tests/fuzz/seeds.h"
#include "tests/fuzz/targets.h"

int main(int argc, char** argv) {
    namespace fs = std::filesystem;
    using namespace lockstep::fuzz;
    if (argc != 2 || argv[1][0] == '-') {
        std::cerr << "usage: fuzz-seeds DIRECTORY\n";
        return 2;
    }
    for (const Target& target : targets()) {
        const fs::path directory = fs::path(argv[1]) / target.name;
        std::error_code failed;
        fs::create_directories(directory, failed);
        std::size_t number = 0;
        for (const lockstep::Bytes& seed : seeds(target.name)) {
            std::ofstream file(directory / ("seed-" + std::to_string(++number)), std::ios::binary);
            file.write(reinterpret_cast<const char*>(seed.data()),
                       static_cast<std::streamsize>(seed.size()));
            if (!file.good()) {
                std::cerr << "fuzz-seeds: cannot write to " << directory << '\n';
                return 1;
            }
        }
    }
    return 0;
}
