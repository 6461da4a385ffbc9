#include "securities/adapter/securities_adapter.h"

#include <charconv>
#include <string_view>

namespace lockstep::securities {

BlockReader::BlockReader(Trust trust, std::shared_ptr<const SignatureScheme> scheme)
    : trust_(std::move(trust)),
      scheme_(std::move(scheme)),
      client_(trust_, scheme_, std::nullopt) {}

Result<StreamNews, StreamFault> BlockReader::read(ByteView octets) {
    const auto lie = [](std::string detail) {
        return unexpected<StreamFault>(StreamFault{StreamFault::Kind::lie, std::move(detail)});
    };
    auto frame = decode_frame(octets);
    if (!frame) return lie("a frame that cannot be decoded");
    auto events = client_.accept(*frame);
    if (!events) {
        const std::string doubt = to_string(events.error());
        if (events.error() != Doubt::gap) return lie("a block that cannot be believed: " + doubt);
        return unexpected<StreamFault>(StreamFault{StreamFault::Kind::gap, doubt});
    }
    StreamNews news;
    news.events = std::move(*events);
    news.balances = std::move(frame->balances);
    news.ledger_time = client_.place().time;
    news.at_tip = client_.place().height >= frame->tip;
    return news;
}

Result<void> BlockReader::restore(ByteView octets) {
    const auto place = decode_place(octets);
    if (!place) return refuse(place.error());
    client_ = LightClient(trust_, scheme_, *place);
    return {};
}

namespace {

const std::vector<std::string> own_settings{"chain", "validators", "quorum"};

// Nothing after a mistake.
std::optional<std::vector<PublicKey>> read_validators(const AdapterSetup& setup) {
    const std::string* validators = find_setting(setup, "validators");
    std::string_view rest = validators == nullptr ? std::string_view() : *validators;
    std::vector<PublicKey> keys;
    while (!rest.empty()) {
        const auto comma = rest.find(',');
        const auto key = PublicKey::from_hex(rest.substr(0, comma));
        if (!key || keys.size() == max_validators) return std::nullopt;
        keys.push_back(*key);
        rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    }
    if (keys.empty()) return std::nullopt;
    return keys;
}

std::optional<std::uint32_t> read_quorum(const std::string& text, std::size_t validators) {
    std::uint32_t quorum = 0;
    const auto* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, quorum);
    const bool is_number = error == std::errc{} && stop == end;
    if (!is_number || quorum < ValidatorSet::default_quorum(validators) || quorum > validators)
        return std::nullopt;
    return quorum;
}

}  // namespace

Result<Trust, SettingMistakes> read_trust(const AdapterSetup& setup) {
    SettingMistakes mistakes;
    const auto tell = [&](const std::string& key, const std::string& expected) {
        const bool is_there = find_setting(setup, key) != nullptr;
        mistakes.push_back({key, (is_there ? "" : "is missing; ") + expected});
    };
    const std::string* chain = find_setting(setup, "chain");
    const auto chain_id = chain == nullptr ? std::nullopt : Hash::from_hex(*chain);
    if (!chain_id) tell("chain", "expected 64 hexadecimal digits");
    auto keys = read_validators(setup);
    if (!keys) {
        tell("validators", "expected 1 to " + std::to_string(max_validators) +
                               " public keys of 64 hexadecimal digits, separated by commas");
    }
    Trust trust{chain_id.value_or(Hash{}), {keys.value_or(std::vector<PublicKey>{}), 0}};
    // Of how many it is a quorum is unknown without the validators.
    if (keys) {
        const std::uint32_t least = ValidatorSet::default_quorum(keys->size());
        const std::string* text = find_setting(setup, "quorum");
        const auto quorum = text == nullptr ? least : read_quorum(*text, keys->size());
        if (!quorum) {
            tell("quorum",
                 "expected " + std::to_string(least) + " to " + std::to_string(keys->size()));
        }
        trust.validators.quorum = quorum.value_or(least);
    }
    if (!mistakes.empty()) return unexpected<SettingMistakes>(std::move(mistakes));
    return trust;
}

SettingMistakes check_settings(const AdapterSetup& setup) {
    SettingMistakes mistakes;
    if (auto trust = read_trust(setup); !trust) mistakes = std::move(trust.error());
    if (const auto settings = read_adapter_settings(setup, own_settings); !settings)
        mistakes.insert(mistakes.end(), settings.error().begin(), settings.error().end());
    return mistakes;
}

Result<std::unique_ptr<LedgerAdapter>, Failure> make_adapter(const AdapterSetup& setup) {
    auto trust = read_trust(setup);
    if (!trust) return unexpected<Failure>(bad_setting(trust.error()));
    return make_instruction_adapter(setup, own_settings,
                                    std::make_unique<BlockReader>(std::move(*trust), setup.scheme));
}

}  // namespace lockstep::securities
