#include "deploy/demo/ledger_setup.h"

#include <algorithm>
#include <sstream>

#include "sdk/base/assert.h"
#include "sdk/crypto/hash.h"
#include "sdk/service/ledger_client.h"

namespace lockstep::demo {

namespace {

std::string quoted(const PublicKey& key) {
    return "\"" + key.hex() + "\"";
}

CommandId id_of(std::string_view name) {
    return *CommandId::from(sha256(as_bytes(name)).view());
}

Address address(const std::string& text) {
    const auto parsed = Address::parse(text);
    ASSERT(parsed.has_value());
    return *parsed;
}
AssetId asset(std::string_view code, std::uint8_t scale) {
    const auto made = AssetId::make(code, scale);
    ASSERT(made.has_value());
    return *made;
}
Amount cash(std::string_view text) {
    const auto amount = parse_amount(text, cash_scale);
    ASSERT(amount.has_value());
    return *amount;
}

// The operations of the ledger's operator and those of its issuer.
struct SetUp {
    std::vector<Op> by_operator;
    std::vector<Op> by_issuer;

    void open(const std::string& account, const PublicKey& owner) {
        by_operator.push_back({id_of("open " + account), op::OpenAccount{address(account), owner}});
    }
    void issue(const std::string& account, const AssetId& what, Amount amount) {
        if (amount.is_zero()) return;
        by_issuer.push_back({id_of("issue " + account + " " + what.code()),
                             op::Issue{address(account), what, amount}});
    }
    void probe(const Role& role, const LedgerKeys& keys) {
        if (!keys.probe) return;
        const std::string payer = std::string(role.address) + "." + std::string(probe_payer);
        open(payer, *keys.probe);
        open(std::string(role.address) + "." + std::string(probe_payee), *keys.probe);
        const auto [what, amount] = probe_holding(role.name);
        issue(payer, what, amount);
    }
};

SetUp securities_set_up(const LedgerKeys& keys) {
    SetUp set_up;
    for (const Share& share : shares) {
        set_up.by_operator.push_back(
            {id_of("register " + std::string(share.isin)),
             op::RegisterAsset{asset(share.isin, 0), keys.issuer->public_key(),
                               Amount{share.lot}}});
    }
    for (const Party& party : parties) {
        set_up.open(securities_account(party), keys.owners.at(party.buys ? "buyer" : "seller"));
        for (const Share& share : shares)
            set_up.issue(securities_account(party), asset(share.isin, 0),
                         Amount{party.shares_of_each});
    }
    return set_up;
}

SetUp cash_set_up(const Role& role, const LedgerKeys& keys) {
    SetUp set_up;
    const AssetId currency = asset(role.currency, cash_scale);
    const bool euro = role.currency == "EUR";
    set_up.by_operator.push_back(
        {id_of("register " + std::string(role.currency)),
         op::RegisterAsset{currency, keys.issuer->public_key(), Amount{1}}});
    for (const Party& party : parties) {
        if (party.buys != euro) continue;
        set_up.open(cash_account(party), keys.owners.at(party.buys ? "buyer" : "seller"));
        if (!party.cash.empty()) set_up.issue(cash_account(party), currency, cash(party.cash));
    }
    const std::string own = std::string(role.address) + "." + std::string(connector_account);
    set_up.open(own, keys.owners.at("connector"));
    const std::string_view first = euro ? connector_euro : connector_krona;
    if (!first.empty()) set_up.issue(own, currency, cash(first));
    return set_up;
}

Result<void, Failure> submit(service::LedgerClient& client, const Role& role, std::vector<Op> ops) {
    if (ops.empty()) return {};
    const auto answers = client.submit(std::move(ops));
    if (!answers) return unexpected<Failure>(answers.error());
    for (const OpAnswer& answer : *answers) {
        if (answer.done) continue;
        return fail(std::string(to_string(answer.reason)),
                    std::string(role.address) + ": " + std::string(describe(answer.reason)));
    }
    return {};
}

}  // namespace

std::pair<AssetId, Amount> probe_holding(std::string_view ledger) {
    const auto* role = std::find_if(roles.begin(), roles.end(),
                                    [&](const Role& one) { return one.name == ledger; });
    ASSERT(role != roles.end() && role->kind != Kind::node);
    if (role->kind == Kind::cash_ledger)
        return {asset(role->currency, cash_scale), Amount{probe_cash}};
    return {asset(shares.front().isin, 0), Amount{shares.front().lot}};
}

std::string ledger_config(const Role& role, const LedgerFacts& facts) {
    std::ostringstream out;
    const Profiles& profiles = facts.profiles;
    out << "[ledger]\n"
        << "address = \"" << role.address << "\"\n"
        << "operator = " << quoted(facts.ledger_operator) << "\n";
    if (role.kind == Kind::securities_ledger) {
        out << "\n[validators]\ncount = 4\nquorum = 3\n"
            // four validators replay what came after their snapshots on the same processors, and
            // are back within D
            << "snapshot_rows = 400\n"
            << "\n[blocks]\nclock_error_ms = " << profiles.clock_ms << "\n";
        for (const Share& share : shares) {
            out << "\n[[assets]]\ncode = \"" << share.isin << "\"\nname = \"" << share.name
                << "\"\n";
        }
    }
    out << "\n[profile]\n"
        << "inclusion_ms = " << profiles.inclusion_ms << "\n"
        << "late_ms = " << profiles.clock_ms << "\n"
        << "early_ms = " << profiles.clock_ms << "\n"
        << "\n[listen]\n"
        << "host = \"127.0.0.1\"\nport = " << facts.port << "\n"
        << "\n[data]\ndirectory = \"data\"\n"
        << "\n[readers]\nauditors = [" << quoted(facts.auditor) << "]\n";
    return out.str();
}

Result<void, Failure> set_up_ledger(net::IoLoop& loop, const net::Url& url, const Role& role,
                                    const LedgerKeys& keys) {
    SetUp set_up =
        role.kind == Kind::securities_ledger ? securities_set_up(keys) : cash_set_up(role, keys);
    set_up.probe(role, keys);
    service::LedgerClient for_operator(loop, url, keys.ledger_operator);
    if (auto done = submit(for_operator, role, std::move(set_up.by_operator)); !done) return done;
    service::LedgerClient for_issuer(loop, url, keys.issuer);
    return submit(for_issuer, role, std::move(set_up.by_issuer));
}

Result<std::string, Failure> read_trust(net::IoLoop& loop, const net::Url& url,
                                        std::shared_ptr<const Signer> reader) {
    service::LedgerClient client(loop, url, std::move(reader));
    const auto chain = client.get("/v1/chain");
    if (!chain) return unexpected<Failure>(chain.error());
    std::string keys;
    const Json& validators = (*chain)["validators"];
    for (std::size_t i = 0; i < validators.size(); ++i)
        keys += (i == 0 ? "" : ",") + validators[i].text_or("");
    return "chain = \"" + (*chain)["chain"].text_or("") + "\"\nvalidators = \"" + keys +
           "\"\nquorum = " + std::to_string((*chain)["quorum"].as_uint64().value_or(0)) + "\n";
}

}  // namespace lockstep::demo
