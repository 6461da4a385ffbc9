// The adapter behind bitcoin_adapter.h: routes commands, answers and time to the parts, and says
// what they make of it. Its files: node_adapter.cpp (the step), node_questions.cpp (what the node
// is asked and answers), node_commands.cpp (what is checked before something is done),
// node_reports.cpp (balances, health, queries).
//
// What is remembered beside the parts': 'r' payer and id: the signature with which we gave an
// escrow back, and for which place.
#pragma once

#include <climits>

#include "bitcoin/adapter/bitcoin_adapter.h"
#include "bitcoin/adapter/chain_follower.h"
#include "bitcoin/adapter/pool_watch.h"
#include "bitcoin/adapter/reject.h"
#include "bitcoin/adapter/sender.h"

namespace lockstep::bitcoin {

class NodeAdapter final : public LedgerAdapter {
public:
    NodeAdapter(AdapterSetup setup, BitcoinSettings settings,
                std::shared_ptr<const BitcoinSigner> signer);
    NodeAdapter(const NodeAdapter&) = delete;
    NodeAdapter& operator=(const NodeAdapter&) = delete;

    void restore(const std::vector<Put>& puts) override;
    void step(Timestamp at, std::span<AdapterInput> inputs, AdapterOutputs& out) override;
    std::optional<Timestamp> next_wake() const override;

private:
    struct Question {
        std::uint64_t request = 0;  // under way, 0 for none
        std::size_t calls = 0;
        Timestamp asked;
        Timestamp due;  // of the answer, or of the next question
    };
    struct Release {
        Bytes octets;
        Txid funding;
        template <class S, class A>
        static void fields(S& s, A& a) {
            a(s.octets, s.funding);
        }
    };

    // --- node_adapter.cpp ---
    void take(Timestamp at, AdapterInput& input, AdapterOutputs& out);
    // It spends a coin of the account first.
    bool is_ours(const Transaction& transaction) const;
    void connect(const ConnectedBlock& block, AdapterOutputs& out);
    void keep_fulfilled(const AdapterOutputs& out);
    void refund_expired(Timestamp at);
    void forget();
    SenderTime time(Timestamp at) const;
    void remember(AdapterOutputs& out);

    // --- node_questions.cpp ---
    void reply(Timestamp at, const Reply& reply, AdapterOutputs& out);
    // `has_left`: it may have reached the node.
    void no_answer(Timestamp at, const Question& question, bool has_left);
    void chain_answer(Timestamp at, const std::vector<RpcResult>& results, std::size_t octets,
                      AdapterOutputs& out);
    void pool_answer(const std::vector<RpcResult>& results, AdapterOutputs& out);
    void scan_answer(const RpcResult& result);
    void scan_status_answer(Timestamp at, const RpcResult& result);
    void ask(Timestamp at, AdapterOutputs& out);
    void ask_for_scan(Timestamp at, AdapterOutputs& out);
    void send(Timestamp at, Question& question, const RpcBatch& batch, AdapterOutputs& out,
              Duration patience = {});
    std::string failing_call() const;

    // --- node_commands.cpp ---
    void command(Timestamp at, const Command& command, AdapterOutputs& out);
    Result<void> run(Timestamp at, const CommandId& id, const command::Expect& c,
                     AdapterOutputs& out);
    Result<void> run(Timestamp at, const CommandId& id, const command::Prepare& c,
                     AdapterOutputs& out);
    Result<void> run(Timestamp at, const CommandId& id, const command::Fulfil& c,
                     AdapterOutputs& out);
    Result<void> run(Timestamp at, const CommandId& id, const command::Reject& c,
                     AdapterOutputs& out);
    Result<void> run(Timestamp at, const CommandId& id, const command::Refund& c,
                     AdapterOutputs& out);
    Result<void> run(Timestamp at, const CommandId& id, const command::Transfer& c,
                     AdapterOutputs& out);
    Result<void> check_terms(Timestamp at, const EscrowTerms& terms) const;
    Result<void> check_business(Timestamp at, Timestamp not_after) const;
    void released(Timestamp at, const Released& released);

    // --- node_reports.cpp ---
    void query(const Query& query, AdapterOutputs& out) const;
    Balance balance() const;
    LedgerInfo info() const;
    report::Health health(Timestamp at) const;
    std::string scan_detail() const;
    void report_state(Timestamp at, AdapterOutputs& out);

    const AdapterSetup setup_;
    const BitcoinSettings settings_;
    const std::shared_ptr<const BitcoinSigner> signer_;
    const EscrowSide side_;
    const Address account_;
    const Bytes home_;

    RequestIds ids_;
    CommandAnswers answers_;
    ChainFollower chain_;
    PoolWatch pool_;
    CoinBook coins_;
    EscrowBook escrows_;
    Sender sender_;
    std::map<EscrowKey, Release> releases_;
    std::set<EscrowKey> changed_releases_;

    Question chain_question_;
    Question pool_question_;
    Question scan_question_;
    Question scan_status_question_;
    std::optional<int> scanned_percent_;
    int forgotten_to_ = INT_MIN;
    bool is_scanned_ = false;
    bool is_scan_news_ = false;
    std::optional<Timestamp> heard_;  // of the node
    std::optional<FeePerKvb> estimate_;
    std::optional<FeePerKvb> going_rate_;
    bool is_described_ = false;
    std::optional<Balance> told_balance_;
    int balance_height_ = INT_MIN;     // at which it was reckoned last
    std::optional<Timestamp> at_tip_;  // when it was there last
    std::optional<Timestamp> tip_at_;  // when the node was asked and had that tip
    std::optional<report::Health> told_health_;
    Timestamp now_;
};

}  // namespace lockstep::bitcoin
