// Payments and invoices: prices, limits, two payers, a route over two connectors, and none at all.
#include "sdk/crypto/hash.h"
#include "tests/unit/core_checks.h"
#include "tests/unit/core_world_settings.h"

using namespace lockstep;
using namespace lockstep::test;
using core::InvoiceState;
using core::PaymentState;
namespace message = core::message;
namespace input = core::input;
namespace answer = core::answer;

namespace {

input::Invoice invoice(CoreWorld& world, std::uint64_t amount = 113'000, int seconds = 600) {
    return std::get<answer::InvoiceMade>(
               world.call("seller", input::CreateInvoice{addr("test.sek.sven"), sek, Amount{amount},
                                                         world.now() + Duration::seconds(seconds)}))
        .invoice;
}

input::Pay pay(const input::Invoice& invoice, std::uint64_t most = 11'000) {
    return {invoice, addr("test.eur.anna"), eur, Amount{most}, false};
}

core::PlanId begin(CoreWorld& world, const char* node, const input::Pay& pay) {
    return std::get<answer::PaymentBegun>(world.call(node, pay)).id;
}

// An escrow of the buyer's for the invoice, made by hand.
EscrowTerms by_hand(CoreWorld& world, const input::Invoice& invoice, const char* id,
                    std::uint64_t amount) {
    return {EscrowId{sha256(as_bytes(id)).array()},
            addr("test.sek.conn"),
            invoice.account,
            invoice.asset,
            Amount{amount},
            invoice.condition,
            world.now() + Duration::seconds(60)};
}

void place(CoreWorld& world, const EscrowTerms& terms) {
    world.instruct_as("connector", "test.sek", op::Prepare{terms, terms.expiry});
}

}  // namespace

TEST_CASE("a price is asked first and paid when it is confirmed, once and in time") {
    CoreWorld world;
    const input::Invoice wanted = invoice(world);
    input::Pay ask = pay(wanted);
    ask.quote_only = true;
    const core::PlanId id = begin(world, "buyer", ask);
    CHECK(world.try_call("buyer", input::ConfirmPayment{id}).error() == Reason::quote_lapsed);
    world.settle_down();
    CHECK(world.payment("buyer", id).state == PaymentState::quoted);
    CHECK(world.payment("buyer", id).amount == Amount{10'020});
    check_nothing_moved(world);
    SUBCASE("confirmed") {
        world.call("buyer", input::ConfirmPayment{id});
        CHECK(world.try_call("buyer", input::ConfirmPayment{id}).error() == Reason::quote_lapsed);
        world.settle_down();
        CHECK(world.payment("buyer", id).state == PaymentState::paid);
        CHECK(fulfils(*world.payment("buyer", id).preimage, wanted.condition));
        CHECK(world.invoice("seller", wanted.id).state == InvoiceState::paid);
    }
    SUBCASE("too late") {
        world.pass(Duration::seconds(7));
        CHECK(world.payment("buyer", id).state == PaymentState::declined);
        CHECK(world.payment("buyer", id).reason == Reason::quote_lapsed);
        CHECK(world.try_call("buyer", input::ConfirmPayment{id}).error() == Reason::not_found);
        world.pass(Duration::seconds(600));
        CHECK(world.invoice("seller", wanted.id).state == InvoiceState::lapsed);
        check_nothing_moved(world);
    }
    check_idle(world);
}

TEST_CASE("a payment that cannot be made is refused or declined with its reason") {
    struct Row {
        const char* what;
        void (*change)(CoreWorld&, input::Pay&);
        Reason reason;
    };
    const Row rows[] = {
        {"a unit more than the most", [](auto&, auto& p) { p.most_paid = Amount{10'019}; },
         Reason::amount_out_of_bounds},
        {"no money", [](auto&, auto& p) { p.from = addr("test.eur.poor"); },
         Reason::insufficient_funds},
        {"another's account", [](auto&, auto& p) { p.from = addr("test.eur.conn"); },
         Reason::no_account},
        {"no route",
         [](auto&, auto& p) {
             p.invoice.ledger = addr("test.csd");
             p.invoice.account = addr("test.csd.sven");
         },
         Reason::no_route},
        {"an account of another ledger",
         [](auto&, auto& p) { p.invoice.account = addr("test.eur.sven"); }, Reason::wrong_ledger},
        {"no account at all", [](auto&, auto& p) { p.invoice.account = Address{}; },
         Reason::wrong_ledger},
        {"nothing", [](auto&, auto& p) { p.invoice.amount = Amount{}; }, Reason::zero_amount},
        {"lapsed", [](auto& w, auto& p) { p.invoice.valid_until = w.now(); }, Reason::terms_lapsed},
        {"our own", [](auto& w, auto& p) { p.invoice.node = w.key("buyer"); },
         Reason::same_account},
        {"everything there is", [](auto&, auto& p) { p.invoice.amount = Amount{UINT64_MAX}; },
         Reason::no_route},
        {"a receiver that never wakes",
         [](auto&, auto& p) { p.invoice.endurance.outage = Duration{INT64_MAX}; },
         Reason::expiry_past_limit},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(row.what));
        CoreWorld world;
        input::Pay wanted = pay(invoice(world));
        row.change(world, wanted);
        const auto begun = world.try_call("buyer", wanted);
        world.settle_down();
        if (begun) {
            const auto record = world.payment("buyer", std::get<answer::PaymentBegun>(*begun).id);
            CHECK(record.state == PaymentState::declined);
            CHECK(record.reason == row.reason);
        } else {
            CHECK(begun.error() == row.reason);
        }
        world.pass(Duration::seconds(700));
        check_nothing_moved(world);
        check_idle(world);
    }
}

TEST_CASE("an invoice is paid once, by whoever comes first") {
    CoreWorld world;
    const input::Invoice wanted = invoice(world);
    const core::PlanId first = begin(world, "buyer", pay(wanted));
    const core::PlanId second = begin(world, "buyer", pay(wanted));
    world.settle_down();
    CHECK(world.payment("buyer", first).state == PaymentState::paid);
    CHECK(world.payment("buyer", second).state == PaymentState::declined);
    CHECK(world.payment("buyer", second).reason == Reason::condition_used);
    CHECK(world.try_call("buyer", pay(wanted)).error() == Reason::condition_used);
    CHECK(world.free("test.sek", "sven") == Amount{113'000});
    CHECK(world.free("test.eur", "conn") == Amount{10'020});
    check_idle(world);
}

TEST_CASE("two prices of one invoice: only one of them is paid") {
    CoreWorld world;
    // On one ledger, where no connector would notice.
    const auto wanted = std::get<answer::InvoiceMade>(
        world.call("seller", input::CreateInvoice{addr("test.csd.empty"), share, Amount{10},
                                                  world.now() + Duration::seconds(600)}));
    world.instruct_as("seller", "test.csd",
                      op::Transfer{addr("test.csd.sven"), addr("test.csd.anna"), share, Amount{100},
                                   world.now() + Duration::seconds(1)});
    world.settle_down();
    input::Pay ask{wanted.invoice, addr("test.csd.anna"), share, Amount{10}, true};
    const core::PlanId first = begin(world, "buyer", ask);
    const core::PlanId second = begin(world, "buyer", ask);
    world.settle_down();
    world.call("buyer", input::ConfirmPayment{first});
    world.call("buyer", input::ConfirmPayment{second});
    world.settle_down();
    CHECK(world.payment("buyer", first).state == PaymentState::paid);
    CHECK(world.payment("buyer", first).hops == 1);
    CHECK(world.payment("buyer", second).reason == Reason::condition_used);
    CHECK(world.free("test.csd", "empty") == Amount{10});
    CHECK(world.free("test.csd", "anna") == Amount{90});
    check_idle(world);
}

TEST_CASE("an invoice is found by its condition, and nobody can bind it to something else") {
    CoreWorld world;
    const input::Invoice wanted = invoice(world);
    // A peer names an escrow that never comes.
    world.give(world.node("seller"),
               input::FromPeer{world.key("venue"),
                               message::HopNotice{addr("test.sek"),
                                                  {addr("test.sek.nobody"),
                                                   EscrowId{sha256(as_bytes("x")).array()}},
                                                  Hash{wanted.id.array()}}});
    const core::PlanId id = begin(world, "buyer", pay(wanted));
    world.settle_down();
    CHECK(world.payment("buyer", id).state == PaymentState::paid);
    check_idle(world);
}

TEST_CASE("an invoice takes its exact amount, from one payer, with time left to claim it") {
    struct Row {
        const char* what;
        std::uint64_t amount;
        int seconds;
        bool paid;
    };
    // The receiver's guard is 11 s.
    const Row rows[] = {
        {"exact", 113'000, 60, true},
        {"99 %", 111'870, 60, false},
        {"101 %", 114'130, 60, false},
        {"a unit less", 112'999, 60, false},
        {"too little time", 113'000, 11, false},
        {"just enough", 113'000, 12, true},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(row.what));
        CoreWorld world;
        const input::Invoice wanted = invoice(world);
        EscrowTerms terms = by_hand(world, wanted, "one", row.amount);
        terms.expiry = world.now() + Duration::seconds(row.seconds);
        place(world, terms);
        // The connector made it without its journal, and would stop; only the seller is asked.
        world.down("connector");
        EscrowTerms second = terms;
        second.id = EscrowId{sha256(as_bytes("two")).array()};
        place(world, second);
        world.pass(Duration::seconds(6));
        CHECK(world.free("test.sek", "sven") == Amount{row.paid ? 113'000u : 0u});
        CHECK(world.open_escrows() == 0);
        world.pass(Duration::seconds(700));
        CHECK(world.invoice("seller", wanted.id).state ==
              (row.paid ? InvoiceState::paid : InvoiceState::lapsed));
        CHECK(world.node("seller").alarms.empty());
    }
}

TEST_CASE("a receiver that showed its preimage and was not paid says so") {
    CoreWorld world;
    const input::Invoice wanted = invoice(world);
    world.carry_out = [](const auto& from, const auto&) { return from != "seller"; };
    place(world, by_hand(world, wanted, "one", 113'000));
    world.down("connector");
    world.settle_down();
    // Whoever reads it before the outage knows what the outage may cost.
    CHECK(deal_of(world, "seller").release_recorded);
    CHECK(at_risk(world, "seller", sek) == Amount{113'000});
    for (const core::Exposure& exposure : world.node("seller").machine->exposure()) {
        CHECK(exposure.incoming == Amount{});
        CHECK(exposure.deals == 1);
    }
    world.pass(Duration::seconds(61));
    CHECK(world.free("test.sek", "sven") == Amount{0});
    const auto alarms = loss_alarms(world, "seller");
    REQUIRE(alarms.size() == 1);
    CHECK(alarms[0].find("1130.00 SEK on test.sek not paid") != std::string::npos);
    CHECK(alarmed_loss(world, "seller", sek) == Amount{113'000});
    CHECK(at_risk(world, "seller", sek) == Amount{});
}

TEST_CASE("a receiver that has not decided to show its preimage has nothing at risk") {
    CoreWorld world;
    const input::Invoice wanted = invoice(world);
    world.give(world.node("seller"), input::AdapterStalled{addr("test.sek")});
    place(world, by_hand(world, wanted, "one", 113'000));
    world.settle_down();
    const auto exposure = world.node("seller").machine->exposure();
    REQUIRE(exposure.size() == 1);
    CHECK(exposure[0].at_risk == Amount{});
    CHECK(exposure[0].incoming == Amount{113'000});
    world.pass(Duration::seconds(61));
    CHECK(world.node("seller").machine->exposure().empty());
    CHECK(loss_alarms(world, "seller").empty());
}

TEST_CASE("a payment crosses two connectors, each paid its spread and no more") {
    CoreWorld::Options options;
    options.second_connector = true;
    CoreWorld world(options);
    const input::Invoice wanted = invoice(world);
    input::Pay from_dollars{wanted, addr("test.usd.anna"), usd, Amount{20'000}, false};
    const core::PlanId id = begin(world, "buyer", from_dollars);
    world.settle_down();
    // 113000 SEK cents -> 10020 EUR cents -> 10020 * 1.1 * 1.002 = 11044.044, up.
    const core::PaymentRecord record = world.payment("buyer", id);
    CHECK(record.state == PaymentState::paid);
    CHECK(record.hops == 3);
    CHECK(record.amount == Amount{11'045});
    CHECK(world.free("test.usd", "anna") == Amount{1'000'000 - 11'045});
    CHECK(world.free("test.usd", "second") == Amount{11'045});
    CHECK(world.free("test.eur", "second") == Amount{5'000'000 - 10'020});
    CHECK(world.free("test.eur", "conn") == Amount{10'020});
    CHECK(world.free("test.sek", "sven") == Amount{113'000});
    CHECK(world.open_escrows() == 0);
    CHECK(world.books_balance());
    CHECK(world.node("second").machine->open_deals() == 0);
    check_idle(world);
}

TEST_CASE("a payment over two connectors unwinds from the far end when the receiver is away") {
    CoreWorld::Options options;
    options.second_connector = true;
    CoreWorld world(options);
    const input::Invoice wanted = invoice(world);
    world.down("seller");
    input::Pay from_dollars{wanted, addr("test.usd.anna"), usd, Amount{20'000}, false};
    const core::PlanId id = begin(world, "buyer", from_dollars);
    world.pass(Duration::seconds(5));
    CHECK(world.free("test.usd", "anna") < Amount{1'000'000});
    world.pass(Duration::seconds(120));
    CHECK(world.payment("buyer", id).state == PaymentState::refunded);
    CHECK(world.free("test.usd", "anna") == Amount{1'000'000});
    CHECK(world.open_escrows() == 0);
    world.up("seller");
    world.pass(Duration::seconds(700));
    CHECK(world.node("second").machine->open_deals() == 0);
    CHECK(world.node("second").alarms.empty());
    check_idle(world);
}

TEST_CASE("an invoice is refused where it cannot be kept") {
    struct Row {
        const char* what;
        void (*change)(CoreWorld&, input::CreateInvoice&);
        Reason reason;
    };
    const Row rows[] = {
        {"no such account", [](auto&, auto& i) { i.account = addr("test.sek.conn"); },
         Reason::no_account},
        {"another asset", [](auto&, auto& i) { i.asset = eur; }, Reason::unknown_asset},
        {"nothing", [](auto&, auto& i) { i.amount = Amount{}; }, Reason::zero_amount},
        {"already over", [](auto& w, auto& i) { i.valid_until = w.now(); }, Reason::too_late},
        {"for two days",
         [](auto& w, auto& i) { i.valid_until = w.now() + Duration::seconds(48 * 3600); },
         Reason::too_far_ahead},
        {"while draining",
         [](auto& w, auto&) {
             w.give(w.node("seller"), input::Drain{});
             w.settle_down();
         },
         Reason::draining},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(row.what));
        CoreWorld world;
        input::CreateInvoice wanted{addr("test.sek.sven"), sek, Amount{5},
                                    world.now() + Duration::seconds(60)};
        row.change(world, wanted);
        CHECK(world.try_call("seller", wanted).error() == row.reason);
        check_idle(world);
    }
}
