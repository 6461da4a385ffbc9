// How fast the cash machine alone is: no disk, no network, no signatures. Prints operations a
// second.
#include <doctest/doctest.h>

#include <ctime>
#include <deque>
#include <iostream>

#include "sdk/crypto/hash.h"
#include "tests/unit/cash_world.h"

using namespace lockstep;
using namespace lockstep::cash;
using namespace lockstep::cash::testing;

namespace {

constexpr std::size_t accounts = 1'000;
constexpr std::size_t rounds = 200;
constexpr std::size_t ops_per_instruction = 512;

template <class F>
F numbered(std::uint64_t number) {
    OerWriter to;
    to.u64(number);
    return F{sha256(to.bytes()).array()};
}

Address account(std::size_t number) {
    return account_of("account" + std::to_string(number));
}

std::uint64_t apply(CashMachine& machine, Timestamp at, const Input& input) {
    const Bytes octets = CashMachine::encode_input(input);
    Outputs<CashMachine> out;
    REQUIRE(machine.check(at, input));
    machine.apply(at, input, out);
    for (const OpAnswer& answer : std::get<output::Answers>(out.outputs.at(0)).answers)
        REQUIRE(answer.done);
    return octets.size();
}

}  // namespace

TEST_CASE("the cash machine prepares and fulfils more than 100,000 times a second") {
    CashMachine machine;
    Outputs<CashMachine> out;
    Timestamp at = time_of("0");
    Settings settings = test_settings();
    settings.retention = Duration::seconds(5);
    machine.apply(at, input::Configure{settings}, out);
    const auto instruction = [&](std::string_view signer, std::vector<Op> ops) {
        return submit_of(
            {account_of("test.sek"), key_of(signer), at + Duration::seconds(60), std::move(ops)});
    };
    std::uint64_t id = 0;
    std::vector<Op> ops{{numbered<CommandId>(++id),
                         op::RegisterAsset{asset_of("SEK/2"), key_of("bank"), Amount{1}}}};
    for (std::size_t i = 0; i < accounts; ++i)
        ops.push_back({numbered<CommandId>(++id), op::OpenAccount{account(i), key_of("node")}});
    apply(machine, at, instruction("operator", std::move(ops)));
    ops.clear();
    for (std::size_t i = 0; i < accounts; ++i) {
        ops.push_back({numbered<CommandId>(++id),
                       op::Issue{account(i), asset_of("SEK/2"), Amount{1'000'000}}});
    }
    apply(machine, at, instruction("bank", std::move(ops)));

    std::deque<Input> work;
    std::uint64_t escrow = 0;
    std::uint64_t count = 0;
    for (std::size_t round = 0; round < rounds; ++round) {
        std::vector<Op> prepares;
        std::vector<Op> fulfils;
        for (std::size_t i = 0; i < ops_per_instruction; ++i) {
            const EscrowId name = numbered<EscrowId>(++escrow);
            const Address payer = account(escrow % accounts);
            const Bytes preimage(name.view().begin(), name.view().end());
            const Condition condition{sha256(preimage).array()};
            const Timestamp now =
                at + Duration::milliseconds(100) * static_cast<std::int64_t>(round);
            prepares.push_back(
                {numbered<CommandId>(++id),
                 op::Prepare{{name, payer, account((escrow * 7 + 1) % accounts), asset_of("SEK/2"),
                              Amount{10}, condition, now + Duration::seconds(60)},
                             now + Duration::seconds(5)}});
            fulfils.push_back({numbered<CommandId>(++id), op::Fulfil{{payer, name}, preimage}});
        }
        count += prepares.size() + fulfils.size();
        work.push_back(instruction("node", std::move(prepares)));
        work.push_back(instruction("node", std::move(fulfils)));
    }
    const std::clock_t begin = std::clock();  // of this process: others may use the machine too
    std::uint64_t octets = 0;
    for (std::size_t i = 0; i < work.size(); ++i) {
        if (i % 2 == 0 && i > 0) at = at + Duration::milliseconds(100);
        octets += apply(machine, at, work[i]);
    }
    const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    const double rate = static_cast<double>(count) / seconds;
    std::cout << "cash machine: " << count << " operations in " << seconds << " s of one core, "
              << static_cast<std::uint64_t>(rate) << " a second, " << octets / count
              << " octets of journal each\n";
    REQUIRE(machine.is_conserved());
#ifdef __OPTIMIZE__
    CHECK(rate > 100'000);  // twice that when nothing else runs
#endif
}
