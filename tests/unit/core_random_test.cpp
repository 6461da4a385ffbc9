// Random worlds within the profiles: messages, commands and events in any order that the transport
// allows, late by less than D, clocks of ledgers off by up to their bound, nodes that crash or stay
// away for K, up to o times. Then everything heals, and nothing may be left or lost.
#include "tests/unit/core_losses.h"
#include "tests/unit/core_world_settings.h"

using namespace lockstep;
using namespace lockstep::test;
namespace input = core::input;

namespace {

// A small generator of our own, so that a seed is the same everywhere.
class Dice {
public:
    explicit Dice(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15u + 1) {}
    std::uint64_t below(std::uint64_t n) {
        // splitmix64, http://prng.di.unimi.it/splitmix64.c
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return (z ^ (z >> 31)) % n;
    }
    bool chance(std::uint64_t one_in) { return below(one_in) == 0; }

private:
    std::uint64_t state_;
};

// Half of D for the way there, half for the way back, and something for the rounding of steps.
constexpr Duration longest_way = Duration::milliseconds(480);

class Drive {
public:
    Drive(std::uint64_t seed, bool check_indexes) : dice_(seed) {
        world.pass(Duration::seconds(2));  // a ledger's clock never goes back
        world.deferred = true;
        world.check_indexes = check_indexes;
        for (const char* name : {"test.csd", "test.sek", "test.eur"})
            world.ledger(name).skew =
                Duration::milliseconds(static_cast<std::int64_t>(dice_.below(1'999)) - 999);
        for (const char* name : {"venue", "buyer", "seller", "connector"})
            nodes_[name] = {};
    }

    void submit(std::size_t trades) {
        std::vector<input::TradeOrder> orders;
        for (std::size_t i = 0; i < trades; ++i) {
            auto order = world.order("R" + std::to_string(next_++));
            order.quantity = Amount{10 * (1 + dice_.below(60))};
            order.price = Amount{24'000 + dice_.below(2'000)};
            if (dice_.chance(12)) order.seller = "empty";
            if (dice_.chance(12)) order.buyer = "poor";
            if (dice_.chance(12)) order.price = Amount{50'000};
            if (dice_.chance(16)) withhold(order.reference);
            orders.push_back(order);
        }
        world.submit(std::move(orders));
        if (dice_.chance(4)) act();
    }

    // A payment of the buyer to the seller, if both are there.
    void pay() {
        if (world.node("seller").down || world.node("buyer").down) return;
        const auto made =
            world.try_call("seller", input::CreateInvoice{addr("test.sek.sven"), sek,
                                                          Amount{100'000 + dice_.below(100'000)},
                                                          world.now() + Duration::seconds(120)});
        REQUIRE(made);
        const auto& invoice = std::get<core::answer::InvoiceMade>(*made).invoice;
        world.try_call("buyer",
                       input::Pay{invoice, addr("test.eur.anna"), eur, Amount{1'000'000}, false});
    }

    // Some time with everything that may go wrong.
    void storm(Duration length) {
        const Timestamp end = world.now() + length;
        while (world.now() < end) {
            mischief();
            step(end);
        }
    }

    // Everybody is there again, and time passes.
    void heal() {
        for (auto& [name, fate] : nodes_)
            if (fate.back) come_back(name, fate);
        world.deferred = false;
        for (std::vector<CoreWorld::Ready> list = world.ready(); !list.empty();
             list = world.ready())
            world.deliver(list[dice_.below(list.size())]);
        world.pass(Duration::seconds(200));
    }

    CoreWorld world;
    bool away_too_long = false;
    // Called before a node goes away.
    std::function<void(const std::string& name)> leaves = [](const std::string&) {};

private:
    struct Fate {
        std::uint32_t outages = 0;
        std::optional<Timestamp> back;
    };

    void withhold(const std::string& reference) {
        world.try_call("seller", input::ActOnTrade{world.key("venue"), reference,
                                                   input::TradeAction::withhold});
    }

    void act() {
        const char* const who[] = {"venue", "buyer", "seller"};
        const input::TradeAction what[] = {input::TradeAction::hold, input::TradeAction::release,
                                           input::TradeAction::cancel,
                                           input::TradeAction::withhold};
        const std::string reference = "R" + std::to_string(dice_.below(next_));
        const char* at = who[dice_.below(3)];
        if (!world.node(at).down)
            world.try_call(at,
                           input::ActOnTrade{world.key("venue"), reference, what[dice_.below(4)]});
    }

    void come_back(const std::string& name, Fate& fate) {
        fate.back.reset();
        world.up(name);
    }

    // A way between two nodes on which nothing moves for a while; later it all comes in order.
    bool is_stalled(const CoreWorld::Ready& ready) const {
        if (ready.ledger != nullptr) return false;
        const auto stall = stalls_.find({ready.node->name, ready.channel});
        return stall != stalls_.end() && world.now() < stall->second;
    }

    void mischief() {
        if (dice_.chance(100)) {
            const char* const who[] = {"venue", "buyer", "seller", "connector"};
            const std::string from = std::string("from ") + who[dice_.below(4)];
            stalls_[{who[dice_.below(4)], from}] =
                world.now() + Duration::seconds(static_cast<std::int64_t>(1 + dice_.below(15)));
        }
        if (dice_.chance(150)) act();
        for (auto& [name, fate] : nodes_) {
            if (fate.back && *fate.back <= world.now()) come_back(name, fate);
            if (fate.back || fate.outages >= world_endurance.outages ||
                !dice_.chance(away_too_long ? 25 : 80))
                continue;
            ++fate.outages;
            if (dice_.chance(2)) {
                world.crash(name);
                continue;
            }
            leaves(name);
            world.down(name);
            const Duration away =
                away_too_long
                    ? Duration::seconds(static_cast<std::int64_t>(15 + dice_.below(45)))
                    : Duration::milliseconds(static_cast<std::int64_t>(dice_.below(1'900)));
            fate.back = world.now() + away;
        }
    }

    void step(Timestamp end) {
        std::vector<CoreWorld::Ready> list = world.ready();
        std::erase_if(list, [&](const CoreWorld::Ready& ready) { return is_stalled(ready); });
        // What has waited longest must not wait longer than its way may take.
        const CoreWorld::Ready* oldest = nullptr;
        for (const CoreWorld::Ready& ready : list)
            if (oldest == nullptr || ready.since < oldest->since) oldest = &ready;
        if (oldest != nullptr && world.now() - oldest->since >= longest_way)
            return world.deliver(*oldest);
        if (oldest != nullptr && !dice_.chance(4))
            return world.deliver(list[dice_.below(list.size())]);
        Timestamp next =
            world.now() + Duration::milliseconds(static_cast<std::int64_t>(1 + dice_.below(60)));
        if (oldest != nullptr) next = std::min(next, oldest->since + longest_way);
        if (const auto due = world.next_due()) next = std::min(next, *due);
        for (auto& [name, fate] : nodes_)
            if (fate.back) next = std::min(next, *fate.back);
        world.move_to(std::max(std::min(next, end), world.now() + Duration{1}));
    }

    Dice dice_;
    std::map<std::string, Fate> nodes_;
    std::map<std::pair<std::string, std::string>, Timestamp> stalls_;
    std::uint64_t next_ = 0;
};

bool is_fulfilled(EscrowState state) {
    return state == EscrowState::fulfilled;
}

// All hops under a condition or none; the number of those with all.
std::size_t check_atomic(const CoreWorld& world) {
    std::size_t settled = 0;
    for (const auto& [condition, hops] : world.hops) {
        const auto fulfilled = std::count_if(
            hops.begin(), hops.end(), [](const auto& hop) { return is_fulfilled(hop.second); });
        CHECK((fulfilled == 0 || fulfilled == 3));
        if (fulfilled == 3) ++settled;
    }
    return settled;
}

template <class Row>
std::vector<Row> rows_of(const CoreWorld::Node& node, core::RecordKind kind) {
    std::vector<Row> rows;
    for (const auto& [key, value] : node.rows)
        if (key.first == static_cast<std::uint16_t>(kind))
            rows.push_back(decode_fields<Row>(value).value());
    return rows;
}

// What each trade moved, recomputed from its terms alone.
void check_books(CoreWorld& world, std::size_t settled) {
    CHECK(world.open_escrows() == 0);
    CHECK(world.books_balance());
    std::uint64_t shares = 0;
    std::uint64_t krona = 0;
    std::uint64_t euro = 0;
    std::uint64_t fees = 0;
    std::size_t count = 0;
    for (const core::TradeRecord& trade :
         rows_of<core::TradeRecord>(world.node("buyer"), core::RecordKind::trade)) {
        if (trade.state != core::TradeState::settled) continue;
        ++count;
        const std::uint64_t total = trade.trade.quantity.units() * trade.trade.price.units();
        // 10/113 plus 0.2 %, rounded up once; the fee is what lies above 10/113 rounded down.
        const std::uint64_t paid = (total * 10 * 1'002'000 + 113 * 1'000'000 - 1) / 113'000'000;
        CHECK(trade.paid == Amount{paid});
        shares += trade.trade.quantity.units();
        krona += total;
        euro += paid;
        fees += paid - total * 10 / 113;
    }
    CHECK(count == settled);
    CHECK(world.free("test.csd", "anna") == Amount{shares});
    CHECK(world.free("test.csd", "sven") == Amount{10'000 - shares});
    CHECK(world.free("test.sek", "sven") == Amount{krona});
    CHECK(world.free("test.sek", "conn") == Amount{100'000'000 - krona});
    CHECK(world.free("test.eur", "anna") == Amount{10'000'000 - euro});
    CHECK(world.free("test.eur", "conn") == Amount{euro});
    std::uint64_t booked = 0;
    for (const core::FeeRecord& fee :
         rows_of<core::FeeRecord>(world.node("connector"), core::RecordKind::fee))
        booked += fee.fee.units();
    CHECK(booked == fees);
}

void check_ends(CoreWorld& world) {
    for (const char* name : {"venue", "buyer", "seller"})
        for (const core::TradeRecord& trade :
             rows_of<core::TradeRecord>(world.node(name), core::RecordKind::trade)) {
            CAPTURE(std::string(name));
            CAPTURE(trade.trade.reference);
            CHECK(core::is_end(trade.state));
            CHECK(trade.state != core::TradeState::broken);
        }
}

void count_outcomes(CoreWorld& world, std::map<std::string, int>& outcomes) {
    for (const core::TradeRecord& trade :
         rows_of<core::TradeRecord>(world.node("venue"), core::RecordKind::trade))
        ++outcomes[std::string(trade.reason ? to_string(*trade.reason)
                                            : core::to_string(trade.state))];
}

}  // namespace

TEST_CASE("within the profiles every trade ends, whole or not at all, and nothing is left over") {
    std::map<std::string, int> outcomes;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        CAPTURE(seed);
        Drive drive(seed, seed % 25 == 0);
        for (std::uint64_t i = 0; i < 4; ++i) {
            drive.submit(1 + (seed + i) % 3);
            drive.storm(Duration::seconds(4));
        }
        drive.storm(Duration::seconds(10));
        drive.heal();
        check_books(drive.world, check_atomic(drive.world));
        check_ends(drive.world);
        check_idle(drive.world);
        count_outcomes(drive.world, outcomes);
        for (const char* name : {"venue", "buyer", "seller", "connector"}) {
            CAPTURE(std::string(name));
            CHECK(drive.world.node(name).alarms == std::vector<std::string>{});
        }
    }
    // What a storm can do must have been seen.
    CHECK(outcomes["settled"] > 300);
    for (const char* reason : {"cancelled", "withheld", "payment_not_placed", "terms_lapsed",
                               "insufficient_cash", "insufficient_securities", "ledger_paused"}) {
        CAPTURE(std::string(reason));
        CHECK(outcomes[reason] > 0);
    }
}

TEST_CASE("beyond the profiles a loss is at most what was reported as at risk, and alarmed") {
    std::map<std::string, std::size_t> lost;
    std::size_t receipts = 0;
    for (std::uint64_t seed = 1001; seed <= 1100; ++seed) {
        CAPTURE(seed);
        Drive drive(seed, false);
        LossWatch watch(drive.world);
        drive.leaves = [&](const std::string& name) { watch.leaves(name); };
        drive.away_too_long = true;
        for (std::uint64_t i = 0; i < 4; ++i) {
            drive.submit(2);
            drive.pay();
            drive.storm(Duration::seconds(4));
        }
        drive.storm(Duration::seconds(60));
        drive.heal();
        CHECK(drive.world.open_escrows() == 0);
        CHECK(drive.world.books_balance());
        watch.check_alarms();
        check_idle(drive.world);
        receipts += watch.receipts;
        for (const auto& [name, deals] : watch.deals)
            lost[name] += deals;
    }
    MESSAGE(lost["connector"], " deals lost by the connector, ", lost["seller"], " by the seller, ",
            receipts, " of them payments that it was owed, ", lost["buyer"], " by the buyer");
    CHECK(lost["connector"] > 0);
    CHECK(receipts > 0);
}
