#include "sdk/crypto/secret.h"

#include <sodium.h>

namespace lockstep {

void wipe(std::span<std::uint8_t> bytes) {
    sodium_memzero(bytes.data(), bytes.size());
}

}  // namespace lockstep
