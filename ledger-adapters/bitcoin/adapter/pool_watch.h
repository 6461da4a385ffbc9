// What waits in the node's pool: the ids as the node lists them, and the transactions that were not
// looked at yet. Nothing of it is remembered.
//
// A list of a full pool is 20 million octets: whoever makes and reads one is busy for that long. It
// is asked for so seldom that this takes a tenth of the time at most.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "bitcoin/adapter/batch_size.h"
#include "bitcoin/adapter/rpc_batch.h"
#include "sdk/base/time.h"

namespace lockstep::bitcoin {

class PoolWatch {
public:
    // A preimage that is shown in the pool is worth an escrow, however slow the node is: a minute
    // is the longest pause, or what a block takes, which shows it too.
    static constexpr Duration longest_pause = Duration::seconds(60);
    explicit PoolWatch(std::size_t batch, Duration block = longest_pause)
        : size_(batch), longest_pause_(std::min(block, longest_pause)) {}

    // --- the list ---
    bool is_list_due(Timestamp at) const { return at >= list_due_; }
    struct ListAnswer {
        Timestamp asked;
        Timestamp came;
        std::size_t octets = 0;
    };
    void list_came(const ListAnswer& answer);
    // It is of a time when the node had another block than those that were read: the next one is
    // asked for at once, after several of them with the usual pause.
    void list_unused(const ListAnswer& answer);
    void list_failed(Timestamp at);
    // It had no answer the last times.
    bool is_list_failing() const { return list_failures_ > 1; }
    void list_is(const std::vector<Txid>& ids);
    bool contains(const Txid& id) const { return index_of(id).has_value(); }
    // A block has it: should it come back, it is looked at again.
    void left(const Txid& id);

    // --- the transactions ---
    bool has_more() const { return next_ < wanted_.size(); }
    RpcBatch ask();
    std::vector<Transaction> take(const std::vector<RpcResult>& results);
    // What was asked for had no answer, although it may have reached the node; or did not.
    void failed();
    void lost();
    // A block came: what had no answer is asked for once more.
    void block_came();
    const std::string& failing() const;

private:
    struct Listed {
        Txid id;
        std::uint32_t place = 0;  // in the node's list
        bool is_seen = false;
    };
    std::optional<std::size_t> index_of(const Txid& id) const;  // in listed_
    void mark(const Txid& id, bool is_seen);
    void pause_after(const ListAnswer& answer);

    std::vector<Listed> listed_;  // by id
    std::vector<Txid> wanted_;    // in the node's order: what is spent before what spends it
    std::size_t next_ = 0;        // of wanted_
    std::vector<Txid> asked_;
    // Had no answer by themselves, while others had one.
    std::vector<Txid> aside_;
    std::string aside_call_;      // the last one's
    unsigned unanswered_ = 0;     // put aside since the last answer
    bool is_list_newer_ = false;  // than what was asked
    BatchSize size_;
    const Duration longest_pause_;
    Timestamp list_due_;
    unsigned list_failures_ = 0;
    bool is_unused_ = false;  // the last list
};

}  // namespace lockstep::bitcoin
