#include "deploy/demo/ledger_setup.h"

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

// The operations of the ledger's operator and those of its issuer.
struct SetUp {
    std::vector<Op> by_operator;
    std::vector<Op> by_issuer;

    void registers(const AssetId& what, const PublicKey& issuer, std::uint64_t lot) {
        by_operator.push_back(
            {id_of("register " + what.code()), op::RegisterAsset{what, issuer, Amount{lot}}});
    }
    void open(const Opening& opening, const PublicKey& owner) {
        const Address account = address(opening.account);
        by_operator.push_back({id_of("open " + opening.account), op::OpenAccount{account, owner}});
        for (const auto& [what, amount] : opening.holdings)
            by_issuer.push_back({id_of("issue " + opening.account + " " + what.code()),
                                 op::Issue{account, what, amount}});
    }
};

SetUp set_up_of(const Cast& cast, const Role& role, const LedgerKeys& keys) {
    SetUp set_up;
    const PublicKey issuer = keys.issuer->public_key();
    if (role.kind == Kind::cash_ledger)
        set_up.registers(asset(role.currency, cash_scale), issuer, 1);
    if (role.kind == Kind::securities_ledger) {
        for (const Share& share : cast.shares)
            set_up.registers(asset(share.isin, 0), issuer, share.lot);
    }
    for (const Opening& opening : cast.openings) {
        if (opening.ledger == role.name)
            set_up.open(opening, keys.owners.at(std::string(opening.owner)));
    }
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

std::string ledger_config(const Cast& cast, const Role& role, const LedgerFacts& facts) {
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
        for (const Share& share : cast.shares) {
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

Result<void, Failure> set_up_ledger(net::IoLoop& loop, const net::Url& url, const Cast& cast,
                                    const Role& role, const LedgerKeys& keys) {
    SetUp set_up = set_up_of(cast, role, keys);
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
