#include "sim/parties/parties.h"

#include "sdk/base/assert.h"
#include "sim/parties/families.h"

namespace lockstep::sim {

std::unique_ptr<Conduct> make_conduct(const NodeSpec& node, Means means) {
    switch (node.behaviour) {
        case Behaviour::silent:
        case Behaviour::dies:
            return make_absent(node, std::move(means));
        case Behaviour::late:
        case Behaviour::option_holder:
        case Behaviour::last_tick:
            return make_timed(node, std::move(means));
        case Behaviour::wrong_preimage:
        case Behaviour::short_preimage:
        case Behaviour::long_preimage:
        case Behaviour::replayed_preimage:
            return make_mistaken(node, std::move(means));
        case Behaviour::too_small:
        case Behaviour::too_large:
        case Behaviour::wrong_asset:
        case Behaviour::inverted_ladder:
        case Behaviour::replayed_condition:
        case Behaviour::withholder:
            return make_misplacing(node, std::move(means));
        case Behaviour::equivocates:
            return make_equivocator(node, std::move(means));
        case Behaviour::colluder:
            return make_colluder(node, std::move(means));
        case Behaviour::jammer:
            return make_jammer(node, std::move(means));
        case Behaviour::leaking_venue:
            return make_leaking_venue(node, std::move(means));
        case Behaviour::honest:
            break;
    }
    UNREACHABLE();
}

}  // namespace lockstep::sim
