// A world for the node's machine: three ledgers (the real cash machine), a venue, a buyer, a seller
// and a connector, one clock, messages that arrive at once unless a node is down. Every input of a
// node is journalled, so that a test can replay it.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "cash/machine/machine.h"
#include "connector/core/node_machine.h"
#include "connector/core/state.h"
#include "sdk/crypto/signature.h"

namespace lockstep::test {

class CoreWorld {
public:
    struct Waiting {
        std::uint64_t number = 0;
        Timestamp since;
        core::NodeInput input;
    };
    struct Node {
        std::string name;
        KeySeed seed;
        std::unique_ptr<Signer> signer;
        std::unique_ptr<core::NodeMachine> machine;
        core::NodeConfig config;
        std::vector<std::pair<Timestamp, core::NodeInput>> journal;
        std::vector<Bytes> recorded;  // outputs that move money, in order
        std::map<std::pair<std::uint16_t, Bytes>, Bytes> rows;
        std::vector<std::string> alarms;         // their codes
        std::vector<std::string> alarm_details;  // in the same order
        // What waits for it, by where it comes from: in order within one, in any order between
        // them.
        std::map<std::string, std::deque<Waiting>> channels;
        std::deque<core::NodeInput> turn;  // what must follow in the same turn
        std::map<std::string, std::vector<core::NodeInput>> history;  // events by ledger
        std::map<Hash, std::array<std::uint8_t, 32>> secrets;
        bool down = false;
        std::map<std::uint64_t, Result<Bytes>> answers;
        std::vector<core::output::PassShare> shares;  // for its adapters
    };
    struct Ledger {
        Address address;
        cash::CashMachine machine;
        bool halted = false;  // takes nothing; its clock goes on
        Duration skew;        // of its clock
        struct Pending {
            Timestamp since;
            PublicKey signer;
            Op op;
        };
        std::map<std::string, std::deque<Pending>> commands;  // by node, where deferred
    };
    // Something that can be delivered now: the head of a node's channel, or of its commands to a
    // ledger.
    struct Ready {
        Node* node = nullptr;
        Ledger* ledger = nullptr;
        std::string channel;
        Timestamp since;
    };
    struct Options {
        bool second_connector = false;  // test.usd, and a connector from there to test.eur
        std::uint32_t max_slots = 1024;
        std::uint32_t max_share_ppm = 1'000'000;
    };

    CoreWorld() : CoreWorld(Options{}) {}
    explicit CoreWorld(const Options& options);

    Node& node(const std::string& name) { return *nodes_.at(name); }
    Ledger& ledger(const std::string& name) { return *ledgers_.at(name); }
    Timestamp now() const { return now_; }

    // Everything that can happen without time passing.
    void settle_down();
    // Lets time pass, in the order in which things fall due.
    void pass(Duration duration);
    void give(Node& node, core::NodeInput input, const std::string& channel = "self");
    // The same by hand, for tests that choose the order.
    std::vector<Ready> ready();
    void deliver(const Ready& ready);
    std::optional<Timestamp> next_due() const;
    void move_to(Timestamp time);
    // A command as if the node's key had been used outside of it.
    void instruct_as(const std::string& node, const std::string& ledger, OpBody body);
    void configure(Node& node);
    core::PaymentRecord payment(const std::string& node, const core::PlanId& id);
    core::InvoiceRecord invoice(const std::string& node, const core::PlanId& id);
    const PublicKey& key(const std::string& name) { return node(name).signer->public_key(); }
    core::answer::Submitted submit(std::vector<core::input::TradeOrder> orders);
    core::input::TradeOrder order(std::string reference) const;
    core::CallerAnswer call(const std::string& node, core::input::ApiBody body);
    Result<core::CallerAnswer> try_call(const std::string& node, core::input::ApiBody body);
    core::TradeRecord trade(const std::string& node, const std::string& reference);
    Amount free(const std::string& ledger, const std::string& account);
    bool books_balance() const;
    std::size_t open_escrows() const;
    // From the journal alone: the digest must be that of the live machine.
    static Bytes replayed(const Node& node);
    // The process dies and comes back with what its journal holds.
    void crash(const std::string& node);
    void down(const std::string& node);
    void up(const std::string& node);
    void say_health(Node& node);
    void say_health(Node& node, const core::LedgerConfig& config);

    // Called for each message between nodes; false loses it.
    std::function<bool(const std::string& from, const std::string& to, const core::Message&)>
        pass_on;
    // Called for each command; false keeps it from the ledger (which stays unanswered).
    std::function<bool(const std::string& from, const core::output::ToLedger&)> carry_out;
    // Told of each change that a ledger commits, and of each secret, before any node hears of it.
    std::function<void(const Address& ledger, const EscrowTerms& terms, EscrowState state)>
        escrow_moved;
    std::function<void(const std::string& node, const Condition& condition)> secret_released;
    // Channels that deliver nothing for now: node, channel.
    std::set<std::pair<std::string, std::string>> slow;
    bool deferred = false;      // commands wait until they are delivered
    bool check_indexes = true;  // after each input: those of a restored machine must be the same
    // The last state of every escrow there ever was, by condition.
    std::map<Condition, std::map<std::pair<Address, EscrowKey>, EscrowState>> hops;

private:
    Timestamp time_of(const Ledger& ledger) const { return now_ + ledger.skew; }
    void add_ledger(const std::string& name, const AssetId& asset, Amount lot);
    void add_node(const std::string& name);
    void configure_all();
    core::NodeConfig config_of(const std::string& name);
    routing::Offer offer_of(const char* connector, const char* in, const AssetId& in_asset,
                            const char* out, const AssetId& out_asset);
    void compare_indexes(const Node& node) const;
    void apply_one(Node& node, const core::NodeInput& input);
    void apply(Node& node, const core::NodeInput& input);
    void carry(Node& from, const core::NodeOutput& output);
    void instruct(Ledger& ledger, const PublicKey& signer, Op op, Node* asker);
    void command(Ledger& ledger, Op op, Node& asker);
    void publish(Ledger& ledger, const std::vector<cash::Output>& outputs, Node* asker);
    Node* owner(const PublicKey& key);

    Timestamp now_{1'800'000'000'000'000};
    Ed25519 scheme_;
    KeySeed operator_seed_;
    std::unique_ptr<Signer> operator_;
    std::map<std::string, std::unique_ptr<Node>> nodes_;
    std::map<std::string, std::unique_ptr<Ledger>> ledgers_;
    std::uint64_t next_ticket_ = 1;
    std::uint64_t next_op_ = 1;
    std::uint64_t entropy_ = 1;
    std::uint64_t next_number_ = 1;
    Options options_;
};

inline Address addr(std::string_view text) {
    return *Address::parse(text);
}
inline AssetId asset_of(std::string_view code, std::uint8_t scale) {
    return *AssetId::make(code, scale);
}
inline const AssetId sek = *AssetId::make("SEK", 2);
inline const AssetId eur = *AssetId::make("EUR", 2);
inline const AssetId usd = *AssetId::make("USD", 2);
inline const AssetId share = *AssetId::make("SE0000108656", 0);

}  // namespace lockstep::test
