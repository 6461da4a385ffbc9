#include "deploy/demo/lost_buyer.h"

#include <algorithm>

#include "bitcoin/adapter/announcement.h"
#include "bitcoin/chain/block.h"
#include "deploy/demo/bitcoin_cast.h"
#include "deploy/demo/run_parts.h"
#include "sdk/base/bytes.h"
#include "sdk/net/system_time.h"

namespace lockstep::demo {

namespace {

using std::chrono::milliseconds;

// Agreeing on a trade takes a few messages, and its payment is placed at once or not at all.
constexpr std::chrono::seconds agreement_patience{20};
// Well before a chain without blocks is stale.
constexpr milliseconds longest_rest{4'000};
static_assert(Duration::milliseconds(longest_rest.count()) < chain_profile.block);

// Of the escrow that a transaction announces.
std::optional<Condition> condition_in(const bitcoin::Transaction& transaction) {
    const auto funding = bitcoin::announced_in(transaction);
    if (!funding) return std::nullopt;
    return funding->announcement.condition;
}

std::optional<Bytes> octets_of(const Result<Json, Failure>& answer) {
    return answer ? from_hex(answer->text_or("")) : std::nullopt;
}

}  // namespace

LostBuyer::LostBuyer(World& world, std::size_t trades, const std::atomic<bool>& stop)
    : world_(world), trades_(trades), stop_(stop) {
    if (const auto escrows = world_.client("buyer").escrows(false)) {
        for (const client::EscrowView& escrow : *escrows)
            known_.insert(escrow.id);
    }
    const auto tip = world_.chain().call("getblockcount");
    height_ = tip ? tip->as_int64().value_or(0) : 0;
}

void LostBuyer::look_for_payments() {
    const auto escrows = world_.client("buyer").escrows(false);
    if (!escrows) return;
    for (const client::EscrowView& escrow : *escrows) {
        const auto condition = Condition::from_hex(escrow.condition);
        if (known_.contains(escrow.id) || !condition || !escrow.out) continue;
        if (escrow.out->state == "sent" || escrow.out->state == "held")
            conditions_.insert(*condition);
    }
}

// In the pool and in the blocks since; nullopt where the Bitcoin node does not say.
std::optional<LostBuyer::Announced> LostBuyer::announced() const {
    bitcoin::RpcClient& chain = world_.chain();
    Announced found;
    const auto tip = chain.call("getblockcount");
    const auto pool = chain.call("getrawmempool");
    if (!tip || !pool) return std::nullopt;
    const auto is_ours = [&](const bitcoin::Transaction& transaction) {
        const auto condition = condition_in(transaction);
        return condition && conditions_.contains(*condition);
    };
    for (std::size_t i = 0; i < pool->size(); ++i) {
        const auto octets =
            octets_of(chain.call("getrawtransaction", Json::array().push((*pool)[i])));
        const auto transaction = octets ? bitcoin::parse_transaction(*octets) : std::nullopt;
        if (transaction && is_ours(*transaction)) ++found.count;
    }
    const std::int64_t top = tip->as_int64().value_or(0);
    for (std::int64_t height = height_ + 1; height <= top; ++height) {
        const auto id = chain.call("getblockhash", Json::array().push(height));
        if (!id) return std::nullopt;
        const auto octets = octets_of(chain.call("getblock", Json::array().push(*id).push(0)));
        const auto block = octets ? bitcoin::parse_block(*octets) : std::nullopt;
        if (!block) return std::nullopt;
        const auto count = static_cast<std::size_t>(
            std::count_if(block->transactions.begin(), block->transactions.end(), is_ours));
        found.count += count;
        found.is_final = found.is_final || (count > 0 && top - height + 1 >= chain_pace.depth);
    }
    return found;
}

// Its node has been told which escrows are for it: the buyer's node, which says it, will not say it
// again.
bool LostBuyer::seller_knows_all() const {
    const auto escrows = world_.client("seller").escrows(false);
    if (!escrows) return false;
    const auto known =
        std::count_if(escrows->begin(), escrows->end(), [&](const client::EscrowView& escrow) {
            const auto condition = Condition::from_hex(escrow.condition);
            return condition && conditions_.contains(*condition) && escrow.in &&
                   !escrow.in->escrow.empty();
        });
    return static_cast<std::size_t>(known) == conditions_.size();
}

bool LostBuyer::kill_when_paid() {
    const bool paying = wait_until(agreement_patience, stop_, [&] {
        look_for_payments();
        return conditions_.size() == trades_;
    });
    if (!paying) return false;
    // Without a block no payment is final, so that no share moves and no secret is shown.
    world_.pause("miner");
    bool is_time = false;
    wait_until(longest_rest, stop_, [&] {
        const auto now = announced();
        is_time = now && now->count == trades_ && !now->is_final && seller_knows_all();
        return is_time || (now && now->is_final);
    });
    if (is_time) {
        world_.sample("buyer");
        world_.kill("buyer");
    }
    world_.resume("miner");
    return is_time;
}

bool is_delivered_to_nobody(World& world, const std::set<Condition>& conditions) {
    const auto escrows = world.client("seller").escrows(false);
    if (!escrows) return false;
    const Timestamp now = net::system_time();
    const auto over =
        std::count_if(escrows->begin(), escrows->end(), [&](const client::EscrowView& escrow) {
            const auto condition = Condition::from_hex(escrow.condition);
            if (!condition || !conditions.contains(*condition)) return false;
            if (!escrow.out || escrow.out->state == "refunded") return true;
            // Not placed in time: by its expiry it cannot be placed any more.
            return (escrow.out->state == "none" || escrow.out->state == "absent") &&
                   is_expired(now, escrow.out->expiry);
        });
    return static_cast<std::size_t>(over) == conditions.size();
}

}  // namespace lockstep::demo
