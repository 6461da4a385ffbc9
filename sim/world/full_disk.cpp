// How a disk gets full: first little is left, then nothing but the store's reserve, and then there
// is room again, or the reserve is used up too, which stops the process until there is room.
#include <algorithm>

#include "sim/scenario/catalogue.h"
#include "sim/world/faults.h"

namespace lockstep::sim {

// One disk, from when little is left until there is room again.
struct FaultPlan::Filling {
    SimDisk* disk = nullptr;
    ActorId actor = the_world;
    std::string branch;  // how its branches are named
    Duration low;
    Duration full;
    Duration none;  // nothing: there is room again instead
    std::function<bool(Duration)> may_stop;
    std::optional<Timestamp> room_at;
    bool over = false;
};

bool FaultPlan::fill_disk(const FaultSpec& fault, Target target) {
    auto filling = std::make_shared<Filling>();
    const bool heals = rng_.below(2) == 0;
    if (target.node != nullptr) {
        NodeProcess& node = *target.node;
        if (!node.up()) return false;
        filling->disk = &node.disk();
        filling->actor = node.actor();
        filling->branch = "disk_";
        filling->low = outage_of(fault, target.index);
        filling->full = outage_of(fault, target.index);
        const Duration none = outage_of(fault, target.index);
        if (!heals) filling->none = none;
        filling->may_stop = [this, fault, &node, index = target.index](Duration lasts) {
            return node.up() && may_be_out(fault, index, lasts);
        };
    } else {
        LedgerService& ledger = *target.ledger;
        const std::size_t process = rng_.below(ledger.processes());
        if (!ledger.process_up(process)) return false;
        const LedgerSpec& spec = parts_.scenario.ledgers[target.index];
        const Duration most = most_ledger_outage(spec.profile);
        // Refusing new business takes from nobody's time: long enough that an idle ledger writes.
        const auto drawn = [&] {
            return fault.lasts ? *fault.lasts : rng_.between(spec.beat, spec.beat * 3 + most * 8);
        };
        filling->disk = &ledger.disk(process);
        filling->actor = ledger.actor();
        filling->branch = "ledger_disk_";
        filling->low = drawn();
        filling->full = drawn();
        const Duration none = fault.lasts ? std::min(*fault.lasts, most)
                                          : rng_.between(Duration{most.us() / 2}, most);
        if (!heals) filling->none = none;
        filling->may_stop = [this, fault, &ledger, process, index = target.index](Duration lasts) {
            return ledger.process_up(process) && may_be_slow(fault, index, lasts);
        };
    }
    if (filling_of(*filling->disk) != nullptr) return false;
    fillings_.push_back(filling);
    filling->disk->take_met();
    filling->disk->set_room(Room::low);
    note(MomentKind::fault, filling->actor, "little room on the disk");
    parts_.scheduler.after(filling->low, [this, filling] { fill(filling); });
    return true;
}

void FaultPlan::fill(const std::shared_ptr<Filling>& filling) {
    if (filling->over) return;
    filling->disk->set_room(Room::full);
    note(MomentKind::fault, filling->actor, "the disk is full");
    parts_.scheduler.after(filling->full, [this, filling] { use_up(filling); });
}

void FaultPlan::use_up(const std::shared_ptr<Filling>& filling) {
    if (filling->over) return;
    if (filling->none == Duration{} || !filling->may_stop(filling->none)) return make_room(filling);
    filling->disk->set_room(Room::none);
    filling->room_at = parts_.scheduler.now() + filling->none;
    note(MomentKind::fault, filling->actor, "the reserve is used up");
    parts_.scheduler.after(filling->none, [this, filling] { make_room(filling); });
}

void FaultPlan::make_room(const std::shared_ptr<Filling>& filling) {
    if (filling->over) return;
    filling->over = true;
    std::erase(fillings_, filling);
    filling->disk->set_room(Room::ample);
    note(MomentKind::fault_over, filling->actor, "room on the disk again");
    const SpaceMet met = filling->disk->take_met();
    if (met.low) parts_.tally.branch(filling->branch + "low");
    if (met.reserve_used) parts_.tally.branch(filling->branch + "reserve_used");
    if (met.used_up) parts_.tally.branch(filling->branch + "used_up");
    if (met.reserve_used || met.used_up)
        parts_.tally.fault(std::string(to_string(FaultKind::disk_full)));
}

void FaultPlan::make_room_everywhere() {
    while (!fillings_.empty()) {
        const auto last = fillings_.back();  // make_room() takes it out
        make_room(last);
    }
}

std::shared_ptr<FaultPlan::Filling> FaultPlan::filling_of(const SimDisk& disk) const {
    for (const auto& filling : fillings_)
        if (filling->disk == &disk) return filling;
    return nullptr;
}

Duration FaultPlan::next_try(const SimDisk& disk) const {
    constexpr Duration soon = Duration::milliseconds(50);
    const auto filling = filling_of(disk);
    if (filling == nullptr || !filling->room_at) return soon;
    return std::max(soon, *filling->room_at - parts_.scheduler.now());
}

std::string FaultPlan::why_died(SimDisk& disk, Duration& back_after) {
    const auto filling = filling_of(disk);
    if (filling == nullptr || !disk.met().used_up) {
        parts_.tally.branch("died_at_persistence_point");
        return "at a persistence point";
    }
    // The reserve did not last: somebody makes room at once, as no outage was reckoned with.
    if (!filling->room_at) {
        parts_.tally.branch(filling->branch + "reserve_too_small");
        make_room(filling);
        back_after = Duration::milliseconds(50);
    } else {
        back_after = std::min(back_after, *filling->room_at - parts_.scheduler.now());
    }
    return "its disk is full";
}

}  // namespace lockstep::sim
