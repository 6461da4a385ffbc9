#include "bitcoin/adapter/pool_watch.h"

#include <algorithm>
#include <utility>

#include "sdk/base/assert.h"

namespace lockstep::bitcoin {
namespace {

// The parts of the time between two lists for each part that one takes.
constexpr std::int64_t list_pause_parts = 9;
// Parsing and sorting takes less than a microsecond for so many octets: 20 million in 0.4 s on a
// slow machine, of which the transport's time does not tell.
constexpr std::int64_t octets_a_us = 50;
// Transactions in a row that may have no answer before it is the node that gives none.
constexpr unsigned most_unanswered = 3;
constexpr Duration first_list_pause = Duration::seconds(5);

}  // namespace

void PoolWatch::list_came(const ListAnswer& answer) {
    list_failures_ = 0;
    is_unused_ = false;
    pause_after(answer);
}

void PoolWatch::list_unused(const ListAnswer& answer) {
    list_failures_ = 0;
    if (std::exchange(is_unused_, true)) pause_after(answer);
}

void PoolWatch::pause_after(const ListAnswer& answer) {
    const Duration reading{static_cast<std::int64_t>(answer.octets) / octets_a_us};
    const Duration taken = answer.came - answer.asked + reading;
    list_due_ = answer.came + std::min(taken * list_pause_parts, longest_pause_);
}

void PoolWatch::list_failed(Timestamp at) {
    list_due_ = at + doubled(first_list_pause, list_failures_, longest_pause_);
    ++list_failures_;
}

void PoolWatch::list_is(const std::vector<Txid>& ids) {
    std::vector<Listed> now;
    now.reserve(ids.size());
    for (const Txid& id : ids)
        now.push_back({id, static_cast<std::uint32_t>(now.size())});
    const auto by_id = [](const Listed& a, const Listed& b) { return a.id < b.id; };
    std::sort(now.begin(), now.end(), by_id);
    auto before = listed_.cbegin();
    std::vector<const Listed*> fresh;
    for (Listed& one : now) {
        while (before != listed_.cend() && before->id < one.id)
            ++before;
        one.is_seen = before != listed_.cend() && before->id == one.id && before->is_seen;
        const bool is_aside = std::find(aside_.begin(), aside_.end(), one.id) != aside_.end();
        if (!one.is_seen && !is_aside) fresh.push_back(&one);
    }
    std::sort(fresh.begin(), fresh.end(),
              [](const Listed* a, const Listed* b) { return a->place < b->place; });
    wanted_.clear();
    next_ = 0;
    for (const Listed* const one : fresh)
        wanted_.push_back(one->id);
    listed_ = std::move(now);
    is_list_newer_ = true;
}

std::optional<std::size_t> PoolWatch::index_of(const Txid& id) const {
    const auto found =
        std::lower_bound(listed_.begin(), listed_.end(), id,
                         [](const Listed& one, const Txid& wanted) { return one.id < wanted; });
    if (found == listed_.end() || found->id != id) return std::nullopt;
    return static_cast<std::size_t>(found - listed_.begin());
}

void PoolWatch::mark(const Txid& id, bool is_seen) {
    if (const auto index = index_of(id)) listed_[*index].is_seen = is_seen;
}

void PoolWatch::left(const Txid& id) {
    mark(id, false);
}

RpcBatch PoolWatch::ask() {
    RpcBatch batch;
    asked_.clear();
    is_list_newer_ = false;
    for (; has_more() && asked_.size() < size_.now(); ++next_) {
        asked_.push_back(wanted_[next_]);
        batch.add("getrawtransaction", Json::array().push(to_text(wanted_[next_])).push(false));
    }
    return batch;
}

std::vector<Transaction> PoolWatch::take(const std::vector<RpcResult>& results) {
    size_.answered();
    unanswered_ = 0;
    std::vector<Transaction> found;
    for (std::size_t i = 0; i < std::min(results.size(), asked_.size()); ++i) {
        const auto octets = results[i] ? octets_of(*results[i]) : std::nullopt;
        auto transaction = octets ? parse_transaction(*octets) : std::nullopt;
        // One that has left meanwhile may come back, and is looked at then.
        if (!transaction || txid_of(*transaction) != asked_[i]) continue;
        mark(asked_[i], true);
        found.push_back(std::move(*transaction));
    }
    // A list that came meanwhile has them once more.
    if (is_list_newer_)
        std::erase_if(wanted_, [&](const Txid& id) {
            return std::find(asked_.begin(), asked_.end(), id) != asked_.end();
        });
    asked_.clear();
    return found;
}

void PoolWatch::lost() {
    if (!is_list_newer_) next_ -= asked_.size();
    asked_.clear();
}

// A single one of which there is no answer is put aside until a block comes, so that it keeps
// nothing from being known. Where the next ones have none either it is the node that gives none.
void PoolWatch::failed() {
    ASSERT(!asked_.empty());
    const Txid first = asked_[0];
    size_.failed(asked_.size(), "getrawtransaction " + to_text(first));
    const bool is_alone = asked_.size() == 1;
    lost();
    if (!is_alone || size_.failing().empty()) return;
    aside_.push_back(first);
    aside_call_ = size_.failing();
    const auto from = wanted_.begin() + static_cast<std::ptrdiff_t>(next_);
    wanted_.erase(std::remove(from, wanted_.end(), first), wanted_.end());
    if (++unanswered_ > most_unanswered) block_came();
}

void PoolWatch::block_came() {
    wanted_.insert(wanted_.end(), aside_.begin(), aside_.end());
    aside_.clear();
    aside_call_.clear();
    unanswered_ = 0;
}

const std::string& PoolWatch::failing() const {
    return aside_call_.empty() ? size_.failing() : aside_call_;
}

}  // namespace lockstep::bitcoin
