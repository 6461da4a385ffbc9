// Why something was refused. One list for ledgers, nodes and interfaces: the word in an answer of a
// ledger is the word in the problem document that a user reads.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace lockstep {

// What the one who was refused does about it.
enum class ReasonFamily : std::uint8_t {
    final_,    // it will be refused again: reject upstream
    retry,     // the same request may succeed later
    unknown,   // it may have happened: look it up
    internal,  // a bug or a broken machine: stop
};

// name, number on the wire (never reused), family, sentence
#define LOCKSTEP_REASONS(X)                                                                  \
    /* form of a request */                                                                  \
    X(malformed, 1, final_, "the request cannot be decoded")                                 \
    X(not_canonical, 2, final_, "the request is not in canonical form")                      \
    X(unknown_version, 3, final_, "the version is not known here")                           \
    X(wrong_ledger, 4, final_, "the address belongs to another ledger")                      \
    X(too_many_ops, 5, final_, "an instruction carries 1 to 1024 operations")                \
    X(bad_signature, 6, final_, "the signature does not match")                              \
    X(unknown_key, 7, final_, "the key is not known here")                                   \
    X(not_permitted, 8, final_, "the key may not do this")                                   \
    X(too_late, 9, final_, "valid_until has passed")                                         \
    X(too_far_ahead, 10, final_, "the time lies further ahead than is accepted")             \
    X(too_large, 11, final_, "the request is larger than the limit")                         \
    /* ledger operations, in the order in which they are checked */                          \
    X(id_reused, 20, final_, "the id was used for something else")                           \
    X(unknown_account, 21, final_, "no such account")                                        \
    X(account_exists, 22, final_, "the account exists with other fields")                    \
    X(unknown_asset, 24, final_, "no such asset on this ledger")                             \
    X(wrong_asset, 25, final_, "the account holds another asset")                            \
    X(zero_amount, 26, final_, "the amount must be at least one unit")                       \
    X(amount_overflow, 27, final_, "the amount exceeds what can be represented")             \
    X(same_account, 28, final_, "payer and payee are the same account")                      \
    X(insufficient_funds, 29, final_, "the account does not hold enough")                    \
    X(expiry_passed, 30, final_, "the expiry is not in the future")                          \
    X(expiry_too_far, 31, final_, "the expiry lies further ahead than the ledger accepts")   \
    X(not_after_passed, 32, final_, "the operation came after its not_after")                \
    X(unknown_escrow, 33, final_, "no such escrow")                                          \
    X(not_payee, 34, final_, "only the payee may do this")                                   \
    X(wrong_preimage_size, 35, final_, "a preimage has exactly 32 bytes")                    \
    X(wrong_preimage, 36, final_, "the preimage does not match the condition")               \
    X(escrow_expired, 37, final_, "the escrow has expired")                                  \
    X(escrow_not_expired, 38, final_, "the escrow has not expired yet")                      \
    X(already_fulfilled, 39, final_, "the escrow was fulfilled")                             \
    X(already_refunded, 40, final_, "the escrow was refunded")                               \
    X(limit_reached, 41, retry, "a limit of the ledger or of this account is reached")       \
    X(unknown_output, 42, final_, "an input is not an unspent output")                       \
    X(output_locked, 43, final_, "an input is locked")                                       \
    X(unbalanced, 44, final_, "inputs and outputs do not sum to the same")                   \
    X(odd_lot, 45, final_, "the quantity is not a whole number of lots")                     \
    X(tombstoned, 46, final_, "the payee refused this escrow before it was prepared")        \
    X(asset_exists, 47, final_, "the asset exists with other fields")                        \
    X(amount_too_large, 48, final_, "the amount exceeds what the ledger takes at once")      \
    X(not_accepted, 49, final_, "the rules of the ledger do not allow it")                   \
    /* reachability */                                                                       \
    X(unavailable, 60, retry, "not reachable at the moment")                                 \
    X(overloaded, 61, retry, "too much is in flight, try again later")                       \
    X(draining, 62, retry, "shutting down, takes no new business")                           \
    X(ledger_paused, 63, retry, "the ledger is halted, stale or closed")                     \
    X(disk_low, 64, retry, "too little disk is left for new business")                       \
    X(outcome_unknown, 65, unknown, "sent, but no answer came")                              \
    X(not_found, 66, final_, "not found")                                                    \
    X(loud_stop, 67, retry, "an operator must look at an alarm first")                       \
    /* node: routing, quotes, ladder */                                                      \
    X(no_route, 80, final_, "no route leads there")                                          \
    X(no_account, 81, final_, "this node has no account there")                              \
    X(unknown_peer, 82, final_, "no such peer")                                              \
    X(quote_refused, 83, final_, "a connector on the route gave no quote")                   \
    X(quote_lapsed, 84, final_, "the quote has lapsed")                                      \
    X(unknown_quote, 85, final_, "no such quote, or it was used")                            \
    X(condition_used, 86, final_, "the condition was used before")                           \
    X(no_liquidity, 87, final_, "too little is free to reserve this")                        \
    X(peer_limit, 88, retry, "the peer has its share of slots or value in use")              \
    X(amount_out_of_bounds, 89, final_, "the amount is outside what the offer carries")      \
    X(ladder_too_tight, 90, final_, "the expiries leave less than the margin")               \
    X(expiry_past_limit, 91, final_, "the expiry is further ahead than this node accepts")   \
    X(place_by_passed, 92, final_, "the time to place the escrow has passed")                \
    X(escrow_mismatch, 93, final_, "the escrow on the ledger is not the one agreed")         \
    X(no_notice, 94, final_, "an escrow came without a notice")                              \
    X(stale_profile, 95, retry, "the ledger's time or profile is missing or stale")          \
    X(escrows_unresolved, 96, retry, "escrows that the journal lacks have not ended yet")    \
    X(ledger_refused, 97, retry, "what a ledger says cannot be verified")                    \
    /* settlement */                                                                         \
    X(duplicate_reference, 110, final_, "the venue used this reference before")              \
    X(unknown_party, 111, final_, "no such buyer or seller")                                 \
    X(unknown_instrument, 112, final_, "no such instrument here")                            \
    X(price_out_of_tolerance, 113, final_, "the price is outside the party's tolerance")     \
    X(insufficient_cash, 114, final_, "the buyer does not hold enough")                      \
    X(insufficient_securities, 115, final_, "the seller does not hold enough")               \
    X(terms_mismatch, 116, final_, "the terms are not those agreed")                         \
    X(terms_lapsed, 117, final_, "the terms were not accepted in time")                      \
    X(party_refused, 118, final_, "a party refused the terms")                               \
    X(cancelled, 119, final_, "cancelled before anything was placed")                        \
    X(held, 120, retry, "on hold by a party")                                                \
    X(payment_not_placed, 121, final_, "the payment was not placed in time")                 \
    X(delivery_not_placed, 122, final_, "the seller did not deliver in time")                \
    X(forward_not_placed, 123, final_, "a connector did not forward in time")                \
    X(reveal_guard, 124, final_, "too little time was left to reveal the secret safely")     \
    X(escrow_rejected, 125, final_, "the payee gave the escrow back")                        \
    X(withheld, 126, final_, "the party withheld its escrow")                                \
    X(same_node, 128, final_, "buyer and seller are at one node")                            \
    X(secret_holder_mode, 127, final_, "the venue may not hold the secret for this party")   \
    /* interface */                                                                          \
    X(unknown_field, 140, final_, "a field is not known")                                    \
    X(missing_field, 141, final_, "a field is missing")                                      \
    X(wrong_type, 142, final_, "a field has the wrong type or form")                         \
    X(unauthenticated, 143, final_, "the request is not signed by a known key")              \
    X(replayed, 144, final_, "the signature was used before")                                \
    X(idempotency_mismatch, 145, final_, "the Idempotency-Key was used for another request") \
    X(idempotency_missing, 146, final_, "an Idempotency-Key is required")                    \
    X(method_not_allowed, 147, final_, "the method is not allowed here")                     \
    X(signature_expired, 148, final_, "the signature is too old or from before the start")   \
    X(internal_error, 199, internal, "an internal error")

enum class Reason : std::uint16_t {
#define LOCKSTEP_REASON_ENUM(name, number, family, sentence) name = number,
    LOCKSTEP_REASONS(LOCKSTEP_REASON_ENUM)
#undef LOCKSTEP_REASON_ENUM
};

// The stable code, for example "insufficient_funds".
std::string_view to_string(Reason reason);
// A sentence for people.
std::string_view describe(Reason reason);
ReasonFamily family(Reason reason);
// Of the families retry and unknown: the same request, octet for octet, may be sent again.
bool is_worth_another_try(Reason reason);
// nullopt for a number or word that is no reason.
std::optional<Reason> reason_from_number(std::uint16_t number);
std::optional<Reason> reason_from_string(std::string_view word);

}  // namespace lockstep
