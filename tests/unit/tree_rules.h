// What a source tree of this project must look like: who may include whom, what the pure folders do
// without, where each third-party library may appear. Works on texts, so that the rules themselves
// can be tested; reads no file except in read_tree().
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lockstep::tree {

struct File {
    std::string path;  // from the repository's root, with '/'
    std::string text;
};

// Every text file below the repository's folders. Binary files are left out.
std::vector<File> read_tree(const std::string& root);

// Each function gives one line a violation, "path:line: what is wrong", in the order of the files.
std::vector<std::string> check_includes(const std::vector<File>& files);
std::vector<std::string> check_third_party(const std::vector<File>& files);
std::vector<std::string> check_pure(const std::vector<File>& files);
// Exactly one line of the node claims an escrow with a preimage, and it stands in forwarding.cpp.
std::vector<std::string> check_claims(const std::vector<File>& files);
std::vector<std::string> check_built(const std::vector<File>& files);
std::vector<std::string> check_texts(const std::vector<File>& files);

}  // namespace lockstep::tree
