#include "sim/world/faults.h"

#include <algorithm>

#include "sdk/base/assert.h"
#include "sim/scenario/catalogue.h"
#include "sim/scenario/chain_profile.h"
#include "sim/world/setup.h"

namespace lockstep::sim {
namespace {

constexpr std::uint64_t most_points_ahead = 40;
constexpr int deepest_recovery = 3;
constexpr std::int64_t us_per_hour = 3'600'000'000;

void add(Weather& weather, const FaultSpec& fault) {
    const auto is = [&](FaultKind kind) { return fault.kind == kind; };
    if (is(FaultKind::message_lost)) weather.lost_ppm += fault.ppm;
    if (is(FaultKind::message_duplicated)) weather.duplicated_ppm += fault.ppm;
    if (is(FaultKind::message_delayed)) weather.delayed_ppm += fault.ppm;
    if (is(FaultKind::message_reordered)) weather.reordered_ppm += fault.ppm;
    if (is(FaultKind::message_truncated)) weather.truncated_ppm += fault.ppm;
    if (is(FaultKind::answer_lost)) weather.answer_lost_ppm += fault.ppm;
}

bool strikes_messages(FaultKind kind) {
    return entry(kind).timing == FaultTiming::message;
}

}  // namespace

FaultPlan::FaultPlan(Parts parts) : parts_(std::move(parts)), rng_(parts_.rng) {
    for (const NodeSpec& node : parts_.scenario.nodes)
        budgets_.emplace_back(node.endurance, longest_margin(parts_.scenario, node));
    ledger_rests_until_.resize(parts_.scenario.ledgers.size());
    deep_.resize(parts_.scenario.nodes.size());
    copied_at_.resize(parts_.scenario.nodes.size());
}

void FaultPlan::note(MomentKind kind, ActorId actor, const std::string& text) {
    Moment moment;
    moment.at = parts_.scheduler.now();
    moment.kind = kind;
    moment.actor = actor;
    moment.text = text;
    parts_.trace.note(std::move(moment));
}

std::size_t FaultPlan::index_of(const NodeProcess& node) const {
    for (std::size_t i = 0; i < parts_.nodes.size(); ++i)
        if (parts_.nodes[i].get() == &node) return i;
    UNREACHABLE();
}
std::size_t FaultPlan::index_of(const LedgerService& ledger) const {
    for (std::size_t i = 0; i < parts_.ledgers.size(); ++i)
        if (parts_.ledgers[i].get() == &ledger) return i;
    UNREACHABLE();
}

void FaultPlan::begin() {
    const Timestamp start = parts_.scheduler.now();
    const Duration length = parts_.scenario.length;
    Weather weather;
    for (const FaultSpec& fault : parts_.scenario.faults) {
        if (strikes_messages(fault.kind)) {
            add(weather, fault);
            continue;
        }
        if (fault.at) {
            plan(start + *fault.at, fault);
            continue;
        }
        const auto hours_us = static_cast<std::uint64_t>(length.us());
        std::uint64_t expected = fault.per_hour * hours_us;
        std::uint64_t count = expected / us_per_hour;
        if (parts_.rng.below(us_per_hour) < expected % us_per_hour) ++count;
        for (std::uint64_t i = 0; i < count; ++i)
            plan(start + parts_.rng.between(Duration{}, length), fault);
    }
    if (parts_.selection.weather) parts_.network.set_weather(weather);
}

void FaultPlan::plan(Timestamp when, const FaultSpec& fault) {
    const std::uint32_t number = planned_++;
    if (!parts_.selection.has_strike(number)) return;
    parts_.scheduler.at(when, [this, fault, number] { strike(fault, number); });
}

std::optional<FaultPlan::Target> FaultPlan::choose(const FaultSpec& fault) {
    const FaultTarget wanted = entry(fault.kind).target;
    std::vector<Target> possible;
    if (wanted == FaultTarget::node || wanted == FaultTarget::any)
        for (std::size_t i = 0; i < parts_.nodes.size(); ++i)
            if (fault.target.empty() || fault.target == parts_.nodes[i]->name())
                possible.push_back({parts_.nodes[i].get(), nullptr, i});
    if (wanted != FaultTarget::node)
        for (std::size_t i = 0; i < parts_.ledgers.size(); ++i) {
            LedgerService& ledger = *parts_.ledgers[i];
            if (wanted == FaultTarget::securities_ledger && ledger.kind() != LedgerKind::securities)
                continue;
            if (wanted == FaultTarget::bitcoin_ledger && ledger.kind() != LedgerKind::bitcoin)
                continue;
            if (fault.target.empty() || fault.target == ledger.address().text())
                possible.push_back({nullptr, &ledger, i});
        }
    if (possible.empty()) return std::nullopt;
    return possible[rng_.below(possible.size())];
}

void FaultPlan::strike(const FaultSpec& fault, std::uint32_t number) {
    if (healed_) return;
    rng_ = parts_.rng.fork("strike " + std::to_string(number));
    const auto target = choose(fault);
    if (!target) return;
    bool struck = false;
    switch (fault.kind) {
        case FaultKind::crash:
        case FaultKind::crash_at_point:
        case FaultKind::crash_in_recovery:
        case FaultKind::pause:
        case FaultKind::second_instance:
        case FaultKind::reconfigured:
        case FaultKind::rate_jump:
            struck = strike_node(fault, *target);
            break;
        case FaultKind::sync_error:
        case FaultKind::torn_write:
        case FaultKind::disk_full:
        case FaultKind::disk_slow:
        case FaultKind::bit_rot:
        case FaultKind::misdirected_write:
        case FaultKind::lost_write:
        case FaultKind::stale_restore:
            struck = strike_disk(fault, *target);
            break;
        case FaultKind::partition:
        case FaultKind::partition_one_way:
        case FaultKind::partition_flapping:
        case FaultKind::half_open:
            struck = strike_network(fault);
            break;
        case FaultKind::clock_skew:
        case FaultKind::clock_jump:
        case FaultKind::clock_frozen:
        case FaultKind::clock_beyond:
            struck = strike_clock(fault, *target);
            break;
        case FaultKind::ledger_crash:
        case FaultKind::ledger_halt:
        case FaultKind::ledger_halt_beyond:
        case FaultKind::censor_claims:
        case FaultKind::validator_crash:
        case FaultKind::validator_equivocates:
            struck = strike_ledger(fault, *target);
            break;
        case FaultKind::rollback:
        case FaultKind::rollback_beyond:
        case FaultKind::fee_spike:
        case FaultKind::pool_forgets:
        case FaultKind::claim_copied:
        case FaultKind::eclipse:
            struck = strike_chain(fault, *target);
            break;
        case FaultKind::message_lost:
        case FaultKind::message_duplicated:
        case FaultKind::message_delayed:
        case FaultKind::message_reordered:
        case FaultKind::message_truncated:
        case FaultKind::answer_lost:
            UNREACHABLE();
    }
    // A disk counts when it was full, an observer when it has seen a claim.
    if (!struck || fault.kind == FaultKind::disk_full || fault.kind == FaultKind::claim_copied)
        return;
    parts_.tally.fault(std::string(to_string(fault.kind)));
}

// --- nodes ---

Duration FaultPlan::outage_of(const FaultSpec& fault, std::size_t node) {
    if (fault.lasts) return *fault.lasts;
    const Duration most = parts_.scenario.nodes[node].endurance.outage;
    return rng_.between(Duration::milliseconds(100), Duration{most.us() * 9 / 10});
}

bool FaultPlan::may_be_out(const FaultSpec& fault, std::size_t node, Duration lasts) {
    const Timestamp now = parts_.scheduler.now();
    const bool within = budgets_[node].take(now, now + lasts);
    // What the scenario names strikes anyway: it said that it is unsafe.
    if (!within && fault.at && parts_.scenario.unsafe) {
        parts_.beyond(*parts_.nodes[node]);
        return true;
    }
    return within;
}

void FaultPlan::back_in(NodeProcess& node, Duration lasts) {
    parts_.scheduler.after(lasts, [this, &node] { bring_back(node, 0); });
}

// Starts it; one that dies on the way, or cannot start, is started again.
void FaultPlan::bring_back(NodeProcess& node, int depth) {
    if (node.up() || node.dead_for_good()) return;
    const std::size_t index = index_of(node);
    if (deep_[index] && depth < deepest_recovery) {
        node.kill_at_point(1 + rng_.below(3));
        parts_.tally.branch("recovery_crashed_" + std::to_string(depth + 1));
    } else {
        deep_[index] = false;
    }
    const auto started = node.start();
    if (started) {
        note(MomentKind::started, node.actor(), "");
        parts_.tally.branch("node_recovered");
    } else {
        parts_.tally.branch("start_refused_" + started.error().code);
        note(MomentKind::fault, node.actor(), "does not start: " + started.error().detail);
        if (started.error().code != "disk_full" && node.disk().has_backup()) {
            node.disk().restore();
            parts_.restored(node, copied_at_[index]);
            parts_.tally.branch("restored_from_backup");
        }
    }
    if (!node.up() && !node.dead_for_good())
        parts_.scheduler.after(next_try(node.disk()),
                               [this, &node, depth] { bring_back(node, depth + 1); });
}

void FaultPlan::node_died(NodeProcess& node) {
    const std::size_t index = index_of(node);
    Duration lasts = rng_.between(Duration::milliseconds(50),
                                  Duration{parts_.scenario.nodes[index].endurance.outage.us() / 2});
    note(MomentKind::crashed, node.actor(), why_died(node.disk(), lasts));
    if (deep_[index]) return;  // bring_back looks after it
    back_in(node, lasts);
}

bool FaultPlan::strike_node(const FaultSpec& fault, Target target) {
    NodeProcess& node = *target.node;
    if (!node.up()) return false;
    const Duration lasts = outage_of(fault, target.index);
    if (!may_be_out(fault, target.index, lasts)) return false;
    const auto is = [&](FaultKind kind) { return fault.kind == kind; };
    if (is(FaultKind::crash_at_point)) {
        node.kill_at_point(1 + rng_.below(most_points_ahead));
        note(MomentKind::fault, node.actor(), "will die at a persistence point");
        return true;
    }
    if (is(FaultKind::pause)) {
        node.pause(parts_.scheduler.now() + lasts);
        note(MomentKind::fault, node.actor(), "stopped");
        return true;
    }
    if (is(FaultKind::second_instance)) {
        note(MomentKind::fault, node.actor(), "a second instance takes over");
        if (!node.take_over()) {
            node.kill();
            back_in(node, lasts);
        }
        return true;
    }
    if (is(FaultKind::crash_in_recovery)) deep_[target.index] = true;
    if (is(FaultKind::rate_jump)) {
        // Up by a twentieth, and back with the next one.
        const std::vector<OfferSpec>& sells = parts_.scenario.nodes[target.index].offers;
        std::vector<routing::Offer>& offers = node.next_config().own_offers;
        for (std::size_t i = 0; i < offers.size(); ++i)
            offers[i].rate_num = offers[i].rate_num != sells[i].rate_num
                                     ? sells[i].rate_num
                                     : sells[i].rate_num + sells[i].rate_num / 20 + 1;
    }
    if (is(FaultKind::reconfigured))
        node.next_config().quote_life = node.next_config().quote_life + Duration::seconds(1);
    node.kill();
    note(MomentKind::crashed, node.actor(), std::string(to_string(fault.kind)));
    back_in(node, lasts);
    return true;
}

bool FaultPlan::strike_disk(const FaultSpec& fault, Target target) {
    if (fault.kind == FaultKind::disk_full) return fill_disk(fault, target);
    if (target.node == nullptr)
        return false;  // of a ledger's disks only one that is full is played
    NodeProcess& node = *target.node;
    if (!node.up()) return false;
    const Duration lasts = outage_of(fault, target.index);
    if (!may_be_out(fault, target.index, lasts)) return false;
    const auto is = [&](FaultKind kind) { return fault.kind == kind; };
    if (is(FaultKind::sync_error)) {
        node.disk().fail_next_sync(rng_.below(2) == 0);
        note(MomentKind::fault, node.actor(), "the next sync fails");
        return true;
    }
    if (is(FaultKind::torn_write)) {
        node.kill_at_point(2);
        note(MomentKind::fault, node.actor(), "the next write is torn");
        return true;
    }
    if (is(FaultKind::disk_slow)) {
        node.pause(parts_.scheduler.now() + std::min(lasts, Duration::milliseconds(500)));
        note(MomentKind::fault, node.actor(), "a slow disk");
        return true;
    }
    node.disk().back_up();
    copied_at_[target.index] = parts_.scheduler.now();
    if (is(FaultKind::bit_rot) || is(FaultKind::misdirected_write)) {
        const bool rots = is(FaultKind::bit_rot);
        parts_.scheduler.after(
            Duration::milliseconds(200), [this, &node, rots, lasts, rng = rng_]() mutable {
                if (!node.up()) return;
                node.kill();
                const bool hit = rots ? node.disk().rot(rng) : node.disk().misdirect(rng);
                note(MomentKind::crashed, node.actor(), hit ? "its journal is damaged" : "");
                back_in(node, lasts);
            });
        return true;
    }
    const Duration age = is(FaultKind::lost_write)
                             ? Duration::milliseconds(20)
                             : rng_.between(Duration::seconds(1), Duration::seconds(20));
    parts_.scheduler.after(age, [this, &node, lasts] {
        if (!node.up()) return;
        node.kill();
        node.disk().restore();
        parts_.restored(node, copied_at_[index_of(node)]);
        parts_.tally.branch("old_copy_restored");
        note(MomentKind::crashed, node.actor(), "restored from an older copy");
        back_in(node, lasts);
    });
    return true;
}

// --- network ---

bool FaultPlan::strike_network(const FaultSpec& fault) {
    if (fault.kind != FaultKind::half_open) return partition(fault);
    const std::size_t i = rng_.below(parts_.nodes.size());
    NodeProcess& node = *parts_.nodes[i];
    const auto& ledgers = node.config().ledgers;
    if (!node.up() || ledgers.empty()) return false;
    const Address& address = ledgers[rng_.below(ledgers.size())].ledger;
    for (std::size_t l = 0; l < parts_.ledgers.size(); ++l) {
        if (parts_.ledgers[l]->address() != address) continue;
        if (parts_.ledgers[l]->kind() == LedgerKind::bitcoin) return false;  // it has no streams
        // Silence is noticed when the stream counts as stale.
        if (!may_be_out(fault, i, stale_after(parts_.scenario.ledgers[l]))) return false;
        parts_.ledgers[l]->go_silent(node.actor());
        note(MomentKind::fault, node.actor(), "a stream goes silent");
        return true;
    }
    return false;
}

void FaultPlan::cut(std::vector<std::pair<ActorId, ActorId>> links, Duration lasts) {
    for (const auto& [from, to] : links)
        parts_.network.block(from, to);
    parts_.scheduler.after(lasts, [this, links = std::move(links)] {
        if (healed_) return;
        for (const auto& [from, to] : links)
            parts_.network.unblock(from, to);
    });
}

// One node is cut off from everybody, or (one way) hears everybody and is heard by nobody, or the
// other way round. That is an outage of this node.
bool FaultPlan::partition(const FaultSpec& fault) {
    std::size_t i = rng_.below(parts_.nodes.size());
    if (!fault.target.empty())
        for (std::size_t n = 0; n < parts_.nodes.size(); ++n)
            if (parts_.nodes[n]->name() == fault.target) i = n;
    NodeProcess& node = *parts_.nodes[i];
    const Duration lasts = outage_of(fault, i);
    // Requests on their way are given up after the transport's patience.
    if (!may_be_out(fault, i, lasts)) return false;
    std::vector<std::pair<ActorId, ActorId>> out, in;
    const auto with = [&](ActorId other) {
        out.emplace_back(node.actor(), other);
        in.emplace_back(other, node.actor());
    };
    for (const auto& other : parts_.nodes)
        if (other.get() != &node) with(other->actor());
    for (const auto& ledger : parts_.ledgers)
        with(ledger->actor());
    note(MomentKind::fault, node.actor(), std::string(to_string(fault.kind)));
    if (fault.kind == FaultKind::partition_one_way) {
        cut(rng_.below(2) == 0 ? out : in, lasts);
        return true;
    }
    out.insert(out.end(), in.begin(), in.end());
    if (fault.kind == FaultKind::partition) {
        cut(out, lasts);
        return true;
    }
    constexpr int flaps = 4;
    const Duration part{lasts.us() / (2 * flaps)};
    for (int flap = 0; flap < flaps; ++flap)
        parts_.scheduler.after(part * (2 * flap), [this, out, part] {
            if (!healed_) cut(out, part);
        });
    return true;
}

// --- clocks ---

bool FaultPlan::strike_clock(const FaultSpec& fault, Target target) {
    // The profile that a clock is held to: the ledger's own, or the tightest of a node's ledgers.
    Duration late = Duration::seconds(1);
    Duration early = Duration::seconds(1);
    if (target.ledger != nullptr) {
        late = parts_.scenario.ledgers[target.index].profile.late;
        early = parts_.scenario.ledgers[target.index].profile.early;
    } else {
        for (const LedgerSpec& ledger : parts_.scenario.ledgers) {
            late = std::min(late, ledger.profile.late);
            early = std::min(early, ledger.profile.early);
        }
    }
    // Validators are within the clock error of each other: half of it each way.
    if (target.ledger != nullptr && target.ledger->kind() == LedgerKind::securities) {
        late = Duration{std::min(late.us(), Duration::milliseconds(800).us()) / 2};
        early = Duration{std::min(early.us(), Duration::milliseconds(800).us()) / 2};
    }
    // What a chain's clock lags by itself is in its profile too. Its stamps are wrong by what the
    // clock leaves them.
    if (target.ledger != nullptr && target.ledger->kind() == LedgerKind::bitcoin) {
        late = early = parts_.scenario.ledgers[target.index].chain.stamp_error;
        if (late == Duration{} && !fault.by) return false;
    }
    Duration by = fault.by ? *fault.by
                           : rng_.between(Duration{} - Duration{late.us() * 9 / 10},
                                          Duration{early.us() * 9 / 10});
    if (fault.kind == FaultKind::clock_beyond && !fault.by) by = early * 20;
    const std::size_t process =
        target.ledger != nullptr ? rng_.below(target.ledger->processes()) : 0;
    ProcessClock& clock =
        target.ledger != nullptr ? target.ledger->clock(process) : target.node->clock();
    const ActorId actor = target.ledger != nullptr ? target.ledger->actor() : target.node->actor();
    const auto changed = [target, process] {
        if (target.ledger != nullptr) {
            if (target.ledger->process_up(process)) target.ledger->clock_changed(process);
        } else {
            target.node->clock_changed();
        }
    };
    if (fault.kind == FaultKind::clock_frozen) {
        // Standing still for as long as it may lag.
        const Duration lasts = fault.lasts ? *fault.lasts : Duration{late.us() / 2};
        if (clock.frozen() || clock.offset() < Duration{}) return false;
        clock.freeze(parts_.scheduler.now());
        note(MomentKind::fault, actor, "its clock stands still");
        parts_.scheduler.after(lasts, [&clock, changed] {
            clock.thaw();
            changed();
        });
        return true;
    }
    clock.set_offset(by);
    changed();
    note(MomentKind::fault, actor, "its clock is off by " + std::to_string(by.us() / 1000) + " ms");
    if (fault.kind == FaultKind::clock_beyond) {
        if (target.node != nullptr)
            parts_.beyond(*target.node);
        else
            all_beyond();
    }
    return true;
}

// --- ledgers ---

bool FaultPlan::may_be_slow(const FaultSpec& fault, std::size_t ledger, Duration lasts) {
    const Timestamp now = parts_.scheduler.now();
    if (fault.at) return true;
    if (now < ledger_rests_until_[ledger]) return false;
    // One trouble at a time: the inclusion time covers one.
    ledger_rests_until_[ledger] =
        now + lasts + parts_.scenario.ledgers[ledger].profile.inclusion * 2;
    return true;
}

void FaultPlan::ledger_back_in(LedgerService& ledger, std::size_t index, Duration lasts) {
    parts_.scheduler.after(lasts, [this, &ledger, index] { ledger_bring_back(ledger, index); });
}

void FaultPlan::ledger_bring_back(LedgerService& ledger, std::size_t index) {
    if (ledger.process_up(index)) return;
    const auto started = ledger.start(index);
    if (!started) {
        parts_.tally.branch("ledger_start_refused_" + started.error().code);
        return ledger_back_in(ledger, index, next_try(ledger.disk(index)));
    }
    if (ledger.process_up(index)) {
        parts_.tally.branch("ledger_recovered");
        note(MomentKind::started, ledger.actor(), "");
    }
}

void FaultPlan::ledger_died(LedgerService& ledger, std::size_t index) {
    const std::size_t spec = index_of(ledger);
    Duration lasts{most_ledger_outage(parts_.scenario.ledgers[spec].profile).us() / 2};
    note(MomentKind::crashed, ledger.actor(), why_died(ledger.disk(index), lasts));
    ledger_back_in(ledger, index, lasts);
}

// No profile holds of what reaches a ledger that leaves its own.
void FaultPlan::all_beyond() {
    for (const auto& node : parts_.nodes)
        parts_.beyond(*node);
}

bool FaultPlan::strike_ledger(const FaultSpec& fault, Target target) {
    LedgerService& ledger = *target.ledger;
    const TimingProfile& profile = parts_.scenario.ledgers[target.index].profile;
    const Duration most = most_ledger_outage(profile);
    Duration lasts = fault.lasts ? *fault.lasts : rng_.between(Duration::milliseconds(20), most);
    const Timestamp now = parts_.scheduler.now();
    const auto is = [&](FaultKind kind) { return fault.kind == kind; };
    if (is(FaultKind::ledger_halt_beyond)) {
        if (!fault.lasts) lasts = profile.inclusion * 20;
        ledger.halt(now + lasts);
        note(MomentKind::fault, ledger.actor(), "halts beyond its profile");
        all_beyond();
        return true;
    }
    // What a scenario names happens for as long as it says: it said that it is unsafe.
    if (fault.at && lasts > profile.inclusion) all_beyond();
    const std::size_t index = is(FaultKind::validator_crash) || is(FaultKind::validator_equivocates)
                                  ? 1 + rng_.below(ledger.processes() - 1)
                                  : 0;
    if (!ledger.process_up(index) || !may_be_slow(fault, target.index, lasts)) return false;
    if (is(FaultKind::ledger_halt)) {
        ledger.halt(now + lasts);
        note(MomentKind::fault, ledger.actor(), "halts");
    } else if (is(FaultKind::validator_equivocates)) {
        ledger.twin(index, now + profile.inclusion * 2);
        note(MomentKind::fault, ledger.actor(), "a validator has two voices");
    } else if (is(FaultKind::censor_claims)) {
        ledger.censor_claims(now + lasts);
        note(MomentKind::fault, ledger.actor(), "takes no claims");
    } else if (is(FaultKind::ledger_crash) && rng_.below(2) == 0) {
        ledger.kill_at_point(index, 1 + rng_.below(most_points_ahead));
        note(MomentKind::fault, ledger.actor(), "will die at a persistence point");
    } else {
        ledger.kill(index);
        note(MomentKind::crashed, ledger.actor(), "process " + std::to_string(index + 1));
        ledger_back_in(ledger, index, lasts);
    }
    return true;
}

// --- chains of blocks ---

// A margin survives so many roll-backs.
bool FaultPlan::may_roll_back(std::size_t ledger) {
    Duration window;
    std::uint32_t most = UINT32_MAX;
    for (const NodeSpec& node : parts_.scenario.nodes) {
        const bool has = std::any_of(
            node.accounts.begin(), node.accounts.end(), [&](const AccountSpec& account) {
                return account.ledger == parts_.scenario.ledgers[ledger].name;
            });
        if (!has) continue;
        window = std::max(window, longest_margin(parts_.scenario, node));
        most = std::min(most, node.endurance.rollbacks);
    }
    const Timestamp now = parts_.scheduler.now();
    std::erase_if(rolled_back_at_, [&](Timestamp at) { return at + window <= now; });
    return rolled_back_at_.size() < most;
}

// To the one who is eclipsed it is an outage: it learns nothing, and nobody hears it.
bool FaultPlan::eclipse(const FaultSpec& fault, Target target) {
    if (!target.ledger->up()) return false;
    const std::string& name = parts_.scenario.ledgers[target.index].name;
    std::vector<std::size_t> readers;
    for (std::size_t i = 0; i < parts_.nodes.size(); ++i) {
        const auto& accounts = parts_.scenario.nodes[i].accounts;
        if (std::any_of(accounts.begin(), accounts.end(),
                        [&](const AccountSpec& account) { return account.ledger == name; }))
            readers.push_back(i);
    }
    if (readers.empty()) return false;
    const std::size_t victim = readers[rng_.below(readers.size())];
    const bool with_fork = rng_.below(2) == 0;
    const Duration lasts = outage_of(fault, victim);
    if (!may_be_out(fault, victim, lasts)) return false;
    const ActorId actor = parts_.nodes[victim]->actor();
    target.ledger->eclipse(actor, parts_.scheduler.now() + lasts, with_fork);
    note(MomentKind::fault, actor,
         with_fork ? "is shown a fork of " + name : "is shown an old chain of " + name);
    return true;
}

bool FaultPlan::strike_chain(const FaultSpec& fault, Target target) {
    LedgerService& ledger = *target.ledger;
    const ChainSpec& chain = parts_.scenario.ledgers[target.index].chain;
    const auto is = [&](FaultKind kind) { return fault.kind == kind; };
    if (!ledger.process_up(0)) return false;
    if (is(FaultKind::eclipse)) return eclipse(fault, target);
    if (is(FaultKind::claim_copied)) {
        ledger.copy_next_claim();
        note(MomentKind::fault, ledger.actor(), "somebody waits for a claim");
        return true;
    }
    if (is(FaultKind::rollback) || is(FaultKind::rollback_beyond)) {
        const bool beyond = is(FaultKind::rollback_beyond);
        if (!beyond && chain.reorg == 0) return false;
        const auto reorg = static_cast<std::uint64_t>(chain.reorg);
        const auto depth = static_cast<std::uint64_t>(chain.depth);
        const std::uint64_t drawn =
            beyond ? rng_.between(depth, depth + 3) : rng_.between(std::uint64_t{1}, reorg);
        const auto blocks = fault.by ? static_cast<std::uint64_t>(std::max<std::int64_t>(
                                           fault.by->us() / chain.interval.us(), 1))
                                     : drawn;
        if (!beyond && (blocks > reorg || !may_roll_back(target.index))) return false;
        // Before it happens: what was lost until then is held against the profile.
        if (beyond) all_beyond();
        if (!ledger.roll_back(static_cast<std::uint32_t>(blocks))) return false;
        rolled_back_at_.push_back(parts_.scheduler.now());
        note(MomentKind::fault, ledger.actor(),
             std::to_string(blocks) + " blocks give way to others");
        return true;
    }
    const Duration most = longest_spike(chain);
    const Duration lasts = fault.lasts ? *fault.lasts : rng_.between(Duration{most.us() / 4}, most);
    if (is(FaultKind::pool_forgets)) {
        if (!fault.at && parts_.scheduler.now() < ledger_rests_until_[target.index]) return false;
        if (!ledger.forget_pool()) return false;
        (void)may_be_slow(fault, target.index, chain.interval);
        note(MomentKind::fault, ledger.actor(), "its pool forgets what waits");
        return true;
    }
    if (!may_be_slow(fault, target.index, lasts)) return false;
    // Above what is offered first, and within what a node is ready to pay.
    const std::uint64_t rate = rng_.between(chain.max_fee / 10, chain.max_fee * 8 / 10);
    ledger.raise_fees(rate, parts_.scheduler.now() + lasts);
    note(MomentKind::fault, ledger.actor(),
         "has room only for " + std::to_string(rate) + " satoshi for 1000 bytes");
    return true;
}

void FaultPlan::heal() {
    healed_ = true;
    parts_.network.heal();
    make_room_everywhere();
    for (const auto& node : parts_.nodes) {
        node->clock().thaw();
        node->clock().set_offset(Duration{});
        node->clock_changed();
        deep_[index_of(*node)] = false;
        if (!node->up()) bring_back(*node, deepest_recovery);
    }
    for (const auto& ledger : parts_.ledgers)
        for (std::size_t i = 0; i < ledger->processes(); ++i) {
            ledger->clock(i).thaw();
            ledger->clock(i).set_offset(Duration{});
            if (ledger->process_up(i))
                ledger->clock_changed(i);
            else
                ledger_bring_back(*ledger, i);
        }
}

}  // namespace lockstep::sim
