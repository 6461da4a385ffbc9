#include "deploy/demo/screen.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace lockstep::demo {

namespace {
constexpr std::chrono::seconds plain_interval{5};

// Of UTF-8 text, as a terminal shows it.
std::size_t width(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    }));
}
}  // namespace

Screen::Screen() : terminal_(isatty(STDOUT_FILENO) == 1) {}

void Screen::erase() {
    if (terminal_ && !status_.empty()) std::fputs("\r\x1b[K", stdout);
}

void Screen::line(const std::string& text) {
    const std::lock_guard lock(mutex_);
    erase();
    std::fprintf(stdout, "%s\n", text.c_str());
    if (terminal_) std::fputs(status_.c_str(), stdout);
    std::fflush(stdout);
}

void Screen::status(const std::string& text) {
    const std::lock_guard lock(mutex_);
    if (terminal_) {
        erase();
        status_ = text;
        std::fputs(text.c_str(), stdout);
        std::fflush(stdout);
        return;
    }
    const auto now = std::chrono::steady_clock::now();
    const bool first = status_.empty();
    status_ = text;
    if (!first && now - last_plain_ < plain_interval) return;
    last_plain_ = now;
    std::fprintf(stdout, "%s\n", text.c_str());
    std::fflush(stdout);
}

void Screen::keep_status() {
    const std::lock_guard lock(mutex_);
    if (!status_.empty()) {
        if (terminal_)
            std::fputs("\n", stdout);
        else
            std::fprintf(stdout, "%s\n", status_.c_str());
    }
    status_.clear();
    std::fflush(stdout);
}

std::string table(const std::vector<std::vector<std::string>>& rows,
                  const std::vector<std::size_t>& right) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], width(row[i]));
    }
    std::string text;
    for (const auto& row : rows) {
        std::string line = " ";
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string gap(widths[i] - width(row[i]), ' ');
            const bool flush_right = std::find(right.begin(), right.end(), i) != right.end();
            line += " " + (flush_right ? gap + row[i] : row[i] + gap) + " ";
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + "\n";
    }
    return text;
}

std::string fixed(double value, int decimals) {
    char text[64];
    std::snprintf(text, sizeof text, "%.*f", decimals, value);
    return text;
}

std::string spaced(const std::string& number) {
    const std::size_t whole = std::min(number.find('.'), number.size());
    std::string text;
    for (std::size_t i = 0; i < number.size(); ++i) {
        if (i > 0 && i < whole && (whole - i) % 3 == 0 && number[i - 1] != '-') text += ' ';
        text += number[i];
    }
    return text;
}

}  // namespace lockstep::demo
