#include "deploy/demo/bitcoin_cast.h"
#include "deploy/demo/node_file.h"

namespace lockstep::demo {

namespace {

std::int64_t ms(Duration duration) {
    // Rounded up: a margin must not fall below its bound.
    return (duration.us() + 999) / 1'000;
}

class BitcoinNode {
public:
    BitcoinNode(const std::string& role, const NodeFacts& facts)
        : role_(role), facts_(facts), file_(role, facts) {}

    std::string write() {
        const bool trades = role_ == "venue" || role_ == "buyer" || role_ == "seller";
        file_.head(trades ? "BTC/8" : "");
        ledgers();
        for (const char* peer : peers())
            file_.peer(peer);
        if (role_ == "connector") offer("offers");
        if (role_ == "payer") offer("known_offers");
        if (trades) {
            for (const Share& share : bitcoin_shares)
                file_.instrument(share, role_ == "buyer");
            write_parties();
        }
        file_.caller("operator", "operator");
        if (role_ == "venue") file_.caller("desk", "venue");
        return file_.text();
    }

private:
    void ledgers() {
        std::vector<std::string> securities;
        for (const CoinParty& party : coin_parties) {
            if (role_ == (party.buys ? "buyer" : "seller"))
                securities.push_back(securities_account(party));
        }
        if (!securities.empty()) file_.ledger("csd", securities);
        if (role_ == "payer") file_.ledger("sek", {std::string(payer_account)});
        if (role_ == "connector") file_.ledger("sek", {std::string(connector_krona_account)});
        if (facts_.coin_accounts.contains(role_)) chain();
    }

    void chain_profile_in(std::string_view table) {
        file_.out() << "[" << table << "]\n"
                    << "inclusion_ms = " << ms(chain_profile.inclusion) << "\n"
                    << "finality_ms = " << ms(chain_profile.finality) << "\n"
                    << "rollback_ms = " << ms(chain_profile.rollback) << "\n"
                    << "late_ms = " << ms(chain_profile.late) << "\n"
                    << "early_ms = " << ms(chain_profile.early) << "\n"
                    << "block_ms = " << ms(chain_profile.block) << "\n";
    }

    void chain() {
        file_.out() << "\n[[ledgers]]\n"
                    << "address = \"test.btc\"\n"
                    << "adapter = \"bitcoin\"\n"
                    << "url = " << quoted(file_.url("btc")) << "\n"
                    << "cookie_file = \"../btc/data/.cookie\"\n"
                    << "accounts = [" << quoted(facts_.coin_accounts.at(role_)) << "]\n"
                    << "expiry_rule = \"open\"\n";
        // The timing profile follows from what is said of the chain here.
        file_.out() << "[ledgers.settings]\n"
                    << "key_file = \"../keys/" << role_ << "-btc.key\"\n"
                    << "network = \"regtest\"\n"
                    << "depth = \"" << chain_pace.depth << "\"\n"
                    << "block_interval_ms = \"" << ms(chain_pace.block) << "\"\n"
                    << "confirmation_target = \"" << chain_pace.target << "\"\n"
                    << "congestion = \"" << chain_pace.congestion << "\"\n"
                    << "reorg_depth = \"" << chain_pace.reorg << "\"\n"
                    << "late_ms = \"" << ms(chain_pace.late) << "\"\n"
                    << "early_ms = \"" << ms(chain_pace.early) << "\"\n"
                    << "poll_ms = \"200\"\n"
                    << "rebroadcast_ms = \"1000\"\n";
    }

    std::vector<const char*> peers() const {
        if (role_ == "venue") return {"buyer", "seller"};
        if (role_ == "buyer") return {"venue", "seller"};
        if (role_ == "seller") return {"venue", "buyer"};
        if (role_ == "payer") return {"connector", "receiver"};
        if (role_ == "connector") return {"payer", "receiver"};
        return {"connector", "payer"};
    }

    void offer(std::string_view table) {
        const bool own = table == "offers";
        std::ostream& out = file_.out();
        out << "\n# Bitcoin for krona: the rate is what one bitcoin costs.\n[[" << table << "]]\n";
        if (!own) out << "connector = " << quoted(facts_.node_keys.at("connector").hex()) << "\n";
        out << "margin_ms = " << ms(connector_margin(facts_.profiles)) << "\n"
            << "in_ledger = \"test.sek\"\nin_asset = \"SEK/2\"\n"
            << "in_account = " << quoted(connector_krona_account) << "\n"
            << "out_ledger = \"test.btc\"\nout_asset = \"BTC/8\"\n"
            << "out_account = " << quoted(facts_.coin_accounts.at("connector")) << "\n"
            << "rate = " << quoted(krona_for_bitcoin) << "\n"
            << "spread_ppm = " << bitcoin_spread_ppm << "\n"
            << "min_out = \"0.00100000\"\n"
            << "max_out = \"10.00000000\"\n";
        if (own) return;
        out << "out_expiry_rule = \"open\"\n";
        chain_profile_in(std::string(table) + ".out_profile");
    }

    void write_parties() {
        std::ostream& out = file_.out();
        for (const CoinParty& party : coin_parties) {
            const std::string node = party.buys ? "buyer" : "seller";
            if (role_ != "venue" && role_ != node) continue;
            out << "\n[[parties]]\n"
                << "name = " << quoted(party.name) << "\n"
                << "node = " << quoted(facts_.node_keys.at(node).hex()) << "\n"
                << "cash_account = " << quoted(facts_.coin_accounts.at(node)) << "\n"
                << "cash_asset = \"BTC/8\"\n"
                << "securities_account = " << quoted(securities_account(party)) << "\n";
            if (!party.buys) out << "margin_ms = " << ms(seller_margin(facts_.profiles)) << "\n";
        }
    }

    const std::string& role_;
    const NodeFacts& facts_;
    NodeFile file_;
};

}  // namespace

std::string bitcoin_node_config(const std::string& role, const NodeFacts& facts) {
    return BitcoinNode(role, facts).write();
}

}  // namespace lockstep::demo
