// Counters of a process that dies and comes back: each life begins them anew.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace lockstep::demo {

struct Figures {
    std::uint64_t signatures_verified = 0;
    std::uint64_t commits = 0;

    Figures& operator+=(const Figures& other) {
        signatures_verified += other.signatures_verified;
        commits += other.commits;
        return *this;
    }
};

class Lives {
public:
    void begin() { lives_.emplace_back(); }
    std::size_t count() const { return lives_.size(); }
    // What the process said; asked when so many lives had begun. What was asked in one life and
    // answered in another is of neither. Counters only grow, and answers may overtake each other.
    void read(std::size_t asked_in, const Figures& now) {
        if (asked_in != lives_.size() || lives_.empty()) return;
        Figures& life = lives_.back();
        life.signatures_verified = std::max(life.signatures_verified, now.signatures_verified);
        life.commits = std::max(life.commits, now.commits);
    }
    // Over all lives; what a life did after it was last read is not in it.
    Figures sum() const {
        Figures sum;
        for (const Figures& life : lives_)
            sum += life;
        return sum;
    }

private:
    std::vector<Figures> lives_;
};

}  // namespace lockstep::demo
