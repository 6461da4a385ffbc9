// The one event stream of an adapter: subscribes, resumes where it stopped, reports what the reader
// verified, and says how well it knows the ledger. After a lie it believes nothing more.
#pragma once

#include <optional>
#include <utility>

#include "sdk/machine/adapter_settings.h"
#include "sdk/machine/request_ids.h"
#include "sdk/machine/stream_reader.h"

namespace lockstep {

class StreamFollower {
public:
    // Settings, setup, reader and ids outlive it.
    StreamFollower(const AdapterSettings& settings, const AdapterSetup& setup, StreamReader& reader,
                   RequestIds& ids);

    static bool owns(ByteView key);
    void restore(ByteView value);

    // From now on it may subscribe: the ledger is the one it should be.
    void open(Timestamp at);
    void frame(Timestamp at, ByteView body, AdapterOutputs& out);
    void down(Timestamp at, const StreamDown& why);
    // Something that only a lying or broken ledger says was heard elsewhere.
    void refuse_all(std::string detail);

    // Ends a step: subscribes, notices silence, reports balances and health.
    void work(Timestamp at, AdapterOutputs& out);
    std::optional<Timestamp> next_wake() const;
    bool is_refused() const { return mode_ == report::Mode::refused; }
    // A frame came since the last subscription.
    bool is_connected() const { return link_ == Link::open && heard_since_; }
    // True once with the first frame after each subscription but the first that was answered.
    bool connected_anew() { return std::exchange(connected_anew_, false); }

private:
    enum class Link : std::uint8_t { closed, waiting, open };

    Timestamp connection_dead_at() const;
    Timestamp stale_at() const;
    void lose(Timestamp at);
    void subscribe(Timestamp at, AdapterOutputs& out);
    void remember(Timestamp at, AdapterOutputs& out);
    void report_health(Timestamp at, AdapterOutputs& out);

    const AdapterSettings& settings_;
    const Address& ledger_;
    const Duration late_;  // how far the ledger's clock may lag
    StreamReader& reader_;
    RequestIds& ids_;

    Link link_ = Link::closed;
    Timestamp subscribe_at_ = Timestamp::never();
    std::optional<Timestamp> lost_at_;  // and no frame came since
    bool heard_since_ = false;
    bool connected_before_ = false;
    bool connected_anew_ = false;
    Timestamp subscribed_at_;
    Timestamp heard_at_;  // last frame that was taken
    Timestamp ledger_time_;
    report::Mode mode_ = report::Mode::catching_up;
    std::string detail_;  // of a refusal

    bool has_news_ = false;      // since the place was last remembered
    bool is_place_old_ = false;  // it moved without news
    Timestamp remembered_at_;
    std::vector<Balance> balances_;
    std::uint64_t last_sequence_ = 0;

    struct Told {
        report::Mode mode;
        Timestamp ledger_time;
        Timestamp at;
    };
    std::optional<Told> told_;
};

}  // namespace lockstep
