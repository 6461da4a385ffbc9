// A mock Bitcoin node in this process, with a time of its own, and adapters that speak to it as
// they would over HTTP: through the octets of JSON-RPC.
#pragma once

#include <deque>
#include <map>
#include <set>

#include "bitcoin/adapter/bitcoin_adapter.h"
#include "bitcoin/rpc/changes.h"

namespace lockstep::test {

class BitcoinNode final : public bitcoin::NodePort {
public:
    static constexpr std::int64_t start_s = 1'790'000'000;

    // With a chain of some blocks whose coins a faucet has.
    explicit BitcoinNode(bitcoin::Settings settings = few_confirmations());
    static bitcoin::Settings few_confirmations();

    bool look(const std::function<void(const bitcoin::BitcoinMachine&, Timestamp)>& view) override;
    Result<bitcoin::output::Done> give(bitcoin::Input input) override;
    void stop() override {}

    // The body that answers this one.
    Bytes answer(ByteView body);

    // Time passes by a block's interval with each; the transactions of the pool are in them.
    void mine(int blocks = 1);
    void mine_empty(int blocks = 1);
    // The last blocks are taken back, and one more than that are there without a transaction.
    void reorganise(int depth);
    // One of the faucet's coins to that script, in the next block.
    bitcoin::Txid pay(const Bytes& script, bitcoin::Satoshi value);
    bitcoin::OutPoint faucet_coin();
    // Bitcoin Core's word, or "ok".
    std::string submit(const bitcoin::Transaction& transaction);

    int height() const { return machine.chain().height(); }
    std::vector<bitcoin::Transaction> pool() const;
    bool pool_has(const bitcoin::Txid& txid) const { return machine.pool().find(txid) != nullptr; }
    Timestamp median() const;

    bitcoin::BitcoinMachine machine;
    Timestamp now{start_s * 1'000'000};
    Duration interval = Duration::seconds(600);
    std::string network = "regtest";

private:
    void mine_with(std::optional<std::vector<bitcoin::Transaction>> transactions);
    int faucet_height_ = 0;
};

// An adapter, what it remembers, and the way between it and a node.
class BitcoinDesk {
public:
    BitcoinDesk(BitcoinNode& node, std::uint8_t seed,
                std::vector<std::pair<std::string, std::string>> settings = {});

    const Address& account() const { return account_; }
    const Bytes& home() const { return home_; }
    const bitcoin::BitcoinSigner& signer() const { return *signer_; }
    static AdapterSetup setup();
    static Address ledger() { return *Address::parse("test.btc"); }

    void give(AdapterInput input);
    // Steps until there is nothing more to do at this time.
    void run();
    // The process ends and starts again: with what it remembered, or with its seed alone.
    void restart(bool with_memory = true);

    // "done", "unknown", a reason, or "" for no answer.
    std::string answer(const CommandId& id) const;
    // The command's id, after its first answers.
    std::string command(CommandBody body, std::uint8_t id);
    // "prepared seen, prepared final, …" of what was told since the last call.
    std::string take_events();
    std::vector<report::Escrow> events;
    std::vector<report::Release> releases;
    std::vector<report::QueryResult> results;
    std::optional<Balance> balance;
    std::optional<report::Health> health;
    std::optional<LedgerInfo> info;
    std::map<CommandId, std::vector<report::Answer>> answers;
    std::map<Bytes, Bytes> memory;
    // What was written of it or taken out of it.
    std::size_t writes = 0;
    // Of every transaction that was sent, in order.
    std::vector<Bytes> sent;

    // What happens to requests: it is not there; its answers to transactions are lost.
    bool is_down = false;
    int lost_answers = 0;
    int lost_requests = 0;
    // Nothing comes back at all.
    bool is_silent = false;
    // Changes the answer of one call of a batch: its "result" and "error".
    std::function<void(const std::string& method, Json& answer)> alter;
    // Takes a request instead of the node where it says so.
    std::function<bool(const Request& request, const Json& calls)> divert;
    // Instead of any answer.
    std::optional<std::string> garbage;

private:
    void carry(const Request& request);

    BitcoinNode& node_;
    std::shared_ptr<const bitcoin::BitcoinSigner> signer_;
    std::vector<std::pair<std::string, std::string>> settings_;
    Address account_;
    Bytes home_;
    std::unique_ptr<LedgerAdapter> adapter_;
    std::vector<AdapterInput> inputs_;
    std::size_t told_ = 0;
};

// Time passes for both, second by second as far as anything is due.
void pass(BitcoinNode& node, std::vector<BitcoinDesk*> desks, Duration time);

}  // namespace lockstep::test
