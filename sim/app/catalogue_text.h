// What `lockstep-sim list` prints: everything that a scenario can say, a line each.
#pragma once

#include <string>

namespace lockstep::sim {

// `folder` holds the scenarios; it may be missing.
std::string catalogue_text(const std::string& folder);

}  // namespace lockstep::sim
