#include "cash/adapter/cash_adapter.h"

#include "sdk/machine/stream.h"

namespace lockstep::cash {

Result<StreamNews, StreamFault> FrameReader::read(ByteView octets) {
    const auto lie = [](const char* detail) {
        return unexpected<StreamFault>(StreamFault{StreamFault::Kind::lie, detail});
    };
    auto frame = decode_frame(octets);
    if (!frame) return lie("a frame that cannot be decoded");
    // A ledger that lost what it had reported is no ledger to lend on.
    if (frame->tip < tip_) return lie("the ledger is behind what it reported before");
    StreamNews news;
    news.ledger_time = frame->ledger_time;
    news.at_tip = frame->events.size() < max_frame_events;
    for (LedgerEvent& event : frame->events) {
        if (event.sequence <= tip_) continue;
        event.locator = "sequence " + std::to_string(event.sequence);
        news.events.push_back(std::move(event));
    }
    news.balances = std::move(frame->balances);
    tip_ = frame->tip;
    return news;
}

Bytes FrameReader::place() const {
    return OerWriter().u64(tip_).take();
}

Result<void> FrameReader::restore(ByteView place) {
    OerReader from(place);
    tip_ = from.u64();
    return from.finish();
}

Result<std::unique_ptr<LedgerAdapter>, Failure> make_adapter(const AdapterSetup& setup) {
    return make_instruction_adapter(setup, {}, std::make_unique<FrameReader>());
}

SettingMistakes check_settings(const AdapterSetup& setup) {
    const auto settings = read_adapter_settings(setup);
    return settings ? SettingMistakes{} : settings.error();
}

}  // namespace lockstep::cash
