#include "deploy/demo/node_file.h"

namespace lockstep::demo {

std::string quoted(std::string_view text) {
    return "\"" + std::string(text) + "\"";
}

NodeFile::NodeFile(const std::string& role, const NodeFacts& facts) : role_(role), facts_(facts) {}

std::string NodeFile::url(const std::string& name) const {
    return "http://127.0.0.1:" + std::to_string(facts_.ports.at(name));
}

void NodeFile::head(std::string_view price_asset) {
    out_ << "# The node of the " << role_ << ".\n"
         << "name = " << quoted(role_) << "\n"
         << "key_file = \"../keys/" << role_ << ".key\"\n"
         << "secret_seed_file = \"../keys/" << role_ << ".seed\"\n"
         << "data = \"data\"\n"
         << "plugins = " << quoted(facts_.plugins.string()) << "\n";
    if (!price_asset.empty()) out_ << "price_asset = " << quoted(price_asset) << "\n";
    out_ << "\n[listen]\nport = " << facts_.ports.at(role_) << "\n\n[endurance]\n"
         << "outage_ms = " << facts_.profiles.outage_ms << "\n"
         << "outages = " << facts_.profiles.outages << "\n"
         << "rollbacks = 0\n";
    out_ << "\n[limits]\nslack_per_hop_ms = " << facts_.profiles.slack_ms << "\n"
         << "decision_time_ms = " << facts_.profiles.decision_ms << "\n";
    if (facts_.drain) out_ << "drain_ms = " << facts_.drain->us() / 1'000 << "\n";
}

void NodeFile::profile(std::string_view table) {
    out_ << "[" << table << "]\n"
         << "inclusion_ms = " << facts_.profiles.inclusion_ms << "\n"
         << "late_ms = " << facts_.profiles.clock_ms << "\n"
         << "early_ms = " << facts_.profiles.clock_ms << "\n";
}

void NodeFile::ledger(const std::string& name, const std::vector<std::string>& accounts) {
    const bool securities = name == "csd";
    out_ << "\n[[ledgers]]\n"
         << "address = \"test." << name << "\"\n"
         << "adapter = " << (securities ? "\"securities\"" : "\"cash\"") << "\n"
         << "url = " << quoted(url(name)) << "\n"
         << "accounts = [";
    for (std::size_t i = 0; i < accounts.size(); ++i)
        out_ << (i == 0 ? "" : ", ") << quoted(accounts[i]);
    out_ << "]\n";
    profile("ledgers.profile");
    // The longest interval between blocks, as the securities ledger declares it.
    if (securities) out_ << "block_ms = 500\n[ledgers.settings]\n" << facts_.trust;
}

void NodeFile::peer(const std::string& name) {
    out_ << "\n[[peers]]\n"
         << "name = " << quoted(name) << "\n"
         << "key = " << quoted(facts_.node_keys.at(name).hex()) << "\n"
         << "url = " << quoted(url(name)) << "\n"
         << "max_slots = 4096\n";
    if (name == "venue") out_ << "venue = true\n";
}

void NodeFile::caller(const std::string& name, std::string_view role) {
    out_ << "\n[[callers]]\n"
         << "name = " << quoted(name) << "\n"
         << "key = " << quoted(facts_.caller_keys.at(name).hex()) << "\n"
         << "role = " << quoted(role) << "\n";
}

void NodeFile::instrument(const Share& share, bool with_price) {
    out_ << "\n[[instruments]]  # " << share.name << "\n"
         << "isin = " << quoted(share.isin) << "\n"
         << "ledger = \"test.csd\"\n"
         << "lot = \"" << share.lot << "\"\n";
    if (!with_price) return;
    out_ << "reference_price = " << quoted(share.price) << "\n"
         << "tolerance_ppm = " << buyer_tolerance_ppm << "\n";
}

}  // namespace lockstep::demo
