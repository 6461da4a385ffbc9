// Scenarios: each mistake gets its line and what was expected, every shipped file is sound, and the
// swarm draws sound worlds, the same ones each time.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "sim/scenario/catalogue.h"
#include "sim/scenario/check.h"
#include "sim/scenario/read.h"
#include "sim/scenario/routes.h"
#include "sim/scenario/swarm.h"
#include "sim/scenario/text.h"

namespace lockstep::sim {
namespace {

const std::string scenarios = std::string(LOCKSTEP_SOURCE_DIR) + "/sim/scenarios";

// The numbers are of lines; the table below changes one at a time.
const std::string sound = R"(title = "Two ledgers, two payments"
length = "2min"
[[ledger]]
name = "test.sek"
assets = ["SEK/2"]
[[ledger]]
name = "test.eur"
assets = ["EUR/2"]
profile = { late = "500ms" }
[[ledger]]
name = "test.csd"
kind = "securities"
assets = ["SE0000108656/0", "SE0000115446/0"]
[[node]]
name = "ann"
roles = ["payer", "buyer"]
accounts = [
    { ledger = "test.eur", balance = "12.50" },
    { ledger = "test.csd", asset = "SE0000108656/0" },
]
[[node]]
name = "bob"
roles = ["payee", "seller"]
accounts = [
    { ledger = "test.sek" },
    { ledger = "test.csd", asset = "SE0000108656/0", balance = "7" },
]
[[node]]
name = "con"
accounts = [{ ledger = "test.eur" }, { ledger = "test.sek", balance = "100.00" }]
offers = [{ from = "test.eur", to = "test.sek", rate = "0.0893" }]
[[node]]
name = "ven"
roles = ["venue"]
[load]
payments = 2
trades = 1
from = "1s"
[[fault]]
kind = "crash"
target = "con"
at = "10s"
lasts = "1s"
[[expect]]
that = "faults.crash >= 1"
)";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const std::size_t found = text.find(from);
    REQUIRE_MESSAGE(found != std::string::npos, from);
    return text.replace(found, from.size(), to);
}

std::vector<std::string> mistakes_of(const std::string& text) {
    const auto read = parse_scenario(text, "x.toml");
    std::vector<std::string> lines;
    if (!read)
        for (const Mistake& mistake : read.error())
            lines.push_back(mistake.text());
    return lines;
}

struct Row {
    std::string from;
    std::string to;
    std::string mistake;  // begins so
};

// clang-format off
const std::vector<Row> rows{
    // --- form ---
    {"[load]", "[load", "x.toml:35: is not TOML: "},
    {"title = \"Two ledgers, two payments\"", "", "x.toml: title: is missing; expected a sentence"},
    {"title = \"Two ledgers, two payments\"", "title = 3", "x.toml:1: title: expected a sentence"},
    {"length = \"2min\"", "lenght = \"2min\"", "x.toml:2: lenght: unknown key; expected one of title, threats, draw, real_signatures"},
    {"length = \"2min\"", "length = \"2 minutes\"", "x.toml:2: length: expected a time such as \"250ms\", \"2s\", \"10min\""},
    {"length = \"2min\"", "length = 120", "x.toml:2: length: expected a time such as"},
    {"length = \"2min\"", "length = \"0s\"", "x.toml:2: length: expected a time above 0 and at most 30d"},
    {"length = \"2min\"", "length = \"2min\"\nunsafe = 1", "x.toml:3: unsafe: expected true or false"},
    {"length = \"2min\"", "length = \"2min\"\nthreats = [7]", "x.toml:3: threats: expected a list of threats such as \"T07\""},
    {"length = \"2min\"", "length = \"2min\"\nthreats = [\"T34\"]", "x.toml:3: threats: \"T34\" is no threat; expected T01 to T33"},
    {"length = \"2min\"", "length = \"2min\"\ndraw = \"lots\"", "x.toml:3: draw: expected \"swarm\""},
    {"profile = { late = \"500ms\" }", "profile = 5", "x.toml:9: ledger.profile: expected a table"},
    {"profile = { late = \"500ms\" }", "profile = { later = \"500ms\" }", "x.toml:9: ledger.profile.later: unknown key; expected one of inclusion, finality, rollback, late, early, block"},
    {"profile = { late = \"500ms\" }", "profile = { late = \"-5s\" }", "x.toml:9: ledger.profile.late: expected a time such as"},
    {"payments = 2", "payments = -2", "x.toml:36: load.payments: expected a whole number from 0 to 1000000"},
    {"payments = 2", "payments = \"2\"", "x.toml:36: load.payments: expected a whole number from 0 to 1000000"},
    {"[load]", "[[load]]", "x.toml:35: load: expected a table"},
    // --- ledgers ---
    {"name = \"test.eur\"", "name = \"eur\"", "x.toml:7: ledger.name: expected an Interledger address such as \"test.sek\""},
    {"[[ledger]]", "[[ledger]]\nname = \"test.sek\"\nassets = [\"NOK/2\"]\n[[ledger]]", "x.toml:7: ledger.name: \"test.sek\" is used twice; expected another name"},
    {"[[ledger]]", "[[ledger]]\nname = \"test.sek.sub\"\nassets = [\"NOK/2\"]\n[[ledger]]", "x.toml:4: ledger.name: expected an address that is not below another ledger, test.sek"},
    {"assets = [\"SEK/2\"]", "assets = [\"SEK/2\"]\nkind = \"gold\"", "x.toml:6: ledger.kind: expected one of cash, securities"},
    {"assets = [\"SEK/2\"]", "assets = [\"SEK\"]", "x.toml:5: ledger.assets: expected an asset such as \"SEK/2\": code and scale"},
    {"assets = [\"SEK/2\"]", "assets = [\"SEK/10\"]", "x.toml:5: ledger.assets: expected an asset such as"},
    {"assets = [\"SEK/2\"]", "assets = [\"SEK/2\", \"NOK/2\"]", "x.toml:5: ledger.assets: expected one asset on a ledger of money"},
    {"assets = [\"SEK/2\"]", "", "x.toml:3: ledger.assets: is missing; expected a list of assets"},
    {"assets = [\"SE0000108656/0\", \"SE0000115446/0\"]", "assets = [\"SE0000108656/0\", \"SE0000115447/0\"]", "x.toml:13: ledger.assets: SE0000115447 is no ISIN"},
    {"assets = [\"SE0000108656/0\", \"SE0000115446/0\"]", "assets = [\"SE0000108656/0\", \"SE0000108656/0\"]", "x.toml:13: ledger.assets: SE0000108656 is named twice"},
    {"profile = { late = \"500ms\" }", "profile = { inclusion = \"0s\" }", "x.toml:9: ledger.profile.inclusion: expected a time above 0"},
    {"profile = { late = \"500ms\" }", "beat = \"2h\"", "x.toml:9: ledger.beat: expected a time above 0 and at most 1h"},
    {"profile = { late = \"500ms\" }", "validators = 4", "x.toml:9: ledger.validators: unknown key"},
    {"kind = \"securities\"", "kind = \"securities\"\nprofile = { block = \"0s\" }", "x.toml:13: ledger.profile.block: expected a time above 0 on a securities ledger"},
    {"kind = \"securities\"", "kind = \"securities\"\nvalidators = 17", "x.toml:13: ledger.validators: expected a whole number from 1 to 16"},
    // --- nodes ---
    {"name = \"ann\"", "name = \"a.nn\"", "x.toml:15: node.name: expected a name of letters, digits, '-' and '_'"},
    {"name = \"ann\"", "name = \"bob\"", "x.toml:22: node.name: \"bob\" is used twice; expected another name"},
    {"name = \"ann\"", "name = \"ann\"\nbehaviour = \"sly\"", "x.toml:16: node.behaviour: expected one of honest, late, silent, dies, option_holder"},
    {"name = \"ann\"", "name = \"ann\"\nbehaviour = \"equivocates\"", "x.toml:16: node.behaviour: equivocates is for others; expected it of a connector"},
    {"name = \"ann\"", "name = \"ann\"\nbehaviour = \"wrong_asset\"", "x.toml:16: node.behaviour: wrong_asset needs two assets of one ledger"},
    {"name = \"con\"", "name = \"con\"\nbehaviour = \"colluder\"", "x.toml:28: node.partner: expected the name of another colluder, whose partner this node is"},
    {"name = \"con\"", "name = \"con\"\npartner = \"ann\"", "x.toml:30: node.partner: expected only of a colluder or a leaking_venue"},
    {"name = \"ven\"", "name = \"ven\"\nbehaviour = \"leaking_venue\"\npartner = \"con\"", "x.toml:35: node.partner: expected the name of the buyer or seller that it tells"},
    {"roles = [\"venue\"]", "roles = [\"broker\"]", "x.toml:34: node.roles: expected a list of venue, buyer, seller, payer, payee"},
    {"roles = [\"venue\"]", "", "x.toml:32: node.roles: expected roles (venue, buyer, seller, payer, payee) or offers; this node does nothing"},
    {"roles = [\"payer\", \"buyer\"]", "roles = [\"venue\", \"buyer\"]", "x.toml:16: node.roles: a venue does not trade"},
    {"{ ledger = \"test.eur\", balance = \"12.50\" }", "{ ledger = \"test.usd\", asset = \"USD/2\" }", "x.toml:18: node.accounts.ledger: \"test.usd\" is no ledger; expected one of test.sek, test.eur, test.csd"},
    {"{ ledger = \"test.eur\", balance = \"12.50\" }", "{ ledger = \"test.eur\", asset = \"EUR/3\" }", "x.toml:18: node.accounts.asset: test.eur has no such asset; expected one of EUR/2"},
    {"balance = \"12.50\"", "balance = \"12.505\"", "x.toml:18: node.accounts.balance: expected an amount such as \"1000\" with at most 2 decimals"},
    {"balance = \"12.50\"", "balance = 12.5", "x.toml:18: node.accounts.balance: expected an amount such as"},
    {"balance = \"12.50\"", "balance = \"99999999999999.00\"", "x.toml:18: node.accounts.balance: expected at most 10000000000000.00"},
    {"{ ledger = \"test.csd\", asset = \"SE0000108656/0\" }", "{ ledger = \"test.csd\" }", "x.toml:19: node.accounts.asset: is missing; expected an asset such as"},
    {"    { ledger = \"test.sek\" },", "    { ledger = \"test.sek\" }, { ledger = \"test.sek\" },", "x.toml:25: node.accounts: expected one account by ledger and asset"},
    {"roles = [\"payer\", \"buyer\"]\naccounts = [\n    { ledger = \"test.eur\", balance = \"12.50\" },", "roles = [\"payer\", \"buyer\"]\naccounts = [", "x.toml:17: node.accounts: expected an account on a cash ledger, which a party needs"},
    {"    { ledger = \"test.csd\", asset = \"SE0000108656/0\" },\n", "", "x.toml:17: node.accounts: expected an account on a securities ledger, which a buyer or seller needs"},
    {"from = \"test.eur\", to = \"test.sek\"", "from = \"test.eur\", to = \"test.nok\"", "x.toml:31: node.offers.to: \"test.nok\" is no ledger"},
    {"from = \"test.eur\", to = \"test.sek\"", "from = \"test.csd\", to = \"test.sek\"", "x.toml:31: node.offers.from: expected a ledger of money"},
    {"accounts = [{ ledger = \"test.eur\" }, {", "accounts = [{", "x.toml:31: node.offers.from: con has no account there; expected one in its accounts"},
    {"rate = \"0.0893\" }", "rate = \"0.0893\" }, { from = \"test.eur\", to = \"test.sek\" }", "x.toml:31: node.offers.to: expected one offer by pair of ledgers"},
    {"rate = \"0.0893\" }", "rate = \"0.0893\" }, { from = \"test.eur\", to = \"test.eur\" }", "x.toml:31: node.offers.to: expected another ledger than from"},
    {"rate = \"0.0893\"", "rate = \"0\"", "x.toml:31: node.offers.rate: expected what one unit of the outgoing asset costs"},
    {"rate = \"0.0893\"", "rate = \"1/0\"", "x.toml:31: node.offers.rate: expected what one unit of the outgoing asset costs"},
    {"rate = \"0.0893\"", "rate = \"0.0893\", spread_ppm = 500001", "x.toml:31: node.offers.spread_ppm: expected a whole number from 0 to 500000"},
    // --- load ---
    {"payments = 2\ntrades = 1", "", "x.toml:35: load: expected trades or payments"},
    {"from = \"1s\"", "from = \"3min\"", "x.toml:38: load.from: expected at most until, which is 2min"},
    {"from = \"1s\"", "until = \"3min\"", "x.toml:38: load.until: expected at most the length of the scenario, 2min"},
    {"from = \"1s\"", "burst = 0", "x.toml:38: load.burst: expected a whole number from 1 to"},
    {"roles = [\"venue\"]", "roles = [\"venue\"]\n[[node]]\nname = \"dan\"\nroles = [\"buyer\"]\naccounts = [{ ledger = \"test.eur\" }, { ledger = \"test.csd\", asset = \"SE0000115446/0\" }]", "x.toml:37: node.roles: no seller can be reached by this buyer"},
    {"roles = [\"venue\"]", "roles = [\"venue\"]\n[[node]]\nname = \"dan\"\nroles = [\"seller\"]\naccounts = [{ ledger = \"test.eur\" }, { ledger = \"test.csd\", asset = \"SE0000108656/0\" }]", "x.toml:37: node.roles: no buyer can reach this seller; expected a cash account in SEK/2"},
    {"roles = [\"venue\"]", "roles = [\"venue\"]\n[[node]]\nname = \"dan\"\nroles = [\"payer\"]\naccounts = [{ ledger = \"test.sek\" }]", "x.toml:37: node.roles: this payer reaches no payee on another ledger"},
    {"roles = [\"venue\"]", "roles = [\"venue\"]\n[[node]]\nname = \"dan\"\nroles = [\"payee\"]\naccounts = [{ ledger = \"test.eur\" }]", "x.toml:37: node.roles: this payee is reached by no payer on another ledger"},
    {"roles = [\"payee\", \"seller\"]", "roles = [\"seller\"]", "x.toml:36: load.payments: nobody can pay"},
    {"roles = [\"payee\", \"seller\"]", "roles = [\"payee\"]", "x.toml:37: load.trades: nobody can trade"},
    {"[[node]]\nname = \"ven\"\nroles = [\"venue\"]\n", "", "x.toml:34: load.trades: trades need a venue"},
    // --- faults ---
    {"kind = \"crash\"", "", "x.toml:39: fault.kind: is missing; expected one of crash, crash_at_point"},
    {"kind = \"crash\"", "kind = \"fire\"", "x.toml:40: fault.kind: expected one of crash, crash_at_point"},
    {"target = \"con\"", "target = \"test.eur\"", "x.toml:41: fault.target: expected one of the nodes ann, bob, con, ven"},
    {"kind = \"crash\"", "kind = \"ledger_halt\"", "x.toml:41: fault.target: expected one of the ledgers test.sek, test.eur, test.csd"},
    {"kind = \"crash\"\ntarget = \"con\"", "kind = \"validator_crash\"\ntarget = \"test.eur\"", "x.toml:41: fault.target: expected a securities ledger"},
    {"kind = \"securities\"", "kind = \"securities\"\nvalidators = 3\n[[fault]]\nkind = \"validator_crash\"\nat = \"1s\"\n[[ledger]]\nname = \"test.csd2\"\nkind = \"securities\"", "x.toml:15: fault.kind: validator_crash leaves no quorum of 3 validators; expected at least 4 on test.csd"},
    {"kind = \"crash\"\ntarget = \"con\"", "kind = \"partition\"\ntarget = \"eve\"", "x.toml:41: fault.target: expected one of ann, bob, con, ven, test.sek"},
    {"kind = \"crash\"\ntarget = \"con\"\nat = \"10s\"\nlasts = \"1s\"", "kind = \"crash\"\n[[fault]]\nkind = \"rate_jump\"\ntarget = \"ann\"\nat = \"1s\"", "x.toml:39: fault: expected one of at and per_hour, which say when crash strikes"},
    {"kind = \"crash\"\ntarget = \"con\"\nat = \"10s\"\nlasts = \"1s\"", "kind = \"crash\"\nat = \"1s\"\n[[fault]]\nkind = \"rate_jump\"\ntarget = \"ann\"\nat = \"1s\"", "x.toml:44: fault.target: expected a node with offers"},
    {"lasts = \"1s\"", "per_hour = 3", "x.toml:39: fault: expected one of at and per_hour"},
    {"lasts = \"1s\"", "lasts = \"1s\"\n[[fault]]\nkind = \"message_lost\"\nper_hour = 3", "x.toml:44: fault: expected ppm alone, of the messages that message_lost strikes"},
    {"lasts = \"1s\"", "lasts = \"1s\"\n[[fault]]\nkind = \"message_lost\"\nppm = 1000001", "x.toml:46: fault.ppm: expected a whole number from 1 to 1000000"},
    {"lasts = \"1s\"", "lasts = \"1s\"\n[[fault]]\nkind = \"clock_jump\"\nat = \"3s\"\nlasts = \"1s\"", "x.toml:47: fault.lasts: expected none: clock_jump strikes at a moment"},
    {"lasts = \"1s\"", "lasts = \"0s\"", "x.toml:43: fault.lasts: expected a time above 0 and at most the length"},
    {"lasts = \"1s\"", "lasts = \"1s\"\nby = \"1s\"", "x.toml:44: fault.by: expected only where a clock or a roll-back has a size"},
    {"at = \"10s\"", "at = \"2min\"", "x.toml:42: fault.at: expected a time before the end of the scenario, 2min"},
    // --- expectations ---
    {"that = \"faults.crash >= 1\"", "that = \"faults\"", "x.toml:45: expect.that: expected \"WHAT RELATION NUMBER\" with one of =, >=, <="},
    {"that = \"faults.crash >= 1\"", "that = \"faults > 1\"", "x.toml:45: expect.that: expected \"WHAT RELATION NUMBER\" with one of =, >=, <="},
    {"that = \"faults.crash >= 1\"", "that = \"wins = 1\"", "x.toml:45: expect.that: \"wins\" is not counted; expected one of settled, unwound"},
    {"that = \"faults.crash >= 1\"", "that = \"settled.crash = 1\"", "x.toml:45: expect.that: \"settled.crash\" is not counted"},
    {"that = \"faults.crash >= 1\"", "that = \"settled >= 4\"", "x.toml:45: expect.that: can never be; expected at most 3"},
    {"that = \"faults.crash >= 1\"", "that = \"paid >= 3\"", "x.toml:45: expect.that: can never be; expected at most 2"},
    {"that = \"faults.crash >= 1\"", "that = \"faults.fire >= 1\"", "x.toml:45: expect.that: \"fire\" is no fault"},
    {"that = \"faults.crash >= 1\"", "that = \"faults.pause >= 1\"", "x.toml:45: expect.that: can never be; expected a [[fault]] of that kind"},
    {"that = \"faults.crash >= 1\"", "that = \"cheats.honest >= 1\"", "x.toml:45: expect.that: \"honest\" is no cheat"},
    {"that = \"faults.crash >= 1\"", "that = \"cheats >= 1\"", "x.toml:45: expect.that: can never be; expected a node that behaves so"},
    {"that = \"faults.crash >= 1\"", "that = \"reasons.weather >= 1\"", "x.toml:45: expect.that: \"weather\" is no reason of the product"},
    // --- safety, with the arithmetic ---
    {"lasts = \"1s\"", "lasts = \"3s\"", "x.toml:43: fault.lasts: an outage of 3s is longer than K = 2s: the margin of con is 2*1s + 3*(2s + 1s) + late 1s + early 1s = 13s and would have to be 2*1s + 3*(3s + 1s) + late 1s + early 1s = 16s; expected at most 2s, or unsafe = true"},
    {"target = \"con\"\nat = \"10s\"\nlasts = \"1s\"", "target = \"bob\"\nat = \"10s\"\nlasts = \"3s\"", "x.toml:43: fault.lasts: an outage of 3s is longer than K = 2s: the reveal guard of bob is early 1s + 1s + 3*(2s + 1s) = 11s and would have to be early 1s + 1s + 3*(3s + 1s) = 14s; expected at most 2s, or unsafe = true"},
    {"profile = { late = \"500ms\" }", "profile = { rollback = \"8s\" }\n[endurance]\nrollbacks = 0\n", ""},
    {"name = \"con\"", "name = \"con\"\nendurance = { outages = 0 }", "x.toml:41: fault.kind: the margin of con survives no outage: 2*1s + 0*(2s + 1s) + late 1s + early 1s = 4s; expected an endurance with outages, or unsafe = true"},
    {"kind = \"crash\"\ntarget = \"con\"\nat = \"10s\"\nlasts = \"1s\"\n[[expect]]\nthat = \"faults.crash >= 1\"", "kind = \"ledger_halt\"\ntarget = \"test.eur\"\nat = \"10s\"\nlasts = \"4s\"", "x.toml:43: fault.lasts: a halt of 4s is longer than D = 1s of test.eur: the margin of con is 2*1s + 3*(2s + 1s) + late 1s + early 1s = 13s and would have to be 2*4s + 3*(2s + 4s) + late 1s + early 1s = 28s; expected at most 1s, or unsafe = true"},
    {"lasts = \"1s\"", "lasts = \"1s\"\n[[fault]]\nkind = \"clock_skew\"\ntarget = \"test.eur\"\nat = \"3s\"\nby = \"-600ms\"", "x.toml:48: fault.by: a clock error of -600ms is beyond late 500ms and early 1s of test.eur, which margins add; expected it between -500ms and 1s, or unsafe = true"},
    {"lasts = \"1s\"", "lasts = \"1s\"\n[[fault]]\nkind = \"clock_frozen\"\ntarget = \"test.eur\"\nat = \"3s\"\nlasts = \"600ms\"", "x.toml:48: fault.lasts: a clock that stands still for 600ms is beyond late 500ms"},
    {"lasts = \"1s\"", "lasts = \"1s\"\n[[fault]]\nkind = \"clock_beyond\"\nat = \"3s\"", "x.toml:45: fault.kind: clock_beyond is made to go beyond the profile that the margins are reckoned with; expected a fault within it, or unsafe = true"},
    {"lasts = \"1s\"", "lasts = \"1s\"\n[[fault]]\nkind = \"ledger_halt_beyond\"\nat = \"3s\"", "x.toml:45: fault.kind: ledger_halt_beyond is made to go beyond"},
    {"lasts = \"1s\"", "lasts = \"1s\"\n[[fault]]\nkind = \"rollback\"\ntarget = \"test.eur\"\nat = \"3s\"", "x.toml:45: fault.kind: rollback needs a Bitcoin ledger; there is none"},
    // --- a chain of blocks ---
    {"name = \"test.eur\"\nassets = [\"EUR/2\"]", "name = \"test.eur\"\nkind = \"bitcoin\"\nassets = [\"EUR/2\"]", "x.toml:9: ledger.assets: expected \"BTC/8\" on a Bitcoin ledger"},
    {"lasts = \"1s\"", "lasts = \"1s\"\n[[ledger]]\nname = \"test.btc\"\nkind = \"bitcoin\"\nassets = [\"BTC/8\"]\nchain = { depth = 2, reorg = 2 }", "x.toml:48: ledger.chain.reorg: expected less than depth, 2: what is final is not taken back"},
    {"lasts = \"1s\"", "lasts = \"1s\"\n[[ledger]]\nname = \"test.btc\"\nkind = \"bitcoin\"\nassets = [\"BTC/8\"]\nchain = { stamp_error = \"3h\" }", "x.toml:48: ledger.chain.stamp_error: expected at most 2h"},
    {"lasts = \"1s\"", "lasts = \"1s\"\n[[ledger]]\nname = \"test.btc\"\nkind = \"bitcoin\"\nassets = [\"BTC/8\"]\nprofile = { late = \"1s\" }", "x.toml:48: ledger.profile.late: is less than the chain of test.btc keeps; expected at least 160s, or unsafe = true"},
    {"lasts = \"1s\"", "lasts = \"1s\"\n[[ledger]]\nname = \"test.btc\"\nkind = \"bitcoin\"\nassets = [\"BTC/8\"]\n[[fault]]\nkind = \"fee_spike\"\nat = \"3s\"\nlasts = \"30s\"", "x.toml:51: fault.lasts: blocks without room for 30s are more than a congestion of 1 that D of test.btc has room for; expected at most 20s"},
    {"lasts = \"1s\"", "lasts = \"1s\"\n[[ledger]]\nname = \"test.btc\"\nkind = \"bitcoin\"\nassets = [\"BTC/8\"]\n[[fault]]\nkind = \"rollback\"\nat = \"3s\"\nby = \"10min\"", "x.toml:51: fault.by: is beyond R = 80s of test.btc"},
    {"lasts = \"1s\"", "lasts = \"1s\"\n[[fault]]\nkind = \"half_open\"\ntarget = \"con\"\nat = \"3min\"", "x.toml:47: fault.at: expected a time before the end"},
    {"profile = { late = \"500ms\" }", "profile = { inclusion = \"1h\" }", ""},
    {"name = \"con\"", "name = \"con\"\nendurance = { outage = \"8h\" }", "x.toml:30: node.endurance: no escrow on test.eur lasts long enough for early 1s + 1s + 3*(8h + 1s) = 86405s; expected less than 1d, or unsafe = true"},
};
// clang-format on

}  // namespace

TEST_CASE("a sound scenario is read with its defaults") {
    const auto read = parse_scenario(sound, "folder/pay.toml");
    REQUIRE(read);
    CHECK(read->name == "pay");
    CHECK(read->length == Duration::seconds(120));
    CHECK(read->ledgers[0].profile == default_profile);
    CHECK(read->ledgers[1].profile.late == Duration::milliseconds(500));
    CHECK(read->ledgers[1].profile.early == Duration::seconds(1));
    CHECK(read->ledgers[2].profile.block == default_block);
    CHECK(read->ledgers[2].validators == 4);
    CHECK(read->nodes[0].payer);
    CHECK(read->nodes[0].buyer);
    CHECK(read->nodes[0].accounts[0].balance == Amount{1'250});
    CHECK(read->nodes[2].endurance == default_endurance);
    CHECK(read->nodes[2].offers[0].rate_num == 893);
    CHECK(read->nodes[2].offers[0].rate_den == 10'000);
    CHECK(read->load.until == read->length);
    CHECK(read->faults[0].at == Duration::seconds(10));
    CHECK(read->expect[0].what == "faults.crash");
    CHECK(read->expect[0].value == 1);
    CHECK(price_asset(*read) == AssetId::make("SEK", 2));
}

TEST_CASE("each mistake of a scenario gets its line and what was expected") {
    for (const Row& row : rows) {
        CAPTURE(row.from);
        CAPTURE(row.to);
        const auto mistakes = mistakes_of(replaced(sound, row.from, row.to));
        if (row.mistake.empty()) {
            CHECK(mistakes.empty());
            continue;
        }
        REQUIRE(!mistakes.empty());
        bool found = false;
        std::string all;
        for (const std::string& mistake : mistakes) {
            found = found || mistake.starts_with(row.mistake);
            all += "\n" + mistake;
            CHECK(mistake.find('\n') == std::string::npos);
        }
        CHECK_MESSAGE(found, row.mistake << " is not among" << all);
    }
}

TEST_CASE("all mistakes of a scenario are told, by line") {
    std::string text = replaced(sound, "balance = \"12.50\"", "balance = \"1.234\"");
    text = replaced(text, "length = \"2min\"", "length = \"2min\"\ncolour = \"red\"");
    text = replaced(text, "kind = \"crash\"", "kind = \"fire\"");
    const auto mistakes = mistakes_of(text);
    REQUIRE(mistakes.size() >= 3);
    CHECK(mistakes[0].starts_with("x.toml:3: colour: unknown key"));
    CHECK(mistakes[1].starts_with("x.toml:19: node.accounts.balance: "));
    CHECK(mistakes[2].starts_with("x.toml:41: fault.kind: "));
}

TEST_CASE("what cannot be safe is read where it says that it is unsafe") {
    const std::string text = replaced(sound, "lasts = \"1s\"", "lasts = \"30s\"");
    CHECK(mistakes_of(text).size() == 1);
    CHECK(mistakes_of(replaced(text, "length", "unsafe = true\nlength")).empty());
}

TEST_CASE("more outages inside one margin than a node survives are unsafe") {
    std::string text = sound;
    for (const std::string at : {"14s", "18s", "22s"})
        text += "[[fault]]\nkind = \"pause\"\ntarget = \"con\"\nat = \"" + at + "\"\n";
    const auto mistakes = mistakes_of(text);
    REQUIRE(mistakes.size() == 1);
    CHECK(mistakes[0] ==
          "x.toml:57: fault.at: 4 outages of con within 12s: the margin of con is 2*1s + 3*(2s + "
          "1s) + late 1s + early 1s = 13s and survives 3; expected them further apart, or unsafe = "
          "true");
    CHECK(mistakes_of(replaced(text, "\"22s\"", "\"24s\"")).empty());
}

TEST_CASE("an endurance that ignores a ledger's roll-backs is unsafe") {
    const std::string text =
        replaced(sound, "profile = { late = \"500ms\" }", "profile = { rollback = \"8s\" }");
    const auto read = parse_scenario(text, "x.toml");
    REQUIRE(read);
    CHECK(read->nodes[2].endurance.rollbacks == 1);
    CHECK(read->nodes[1].endurance.rollbacks == 0);
    const auto mistakes = mistakes_of(
        replaced(text, "name = \"con\"", "name = \"con\"\nendurance = { rollbacks = 0 }"));
    REQUIRE(mistakes.size() == 1);
    CHECK(
        mistakes[0] ==
        "x.toml:30: node.endurance.rollbacks: test.eur can take back what it showed for 8s and "
        "the margin of con ignores it: 2*1s + 3*(2s + 1s) + late 1s + early 1s = 13s, with it 2*1s "
        "+ 3*(2s + 1s) + 1*(8s + 1s) + late 1s + early 1s = 22s; expected at least 1, or unsafe = "
        "true");
}

TEST_CASE("a file that is not there is a mistake of one line") {
    const auto read = read_scenario(scenarios + "/no-such.toml");
    REQUIRE(!read);
    REQUIRE(read.error().size() == 1);
    CHECK(
        read.error()[0].text().ends_with("no-such.toml: cannot be read; expected a scenario file"));
}

TEST_CASE("times, assets, rates and expectations are read exactly or not at all") {
    CHECK(parse_duration("250ms") == Duration::milliseconds(250));
    CHECK(parse_duration("-2s") == Duration::seconds(-2));
    CHECK(parse_duration("10min") == Duration::seconds(600));
    CHECK(parse_duration("2h") == Duration::seconds(7'200));
    CHECK(parse_duration("1d") == Duration::seconds(86'400));
    CHECK(parse_duration("7us") == Duration{7});
    CHECK(parse_duration("3650d") == Duration::seconds(std::int64_t{3650} * 86'400));
    for (const std::string_view wrong :
         {"", "s", "5", "1.5s", "5 s", "5S", "+5s", "--5s", "3651d", "99999999999999999999us"})
        CHECK_MESSAGE(!parse_duration(wrong), wrong);
    for (const std::int64_t us : {0LL, 1LL, 1'000LL, -250'000LL, 61'000'000LL, 86'400'000'000LL})
        CHECK(parse_duration(format_duration(Duration{us})) == Duration{us});

    CHECK(parse_asset("SEK/2") == AssetId::make("SEK", 2));
    for (const std::string_view wrong : {"SEK", "SEK/", "/2", "SEK/10", "SEK/-1", "SEK/2/2"})
        CHECK_MESSAGE(!parse_asset(wrong), wrong);

    // A whole unit out costs 14.2857 krona, in units 142857 öre for 100 yen without decimals.
    const auto from_sek = parse_rate("0.0893", 2, 2);
    REQUIRE(from_sek);
    CHECK(from_sek->num == 893);
    CHECK(from_sek->den == 10'000);
    const auto to_yen = parse_rate("14.2857", 0, 2);
    REQUIRE(to_yen);
    CHECK(to_yen->num == 142'857);
    CHECK(to_yen->den == 1'000'000);
    const auto from_gold = parse_rate("0.000111", 9, 2);
    REQUIRE(from_gold);
    CHECK(from_gold->num == 1'110);
    CHECK(from_gold->den == 1);
    CHECK(parse_rate("5/7", 2, 2)->num == 5);
    for (const std::string_view wrong :
         {"", "0", "-1", "1/0", "0/1", "1e3", "1/2/3", "1099511627777/1"})
        CHECK_MESSAGE(!parse_rate(wrong, 2, 2), wrong);

    CHECK(format_expectation(*parse_expectation("paid <= 3")) == "paid <= 3");
    for (const std::string_view wrong : {"", "paid", "paid 3", "paid => 3", "paid = x", " = 3"})
        CHECK_MESSAGE(!parse_expectation(wrong), wrong);
}

TEST_CASE("every behaviour, fault and kind of ledger has a name of its own and a line") {
    std::set<std::string_view> names;
    for (const BehaviourEntry& each : behaviours()) {
        CHECK(names.insert(each.name).second);
        CHECK(behaviour_from_string(each.name) == each.behaviour);
        CHECK(to_string(each.behaviour) == each.name);
        CHECK(each.meaning.size() > 20);
    }
    CHECK(behaviours().size() == static_cast<std::size_t>(Behaviour::withholder));
    names.clear();
    for (const FaultEntry& each : faults()) {
        CHECK(names.insert(each.name).second);
        CHECK(fault_from_string(each.name) == each.kind);
        CHECK(to_string(each.kind) == each.name);
        CHECK(each.meaning.size() > 15);
    }
    CHECK(faults().size() == static_cast<std::size_t>(FaultKind::rate_jump));
    CHECK(to_string(LedgerKind::securities) == "securities");
    CHECK(!behaviour_from_string("sly"));
    CHECK(!fault_from_string("fire"));
    for (std::size_t i = 0; i < threats().size(); ++i) {
        const std::string number = std::to_string(101 + i).substr(1);
        CHECK(threats()[i].name == "T" + number);
    }
}

TEST_CASE("every shipped scenario is sound, and every threat has one") {
    std::set<std::string> covered;
    std::size_t files = 0;
    for (const auto& file : std::filesystem::directory_iterator(scenarios)) {
        if (file.path().extension() != ".toml") continue;
        CAPTURE(file.path().filename().string());
        ++files;
        const auto read = read_scenario(file.path());
        if (!read)
            for (const Mistake& mistake : read.error())
                FAIL_CHECK(mistake.text());
        REQUIRE(read);
        covered.insert(read->threats.begin(), read->threats.end());
        // What it expects could not be so if nothing had happened.
        if (read->threats.empty()) continue;
        bool shows_it = false;
        for (const Expectation& each : read->expect)
            shows_it =
                shows_it || ((each.what.starts_with("faults") || each.what.starts_with("cheats") ||
                              each.what.starts_with("branches")) &&
                             each.relation == ">=" && each.value > 0);
        CHECK(shows_it);
        const std::string name = read->name.substr(0, 3);
        CHECK(name == "t" + read->threats[0].substr(1));
    }
    CHECK(files >= 27);
    std::ifstream readme(scenarios + "/README.md");
    const std::string text{std::istreambuf_iterator<char>(readme), {}};
    for (const ThreatEntry& threat : threats()) {
        CAPTURE(threat.name);
        CHECK(covered.contains(std::string(threat.name)));
        CHECK(text.find(threat.name) != std::string::npos);
    }
}

TEST_CASE("a scenario that is written reads as the same one") {
    for (const auto& file : std::filesystem::directory_iterator(scenarios)) {
        if (file.path().extension() != ".toml") continue;
        const auto read = read_scenario(file.path());
        REQUIRE(read);
        const std::string written = write_scenario(*read);
        const auto again = parse_scenario(written, file.path().string());
        REQUIRE(again);
        CHECK(write_scenario(*again) == written);
        CHECK(again->nodes.size() == read->nodes.size());
        CHECK(again->unsafe == read->unsafe);
        CHECK(again->swarm == read->swarm);
    }
}

TEST_CASE("the swarm draws a thousand sound worlds, and each of them twice the same") {
    std::map<FaultKind, int> kinds;
    std::map<Behaviour, int> manners;
    std::set<std::size_t> ledger_counts;
    std::set<std::size_t> hops;
    int targeted = 0;
    int real_signatures = 0;
    int real_store = 0;
    int days = 0;
    int chains = 0;
    int slow = 0;
    constexpr std::uint64_t seeds = 1'000;
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
        CAPTURE(seed);
        const Scenario world = draw_swarm(seed);
        for (const Problem& problem : check_scenario(world))
            FAIL_CHECK(problem.path << ": " << problem.what);
        const std::string written = write_scenario(world);
        CHECK(written == write_scenario(draw_swarm(seed)));
        const auto read = parse_scenario(written, "swarm.toml");
        REQUIRE(read);
        CHECK(write_scenario(*read) == written);

        ledger_counts.insert(world.ledgers.size());
        for (const LedgerSpec& ledger : world.ledgers)
            chains += ledger.kind == LedgerKind::bitcoin ? 1 : 0;
        CHECK(world.faults.size() >= 6);
        std::set<FaultKind> here;
        for (const FaultSpec& fault : world.faults) {
            CHECK(here.insert(fault.kind).second);
            ++kinds[fault.kind];
            targeted += fault.target.empty() ? 0 : 1;
        }
        std::size_t cheats = 0;
        std::size_t connectors = 0;
        for (const NodeSpec& node : world.nodes) {
            ++manners[node.behaviour];
            cheats += node.behaviour == Behaviour::honest ? 0U : 1U;
            connectors += node.offers.empty() ? 0U : 1U;
        }
        CHECK(cheats * 3 <= world.nodes.size());
        CHECK(connectors >= 1);
        CHECK(connectors <= 5);
        real_signatures += world.real_signatures ? 1 : 0;
        real_store += world.real_store ? 1 : 0;
        if (world.length == Duration::seconds(86'400)) {
            ++days;
            CHECK(world.load.trades + world.load.payments >= 200);
            for (const LedgerSpec& ledger : world.ledgers) {
                CHECK(ledger.beat >= Duration::seconds(60));
                slow += ledger.profile.inclusion >= Duration::seconds(60) ? 1 : 0;
            }
        }
        for (const TradePair& pair : trade_pairs(world))
            hops.insert(pair.connectors + 2);  // the payment's and the delivery
        for (const PaymentPair& pair : payment_pairs(world))
            hops.insert(pair.connectors + 1);
    }
    CHECK(ledger_counts == std::set<std::size_t>{2, 3, 4, 5, 6});
    CHECK(hops == std::set<std::size_t>{2, 3, 4, 5, 6});
    CHECK(real_signatures == 10);
    CHECK(real_store == 10);
    // one in thirty-two each
    CHECK(chains > 20);
    CHECK(chains < 50);
    CHECK(days > 20);
    CHECK(days < 45);
    CHECK(slow > 50);
    CHECK(targeted > 1'000);
    for (const BehaviourEntry& each : behaviours())
        CHECK_MESSAGE(manners[each.behaviour] > 0, each.name);
    for (const FaultEntry& each : faults()) {
        const int least = each.target == FaultTarget::bitcoin_ledger ? 10 : 100;
        const bool never = each.limit == FaultLimit::beyond;
        CHECK_MESSAGE((kinds[each.kind] > least) != never, each.name);
    }
}

TEST_CASE("the swarm keeps to what it is told") {
    SwarmSpec spec;
    spec.length = SwarmLength::day;
    spec.least_ledgers = spec.most_ledgers = 3;
    spec.most_connectors = 2;
    spec.cheats = false;
    spec.faults = false;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        const Scenario world = draw_swarm(seed, spec);
        CHECK(world.length == Duration::seconds(86'400));
        CHECK(world.ledgers.size() == 3);
        CHECK(world.faults.empty());
        CHECK(check_scenario(world).empty());
        for (const NodeSpec& node : world.nodes) {
            CHECK(node.behaviour == Behaviour::honest);
            CHECK(node.name != "connector3");
        }
    }
}

}  // namespace lockstep::sim
