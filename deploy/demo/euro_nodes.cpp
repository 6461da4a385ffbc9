#include "deploy/demo/euro_cast.h"
#include "deploy/demo/node_file.h"

namespace lockstep::demo {

namespace {

class EuroNode {
public:
    EuroNode(const std::string& role, const NodeFacts& facts)
        : role_(role), facts_(facts), file_(role, facts) {}

    std::string write() {
        file_.head(role_ == "connector" ? "" : "SEK/2");
        ledgers();
        peers();
        if (role_ == "connector") offer("offers");
        if (role_ == "buyer") offer("known_offers");
        if (role_ != "connector") {
            for (const Share& share : shares)
                file_.instrument(share, role_ == "buyer");
            write_parties();
        }
        file_.caller("operator", "operator");
        if (role_ == "venue") file_.caller("desk", "venue");
        return file_.text();
    }

private:
    void ledgers() {
        if (role_ == "connector") {
            file_.ledger("sek", {"test.sek." + std::string(connector_account)});
            file_.ledger("eur", {"test.eur." + std::string(connector_account)});
        }
        if (role_ != "buyer" && role_ != "seller") return;
        std::vector<std::string> cash;
        std::vector<std::string> securities;
        for (const Party& party : parties) {
            if (party.buys != (role_ == "buyer")) continue;
            cash.push_back(cash_account(party));
            securities.push_back(securities_account(party));
        }
        file_.ledger("csd", securities);
        file_.ledger(role_ == "buyer" ? "eur" : "sek", cash);
    }

    void peers() {
        for (const Role& other : roles) {
            const std::string name(other.name);
            const bool strangers = (role_ == "venue" && name == "connector") ||
                                   (role_ == "connector" && name == "venue");
            if (other.kind == Kind::node && name != role_ && !strangers) file_.peer(name);
        }
    }

    void offer(std::string_view table) {
        const bool own = table == "offers";
        std::ostream& out = file_.out();
        out << "\n# Krona for euro: the rate is what one krona costs.\n[[" << table << "]]\n";
        if (!own) {
            out << "connector = " << quoted(facts_.node_keys.at("connector").hex()) << "\n"
                << "margin_ms = " << margin_ms(facts_.profiles) << "\n";
        }
        out << "in_ledger = \"test.eur\"\nin_asset = \"EUR/2\"\n"
            << "in_account = \"test.eur." << connector_account << "\"\n"
            << "out_ledger = \"test.sek\"\nout_asset = \"SEK/2\"\n"
            << "out_account = \"test.sek." << connector_account << "\"\n"
            << "rate = " << quoted(euro_for_krona) << "\n"
            << "spread_ppm = " << spread_ppm << "\n"
            << "min_out = \"1.00\"\n"
            << "max_out = " << quoted(most_krona_at_once) << "\n";
        if (own) return;
        out << "out_expiry_rule = \"strict\"\n";
        file_.profile(std::string(table) + ".out_profile");
    }

    void write_parties() {
        std::ostream& out = file_.out();
        for (const Party& party : parties) {
            const std::string node = party.buys ? "buyer" : "seller";
            if (role_ != "venue" && role_ != node) continue;
            out << "\n[[parties]]\n"
                << "name = " << quoted(party.name) << "\n"
                << "node = " << quoted(facts_.node_keys.at(node).hex()) << "\n"
                << "cash_account = " << quoted(cash_account(party)) << "\n"
                << "cash_asset = " << (party.buys ? "\"EUR/2\"" : "\"SEK/2\"") << "\n"
                << "securities_account = " << quoted(securities_account(party)) << "\n";
            if (!party.buys) out << "margin_ms = " << margin_ms(facts_.profiles) << "\n";
        }
    }

    const std::string& role_;
    const NodeFacts& facts_;
    NodeFile file_;
};

}  // namespace

std::string euro_node_config(const std::string& role, const NodeFacts& facts) {
    return EuroNode(role, facts).write();
}

}  // namespace lockstep::demo
