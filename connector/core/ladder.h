// The ladder of expiries: how much later an incoming escrow must expire than the outgoing one, and
// until when a secret may be shown. Every margin of time that protects money is computed here and
// nowhere else.
#pragma once

#include <span>
#include <vector>

#include "sdk/base/result.h"
#include "sdk/machine/escrow.h"

namespace lockstep::core {

// What a node must survive inside one margin.
struct Endurance {
    Duration outage;              // K: the longest outage of this node
    std::uint32_t outages = 0;    // o: how many of them
    std::uint32_t rollbacks = 0;  // rb: roll-backs of a ledger, at least 1 where one has R > 0

    friend bool operator==(const Endurance&, const Endurance&) = default;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.outage, s.outages, s.rollbacks);
    }
};

// What one ledger contributes.
struct LedgerTiming {
    TimingProfile profile;
    ExpiryRule expiry_rule = ExpiryRule::strict;

    friend bool operator==(const LedgerTiming&, const LedgerTiming&) = default;
    template <class S, class A>
    static void fields(S& s, A& a) {
        a(s.profile, s.expiry_rule);
    }
};

// T_in - T_out >= 2 D + L + o (K + D) + rb (R + D) + late(out) + early(in)
//
// The story behind each term. The outgoing escrow is claimed in the last instant before T_out; the
// claim takes D to be observed, ours upstream takes D to be included: 2 D. On an open ledger a
// claim can still come after T_out, until the refund is in, and in the very instant in which it is
// due: L = D(out) + one block + one microsecond. Each of o outages costs K, and another D because
// the claim in flight died with the process. Each roll-back costs the window R and a new D, which
// begins when the roll-back does: D of a ledger that rolls back includes noticing it, or its claims
// are sent again without waiting to notice. Clocks add: the outgoing ledger may lag (it allows
// claims longer than it says) while the incoming one leads (it refunds earlier). D and R are the
// worse of the two ledgers.
constexpr Duration margin(const LedgerTiming& in, const LedgerTiming& out, const Endurance& node) {
    const TimingProfile& i = in.profile;
    const TimingProfile& o = out.profile;
    const Duration d = i.inclusion > o.inclusion ? i.inclusion : o.inclusion;
    const Duration r = i.rollback > o.rollback ? i.rollback : o.rollback;
    const Duration open =
        out.expiry_rule == ExpiryRule::open ? o.inclusion + o.block + Duration{1} : Duration{};
    return d * 2 + open + (node.outage + d) * node.outages + (r + d) * node.rollbacks + o.late +
           i.early;
}

// A receiver shows its preimage only while now + guard < T of its hop, now being the later of the
// node's clock and the ledger's last observed time: early + D + o (K + D) + rb (R + D).
constexpr Duration reveal_guard(const LedgerTiming& hop, const Endurance& node) {
    const TimingProfile& p = hop.profile;
    return p.early + p.inclusion + (node.outage + p.inclusion) * node.outages +
           (p.rollback + p.inclusion) * node.rollbacks;
}
constexpr bool may_reveal(Timestamp ledger_now, Timestamp expiry, const LedgerTiming& hop,
                          const Endurance& node) {
    return ledger_now + reveal_guard(hop, node) < expiry;
}

// What is final can still be taken back where the window R is longer than the time to final F.
constexpr bool is_final_after_rollbacks(const TimingProfile& profile) {
    return profile.rollback <= profile.finality;
}

// A ladder is refused where the node's endurance ignores a roll-back that a ledger declares.
constexpr bool endurance_covers(const LedgerTiming& ledger, const Endurance& node) {
    return ledger.profile.rollback == Duration{} || node.rollbacks > 0;
}

// One hop of a plan: its ledger, and the margin that the party between it and the next one needs
// (unused for the last hop).
struct LadderHop {
    LedgerTiming timing;
    Duration margin_to_next;
};
struct LadderStep {
    Timestamp place_by;  // after it nobody places this hop's escrow
    Timestamp expiry;
};
// The smallest expiries that satisfy every margin, the last being start + sum of (D + F) over all
// hops + slack per hop + the receiver's reveal guard. At least one hop.
std::vector<LadderStep> plan_ladder(Timestamp start, std::span<const LadderHop> hops,
                                    Duration slack_per_hop, const Endurance& receiver);

}  // namespace lockstep::core
