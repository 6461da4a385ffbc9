#include <doctest/doctest.h>

#include <cstring>
#include <new>
#include <type_traits>

#include "sdk/crypto/signature.h"

using namespace lockstep;

namespace {

KeySeed seed_of(std::string_view hex) {
    std::array<std::uint8_t, KeySeed::size> bytes{};
    const Bytes read = *from_hex(hex);
    std::memcpy(bytes.data(), read.data(), bytes.size());
    return KeySeed{bytes};
}

bool all_zero(ByteView bytes) {
    for (const std::uint8_t byte : bytes)
        if (byte != 0) return false;
    return true;
}

Signature flipped(const Signature& signature, std::size_t bit) {
    auto bytes = signature.array();
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ (1U << bit % 8));
    return Signature{bytes};
}

constexpr const char* seed_1 = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";

}  // namespace

TEST_CASE("Ed25519 gives the keys and signatures of RFC 8032") {
    struct Row {
        std::string seed;
        const char* key;
        const char* message;
        const char* signature;
    };
    const Row rows[] = {
        {seed_1, "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
         "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
         "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
        {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
         "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
         "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
        {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
         "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
         "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
         "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
        {"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
         "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
         "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
         "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
         "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
         "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"},
    };
    const Ed25519 scheme;
    for (const Row& row : rows) {
        CAPTURE(row.seed);
        const auto signer = scheme.signer(seed_of(row.seed));
        const Bytes message = *from_hex(row.message);
        CHECK(signer->public_key().hex() == row.key);
        CHECK(signer->sign(message).hex() == row.signature);
        CHECK(scheme.verify(signer->public_key(), message, *Signature::from_hex(row.signature)));
    }
}

TEST_CASE("a signature holds for its key, its message and itself only") {
    const Ed25519 scheme;
    const auto signer = scheme.signer(seed_of(seed_1));
    const auto other = scheme.signer(seed_of(std::string(64, '1')));
    const ByteView message = as_bytes("prepare E1");
    const Signature signature = signer->sign(message);
    CHECK(scheme.verify(signer->public_key(), message, signature));
    CHECK(!scheme.verify(other->public_key(), message, signature));
    CHECK(!scheme.verify(PublicKey{}, message, signature));
    CHECK(!scheme.verify(signer->public_key(), as_bytes("prepare E2"), signature));
    CHECK(!scheme.verify(signer->public_key(), as_bytes("prepare E1 "), signature));
    CHECK(!scheme.verify(signer->public_key(), {}, signature));
    CHECK(!scheme.verify(signer->public_key(), message, Signature{}));
    for (std::size_t bit = 0; bit < 8 * Signature::size; ++bit)
        CHECK(!scheme.verify(signer->public_key(), message, flipped(signature, bit)));
}

TEST_CASE("a signature has one form: S plus the group order is refused") {
    const Ed25519 scheme;
    const auto signer = scheme.signer(seed_of(seed_1));
    const ByteView message = as_bytes("prepare E1");
    auto bytes = signer->sign(message).array();
    const Bytes order =
        *from_hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    unsigned carry = 0;
    for (std::size_t i = 0; i < 32; ++i) {
        carry += bytes[32 + i] + static_cast<unsigned>(order[i]);
        bytes[32 + i] = static_cast<std::uint8_t>(carry);
        carry >>= 8;
    }
    CHECK(!scheme.verify(signer->public_key(), message, Signature{bytes}));
}

TEST_CASE("a key of small order verifies nothing") {
    const Ed25519 scheme;
    // The neutral element as key and R, and S = 0: without the check this would sign everything.
    std::array<std::uint8_t, 32> one{};
    one[0] = 1;
    std::array<std::uint8_t, 64> bytes{};
    bytes[0] = 1;
    CHECK(!scheme.verify(PublicKey{one}, as_bytes("anything"), Signature{bytes}));
}

TEST_CASE("verifications are counted") {
    const Ed25519 scheme;
    const auto signer = scheme.signer(seed_of(seed_1));
    const auto before = Ed25519::verifications();
    CHECK(scheme.verify(signer->public_key(), {}, signer->sign({})));
    CHECK(!scheme.verify(signer->public_key(), {}, Signature{}));
    CHECK(Ed25519::verifications() == before + 2);
}

TEST_CASE("a key seed can be moved but not copied, and is wiped when it goes") {
    static_assert(!std::is_copy_constructible_v<KeySeed>);
    static_assert(!std::is_copy_assignable_v<KeySeed>);
    KeySeed first = seed_of(seed_1);
    KeySeed second = std::move(first);
    CHECK(to_hex(second.view()) == seed_1);
    CHECK(all_zero(first.view()));  // NOLINT(bugprone-use-after-move)
    first = std::move(second);
    CHECK(to_hex(first.view()) == seed_1);
    CHECK(all_zero(second.view()));  // NOLINT(bugprone-use-after-move)
    alignas(KeySeed) unsigned char place[sizeof(KeySeed)] = {};
    KeySeed* seed = new (place) KeySeed(std::move(first));
    CHECK(!all_zero(place));
    seed->~KeySeed();
    CHECK(all_zero(place));
}

TEST_CASE("random bytes differ") {
    std::array<std::uint8_t, 32> a{};
    std::array<std::uint8_t, 32> b{};
    fill_random(a);
    fill_random(b);
    CHECK(a != b);
    CHECK(!all_zero(a));
}
