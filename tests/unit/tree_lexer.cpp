#include "tests/unit/tree_lexer.h"

#include <algorithm>

namespace lockstep::tree {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
bool is_word(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

class Lexer {
public:
    explicit Lexer(std::string_view source) : source_(source) {}

    std::vector<Token> run() {
        while (at_ < source_.size())
            step();
        return std::move(tokens_);
    }

private:
    char peek(std::size_t ahead = 0) const {
        return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0';
    }

    void skip_to(std::size_t end) {
        end = std::min(end, source_.size());
        const auto part = source_.substr(at_, end - at_);
        line_ += static_cast<int>(std::count(part.begin(), part.end(), '\n'));
        at_ = end;
    }

    void skip_past(std::string_view mark, std::size_t from) {
        const auto found = source_.find(mark, from);
        skip_to(found == std::string_view::npos ? source_.size() : found + mark.size());
    }

    void add(TokenKind kind, std::string_view text, bool quoted = false) {
        tokens_.push_back({kind, std::string(text), line_, quoted});
    }

    void step() {
        const char c = peek();
        if (c == '/' && peek(1) == '/') return skip_to(std::min(source_.find('\n', at_), end()));
        if (c == '/' && peek(1) == '*') return skip_past("*/", at_ + 2);
        if (c == '"' || c == '\'') return literal(c);
        if (c == '#') return directive();
        if (is_digit(c)) return number();
        if (is_word(c)) return word();
        if (c == ':' && peek(1) == ':') {
            add(TokenKind::punctuation, "::");
            return skip_to(at_ + 2);
        }
        if (c != ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\\') {
            add(TokenKind::punctuation, source_.substr(at_, 1));
        }
        skip_to(at_ + 1);
    }

    std::size_t end() const { return source_.size(); }

    void literal(char mark) {
        add(TokenKind::literal, "");
        auto stop = at_ + 1;
        while (stop < source_.size() && source_[stop] != mark && source_[stop] != '\n') {
            stop += source_[stop] == '\\' ? 2U : 1U;
        }
        skip_to(stop + 1);
    }

    void raw_literal() {
        add(TokenKind::literal, "");
        const auto open = source_.find('(', at_);
        if (open == std::string_view::npos) return skip_to(end());
        skip_past(")" + std::string(source_.substr(at_ + 1, open - at_ - 1)) + "\"", open);
    }

    void number() {
        const auto start = at_;
        auto stop = at_;
        // digit separators belong to the number and open no character literal
        while (stop < source_.size() &&
               (is_word(source_[stop]) || source_[stop] == '.' || source_[stop] == '\'')) {
            ++stop;
        }
        add(TokenKind::number, source_.substr(start, stop - start));
        skip_to(stop);
    }

    void word() {
        auto stop = at_;
        while (stop < source_.size() && is_word(source_[stop]))
            ++stop;
        const auto text = source_.substr(at_, stop - at_);
        skip_to(stop);
        if (peek() == '"' && text.back() == 'R' && text.size() <= 3) return raw_literal();
        add(TokenKind::word, text);
    }

    void directive() {
        skip_to(at_ + 1);
        skip_to(std::min(source_.find_first_not_of(" \t", at_), end()));
        if (!source_.substr(at_).starts_with("include")) return add(TokenKind::punctuation, "#");
        skip_to(at_ + 7);
        skip_to(std::min(source_.find_first_not_of(" \t", at_), end()));
        const char open = peek();
        const auto stop = source_.find_first_of(open == '<' ? ">\n" : "\"\n", at_ + 1);
        if ((open != '<' && open != '"') || stop == std::string_view::npos) return;
        add(TokenKind::include, source_.substr(at_ + 1, stop - at_ - 1), open == '"');
        skip_to(stop + 1);
    }

    std::string_view source_;
    std::size_t at_ = 0;
    int line_ = 1;
    std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> lex(std::string_view source) {
    return Lexer(source).run();
}

}  // namespace lockstep::tree
