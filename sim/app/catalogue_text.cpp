#include "sim/app/catalogue_text.h"

#include <algorithm>
#include <filesystem>
#include <vector>

#include "sim/oracle/oracle.h"
#include "sim/scenario/catalogue.h"
#include "sim/scenario/read.h"

namespace lockstep::sim {
namespace {

std::string line(std::string_view name, std::string_view meaning) {
    constexpr std::size_t width = 26;
    std::string text = "  " + std::string(name);
    if (name.size() < width) text.append(width - name.size(), ' ');
    return text + " " + std::string(meaning) + "\n";
}

std::string scenarios_in(const std::string& folder) {
    std::vector<std::filesystem::path> files;
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(folder, none))
        if (entry.path().extension() == ".toml") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    std::string text;
    for (const auto& file : files) {
        const auto scenario = read_scenario(file);
        text += line(file.stem().string(), scenario ? scenario->title : "has mistakes");
    }
    return text.empty() ? "  none in " + folder + "; run this from the repository's root\n" : text;
}

}  // namespace

std::string catalogue_text(const std::string& folder) {
    std::string text = "Scenarios (" + folder + ")\n" + scenarios_in(folder);
    text += "\nBehaviours of parties\n";
    for (const BehaviourEntry& entry : behaviours())
        text += line(entry.name, entry.meaning);
    text += "\nFaults\n";
    for (const FaultEntry& entry : faults())
        text += line(entry.name, entry.meaning);
    text += "\nThreats\n";
    for (const ThreatEntry& entry : threats())
        text += line(entry.name, entry.what);
    text += "\nRules\n";
    for (const RuleEntry& entry : rules())
        text += line(entry.name, entry.meaning);
    return text;
}

}  // namespace lockstep::sim
