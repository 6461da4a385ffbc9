// What the simulated network promises about streams.
#include <doctest/doctest.h>

#include <string>

#include "sim/world/network.h"

using namespace lockstep;
using namespace lockstep::sim;

namespace {

struct Wire {
    Scheduler scheduler{Timestamp{}};
    Trace trace{false};
    Tally tally;
    Network network{scheduler, trace, tally, Rng(1)};
    ActorId from = trace.add_actor({"ledger", ActorKind::ledger, true});
    ActorId to = trace.add_actor({"node", ActorKind::node, true});
    std::string heard;
    int breaks = 0;

    void send(Network::Stream& stream, char frame) {
        network.stream(
            from, to, stream, Bytes{static_cast<std::uint8_t>(frame)},
            [this](const Bytes& octets) { heard += static_cast<char>(octets.at(0)); },
            [this] { ++breaks; });
    }
};

}  // namespace

TEST_CASE("the frames of a stream arrive in the order in which they were sent") {
    Wire wire;
    Network::Stream stream;
    for (const char frame : std::string("abcdefghij"))
        wire.send(stream, frame);
    wire.scheduler.run_until(Timestamp{1'000'000});
    CHECK(wire.heard == "abcdefghij");
    CHECK(wire.breaks == 0);
}

TEST_CASE("after a frame that was lost nothing more of its stream arrives, and it breaks once") {
    Wire wire;
    Network::Stream stream;
    wire.send(stream, 'a');
    wire.network.block(wire.from, wire.to);
    wire.send(stream, 'b');
    wire.network.unblock(wire.from, wire.to);
    wire.send(stream, 'c');
    Network::Stream another;
    wire.send(another, 'd');
    wire.scheduler.run_until(Timestamp{1'000'000});
    CHECK(wire.heard.find('a') != std::string::npos);
    CHECK(wire.heard.find('c') == std::string::npos);
    CHECK(wire.heard.find('d') != std::string::npos);
    CHECK(wire.breaks == 1);
}
