// What the demonstration reads from blocks, and how it compares that with what was agreed: made-up
// chains with real escrows, sound ones and such as are wrong in each way.
#include <doctest/doctest.h>

#include "bitcoin/chain/chain.h"
#include "bitcoin/script/script.h"
#include "deploy/demo/bitcoin_checks.h"
#include "tests/unit/bitcoin_escrow_actors.h"

using namespace lockstep;
using namespace lockstep::bitcoin;
using namespace lockstep::demo;
using namespace lockstep::test;

namespace {

constexpr Satoshi reward = 50 * coin;
constexpr Satoshi amount = 1'000'000;
constexpr Satoshi rate = 2'000;
constexpr std::int64_t expiry_s = actors_expiry_us / 1'000'000;
// A coin of a block can be spent in the next one.
constexpr ChainParams params = [] {
    ChainParams chain;
    chain.coinbase_maturity = 1;
    return chain;
}();

void solve(BlockHeader& header) {
    while (!has_work(id_of(header), header.bits, params.bits))
        ++header.nonce;
}

// A buyer with one coin of a block, a seller with nothing, a miner; blocks are made by hand.
struct MadeChain {
    MadeChain() { mine(buyer_home, {}); }

    LedgerName ledger{*Address::parse("test.btc"), *AssetId::make("BTC", 8)};
    std::unique_ptr<BitcoinSigner> buyer = signer_of(1);
    std::unique_ptr<BitcoinSigner> seller = signer_of(2);
    std::unique_ptr<BitcoinSigner> miner = signer_of(3);
    Bytes buyer_home = Actors::home_of(*buyer, 0);
    Bytes seller_home = Actors::home_of(*seller, 0);
    std::vector<Block> blocks{regtest_genesis()};
    std::int64_t time = expiry_s - 10'000;  // of the next block
    Preimage preimage = preimage_of_byte(7);
    EscrowTerms terms{EscrowId{sha256(as_bytes("an escrow")).array()},
                      account_address(ledger.ledger, buyer->public_key(account_key)),
                      account_address(ledger.ledger, seller->public_key(account_key)),
                      ledger.asset,
                      Amount{static_cast<std::uint64_t>(amount)},
                      condition_of(preimage),
                      Timestamp{actors_expiry_us}};
    EscrowLock lock = *lock_of(ledger.ledger, terms);

    Bytes home_of_miner() const { return Actors::home_of(*miner, 0); }
    EscrowKeyName key(EscrowRole role) const {
        return {ledger.ledger, terms.payer, terms.id, role};
    }

    void mine(const Bytes& to, const std::vector<Transaction>& transactions, Satoshi fees = 0) {
        Block block;
        block.header.parent = id_of(blocks.back().header);
        Transaction reward_of_block;
        TxIn input;
        ScriptWriter script_sig;  // as BIP 34 has it
        script_sig.number(static_cast<std::int64_t>(blocks.size())).push(Bytes(4));
        input.script_sig = script_sig.take();
        if (!transactions.empty()) input.witness = {Bytes(Hash::size)};
        reward_of_block.inputs.push_back(input);
        reward_of_block.outputs.push_back({reward + fees, to});
        block.transactions.push_back(reward_of_block);
        block.transactions.insert(block.transactions.end(), transactions.begin(),
                                  transactions.end());
        if (!transactions.empty()) {
            block.transactions[0].outputs.push_back(
                {0, commitment_script(witness_root_of(block), Bytes(Hash::size))});
        }
        block.header.bits = params.bits;
        block.header.time = static_cast<std::uint32_t>(time++);
        block.header.merkle_root = merkle_root_of(block).root;
        solve(block.header);
        blocks.push_back(block);
    }
    // Until the median of the stamps has passed the expiry.
    void wait_for_expiry() {
        time = expiry_s + 1;
        for (int i = 0; i < 7; ++i)
            mine(home_of_miner(), {});
    }

    EscrowFunding fund() const {
        FundingPlan plan;
        plan.lock = lock;
        plan.amount = amount;
        plan.change_script = buyer_home;
        plan.rate = {rate};
        plan.announcement = announcement_script(
            {terms.condition, terms.id, terms.expiry, hint_of(seller->public_key(account_key))});
        const OutPoint place{txid_of(blocks.at(1).transactions[0]), 0};
        const auto funding =
            fund_escrow(plan, std::vector<KeyCoin>{{place, reward, account_key}}, {}, *buyer);
        REQUIRE(funding);
        return *funding;
    }
    SpendPlan spending(const EscrowFunding& funding, const Bytes& to) const {
        return {{funding.escrow_place(), amount, lock}, to, {rate}, {}, {}};
    }
    EscrowSpend claim(const EscrowFunding& funding) const {
        const auto claim =
            claim_escrow(spending(funding, seller_home), preimage, key(EscrowRole::payee), *seller);
        REQUIRE(claim);
        return *claim;
    }
    EscrowSpend refund(const EscrowFunding& funding) const {
        const auto refund =
            refund_escrow(spending(funding, buyer_home), key(EscrowRole::payer), *buyer);
        REQUIRE(refund);
        return *refund;
    }
    EscrowSpend reject(const EscrowFunding& funding) const {
        const auto half =
            offer_reject(spending(funding, buyer_home), key(EscrowRole::payee), *seller);
        REQUIRE(half);
        const auto whole =
            complete_reject(*half, {{funding.escrow_place(), amount, lock}, buyer_home, amount},
                            key(EscrowRole::payer), *buyer);
        REQUIRE(whole);
        return *whole;
    }

    ChainBook read() const {
        ChainBook book(ledger,
                       {{"buyer", buyer->public_key(account_key)},
                        {"seller", seller->public_key(account_key)},
                        {"miner", miner->public_key(account_key)}},
                       params);
        for (const Block& block : blocks)
            book.add(block);
        return book;
    }
    // With one escrow expected, that of the terms.
    std::vector<std::string> match(bool paid) const {
        std::vector<NamedEscrow> named;
        return match_escrows(read().escrows(),
                             {{"T1", terms.condition, "buyer", "seller", amount, paid}}, named);
    }
};

void check_only(const std::vector<std::string>& mistakes, const std::string& part) {
    REQUIRE_MESSAGE(mistakes.size() == 1, part);
    CHECK_MESSAGE(mistakes[0].find(part) != std::string::npos, mistakes[0]);
}
bool mentions(const std::vector<std::string>& mistakes, const std::string& part) {
    return std::any_of(mistakes.begin(), mistakes.end(), [&](const std::string& mistake) {
        return mistake.find(part) != std::string::npos;
    });
}

}  // namespace

TEST_CASE("an escrow that is claimed moves its amount, and each pays the fee of its transaction") {
    MadeChain chain;
    const auto funding = chain.fund();
    chain.mine(chain.home_of_miner(), {funding.transaction}, funding.fee);
    const auto claim = chain.claim(funding);
    chain.mine(chain.home_of_miner(), {claim.transaction}, claim.fee);
    const ChainBook book = chain.read();
    CHECK(book.mistakes().empty());
    CHECK(book.height() == 3);
    REQUIRE(book.escrows().size() == 1);
    const ChainEscrow& escrow = book.escrows()[0];
    CHECK(escrow.payer == "buyer");
    CHECK(escrow.payee == "seller");
    CHECK(escrow.amount == amount);
    CHECK(escrow.height == 2);
    REQUIRE(escrow.spend);
    CHECK(escrow.spend->path == EscrowPath::claim);
    CHECK(escrow.spend->txid == txid_of(claim.transaction));
    CHECK(escrow.spend->height == 3);
    CHECK(book.balance("buyer") == reward - amount - funding.fee);
    CHECK(book.balance("seller") == amount - claim.fee);
    CHECK(book.balance("miner") == 2 * reward + funding.fee + claim.fee);
    CHECK(book.fees_of("buyer") == funding.fee);
    CHECK(book.fees_of("seller") == claim.fee);
    CHECK(book.mined() == 3 * reward + funding.fee + claim.fee);
    CHECK(book.fees() == funding.fee + claim.fee);
    CHECK(chain.match(true).empty());
    check_only(chain.match(false), "was claimed");
}

TEST_CASE(
    "an escrow that is refunded or given back leaves both sides what they had, but for fees") {
    for (const EscrowPath path : {EscrowPath::refund, EscrowPath::reject}) {
        CAPTURE(static_cast<int>(path));
        MadeChain chain;
        const auto funding = chain.fund();
        chain.mine(chain.home_of_miner(), {funding.transaction}, funding.fee);
        if (path == EscrowPath::refund) chain.wait_for_expiry();
        const auto back =
            path == EscrowPath::refund ? chain.refund(funding) : chain.reject(funding);
        chain.mine(chain.home_of_miner(), {back.transaction}, back.fee);
        const ChainBook book = chain.read();
        CHECK(book.mistakes().empty());
        REQUIRE(book.escrows().size() == 1);
        REQUIRE(book.escrows()[0].spend);
        CHECK(book.escrows()[0].spend->path == path);
        CHECK(book.balance("buyer") == reward - funding.fee - back.fee);
        CHECK(book.balance("seller") == 0);
        CHECK(book.spent("buyer") == 0);
        CHECK(chain.match(false).empty());
        check_only(chain.match(true), "was not claimed");
    }
}

TEST_CASE("an escrow that nobody has spent is told, and what it holds is missing in the sum") {
    MadeChain chain;
    const auto funding = chain.fund();
    chain.mine(chain.home_of_miner(), {funding.transaction}, funding.fee);
    check_only(chain.match(true), "is not spent");
    check_only(chain.match(false), "is not spent");
    CHECK(mentions(chain.read().mistakes(), "do not come to"));
}

TEST_CASE("an escrow is not another's") {
    MadeChain chain;
    const auto funding = chain.fund();
    chain.mine(chain.home_of_miner(), {funding.transaction}, funding.fee);
    const auto claim = chain.claim(funding);
    chain.mine(chain.home_of_miner(), {claim.transaction}, claim.fee);
    const auto chain_escrows = chain.read().escrows();
    const ExpectedEscrow sound{"T1", chain.terms.condition, "buyer", "seller", amount, true};
    const auto match = [&](const ExpectedEscrow& expected) {
        std::vector<NamedEscrow> named;
        auto mistakes = match_escrows(chain_escrows, {expected}, named);
        REQUIRE(named.size() == 1);
        return mistakes;
    };
    CHECK(match(sound).empty());
    ExpectedEscrow other = sound;
    other.amount += 1;
    check_only(match(other), "agreed were 0.01000001");
    other = sound;
    other.payer = "connector";
    check_only(match(other), "is from buyer to seller");
    other = sound;
    other.condition = condition_of(preimage_of_byte(8));
    const auto mistakes = match(other);
    CHECK(mistakes.size() == 2);
    CHECK(mentions(mistakes, "belongs to nothing that ran"));
    CHECK(mentions(mistakes, "T1 has 0 escrows"));
    std::vector<NamedEscrow> named;
    auto twice = chain_escrows;
    twice.push_back(chain_escrows[0]);
    check_only(match_escrows(twice, {sound}, named), "T1 has 2 escrows");
}

TEST_CASE("a chain that cannot be is told") {
    MadeChain chain;
    const auto funding = chain.fund();
    chain.mine(chain.home_of_miner(), {funding.transaction}, funding.fee);
    const auto claim = chain.claim(funding);
    chain.mine(chain.home_of_miner(), {claim.transaction}, claim.fee);
    CHECK(chain.read().mistakes().empty());

    MadeChain lacks = std::move(chain);
    const std::vector<Block> all = lacks.blocks;
    lacks.blocks.erase(lacks.blocks.begin() + 2);
    CHECK(mentions(lacks.read().mistakes(), "does not stand on the one before"));
    CHECK(mentions(lacks.read().mistakes(), "spends what is not there"));

    // A reward that took more than the fees, and one that pays a stranger.
    lacks.blocks = all;
    lacks.blocks.back().transactions[0].outputs[0].script = Bytes{0x51};
    CHECK(mentions(lacks.read().mistakes(), "do not come to"));

    // The seller's key took an escrow that says another condition than its announcement.
    lacks.blocks = all;
    lacks.blocks[3].transactions[1].inputs[0].witness[1] = Bytes(32, 8);
    CHECK(mentions(lacks.read().mistakes(), "claims without the preimage"));
    lacks.blocks = all;
    lacks.blocks[3].transactions[1].inputs[0].witness.back() = Bytes{0x51};
    CHECK(mentions(lacks.read().mistakes(), "by no path of it"));

    // Announced for somebody who is not here.
    MadeChain stranger;
    stranger.seller = signer_of(9);
    stranger.terms.payee =
        account_address(stranger.ledger.ledger, stranger.seller->public_key(account_key));
    stranger.lock = *lock_of(stranger.ledger.ledger, stranger.terms);
    const auto lost = stranger.fund();
    stranger.mine(stranger.home_of_miner(), {lost.transaction}, lost.fee);
    ChainBook book(stranger.ledger,
                   {{"buyer", stranger.buyer->public_key(account_key)},
                    {"miner", stranger.miner->public_key(account_key)}},
                   params);
    for (const Block& block : stranger.blocks)
        book.add(block);
    CHECK(mentions(book.mistakes(), "announces an escrow for nobody here"));
}

TEST_CASE("a block that breaks a rule of the chain is told, whoever gave it") {
    MadeChain chain;
    const auto funding = chain.fund();
    chain.mine(chain.home_of_miner(), {funding.transaction}, funding.fee);
    const std::vector<Block> all = chain.blocks;
    REQUIRE_FALSE(mentions(chain.read().mistakes(), "block 2"));

    Block& last = chain.blocks.back();
    while (has_work(id_of(last.header), last.header.bits, params.bits))
        ++last.header.nonce;
    CHECK(mentions(chain.read().mistakes(), "block 2: high-hash"));
    // A transaction more than the header stands for.
    chain.blocks = all;
    chain.blocks.back().transactions[1].locktime = 1;
    CHECK(mentions(chain.read().mistakes(), "block 2: bad-txnmrklroot"));
    chain.blocks = all;
    chain.blocks.back().header.time = chain.blocks[1].header.time - 100'000'000;
    solve(chain.blocks.back().header);
    CHECK(mentions(chain.read().mistakes(), "block 2: "));
    // More than the subsidy and the fees.
    MadeChain greedy;
    greedy.mine(greedy.home_of_miner(), {greedy.fund().transaction}, 1'000'000);
    CHECK(mentions(greedy.read().mistakes(), "block 2: bad-cb-amount"));
}

TEST_CASE("a refund counts from the expiry on, by the median of the blocks before it") {
    for (const bool early : {true, false}) {
        CAPTURE(early);
        MadeChain chain;
        const auto funding = chain.fund();
        chain.mine(chain.home_of_miner(), {funding.transaction}, funding.fee);
        // The median is that of five blocks ago.
        chain.time = expiry_s + 1;
        for (int i = 0; i < (early ? 2 : 7); ++i)
            chain.mine(chain.home_of_miner(), {});
        const auto back = chain.refund(funding);
        chain.mine(chain.home_of_miner(), {back.transaction}, back.fee);
        const ChainBook book = chain.read();
        if (!early) {
            CHECK(book.mistakes().empty());
            continue;
        }
        CHECK(mentions(book.mistakes(), "bad-txns-nonfinal"));
        CHECK(mentions(book.mistakes(), "before it has expired"));
        CHECK_FALSE(book.escrows()[0].spend);
    }
}

TEST_CASE("an escrow is spent by the script that its output pays to, and no other") {
    MadeChain chain;
    const auto funding = chain.fund();
    chain.mine(chain.home_of_miner(), {funding.transaction}, funding.fee);
    chain.wait_for_expiry();
    auto back = chain.refund(funding);
    EscrowLock other = chain.lock;
    other.locktime -= 1'000;
    back.transaction.inputs[0].witness.back() = *escrow_script(other);
    chain.mine(chain.home_of_miner(), {back.transaction}, back.fee);
    const ChainBook book = chain.read();
    CHECK(mentions(book.mistakes(), "a script that the escrow does not pay to"));
    CHECK(mentions(book.mistakes(), "mandatory-script-verify-flag-failed"));
    CHECK_FALSE(book.escrows()[0].spend);
}

namespace {

// A trade of 50 Ericsson at 0.00008540, and a payment of 0.01 bitcoin, which costs 10,020.00 krona.
struct Run {
    Run() {
        Tracked trade;
        trade.request = {"T1", "SE0000108656", "50", "0.00008540", "aspen-fund", "delta-bank", ""};
        trade.outcome = Outcome::settled;
        report.trades.trades.push_back(trade);
        TrackedPayment payment;
        payment.name = "P1";
        payment.amount = "0.01000000";
        payment.state = "paid";
        payment.paid = "10020.00";
        report.payments.push_back(payment);
        report.before = books(1'000, 0, 100'000'00, 0);
        report.after = books(950, 50, 89'980'00, 10'020'00);
        report.fees = {{"SEK", 2, "20.00", 1}};
    }
    static std::vector<LedgerBooks> books(std::uint64_t seller, std::uint64_t buyer,
                                          std::uint64_t payer, std::uint64_t connector) {
        const AssetId share = *AssetId::make("SE0000108656", 0);
        const AssetId krona = *AssetId::make("SEK", 2);
        LedgerBooks books;
        books.holdings = {{"test.csd.delta-bank", share, Amount{seller}, Amount{}},
                          {"test.csd.aspen-fund", share, Amount{buyer}, Amount{}},
                          {"test.sek.payer", krona, Amount{payer}, Amount{}},
                          {"test.sek.connector", krona, Amount{connector}, Amount{}}};
        return {books};
    }
    BitcoinReport report;
};

}  // namespace

TEST_CASE("shares and krona move as the trades and the offer say, and otherwise it is told") {
    CHECK(consideration(Run().report.trades.trades[0].request) == 427'000);
    CHECK(krona_for(1'000'000) == 10'020'00);
    CHECK(krona_for(1) == 2);  // rounded up
    CHECK(check_holdings(Run().report).empty());
    Run run;
    run.report.after = Run::books(950, 49, 89'980'00, 10'020'00);
    check_only(check_holdings(run.report), "test.csd.aspen-fund SE0000108656 moved by +49");
    run = Run();
    run.report.after = Run::books(950, 50, 89'980'01, 10'020'00);
    check_only(check_holdings(run.report), "test.sek.payer SEK moved by -10019.99");
    run = Run();
    run.report.payments[0].paid = "10020.01";
    check_only(check_holdings(run.report), "the offer says 10020.00");
    run = Run();
    run.report.fees = {{"SEK", 2, "20.01", 1}};
    check_only(check_holdings(run.report), "the payments say 20.00");
    run = Run();
    run.report.payments[0].state = "refunded";
    CHECK(check_holdings(run.report).size() == 3);
    run = Run();
    run.report.trades.trades[0].outcome = Outcome::unwound;
    CHECK(check_holdings(run.report).size() == 2);
}
