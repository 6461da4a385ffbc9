#include "tests/browser/report_worlds.h"

#include <algorithm>

namespace lockstep::sim::made {
namespace {

constexpr Timestamp start{1'790'000'000'000'000};
const Duration hour = Duration::seconds(3600);

AssetId asset(std::string_view code, std::uint8_t scale) {
    return AssetId::make(code, scale).value();
}

template <class Id>
Id numbered(std::uint64_t number) {
    std::array<std::uint8_t, 32> octets{};
    for (std::size_t i = 0; i < octets.size(); ++i)
        octets[i] = static_cast<std::uint8_t>(
            (number * 0x9E3779B97F4A7C15ULL + i * 0x632BE59BULL) >> (8 * (i % 8)));
    return Id(octets);
}

class Maker {
public:
    explicit Maker(std::string name) {
        world.scenario.name = world.outcome.scenario = std::move(name);
        world.outcome.start = start;
        world.outcome.digest = numbered<Hash>(7);
    }

    ActorId ledger(const std::string& name, LedgerKind kind, const AssetId& tracked) {
        LedgerSpec spec;
        spec.name = name;
        spec.kind = kind;
        spec.assets = {tracked};
        spec.profile.inclusion = Duration::seconds(4);
        if (kind == LedgerKind::securities) spec.profile.finality = Duration::milliseconds(800);
        world.scenario.ledgers.push_back(spec);
        return world.trace.add_actor({name, ActorKind::ledger, true});
    }
    ActorId node(const std::string& name, Behaviour behaviour = Behaviour::honest) {
        NodeSpec spec;
        spec.name = name;
        spec.behaviour = behaviour;
        spec.endurance.outage = Duration::seconds(20);
        spec.endurance.outages = 1;
        world.scenario.nodes.push_back(spec);
        return world.trace.add_actor({name, ActorKind::node, behaviour == Behaviour::honest});
    }
    NodeSpec& spec() { return world.scenario.nodes.back(); }

    void after(Duration time) { now = now + time; }
    void after_ms(std::int64_t ms) { after(Duration::milliseconds(ms)); }

    Moment& note(MomentKind kind, ActorId actor, const std::string& text = "",
                 ActorId other = the_world) {
        moment = Moment{};
        moment.at = now;
        moment.kind = kind;
        moment.actor = actor;
        moment.other = other;
        moment.text = text;
        return moment;
    }
    void keep() { world.trace.note(moment); }
    void say(MomentKind kind, ActorId actor, const std::string& text = "",
             ActorId other = the_world) {
        note(kind, actor, text, other);
        keep();
    }
    // of a settlement
    void about(const Condition& condition, MomentKind kind, ActorId actor, const std::string& text,
               ActorId other = the_world) {
        note(kind, actor, text, other).escrow.condition = condition;
        keep();
    }
    void message(const Condition& condition, ActorId from, ActorId to, const std::string& text,
                 std::int64_t takes_ms = 8) {
        about(condition, MomentKind::message_sent, from, text, to);
        after_ms(takes_ms);
        about(condition, MomentKind::message_arrived, from, text, to);
    }

    struct Hop {
        ActorId ledger, payer, payee;
        EscrowTerms terms;
    };
    Hop hop(ActorId ledger, ActorId payer, ActorId payee, const Condition& condition,
            Amount amount) {
        const std::string& name = world.trace.actors()[ledger].name;
        const auto account = [&](ActorId owner) {
            const auto under = Address::parse(name);
            const auto whole =
                under ? under->child(world.trace.actors()[owner].name) : std::nullopt;
            return whole.value_or(Address::parse("test.other").value());
        };
        Hop made{ledger, payer, payee, {}};
        made.terms.id = numbered<EscrowId>(++escrows);
        made.terms.payer = account(payer);
        made.terms.payee = account(payee);
        for (const LedgerSpec& spec : world.scenario.ledgers)
            if (spec.name == name) made.terms.asset = spec.assets.front();
        made.terms.amount = amount;
        made.terms.condition = condition;
        return made;
    }
    void move(MomentKind kind, const Hop& hop) {
        note(kind, hop.ledger).escrow = hop.terms;
        moment.payer = hop.payer;
        moment.payee = hop.payee;
        keep();
        const std::uint64_t units = hop.terms.amount.units();
        if (kind == MomentKind::escrow_prepared) {
            change(hop.ledger, hop.payer, hop.terms.asset, units, false, units, true);
        } else if (kind == MomentKind::escrow_fulfilled) {
            change(hop.ledger, hop.payer, hop.terms.asset, 0, true, units, false);
            change(hop.ledger, hop.payee, hop.terms.asset, units, true, 0, true);
        } else {
            change(hop.ledger, hop.payer, hop.terms.asset, units, true, units, false);
        }
    }

    void fund(ActorId ledger, ActorId holder, std::uint64_t units) {
        for (const LedgerSpec& spec : world.scenario.ledgers)
            if (spec.name == world.trace.actors()[ledger].name)
                change(ledger, holder, spec.assets.front(), units, true, 0, true);
    }

    World finish(Duration length) {
        world.scenario.length = length;
        world.outcome.healed_at = start + length;
        world.outcome.end = std::max(now, start + length) + Duration::seconds(90);
        return std::move(world);
    }

    World world;
    Timestamp now = start;
    Moment moment;
    std::uint64_t escrows = 0;

private:
    struct Account {
        ActorId ledger, holder;
        auto operator<=>(const Account&) const = default;
    };
    struct Holding {
        std::uint64_t free = 0, held = 0;
    };
    void change(ActorId ledger, ActorId holder, const AssetId& what, std::uint64_t free, bool more,
                std::uint64_t held, bool more_held) {
        Holding& holding = holdings_[{ledger, holder}];
        holding.free += more ? free : 0 - free;
        holding.held += more_held ? held : 0 - held;
        note(MomentKind::balance, ledger, "", holder).asset = what;
        moment.amount = Amount{holding.free};
        moment.escrowed = Amount{holding.held};
        keep();
    }
    std::map<Account, Holding> holdings_;
};

const std::vector<RuleResult>& held_rules() {
    static const std::vector<RuleResult> rules{
        {"conservation",
         "per ledger and asset, balances, escrows and burnt fees make up what was issued",
         48'211,
         {}},
        {"atomicity",
         "a settlement among honest parties has all its hops fulfilled or none",
         512,
         {}},
        {"no_honest_loss", "each honest party ends no worse than what it signed", 1'904, {}},
        {"timeliness", "an escrow is over by its expiry and the bound of its ledger", 1'371, {}},
        {"ladder", "each placement keeps the bound of its margins", 1'371, {}},
        {"secrecy", "no preimage is anywhere before its release", 0, {}}};
    return rules;
}

World tell(bool breaks) {
    Maker make(breaks ? "withheld-reveal" : "dvp-three-ledgers");
    make.world.scenario.title =
        "A buyer's euro and a seller's shares change hands over three "
        "ledgers while a connector crashes";
    make.world.scenario.threats = {"T03", "T07"};
    const ActorId venue = make.node("venue");
    make.spec().venue = true;
    const ActorId buyer = make.node("buyer");
    make.spec().buyer = true;
    const ActorId connector = make.node("connector");
    make.spec().offers.push_back({"test.eur", "test.sek", 1, 1, 0, Amount{}});
    const ActorId seller = make.node("seller", breaks ? Behaviour::late : Behaviour::honest);
    make.spec().seller = true;
    const ActorId eur = make.ledger("test.eur", LedgerKind::cash, asset("EUR", 2));
    const ActorId sek = make.ledger("test.sek", LedgerKind::cash, asset("SEK", 2));
    const ActorId csd = make.ledger("test.csd", LedgerKind::securities, asset("SE0000108656", 0));
    make.fund(eur, buyer, 50'000'000);
    make.fund(sek, connector, 90'000'000);
    make.fund(csd, seller, 20'000);

    // TRD-1 settles
    const auto one = numbered<Condition>(101);
    make.after(Duration::seconds(2));
    make.message(one, venue, buyer, "terms TRD-1");
    make.message(one, venue, seller, "terms TRD-1");
    make.after_ms(3);
    make.message(one, buyer, connector, "quote_ask");
    make.after_ms(2);
    make.message(one, connector, buyer, "quote 1 104.20");
    make.message(one, buyer, seller, "accept TRD-1");
    make.after_ms(12);
    auto first = make.hop(eur, buyer, connector, one, Amount{110'420});
    first.terms.expiry = make.now + Duration::seconds(184);
    auto second = make.hop(sek, connector, seller, one, Amount{1'250'000});
    second.terms.expiry = make.now + Duration::seconds(118);
    auto third = make.hop(csd, seller, buyer, one, Amount{500});
    third.terms.expiry = make.now + Duration::seconds(52);
    make.move(MomentKind::escrow_prepared, first);
    make.message(one, buyer, connector, "hop_notice 1");
    make.after_ms(41);
    make.move(MomentKind::escrow_prepared, second);
    make.about(one, MomentKind::message_sent, connector, "hop_notice 2", seller);
    make.about(one, MomentKind::message_lost, connector, "hop_notice 2", seller);
    make.after_ms(400);
    make.message(one, connector, seller, "hop_notice 2, again");
    make.after_ms(25);
    make.move(MomentKind::escrow_prepared, third);
    make.message(one, seller, buyer, "hop_notice 3");
    make.after_ms(830);
    make.about(one, MomentKind::released, buyer, "TRD-1");
    make.after_ms(15);
    make.move(MomentKind::escrow_fulfilled, third);
    make.after_ms(4);
    make.say(MomentKind::fault, connector, "crash_at_point before the claim is recorded");
    make.say(MomentKind::crashed, connector, "killed");
    make.after_ms(35);
    make.move(MomentKind::escrow_fulfilled, second);
    make.about(one, MomentKind::state, seller, "TRD-1 settled");
    make.message(one, seller, connector, "preimage");
    make.after(Duration::seconds(14));
    make.say(MomentKind::fault_over, connector, "crash_at_point over");
    make.say(MomentKind::started, connector, "replayed 31 rows");
    make.after_ms(120);
    make.move(MomentKind::escrow_fulfilled, first);
    make.about(one, MomentKind::state, buyer, "TRD-1 settled");

    // TRD-2 unwinds: the seller's messages do not get through
    const auto two = numbered<Condition>(102);
    make.after(Duration::seconds(31));
    make.message(two, venue, buyer, "terms TRD-2");
    make.message(two, venue, seller, "terms TRD-2");
    make.after_ms(9);
    make.message(two, buyer, connector, "quote_ask");
    make.message(two, connector, buyer, "quote 1 008.33");
    auto fourth = make.hop(eur, buyer, connector, two, Amount{100'833});
    fourth.terms.expiry = make.now + Duration::seconds(140);
    auto fifth = make.hop(sek, connector, seller, two, Amount{1'141'500});
    fifth.terms.expiry = make.now + Duration::seconds(74);
    make.move(MomentKind::escrow_prepared, fourth);
    make.message(two, buyer, connector, "hop_notice 1");
    make.after_ms(38);
    make.move(MomentKind::escrow_prepared, fifth);
    make.say(MomentKind::fault, seller, "partition from its ledgers", csd);
    make.about(two, MomentKind::message_sent, seller, "hop_notice 3", buyer);
    if (breaks) {
        make.after(Duration::seconds(20));
        make.say(MomentKind::alarm, connector, "exposure above its limit");
        make.after_ms(2);
        make.say(MomentKind::violation, the_world,
                 "no_honest_loss: connector paid 11 415.00 SEK and was not paid on test.eur");
    }
    make.after(Duration::seconds(74));
    make.move(MomentKind::escrow_expired, fifth);
    make.after(Duration::seconds(1));
    make.say(MomentKind::fault_over, seller, "partition over", csd);
    make.after_ms(900);
    make.message(two, connector, buyer, "hop_reject withheld");
    make.move(MomentKind::escrow_rejected, fourth);
    make.about(two, MomentKind::state, buyer, "TRD-2 unwound");
    make.about(two, MomentKind::state, seller, "TRD-2 unwound");

    make.after(Duration::seconds(5));
    make.say(MomentKind::state, venue, "TRD-3 declined insufficient_cash");

    Outcome& outcome = make.world.outcome;
    outcome.seed = breaks ? 8812 : 42;
    outcome.settlements = 3;
    outcome.settled = 1;
    outcome.unwound = 1;
    outcome.declined = 1;
    outcome.reasons = {{"withheld", 1}, {"insufficient_cash", 1}};
    outcome.faults_hit = {{"crash_at_point", 1}, {"message_lost", 1}, {"partition", 1}};
    outcome.branches_hit = {{"replayed the journal", 1}, {"read events again from the cursor", 2}};
    outcome.rules = held_rules();
    if (breaks) {
        outcome.alarms = {{"exposure", 1}};
        outcome.rules[2].violations = {
            "0:01:08.452 connector paid 11 415.00 SEK on test.sek and was not paid on test.eur"};
    }
    return make.finish(Duration::seconds(300));
}

}  // namespace

World small() {
    return tell(false);
}
World broken() {
    return tell(true);
}

World long_chain(std::size_t hops) {
    Maker make("sixty-hops");
    make.world.scenario.title = "One payment crosses " + std::to_string(hops) + " ledgers";
    std::vector<ActorId> nodes;
    std::vector<ActorId> ledgers;
    for (std::size_t i = 0; i <= hops; ++i)
        nodes.push_back(make.node(i == 0      ? "sender"
                                  : i == hops ? "receiver"
                                              : "connector-" + std::to_string(i)));
    for (std::size_t i = 0; i < hops; ++i)
        ledgers.push_back(
            make.ledger("test.bank-" + std::to_string(i + 1), LedgerKind::cash, asset("EUR", 2)));
    for (std::size_t i = 0; i < hops; ++i)
        make.fund(ledgers[i], nodes[i], 100'000'000);
    const auto condition = numbered<Condition>(201);
    std::vector<Maker::Hop> chain;
    for (std::size_t i = 0; i < hops; ++i) {
        make.after_ms(30);
        auto hop = make.hop(ledgers[i], nodes[i], nodes[i + 1], condition,
                            Amount{1'000'000 + 150 * (hops - i)});
        hop.terms.expiry =
            start + Duration::seconds(360 + 42 * static_cast<std::int64_t>(hops - i));
        make.move(MomentKind::escrow_prepared, hop);
        make.message(condition, nodes[i], nodes[i + 1], "hop_notice", 12);
        chain.push_back(hop);
    }
    make.after_ms(5);
    make.about(condition, MomentKind::released, nodes[hops], "PAY-1");
    for (std::size_t i = hops; i-- > 0;) {
        make.after_ms(22);
        make.move(MomentKind::escrow_fulfilled, chain[i]);
        make.message(condition, nodes[i + 1], nodes[i], "preimage", 9);
    }
    make.about(condition, MomentKind::state, nodes[0], "PAY-1 settled");
    Outcome& outcome = make.world.outcome;
    outcome.seed = 60;
    outcome.settlements = outcome.settled = 1;
    outcome.rules = held_rules();
    return make.finish(hour);
}

World busy(std::size_t moments) {
    Maker make("swarm");
    make.world.scenario.title = "A day of trades over three ledgers with every kind of fault";
    std::vector<ActorId> nodes;
    for (const char* name :
         {"venue", "alba", "brio", "calm", "dune", "echo", "hub-north", "hub-south"})
        nodes.push_back(make.node(
            name, std::string_view(name) == "dune" ? Behaviour::withholder : Behaviour::honest));
    const ActorId eur = make.ledger("test.eur", LedgerKind::cash, asset("EUR", 2));
    const ActorId sek = make.ledger("test.sek", LedgerKind::cash, asset("SEK", 2));
    const ActorId csd = make.ledger("test.csd", LedgerKind::securities, asset("FI0009000681", 0));
    for (int i = 0; i < 4; ++i)
        make.world.trace.add_actor(
            {"test.csd/validator-" + std::to_string(i), ActorKind::validator, true});
    for (const ActorId node : nodes) {
        make.fund(eur, node, 900'000'000'000);
        make.fund(sek, node, 900'000'000'000);
        make.fund(csd, node, 9'000'000);
    }
    Outcome& outcome = make.world.outcome;
    std::uint64_t number = 0;
    while (make.world.trace.count() < moments) {
        ++number;
        const auto condition = numbered<Condition>(1'000 + number);
        const std::string reference = "TRD-" + std::to_string(number);
        const ActorId buyer = nodes[1 + number % 5];
        const ActorId seller = nodes[1 + (number + 1 + number % 3) % 5];
        const ActorId hub = nodes[6 + number % 2];
        make.after(Duration::seconds(40 + static_cast<std::int64_t>(number * 37 % 90)));
        make.after(Duration{125});
        make.message(condition, nodes[0], buyer, "terms " + reference);
        make.message(condition, nodes[0], seller, "terms " + reference);
        for (int i = 0; i < 6; ++i)
            make.message(condition, buyer, hub, "quote_ask " + std::to_string(i), 3);
        if (number % 7 == 0) {
            make.about(condition, MomentKind::message_sent, hub, "quote", buyer);
            make.about(condition, MomentKind::message_lost, hub, "quote", buyer);
            ++outcome.faults_hit["message_lost"];
        }
        auto first = make.hop(eur, buyer, hub, condition, Amount{100'000 + number * 131});
        first.terms.expiry = make.now + Duration::seconds(190);
        auto second = make.hop(sek, hub, seller, condition, Amount{1'000'000 + number * 1'700});
        second.terms.expiry = make.now + Duration::seconds(120);
        auto third = make.hop(csd, seller, buyer, condition, Amount{10 + number});
        third.terms.expiry = make.now + Duration::seconds(60);
        make.move(MomentKind::escrow_prepared, first);
        make.message(condition, buyer, hub, "hop_notice 1");
        make.move(MomentKind::escrow_prepared, second);
        make.message(condition, hub, seller, "hop_notice 2");
        const bool unwinds = number % 11 == 0;
        if (number % 13 == 0) {
            make.say(MomentKind::fault, hub, "crash");
            make.say(MomentKind::crashed, hub, "killed");
            ++outcome.faults_hit["crash"];
        }
        if (!unwinds) {
            make.move(MomentKind::escrow_prepared, third);
            make.after_ms(900);
            make.about(condition, MomentKind::released, buyer, reference);
            make.move(MomentKind::escrow_fulfilled, third);
            make.after_ms(20);
            make.move(MomentKind::escrow_fulfilled, second);
        }
        if (number % 13 == 0) {
            make.after(Duration::seconds(11));
            make.say(MomentKind::started, hub, "");
            make.say(MomentKind::fault_over, hub, "crash over");
        }
        if (unwinds) {
            make.after(Duration::seconds(119));
            make.move(MomentKind::escrow_expired, second);
            make.after(Duration::seconds(1));
            make.move(MomentKind::escrow_rejected, first);
        } else {
            make.after_ms(30);
            make.move(MomentKind::escrow_fulfilled, first);
        }
        make.about(condition, MomentKind::state, buyer,
                   reference + (unwinds ? " unwound" : " settled"));
        ++outcome.settlements;
        ++(unwinds ? outcome.unwound : outcome.settled);
    }
    outcome.reasons = {{"withheld", outcome.unwound}};
    outcome.dropped = 2;
    outcome.cheats_hit = {{"withheld an escrow", 17}};
    outcome.seed = 18'446'744'073'709'551'615ULL;
    outcome.rules = held_rules();
    return make.finish(hour * 24);
}

World hostile() {
    const std::string attack = "</script><img src=x onerror=\"window.pwned=1\">&amp;'\"<!--";
    Maker make(attack);
    make.world.scenario.title = "title " + attack;
    make.world.scenario.threats = {attack};
    const ActorId node = make.node("node " + attack);
    const ActorId other = make.node("other " + attack);
    const ActorId ledger = make.ledger("ledger " + attack, LedgerKind::cash, asset("EUR", 2));
    const auto condition = numbered<Condition>(301);
    make.message(condition, node, other, "message " + attack);
    auto hop = make.hop(ledger, node, other, condition, Amount{100});
    hop.terms.expiry = make.now + hour;
    make.move(MomentKind::escrow_prepared, hop);
    make.say(MomentKind::fault, node, "fault " + attack);
    make.after_ms(10);
    make.say(MomentKind::fault_over, node, "fault over");
    make.say(MomentKind::violation, the_world, "rule " + attack);
    make.about(condition, MomentKind::state, node, attack + " settled " + attack);
    Outcome& outcome = make.world.outcome;
    outcome.settlements = 1;
    outcome.reasons = {{attack, 1}};
    outcome.faults_hit = {{attack, 1}};
    outcome.rules = {{attack, "meaning " + attack, 1, {"violation " + attack}}};
    return make.finish(hour);
}

}  // namespace lockstep::sim::made
