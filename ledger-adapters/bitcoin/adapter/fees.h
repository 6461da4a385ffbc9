// What transactions weigh and cost. Integers of satoshi alone; what does not fit into 21 million
// coins is refused.
#pragma once

#include <optional>

#include "bitcoin/adapter/escrow_script.h"

namespace lockstep::bitcoin {

// Satoshi for 1000 virtual bytes.
struct FeePerKvb {
    Satoshi satoshi = 0;
    friend auto operator<=>(const FeePerKvb&, const FeePerKvb&) = default;
};
// What nodes relay at all, and by what a replacement must pay more (Bitcoin Core's defaults to 29;
// later ones ask for less).
constexpr FeePerKvb min_relay_fee{1'000};
constexpr FeePerKvb incremental_fee{1'000};
// Ten times the dearest blocks so far (about 2,000 satoshi a byte in 2024): what is above it is a
// mistake of whoever said it.
constexpr FeePerKvb max_fee_per_kvb{20'000'000};
constexpr bool is_sound(FeePerKvb rate) {
    return rate >= min_relay_fee && rate <= max_fee_per_kvb;
}

constexpr bool is_money(Satoshi value) {
    return value >= 0 && value <= max_money;
}
// nullopt where one of them or the sum is no money.
constexpr std::optional<Satoshi> add_money(Satoshi a, Satoshi b) {
    if (!is_money(a) || !is_money(b) || !is_money(a + b)) return std::nullopt;
    return a + b;
}

// Virtual bytes: a quarter of the weight, rounded up (BIP 141).
constexpr std::size_t vsize_of_weight(std::size_t weight) {
    return (weight + witness_scale - 1) / witness_scale;
}
// The fee, rounded up. nullopt for a rate that is_sound refuses and a fee that is no money.
std::optional<Satoshi> fee_for(FeePerKvb rate, std::size_t vsize);

// A version of a transaction that another one is to replace.
struct PaidVersion {
    Satoshi fee = 0;
    std::size_t vsize = 0;  // as it was signed
    friend bool operator==(const PaidVersion&, const PaidVersion&) = default;
};
// The least fee with which `vsize` replaces it: more by what relaying the new one costs (BIP 125,
// rules 3 and 4), and at a higher rate, as Bitcoin Core asks for since 0.12.
std::optional<Satoshi> least_replacement_fee(const PaidVersion& before, std::size_t vsize);
// The fee at the rate, or the least that replaces `before` where that is more: a fee never falls.
std::optional<Satoshi> fee_to_pay(FeePerKvb rate, std::size_t vsize,
                                  const std::optional<PaidVersion>& before);

// --- weights ---
// Version, the numbers of inputs and outputs in a byte each, locktime, marker and flag.
constexpr std::size_t overhead_weight = witness_scale * (4 + 1 + 1 + 4) + 2;
// More would need another byte for their number.
constexpr std::size_t max_inputs = 252;
// An input that spends a P2WPKH output: 41 bytes, and 107 of witness with the largest signature.
constexpr std::size_t key_input_weight = witness_scale * 41 + 1 + 1 + max_signature + 1 + 33;
// Scripts of outputs have less than 253 bytes.
constexpr std::size_t output_weight(ByteView script) {
    return witness_scale * (8 + 1 + script.size());
}

// A form that an address stands for: of a key's or a script's hash, or a witness program. What else
// is paid may be lost.
bool is_destination(ByteView script);

// An output that nobody can spend and that nodes relay: OP_RETURN and one push, 83 bytes at most
// (Bitcoin Core to 29, policy/policy.h: MAX_OP_RETURN_RELAY).
constexpr std::size_t max_data_output = 83;
bool is_data_output(ByteView script);

// Below it nodes do not relay an output to that script: at 3 satoshi a byte it costs more to spend
// than it is worth. 294 for P2WPKH, 330 for P2WSH, 546 for P2PKH (Bitcoin Core, policy/policy.cpp).
Satoshi dust_of(ByteView script);

// Whether an escrow of that amount leaves more than dust at `destination` when it is claimed at the
// worst rate that is reckoned with. What is not is declined: its payee would not claim it, and
// whoever pays it upstream would lose.
bool is_worth_claiming(Satoshi amount, ByteView destination, FeePerKvb worst);

}  // namespace lockstep::bitcoin
