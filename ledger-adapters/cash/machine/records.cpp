#include "cash/machine/records.h"

#include "sdk/base/assert.h"
#include "sdk/codec/archive.h"

namespace lockstep::cash {
namespace {

std::uint16_t number(RecordKind kind) {
    return static_cast<std::uint16_t>(kind);
}

// No address contains a zero, so no account's rows lie between those of another.
Bytes key_of(const Address& account, ByteView rest) {
    Bytes key;
    key.reserve(account.text().size() + 1 + rest.size());
    append(key, as_bytes(account.text()));
    key.push_back(0);
    append(key, rest);
    return key;
}

std::array<std::uint8_t, 8> big_endian(std::uint64_t value) {
    std::array<std::uint8_t, 8> octets;
    for (std::size_t i = 0; i < octets.size(); ++i)
        octets[i] = static_cast<std::uint8_t>(value >> (56 - 8 * i));
    return octets;
}

Bytes key_of(const PublicKey& key, ByteView rest) {
    Bytes bytes(key.view().begin(), key.view().end());
    append(bytes, rest);
    return bytes;
}

}  // namespace

Record statement_record(const Address& account, const StatementRow& row) {
    return {number(RecordKind::statements), key_of(account, big_endian(row.sequence)),
            encode_fields(row)};
}

Record event_record(const PublicKey& owner, std::uint64_t sequence, Bytes event) {
    return {number(RecordKind::events), key_of(owner, big_endian(sequence)), std::move(event)};
}

Record closed_record(const EscrowStanding& standing) {
    ArchiveWriter to;
    to(standing.terms, standing.state, standing.sequence, standing.preimage);
    return {number(RecordKind::closed_escrows),
            key_of(standing.terms.payer, standing.terms.id.view()), to.take()};
}

Record answer_record(const PublicKey& signer, const OpAnswer& answer) {
    return {number(RecordKind::answers), key_of(signer, answer.id.view()),
            encode_answers({answer})};
}

std::vector<StatementRow> read_statement(const RecordReader& records, const Address& account,
                                         std::uint64_t from, std::size_t limit) {
    Bytes end = key_of(account, {});
    end.back() = 1;
    std::vector<StatementRow> rows;
    for (const Record& record : records.scan(number(RecordKind::statements),
                                             key_of(account, big_endian(from)), end, limit)) {
        auto row = decode_fields<StatementRow>(record.value);
        ASSERT(row);  // written by statement_record
        rows.push_back(std::move(*row));
    }
    return rows;
}

std::vector<LedgerEvent> read_events(const RecordReader& records, const PublicKey& owner,
                                     std::uint64_t cursor, std::uint64_t tip, std::size_t limit) {
    std::vector<LedgerEvent> events;
    if (cursor >= tip) return events;
    ASSERT(tip < UINT64_MAX);
    const Bytes from = key_of(owner, big_endian(cursor + 1));
    const Bytes to = key_of(owner, big_endian(tip + 1));
    for (const Record& record : records.scan(number(RecordKind::events), from, to, limit)) {
        OerReader reader(record.value);
        events.push_back(read_event(reader));
        ASSERT(reader.finish());  // written by event_record
    }
    return events;
}

std::optional<EscrowStanding> read_closed(const RecordReader& records, const EscrowKey& escrow) {
    const auto value =
        records.get(number(RecordKind::closed_escrows), key_of(escrow.payer, escrow.id.view()));
    if (!value) return std::nullopt;
    ArchiveReader from(*value);
    EscrowStanding standing;
    from(standing.terms, standing.state, standing.sequence, standing.preimage);
    ASSERT(from.finish());  // written by closed_record
    return standing;
}

std::optional<OpAnswer> read_answer(const RecordReader& records, const PublicKey& signer,
                                    const CommandId& id) {
    const auto value = records.get(number(RecordKind::answers), key_of(signer, id.view()));
    if (!value) return std::nullopt;
    const auto answers = decode_answers(*value);
    ASSERT(answers && answers->size() == 1);  // written by answer_record
    return answers->front();
}

}  // namespace lockstep::cash
