#include "sim/world/network.h"

namespace lockstep::sim {

const Weather& Network::weather(ActorId from, ActorId to) const {
    if (own_weather_.empty()) return weather_;
    const auto own = own_weather_.find({from, to});
    return own == own_weather_.end() ? weather_ : own->second;
}

std::shared_ptr<const Network::KeptLabel> Network::keep(const Label& label) const {
    if (!trace_.keeps()) return nullptr;
    return std::make_shared<KeptLabel>(KeptLabel{std::string(label.what), label.about});
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
    moment.text = std::string(label.what);
    moment.escrow.condition = label.about;
    trace_.note(std::move(moment));
}

Network::Way Network::draw_way(ActorId from, ActorId to, const Label& label, Bytes& octets) {
    note(MomentKind::message_sent, from, to, label);
    const Weather& now = weather(from, to);
    const bool partitioned = is_blocked(from, to);
    Way way;
    if (partitioned || rng_.chance_ppm(now.lost_ppm)) {
        tally_.fault(partitioned ? "message_into_partition" : "message_lost");
        note(MomentKind::message_lost, from, to, label);
        return way;
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
    way.wait = wait;
    if (rng_.chance_ppm(now.duplicated_ppm)) {
        tally_.fault("message_duplicated");
        way.again = delay() * 3;
    }
    return way;
}

std::optional<Timestamp> Network::draw_way(ActorId from, ActorId to, Stream& stream) {
    const Weather& now = weather(from, to);
    // What a connection loses it sends again, until it gives up; a frame that was cut is no frame.
    const bool cut = rng_.chance_ppm(now.truncated_ppm);
    if (is_blocked(from, to) || cut || rng_.chance_ppm(now.lost_ppm / 4)) {
        tally_.fault(is_blocked(from, to) ? "stream_into_partition"
                     : cut                ? "message_truncated"
                                          : "stream_broken");
        note(MomentKind::message_lost, from, to, "stream");
        stream.broken = true;
        return std::nullopt;
    }
    Duration wait = delay();
    if (rng_.chance_ppm(now.delayed_ppm)) {
        tally_.fault("message_delayed");
        wait = wait * 10;
    }
    stream.last = std::max(stream.last, scheduler_.now() + wait);
    return stream.last;
}

void Network::heal() {
    weather_ = {};
    own_weather_.clear();
    blocked_.clear();
}

}  // namespace lockstep::sim
