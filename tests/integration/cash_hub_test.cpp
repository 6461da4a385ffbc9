#include <doctest/doctest.h>

#include <thread>

#include "cash/service/event_hub.h"
#include "tests/unit/cash_world.h"

using namespace lockstep;
using namespace lockstep::cash;
using namespace lockstep::cash::testing;

namespace {

class NoRecords final : public RecordReader {
public:
    std::optional<Bytes> get(std::uint16_t, ByteView) const override { return std::nullopt; }
    std::vector<Record> scan(std::uint16_t, ByteView, ByteView, std::size_t, bool) const override {
        return {};
    }
};

}  // namespace

TEST_CASE("one key cannot take the streams of all, and gets one back when one ends") {
    const World world = World::with_accounts();
    const std::uint64_t tip = world.machine.sequence();
    const NoRecords records;
    net::IoLoop workers;
    EventHub hub(workers);
    hub.read_from(records);
    std::atomic<bool> gone{false};
    std::atomic<std::size_t> ended{0};
    const service::FrameSink sink{[&](const std::shared_ptr<const Bytes>&) { return !gone; },
                                  [] { return true; }};
    const auto begin = [&](const char* who) {
        return hub.begin(world.machine, key_of(who), tip, time_of("0"), sink,
                         [&](Reason) { ++ended; });
    };
    for (std::size_t i = 0; i < service::max_streams_of_key; ++i)
        REQUIRE(begin("alice"));
    const auto refused = begin("alice");
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == Reason::limit_reached);
    CHECK(begin("bob"));
    gone = true;
    for (int i = 1; i <= 1'000 && hub.readers() > 0; ++i) {
        hub.beat(time_of("0"), tip);
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    CHECK(ended == service::max_streams_of_key + 1);
    CHECK(begin("alice"));
    workers.stop();
}
