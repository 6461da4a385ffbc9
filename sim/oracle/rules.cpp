#include "sim/oracle/rules.h"

#include <array>

namespace lockstep::sim {
namespace {

constexpr std::array<RuleEntry, rule_count> all_rules{{
    {Rule::conservation, "conservation",
     "on each ledger and for each asset, balances and escrows are what was issued; an account has "
     "what its escrows made of it"},
    {Rule::forward_only, "forward_only",
     "an escrow is prepared once and ends once; what a ledger takes back it showed within R"},
    {Rule::expiry, "expiry",
     "a fulfil is before the expiry, on a ledger that is not open; an expiry's refund is not"},
    {Rule::preimage, "preimage", "only 32 octets whose SHA-256 is the condition fulfil an escrow"},
    {Rule::no_honest_loss, "no_honest_loss",
     "what an honest party paid on was paid to it, or delivered, under the same condition"},
    {Rule::bounded_loss, "bounded_loss",
     "what an honest party paid for nothing, or is not paid for its preimage, beyond its profile it "
     "had reported as at risk"},
    {Rule::revealed_is_paid, "revealed_is_paid", "an honest party that showed its secret is paid"},
    {Rule::exact_amounts, "exact_amounts",
     "an honest receiver gets exactly what was agreed, an honest connector exactly its price, and "
     "an honest buyer pays none that is beyond its tolerance"},
    {Rule::ladder, "ladder",
     "an honest forwarder's incoming escrow expires later than its outgoing one, by its margin"},
    {Rule::reveal_guard, "reveal_guard",
     "an honest party shows its secret only for what stands, and while time is left to claim it"},
    {Rule::placed_once, "placed_once",
     "an honest party places one escrow under a condition, however often it tries"},
    {Rule::after_incoming, "after_incoming",
     "an honest forwarder places its escrow only behind one that stands for it"},
    {Rule::liquidity, "liquidity",
     "what an honest node has promised and not locked yet is there, on each of its accounts"},
    {Rule::isolation, "isolation",
     "nobody has more slots of an honest connector, or more of an account, than its share"},
    {Rule::atomicity, "atomicity",
     "among honest parties the escrows of a settlement are all fulfilled or none"},
    {Rule::timeliness, "timeliness", "no escrow is open longer than its ledger's profile allows"},
    {Rule::secrecy, "secrecy", "no secret is computed before its release is durable"},
    {Rule::alarms, "alarms",
     "an honest node within its profile has no loss to alarm; beyond it, it alarms each"},
    {Rule::truthful, "truthful",
     "how an honest node says that it ended is how the ledgers have it"},
    {Rule::answered, "answered", "everything that an honest node took on has an end"},
    {Rule::converges, "converges", "when faults are over and expiries have passed nothing is open"},
    {Rule::replay, "replay",
     "replaying a journal gives the state that the process has, bit for bit"},
    {Rule::fees, "fees",
     "no transaction of an honest party pays miners more than its node is told"},
}};

}  // namespace

std::span<const RuleEntry> rules() {
    return all_rules;
}

}  // namespace lockstep::sim
