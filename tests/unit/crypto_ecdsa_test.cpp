// Signing with secp256k1, and HMAC-SHA-512.
#include <doctest/doctest.h>

#include <type_traits>

#include "sdk/crypto/ecdsa.h"
#include "sdk/crypto/hash.h"

using namespace lockstep;

namespace {

ecdsa::SecretKey secret(std::string_view hex) {
    return *ecdsa::SecretKey::from(*from_hex(hex));
}
std::string numbered(std::uint64_t number) {
    const std::string hex = to_hex(Bytes{static_cast<std::uint8_t>(number)});
    return std::string(62, '0') + hex;
}
constexpr const char* order = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";

}  // namespace

TEST_CASE("ECDSA gives the signatures of RFC 6979 where their r is low") {
    struct Row {
        const char* key;
        const char* message;
        bool twice;  // SHA-256 over SHA-256
        const char* der;
    };
    const Row rows[] = {
        {"f8b8af8ce3c7cca5e300d33939540c10d45ce001b8f252bfbc57ba0342904181", "Alan Turing", false,
         "304402207063ae83e7f62bbb171798131b4a0564b956930092b33b07b395615d9ec7e15c"
         "022058dfcc1e00a35e1572f366ffe34ba0fc47db1e7189759b9fb233c5b05ab388ea"},
        // Of Bitcoin Core's tests of keys, by their secrets 1 and 2.
        {"12b004fff7f4b69ef8650e767f18f11ede158148b425660723b9f9a66e61f747",
         "Very deterministic message", true,
         "304402205dbbddda71772d95ce91cd2d14b592cfbc1dd0aabd6a394b6c2d377bbe59d31d"
         "022014ddda21494a4e221f0824f0b8b924c43fa43c0ad57dccdaa11f81a6bd4582f6"},
        {"b524c28b61c9b2c49b2c7dd4c2d75887abb78768c054bd7c01af4029f6c0d117",
         "Very deterministic message", true,
         "3044022052d8a32079c11e79db95af63bb9600c5b04f21a9ca33dc129c2bfa8ac9dc1cd5"
         "022061d8ae5e0f6c1a16bde3719c64c2fd70e404b6428ab9a69566962e8771b5944d"},
    };
    for (const Row& row : rows) {
        CAPTURE(std::string(row.key));
        Hash message = sha256(as_bytes(row.message));
        if (row.twice) message = sha256(message.view());
        const auto signature = secret(row.key).sign(message);
        CHECK(to_hex(ecdsa::to_der(signature)) == row.der);
    }
    // BIP 143's first example: the input of a key's hash.
    const auto key = secret("619c335025c7f4012e556c2a58b2506e30b8511b53ade95ea316fd8c3286feb9");
    CHECK(key.public_key().hex() ==
          "025476c2e83188368da1ff3e292e7acafcdb3566bb0ad253f62fc70f07aeee6357");
    const Hash sighash =
        *Hash::from_hex("c37af31116d1b27caf68aae9e3ac82f1477929014d5b917657d0eb49478cb670");
    CHECK(to_hex(ecdsa::to_der(key.sign(sighash))) ==
          "304402203609e17b84f6a7d30c80bfa610b5b4542f32a8a0d5447a12fb1366d7f01cc44a"
          "0220573a954c4518331561406f90300e8f3358f51928d43c212a8caed02de67eebee");
}

TEST_CASE("a signature whose r would be high is made again") {
    // RFC 6979 gives for this one r = 934b1ea1….
    const auto key = secret(numbered(1));
    const Hash message = sha256(as_bytes("Satoshi Nakamoto"));
    const auto signature = key.sign(message);
    CHECK(signature[0] < 0x80);
    CHECK(ecdsa::has_low_s(signature));
    CHECK(ecdsa::verify(key.public_key().view(), signature, message));
    CHECK(signature == key.sign(message));
}

TEST_CASE("every signature is low in r and s and takes at most 70 octets as DER") {
    const auto key = secret(numbered(7));
    const auto point = key.public_key();
    std::size_t shorter = 0;
    for (unsigned i = 0; i < 300; ++i) {
        const Hash message = sha256(as_bytes("message " + std::to_string(i)));
        const auto signature = key.sign(message);
        const auto size = ecdsa::to_der(signature).size();
        REQUIRE(size <= 70);
        shorter += size < 70 ? 1 : 0;
        REQUIRE(signature[0] < 0x80);
        REQUIRE(ecdsa::has_low_s(signature));
        REQUIRE(ecdsa::verify(point.view(), signature, message));
        REQUIRE_FALSE(ecdsa::verify(point.view(), signature, sha256(message.view())));
    }
    CHECK(shorter > 0);
    CHECK(shorter < 20);
}

TEST_CASE("a secret key is below the order and not zero, and so is its sum with a tweak") {
    CHECK_FALSE(ecdsa::SecretKey::from(Bytes(32)));
    CHECK_FALSE(ecdsa::SecretKey::from(Bytes(31, 1)));
    CHECK_FALSE(ecdsa::SecretKey::from(Bytes(33, 1)));
    CHECK_FALSE(ecdsa::SecretKey::from(*from_hex(order)));
    Bytes largest = *from_hex(order);
    largest.back() = 0x40;
    const auto last = ecdsa::SecretKey::from(largest);
    REQUIRE(last);

    const auto one = secret(numbered(1));
    CHECK(to_hex(one.plus(*from_hex(numbered(2)))->view()) == numbered(3));
    CHECK(to_hex(last->plus(*from_hex(numbered(3)))->view()) == numbered(2));
    CHECK_FALSE(last->plus(*from_hex(numbered(1))));
    CHECK_FALSE(one.plus(*from_hex(order)));
    // The tweak zero changes nothing.
    CHECK(to_hex(one.plus(Bytes(32))->view()) == numbered(1));
    // The same on the public side.
    const ecdsa::CompressedKey point = one.public_key();
    CHECK(ecdsa::plus(point, *from_hex(numbered(2))) ==
          one.plus(*from_hex(numbered(2)))->public_key());
    CHECK(ecdsa::plus(point, Bytes(32)) == point);
    CHECK_FALSE(ecdsa::plus(last->public_key(), *from_hex(numbered(1))));
    CHECK_FALSE(ecdsa::plus(point, *from_hex(order)));
    CHECK_FALSE(ecdsa::plus(ecdsa::CompressedKey{}, Bytes(32)));
    // The generator, and its negative.
    CHECK(one.public_key().hex() ==
          "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798");
    CHECK(last->public_key().hex() ==
          "0379be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798");
}

TEST_CASE("a secret is not copied by accident and leaves nothing behind") {
    static_assert(!std::is_copy_constructible_v<ecdsa::SecretKey>);
    static_assert(!std::is_copy_assignable_v<ecdsa::SecretKey>);
    static_assert(!std::is_copy_constructible_v<Secret<32>>);
    auto key = secret(numbered(5));
    const auto copy = key.clone();
    const auto moved = std::move(key);
    CHECK(to_hex(moved.view()) == numbered(5));
    CHECK(to_hex(copy.view()) == numbered(5));
    // What is left is the point.
    // NOLINTNEXTLINE(bugprone-use-after-move,clang-analyzer-cplusplus.Move)
    CHECK(equal(key.view(), Bytes(32)));
}

TEST_CASE("HMAC-SHA-512 gives the codes of RFC 4231") {
    CHECK(to_hex(hmac_sha512(Bytes(20, 0x0b), as_bytes("Hi There")).view()) ==
          "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
          "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854");
    CHECK(to_hex(hmac_sha512(as_bytes("Jefe"), as_bytes("what do ya want for nothing?")).view()) ==
          "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
          "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737");
}
