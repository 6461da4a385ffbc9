// The forms that the Bitcoin adapter reads and writes: announcements, accounts, batches of
// JSON-RPC, settings, the profile.
#include <doctest/doctest.h>

#include "bitcoin/adapter/announcement.h"
#include "bitcoin/adapter/bitcoin_settings.h"
#include "bitcoin/adapter/pool_watch.h"
#include "bitcoin/adapter/profile.h"
#include "bitcoin/adapter/rpc_batch.h"
#include "bitcoin/script/script.h"
#include "tests/unit/bitcoin_adapter_world.h"

namespace lockstep::test {
namespace {

using namespace bitcoin;

Announcement example() {
    Announcement announcement;
    announcement.condition = *Condition::from(Bytes(32, 1));
    announcement.id = *EscrowId::from(Bytes(32, 2));
    announcement.expiry = Timestamp{0x06'b123'4567'89ab};
    announcement.payee = *PayeeHint::from(Bytes(5, 3));
    return announcement;
}

TEST_CASE("an announcement takes what nodes relay, and is read in one form alone") {
    const Bytes script = announcement_script(example());
    CHECK(to_hex(script) == "6a4c504c534531" + to_hex(Bytes(32, 1)) + to_hex(Bytes(32, 2)) +
                                "06b123456789ab" + to_hex(Bytes(5, 3)));
    CHECK(script.size() == 83);
    CHECK(is_data_output(script));
    CHECK(parse_announcement(script) == example());
    for (std::size_t size = 0; size < script.size(); ++size)
        CHECK_FALSE(parse_announcement(ByteView(script).first(size)));
    Bytes other = script;
    other.push_back(0);
    CHECK_FALSE(parse_announcement(other));
    // The mark, the push and the tag; the rest is what it says.
    for (std::size_t i = 0; i < script.size(); ++i) {
        other = script;
        other[i] ^= 0x20;
        const auto read = parse_announcement(other);
        CHECK(read.has_value() == (i >= 7));
        CHECK(read != std::optional(example()));
    }
    CHECK_FALSE(is_data_output(*from_hex("6a")));
    CHECK_FALSE(is_data_output(*from_hex("6a5176")));
    CHECK_FALSE(is_data_output(*from_hex("00020102")));
    CHECK(is_data_output(*from_hex("6a020102")));
}

TEST_CASE("an account is a public key in one form") {
    const Address ledger = *Address::parse("test.btc");
    EscrowWorld world;
    const auto key = key_of_account(ledger, world.payer.account());
    REQUIRE(key);
    CHECK(account_address(ledger, *key) == world.payer.account());
    const std::string text = key->hex();
    const auto account = [&](const std::string& segment) {
        return key_of_account(ledger, *Address::parse("test.btc." + segment));
    };
    CHECK(account(text) == key);
    CHECK_FALSE(account(text.substr(2)));
    CHECK_FALSE(account(text + "00"));
    CHECK_FALSE(account(text + ".x"));
    CHECK_FALSE(account("05" + text.substr(2)));
    std::string upper = text;
    for (char& c : upper)
        if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 'a' + 'A');
    CHECK_FALSE(account(upper));
    CHECK_FALSE(key_of_account(ledger, *Address::parse("test.btcx." + text)));
    CHECK_FALSE(key_of_account(ledger, ledger));
}

TEST_CASE("the terms follow from a funding and its payee, and from nothing that differs") {
    EscrowWorld world;
    CHECK(world.payer.command(command::Prepare{world.terms, world.later()}, 1) == "done");
    const Transaction good = world.node.pool().at(0);
    const LedgerName name{BitcoinDesk::ledger(), world.terms.asset};
    const auto payer = *key_of_account(name.ledger, world.payer.account());
    const auto payee = *key_of_account(name.ledger, world.payee.account());
    const auto terms = [&](auto change) {
        Transaction transaction = good;
        change(transaction);
        const auto funding = announced_in(transaction);
        return funding ? terms_for(name, *funding, payee) : std::nullopt;
    };
    CHECK(terms([](auto&) {}) == world.terms);
    CHECK_FALSE(terms_for(name, *announced_in(good), payer));
    CHECK_FALSE(terms([](auto& t) { t.outputs[0].script[5] ^= 1; }));
    CHECK_FALSE(terms([](auto& t) { t.outputs[0].value = 0; }));
    CHECK_FALSE(terms([](auto& t) { std::swap(t.outputs[0], t.outputs[1]); }));
    CHECK_FALSE(terms([](auto& t) { t.outputs.resize(1); }));
    CHECK_FALSE(terms([](auto& t) { t.inputs[0].witness.clear(); }));
    CHECK_FALSE(terms([&](auto& t) {
        t.inputs[0].witness[1] = Bytes(payee.view().begin(), payee.view().end());
    }));
    for (std::size_t i = 7; i < 83; ++i) {
        CAPTURE(i);
        const auto other = terms([&](auto& t) { t.outputs[1].script[i] ^= 1; });
        // Within a second the script is the same; that they are others' terms is seen by whoever
        // compares them with what was agreed.
        if (i < 75 || i > 77) CHECK_FALSE(other);
        CHECK(other != world.terms);
    }
    CHECK(terms([](auto& t) { t.outputs[0].value += 1; })->amount ==
          Amount{world.terms.amount.units() + 1});
}

TEST_CASE("an expiry is told to the microsecond, and locks from the next whole second on") {
    EscrowWorld world;
    const auto lock = [&](std::int64_t us) {
        EscrowTerms terms = world.terms;
        terms.expiry = Timestamp{us};
        return lock_of(BitcoinDesk::ledger(), terms);
    };
    CHECK(lock(1'790'000'000'000'000)->locktime == 1'789'999'999U);
    CHECK(lock(1'790'000'000'000'001)->locktime == 1'790'000'000U);
    CHECK(lock(1'790'000'001'000'000)->locktime == 1'790'000'000U);
    CHECK_FALSE(lock(0));
    CHECK_FALSE(lock(-1'000'000));
    CHECK_FALSE(lock(500'000'000'000'000));
    CHECK(lock(4'294'967'295'000'000));
}

TEST_CASE("a batch is an array, and its answers are told apart by their ids") {
    RpcBatch batch;
    batch.add("getblockhash", Json::array().push(7));
    batch.add("getblockchaininfo");
    CHECK(as_text(batch.body()) ==
          R"([{"jsonrpc":"1.0","id":0,"method":"getblockhash","params":[7]},)"
          R"({"jsonrpc":"1.0","id":1,"method":"getblockchaininfo","params":[]}])");
    const auto read = [](std::string_view text) { return read_batch(as_bytes(text), 2); };
    const auto both = read(R"([{"result":"b","error":null,"id":1},)"
                           R"({"result":null,"error":{"code":-8,"message":"no"},"id":0}])");
    REQUIRE(both);
    CHECK(both->at(1)->text_or("") == "b");
    CHECK(both->at(0).error().code == -8);
    CHECK(both->at(0).error().message == "no");
    for (const char* const bad :
         {"", "{}", "[]", R"([{"result":1,"id":0}])",
          R"([{"result":1,"id":0},{"result":1,"id":0}])",
          R"([{"result":1,"id":0},{"result":1,"id":2}])", R"([{"result":1,"id":0},7])",
          R"([{"result":1,"id":0},{"result":1}])", R"({"error":{"code":-1},"id":0})"})
        CHECK_FALSE(read(bad));
}

TEST_CASE("amounts of JSON are whole satoshi") {
    const auto amount = [](std::string_view text) { return satoshi_of(*parse_json(text)); };
    CHECK(amount("0.00001000") == 1'000);
    CHECK(amount("20999999.97690000") == 2'099'999'997'690'000);
    CHECK(amount("0.29") == 29'000'000);
    CHECK(amount("1e-8") == 1);
    CHECK(amount("3") == 300'000'000);
    for (const char* const bad : {"-0.1", "21000001", "\"1\"", "null", "1e300"})
        CHECK_FALSE(amount(bad));
}

TEST_CASE("every mistake in the settings is named") {
    AdapterSetup setup = BitcoinDesk::setup();
    CHECK(check_settings(setup).empty());
    setup.settings = {{"poll_ms", "0"},         {"depth", "x"},
                      {"network", "lightning"}, {"max_fee_rate", "9e9"},
                      {"colour", "blue"},       {"counterparties", "?"},
                      {"reserve_sat", "-1"},    {"key_file", "any"},
                      {"start_height", "12"},   {"confirmation_target", "6"}};
    std::string keys;
    for (const SettingMistake& mistake : check_settings(setup))
        keys += mistake.key + " ";
    CHECK(keys == "poll_ms depth network max_fee_rate colour counterparties reserve_sat ");
    setup.settings = {{"min_fee_rate", "5000"}, {"max_fee_rate", "4000"}};
    CHECK(check_settings(setup).at(0).key == "min_fee_rate");
    setup.settings = {{"reserve_sat", "500"}};
    CHECK(check_settings(setup).at(0).key == "reserve_sat");
    CHECK(make_adapter(setup).error().code == "bad_setting");
    setup.settings = {};
    CHECK(make_adapter(setup).error().detail.find("key_file") == 0);
    setup.settings = {{"key_file", "/nowhere/at/all"}};
    CHECK_FALSE(make_adapter(setup));
}

TEST_CASE("an account that is not the key's is refused with the right one") {
    EscrowWorld world;
    AdapterSetup setup = BitcoinDesk::setup();
    std::array<std::uint8_t, KeySeed::size> seed{};
    seed.fill(1);
    const std::shared_ptr<const BitcoinSigner> signer =
        make_signer(KeySeed{seed}, *network_named("regtest"));
    setup.accounts = {world.payer.account()};
    CHECK(make_adapter(setup, signer));
    setup.accounts = {world.payee.account()};
    const auto wrong = make_adapter(setup, signer);
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().code == "bad_setup");
    CHECK(wrong.error().detail.find(world.payer.account().text()) != std::string::npos);
}

TEST_CASE("the adapter says what Bitcoin is like") {
    EscrowWorld world;
    REQUIRE(world.payer.info);
    const LedgerInfo& info = *world.payer.info;
    CHECK(info.ledger == BitcoinDesk::ledger());
    CHECK(info.assets.at(0).asset == world.terms.asset);
    CHECK(info.profile == BitcoinDesk::setup().profile);
    CHECK(info.expiry_rule == ExpiryRule::open);
    CHECK(info.refund == RefundRule::by_payer);
    CHECK(info.reject == RejectRule::cooperative);
    CHECK(info.preimage_octets == 32);
    CHECK_FALSE(info.proofs);
    const TimingProfile profile = profile_of(regtest_pace);
    CHECK(profile.inclusion == Duration::seconds(10));
    CHECK(profile.finality == Duration::seconds(6));
    CHECK(profile.rollback == Duration::seconds(6));
    CHECK(profile.block == Duration::seconds(10));
    CHECK(profile_of(main_pace).late == Duration::seconds(3 * 3'600));
}

TEST_CASE("the profile follows from what the settings say of the chain") {
    AdapterSetup setup = BitcoinDesk::setup();
    setup.settings = {{"network", "main"}};
    CHECK(computed_profile(setup) == profile_of(main_pace));
    const auto with = [&](std::string key, std::string value) {
        AdapterSetup changed = setup;
        changed.settings.emplace_back(std::move(key), std::move(value));
        const auto profile = computed_profile(changed);
        REQUIRE(profile);
        return *profile;
    };
    CHECK(with("congestion", "3").inclusion == Duration::seconds(16 * 600));
    CHECK(with("confirmation_target", "6").inclusion == Duration::seconds(40 * 600));
    CHECK(with("depth", "3").finality == Duration::seconds(8 * 600));
    CHECK(with("depth", "3").rollback == Duration::seconds(8 * 600));
    CHECK(with("depth", "1").rollback == Duration{});
    CHECK(with("reorg_depth", "2").rollback == Duration::seconds(8 * 600));
    CHECK(with("block_interval_s", "150").late == Duration::seconds(18 * 150));
    CHECK(with("block_interval_ms", "500").inclusion == Duration::seconds(17));
    CHECK(with("late_ms", "7000").late == Duration::seconds(7));
    CHECK(with("early_ms", "1000").early == Duration::seconds(1));
    const auto wrong = [&](std::vector<std::pair<std::string, std::string>> settings) {
        setup.settings = std::move(settings);
        const auto profile = computed_profile(setup);
        REQUIRE_FALSE(profile);
        return profile.error().at(0).key;
    };
    CHECK(wrong({{"reorg_depth", "6"}}) == "reorg_depth");
    CHECK(wrong({{"congestion", "many"}}) == "congestion");
    CHECK(wrong({{"block_interval_s", "1"}, {"block_interval_ms", "1"}}) == "block_interval_ms");
}

TEST_CASE("litecoin's regtest differs in its addresses and its first block") {
    const Network* const network = network_named("litecoin-regtest");
    REQUIRE(network);
    CHECK(address_of_escrow(Bytes{1}, *network).starts_with("rltc1"));
    CHECK(identity_of(*network).chain == "regtest");
    CHECK(identity_of(*network).genesis != identity_of(*network_named("regtest")).genesis);
    for (const Network& each : networks)
        CHECK(identity_of(each).genesis.size() == 64);
    CHECK(to_text(id_of(BitcoinNode().machine.chain().at(0)->block.header)) ==
          identity_of(*network_named("regtest")).genesis);
}

TEST_CASE("what left the pool before it was looked at is looked at when it comes back") {
    Transaction transaction;
    transaction.inputs.emplace_back();
    transaction.outputs.push_back({1, Bytes{1}});
    const Txid id = txid_of(transaction);
    PoolWatch watch(10);
    watch.list_is({id});
    REQUIRE(watch.has_more());
    CHECK(watch.ask().size() == 1);
    CHECK(watch.take({unexpected(RpcFailure{})}).empty());
    CHECK_FALSE(watch.has_more());
    watch.list_is({id});
    REQUIRE(watch.has_more());
    watch.ask();
    CHECK(watch.take({Json(to_hex(serialize(transaction)))}).size() == 1);
    watch.list_is({id});
    CHECK_FALSE(watch.has_more());
}

TEST_CASE("a block without the coinbase's witness, which is always the same, is taken") {
    BitcoinNode node;
    const auto ask = [&](const std::string& method, Json params) {
        RpcRequest request;
        request.method = method;
        request.params = std::move(params);
        return call(node, {*network_named("regtest"), 0}, request);
    };
    const auto made = ask("generateblock", Json::array()
                                               .push("bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080")
                                               .push(Json::array())
                                               .push(false));
    REQUIRE(made);
    auto block = parse_block(*from_hex((*made)["hex"].text_or("")));
    REQUIRE(block);
    block->transactions[0].inputs[0].witness.clear();
    const auto taken = ask("submitblock", Json::array().push(to_hex(serialize(*block))));
    REQUIRE(taken);
    CHECK(taken->is_null());
    // And one that a block has is not sent again.
    const auto again =
        ask("sendrawtransaction", Json::array().push(to_hex(serialize(block->transactions[0]))));
    REQUIRE_FALSE(again);
    CHECK(again.error().code == RpcCode::verify_already_in_utxo_set);
}

}  // namespace
}  // namespace lockstep::test
