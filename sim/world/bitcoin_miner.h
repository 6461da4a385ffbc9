// Who makes the blocks of a simulated Bitcoin chain: when the next one comes, which stamp it has
// and what is in it. Blocks come at random, as on the real network, but any n in a row never take
// longer than the ledger's profile reckons with (bitcoin/adapter/profile.h, slow_blocks).
#pragma once

#include "bitcoin/machine/machine.h"
#include "sim/scenario/scenario.h"
#include "sim/world/bitcoin_books.h"
#include "sim/world/rng.h"

namespace lockstep::sim {

class BitcoinMiner {
public:
    BitcoinMiner(const ChainSpec& chain, Rng rng) : chain_(chain), rng_(rng) {}

    // Until the block after the one that came so long after its parent.
    Duration next_interval(Duration last);

    // Which transactions blocks leave out.
    struct Leaves {
        bool claims = false;
        bitcoin::FeeRate below = 0;  // what pays less finds no room
        bool all = false;
        std::size_t room = 0;  // virtual bytes; 0 for all
        bool leaves_out(const bitcoin::Mempool::Entry& entry) const;
    };
    // A clock, and how far from the truth it is.
    struct Shown {
        Timestamp at;
        Duration off;
    };
    // The inputs of a node that hears of `blocks` new ones.
    std::vector<bitcoin::Input> make(const bitcoin::BitcoinMachine& machine,
                                     const BitcoinBooks& books, const Shown& shown,
                                     const Leaves& leaves, std::uint32_t blocks);
    // A branch of others, longer by one than the last `depth` blocks, takes their place. What was
    // in those waits again, or is in the first block of the branch.
    std::vector<bitcoin::Input> overtake(const bitcoin::BitcoinMachine& machine, const Shown& shown,
                                         int depth);

private:
    std::uint32_t stamp(const Shown& shown);

    const ChainSpec& chain_;
    Rng rng_;
    Duration excess_;  // beyond two intervals a block, of late
};

// To nobody that is known.
Bytes miners_script();

}  // namespace lockstep::sim
