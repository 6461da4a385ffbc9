#include "connector/assembly/secret_keeper.h"

#include "sdk/base/assert.h"
#include "sdk/crypto/hash.h"

namespace lockstep::assembly {

Condition SeedSecretKeeper::condition(const Hash& context, const Hash& entropy) const {
    return condition_of(preimage(context, entropy));
}

Preimage SeedSecretKeeper::preimage(const Hash& context, const Hash& entropy) const {
    Bytes info;
    append(info, as_bytes("lockstep/secret/v1"));
    info.push_back(0);
    append(info, context.view());
    const auto octets = hkdf_sha256(seed_.view(), entropy.view(), info);
    auto preimage = Preimage::from(octets);
    ASSERT(preimage);
    return std::move(*preimage);
}

}  // namespace lockstep::assembly
