#include "sdk/machine/instruction.h"

#include <algorithm>

#include "sdk/base/assert.h"

namespace lockstep {
namespace {

// Signing domains, the terminating zero included, so that no signature for one use serves another.
constexpr std::string_view instruction_domain{"lockstep/instruction/v1\0", 24};
constexpr std::string_view query_domain{"lockstep/query/v1\0", 18};

// CHOICE tags of context-specific class (X.696 section 8.7.2); the number is the alternative's
// place.
constexpr std::uint8_t tag(std::size_t alternative) {
    return static_cast<std::uint8_t>(0x80 | alternative);
}

template <class... F>
struct Overloaded : F... {
    using F::operator()...;
};
template <class... F>
Overloaded(F...) -> Overloaded<F...>;

Bytes with_domain(std::string_view domain, ByteView octets) {
    Bytes message;
    message.reserve(domain.size() + octets.size());
    append(message, as_bytes(domain));
    append(message, octets);
    return message;
}

Bytes with_signature(std::string_view domain, Bytes octets, const Signer& signer) {
    const Signature signature = signer.sign(with_domain(domain, octets));
    append(octets, signature.view());
    return octets;
}

bool verify_signed(std::string_view domain, ByteView octets, const PublicKey& key,
                   const SignatureScheme& scheme) {
    if (octets.size() < Signature::size) return false;
    const std::size_t size = octets.size() - Signature::size;
    const auto signature = Signature::from(octets.last(Signature::size));
    return scheme.verify(key, with_domain(domain, octets.first(size)), *signature);
}

void write_key(OerWriter& to, const EscrowKey& key) {
    to.address(key.payer).fixed(key.id);
}
EscrowKey read_key(OerReader& from) {
    EscrowKey key;
    key.payer = from.address();
    key.id = from.fixed<EscrowId>();
    return key;
}

void write_state(OerWriter& to, EscrowState state, const std::optional<Bytes>& preimage) {
    to.u8(static_cast<std::uint8_t>(state));
    ASSERT((state == EscrowState::fulfilled) == preimage.has_value());
    if (!preimage) return;
    ASSERT(preimage->size() == preimage_size);
    to.raw(*preimage);
}
EscrowState read_state(OerReader& from, std::optional<Bytes>& preimage) {
    const std::uint8_t value = from.u8();
    preimage.reset();
    if (value < 1 || value > 4) {
        from.fail(Reason::malformed);
        return EscrowState::prepared;
    }
    const auto state = static_cast<EscrowState>(value);
    if (state != EscrowState::fulfilled) return state;
    const ByteView shown = from.raw(preimage_size);
    preimage.emplace(shown.begin(), shown.end());
    return state;
}

void write_body(OerWriter& to, const OpBody& body) {
    to.u8(tag(body.index()));
    std::visit(
        Overloaded{
            [&](const op::OpenAccount& o) { to.address(o.account).fixed(o.owner); },
            [&](const op::RegisterAsset& o) { to.asset(o.asset).fixed(o.issuer).amount(o.lot); },
            [&](const op::Issue& o) { to.address(o.account).asset(o.asset).amount(o.amount); },
            [&](const op::Redeem& o) { to.address(o.account).asset(o.asset).amount(o.amount); },
            [&](const op::Transfer& o) {
                to.address(o.from).address(o.to).asset(o.asset).amount(o.amount).time(o.not_after);
            },
            [&](const op::Prepare& o) {
                write_terms(to, o.terms);
                to.time(o.not_after);
            },
            [&](const op::Fulfil& o) {
                write_key(to, o.escrow);
                to.octets(o.preimage);
            },
            [&](const op::Reject& o) {
                write_key(to, o.escrow);
                to.address(o.payee);
            },
            [&](const op::Refund& o) { write_key(to, o.escrow); },
        },
        body);
}

OpBody read_body(OerReader& from) {
    switch (from.u8()) {
        case tag(0): {
            op::OpenAccount o;
            o.account = from.address();
            o.owner = from.fixed<PublicKey>();
            return o;
        }
        case tag(1): {
            op::RegisterAsset o;
            o.asset = from.asset();
            o.issuer = from.fixed<PublicKey>();
            o.lot = from.amount();
            return o;
        }
        case tag(2): {
            op::Issue o;
            o.account = from.address();
            o.asset = from.asset();
            o.amount = from.amount();
            return o;
        }
        case tag(3): {
            op::Redeem o;
            o.account = from.address();
            o.asset = from.asset();
            o.amount = from.amount();
            return o;
        }
        case tag(4): {
            op::Transfer o;
            o.from = from.address();
            o.to = from.address();
            o.asset = from.asset();
            o.amount = from.amount();
            o.not_after = from.time();
            return o;
        }
        case tag(5): {
            op::Prepare o;
            o.terms = read_terms(from);
            o.not_after = from.time();
            return o;
        }
        case tag(6): {
            op::Fulfil o;
            o.escrow = read_key(from);
            const ByteView shown = from.octets(max_preimage_octets);
            o.preimage.assign(shown.begin(), shown.end());
            return o;
        }
        case tag(7): {
            op::Reject o;
            o.escrow = read_key(from);
            o.payee = from.address();
            return o;
        }
        case tag(8): {
            op::Refund o;
            o.escrow = read_key(from);
            return o;
        }
        // an octet from outside, not one of our enumerations
        default:
            from.fail(Reason::malformed);
            return op::Refund{};
    }
}
static_assert(std::variant_size_v<OpBody> == 9);

// What comes before the body of an instruction and of a query.
void write_head(OerWriter& to, const Address& ledger, const PublicKey& signer,
                Timestamp valid_until) {
    to.u8(instruction_version).address(ledger).fixed(signer).time(valid_until);
}
template <class T>
void read_head(OerReader& from, T& value) {
    if (from.u8() != instruction_version) from.fail(Reason::unknown_version);
    value.ledger = from.address();
    value.signer = from.fixed<PublicKey>();
    value.valid_until = from.time();
}

Bytes encode_query(const LedgerQuery& query) {
    OerWriter to;
    write_head(to, query.ledger, query.signer, query.valid_until);
    to.u8(tag(query.body.index()));
    std::visit(
        Overloaded{
            [&](const ask::Escrow& a) { write_key(to, a.escrow); },
            [&](const ask::OpenEscrows& a) { to.address(a.account).u32(a.limit).u64(a.after); },
            [&](const ask::Balances& a) { to.address(a.account); },
        },
        query.body);
    return to.take();
}

QueryBody read_question(OerReader& from) {
    switch (from.u8()) {
        case tag(0):
            return ask::Escrow{read_key(from)};
        case tag(1): {
            ask::OpenEscrows a;
            a.account = from.address();
            a.limit = from.u32();
            a.after = from.u64();
            return a;
        }
        case tag(2):
            return ask::Balances{from.address()};
        // an octet from outside, not one of our enumerations
        default:
            from.fail(Reason::malformed);
            return ask::Balances{};
    }
}
static_assert(std::variant_size_v<QueryBody> == 3);

}  // namespace

void write_op(OerWriter& to, const Op& op) {
    to.fixed(op.id);
    write_body(to, op.body);
}

Op read_op(OerReader& from) {
    Op op;
    op.id = from.fixed<CommandId>();
    op.body = read_body(from);
    return op;
}

bool must_be_remembered(const Op& op) {
    return std::holds_alternative<op::Issue>(op.body) ||
           std::holds_alternative<op::Redeem>(op.body) ||
           std::holds_alternative<op::Transfer>(op.body) ||
           std::holds_alternative<op::Prepare>(op.body);
}

Timestamp remember_until(const Op& op, Timestamp at, Timestamp valid_until, Duration furthest) {
    if (!must_be_remembered(op)) return valid_until;
    Timestamp own = at + furthest;
    if (const auto* transfer = std::get_if<op::Transfer>(&op.body))
        own = std::min(own, transfer->not_after);
    if (const auto* prepare = std::get_if<op::Prepare>(&op.body))
        own = std::min(own, prepare->not_after);
    return std::max(valid_until, own);
}

Bytes encode_instruction(const Instruction& instruction) {
    OerWriter to;
    write_head(to, instruction.ledger, instruction.signer, instruction.valid_until);
    to.quantity(instruction.ops.size());
    for (const Op& op : instruction.ops)
        write_op(to, op);
    return to.take();
}

Bytes sign_instruction(const Instruction& instruction, const Signer& signer) {
    ASSERT(instruction.signer == signer.public_key());
    return with_signature(instruction_domain, encode_instruction(instruction), signer);
}

Result<SignedInstruction> decode_instruction(ByteView octets) {
    if (octets.size() > max_instruction_octets) return refuse(Reason::too_large);
    OerReader from(octets);
    SignedInstruction decoded;
    Instruction& instruction = decoded.instruction;
    read_head(from, instruction);
    const std::uint64_t count = from.quantity();
    if (!from.failed() && (count == 0 || count > max_ops)) from.fail(Reason::too_many_ops);
    // no reserve by what the sender claims: the octets bound how many there can be
    for (std::uint64_t i = 0; i < count && !from.failed(); ++i)
        instruction.ops.push_back(read_op(from));
    decoded.signature = from.fixed<Signature>();
    if (const auto end = from.finish(); !end) return refuse(end.error());
    return decoded;
}

bool verify_instruction(ByteView octets, const PublicKey& signer, const SignatureScheme& scheme) {
    return verify_signed(instruction_domain, octets, signer, scheme);
}

Bytes encode_answers(const std::vector<OpAnswer>& answers) {
    OerWriter to;
    to.u8(instruction_version).quantity(answers.size());
    for (const OpAnswer& answer : answers) {
        to.fixed(answer.id).u8(tag(answer.done ? 0 : 1));
        if (answer.done)
            to.u64(answer.sequence);
        else
            to.reason(answer.reason);
    }
    return to.take();
}

Result<std::vector<OpAnswer>> decode_answers(ByteView octets) {
    OerReader from(octets);
    if (from.u8() != instruction_version) from.fail(Reason::unknown_version);
    std::vector<OpAnswer> answers;
    const std::size_t count = from.count(max_ops);
    for (std::size_t i = 0; i < count && !from.failed(); ++i) {
        OpAnswer answer;
        answer.id = from.fixed<CommandId>();
        const std::uint8_t outcome = from.u8();
        answer.done = outcome == tag(0);
        if (answer.done)
            answer.sequence = from.u64();
        else if (outcome == tag(1))
            answer.reason = from.reason();
        else
            from.fail(Reason::malformed);
        answers.push_back(answer);
    }
    if (const auto end = from.finish(); !end) return refuse(end.error());
    return answers;
}

Bytes sign_query(const LedgerQuery& query, const Signer& signer) {
    ASSERT(query.signer == signer.public_key());
    return with_signature(query_domain, encode_query(query), signer);
}

Result<SignedQuery> decode_query(ByteView octets) {
    OerReader from(octets);
    SignedQuery decoded;
    read_head(from, decoded.query);
    decoded.query.body = read_question(from);
    decoded.signature = from.fixed<Signature>();
    if (const auto end = from.finish(); !end) return refuse(end.error());
    return decoded;
}

bool verify_query(ByteView octets, const PublicKey& signer, const SignatureScheme& scheme) {
    return verify_signed(query_domain, octets, signer, scheme);
}

void write_balance(OerWriter& to, const Balance& balance) {
    to.address(balance.account).asset(balance.asset);
    to.amount(balance.free).amount(balance.escrowed);
}

Balance read_balance(OerReader& from) {
    Balance balance;
    balance.account = from.address();
    balance.asset = from.asset();
    balance.free = from.amount();
    balance.escrowed = from.amount();
    return balance;
}

Bytes encode_query_answer(const QueryAnswer& answer) {
    OerWriter to;
    to.u8(instruction_version).time(answer.ledger_time).u64(answer.sequence);
    to.quantity(answer.escrows.size());
    for (const EscrowStanding& standing : answer.escrows) {
        write_terms(to, standing.terms);
        to.u64(standing.sequence);
        write_state(to, standing.state, standing.preimage);
    }
    to.quantity(answer.balances.size());
    for (const Balance& balance : answer.balances)
        write_balance(to, balance);
    return to.take();
}

Result<QueryAnswer> decode_query_answer(ByteView octets) {
    OerReader from(octets);
    QueryAnswer answer;
    if (from.u8() != instruction_version) from.fail(Reason::unknown_version);
    answer.ledger_time = from.time();
    answer.sequence = from.u64();
    const std::size_t escrows = from.count(max_query_rows);
    for (std::size_t i = 0; i < escrows && !from.failed(); ++i) {
        EscrowStanding standing;
        standing.terms = read_terms(from);
        standing.sequence = from.u64();
        standing.state = read_state(from, standing.preimage);
        answer.escrows.push_back(std::move(standing));
    }
    const std::size_t balances = from.count(max_query_rows);
    for (std::size_t i = 0; i < balances && !from.failed(); ++i)
        answer.balances.push_back(read_balance(from));
    if (const auto end = from.finish(); !end) return refuse(end.error());
    return answer;
}

void write_event(OerWriter& to, const LedgerEvent& event) {
    to.u64(event.sequence).time(event.at);
    write_terms(to, event.terms);
    write_state(to, event.state, event.preimage);
}

LedgerEvent read_event(OerReader& from) {
    LedgerEvent event;
    event.sequence = from.u64();
    event.at = from.time();
    event.terms = read_terms(from);
    event.state = read_state(from, event.preimage);
    return event;
}

}  // namespace lockstep
