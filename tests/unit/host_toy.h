// A small machine for tests of hosts and stores: parcels that are counted in, released when their
// time comes, and never counted twice. A release is an output that is recorded.
#pragma once

#include <map>
#include <string>

#include "sdk/codec/oer.h"
#include "sdk/machine/machine_program.h"

namespace lockstep::toy {

constexpr Duration parcel_time = Duration::seconds(10);

struct Parcel {
    std::uint64_t id = 0;  // 0: a wake-up
    std::uint64_t weight = 0;
};
struct Release {
    std::uint64_t id = 0;
    bool due = false;  // by time; otherwise it says that the parcel was taken in
};

class Depot {
public:
    using Input = Parcel;
    using Output = Release;

    // unknown_account (the wake-up is no parcel), zero_amount, id_reused
    Result<void> check(Timestamp, const Parcel& in) const {
        if (in.id == 0) return in.weight == 0 ? Result<void>{} : refuse(Reason::unknown_account);
        if (in.weight == 0) return refuse(Reason::zero_amount);
        if (seen_.contains(in.id)) return refuse(Reason::id_reused);
        return {};
    }
    void apply(Timestamp at, const Parcel& in, Outputs<Depot>& out) {
        ASSERT(check(at, in));
        if (in.id != 0) {
            seen_[in.id] = at + parcel_time;
            due_.emplace(at + parcel_time, in.id);
            total_ += in.weight;
            out.outputs.push_back({in.id, false});
            out.records.push_back({1, OerWriter().u64(in.id).take(), OerWriter().u8(1).take()});
            return;
        }
        while (!due_.empty() && is_expired(at, due_.begin()->first)) {
            const std::uint64_t id = due_.begin()->second;
            due_.erase(due_.begin());
            ++released_;
            out.outputs.push_back({id, true});
            out.records.push_back({1, OerWriter().u64(id).take(), OerWriter().u8(2).take()});
        }
    }
    std::optional<Timestamp> next_wake() const {
        if (due_.empty()) return std::nullopt;
        return due_.begin()->first;
    }
    static Parcel wake() { return {}; }
    static bool is_new_business(const Parcel& in) { return in.id != 0; }
    static bool is_recorded(const Release& output) { return output.due; }
    static Bytes encode_output(const Release& output) { return OerWriter().u64(output.id).take(); }
    static Bytes encode_input(const Parcel& in) {
        return OerWriter().u64(in.id).u64(in.weight).take();
    }
    static Result<Parcel> decode_input(ByteView octets) {
        OerReader from(octets);
        Parcel in;
        in.id = from.u64();
        in.weight = from.u64();
        if (const auto done = from.finish(); !done) return refuse(done.error());
        return in;
    }
    std::uint16_t rules() const { return 1; }

    static constexpr SnapshotForm snapshot_form{"depot", 2};
    Bytes write_snapshot() const {
        OerWriter to;
        to.u64(total_).u64(released_).quantity(seen_.size());
        for (const auto& [id, due] : seen_)
            to.u64(id).time(due);
        to.quantity(due_.size());
        for (const auto& [due, id] : due_)
            to.time(due).u64(id);
        return to.take();
    }
    Result<void> read_snapshot(ByteView octets) {
        OerReader from(octets);
        total_ = from.u64();
        released_ = from.u64();
        for (auto left = from.count(1'000'000); left > 0; --left) {
            const std::uint64_t id = from.u64();
            seen_[id] = from.time();
        }
        for (auto left = from.count(1'000'000); left > 0; --left) {
            const Timestamp due = from.time();
            due_.emplace(due, from.u64());
        }
        return from.finish();
    }

    std::uint64_t total() const { return total_; }
    std::uint64_t released() const { return released_; }

private:
    std::map<std::uint64_t, Timestamp> seen_;
    std::multimap<Timestamp, std::uint64_t> due_;
    std::uint64_t total_ = 0;
    std::uint64_t released_ = 0;
};

using DepotProgram = MachineProgram<Depot>;
using DepotInput = TicketedInput<Depot>;
using DepotEffect = MachineEffect<Depot>;

}  // namespace lockstep::toy
