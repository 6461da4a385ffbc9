// What a tester writes down: ledgers, nodes, parties with a behaviour, a load, faults, and what
// must be true at the end. Plain values; `read_scenario` makes one from a TOML file and names every
// mistake, `draw_swarm` makes one from a seed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "connector/core/ladder.h"
#include "sdk/base/amount.h"

namespace lockstep::sim {

enum class LedgerKind : std::uint8_t { cash = 1, securities = 2, bitcoin = 3 };

// A chain of blocks, of a Bitcoin ledger.
struct ChainSpec {
    Duration interval = Duration::seconds(10);  // the mean between blocks
    bool regular = false;                       // just so long each time
    std::int64_t depth = 3;                     // confirmations at which a node calls it final
    std::int64_t reorg = 2;                     // blocks that may be taken back, fewer than that
    std::int64_t congestion = 1;     // blocks without room for a transaction that offers little
    Duration stamp_error;            // how far a block's stamp may be from its time, either way
    std::uint32_t coins = 8;         // of each account that begins with a balance
    std::uint32_t room = 0;          // of a block, in virtual bytes; 0 for all that waits
    std::uint64_t max_fee = 50'000;  // that a node pays at most; satoshi for 1000 virtual bytes
};

struct LedgerSpec {
    std::string name;  // Interledger address, "test.sek"
    LedgerKind kind = LedgerKind::cash;
    std::vector<AssetId> assets;  // cash: one; securities: shares by ISIN
    TimingProfile profile;        // what nodes are told; faults keep within it unless they say not
    // How often a quiet ledger says that it is alive; how often nodes ask one that does not.
    Duration beat = Duration::seconds(1);
    std::uint32_t validators = 4;  // of a securities ledger
    ChainSpec chain;               // of a Bitcoin ledger
    bool foreign_hash = false;  // its adapter says that its conditions are not SHA-256 of 32 octets
};

// How a party behaves; everybody but `honest` is a suspect whose losses are nobody's concern.
// Each is a page in sim/parties; `lockstep-sim list` says what it does.
enum class Behaviour : std::uint8_t {
    honest = 1,
    late,                // every act as late as its messages' deadlines allow
    silent,              // stops saying and doing anything at a drawn step
    dies,                // the process ends for good at a drawn step
    option_holder,       // as secret holder claims only when the price moved its way
    last_tick,           // reveals in the last instant before the expiry
    wrong_preimage,      // claims with 32 wrong octets
    short_preimage,      // with 31 octets
    long_preimage,       // with 33, 521 or 4096 octets
    replayed_preimage,   // with one it saw before
    too_small,           // prepares less than agreed
    too_large,           // prepares more
    wrong_asset,         // prepares another asset
    inverted_ladder,     // prepares with an expiry at or before that of the next hop
    replayed_condition,  // prepares under a condition whose preimage it knows
    equivocates,    // as connector quotes one thing and does another, tells peers different things
    colluder,       // hands preimages past the party between itself and its partner
    jammer,         // holds many small escrows to their expiry
    leaking_venue,  // tells one side what it hears from the other, and wrong things to both
    withholder,     // signs and then does not place its escrow
};

struct AccountSpec {
    std::string ledger;
    AssetId asset;
    Amount balance;  // issued to it before the load begins
};
// What a connector sells: `rate_num` units in buy `rate_den` units out, both smallest units.
struct OfferSpec {
    std::string in_ledger;
    std::string out_ledger;
    std::uint64_t rate_num = 1;
    std::uint64_t rate_den = 1;
    std::uint32_t spread_ppm = 0;
    Amount fixed_fee;
};
struct NodeSpec {
    std::string name;
    Behaviour behaviour = Behaviour::honest;
    bool venue = false;
    bool buyer = false;  // trades as a buyer: needs a cash and a securities account
    bool seller = false;
    bool payer = false;  // sends payments
    bool payee = false;  // receives payments
    std::vector<AccountSpec> accounts;
    std::vector<OfferSpec> offers;             // any: a connector
    core::Endurance endurance;                 // what its margins are reckoned with
    std::uint32_t peer_slots = 1024;           // escrows that one peer may have open with it
    std::uint32_t peer_share_ppm = 1'000'000;  // of an account that one peer's quotes may take
    std::string partner;  // of a colluder or leaking venue: the name of another node
};

struct LoadSpec {
    std::uint32_t trades = 0;    // delivery versus payment, between drawn buyers and sellers
    std::uint32_t payments = 0;  // from drawn payers to drawn payees on other ledgers
    Duration from;               // first arrival, after the start
    Duration until;              // last arrival
    std::uint32_t burst = 1;     // how many arrive together
};

// Kinds of fault; each has a line in `lockstep-sim list` and a count of its hits.
enum class FaultKind : std::uint8_t {
    // --- processes ---
    crash = 1,          // killed, back within the outage that its profile allows
    crash_at_point,     // killed at a persistence point
    crash_in_recovery,  // killed again while it recovers, up to three deep
    pause,              // stopped for a while, loses nothing
    // --- disks ---
    sync_error,  // one sync fails: the process stops; what was written may be there or not
    torn_write,  // killed in the middle of a write
    disk_full,
    disk_slow,
    bit_rot,            // a journal row changes: the process must refuse to start; then restored
    misdirected_write,  // a row lands on another
    lost_write,         // a write that was said to be durable is not
    stale_restore,      // the data directory is restored from an older copy
    second_instance,    // two processes on one data directory
    // --- network ---
    message_lost,
    message_duplicated,
    message_delayed,  // ten times as long
    message_reordered,
    message_truncated,
    partition,  // two sides, both ways
    partition_one_way,
    partition_flapping,
    half_open,    // a stream that says nothing more and does not end
    answer_lost,  // a ledger applied the command, its answer is lost
    // --- time ---
    clock_skew,  // within the profile
    clock_jump,
    clock_frozen,
    clock_beyond,  // beyond the profile
    // --- ledgers ---
    ledger_crash,
    ledger_halt,         // stops for a while, within D
    ledger_halt_beyond,  // longer than its profile says
    censor_claims,       // fulfils are not taken for a while, within D
    validator_crash,     // fewer than a quorum never stop
    validator_equivocates,
    rollback,  // within R
    rollback_beyond,
    fee_spike,     // for a while a node takes, and blocks have room for, only what pays much
    pool_forgets,  // a node's pool loses what waits
    eclipse,       // a node is shown an old chain, or a fork of it, and what it sends is kept back
    claim_copied,  // who sees a claim in the pool tries to have what it claims
    // --- people ---
    reconfigured,  // restarted with another configuration
    rate_jump,     // the offers' rate changes
};

// One kind of fault that may happen, how often, to whom. Exactly one of per_hour, at and ppm says
// when.
struct FaultSpec {
    FaultKind kind = FaultKind::crash;
    std::string target;          // node or ledger; empty: drawn each time
    std::uint32_t per_hour = 0;  // drawn moments, thinned to what profiles and endurance allow; or
    std::optional<Duration> at;  // this moment after the start
    std::optional<Duration> lasts;  // drawn within what the profile allows where absent
    std::optional<Duration> by;     // how far a clock leads (negative: lags), how deep a roll-back
                                    // goes; drawn within what the profile allows where absent
    std::uint32_t ppm = 0;          // of messages, for the kinds that strike messages
};

// What must be true at the end beyond the rules that always hold.
struct Expectation {
    // settled, unwound, declined, broken, paid, refunded, alarms, loud_stops, faults, cheats, loss,
    // honest_success_ppm; or one entry of a count: faults.KIND, cheats.BEHAVIOUR, alarms.CODE,
    // reasons.REASON, branches.NAME. `cheats` counts the acts in which a party that is not honest
    // left the protocol.
    std::string what;
    std::string relation;  // "=", ">=", "<="
    std::uint64_t value = 0;
};

// Which worlds `draw_swarm` draws.
enum class SwarmLength : std::uint8_t {
    both = 1,  // one in thirty-two a day, the others minutes
    day,       // at least 200 trades and payments in a day
    minutes,
};
enum class SwarmBitcoin : std::uint8_t {
    some = 1,  // a few, since each costs as much as several others
    always,
    never,
};
struct SwarmSpec {
    SwarmLength length = SwarmLength::both;
    std::uint32_t least_ledgers = 2;
    std::uint32_t most_ledgers = 6;
    std::uint32_t least_connectors = 1;
    std::uint32_t most_connectors = 5;
    SwarmBitcoin bitcoin = SwarmBitcoin::some;  // never in a day
    bool cheats = true;
    bool faults = true;

    friend bool operator==(const SwarmSpec&, const SwarmSpec&) = default;
};

struct Scenario {
    std::string name;                  // of the file, without its ending
    std::string title;                 // a sentence
    std::vector<std::string> threats;  // "T07"
    Duration length;                   // of the phase with faults and load; healing comes after it
    bool unsafe = false;               // margins below the bound are allowed
    std::vector<LedgerSpec> ledgers;
    std::vector<NodeSpec> nodes;
    LoadSpec load;
    std::vector<FaultSpec> faults;
    std::vector<Expectation> expect;
    std::optional<SwarmSpec> swarm;  // then the seed draws the rest: draw_swarm(seed, *swarm)
    bool real_signatures = false;
    bool real_store = false;  // SQLite over a faulty file layer
};

}  // namespace lockstep::sim
