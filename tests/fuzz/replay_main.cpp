// fuzz-replay: runs every target over its seeds, its stored corpus, and changes of both that follow
// from a fixed generator, under the compiler that builds everything else. A property that does not
// hold stops the process; before it does, the input is written where the message says.
#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "sdk/crypto/hash.h"
#include "tests/fuzz/seeds.h"
#include "tests/fuzz/targets.h"

namespace {

using namespace lockstep;
using namespace lockstep::fuzz;
namespace fs = std::filesystem;

constexpr const char* usage =
    "usage: fuzz-replay [--mutations N] [--target NAME] CORPUS\n"
    "       fuzz-replay --target NAME --file FILE\n"
    "\n"
    "Runs each target, or one, over CORPUS/TARGET/* and its seeds, and over N changes (default 100)\n"
    "of each of them; or over one file as it is.\n";

// What runs now, for the handler of a failed property.
struct Running {
    std::string_view target;
    std::string from;
    Bytes octets;
} running;

void on_abort(int) {
    // Only a failing test gets here, so that what a handler may do matters less than what it says.
    const std::string name =
        (fs::temp_directory_path() / ("lockstep-fuzz-" + std::string(running.target))).string();
    std::ofstream(name, std::ios::binary)
        .write(reinterpret_cast<const char*>(running.octets.data()),
               static_cast<std::streamsize>(running.octets.size()));
    std::fprintf(stderr,
                 "fuzz-replay: target %s fails on %s; the input is in %s\n"
                 "fuzz-replay --target %s --file %s runs it again\n",
                 std::string(running.target).c_str(), running.from.c_str(), name.c_str(),
                 std::string(running.target).c_str(), name.c_str());
}

bool run(const Target& target, Bytes octets, std::string from) {
    running = {target.name, std::move(from), std::move(octets)};
    return target.run(running.octets);
}

// SplitMix64 (Steele, Lea, Flood 2014): the same changes on every machine.
class Dice {
public:
    explicit Dice(std::uint64_t seed) : state_(seed) {}
    std::uint64_t next() {
        std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }
    std::size_t below(std::size_t bound) { return static_cast<std::size_t>(next() % bound); }

private:
    std::uint64_t state_;
};

using Corpus = std::vector<std::pair<std::string, Bytes>>;  // name, octets

void change(Bytes& octets, const Corpus& corpus, Dice& dice) {
    static constexpr std::uint8_t telling[] = {0, 1, 0x7f, 0x80, 0x81, 0x82, 0x84, 0xfe, 0xff};
    const auto position = [&] { return static_cast<std::ptrdiff_t>(dice.below(octets.size())); };
    const std::size_t what = dice.below(8);
    if (octets.empty() || what == 0) {
        const auto at = static_cast<std::ptrdiff_t>(dice.below(octets.size() + 1));
        octets.insert(octets.begin() + at, static_cast<std::uint8_t>(dice.next()));
    } else if (what == 1) {
        octets.erase(octets.begin() + position());
    } else if (what == 2) {
        octets[dice.below(octets.size())] ^= static_cast<std::uint8_t>(1U << dice.below(8));
    } else if (what == 3) {
        octets[dice.below(octets.size())] = telling[dice.below(std::size(telling))];
    } else if (what == 4) {
        // A large or small number where one of eight octets may stand.
        const std::size_t at = dice.below(octets.size());
        const std::uint8_t value = dice.below(2) == 0 ? 0xff : 0;
        std::fill_n(octets.begin() + static_cast<std::ptrdiff_t>(at),
                    std::min<std::size_t>(8, octets.size() - at), value);
    } else if (what == 5) {
        const std::size_t begin = dice.below(octets.size());
        const std::size_t size = 1 + dice.below(std::min<std::size_t>(64, octets.size() - begin));
        const Bytes part(octets.begin() + static_cast<std::ptrdiff_t>(begin),
                         octets.begin() + static_cast<std::ptrdiff_t>(begin + size));
        octets.insert(octets.begin() + position(), part.begin(), part.end());
    } else if (what == 6) {
        octets.resize(dice.below(octets.size()));
    } else {
        const Bytes& other = corpus[dice.below(corpus.size())].second;
        if (other.empty()) return;
        octets.resize(dice.below(octets.size()));
        octets.insert(octets.end(),
                      other.begin() + static_cast<std::ptrdiff_t>(dice.below(other.size())),
                      other.end());
    }
}

std::uint64_t seed_of(std::string_view target, ByteView octets) {
    const Hash hash = Sha256().add(as_bytes(target)).add(octets).finish();
    return FixedBytesHash{}(hash);
}

Bytes read_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

struct Options {
    fs::path corpus;
    fs::path file;
    std::string target;
    std::size_t mutations = 100;
};

// False where something is missing; what fails aborts.
bool replay(const Target& target, const Options& options) {
    Corpus corpus;
    for (const Bytes& seed : seeds(target.name)) {
        const std::string name = "seed " + std::to_string(corpus.size() + 1);
        if (!run(target, seed, name)) {
            std::fprintf(stderr, "%s: %s is not accepted\n", std::string(target.name).c_str(),
                         name.c_str());
            return false;
        }
        corpus.emplace_back(name, seed);
    }
    std::vector<fs::path> files;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(options.corpus / target.name, none))
        files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    if (corpus.empty() || files.empty()) {
        std::fprintf(stderr, "%s: there are no %s\n", std::string(target.name).c_str(),
                     corpus.empty() ? "seeds" : "corpus files");
        return false;
    }
    std::size_t accepted = corpus.size();
    for (const fs::path& file : files) {
        Bytes octets = read_file(file);
        // A seed that was kept as a file: it, and so each change of it, has its turn already.
        if (std::any_of(corpus.begin(), corpus.end(),
                        [&](const auto& known) { return known.second == octets; }))
            continue;
        if (run(target, octets, file.string())) ++accepted;
        corpus.emplace_back(file.string(), std::move(octets));
    }
    std::size_t changed = 0;
    const std::size_t mutations = options.mutations / target.cost;
    for (const auto& [name, octets] : corpus) {
        Dice dice(seed_of(target.name, octets));
        for (std::size_t i = 0; i < mutations; ++i) {
            Bytes mutant = octets;
            for (std::size_t changes = 1 + dice.below(4); changes > 0; --changes)
                change(mutant, corpus, dice);
            if (mutant.size() > target.max_octets) mutant.resize(target.max_octets);
            if (run(target, std::move(mutant), name + ", change " + std::to_string(i))) ++changed;
        }
    }
    std::printf("%-20s %3zu files and seeds, %zu accepted; %zu changes, %zu accepted\n",
                std::string(target.name).c_str(), corpus.size(), accepted,
                corpus.size() * mutations, changed);
    return true;
}

bool read_options(int argc, char** argv, Options& options) {
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        const bool has_value = i + 1 < argc;
        if (word == "--mutations" && has_value) {
            const std::string_view text = argv[++i];
            const auto end = text.data() + text.size();
            const auto [stop, error] = std::from_chars(text.data(), end, options.mutations);
            if (error != std::errc{} || stop != end) return false;
        } else if (word == "--target" && has_value) {
            options.target = argv[++i];
        } else if (word == "--file" && has_value) {
            options.file = argv[++i];
        } else if (options.corpus.empty() && !word.starts_with("--")) {
            options.corpus = word;
        } else {
            return false;
        }
    }
    if (!options.target.empty() && find_target(options.target) == nullptr) return false;
    return options.file.empty() ? !options.corpus.empty() : !options.target.empty();
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    if (!read_options(argc, argv, options)) {
        std::fputs(usage, stderr);
        return 2;
    }
    std::signal(SIGABRT, on_abort);
    if (!options.file.empty()) {
        const bool accepted =
            run(*find_target(options.target), read_file(options.file), options.file.string());
        std::puts(accepted ? "accepted" : "refused");
        return 0;
    }
    bool complete = true;
    for (const Target& target : targets())
        if (options.target.empty() || options.target == target.name)
            complete = replay(target, options) && complete;
    return complete ? 0 : 1;
}
