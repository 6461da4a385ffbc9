#include "sim/scenario/catalogue.h"

#include <algorithm>
#include <array>

#include "sdk/base/assert.h"

namespace lockstep::sim {
namespace {

constexpr Roles anybody{true, true, true, true, true, true};
constexpr Roles claims{false, true, true, false, true, true};
constexpr Roles prepares{false, true, true, true, false, true};
constexpr Roles holds_secret{false, true, false, false, true, false};
constexpr Roles connects{false, false, false, false, false, true};

constexpr std::array<BehaviourEntry, 20> all_behaviours{{
    {Behaviour::honest, "honest", anybody, "runs the product, unchanged"},
    {Behaviour::late, "late", anybody,
     "does everything as late as the deadlines of its messages allow"},
    {Behaviour::silent, "silent", anybody, "says and does nothing any more from a drawn step on"},
    {Behaviour::dies, "dies", anybody, "its process ends for good at a drawn step"},
    {Behaviour::option_holder, "option_holder", holds_secret,
     "claims only when the price has moved its way, otherwise lets the escrows expire"},
    {Behaviour::last_tick, "last_tick", holds_secret,
     "shows the preimage in the last instant before the expiry"},
    {Behaviour::wrong_preimage, "wrong_preimage", claims, "claims with 32 wrong octets"},
    {Behaviour::short_preimage, "short_preimage", claims, "claims with 0 or 31 octets"},
    {Behaviour::long_preimage, "long_preimage", claims, "claims with 33, 521 or 4096 octets"},
    {Behaviour::replayed_preimage, "replayed_preimage", claims,
     "claims with a preimage that it saw in another settlement"},
    {Behaviour::too_small, "too_small", prepares, "prepares less than was agreed"},
    {Behaviour::too_large, "too_large", prepares, "prepares more than was agreed"},
    {Behaviour::wrong_asset, "wrong_asset", prepares, "prepares another asset than was agreed"},
    {Behaviour::inverted_ladder, "inverted_ladder", prepares,
     "prepares with an expiry that leaves the next party less than its margin"},
    {Behaviour::replayed_condition, "replayed_condition", prepares,
     "prepares again under a condition whose preimage it knows"},
    {Behaviour::equivocates, "equivocates", connects,
     "quotes one thing and does another, and tells its peers different things"},
    {Behaviour::colluder, "colluder", connects,
     "hands preimages past the party between itself and its partner"},
    {Behaviour::jammer,
     "jammer",
     {false, true, false, true, false, false},
     "opens many small escrows and lets them stand until they expire"},
    {Behaviour::leaking_venue,
     "leaking_venue",
     {true, false, false, false, false, false},
     "tells one side what it hears from the other, and both sides wrong things"},
    {Behaviour::withholder,
     "withholder",
     {false, true, true, false, false, false},
     "signs the terms and then does not place its escrow"},
}};

using enum FaultTiming;
constexpr FaultTarget node = FaultTarget::node;
constexpr FaultTarget ledger = FaultTarget::ledger;
constexpr FaultTarget any = FaultTarget::any;
constexpr FaultTarget securities = FaultTarget::securities_ledger;
constexpr FaultTarget bitcoin = FaultTarget::bitcoin_ledger;

constexpr std::array<FaultEntry, 41> all_faults{{
    {FaultKind::crash, "crash", node, lasting, FaultLimit::outage,
     "a node is killed and comes back"},
    {FaultKind::crash_at_point, "crash_at_point", node, lasting, FaultLimit::outage,
     "a node is killed at a persistence point: before a write, a sync, an acknowledgement, a send"},
    {FaultKind::crash_in_recovery, "crash_in_recovery", node, lasting, FaultLimit::outage,
     "a node is killed and killed again while it recovers, up to three deep"},
    {FaultKind::pause, "pause", node, lasting, FaultLimit::outage,
     "a node stops for a while and loses nothing"},
    {FaultKind::sync_error, "sync_error", node, lasting, FaultLimit::outage,
     "a sync fails once: the node stops, and what was written may be there or not"},
    {FaultKind::torn_write, "torn_write", node, lasting, FaultLimit::outage,
     "a node is killed in the middle of a write"},
    {FaultKind::disk_full, "disk_full", any, lasting, FaultLimit::outage,
     "a disk gets full: no new business, then claims and refunds on the reserve; then there is room "
     "again, or the process stops until there is"},
    {FaultKind::disk_slow, "disk_slow", node, lasting, FaultLimit::outage,
     "writes and syncs take long for a while"},
    {FaultKind::bit_rot, "bit_rot", node, lasting, FaultLimit::outage,
     "a row of the journal changes: the node must refuse to start, then it is restored"},
    {FaultKind::misdirected_write, "misdirected_write", node, lasting, FaultLimit::outage,
     "a row lands in the place of another"},
    {FaultKind::lost_write, "lost_write", node, lasting, FaultLimit::outage,
     "a write that was said to be durable is not"},
    {FaultKind::stale_restore, "stale_restore", node, lasting, FaultLimit::outage,
     "a node's data are restored from an older copy"},
    {FaultKind::second_instance, "second_instance", node, moment, FaultLimit::none,
     "a second process starts on the same data"},
    {FaultKind::message_lost, "message_lost", any, message, FaultLimit::none,
     "a message does not arrive"},
    {FaultKind::message_duplicated, "message_duplicated", any, message, FaultLimit::none,
     "a message arrives twice"},
    {FaultKind::message_delayed, "message_delayed", any, message, FaultLimit::none,
     "a message takes ten times as long"},
    {FaultKind::message_reordered, "message_reordered", any, message, FaultLimit::none,
     "a message overtakes the one before it"},
    {FaultKind::message_truncated, "message_truncated", any, message, FaultLimit::none,
     "a message arrives without its end"},
    {FaultKind::partition, "partition", any, lasting, FaultLimit::outage,
     "nothing passes between two sides, both ways"},
    {FaultKind::partition_one_way, "partition_one_way", any, lasting, FaultLimit::outage,
     "nothing passes from one side to the other, the other way everything does"},
    {FaultKind::partition_flapping, "partition_flapping", any, lasting, FaultLimit::outage,
     "a partition that comes and goes"},
    {FaultKind::half_open, "half_open", any, lasting, FaultLimit::outage,
     "a stream says nothing more and does not end"},
    {FaultKind::answer_lost, "answer_lost", ledger, message, FaultLimit::none,
     "a ledger applied a command and its answer is lost"},
    {FaultKind::clock_skew, "clock_skew", any, lasting, FaultLimit::clock,
     "a clock is wrong for a while, within the profile"},
    {FaultKind::clock_jump, "clock_jump", any, moment, FaultLimit::clock,
     "a clock jumps, within the profile"},
    {FaultKind::clock_frozen, "clock_frozen", any, lasting, FaultLimit::frozen,
     "a clock stands still for a while"},
    {FaultKind::clock_beyond, "clock_beyond", ledger, lasting, FaultLimit::beyond,
     "a ledger's clock is wrong by more than its profile says"},
    {FaultKind::ledger_crash, "ledger_crash", ledger, lasting, FaultLimit::inclusion,
     "a ledger is killed and comes back within D"},
    {FaultKind::ledger_halt, "ledger_halt", ledger, lasting, FaultLimit::inclusion,
     "a ledger stops for a while, within D"},
    {FaultKind::ledger_halt_beyond, "ledger_halt_beyond", ledger, lasting, FaultLimit::beyond,
     "a ledger stops for longer than its profile says"},
    {FaultKind::censor_claims, "censor_claims", ledger, lasting, FaultLimit::inclusion,
     "a ledger takes everything but claims for a while, within D"},
    {FaultKind::validator_crash, "validator_crash", securities, lasting, FaultLimit::none,
     "validators stop, never so many that no quorum is left"},
    {FaultKind::validator_equivocates, "validator_equivocates", securities, lasting,
     FaultLimit::none, "a validator proposes and votes for two blocks of one height"},
    {FaultKind::rollback, "rollback", bitcoin, moment, FaultLimit::rollback,
     "a chain takes back what it had shown, within R"},
    {FaultKind::rollback_beyond, "rollback_beyond", bitcoin, moment, FaultLimit::beyond,
     "a chain takes back more than its profile says"},
    {FaultKind::fee_spike, "fee_spike", bitcoin, lasting, FaultLimit::congestion,
     "a node takes, and blocks have room for, only what pays much, within the profile"},
    {FaultKind::pool_forgets, "pool_forgets", bitcoin, moment, FaultLimit::none,
     "a node's pool loses all that waits for a block"},
    {FaultKind::claim_copied, "claim_copied", bitcoin, moment, FaultLimit::none,
     "who sees a claim in the pool sends it with another payee, and makes a block of it"},
    {FaultKind::eclipse, "eclipse", bitcoin, lasting, FaultLimit::outage,
     "a node is shown a chain that has stopped, or a fork of less work, and what it sends is kept "
     "back"},
    {FaultKind::reconfigured, "reconfigured", node, lasting, FaultLimit::outage,
     "a node is restarted with another configuration"},
    {FaultKind::rate_jump, "rate_jump", node, moment, FaultLimit::none,
     "the rate of a connector's offers jumps"},
}};

constexpr std::array<LedgerKindEntry, 3> all_ledger_kinds{{
    {LedgerKind::cash, "cash", "accounts in one currency, with double entry"},
    {LedgerKind::securities, "securities",
     "a depository with validators, blocks and shares by ISIN"},
    {LedgerKind::bitcoin, "bitcoin",
     "a chain of blocks that are taken back now and then, with a pool and fees"},
}};

constexpr std::array<ThreatEntry, 33> all_threats{{
    {"T01", "a preimage that one ledger takes and the other cannot", "fix 32 octets everywhere"},
    {"T02", "each ledger hashes in another way",
     "one algorithm end to end; an adapter that differs is refused"},
    {"T03", "the holder of the secret waits for the price",
     "smallest safe expiries, abort rates by party"},
    {"T04", "many tiny escrows are held until they expire",
     "limits by peer; the others do as well as before"},
    {"T05", "a mass of claims meets a full block chain", "limit what expires inside one window"},
    {"T06", "a claim is pinned or evicted in the mempool",
     "rebroadcast, watch the mempool, limit the value of a hop"},
    {"T07", "an incoming escrow was rejected after a crash although the outgoing one was claimed",
     "reject only on proof; a stored success beats any later failure"},
    {"T08", "two escrows under one condition are confused, a preimage is replayed",
     "key by ledger, payer and id; refuse a condition whose preimage is known"},
    {"T09", "two colluding hops skip the one between them", "no principal is lost"},
    {"T10", "expiries that are inverted, equal or one unit short",
     "check the ladder on the ledger's own data before each prepare"},
    {"T11", "the clocks of ledgers and validators are wrong",
     "ledger time only; beyond the bound no new business"},
    {"T12", "refunds follow median time, up to an hour late",
     "claims by pessimistic time, refunds by median time"},
    {"T13", "off by one at the expiry", "one half-open predicate"},
    {"T14", "a roll-back after the reveal", "reveal only when what pays for it is final"},
    {"T15", "a node is fed a stale view of a ledger", "stale: loud stop, claims go on"},
    {"T16", "a ledger halts or censors near an expiry",
     "no new hops there; claim early; the margin holds"},
    {"T17", "messages are duplicated, replayed, reordered, delayed",
     "ids and sequences; each thing is done once"},
    {"T18", "escrows that are too small or too large", "the exact amount, read from the ledger"},
    {"T19", "wrong asset, wrong scale, rounding that leaks",
     "asset and scale in every message; the rounding is named"},
    {"T20", "claim against refund in one block", "states only move forward"},
    {"T21", "a claim seen in the mempool is sent by another", "the escrow binds its payee"},
    {"T22", "the fee wallet is drained", "a fee reserve by open escrow; refuse dust"},
    {"T23", "the data base is restored from an old copy, or two instances run on one",
     "replay the ledgers' events before acting; one writer; resend the recorded octets"},
    {"T24", "the state said done while the transaction had failed", "done is final and read back"},
    {"T25", "a slow, repeating or stalling plugin holds an escrow too long",
     "deadlines; zero is not unset"},
    {"T26", "any error of a prepare was taken as \"not prepared\"",
     "unknown is an outcome: look it up; absence needs proof"},
    {"T27", "a refused claim was booked as a success",
     "a claim that cannot be made is an alarm with an amount"},
    {"T28", "holds never expired after a restart of the ledger",
     "escrows expire from stored state; a repeat gets the first answer"},
    {"T29", "a batch of claims delayed the urgent one", "urgent claims go alone"},
    {"T30", "the rate froze, jumped or changed its sign",
     "bounds on prices; quotes that were given stand"},
    {"T31", "whoever coordinates tells the wrong side, or at the wrong time",
     "trust no message: look at the ledger; evidence against the venue"},
    {"T32", "the receiver crashed right after its claim and lost",
     "a reveal guard with outages and clocks; the release is recorded before the claim"},
    {"T33", "a claim came after the expiry on an open ledger",
     "refunded only when the refund is final"},
}};

constexpr std::array<ExpectationEntry, 12> all_expectations{{
    {"settled", "trades and payments of which every escrow was claimed"},
    {"unwound", "those of which every escrow was refunded"},
    {"declined", "those without any escrow"},
    {"broken", "those of which some escrows were claimed and others refunded"},
    {"paid", "payments that reached their payee"},
    {"refunded", "payments that came back to their payer"},
    {"alarms", "alarms of honest nodes; alarms.CODE for one kind"},
    {"loud_stops", "times that an honest node took no new business"},
    {"faults", "faults that struck; faults.KIND for one kind"},
    {"cheats", "acts of parties that are not honest; cheats.BEHAVIOUR for one kind"},
    {"loss", "deals that honest parties lost beyond their profiles"},
    {"honest_success_ppm", "of a million trades and payments among honest parties, those settled"},
}};

template <class Entries>
auto find_name(const Entries& entries, std::string_view name) {
    const auto* end = entries.data() + entries.size();
    return std::find_if(entries.data(), end, [&](const auto& each) { return each.name == name; });
}

}  // namespace

Roles roles_of(const NodeSpec& spec) {
    return {spec.venue, spec.buyer, spec.seller, spec.payer, spec.payee, !spec.offers.empty()};
}

bool overlap(const Roles& a, const Roles& b) {
    return (a.venue && b.venue) || (a.buyer && b.buyer) || (a.seller && b.seller) ||
           (a.payer && b.payer) || (a.payee && b.payee) || (a.connector && b.connector);
}

std::string describe(const Roles& roles) {
    std::vector<std::string_view> words;
    if (roles.venue) words.emplace_back("venue");
    if (roles.buyer) words.emplace_back("buyer");
    if (roles.seller) words.emplace_back("seller");
    if (roles.payer) words.emplace_back("payer");
    if (roles.payee) words.emplace_back("payee");
    if (roles.connector) words.emplace_back("connector");
    std::string text = "a ";
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
        text += words[i];
    }
    return text;
}

std::span<const BehaviourEntry> behaviours() {
    return all_behaviours;
}
const BehaviourEntry& entry(Behaviour behaviour) {
    for (const BehaviourEntry& each : all_behaviours)
        if (each.behaviour == behaviour) return each;
    UNREACHABLE();
}
std::string_view to_string(Behaviour behaviour) {
    return entry(behaviour).name;
}
std::optional<Behaviour> behaviour_from_string(std::string_view name) {
    const BehaviourEntry* found = find_name(all_behaviours, name);
    if (found == all_behaviours.data() + all_behaviours.size()) return std::nullopt;
    return found->behaviour;
}

std::span<const FaultEntry> faults() {
    return all_faults;
}
const FaultEntry& entry(FaultKind kind) {
    for (const FaultEntry& each : all_faults)
        if (each.kind == kind) return each;
    UNREACHABLE();
}
std::string_view to_string(FaultKind kind) {
    return entry(kind).name;
}
std::optional<FaultKind> fault_from_string(std::string_view name) {
    const FaultEntry* found = find_name(all_faults, name);
    if (found == all_faults.data() + all_faults.size()) return std::nullopt;
    return found->kind;
}

std::span<const LedgerKindEntry> ledger_kinds() {
    return all_ledger_kinds;
}
std::string_view to_string(LedgerKind kind) {
    for (const LedgerKindEntry& each : all_ledger_kinds)
        if (each.kind == kind) return each.name;
    UNREACHABLE();
}

std::span<const ThreatEntry> threats() {
    return all_threats;
}
std::span<const ExpectationEntry> expectations() {
    return all_expectations;
}

}  // namespace lockstep::sim
