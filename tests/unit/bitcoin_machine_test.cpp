// The mock node as a machine: the same journal gives the same chain, pool and snapshot.
#include <doctest/doctest.h>

#include "bitcoin/machine/machine.h"
#include "bitcoin/script/script.h"
#include "sdk/machine/machine_program.h"
#include "sdk/machine/sim_host.h"

namespace lockstep::bitcoin {
namespace {

constexpr Timestamp start{1'700'000'000'000'000};
const Bytes anybody{static_cast<std::uint8_t>(Opcode::op_1)};
// Anybody may spend it, and it is relayed: the hash of a script that is OP_1.
Bytes relayed() {
    ScriptWriter script;
    script.op(Opcode::op_0).push(sha256(anybody).view());
    return script.take();
}

class World {
public:
    BitcoinMachine machine;
    Timestamp now = start;

    World() {
        Settings settings;
        settings.coinbase_maturity = 2;
        CHECK(give(input::Configure{settings}) == "ok");
    }

    // Bitcoin Core's word, or ok.
    std::string give(const Input& input) {
        now = now + Duration::seconds(1);
        const auto read = BitcoinMachine::decode_input(BitcoinMachine::encode_input(input));
        REQUIRE(read);
        CHECK(BitcoinMachine::encode_input(*read) == BitcoinMachine::encode_input(input));
        if (!machine.check(now, *read)) return *machine.fault_of(now, *read).fault;
        inputs.emplace_back(now, *read);
        Outputs<BitcoinMachine> out;
        machine.apply(now, *read, out);
        REQUIRE(out.outputs.size() == 1);
        last = std::get<output::Done>(out.outputs[0]);
        return last.fault.value_or("ok");
    }
    std::string mine(std::uint32_t blocks = 1) {
        input::Mine mine;
        mine.blocks = blocks;
        mine.script = relayed();
        return give(mine);
    }
    // Of the coinbase of the block at that height.
    Transaction spend(int height, Satoshi fee = 10'000) const {
        const Transaction& coinbase = machine.chain().at(height)->block.transactions[0];
        return spend({txid_of(coinbase), 0}, coinbase.outputs[0].value - fee);
    }
    static Transaction spend(const OutPoint& place, Satoshi value) {
        Transaction transaction;
        TxIn input;
        input.prevout = place;
        input.sequence = 0xfffffffd;
        input.witness = {anybody};
        transaction.inputs.push_back(input);
        transaction.outputs.push_back({value, relayed()});
        return transaction;
    }

    std::vector<std::pair<Timestamp, Input>> inputs;
    output::Done last;
};

TEST_CASE("a transaction waits in the pool, and is in the next block") {
    World world;
    CHECK(world.mine(5) == "ok");
    CHECK(world.machine.chain().height() == 5);
    CHECK(world.last.blocks.size() == 5);
    const Transaction transaction = world.spend(1);
    const Txid txid = txid_of(transaction);
    CHECK(world.give(input::Submit{transaction}) == "ok");
    CHECK(world.machine.pool().find(txid) != nullptr);
    CHECK_FALSE(world.machine.block_of(txid));
    CHECK(world.give(input::Submit{transaction}) == "txn-already-in-mempool");
    CHECK(world.mine() == "ok");
    CHECK(world.machine.pool().all().empty());
    CHECK(world.machine.block_of(txid) == world.machine.chain().tip().id);
    const Block& block = world.machine.chain().tip().block;
    CHECK(block.transactions.size() == 2);
    CHECK(block.transactions[0].outputs[0].value == 50 * coin + 10'000);
}

TEST_CASE(
    "a block that was called invalid gives back what it held, and comes back when reconsidered") {
    World world;
    world.mine(5);
    const Transaction transaction = world.spend(1);
    world.give(input::Submit{transaction});
    world.mine();
    const BlockId with_it = world.machine.chain().tip().id;
    world.mine(2);
    CHECK(world.give(input::Invalidate{with_it}) == "ok");
    CHECK(world.machine.chain().height() == 5);
    CHECK(world.machine.pool().find(txid_of(transaction)) != nullptr);
    CHECK_FALSE(world.machine.block_of(txid_of(transaction)));
    SUBCASE("and a longer branch takes its place") {
        CHECK(world.mine(3) == "ok");
        CHECK(world.machine.chain().height() == 8);
        CHECK(world.machine.block_of(txid_of(transaction)) == world.machine.chain().at(6)->id);
    }
    SUBCASE("reconsidered") {
        CHECK(world.give(input::Reconsider{with_it}) == "ok");
        CHECK(world.machine.chain().height() == 8);
        CHECK(world.machine.block_of(txid_of(transaction)) == with_it);
        CHECK(world.machine.pool().all().empty());
    }
    CHECK(world.give(input::Invalidate{BlockId{}}) == "not-found");
    CHECK(world.give(input::Invalidate{world.machine.chain().at(0)->id}) == "genesis");
}

TEST_CASE("blocks at one time that pay to one script differ") {
    World world;
    CHECK(world.give(input::SetTime{1'800'000'000}) == "ok");
    world.mine();
    const BlockId first = world.machine.chain().tip().id;
    CHECK(world.machine.chain().tip().block.header.time == 1'800'000'000);
    CHECK(world.give(input::Invalidate{first}) == "ok");
    CHECK(world.mine() == "ok");
    CHECK(world.machine.chain().tip().id != first);
    CHECK(world.machine.chain().height() == 1);
}

TEST_CASE("a block of chosen transactions, and one of somebody else") {
    World world;
    world.mine(5);
    const Transaction transaction = world.spend(1);
    input::Mine mine;
    mine.script = relayed();
    mine.transactions = std::vector{transaction, transaction};
    CHECK(world.give(mine) == "bad-txns-inputs-missingorspent");
    mine.transactions->pop_back();
    auto made = world.machine.make_block(world.now, mine);
    CHECK(world.give(mine) == "ok");
    CHECK(world.machine.chain().tip().block.transactions.size() == 2);

    World other;
    for (int height = 1; height <= 6; ++height)
        CHECK(other.give(input::SubmitBlock{world.machine.chain().at(height)->block}) == "ok");
    CHECK(other.machine.chain().tip().id == world.machine.chain().tip().id);
    CHECK(other.give(input::SubmitBlock{world.machine.chain().at(3)->block}) == "duplicate");
    CHECK(other.give(input::SubmitBlock{made.block}) == "duplicate");
}

TEST_CASE("a snapshot holds all of it, and replaying gives the same") {
    World world;
    world.mine(8);
    world.give(input::Submit{world.spend(1)});
    world.give(input::Submit{world.spend(2)});
    world.mine();
    const BlockId left = world.machine.chain().tip().id;
    world.give(input::Submit{world.spend(3)});
    world.give(input::Invalidate{left});
    world.mine(2);
    const Transaction parent = world.spend(4);
    world.give(input::Submit{parent});
    world.give(input::Submit{World::spend({txid_of(parent), 0}, 1'000'000)});
    world.give(input::SetTime{1'900'000'000});

    const Bytes snapshot = world.machine.write_snapshot();
    BitcoinMachine restored;
    REQUIRE(restored.read_snapshot(snapshot));
    CHECK(restored.write_snapshot() == snapshot);
    CHECK(restored.chain().tip().id == world.machine.chain().tip().id);
    CHECK(restored.chain().coins() == world.machine.chain().coins());
    REQUIRE(restored.pool().all().size() == world.machine.pool().all().size());
    for (const auto& [txid, entry] : world.machine.pool().all()) {
        const Mempool::Entry* const again = restored.pool().find(txid);
        REQUIRE(again != nullptr);
        CHECK(again->alone() == entry.alone());
        CHECK(again->weight == entry.weight);
        CHECK(again->octets == entry.octets);
        CHECK(again->with_ancestors == entry.with_ancestors);
        CHECK(again->with_descendants == entry.with_descendants);
    }
    CHECK(restored.pool().octets() == world.machine.pool().octets());
    CHECK(restored.pool().size() == world.machine.pool().size());
    CHECK(restored.now_s(start) == 1'900'000'000);
    CHECK(restored.chain().find(left)->invalid);

    BitcoinMachine replayed;
    for (const auto& [at, input] : world.inputs) {
        REQUIRE(replayed.check(at, input));
        Outputs<BitcoinMachine> out;
        replayed.apply(at, input, out);
    }
    CHECK(replayed.write_snapshot() == snapshot);

    // What comes next is the same too.
    for (BitcoinMachine* machine : {&restored, &replayed}) {
        Outputs<BitcoinMachine> out;
        input::Mine mine;
        mine.script = relayed();
        machine->apply(world.now + Duration::seconds(1), mine, out);
    }
    CHECK(restored.write_snapshot() == replayed.write_snapshot());

    for (std::size_t size = 0; size < snapshot.size(); size += 7)
        CHECK_FALSE(BitcoinMachine().read_snapshot(ByteView(snapshot).first(size)));
}

TEST_CASE("a node that died at any point has what it had answered") {
    using Program = MachineProgram<BitcoinMachine>;
    for (std::uint64_t point = 1; point < 60; ++point) {
        MemoryDisk disk;
        SimHost<Program> host(
            disk,
            [] {
                Settings settings;
                settings.coinbase_maturity = 2;
                return std::make_unique<Program>(BitcoinMachine{},
                                                 std::vector<Input>{input::Configure{settings}});
            },
            3);
        REQUIRE(host.start(start));
        host.crash_at_point(point);
        Timestamp now = start;
        int answered = 0;
        input::Mine mine;
        mine.script = relayed();
        for (int i = 1; i <= 8 && host.running(); ++i) {
            now = now + Duration::seconds(1);
            for (const auto& effect : host.run(now, {{mine, static_cast<Ticket>(i)}}))
                if (const auto* answer = std::get_if<TicketAnswer>(&effect))
                    if (answer->result) answered = i;
        }
        if (!host.running()) REQUIRE(host.start(now));
        CHECK(host.program().machine().chain().height() >= answered);
        CHECK(host.program().machine().chain().height() <= answered + 1);
    }
}

}  // namespace
}  // namespace lockstep::bitcoin
