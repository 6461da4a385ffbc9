#include "deploy/demo/node_config.h"

#include <sstream>

namespace lockstep::demo {

namespace {

std::string quoted(std::string_view text) {
    return "\"" + std::string(text) + "\"";
}

class Writer {
public:
    Writer(const std::string& role, const NodeFacts& facts) : role_(role), facts_(facts) {}

    std::string write() {
        out_ << "# The node of the " << role_ << ".\n"
             << "name = " << quoted(role_) << "\n"
             << "key_file = \"../keys/" << role_ << ".key\"\n"
             << "secret_seed_file = \"../keys/" << role_ << ".seed\"\n"
             << "data = \"data\"\n"
             << "plugins = " << quoted(facts_.plugins.string()) << "\n";
        if (role_ == "venue" || role_ == "buyer" || role_ == "seller")
            out_ << "price_asset = \"SEK/2\"\n";
        out_ << "\n[listen]\nport = " << facts_.ports.at(role_) << "\n\n[endurance]\n"
             << "outage_ms = " << facts_.profiles.outage_ms << "\n"
             << "outages = " << facts_.profiles.outages << "\n"
             << "rollbacks = 0\n";
        if (facts_.drain) out_ << "\n[limits]\ndrain_ms = " << facts_.drain->us() / 1'000 << "\n";
        ledgers();
        peers();
        if (role_ == "connector") offer("offers");
        if (role_ == "buyer") offer("known_offers");
        if (role_ != "connector") {
            instruments();
            parties();
        }
        caller("operator", "operator");
        if (role_ == "venue") caller("desk", "venue");
        return out_.str();
    }

private:
    void profile(std::string_view table) {
        out_ << "[" << table << "]\n"
             << "inclusion_ms = " << facts_.profiles.inclusion_ms << "\n"
             << "late_ms = " << facts_.profiles.clock_ms << "\n"
             << "early_ms = " << facts_.profiles.clock_ms << "\n";
    }

    void ledger(const std::string& name, const std::vector<std::string>& accounts) {
        const bool securities = name == "csd";
        out_ << "\n[[ledgers]]\n"
             << "address = \"test." << name << "\"\n"
             << "adapter = " << (securities ? "\"securities\"" : "\"cash\"") << "\n"
             << "url = \"http://127.0.0.1:" << facts_.ports.at(name) << "\"\n"
             << "accounts = [";
        for (std::size_t i = 0; i < accounts.size(); ++i)
            out_ << (i == 0 ? "" : ", ") << quoted(accounts[i]);
        out_ << "]\n";
        profile("ledgers.profile");
        // The longest interval between blocks, as the securities ledger declares it.
        if (securities) out_ << "block_ms = 500\n[ledgers.settings]\n" << facts_.trust;
    }

    void ledgers() {
        if (role_ == "connector") {
            ledger("sek", {"test.sek." + std::string(connector_account)});
            ledger("eur", {"test.eur." + std::string(connector_account)});
        }
        if (role_ != "buyer" && role_ != "seller") return;
        std::vector<std::string> cash;
        std::vector<std::string> securities;
        for (const Party& party : demo::parties) {
            if (party.buys != (role_ == "buyer")) continue;
            cash.push_back(cash_account(party));
            securities.push_back(securities_account(party));
        }
        ledger("csd", securities);
        ledger(role_ == "buyer" ? "eur" : "sek", cash);
    }

    void peer(const std::string& name) {
        out_ << "\n[[peers]]\n"
             << "name = " << quoted(name) << "\n"
             << "key = " << quoted(facts_.node_keys.at(name).hex()) << "\n"
             << "url = \"http://127.0.0.1:" << facts_.ports.at(name) << "\"\n"
             << "max_slots = 4096\n";
        if (name == "venue") out_ << "venue = true\n";
    }

    void peers() {
        for (const Role& other : roles) {
            const std::string name(other.name);
            const bool strangers = (role_ == "venue" && name == "connector") ||
                                   (role_ == "connector" && name == "venue");
            if (other.kind == Kind::node && name != role_ && !strangers) peer(name);
        }
    }

    void offer(std::string_view table) {
        const bool own = table == "offers";
        out_ << "\n# Krona for euro: the rate is what one krona costs.\n[[" << table << "]]\n";
        if (!own) {
            out_ << "connector = " << quoted(facts_.node_keys.at("connector").hex()) << "\n"
                 << "margin_ms = " << margin_ms(facts_.profiles) << "\n";
        }
        out_ << "in_ledger = \"test.eur\"\nin_asset = \"EUR/2\"\n"
             << "in_account = \"test.eur." << connector_account << "\"\n"
             << "out_ledger = \"test.sek\"\nout_asset = \"SEK/2\"\n"
             << "out_account = \"test.sek." << connector_account << "\"\n"
             << "rate = " << quoted(euro_for_krona) << "\n"
             << "spread_ppm = " << spread_ppm << "\n"
             << "min_out = \"1.00\"\n"
             << "max_out = " << quoted(most_krona_at_once) << "\n";
        if (own) return;
        out_ << "out_expiry_rule = \"strict\"\n";
        profile(std::string(table) + ".out_profile");
    }

    void instruments() {
        for (const Share& share : shares) {
            out_ << "\n[[instruments]]  # " << share.name << "\n"
                 << "isin = " << quoted(share.isin) << "\n"
                 << "ledger = \"test.csd\"\n"
                 << "lot = \"" << share.lot << "\"\n";
            if (role_ == "buyer") {
                out_ << "reference_price = " << quoted(share.price_sek) << "\n"
                     << "tolerance_ppm = " << buyer_tolerance_ppm << "\n";
            }
        }
    }

    void parties() {
        for (const Party& party : demo::parties) {
            const std::string node = party.buys ? "buyer" : "seller";
            if (role_ != "venue" && role_ != node) continue;
            out_ << "\n[[parties]]\n"
                 << "name = " << quoted(party.name) << "\n"
                 << "node = " << quoted(facts_.node_keys.at(node).hex()) << "\n"
                 << "cash_account = " << quoted(cash_account(party)) << "\n"
                 << "cash_asset = " << (party.buys ? "\"EUR/2\"" : "\"SEK/2\"") << "\n"
                 << "securities_account = " << quoted(securities_account(party)) << "\n";
            if (!party.buys) out_ << "margin_ms = " << margin_ms(facts_.profiles) << "\n";
        }
    }

    void caller(const std::string& name, std::string_view role) {
        out_ << "\n[[callers]]\n"
             << "name = " << quoted(name) << "\n"
             << "key = " << quoted(facts_.caller_keys.at(name).hex()) << "\n"
             << "role = " << quoted(role) << "\n";
    }

    const std::string& role_;
    const NodeFacts& facts_;
    std::ostringstream out_;
};

}  // namespace

std::string node_config(const std::string& role, const NodeFacts& facts) {
    return Writer(role, facts).write();
}

}  // namespace lockstep::demo
