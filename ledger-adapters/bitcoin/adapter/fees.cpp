#include "bitcoin/adapter/fees.h"

#include <algorithm>

#include "bitcoin/script/script.h"
#include "sdk/base/assert.h"
#include "sdk/base/checked.h"

namespace lockstep::bitcoin {
namespace {

constexpr std::uint64_t vbytes_per_rate = 1'000;
constexpr std::uint64_t dust_per_byte = 3;

std::optional<Satoshi> as_money(std::optional<std::uint64_t> value) {
    if (!value || *value > static_cast<std::uint64_t>(max_money)) return std::nullopt;
    return static_cast<Satoshi>(*value);
}

}  // namespace

std::optional<Satoshi> fee_for(FeePerKvb rate, std::size_t vsize) {
    if (!is_sound(rate)) return std::nullopt;
    return as_money(mul_div_ceil(static_cast<std::uint64_t>(rate.satoshi), vsize, vbytes_per_rate));
}

std::optional<Satoshi> least_replacement_fee(const PaidVersion& before, std::size_t vsize) {
    if (!is_money(before.fee) || before.vsize == 0) return std::nullopt;
    const auto relay = fee_for(incremental_fee, vsize);
    if (!relay) return std::nullopt;
    const auto more = add_money(before.fee, *relay);
    const auto same_rate =
        as_money(mul_div_floor(static_cast<std::uint64_t>(before.fee), vsize, before.vsize));
    if (!more || !same_rate) return std::nullopt;
    const auto higher_rate = add_money(*same_rate, 1);
    if (!higher_rate) return std::nullopt;
    return std::max(*more, *higher_rate);
}

std::optional<Satoshi> fee_to_pay(FeePerKvb rate, std::size_t vsize,
                                  const std::optional<PaidVersion>& before) {
    const auto fee = fee_for(rate, vsize);
    if (!fee || !before) return fee;
    const auto least = least_replacement_fee(*before, vsize);
    if (!least) return std::nullopt;
    return std::max(*fee, *least);
}

bool is_destination(ByteView script) {
    if (witness_program(script) || is_script_hash(script)) return true;
    return script.size() == 25 && equal(script, key_hash_script(script.subspan(3, 20)));
}

bool is_data_output(ByteView script) {
    if (script.size() < 2 || script.size() > max_data_output) return false;
    ScriptReader reader(script);
    const auto mark = reader.next();
    if (!mark || mark->op != Opcode::return_) return false;
    const auto data = reader.next();
    return data && data->is_push() && reader.at_end();
}

Satoshi dust_of(ByteView script) {
    // The output, and the input that spends it, whose signature and key are counted as a witness
    // where it is one.
    const std::size_t spending =
        witness_program(script) ? 32 + 4 + 1 + 107 / witness_scale + 4 : 32 + 4 + 1 + 107 + 4;
    const std::size_t size = 8 + 1 + script.size() + spending;
    return static_cast<Satoshi>(dust_per_byte * size);
}

bool is_worth_claiming(Satoshi amount, ByteView destination, FeePerKvb worst) {
    const std::size_t weight = overhead_weight +
                               escrow_input_weight(EscrowPath::claim, max_escrow_script) +
                               output_weight(destination);
    const auto fee = fee_for(worst, vsize_of_weight(weight));
    return fee && is_money(amount) && amount >= *fee && amount - *fee > dust_of(destination);
}

}  // namespace lockstep::bitcoin
