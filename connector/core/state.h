// What the node's machine remembers: what is open and what is young. Everything here is in the
// snapshot except the indexes, which are made again from it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>

#include "connector/core/records.h"

namespace lockstep::core {

// One side of a deal on one ledger.
struct Leg {
    PlannedHop
        hop;        // as agreed; for a receiver payer and expiry are open until the escrow is there
    EscrowKey key;  // zero id until known
    LegState state = LegState::none;
    LegState seen = LegState::none;  // when `changed` of the deal was set

    bool open() const { return state == LegState::sent || state == LegState::held; }
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.hop, s.key, s.state, s.seen);
    }
};

// What stands between our incoming and our outgoing escrow under one condition.
struct Deal {
    Hash id;  // the quote, plan or invoice that notices refer to
    DealRole role = DealRole::connector;
    Condition condition;
    std::optional<Leg> in;
    std::optional<Leg> out;
    PublicKey in_notifier;   // zero: any peer
    PublicKey asked_by;      // connector: whose share of slots it takes
    Hash ask;                // connector: the question that its quote answers
    PublicKey out_peer;      // who is told of the outgoing escrow
    Hash out_ref;            // and what it refers to there
    bool go = false;         // an originator may place hop 0
    bool used = false;       // connector: an escrow stood, or stands, under its quote
    bool given_up = false;   // nothing will be placed any more
    bool withheld = false;   // neither place nor reject
    bool cancelled = false;  // a secret holder gives the last hop back instead of revealing
    bool committed = false;  // the outgoing amount counts against the account
    bool claim_sent = false;
    bool reject_sent = false;
    bool preimage_shown = false;  // to who placed the incoming escrow
    bool release_recorded = false;
    std::optional<Bytes> preimage;  // learnt from below, or released
    Hash secret_context;            // of a secret of ours
    Hash secret_entropy;
    Timestamp lapse;  // forgotten then, where nothing has come
    std::optional<Reason> reason;
    Amount fee;  // earned if both legs are fulfilled
    Timestamp opened;
    Timestamp changed;  // when it was opened, or the state of a leg changed

    bool forwards() const { return role == DealRole::connector || role == DealRole::seller; }
    bool reveals() const { return role == DealRole::buyer || role == DealRole::receiver; }
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.id, s.role, s.condition, s.in, s.out, s.in_notifier, s.asked_by, s.ask, s.out_peer,
          s.out_ref, s.go, s.used, s.given_up, s.withheld, s.cancelled, s.committed, s.claim_sent,
          s.reject_sent, s.preimage_shown, s.release_recorded, s.preimage, s.secret_context,
          s.secret_entropy, s.lapse, s.reason, s.fee, s.opened, s.changed);
    }
};

// An originator's route while its connectors are asked, last one first.
struct RoutePlan {
    std::vector<routing::Offer> route;  // first hop's connector first
    std::vector<PlannedHop> hops;       // route.size() + 1; amounts known from the back
    std::vector<Hash> refs;             // what the payee of each hop finds it by
    std::vector<PublicKey> nodes;       // who is told of each hop
    Address from;
    Condition condition;
    std::uint32_t unquoted = 0;  // connectors still to ask
    std::optional<message::QuoteAsk> asked;

    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.route, s.hops, s.refs, s.nodes, s.from, s.condition, s.unquoted, s.asked);
    }
};

// Who wishes that a trade be held, released or cancelled; a bit each.
enum class Wisher : std::uint8_t { self = 1, venue = 2, counterparty = 4 };

// A trade at this node, as venue, buyer's or seller's node.
struct TradeEntry {
    TradeRecord record;
    RoutePlan plan;       // buyer
    PlannedHop delivery;  // buyer
    Hash context;         // buyer: of the secret
    Hash entropy;
    std::optional<message::TermsOffered> early_terms;  // seller: came before the proposal
    std::optional<message::Ended> buyer_end;           // venue
    std::optional<message::Ended> seller_end;
    std::optional<SettlementId> accepted_early;  // venue: what the seller said before the buyer
    bool confirmed = false;    // seller: the venue proposed it, not only the buyer
    std::uint8_t held_by = 0;  // bits of Wisher; who holds it releases it
    Timestamp deadline;        // for the step it is in
    // A step that was refused for a passing reason is taken again then, until the deadline.
    std::optional<Timestamp> retry_at;
    std::optional<Reason> put_off;
    bool listed = false;  // its place in the order of trades is written

    Timestamp due() const { return retry_at && *retry_at < deadline ? *retry_at : deadline; }
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.record, s.plan, s.delivery, s.context, s.entropy, s.early_terms, s.buyer_end,
          s.seller_end, s.accepted_early, s.confirmed, s.held_by, s.deadline, s.retry_at, s.put_off,
          s.listed);
    }
};

struct PaymentEntry {
    PaymentRecord record;
    RoutePlan plan;
    Amount most_paid;
    bool quote_only = false;
    Timestamp deadline;
    bool listed = false;  // its place in the order of payments is written

    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.record, s.plan, s.most_paid, s.quote_only, s.deadline, s.listed);
    }
};

struct InvoiceEntry {
    InvoiceRecord record;
    bool ready = false;  // its condition is made
    std::uint64_t ticket = 0;
    std::string idempotency;  // of the call that waits for it

    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.record, s.ready, s.ticket, s.idempotency);
    }
};

// An escrow for us that nobody has explained yet.
struct Stray {
    EscrowTerms terms;
    Timestamp reject_at;
    bool dealt_with = false;  // rejected or claimed: nothing more is done about it
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.terms, s.reject_at, s.dealt_with);
    }
};

struct LedgerState {
    Timestamp time;
    std::uint8_t mode = 1;     // report::Mode; catching_up
    std::uint64_t cursor = 0;  // of the last event
    bool caught_up = false;    // was live since this process took over
    std::optional<LedgerInfo> info;
    // Its adapter stalled: no new business until the operator resumes it. What is open goes on.
    std::optional<Timestamp> paused_since;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.time, s.mode, s.cursor, s.caught_up, s.info, s.paused_since);
    }
};

using EscrowPlace = std::pair<Address, EscrowKey>;  // ledger, escrow

// Escrows that our key made and the journal does not know, by their condition: it is from a backup.
// What came to us under the same condition is ours once the preimage is known.
struct LostEscrow {
    std::optional<Bytes> preimage;
    Timestamp until;
    std::set<EscrowPlace> open;  // those of them that have not ended
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.preimage, s.until, s.open);
    }
};

struct Account {
    Amount free;
    Amount escrowed;
    Amount committed;  // promised or on its way, not yet taken off `free`
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.free, s.escrowed, s.committed);
    }
};

struct IdempotentCall {
    Hash request;
    std::optional<Bytes> answer;
    Timestamp until;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.request, s.answer, s.until);
    }
};

struct Reference {
    PlanId plan;
    Timestamp until;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.plan, s.until);
    }
};

using AccountKey = std::pair<Address, std::pair<Address, AssetId>>;  // ledger, account, asset
using TradeName = std::pair<PublicKey, std::string>;                 // venue, reference

// What a deadline belongs to.
enum class Due : std::uint8_t {
    deal,
    trade,
    payment,
    invoice,
    stray,
    call,
    condition,
    reference,
    withholding,
    lost
};

// Orders what has a deadline, and finds it by a view of its key.
struct DueOrder {
    using is_transparent = void;
    template <class A, class B>
    bool operator()(const std::pair<Due, A>& a, const std::pair<Due, B>& b) const {
        if (a.first != b.first) return a.first < b.first;
        return as_text(a.second) < as_text(b.second);
    }
    template <class A, class B>
    bool operator()(const std::tuple<Timestamp, Due, A>& a,
                    const std::tuple<Timestamp, Due, B>& b) const {
        if (std::get<0>(a) != std::get<0>(b)) return std::get<0>(a) < std::get<0>(b);
        if (std::get<1>(a) != std::get<1>(b)) return std::get<1>(a) < std::get<1>(b);
        return as_text(std::get<2>(a)) < as_text(std::get<2>(b));
    }
};

struct State {
    std::optional<NodeConfig> config;
    std::uint64_t epoch = 0;
    Timestamp started;  // when this process took over
    // Escrows turned up that the journal lacks: of what is as old as this it may lack more.
    Timestamp forgotten_before;
    bool draining = false;
    bool disk_low = false;
    // Something is wrong that a person must look at: no new business until an operator has
    // acknowledged it. What is open goes on.
    bool loud_stop = false;
    std::uint64_t next_event = 1;
    std::uint64_t next_alarm = 1;
    std::uint64_t next_invoice = 1;

    std::map<Address, LedgerState> ledgers;
    std::map<AccountKey, Account> accounts;
    std::map<Hash, Deal> deals;
    std::map<PlanId, TradeEntry> trades;
    std::map<PlanId, PaymentEntry> payments;
    std::map<PlanId, InvoiceEntry> invoices;
    std::map<EscrowPlace, Stray> strays;
    std::map<Condition, Timestamp> conditions;  // used or known, remembered until then
    std::map<Condition, LostEscrow> lost;
    std::map<TradeName, Reference> references;
    std::map<TradeName, Timestamp> withholdings;     // said before the trade came
    std::map<std::string, IdempotentCall> calls;     // caller ‖ key
    std::map<std::string, AbortRecord> abort_rates;  // by party, those of the configuration

    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.config, s.epoch, s.started, s.forgotten_before, s.draining, s.disk_low, s.loud_stop,
          s.next_event, s.next_alarm, s.next_invoice, s.ledgers, s.accounts, s.deals, s.trades,
          s.payments, s.invoices, s.strays, s.conditions, s.lost, s.references, s.withholdings,
          s.calls, s.abort_rates);
    }

    // --- indexes, not in the snapshot ---
    std::map<EscrowPlace, Hash> by_escrow;  // legs whose key is known
    std::map<Hash, PlanId> by_ask;          // trades and payments that await a quote
    std::map<Hash, PlanId> by_context;      // whose secret it is
    std::map<std::pair<Due, Bytes>, Timestamp, DueOrder> due_of;
    std::set<std::tuple<Timestamp, Due, Bytes>, DueOrder> due;
    std::map<CommandId, Hash> by_command;      // whose command an answer belongs to
    std::map<PublicKey, std::uint32_t> slots;  // open deals per asking peer
    std::map<std::pair<PublicKey, AccountKey>, Amount> shares;  // what they take of an account
    std::map<PublicKey, std::uint32_t> early;                   // terms per peer without a proposal
    std::map<std::pair<Address, Address>, std::uint32_t> stray_payers;  // ledger, payer
    std::map<Condition, Hash> by_condition;                             // the deal that has it
    std::set<std::pair<Timestamp, std::string>> calls_by_age;

    const LedgerConfig* ledger_config(const Address& ledger) const;
    bool is_ours(const Address& ledger, const Address& account) const;
    const PeerConfig* peer(const PublicKey& key) const;
    const PartyConfig* party(const std::string& name) const;
    const InstrumentConfig* instrument(const std::string& code) const;
    bool live(const Address& ledger) const;
    bool paused(const Address& ledger) const;
    // Every ledger's events have been replayed to its tip since this process took over: what the
    // journal lacks is known.
    bool caught_up() const;
    // Of one ledger; what the configuration no longer names will never be read.
    bool caught_up(const Address& ledger) const;
    // The worse of what the operator answers for and what the ledger declares.
    LedgerTiming timing(const LedgerConfig& ledger) const;
    // The ledger's time as cautiously as we know it: what it last said, or our own clock.
    Timestamp ledger_now(const Address& ledger, Timestamp at) const;

    // One deadline per thing; a later call replaces it, Timestamp::never() removes it.
    void set_due(Due kind, ByteView key, Timestamp when);
    // None while it awaits a ledger.
    void set_due(const TradeEntry& trade);
    void set_due(const PaymentEntry& payment);
    // Older than this process, and the ledger that an earlier run may have used for it was not read
    // since: the one that this node pays or delivers on; for a payment all. Nobody says until then
    // how it ended.
    bool awaits_ledger(const TradeEntry& trade) const;
    bool awaits_ledger(const PaymentEntry& payment) const;
    // After a ledger was read, or none is any more.
    void set_dues_again();
    void rebuild_indexes();
    // Whether what was read fits together, so that the machine can go on with it: each thing under
    // its own name, deals with the legs of their role, promises as large as what was promised.
    // Before rebuild_indexes().
    bool is_sound() const;
};

}  // namespace lockstep::core
