// The conduct of every party that is not honest, one for each Behaviour; `lockstep-sim list` says
// what each does.
#pragma once

#include <memory>

#include "sim/world/conduct.h"

namespace lockstep::sim {

// The node's behaviour is another than honest.
std::unique_ptr<Conduct> make_conduct(const NodeSpec& node, Means means);

}  // namespace lockstep::sim
