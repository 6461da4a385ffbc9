// What `lockstep swap` prints: text for people, or one JSON object a line.
#pragma once

#include "connector/swap/code.h"
#include "connector/swap/story.h"
#include "sdk/codec/json.h"

namespace lockstep::cli {

class SwapPrinter {
public:
    explicit SwapPrinter(bool json) : json_(json) {}

    // Without a role: of a proposal that nobody has entered into here.
    void terms(const swap::Terms& terms, const PublicKey& proposer,
               std::optional<swap::Role> role) const;
    void proposal(const std::string& code) const;
    void transaction(const swap::Line& line) const;
    void alarm(const swap::output::Alarm& alarm) const;
    void ended(const swap::Swap& swap) const;
    // For people alone, on standard error: why nothing happens.
    void note(const std::string& sentence) const;

private:
    bool json_;
};

}  // namespace lockstep::cli
