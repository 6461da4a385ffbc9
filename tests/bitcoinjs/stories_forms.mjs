// One transaction alone: its form, its amounts, its times, its fee.
import { anyone, anyoneCode, began, firstHeights, hexOf, keyOf, keyScript, op, scripts, transaction,
  witnessScript } from "./bench.mjs";

const zeros = "00".repeat(32);
const most = 84n * 10n ** 14n; // Litecoin's
const data = (size) => scripts.compile([op.OP_RETURN, Buffer.alloc(size, 7)]);
const pays = (coin, fee = 1000) => [[coin.value - fee, anyone]];
const final = 0xffffffff;
const burnt = [-25, "Unspendable output exceeds maximum configured by user (maxburnamount)"];

// Each gets a coin of 50 and gives a transaction, or its hexadecimal text.
const rows = [
  ["an ordinary one", (c) => transaction([c], pays(c))],
  ["version 1", (c) => transaction([c], pays(c), { version: 1 })],
  ["version 0", (c) => transaction([c], pays(c), { version: 0 })],
  ["version 3", (c) => transaction([c], pays(c), { version: 3 })],
  ["version -1", (c) => transaction([c], pays(c), { version: -1 })],
  ["no output", (c) => transaction([c], [])],
  ["the same input twice", (c) => transaction([c, c], pays(c))],
  ["a coinbase", () => transaction([{ txid: zeros, vout: 0xffffffff, scriptSig: Buffer.from("5151", "hex") }], [[1e8, anyone]])],
  ["a coinbase with a short script", () => transaction([{ txid: zeros, vout: 0xffffffff, scriptSig: Buffer.from("51", "hex") }], [[1e8, anyone]])],
  ["no place beside a place", (c) => transaction([c, { txid: zeros, vout: 0xffffffff }], pays(c))],
  ["a missing input", (c) => transaction([{ ...c, txid: "11".repeat(32) }], pays(c))],
  ["a missing output of a real one", (c) => transaction([{ ...c, vout: 7 }], pays(c))],
  ["one input there, one missing", (c) => transaction([c, { ...c, vout: 7 }], pays(c))],
  // amounts
  ["more than all money", (c) => transaction([c], [[most + 1n, anyone]])],
  ["more than all bitcoins", (c) => transaction([c], [[21e14 + 1, anyone]]),
    { why: "Litecoin has 84 million", ours: ["bad-txns-vout-toolarge", [-26, "bad-txns-vout-toolarge"]] }],
  ["a negative amount", (c) => transaction([c], [[-1n, anyone]])],
  ["the least amount", (c) => transaction([c], [[-(2n ** 63n), anyone]])],
  ["a sum of more than all bitcoins", (c) => transaction([c], [[20e14, anyone], [20e14, anyone]]),
    { why: "Litecoin has 84 million", ours: ["bad-txns-txouttotal-toolarge", [-26, "bad-txns-txouttotal-toolarge"]] }],
  ["a sum that overflows", (c) => transaction([c], [[2n ** 62n, anyone], [2n ** 62n, anyone]])],
  ["more out than in", (c) => transaction([c], pays(c, -1))],
  ["twice as much out as in", (c) => transaction([c], [[c.value, anyone], [c.value, anyone]])],
  ["nothing for the fee", (c) => transaction([c], pays(c, 0))],
  ["too little for the fee", (c) => transaction([c], pays(c, 90))],
  ["just enough for the fee", (c) => transaction([c], pays(c, 96))],
  ["a coin for the fee", (c) => transaction([c], pays(c, 1e8))],
  // outputs
  ["dust to a script", (c) => transaction([c], [[329, anyone], ...pays(c)])],
  ["not quite dust to a script", (c) => transaction([c], [[330, anyone], ...pays(c)])],
  ["dust to a key", (c) => transaction([c], [[293, keyScript(keyOf(1))], ...pays(c)])],
  ["not quite dust to a key", (c) => transaction([c], [[294, keyScript(keyOf(1))], ...pays(c)])],
  ["data", (c) => transaction([c], [[0, data(80)], ...pays(c)])],
  ["too much data", (c) => transaction([c], [[0, data(81)], ...pays(c)])],
  ["data twice", (c) => transaction([c], [[0, data(8)], [0, data(8)], ...pays(c)])],
  ["data that is not pushed", (c) => transaction([c], [[0, Buffer.from("6aac", "hex")], ...pays(c)])],
  ["a script of no known form", (c) => transaction([c], [[1e8, Buffer.from("5187", "hex")]])],
  ["an empty script", (c) => transaction([c], [[1e8, Buffer.alloc(0)]])],
  ["a script that cannot be read", (c) => transaction([c], [[1e8, Buffer.from("4c", "hex")]]),
    { why: "what nobody can spend is refused before the pool sees it since 25", ours: ["scriptpubkey", burnt] }],
  ["a witness of a version to come", (c) => transaction([c], [[1e8, Buffer.from(`5220${"11".repeat(32)}`, "hex")]])],
  ["one of three keys", (c) => transaction([c], [[1e8, scripts.compile([op.OP_1,
    ...[1, 2, 3].map((n) => keyOf(n).publicKey), op.OP_3, op.OP_CHECKMULTISIG])]])],
  ["one of four keys", (c) => transaction([c], [[1e8, scripts.compile([op.OP_1,
    ...[1, 2, 3, 4].map((n) => keyOf(n).publicKey), op.OP_4, op.OP_CHECKMULTISIG])]])],
  // sizes
  ["a script that is too large to be run", (c) => transaction([c], [[1e8, Buffer.alloc(10_001, 0x51)]]),
    { why: "what nobody can spend is refused before the pool sees it since 25", ours: ["scriptpubkey", burnt] }],
  ["400,000 units of weight", (c) => transaction([c], Array.from({ length: 2400 }, () => [1e6, anyone]))],
  ["64 bytes", (c) => transaction([c], [[c.value - 1000, Buffer.from("5202aaaa", "hex")]])],
  ["66 bytes", (c) => transaction([c], [[c.value - 1000, Buffer.from("5204aaaaaaaa", "hex")]]),
    { why: "82 bytes were asked for before 25", ours: null }],
  ["data where signatures stand", (c) => transaction([{ ...c, scriptSig: Buffer.from("51", "hex"), witness: [anyoneCode] }], pays(c))],
  ["an instruction where signatures stand", (c) => transaction([{ ...c, scriptSig: Buffer.from("76", "hex"), witness: [anyoneCode] }], pays(c))],
  ["too much where signatures stand", (c) => transaction([{ ...c, scriptSig: scripts.compile(Array.from({ length: 4 },
    () => Buffer.alloc(500))), witness: [anyoneCode] }], pays(c))],
  // times
  ["not before the next block", (c, height) => transaction([c], pays(c), { locktime: height + 1 })],
  ["in the next block", (c, height) => transaction([c], pays(c), { locktime: height })],
  ["a time that is far", (c) => transaction([c], pays(c), { locktime: began + 1e6 })],
  ["a time that is long ago", (c) => transaction([c], pays(c), { locktime: began - 1e6 })],
  ["a time that does not count", (c) => transaction([{ ...c, sequence: final }], pays(c), { locktime: began + 1e6 })],
  ["a hundred blocks behind its coin", (c) => transaction([{ ...c, sequence: 100 }], pays(c))],
  ["two thousand blocks behind its coin", (c) => transaction([{ ...c, sequence: 2000 }], pays(c))],
  ["a long time behind its coin", (c) => transaction([{ ...c, sequence: 0x400000 | 1000 }], pays(c))],
  ["a time behind its coin in version 1", (c) => transaction([{ ...c, sequence: 2000 }], pays(c), { version: 1 })],
];

export async function forms(bench) {
  const steps = [];
  const height = await bench.node.call("getblockcount");
  for (const [name, make, known] of rows) {
    const made = make(await bench.coin(), height);
    const hex = typeof made === "string" ? made : hexOf(made);
    const seen = await bench.judge(hex);
    if (known && !known.ours) known.ours = [["allowed", made.virtualSize(), seen[0]?.[2]], "sent"];
    steps.push([name, seen, known]);
  }
  // A coin that comes of age.
  const [block] = await bench.mine();
  const { tx } = await bench.node.call("getblock", block, 2);
  const young = { txid: tx[0].txid, vout: 0, value: Math.round(tx[0].vout[0].value * 1e8) };
  steps.push(["a coinbase of the last block", await bench.judge(hexOf(transaction([young], pays(young))))]);
  const spent = await bench.coin();
  await bench.send(transaction([spent], pays(spent)));
  await bench.mine(98);
  steps.push(["a block too early", await bench.judge(hexOf(transaction([young], pays(young))))]);
  await bench.mine();
  steps.push(["of age", await bench.judge(hexOf(transaction([young], pays(young))))]);
  steps.push(["a coin that is spent in the chain", await bench.judge(hexOf(transaction([spent], pays(spent, 2000))))]);
  steps.push(["blocks", (await bench.node.call("getblockcount")) - firstHeights]);
  return steps;
}
