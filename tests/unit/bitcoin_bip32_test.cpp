// Keys from a seed, with the test vectors of BIP 32.
#include <doctest/doctest.h>

#include "bitcoin/keys/base58.h"
#include "bitcoin/keys/bip32.h"
#include "tests/unit/bitcoin_texts.h"

using namespace lockstep;
using namespace lockstep::bitcoin;
using namespace lockstep::test;

namespace {

const Network& main_network = *network_named("main");

struct Step {
    std::uint32_t index;  // from the key before; of the root it means nothing
    const char* secret;
    const char* point;
};
constexpr Step vector_1[] = {
    {0,
     "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPP"
     "qjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi",
     "xpub661MyMwAqRbcFtXgS5sYJABqqG9YLmC4Q1Rdap9gSE8NqtwybGhe"
     "PY2gZ29ESFjqJoCu1Rupje8YtGqsefD265TMg7usUDFdp6W1EGMcet8"},
    {hardened,
     "xprv9uHRZZhk6KAJC1avXpDAp4MDc3sQKNxDiPvvkX8Br5ngLNv1TxvU"
     "xt4cV1rGL5hj6KCesnDYUhd7oWgT11eZG7XnxHrnYeSvkzY7d2bhkJ7",
     "xpub68Gmy5EdvgibQVfPdqkBBCHxA5htiqg55crXYuXoQRKfDBFA1WEj"
     "WgP6LHhwBZeNK1VTsfTFUHCdrfp1bgwQ9xv5ski8PX9rL2dZXvgGDnw"},
    {1,
     "xprv9wTYmMFdV23N2TdNG573QoEsfRrWKQgWeibmLntzniatZvR9BmLn"
     "vSxqu53Kw1UmYPxLgboyZQaXwTCg8MSY3H2EU4pWcQDnRnrVA1xe8fs",
     "xpub6ASuArnXKPbfEwhqN6e3mwBcDTgzisQN1wXN9BJcM47sSikHjJf3"
     "UFHKkNAWbWMiGj7Wf5uMash7SyYq527Hqck2AxYysAA7xmALppuCkwQ"},
    {hardened | 2,
     "xprv9z4pot5VBttmtdRTWfWQmoH1taj2axGVzFqSb8C9xaxKymcFzXBD"
     "ptWmT7FwuEzG3ryjH4ktypQSAewRiNMjANTtpgP4mLTj34bhnZX7UiM",
     "xpub6D4BDPcP2GT577Vvch3R8wDkScZWzQzMMUm3PWbmWvVJrZwQY4VU"
     "NgqFJPMM3No2dFDFGTsxxpG5uJh7n7epu4trkrX7x7DogT5Uv6fcLW5"},
    {2,
     "xprvA2JDeKCSNNZky6uBCviVfJSKyQ1mDYahRjijr5idH2WwLsEd4Hsb"
     "2Tyh8RfQMuPh7f7RtyzTtdrbdqqsunu5Mm3wDvUAKRHSC34sJ7in334",
     "xpub6FHa3pjLCk84BayeJxFW2SP4XRrFd1JYnxeLeU8EqN3vDfZmbqBq"
     "aGJAyiLjTAwm6ZLRQUMv1ZACTj37sR62cfN7fe5JnJ7dh8zL4fiyLHV"},
    {1000000000,
     "xprvA41z7zogVVwxVSgdKUHDy1SKmdb533PjDz7J6N6mV6uS3ze1ai8F"
     "Ha8kmHScGpWmj4WggLyQjgPie1rFSruoUihUZREPSL39UNdE3BBDu76",
     "xpub6H1LXWLaKsWFhvm6RVpEL9P4KfRZSW7abD2ttkWP3SSQvnyA8FSV"
     "qNTEcYFgJS2UaFcxupHiYkro49S8yGasTvXEYBVPamhGW6cFJodrTHy"},
};
constexpr Step vector_2[] = {
    {0,
     "xprv9s21ZrQH143K31xYSDQpPDxsXRTUcvj2iNHm5NUtrGiGG5e2DtAL"
     "Gdso3pGz6ssrdK4PFmM8NSpSBHNqPqm55Qn3LqFtT2emdEXVYsCzC2U",
     "xpub661MyMwAqRbcFW31YEwpkMuc5THy2PSt5bDMsktWQcFF8syAmRUa"
     "pSCGu8ED9W6oDMSgv6Zz8idoc4a6mr8BDzTJY47LJhkJ8UB7WEGuduB"},
    {0,
     "xprv9vHkqa6EV4sPZHYqZznhT2NPtPCjKuDKGY38FBWLvgaDx45zo9WQ"
     "RUT3dKYnjwih2yJD9mkrocEZXo1ex8G81dwSM1fwqWpWkeS3v86pgKt",
     "xpub69H7F5d8KSRgmmdJg2KhpAK8SR3DjMwAdkxj3ZuxV27CprR9Lgpe"
     "yGmXUbC6wb7ERfvrnKZjXoUmmDznezpbZb7ap6r1D3tgFxHmwMkQTPH"},
    {0xffffffff,
     "xprv9wSp6B7kry3Vj9m1zSnLvN3xH8RdsPP1Mh7fAaR7aRLcQMKTR2vi"
     "dYEeEg2mUCTAwCd6vnxVrcjfy2kRgVsFawNzmjuHc2YmYRmagcEPdU9",
     "xpub6ASAVgeehLbnwdqV6UKMHVzgqAG8Gr6riv3Fxxpj8ksbH9ebxaEy"
     "BLZ85ySDhKiLDBrQSARLq1uNRts8RuJiHjaDMBU4Zn9h8LZNnBC5y4a"},
    {1,
     "xprv9zFnWC6h2cLgpmSA46vutJzBcfJ8yaJGg8cX1e5StJh45BBciYTR"
     "XSd25UEPVuesF9yog62tGAQtHjXajPPdbRCHuWS6T8XA2ECKADdw4Ef",
     "xpub6DF8uhdarytz3FWdA8TvFSvvAh8dP3283MY7p2V4SeE2wyWmG5mg"
     "5EwVvmdMVCQcoNJxGoWaU9DCWh89LojfZ537wTfunKau47EL2dhHKon"},
    {0xfffffffe,
     "xprvA1RpRA33e1JQ7ifknakTFpgNXPmW2YvmhqLQYMmrj4xJXXWYpDPS"
     "3xz7iAxn8L39njGVyuoseXzU6rcxFLJ8HFsTjSyQbLYnMpCqE2VbFWc",
     "xpub6ERApfZwUNrhLCkDtcHTcxd75RbzS1ed54G1LkBUHQVHQKqhMkhg"
     "bmJbZRkrgZw4koxb5JaHWkY4ALHY2grBGRjaDMzQLcgJvLJuZZvRcEL"},
    {2,
     "xprvA2nrNbFZABcdryreWet9Ea4LvTJcGsqrMzxHx98MMrotbir7yrKC"
     "EXw7nadnHM8Dq38EGfSh6dqA9QWTyefMLEcBYJUuekgW4BYPJcr9E7j",
     "xpub6FnCn6nSzZAw5Tw7cgR9bi15UV96gLZhjDstkXXxvCLsUXBGXPdS"
     "nLFbdpq8p9HmGsApME5hQTZ3emM2rnY5agb9rXpVGyy3bdW6EEgAtqt"},
};
constexpr Step vector_3[] = {
    {0,
     "xprv9s21ZrQH143K25QhxbucbDDuQ4naNntJRi4KUfWT7xo4EKsHt2QJ"
     "Du7KXp1A3u7Bi1j8ph3EGsZ9Xvz9dGuVrtHHs7pXeTzjuxBrCmmhgC6",
     "xpub661MyMwAqRbcEZVB4dScxMAdx6d4nFc9nvyvH3v4gJL378CSRZiY"
     "mhRoP7mBy6gSPSCYk6SzXPTf3ND1cZAceL7SfJ1Z3GC8vBgp2epUt13"},
    {hardened,
     "xprv9uPDJpEQgRQfDcW7BkF7eTya6RPxXeJCqCJGHuCJ4GiRVLzkTXBA"
     "JMu2qaMWPrS7AANYqdq6vcBcBUdJCVVFceUvJFjaPdGZ2y9WACViL4L",
     "xpub68NZiKmJWnxxS6aaHmn81bvJeTESw724CRDs6HbuccFQN9Ku14VQ"
     "rADWgqbhhTHBaohPX4CjNLf9fq9MYo6oDaPPLPxSb7gwQN3ih19Zm4Y"},
};

void check_vector(std::string_view seed, std::span<const Step> steps) {
    auto key = ExtendedKey::master(hex(seed));
    REQUIRE(key);
    std::vector<std::uint32_t> path;
    for (const Step& step : steps) {
        CAPTURE(std::string(step.secret));
        if (&step != &steps.front()) {
            path.push_back(step.index);
            auto next = key->child(step.index);
            REQUIRE(next);
            key = std::move(next);
        }
        CHECK(key->secret_text(main_network) == step.secret);
        CHECK(to_text(key->public_part(), main_network) == step.point);
        const auto read = ExtendedKey::parse(step.secret, main_network);
        REQUIRE(read);
        CHECK(read->public_part() == key->public_part());
        CHECK(equal(read->key().view(), key->key().view()));
        CHECK(parse_extended_public(step.point, main_network) == key->public_part());
        const auto derived = ExtendedKey::master(hex(seed))->derive(path);
        REQUIRE(derived);
        CHECK(derived->public_part() == key->public_part());
    }
}

// With some octets of the text's 78 replaced, under a good checksum.
std::string changed(std::string_view text, std::size_t at, std::string_view octets) {
    Bytes bytes = *decode_base58_check(text, 78);
    const Bytes with = hex(octets);
    std::copy(with.begin(), with.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at));
    return encode_base58_check(bytes);
}

}  // namespace

TEST_CASE("keys and texts are those of BIP 32's vectors") {
    check_vector("000102030405060708090a0b0c0d0e0f", vector_1);
    check_vector(
        "fffcf9f6f3f0edeae7e4e1dedbd8d5d2cfccc9c6c3c0bdbab7b4b1aeaba8a5a2"
        "9f9c999693908d8a8784817e7b7875726f6c696663605d5a5754514e4b484542",
        vector_2);
    // Leading zeros of a key are kept.
    check_vector(
        "4b381541583be4423346c643850da4b320e46a87ae3d2a4e6da11eba819cd4ac"
        "ba45d239319ac14f863b8d5ab5a0d0c64d2e8a1e7d1457df2e5a3c51c73235be",
        vector_3);
}

TEST_CASE("a seed has 16 to 64 octets") {
    for (const std::size_t size : {0U, 15U, 65U})
        CHECK_FALSE(ExtendedKey::master(Bytes(size, 1)));
    for (const std::size_t size : {16U, 32U, 64U})
        CHECK(ExtendedKey::master(Bytes(size, 1)));
}

TEST_CASE("texts of extended keys that say what cannot be are refused") {
    const std::string secret = vector_1[0].secret;
    const std::string point = vector_1[0].point;
    const auto refused = [](const std::string& text) {
        return !ExtendedKey::parse(text, main_network) &&
               !parse_extended_public(text, main_network);
    };
    REQUIRE_FALSE(refused(secret));
    REQUIRE_FALSE(refused(point));
    CHECK(refused(""));
    CHECK(refused("xprv"));
    CHECK(refused(secret.substr(0, secret.size() - 1)));
    CHECK(refused(secret + "1"));
    // The wrong kind of key under a version, a network of another kind, no version at all.
    CHECK(refused(changed(secret, 0, "0488b21e")));
    CHECK(refused(changed(point, 0, "0488ade4")));
    CHECK(refused(changed(secret, 0, "04358394")));
    CHECK(refused(changed(secret, 0, "00000000")));
    CHECK(ExtendedKey::parse(changed(secret, 0, "04358394"), *network_named("regtest")));
    // The root has neither a parent nor an index.
    CHECK(refused(changed(secret, 5, "00000001")));
    CHECK(refused(changed(point, 9, "00000001")));
    // Neither zero nor the order is a key; a secret one has a zero before it.
    CHECK(refused(changed(secret, 46, std::string(64, '0'))));
    CHECK(refused(
        changed(secret, 46, "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141")));
    CHECK(refused(changed(secret, 45, "01")));
    // No point of the curve has this x; 4 begins another form.
    CHECK(refused(changed(point, 46, std::string(63, '0') + "7")));
    CHECK(refused(changed(point, 45, "04")));
    // One character off.
    std::string typo = secret;
    typo.back() = typo.back() == 'i' ? 'j' : 'i';
    CHECK(refused(typo));
}

TEST_CASE("the tree ends at depth 255") {
    const auto deepest = ExtendedKey::parse(changed(vector_1[1].secret, 4, "ff"), main_network);
    REQUIRE(deepest);
    CHECK_FALSE(deepest->child(0));
    const auto before = ExtendedKey::parse(changed(vector_1[1].secret, 4, "fe"), main_network);
    REQUIRE(before);
    CHECK(before->child(hardened)->origin().depth == 255);
}
