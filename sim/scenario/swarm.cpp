#include "sim/scenario/swarm.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "routing/path.h"
#include "sdk/base/assert.h"
#include "sim/scenario/catalogue.h"
#include "sim/scenario/chain_profile.h"
#include "sim/scenario/routes.h"
#include "sim/world/rng.h"

namespace lockstep::sim {
namespace {

// A cash ledger and what a whole unit is worth, in hundredths of a krona. Scales differ on purpose.
struct Currency {
    std::string_view ledger;
    std::string_view code;
    std::uint8_t scale;
    std::uint64_t worth;
};
constexpr std::array<Currency, 8> currencies{{{"test.sek", "SEK", 2, 100},
                                              {"test.eur", "EUR", 2, 1'125},
                                              {"test.usd", "USD", 2, 1'040},
                                              {"test.jpy", "JPY", 0, 7},
                                              {"test.kwd", "KWD", 3, 3'390},
                                              {"test.xbt", "XBT", 8, 95'000'000},
                                              {"test.xau", "XAU", 9, 90'000},
                                              {"test.clf", "CLF", 4, 40'000}}};
// On a chain of its own.
constexpr Currency chain_coin{"test.btc", "BTC", 8, 95'000'000};
// One world in so many has it: it costs as much as several others.
constexpr std::uint64_t bitcoin_worlds = 32;
// A day costs as much as four worlds of minutes.
constexpr std::uint64_t day_worlds = 32;
constexpr std::array<std::string_view, 2> depositories{"test.csd", "test.csd2"};
constexpr std::array<std::string_view, 5> shares{"SE0000108656", "SE0000115446", "SE0000148884",
                                                 "FI0009000681", "SE0017486889"};
// Ample, and far below where a sum over all accounts of an asset overflows.
constexpr Amount ample{100'000'000'000'000};
constexpr Amount many_bitcoin{200 * 100'000'000ULL};
constexpr Amount many_shares{1'000'000'000};
constexpr std::uint32_t least_load_of_a_day = 200;

const Currency& currency_of(const LedgerSpec& ledger) {
    for (const Currency& each : currencies)
        if (each.ledger == ledger.name) return each;
    ASSERT(ledger.name == chain_coin.ledger);
    return chain_coin;
}

class Draw {
public:
    Draw(std::uint64_t seed, const SwarmSpec& spec)
        : seed_(seed), spec_(spec), rng_(Rng(seed).fork("swarm")) {}

    Scenario draw() {
        day_ = spec_.length == SwarmLength::both ? rng_.below(day_worlds) == 0
                                                 : spec_.length == SwarmLength::day;
        draw_bitcoin();
        world_.name = "swarm";
        world_.title =
            std::string(day_ ? "A day" : "Minutes") + " drawn from seed " + std::to_string(seed_);
        world_.length = Duration::seconds(day_               ? 86'400
                                          : bitcoin_.empty() ? whole(180, 720)
                                                             : whole(600, 1'200));
        world_.real_signatures = seed_ % 100 == 7;
        world_.real_store = seed_ % 100 == 57;
        draw_ledgers();
        draw_connectors();
        if (trades_) draw_traders();
        if (payments_) draw_payers();
        if (trades_ && payments_) mix_roles();
        draw_load();
        draw_endurance();
        if (spec_.cheats) draw_cheats();
        if (spec_.faults) draw_faults();
        return std::move(world_);
    }

private:
    bool coin() { return rng_.below(2) == 0; }
    bool percent(std::uint32_t p) { return rng_.chance_ppm(p * 10'000); }
    std::int64_t whole(std::uint64_t low, std::uint64_t high) {
        return static_cast<std::int64_t>(rng_.between(low, high));
    }
    std::uint32_t count(std::uint64_t low, std::uint64_t high) {
        return static_cast<std::uint32_t>(rng_.between(low, high));
    }
    template <class Items>
    const auto& one_of(const Items& items) {
        return items[static_cast<std::size_t>(rng_.below(items.size()))];
    }
    template <class Item>
    void shuffle(std::vector<Item>& items) {
        for (std::size_t i = items.size(); i > 1; --i)
            std::swap(items[i - 1], items[static_cast<std::size_t>(rng_.below(i))]);
    }

    // --- ledgers ----------------------------------------------------------------------------
    // With chance of its own, so that worlds without it do not change.
    void draw_bitcoin() {
        const bool drawn = Rng(seed_).fork("bitcoin").below(bitcoin_worlds) == 0;
        if (spec_.length == SwarmLength::day || spec_.bitcoin == SwarmBitcoin::never ||
            (spec_.bitcoin == SwarmBitcoin::some && !drawn))
            return;
        bitcoin_ = chain_coin.ledger;
        day_ = false;
    }

    LedgerSpec draw_chain() {
        constexpr std::array<std::int64_t, 4> intervals{10, 10, 15, 20};
        constexpr std::array<std::int64_t, 4> depths{2, 3, 3, 4};
        LedgerSpec ledger;
        ledger.name = chain_coin.ledger;
        ledger.kind = LedgerKind::bitcoin;
        ledger.assets.push_back(*AssetId::make(chain_coin.code, chain_coin.scale));
        ChainSpec& chain = ledger.chain;
        chain.interval = Duration::seconds(one_of(intervals));
        chain.regular = percent(25);
        chain.depth = one_of(depths);
        chain.reorg = percent(80) ? chain.depth - 1 : 0;
        chain.congestion = whole(1, 2);
        if (coin()) chain.stamp_error = chain.interval * whole(1, 3);
        chain.coins = count(6, 16);
        ledger.beat = chain.interval;  // nodes that ask more often cost more than all else
        ledger.profile = profile_of(chain, ledger.beat);
        return ledger;
    }

    void draw_ledgers() {
        // Where there is a chain, escrows stand long, and a few ledgers do.
        const std::uint32_t most =
            bitcoin_.empty() ? spec_.most_ledgers
                             : std::max(spec_.least_ledgers, std::min(spec_.most_ledgers, 4U));
        const std::uint32_t all = count(spec_.least_ledgers, most);
        trades_ = all >= 3 && percent(80);
        payments_ = !trades_ || percent(70);
        const std::size_t depository_count = !trades_ ? 0 : all >= 5 && percent(25) ? 2 : 1;
        std::vector<Currency> pool(currencies.begin(), currencies.end());
        shuffle(pool);
        for (std::size_t i = 0; i < depository_count; ++i) {
            LedgerSpec ledger;
            ledger.name = depositories[i];
            ledger.kind = LedgerKind::securities;
            const std::uint64_t share_count = rng_.between(1, 3);
            // A share is at home on one ledger.
            for (std::size_t s = i; s < shares.size() && ledger.assets.size() < share_count;
                 s += depository_count)
                ledger.assets.push_back(*AssetId::make(shares[s], 0));
            ledger.validators = count(4, 5);
            draw_times(ledger);
            world_.ledgers.push_back(std::move(ledger));
        }
        if (!bitcoin_.empty()) {
            cash_.push_back(bitcoin_);
            world_.ledgers.push_back(draw_chain());
        }
        for (std::size_t i = cash_.size(); i < all - depository_count; ++i) {
            LedgerSpec ledger;
            ledger.name = pool[i].ledger;
            ledger.assets.push_back(*AssetId::make(pool[i].code, pool[i].scale));
            draw_times(ledger);
            cash_.push_back(ledger.name);
            world_.ledgers.push_back(std::move(ledger));
        }
    }

    // A quiet ledger of a day says rarely that it is alive, so that a day costs little.
    void draw_times(LedgerSpec& ledger) {
        constexpr std::array<std::int64_t, 6> fast{1, 1, 1, 2, 3, 5};
        constexpr std::array<std::int64_t, 7> slow{1, 2, 5, 20, 60, 120, 300};
        constexpr std::array<std::int64_t, 4> clock_ms{250, 1'000, 1'000, 2'000};
        constexpr std::array<std::int64_t, 3> finality_ms{0, 0, 500};
        constexpr std::array<std::int64_t, 5> block_ms{500, 1'000, 1'000, 2'000, 2'000};
        TimingProfile& p = ledger.profile;
        p.inclusion = Duration::seconds(day_ ? one_of(slow) : one_of(fast));
        p.finality = Duration::milliseconds(one_of(finality_ms));
        p.late = Duration::milliseconds(one_of(clock_ms));
        p.early = Duration::milliseconds(one_of(clock_ms));
        ledger.beat = Duration::seconds(bitcoin_.empty() ? 1 : 5);
        if (day_) ledger.beat = std::max(Duration::seconds(300), p.inclusion);
        if (ledger.kind != LedgerKind::securities) return;
        p.block = day_ ? ledger.beat : Duration::milliseconds(one_of(block_ms));
        ledger.beat = std::max(ledger.beat, p.block);
    }

    // --- connectors -------------------------------------------------------------------------
    void draw_connectors() {
        const std::uint32_t most = bitcoin_.empty() ? spec_.most_connectors
                                                    : std::max(spec_.least_connectors,
                                                               std::min(spec_.most_connectors, 3U));
        const std::uint32_t connectors = count(spec_.least_connectors, most);
        const bool chain = connectors + 1 >= cash_.size() && percent(60);
        std::vector<std::vector<std::string>> reach(connectors);
        for (std::size_t i = 0; i < connectors; ++i) {
            // In a chain each neighbouring pair has a connector of its own; the rest comes on top.
            const std::size_t first = chain ? i % (cash_.size() - 1) : i % cash_.size();
            reach[i] = {cash_[first], cash_[(first + 1) % cash_.size()]};
            if (chain) continue;
            for (const std::string& ledger : cash_)
                if (std::find(reach[i].begin(), reach[i].end(), ledger) == reach[i].end() &&
                    percent(30))
                    reach[i].push_back(ledger);
        }
        for (const std::string& ledger : cash_) {
            const auto reaches = [&](const std::vector<std::string>& of) {
                return std::find(of.begin(), of.end(), ledger) != of.end();
            };
            if (std::none_of(reach.begin(), reach.end(), reaches)) reach[0].push_back(ledger);
        }
        for (std::size_t i = 0; i < connectors; ++i)
            add_connector("connector" + std::to_string(i + 1), reach[i]);
    }

    void add_connector(const std::string& name, const std::vector<std::string>& reach) {
        NodeSpec node;
        node.name = name;
        for (const std::string& ledger : reach) {
            const Amount poor{rng_.between(1'000, 1'000'000)};
            node.accounts.push_back({ledger, find_ledger(world_, ledger)->assets.front(),
                                     percent(8) ? poor : ample_on(ledger)});
        }
        for (std::size_t a = 0; a < reach.size(); ++a)
            for (std::size_t b = 0; b < reach.size(); ++b)
                if (a != b && (a + b == 1 || percent(80)))
                    node.offers.push_back(draw_offer(reach[a], reach[b]));
        world_.nodes.push_back(std::move(node));
    }

    OfferSpec draw_offer(const std::string& from, const std::string& to) {
        constexpr std::array<std::uint32_t, 5> spreads{0, 0, 500, 1'500, 5'000};
        const Currency& in = currency_of(*find_ledger(world_, from));
        const Currency& out = currency_of(*find_ledger(world_, to));
        const unsigned common = std::min(in.scale, out.scale);
        std::uint64_t num = out.worth * rng_.between(995, 1'005);
        std::uint64_t den = in.worth * 1'000;
        for (unsigned i = common; i < in.scale; ++i)
            num *= 10;
        for (unsigned i = common; i < out.scale; ++i)
            den *= 10;
        const std::uint64_t shared = std::gcd(num, den);
        num /= shared;
        den /= shared;
        while (num > routing::max_rate_term || den > routing::max_rate_term) {
            num = std::max<std::uint64_t>(1, num / 2);
            den = std::max<std::uint64_t>(1, den / 2);
        }
        OfferSpec offer;
        offer.in_ledger = from;
        offer.out_ledger = to;
        offer.rate_num = num;
        offer.rate_den = den;
        offer.spread_ppm = one_of(spreads);
        if (percent(30)) offer.fixed_fee = Amount{rng_.between(1, 50)};
        return offer;
    }

    // --- parties ----------------------------------------------------------------------------
    struct Way {
        std::string from;
        std::string to;
        std::size_t connectors = 0;
    };
    std::vector<Way> ways(bool same_ledger) const {
        std::vector<Way> found;
        for (const std::string& from : cash_)
            for (const std::string& to : cash_) {
                if (from == to && !same_ledger) continue;
                const auto route = find_route(world_, from, to, {});
                if (route) found.push_back({from, to, route->size()});
            }
        ASSERT(!found.empty());  // the first connector leads both ways between its first ledgers
        return found;
    }
    // The longer of two, so that long routes are as frequent as short ones.
    const Way& longer(const std::vector<Way>& all) {
        const Way& a = one_of(all);
        const Way& b = one_of(all);
        return a.connectors >= b.connectors ? a : b;
    }

    Amount ample_on(const std::string& ledger) const {
        return ledger == bitcoin_ ? many_bitcoin : ample;
    }
    AccountSpec cash_account(const std::string& ledger, Amount balance) const {
        return {ledger, find_ledger(world_, ledger)->assets.front(), balance};
    }

    void draw_traders() {
        NodeSpec venue;
        venue.name = "venue";
        venue.venue = true;
        world_.nodes.push_back(venue);
        const std::vector<Way> all = ways(true);
        const std::string paid_at = longer(all).to;
        std::vector<Way> here;
        for (const Way& way : all)
            if (way.to == paid_at) here.push_back(way);
        // All hold every share of the first depository, so that each can trade with each; some hold
        // the others too.
        const std::uint32_t sellers = count(1, 3);
        for (std::uint32_t i = 0; i < sellers; ++i) {
            NodeSpec node;
            node.name = "seller" + std::to_string(i + 1);
            node.seller = true;
            node.accounts.push_back(cash_account(paid_at, Amount{}));
            hold_shares(node, percent(10) ? Amount{10} : many_shares);
            world_.nodes.push_back(std::move(node));
        }
        const std::uint32_t buyers = count(1, 3);
        for (std::uint32_t i = 0; i < buyers; ++i) {
            NodeSpec node;
            node.name = "buyer" + std::to_string(i + 1);
            node.buyer = true;
            const Amount poor{rng_.between(1, 10'000)};
            // One after the other: in which order arguments are evaluated is the compiler's choice.
            const bool is_poor = percent(10);
            const Way& way = longer(here);
            node.accounts.push_back(cash_account(way.from, is_poor ? poor : ample_on(way.from)));
            hold_shares(node, Amount{});
            world_.nodes.push_back(std::move(node));
        }
    }

    void hold_shares(NodeSpec& node, Amount balance) {
        bool first = true;
        for (const LedgerSpec& ledger : world_.ledgers) {
            if (ledger.kind != LedgerKind::securities) continue;
            if (first || coin())
                for (const AssetId& asset : ledger.assets)
                    node.accounts.push_back({ledger.name, asset, balance});
            first = false;
        }
    }

    void draw_payers() {
        const std::vector<Way> all = ways(false);
        const std::uint32_t pairs = count(1, 2);
        for (std::uint32_t i = 0; i < pairs; ++i) {
            const Way& way = longer(all);
            NodeSpec payer;
            payer.name = "payer" + std::to_string(i + 1);
            payer.payer = true;
            payer.accounts.push_back(cash_account(way.from, ample_on(way.from)));
            world_.nodes.push_back(std::move(payer));
            NodeSpec payee;
            payee.name = "payee" + std::to_string(i + 1);
            payee.payee = true;
            payee.accounts.push_back(cash_account(way.to, Amount{}));
            world_.nodes.push_back(std::move(payee));
        }
    }

    // Some buyers pay and some sellers are paid beside their trades, where a way leads there.
    void mix_roles() {
        for (std::size_t i = 0; i < world_.nodes.size(); ++i) {
            NodeSpec& node = world_.nodes[i];
            if ((!node.buyer && !node.seller) || !percent(30)) continue;
            (node.buyer ? node.payer : node.payee) = true;
            const std::vector<PaymentPair> pairs = payment_pairs(world_);
            if (std::any_of(pairs.begin(), pairs.end(), [&](const PaymentPair& pair) {
                    return node.buyer ? pair.payer == i : pair.payee == i;
                }))
                continue;
            (node.buyer ? node.payer : node.payee) = false;
        }
    }

    void draw_load() {
        constexpr std::array<std::uint32_t, 5> bursts{1, 1, 1, 5, 20};
        LoadSpec& load = world_.load;
        const std::uint32_t all = day_ ? count(least_load_of_a_day, least_load_of_a_day + 100)
                                       : count(5, bitcoin_.empty() ? 40 : 25);
        if (trades_ && payments_)
            load.trades = count(all / 3, all * 2 / 3);
        else if (trades_)
            load.trades = all;
        load.payments = all - load.trades;
        load.burst = std::min(all, one_of(bursts));
        load.from = Duration::seconds(day_ ? 60 : 2);
        load.until = day_ ? world_.length : Duration{world_.length.us() / 4 * 3};
    }

    // An outage is at least as long as a silence that only the next beats make noticeable.
    void draw_endurance() {
        for (NodeSpec& node : world_.nodes) {
            Duration beat = Duration::seconds(day_ ? 300 : 1);
            for (const AccountSpec& account : node.accounts)
                beat = std::max(beat, find_ledger(world_, account.ledger)->beat);
            node.endurance.outage = beat * whole(2, 4);
            node.endurance.outages = count(1, bitcoin_.empty() ? 3 : 2);
            if (std::any_of(node.accounts.begin(), node.accounts.end(),
                            [&](const AccountSpec& account) {
                                const auto& told = find_ledger(world_, account.ledger)->profile;
                                return told.rollback > Duration{};
                            }))
                node.endurance.rollbacks = count(1, 2);
        }
    }

    // --- cheats -----------------------------------------------------------------------------
    void draw_cheats() {
        const std::uint64_t most = world_.nodes.size() / 3;
        if (most == 0 || coin()) return;
        const std::uint64_t cheats = rng_.between(1, most);
        std::vector<std::size_t> places(world_.nodes.size());
        std::iota(places.begin(), places.end(), std::size_t{0});
        shuffle(places);
        std::uint64_t drawn = 0;
        if (cheats >= 2 && percent(25)) drawn += draw_colluders(places);
        for (const std::size_t place : places) {
            if (drawn >= cheats) return;
            NodeSpec& node = world_.nodes[place];
            if (node.behaviour != Behaviour::honest) continue;
            const std::vector<Behaviour> able = able_to(node);
            node.behaviour = one_of(able);
            if (node.behaviour == Behaviour::leaking_venue) node.partner = drawn_trader();
            ++drawn;
        }
    }

    std::uint64_t draw_colluders(const std::vector<std::size_t>& places) {
        std::vector<std::size_t> pair;
        for (const std::size_t place : places)
            if (!world_.nodes[place].offers.empty() && pair.size() < 2) pair.push_back(place);
        if (pair.size() < 2) return 0;
        for (std::size_t i = 0; i < 2; ++i) {
            world_.nodes[pair[i]].behaviour = Behaviour::colluder;
            world_.nodes[pair[i]].partner = world_.nodes[pair[1 - i]].name;
        }
        return 2;
    }

    static std::vector<Behaviour> able_to(const NodeSpec& node) {
        std::vector<Behaviour> able;
        const Roles roles = roles_of(node);
        bool two_assets = false;
        for (const AccountSpec& a : node.accounts)
            for (const AccountSpec& b : node.accounts)
                two_assets = two_assets || (a.ledger == b.ledger && a.asset != b.asset);
        for (const BehaviourEntry& each : behaviours()) {
            if (each.behaviour == Behaviour::honest || each.behaviour == Behaviour::colluder)
                continue;
            if (each.behaviour == Behaviour::wrong_asset && !two_assets) continue;
            if (overlap(each.roles, roles)) able.push_back(each.behaviour);
        }
        return able;
    }

    std::string drawn_trader() {
        std::vector<std::string> traders;
        for (const NodeSpec& node : world_.nodes)
            if (node.buyer || node.seller) traders.push_back(node.name);
        return one_of(traders);
    }

    // --- faults -----------------------------------------------------------------------------
    bool can_roll_back() const {
        const LedgerSpec* ledger = find_ledger(world_, bitcoin_);
        return ledger != nullptr && ledger->profile.rollback > Duration{};
    }

    // A random half of the kinds, so that they do not mask each other.
    void draw_faults() {
        std::vector<FaultEntry> pool;
        for (const FaultEntry& each : faults()) {
            if (each.limit == FaultLimit::beyond) continue;
            if (each.target == FaultTarget::bitcoin_ledger && bitcoin_.empty()) continue;
            if (each.limit == FaultLimit::rollback && !can_roll_back()) continue;
            if (each.target == FaultTarget::securities_ledger && !trades_) continue;
            pool.push_back(each);
        }
        shuffle(pool);
        pool.resize(pool.size() / 2);
        for (const FaultEntry& each : pool)
            world_.faults.push_back(draw_fault(each));
    }

    FaultSpec draw_fault(const FaultEntry& kind) {
        constexpr std::array<std::uint32_t, 3> per_hour_of_day{1, 1, 2};
        constexpr std::array<std::uint32_t, 3> per_hour_of_minutes{20, 60, 120};
        constexpr std::array<std::uint32_t, 3> ppm{1'000, 10'000, 50'000};
        FaultSpec fault;
        fault.kind = kind.kind;
        if (kind.timing == FaultTiming::message)
            fault.ppm = one_of(ppm);
        else
            fault.per_hour = day_ ? one_of(per_hour_of_day) : one_of(per_hour_of_minutes);
        if (coin()) fault.target = draw_target(kind);  // else another one each time
        return fault;
    }

    std::string draw_target(const FaultEntry& kind) {
        std::vector<std::string> able;
        for (const NodeSpec& node : world_.nodes)
            if ((kind.target == FaultTarget::node || kind.target == FaultTarget::any) &&
                (kind.kind != FaultKind::rate_jump || !node.offers.empty()))
                able.push_back(node.name);
        for (const LedgerSpec& ledger : world_.ledgers)
            if (kind.target == FaultTarget::ledger || kind.target == FaultTarget::any ||
                (kind.target == FaultTarget::securities_ledger &&
                 ledger.kind == LedgerKind::securities) ||
                (kind.target == FaultTarget::bitcoin_ledger && ledger.name == bitcoin_))
                able.push_back(ledger.name);
        return one_of(able);
    }

    std::uint64_t seed_;
    const SwarmSpec& spec_;
    Rng rng_;
    Scenario world_;
    bool day_ = false;
    bool trades_ = false;
    bool payments_ = false;
    std::vector<std::string> cash_;  // ledgers of money, the Bitcoin one too
    std::string bitcoin_;            // that one, where there is one
};

}  // namespace

Scenario draw_swarm(std::uint64_t seed, const SwarmSpec& spec) {
    return Draw(seed, spec).draw();
}

}  // namespace lockstep::sim
