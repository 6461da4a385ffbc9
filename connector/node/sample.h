// A configuration to begin with, every setting explained.
#pragma once

namespace lockstep::node {

extern const char* const sample_configuration;

}  // namespace lockstep::node
