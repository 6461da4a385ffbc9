// Whether a run stayed inside the profiles that the world's operators answer for, told from what
// was measured while it ran. A result of a run outside them proves nothing.
#pragma once

#include <string>
#include <vector>

#include "deploy/demo/cast.h"

namespace lockstep::demo {

// Times are seconds after one beginning.
struct Outage {
    std::string name;
    double at = 0;
    double seconds = 0;  // from the kill to being ready again
    double end() const { return at + seconds; }
};

// An operation from its submission until a reader of the ledger saw what it did.
struct Inclusion {
    std::string ledger;  // csd, sek, eur
    double at = 0;
    double seconds = 0;
};

// A chain of blocks without one.
struct BlockGap {
    double at = 0;
    double seconds = 0;
};

// A node is back before K, a ledger before D.
double longest_outage_s(const std::string& name, const Profiles& profiles);
inline bool is_within(const Outage& outage, const Profiles& profiles) {
    return outage.seconds < longest_outage_s(outage.name, profiles);
}

// A line for each way in which it did not: an outage that was too long; more than o outages of a
// process that touch one margin, wherever that begins; an inclusion that took D or more, whether or
// not its ledger was away meanwhile. Outages of one process are in the order in which they
// happened.
std::vector<std::string> exceeded_profiles(const std::vector<Outage>& outages,
                                           const std::vector<Inclusion>& inclusions,
                                           const Profiles& profiles);
// The same where margins are of that many seconds, as beside a chain of blocks.
std::vector<std::string> exceeded_profiles(const std::vector<Outage>& outages,
                                           const std::vector<Inclusion>& inclusions,
                                           const Profiles& profiles, double margin_s);

}  // namespace lockstep::demo
