// Valid examples of what each target reads, made by the encoders that the product uses, so that a
// fuzzer does not have to guess its way past the first fields. Every seed is accepted by its
// target.
#pragma once

#include <string_view>
#include <vector>

#include "sdk/base/bytes.h"

namespace lockstep::fuzz {

// Empty for a name that is no target's.
std::vector<Bytes> seeds(std::string_view target);

}  // namespace lockstep::fuzz
