// Tour 2/5: the machine. Everything that holds money is a deterministic state machine: (state,
// time, input) -> (state, outputs). No clock, thread, socket, disk or random source; what it needs
// of those is in its input. Timers are not requested but follow from the state (next_wake), so that
// a restart cannot lose one.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <vector>

#include "sdk/base/bytes.h"
#include "sdk/base/ids.h"
#include "sdk/base/result.h"
#include "sdk/base/time.h"
#include "sdk/machine/snapshot_form.h"
#include "sdk/machine/store.h"

namespace lockstep {

// A machine M has
//   M::Input, M::Output   value types; Input has `Bytes encode_input(const Input&)` and
//                         `Result<Input> decode_input(ByteView)` as static members of M
//   check                 a refusal is an answer and is not journalled
//   apply                 total; asserts check(); appends outputs and records
//   next_wake             when, by the state alone, something falls due: the host then applies
//                         the input M::wake()
//   write/read snapshot   the canonical state
//   M::snapshot_form      what stands before it where it is stored; SHA-256 of both together is the
//                         state digest
template <class M>
struct Outputs {
    std::vector<typename M::Output> outputs;  // leave after the inputs before them are durable
    std::vector<Record> records;              // rows for readers
};

template <class M>
concept Machine = requires(M m, const M c, Timestamp at, const typename M::Input& in,
                           Outputs<M>& out, ByteView b) {
    { c.check(at, in) } -> std::same_as<Result<void>>;
    { m.apply(at, in, out) } -> std::same_as<void>;
    { c.next_wake() } -> std::same_as<std::optional<Timestamp>>;
    { M::wake() } -> std::same_as<typename M::Input>;
    { M::encode_input(in) } -> std::same_as<Bytes>;
    { M::decode_input(b) } -> std::same_as<Result<typename M::Input>>;
    { c.rules() } -> std::same_as<std::uint16_t>;
    { M::snapshot_form } -> std::convertible_to<SnapshotForm>;
    { c.write_snapshot() } -> std::same_as<Bytes>;
    { m.read_snapshot(b) } -> std::same_as<Result<void>>;
};

}  // namespace lockstep
