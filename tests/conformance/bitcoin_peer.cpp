#include "tests/conformance/bitcoin_peer.h"

#include <chrono>
#include <thread>

#include "sdk/base/assert.h"
#include "sdk/machine/fatal.h"

namespace lockstep::conformance {
namespace {

using namespace std::chrono_literals;
// Real time: the nodes' clocks stand still.
constexpr auto most_wait = 60s;
constexpr auto reconnect_each = 1s;
constexpr auto glance = 20ms;

}  // namespace

void BitcoinPeer::meet() {
    node_.must("setnetworkactive", Json(Json::Array{true}));
    const auto begun = std::chrono::steady_clock::now();
    auto next = begun;
    while (true) {
        const auto now = std::chrono::steady_clock::now();
        const bool connected = node_.must("getconnectioncount", Json::array()).as_int64() != 0;
        if (connected && first_.tip().block == node_.tip().block) return;
        // a connection may be refused or lost: clocks jump
        if (!connected && now >= next) {
            first_.must("addnode", Json(Json::Array{address_, "onetry"}));
            next = now + reconnect_each;
        }
        if (now - begun > most_wait)
            stop_process({"apart", "the node and its peer at " + address_ +
                                       " do not come to one tip; are they on one network?"});
        std::this_thread::sleep_for(glance);
    }
}

void BitcoinPeer::part() {
    node_.must("setnetworkactive", Json(Json::Array{false}));
    while (node_.must("getconnectioncount", Json::array()).as_int64() != 0)
        std::this_thread::sleep_for(glance);
}

void BitcoinPeer::overtake(ByteView script) {
    const std::int64_t height = first_.tip().height;
    while (node_.tip().height <= height) {
        const auto made = node_.mine_only({}, script);
        ASSERT(made);
    }
}

}  // namespace lockstep::conformance
