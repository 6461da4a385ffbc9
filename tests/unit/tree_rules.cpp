#include "tests/unit/tree_rules.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "tests/unit/tree_lexer.h"

namespace lockstep::tree {
namespace {

using Names = std::vector<std::string_view>;

struct Folder {
    std::string_view path;
    bool pure;
    Names may_include;  // besides itself and what lies below it
};

constexpr std::string_view adapters = "ledger-adapters/";
const Names base{"sdk/base"};
const Names vocabulary{"sdk/base", "sdk/crypto", "sdk/codec"};
const Names machines{"sdk/base", "sdk/crypto", "sdk/codec", "sdk/machine"};
const Names sdk{"sdk/base", "sdk/crypto", "sdk/codec", "sdk/machine", "sdk/store", "sdk/net"};

Names operator+(Names left, const Names& right) {
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

// The direction of includes. Folders of ledger-adapters stand here without that prefix.
const std::vector<Folder>& folders() {
    static const Names core = machines + Names{"routing", "connector/core"};
    static const Names connector =
        sdk + Names{"routing", "connector/core", "connector/assembly", "connector/client"};
    static const std::vector<Folder> all{
        {"sdk/base", true, {}},
        {"sdk/crypto", false, base},
        {"sdk/codec", false, base},
        {"sdk/machine", false, vocabulary},
        {"sdk/store", false, machines},
        {"sdk/net", false, machines},
        {"sdk/service", false, sdk},
        {"cash/machine", true, machines},
        {"cash/adapter", false, machines + Names{"cash/machine"}},
        {"cash/service", false, sdk + Names{"sdk/service", "cash/machine", "cash/adapter"}},
        {"securities/machine", true, machines},
        {"securities/adapter", false, machines + Names{"securities/machine"}},
        {"securities/service", false,
         sdk + Names{"sdk/service", "securities/machine", "securities/adapter"}},
        {"bitcoin/script", true, vocabulary},
        {"bitcoin/keys", true, vocabulary + Names{"bitcoin/script"}},
        {"bitcoin/chain", true, vocabulary + Names{"bitcoin/script"}},
        {"bitcoin/vectors", false, vocabulary + Names{"bitcoin/script", "bitcoin/keys"}},
        {"bitcoin/pool", true, vocabulary + Names{"bitcoin/script", "bitcoin/chain"}},
        {"bitcoin/machine", true,
         machines + Names{"bitcoin/script", "bitcoin/chain", "bitcoin/pool"}},
        {"bitcoin/rpc", false,
         machines + Names{"bitcoin/script", "bitcoin/keys", "bitcoin/chain", "bitcoin/pool",
                          "bitcoin/machine"}},
        {"bitcoin/adapter", false,
         machines + Names{"bitcoin/script", "bitcoin/keys", "bitcoin/chain"}},
        {"bitcoin/service", false,
         sdk + Names{"sdk/service", "bitcoin/script", "bitcoin/keys", "bitcoin/chain",
                     "bitcoin/pool", "bitcoin/machine", "bitcoin/rpc"}},
        {"bitcoin/client", false, sdk + Names{"sdk/service"}},
        {"routing", true, machines},
        {"connector/core", true, machines + Names{"routing"}},
        {"connector/assembly", false, core},
        {"connector/swap", true, core + Names{"connector/assembly"}},
        {"connector/client", false, core + Names{"sdk/net"}},
        {"connector/api", false, connector},
        {"connector/node", false, connector + Names{"connector/api"}},
        {"connector/cli", false,
         connector + Names{"connector/api", "connector/swap", "connector/node"}},
        {"sim", false,
         machines + Names{"sdk/store", "routing", "connector/core", "connector/assembly",
                          "connector/client", "cash/machine", "cash/adapter", "securities/machine",
                          "securities/adapter", "bitcoin/script", "bitcoin/keys", "bitcoin/chain",
                          "bitcoin/pool", "bitcoin/machine", "bitcoin/rpc", "bitcoin/adapter"}},
        {"deploy/cmake", false, machines},
        {"deploy/demo", false,
         sdk + Names{"sdk/service", "routing", "connector/core", "connector/client", "cash/machine",
                     "securities/machine", "bitcoin/script", "bitcoin/keys", "bitcoin/chain",
                     "bitcoin/adapter", "bitcoin/client"}},
    };
    return all;
}

bool below(std::string_view path, std::string_view folder) {
    return path.starts_with(folder) && path.substr(folder.size()).starts_with('/');
}

std::string_view short_path(std::string_view path) {
    return path.starts_with(adapters) ? path.substr(adapters.size()) : path;
}

const Folder* folder_of(std::string_view path) {
    for (const auto& folder : folders()) {
        if (below(short_path(path), folder.path)) return &folder;
    }
    return nullptr;
}

bool is_pure(const File& file) {
    const auto* folder = folder_of(file.path);
    return (folder != nullptr && folder->pure) || file.path.starts_with("sim/world");
}

bool is_header(const File& file) {
    return file.path.ends_with(".h");
}
bool is_source(const File& file) {
    return file.path.ends_with(".cpp");
}
bool is_cpp(const File& file) {
    return is_header(file) || is_source(file);
}
bool is_test(const File& file) {
    return below(file.path, "tests");
}

std::string at(const File& file, int line, const std::string& what) {
    return file.path + ":" + std::to_string(line) + ": " + what;
}

std::string_view directory_of(std::string_view path) {
    const auto slash = path.rfind('/');
    return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

// The file that an include names, or "" for a header from elsewhere.
std::string resolve(const std::set<std::string, std::less<>>& paths, const std::string& header) {
    if (paths.contains(header)) return header;
    const auto in_adapters = std::string(adapters) + header;
    return paths.contains(in_adapters) ? in_adapters : std::string();
}

bool any_of(const Names& names, auto predicate) {
    return std::any_of(names.begin(), names.end(), predicate);
}

// Names of variables that are unordered containers, and of types that stand for one.
std::set<std::string> unordered_names(const std::vector<Token>& tokens) {
    std::set<std::string> types;
    std::set<std::string> names;
    for (int pass = 0; pass < 2; ++pass) {
        for (std::size_t i = 0; i < tokens.size(); ++i) {
            const auto& text = tokens[i].text;
            const bool container = text.starts_with("unordered_");
            if (tokens[i].kind != TokenKind::word || (!container && !types.contains(text)))
                continue;
            auto next = i + 1;
            if (container && next < tokens.size() && tokens[next].text == "<") {
                int depth = 0;
                do {
                    if (tokens[next].text == "<") ++depth;
                    if (tokens[next].text == ">") --depth;
                    ++next;
                } while (next < tokens.size() && depth > 0);
            }
            while (next < tokens.size() &&
                   (tokens[next].text == "&" || tokens[next].text == "const"))
                ++next;
            if (next >= tokens.size()) break;
            if (tokens[next].kind == TokenKind::word) names.insert(tokens[next].text);
            for (auto back = i; container && tokens[next].text == ";" && back-- > 0;) {
                if (tokens[back].text == "=" && back > 0) types.insert(tokens[back - 1].text);
                if (tokens[back].text != "std" && tokens[back].text != "::") break;
            }
        }
    }
    return names;
}

void check_iteration(const File& file, const std::vector<Token>& tokens,
                     const std::set<std::string>& unordered, std::vector<std::string>& problems) {
    const auto is = [&](std::size_t i, std::string_view text) {
        return i < tokens.size() && tokens[i].text == text;
    };
    const auto report = [&](const Token& token) {
        problems.push_back(
            at(file, token.line, "iterates over the unordered container " + token.text));
    };
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        if (unordered.contains(tokens[i].text) && is(i + 1, ".") &&
            (is(i + 2, "begin") || is(i + 2, "cbegin"))) {
            report(tokens[i]);
        }
        if (!is(i, "for") || !is(i + 1, "(")) continue;
        int depth = 0;
        bool in_range = false;
        for (auto j = i + 1; j < tokens.size(); ++j) {
            if (is(j, "(")) ++depth;
            if (is(j, ")") && --depth == 0) {
                if (in_range && unordered.contains(tokens[j - 1].text)) report(tokens[j - 1]);
                break;
            }
            if (depth == 1 && is(j, ":")) in_range = true;
        }
    }
}

// A header that includes Boost, itself or through another, serves the .cpp files of its folder
// only.
void check_boost_is_hidden(const std::vector<File>& files, std::vector<std::string>& problems) {
    std::set<std::string, std::less<>> paths;
    for (const auto& file : files)
        paths.insert(file.path);
    std::set<std::string, std::less<>> with_boost;
    for (std::size_t before = 1; before != with_boost.size();) {
        before = with_boost.size();
        for (const auto& file : files) {
            if (!is_header(file)) continue;
            for (const auto& token : lex(file.text)) {
                if (token.kind == TokenKind::include &&
                    (token.text.starts_with("boost/") ||
                     with_boost.contains(resolve(paths, token.text)))) {
                    with_boost.insert(file.path);
                }
            }
        }
    }
    for (const auto& file : files) {
        if (!is_cpp(file)) continue;
        for (const auto& token : lex(file.text)) {
            if (token.kind != TokenKind::include) continue;
            const auto target = resolve(paths, token.text);
            if (with_boost.contains(target) && directory_of(target) != directory_of(file.path)) {
                problems.push_back(
                    at(file, token.line, target + " shows Boost outside its folder"));
            }
        }
    }
}

// Whether a CMakeLists.txt names the file, as a whole word.
bool lists(std::string_view text, std::string_view name) {
    constexpr std::string_view around = " \t\n()\"";
    for (auto found = text.find(name); found != std::string_view::npos;
         found = text.find(name, found + 1)) {
        const auto after = found + name.size();
        const bool starts = found == 0 || around.find(text[found - 1]) != std::string_view::npos;
        const bool ends =
            after == text.size() || around.find(text[after]) != std::string_view::npos;
        if (starts && ends) return true;
    }
    return false;
}

}  // namespace

std::vector<File> read_tree(const std::string& root) {
    namespace fs = std::filesystem;
    std::vector<File> files;
    const auto read = [&](const fs::path& path) {
        std::ifstream stream(path, std::ios::binary);
        std::string text{std::istreambuf_iterator<char>(stream), {}};
        if (text.find('\0') != std::string::npos) return;
        files.push_back({fs::relative(path, root).generic_string(), std::move(text)});
    };
    for (const auto* name : {"CMakeLists.txt", "README.md", ".clang-format", ".clang-tidy",
                             ".editorconfig", ".gitignore"}) {
        if (fs::exists(fs::path(root) / name)) read(fs::path(root) / name);
    }
    for (const auto* name :
         {".ci", "connector", "deploy", "ledger-adapters", "routing", "sim", "tests"}) {
        if (!fs::exists(fs::path(root) / name)) continue;
        for (const auto& entry : fs::recursive_directory_iterator(fs::path(root) / name)) {
            if (entry.is_regular_file()) read(entry.path());
        }
    }
    std::sort(files.begin(), files.end(),
              [](const File& a, const File& b) { return a.path < b.path; });
    return files;
}

std::vector<std::string> check_includes(const std::vector<File>& files) {
    std::vector<std::string> problems;
    std::set<std::string, std::less<>> paths;
    for (const auto& file : files)
        paths.insert(file.path);
    for (const auto& file : files) {
        if (!is_cpp(file)) continue;
        const auto* folder = folder_of(file.path);
        if (folder == nullptr && !is_test(file)) {
            problems.push_back(at(file, 1, "lies in a folder that has no place in the order"));
            continue;
        }
        for (const auto& token : lex(file.text)) {
            if (token.kind != TokenKind::include) continue;
            const auto target = resolve(paths, token.text);
            if (target.empty()) {
                if (token.quoted) {
                    problems.push_back(at(file, token.line,
                                          "includes \"" + token.text + "\", which is not a path " +
                                              "from the root or from ledger-adapters"));
                }
                continue;
            }
            if (is_test(file)) continue;
            const auto seen = short_path(target);
            const bool allowed =
                below(seen, folder->path) ||
                any_of(folder->may_include, [&](auto name) { return below(seen, name); });
            if (!allowed) {
                problems.push_back(
                    at(file, token.line, std::string(folder->path) + " may not include " + target));
            }
        }
    }
    return problems;
}

std::vector<std::string> check_third_party(const std::vector<File>& files) {
    struct Library {
        std::string_view prefix;  // of the header's name
        Names only_in;
        bool headers_too;
        std::size_t most_files;
    };
    constexpr std::size_t any = static_cast<std::size_t>(-1);
    static const std::vector<Library> libraries{
        {"boost/beast", {"sdk/net"}, false, any},
        {"boost/json", {"sdk/codec"}, false, any},
        {"boost/",
         {"sdk/net", "sdk/codec", "cash/service", "securities/service", "bitcoin/service",
          "connector/api", "connector/node", "connector/cli", "deploy/demo", "tests"},
         true,
         any},
        {"sodium", {"sdk/crypto"}, false, any},
        {"libpq-fe.h", {"sdk/store"}, false, 1},
        {"secp256k1", {"sdk/crypto", "bitcoin/machine", "bitcoin/adapter"}, false, 1},
    };
    std::vector<std::string> problems;
    std::map<std::string_view, std::set<std::string>> users;
    for (const auto& file : files) {
        if (!is_cpp(file)) continue;
        for (const auto& token : lex(file.text)) {
            if (token.kind != TokenKind::include) continue;
            for (const auto& library : libraries) {
                if (!token.text.starts_with(library.prefix)) continue;
                const bool allowed = any_of(
                    library.only_in, [&](auto name) { return below(short_path(file.path), name); });
                auto& seen = users[library.prefix];
                seen.insert(file.path);
                if (!allowed || (is_header(file) && !library.headers_too)) {
                    problems.push_back(at(file, token.line, "may not include " + token.text));
                } else if (seen.size() > library.most_files) {
                    problems.push_back(
                        at(file, token.line,
                           token.text + " is included by " + *seen.begin() + " already"));
                }
                break;
            }
        }
    }
    check_boost_is_hidden(files, problems);
    return problems;
}

std::vector<std::string> check_pure(const std::vector<File>& files) {
    static const std::set<std::string, std::less<>> headers{
        "atomic",       "chrono",     "condition_variable",
        "ctime",        "filesystem", "fstream",
        "future",       "mutex",      "random",
        "shared_mutex", "sys/time.h", "thread",
        "time.h",       "unistd.h",   "cfloat",
        "sqlite3.h"};
    static const std::set<std::string, std::less<>> words{"throw", "float", "double", "rand",
                                                          "getenv"};
    std::map<std::string_view, std::set<std::string>> unordered;  // by folder
    for (const auto& file : files) {
        if (!is_cpp(file) || !is_pure(file)) continue;
        unordered[directory_of(file.path)].merge(unordered_names(lex(file.text)));
    }
    std::vector<std::string> problems;
    for (const auto& file : files) {
        if (!is_cpp(file) || !is_pure(file)) continue;
        const auto tokens = lex(file.text);
        for (const auto& token : tokens) {
            if (token.kind == TokenKind::include && headers.contains(token.text)) {
                problems.push_back(at(file, token.line, "pure code includes <" + token.text + ">"));
            }
            if (token.kind == TokenKind::word && words.contains(token.text)) {
                problems.push_back(at(file, token.line, "pure code says " + token.text));
            }
        }
        check_iteration(file, tokens, unordered[directory_of(file.path)], problems);
    }
    return problems;
}

std::vector<std::string> check_claims(const std::vector<File>& files) {
    std::vector<std::string> problems;
    bool found = false;
    for (const auto& file : files) {
        if (!is_cpp(file) || !file.path.starts_with("connector/core/")) continue;
        const auto tokens = lex(file.text);
        for (std::size_t i = 1; i + 1 < tokens.size(); ++i) {
            const bool member = tokens[i - 1].text == "." || tokens[i - 1].text == "->" ||
                                tokens[i - 1].text == ">";
            if (tokens[i].text != "fulfil" || !member || tokens[i + 1].text != "(") continue;
            if (file.path != "connector/core/forwarding.cpp")
                problems.push_back(at(file, tokens[i].line, "only forwarding.cpp uses a preimage"));
            else if (std::exchange(found, true))
                problems.push_back(at(file, tokens[i].line, "a second place uses a preimage"));
        }
    }
    return problems;
}

std::vector<std::string> check_built(const std::vector<File>& files) {
    std::map<std::string, const File*> by_path;
    for (const auto& file : files)
        by_path.emplace(file.path, &file);
    std::vector<std::string> problems;
    for (const auto& file : files) {
        if (!is_source(file)) continue;
        // the nearest CMakeLists.txt at or above the file lists it by its path from there
        auto directory = std::string(directory_of(file.path));
        while (!directory.empty() && !by_path.contains(directory + "/CMakeLists.txt")) {
            directory = directory_of(directory);
        }
        const auto prefix = directory.empty() ? std::string() : directory + "/";
        const auto list = by_path.find(prefix + "CMakeLists.txt");
        const auto name = std::string_view(file.path).substr(prefix.size());
        if (list == by_path.end() || !lists(list->second->text, name)) {
            problems.push_back(
                at(file, 1, "is not listed in " + prefix + "CMakeLists.txt, so nothing builds it"));
        }
    }
    return problems;
}

std::vector<std::string> check_texts(const std::vector<File>& files) {
    // cut in two, so that this file obeys its own rule
    static const std::array<std::string, 3> unfinished{
        "TO"
        "DO",
        "FIX"
        "ME",
        "XX"
        "X"};
    static const std::array<std::string, 4> places{
        "/ho"
        "me/",
        "/ro"
        "ot/",
        "/wo"
        "rk/",
        "/Us"
        "ers/"};
    const auto is_word = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_';
    };
    std::vector<std::string> problems;
    for (const auto& file : files) {
        const auto search = [&](const std::string& what, bool whole_word) {
            for (auto found = file.text.find(what); found != std::string::npos;
                 found = file.text.find(what, found + 1)) {
                const auto after = found + what.size();
                const bool starts = found == 0 || !is_word(file.text[found - 1]);
                const bool ends = after == file.text.size() || !is_word(file.text[after]);
                if (!starts || (whole_word && !ends)) continue;
                const auto line =
                    1 + std::count(file.text.begin(),
                                   file.text.begin() + static_cast<std::ptrdiff_t>(found), '\n');
                problems.push_back(at(file, static_cast<int>(line), "says " + what));
            }
        };
        for (const auto& word : unfinished)
            search(word, true);
        for (const auto& place : places)
            search(place, false);
    }
    return problems;
}

}  // namespace lockstep::tree
