// Two ledgers as real processes, a mock Bitcoin node with a miner and a securities ledger, and
// people who swap between them with nobody in between.
#pragma once

#include <map>

#include "sdk/service/ledger_client.h"
#include "tests/integration/ledger_process.h"
#include "tests/integration/mock_bitcoin.h"

namespace lockstep::test {

// One `lockstep swap` at a time, in a directory of its own.
class SwapParty {
public:
    SwapParty(std::string name, std::filesystem::path base, MockBitcoin::Account coins);

    const std::string name;
    const MockBitcoin::Account coins;
    Address shares() const { return *Address::parse("test.csd." + name); }

    // `lockstep --json swap WORDS…`, with the party's configuration where it takes one.
    void run(std::vector<std::string> words);
    void kill() { process_->kill(); }
    void terminate() { process_->terminate(); }
    // Runs to the end; the exit code. What it printed, errors too, is in told().
    std::optional<int> ran(std::vector<std::string> words);
    std::string told() const { return log().substr(ran_from_); }
    std::optional<int> wait(int milliseconds) { return process_->wait(milliseconds); }
    // What it printed since it last ran; lines that are no JSON are left out.
    std::vector<Json> said() const;
    // Until it has printed this transaction in this state; the line, null where it did not.
    Json wait_for(int number, const std::string& state, int milliseconds);
    Json wait_for_event(const std::string& event, int milliseconds);
    std::string log() const { return read_file(base_ / "log"); }
    const std::filesystem::path& directory() const { return base_; }

private:
    const std::filesystem::path base_;
    std::unique_ptr<Process> process_;
    std::size_t ran_from_ = 0;  // in the log
};

class SwapWorld {
public:
    // Names of those who have coins of 50 bitcoin, and of those who have 1,000 shares.
    SwapWorld(const std::vector<std::string>& buyers, const std::vector<std::string>& sellers);

    SwapParty& party(const std::string& name) { return *parties_.at(name); }
    // The words of a proposal by the buyer to the seller.
    std::vector<std::string> proposal(const std::string& seller, const std::string& payment_refund,
                                      const std::string& delivery_refund) const;
    std::uint64_t shares(const std::string& name);
    std::int64_t satoshi(const std::string& name);
    // Whether a block has the transaction.
    bool is_in_block(const std::string& txid);

private:
    void write_party(const std::string& name, const std::string& trust);

    TemporaryDirectory directory_;
    LedgerProcess securities_;
    net::IoLoop loop_{1};
    MockBitcoin bitcoin_{loop_, directory_.path() / "btc"};
    std::map<std::string, std::unique_ptr<SwapParty>> parties_;
};

}  // namespace lockstep::test
