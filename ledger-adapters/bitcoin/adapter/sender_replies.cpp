// What a node's answers, its pool and reorganisations mean for a Sender's jobs.
#include <algorithm>
#include <utility>

#include "bitcoin/adapter/sender.h"

namespace lockstep::bitcoin {
namespace {

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

// The words of Bitcoin Core for a fee that does not do, alone or against what is to be replaced.
bool wants_more(const std::string& message) {
    return contains(message, "insufficient fee") || contains(message, "fee not met") ||
           contains(message, "mempool full");
}

// What another block, or the pool's having it already, makes good.
bool may_be_taken_later(const RpcFailure& failure) {
    const std::string& message = failure.message;
    return failure.code != rpc_rejected || wants_more(message) || contains(message, "non-final") ||
           contains(message, "too-long-mempool-chain") || contains(message, "conflict") ||
           contains(message, "already");
}

}  // namespace

bool Sender::reply(const SenderTime& time, const Reply& reply, AdapterOutputs& out) {
    const auto found = flights_.find(reply.request);
    if (found == flights_.end()) return false;
    const Flight flight = std::move(found->second);
    flights_.erase(found);
    const auto results = reply.body ? read_batch(*reply.body, flight.numbers.size()) : std::nullopt;
    const bool never_reached = !reply.body && never_left(reply.body.error());
    if (results)
        size_.answered();
    else if (!never_reached)
        batch_failed(flight);
    for (std::size_t i = 0; i < flight.numbers.size(); ++i) {
        const std::uint64_t number = flight.numbers[i];
        const auto job = jobs_.find(number);
        // One that has changed meanwhile is sent anew.
        if (job == jobs_.end() || job->second.request != reply.request) continue;
        if (results) {
            sent_reply(time, number, (*results)[i], out.reports);
        } else {
            not_sent(time, number, !never_reached, out.reports);
        }
    }
    return true;
}

// Of batches that left together the first one says that they are too large.
void Sender::batch_failed(const Flight& flight) {
    if (flight.most > size_.now()) return;
    const auto first = jobs_.find(flight.numbers[0]);
    const std::string txid =
        first == jobs_.end() ? "" : " of " + to_text(version_of(first->second));
    size_.failed(flight.numbers.size(), "sendrawtransaction" + txid);
}

void Sender::time_out(const SenderTime& time, std::vector<Report>& reports) {
    for (auto flight = flights_.begin(); flight != flights_.end();) {
        bool is_over = true;
        bool has_failed = false;
        for (const std::uint64_t number : flight->second.numbers) {
            const auto job = jobs_.find(number);
            if (job == jobs_.end() || job->second.request != flight->first) continue;
            is_over = job->second.due <= time.at;
            has_failed = is_over;
            if (is_over) not_sent(time, number, true, reports);
        }
        if (has_failed) batch_failed(flight->second);
        flight = is_over ? flights_.erase(flight) : std::next(flight);
    }
}

void Sender::not_sent(const SenderTime& time, std::uint64_t number, bool may_have_left,
                      std::vector<Report>& reports) {
    Job& job = jobs_.at(number);
    job.request = 0;
    if (!may_have_left && !job.left_before && std::exchange(job.left, false)) touch(number);
    if (may_have_left)
        for (const CommandId& id : job.commands)
            parts_.answers.unknown(id, reports);
    job.due = time.at + pause(number, job);
    ++job.attempts;
}

void Sender::accepted(const SenderTime& time, Job& job) {
    job.request = 0;
    job.attempts = 0;
    job.is_waiting = false;
    job.accepted_at = time.at;
}

void Sender::sent_reply(const SenderTime& time, std::uint64_t number, const RpcResult& result,
                        std::vector<Report>& reports) {
    Job& job = jobs_.at(number);
    if (result || result.error().code == rpc_in_chain) return accepted(time, job);
    const RpcFailure& failure = result.error();
    const bool is_refused = failure.code == rpc_rejected && !may_be_taken_later(failure);
    // Nobody has it: the node that was to pass it on has not taken it.
    if (is_refused && !job.left_before && is_payment(job.kind))
        return give_up(number, Reason::not_accepted, reports);
    job.outbid = failure.code == rpc_rejected && wants_more(failure.message);
    not_sent(time, number, false, reports);
}

void Sender::answer_done(std::uint64_t number, Job& job, std::vector<Report>& reports) {
    job.is_done = true;
    touch(number);
    for (const CommandId& id : job.commands)
        parts_.answers.done(id, reports);
}

void Sender::give_up(std::uint64_t number, Reason reason, std::vector<Report>& reports) {
    for (const CommandId& id : jobs_.at(number).commands)
        parts_.answers.refused(id, reason, reports);
    drop(number);
}

void Sender::fulfilled(const EscrowKey& escrow) {
    const auto number = number_of(JobKind::fund, escrow);
    if (!number || jobs_.at(*number).not_after == Timestamp::never()) return;
    jobs_.at(*number).not_after = Timestamp::never();
    touch(*number);
}

void Sender::pool_is(const SenderTime& time, const PoolWatch& pool, Timestamp asked_at) {
    listed_at_ = asked_at;
    for (const std::uint64_t number : open_) {
        Job& job = jobs_.at(number);
        if (job.request != 0 || job.is_waiting || asked_at <= job.accepted_at) continue;
        if (outcome_of(job).fate != Fate::open) continue;
        const std::set<Txid>& versions = job.withdrawing ? job.withdrawals : job.versions;
        const auto in_pool = [&](const Txid& version) { return pool.contains(version); };
        if (std::any_of(versions.begin(), versions.end(), in_pool)) continue;
        // It was thrown out. A claim goes out again at once; others wait a while, each another one,
        // so that what was thrown out together does not come back together.
        job.is_waiting = true;
        const std::int64_t most = parts_.settings.rebroadcast.us();
        const auto part = static_cast<std::int64_t>(
            FixedBytesHash{}(versions.empty() ? Txid{} : *versions.begin()) % 1'024);
        const bool is_claim = job.kind == JobKind::claim;
        job.due = is_claim ? time.at : time.at + Duration{most / 1'024 * part};
    }
}

void Sender::taken_back(Timestamp at) {
    for (auto& [number, job] : jobs_) {
        reopen(number);
        if (job.request != 0) continue;
        job.is_waiting = true;
        job.due = at;
    }
}

}  // namespace lockstep::bitcoin
