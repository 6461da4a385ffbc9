#include "bitcoin/machine/input.h"

#include "sdk/codec/archive.h"

namespace lockstep::bitcoin {
namespace {

enum class Tag : std::uint8_t {
    configure = 1,
    submit = 2,
    submit_block = 3,
    mine = 4,
    invalidate = 5,
    reconsider = 6,
    set_time = 7,
    wake = 8,
};

void begin(ArchiveWriter& to, Tag tag) {
    to(static_cast<std::uint8_t>(tag));
}

void encode(ArchiveWriter& to, const input::Configure& one) {
    begin(to, Tag::configure);
    to(one.settings);
}
void encode(ArchiveWriter& to, const input::Submit& one) {
    begin(to, Tag::submit);
    to(serialize(one.transaction));
}
void encode(ArchiveWriter& to, const input::SubmitBlock& one) {
    begin(to, Tag::submit_block);
    to(serialize(one.block));
}
void encode(ArchiveWriter& to, const input::Mine& one) {
    begin(to, Tag::mine);
    std::optional<std::vector<Bytes>> octets;
    if (one.transactions) {
        octets.emplace();
        for (const Transaction& transaction : *one.transactions)
            octets->push_back(serialize(transaction));
    }
    to(one.blocks, one.tries, one.script, octets);
}
void encode(ArchiveWriter& to, const input::Invalidate& one) {
    begin(to, Tag::invalidate);
    to(one.block);
}
void encode(ArchiveWriter& to, const input::Reconsider& one) {
    begin(to, Tag::reconsider);
    to(one.block);
}
void encode(ArchiveWriter& to, const input::SetTime& one) {
    begin(to, Tag::set_time);
    to(one.seconds);
}
void encode(ArchiveWriter& to, const input::Wake&) {
    begin(to, Tag::wake);
}

std::optional<Input> decode_mine(ArchiveReader& from) {
    input::Mine mine;
    std::optional<std::vector<Bytes>> octets;
    from(mine.blocks, mine.tries, mine.script, octets);
    if (!octets) return mine;
    mine.transactions.emplace();
    for (const Bytes& one : *octets) {
        auto transaction = parse_transaction(one);
        if (!transaction) return std::nullopt;
        mine.transactions->push_back(std::move(*transaction));
    }
    return mine;
}

// nullopt for what stands in no journal of ours.
std::optional<Input> decode(std::uint8_t tag, ArchiveReader& from) {
    switch (static_cast<Tag>(tag)) {
        case Tag::configure: {
            input::Configure configure;
            from(configure.settings);
            return configure;
        }
        case Tag::submit: {
            Bytes octets;
            from(octets);
            auto transaction = parse_transaction(octets);
            if (!transaction) return std::nullopt;
            return input::Submit{std::move(*transaction)};
        }
        case Tag::submit_block: {
            Bytes octets;
            from(octets);
            auto block = parse_block(octets);
            if (!block) return std::nullopt;
            return input::SubmitBlock{std::move(*block)};
        }
        case Tag::mine:
            return decode_mine(from);
        case Tag::invalidate: {
            input::Invalidate invalidate;
            from(invalidate.block);
            return invalidate;
        }
        case Tag::reconsider: {
            input::Reconsider reconsider;
            from(reconsider.block);
            return reconsider;
        }
        case Tag::set_time: {
            input::SetTime set;
            from(set.seconds);
            return set;
        }
        case Tag::wake:
            return input::Wake{};
    }
    return std::nullopt;
}

}  // namespace

Bytes encode_input(const Input& input) {
    ArchiveWriter to;
    std::visit([&](const auto& one) { encode(to, one); }, input);
    return to.take();
}

Result<Input> decode_input(ByteView octets) {
    if (octets.empty()) return refuse(Reason::malformed);
    ArchiveReader from(octets.subspan(1));
    auto input = decode(octets[0], from);
    if (const auto end = from.finish(); !end) return refuse(end.error());
    if (!input) return refuse(Reason::malformed);
    return std::move(*input);
}

}  // namespace lockstep::bitcoin
