// The rows that the machine leaves for readers, and how they are found.
//
//   kind            key                                        value
//   statements      account ‖ 0 ‖ sequence                     StatementRow
//   events          key of the account's owner ‖ sequence      LedgerEvent
//   closed_escrows  payer ‖ 0 ‖ escrow id                      EscrowStanding
//   answers         signer ‖ operation id                      OpAnswer to issue, redeem, transfer
//
// Sequences are eight octets, highest first, so that rows lie in order. Events are kept by owner,
// so that a stream of all of a key's accounts is one scan from its cursor.
#pragma once

#include <optional>
#include <vector>

#include "sdk/machine/instruction.h"
#include "sdk/machine/statement.h"
#include "sdk/machine/store.h"

namespace lockstep::cash {

enum class RecordKind : std::uint16_t {
    statements = 1,
    events = 2,
    closed_escrows = 3,
    answers = 4,
};

Record statement_record(const Address& account, const StatementRow& row);
Record event_record(const PublicKey& owner, std::uint64_t sequence, Bytes event);
Record closed_record(const EscrowStanding& standing);
Record answer_record(const PublicKey& signer, const OpAnswer& answer);

// Oldest first, from this sequence on.
std::vector<StatementRow> read_statement(const RecordReader& records, const Address& account,
                                         std::uint64_t from, std::size_t limit);
// Events after the cursor and up to the tip, oldest first.
std::vector<LedgerEvent> read_events(const RecordReader& records, const PublicKey& owner,
                                     std::uint64_t cursor, std::uint64_t tip, std::size_t limit);
std::optional<EscrowStanding> read_closed(const RecordReader& records, const EscrowKey& escrow);
std::optional<OpAnswer> read_answer(const RecordReader& records, const PublicKey& signer,
                                    const CommandId& id);

}  // namespace lockstep::cash
