#include "sim/scenario/read.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "sim/scenario/catalogue.h"
#include "sim/scenario/chain_profile.h"
#include "sim/scenario/check.h"
#include "sim/scenario/routes.h"
#include "sim/scenario/section.h"
#include "sim/scenario/text.h"

namespace lockstep::sim {
namespace {

constexpr std::uintmax_t max_file_octets = 1 << 20;
constexpr std::string_view an_asset = "an asset such as \"SEK/2\": code and scale";

class Reader {
public:
    explicit Reader(Section& root) : root_(root) {}

    Scenario read() {
        scenario_.title = root_.text("title", "a sentence that says what happens");
        scenario_.threats = root_.texts("threats", "threats such as \"T07\"");
        const std::string draw = root_.text("draw", "\"swarm\"", "");
        const bool drawn = draw == "swarm";
        if (drawn) read_swarm();
        if (!drawn && !draw.empty()) root_.mistake("draw", "expected \"swarm\"");
        scenario_.real_signatures = root_.flag("real_signatures", false);
        scenario_.real_store = root_.flag("real_store", false);
        if (!drawn) {
            scenario_.length = root_.duration("length", default_length);
            scenario_.unsafe = root_.flag("unsafe", false);
            root_.table("profile",
                        [&](Section& s) { profile_ = read_profile(s, default_profile); });
            root_.table("endurance",
                        [&](Section& s) { endurance_ = read_endurance(s, default_endurance); });
            root_.tables("ledger", [&](Section& s) { read_ledger(s); });
            root_.tables("node", [&](Section& s) { read_node(s); });
            root_.table("load", [&](Section& s) { read_load(s); });
            root_.tables("fault", [&](Section& s) { read_fault(s); });
        }
        root_.tables("expect", [&](Section& s) { read_expectation(s); });
        return std::move(scenario_);
    }

private:
    void read_swarm() {
        SwarmSpec& swarm = scenario_.swarm.emplace();
        root_.table("swarm", [&](Section& s) {
            swarm.length = static_cast<SwarmLength>(
                1 + s.choice("length", {"both", "day", "minutes"}, std::size_t{0}));
            swarm.least_ledgers = s.count("least_ledgers", {2, max_swarm_ledgers}, 2);
            swarm.most_ledgers = s.count("most_ledgers", {2, max_swarm_ledgers}, 6);
            swarm.least_connectors = s.count("least_connectors", {1, max_swarm_connectors}, 1);
            swarm.most_connectors = s.count("most_connectors", {1, max_swarm_connectors}, 5);
            swarm.bitcoin = static_cast<SwarmBitcoin>(
                1 + s.choice("bitcoin", {"some", "always", "never"}, std::size_t{0}));
            swarm.cheats = s.flag("cheats", true);
            swarm.faults = s.flag("faults", true);
        });
    }

    static TimingProfile read_profile(Section& s, const TimingProfile& otherwise) {
        TimingProfile profile;
        profile.inclusion = s.duration("inclusion", otherwise.inclusion);
        profile.finality = s.duration("finality", otherwise.finality);
        profile.rollback = s.duration("rollback", otherwise.rollback);
        profile.late = s.duration("late", otherwise.late);
        profile.early = s.duration("early", otherwise.early);
        profile.block = s.duration("block", otherwise.block);
        return profile;
    }

    static ChainSpec read_chain(Section& s) {
        ChainSpec chain;
        chain.interval = s.duration("interval", chain.interval);
        chain.regular = s.flag("regular", chain.regular);
        chain.depth = s.count("depth", {1, 100}, static_cast<std::uint32_t>(chain.depth));
        chain.reorg = s.count("reorg", {0, 100}, static_cast<std::uint32_t>(chain.depth - 1));
        chain.congestion =
            s.count("congestion", {0, 100}, static_cast<std::uint32_t>(chain.congestion));
        chain.stamp_error = s.duration("stamp_error", chain.stamp_error);
        chain.coins = s.count("coins", {1, 100}, chain.coins);
        chain.room = s.count("room", {0, 1'000'000}, chain.room);
        chain.max_fee =
            s.count("max_fee", {2'000, 20'000'000}, static_cast<std::uint32_t>(chain.max_fee));
        return chain;
    }

    static core::Endurance read_endurance(Section& s, const core::Endurance& otherwise) {
        core::Endurance endurance;
        endurance.outage = s.duration("outage", otherwise.outage);
        endurance.outages = s.count("outages", {0, 100}, otherwise.outages);
        endurance.rollbacks = s.count("rollbacks", {0, 100}, otherwise.rollbacks);
        return endurance;
    }

    std::optional<AssetId> read_asset(Section& s, std::string_view key, std::string_view text) {
        auto asset = parse_asset(text);
        if (!asset) s.mistake(key, "expected " + std::string(an_asset));
        return asset;
    }

    void read_ledger(Section& s) {
        LedgerSpec ledger;
        ledger.name = s.text("name", "an Interledger address such as \"test.sek\"");
        ledger.kind = ledger_kinds()[s.choice("kind", names(ledger_kinds()), std::size_t{0})].kind;
        const bool securities = ledger.kind == LedgerKind::securities;
        if (!s.has("assets")) s.mistake("assets", "is missing; expected a list of assets");
        for (const std::string& text : s.texts("assets", "assets such as \"SEK/2\""))
            if (auto asset = read_asset(s, "assets", text)) ledger.assets.push_back(*asset);
        TimingProfile profile = profile_;
        if (securities && profile.block == Duration{}) profile.block = default_block;
        Duration beat = default_beat;
        if (ledger.kind == LedgerKind::bitcoin) {
            s.table("chain", [&](Section& own) { ledger.chain = read_chain(own); });
            beat = Duration{ledger.chain.interval.us() / 2};
        }
        ledger.beat = s.duration("beat", beat);
        if (ledger.kind == LedgerKind::bitcoin) profile = profile_of(ledger.chain, ledger.beat);
        s.table("profile", [&](Section& own) { ledger.profile = read_profile(own, profile); });
        if (securities) ledger.validators = s.count("validators", {1, max_validators}, 4);
        ledger.foreign_hash = s.flag("foreign_hash", false);
        scenario_.ledgers.push_back(std::move(ledger));
    }

    // The asset may be left out where the ledger has one only.
    AssetId read_account_asset(Section& s, const std::string& ledger_name) {
        const LedgerSpec* ledger = find_ledger(scenario_, ledger_name);
        const bool single = ledger != nullptr && ledger->assets.size() == 1;
        const std::string text =
            s.text("asset", an_asset,
                   single ? std::optional(format_asset(ledger->assets.front())) : std::nullopt);
        if (text.empty()) return {};
        return read_asset(s, "asset", text).value_or(AssetId{});
    }

    static Amount read_amount(Section& s, std::string_view key, const AssetId& asset) {
        const std::string expected = "an amount such as \"1000\" with at most " +
                                     std::to_string(asset.scale()) + " decimals";
        const auto amount = parse_amount(s.text(key, expected, "0"), asset.scale());
        if (!amount) s.mistake(key, "expected " + expected);
        return amount.value_or(Amount{});
    }

    AccountSpec read_account(Section& s) {
        AccountSpec account;
        account.ledger = s.text("ledger", "the name of a ledger");
        account.asset = read_account_asset(s, account.ledger);
        account.balance = read_amount(s, "balance", account.asset);
        return account;
    }

    // Scales are those of the ledgers; what is no ledger is found later.
    AssetId asset_of(const std::string& ledger_name) const {
        const LedgerSpec* ledger = find_ledger(scenario_, ledger_name);
        return ledger == nullptr || ledger->assets.empty() ? AssetId{} : ledger->assets.front();
    }

    OfferSpec read_offer(Section& s) {
        OfferSpec offer;
        offer.in_ledger = s.text("from", "the ledger where this connector is paid");
        offer.out_ledger = s.text("to", "the ledger where this connector pays");
        const AssetId in = asset_of(offer.in_ledger);
        const auto rate = parse_rate(s.text("rate", "a rate", "1"), in.scale(),
                                     asset_of(offer.out_ledger).scale());
        if (!rate)
            s.mistake(
                "rate",
                "expected what one unit of the outgoing asset costs in the incoming one, such "
                "as \"0.0893\", or a ratio of smallest units, such as \"893/10000\"; each term "
                "at most 2^40");
        offer.rate_num = rate ? rate->num : 1;
        offer.rate_den = rate ? rate->den : 1;
        offer.spread_ppm = s.count("spread_ppm", {0, 500'000}, 0);
        offer.fixed_fee = read_amount(s, "fixed_fee", in);
        return offer;
    }

    void read_roles(Section& s, NodeSpec& node) {
        static const std::vector<std::string> roles{"venue", "buyer", "seller", "payer", "payee"};
        for (const std::string& role : s.texts("roles", "roles: " + join(roles))) {
            if (std::find(roles.begin(), roles.end(), role) == roles.end())
                s.mistake("roles", "expected a list of " + join(roles) +
                                       "; a node with offers is a connector");
            node.venue = node.venue || role == "venue";
            node.buyer = node.buyer || role == "buyer";
            node.seller = node.seller || role == "seller";
            node.payer = node.payer || role == "payer";
            node.payee = node.payee || role == "payee";
        }
    }

    void read_node(Section& s) {
        NodeSpec node;
        node.name = s.text("name", "a name of letters, digits, '-' and '_'");
        node.behaviour =
            behaviours()[s.choice("behaviour", names(behaviours()), std::size_t{0})].behaviour;
        read_roles(s, node);
        s.tables("accounts", [&](Section& a) { node.accounts.push_back(read_account(a)); });
        s.tables("offers", [&](Section& o) { node.offers.push_back(read_offer(o)); });
        core::Endurance endurance = endurance_;
        for (const AccountSpec& account : node.accounts) {
            const LedgerSpec* ledger = find_ledger(scenario_, account.ledger);
            if (ledger != nullptr && ledger->profile.rollback > Duration{} &&
                endurance.rollbacks == 0)
                endurance.rollbacks = 1;
        }
        s.table("endurance",
                [&](Section& own) { node.endurance = read_endurance(own, endurance); });
        node.peer_slots = s.count("peer_slots", {1, 1'000'000}, node.peer_slots);
        node.peer_share_ppm = s.count("peer_share_ppm", {1, 1'000'000}, node.peer_share_ppm);
        node.partner = s.text("partner", "the name of another node", "");
        scenario_.nodes.push_back(std::move(node));
    }

    void read_load(Section& s) {
        LoadSpec& load = scenario_.load;
        load.trades = s.count("trades", {0, max_load}, 0);
        load.payments = s.count("payments", {0, max_load}, 0);
        load.from = s.duration("from", default_from);
        load.until = s.duration("until", scenario_.length);
        load.burst = s.count("burst", {1, max_load}, 1);
    }

    void read_fault(Section& s) {
        FaultSpec fault;
        fault.kind = faults()[s.choice("kind", names(faults()))].kind;
        fault.target = s.text("target", "the name of a node or a ledger", "");
        fault.per_hour = s.count("per_hour", {1, 36'000}, 0);
        fault.at = s.optional_duration("at", false);
        fault.ppm = s.count("ppm", {1, 1'000'000}, 0);
        fault.lasts = s.optional_duration("lasts", false);
        fault.by = s.optional_duration("by", true);
        scenario_.faults.push_back(std::move(fault));
    }

    void read_expectation(Section& s) {
        const std::string text = s.text("that", "an expectation such as \"settled >= 10\"");
        if (text.empty()) return;
        auto expectation = parse_expectation(text);
        if (!expectation)
            return s.mistake("that",
                             "expected \"WHAT RELATION NUMBER\" with one of =, >=, <=, such as "
                             "\"settled >= 10\"");
        scenario_.expect.push_back(std::move(*expectation));
    }

    Section& root_;
    Scenario scenario_;
    TimingProfile profile_;
    core::Endurance endurance_;
};

}  // namespace

Result<Scenario, std::vector<Mistake>> parse_scenario(std::string_view text,
                                                      const std::string& file) {
    const auto tree = parse_toml(text, file);
    if (!tree) return tl::unexpected<std::vector<Mistake>>({tree.error()});
    Reading reading(file);
    Scenario scenario;
    {
        Section root(*tree, "", reading);
        scenario = Reader(root).read();
    }
    scenario.name = std::filesystem::path(file).stem().string();
    for (Problem& problem : check_scenario(scenario))
        if (!reading.wrong_below(problem.path))
            reading.mistake(problem.path, std::move(problem.what));
    if (reading.sound()) return scenario;
    return tl::unexpected<std::vector<Mistake>>(reading.take());
}

Result<Scenario, std::vector<Mistake>> read_scenario(const std::filesystem::path& path) {
    const auto refuse_file = [&](std::string what) {
        return tl::unexpected<std::vector<Mistake>>({{path.string(), 0, "", std::move(what)}});
    };
    std::error_code unknown;
    const std::uintmax_t octets = std::filesystem::file_size(path, unknown);
    std::ifstream stream(path, std::ios::binary);
    if (unknown || !stream) return refuse_file("cannot be read; expected a scenario file");
    if (octets > max_file_octets) return refuse_file("is larger than a mebibyte");
    const std::string text{std::istreambuf_iterator<char>(stream), {}};
    return parse_scenario(text, path.string());
}

}  // namespace lockstep::sim
