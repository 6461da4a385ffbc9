#include <doctest/doctest.h>

#include <thread>

#include "sdk/crypto/hash.h"

using namespace lockstep;

namespace {

Bytes hex(std::string_view text) {
    return *from_hex(text);
}

Bytes counting(std::uint8_t first, std::size_t size) {
    Bytes bytes(size);
    for (std::size_t i = 0; i < size; ++i)
        bytes[i] = static_cast<std::uint8_t>(first + i);
    return bytes;
}

}  // namespace

TEST_CASE("SHA-256 gives the digests of FIPS 180-4") {
    struct Row {
        std::string message;
        const char* digest;
    };
    const Row rows[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
         "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
         "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
        {std::string(1'000'000, 'a'),
         "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
    };
    for (const Row& row : rows)
        CHECK(sha256(as_bytes(row.message)).hex() == row.digest);
}

TEST_CASE("pieces hash as the whole, and the hasher can be used again") {
    const Bytes whole = counting(0, 200);
    const ByteView view = whole;
    Sha256 hasher;
    for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
        const Hash hash = hasher.add(view.first(cut)).add({}).add(view.subspan(cut)).finish();
        CHECK(hash == sha256(whole));
    }
    CHECK(hasher.finish() == sha256({}));
}

TEST_CASE("threads hash without disturbing each other") {
    const Hash expected = sha256(as_bytes("abc"));
    bool same[4] = {};
    {
        std::vector<std::thread> threads;
        for (bool& flag : same)
            threads.emplace_back([&flag, &expected] {
                flag = true;
                for (int i = 0; i < 1000; ++i) {
                    sha256(as_bytes("something else"));
                    flag = flag && sha256(as_bytes("abc")) == expected;
                }
            });
        for (std::thread& thread : threads)
            thread.join();
    }
    for (const bool flag : same)
        CHECK(flag);
}

TEST_CASE("only a preimage of 32 bytes fulfils a condition") {
    const Bytes secret = counting(1, 32);
    const Condition condition = condition_of(*Preimage::from(secret));
    CHECK(condition.hex() == sha256(secret).hex());
    CHECK(fulfils(secret, condition));
    Bytes other = secret;
    other[31] ^= 1;
    CHECK(!fulfils(other, condition));
    // Other sizes are refused even where they hash to the condition (T01).
    for (const std::size_t size : {0U, 1U, 31U, 33U, 64U, 521U, 4096U}) {
        const Bytes bytes = counting(1, size);
        CHECK(!fulfils(bytes, Condition{sha256(bytes).array()}));
    }
    // One hash, over the raw bytes: not twice, and not over the text (T02).
    CHECK(!fulfils(secret, Condition{sha256(sha256(secret).view()).array()}));
    CHECK(!fulfils(secret, Condition{sha256(as_bytes(to_hex(secret))).array()}));
}

TEST_CASE("HKDF gives the first 32 bytes of the vectors of RFC 5869") {
    struct Row {
        Bytes key;
        Bytes salt;
        Bytes info;
        const char* output;
    };
    const Row rows[] = {
        {Bytes(22, 0x0b), counting(0, 13), counting(0xf0, 10),
         "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"},
        {counting(0, 80), counting(0x60, 80), counting(0xb0, 80),
         "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"},
        {Bytes(22, 0x0b),
         {},
         {},
         "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"},
    };
    for (const Row& row : rows)
        CHECK(to_hex(hkdf_sha256(row.key, row.salt, row.info)) == row.output);
    // No salt, and as many zeros as a hash has, are the same (RFC 5869 section 2.2); no key is not
    // the key of the call before.
    const Bytes key = hex("00112233");
    CHECK(hkdf_sha256(key, {}, {}) == hkdf_sha256(key, Bytes(32), {}));
    CHECK(hkdf_sha256({}, {}, {}) != hkdf_sha256(key, {}, {}));
    CHECK(hkdf_sha256({}, {}, {}) == hkdf_sha256({}, {}, {}));
}
