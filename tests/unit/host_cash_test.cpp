// The cash ledger as a process that dies at every persistence point.
#include <doctest/doctest.h>

#include "cash/machine/machine.h"
#include "sdk/crypto/hash.h"
#include "tests/unit/host_crash_drive.h"

namespace lockstep::cash {
namespace {

using CashProgram = MachineProgram<CashMachine>;

Timestamp at(std::int64_t seconds) {
    return Timestamp{(1'000'000 + seconds) * 1'000'000};
}
template <class Id>
Id named(std::string_view name) {
    return Id{sha256(as_bytes(name)).array()};
}
Address account(const std::string& name) {
    return *Address::parse("test.sek." + name);
}
const AssetId sek = *AssetId::make("SEK", 2);

// The machine looks at who signed, not at the signature.
TicketedInput<CashMachine> from(std::string_view signer, Ticket ticket,
                                std::vector<OpBody> bodies) {
    Instruction instruction;
    instruction.ledger = *Address::parse("test.sek");
    instruction.signer = named<PublicKey>(signer);
    instruction.valid_until = at(3'600);
    for (OpBody& body : bodies) {
        const std::string id =
            std::to_string(ticket) + "." + std::to_string(instruction.ops.size());
        instruction.ops.push_back({named<CommandId>(id), std::move(body)});
    }
    Bytes octets = encode_instruction(instruction);
    append(octets, Signature{}.view());
    return {input::Submit{std::move(instruction), std::move(octets)}, ticket};
}

op::Prepare prepare(const std::string& id, std::uint64_t amount, std::int64_t expiry) {
    EscrowTerms terms;
    terms.id = named<EscrowId>(id);
    terms.payer = account("alice");
    terms.payee = account("bob");
    terms.asset = sek;
    terms.amount = Amount{amount};
    const Hash preimage = sha256(as_bytes(id));
    terms.condition = Condition{sha256(preimage.view()).array()};
    terms.expiry = at(expiry);
    return {terms, at(expiry - 1)};
}
op::Fulfil fulfil(const std::string& id) {
    const Hash preimage = sha256(as_bytes(id));
    return {{account("alice"), named<EscrowId>(id)},
            Bytes(preimage.view().begin(), preimage.view().end())};
}
op::Reject reject(const std::string& id) {
    return {{account("alice"), named<EscrowId>(id)}, account("bob")};
}

std::unique_ptr<CashProgram> make() {
    Settings settings;
    settings.ledger = *Address::parse("test.sek");
    settings.ledger_operator = named<PublicKey>("operator");
    settings.retention = Duration::seconds(30);
    return std::make_unique<CashProgram>(CashMachine{},
                                         std::vector<Input>{input::Configure{settings}});
}

TEST_CASE("a cash ledger that dies at any persistence point ends in the same state") {
    const op::Transfer transfer{account("alice"), account("bob"), sek, Amount{5}, at(100)};
    const testing::CrashDrive<CashProgram>::Script script{
        {at(0),
         {from("operator", 1,
               {op::OpenAccount{account("alice"), named<PublicKey>("alice")},
                op::OpenAccount{account("bob"), named<PublicKey>("bob")},
                op::RegisterAsset{sek, named<PublicKey>("bank"), Amount{1}}})}},
        {at(1), {from("bank", 2, {op::Issue{account("alice"), sek, Amount{1'000}}})}},
        {at(2),
         {from("alice", 3, {prepare("E1", 100, 20), prepare("E2", 200, 20)}),
          from("alice", 4, {prepare("E3", 300, 20), prepare("E4", 5'000, 20), transfer})}},
        {at(3), {from("bob", 5, {fulfil("E1")}), from("bob", 6, {reject("E2"), reject("E9")})}},
        {at(20), {}},
        {at(20), {from("bob", 7, {fulfil("E3"), fulfil("E1")})}},
        {at(21), {from("alice", 8, {prepare("E9", 10, 40), prepare("E1", 100, 20)})}},
        {at(60), {from("stranger", 9, {transfer})}},
    };
    const testing::CrashDrive<CashProgram> drive(make, script);
    drive.check_every_point();

    // and that state is the one that the script means
    const auto calm = drive.run({});
    const auto restored = make();
    Recovered recovered;
    recovered.snapshot = Snapshot{1, {}, calm.state, {}};
    REQUIRE(restored->recover(recovered));
    const CashMachine& machine = restored->machine();
    CHECK(machine.is_conserved());
    const auto answer = machine.ask(at(60), named<PublicKey>("bob"), CashMachine::Reader::owner,
                                    ask::Balances{account("bob")});
    REQUIRE(answer);
    REQUIRE(answer->balances.size() == 1);
    CHECK(answer->balances[0].free == Amount{105});
}

}  // namespace
}  // namespace lockstep::cash
