#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

#include "sdk/crypto/hash.h"
#include "tests/unit/securities_world.h"

using namespace lockstep;
using namespace lockstep::securities;
using namespace lockstep::securities::testing;

namespace {

// A row: the time in seconds, the operation, and "ok" or the reason. Rows without a name for the
// operation have one of their own; "#name" at the end names it.
struct Row {
    double at;
    std::string words;
    std::string result;
};

std::set<std::string>& reasons_seen() {
    static std::set<std::string> seen;
    return seen;
}

void run_table(World& world, const std::vector<Row>& rows) {
    for (const Row& row : rows) {
        CAPTURE(row.words);
        world.at(second(row.at));
        const auto hash = row.words.find('#');
        const auto reason = world.run(row.words.substr(0, hash),
                                      hash == std::string::npos ? "" : row.words.substr(hash + 1));
        const std::string result = reason ? std::string(to_string(*reason)) : "ok";
        CHECK(result == row.result);
        if (reason) reasons_seen().insert(result);
        CHECK(conserved(world.ledger.state()));
    }
}

std::uint64_t free_of(const World& world, const std::string& name, const std::string& code) {
    const auto* holding = world.ledger.state().holdings.find({account_of(name), share(code)});
    return holding ? holding->free.units() : 0;
}

}  // namespace

TEST_CASE("accounts and assets are the operator's, units the issuer's") {
    World world;
    run_table(world, {
                         {1, "open dave dave", "ok"},
                         {1, "open dave dave", "ok"},
                         {1, "open dave mallory", "account_exists"},
                         {1, "alice: open erin erin", "not_permitted"},
                         {1, "open test.sek.erin erin", "wrong_ledger"},
                         {1, "asset NEW 10", "ok"},
                         {1, "asset NEW 10", "ok"},
                         {1, "asset NEW 20", "asset_exists"},
                         {1, "asset NONE 0", "zero_amount"},
                         {1, "alice: asset MINE 1", "not_permitted"},
                         {1, "issue dave NEW 100", "ok"},
                         {1, "alice: issue dave NEW 100", "not_permitted"},
                         {1, "issue nobody NEW 100", "unknown_account"},
                         {1, "issue dave OLD 100", "unknown_asset"},
                         {1, "issue dave NEW 0", "zero_amount"},
                         {1, "issue dave NEW 15", "odd_lot"},
                         {1, "issue dave SHARE 18446744073709551615", "amount_overflow"},
                         {1, "redeem dave NEW 40", "ok"},
                         {1, "redeem dave NEW 70", "insufficient_funds"},
                         {1, "redeem dave NEW 5", "odd_lot"},
                         {1, "alice: redeem dave NEW 10", "not_permitted"},
                     });
    CHECK(free_of(world, "dave", "NEW") == 60);
}

TEST_CASE("a transfer moves whole lots between accounts, once") {
    World world;
    run_table(world, {
                         {1, "transfer alice bob SHARE 10 60 #T1", "ok"},
                         {2, "transfer alice bob SHARE 10 60 #T1", "ok"},
                         {2, "transfer alice bob SHARE 11 60 #T1", "id_reused"},
                         {2, "transfer alice bob LOT100 150 60", "odd_lot"},
                         {2, "transfer alice bob LOT100 200 60", "ok"},
                         {2, "transfer alice nobody SHARE 10 60", "unknown_account"},
                         {2, "transfer alice bob GOLD 10 60", "unknown_asset"},
                         {2, "transfer alice bob SHARE 0 60", "zero_amount"},
                         {2, "transfer alice alice SHARE 10 60", "same_account"},
                         {2, "bob: transfer alice bob SHARE 10 60", "not_permitted"},
                         {2, "transfer alice bob SHARE 991 60", "insufficient_funds"},
                         {60, "transfer alice bob SHARE 10 60", "ok"},
                         {60.000001, "transfer alice bob SHARE 10 60", "not_after_passed"},
                         {61, "transfer alice bob SHARE 10 86500", "too_far_ahead"},
                         {61, "transfer alice test.sek.bob SHARE 10 86500", "wrong_ledger"},
                     });
    CHECK(free_of(world, "alice", "SHARE") == 980);
    CHECK(free_of(world, "bob", "SHARE") == 20);
}

TEST_CASE(
    "an escrow is prepared once and fulfilled by its payee with 32 octets before the expiry") {
    World world;
    run_table(world, {
                         {1, "prepare E1 alice bob SHARE 100 H1 60 30", "ok"},
                         {2, "prepare E1 alice bob SHARE 100 H1 60 30", "ok"},
                         {2, "prepare E1 alice bob SHARE 101 H1 60 30", "id_reused"},
                         {2, "prepare E1 alice carol SHARE 100 H1 60 30", "id_reused"},
                         {2, "prepare E1 bob alice SHARE 1 H1 60 30", "insufficient_funds"},
                         {2, "bob: prepare E2 alice bob SHARE 100 H1 60 30", "not_permitted"},
                         {2, "prepare E2 alice nobody SHARE 100 H1 60 30", "unknown_account"},
                         {2, "prepare E2 alice bob GOLD 100 H1 60 30", "unknown_asset"},
                         {2, "prepare E2 alice bob SHARE 0 H1 60 30", "zero_amount"},
                         {2, "prepare E2 alice bob LOT100 50 H1 60 30", "odd_lot"},
                         {2, "prepare E2 alice alice SHARE 100 H1 60 30", "same_account"},
                         {2, "prepare E2 alice bob SHARE 100 H1 60 1", "not_after_passed"},
                         {2, "prepare E2 alice bob SHARE 100 H1 2 30", "expiry_passed"},
                         {2, "prepare E2 alice bob SHARE 100 H1 86403 30", "expiry_too_far"},
                         {2, "prepare E2 alice bob SHARE 901 H1 60 30", "insufficient_funds"},
                         {3, "fulfil alice E9 H1", "unknown_escrow"},
                         {3, "carol: fulfil alice E1 H1", "not_payee"},
                         {3, "alice: fulfil alice E1 H1", "not_payee"},
                         {3, "fulfil alice E1 H1/0", "wrong_preimage_size"},
                         {3, "fulfil alice E1 H1/31", "wrong_preimage_size"},
                         {3, "fulfil alice E1 H1/33", "wrong_preimage_size"},
                         {3, "fulfil alice E1 H1/521", "wrong_preimage_size"},
                         {3, "fulfil alice E1 H2", "wrong_preimage"},
                         {3, "refund alice E1", "escrow_not_expired"},
                         {59.999998, "fulfil alice E1 H1 #F1", "ok"},
                         {70, "fulfil alice E1 H1 #F1", "ok"},
                         {70, "fulfil alice E1 H1", "ok"},
                         {70, "prepare E1 alice bob SHARE 100 H1 60 30", "ok"},
                         {70, "reject alice E1 bob", "already_fulfilled"},
                         {70, "refund alice E1", "already_fulfilled"},
                     });
    CHECK(free_of(world, "bob", "SHARE") == 100);
}

TEST_CASE("exactly one of fulfil and refund is possible at each block time") {
    for (const int offset_us : {-1, 0, 1}) {
        CAPTURE(offset_us);
        World world;
        run_table(world, {{1, "prepare E1 alice bob SHARE 100 H1 60 30", "ok"}});
        world.at(second(60) + Duration{offset_us});
        const auto fulfil = world.run("fulfil alice E1 H1");
        CHECK(fulfil == (offset_us < 0 ? std::nullopt : std::optional{Reason::escrow_expired}));
        if (fulfil) reasons_seen().insert(std::string(to_string(*fulfil)));
        CHECK(free_of(world, "bob", "SHARE") == (offset_us < 0 ? 100 : 0));
        world.run("refund alice E1");
        CHECK(world.last().done == (offset_us >= 0));
        CHECK(conserved(world.ledger.state()));
    }
}

TEST_CASE("a payee gives an escrow back early, or refuses it before it is prepared") {
    World world;
    run_table(world, {
                         {1, "prepare E1 alice bob SHARE 100 H1 60 30", "ok"},
                         {2, "alice: reject alice E1 bob", "not_payee"},
                         {2, "carol: reject alice E1 carol", "not_payee"},
                         {2, "reject alice E1 bob", "ok"},
                         {2, "reject alice E1 bob", "ok"},
                         {2, "fulfil alice E1 H1", "already_refunded"},
                         {2, "refund alice E1", "already_refunded"},
                         {3, "reject alice E2 nobody", "unknown_account"},
                         {3, "reject nobody E2 bob", "unknown_account"},
                         {3, "carol: reject alice E2 bob", "not_payee"},
                         {3, "reject alice E2 bob", "ok"},
                         {3, "reject alice E2 bob", "ok"},
                         {4, "prepare E2 alice bob SHARE 100 H1 60 30", "tombstoned"},
                         {4, "prepare E2 alice carol SHARE 100 H1 60 30", "ok"},
                         {4, "prepare E3 alice bob SHARE 100 H1 60 30", "ok"},
                         {61, "reject alice E3 bob", "already_refunded"},
                         {61, "refund alice E3", "ok"},
                         {61, "prepare E3 alice bob SHARE 100 H1 60 90", "ok"},
                         {61, "refund alice E9", "unknown_escrow"},
                     });
    CHECK(free_of(world, "alice", "SHARE") == 1000);
}

TEST_CASE("what a payee refused in advance binds that payee alone, and its number is limited") {
    World world;
    for (std::uint64_t i = 0; i < max_tombstones_of_payee; ++i) {
        const auto reason = world.run("reject alice X" + std::to_string(i) + " bob");
        if (reason) FAIL("refused at ", i);
    }
    run_table(world, {
                         {1, "reject alice Y bob", "limit_reached"},
                         {1, "reject alice Y carol", "ok"},
                         {1, "prepare Y alice bob SHARE 1 H1 60 30", "ok"},
                         {90'000, "reject alice Z bob", "ok"},
                     });
}

TEST_CASE("a tombstone stands at the last instant of every prepare that it has to stop") {
    World world;
    const double last = 1 + 86'400 + 5;
    run_table(world, {
                         {1, "reject alice E1 bob", "ok"},
                         {last, "prepare E1 alice bob SHARE 1 H1 86500 86406", "tombstoned"},
                         {last + 0.000001, "prepare E1 alice bob SHARE 1 H1 86500 86407", "ok"},
                     });
}

TEST_CASE("the first answer is given until the operation can no longer be sent") {
    World world;
    run_table(world,
              {
                  {1, "prepare E1 alice bob SHARE 2000 H1 500 400 #P", "insufficient_funds"},
                  {2, "issue alice SHARE 5000", "ok"},
                  {3, "prepare E1 alice bob SHARE 2000 H1 500 400 #P", "insufficient_funds"},
                  {400, "prepare E1 alice bob SHARE 2000 H1 500 400 #P", "insufficient_funds"},
                  {461, "prepare E1 alice bob SHARE 2000 H1 500 400 #P", "not_after_passed"},
                  // the longer of not_after and valid_until
                  {500, "transfer alice bob SHARE 9000 510 #Q", "insufficient_funds"},
                  {559.9, "transfer alice bob SHARE 9000 510 #Q", "insufficient_funds"},
              });
}

TEST_CASE("what moves value is done once, under however many signatures it is sent") {
    World world;
    // each row is a new instruction, valid for a minute
    run_table(world, {
                         {1, "transfer alice bob SHARE 10 3600 #T", "ok"},
                         {62, "transfer alice bob SHARE 10 3600 #T", "ok"},
                         {3600, "transfer alice bob SHARE 10 3600 #T", "ok"},
                         {3601, "issue bob SHARE 5 #I", "ok"},
                         {3700, "issue bob SHARE 5 #I", "ok"},
                         {89'950, "issue bob SHARE 5 #I", "ok"},
                         // behind the day, but the one before is still valid
                         {90'009, "issue bob SHARE 5 #I", "ok"},
                         {90'010, "redeem bob SHARE 1 #R", "ok"},
                         {90'100, "redeem bob SHARE 1 #R", "ok"},
                     });
    CHECK(free_of(world, "bob", "SHARE") == 14);
}

TEST_CASE("an operation that nobody could take so late holds no memory until then") {
    World world;
    run_table(world, {
                         {1, "transfer alice bob SHARE 10 1000000000", "too_far_ahead"},
                         {90'000, "issue alice SHARE 1", "ok"},
                     });
    CHECK(world.ledger.state().answers.size() == 1);
}

TEST_CASE("one signer cannot use up the memory of answers, and claims go on when it is full") {
    Limits limits;
    limits.answers_of_signer = 5;
    limits.answers = 14;
    World world(limits);
    REQUIRE(world.ledger.state().answers.size() == 7);
    run_table(world, {
                         {1, "prepare E1 alice bob SHARE 1 H1 60 30", "ok"},
                         {1, "transfer alice carol SHARE 20 60", "ok"},
                         {1, "transfer alice carol SHARE 1 60", "ok"},
                         {1, "transfer alice carol SHARE 1 60", "ok"},
                         {1, "transfer alice carol SHARE 1 60", "ok"},
                         {1, "transfer alice carol SHARE 1 60", "limit_reached"},
                         {1, "transfer carol alice SHARE 1 60", "ok"},
                         {1, "transfer carol alice SHARE 1 60", "ok"},
                         {1, "transfer carol alice SHARE 1 60", "limit_reached"},
                         {2, "fulfil alice E1 H1", "ok"},
                         {2, "fulfil alice E1 H1", "ok"},
                     });
    const Instruction business = world.transaction("transfer bob alice SHARE 1 60").instruction;
    CHECK(world.ledger.check_room(business).error() == Reason::overloaded);
    CHECK(world.ledger.check_room(world.transaction("fulfil alice E1 H1").instruction));
    // when it is full no more
    run_table(world, {{70, "transfer alice carol SHARE 1 80", "ok"}});
    CHECK(world.ledger.check_room(business));
}

TEST_CASE("one payer cannot use up the escrows, and closed ones do not pile up") {
    Limits limits;
    limits.open_escrows = 3;
    limits.open_escrows_of_payer = 2;
    limits.closed_escrows = 2;
    World world(limits);
    run_table(world, {
                         {1, "issue carol SHARE 10", "ok"},
                         {1, "prepare E1 alice bob SHARE 1 H1 60 30", "ok"},
                         {1, "prepare E2 alice bob SHARE 1 H2 61 30", "ok"},
                         {1, "prepare E3 alice bob SHARE 1 H3 62 30", "limit_reached"},
                         {1, "prepare E4 carol bob SHARE 1 H4 63 30", "ok"},
                         {1, "prepare E5 carol bob SHARE 1 H5 63 30", "limit_reached"},
                         {2, "fulfil alice E1 H1", "ok"},
                         {2, "fulfil alice E2 H2", "ok"},
                         {2, "fulfil carol E4 H4", "ok"},
                         {3, "fulfil alice E1 H1", "unknown_escrow"},
                         {3, "fulfil alice E2 H2", "ok"},
                     });
    CHECK(world.ledger.state().escrows.size() == 2);
}

TEST_CASE("of many escrows that expire together each block refunds some, and none is fulfilled") {
    Limits limits;
    limits.block_refunds = 2;
    World world(limits);
    for (const char* id : {"E1", "E2", "E3", "E4", "E5", "E6", "E7"}) {
        const std::string words = std::string("prepare ") + id + " alice bob SHARE 1 H1 60 30";
        REQUIRE_FALSE(world.run(words));
    }
    world.at(second(60));
    std::size_t refunds = 0;
    std::string left;
    world.block({});
    for (const auto& [due, nothing] : world.ledger.state().expiries.all())
        for (const char* id : {"E1", "E2", "E3", "E4", "E5", "E6", "E7"})
            if (due.second.first == escrow_of(id)) left = id;
    refunds += world.executed.leaves.size();
    CHECK(refunds == 2);
    CHECK(world.ledger.next_expiry() == second(60));  // the next block is due at once
    // Two more each; what is left can be given back in any way, but not be fulfilled.
    run_table(world, {
                         {60, "fulfil alice " + left + " H1", "escrow_expired"},
                         {60, "refund alice " + left, "ok"},
                         {60, "fulfil alice " + left + " H1", "escrow_expired"},
                     });
    CHECK_FALSE(world.ledger.next_expiry());
    CHECK(free_of(world, "alice", "SHARE") == 1000);
}

TEST_CASE("an account that is sent many small amounts can still pay") {
    World world;
    world.run("issue bob SHARE 400");
    for (int i = 0; i < 300; ++i)
        REQUIRE_FALSE(world.run("transfer alice bob SHARE 1 86400"));
    run_table(world, {
                         {10, "transfer bob carol SHARE 10 60", "ok"},  // the change is the newest
                         {10, "transfer bob carol SHARE 600 60", "ok"},
                         {10, "transfer bob carol SHARE 100 60", "insufficient_funds"},
                         {10, "transfer bob carol SHARE 90 60", "ok"},
                     });
}

TEST_CASE("a closed escrow is forgotten half a minute after it can matter") {
    World world;
    run_table(world, {
                         {1, "prepare E1 alice bob SHARE 100 H1 60 30", "ok"},
                         {2, "fulfil alice E1 H1", "ok"},
                         {91, "fulfil alice E1 H1", "ok"},
                         {93, "fulfil alice E1 H1", "unknown_escrow"},
                     });
    CHECK(world.ledger.state().escrows.size() == 0);
}

TEST_CASE("an instruction is in a block only for its ledger and in its time") {
    World world;
    Instruction instruction{*Address::parse("test.csd"), key_of("alice"), second(60), {}};
    CHECK(world.ledger.check(second(59.999999), instruction).has_value());
    CHECK(world.ledger.check(second(60), instruction).error() == Reason::too_late);
    CHECK(world.ledger.check(second(60) - max_instruction_life - client_clock_error, instruction)
              .has_value());
    CHECK(world.ledger
              .check(second(60) - max_instruction_life - client_clock_error - Duration{1},
                     instruction)
              .error() == Reason::too_far_ahead);
    instruction.ledger = *Address::parse("test.sek");
    CHECK(world.ledger.check(second(1), instruction).error() == Reason::wrong_ledger);
    CHECK(world.ledger.check_signer(key_of("alice")).has_value());
    CHECK(world.ledger.check_signer(key_of("stranger")).error() == Reason::unknown_key);
}

TEST_CASE("the oldest outputs are spent first, and few are left") {
    World world;
    for (int i = 0; i < 300; ++i)
        CHECK_FALSE(world.run("issue bob SHARE 1"));
    CHECK(world.run("transfer bob carol SHARE 257 600") == Reason::limit_reached);
    reasons_seen().insert("limit_reached");
    CHECK_FALSE(world.run("transfer bob carol SHARE 1 600"));
    const Effect& effect = world.executed.effects.back();
    REQUIRE(effect.inputs.size() == consolidated_inputs);
    for (std::size_t i = 1; i < effect.inputs.size(); ++i)
        CHECK(effect.inputs[i - 1].made < effect.inputs[i].made);
    CHECK_FALSE(world.run("transfer bob carol SHARE 256 600"));
    CHECK(conserved(world.ledger.state()));
}

TEST_CASE("who is paid often holds few outputs") {
    World world;
    CHECK_FALSE(world.run("issue alice SHARE 1000"));
    const auto free_outputs = [&] {
        std::size_t count = 0;
        for (const auto& [id, output] : world.ledger.state().outputs.all())
            count += output.owner == account_of("bob") && !output.lock ? 1U : 0U;
        return count;
    };
    const std::size_t before = free_outputs();
    std::size_t most = 0;
    for (int i = 0; i < 200; ++i) {
        const std::string escrow = "F" + std::to_string(i);
        CHECK_FALSE(world.run("prepare " + escrow + " alice bob SHARE 1 H1 600 500"));
        CHECK_FALSE(world.run("bob: fulfil alice " + escrow + " H1"));
        const Effect& effect = world.executed.effects.back();
        CHECK(effect.outputs.size() == 1);
        CHECK(effect.inputs.size() <= 1 + consolidated_inputs);
        most = std::max(most, free_outputs());
    }
    CHECK(before + 200 > consolidated_inputs);
    CHECK(most <= before + consolidated_inputs + 1);
    CHECK(conserved(world.ledger.state()));
    const auto bob = world.ledger.balances(account_of("bob"));
    CHECK(std::any_of(bob.begin(), bob.end(),
                      [](const Balance& balance) { return balance.free >= Amount{200}; }));
    // and a rejected one comes back to its payer alone
    CHECK_FALSE(world.run("prepare R alice bob SHARE 1 H1 600 500"));
    CHECK_FALSE(world.run("bob: reject alice R bob"));
    CHECK(world.executed.effects.back().inputs.size() == 1);
}

TEST_CASE("each unit can be walked back to its issue") {
    World world;
    std::map<std::uint64_t, Effect> trace;
    const auto run = [&](const std::string& words) {
        REQUIRE_FALSE(world.run(words));
        for (const Effect& effect : world.executed.effects)
            trace[effect.sequence] = *decode_fields<Effect>(encode_fields(effect));
    };
    run("issue alice SHARE 7");
    run("transfer alice bob SHARE 100 600");
    run("prepare E1 bob carol SHARE 60 H1 600 500");
    run("carol: fulfil bob E1 H1");
    const OutputId held = trace.rbegin()->second.outputs.back().id;
    std::uint64_t at = world.ledger.state().outputs.find(held)->made;
    std::vector<std::string> way;
    while (trace.count(at) != 0) {
        way.push_back(to_string(trace[at].kind));
        if (trace[at].inputs.empty()) break;
        at = trace[at].inputs.back().made;
    }
    CHECK(way == std::vector<std::string>{"fulfil", "prepare", "transfer", "issue"});
}

TEST_CASE("a block that was executed and rolled back leaves no trace") {
    World world;
    run_table(world, {{1, "prepare E1 alice bob SHARE 100 H1 60 30", "ok"}});
    const Hash before = digest(world.ledger);
    const Transaction fulfil = world.transaction("fulfil alice E1 H1");
    const Transaction issue = world.transaction("issue carol SHARE 5");
    const Transaction refuse = world.transaction("reject bob E7 alice");
    const Executed first = world.ledger.execute(second(2), {fulfil, issue, refuse});
    world.ledger.rollback();
    CHECK(digest(world.ledger) == before);
    const Executed other = world.ledger.execute(second(70), {});
    world.ledger.rollback();
    CHECK(other.leaves.size() == 1);
    const Executed again = world.ledger.execute(second(2), {fulfil, issue, refuse});
    CHECK(again.state_root == first.state_root);
    CHECK(again.tx_root == first.tx_root);
    CHECK(other.state_root != first.state_root);
    world.ledger.commit();
    CHECK(conserved(world.ledger.state()));
}

TEST_CASE("a snapshot gives the same state, the same root and the same future") {
    World world;
    run_table(world, {
                         {1, "prepare E1 alice bob SHARE 100 H1 60 30", "ok"},
                         {1, "prepare E2 alice bob SHARE 100 H2 60 30", "ok"},
                         {2, "fulfil alice E1 H1", "ok"},
                         {2, "reject alice E3 bob", "ok"},
                     });
    ArchiveWriter to;
    world.ledger.write(to);
    Ledger copy(test_genesis());
    ArchiveReader from(to.bytes());
    copy.read(from);
    REQUIRE(from.finish().has_value());
    CHECK(digest(copy) == digest(world.ledger));
    const Transaction next = world.transaction("prepare E3 alice bob SHARE 1 H1 60 30");
    const Executed one = world.ledger.execute(second(60), {next});
    const Executed two = copy.execute(second(60), {next});
    CHECK(one.state_root == two.state_root);
    CHECK(one.tx_root == two.tx_root);
}

TEST_CASE("the owner of an account, and the operator, read its escrows and balances") {
    World world;
    run_table(world, {
                         {1, "prepare E1 alice bob SHARE 100 H1 60 30", "ok"},
                         {1, "prepare E2 alice bob SHARE 50 H2 60 30", "ok"},
                         {2, "fulfil alice E1 H1", "ok"},
                         {2, "reject alice E7 bob", "ok"},
                     });
    const auto ask = [&](const std::string& who, const QueryBody& body) {
        return world.ledger.answer({*Address::parse("test.csd"), key_of(who), second(60), body});
    };
    const EscrowKey e1{account_of("alice"), escrow_of("E1")};
    CHECK(ask("alice", ask::Escrow{e1})->escrows.at(0).state == EscrowState::fulfilled);
    CHECK(ask("bob", ask::Escrow{e1})->escrows.at(0).preimage == preimage_of("H1"));
    CHECK(ask("carol", ask::Escrow{e1}).error() == Reason::not_permitted);
    CHECK(ask("alice", ask::Escrow{{account_of("alice"), escrow_of("E9")}})->escrows.empty());
    // what was refused before it was prepared does not exist
    CHECK(ask("alice", ask::Escrow{{account_of("alice"), escrow_of("E7")}})->escrows.empty());
    const auto open = ask("bob", ask::OpenEscrows{account_of("bob"), 10, 0});
    REQUIRE(open->escrows.size() == 1);
    CHECK(open->escrows[0].terms.id == escrow_of("E2"));
    CHECK(ask("bob", ask::OpenEscrows{account_of("bob"), 10, open->escrows[0].sequence})
              ->escrows.empty());
    CHECK(ask("operator", ask::Balances{account_of("alice")})->balances.at(1).escrowed ==
          Amount{50});
    CHECK(ask("bob", ask::Balances{account_of("alice")}).error() == Reason::not_permitted);
    CHECK(ask("bob", ask::Balances{account_of("nobody")}).error() == Reason::unknown_account);
}

TEST_CASE("every reason of a ledger operation occurred in a table above") {
    for (const std::string reason :
         {"account_exists",      "already_fulfilled", "already_refunded",   "amount_overflow",
          "asset_exists",        "escrow_expired",    "escrow_not_expired", "expiry_passed",
          "expiry_too_far",      "id_reused",         "insufficient_funds", "limit_reached",
          "not_after_passed",    "not_payee",         "not_permitted",      "odd_lot",
          "same_account",        "tombstoned",        "too_far_ahead",      "unknown_account",
          "unknown_asset",       "unknown_escrow",    "wrong_ledger",       "wrong_preimage",
          "wrong_preimage_size", "zero_amount"}) {
        CAPTURE(reason);
        CHECK(reasons_seen().count(reason) == 1);
    }
}
