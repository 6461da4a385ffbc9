// What nodes say to each other. A message says where to look, never what to believe: money moves
// only on what the ledgers' own data says. Batches are signed (RFC 9421) and acknowledged; see
// connector/assembly for delivery.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "sdk/base/result.h"
#include "sdk/machine/escrow.h"

namespace lockstep::core {

constexpr std::size_t max_reference = 64;
constexpr std::size_t max_party_name = 64;

// What a hop notice refers to: a quote, a plan of a settlement, or an invoice.
using PlanId = FixedBytes<32, struct PlanIdTag>;

// One side of a settlement as the venue matched it.
struct PartyInstructions {
    std::string party;
    PublicKey node;
    Address cash_account;
    AssetId cash_asset;
    Address securities_account;
    std::optional<Duration> margin;  // as seller: between being paid and delivering

    friend bool operator==(const PartyInstructions&, const PartyInstructions&) = default;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.party, s.node, s.cash_account, s.cash_asset, s.securities_account, s.margin);
    }
};

// A matched trade: the venue's part of the terms.
struct Trade {
    PublicKey venue;
    std::string reference;  // unique for ever at this venue
    std::uint32_t attempt = 1;
    AssetId instrument;
    Address securities_ledger;
    Amount quantity;
    AssetId price_asset;
    Address cash_ledger;   // where the seller is paid
    Amount price;          // per unit
    Amount consideration;  // quantity times price: exactly what the seller receives
    PartyInstructions buyer;
    PartyInstructions seller;
    Timestamp valid_until;  // parties refuse it afterwards

    friend bool operator==(const Trade&, const Trade&) = default;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.venue, s.reference, s.attempt, s.instrument, s.securities_ledger, s.quantity,
          s.price_asset, s.cash_ledger, s.price, s.consideration, s.buyer, s.seller, s.valid_until);
    }
};
// Names the trade before its terms are complete: SHA-256 of "lockstep/plan/v1\0" and the trade.
PlanId plan_of(const Trade& trade);

enum class SecretHolder : std::uint8_t { buyer = 1, venue = 2 };
constexpr bool is_valid(SecretHolder holder) {
    return holder == SecretHolder::buyer || holder == SecretHolder::venue;
}

// One hop as the plan fixes it.
struct PlannedHop {
    Address ledger;
    AssetId asset;
    Amount amount;
    Address payer;
    Address payee;
    Timestamp place_by;
    Timestamp expiry;

    friend bool operator==(const PlannedHop&, const PlannedHop&) = default;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.ledger, s.asset, s.amount, s.payer, s.payee, s.place_by, s.expiry);
    }
};

// What both parties sign. The settlement id is the digest, so a preimage is evidence for this
// trade.
struct Terms {
    Trade trade;
    AssetId pay_asset;       // what the buyer pays in
    Amount most_paid;        // fees included
    PlannedHop payment;      // the escrow that reaches the seller
    PlannedHop delivery;     // the escrow that reaches the buyer
    Timestamp first_expiry;  // of hop 0, the last to end
    Condition condition;
    SecretHolder secret_holder = SecretHolder::buyer;
    PublicKey payment_notifier;  // the node whose hop notice the seller awaits

    friend bool operator==(const Terms&, const Terms&) = default;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.trade, s.pay_asset, s.most_paid, s.payment, s.delivery, s.first_expiry, s.condition,
          s.secret_holder, s.payment_notifier);
    }
};
// SHA-256 of "lockstep/terms/v1\0" and the canonical octets.
SettlementId settlement_of(const Terms& terms);

namespace message {

// From a venue to both parties.
struct Proposal {
    Trade trade;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.trade);
    }
};
// From an originator to a connector of its route.
struct QuoteAsk {
    Hash ask;  // echoed in the answer
    Condition condition;
    Address in_ledger;
    AssetId in_asset;
    Address in_payer;       // the account that will pay the connector
    PublicKey in_notifier;  // the node that will send the hop notice
    PlannedHop out;         // payer is left empty: the connector fills in its own account
    PublicKey next_node;    // who is told of the outgoing escrow
    PlanId next_ref;        // and what it is told
    Timestamp in_place_by;
    Timestamp in_expiry;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.ask, s.condition, s.in_ledger, s.in_asset, s.in_payer, s.in_notifier, s.out,
          s.next_node, s.next_ref, s.in_place_by, s.in_expiry);
    }
};
// The exact hop that the connector expects, signed, with liquidity reserved until it lapses.
struct Quote {
    Hash ask;
    QuoteId id;
    PlannedHop in;
    Address out_payer;
    Timestamp lapse;
    Signature signature;  // of the connector over the ask and all of the above
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.ask, s.id, s.in, s.out_payer, s.lapse, s.signature);
    }
};
struct QuoteRefused {
    Hash ask;
    Reason reason = Reason::internal_error;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.ask, s.reason);
    }
};
// From the buyer's node to the seller's and the venue's.
struct TermsOffered {
    Terms terms;
    Signature buyer;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.terms, s.buyer);
    }
};
// From the seller's node to the buyer's and the venue's.
struct TermsAccepted {
    SettlementId settlement;
    PlanId plan;
    Signature seller;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.settlement, s.plan, s.seller);
    }
};
// A party will not take part; to the venue and to the other party.
struct Declined {
    PlanId plan;
    Reason reason = Reason::internal_error;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.plan, s.reason);
    }
};
// An escrow is being placed for you: look there.
struct HopNotice {
    Address ledger;
    EscrowKey escrow;
    Hash ref;  // your quote, plan or invoice
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.ledger, s.escrow, s.ref);
    }
};
// Your escrow is being given back, and why.
struct HopReject {
    Address ledger;
    EscrowKey escrow;
    Reason reason = Reason::internal_error;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.ledger, s.escrow, s.reason);
    }
};
// My part of giving back an escrow that you placed, on a ledger where both must sign
// (RejectRule::cooperative). It cannot be taken back; your adapter checks it before it uses it.
constexpr std::size_t max_share = 1'024;
struct GiveBack {
    Address ledger;
    EscrowKey escrow;
    Bytes share;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.ledger, s.escrow, s.share);
    }
};
// The preimage of an escrow that you placed and I claimed: its ledger has it, and may tell you
// later.
struct PreimageShown {
    Address ledger;
    EscrowKey escrow;
    Bytes preimage;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.ledger, s.escrow, s.preimage);
    }
};
// How a party's side of a trade ended; to the venue.
enum class EndState : std::uint8_t { settled = 1, unwound = 2, declined = 3, broken = 4 };
constexpr bool is_valid(EndState state) {
    return state >= EndState::settled && state <= EndState::broken;
}
struct Ended {
    PlanId plan;
    EndState state = EndState::declined;
    std::optional<Reason> reason;
    std::optional<Bytes> preimage;  // evidence, where settled
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.plan, s.state, s.reason, s.preimage);
    }
};
// Before hop 0 is recorded these act; afterwards a cancel is a request to the secret holder.
struct Hold {
    PlanId plan;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.plan);
    }
};
struct Release {
    PlanId plan;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.plan);
    }
};
struct Cancel {
    PlanId plan;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.plan);
    }
};

}  // namespace message

using Message =
    std::variant<message::Proposal, message::QuoteAsk, message::Quote, message::QuoteRefused,
                 message::TermsOffered, message::TermsAccepted, message::Declined,
                 message::HopNotice, message::HopReject, message::PreimageShown, message::Ended,
                 message::Hold, message::Release, message::Cancel, message::GiveBack>;

Bytes encode_message(const Message& message);
Result<Message> decode_message(ByteView octets);

// What a quote's signature covers.
Bytes quote_octets(const message::QuoteAsk& ask, const message::Quote& quote);
// What the parties' signatures cover: "lockstep/terms/v1\0" and the settlement id.
Bytes terms_octets(const SettlementId& settlement);

}  // namespace lockstep::core
