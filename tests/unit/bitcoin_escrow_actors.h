// A payer, a payee, their keys, and an escrow between them.
#pragma once

#include <doctest/doctest.h>

#include "bitcoin/adapter/reject.h"
#include "bitcoin/chain/block.h"
#include "bitcoin/script/verify_script.h"
#include "sdk/crypto/hash.h"

namespace lockstep::test {

inline const bitcoin::Network& regtest() {
    return *bitcoin::network_named("regtest");
}

inline std::unique_ptr<bitcoin::BitcoinSigner> signer_of(std::uint8_t seed) {
    std::array<std::uint8_t, KeySeed::size> bytes{};
    bytes.fill(seed);
    return bitcoin::make_signer(KeySeed{bytes}, regtest());
}
inline Preimage preimage_of_byte(std::uint8_t byte) {
    return *Preimage::from(Bytes(preimage_size, byte));
}
inline bitcoin::OutPoint place_of(std::uint32_t number) {
    bitcoin::Writer writer;
    writer.u32(number);
    return {*bitcoin::Txid::from(sha256(writer.bytes()).view()), number % 3};
}

// Each with a key of its own.
inline std::vector<bitcoin::KeyCoin> coins_of(const std::vector<bitcoin::Satoshi>& values) {
    std::vector<bitcoin::KeyCoin> coins;
    std::uint32_t number = 10;
    for (const bitcoin::Satoshi value : values) {
        coins.push_back({place_of(number), value, bitcoin::CoinKeyName{number}});
        ++number;
    }
    return coins;
}

// 30 November 2026, and half a second.
constexpr std::int64_t actors_expiry_us = 1'796'040'000'500'000;

struct Actors {
    std::unique_ptr<bitcoin::BitcoinSigner> payer = signer_of(1);
    std::unique_ptr<bitcoin::BitcoinSigner> payee = signer_of(2);
    bitcoin::EscrowKeyName payer_key{*Address::parse("test.btc"), *Address::parse("test.btc.alice"),
                                     EscrowId{}, bitcoin::EscrowRole::payer};
    bitcoin::EscrowKeyName payee_key{*Address::parse("test.btc"), *Address::parse("test.btc.alice"),
                                     EscrowId{}, bitcoin::EscrowRole::payee};
    Preimage preimage = preimage_of_byte(7);
    bitcoin::EscrowLock lock{condition_of(preimage), payer->public_key(payer_key),
                             payee->public_key(payee_key),
                             *bitcoin::locktime_of(Timestamp{actors_expiry_us})};
    Bytes script = *bitcoin::escrow_script(lock);
    Bytes payer_home = home_of(*payer, 0);
    Bytes payee_home = home_of(*payee, 0);
    bitcoin::EscrowCoin escrow{place_of(1), 1'000'000, lock};

    static Bytes home_of(const bitcoin::BitcoinSigner& signer, std::uint32_t index) {
        return bitcoin::script_pubkey_of(signer.public_key(bitcoin::CoinKeyName{index}));
    }
    bitcoin::SpendPlan plan(const Bytes& destination, bitcoin::Satoshi rate) const {
        return {escrow, destination, {rate}, {}, {}};
    }
};

// By the rules of relay.
inline bitcoin::ScriptError verdict(const bitcoin::Transaction& transaction, std::size_t input,
                                    const bitcoin::TxOut& spent) {
    const bitcoin::CommonHashes common(transaction);
    const bitcoin::Spending spending(transaction, common, input, spent.value);
    return verify_script(transaction.inputs[input], spent.script, bitcoin::verify_flag::standard,
                         spending);
}
inline bitcoin::ScriptError escrow_verdict(const bitcoin::Transaction& transaction,
                                           const bitcoin::EscrowCoin& escrow) {
    const auto script = bitcoin::escrow_script(escrow.lock);
    REQUIRE(script);
    return verdict(transaction, 0, {escrow.value, bitcoin::script_pubkey_of(*script)});
}

// After a change.
template <class Change>
bitcoin::ScriptError changed(const bitcoin::EscrowCoin& escrow, bitcoin::Transaction transaction,
                             Change change) {
    change(transaction);
    return escrow_verdict(transaction, escrow);
}
inline bitcoin::ScriptError with_element(const bitcoin::EscrowCoin& escrow,
                                         const bitcoin::Transaction& transaction, std::size_t at,
                                         const Bytes& element) {
    return changed(escrow, transaction, [&](auto& t) { t.inputs[0].witness[at] = element; });
}

// As estimated from the worst signatures, and what it really takes.
inline void check_size(const bitcoin::Transaction& transaction, std::size_t worst) {
    const std::size_t real = bitcoin::vsize_of_weight(bitcoin::weight_of(transaction));
    CHECK(real <= worst);
    CHECK(real + transaction.inputs.size() >= worst);
}

}  // namespace lockstep::test
