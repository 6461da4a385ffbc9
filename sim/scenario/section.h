// A table of a scenario, read strictly. Reading goes on after a mistake, so that one run tells all
// of them; a key that nobody asked for is a mistake.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sdk/base/time.h"
#include "sim/scenario/toml_tree.h"

namespace lockstep::sim {

// What is gathered while a file is read. A path names a value with its place: "node[1].behaviour";
// the key that a mistake shows leaves the places out.
class Reading {
public:
    explicit Reading(std::string file) : file_(std::move(file)) {}

    void saw(const std::string& path, std::uint32_t line) { lines_.emplace(path, line); }
    // At the line of the path, or of the nearest table around it. Only the first of a path counts.
    void mistake(const std::string& path, std::string what);
    // A value inside it is wrong already, so that what follows from that need not be said.
    bool wrong_below(const std::string& path) const;
    bool sound() const { return mistakes_.empty(); }
    // By line.
    std::vector<Mistake> take();

private:
    std::string file_;
    std::map<std::string, std::uint32_t> lines_;
    std::set<std::string> wrong_;
    std::vector<Mistake> mistakes_;
};

class Section {
public:
    // `table`, a table, and `reading` outlive the section. The path of the file itself is empty.
    Section(const TomlValue& table, std::string path, Reading& reading);
    // Tells the keys that were not asked for.
    ~Section();
    Section(const Section&) = delete;
    Section& operator=(const Section&) = delete;

    bool has(std::string_view key) const { return table_.find(key) != nullptr; }
    std::string path_of(std::string_view key) const;
    void mistake(std::string_view key, std::string what) {
        reading_.mistake(path_of(key), std::move(what));
    }

    // Without `otherwise` the key must be there. What is wrong reads as the default or empty.
    std::string text(std::string_view key, std::string_view expected,
                     const std::optional<std::string>& otherwise = std::nullopt);
    std::vector<std::string> texts(std::string_view key, std::string_view expected);
    struct Range {
        std::uint64_t least;
        std::uint64_t most;
    };
    std::uint32_t count(std::string_view key, Range range, std::uint32_t otherwise);
    bool flag(std::string_view key, bool otherwise);
    // Not negative.
    Duration duration(std::string_view key, Duration otherwise);
    std::optional<Duration> optional_duration(std::string_view key, bool may_be_negative);
    // One of the words; its place among them.
    std::size_t choice(std::string_view key, const std::vector<std::string>& words,
                       std::optional<std::size_t> otherwise = std::nullopt);

    using Read = std::function<void(Section&)>;
    // A table that may be absent; then it is read as an empty one.
    void table(std::string_view key, const Read& read);
    // An array of tables that may be absent.
    void tables(std::string_view key, const Read& read);

private:
    const TomlValue* take(std::string_view key);

    const TomlValue& table_;
    std::string path_;
    Reading& reading_;
    std::vector<std::string> asked_;
};

// "a, b, c"
std::string join(const std::vector<std::string>& words);

}  // namespace lockstep::sim
