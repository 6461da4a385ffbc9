#include "bitcoin/adapter/sender.h"

#include <algorithm>
#include <utility>

#include "bitcoin/adapter/pool_watch.h"
#include "sdk/base/assert.h"
#include "sdk/codec/archive.h"

namespace lockstep::bitcoin {
namespace {

constexpr std::uint8_t job_mark = 'j';
// Ten times as long as the longest pause between two lists.
constexpr Duration list_is_old = PoolWatch::longest_pause * 10;
constexpr Duration first_pause = Duration::milliseconds(500);

Bytes key_of_job(std::uint64_t number) {
    Bytes key{job_mark};
    append(key, OerWriter().u64(number).take());
    return key;
}

}  // namespace

bool Sender::owns(ByteView key) {
    return key.size() == 9 && key[0] == job_mark;
}

void Sender::restore(ByteView key, ByteView value) {
    auto job = decode_fields<Job>(value);
    ASSERT(job);
    const std::uint64_t number = OerReader(key.subspan(1)).u64();
    last_number_ = std::max(last_number_, number);
    index(number, *job);
    open_.insert(number);
    jobs_[number] = std::move(*job);
}

void Sender::remember(std::vector<Put>& puts) {
    for (const std::uint64_t number : changed_) {
        const auto found = jobs_.find(number);
        std::optional<Bytes> value;
        if (found != jobs_.end()) value = encode_fields(found->second);
        puts.push_back({0, key_of_job(number), std::move(value)});
    }
    changed_.clear();
}

// --- as time goes on ---

void Sender::work(const SenderTime& time, AdapterOutputs& out) {
    time_out(time, out.reports);
    // Who was asleep has asked for none.
    const Duration awake = parts_.settings.poll + parts_.settings.reply_timeout;
    if (!listed_at_ || time.at > worked_at_ + awake) listed_at_ = time.at;
    worked_at_ = time.at;
    is_list_old_ = time.at >= *listed_at_ + std::max(parts_.settings.stale_after, list_is_old);
    while (!decided_.empty() && decided_.begin()->first <= time.tip)
        reopen(decided_.begin()->second);
    for (const std::uint64_t number : std::set(open_)) {
        Job& job = jobs_.at(number);
        if (is_decided(time, number, job, out.reports)) continue;
        if (!job.is_waiting && !job.is_done && !job.withdrawing)
            answer_done(number, job, out.reports);
        if (withdraw_late(time, number, job, out.reports)) continue;
        raise(time, number, job);
        send_unlisted(time, job);
    }
    send_due(time, out);
}

Sender::Outcome Sender::outcome_of(const Job& job) const {
    if (is_payment(job.kind)) {
        const BookedCoin* const first = parts_.coins.find(job.first_place());
        if (first == nullptr) return outcome_without(job.first_place().txid);
        if (!first->spent) return {};
        return {job.versions.contains(first->spent->by) ? Fate::done : Fate::void_,
                first->spent->height};
    }
    const BookedEscrow* const escrow = parts_.escrows.find(job.escrow);
    if (escrow == nullptr || escrow->ended_at == 0) return {};
    const bool is_claimed = escrow->end->state == EscrowState::fulfilled;
    return {is_claimed == (job.kind == JobKind::claim) ? Fate::done : Fate::void_,
            static_cast<int>(escrow->ended_at)};
}

// Of a payment whose first coin a reorganisation took away with the transaction that made it. Where
// another version of that one is in a block, the coin does not come back.
Sender::Outcome Sender::outcome_without(const Txid& origin) const {
    for (const auto& [number, job] : jobs_) {
        if (!job.versions.contains(origin) && !job.withdrawals.contains(origin)) continue;
        if (!is_payment(job.kind)) {
            const BookedEscrow* const escrow = parts_.escrows.find(job.escrow);
            if (escrow == nullptr || escrow->ended_at == 0 || escrow->end->by == origin) return {};
            return {Fate::void_, static_cast<int>(escrow->ended_at)};
        }
        const BookedCoin* const first = parts_.coins.find(job.first_place());
        if (first == nullptr) return outcome_without(job.first_place().txid);
        if (!first->spent || first->spent->by == origin) return {};
        return {Fate::void_, first->spent->height};
    }
    return {};
}

// Whether a payment waits for a coin of one of its versions: then it is kept until that is decided.
bool Sender::is_origin(const Job& job) const {
    return std::any_of(jobs_.begin(), jobs_.end(), [&](const auto& each) {
        if (!is_payment(each.second.kind)) return false;
        const OutPoint first = each.second.first_place();
        return parts_.coins.find(first) == nullptr &&
               (job.versions.contains(first.txid) || job.withdrawals.contains(first.txid));
    });
}

bool Sender::is_decided(const SenderTime& time, std::uint64_t number, Job& job,
                        std::vector<Report>& reports) {
    const Outcome outcome = outcome_of(job);
    if (outcome.fate == Fate::open) return false;
    const std::int64_t confirmations = time.tip - outcome.height + 1;
    if (outcome.fate == Fate::done && !job.is_done) answer_done(number, job, reports);
    if (outcome.fate == Fate::void_ && confirmations >= parts_.settings.depth) {
        // What was told of its escrow is taken back before it is said that there is none.
        const BookedEscrow* const escrow =
            job.kind == JobKind::fund ? parts_.escrows.find(job.escrow) : nullptr;
        if (is_origin(job) || (escrow != nullptr && escrow->told)) return true;
        const Reason reason = is_payment(job.kind)         ? Reason::not_after_passed
                              : job.kind == JobKind::claim ? Reason::already_refunded
                                                           : Reason::already_fulfilled;
        give_up(number, reason, reports);
        return true;
    }
    const std::int64_t enough = parts_.settings.depth + parts_.settings.reorg_window;
    if (confirmations >= enough) {
        drop(number);
        return true;
    }
    const std::int64_t wanted = outcome.fate == Fate::void_ ? parts_.settings.depth : enough;
    job.look_at = outcome.height + static_cast<int>(wanted) - 1;
    open_.erase(number);
    decided_.insert({job.look_at, number});
    return true;
}

void Sender::reopen(std::uint64_t number) {
    decided_.erase({jobs_.at(number).look_at, number});
    open_.insert(number);
}

// A payment that is in no block when its time is over, as far as the node has blocks. One of which
// no version got out is simply not sent; another ends when the first of its coins was spent
// otherwise, and that is final.
bool Sender::withdraw_late(const SenderTime& time, std::uint64_t number, Job& job,
                           std::vector<Report>& reports) {
    if (!is_payment(job.kind) || job.withdrawing || time.at <= job.not_after ||
        (job.left && job.withdraw_tried == time.tip))
        return false;
    job.is_late = true;
    if (!job.left) {
        give_up(number, Reason::not_after_passed, reports);
        return true;
    }
    // A block that is still to be read may have it.
    if (!time.tip_at || *time.tip_at <= job.not_after) return false;
    job.withdrawing = true;
    const FeePerKvb rate{static_cast<Satoshi>(job.rate)};
    if (!build_again(time, job, next_rate(bounds(), rate, time.estimate, std::nullopt))) {
        job.withdrawing = false;
        job.withdraw_tried = time.tip;
        return false;
    }
    job.height = static_cast<std::uint32_t>(std::max(time.tip, 0));
    for (const CommandId& id : job.commands)
        parts_.answers.unknown(id, reports);
    touch(number);
    return false;
}

std::optional<std::int64_t> Sender::blocks_left(const SenderTime& time, const Job& job) const {
    if (job.kind != JobKind::claim) return std::nullopt;
    const Timestamp now = std::max(time.at, time.ledger_time);
    const Timestamp deadline = parts_.escrows.find(job.escrow)->terms.expiry;
    return (deadline - now).us() / std::max<std::int64_t>(parts_.settings.block.us(), 1);
}

// While no block comes. A deadline draws nearer by time: after as long as a block takes a claim
// offers what it would after a block without it. And what spends an escrow follows at once what is
// paid in the pool, so that it is neither thrown out with the cheapest nor left behind by the next
// block; by a quarter more at least, so that it does so some twenty times at most.
bool Sender::is_behind(const SenderTime& time, const Job& job) const {
    // What a block has that is still to be read needs no more.
    if (is_payment(job.kind) || !job.left || !time.tip_at) return false;
    if (is_outpaid(time, job)) return true;
    const bool has_waited = *time.tip_at >= job.raised_at + parts_.settings.block;
    if (job.kind != JobKind::claim || !has_waited) return false;
    // Less than that no node takes for it: as long as the deadline is far it waits for a block.
    const FeePerKvb rate{static_cast<Satoshi>(job.rate)};
    const FeePerKvb next = next_rate(bounds(), rate, std::nullopt, blocks_left(time, job));
    return next.satoshi - rate.satoshi >= incremental_fee.satoshi;
}

bool Sender::is_outpaid(const SenderTime& time, const Job& job) const {
    const auto going = static_cast<std::uint64_t>(time.estimate.value_or(FeePerKvb{}).satoshi);
    return !is_payment(job.kind) && going > std::max(job.rate, job.looked_at);
}

// A block came without it, it is behind, or the node wants more. Of many blocks that come at once
// each may have it until the last one is read. One whose escrow is elsewhere now pays anew, and
// replaces nothing.
void Sender::raise(const SenderTime& time, std::uint64_t number, Job& job) {
    if (job.request != 0 || job.kind == JobKind::reject || !may_be_sent(job) ||
        is_claimed_in_pool(job))
        return;
    // Where its coins do not pay for the withdrawal, it is not made likelier either.
    if (is_payment(job.kind) && !job.withdrawing && time.at > job.not_after) return;
    const bool is_moved = !is_payment(job.kind) && spent_by(job) != place_of(job);
    if (is_moved && job.move_tried == time.tip) return;
    const bool is_new_block = time.tip_at && time.tip > static_cast<int>(job.height) && job.left;
    if (job.raised_at == Timestamp{}) job.raised_at = time.at;
    if (!is_moved && !is_new_block && !job.outbid && !is_behind(time, job)) return;
    // What it pays may be more than its rate asks: each version pays for being carried anew.
    const PaidVersion paid = paid_by(job);
    const auto least = least_replacement_fee(paid, paid.vsize);
    const auto most = fee_for(bounds().most, paid.vsize);
    if (!is_moved && (!least || !most || *least > *most)) return looked(time, number, job);
    FeePerKvb rate{std::max(static_cast<Satoshi>(job.rate),
                            paid.fee * 1'000 / static_cast<Satoshi>(paid.vsize))};
    if (is_moved) rate = std::min(rate, bounds().most);
    const FeePerKvb from = is_moved ? bounds().least : rate;
    FeePerKvb next = next_rate(bounds(), rate, time.estimate, blocks_left(time, job));
    // Neither a node that has something dearer nor what is going is outbid by a little.
    if (job.outbid || is_outpaid(time, job))
        next = std::max(next, next_rate(bounds(), rate, time.estimate, std::nullopt));
    // What an escrow does not pay for at this rate it may pay for at a lower one.
    bool is_built = (next > rate || is_moved) && build_again(time, job, next);
    while (!is_built && next > from) {
        next.satoshi = from.satoshi + (next.satoshi - from.satoshi) / 2;
        is_built = (next > from || is_moved) && build_again(time, job, next);
    }
    looked(time, number, job);
    if (is_built) touch(number);
    if (is_moved && !is_built) job.move_tried = time.tip;
}

// Not again before something changes.
void Sender::looked(const SenderTime& time, std::uint64_t number, Job& job) {
    job.outbid = false;
    job.raised_at = time.at;
    job.looked_at = std::max(
        job.looked_at, static_cast<std::uint64_t>(time.estimate.value_or(FeePerKvb{}).satoshi));
    const auto height = static_cast<std::uint32_t>(std::max(time.tip, 0));
    if (std::exchange(job.height, height) != height) touch(number);
}

OutPoint Sender::place_of(const Job& job) const {
    const BookedEscrow* const escrow = parts_.escrows.find(job.escrow);
    return escrow == nullptr ? OutPoint{} : escrow->place();
}

// The payer has the preimage then, and does not bid against it.
bool Sender::is_claimed_in_pool(const Job& job) const {
    if (is_payment(job.kind) || job.kind == JobKind::claim) return false;
    const BookedEscrow* const escrow = parts_.escrows.find(job.escrow);
    return escrow != nullptr && escrow->pool_end &&
           escrow->pool_end->state == EscrowState::fulfilled;
}

// An escrow that is not there cannot be spent. A claim that was in the pool when the last list came
// may have been thrown out since: after a while a refund is sent as it is, and nothing is offered
// against what may still be there.
bool Sender::may_be_sent(const Job& job) const {
    if (is_payment(job.kind)) return true;
    const BookedEscrow* const escrow = parts_.escrows.find(job.escrow);
    if (escrow == nullptr || !escrow->is_there()) return false;
    return is_list_old_ || !is_claimed_in_pool(job);
}

// While no list comes nobody says what the pool has thrown out: what the node took is given to it
// again, which costs nothing where it still has it.
void Sender::send_unlisted(const SenderTime& time, Job& job) const {
    if (job.is_waiting || job.request != 0) return;
    constexpr Duration minute = Duration::seconds(60);
    const bool is_claim = job.kind == JobKind::claim;
    const Duration pause = is_claim ? std::min(minute, parts_.settings.block)
                                    : std::max(minute, parts_.settings.rebroadcast);
    if (time.at < std::max(job.accepted_at, *listed_at_) + pause) return;
    job.is_waiting = true;
    job.due = time.at;
}

void Sender::send_due(const SenderTime& time, AdapterOutputs& out) {
    std::vector<std::uint64_t> due;
    // Claims first: they have a deadline.
    for (const bool claims : {true, false})
        for (const std::uint64_t number : open_) {
            const Job& job = jobs_.at(number);
            if ((job.kind == JobKind::claim) == claims && job.request == 0 && job.is_waiting &&
                job.due <= time.at && may_be_sent(job))
                due.push_back(number);
        }
    const std::size_t size = size_.now();
    for (std::size_t from = 0; from < due.size() && has_room(); from += size) {
        RpcBatch batch;
        Flight flight;
        flight.most = size;
        const std::uint64_t request = parts_.ids.next();
        for (std::size_t i = from; i < std::min(due.size(), from + size); ++i) {
            Job& job = jobs_.at(due[i]);
            job.request = request;
            job.left_before = job.left;
            job.due = time.at + parts_.settings.reply_timeout;
            if (!job.left) touch(due[i]);
            job.left = true;
            flight.numbers.push_back(due[i]);
            // No limit on the fee: the limit is ours.
            batch.add("sendrawtransaction", Json::array().push(to_hex(job.octets)).push(0));
        }
        flights_[request] = std::move(flight);
        out.requests.push_back(to_node(request, batch));
    }
}

Duration Sender::pause(std::uint64_t number, const Job& job) const {
    const Duration longest =
        job.kind == JobKind::claim ? parts_.settings.poll * 2 : parts_.settings.rebroadcast;
    const Duration pause = doubled(first_pause, job.attempts, std::max(longest, first_pause));
    return Duration{pause.us() + pause.us() / 8 * static_cast<std::int64_t>(number % 8) / 8};
}

std::optional<Timestamp> Sender::next_wake() const {
    std::optional<Timestamp> wake;
    const auto include = [&](Timestamp due) {
        if (!wake || due < *wake) wake = due;
    };
    for (const auto& [request, flight] : flights_)
        for (const std::uint64_t number : flight.numbers)
            if (const auto job = jobs_.find(number);
                job != jobs_.end() && job->second.request == request)
                include(job->second.due);
    for (const std::uint64_t number : open_) {
        const Job& job = jobs_.at(number);
        if (has_room() && job.request == 0 && job.is_waiting && may_be_sent(job)) include(job.due);
        if (is_payment(job.kind) && !job.withdrawing && !job.is_late)
            include(job.not_after + Duration{1});
    }
    return wake;
}

}  // namespace lockstep::bitcoin
