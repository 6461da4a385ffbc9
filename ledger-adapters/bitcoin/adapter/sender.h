// What the adapter wants to be in a block, until it is there and buried: builds the transactions,
// sends them, offers more for them, withdraws a payment that came too late, and sends again what a
// pool or a reorganisation has lost. It answers the commands that it works for.
//
// What is remembered: 'j' number: the job, with the octets of the version that is sent. They are
// recorded before they leave, and after a restart the same octets are sent.
#pragma once

#include <map>

#include "bitcoin/adapter/batch_size.h"
#include "bitcoin/adapter/bitcoin_settings.h"
#include "bitcoin/adapter/coin_book.h"
#include "bitcoin/adapter/command_answers.h"
#include "bitcoin/adapter/escrow_book.h"
#include "bitcoin/adapter/fee_schedule.h"
#include "bitcoin/adapter/job.h"
#include "bitcoin/adapter/rpc_batch.h"
#include "sdk/machine/request_ids.h"

namespace lockstep::bitcoin {

// What the sender works with; all of it outlives the sender.
struct SenderParts {
    const BitcoinSettings& settings;
    const EscrowSide& side;
    const Bytes& home;  // the script of the account's coins
    const BitcoinSigner& signer;
    const CoinBook& coins;
    const EscrowBook& escrows;
    CommandAnswers& answers;
    RequestIds& ids;
};
struct SenderTime {
    Timestamp at;
    int tip = -1;
    Timestamp ledger_time;
    // What is paid now: the node's estimate, and no less than what its pool asks for.
    std::optional<FeePerKvb> estimate;
    // The node was asked then and had no other block; nothing while it has one that is to be read.
    std::optional<Timestamp> tip_at = {};
};

class Sender {
public:
    explicit Sender(SenderParts parts) : parts_(parts), size_(max_sent_at_once) {}

    static bool owns(ByteView key);
    void restore(ByteView key, ByteView value);
    void remember(std::vector<Put>& puts);

    // --- what commands ask for; a reason where there will be no job ---
    Result<void> fund(const SenderTime& time, const CommandId& id, const command::Prepare& prepare);
    Result<void> transfer(const SenderTime& time, const CommandId& id,
                          const command::Transfer& transfer);
    // The escrow is open, and ours as the kind asks. Another one for the same is not made.
    Result<void> claim(const SenderTime& time, const CommandId& id, const EscrowKey& escrow,
                       const Preimage& preimage);
    Result<void> refund(const SenderTime& time, const std::optional<CommandId>& id,
                        const EscrowKey& escrow);
    // Both have signed.
    void reject(const SenderTime& time, const EscrowKey& escrow, const EscrowSpend& spend);

    // --- as time goes on ---
    void work(const SenderTime& time, AdapterOutputs& out);
    // False when the request is not one of this sender.
    bool reply(const SenderTime& time, const Reply& reply, AdapterOutputs& out);
    // What is in the pool as the node said it to a question that was asked at that time. While no
    // list comes everything is sent again now and then.
    void pool_is(const SenderTime& time, const PoolWatch& pool, Timestamp asked_at);
    // Its preimage was told: what pays for it is wanted at any time.
    void fulfilled(const EscrowKey& escrow);
    // Blocks were taken back: everything that is in none is sent again at once.
    void taken_back(Timestamp at);
    std::optional<Timestamp> next_wake() const;

    // As BatchSize.
    const std::string& failing() const { return size_.failing(); }

    // Coins that are promised to transactions under way, or to open escrows.
    std::set<OutPoint> held() const;
    const Job* find(JobKind kind, const EscrowKey& escrow) const;
    // There is some job for it.
    bool works_on(const EscrowKey& escrow) const;
    // Something changed that was not remembered yet.
    bool has_changed() const { return !changed_.empty(); }
    std::vector<EscrowTerms> fundings() const;
    bool works_for(const CommandId& id) const;
    // There is such a job, and this command is answered with it.
    void join(JobKind kind, const EscrowKey& escrow, const CommandId& id);

private:
    using Jobs = std::map<std::uint64_t, Job>;
    struct Flight {
        std::vector<std::uint64_t> numbers;  // of jobs, by call
        std::size_t most = 0;                // the size of a batch when it left
    };
    // What has become of a job by the blocks.
    enum class Fate : std::uint8_t { open, done, void_ };
    struct Outcome {
        Fate fate = Fate::open;
        int height = 0;  // of the block that decided it
    };

    void add(const SenderTime& time, Job job);
    void index(std::uint64_t number, const Job& job);
    void drop(std::uint64_t number);
    std::optional<std::uint64_t> number_of(JobKind kind, const EscrowKey& escrow) const;
    FeeBounds bounds() const { return {parts_.settings.min_fee, parts_.settings.max_fee}; }
    Outcome outcome_of(const Job& job) const;
    Outcome outcome_without(const Txid& origin) const;
    bool is_origin(const Job& job) const;
    bool is_decided(const SenderTime& time, std::uint64_t number, Job& job,
                    std::vector<Report>& reports);
    void reopen(std::uint64_t number);
    bool withdraw_late(const SenderTime& time, std::uint64_t number, Job& job,
                       std::vector<Report>& reports);
    // Until the deadline of a claim; nothing for what has none.
    std::optional<std::int64_t> blocks_left(const SenderTime& time, const Job& job) const;
    bool is_behind(const SenderTime& time, const Job& job) const;
    bool is_outpaid(const SenderTime& time, const Job& job) const;
    void looked(const SenderTime& time, std::uint64_t number, Job& job);
    void raise(const SenderTime& time, std::uint64_t number, Job& job);
    bool build_again(const SenderTime& time, Job& job, FeePerKvb rate);
    Result<void, BuildFault> build_first_spend(const SenderTime& time, Job& job);
    Result<void, BuildFault> build_spend(Job& job, FeePerKvb rate);
    bool is_claimed_in_pool(const Job& job) const;
    bool may_be_sent(const Job& job) const;
    void send_unlisted(const SenderTime& time, Job& job) const;
    OutPoint place_of(const Job& job) const;
    void time_out(const SenderTime& time, std::vector<Report>& reports);
    void send_due(const SenderTime& time, AdapterOutputs& out);
    void sent_reply(const SenderTime& time, std::uint64_t number, const RpcResult& result,
                    std::vector<Report>& reports);
    void batch_failed(const Flight& flight);
    bool has_room() const { return flights_.size() < max_flights; }
    void not_sent(const SenderTime& time, std::uint64_t number, bool may_have_left,
                  std::vector<Report>& reports);
    static void accepted(const SenderTime& time, Job& job);
    void answer_done(std::uint64_t number, Job& job, std::vector<Report>& reports);
    void give_up(std::uint64_t number, Reason reason, std::vector<Report>& reports);
    Duration pause(std::uint64_t number, const Job& job) const;
    void touch(std::uint64_t number) { changed_.insert(number); }

    static constexpr std::size_t max_sent_at_once = 20;
    // Batches under way at a time: half of the connections that a process has to one host.
    static constexpr std::size_t max_flights = 8;

    const SenderParts parts_;
    BatchSize size_;
    Jobs jobs_;
    // What blocks decided waits here for the tip at which it is looked at again; all others are
    // open.
    std::set<std::pair<int, std::uint64_t>> decided_;
    std::set<std::uint64_t> open_;
    std::map<std::pair<JobKind, EscrowKey>, std::uint64_t> of_escrow_;  // not of transfers
    std::map<std::uint64_t, Flight> flights_;                           // by request
    std::set<std::uint64_t> changed_;
    std::uint64_t last_number_ = 0;
    // When the pool's last list was asked for, or could have been for the first time.
    std::optional<Timestamp> listed_at_;
    Timestamp worked_at_;
    bool is_list_old_ = false;
};

// Why a command is refused where no transaction comes of it.
Reason reason_of(BuildFault fault);

}  // namespace lockstep::bitcoin
