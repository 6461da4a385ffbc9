#include "bitcoin/adapter/coin_selection.h"

#include <algorithm>

#include "sdk/base/assert.h"

namespace lockstep::bitcoin {
namespace {

// Sets that are looked at for one without change; some milliseconds.
constexpr int max_tries = 100'000;

bool is_larger(const KeyCoin& a, const KeyCoin& b) {
    return a.value != b.value ? a.value > b.value : a.place < b.place;
}

std::optional<Satoshi> sum_of(std::span<const KeyCoin> coins) {
    Satoshi sum = 0;
    for (const KeyCoin& each : coins) {
        if (each.value <= 0) return std::nullopt;
        const auto next = add_money(sum, each.value);
        if (!next) return std::nullopt;
        sum = *next;
    }
    return sum;
}

// What the transaction costs with so many coins beside the kept ones.
struct Cost {
    Satoshi plain = 0;
    Satoshi with_change = 0;
};

// One selection. Sums stay below a few times 21 million coins, which 64 bits hold.
class CoinSearch {
public:
    CoinSearch(const SelectionRequest& request, std::vector<KeyCoin> coins, Satoshi kept)
        : request_(request), coins_(std::move(coins)), kept_(kept) {
        rest_.assign(coins_.size() + 1, 0);
        for (std::size_t i = coins_.size(); i-- > 0;)
            rest_[i] = rest_[i + 1] + coins_[i].value;
    }

    // False where a fee is no money.
    bool price() {
        const std::size_t change = output_weight(request_.change_script);
        const std::size_t most =
            std::min(coins_.size(), max_inputs - std::min(max_inputs, request_.kept.size()));
        for (std::size_t n = 0; n <= most; ++n) {
            const std::size_t weight =
                request_.weight + (request_.kept.size() + n) * key_input_weight;
            const auto plain = fee(weight);
            const auto with_change = fee(weight + change);
            if (!plain || !with_change) break;
            costs_.push_back({*plain, *with_change});
        }
        // What change costs now and when it is spent.
        const auto later = fee_for(request_.rate, vsize_of_weight(change + key_input_weight));
        window_ = later.value_or(0);
        return !costs_.empty();
    }

    std::optional<Selection> kept_alone() const { return finish({}, kept_); }

    std::optional<Selection> without_change() {
        look(0, 0, kept_);
        if (!best_excess_) return std::nullopt;
        std::vector<KeyCoin> coins;
        for (const std::size_t i : best_)
            coins.push_back(coins_[i]);
        const Satoshi plain = costs_[coins.size()].plain;
        Selection found = with_kept(std::move(coins));
        found.fee = plain + *best_excess_;
        return found;
    }

    std::optional<Selection> largest_first() const {
        Satoshi sum = kept_;
        for (std::size_t n = 1; n < costs_.size(); ++n) {
            sum += coins_[n - 1].value;
            std::vector<KeyCoin> coins(coins_.begin(),
                                       coins_.begin() + static_cast<std::ptrdiff_t>(n));
            auto enough = finish(coins, sum);
            if (!enough) continue;
            // The smallest that does in the place of the last one leaves the least change.
            for (std::size_t i = coins_.size(); i-- > n;) {
                coins.back() = coins_[i];
                const Satoshi other = sum - coins_[n - 1].value + coins_[i].value;
                if (auto smaller = finish(coins, other)) return smaller;
            }
            return enough;
        }
        return std::nullopt;
    }

    // With more inputs than a transaction may have they might do.
    bool is_limited() const {
        return costs_.size() <= coins_.size() &&
               kept_ + rest_[0] >= request_.target + costs_.back().plain;
    }

private:
    std::optional<Satoshi> fee(std::size_t weight) const {
        return fee_to_pay(request_.rate, vsize_of_weight(weight), request_.replaces);
    }

    Selection with_kept(std::vector<KeyCoin> coins) const {
        Selection selection;
        selection.coins = request_.kept;
        selection.coins.insert(selection.coins.end(), coins.begin(), coins.end());
        return selection;
    }

    // nullopt where they do not pay for it.
    std::optional<Selection> finish(const std::vector<KeyCoin>& coins, Satoshi sum) const {
        const Cost& cost = costs_[coins.size()];
        const Satoshi over = sum - request_.target;
        if (over < cost.plain) return std::nullopt;
        Selection selection = with_kept(coins);
        if (over - cost.with_change >= dust_of(request_.change_script)) {
            selection.change = over - cost.with_change;
            selection.fee = cost.with_change;
        } else {
            selection.fee = over;
        }
        return selection;
    }

    // Depth first: sets of chosen_ and of coins from `at` on. As deep as a transaction has inputs.
    void look(std::size_t at, std::size_t count, Satoshi sum) {
        const Satoshi excess = sum - request_.target - costs_[count].plain;
        if (excess >= 0) {
            if (excess <= window_ && (!best_excess_ || excess < *best_excess_)) {
                best_excess_ = excess;
                best_ = chosen_;
            }
            return;  // one more coin brings more than it costs
        }
        if (count + 1 == costs_.size()) return;
        while (at < coins_.size() && tries_ < max_tries && best_excess_ != 0) {
            ++tries_;
            if (sum + rest_[at] < request_.target + costs_[count + 1].plain) return;
            const Satoshi value = coins_[at].value;
            chosen_.push_back(at);
            look(at + 1, count + 1, sum + value);
            chosen_.pop_back();
            // Another one of this value would give what was just looked at.
            while (at < coins_.size() && coins_[at].value == value)
                ++at;
        }
    }

    const SelectionRequest& request_;
    std::vector<KeyCoin> coins_;  // by falling value
    Satoshi kept_;
    std::vector<Satoshi> rest_;  // of the coins from there on
    std::vector<Cost> costs_;    // by number of coins
    Satoshi window_ = 0;
    std::vector<std::size_t> chosen_;
    std::vector<std::size_t> best_;
    std::optional<Satoshi> best_excess_;
    int tries_ = 0;
};

}  // namespace

std::string_view to_string(BuildFault fault) {
    switch (fault) {
        case BuildFault::bad_rate:
            return "bad_rate";
        case BuildFault::bad_amount:
            return "bad_amount";
        case BuildFault::bad_lock:
            return "bad_lock";
        case BuildFault::bad_destination:
            return "bad_destination";
        case BuildFault::bad_locktime:
            return "bad_locktime";
        case BuildFault::dust:
            return "dust";
        case BuildFault::too_many_inputs:
            return "too_many_inputs";
        case BuildFault::insufficient_funds:
            return "insufficient_funds";
        case BuildFault::wrong_reject:
            return "wrong_reject";
        case BuildFault::wrong_key:
            return "wrong_key";
        case BuildFault::wrong_preimage:
            return "wrong_preimage";
        case BuildFault::bad_signature:
            return "bad_signature";
    }
    UNREACHABLE();
}

Result<Selection, BuildFault> select_coins(const SelectionRequest& request,
                                           std::span<const KeyCoin> available,
                                           const std::set<OutPoint>& reserved) {
    const auto one_more = fee_for(request.rate, vsize_of_weight(key_input_weight));
    if (!one_more) return unexpected(BuildFault::bad_rate);
    std::set<OutPoint> taken = reserved;
    for (const KeyCoin& each : request.kept)
        taken.insert(each.place);
    std::vector<KeyCoin> coins;
    for (const KeyCoin& each : available)
        if (taken.insert(each.place).second) coins.push_back(each);
    const auto total = sum_of(coins);
    const auto kept = sum_of(request.kept);
    if (!is_money(request.target) || request.target == 0 || !total || !kept ||
        !add_money(*total, *kept))
        return unexpected(BuildFault::bad_amount);
    if (request.kept.size() > max_inputs) return unexpected(BuildFault::too_many_inputs);

    coins.erase(std::remove_if(coins.begin(), coins.end(),
                               [&](const KeyCoin& each) { return each.value <= *one_more; }),
                coins.end());
    std::sort(coins.begin(), coins.end(), is_larger);
    CoinSearch search(request, std::move(coins), *kept);
    if (!search.price()) return unexpected(BuildFault::insufficient_funds);
    // A replacement takes another coin only where its own do not pay any more.
    if (!request.kept.empty())
        if (auto found = search.kept_alone()) return *found;
    if (auto found = search.without_change()) return *found;
    if (auto found = search.largest_first()) return *found;
    return unexpected(search.is_limited() ? BuildFault::too_many_inputs
                                          : BuildFault::insufficient_funds);
}

}  // namespace lockstep::bitcoin
