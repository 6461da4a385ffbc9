// Made-up scripts and damaged transactions: nobody thought of these, and both nodes have to say the
// same of each. The same seed makes the same ones; `--seed N` makes others.
import { anyone, hexOf, keyOf, op, scripts, transaction, witnessScript, payments } from "./bench.mjs";

const at = process.argv.indexOf("--seed");
export const seed = at < 0 ? 1 : Number(process.argv[at + 1]);
const scriptCount = 400;
const damageCount = 400;

// Mulberry32: 32 bits of state, enough to make cases.
export function randomFrom(start) {
  let state = start;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  const below = (count) => next() % count;
  return { below, pick: (list) => list[below(list.length)], bytes: (size) => Buffer.from(Array.from({ length: size }, () => below(256))) };
}

const plain = [op.OP_DUP, op.OP_DROP, op.OP_SWAP, op.OP_OVER, op.OP_ROT, op.OP_PICK, op.OP_ROLL, op.OP_SIZE, op.OP_EQUAL,
  op.OP_ADD, op.OP_SUB, op.OP_NOT, op.OP_0NOTEQUAL, op.OP_WITHIN, op.OP_MIN, op.OP_MAX, op.OP_LESSTHAN, op.OP_SHA256,
  op.OP_HASH160, op.OP_IF, op.OP_NOTIF, op.OP_ELSE, op.OP_ENDIF, op.OP_VERIFY, op.OP_TOALTSTACK, op.OP_FROMALTSTACK,
  op.OP_IFDUP, op.OP_DEPTH, op.OP_NIP, op.OP_TUCK, op.OP_2DROP, op.OP_2DUP, op.OP_ABS, op.OP_NEGATE, op.OP_BOOLAND];
const signs = [op.OP_CHECKSIG, op.OP_CHECKSIGVERIFY, op.OP_CHECKMULTISIG, op.OP_CHECKLOCKTIMEVERIFY, op.OP_CHECKSEQUENCEVERIFY];

function element(random) {
  switch (random.below(6)) {
    case 0: return Buffer.alloc(0);
    case 1: return scripts.number.encode(random.below(40) - 20);
    case 2: return random.bytes(1 + random.below(5));
    case 3: return keyOf(random.below(3)).publicKey;
    case 4: return Buffer.from([1]);
    default: return random.bytes(20 + random.below(14));
  }
}
function part(random) {
  const kind = random.below(20);
  if (kind < 6) return Buffer.from([random.pick([op.OP_0, op.OP_1NEGATE, op.OP_1, op.OP_2, op.OP_3, op.OP_16])]);
  if (kind < 9) {
    const data = element(random);
    return Buffer.concat([Buffer.from([data.length]), data]);  // minimal or not
  }
  if (kind < 17) return Buffer.from([random.pick(plain)]);
  if (kind < 18) return Buffer.from([random.pick(signs)]);
  return Buffer.from([0x4c + random.below(0xba - 0x4c)]);
}
const several = (random, most, make) => Array.from({ length: random.below(most + 1) }, () => make(random));

// Drops what is left, so that a script which has not failed until here succeeds.
const tidy = scripts.compile([...Array(12).fill([op.OP_DEPTH, op.OP_0NOTEQUAL, op.OP_IF, op.OP_DROP, op.OP_ENDIF]).flat(),
  op.OP_1]);

// Which of the two it is where an OP_IF finds nothing on the stack has changed after 0.21. Bitcoin
// Core's vectors, which lockstep-bitcoin-vectors runs, tell them apart.
const withoutOperand = (seen) => JSON.parse(JSON.stringify(seen).replaceAll("Invalid OP_IF construction",
  "Operation not valid with the current stack size"));

export async function madeUpScripts(bench) {
  const random = randomFrom(seed);
  const rows = Array.from({ length: scriptCount }, () => {
    const end = random.pick([tidy, tidy, Buffer.alloc(0)]);
    const script = Buffer.concat([part(random), ...several(random, 7, part), end]);
    const elements = several(random, 3, element);
    const how = { locktime: random.pick([0, 0, 1, 1200]), version: random.pick([1, 2, 2]) };
    const sequence = random.pick([0xfffffffd, 0xfffffffd, 0xffffffff, 0, 1]);
    const isNested = random.below(4) === 0;
    return { script, elements, how, sequence, isNested };
  });
  const each = 1_000_000;
  const coin = await bench.coin();
  const outputs = rows.map(({ script, isNested }) => [each,
    isNested ? payments.p2sh({ redeem: { output: witnessScript(script) } }).output : witnessScript(script)]);
  const funding = await bench.send(transaction([coin], [...outputs, [coin.value - rows.length * each - 100_000, anyone]]));
  await bench.mine();
  const steps = [];
  for (const [vout, { script, elements, how, sequence, isNested }] of rows.entries()) {
    const made = transaction([{ txid: funding, vout, sequence, witness: [...elements, script],
      ...(isNested ? { scriptSig: scripts.compile([witnessScript(script)]) } : {}) }], [[each - 10_000, anyone]], how);
    steps.push([`${script.toString("hex")} on ${elements.map((one) => one.toString("hex"))} ${JSON.stringify({ ...how, sequence })}`,
      withoutOperand(await bench.judge(hexOf(made)))]);
  }
  await bench.mine();
  const taken = steps.filter(([, [, sent]]) => sent === "sent").length;
  if (taken < scriptCount / 20) throw new Error(`only ${taken} of ${scriptCount} were taken`);
  steps.push([`${taken} were taken; none waits any more`, await bench.node.call("getrawmempool")]);
  return steps;
}

// Which of them it is depends on how much money there is, and Litecoin has more.
const amounts = ["bad-txns-vout-toolarge", "bad-txns-txouttotal-toolarge", "bad-txns-in-belowout"];

// An ordinary transaction with an octet changed, left out, or put in.
export async function damagedTransactions(bench) {
  const random = randomFrom(seed);
  const coin = await bench.coin();
  const whole = Buffer.from(transaction([coin], [[coin.value - 20_000, anyone], [10_000, anyone]]).toHex(), "hex");
  const steps = [];
  for (let i = 0; i < damageCount; ++i) {
    // Not in the id of what is spent, which each node has of its own.
    const place = random.pick([random.below(7), 39 + random.below(whole.length - 39)]);
    const [before, after] = [whole.subarray(0, place), whole.subarray(place + 1)];
    const octet = Buffer.from([random.pick([0, 1, 0x7f, 0x80, 0xfd, 0xff, random.below(256)])]);
    const parts = random.pick([[octet], [octet], [], [octet, whole.subarray(place, place + 1)]]);
    const hex = Buffer.concat([before, ...parts, after]).toString("hex");
    const { result, error } = await bench.node.ask("testmempoolaccept", [[hex]]);
    // Newer versions say which one cannot be read.
    const seen = error ? [error.code, error.message.replace(/^TX decode failed(: [0-9a-f]*|\.) /, "TX decode failed. ")] :
      [result[0].allowed, amounts.includes(result[0]["reject-reason"]) ? "too much" : result[0]["reject-reason"]];
    steps.push([`octet ${place}: ${parts.map((one) => one.toString("hex"))}`, seen]);
  }
  return steps;
}
