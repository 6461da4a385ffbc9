#include "sim/scenario/catalogue.h"
#include "sim/scenario/read.h"
#include "sim/scenario/text.h"

namespace lockstep::sim {
namespace {

std::string in_quotes(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') out.push_back('\\');
        if (static_cast<unsigned char>(c) >= 0x20) {
            out.push_back(c);
            continue;
        }
        constexpr std::string_view digits = "0123456789ABCDEF";
        out += "\\u00";
        out.push_back(digits[static_cast<unsigned char>(c) >> 4]);
        out.push_back(digits[static_cast<unsigned char>(c) & 0xF]);
    }
    return out + "\"";
}
std::string in_quotes(Duration duration) {
    return in_quotes(format_duration(duration));
}

class Writer {
public:
    explicit Writer(const Scenario& scenario) : scenario_(scenario) {}

    std::string write() {
        out_ += "title = " + in_quotes(scenario_.title) + "\n";
        if (!scenario_.threats.empty()) out_ += "threats = " + list(scenario_.threats) + "\n";
        if (scenario_.swarm) out_ += "draw = \"swarm\"\n";
        if (!scenario_.swarm) out_ += "length = " + in_quotes(scenario_.length) + "\n";
        if (scenario_.unsafe) out_ += "unsafe = true\n";
        if (scenario_.real_signatures) out_ += "real_signatures = true\n";
        if (scenario_.real_store) out_ += "real_store = true\n";
        if (scenario_.swarm) {
            swarm(*scenario_.swarm);
        } else {
            for (const LedgerSpec& each : scenario_.ledgers)
                ledger(each);
            for (const NodeSpec& each : scenario_.nodes)
                node(each);
            load();
            for (const FaultSpec& each : scenario_.faults)
                fault(each);
        }
        for (const Expectation& each : scenario_.expect)
            out_ += "\n[[expect]]\nthat = " + in_quotes(format_expectation(each)) + "\n";
        return std::move(out_);
    }

private:
    static std::string list(const std::vector<std::string>& texts) {
        std::string joined;
        for (const std::string& text : texts)
            joined += (joined.empty() ? "" : ", ") + in_quotes(text);
        return "[" + joined + "]";
    }
    void line(std::string_view key, const std::string& value) {
        out_ += std::string(key) + " = " + value + "\n";
    }
    void line(std::string_view key, std::uint64_t value) { line(key, std::to_string(value)); }
    void line(std::string_view key, bool value) {
        line(key, std::string(value ? "true" : "false"));
    }

    void swarm(const SwarmSpec& spec) {
        out_ += "\n[swarm]\n";
        line("length", in_quotes(spec.length == SwarmLength::day       ? "day"
                                 : spec.length == SwarmLength::minutes ? "minutes"
                                                                       : "both"));
        line("least_ledgers", std::uint64_t{spec.least_ledgers});
        line("most_ledgers", std::uint64_t{spec.most_ledgers});
        line("least_connectors", std::uint64_t{spec.least_connectors});
        line("most_connectors", std::uint64_t{spec.most_connectors});
        line("bitcoin", in_quotes(spec.bitcoin == SwarmBitcoin::always  ? "always"
                                  : spec.bitcoin == SwarmBitcoin::never ? "never"
                                                                        : "some"));
        line("cheats", spec.cheats);
        line("faults", spec.faults);
    }

    void ledger(const LedgerSpec& spec) {
        out_ += "\n[[ledger]]\n";
        line("name", in_quotes(spec.name));
        line("kind", in_quotes(to_string(spec.kind)));
        std::vector<std::string> assets;
        for (const AssetId& asset : spec.assets)
            assets.push_back(format_asset(asset));
        line("assets", list(assets));
        const TimingProfile& p = spec.profile;
        line("profile",
             "{ inclusion = " + in_quotes(p.inclusion) + ", finality = " + in_quotes(p.finality) +
                 ", rollback = " + in_quotes(p.rollback) + ", late = " + in_quotes(p.late) +
                 ", early = " + in_quotes(p.early) + ", block = " + in_quotes(p.block) + " }");
        line("beat", in_quotes(spec.beat));
        if (spec.kind == LedgerKind::securities) line("validators", std::uint64_t{spec.validators});
        if (spec.kind == LedgerKind::bitcoin) chain(spec.chain);
        if (spec.foreign_hash) line("foreign_hash", true);
    }

    void chain(const ChainSpec& c) {
        line("chain",
             "{ interval = " + in_quotes(c.interval) +
                 ", regular = " + (c.regular ? "true" : "false") +
                 ", depth = " + std::to_string(c.depth) + ", reorg = " + std::to_string(c.reorg) +
                 ", congestion = " + std::to_string(c.congestion) +
                 ", stamp_error = " + in_quotes(c.stamp_error) +
                 ", coins = " + std::to_string(c.coins) + ", room = " + std::to_string(c.room) +
                 ", max_fee = " + std::to_string(c.max_fee) + " }");
    }

    std::uint8_t scale_of(const std::string& name) const {
        for (const LedgerSpec& each : scenario_.ledgers)
            if (each.name == name && !each.assets.empty()) return each.assets.front().scale();
        return 0;
    }

    void node(const NodeSpec& spec) {
        out_ += "\n[[node]]\n";
        line("name", in_quotes(spec.name));
        line("behaviour", in_quotes(to_string(spec.behaviour)));
        std::vector<std::string> roles;
        if (spec.venue) roles.emplace_back("venue");
        if (spec.buyer) roles.emplace_back("buyer");
        if (spec.seller) roles.emplace_back("seller");
        if (spec.payer) roles.emplace_back("payer");
        if (spec.payee) roles.emplace_back("payee");
        if (!roles.empty()) line("roles", list(roles));
        if (!spec.partner.empty()) line("partner", in_quotes(spec.partner));
        line("endurance", "{ outage = " + in_quotes(spec.endurance.outage) +
                              ", outages = " + std::to_string(spec.endurance.outages) +
                              ", rollbacks = " + std::to_string(spec.endurance.rollbacks) + " }");
        if (spec.peer_slots != NodeSpec{}.peer_slots)
            line("peer_slots", std::uint64_t{spec.peer_slots});
        if (spec.peer_share_ppm != NodeSpec{}.peer_share_ppm)
            line("peer_share_ppm", std::uint64_t{spec.peer_share_ppm});
        rows("accounts", spec.accounts, [](const AccountSpec& a) {
            return "ledger = " + in_quotes(a.ledger) +
                   ", asset = " + in_quotes(format_asset(a.asset)) +
                   ", balance = " + in_quotes(format_amount(a.balance, a.asset.scale()));
        });
        rows("offers", spec.offers, [&](const OfferSpec& o) {
            return "from = " + in_quotes(o.in_ledger) + ", to = " + in_quotes(o.out_ledger) +
                   ", rate = " + in_quotes(format_rate({o.rate_num, o.rate_den})) +
                   ", spread_ppm = " + std::to_string(o.spread_ppm) +
                   ", fixed_fee = " + in_quotes(format_amount(o.fixed_fee, scale_of(o.in_ledger)));
        });
    }

    template <class Row, class Text>
    void rows(std::string_view key, const std::vector<Row>& all, const Text& text) {
        if (all.empty()) return;
        out_ += std::string(key) + " = [\n";
        for (const Row& row : all)
            out_ += "    { " + text(row) + " },\n";
        out_ += "]\n";
    }

    void load() {
        const LoadSpec& spec = scenario_.load;
        out_ += "\n[load]\n";
        line("trades", std::uint64_t{spec.trades});
        line("payments", std::uint64_t{spec.payments});
        line("from", in_quotes(spec.from));
        line("until", in_quotes(spec.until));
        line("burst", std::uint64_t{spec.burst});
    }

    void fault(const FaultSpec& spec) {
        out_ += "\n[[fault]]\n";
        line("kind", in_quotes(to_string(spec.kind)));
        if (!spec.target.empty()) line("target", in_quotes(spec.target));
        if (spec.per_hour > 0) line("per_hour", std::uint64_t{spec.per_hour});
        if (spec.at) line("at", in_quotes(*spec.at));
        if (spec.ppm > 0) line("ppm", std::uint64_t{spec.ppm});
        if (spec.lasts) line("lasts", in_quotes(*spec.lasts));
        if (spec.by) line("by", in_quotes(*spec.by));
    }

    const Scenario& scenario_;
    std::string out_;
};

}  // namespace

std::string write_scenario(const Scenario& scenario) {
    return Writer(scenario).write();
}

}  // namespace lockstep::sim
