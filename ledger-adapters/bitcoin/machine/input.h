// What goes into the Bitcoin machine and what comes out of it.
#pragma once

#include <variant>

#include "bitcoin/chain/chain.h"
#include "bitcoin/machine/settings.h"
#include "sdk/base/result.h"

namespace lockstep::bitcoin {

namespace input {
// The first input of all.
struct Configure {
    Settings settings;
};
// A transaction for the pool.
struct Submit {
    Transaction transaction;
};
// A block that somebody else made.
struct SubmitBlock {
    Block block;
};
// Looks for work and makes blocks that pay to `script`.
struct Mine {
    std::uint32_t blocks = 1;
    std::uint64_t tries = 1'000'000;  // headers looked at for all of them
    Bytes script;
    // Nothing: what pays best of the pool. Otherwise these, in this order.
    std::optional<std::vector<Transaction>> transactions;
};
struct Invalidate {
    BlockId block;
};
struct Reconsider {
    BlockId block;
};
// Seconds that the node takes for the time from here on; 0 is the real one again.
struct SetTime {
    std::uint32_t seconds = 0;
};
// Nothing falls due by itself.
struct Wake {};
}  // namespace input
using Input = std::variant<input::Configure, input::Submit, input::SubmitBlock, input::Mine,
                           input::Invalidate, input::Reconsider, input::SetTime, input::Wake>;

Bytes encode_input(const Input& input);
Result<Input> decode_input(ByteView octets);

namespace output {
// What became of the one input: the fault where it was in vain, the blocks that it made.
struct Done {
    Fault fault;
    std::string detail;
    std::vector<BlockId> blocks;
};
}  // namespace output
using Output = std::variant<output::Done>;

}  // namespace lockstep::bitcoin
