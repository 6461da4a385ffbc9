// Random operations by random actors at random times: the books always balance, states only move
// forward (World checks both after every input), and a replay ends with the same digest.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "sdk/crypto/hash.h"
#include "tests/unit/cash_world.h"

using namespace lockstep;
using namespace lockstep::cash;
using namespace lockstep::cash::testing;

namespace {

const char* const names[] = {"alice", "bob", "carol"};

std::string some_operation(std::int64_t now) {
    const auto name = [] {
        return std::string(
            *rc::gen::elementOf(std::vector<std::string>(std::begin(names), std::end(names))));
    };
    const auto number = [](int low, int high) {
        return std::to_string(*rc::gen::inRange(low, high));
    };
    const std::string first = name();
    const std::string second = name();
    const std::string id = number(0, 8);
    const std::string amount = number(0, 60'000);
    switch (*rc::gen::inRange(0, 9)) {
        case 0:
            return "issue " + first + " " + amount;
        case 1:
            return "redeem " + first + " " + amount;
        case 2:
            return "transfer " + first + " " + second + " " + amount;
        case 3:
            return "reject E" + id + " " + first + " " + second;
        case 4:
            return "refund E" + id + " " + first;
        case 5:
        case 6:
            return "fulfil E" + id + " " + first + " P" + number(0, 3);
        default: {
            const std::string expiry = std::to_string(now + *rc::gen::inRange(0, 30));
            return "prepare E" + id + " " + first + " " + second + " " + amount + " H" +
                   number(0, 3) + " " + expiry;
        }
    }
}

}  // namespace

TEST_CASE("random operations never break the books, and replay to the same digest") {
    const bool held = rc::check([] {
        World world = World::with_accounts();
        World replayed = World::with_accounts();
        std::int64_t now = 0;
        const int count = *rc::gen::inRange(1, 60);
        for (int i = 0; i < count; ++i) {
            now += *rc::gen::inRange(0, 20);
            const std::string operation = some_operation(now);
            const std::string signer =
                *rc::gen::elementOf(std::vector<std::string>{"alice", "bob", "carol", "bank"});
            const std::string id = " id=I" + std::to_string(*rc::gen::inRange(0, 40));
            const auto at = time_of(std::to_string(now));
            const auto one = world.run(at, signer, operation + id);
            // the other one restarts from its snapshot now and then
            if (*rc::gen::inRange(0, 10) == 0) {
                const Bytes snapshot = replayed.machine.write_snapshot();
                replayed.machine = CashMachine{};
                RC_ASSERT(replayed.machine.read_snapshot(snapshot).has_value());
            }
            const auto other = replayed.run(at, signer, operation + id);
            const bool same = one == other;
            RC_ASSERT(same);
        }
        RC_ASSERT(sha256(world.machine.write_snapshot()) ==
                  sha256(replayed.machine.write_snapshot()));
    });
    CHECK(held);
}
