#include "sdk/machine/stream_follower.h"

#include <algorithm>
#include <utility>

#include "sdk/base/assert.h"

namespace lockstep {
namespace {

constexpr std::uint8_t place_key = 'c';
// A place that moved without events of ours is remembered this often, so that a restart does not
// read hours of other people's business again.
constexpr Duration place_interval = Duration::seconds(5);

}  // namespace

StreamFollower::StreamFollower(const AdapterSettings& settings, const AdapterSetup& setup,
                               StreamReader& reader, RequestIds& ids)
    : settings_(settings),
      ledger_(setup.ledger),
      late_(setup.profile.late),
      reader_(reader),
      ids_(ids) {}

bool StreamFollower::owns(ByteView key) {
    return key.size() == 1 && key[0] == place_key;
}

void StreamFollower::restore(ByteView value) {
    ASSERT(reader_.restore(value));
}

void StreamFollower::open(Timestamp at) {
    if (link_ != Link::closed || is_refused()) return;
    link_ = Link::waiting;
    subscribe_at_ = at;
}

void StreamFollower::lose(Timestamp at) {
    link_ = Link::waiting;
    if (!lost_at_) lost_at_ = at;
    subscribe_at_ = at + outage_pause(at - *lost_at_, settings_.retry_first, longest_outage_pause);
    if (mode_ == report::Mode::live) mode_ = report::Mode::catching_up;
}

void StreamFollower::down(Timestamp at, const StreamDown& why) {
    if (link_ != Link::open || is_refused()) return;
    if (why.refused == Reason::too_far_ahead) {
        return refuse_all("the ledger is behind what it reported before");
    }
    lose(at);
}

void StreamFollower::refuse_all(std::string detail) {
    mode_ = report::Mode::refused;
    detail_ = std::move(detail);
    balances_.clear();
}

void StreamFollower::frame(Timestamp at, ByteView body, AdapterOutputs& out) {
    if (link_ != Link::open || is_refused()) return;
    auto news = reader_.read(body);
    if (!news) {
        if (news.error().kind == StreamFault::Kind::lie) return refuse_all(news.error().detail);
        return lose(at);
    }
    for (const LedgerEvent& event : news->events) {
        if (const char* lie = find_lie(event, ledger_)) return refuse_all(lie);
    }
    lost_at_.reset();
    heard_at_ = at;
    if (!std::exchange(heard_since_, true))
        connected_anew_ = std::exchange(connected_before_, true);
    ledger_time_ = std::max(ledger_time_, news->ledger_time);
    mode_ = news->at_tip ? report::Mode::live : report::Mode::catching_up;
    for (LedgerEvent& event : news->events) {
        has_news_ = true;
        last_sequence_ = event.sequence;
        out.reports.emplace_back(report::Escrow{event.sequence, std::move(event.terms), event.state,
                                                Certainty::final_, std::move(event.preimage),
                                                event.at, std::move(event.locator)});
    }
    is_place_old_ = true;
    for (Balance& balance : news->balances)
        balances_.push_back(std::move(balance));
}

void StreamFollower::subscribe(Timestamp at, AdapterOutputs& out) {
    link_ = Link::open;
    heard_since_ = false;
    subscribed_at_ = at;
    out.requests.push_back(
        {ids_.next(), "/v1/events?cursor=" + std::to_string(reader_.cursor()), {}, true});
}

// The place is put in the same step as the reports of the events before it: a crash loses both or
// neither.
void StreamFollower::remember(Timestamp at, AdapterOutputs& out) {
    const bool is_due = is_place_old_ && at - remembered_at_ >= place_interval;
    if (!has_news_ && !is_due) return;
    out.puts.push_back(Put{0, Bytes{place_key}, reader_.place()});
    has_news_ = false;
    is_place_old_ = false;
    remembered_at_ = at;
}

void StreamFollower::work(Timestamp at, AdapterOutputs& out) {
    if (heard_at_ == Timestamp{}) heard_at_ = at;
    if (!is_refused()) {
        if (link_ == Link::open && at >= connection_dead_at()) lose(at);
        if (at >= stale_at()) mode_ = report::Mode::stale;
        if (link_ == Link::waiting && subscribe_at_ <= at) subscribe(at, out);
    }
    if (!balances_.empty()) {
        out.reports.emplace_back(report::Balances{last_sequence_, std::exchange(balances_, {})});
    }
    remember(at, out);
    report_health(at, out);
}

void StreamFollower::report_health(Timestamp at, AdapterOutputs& out) {
    if (told_ && told_->mode == mode_) {
        if (told_->ledger_time == ledger_time_) return;
        if (at - told_->at < settings_.health_interval) return;
    }
    told_ = Told{mode_, ledger_time_, at};
    out.reports.emplace_back(report::Health{ledger_time_, mode_, detail_});
}

std::optional<Timestamp> StreamFollower::next_wake() const {
    if (is_refused()) return std::nullopt;
    Timestamp wake = mode_ == report::Mode::stale ? Timestamp::never() : stale_at();
    if (link_ == Link::waiting) wake = std::min(wake, subscribe_at_);
    if (link_ == Link::open) wake = std::min(wake, connection_dead_at());
    return wake;
}

// Of a ledger that is live; or of one whose word is that everything was told, although its own time
// stands still: it may be a part that lost the rest.
Timestamp StreamFollower::stale_at() const {
    const Timestamp silent = heard_at_ + settings_.stale_after;
    if (mode_ != report::Mode::live) return silent;
    return std::min(silent, ledger_time_ + late_ + settings_.stale_after);
}

Timestamp StreamFollower::connection_dead_at() const {
    return std::max(heard_at_, subscribed_at_) + settings_.stale_after;
}

}  // namespace lockstep
