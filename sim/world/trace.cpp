#include "sim/world/trace.h"

#include "sdk/crypto/hash.h"

namespace lockstep::sim {
namespace {

std::uint64_t word_of(ByteView octets) {
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < octets.size() && i < 8; ++i)
        word |= static_cast<std::uint64_t>(octets[i]) << (8 * i);
    return word;
}

}  // namespace

// Two lanes of multiply and rotate: fast, and far more than chance needs to hide a difference.
void Trace::mix(std::uint64_t word) {
    low_ = (low_ ^ word) * 0xFF51AFD7ED558CCDULL;
    low_ ^= low_ >> 32;
    high_ = (high_ + word) * 0xC4CEB9FE1A85EC53ULL;
    high_ = (high_ << 29) | (high_ >> 35);
}

void Trace::mix(ByteView octets) {
    mix(octets.size());
    while (!octets.empty()) {
        mix(word_of(octets));
        octets = octets.subspan(std::min<std::size_t>(8, octets.size()));
    }
}

void Trace::note(Moment moment) {
    ++count_;
    mix(static_cast<std::uint64_t>(moment.at.us()));
    mix((static_cast<std::uint64_t>(moment.kind) << 56) |
        (static_cast<std::uint64_t>(moment.actor) << 28) | moment.other);
    mix(as_bytes(moment.text));
    if (moment.escrow.amount.units() != 0) {
        mix(moment.escrow.id.view());
        mix(moment.escrow.amount.units());
    }
    mix(moment.amount.units());
    mix(moment.escrowed.units());
    if (keep_) moments_.push_back(std::move(moment));
}

Hash Trace::digest() const {
    Bytes words;
    for (const std::uint64_t word : {low_, high_, count_})
        for (int shift = 0; shift < 64; shift += 8)
            words.push_back(static_cast<std::uint8_t>(word >> shift));
    return sha256(words);
}

}  // namespace lockstep::sim
