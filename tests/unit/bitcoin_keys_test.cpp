// Addresses and keys as text.
#include <doctest/doctest.h>

#include "bitcoin/keys/address.h"
#include "bitcoin/keys/base58.h"
#include "bitcoin/keys/bech32.h"

using namespace lockstep;
using namespace lockstep::bitcoin;

TEST_CASE("a wrong digit in an address is noticed, whichever it is") {
    const Network& regtest = *network_named("regtest");
    Bytes script{0x00, 0x14};
    script.resize(22, 0x5a);
    for (const Bytes& one : {script, Bytes{0x51, 0x02, 0x4e, 0x73}}) {
        const auto address = address_of_script(one, regtest);
        REQUIRE(address);
        CHECK(script_of_address(*address, regtest) == one);
        for (std::size_t i = 0; i < address->size(); ++i) {
            std::string wrong = *address;
            wrong[i] = wrong[i] == 'q' ? 'p' : 'q';
            CAPTURE(wrong);
            CHECK_FALSE(script_of_address(wrong, regtest));
        }
    }
}

TEST_CASE("an address of another network is refused") {
    Bytes script{0xa9, 0x14};
    script.resize(22, 0x5a);
    script.push_back(0x87);
    const auto address = address_of_script(script, *network_named("main"));
    REQUIRE(address);
    CHECK(address->starts_with("3"));
    CHECK_FALSE(script_of_address(*address, *network_named("regtest")));
    CHECK(network_named("Main") == nullptr);
}

TEST_CASE("version 0 is written in Bech32 and has 20 or 32 bytes, the others in Bech32m") {
    for (const std::size_t size : {2U, 19U, 20U, 21U, 32U, 33U, 40U}) {
        CAPTURE(size);
        const std::string text = encode_segwit({"bc", 0, Bytes(size, 7)});
        CHECK(decode_segwit(text).has_value() == (size == 20 || size == 32));
        CHECK(decode_segwit(encode_segwit({"bc", 1, Bytes(size, 7)})));
    }
    CHECK_FALSE(decode_segwit(encode_segwit({"bc", 1, Bytes(41, 7)})));
    CHECK_FALSE(decode_segwit(encode_segwit({"bc", 1, Bytes(1, 7)})));
    // BIP 350: a checksum of the other kind
    CHECK_FALSE(decode_segwit("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd"));
    CHECK(decode_segwit("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0"));
    CHECK(decode_segwit("BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4"));
    CHECK_FALSE(decode_segwit("BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3t4"));
}

TEST_CASE("base 58 is bounded, and zeros in front are kept") {
    CHECK(encode_base58(Bytes{0, 0, 1}) == "112");
    CHECK(decode_base58("112", 3) == Bytes{0, 0, 1});
    CHECK_FALSE(decode_base58("112", 2));
    CHECK_FALSE(decode_base58(std::string(100, '1'), 99));
    for (const char* other : {"0", "O", "I", "l", " 2", "2 ", "+"})
        CHECK_FALSE(decode_base58(other, 10));
    CHECK(decode_base58("", 0) == Bytes{});
    const std::string checked = encode_base58_check(Bytes{1, 2, 3});
    CHECK(decode_base58_check(checked, 3) == Bytes{1, 2, 3});
    CHECK_FALSE(decode_base58_check(checked, 2));
    CHECK_FALSE(decode_base58_check("2", 3));
}

TEST_CASE("a key says which public key is meant") {
    const Network& main = *network_named("main");
    SecretText key;
    key.secret.fill(7);
    const std::string compressed = encode_secret(key, main);
    key.compressed = false;
    const std::string uncompressed = encode_secret(key, main);
    CHECK(compressed != uncompressed);
    CHECK(decode_secret(compressed, main)->compressed);
    CHECK_FALSE(decode_secret(uncompressed, main)->compressed);
    CHECK(decode_secret(uncompressed, main)->secret == key.secret);
    CHECK_FALSE(decode_secret(compressed, *network_named("regtest")));
    for (const std::uint8_t octet : Bytes{0, 255}) {
        SecretText none;
        none.secret.fill(octet);
        CHECK_FALSE(decode_secret(encode_secret(none, main), main));
    }
    // Of 33 bytes the last one says "compressed" and nothing else.
    Bytes odd{main.secret};
    odd.resize(33, 7);
    odd.push_back(2);
    CHECK_FALSE(decode_secret(encode_base58_check(odd), main));
}
