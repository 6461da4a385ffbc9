// Each family of behaviours, made by its own file.
#pragma once

#include "sim/parties/cheat.h"

namespace lockstep::sim {

std::unique_ptr<Conduct> make_absent(const NodeSpec& node, Means means);    // silent, dies
std::unique_ptr<Conduct> make_timed(const NodeSpec& node, Means means);     // late, last_tick, …
std::unique_ptr<Conduct> make_mistaken(const NodeSpec& node, Means means);  // …_preimage
std::unique_ptr<Conduct> make_misplacing(const NodeSpec& node, Means means);  // too_small, …
std::unique_ptr<Conduct> make_equivocator(const NodeSpec& node, Means means);
std::unique_ptr<Conduct> make_colluder(const NodeSpec& node, Means means);
std::unique_ptr<Conduct> make_jammer(const NodeSpec& node, Means means);
std::unique_ptr<Conduct> make_leaking_venue(const NodeSpec& node, Means means);

}  // namespace lockstep::sim
