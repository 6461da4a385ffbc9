// A Bitcoin ledger: one node, the real mock node's machine behind its own JSON-RPC, and the others
// of its network, who make the blocks. Nobody is told of anything: adapters ask.
#include <algorithm>
#include <deque>
#include <map>
#include <memory>

#include "bitcoin/adapter/bitcoin_adapter.h"
#include "bitcoin/adapter/payments.h"
#include "bitcoin/rpc/changes.h"
#include "bitcoin/script/script.h"
#include "sdk/machine/machine_program.h"
#include "sim/world/accounts.h"
#include "sim/world/bitcoin_miner.h"
#include "sim/world/ledger_service.h"

namespace lockstep::sim {
namespace {

namespace node_input = bitcoin::input;
using bitcoin::BitcoinMachine;
using bitcoin::EscrowPath;
using bitcoin::Satoshi;

// Coinbases are spent once, at the beginning.
constexpr std::uint32_t maturity = 2;
// As many blocks stand on the accounts' coins before the load begins: a median is of eleven.
constexpr std::uint32_t settled_blocks = 12;
constexpr Duration look_again = Duration::milliseconds(500);
constexpr bitcoin::FeePerKvb least_fee{2'000};
constexpr int reorg_window = 24;
// Coins of others, each of which pays once a block.
constexpr std::size_t foreign_coins = 8;

bitcoin::Settings node_settings() {
    bitcoin::Settings settings;
    settings.halving_interval = 1'000'000;
    settings.coinbase_maturity = maturity;
    return settings;
}

class BitcoinService final : public LedgerService, private bitcoin::NodePort {
    using Program = MachineProgram<BitcoinMachine>;
    using Effect = Program::Effect;

public:
    explicit BitcoinService(LedgerParts parts)
        : parts_(std::move(parts)),
          address_(*Address::parse(parts_.spec.name)),
          actor_(parts_.trace.add_actor({parts_.spec.name, ActorKind::ledger, true})),
          books_({address_, parts_.spec.assets.front()}, keys()),
          miner_(parts_.spec.chain, parts_.rng.fork("miner")),
          rng_(parts_.rng.fork("branches")),
          disk_(parts_.make_disk()),
          process_({parts_.scheduler, parts_.trace, actor_, *disk_, [] { return make(); },
                    snapshot_rows, [this](std::vector<Effect> effects) { release(effects); },
                    [this] { parts_.died(0); }}) {}

    ActorId actor() const override { return actor_; }
    const Address& address() const override { return address_; }
    LedgerKind kind() const override { return LedgerKind::bitcoin; }
    bool up() const override { return process_.up(); }

    // What the program does over HTTP, where any status has a body that is an answer. A node that
    // dies over a request says nothing.
    void request(ActorId from, const std::string&, ByteView body, Answer answer) override {
        const std::uint64_t life = process_.starts();
        const bitcoin::NodeFacts facts{bitcoin_network(), started_s_};
        if (FalseView* const view = view_of(from)) {
            const bitcoin::RpcReply reply = bitcoin::answer_body(
                as_text(body),
                [&](const bitcoin::RpcRequest& one) { return bitcoin::call(*view, facts, one); });
            return answer(Bytes(reply.body.begin(), reply.body.end()));
        }
        const bitcoin::RpcReply reply = bitcoin::answer_body(
            as_text(body),
            [&](const bitcoin::RpcRequest& one) { return bitcoin::call(*this, facts, one); });
        if (!process_.up() || process_.starts() != life) return;
        copy_claims();
        answer(Bytes(reply.body.begin(), reply.body.end()));
    }

    // There is no stream.
    void subscribe(std::uint64_t, StreamEnd reader) override { reader.ended(std::nullopt); }
    void unsubscribe(ActorId) override {}
    void go_silent(ActorId) override {}

    std::vector<std::pair<std::string, std::string>> adapter_settings() const override {
        const ChainSpec& chain = parts_.spec.chain;
        std::string accounts;
        for (const Holder& holder : parts_.holders)
            accounts += (accounts.empty() ? "" : ",") + account_of(holder).text();
        const std::int64_t block_s = chain.interval.us() / 1'000'000;
        return {{"network", std::string(bitcoin_network().name)},
                {"poll_ms", in_ms(parts_.spec.beat)},
                {"depth", std::to_string(chain.depth)},
                {"reorg_window", std::to_string(reorg_window)},
                {"block_interval_s", std::to_string(std::max<std::int64_t>(block_s, 1))},
                {"blocks_per_batch", "100"},
                {"min_fee_rate", std::to_string(least_fee.satoshi)},
                {"max_fee_rate", std::to_string(chain.max_fee)},
                {"max_amount_sat", std::to_string(bitcoin::max_money)},
                {"reply_timeout_ms", in_ms(Duration::seconds(5))},
                {"rebroadcast_ms", in_ms(chain.interval)},
                {"counterparties", accounts}};
    }
    Result<std::unique_ptr<LedgerAdapter>, Failure> make_adapter(
        const AdapterSetup& setup) const override {
        for (const Holder& holder : parts_.holders)
            if (!setup.accounts.empty() && account_of(holder) == setup.accounts.front())
                return declared(bitcoin::make_adapter(setup, holder.signer), parts_.spec);
        return fail("bad_setup", "nobody has that account");
    }

    std::size_t processes() const override { return 1; }
    bool process_up(std::size_t) const override { return process_.up(); }
    void kill(std::size_t) override { process_.kill(); }
    void kill_at_point(std::size_t, std::uint64_t point) override { process_.kill_at_point(point); }
    Result<void, Failure> start(std::size_t) override {
        auto started = process_.start();
        if (!started || !process_.up()) return started;
        started_s_ = shown().us() / 1'000'000;
        if (machine().chain().height() == 0) begin();
        configure();
        follow();
        return started;
    }
    SimDisk& disk(std::size_t) override { return *disk_; }
    ProcessClock& clock(std::size_t) override { return process_.clock(); }
    void clock_changed(std::size_t) override { process_.clock_changed(); }
    // No block comes until then.
    void halt(Timestamp until) override { halted_until_ = std::max(halted_until_, until); }
    void censor_claims(Timestamp until) override {
        censored_until_ = std::max(censored_until_, until);
    }
    void twin(std::size_t, Timestamp) override {}

    bool roll_back(std::uint32_t blocks) override {
        const auto depth = static_cast<int>(blocks);
        if (!process_.up() || depth == 0 || machine().chain().height() - depth < ground_)
            return false;
        give_all(miner_.overtake(machine(), stamped(), depth));
        // What was in those blocks does not come back by itself.
        if (rng_.below(3) == 0 && forget_pool()) parts_.tally.branch("taken_back_and_forgotten");
        return true;
    }
    void raise_fees(std::uint64_t rate, Timestamp until) override {
        const auto wanted = static_cast<bitcoin::FeeRate>(rate);
        least_ = parts_.scheduler.now() < dear_until_ ? std::max(least_, wanted) : wanted;
        dear_until_ = std::max(dear_until_, until);
        configure();
        parts_.scheduler.at(dear_until_, [this] { configure(); });
    }
    bool forget_pool() override {
        if (!process_.up() || machine().pool().all().empty()) return false;
        bitcoin::Settings forgetful = machine().settings();
        const bitcoin::Settings before = forgetful;
        forgetful.pool_expiry = Duration{1};
        // A second later everything that waits is too old, when the next one comes.
        const auto later = static_cast<std::uint32_t>(shown().us() / 1'000'000 + 2);
        const auto next = foreign_payment();
        if (!next) return false;
        std::vector<std::pair<bitcoin::Txid, std::optional<EscrowPath>>> waited;
        for (const auto& [txid, entry] : machine().pool().all())
            waited.emplace_back(txid, books_.path_of(*entry.transaction));
        give_all({node_input::SetTime{later}, node_input::Configure{forgetful},
                  node_input::Submit{*next}, node_input::Configure{before}, node_input::SetTime{}});
        if (!process_.up()) return false;
        std::erase_if(waited,
                      [&](const auto& one) { return machine().pool().all().contains(one.first); });
        for (const auto& one : waited)
            if (one.second == EscrowPath::claim) parts_.tally.branch("claim_forgotten");
        return !waited.empty();
    }
    void copy_next_claim() override { ++to_copy_; }
    void eclipse(ActorId node, Timestamp until, bool with_fork) override {
        const Timestamp now = parts_.scheduler.now();
        std::vector<Eclipse>& before = eclipses_[node];
        if (!before.empty()) before.back().until = std::min(before.back().until, now);
        before.push_back({now, until, {{now, time()}}});
        views_.insert_or_assign(node, std::make_unique<FalseView>(*this, until, with_fork));
    }
    Timestamp time_for(ActorId node, Timestamp then) const override {
        const auto eclipses = eclipses_.find(node);
        if (eclipses == eclipses_.end()) return time_at(then);
        for (const Eclipse& one : eclipses->second)
            if (one.since <= then && then <= one.until)
                return std::min(latest(one.medians, then), time_at(then));
        return time_at(then);
    }

    Timestamp time() const override {
        if (!process_.up()) return {};
        const auto& chain = machine().chain();
        return Timestamp{chain.median_time(chain.tip()) * 1'000'000};
    }
    Timestamp time_at(Timestamp then) const override {
        return times_.empty() ? this->time() : latest(times_, then);
    }
    bool is_final(const EscrowKey& escrow) const override {
        return books_.blocks_on(escrow) >= parts_.spec.chain.depth;
    }
    std::vector<AssetTotals> totals() const override {
        return process_.up() ? std::vector{books_.totals(machine().chain())}
                             : std::vector<AssetTotals>{};
    }
    std::vector<Balance> balances(const Address& account) const override {
        return {books_.balance(account)};
    }
    Amount fees(const Address& account) const override { return books_.fees(account); }
    std::vector<std::string> replay_all() const override {
        if (!process_.up()) return {};
        const auto differs = replay_differs(make(), *disk_, process_.digest(), parts_.spec.name);
        return differs ? std::vector<std::string>{*differs} : std::vector<std::string>{};
    }
    void mix_into(Trace& trace) const override {
        if (process_.up()) trace.mix(process_.digest().digest.view());
    }

private:
    // A chain as an eclipsed node is shown it. What that node sends stays here.
    struct FalseView final : bitcoin::NodePort {
        FalseView(BitcoinService& whole, Timestamp end, bool fork)
            : service(whole), until(end), with_fork(fork) {
            const auto copied = machine.read_snapshot(whole.machine().write_snapshot());
            ASSERT(copied.has_value());
        }
        bool look(const std::function<void(const BitcoinMachine&, Timestamp)>& see) override {
            see(machine, service.shown());
            return true;
        }
        Result<bitcoin::output::Done> give(bitcoin::Input input) override {
            if (const auto good = machine.check(service.shown(), input); !good)
                return refuse(good.error());
            Outputs<BitcoinMachine> out;
            machine.apply(service.shown(), input, out);
            if (std::holds_alternative<node_input::Submit>(input))
                service.parts_.tally.branch("transaction_kept_from_network");
            ASSERT(!out.outputs.empty());
            return std::get<bitcoin::output::Done>(std::move(out.outputs.back()));
        }
        void stop() override { UNREACHABLE(); }
        // With less work than the network's: it stays a block behind. The node may have died over
        // the network's block.
        bool grow() {
            if (!with_fork || !service.process_.up() ||
                machine.chain().height() + 1 >= service.machine().chain().height())
                return false;
            node_input::Mine mine;
            mine.script = bitcoin::to_witness_script(as_bytes("fork"));
            mine.transactions.emplace();
            const bool grown = give(std::move(mine)).has_value();
            if (grown) service.parts_.tally.branch("block_of_fork_shown");
            return grown;
        }
        Timestamp time() const {
            const auto& chain = machine.chain();
            return Timestamp{chain.median_time(chain.tip()) * 1'000'000};
        }

        BitcoinService& service;
        BitcoinMachine machine;
        Timestamp until;
        bool with_fork;
    };
    using Medians = std::deque<std::pair<Timestamp, Timestamp>>;  // when the median became what
    static Timestamp latest(const Medians& medians, Timestamp then) {
        Timestamp time = medians.front().second;
        for (const auto& [when, median] : medians)
            if (when <= then) time = median;
        return time;
    }
    // When a node was shown another chain, and its medians.
    struct Eclipse {
        Timestamp since;
        Timestamp until;
        Medians medians;
    };
    FalseView* view_of(ActorId node) {
        const auto view = views_.find(node);
        const bool is_false = view != views_.end() && parts_.scheduler.now() < view->second->until;
        return is_false ? view->second.get() : nullptr;
    }

    static std::unique_ptr<Program> make() {
        return std::make_unique<Program>(
            BitcoinMachine{}, std::vector<bitcoin::Input>{node_input::Configure{node_settings()}});
    }
    const BitcoinMachine& machine() const { return process_.program().machine(); }
    Timestamp shown() const { return process_.clock().show(parts_.scheduler.now()); }
    BitcoinMiner::Shown stamped() const { return {shown(), shown() - parts_.scheduler.now()}; }
    Address account_of(const Holder& holder) const {
        return bitcoin::account_address(address_, holder.signer->public_key(bitcoin::account_key));
    }
    std::vector<ecdsa::CompressedKey> keys() const {
        std::vector<ecdsa::CompressedKey> keys;
        for (const Holder& holder : parts_.holders)
            keys.push_back(holder.signer->public_key(bitcoin::account_key));
        return keys;
    }

    // --- the node, for its JSON-RPC ---
    bool look(const std::function<void(const BitcoinMachine&, Timestamp)>& view) override {
        if (!process_.up()) return false;
        view(machine(), shown());
        return true;
    }
    Result<bitcoin::output::Done> give(bitcoin::Input input) override {
        const auto* sent = std::get_if<node_input::Submit>(&input);
        const bool is_claim = sent != nullptr && books_.is_claim(sent->transaction);
        if (is_claim && !shows_preimage(sent->transaction))
            look_at_wrong_claim(*sent);
        else if (sent != nullptr)
            look_for_race(*sent);
        answer_.reset();
        done_ = {};
        process_.run_now({std::move(input), ++ticket_});
        if (is_claim && answer_ && done_.fault &&
            done_.fault->find("fee not met") != std::string::npos)
            parts_.tally.branch("claim_found_no_room");
        if (!answer_) return refuse(Reason::unavailable);
        if (!*answer_) return refuse(answer_->error());
        return done_;
    }
    void stop() override { UNREACHABLE(); }

    void release(std::vector<Effect>& effects) {
        for (Effect& effect : effects) {
            if (auto* output = std::get_if<TicketedOutput<BitcoinMachine>>(&effect)) {
                if (output->ticket == ticket_)
                    done_ = std::move(std::get<bitcoin::output::Done>(output->output));
                continue;
            }
            const auto& last = std::get<TicketAnswer>(effect);
            if (last.ticket == ticket_) answer_ = last.result;
        }
        follow();
    }
    static bool shows_preimage(const bitcoin::Transaction& transaction) {
        const auto& inputs = transaction.inputs;
        return std::any_of(inputs.begin(), inputs.end(), [](const bitcoin::TxIn& input) {
            return !input.witness.empty() &&
                   bitcoin::preimage_of(input.witness, input.witness.back());
        });
    }
    // No pool takes it, and no block may have it, whoever makes that.
    void look_at_wrong_claim(const node_input::Submit& sent) {
        node_input::Mine mine;
        mine.script = miners_script();
        mine.transactions.emplace({sent.transaction});
        const bool is_taken = machine().check(shown(), sent).has_value() ||
                              machine().check(shown(), mine).has_value();
        parts_.tally.branch(is_taken ? "wrong_claim_taken" : "wrong_claim_refused");
    }
    // Another end of an escrow waits for a block already.
    void look_for_race(const node_input::Submit& sent) {
        const auto path = books_.path_of(sent.transaction);
        if (!path) return;
        for (const bitcoin::TxIn& input : sent.transaction.inputs)
            if (const auto* other = machine().pool().spender(input.prevout))
                if (const auto ends = books_.path_of(*other->transaction); ends && *ends != *path)
                    parts_.tally.branch("claim_met_refund");
    }
    // In one turn: a node hears of a branch as a whole.
    void give_all(std::vector<bitcoin::Input> inputs) {
        ++ticket_;
        bitcoin::Input last = std::move(inputs.back());
        inputs.pop_back();
        for (bitcoin::Input& one : inputs)
            process_.give({std::move(one), ticket_});
        process_.run_now({std::move(last), ticket_});
    }

    void follow() {
        if (!process_.up()) return;
        const bitcoin::BlockId& tip = machine().chain().tip().id;
        if (tip == followed_) return;
        followed_ = tip;
        const BitcoinBooks::News news = books_.follow(machine().chain());
        times_.emplace_back(parts_.scheduler.now(), time());
        constexpr std::size_t most_times = 64;
        if (times_.size() > most_times) times_.pop_front();
        for (const BitcoinBooks::News::Move& move : news.moves) {
            if (move.is_taken_back)
                parts_.tally.branch(move.event.state == EscrowState::prepared ? "escrow_taken_back"
                                                                              : "end_taken_back");
            if (!move.is_taken_back && move.event.state == EscrowState::fulfilled &&
                is_expired(move.event.at, move.event.terms.expiry))
                parts_.tally.branch("claimed_after_expiry");
            if (!move.is_taken_back && move.event.state == EscrowState::refunded_expired)
                parts_.tally.branch("refund_mined");
            if (!move.is_taken_back && news.taken_back == 0) look_at_expiry(move.event);
            if (move.is_taken_back)
                parts_.taken_back(move.event, move.blocks);
            else
                parts_.watch(move.event);
        }
        for (const FeePaid& paid : news.fees) {
            if (paid.vsize == 0) parts_.tally.branch("second_funding_under_one_name");
            parts_.fee_paid(paid.account, paid.fee, paid.vsize);
        }
    }

    // A claim, or a refund, in one of the blocks about the first one that may have the refund.
    void look_at_expiry(const LedgerEvent& event) {
        const bool is_claim = event.state == EscrowState::fulfilled;
        if (!is_claim && event.state != EscrowState::refunded_expired) return;
        const auto& chain = machine().chain();
        const auto locktime = bitcoin::locktime_of(event.terms.expiry);
        ASSERT(locktime.has_value());
        const Timestamp from = bitcoin::refundable_from(*locktime);
        const auto may_have_it = [&](int height) {
            return Timestamp{chain.median_before(height) * 1'000'000} >= from;
        };
        const std::string what = is_claim ? "claim" : "refund";
        const int height = chain.height();
        if (!may_have_it(height)) {
            if (may_have_it(height + 1)) parts_.tally.branch(what + "_one_block_before_refund");
        } else if (!may_have_it(height - 1)) {
            parts_.tally.branch(what + "_in_first_block_of_refund");
        } else if (!may_have_it(height - 2)) {
            parts_.tally.branch(what + "_one_block_after_refund");
        }
    }

    // --- the chain ---
    // Blocks of before the world begins: coins for the world, some of which become the accounts'.
    void begin() {
        faucet_ =
            bitcoin::make_signer(KeySeed{sha256(as_bytes("faucet")).array()}, bitcoin_network());
        Satoshi needed = bitcoin::coin;
        for (const Holder& holder : parts_.holders)
            needed += static_cast<Satoshi>(holder.balance.units());
        const auto coinbases = static_cast<std::uint32_t>(needed / (50 * bitcoin::coin) + 1);
        blocks_left_ = coinbases + maturity + settled_blocks + 1;
        grow(coinbases, faucet_script());
        grow(maturity, miners_script());
        give_all({node_input::Submit{allotment()}});
        grow(settled_blocks + 1, miners_script());
        ASSERT(machine().pool().all().empty());
        ground_ = machine().chain().height();
        arm(parts_.scheduler.now() + miner_.next_interval(Duration{}));
        last_block_ = parts_.scheduler.now();
    }
    void grow(std::uint32_t blocks, const Bytes& script) {
        std::vector<bitcoin::Input> inputs;
        for (; blocks > 0; --blocks) {
            const Duration ago = parts_.spec.chain.interval * --blocks_left_;
            inputs.emplace_back(
                node_input::SetTime{static_cast<std::uint32_t>((shown() - ago).us() / 1'000'000)});
            node_input::Mine mine;
            mine.script = script;
            inputs.emplace_back(std::move(mine));
        }
        inputs.emplace_back(node_input::SetTime{});
        give_all(std::move(inputs));
    }
    Bytes faucet_script() const {
        return bitcoin::script_pubkey_of(faucet_->public_key(bitcoin::account_key));
    }
    std::vector<bitcoin::KeyCoin> faucet_coins() const {
        std::vector<bitcoin::KeyCoin> coins;
        const Bytes script = faucet_script();
        for (const auto& [place, coin] : machine().chain().coins().all())
            if (coin.output.script == script && machine().pool().spender(place) == nullptr)
                coins.push_back({place, coin.output.value, bitcoin::account_key});
        return coins;
    }
    std::optional<bitcoin::Transaction> payment(std::vector<bitcoin::TxOut> outputs) const {
        bitcoin::PaymentPlan plan;
        plan.outputs = std::move(outputs);
        plan.change_script = faucet_script();
        plan.rate = {std::max(least_, least_fee.satoshi)};
        const auto paid = bitcoin::pay(plan, faucet_coins(), {}, *faucet_);
        if (!paid) return std::nullopt;
        return paid->transaction;
    }
    bitcoin::Transaction allotment() const {
        std::vector<bitcoin::TxOut> outputs(foreign_coins,
                                            {bitcoin::coin / (2 * foreign_coins), faucet_script()});
        for (const Holder& holder : parts_.holders) {
            const Bytes home =
                bitcoin::script_pubkey_of(holder.signer->public_key(bitcoin::account_key));
            const auto coins = static_cast<Satoshi>(parts_.spec.chain.coins);
            const auto balance = static_cast<Satoshi>(holder.balance.units());
            for (Satoshi i = 0; i < coins && balance > 0; ++i)
                outputs.push_back({balance / coins + (i == 0 ? balance % coins : 0), home});
        }
        const auto made = payment(std::move(outputs));
        ASSERT(made);
        return *made;
    }
    // Nothing while all that others have waits for a block.
    std::optional<bitcoin::Transaction> foreign_payment() const {
        return payment({{bitcoin::coin / 1'000, miners_script()}});
    }

    void arm(Timestamp when) {
        parts_.scheduler.at(when, [this] { block_due(); });
    }
    void block_due() {
        const Timestamp now = parts_.scheduler.now();
        if (now < halted_until_) return arm(halted_until_);
        if (!process_.up()) return arm(now + look_again);
        BitcoinMiner::Leaves leaves;
        leaves.claims = now < censored_until_;
        leaves.below = now < dear_until_ ? least_ : 0;
        leaves.room = parts_.spec.chain.room;
        look_at_claims(leaves);
        give_all(miner_.make(machine(), books_, stamped(), leaves, 1));
        for (const auto& [node, view] : views_)
            if (view_of(node) != nullptr && view->grow())
                eclipses_[node].back().medians.emplace_back(parts_.scheduler.now(), view->time());
        if (time() > now) parts_.tally.branch("median_ahead");
        if (time() + parts_.spec.chain.interval * 8 < now) parts_.tally.branch("median_late");
        const Duration took = now - last_block_;
        last_block_ = now;
        arm(now + miner_.next_interval(took));
    }
    // More of them wait than a block has room for.
    bool claims_left_over() const {
        std::size_t size = 0;
        for (const auto& [txid, entry] : machine().pool().all())
            if (books_.is_claim(*entry.transaction)) size += entry.size;
        return size > parts_.spec.chain.room;
    }
    // Those that wait for the next block.
    void look_at_claims(const BitcoinMiner::Leaves& leaves) {
        std::size_t claims = 0;
        for (const auto& [txid, entry] : machine().pool().all()) {
            if (!books_.is_claim(*entry.transaction)) continue;
            ++claims;
            if (leaves.leaves_out(entry)) parts_.tally.branch("claim_found_no_room");
        }
        if (leaves.room > 0 && claims_left_over()) parts_.tally.branch("claim_found_no_room");
        if (claims > 1) parts_.tally.branch("claims_waited_together");
        if (leaves.claims && claims > 0) parts_.tally.fault("claim_censored");
    }
    // What a node takes at all, by what blocks have room for.
    void configure() {
        if (!process_.up()) return;
        bitcoin::Settings settings = machine().settings();
        const bool dear = parts_.scheduler.now() < dear_until_;
        settings.min_relay_fee =
            dear ? static_cast<std::uint64_t>(least_) : node_settings().min_relay_fee;
        if (settings != machine().settings()) give_all({node_input::Configure{settings}});
    }

    // --- who sees a claim and wants what it claims ---
    // The same witness, and the money to the observer: to the pool, and into a block of its own.
    void copy_claims() {
        if (to_copy_ == 0) return;
        std::optional<bitcoin::Transaction> claim;
        for (const auto& [txid, entry] : machine().pool().all())
            if (books_.is_claim(*entry.transaction)) claim = *entry.transaction;
        if (!claim) return;
        --to_copy_;
        claim->outputs = {{claim->outputs[0].value - bitcoin::coin / 10'000, miners_script()}};
        node_input::Mine mine;
        mine.script = miners_script();
        mine.transactions.emplace({*claim});
        const bool is_taken = machine().check(shown(), node_input::Submit{*claim}).has_value() ||
                              machine().check(shown(), mine).has_value();
        parts_.tally.fault("claim_copied");
        if (is_taken) parts_.tally.branch("copied_claim_taken");
        give_all({node_input::Submit{*claim}, std::move(mine)});
    }

    LedgerParts parts_;
    Address address_;
    ActorId actor_;
    BitcoinBooks books_;
    BitcoinMiner miner_;
    Rng rng_;
    std::unique_ptr<SimDisk> disk_;
    mutable Process<Program> process_;
    std::unique_ptr<bitcoin::BitcoinSigner> faucet_;
    Ticket ticket_ = 0;
    std::optional<Result<void>> answer_;
    bitcoin::output::Done done_;
    bitcoin::BlockId followed_;
    std::int64_t started_s_ = 0;
    std::int64_t blocks_left_ = 0;  // of those before the world begins
    int ground_ = 0;                // nobody takes back what is at this height or below
    Medians times_;
    Timestamp last_block_;
    Timestamp halted_until_;
    Timestamp censored_until_;
    Timestamp dear_until_;
    bitcoin::FeeRate least_ = 0;
    std::uint32_t to_copy_ = 0;
    std::map<ActorId, std::unique_ptr<FalseView>> views_;  // the last one of each node
    std::map<ActorId, std::vector<Eclipse>> eclipses_;     // all of them
};

}  // namespace

std::unique_ptr<LedgerService> make_bitcoin_service(LedgerParts parts) {
    return std::make_unique<BitcoinService>(std::move(parts));
}

}  // namespace lockstep::sim
