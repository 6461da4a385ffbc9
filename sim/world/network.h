// What carries octets between the processes of a simulated world, and loses, repeats, delays,
// reorders and cuts them. Two directions of a pair are two links.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sim/world/rng.h"
#include "sim/world/scheduler.h"
#include "sim/world/tally.h"
#include "sim/world/trace.h"

namespace lockstep::sim {

// Parts of a million messages.
struct Weather {
    std::uint32_t lost_ppm = 0;
    std::uint32_t duplicated_ppm = 0;
    std::uint32_t delayed_ppm = 0;
    std::uint32_t reordered_ppm = 0;
    std::uint32_t truncated_ppm = 0;
    std::uint32_t answer_lost_ppm = 0;  // of ledgers' answers to requests that they carried out
};
constexpr Duration usual_delay = Duration::milliseconds(1);
constexpr Duration usual_jitter = Duration::milliseconds(4);

// What a message is called, and the settlement that it is about where one is known.
struct Label {
    Label(std::string_view called, const Condition& condition = {})
        : what(called), about(condition) {}
    Label(const char* called) : what(called) {}
    std::string_view what;
    Condition about;
};

class Network {
public:
    using Link = std::pair<ActorId, ActorId>;

    Network(Scheduler& scheduler, Trace& trace, Tally& tally, Rng rng)
        : scheduler_(scheduler), trace_(trace), tally_(tally), rng_(rng) {}

    // A datagram: arrives once, twice, or never (then `lost` is called at once). `arrive` takes the
    // octets.
    template <class Arrive, class Lost>
    void send(ActorId from, ActorId to, const Label& label, Bytes octets, Arrive arrive,
              const Lost& lost) {
        const Way way = draw_way(from, to, label, octets);
        if (!way.wait) return lost();
        auto deliver = [this, from, to, kept = keep(label),
                        arrive = std::move(arrive)](Bytes arrived) {
            note(MomentKind::message_arrived, from, to, kept.get());
            arrive(std::move(arrived));
        };
        if (way.again) {
            scheduler_.after(*way.again,
                             [deliver, copy = octets]() mutable { deliver(std::move(copy)); });
        }
        scheduler_.after(*way.wait,
                         [deliver = std::move(deliver), octets = std::move(octets)]() mutable {
                             deliver(std::move(octets));
                         });
    }
    template <class Arrive>
    void send(ActorId from, ActorId to, const Label& label, Bytes octets, Arrive arrive) {
        send(from, to, label, std::move(octets), std::move(arrive), [] {});
    }
    struct Stream {
        Timestamp last;  // frames do not overtake each other
        bool broken = false;
    };
    // One of a stream: in order, once, or never; never means that the stream is broken: `broken` is
    // called at once, and nothing that is sent on it afterwards arrives.
    template <class Arrive, class Broken>
    void stream(ActorId from, ActorId to, Stream& stream, Bytes octets, Arrive arrive,
                const Broken& broken) {
        if (stream.broken) return;
        const auto when = draw_way(from, to, stream);
        if (!when) return broken();
        scheduler_.at(*when, [arrive = std::move(arrive), octets = std::move(octets)]() mutable {
            arrive(std::move(octets));
        });
    }

    // `from` cannot reach `to`.
    void block(ActorId from, ActorId to) { ++blocked_[{from, to}]; }
    void unblock(ActorId from, ActorId to) {
        const auto found = blocked_.find({from, to});
        if (found != blocked_.end() && --found->second == 0) blocked_.erase(found);
    }
    bool is_blocked(ActorId from, ActorId to) const {
        return !blocked_.empty() && blocked_.contains({from, to});
    }
    // Of all links without one of their own.
    void set_weather(const Weather& weather) { weather_ = weather; }
    void set_weather(ActorId from, ActorId to, const Weather& weather) {
        own_weather_[{from, to}] = weather;
    }
    // Everything that is wrong with it ends.
    void heal();

    // A ledger's answer is lost although the request was carried out.
    bool loses_answer(ActorId from, ActorId to) {
        return rng_.chance_ppm(weather(from, to).answer_lost_ppm);
    }

    Duration delay() { return usual_delay + rng_.between(Duration{}, usual_jitter); }

private:
    // What becomes of a datagram: when it arrives, if it does, and when once more.
    struct Way {
        std::optional<Duration> wait;
        std::optional<Duration> again;
    };
    // A label for later; none where the trace does not keep what it is for.
    struct KeptLabel {
        std::string what;
        Condition about;
    };

    const Weather& weather(ActorId from, ActorId to) const;
    // Cuts the octets where that is what becomes of them.
    Way draw_way(ActorId from, ActorId to, const Label& label, Bytes& octets);
    // When the frame arrives; none where the stream breaks.
    std::optional<Timestamp> draw_way(ActorId from, ActorId to, Stream& stream);
    std::shared_ptr<const KeptLabel> keep(const Label& label) const;
    void note(MomentKind kind, ActorId from, ActorId to, const Label& label);
    void note(MomentKind kind, ActorId from, ActorId to, const KeptLabel* label) {
        note(kind, from, to, label == nullptr ? Label("") : Label(label->what, label->about));
    }

    Scheduler& scheduler_;
    Trace& trace_;
    Tally& tally_;
    Rng rng_;
    Weather weather_;
    std::map<Link, Weather> own_weather_;
    std::map<Link, int> blocked_;
};

}  // namespace lockstep::sim
