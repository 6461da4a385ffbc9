// A ledger of a simulated world as its readers reach it: the ledger's own machines on simulated
// hosts, and between them and the adapters what the ledger's program does over HTTP and WebSocket
// in reality.
#pragma once

#include <functional>
#include <memory>

#include "bitcoin/adapter/escrow_keys.h"
#include "sdk/machine/adapter.h"
#include "sdk/machine/statement.h"
#include "sim/scenario/scenario.h"
#include "sim/world/network.h"
#include "sim/world/process.h"

namespace lockstep::sim {

// A subscription of one incarnation of a node.
struct StreamEnd {
    ActorId node = the_world;
    PublicKey key;
    std::vector<Address> accounts;  // of that key, sorted
    std::function<void(Bytes)> frame;
    std::function<void(std::optional<Reason>)> ended;
};

class LedgerService {
public:
    using Answer = std::function<void(Result<Bytes>)>;
    // Every change of an escrow, as the ledger's own state has it.
    using Watch = std::function<void(const LedgerEvent&)>;

    virtual ~LedgerService() = default;

    virtual ActorId actor() const = 0;
    virtual const Address& address() const = 0;
    virtual LedgerKind kind() const = 0;

    virtual bool up() const = 0;
    // A request as it arrived. Answered once, or never when the ledger dies over it.
    virtual void request(ActorId from, const std::string& path, ByteView body, Answer answer) = 0;
    // Replaces the subscription that this node had.
    virtual void subscribe(std::uint64_t cursor, StreamEnd reader) = 0;
    virtual void unsubscribe(ActorId node) = 0;
    // The readers lose their streams without being told.
    virtual void go_silent(ActorId node) = 0;

    // --- what an adapter must know beside the address ---
    virtual std::vector<std::pair<std::string, std::string>> adapter_settings() const = 0;
    virtual Result<std::unique_ptr<LedgerAdapter>, Failure> make_adapter(
        const AdapterSetup& setup) const = 0;

    // --- faults ---
    // Processes of this ledger; a cash ledger is one, a securities ledger one a validator.
    virtual std::size_t processes() const = 0;
    virtual bool process_up(std::size_t index) const = 0;
    virtual void kill(std::size_t index) = 0;
    virtual void kill_at_point(std::size_t index, std::uint64_t point) = 0;
    virtual Result<void, Failure> start(std::size_t index) = 0;
    virtual SimDisk& disk(std::size_t index) = 0;
    virtual ProcessClock& clock(std::size_t index) = 0;
    virtual void clock_changed(std::size_t index) = 0;
    // Takes nothing until then; time goes on.
    virtual void halt(Timestamp until) = 0;
    // Takes no instruction that claims until then.
    virtual void censor_claims(Timestamp until) = 0;

    // A second process with the same key, on a copy of the first one's disk, says what it likes
    // until then: one validator, two voices (Bano and others, Twins: BFT Systems Made Robust,
    // 2020).
    virtual void twin(std::size_t index, Timestamp until) = 0;

    // --- faults of a chain of blocks; elsewhere there is nothing for them to strike ---
    // So many blocks give way to others. False where there are not as many.
    virtual bool roll_back(std::uint32_t /*blocks*/) { return false; }
    // Until then what pays less, in satoshi for 1000 virtual bytes, is not taken.
    virtual void raise_fees(std::uint64_t /*rate*/, Timestamp /*until*/) {}
    // What waits for a block is forgotten. False where nothing waits.
    virtual bool forget_pool() { return false; }
    // Somebody tries to have what the next claim claims that is seen to wait.
    virtual void copy_next_claim() {}
    // Until then all that this node hears of the chain comes from somebody who shows it what there
    // was when it began, or, `with_fork`, blocks of its own on that, and passes on nothing of it.
    virtual void eclipse(ActorId /*node*/, Timestamp /*until*/, bool /*with_fork*/) {}

    // --- the books, for the oracle ---
    virtual Timestamp time() const = 0;
    // What time() was then, a moment ago; of a clock that does not jump it is the moment itself.
    virtual Timestamp time_at(Timestamp then) const { return then; }
    // What this node could know of it then.
    virtual Timestamp time_for(ActorId /*node*/, Timestamp then) const { return time_at(then); }
    // Whether nothing takes back any more what became last of an escrow of its books.
    virtual bool is_final(const EscrowKey& /*escrow*/) const { return true; }
    virtual std::vector<AssetTotals> totals() const = 0;
    virtual std::vector<Balance> balances(const Address& account) const = 0;
    // What the account paid for being served, beside what it paid to others.
    virtual Amount fees(const Address& /*account*/) const { return {}; }
    // Of every process that is up: replaying its journal gives the state that it has. Empty, or
    // what differs.
    virtual std::vector<std::string> replay_all() const = 0;
    virtual void mix_into(Trace& trace) const = 0;
};

// Who has an account from the beginning, on a ledger whose accounts nobody opens.
struct Holder {
    std::shared_ptr<const bitcoin::BitcoinSigner> signer;
    Amount balance;
};

struct LedgerParts {
    Scheduler& scheduler;
    Trace& trace;
    Tally& tally;
    Network& network;
    Rng rng;
    LedgerSpec spec;
    std::shared_ptr<const SignatureScheme> scheme;
    PublicKey operator_key;
    std::function<std::shared_ptr<const Signer>(const std::string&)> signer_of;
    std::function<std::unique_ptr<SimDisk>()> make_disk;
    std::vector<Holder> holders;  // of a Bitcoin ledger
    LedgerService::Watch watch;
    // An escrow had moved so, so many blocks ago, and the ledger has taken it back.
    std::function<void(const LedgerEvent&, std::uint32_t blocks)> taken_back;
    std::function<void(const Address& account, Amount fee, std::size_t vsize)> fee_paid;
    // A process of the ledger died by itself.
    std::function<void(std::size_t index)> died;
};
std::unique_ptr<LedgerService> make_cash_service(LedgerParts parts);
std::unique_ptr<LedgerService> make_securities_service(LedgerParts parts);
std::unique_ptr<LedgerService> make_bitcoin_service(LedgerParts parts);

// Silence on a stream after which its reader counts the ledger as stale: one beat may be missed.
constexpr Duration stale_after(const LedgerSpec& spec) {
    return spec.beat * 2;
}

// How often an adapter asks what the ledger is.
constexpr Duration info_interval(const LedgerSpec& spec) {
    return std::max(spec.beat, Duration::seconds(60));
}
std::string in_ms(Duration time);

// What a ledger's service lets through: decoded, and signed by the key that it names.
Result<SignedInstruction> admit_instruction(ByteView octets, const SignatureScheme& scheme);
Result<SignedQuery> admit_query(ByteView octets, const SignatureScheme& scheme);
// An adapter as its ledger is described: one that hashes otherwise does not say that it enforces 32
// octets.
Result<std::unique_ptr<LedgerAdapter>, Failure> declared(
    Result<std::unique_ptr<LedgerAdapter>, Failure> made, const LedgerSpec& spec);
std::uint64_t cursor_in(const std::string& path);
bool has_claim(const Instruction& instruction);

// Whether replaying the whole journal of a program gives the state that `live` has.
template <class P>
std::optional<std::string> replay_differs(std::unique_ptr<P> program, const SimDisk& disk,
                                          const StateDigest& live, const std::string& name) {
    Recovered recovered;
    recovered.epoch = 1;
    recovered.rows = disk.journal();
    if (!recovered.rows.empty()) recovered.last_seq = recovered.rows.back().seq;
    if (const auto replayed = program->recover(recovered); !replayed)
        return name + ": " + replayed.error().detail;
    if (recovered.last_seq != live.seq || sha256(program->snapshot()) != live.digest)
        return name + ": replaying its journal gives another state";
    return std::nullopt;
}

}  // namespace lockstep::sim
