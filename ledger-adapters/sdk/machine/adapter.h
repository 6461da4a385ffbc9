// LedgerAdapter: how a node reaches one ledger. A step function too: it takes inputs at a time and
// returns what to remember (puts, committed with the node's journal before any request leaves),
// what to ask the ledger (requests) and what the node should know (reports). Adapters are not
// replayed: their reports are journalled as inputs of the node, their puts are read back.
//
// Every step takes all inputs of one turn, so that an adapter can put many commands under one
// signature.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sdk/machine/instruction.h"
#include "sdk/machine/store.h"

namespace lockstep {

constexpr std::uint8_t ledger_info_version = 1;
constexpr std::size_t max_ledger_assets = 10'000;
constexpr std::size_t max_asset_name = 128;
constexpr std::size_t max_locator = 128;

// --- what a ledger is, as its adapter declares it ---
struct AssetInfo {
    AssetId asset;
    Amount lot;  // smallest quantity that moves
    std::string name;
    friend bool operator==(const AssetInfo&, const AssetInfo&) = default;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.asset, s.lot, s.name);
    }
};
struct LedgerInfo {
    Address ledger;
    std::vector<AssetInfo> assets;
    TimingProfile profile;
    ExpiryRule expiry_rule = ExpiryRule::strict;
    RefundRule refund = RefundRule::automatic;
    RejectRule reject = RejectRule::yes;
    std::uint8_t preimage_octets = preimage_size;  // what the ledger enforces
    Duration max_hold;                             // longest expiry ahead that it accepts
    Amount max_amount;                             // largest escrow
    bool proofs = false;                           // events come with proofs that were verified
    friend bool operator==(const LedgerInfo&, const LedgerInfo&) = default;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.ledger, s.assets, s.profile, s.expiry_rule, s.refund, s.reject, s.preimage_octets,
          s.max_hold, s.max_amount, s.proofs);
    }
};
void write_ledger_info(OerWriter& to, const LedgerInfo& info);
LedgerInfo read_ledger_info(OerReader& from);

// --- commands: the node wants something done ---
namespace command {
struct Expect {
    EscrowTerms terms;  // as payee; some ledgers must tell the payer something first
};
struct Prepare {
    EscrowTerms terms;
    Timestamp not_after;
};
struct Fulfil {
    EscrowKey escrow;
    Preimage preimage;
};
struct Reject {
    EscrowKey escrow;
    Address payee;
};
struct Refund {
    EscrowKey escrow;
};
struct Transfer {
    Address from;
    Address to;
    AssetId asset;
    Amount amount;
    Timestamp not_after;
};
}  // namespace command
using CommandBody = std::variant<command::Expect, command::Prepare, command::Fulfil,
                                 command::Reject, command::Refund, command::Transfer>;
struct Command {
    CommandId id;
    CommandBody body;
};

// --- queries ---
struct Query {
    std::uint64_t id = 0;
    QueryBody body;
};

// --- what comes back from the ledger's service ---
struct Reply {
    std::uint64_t request = 0;
    Result<Bytes> body;  // unavailable: never reached it; outcome_unknown: sent, no answer
};
struct StreamFrame {
    Bytes body;
};
// The stream ended, or could not be opened: because the ledger refused it, or for no known reason.
struct StreamDown {
    std::optional<Reason> refused;
};
struct Woken {};
// To the payer of an escrow: what its payee's adapter reported in a Release.
struct Released {
    EscrowKey escrow;
    Bytes octets;
};

using AdapterInput = std::variant<Command, Query, Reply, StreamFrame, StreamDown, Woken, Released>;

// --- what leaves ---
// The transport maps a request to HTTP: POST path with body (or GET when the body is empty).
// Subscribe opens, or re-opens, the one event stream.
struct Request {
    std::uint64_t id = 0;
    std::string path;  // "/v1/instructions"
    Bytes body;
    bool subscribe = false;
    // To a service that is none of Lockstep's: what it, or a gateway before it, answers with
    // another status than 200 is no problem document, whatever it looks like, and tells nothing
    // about what became of the request: outcome_unknown.
    bool is_foreign = false;
    // How long the answer may take, where that is longer than the transport would wait.
    Duration patience{};
};

namespace report {
// An answer to a command. unknown is not failed: the adapter goes on finding out, and a later
// answer to the same id is done or refused. refused after unknown means proved absent.
struct Answer {
    CommandId id;
    enum class Outcome : std::uint8_t { done = 1, refused = 2, unknown = 3 } outcome;
    Reason reason = Reason::internal_error;
};
// "done", "unknown", or the word of the reason for which it was refused.
std::string_view word(const Answer& answer);
// In ledger order, at least once, resumable without a gap.
struct Escrow {
    std::uint64_t cursor = 0;
    EscrowTerms terms;
    EscrowState state = EscrowState::prepared;
    Certainty certainty = Certainty::final_;
    std::optional<Bytes> preimage;  // 32 octets that fulfil the condition, where fulfilled
    Timestamp ledger_time;
    // Where the ledger shows what brought it into this state, in the ledger's own words, so that a
    // person can look there: a transaction id, a place in a block. Printable ASCII, 1 to
    // max_locator octets; empty where it was rolled back, and nowhere any more.
    std::string locator = {};
};
struct QueryResult {
    std::uint64_t id = 0;
    Result<QueryAnswer> answer;
};
// Our accounts after the events up to the cursor.
struct Balances {
    std::uint64_t cursor = 0;
    std::vector<Balance> balances;
};
enum class Mode : std::uint8_t {
    catching_up = 1,  // events before the tip are still to come
    live = 2,         // everything up to ledger_time has been reported
    stale = 3,        // no word from the ledger, or no time, for longer than its profile allows
    refused = 4,      // what it says cannot be verified; loud stop
};
struct Health {
    Timestamp ledger_time;
    Mode mode = Mode::catching_up;
    std::string detail;  // what was said that cannot be true, where refused
};
struct Info {
    LedgerInfo info;  // first report of all, and again when it changes
};
// Where giving back takes both sides (RejectRule::cooperative): the payee's part, for the payer's
// adapter (Released). Remembered before it is reported, and irrevocable from then on: the payer may
// use it at any time. The payee may still claim with the preimage; the ledger decides which of the
// two is first, and the escrow is back when it says so.
struct Release {
    EscrowKey escrow;
    Address payer;
    Bytes octets;
};
}  // namespace report
using Report = std::variant<report::Answer, report::Escrow, report::QueryResult, report::Balances,
                            report::Health, report::Info, report::Release>;

struct AdapterOutputs {
    std::vector<Put> puts;  // `space` is filled in by the node
    std::vector<Request> requests;
    std::vector<Report> reports;
};

class LedgerAdapter {
public:
    virtual ~LedgerAdapter() = default;
    // What this adapter remembered; before the first step. Afterwards it re-subscribes and resends
    // the recorded bytes of commands without an answer.
    virtual void restore(const std::vector<Put>& puts) = 0;
    // Called at start with {Woken} once, then whenever there is input or next_wake is due.
    virtual void step(Timestamp at, std::span<AdapterInput> inputs, AdapterOutputs& out) = 0;
    virtual std::optional<Timestamp> next_wake() const = 0;
};

// What an adapter is made from. `settings` is the adapter's own table of the configuration, as text
// pairs; `random` fills nonces.
struct AdapterSetup {
    Address ledger;
    std::vector<Address> accounts;  // ours on this ledger
    std::shared_ptr<const Signer> signer;
    std::shared_ptr<const SignatureScheme> scheme;
    TimingProfile profile;  // what the operator answers for
    std::vector<std::pair<std::string, std::string>> settings;
};

}  // namespace lockstep
