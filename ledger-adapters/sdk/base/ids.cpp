#include "sdk/base/ids.h"

namespace lockstep {

std::optional<Preimage> Preimage::from(ByteView bytes) {
    if (bytes.size() != preimage_size) return std::nullopt;
    Preimage preimage;
    std::memcpy(preimage.bytes_.data(), bytes.data(), preimage_size);
    return preimage;
}

Preimage Preimage::clone() const {
    Preimage copy;
    copy.bytes_ = bytes_;
    return copy;
}

void Preimage::wipe() {
    // Through a volatile pointer, so that the compiler keeps the stores.
    volatile std::uint8_t* byte = bytes_.data();
    for (std::size_t i = 0; i < preimage_size; ++i)
        byte[i] = 0;
}

}  // namespace lockstep
