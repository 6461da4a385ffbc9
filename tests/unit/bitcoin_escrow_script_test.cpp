// The escrow's script as text, its times, its witnesses, and the keys that stand in it.
#include <doctest/doctest.h>
#include <rapidcheck.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

#include "bitcoin/chain/block_rules.h"
#include "bitcoin/keys/address.h"
#include "bitcoin/script/script.h"
#include "bitcoin/script/spending.h"
#include "tests/unit/bitcoin_escrow_actors.h"
#include "tests/unit/bitcoin_texts.h"

using namespace lockstep;
using namespace lockstep::bitcoin;
using namespace lockstep::test;

namespace {

ecdsa::CompressedKey point(std::uint8_t secret) {
    Bytes bytes(32);
    bytes[31] = secret;
    return ecdsa::SecretKey::from(bytes)->public_key();
}

rc::Gen<EscrowLock> any_lock() {
    return rc::gen::exec([] {
        const auto bytes = *rc::gen::container<Bytes>(32, rc::gen::arbitrary<std::uint8_t>());
        const auto payer = *rc::gen::inRange(1, 128);
        const auto payee = *rc::gen::inRange(128, 256);
        const auto locktime =
            *rc::gen::oneOf(rc::gen::inRange<std::uint32_t>(500'000'000, 0x80000000),
                            rc::gen::inRange<std::uint32_t>(0x80000000, UINT32_MAX),
                            rc::gen::element<std::uint32_t>(500'000'000, 0x7fffffff, UINT32_MAX));
        return EscrowLock{*Condition::from(bytes), point(static_cast<std::uint8_t>(payer)),
                          point(static_cast<std::uint8_t>(payee)), locktime};
    });
}

}  // namespace

TEST_CASE("the script is the one that its head comment shows") {
    const Actors actors;
    const Bytes expected =
        test::script("IF SIZE 0x01 0x20 EQUALVERIFY SHA256 0x20 0x" + actors.lock.condition.hex() +
                     " EQUALVERIFY 0x21 0x" + actors.lock.payee.hex() +
                     " CHECKSIG ELSE IF 0x04 0x" + to_hex([&] {
                         Writer writer;
                         writer.u32(actors.lock.locktime);
                         return writer.take();
                     }()) +
                     " CHECKLOCKTIMEVERIFY DROP 0x21 0x" + actors.lock.payer.hex() +
                     " CHECKSIG ELSE 0x21 0x" + actors.lock.payee.hex() +
                     " CHECKSIGVERIFY 0x21 0x" + actors.lock.payer.hex() + " CHECKSIG ENDIF ENDIF");
    CHECK(to_hex(actors.script) == to_hex(expected));
    CHECK(actors.script.size() == 192);
    const std::string address = address_of_escrow(actors.script, regtest());
    CHECK(address.starts_with("bcrt1q"));
    CHECK(script_of_address(address, regtest()) == script_pubkey_of(actors.script));
    EscrowLock later = actors.lock;
    later.locktime = UINT32_MAX;
    CHECK(escrow_script(later)->size() == max_escrow_script);
}

TEST_CASE("a refund is possible from the first median time past at which the escrow is expired") {
    struct Row {
        std::int64_t expiry_us;
        std::int64_t locktime;  // -1: none
    };
    const Row rows[] = {
        {1'800'000'000'000'000, 1'799'999'999},
        {1'800'000'000'000'001, 1'800'000'000},
        {1'799'999'999'999'999, 1'799'999'999},
        {1'800'000'000'500'000, 1'800'000'000},
        {500'000'000'000'000, -1},
        {500'000'000'000'001, 500'000'000},
        {4'294'967'296'000'000, 4'294'967'295},
        {4'294'967'296'000'001, -1},
        {0, -1},
        {-1, -1},
        {INT64_MAX, -1},
        {INT64_MIN, -1},
    };
    for (const Row& row : rows) {
        CAPTURE(row.expiry_us);
        const auto locktime = locktime_of(Timestamp{row.expiry_us});
        REQUIRE(locktime.has_value() == (row.locktime >= 0));
        if (!locktime) continue;
        CHECK(*locktime == row.locktime);
        Transaction refund;
        refund.inputs.resize(1);
        refund.inputs[0].sequence = replaceable_sequence;
        refund.locktime = *locktime;
        for (std::int64_t off = -2; off <= 2; ++off) {
            const std::int64_t median = row.locktime + off;
            CHECK(is_final(refund, 1'000'000, median) ==
                  is_expired(Timestamp{median * 1'000'000}, Timestamp{row.expiry_us}));
            CHECK(is_final(refund, 1'000'000, median) ==
                  (Timestamp{median * 1'000'000} >= refundable_from(*locktime)));
        }
    }
}

TEST_CASE("a script that was written is read back as it was, and no other is") {
    CHECK(rc::check([] {
        const EscrowLock lock = *any_lock();
        const auto script = escrow_script(lock);
        RC_ASSERT(script.has_value());
        RC_ASSERT(parse_escrow_script(*script) == lock);
        // Any octet off gives another script or none.
        Bytes other = *script;
        const auto at = *rc::gen::inRange<std::size_t>(0, other.size());
        const auto flip = *rc::gen::inRange(1, 256);
        other[at] = static_cast<std::uint8_t>(other[at] ^ flip);
        const auto read = parse_escrow_script(other);
        RC_ASSERT(!read || (*read != lock && escrow_script(*read) == other));
        other = *script;
        other.resize(at);
        RC_ASSERT(!parse_escrow_script(other));
    }));
    const Actors actors;
    Bytes longer = actors.script;
    longer.push_back(static_cast<std::uint8_t>(Opcode::nop));
    CHECK_FALSE(parse_escrow_script(longer));
    CHECK_FALSE(parse_escrow_script({}));
    CHECK_FALSE(parse_escrow_script(Bytes(max_escrow_script, 0x51)));
}

TEST_CASE("terms that no script can keep give none") {
    const Actors actors;
    EscrowLock lock = actors.lock;
    lock.locktime = 499'999'999;
    CHECK_FALSE(escrow_script(lock));
    lock = actors.lock;
    lock.payee = lock.payer;
    CHECK_FALSE(escrow_script(lock));
    lock = actors.lock;
    lock.payer = ecdsa::CompressedKey{};
    CHECK_FALSE(escrow_script(lock));
    lock.payer = *ecdsa::CompressedKey::from(hex("02" + std::string(63, '0') + "7"));
    CHECK_FALSE(escrow_script(lock));
}

TEST_CASE("a claim's witness gives the preimage, any other gives none") {
    const Actors actors;
    const Bytes& script = actors.script;
    const Bytes signature(max_signature, 1);
    const auto good = claim_witness(signature, actors.preimage, script);
    const auto found = preimage_of(good, script);
    REQUIRE(found);
    CHECK(equal(found->view(), actors.preimage.view()));
    // What a miner may make of the branch's choice does not hide the preimage.
    auto other_true = good;
    other_true[2] = {2, 0};
    CHECK(preimage_of(other_true, script));

    const auto refused = [&](std::size_t at, Bytes element) {
        auto witness = good;
        witness[at] = std::move(element);
        return !preimage_of(witness, script);
    };
    CHECK(refused(1, Bytes(32, 8)));
    CHECK(refused(1, Bytes(31, 7)));
    CHECK(refused(1, Bytes(33, 7)));
    CHECK(refused(1, {}));
    CHECK(refused(2, {}));
    CHECK(refused(2, {0x80}));
    CHECK(refused(3, Bytes(192, 0x51)));
    CHECK_FALSE(preimage_of({}, script));
    CHECK_FALSE(preimage_of({good[3]}, script));
    CHECK_FALSE(preimage_of(std::vector<Bytes>(good.begin() + 1, good.end()), script));
    auto more = good;
    more.insert(more.begin(), Bytes{});
    CHECK_FALSE(preimage_of(more, script));
    CHECK_FALSE(preimage_of(refund_witness(signature, script), script));
    CHECK_FALSE(preimage_of(reject_witness({signature, signature}, script), script));

    CHECK(path_of(good, script) == EscrowPath::claim);
    CHECK(path_of(refund_witness(signature, script), script) == EscrowPath::refund);
    CHECK(path_of(reject_witness({signature, signature}, script), script) == EscrowPath::reject);
    CHECK_FALSE(path_of(more, script));
    CHECK_FALSE(path_of({}, script));
    CHECK_FALSE(path_of(good, Bytes{0x51}));
}

TEST_CASE("keys follow from the seed and the escrow's name alone") {
    const auto signer = signer_of(1);
    const EscrowKeyName name = Actors().payer_key;
    CHECK(signer->public_key(name) == signer_of(1)->public_key(name));
    CHECK(signer->public_key(name) != signer_of(2)->public_key(name));
    // Every field counts, and where one ends.
    std::vector<KeyName> names{name, CoinKeyName{0, false}, CoinKeyName{0, true},
                               CoinKeyName{1, false}};
    EscrowKeyName other = name;
    other.role = EscrowRole::payee;
    names.emplace_back(other);
    other = name;
    other.id = *EscrowId::from(Bytes(32, 1));
    names.emplace_back(other);
    other = name;
    other.ledger = *Address::parse("test.btc2");
    names.emplace_back(other);
    other = name;
    other.payer = *Address::parse("test.btc.alicf");
    names.emplace_back(other);
    std::set<ecdsa::CompressedKey> keys;
    for (const KeyName& each : names)
        keys.insert(signer->public_key(each));
    CHECK(keys.size() == names.size());

    CHECK(key_path(CoinKeyName{5, true}, *network_named("main")) ==
          std::vector<std::uint32_t>{hardened | 84, hardened, hardened, 1, 5});
    CHECK(key_path(account_key, regtest())[1] == (hardened | 1));
    Writer writer;
    writer.raw(as_bytes(std::string_view("lockstep/bitcoin-escrow-key/v2\0", 31)));
    writer.string(as_bytes("test.btc")).string(as_bytes("test.btc.alice"));
    writer.raw(Bytes(32)).u8(1);
    CHECK(escrow_tweak(name) == sha256(writer.bytes()));
}

TEST_CASE("a side's key in an escrow follows from its account, for everybody") {
    const Actors actors;
    for (const BitcoinSigner* signer : {actors.payer.get(), actors.payee.get()}) {
        const auto account = signer->public_key(account_key);
        for (const EscrowKeyName& name : {actors.payer_key, actors.payee_key}) {
            CHECK(escrow_key_of(account, name) == signer->public_key(name));
            const Hash message = sha256(as_bytes("a spend"));
            CHECK(ecdsa::verify(escrow_key_of(account, name)->view(), signer->sign(name, message),
                                message));
        }
        CHECK(escrow_key_of(account, actors.payer_key) != escrow_key_of(account, actors.payee_key));
    }
    CHECK_FALSE(escrow_key_of(ecdsa::CompressedKey{}, actors.payer_key));
}

TEST_CASE("a signer signs for the key that it shows") {
    const auto signer = signer_of(3);
    const Hash sighash = sha256(as_bytes("something"));
    const KeyName name = CoinKeyName{4};
    CHECK(ecdsa::verify(signer->public_key(name).view(), signer->sign(name, sighash), sighash));
    CHECK(signer->sign(name, sighash) == signer->sign(name, sighash));
}

TEST_CASE("a key file that others can read opens no signer") {
    std::string directory =
        (std::filesystem::temp_directory_path() / "lockstep-bitcoin-XXXXXX").string();
    REQUIRE(::mkdtemp(directory.data()) != nullptr);
    const std::string path = directory + "/bitcoin.key";
    CHECK(open_signer(path, regtest()).error().code == "key_file_missing");
    REQUIRE(create_key_file(path));
    const auto signer = open_signer(path, regtest());
    REQUIRE(signer);
    const auto seed = read_key_file(path);
    REQUIRE(seed);
    CHECK((*signer)->public_key(CoinKeyName{}) ==
          make_signer(*seed, regtest())->public_key(CoinKeyName{}));
    for (const mode_t mode : {0640U, 0604U, 0660U}) {
        REQUIRE(::chmod(path.c_str(), mode) == 0);
        CHECK(open_signer(path, regtest()).error().code == "key_file_not_private");
    }
    std::filesystem::remove_all(directory);
}
