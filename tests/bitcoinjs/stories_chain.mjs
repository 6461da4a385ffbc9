// Blocks that leave the chain and come back, and blocks that somebody else made wrong.
import { createHash, scryptSync } from "node:crypto";
import { anyone, bitcoin, hexOf, op, scripts, transaction, Transaction } from "./bench.mjs";

const zeros = Buffer.alloc(32);
const unlooked = (result) => ({ why: "submitblock does not look first since 29", ours: { result } });
const forgotten = (result) => ({ why: "ours does not remember what its surroundings forbid", ours: { result } });

export async function reorganisations(bench) {
  const { node } = bench;
  const steps = [];
  const see = (name, seen, known) => steps.push([name, seen, known]);
  const height = async () => (await node.call("getblockcount")) - start;
  const start = await node.call("getblockcount");
  const coin = await bench.coin();
  const parent = transaction([coin], [[coin.value - 1000, anyone]]);
  const child = transaction([{ txid: parent.getId(), vout: 0 }], [[coin.value - 2000, anyone]]);
  const pooled = async () => {
    const pool = await node.call("getrawmempool");
    return [parent, child].map((one) => pool.includes(one.getId()));
  };
  await bench.send(parent);
  const [first] = await bench.mine();
  await bench.send(child);
  const [second] = await bench.mine();
  see("both are mined", [await height(), await pooled()]);

  see("the last block leaves", await node.ask("invalidateblock", [second]));
  see("its transaction waits", [await height(), await pooled()]);
  see("the block before it leaves", await node.ask("invalidateblock", [first]));
  see("both wait", [await height(), await pooled()]);
  see("the coin is there without the pool", (await node.call("gettxout", coin.txid, 0, false)).value);
  see("and spent with it", await node.call("gettxout", coin.txid, 0, true));
  see("what left has no confirmations", (await node.call("getblockheader", first)).confirmations);
  see("what left is not active", (await node.call("getrawtransaction", parent.getId(), true, first)).in_active_chain);
  see("tips", (await node.call("getchaintips")).slice(0, 2).map(({ branchlen, status }) => [branchlen, status]));
  // What is in conflict with what came back is judged by it.
  const other = transaction([coin], [[coin.value - 900, anyone]]);
  see("a cheaper one against them", await bench.judge(hexOf(other)));
  const dearer = transaction([coin], [[coin.value - 9000, anyone]]);
  see("a dearer one against them", await bench.judge(hexOf(dearer)));
  see("they are gone", await pooled());
  const [third] = await bench.mine();
  see("another block", await height());
  see("the first ones again", await node.ask("reconsiderblock", [first]));
  see("two blocks are more than one", [await height(), await pooled(),
    (await node.call("getblockheader", third)).confirmations]);
  see("what was in conflict is gone", (await node.ask("getmempoolentry", [dearer.getId()])).error);
  see("tips afterwards", (await node.call("getchaintips")).slice(0, 2).map(({ branchlen, status }) => [branchlen, status]));
  // A coinbase that is of age no more.
  const young = await node.call("getblock", await node.call("getblockhash", start - 98), 2);
  const spend = transaction([{ txid: young.tx[0].txid, vout: 0 }],
    [[Math.round(young.tx[0].vout[0].value * 1e8) - 1000, anyone]]);
  see("a coinbase that has just come of age", await bench.judge(hexOf(spend)));
  await node.call("invalidateblock", second);
  see("it leaves with the block", (await node.ask("getmempoolentry", [spend.getId()])).error);
  await node.call("reconsiderblock", second);
  await bench.mine();
  return steps;
}

// --- blocks by hand ---
const hash256 = (bytes) => createHash("sha256").update(createHash("sha256").update(bytes).digest()).digest();
// Litecoin's work is scrypt; a header has work when its hash is below a half.
const workOf = { bcrt: hash256, rltc: (header) => scryptSync(header, header, 32, { N: 1024, r: 1, p: 1 }) };

function coinbase(height, value, { nonce = "00", witness, extra = [], script } = {}) {
  const made = new Transaction();
  made.version = 2;
  made.addInput(zeros, 0xffffffff, 0xffffffff,
    script ?? Buffer.concat([scripts.compile([scripts.number.encode(height)]), Buffer.from(`01${nonce}`, "hex")]));
  made.addOutput(anyone, value);
  for (const [amount, output] of extra) made.addOutput(output, amount);
  if (witness) made.setWitness(0, [witness]);
  return made;
}
function merkleRoot(hashes) {
  let level = hashes;
  while (level.length > 1) {
    const next = [];
    for (let i = 0; i < level.length; i += 2)
      next.push(hash256(Buffer.concat([level[i], level[i + 1] ?? level[i]])));
    level = next;
  }
  return level[0] ?? zeros;
}
const committed = (transactions, reserved = zeros) => scripts.compile([op.OP_RETURN, Buffer.concat([Buffer.from("aa21a9ed", "hex"),
  hash256(Buffer.concat([merkleRoot([zeros, ...transactions.map((one) => one.getHash(true))]), reserved]))])]);

function blockHex(prefix, { version = 0x20000000, previous, root, time, bits = 0x207fffff, transactions, wrongWork = false }) {
  const header = Buffer.alloc(80);
  header.writeInt32LE(version, 0);
  Buffer.from(previous, "hex").reverse().copy(header, 4);
  (root ?? merkleRoot(transactions.map((one) => one.getHash()))).copy(header, 36);
  header.writeUInt32LE(time, 68);
  header.writeUInt32LE(bits, 72);
  for (let nonce = 0; ; ++nonce) {
    header.writeUInt32LE(nonce, 76);
    const highest = workOf[prefix](header)[31];
    if (wrongWork ? highest > 0x7f : highest < 0x7f) break;
  }
  return header.toString("hex") + transactions.length.toString(16).padStart(2, "0") +
    transactions.map((one) => one.toHex()).join("");
}

export async function badBlocks(bench) {
  const { node } = bench;
  const steps = [];
  const coin = await bench.coin();
  const spent = await bench.coin();
  await bench.send(transaction([spent], [[spent.value - 1000, anyone]]));
  await bench.mine();
  const tip = await node.call("getblockheader", await node.call("getbestblockhash"));
  const height = tip.height + 1;
  const subsidy = Math.floor(50e8 / 2 ** Math.floor(height / 150));
  const young = { txid: (await node.call("getblock", tip.hash)).tx[0], vout: 0 };
  const pay = (input, amount = 1e6, more) => transaction([input], [[amount, anyone]], more);
  const usual = { previous: tip.hash, time: tip.time + 1 };
  let nonce = 0;
  const base = (value = subsidy, more = {}) => coinbase(height, value,
    { nonce: (++nonce).toString(16).padStart(2, "0"), ...more });
  const holding = (list, more = {}) => ({ ...usual, transactions: [base(subsidy, { witness: zeros,
    extra: [[0, committed(list)]] }), ...list], ...more });
  const plainSpend = pay({ ...coin, witness: [] });
  const rows = [
    ["an unknown one before", { ...usual, previous: "11".repeat(32), transactions: [base()] }],
    ["a wrong root", { ...usual, root: zeros, transactions: [base()] }],
    ["no work", { ...usual, wrongWork: true, transactions: [base()] }],
    ["another target", { ...usual, bits: 0x207ffffe, transactions: [base()] }],
    ["a time that is too old", { ...usual, time: tip.mediantime, transactions: [base()] }],
    ["a time that is too new", { ...usual, time: tip.time + 2 * 86_400, transactions: [base()] }],
    ["version 1", { ...usual, version: 1, transactions: [base()] }],
    ["version 3", { ...usual, version: 3, transactions: [base()] }],
    ["nothing in it", { ...usual, transactions: [] }, unlooked("bad-blk-length")],
    ["no coinbase", { ...usual, transactions: [plainSpend] }, unlooked("bad-cb-missing")],
    ["two coinbases", { ...usual, transactions: [base(), base()] }],
    ["another height", { ...usual, transactions: [coinbase(height + 1, subsidy)] }, undefined,
      forgotten("bad-cb-height")],
    ["a coinbase script of 101 bytes", { ...usual, transactions: [base(subsidy, { script: Buffer.concat([
      scripts.compile([scripts.number.encode(height)]), Buffer.alloc(98)]) })] }],
    ["more than the subsidy", { ...usual, transactions: [base(subsidy + 1)] }],
    ["more than the subsidy and the fees", holding([pay(coin, coin.value - 5)], { more: 6 })],
    ["an input that is missing", holding([pay({ ...coin, vout: 9 })])],
    ["an input that is spent", holding([pay(spent)])],
    ["a coinbase that is not of age", holding([pay(young, 100)])],
    ["more out than in", holding([pay(coin, coin.value + 1)])],
    ["twice the same input", holding([pay(coin), pay(coin, 2e6)])],
    ["a transaction of a later block", holding([pay(coin, 1e6, { locktime: height })]), undefined,
      forgotten("bad-txns-nonfinal")],
    ["a transaction before its coin is old enough", holding([pay({ ...coin, sequence: 0xffff })])],
    ["a script that fails", holding([pay({ ...coin, witness: [Buffer.from([op.OP_FALSE])] })]),
      { why: "the reason is told since 29",
        ours: { result: "mandatory-script-verify-flag-failed (Witness program hash mismatch)" } }, null],
    ["a child before its parent", (() => {
      const parent = pay(coin);
      return holding([pay({ txid: parent.getId(), vout: 0 }, 1e5), parent]);
    })()],
    ["the last transaction twice", (() => {
      const one = base();
      const other = pay(coin);
      const twice = { ...usual, transactions: [one, other, other] };
      return { ...twice, root: merkleRoot([one, other, other, other].map((each) => each.getHash())) };
    })()],
    ["witnesses that nobody commits to", { ...usual, transactions: [base(), pay(coin)] }],
    ["another commitment", { ...usual, transactions: [base(subsidy, { witness: zeros,
      extra: [[0, committed([])]] }), pay(coin)] }],
    ["a commitment with a short nonce", { ...usual, transactions: [base(subsidy, { witness: Buffer.alloc(31),
      extra: [[0, committed([])]] })] }],
    ["too many signatures to check", { ...usual, transactions: [base(subsidy, { extra: [[0,
      Buffer.alloc(20_001, op.OP_CHECKSIG)]] })] }],
    ["on another one than the tip", { ...usual, previous: (await node.call("getblockheader", tip.hash)).previousblockhash,
      time: tip.mediantime + 1, transactions: [coinbase(height - 1, 0)] }],
    ["a good one", holding([pay(coin)])],
  ];
  for (const [name, row, known, knownAgain = known] of rows) {
    if (row.more) row.transactions[0].outs[0].value += row.more;
    const hex = blockHex(bench.prefix, row);
    steps.push([name, await node.ask("submitblock", [hex]), known]);
    steps.push([`${name}, again`, await node.ask("submitblock", [hex]), knownAgain]);
  }
  steps.push(["the good one is the tip", (await node.call("getblockcount")) - height]);
  return steps;
}
