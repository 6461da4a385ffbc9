// One party of a swap, told what happened in words and asked what it did, in words too.
//
//   begin                         the party enters into the terms
//   btc live, csd stale           what a ledger's adapter says of itself
//   payment prepared seen         an event: payment or delivery; prepared, fulfilled, refunded or
//                                 rejected; seen, final or rolled_back
//   payment other final           another escrow under the payment's name
//   delivery stray final          an escrow of the same accounts under another name
//   prepare refused REASON        an answer, also of fulfil
//   secret                        what was decided to be shown has been derived
//   t+90, t+89.999999             the time comes
//   restart                       from the snapshot, as another process
//   save, restore                 the same from the snapshot of then: an older disk
// Answers: "expect delivery", "prepare payment", "fulfil delivery", "reject delivery", "release",
// "1 seen" (a transaction of the six), "settled", "unwound: reason", "alarm code"; "" for nothing,
// "refused: reason" where the input was.
#pragma once

#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "connector/swap/machine.h"
#include "sdk/crypto/hash.h"

namespace lockstep::test {

using swap::Role;
using swap::Side;
using swap::SwapMachine;

inline const Timestamp swap_start = Timestamp{1'700'000'000'000'000};

inline Address swap_address(std::string_view text) {
    return *Address::parse(text);
}

inline Preimage swap_secret() {
    std::array<std::uint8_t, preimage_size> octets{};
    octets.fill(7);
    return *Preimage::from(octets);
}

inline const TimingProfile chain_profile{Duration::seconds(4), Duration::seconds(3),
                                         Duration{},           Duration::seconds(8),
                                         Duration::seconds(2), Duration::seconds(2)};
inline const TimingProfile depository_profile{Duration::seconds(1), Duration{},
                                              Duration{},           Duration::seconds(1),
                                              Duration::seconds(1), Duration{}};
inline const core::Endurance one_outage{Duration::seconds(1), 1, 0};

// The delivery goes back after 100 s and the payment after 116, which is the least that the seller
// takes: 2 x 4 s, an outage of 1 s and 4 s after it, and clocks that may lag 1 s and lead 2 s.
inline swap::Terms swap_terms() {
    swap::Terms terms;
    terms.payment = {swap_address("test.btc"),
                     swap_address("test.btc.alice"),
                     swap_address("test.btc.bob"),
                     *AssetId::make("BTC", 8),
                     Amount{1'000'000},
                     swap_start + Duration::seconds(116),
                     {chain_profile, ExpiryRule::open}};
    terms.delivery = {swap_address("test.csd"),
                      swap_address("test.csd.bob"),
                      swap_address("test.csd.alice"),
                      *AssetId::make("SE0000108656", 0),
                      Amount{50},
                      swap_start + Duration::seconds(100),
                      {depository_profile, ExpiryRule::strict}};
    terms.condition = condition_of(swap_secret());
    terms.buyer = one_outage;
    terms.proposed = swap_start;
    return terms;
}

inline LedgerInfo info_of(const swap::Leg& leg) {
    LedgerInfo info;
    info.ledger = leg.ledger;
    info.assets = {{leg.asset, Amount{1}, "one"}};
    info.profile = leg.timing.profile;
    info.expiry_rule = leg.timing.expiry_rule;
    const bool chain = leg.timing.expiry_rule == ExpiryRule::open;
    info.refund = chain ? RefundRule::by_payer : RefundRule::automatic;
    info.reject = chain ? RejectRule::cooperative : RejectRule::yes;
    info.max_hold = Duration::seconds(7 * 86'400);
    info.max_amount = Amount{1'000'000'000};
    return info;
}

inline std::vector<swap::OwnLedger> ledgers_of(Role role, const swap::Terms& terms) {
    const bool buys = role == Role::buyer;
    return {{terms.payment.ledger,
             {buys ? terms.payment.payer : terms.payment.payee},
             terms.payment.timing,
             std::nullopt},
            {terms.delivery.ledger,
             {buys ? terms.delivery.payee : terms.delivery.payer},
             terms.delivery.timing,
             std::nullopt}};
}

class SwapStory {
public:
    explicit SwapStory(Role role, swap::Terms agreed = swap_terms());

    // What it does about it, joined by "; ".
    std::string tell(const std::string& words);
    const swap::Swap& swap() const { return *machine_.swap(); }
    SwapMachine& machine() { return machine_; }

private:
    std::string apply(const swap::MachineInput& input);
    std::string start_from(const Bytes& snapshot);
    std::string event(const std::string& side, const std::string& state,
                      const std::string& certainty);
    std::string say(const swap::MachineOutput& output);

    const Role role_;
    const swap::Terms terms_;
    SwapMachine machine_;
    Timestamp now_ = swap_start;
    std::map<std::string, CommandId> sent_;
    std::set<CommandId> refused_;
    Bytes saved_;
};

struct Row {
    std::string happens;
    std::string does;
};
std::vector<Row> operator+(std::vector<Row> first, const std::vector<Row>& then);
void play(Role role, const std::vector<Row>& rows);

// Up to the payment that is final.
inline const std::vector<Row> buyer_begins{{"begin", "expect delivery"},
                                           {"btc live", ""},
                                           {"csd live", "prepare payment"},
                                           {"payment prepared seen", "1 seen"},
                                           {"payment prepared final", "1 final"}};
inline const std::vector<Row> seller_begins{
    {"begin", "expect payment"}, {"btc live", ""}, {"csd live", ""}};
// And up to the delivery that is.
inline const std::vector<Row> seller_delivers =
    seller_begins + std::vector<Row>{{"payment prepared final", "1 final; prepare delivery"},
                                     {"delivery prepared final", "3 final"}};

}  // namespace lockstep::test
