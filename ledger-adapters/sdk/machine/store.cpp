#include "sdk/machine/store.h"

#include "sdk/crypto/hash.h"

namespace lockstep {
namespace {

// Big endian, as everywhere on our wires.
template <class Word>
std::uint8_t* put(std::uint8_t* to, Word word) {
    for (std::size_t i = 0; i < sizeof word; ++i) {
        to[i] = static_cast<std::uint8_t>(word >> (8 * (sizeof word - 1 - i)));
    }
    return to + sizeof word;
}

}  // namespace

Hash chain_hash(const Hash& previous, const JournalRow& row) {
    // Everything before the body has a fixed size, so that no two rows have the same octets.
    std::array<std::uint8_t, Hash::size + 28> head;
    std::memcpy(head.data(), previous.view().data(), Hash::size);
    std::uint8_t* to = head.data() + Hash::size;
    to = put(to, row.seq);
    to = put(to, static_cast<std::uint64_t>(row.at.us()));
    to = put(to, static_cast<std::uint16_t>(row.kind));
    to = put(to, row.rules);
    put(to, row.epoch);
    thread_local Sha256 hash;
    return hash.add(head).add(row.body).finish();
}

}  // namespace lockstep
