// Worlds: seed, trades, how venue, buyer, seller and connector behave, then faults of four octets
// (kind, moment, whom, how long).
#include "tests/fuzz/seed_makers.h"

namespace lockstep::fuzz {

void add_world_seeds(Seeds& seeds) {
    const Bytes worlds[] = {
        {1, 3, 0, 0, 0, 0},
        // processes die
        {2, 3, 0, 0, 0, 0, 0, 20, 1, 0, 1, 24, 3, 0, 2, 40, 2, 0},
        // messages are lost, a node is cut off
        {3, 2, 0, 0, 0, 0, 13, 4, 7, 0, 18, 16, 3, 50},
        // ledgers stand still and come back
        {4, 3, 0, 0, 0, 0, 28, 16, 5, 0, 27, 30, 4, 10},
        // a connector that prepares an inverted ladder, a buyer that withholds
        {5, 3, 0, 0, 0, 13, 0, 20, 1, 0},
        {6, 3, 0, 19, 0, 0, 0, 20, 1, 0},
        // a seller that claims with a wrong preimage while the depository loses a validator
        {7, 2, 0, 0, 6, 0, 31, 16, 4, 0},
    };
    for (const Bytes& world : worlds)
        seeds.add("world", world);
}

}  // namespace lockstep::fuzz
