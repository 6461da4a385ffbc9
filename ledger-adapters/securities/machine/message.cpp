#include "securities/machine/message.h"

namespace lockstep::securities {
namespace {

constexpr std::string_view proposal_domain{"lockstep/proposal/v1\0", 21};

// Instructions, what became of their operations, refunds; a length each, and the head.
static_assert(max_block_octets + max_block_operations * (8 + max_operation_leaf + 8) +
                  max_block_refunds * (1 + max_event_octets + 4) + 100'000 <=
              max_message_octets);

enum class MessageTag : std::uint8_t { proposal = 1, vote = 2, where_am_i = 3, decided = 4 };

Proposal read_proposal(OerReader& from) {
    Proposal proposal;
    proposal.header = read_header(from);
    proposal.round = from.u32();
    if (from.boolean()) {
        proposal.valid_round = from.u32();
        proposal.valid_prevotes = read_signatures(from);
    }
    proposal.validator = from.u32();
    proposal.signature = from.fixed<Signature>();
    const std::size_t count = from.count(max_block_instructions);
    for (std::size_t i = 0; i < count && !from.failed(); ++i) {
        const ByteView octets = from.octets(max_instruction_octets);
        proposal.transactions.emplace_back(octets.begin(), octets.end());
    }
    return proposal;
}

}  // namespace

Bytes proposal_message(const Proposal& proposal) {
    return proposal_message(proposal, proposal.header.hash());
}

Bytes proposal_message(const Proposal& proposal, const Hash& block) {
    OerWriter to;
    to.raw(as_bytes(proposal_domain)).fixed(proposal.header.chain).u64(proposal.header.height);
    to.u32(proposal.round).u32(proposal.valid_round ? *proposal.valid_round + 1 : 0);
    to.fixed(block);
    return to.take();
}

void write_proposal_head(OerWriter& to, const Proposal& proposal) {
    write_header(to, proposal.header);
    to.u32(proposal.round).boolean(proposal.valid_round.has_value());
    if (proposal.valid_round) {
        to.u32(*proposal.valid_round);
        write_signatures(to, proposal.valid_prevotes);
    }
    to.u32(proposal.validator).fixed(proposal.signature);
}

void write_vote(OerWriter& to, const Vote& vote) {
    to.u8(static_cast<std::uint8_t>(vote.ballot.kind)).u64(vote.ballot.height);
    to.u32(vote.ballot.round).fixed(vote.ballot.block).u32(vote.validator).fixed(vote.signature);
}

Vote read_vote(OerReader& from) {
    Vote vote;
    const std::uint8_t kind = from.u8();
    if (kind != 1 && kind != 2) from.fail(Reason::malformed);
    vote.ballot.kind = kind == 1 ? VoteKind::prevote : VoteKind::precommit;
    vote.ballot.height = from.u64();
    vote.ballot.round = from.u32();
    vote.ballot.block = from.fixed<Hash>();
    vote.validator = from.u32();
    vote.signature = from.fixed<Signature>();
    return vote;
}

Bytes encode_message(const Message& message) {
    OerWriter to;
    if (const auto* proposal = std::get_if<Proposal>(&message)) {
        to.u8(static_cast<std::uint8_t>(MessageTag::proposal));
        write_proposal_head(to, *proposal);
        to.quantity(proposal->transactions.size());
        for (const Bytes& octets : proposal->transactions)
            to.octets(octets);
    } else if (const auto* vote = std::get_if<Vote>(&message)) {
        to.u8(static_cast<std::uint8_t>(MessageTag::vote));
        write_vote(to, *vote);
    } else if (const auto* where = std::get_if<WhereAmI>(&message)) {
        to.u8(static_cast<std::uint8_t>(MessageTag::where_am_i)).u64(where->height);
    } else {
        to.u8(static_cast<std::uint8_t>(MessageTag::decided));
        to.raw(encode_decided(std::get<DecidedBlock>(message)));
    }
    return to.take();
}

Result<Message> decode_message(ByteView octets) {
    if (octets.size() > max_message_octets) return refuse(Reason::too_large);
    OerReader from(octets);
    Message message;
    switch (from.u8()) {
        case static_cast<std::uint8_t>(MessageTag::proposal):
            message = read_proposal(from);
            break;
        case static_cast<std::uint8_t>(MessageTag::vote):
            message = read_vote(from);
            break;
        case static_cast<std::uint8_t>(MessageTag::where_am_i):
            message = WhereAmI{from.u64()};
            break;
        case static_cast<std::uint8_t>(MessageTag::decided): {
            auto block = decode_decided(from.raw(from.remaining()));
            if (!block) return refuse(block.error());
            return Message{std::move(*block)};
        }
        default:
            from.fail(Reason::malformed);
    }
    if (const auto end = from.finish(); !end) return refuse(end.error());
    return message;
}

std::uint64_t height_of(const Message& message) {
    if (const auto* proposal = std::get_if<Proposal>(&message)) return proposal->header.height;
    if (const auto* vote = std::get_if<Vote>(&message)) return vote->ballot.height;
    if (const auto* where = std::get_if<WhereAmI>(&message)) return where->height;
    return std::get<DecidedBlock>(message).header.height;
}

std::optional<std::uint64_t> height_of_vote(ByteView octets) {
    OerReader from(octets);
    if (from.u8() != static_cast<std::uint8_t>(MessageTag::vote)) return std::nullopt;
    from.u8();  // its kind
    const std::uint64_t height = from.u64();
    return from.failed() ? std::nullopt : std::optional(height);
}

}  // namespace lockstep::securities
