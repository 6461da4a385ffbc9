#include "sim/world/network.h"

namespace lockstep::sim {

const Weather& Network::weather(ActorId from, ActorId to) const {
    const auto own = own_weather_.find({from, to});
    return own == own_weather_.end() ? weather_ : own->second;
}

void Network::note(MomentKind kind, ActorId from, ActorId to, const Label& label) {
    if (!trace_.keeps()) {
        trace_.mix((static_cast<std::uint64_t>(kind) << 56) |
                   (static_cast<std::uint64_t>(from) << 28) | to);
        return trace_.mix(static_cast<std::uint64_t>(scheduler_.now().us()));
    }
    Moment moment;
    moment.at = scheduler_.now();
    moment.kind = kind;
    moment.actor = from;
    moment.other = to;
    moment.text = label.what;
    moment.escrow.condition = label.about;
    trace_.note(std::move(moment));
}

void Network::send(ActorId from, ActorId to, const Label& label, Bytes octets, const Arrive& arrive,
                   const std::function<void()>& lost) {
    note(MomentKind::message_sent, from, to, label);
    const Weather& now = weather(from, to);
    const bool partitioned = is_blocked(from, to);
    if (partitioned || rng_.chance_ppm(now.lost_ppm)) {
        tally_.fault(partitioned ? "message_into_partition" : "message_lost");
        note(MomentKind::message_lost, from, to, label);
        if (lost) lost();
        return;
    }
    if (rng_.chance_ppm(now.truncated_ppm) && !octets.empty()) {
        tally_.fault("message_truncated");
        octets.resize(rng_.below(octets.size()));
    }
    Duration wait = delay();
    if (rng_.chance_ppm(now.delayed_ppm)) {
        tally_.fault("message_delayed");
        wait = wait * 10;
    }
    // Later than what is sent after it.
    if (rng_.chance_ppm(now.reordered_ppm)) {
        tally_.fault("message_reordered");
        wait = wait + usual_jitter * 3;
    }
    const auto deliver = [this, from, to, label, arrive](Bytes copy) {
        note(MomentKind::message_arrived, from, to, label);
        arrive(std::move(copy));
    };
    if (rng_.chance_ppm(now.duplicated_ppm)) {
        tally_.fault("message_duplicated");
        scheduler_.after(delay() * 3,
                         [deliver, copy = octets]() mutable { deliver(std::move(copy)); });
    }
    scheduler_.after(
        wait, [deliver, octets = std::move(octets)]() mutable { deliver(std::move(octets)); });
}

void Network::stream(ActorId from, ActorId to, Stream& stream, Bytes octets, Arrive arrive,
                     const std::function<void()>& broken) {
    if (stream.broken) return;
    const Weather& now = weather(from, to);
    // What a connection loses it sends again, until it gives up; a frame that was cut is no frame.
    const bool cut = rng_.chance_ppm(now.truncated_ppm);
    if (is_blocked(from, to) || cut || rng_.chance_ppm(now.lost_ppm / 4)) {
        tally_.fault(is_blocked(from, to) ? "stream_into_partition"
                     : cut                ? "message_truncated"
                                          : "stream_broken");
        note(MomentKind::message_lost, from, to, "stream");
        stream.broken = true;
        return broken();
    }
    Duration wait = delay();
    if (rng_.chance_ppm(now.delayed_ppm)) {
        tally_.fault("message_delayed");
        wait = wait * 10;
    }
    stream.last = std::max(stream.last, scheduler_.now() + wait);
    scheduler_.at(stream.last, [arrive = std::move(arrive), octets = std::move(octets)]() mutable {
        arrive(std::move(octets));
    });
}

void Network::heal() {
    weather_ = {};
    own_weather_.clear();
    blocked_.clear();
}

}  // namespace lockstep::sim
