// The two orders of a pool: what leaves it first when it is full, and what a block takes first. Fee
// rates are compared as fractions, without rounding.
// Source: Bitcoin Core, txmempool.h, CompareTxMemPoolEntryBy….
#pragma once

#include "bitcoin/pool/policy.h"

namespace lockstep::bitcoin {

struct FeeFraction {
    Satoshi fees = 0;      // not negative
    std::size_t size = 1;  // not zero, far below 2^31
    // The same rate, though fees and sizes may differ.
    friend bool operator==(const FeeFraction& a, const FeeFraction& b) { return !(a < b || b < a); }
    // Whole parts first, so that the products of what is left over stay small.
    friend bool operator<(const FeeFraction& a, const FeeFraction& b) {
        const auto size_a = static_cast<Satoshi>(a.size);
        const auto size_b = static_cast<Satoshi>(b.size);
        const Satoshi whole_a = a.fees / size_a;
        const Satoshi whole_b = b.fees / size_b;
        if (whole_a != whole_b) return whole_a < whole_b;
        return a.fees % size_a * size_b < b.fees % size_b * size_a;
    }
};

// By what it brings with its descendants, or alone where that is more; of equal ones the later.
struct LeavingRank {
    FeeFraction rate;
    std::uint64_t sequence = 0;
    Txid txid;
    friend bool operator<(const LeavingRank& a, const LeavingRank& b) {
        if (a.rate < b.rate || b.rate < a.rate) return a.rate < b.rate;
        return a.sequence > b.sequence;
    }
};

// By what it brings with its ancestors, or alone where that is less; the highest first.
struct MiningRank {
    FeeFraction rate;
    Txid txid;
    friend bool operator<(const MiningRank& a, const MiningRank& b) {
        if (a.rate < b.rate || b.rate < a.rate) return b.rate < a.rate;
        return a.txid < b.txid;
    }
};

}  // namespace lockstep::bitcoin
