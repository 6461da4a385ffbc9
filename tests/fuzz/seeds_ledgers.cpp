// Seeds for the ledgers and for the files that processes leave.
#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "cash/machine/records.h"
#include "connector/node/sample.h"
#include "sdk/codec/archive.h"
#include "sdk/machine/journal.h"
#include "sdk/machine/state_file.h"
#include "sdk/store/journal_file.h"
#include "sdk/store/sqlite_store.h"
#include "securities/machine/light_client.h"
#include "sim/scenario/read.h"
#include "sim/scenario/swarm.h"
#include "tests/fuzz/fixtures.h"
#include "tests/fuzz/properties.h"
#include "tests/fuzz/seed_makers.h"
#include "tests/unit/store_directory.h"

namespace lockstep::fuzz {

using namespace securities;

namespace {

Bytes octets_of(const auto& value, auto write) {
    OerWriter to;
    write(to, value);
    return to.take();
}

// What a store wrote, packed into pages of 512 octets.
Bytes sample_journal() {
    const testing::TemporaryDirectory directory;
    {
        SqliteStore store({directory.path(), "", {0, 0}, 2'000});
        JournalEnd end;
        const auto recovered = store.open();
        ASSERT(recovered);
        end.begin(*recovered);
        for (int i = 0; i < 3; ++i) {
            Turn<int> turn;
            turn.entries.push_back({RowKind::input, start_time, Bytes(9, 1)});
            turn.entries.push_back({RowKind::output, start_time, Bytes(7, 2)});
            turn.records.push_back({1, Bytes(4, 3), Bytes(5, 4)});
            turn.puts.push_back({2, Bytes(3, 5), Bytes(2, 6)});
            store.append(end.seal(turn, 1),
                         [](Durability outcome) { ASSERT(outcome == Durability::durable); });
            if (i == 1) ASSERT(store.save_snapshot(end.snapshot(Bytes(11, 8))));
        }
        store.checkpoint();
    }
    const std::string path = journal_file(directory.path());
    sqlite3* database = nullptr;
    ASSERT(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
    ASSERT(sqlite3_exec(database, "PRAGMA journal_mode=DELETE; PRAGMA page_size=512; VACUUM;",
                        nullptr, nullptr, nullptr) == SQLITE_OK);
    ASSERT(sqlite3_close(database) == SQLITE_OK);
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void add_row_seeds(Seeds& seeds) {
    OerWriter same;
    OerWriter other;
    for (const std::uint64_t seq : {1U, 2U}) {
        for (OerWriter* to : {&same, &other}) {
            to->fixed(Hash{}).u64(to == &same ? 1 : seq).time(start_time).u16(1).u16(1).u64(1);
            to->octets(as_bytes("body"));
        }
    }
    seeds.add("journal_row", same.bytes());
    seeds.add("journal_row", other.bytes());
}

DecidedBlock sample_block() {
    securities::Ledger ledger = securities_world();
    std::vector<Transaction> transactions;
    for (const Bytes& octets : sample_instructions())
        transactions.push_back(*Transaction::decode(octets));
    const Timestamp time = securities_world_time() + Duration::seconds(1);
    const Executed executed = ledger.execute(time, transactions);
    DecidedBlock block;
    block.header.chain = block.header.parent = genesis().chain_id();
    block.header.validators = genesis().validators.hash();
    block.header.height = 1;
    block.header.time = time;
    block.header.tx_root = executed.tx_root;
    block.header.state_root = executed.state_root;
    const LenientSigner signer(named<PublicKey>("v1"));
    for (const std::uint32_t validator : {0U, 1U, 3U})
        block.certificate.signatures.push_back({validator, signer.sign({})});
    block.leaves = executed.leaves;
    return block;
}

Proposal sample_proposal(std::uint32_t round) {
    Proposal proposal;
    proposal.header.chain = proposal.header.parent = genesis().chain_id();
    proposal.header.validators = genesis().validators.hash();
    proposal.header.height = 1;
    proposal.header.time = start_time + Duration{1};
    const Executed executed = securities::Ledger(genesis()).execute(proposal.header.time, {});
    proposal.header.tx_root = executed.tx_root;
    proposal.header.state_root = executed.state_root;
    proposal.round = round;
    proposal.validator = (1 + round) % 4;
    const LenientSigner signer(named<PublicKey>("v1"));
    proposal.signature = signer.sign({});
    if (round > 0) {
        proposal.valid_round = round - 1;
        for (const std::uint32_t validator : {1U, 2U, 3U})
            proposal.valid_prevotes.push_back({validator, signer.sign({})});
    }
    return proposal;
}

Vote sample_vote(VoteKind kind, const Hash& block) {
    const LenientSigner signer(named<PublicKey>("v1"));
    return {{kind, 1, 0, block}, 1, signer.sign({})};
}

void add_block_seeds(Seeds& seeds) {
    seeds.add("genesis", octets_of(genesis(), write_genesis));
    const DecidedBlock block = sample_block();
    seeds.add("decided_block", encode_decided(block));
    for (const Bytes& leaf : block.leaves)
        if (leaf.front() != 2) seeds.add("block_leaf", leaf);
    seeds.add("block_leaf", block.leaves.back());
    seeds.add("block_leaf", refund_leaf({9, second(700), terms("e2"), EscrowState::refunded_expired,
                                         std::nullopt}));

    BlockFrame frame;
    frame.blocks.push_back(ProvableBlock(block).view_for({account("al"), account("bo")}));
    frame.tip = 1;
    frame.balances.push_back({account("al"), krona(), Amount{5}, Amount{6}});
    const Bytes octets = securities::encode_frame(frame);
    seeds.add("block_frame", octets);
    Bytes frames{0};
    add_piece(frames, octets);
    seeds.add("light_client", frames);
    // two single leaves, put right on the way
    BlockFrame next = frame;
    next.blocks.front().leaves.resize(1);
    next.blocks.front().leaves.front().octets =
        refund_leaf({900, second(700), terms("e2"), EscrowState::refunded_expired, std::nullopt});
    Bytes repaired{31};
    add_piece(repaired, securities::encode_frame(next));
    seeds.add("light_client", repaired);
    seeds.add("light_client_place", encode_place({7, named<Hash>("h"), second(1), 9}));

    Bytes proof{5, 2, 1, 5};
    seeds.add("merkle_proof", proof);
    append(proof, Bytes{0, 1});
    append(proof, named<Hash>("other").view());
    append(proof, Bytes{2, 0});
    append(proof, named<Hash>("other").view());
    seeds.add("merkle_proof", proof);
}

void add_validator_seeds(Seeds& seeds) {
    const Proposal first = sample_proposal(0);
    Proposal full = sample_proposal(1);
    full.transactions = sample_instructions();
    const Hash hash = first.header.hash();
    const std::vector<securities::Message> messages{first,
                                                    full,
                                                    sample_vote(VoteKind::prevote, hash),
                                                    sample_vote(VoteKind::precommit, {}),
                                                    WhereAmI{3},
                                                    sample_block()};
    Bytes sequence;
    for (const securities::Message& message : messages) {
        const Bytes octets = securities::encode_message(message);
        seeds.add("validator_message", octets);
        const auto received = validator_input::Received::decode(octets);
        ASSERT(received);
        seeds.add("validator_input", Validator::encode_input(*received));
        sequence.push_back(10);
        add_piece(sequence, octets);
        Bytes alone{1};
        add_piece(alone, octets);
        if (std::holds_alternative<Proposal>(message)) seeds.add("validator_machine", alone);
    }
    seeds.add("validator_machine", sequence);
    seeds.add("validator_input",
              Validator::encode_input(validator_input::Configure{genesis(), {}}));
    seeds.add("validator_input", Validator::encode_input(validator_input::Hurry{}));
    seeds.add("validator_input", Validator::encode_input(validator_input::Resume{}));
    seeds.add("validator_input", Validator::encode_input(validator_input::Wake{}));
    validator_input::Propose propose;
    propose.transactions.push_back(*Transaction::decode(sample_instructions().front()));
    seeds.add("validator_input", Validator::encode_input(propose));

    Validator machine(validator_setup());
    seeds.add("validator_snapshot", machine.write_snapshot());
    Outputs<Validator> out;
    machine.apply(start_time, validator_input::Configure{genesis(), {}}, out);
    for (std::size_t i = 0; i < 4; ++i) {
        auto received = validator_input::Received::decode(securities::encode_message(messages[i]));
        const Validator::Input input = std::move(*received);
        if (machine.check(second(1), input)) machine.apply(second(1), input, out);
        seeds.add("validator_snapshot", machine.write_snapshot());
    }
    // With the accounts of the fixture in its ledger, which is the end of a snapshot.
    Validator empty(validator_setup());
    empty.apply(start_time, validator_input::Configure{genesis(), {}}, out);
    Bytes snapshot = empty.write_snapshot();
    ArchiveWriter nothing;
    ArchiveWriter world;
    securities::Ledger(genesis()).write(nothing);
    securities_world().write(world);
    snapshot.resize(snapshot.size() - nothing.bytes().size());
    append(snapshot, world.bytes());
    seeds.add("validator_snapshot", snapshot);
}

// With the keys of others filled in, without which it is refused.
std::string filled_sample() {
    std::string text = node::sample_configuration;
    const std::string zero(64, '0');
    for (const char digit : {'1', '2'})
        text.replace(text.find(zero), zero.size(), std::string(zero.size(), digit));
    return text;
}

}  // namespace

void add_ledger_seeds(Seeds& seeds) {
    Bytes cash_sequence;
    Bytes block_sequence;
    const auto add_cash = [&](const cash::Input& input) {
        const Bytes octets = cash::encode_input(input);
        seeds.add("cash_input", octets);
        Bytes alone{2};
        add_piece(alone, octets);
        seeds.add("cash_machine", alone);
        cash_sequence.push_back(1);
        add_piece(cash_sequence, octets);
    };
    add_cash(cash::input::Configure{cash_settings()});
    for (const Bytes& octets : sample_instructions()) {
        add_cash(cash::input::Submit{decode_instruction(octets)->instruction, octets, true});
        Bytes alone{3};
        add_piece(alone, octets);
        seeds.add("securities_ledger", alone);
        block_sequence.push_back(static_cast<std::uint8_t>(block_sequence.size() % 4));
        add_piece(block_sequence, octets);
    }
    add_cash(cash::input::Wake{});
    add_cash(cash::input::Upgrade{1});
    seeds.add("cash_machine", cash_sequence);
    seeds.add("securities_ledger", block_sequence);
    seeds.add("cash_snapshot", cash::CashMachine{}.write_snapshot());
    seeds.add("cash_snapshot", cash_world().write_snapshot());

    securities::Ledger ledger = securities_world();
    std::vector<Transaction> transactions;
    for (const Bytes& octets : sample_instructions())
        transactions.push_back(*Transaction::decode(octets));
    for (const Effect& effect :
         ledger.execute(securities_world_time() + Duration{1}, transactions).effects)
        seeds.numbered("securities_record", 0, encode_fields(effect));
    for (const auto& [ref, escrow] : ledger.state().escrows.all())
        seeds.numbered("securities_record", 1, encode_fields(escrow));
    OerWriter fault;
    write_vote(fault, sample_vote(VoteKind::prevote, {}));
    write_vote(fault, sample_vote(VoteKind::prevote, named<Hash>("h")));
    seeds.numbered("securities_record", 2, fault.bytes());

    add_block_seeds(seeds);
    add_validator_seeds(seeds);
}

void add_file_seeds(Seeds& seeds) {
    add_row_seeds(seeds);
    seeds.add("journal_file", sample_journal());
    seeds.text("state_file", to_json(StateDigest{12, named<Hash>("h")}));
    seeds.text("key_file", to_hex(named<Hash>("k").view()) + "\n");
    seeds.text("trades_csv",
               "reference,isin,quantity,price_sek,buyer,seller,time\n"
               "X-1,SE0000148884,550,164.50,birch,delta,2026-11-20T09:00:21Z\r\n\n"
               "X-2,,,,,,\n");
    seeds.text("toml", node::sample_configuration);
    seeds.text(
        "toml",
        "a.b = 0x1F\n\"q\" = 'l'\n[t.u]\nf = 1.5e3\nd = 1979-05-27T07:32:00Z\n"
        "l = [ 1_000, [true], {x = \"\\u00e5\"}, ] # c\n[[v]]\n[[v]]\ns = \"\"\"m\nn\"\"\"\n");
    seeds.text("node_settings", filled_sample());
    seeds.text("ledger_settings",
               "[ledger]\naddress = \"test.l\"\noperator = \"" + std::string(64, 'a') +
                   "\"\nmax_hold_s = 3600\nmax_amount = 1_000\n[profile]\ninclusion_ms = 0x10\n"
                   "[readers]\nauditors = [\"" +
                   std::string(64, 'b') +
                   "\"]\n[log]\nfile = '''a\nb'''\nloud = true\n[[assets]]\ncode = \"S\\u00e5\"\n"
                   "[[assets]]\ncode = \"B\" # said\n");
    seeds.text("ledger_settings",
               "ledger = { address = \"test.l\", operator = '" + std::string(64, '0') + "' }\n");
    seeds.text("adapter_settings",
               "in_flight=8\nops_per_instruction=100\ninstruction_life_ms=60000\n"
               "reply_timeout_ms=10\nstale_after_ms=5\nchain=" +
                   std::string(64, 'c') + "\nvalidators=" + std::string(64, '1') + "," +
                   std::string(64, '2') + "\nquorum=2");
    seeds.text("adapter_settings", "in_flight=1");
    // The smallest worlds that a seed draws: a fuzzer takes long files apart first.
    for (std::uint64_t seed = 1, kept = 0; kept < 2; ++seed) {
        const std::string world = sim::write_scenario(sim::draw_swarm(seed));
        if (world.size() > 6000) continue;
        seeds.text("scenario", world);
        ++kept;
    }
}

}  // namespace lockstep::fuzz
