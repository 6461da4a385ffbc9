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

Result<Trust, Failure> read_trust(const AdapterSetup& setup) {
    const std::string* chain = find_setting(setup, "chain");
    const auto chain_id = chain == nullptr ? std::nullopt : Hash::from_hex(*chain);
    if (!chain_id) return fail("bad_setting", "chain: 64 hexadecimal digits are expected");
    Trust trust{*chain_id, {}};

    const std::string* validators = find_setting(setup, "validators");
    std::string_view rest = validators == nullptr ? std::string_view() : *validators;
    while (!rest.empty()) {
        const auto comma = rest.find(',');
        const auto key = PublicKey::from_hex(rest.substr(0, comma));
        if (!key || trust.validators.keys.size() == max_validators) {
            return fail("bad_setting", "validators: at most " + std::to_string(max_validators) +
                                           " public keys of 64 hexadecimal digits, separated by "
                                           "commas, are expected");
        }
        trust.validators.keys.push_back(*key);
        rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    }
    const std::size_t count = trust.validators.keys.size();
    if (count == 0) return fail("bad_setting", "validators: at least one public key is expected");

    trust.validators.quorum = ValidatorSet::default_quorum(count);
    if (const std::string* text = find_setting(setup, "quorum")) {
        std::uint32_t quorum = 0;
        const auto* end = text->data() + text->size();
        const auto [stop, error] = std::from_chars(text->data(), end, quorum);
        if (error != std::errc{} || stop != end || quorum < trust.validators.quorum ||
            quorum > count) {
            return fail("bad_setting", "quorum: " + std::to_string(trust.validators.quorum) +
                                           " to " + std::to_string(count) + " is expected");
        }
        trust.validators.quorum = quorum;
    }
    return trust;
}

Result<std::unique_ptr<LedgerAdapter>, Failure> make_adapter(const AdapterSetup& setup) {
    auto trust = read_trust(setup);
    if (!trust) return unexpected<Failure>(trust.error());
    return make_instruction_adapter(setup, {"chain", "validators", "quorum"},
                                    std::make_unique<BlockReader>(std::move(*trust), setup.scheme));
}

}  // namespace lockstep::securities
