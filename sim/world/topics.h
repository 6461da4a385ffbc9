// Which settlement a message between processes is about, for a trace that is kept to be looked at:
// the condition that its instruction or batch names, or that an earlier one tied to its escrow, ask
// or plan. It is read along; nobody in the world knows of it.
#pragma once

#include <map>

#include "connector/core/messages.h"
#include "sdk/machine/instruction.h"

namespace lockstep::sim {

class Topics {
public:
    // Zero where it is about none. Of several it is the first that is known.
    Condition of_instruction(ByteView octets);
    Condition of_batch(ByteView octets);
    Condition of_plan(const core::PlanId& plan) const { return look_up(plans_, plan); }

private:
    using Place = std::pair<Address, EscrowKey>;

    template <class Map>
    static Condition look_up(const Map& map, const typename Map::key_type& key) {
        const auto found = map.find(key);
        return found == map.end() ? Condition{} : found->second;
    }
    Condition of(const core::Message& message);

    std::map<Place, Condition> escrows_;
    std::map<Hash, Condition> asks_;
    std::map<core::PlanId, Condition> plans_;
};

}  // namespace lockstep::sim
