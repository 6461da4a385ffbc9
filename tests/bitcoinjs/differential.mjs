// Ours and litecoind 0.21, a fork of Bitcoin Core, side by side: both are brought to the same
// point, each on a chain of its own, asked the same, and what they answer is compared. Where 0.21
// and newer versions of Bitcoin Core differ, the row says what ours has to answer, and why.
import { LitecoinNode, MockNode, cases, check, equal } from "./node.mjs";
import { calls } from "./differential_calls.mjs";
import { stories } from "./differential_stories.mjs";
import { Bench } from "./bench.mjs";

const show = process.argv.includes("--show");

// Fields of 0.21 that Bitcoin Core 22 to 29 dropped.
const dropped = new Set(["addresses", "reqSigs", "p2sh", "softforks", "fee", "modifiedfee", "descendantfees",
  "ancestorfees", "segwit"]);
// Fields of Litecoin's alone.
const foreign = /mweb/;
// Fields whose type changed.
const retyped = new Set(["warnings"]);

const kind = (value) => (Array.isArray(value) ? "array" : value === null ? "null" : typeof value);

// Fields whose value is each node's own: what it says of itself, how it keeps things, what stands
// in its coinbases, which of many comes first; unbroadcast: ours is as if a peer had taken all.
const own = new Set(["size_on_disk", "usage", "subversion", "localservices", "nonce", "coinbase", "mempool_sequence",
  "unbroadcast", "unbroadcastcount"]);
const ownOf = { help: /./, getnetworkinfo: /^\.version$/, scantxoutset: /^\.unspents/, uptime: /./ };
const sizes = new Set(["size", "vsize", "weight", "strippedsize"]);
// Ids, and octets that hold some.
const isOwnText = (text) => typeof text === "string" && /[0-9a-f]{64}|(bcrt|rltc)1/.test(text);
const isOfCoinbase = (json) => json.strippedsize !== undefined || json.vin?.[0]?.coinbase !== undefined;

// What of 0.21's answer is missing in ours, is of another type, or has another value.
function missing(method, theirs, ours, place = "") {
  const at = place || "answer";
  if (kind(theirs) !== kind(ours)) return [`${at} is ${kind(ours)}, not ${kind(theirs)}`];
  if (kind(theirs) === "array") {
    return theirs.slice(0, 3).flatMap((item, i) =>
      (i < ours.length ? missing(method, item, ours[i], `${place}[${i}]`) : [`${at} is shorter`]));
  }
  if (kind(theirs) !== "object") {
    if (theirs === ours || own.has(place.split(".").at(-1)) || (isOwnText(theirs) && isOwnText(ours)) ||
      ownOf[method]?.test(at)) return [];
    return [`${at} is ${JSON.stringify(ours)}, not ${JSON.stringify(theirs)}`];
  }
  return Object.entries(theirs).flatMap(([key, value]) => {
    if (dropped.has(key) || retyped.has(key) || foreign.test(key)) return [];
    if (sizes.has(key) && isOfCoinbase(theirs)) return [];
    // Keyed by ids that are each node's own.
    if (/^[0-9a-f]{64}$/.test(key)) {
      const same = Object.values(ours).find((one) => one.ancestorcount === value.ancestorcount);
      return missing(method, value, same, `${place}.*`);
    }
    return key in ours ? missing(method, value, ours[key], `${place}.${key}`) : [`${place}.${key} is missing`];
  });
}

// The same text for both: what is each node's own has its name instead.
function plain(bench, text) {
  for (const [name, value] of bench.names()) text = text.replaceAll(value, `<${name}>`);
  return text.replaceAll("Litecoin", "Bitcoin").replaceAll("LTC/kB", "BTC/kvB").replaceAll("LTC", "BTC")
    .replaceAll("BTC/kB", "BTC/kvB");
}

// Of a step: ids are each node's own, and 0.21 does not say in which input a script fails, nor what
// is wrong with a number; since 28 what is known to be spent is called otherwise.
// More rules of scripts are mandatory since 24; none has become less.
const alike = (seen) => JSON.stringify(seen ?? "nothing").replaceAll(/[0-9a-f]{64}/g, "<id>").replaceAll("LTC/kvB", "BTC/kvB")
  .replaceAll("Transaction already in block chain", "Transaction outputs already in utxo set")
  .replaceAll("(unknown error)", "(Script number overflowed or is non-minimally encoded)")
  .replaceAll(/, input \d+ of <id> \(wtxid <id>\), spending <id>:\d+/g, "");

const isHelp = (method, error) => error.code === -1 &&
  (error.message === method || error.message.startsWith(`${method} `) || error.message.startsWith(`${method}\n`));
// A parameter of another type: 0.21 says it in several ways, newer versions in two.
const isOldType = (error) => [-1, -3].includes(error.code) &&
  /^(Expected type|JSON value is not)/.test(error.message);
const isNewType = (error) => error.code === -3 && /^(Wrong type passed|JSON value of type)/.test(error.message);

function compare(method, what, [ours, theirs], known, benches) {
  if (known) {
    const { code, message, result } = known;
    const text = ({ error, result: seen }) => plain(benches[0], JSON.stringify(error ?? kind(seen)));
    check(text(ours) !== text(theirs), `${what}: a known difference that is none`);
    if (code === undefined && message === undefined)
      return equal(ours.error ?? kind(ours.result), result, `${what} (${known.why})`);
    return equal([ours.error?.code, ours.error && plain(benches[0], ours.error.message)], [code, message],
      `${what} (${known.why})`);
  }
  if (ours.error && theirs.error) {
    if (isHelp(method, ours.error) && isHelp(method, theirs.error)) return true;
    if (isNewType(ours.error) && isOldType(theirs.error)) return true;
    return equal([ours.error.code, plain(benches[0], ours.error.message)],
      [theirs.error.code, plain(benches[1], theirs.error.message)], what);
  }
  if (ours.error || theirs.error)
    return equal(ours.error ?? "an answer", theirs.error ?? "an answer", what);
  return equal(missing(method, theirs.result, ours.result), [], what);
}

async function askBoth(benches, [method, params, known]) {
  const answers = [];
  for (const bench of benches) {
    const given = typeof params === "function" ? params(bench) : params;
    answers.push(await bench.node.ask(method, given));
  }
  const what = `${method} ${JSON.stringify(typeof params === "function" ? params(benches[0]) : params).slice(0, 150)}`;
  const good = check(!answers.some((answer) => answer.gone), `${what}: no answer`) &&
    compare(method, what, answers, known, benches);
  if (show) {
    const text = ({ error, result }) => JSON.stringify(error ?? result).slice(0, 220);
    console.log(`${good ? "  " : "! "}${what}\n    ${text(answers[0])}\n    ${text(answers[1])}`);
  }
}

const nodes = [new MockNode(), new LitecoinNode()];
await Promise.all(nodes.map((node) => node.start()));
const benches = [new Bench(nodes[0], "bcrt"), new Bench(nodes[1], "rltc")];
await cases([
  ["both come to the same point", async () => {
    await Promise.all(benches.map((bench) => bench.prepare()));
    equal(await nodes[0].call("getblockcount"), await nodes[1].call("getblockcount"), "height");
  }],
  [`${calls.length} calls have the same answers`, async () => {
    for (const row of calls) await askBoth(benches, row);
    const known = (await nodes[0].call("help")).split("\n").map((line) => line.split(" ")[0]);
    const named = new Set(calls.map(([method]) => method));
    equal(known.filter((method) => /^[a-z]/.test(method) && !named.has(method)), [], "methods that no row calls");
  }],
  ...stories.map(([name, tell]) => [name, async () => {
    const told = [];
    for (const bench of benches) told.push(await tell(bench));
    told[0].forEach(([step, ours, known], i) => {
      const theirs = told[1][i][1];
      if (show) console.log(`    ${step}: ${JSON.stringify(ours)} | ${JSON.stringify(theirs)}`);
      if (known) {
        equal(ours, known.ours, `${step} (${known.why})`);
        check(alike(ours) !== alike(theirs), `${step}: a known difference that is none`);
      }
      else if (alike(ours).includes("mandatory-script-verify-flag-failed"))
        equal(alike(ours), alike(theirs).replaceAll("non-mandatory-script-verify-flag (",
          "mandatory-script-verify-flag-failed ("), step);
      else equal(alike(ours), alike(theirs), step);
    });
    equal(told[0].length, told[1].length, "steps");
  }]),
  ["both stop", async () => {
    for (const node of nodes) equal(await node.terminate(), 0, "exit code");
  }],
]);
