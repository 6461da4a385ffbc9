// A node whose journal is an old copy, and one that comes back in the middle of something.
#include "sdk/crypto/hash.h"
#include "tests/unit/core_checks.h"

using namespace lockstep;
using namespace lockstep::test;
using core::TradeState;
namespace message = core::message;
namespace input = core::input;

namespace {

// The node's state as it was, and every event of its ledgers since then.
struct Backup {
    Bytes state;
    std::map<std::string, std::size_t> events;
    std::size_t journal = 0;
    decltype(CoreWorld::Node::rows) rows;
};

Backup back_up(CoreWorld& world, const char* name) {
    CoreWorld::Node& node = world.node(name);
    Backup backup{node.machine->write_snapshot(), {}, node.journal.size(), node.rows};
    for (const auto& [ledger, events] : node.history)
        backup.events[ledger] = events.size();
    return backup;
}

// Its ledgers are read one after the other, each to its tip: in the order of their names, or in the
// opposite one.
void restore(CoreWorld& world, const char* name, const Backup& backup, bool last_first = false,
             const std::function<void(CoreWorld::Node&)>& before_it_reads = {}) {
    CoreWorld::Node& node = world.node(name);
    node.machine = std::make_unique<core::NodeMachine>(*node.signer);
    REQUIRE(node.machine->read_snapshot(backup.state));
    node.journal.resize(backup.journal);
    node.rows = backup.rows;
    node.channels.clear();
    node.down = false;
    world.give(node, input::Started{9});
    world.settle_down();
    if (before_it_reads) before_it_reads(node);
    std::vector<core::LedgerConfig> ledgers = node.config.ledgers;
    std::sort(ledgers.begin(), ledgers.end(),
              [](const auto& a, const auto& b) { return a.ledger < b.ledger; });
    if (last_first) std::reverse(ledgers.begin(), ledgers.end());
    // Each ledger's events from the backup's cursor to the tip, then that it is live.
    const auto history = std::move(node.history);
    node.history.clear();
    for (const core::LedgerConfig& config : ledgers) {
        const std::string ledger(config.ledger.text());
        const auto known = backup.events.find(ledger);
        const std::size_t from = known == backup.events.end() ? 0 : known->second;
        if (const auto events = history.find(ledger); events != history.end())
            for (std::size_t i = from; i < events->second.size(); ++i)
                world.give(node, events->second[i], ledger + " events");
        world.settle_down();
        world.say_health(node, config);
        world.settle_down();
    }
}

// Of the seller, in krona; paid by the buyer, in euro.
auto make_invoice(CoreWorld& world) {
    return std::get<core::answer::InvoiceMade>(
               world.call("seller",
                          input::CreateInvoice{addr("test.sek.sven"), sek, Amount{113'000},
                                               world.now() + Duration::seconds(600)}))
        .invoice;
}
core::PlanId pay(CoreWorld& world, const decltype(core::answer::InvoiceMade::invoice)& invoice) {
    return std::get<core::answer::PaymentBegun>(
               world.call("buyer",
                          input::Pay{invoice, addr("test.eur.anna"), eur, Amount{11'000}, false}))
        .id;
}

}  // namespace

TEST_CASE("an old copy of a connector's journal loses nothing, wherever it is from") {
    // The connector is restored from before its n-th input, after the sale was claimed from it.
    std::size_t restored = 0;
    for (std::size_t n = 0; n < 14; ++n) {
        CAPTURE(n);
        CoreWorld world;
        CoreWorld::Node& connector = world.node("connector");
        const std::size_t start = connector.journal.size();
        Backup backup = back_up(world, "connector");
        world.pass_on = [&](const auto&, const auto&, const auto&) {
            if (connector.journal.size() <= start + n) backup = back_up(world, "connector");
            return true;
        };
        bool gone = false;
        world.carry_out = [&](const auto& from, const core::output::ToLedger& command) {
            if (connector.journal.size() <= start + n) backup = back_up(world, "connector");
            // It never claims: the claim and everything since the backup is lost with the disk.
            const bool claim =
                from == "connector" && std::holds_alternative<op::Fulfil>(command.body);
            if (claim && !gone) {
                gone = true;
                world.down("connector");
                return false;
            }
            return true;
        };
        world.submit({world.order("T1")});
        world.settle_down();
        REQUIRE(gone);
        CHECK(world.free("test.eur", "conn") == Amount{0});
        if (backup.journal == connector.journal.size()) break;  // the claim is in it
        restore(world, "connector", backup);
        ++restored;
        CHECK(world.free("test.eur", "conn") == price_eur);
        world.pass(Duration::seconds(90));
        check_settled(world);
        // Whatever it was missing, it says so and takes no new business.
        if (alarmed(world, "connector", "unknown_escrow")) {
            world.submit({world.order("T2")});
            world.pass(Duration::seconds(90));
            CHECK(world.trade("venue", "T2").reason == Reason::unavailable);
        }
        CHECK(!alarmed(world, "connector", "loss"));
    }
    CHECK(restored == 7);
}

TEST_CASE("an old copy mourns no trade that was settled, in whichever order its ledgers are read") {
    // The node is restored from before its n-th input, after everything was settled; at once, or
    // when all that the copy waits for is long overdue.
    for (const char* name : {"buyer", "seller", "connector"}) {
        std::size_t restored = 0;
        std::size_t unknown = 0;
        bool in_journal = false;
        for (std::size_t n = 0; !in_journal; ++n)
            for (const bool last_first : {false, true})
                for (const std::int64_t away : {0, 120}) {
                    CAPTURE(std::string(name));
                    CAPTURE(n);
                    CAPTURE(last_first);
                    CAPTURE(away);
                    CoreWorld world;
                    CoreWorld::Node& node = world.node(name);
                    const std::size_t start = node.journal.size();
                    Backup backup = back_up(world, name);
                    const auto look = [&] {
                        if (node.journal.size() <= start + n) backup = back_up(world, name);
                    };
                    world.pass_on = [&](const auto&, const auto&, const auto&) {
                        look();
                        return true;
                    };
                    world.carry_out = [&](const auto&, const core::output::ToLedger&) {
                        look();
                        return true;
                    };
                    world.submit({world.order("T1")});
                    world.settle_down();
                    check_settled(world);
                    in_journal = node.journal.size() <= start + n;
                    world.down(name);
                    world.pass(Duration::seconds(away));
                    restore(world, name, backup, last_first);
                    ++restored;
                    CHECK(loss_alarms(world, name).empty());
                    world.pass(Duration::seconds(300));
                    CHECK(loss_alarms(world, name).empty());
                    CHECK(world.trade("venue", "T1").state == TradeState::settled);
                    CHECK(!alarmed(world, "venue", "broken_trade"));
                    check_settled(world);
                    const core::State& state = node.machine->state();
                    CHECK(state.deals.empty());
                    CHECK(state.trades.empty());
                    CHECK(state.strays.empty());
                    for (const auto& [key, account] : state.accounts)
                        CHECK(account.committed == Amount{});
                    // It knows nothing of a trade that came after the copy.
                    if (!state.references.contains({world.key("venue"), "T1"})) continue;
                    // A copy from before the deal cannot know, and says so.
                    const core::TradeRecord record = world.trade(name, "T1");
                    if (record.state == TradeState::settled) continue;
                    CHECK(record.state == TradeState::broken);
                    CHECK(record.reason == Reason::outcome_unknown);
                    CHECK(alarmed(world, name, "outcome_unknown"));
                    ++unknown;
                }
        CHECK(restored > 20);
        CHECK(unknown < restored / 2);
        CHECK((unknown > 0) == (std::string_view(name) != "connector"));
    }
}

TEST_CASE("nothing unexplained is given back before every ledger has been read to its tip") {
    CoreWorld world;
    world.down("connector");
    CoreWorld::Node& connector = world.node("connector");
    world.instruct_as("buyer", "test.eur",
                      op::Prepare{{EscrowId{sha256(as_bytes("stray")).array()},
                                   addr("test.eur.anna"), addr("test.eur.conn"), eur, Amount{5},
                                   condition_of(*Preimage::from(Bytes(32, 1))),
                                   world.now() + Duration::seconds(60)},
                                  world.now() + Duration::seconds(60)});
    world.up("connector");
    auto& krona = connector.channels["test.sek events"];
    const auto held = std::move(krona);
    krona.clear();
    world.pass(Duration::seconds(20));
    CHECK(commands(world, "connector") == 0);
    krona = held;
    world.pass(Duration::seconds(6));
    CHECK(commands(world, "connector") == 1);
    check_nothing_moved(world);
    check_idle(world);
}

TEST_CASE("a crash between the release and the secret makes no difference") {
    CoreWorld world;
    CoreWorld::Node& buyer = world.node("buyer");
    world.pass_on = [&](const auto&, const auto& to, const core::Message&) {
        if (to == "venue" && !buyer.channels["secrets"].empty()) world.crash("buyer");
        return true;
    };
    bool crashed = false;
    world.submit({world.order("T1")});
    while (true) {
        const auto list = world.ready();
        if (list.empty()) break;
        if (!crashed && !buyer.channels["secrets"].empty()) {
            crashed = true;
            world.crash("buyer");
            continue;
        }
        world.deliver(list.front());
    }
    REQUIRE(crashed);
    world.settle_down();
    check_settled(world);
    check_idle(world);
}

TEST_CASE("a secret keeper whose seed was exchanged is an alarm, and nothing is shown") {
    CoreWorld world;
    CoreWorld::Node& buyer = world.node("buyer");
    world.pass_on = [&](const auto&, const auto&, const auto&) {
        for (auto& [context, secret] : buyer.secrets)
            secret.fill(1);
        return true;
    };
    world.submit({world.order("T1")});
    world.pass(Duration::seconds(90));
    CHECK(alarmed(world, "buyer", "secret_lost"));
    CHECK(world.trade("venue", "T1").state == TradeState::unwound);
    check_nothing_moved(world);
    check_idle(world);
}

TEST_CASE("the reveal guard holds to the microsecond") {
    // Guard: early 1 + D 1 + 3 * (K 2 + D 1) = 11 s before the delivery's expiry.
    for (const std::int64_t off : {-1, 0, 1}) {
        CAPTURE(off);
        CoreWorld world;
        std::vector<core::NodeInput> kept;
        bool keep = true;
        world.pass_on = [&](const auto& from, const auto& to, const core::Message& m) {
            const bool notice = from == "seller" && to == "buyer" && keep &&
                                std::holds_alternative<message::HopNotice>(m);
            if (notice) kept.push_back(input::FromPeer{world.key("seller"), m});
            return !notice;
        };
        // Strays wait longer than this test.
        world.node("buyer").config.notice_wait = Duration::seconds(600);
        world.give(world.node("buyer"), input::Configure{world.node("buyer").config});
        world.submit({world.order("T1")});
        world.settle_down();
        REQUIRE(kept.size() == 1);
        const Timestamp expiry = deal_of(world, "buyer").in->hop.expiry;
        world.pass(expiry - Duration::seconds(11) + Duration{off} - world.now());
        keep = false;
        world.give(world.node("buyer"), kept.front());
        world.settle_down();
        if (off < 0) {
            check_settled(world);
        } else {
            CHECK(world.trade("buyer", "T1").state == TradeState::unwound);
            CHECK(world.trade("buyer", "T1").reason == Reason::reveal_guard);
            check_nothing_moved(world);
        }
        world.pass(Duration::seconds(90));
        check_idle(world);
    }
}

TEST_CASE("a stale securities ledger keeps the secret, and shows it when live again in time") {
    for (const std::int64_t seconds : {3, 60}) {
        CAPTURE(seconds);
        CoreWorld world;
        const auto health = [&](report::Mode mode) {
            world.give(world.node("buyer"), input::LedgerHealth{addr("test.csd"), world.now(),
                                                                static_cast<std::uint8_t>(mode)});
        };
        world.carry_out = [&](const auto& from, const core::output::ToLedger& command) {
            if (from == "seller" && std::holds_alternative<op::Prepare>(command.body))
                health(report::Mode::stale);
            return true;
        };
        world.submit({world.order("T1")});
        world.pass(Duration::seconds(seconds));
        CHECK(world.free("test.csd", "anna") == Amount{0});
        health(report::Mode::live);
        world.settle_down();
        if (seconds == 3)
            check_settled(world);
        else
            check_nothing_moved(world);
        world.pass(Duration::seconds(90));
        check_idle(world);
    }
}

TEST_CASE("an old copy does not call a payment declined that it forgot to have made") {
    CoreWorld world;
    CoreWorld::Node& buyer = world.node("buyer");
    const auto invoice = make_invoice(world);
    // The copy is from when the price was asked for; the escrow was placed after it.
    Backup backup = back_up(world, "buyer");
    world.pass_on = [&](const std::string& from, const std::string&, const core::Message& said) {
        if (from == "buyer" && std::holds_alternative<message::QuoteAsk>(said))
            backup = back_up(world, "buyer");
        return true;
    };
    bool pays = true;
    SUBCASE("and that was paid") {}
    SUBCASE("and that stands open") {
        pays = false;
    }
    world.carry_out = [&](const std::string& from, const core::output::ToLedger& command) {
        return pays || from != "connector" || !std::holds_alternative<op::Prepare>(command.body);
    };
    const core::PlanId id = pay(world, invoice);
    world.settle_down();
    REQUIRE(backup.journal < buyer.journal.size());
    // Its price lapses while it is away: what fell due waits until the ledgers have been read.
    world.down("buyer");
    SUBCASE("at once") {}
    SUBCASE("after the price has lapsed") {
        world.pass(Duration::seconds(61));
    }
    restore(world, "buyer", backup);
    REQUIRE(alarmed(world, "buyer", "unknown_escrow"));
    world.pass(Duration::seconds(120));
    const core::PaymentRecord payment = world.payment("buyer", id);
    if (pays) {
        CHECK(payment.state == core::PaymentState::paid);
        REQUIRE(payment.preimage);
        CHECK(fulfils(*payment.preimage, invoice.condition));
    } else {
        CHECK(payment.state == core::PaymentState::broken);
        CHECK(payment.reason == Reason::outcome_unknown);
    }
}

TEST_CASE("only what is as old as the copy may be forgotten, also after another start") {
    CoreWorld world;
    const Backup backup = back_up(world, "buyer");
    world.submit({world.order("T1")});
    world.settle_down();
    world.down("buyer");
    world.pass(Duration::seconds(1));
    restore(world, "buyer", backup);
    REQUIRE(alarmed(world, "buyer", "unknown_escrow"));
    world.pass(Duration::seconds(60));
    world.call("buyer", input::Acknowledge{});
    world.pass_on = [](const auto&, const auto&, const core::Message& said) {
        return !std::holds_alternative<message::TermsAccepted>(said);
    };
    world.submit({world.order("T2")});
    world.pass(Duration::seconds(1));
    world.crash("buyer");
    world.pass(Duration::seconds(90));
    CHECK(world.trade("buyer", "T2").state == TradeState::declined);
    CHECK(world.trade("buyer", "T2").reason == Reason::terms_lapsed);
    CHECK(world.trade("venue", "T2").state == TradeState::declined);
    CHECK(!alarmed(world, "buyer", "outcome_unknown"));
}

TEST_CASE(
    "an old copy that is refused its price does not call the payment declined before it reads") {
    CoreWorld world;
    const auto invoice = make_invoice(world);
    Backup backup = back_up(world, "buyer");
    std::optional<message::QuoteAsk> asked;
    world.pass_on = [&](const std::string& from, const std::string&, const core::Message& said) {
        const auto* ask = std::get_if<message::QuoteAsk>(&said);
        if (from == "buyer" && ask != nullptr) {
            backup = back_up(world, "buyer");
            asked = *ask;
        }
        return true;
    };
    const core::PlanId id = pay(world, invoice);
    world.settle_down();
    REQUIRE(world.payment("buyer", id).state == core::PaymentState::paid);
    REQUIRE(asked);
    // It asks again, and the connector has used the condition.
    world.down("buyer");
    world.pass(Duration::seconds(1));
    const auto early = [&](CoreWorld::Node& node) {
        world.give(node,
                   input::FromPeer{world.key("connector"),
                                   message::QuoteRefused{asked->ask, Reason::condition_used}});
        world.settle_down();
        CHECK(world.payment("buyer", id).state == core::PaymentState::quoting);
    };
    restore(world, "buyer", backup, false, early);
    world.pass(Duration::seconds(120));
    CHECK(world.payment("buyer", id).state == core::PaymentState::paid);
}

TEST_CASE("who does not know how a trade ended yields to who shows the preimage") {
    struct Row {
        const char* knows;
        bool shows;
        TradeState end;
    };
    for (const Row& row :
         {Row{"buyer", true, TradeState::settled}, Row{"seller", true, TradeState::settled},
          Row{"buyer", false, TradeState::broken}}) {
        CAPTURE(std::string(row.knows));
        CAPTURE(row.shows);
        CoreWorld world;
        world.pass_on = [](const auto&, const auto&, const core::Message& said) {
            return !std::holds_alternative<message::Ended>(said);
        };
        world.submit({world.order("T1")});
        world.settle_down();
        check_settled(world);
        const core::TradeRecord record = world.trade("buyer", "T1");
        REQUIRE(record.preimage);
        for (const char* party : {"buyer", "seller"}) {
            const bool knows = std::string_view(party) == row.knows;
            const message::Ended ended{
                record.plan, knows ? message::EndState::settled : message::EndState::broken,
                knows ? std::nullopt : std::optional(Reason::outcome_unknown),
                knows && row.shows ? record.preimage : std::nullopt};
            world.give(world.node("venue"), input::FromPeer{world.key(party), ended});
        }
        world.settle_down();
        CHECK(world.trade("venue", "T1").state == row.end);
        CHECK(alarmed(world, "venue", "broken_trade") == (row.end == TradeState::broken));
    }
}
