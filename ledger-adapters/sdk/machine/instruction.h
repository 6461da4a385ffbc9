// The instruction that both our ledgers take: a batch of operations under one signature, because a
// signature costs more than everything else. Operations are independent; each has an answer.
//
//   instruction = version 1, ledger address, signer 32, valid_until, count, operations
//   signed      = instruction, signature 64 over "lockstep/instruction/v1\0" and the instruction
//   operation   = id 32, tag, body
// All in canonical OER; longer forms and trailing octets are refused.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "sdk/base/result.h"
#include "sdk/crypto/signature.h"
#include "sdk/machine/escrow.h"

namespace lockstep {

constexpr std::uint8_t instruction_version = 1;
constexpr std::size_t max_ops = 1024;
// A full instruction of ordinary operations is a quarter of this.
constexpr std::size_t max_instruction_octets = 1 << 20;
constexpr std::size_t max_query_rows = 10'000;  // of each kind, in one answer
constexpr std::size_t max_preimage_octets =
    8192;  // larger claims than the rule allows are decoded,
           // so that they are refused by the ledger's rule
constexpr Duration max_instruction_life = Duration::seconds(24 * 3600);

namespace op {

// By the ledger's operator: an account and the key that controls it.
struct OpenAccount {
    Address account;
    PublicKey owner;
};
// By the ledger's operator: an asset, who may issue it, and the smallest quantity that moves (1
// unless the instrument trades in lots).
struct RegisterAsset {
    AssetId asset;
    PublicKey issuer;
    Amount lot;
};
// By the asset's issuer: new units into an account.
struct Issue {
    Address account;
    AssetId asset;
    Amount amount;
};
// By the account's owner: units out of existence.
struct Redeem {
    Address account;
    AssetId asset;
    Amount amount;
};
struct Transfer {
    Address from;
    Address to;
    AssetId asset;
    Amount amount;
    Timestamp not_after;
};
// By the payer: lock value. Refused after not_after, which bounds how long it can stay unknown.
struct Prepare {
    EscrowTerms terms;
    Timestamp not_after;
};
// By the payee: show the preimage and be paid. Any size is decoded; only 32 octets can succeed.
struct Fulfil {
    EscrowKey escrow;
    Bytes preimage;
};
// By the payee: give it back early. Where the escrow does not exist yet, `payee` names the account
// that refuses it, and a tombstone keeps it from being prepared later.
struct Reject {
    EscrowKey escrow;
    Address payee;
};
// By anyone, after the expiry, where the ledger has not done it by itself.
struct Refund {
    EscrowKey escrow;
};

}  // namespace op

using OpBody = std::variant<op::OpenAccount, op::RegisterAsset, op::Issue, op::Redeem, op::Transfer,
                            op::Prepare, op::Fulfil, op::Reject, op::Refund>;

struct Op {
    CommandId id;  // what it is for; the same id with other contents is refused
    OpBody body;
};

struct Instruction {
    Address ledger;
    PublicKey signer;
    Timestamp valid_until;
    std::vector<Op> ops;
};

// The answer to one operation.
struct OpAnswer {
    CommandId id;
    bool done = false;
    Reason reason = Reason::internal_error;  // where not done
    std::uint64_t sequence = 0;              // ledger sequence of the effect, where done
    friend bool operator==(const OpAnswer&, const OpAnswer&) = default;
};

// False for fulfil, reject, refund, open account and register asset, which the state alone keeps
// from happening twice: where a ledger's memory of answers is full they go on without it.
bool must_be_remembered(const Op& op);
// The last instant at which the answer to an operation has to be known that arrived at this time:
// as long as it can come under this signature or, by its own not_after, under a later one. What
// creates or destroys value has no not_after and is remembered for `furthest`, which is also how
// far ahead the ledger takes a not_after; one beyond is refused and holds no memory until then.
Timestamp remember_until(const Op& op, Timestamp at, Timestamp valid_until,
                         Duration furthest = max_instruction_life);

// Canonical octets without the signature.
Bytes encode_instruction(const Instruction& instruction);
// Encodes, signs and appends the signature: the exact octets that are stored and sent.
Bytes sign_instruction(const Instruction& instruction, const Signer& signer);

struct SignedInstruction {
    Instruction instruction;
    Signature signature;
};
// Form only: malformed, not_canonical, unknown_version, too_many_ops, too_large.
Result<SignedInstruction> decode_instruction(ByteView octets);
// The signature over the octets that decode_instruction accepted.
bool verify_instruction(ByteView octets, const PublicKey& signer, const SignatureScheme& scheme);

void write_op(OerWriter& to, const Op& op);
Op read_op(OerReader& from);

Bytes encode_answers(const std::vector<OpAnswer>& answers);
Result<std::vector<OpAnswer>> decode_answers(ByteView octets);

// A read that only the owner of an account, or an auditor, may make; signed like an instruction.
//   query = version 1, ledger address, signer 32, valid_until, tag, body; "lockstep/query/v1\0"
namespace ask {
struct Escrow {
    EscrowKey escrow;
};
struct OpenEscrows {
    Address account;
    std::uint32_t limit = 1000;
    std::uint64_t after = 0;  // sequence to continue from
};
struct Balances {
    Address account;
};
}  // namespace ask
using QueryBody = std::variant<ask::Escrow, ask::OpenEscrows, ask::Balances>;

struct LedgerQuery {
    Address ledger;
    PublicKey signer;
    Timestamp valid_until;
    QueryBody body;
};
Bytes sign_query(const LedgerQuery& query, const Signer& signer);
struct SignedQuery {
    LedgerQuery query;
    Signature signature;
};
Result<SignedQuery> decode_query(ByteView octets);
bool verify_query(ByteView octets, const PublicKey& signer, const SignatureScheme& scheme);

struct EscrowStanding {
    EscrowTerms terms;
    EscrowState state = EscrowState::prepared;
    std::uint64_t sequence = 0;     // of its last change
    std::optional<Bytes> preimage;  // where fulfilled
};
struct Balance {
    Address account;
    AssetId asset;
    Amount free;      // can be spent
    Amount escrowed;  // locked by this account as payer
    friend bool operator==(const Balance&, const Balance&) = default;
};
void write_balance(OerWriter& to, const Balance& balance);
Balance read_balance(OerReader& from);
// Every answer tells the ledger's time and sequence at which it holds.
struct QueryAnswer {
    Timestamp ledger_time;
    std::uint64_t sequence = 0;
    std::vector<EscrowStanding> escrows;
    std::vector<Balance> balances;
};
Bytes encode_query_answer(const QueryAnswer& answer);
Result<QueryAnswer> decode_query_answer(ByteView octets);

// One change of one escrow, as both ledgers report it.
struct LedgerEvent {
    std::uint64_t sequence = 0;  // the ledger's own order; the cursor of a stream
    Timestamp at;                // ledger time
    EscrowTerms terms;
    EscrowState state = EscrowState::prepared;
    std::optional<Bytes> preimage;  // exactly 32 octets, where fulfilled
    // Where it stands, as report::Escrow has it: said by who reads it, no part of its octets.
    std::string locator = {};
};
void write_event(OerWriter& to, const LedgerEvent& event);
LedgerEvent read_event(OerReader& from);

}  // namespace lockstep
