// C++ source cut into the tokens that the rules look at. Comments vanish and literals lose their
// content, so that a word in a comment or a string is never taken for code.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lockstep::tree {

enum class TokenKind { word, number, literal, punctuation, include };

struct Token {
    TokenKind kind;
    std::string text;  // of an include: the header's name; of a literal: empty
    int line;
    bool quoted;  // an include written with quotation marks
};

std::vector<Token> lex(std::string_view source);

}  // namespace lockstep::tree
