// What a person sees while the demonstration runs: lines that stay, and below them one that is
// rewritten in place; where the output is no terminal, a plain line now and then instead.
#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <vector>

namespace lockstep::demo {

class Screen {
public:
    Screen();
    // Thread-safe.
    void line(const std::string& text);
    void status(const std::string& text);
    // The status line stays as it is; the next one begins below.
    void keep_status();

private:
    void erase();

    std::mutex mutex_;
    bool terminal_;
    std::string status_;
    std::chrono::steady_clock::time_point last_plain_;
};

// Columns as wide as what is in them; those named in `right` are flush right. The first row is the
// heading.
std::string table(const std::vector<std::vector<std::string>>& rows,
                  const std::vector<std::size_t>& right = {});
std::string fixed(double value, int decimals);
// "1 234 567.89": thousands apart.
std::string spaced(const std::string& number);

}  // namespace lockstep::demo
