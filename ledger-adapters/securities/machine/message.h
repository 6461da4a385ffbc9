// What validators say to each other. A proposal and a vote are signed by the validator they come
// from; a decided block carries its certificate; a question needs no signature.
//
//   proposal over "lockstep/proposal/v1\0" ‖ chain ‖ height ‖ round ‖ valid_round + 1 ‖ header hash
#pragma once

#include <optional>
#include <variant>
#include <vector>

#include "securities/machine/block.h"

namespace lockstep::securities {

// A decided block with all its leaves fits, or who lags could never catch up; see block.cpp.
constexpr std::size_t max_message_octets = 4 * max_block_octets;

struct Proposal {
    BlockHeader header;
    std::vector<Bytes> transactions;
    std::uint32_t round = 0;  // of the proposal; the header has that of the first one
    // The round in which a quorum prevoted for this block, and its prevotes: whoever is locked on
    // an older round may follow. They travel with the proposal, so that no vote has to be gossiped.
    std::optional<std::uint32_t> valid_round;
    std::vector<ValidatorSignature> valid_prevotes;
    std::uint32_t validator = 0;
    Signature signature;
};
Bytes proposal_message(const Proposal& proposal);
// The same, of the header's hash.
Bytes proposal_message(const Proposal& proposal, const Hash& block);

struct Vote {
    Ballot ballot;
    std::uint32_t validator = 0;
    Signature signature;
    friend bool operator==(const Vote&, const Vote&) = default;
};

// Where the sender stands; whoever has the block of this height decided sends it.
struct WhereAmI {
    std::uint64_t height = 0;  // the one it works on
};

using Message = std::variant<Proposal, Vote, WhereAmI, DecidedBlock>;

Bytes encode_message(const Message& message);
Result<Message> decode_message(ByteView octets);
// The height a message is about.
std::uint64_t height_of(const Message& message);
// That of a vote, by its first octets, whatever follows them; none for another message. Of the
// votes that arrive half come too late, and need no decoding.
std::optional<std::uint64_t> height_of_vote(ByteView octets);

void write_vote(OerWriter& to, const Vote& vote);
Vote read_vote(OerReader& from);
// Without the transactions, which the header commits to.
void write_proposal_head(OerWriter& to, const Proposal& proposal);

}  // namespace lockstep::securities
