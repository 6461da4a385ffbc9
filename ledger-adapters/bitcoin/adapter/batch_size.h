// How many calls go into one batch. One that has no answer may be too large, for the node or for a
// proxy before it, or take too long: half as many are tried then, down to the least, and more again
// when many in a row were answered.
#pragma once

#include <cstddef>
#include <string>

namespace lockstep::bitcoin {

class BatchSize {
public:
    explicit BatchSize(std::size_t most, std::size_t least = 1)
        : most_(most), least_(least), now_(most) {}

    std::size_t now() const { return now_; }
    void answered();
    // A batch of so many calls that may have reached the node had no answer that could be read.
    // `first` names the first of them, for people.
    void failed(std::size_t calls, std::string first);
    // The call that had no answer twice in a row in a batch that cannot be smaller; empty where
    // there is none.
    const std::string& failing() const { return failing_; }

private:
    // A limit that stays is met once in so many batches.
    static constexpr unsigned answers_to_grow = 16;

    const std::size_t most_;
    const std::size_t least_;
    std::size_t now_;
    unsigned answers_ = 0;
    std::string failed_once_;
    std::string failing_;
};

}  // namespace lockstep::bitcoin
