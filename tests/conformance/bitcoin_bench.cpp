#include "tests/conformance/bitcoin_bench.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "sdk/base/assert.h"
#include "sdk/crypto/hash.h"

namespace lockstep::conformance {
namespace {

constexpr Role all_roles[] = {Role::payer, Role::payee, Role::other};
// Of a transaction of ours, at some ten satoshi a byte.
constexpr bitcoin::Satoshi raw_fee = 10'000;
// Within it an adapter asks for news.
constexpr Duration ask_time = Duration::seconds(5);
// As long as blocks of others count before ours come again.
constexpr Duration detour_time = Duration::seconds(20);

// Whom the blocks pay in which nobody has a part.
Bytes miner_script() {
    Bytes script{0x00, 0x20};
    const Hash program = sha256(as_bytes("miner"));
    script.insert(script.end(), program.view().begin(), program.view().end());
    return script;
}

std::size_t at(Role role) {
    return static_cast<std::size_t>(role);
}

// More than the kit locks and pays in fees, in escrows of the least amount.
constexpr std::int64_t commands_of_a_run = 150;

}  // namespace

BitcoinBench::BitcoinBench(BitcoinWorld settings, std::unique_ptr<BitcoinPort> port,
                           MakeAdapter make)
    : settings_(std::move(settings)),
      node_(std::move(port), *settings_.network),
      make_(std::move(make)),
      now_(settings_.start) {
    world_.ledger = settings_.ledger;
    for (const Role role : all_roles)
        world_.accounts[at(role)] =
            *world_.ledger.child(signer(role).public_key(bitcoin::account_key).hex());
    world_.asset = settings_.asset;
    world_.run = settings_.run;
    world_.exact = settings_.is_ours;
    world_.least = settings_.least;
    world_.fee_allowance = settings_.fee_allowance;
    world_.tick = Duration::seconds(1);
    world_.glance = Duration::milliseconds(500);
    world_.many = 20;
    world_.streams = false;
    world_.keeps_commands = false;
}

const bitcoin::BitcoinSigner& BitcoinBench::signer(Role role) const {
    return *settings_.signers[at(role)];
}

Bytes BitcoinBench::script_of(Role role) const {
    return bitcoin::script_pubkey_of(signer(role).public_key(bitcoin::account_key));
}

Result<void, Failure> BitcoinBench::open() {
    const auto before = node_.call("getblockchaininfo", Json::array());
    if (!before) return unexpected<Failure>(before.error());
    if (settings_.is_ours)
        if (auto prepared = prepare_chain(); !prepared) return prepared;
    if (peer_) peer_->meet();
    median_ = node_.tip().median;
    next_block_ = now() + settings_.block;
    if (auto probe = make_(Role::payer, world_); !probe) return unexpected<Failure>(probe.error());
    start_adapters();
    return {};
}

void BitcoinBench::connect(std::unique_ptr<BitcoinPort> peer, const std::string& address) {
    peer_ = std::make_unique<BitcoinPeer>(std::move(peer), address, node_);
}

Result<void, Failure> BitcoinBench::prepare_chain() {
    // time does not go back on a chain that has been used
    const BitcoinNode::Tip tip = node_.tip();
    now_ = std::max(now_, tip.median + settings_.block * 12);
    const auto grow = [&](std::int64_t blocks, ByteView script) {
        for (; blocks > 0; --blocks) {
            now_ = now_ + settings_.block;
            set_clocks();
            node_.mine(1, script);
        }
    };
    grow(settings_.coins, script_of(Role::payer));
    grow(settings_.coins, script_of(Role::other));
    // until coinbases can be spent
    grow(std::max<std::int64_t>(101, settings_.height - node_.tip().height), miner_script());
    // Regtest halves what a block pays every 150 blocks: from 4,950 on it pays nothing.
    const auto needed = static_cast<bitcoin::Satoshi>(settings_.least.units()) * commands_of_a_run;
    for (const Role role : {Role::payer, Role::other}) {
        bitcoin::Satoshi has = 0;
        for (const BitcoinNode::Coin& coin : node_.coins(script_of(role)))
            has += coin.value;
        if (has < needed)
            return fail("no_coins", "at block " + std::to_string(node_.tip().height) +
                                        " an account that pays has " + std::to_string(has) +
                                        " satoshi and needs " + std::to_string(needed) +
                                        ": blocks pay too little by now; give the node a new "
                                        "data directory, or the old key files");
    }
    return {};
}

std::unique_ptr<LedgerAdapter> BitcoinBench::make_adapter(Role role) {
    auto adapter = make_(role, world_);
    ASSERT(adapter);  // open() tried
    return std::move(*adapter);
}

void BitcoinBench::give(Role role, AdapterInput input) {
    if (const auto* command = std::get_if<Command>(&input)) {
        if (const auto* prepare = std::get_if<command::Prepare>(&command->body))
            prepared_.emplace(EscrowKey{prepare->terms.payer, prepare->terms.id}, prepare->terms);
    }
    Bench::give(role, std::move(input));
}

void BitcoinBench::carry(Role role, const Request& request) {
    const auto body = node_.port().post(std::string(as_text(request.body)));
    replied(role, request.id,
            body ? Result<Bytes>(Bytes(body->begin(), body->end())) : refuse(body.error()));
}

bool BitcoinBench::is_instruction(const Request& request) const {
    return as_text(request.body).find("sendrawtransaction") != std::string_view::npos;
}

bool BitcoinBench::restart_ledger() {
    if (!node_.port().restart()) return false;
    work();
    return true;
}

// --- time ---

Timestamp BitcoinBench::now() const {
    return settings_.is_ours ? now_ : clock_.now();
}

void BitcoinBench::set_clocks() {
    node_.set_time(now_);
    if (peer_) peer_->node().set_time(now_);
}

void BitcoinBench::mine() {
    set_clocks();
    node_.mine(1, miner_script());
    median_ = node_.tip().median;
}

void BitcoinBench::pass(Duration time) {
    const Timestamp end = now() + time;
    work();
    while (now() < end) {
        Timestamp next = std::min(end, detour_ ? detour_->ends : next_block_);
        if (const auto due = next_wake()) next = std::min(next, *due);
        advance(std::max(next, now() + Duration{1}));
    }
}

void BitcoinBench::advance(Timestamp to) {
    if (!settings_.is_ours) {
        std::this_thread::sleep_for(std::chrono::microseconds((to - now()).us()));
        if (next_block_ <= now()) {  // one may have come
            median_ = node_.tip().median;
            next_block_ = now() + world_.glance;
        }
        return work();
    }
    now_ = to;
    if (detour_) {
        if (detour_->ends <= now_) end_detour();
    } else if (next_block_ <= now_) {
        mine();
        next_block_ = now_ + settings_.block;
    }
    work();
}

// The median comes to this when six blocks in a row have that stamp, whatever was before.
void BitcoinBench::reach(Timestamp ledger_time) {
    if (!settings_.is_ours) return ConformanceLedger::reach(ledger_time);
    while (median_ < ledger_time && now_ < ledger_time)
        pass(std::min(settings_.block, ledger_time - now_));
    while (median_ < ledger_time) {
        node_.set_time(ledger_time);
        node_.mine(1, miner_script());
        median_ = node_.tip().median;
    }
    // so that the adapters ask; the median stays while five blocks more are made
    pass(ask_time);
}

// --- escrows ---

bitcoin::EscrowLock BitcoinBench::lock_of(const EscrowTerms& terms) const {
    const auto key_of = [&](const Address& account, bitcoin::EscrowRole role) {
        for (const Role party : all_roles)
            if (world_.account(party) == account)
                return *bitcoin::escrow_key_of(signer(party).public_key(bitcoin::account_key),
                                               {world_.ledger, terms.payer, terms.id, role});
        UNREACHABLE();
    };
    return {terms.condition, key_of(terms.payer, bitcoin::EscrowRole::payer),
            key_of(terms.payee, bitcoin::EscrowRole::payee), *bitcoin::locktime_of(terms.expiry)};
}

std::optional<BitcoinNode::Coin> BitcoinBench::place_of(const EscrowKey& escrow) {
    const auto terms = prepared_.find(escrow);
    if (terms == prepared_.end()) return std::nullopt;
    const auto script = bitcoin::escrow_script(lock_of(terms->second));
    ASSERT(script);
    const auto coins = node_.coins_and_pool(bitcoin::script_pubkey_of(*script));
    return coins.empty() ? std::nullopt : std::optional(coins.front());
}

void BitcoinBench::fund(const EscrowTerms& terms) {
    ASSERT(terms.payer == world_.account(Role::payer));
    prepared_.emplace(EscrowKey{terms.payer, terms.id}, terms);
    std::vector<bitcoin::KeyCoin> coins;
    for (const auto& coin : node_.coins(script_of(Role::payer)))
        coins.push_back({coin.place, coin.value, bitcoin::account_key});
    bitcoin::FundingPlan plan;
    plan.lock = lock_of(terms);
    plan.amount = static_cast<bitcoin::Satoshi>(terms.amount.units());
    plan.change_script = script_of(Role::payer);
    plan.rate = {5'000};
    const auto funding = bitcoin::fund_escrow(plan, coins, {}, signer(Role::payer));
    ASSERT(funding);
    const auto sent = node_.send(funding->transaction);
    ASSERT(sent);
}

std::int64_t BitcoinBench::confirmations(const EscrowKey& escrow) {
    const auto place = place_of(escrow);
    if (!place) return -1;
    return place->height == 0 ? 0 : node_.tip().height - place->height + 1;
}

bool BitcoinBench::claim_with(Role role, const EscrowKey& escrow, const Bytes& preimage,
                              Result<void>& answer) {
    const auto place = place_of(escrow);
    if (!place) return false;
    const EscrowTerms& terms = prepared_.at(escrow);
    const bitcoin::EscrowCoin coin{place->place, place->value, lock_of(terms)};
    const Bytes script = *bitcoin::escrow_script(coin.lock);
    bitcoin::Transaction claim;
    claim.inputs = {bitcoin::replaceable_input(coin.place)};
    claim.outputs = {{coin.value - raw_fee, script_of(role)}};
    const bitcoin::EscrowKeyName key{world_.ledger, escrow.payer, escrow.id,
                                     bitcoin::EscrowRole::payee};
    const Bytes signature = bitcoin::sign_escrow(claim, coin, script, key, signer(role));
    claim.inputs[0].witness = {signature, preimage, Bytes{1}, script};
    // what is not relayed a miner may take all the same
    const bool taken =
        node_.send(claim) || (settings_.is_ours && node_.mine_only({claim}, miner_script()));
    answer = taken ? Result<void>() : refuse(Reason::not_accepted);
    return true;
}

void BitcoinBench::leave(const std::string& block, By by) {
    const Json params(Json::Array{block});
    if (peer_) peer_->meet();
    if (by == By::peer)
        peer_->part();
    else
        node_.must("invalidateblock", params);
    if (peer_) peer_->node().must("invalidateblock", params);
}

// The block of the escrow's funding goes, and another transaction spends its coins in another one.
std::optional<BitcoinBench::Detour> BitcoinBench::take_back(const EscrowKey& escrow, By by) {
    if (!settings_.is_ours) return std::nullopt;
    const auto place = place_of(escrow);
    if (!place || !prepared_.contains(escrow)) return std::nullopt;
    Role payer = Role::payer;
    for (const Role role : all_roles)
        if (world_.account(role) == escrow.payer) payer = role;
    Detour detour;
    std::optional<std::string> block;
    if (place->height > 0) block = detour.ours = node_.block_at(place->height);
    const auto funding = node_.transaction(place->place.txid, block);
    ASSERT(funding);
    if (!block || !peer_) by = By::command;
    set_clocks();
    if (block) leave(*block, by);
    BitcoinNode& miner = by == By::peer ? peer_->node() : node_;

    std::vector<bitcoin::KeyCoin> coins;
    bitcoin::Satoshi sum = 0;
    const auto own = miner.coins(script_of(payer));
    for (const bitcoin::TxIn& input : funding->inputs) {
        const auto coin = std::find_if(own.begin(), own.end(), [&](const BitcoinNode::Coin& one) {
            return one.place == input.prevout;
        });
        if (coin == own.end()) return std::nullopt;  // it stands on something else in the pool
        coins.push_back({coin->place, coin->value, bitcoin::account_key});
        sum += coin->value;
    }
    bitcoin::Transaction other;
    for (const bitcoin::KeyCoin& coin : coins)
        other.inputs.push_back(bitcoin::replaceable_input(coin.place));
    other.outputs = {{sum - raw_fee, script_of(payer)}};
    bitcoin::sign_coins(other, coins, 0, signer(payer));
    const auto mined = miner.mine_only({other}, miner_script());
    ASSERT(mined);
    detour.theirs = miner.tip().block;
    if (by == By::peer) {
        peer_->overtake(miner_script());
        peer_->meet();
    }
    median_ = node_.tip().median;
    detour.ends = now_ + detour_time;
    return detour;
}

bool BitcoinBench::roll_back(const EscrowKey& escrow) {
    const bool taken = take_back(escrow, By::command).has_value();
    if (taken) mine();
    work();
    return taken;
}

bool BitcoinBench::roll_back_for_now(const EscrowKey& escrow) {
    auto detour = take_back(escrow, By::peer);
    if (!detour || detour->ours.empty()) return false;
    detour_ = std::move(detour);
    work();
    return true;
}

void BitcoinBench::end_detour() {
    BitcoinNode& miner = peer_ ? peer_->node() : node_;
    set_clocks();
    if (peer_) {
        peer_->meet();
        peer_->part();
    }
    miner.must("invalidateblock", Json(Json::Array{detour_->theirs}));
    miner.must("reconsiderblock", Json(Json::Array{detour_->ours}));
    if (peer_) {
        peer_->overtake(miner_script());
        peer_->meet();
    }
    detour_.reset();
    mine();
    next_block_ = now_ + settings_.block;
}

}  // namespace lockstep::conformance
