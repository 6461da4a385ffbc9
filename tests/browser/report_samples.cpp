// Writes the reports of the made worlds into a directory, for the browser to open.
// usage: report-samples DIRECTORY
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "sim/report/html.h"
#include "tests/browser/report_worlds.h"

int main(int argc, char** argv) {
    using namespace lockstep::sim;
    if (argc != 2) {
        std::fputs("usage: report-samples DIRECTORY\n", stderr);
        return 2;
    }
    const std::filesystem::path directory = argv[1];
    const auto write = [&](const char* name, const made::World& world) {
        std::ofstream file(directory / name, std::ios::binary);
        file << html_report(world.scenario, world.outcome, world.trace);
        file.close();
        if (file.fail()) {
            std::cerr << "report-samples: cannot write " << directory / name << "\n";
            std::exit(1);
        }
    };
    std::filesystem::create_directories(directory);
    write("small.html", made::small());
    write("broken.html", made::broken());
    write("sixty.html", made::long_chain(60));
    write("busy.html", made::busy(20'000));
    write("hostile.html", made::hostile());
}
