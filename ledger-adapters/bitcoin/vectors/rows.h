// Each row of one of Bitcoin Core's files of test vectors, compared with what this project makes of
// it. Source of the files and of what their rows mean: Bitcoin Core, src/test/data and src/test.
#pragma once

#include <optional>
#include <string>

#include "sdk/codec/json.h"

namespace lockstep::bitcoin::vectors {

// What became of a row. Comments are no rows.
struct Verdict {
    enum class Kind : std::uint8_t { agrees, disagrees, left_out, comment };
    Kind kind = Kind::agrees;
    std::string why;
};
inline Verdict agrees() {
    return {};
}
inline Verdict disagrees(std::string why) {
    return {Verdict::Kind::disagrees, std::move(why)};
}
inline Verdict left_out(std::string why) {
    return {Verdict::Kind::left_out, std::move(why)};
}
inline Verdict comment() {
    return {Verdict::Kind::comment, {}};
}

Verdict compare_script(const Json& row);
Verdict compare_signature_hash(const Json& row);
Verdict compare_valid_transaction(const Json& row);
Verdict compare_invalid_transaction(const Json& row);
Verdict compare_valid_key(const Json& row);
Verdict compare_invalid_key(const Json& row);
Verdict compare_base58(const Json& row);

// Of a text at that place; empty where there is none.
inline std::string text_at(const Json& row, std::size_t index) {
    return std::string(row[index].text_or(""));
}

constexpr const char* taproot = "Taproot";

}  // namespace lockstep::bitcoin::vectors
