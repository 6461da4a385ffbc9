// The two orders of a pool: what leaves it first when it is full, and what a block takes first. Fee
// rates are compared as fractions, without rounding.
// Source: Bitcoin Core, txmempool.h, CompareTxMemPoolEntryBy….
#pragma once

#include <compare>

#include "bitcoin/pool/policy.h"

namespace lockstep::bitcoin {

struct FeeFraction {
    Satoshi fees = 0;      // not negative
    std::size_t size = 1;  // not zero, below 2^31
    friend std::strong_ordering compare(const FeeFraction& a, const FeeFraction& b) {
        constexpr Satoshi small = Satoshi{1} << 32;
        const auto size_a = static_cast<Satoshi>(a.size);
        const auto size_b = static_cast<Satoshi>(b.size);
        if (a.fees < small && b.fees < small) return a.fees * size_b <=> b.fees * size_a;
        // Whole parts first, so that the products of what is left over stay small.
        if (a.fees / size_a != b.fees / size_b) return a.fees / size_a <=> b.fees / size_b;
        return a.fees % size_a * size_b <=> b.fees % size_b * size_a;
    }
    friend bool operator<(const FeeFraction& a, const FeeFraction& b) { return compare(a, b) < 0; }
};

// By what it brings with its descendants, or alone where that is more; of equal ones the later.
struct LeavingRank {
    FeeFraction rate;
    std::uint64_t sequence = 0;
    Txid txid;
    friend bool operator<(const LeavingRank& a, const LeavingRank& b) {
        const auto order = compare(a.rate, b.rate);
        return order != 0 ? order < 0 : a.sequence > b.sequence;
    }
};

// By what it brings with its ancestors, or alone where that is less; the highest first.
struct MiningRank {
    FeeFraction rate;
    Txid txid;
    friend bool operator<(const MiningRank& a, const MiningRank& b) {
        const auto order = compare(a.rate, b.rate);
        return order != 0 ? order > 0 : a.txid < b.txid;
    }
};

}  // namespace lockstep::bitcoin
