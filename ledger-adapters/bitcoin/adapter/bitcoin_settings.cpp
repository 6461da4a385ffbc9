#include "bitcoin/adapter/bitcoin_settings.h"

#include <charconv>

#include "sdk/base/assert.h"

namespace lockstep::bitcoin {
namespace {

// Source: kernel/chainparams.cpp of Bitcoin Core, chainparams.cpp of Litecoin Core 0.21.
constexpr ChainIdentity identities[]{
    {"main", "main", "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f"},
    {"test", "test", "000000000933ea01ad0ee984209779baaec3ced90fa3f408719526f8d77f4943"},
    {"testnet4", "testnet4", "00000000da84f2bafbbc53dee25a72ae507ff4914b867c565be350b0da8bf043"},
    {"signet", "signet", "00000008819873e925422c1ff0f99f7cc9bbb232af63a077a480a3633bee1ef6"},
    {"regtest", "regtest", "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206"},
    {"litecoin-regtest", "regtest",
     "530827f38f93b43ed12af0b3ad25a288dc02ed74d6d7857862df51fc56c416f9"},
};

using Wrong = std::optional<std::string>;

struct NumberSetting {
    std::string_view key;
    std::int64_t least;
    std::int64_t most;
    void (*set)(BitcoinSettings& to, std::int64_t value);
};
constexpr std::int64_t day_ms = 24 * 3600 * 1000;
constexpr NumberSetting number_settings[]{
    {"poll_ms", 1, day_ms,
     [](BitcoinSettings& to, std::int64_t v) { to.poll = Duration::milliseconds(v); }},
    {"depth", 1, 1'000, [](BitcoinSettings& to, std::int64_t v) { to.depth = v; }},
    {"reorg_window", 1, 10'000, [](BitcoinSettings& to, std::int64_t v) { to.reorg_window = v; }},
    {"start_height", 0, INT32_MAX,
     [](BitcoinSettings& to, std::int64_t v) { to.start_height = v; }},
    {"blocks_per_batch", 1, 1'000,
     [](BitcoinSettings& to, std::int64_t v) {
         to.blocks_per_batch = static_cast<std::size_t>(v);
     }},
    {"pool_batch", 1, 1'000,
     [](BitcoinSettings& to, std::int64_t v) { to.pool_batch = static_cast<std::size_t>(v); }},
    {"confirmation_target", 1, 1'008,
     [](BitcoinSettings& to, std::int64_t v) { to.confirmation_target = static_cast<int>(v); }},
    {"min_fee_rate", min_relay_fee.satoshi, max_fee_per_kvb.satoshi,
     [](BitcoinSettings& to, std::int64_t v) { to.min_fee = {v}; }},
    {"max_fee_rate", min_relay_fee.satoshi, max_fee_per_kvb.satoshi,
     [](BitcoinSettings& to, std::int64_t v) { to.max_fee = {v}; }},
    {"reserve_sat", 0, coin, [](BitcoinSettings& to, std::int64_t v) { to.reserve = v; }},
    {"max_hold_s", 1, 366 * 86'400,
     [](BitcoinSettings& to, std::int64_t v) { to.max_hold = Duration::seconds(v); }},
    {"max_amount_sat", 1, max_money,
     [](BitcoinSettings& to, std::int64_t v) { to.max_amount = v; }},
    {"block_interval_s", 1, 86'400,
     [](BitcoinSettings& to, std::int64_t v) { to.block = Duration::seconds(v); }},
    {"block_interval_ms", 1, day_ms,
     [](BitcoinSettings& to, std::int64_t v) { to.block = Duration::milliseconds(v); }},
    {"congestion", 0, 1'008, [](BitcoinSettings& to, std::int64_t v) { to.congestion = v; }},
    {"reorg_depth", 0, 999, [](BitcoinSettings& to, std::int64_t v) { to.reorg = v; }},
    {"late_ms", 0, day_ms,
     [](BitcoinSettings& to, std::int64_t v) { to.late = Duration::milliseconds(v); }},
    {"early_ms", 0, day_ms,
     [](BitcoinSettings& to, std::int64_t v) { to.early = Duration::milliseconds(v); }},
    {"reply_timeout_ms", 1, day_ms,
     [](BitcoinSettings& to, std::int64_t v) { to.reply_timeout = Duration::milliseconds(v); }},
    {"stale_after_ms", 1, day_ms,
     [](BitcoinSettings& to, std::int64_t v) { to.stale_after = Duration::milliseconds(v); }},
    {"rebroadcast_ms", 1, day_ms,
     [](BitcoinSettings& to, std::int64_t v) { to.rebroadcast = Duration::milliseconds(v); }},
};

std::vector<std::string> split_at_commas(std::string_view text) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(','), text.size());
        if (end > 0) parts.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

Wrong set_number(BitcoinSettings& to, const NumberSetting& setting, const std::string& text) {
    std::int64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stopped != end || value < setting.least || value > setting.most)
        return "expected a whole number from " + std::to_string(setting.least) + " to " +
               std::to_string(setting.most);
    setting.set(to, value);
    return std::nullopt;
}

Wrong set_text(BitcoinSettings& to, const std::string& key, const std::string& text) {
    if (key == "key_file") {
        to.key_file = text;
        return std::nullopt;
    }
    if (key == "counterparties") {
        to.counterparties = split_at_commas(text);
        for (const std::string& one : to.counterparties)
            if (!Address::parse(one)) return "expected addresses of accounts, with commas between";
        return std::nullopt;
    }
    if (key == "network") {
        to.network = network_named(text);
        if (to.network == nullptr)
            return "expected main, test, testnet4, signet, regtest or "
                   "litecoin-regtest";
        return std::nullopt;
    }
    for (const NumberSetting& setting : number_settings)
        if (setting.key == key) return set_number(to, setting, text);
    return "is no setting of this adapter; remove it or check its spelling";
}

}  // namespace

const ChainIdentity& identity_of(const Network& network) {
    for (const ChainIdentity& identity : identities)
        if (identity.network == network.name) return identity;
    UNREACHABLE();
}

Result<BitcoinSettings, SettingMistakes> read_bitcoin_settings(const AdapterSetup& setup) {
    BitcoinSettings settings;
    settings.network = network_named("regtest");
    settings.stale_after = std::max(setup.profile.inclusion, Duration::seconds(2));
    SettingMistakes mistakes;
    for (const auto& [key, text] : setup.settings)
        if (auto wrong = set_text(settings, key, text)) mistakes.push_back({key, *wrong});
    if (mistakes.empty() && settings.min_fee > settings.max_fee)
        mistakes.push_back({"min_fee_rate", "is above max_fee_rate"});
    if (settings.reserve != 0 && settings.reserve < coin / 100'000)
        mistakes.push_back({"reserve_sat", "expected 0, or 1000 at least: less is dust"});
    if (find_setting(setup, "block_interval_s") != nullptr &&
        find_setting(setup, "block_interval_ms") != nullptr)
        mistakes.push_back({"block_interval_ms", "expected either this or block_interval_s"});
    if (settings.reorg && *settings.reorg >= settings.depth)
        mistakes.push_back(
            {"reorg_depth", "what is final could be taken back; expected less than depth, " +
                                std::to_string(settings.depth)});
    if (!mistakes.empty()) return unexpected<SettingMistakes>(std::move(mistakes));
    return settings;
}

ChainPace pace_of(const BitcoinSettings& settings) {
    ChainPace pace;
    pace.block = settings.block;
    pace.target = settings.confirmation_target;
    pace.congestion = settings.congestion;
    pace.depth = settings.depth;
    pace.reorg = settings.reorg.value_or(settings.depth - 1);
    pace.late = settings.late.value_or(careful_late(settings.block));
    pace.early = settings.early;
    return pace;
}

}  // namespace lockstep::bitcoin
