#include "connector/node/settings.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <numeric>

#include "connector/node/ledger_profile.h"
#include "connector/node/section.h"
#include "sdk/base/assert.h"
#include "sdk/base/checked.h"
#include "sdk/codec/toml.h"
#include "sdk/crypto/signature.h"

namespace lockstep::node {

namespace {

constexpr std::size_t max_config_octets = std::size_t{4} << 20;

TimingProfile read_profile(Section& profile) {
    TimingProfile timing;
    timing.inclusion = profile.milliseconds("inclusion_ms");
    timing.finality = profile.milliseconds("finality_ms", Duration{});
    timing.rollback = profile.milliseconds("rollback_ms", Duration{});
    timing.late = profile.milliseconds("late_ms");
    timing.early = profile.milliseconds("early_ms");
    timing.block = profile.milliseconds("block_ms", Duration{});
    return timing;
}

ExpiryRule read_expiry_rule(Section& section, std::string_view key) {
    return section.choice(key, {"strict", "open"}, 0) == 0 ? ExpiryRule::strict : ExpiryRule::open;
}

std::optional<net::Url> read_url(Section& section, std::string_view key, bool required) {
    const std::string text =
        section.text(key, required ? std::nullopt : std::optional<std::string>(""));
    if (text.empty()) return std::nullopt;
    auto url = net::parse_url(text);
    if (!url) {
        section.mistake(key, url.error().detail);
        return std::nullopt;
    }
    // A signed request in plain text to a port of TLS is no answer to what was asked for.
    if (url->scheme != "http") {
        section.mistake(key,
                        "expected http://…: TLS is not spoken here; let a proxy of this machine do "
                        "it");
        return std::nullopt;
    }
    return std::move(*url);
}

enum class ListenAddress : std::uint8_t { wrong, loopback, one, every };
ListenAddress kind_of(const std::string& address) {
    in_addr four{};
    in6_addr six{};
    if (address == "localhost") return ListenAddress::loopback;
    if (::inet_pton(AF_INET, address.c_str(), &four) == 1) {
        if (ntohl(four.s_addr) >> 24 == IN_LOOPBACKNET) return ListenAddress::loopback;
        return four.s_addr == INADDR_ANY ? ListenAddress::every : ListenAddress::one;
    }
    if (::inet_pton(AF_INET6, address.c_str(), &six) == 1) {
        if (IN6_IS_ADDR_LOOPBACK(&six)) return ListenAddress::loopback;
        return IN6_IS_ADDR_UNSPECIFIED(&six) ? ListenAddress::every : ListenAddress::one;
    }
    return ListenAddress::wrong;
}

// The price of one whole unit of the outgoing asset in the incoming one, as the ratio of smallest
// units that an offer holds: 0.0893 EUR/2 for SEK/2 is 893 to 10,000.
void read_rate(Section& section, routing::Offer& offer) {
    constexpr std::uint8_t decimals = 9;
    const Amount price = section.decimal("rate", decimals,
                                         "a decimal text above 0: what one unit of the outgoing "
                                         "asset costs in the incoming one, for example \"0.0893\"");
    if (price.is_zero()) return;
    const auto power = [](unsigned exponent) {
        uint128 value = 1;
        while (exponent-- > 0)
            value *= 10;
        return value;
    };
    uint128 num = static_cast<uint128>(price.units()) * power(offer.in_asset.scale());
    uint128 den = power(decimals) * power(offer.out_asset.scale());
    uint128 a = num;
    uint128 b = den;
    while (b != 0) {
        const uint128 rest = a % b;
        a = b;
        b = rest;
    }
    num /= a;
    den /= a;
    if (num > UINT64_MAX || den > UINT64_MAX) {
        section.mistake("rate", "is too precise for the scales of these assets; round it");
        return;
    }
    offer.rate_num = static_cast<std::uint64_t>(num);
    offer.rate_den = static_cast<std::uint64_t>(den);
}

const core::LedgerConfig* find_ledger(const core::NodeConfig& node, const Address& ledger) {
    const auto found = std::find_if(node.ledgers.begin(), node.ledgers.end(),
                                    [&](const auto& config) { return config.ledger == ledger; });
    return found == node.ledgers.end() ? nullptr : &*found;
}

// Whether a ledger's address is a mistake, which leaves open what it is the address of: offers of
// ledgers that seem to be others' say nothing then.
bool has_doubtful_ledger(const core::NodeConfig& node) {
    return std::any_of(node.ledgers.begin(), node.ledgers.end(), [](const auto& config) {
        const auto& accounts = config.accounts;
        return config.ledger.empty() ||
               !std::all_of(accounts.begin(), accounts.end(), [&](const Address& account) {
                   return config.ledger.is_prefix_of(account);
               });
    });
}

struct OfferSide {
    std::string_view profile_key;
    std::string_view rule_key;
    const Address& ledger;
    TimingProfile& profile;
    ExpiryRule& rule;
};

// A ledger of our own has its profile there; for others a known offer must say it. An offer of our
// own has both ledgers among ours, or is refused for that.
void read_side(Section& section, const core::NodeConfig& node, bool own_offer, OfferSide side) {
    const core::LedgerConfig* own = find_ledger(node, side.ledger);
    if (own != nullptr) {
        side.profile = own->timing.profile;
        side.rule = own->timing.expiry_rule;
    }
    section.table(side.profile_key, own == nullptr && !own_offer && !has_doubtful_ledger(node),
                  [&](Section& profile) { side.profile = read_profile(profile); });
    if (own == nullptr || section.has(side.rule_key))
        side.rule = read_expiry_rule(section, side.rule_key);
}

routing::Offer read_offer(Section& section, const core::NodeConfig& node, bool own) {
    routing::Offer offer;
    offer.connector = own ? node.self : section.public_key("connector");
    offer.in_ledger = section.address("in_ledger");
    offer.in_asset = section.asset("in_asset");
    offer.in_account = section.address("in_account");
    offer.out_ledger = section.address("out_ledger");
    offer.out_asset = section.asset("out_asset");
    offer.out_account = section.address("out_account");
    read_rate(section, offer);
    offer.spread_ppm = static_cast<std::uint32_t>(section.integer("spread_ppm", 500'000, 0));
    offer.fixed_fee = section.amount("fixed_fee", offer.in_asset, Amount{});
    offer.min_out = section.amount("min_out", offer.out_asset, Amount{1});
    offer.max_out = section.amount("max_out", offer.out_asset);
    read_side(section, node, own,
              {"in_profile", "in_expiry_rule", offer.in_ledger, offer.in_profile, offer.in_rule});
    read_side(
        section, node, own,
        {"out_profile", "out_expiry_rule", offer.out_ledger, offer.out_profile, offer.out_rule});
    // What a connector needs in time is its own to say; ours follows from the ladder.
    const core::LedgerTiming in{offer.in_profile, offer.in_rule};
    const core::LedgerTiming out{offer.out_profile, offer.out_rule};
    std::optional<Duration> bound;
    if (own) bound = core::margin(in, out, node.endurance);
    offer.margin = section.milliseconds("margin_ms", bound);
    return offer;
}

void read_login(Section& section, LedgerSettings& ledger, const std::filesystem::path& base) {
    const std::string cookie = section.text("cookie_file", "");
    ledger.user = section.text("user", "");
    const std::string password = section.text("password_file", "");
    if (!cookie.empty()) ledger.cookie_file = base / cookie;
    if (!password.empty()) ledger.password_file = base / password;
    if (ledger.user.empty() != password.empty())
        section.mistake(password.empty() ? "password_file" : "user",
                        "user and password_file go together");
    if (!cookie.empty() && !ledger.user.empty())
        section.mistake("cookie_file", "either this, or user and password_file");
}

}  // namespace

LedgerSection read_ledger_section(Section& section, const std::filesystem::path& base,
                                  const std::filesystem::path& plugins) {
    LedgerSection read;
    LedgerSettings& ledger = read.settings;
    core::LedgerConfig& config = read.config;
    ledger.place = section.path_of("");
    config.ledger = ledger.ledger = section.address("address");
    ledger.adapter = section.text("adapter");
    for (const char c : ledger.adapter) {
        if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-') {
            section.mistake("adapter", "expected the name of a plugin, for example \"cash\"");
            ledger.adapter.clear();
            break;
        }
    }
    ledger.url = read_url(section, "url", true).value_or(net::Url{});
    const std::string key_file = section.text("key_file", "");
    if (!key_file.empty()) ledger.key_file = base / key_file;
    read_login(section, ledger, base);
    config.accounts = section.addresses("accounts");
    config.timing.expiry_rule = read_expiry_rule(section, "expiry_rule");
    const std::size_t mistakes = section.mistakes();
    section.table("profile", false,
                  [&](Section& profile) { config.timing.profile = read_profile(profile); });
    const bool is_read = section.mistakes() == mistakes;
    ledger.settings = section.pairs("settings");
    // As other paths in this file are.
    for (auto& [key, value] : ledger.settings)
        if (key.ends_with("_file")) value = (base / value).string();
    if (is_read) settle_profile(section, read, plugins);
    return read;
}

core::Endurance read_endurance(Section& section) {
    core::Endurance endurance;
    endurance.outage = section.milliseconds("outage_ms");
    endurance.outages = static_cast<std::uint32_t>(section.integer("outages", 100));
    endurance.rollbacks = static_cast<std::uint32_t>(section.integer("rollbacks", 100, 0));
    return endurance;
}

namespace {

class Reader {
public:
    Reader(Section& root, Settings& settings, const std::filesystem::path& base)
        : root_(root), settings_(settings), node_(settings.node), base_(base) {}

    void read() {
        node_.name = root_.text("name");
        settings_.key_file = path("key_file", std::nullopt);
        settings_.secret_seed_file = path("secret_seed_file", std::nullopt);
        settings_.data = path("data", "data");
        settings_.plugins = path("plugins", "");
        settings_.log_level = std::vector<std::string>{
            "debug", "info", "warn",
            "error"}[root_.choice("log_level", {"debug", "info", "warn", "error"}, 1)];
        root_.table("listen", true, [&](Section& listen) { read_listen(listen); });
        root_.table("endurance", true,
                    [&](Section& endurance) { node_.endurance = read_endurance(endurance); });
        settings_.drain = Duration::seconds(60);
        settings_.commit_interval = Duration::milliseconds(1);
        root_.table("limits", false, [&](Section& limits) { read_limits(limits); });
        root_.tables("ledgers", [&](Section& ledger) { read_ledger(ledger); });
        root_.tables("peers", [&](Section& peer) { read_peer(peer); });
        root_.tables("offers", [&](Section& offer) {
            node_.own_offers.push_back(read_offer(offer, node_, true));
        });
        root_.tables("known_offers", [&](Section& offer) {
            node_.known_offers.push_back(read_offer(offer, node_, false));
        });
        if (root_.has("price_asset") || root_.has("instruments"))
            node_.price_asset = root_.asset("price_asset");
        root_.tables("instruments", [&](Section& instrument) { read_instrument(instrument); });
        root_.tables("parties", [&](Section& party) { read_party(party); });
        root_.tables("callers", [&](Section& caller) { read_caller(caller); });
        check_seed();
    }

private:
    std::filesystem::path path(std::string_view key, const std::optional<std::string>& otherwise) {
        const std::string text = root_.text(key, otherwise);
        return text.empty() ? std::filesystem::path{} : base_ / text;
    }

    void check_seed() {
        const auto seed = settings_.secret_seed_file.lexically_normal();
        bool is_key = !seed.empty() && seed == settings_.key_file.lexically_normal();
        for (const LedgerSettings& ledger : settings_.ledgers)
            is_key |= !seed.empty() && seed == ledger.key_file.lexically_normal();
        if (is_key) {
            root_.mistake("secret_seed_file",
                          "is the file of a key; the seed is a file of its own, used for nothing "
                          "else");
        }
    }

    void read_listen(Section& listen) {
        settings_.listen_address = listen.text("address", "127.0.0.1");
        settings_.listen_port =
            static_cast<std::uint16_t>(listen.integer("port", 65'535, std::nullopt, 1));
        const ListenAddress kind = kind_of(settings_.listen_address);
        if (kind == ListenAddress::wrong) {
            listen.mistake("address",
                           "expected an IP address of this machine, for example 127.0.0.1, or "
                           "0.0.0.0 for all of them");
        }
        settings_.metrics = listen.flag("metrics", kind == ListenAddress::loopback);
        settings_.max_connections_per_address =
            listen.integer("max_connections_per_address", net::ServerLimits{}.max_connections,
                           settings_.max_connections_per_address, 1);
        const auto origins = listen.texts("origins");
        if (kind == ListenAddress::every && origins.empty()) {
            listen.mistake("origins",
                           "is missing; every call would be refused: " + settings_.listen_address +
                               " is no address that a call is signed for, so say how others "
                               "address this node, for example [\"http://node.example:7101\"]");
        }
        for (std::size_t i = 0; i < origins.size(); ++i) {
            const auto url = net::parse_url(origins[i]);
            if (url)
                settings_.origins.push_back(*url);
            else
                listen.mistake("origins[" + std::to_string(i) + "]", url.error().detail);
        }
    }

    void read_limits(Section& limits) {
        node_.quote_life = limits.milliseconds("quote_life_ms", node_.quote_life);
        node_.decision_time = limits.milliseconds("decision_time_ms", node_.decision_time);
        node_.slack_per_hop = limits.milliseconds("slack_per_hop_ms", node_.slack_per_hop);
        node_.notice_wait = limits.milliseconds("notice_wait_ms", node_.notice_wait);
        node_.max_open =
            static_cast<std::uint32_t>(limits.integer("max_open", 10'000'000, node_.max_open));
        settings_.drain = limits.milliseconds("drain_ms", settings_.drain);
        settings_.commit_interval =
            limits.milliseconds("commit_interval_ms", settings_.commit_interval);
        DiskLimits& disk = settings_.disk;
        disk.low_bytes = limits.integer("low_disk_mib", 1'000'000, disk.low_bytes >> 20) << 20;
        disk.ballast_bytes = limits.integer("ballast_mib", 1'000'000, disk.ballast_bytes >> 20)
                             << 20;
    }

    void read_ledger(Section& section) {
        LedgerSection read = read_ledger_section(section, base_, settings_.plugins);
        node_.ledgers.push_back(std::move(read.config));
        settings_.ledgers.push_back(std::move(read.settings));
    }

    void read_peer(Section& section) {
        core::PeerConfig peer;
        peer.key = section.public_key("key");
        peer.name = section.text("name");
        peer.venue = section.flag("venue", false);
        peer.max_slots =
            static_cast<std::uint32_t>(section.integer("max_slots", 1'000'000, peer.max_slots));
        peer.max_hold = section.milliseconds("max_hold_ms", peer.max_hold);
        settings_.peers.push_back({peer.key, read_url(section, "url", false)});
        node_.peers.push_back(std::move(peer));
    }

    void read_instrument(Section& section) {
        core::InstrumentConfig instrument;
        const std::string isin = section.text("isin");
        const auto scale = static_cast<std::uint8_t>(section.integer("scale", max_asset_scale, 0));
        const auto asset = AssetId::make(isin, scale);
        if (!isin.empty() && (!asset || !is_isin(isin)))
            section.mistake("isin", "expected an ISIN with its check digit, as SE0000108656");
        instrument.asset = asset.value_or(AssetId{});
        instrument.ledger = section.address("ledger");
        const auto one = parse_amount("1", scale);
        instrument.lot = section.amount("lot", instrument.asset, one, Amount{1});
        instrument.reference_price = section.amount("reference_price", node_.price_asset, Amount{});
        instrument.tolerance_ppm =
            static_cast<std::uint32_t>(section.integer("tolerance_ppm", 1'000'000'000, 0));
        node_.instruments.push_back(std::move(instrument));
    }

    void read_party(Section& section) {
        core::PartyConfig party;
        party.name = section.text("name");
        party.node = section.public_key("node");
        party.cash_account = section.address("cash_account");
        party.cash_asset = section.asset("cash_asset");
        party.securities_account = section.address("securities_account");
        if (section.has("margin_ms")) party.margin = section.milliseconds("margin_ms");
        node_.parties.push_back(std::move(party));
    }

    void read_caller(Section& section) {
        api::Caller caller;
        caller.name = section.text("name");
        caller.key = section.public_key("key");
        const std::size_t role =
            section.choice("role", {"operator", "venue", "participant", "auditor"});
        caller.role = static_cast<api::Role>(role);
        for (const api::Caller& other : settings_.callers) {
            if (other.key == caller.key)
                section.mistake("key", "is the key of \"" + other.name + "\" already");
        }
        settings_.callers.push_back(std::move(caller));
    }

    Section& root_;
    Settings& settings_;
    core::NodeConfig& node_;
    std::filesystem::path base_;
};

}  // namespace

bool listens_on_loopback(const Settings& settings) {
    return kind_of(settings.listen_address) == ListenAddress::loopback;
}

std::vector<std::string> notes_on(const Settings& settings) {
    std::vector<std::string> notes;
    for (std::size_t i = 0; i < settings.ledgers.size(); ++i)
        if (settings.ledgers[i].is_profile_computed)
            notes.push_back(settings.ledgers[i].place + "profile: computed from its settings: " +
                            profile_text(settings.node.ledgers[i].timing.profile));
    if (listens_on_loopback(settings)) return notes;
    const std::string& address = settings.listen_address;
    notes.push_back(settings.metrics
                        ? "listen.metrics: /metrics shows balances and exposure in plain text to "
                          "whoever reaches " +
                              address + ", as no signature is asked for there"
                        : "listen.metrics: /metrics is not served, as " + address +
                              " can be reached from outside this machine; metrics = true serves "
                              "it all the same");
    return notes;
}

net::Url listen_origin(const Settings& settings) {
    net::Url url;
    url.scheme = "http";
    url.host = settings.listen_address;
    url.port = settings.listen_port;
    return url;
}

SettingsRead read_settings(const Json& document, const std::filesystem::path& file,
                           const PublicKey& self) {
    SettingsRead read;
    read.settings.node.self = self;
    {
        Section root(document, "", read.mistakes);
        Reader(root, read.settings, file.parent_path()).read();
    }
    // A half-read configuration would only give mistakes that follow from the first ones.
    if (read.mistakes.empty()) read.mistakes = core::check_config(read.settings.node);
    for (std::string& mistake : read.mistakes)
        mistake.insert(0, file.string() + ": ");
    return read;
}

namespace {

std::string sentence(const TomlMistake& mistake) {
    switch (mistake.trouble) {
        case TomlTrouble::unreadable:
            return "cannot be read; check the path and its permissions";
        case TomlTrouble::too_large:
            return "is larger than 4 MiB";
        case TomlTrouble::malformed:
            return "line " + std::to_string(mistake.line) + ", column " +
                   std::to_string(mistake.column) + ": " + mistake.what;
    }
    UNREACHABLE();
}

}  // namespace

SettingsRead read_settings(const std::filesystem::path& file) {
    const auto document = read_toml_file(file, {max_config_octets});
    if (!document || !document->refused.empty()) {
        SettingsRead read;
        if (!document)
            read.mistakes.push_back(file.string() + ": " + sentence(document.error()));
        else
            for (const std::string& key : document->refused)
                read.mistakes.push_back(file.string() + ": " + key +
                                        ": times and dates are not used here; write a text");
        return read;
    }
    const Json& values = document->values;
    // The node's key comes first: it names the connector of its own offers.
    PublicKey self;
    std::string mistake;
    if (const std::string* name = values["key_file"].as_text(); name != nullptr && !name->empty()) {
        const auto seed = read_key_file(file.parent_path() / *name);
        if (seed)
            self = Ed25519().signer(*seed)->public_key();
        else
            mistake = file.string() + ": key_file: " + seed.error().detail;
    }
    SettingsRead read = read_settings(values, file, self);
    if (!mistake.empty()) read.mistakes.insert(read.mistakes.begin(), mistake);
    return read;
}

}  // namespace lockstep::node
