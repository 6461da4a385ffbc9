// Transactions that bitcoinjs-lib builds and signs (with its own partially signed transactions where
// it knows the form), sent to the mock: taken and mined where they are right, refused where not.
import { Bench, anyone, bitcoin, crypto, hexOf, keyOf, op, payments, scripts, transaction, Transaction,
  witnessScript } from "./bench.mjs";
import { check, equal } from "./node.mjs";

const { Psbt } = bitcoin;
const network = bitcoin.networks.regtest;
const each = 1_000_000;
const fee = 2_000;
const [alice, bob, carol] = [11, 12, 13].map(keyOf);
const home = payments.p2wpkh({ pubkey: carol.publicKey }).output;
const single = Transaction.SIGHASH_SINGLE | Transaction.SIGHASH_ANYONECANPAY;
const badSignature = /^-26: (non-)?mandatory-script-verify-flag(-failed)? \(/;

let bench;
async function prepare(node) {
  bench = new Bench(node, "bcrt");
  await bench.prepare();
}
// Confirmed outputs to these scripts: {txid, vout, value, hex}.
async function fund(...outputs) {
  const coin = await bench.coin();
  const made = transaction([coin], [...outputs.map((script) => [each, script]),
    [coin.value - outputs.length * each - 10_000, anyone]]);
  const txid = await bench.send(made);
  await bench.mine();
  return outputs.map((script, vout) => ({ txid, vout, value: each, script, hex: made.toHex() }));
}
async function refused(made, reason, what) {
  const { error } = await bench.node.ask("sendrawtransaction", [hexOf(made)]);
  check(error && reason.test(`${error.code}: ${error.message}`), `${what}: ${JSON.stringify(error ?? "taken")}`);
}
async function taken(made, what) {
  const { result, error } = await bench.node.ask("sendrawtransaction", [hexOf(made)]);
  equal(error ?? result, made.getId(), what);
}
async function mined(list) {
  const [block] = await bench.mine();
  const { tx } = await bench.node.call("getblock", block);
  for (const made of list) check(tx.includes(made.getId()), `${made.getId()} is mined`);
}

const multisig = payments.p2ms({ m: 2, pubkeys: [alice, bob, carol].map((key) => key.publicKey) }).output;
const nested = payments.p2wpkh({ pubkey: alice.publicKey });
// name, output, what a partially signed transaction has to know of it, who signs
const kinds = [
  ["P2PKH", payments.p2pkh({ pubkey: alice.publicKey }).output, (coin) => ({ nonWitnessUtxo: Buffer.from(coin.hex, "hex") }), [alice]],
  ["P2WPKH", nested.output, (coin) => ({ witnessUtxo: coin }), [alice]],
  ["P2SH-P2WPKH", payments.p2sh({ redeem: nested }).output, (coin) => ({ witnessUtxo: coin, redeemScript: nested.output }), [alice]],
  ["P2WSH of two of three", witnessScript(multisig), (coin) => ({ witnessUtxo: coin, witnessScript: multisig }), [alice, bob]],
  ["P2SH of two of three", payments.p2sh({ redeem: { output: multisig } }).output,
    (coin) => ({ nonWitnessUtxo: Buffer.from(coin.hex, "hex"), redeemScript: multisig }), [bob, carol]],
  ["P2SH-P2WSH of two of three", payments.p2sh({ redeem: { output: witnessScript(multisig) } }).output,
    (coin) => ({ witnessUtxo: coin, redeemScript: witnessScript(multisig), witnessScript: multisig }), [alice, carol]],
];

function spendOf(coins, outputs, signers, { types, locktime = 0, sequence = 0xfffffffd, finalize } = {}) {
  const psbt = new Psbt({ network });
  psbt.setVersion(2);
  psbt.setLocktime(locktime);
  coins.forEach(({ coin, known }, i) => psbt.addInput({ hash: coin.txid, index: coin.vout, sequence,
    ...known, ...(types ? { sighashType: types[i] } : {}) }));
  for (const [value, script] of outputs) psbt.addOutput({ value, script });
  signers.forEach((keys, i) => keys.forEach((key) => psbt.signInput(i, key, types && [types[i]])));
  if (finalize) psbt.finalizeInput(0, finalize);
  else psbt.finalizeAllInputs();
  return psbt.extractTransaction(true);
}

async function usualKinds() {
  const coins = await fund(...kinds.map(([, script]) => script));
  const good = [];
  for (const [i, [name, , know, keys]] of kinds.entries()) {
    const coin = coins[i];
    const made = spendOf([{ coin, known: know(coin) }], [[each - fee, home]], [keys]);
    // Another output than was signed, and another input's signature.
    const robbed = made.clone();
    robbed.outs[0].script = anyone;
    await refused(robbed, badSignature, `${name} to somebody else`);
    const moved = made.clone();
    moved.ins[0].index = coins[(i + 1) % coins.length].vout;
    await refused(moved, /^-26: /, `${name} on another coin`);
    await taken(made, name);
    good.push(made);
  }
  await mined(good);
  // All of them together in one transaction.
  const more = await fund(...kinds.map(([, script]) => script));
  const together = spendOf(more.map((coin, i) => ({ coin, known: kinds[i][2](coin) })),
    [[more.length * each - 10_000, home]], kinds.map(([, , , keys]) => keys));
  await taken(together, "all kinds together");
  await mined([together]);
  await refused(good[0], /^-27: Transaction outputs already in utxo set/, "again");
}

// The adapter's script, from the words of its head comment.
const escrow = (condition, payee, payer, locktime) => scripts.fromASM(
  `OP_IF OP_SIZE 20 OP_EQUALVERIFY OP_SHA256 ${condition.toString("hex")} OP_EQUALVERIFY ${payee.publicKey.toString("hex")} ` +
  `OP_CHECKSIG OP_ELSE OP_IF ${scripts.number.encode(locktime).toString("hex")} OP_CHECKLOCKTIMEVERIFY OP_DROP ` +
  `${payer.publicKey.toString("hex")} OP_CHECKSIG OP_ELSE ${payee.publicKey.toString("hex")} OP_CHECKSIGVERIFY ` +
  `${payer.publicKey.toString("hex")} OP_CHECKSIG OP_ENDIF OP_ENDIF`);
const stackOf = (elements) => {
  const size = (length) => (length < 253 ? Buffer.from([length]) : Buffer.from([253, length & 255, length >> 8]));
  return Buffer.concat([Buffer.from([elements.length]), ...elements.flatMap((one) => [size(one.length), one])]);
};
// The library does not know the form: what opens it is put behind the signatures by us.
const opened = (...rest) => (_, { partialSig, witnessScript: script }) => ({ finalScriptSig: undefined,
  finalScriptWitness: stackOf([...partialSig.map(({ signature }) => signature).reverse(), ...rest, script]) });
const yes = Buffer.from([1]);
const no = Buffer.alloc(0);

async function escrows() {
  const preimage = crypto.sha256(Buffer.from("a secret"));
  const { mediantime } = await bench.node.call("getblockchaininfo");
  const locktime = mediantime + 3_600;
  const script = escrow(crypto.sha256(preimage), bob, alice, locktime);
  const [toClaim, toRefund, toReject] = await fund(...Array(3).fill(witnessScript(script)));
  const spend = (coin, keys, rest, more = {}) => spendOf([{ coin, known: { witnessUtxo: coin, witnessScript: script } }],
    [[each - fee, home]], [keys], { finalize: opened(...rest), ...more });
  await refused(spend(toClaim, [bob], [crypto.sha256(preimage), yes]), badSignature, "a wrong preimage");
  await refused(spend(toClaim, [bob], [Buffer.concat([preimage, no, yes]), yes]), badSignature, "a longer preimage");
  await refused(spend(toClaim, [alice], [preimage, yes]), badSignature, "the payer's claim");
  const claim = spend(toClaim, [bob], [preimage, yes]);
  await taken(claim, "a claim");
  await refused(spend(toRefund, [alice], [yes, no], { locktime }), /^-26: non-final$/, "a refund too early");
  await refused(spend(toRefund, [alice], [yes, no], { locktime: mediantime - 1 }), badSignature, "a refund of an earlier time");
  await refused(spend(toRefund, [bob], [yes, no], { locktime: mediantime - 1 }), badSignature, "the payee's refund");
  await refused(spend(toReject, [bob], [no, no]), badSignature, "the payee alone");
  const reject = spend(toReject, [bob, alice], [no, no]);
  const [{ witness }] = reject.ins;
  // The payer's signature is the deeper one; the library sorts them by key.
  const swapped = reject.clone();
  swapped.setWitness(0, [witness[1], witness[0], ...witness.slice(2)]);
  const isOfPayer = alice.verify(reject.hashForWitnessV0(0, script, each, Transaction.SIGHASH_ALL),
    scripts.signature.decode(witness[0]).signature);
  const [right, wrong] = isOfPayer ? [reject, swapped] : [swapped, reject];
  await refused(wrong, badSignature, "both in the wrong order");
  await taken(right, "both give it back");
  await mined([claim, right]);
  await bench.node.call("setmocktime", locktime + 1);
  await bench.mine(6);
  const refund = spend(toRefund, [alice], [yes, no], { locktime });
  await taken(refund, "a refund at its time");
  await mined([refund]);
}

// One side signs its input and the output that it wants; whoever likes adds the rest.
async function partials() {
  const [mine, theirs] = await fund(kinds[1][1], payments.p2wpkh({ pubkey: bob.publicKey }).output);
  const coins = [mine, theirs].map((coin) => ({ coin, known: { witnessUtxo: coin } }));
  const types = [single, Transaction.SIGHASH_ALL];
  const wanted = [each + 500_000, home];
  const code = payments.p2pkh({ pubkey: alice.publicKey }).output;
  const alone = transaction([{ ...mine, witness: [] }], [wanted]);
  const signature = scripts.signature.encode(alice.sign(alone.hashForWitnessV0(0, code, each, single)), single);
  const offered = [signature, alice.publicKey];
  alone.setWitness(0, offered);
  await refused(alone, /^-26: bad-txns-in-belowout, value in \(0\.01\) < value out \(0\.015\)$/, "the offer alone");

  const outputs = [wanted, [500_000 - fee, anyone]];
  const made = spendOf(coins, outputs, [[alice], [bob]], { types });
  made.setWitness(0, offered);
  const cheaper = spendOf(coins, [[each, home], [each - fee, anyone]], [[alice], [bob]], { types });
  cheaper.setWitness(0, offered);
  await refused(cheaper, badSignature, "less than was wanted");
  const behind = spendOf([...coins].reverse(), outputs, [[bob], [alice]], { types: [...types].reverse() });
  behind.setWitness(1, offered);
  await refused(behind, badSignature, "on another place");
  const changed = made.clone();
  changed.outs[1].value -= 1;
  await refused(changed, badSignature, "an output that the other side did not sign");
  await taken(made, "the offer, taken up");
  await mined([made]);
}

export const ownSpends = [
  ["a chain with coins", prepare],
  ["keys, hashes and multisig in every wrapping", usualKinds],
  ["the escrow's script, built by somebody else", escrows],
  ["offers that others complete", partials],
];
