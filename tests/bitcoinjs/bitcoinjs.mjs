// What the adapter builds, judged by bitcoinjs-lib and tiny-secp256k1, which share no code with it;
// and what that library builds, judged by the mock node.
import { bitcoin, crypto, ecc, op, payments, scripts, Transaction } from "./bench.mjs";
import { MockNode, cases, check, equal } from "./node.mjs";
import { samples, withElement } from "./stories_escrow.mjs";
import { ownSpends } from "./bitcoinjs_spends.mjs";

const { regtest } = bitcoin.networks;
const bytes = (hex) => Buffer.from(hex, "hex");
const halfOrder = bytes("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0");
const coinTxid = "11".repeat(32);
// The last time of four bytes and the first of five, among others.
const locktimes = [500_000_000, 1_796_040_000, 2_147_483_647, 2_147_483_648, 4_294_967_295];
const counts = { signatures: 0, transactions: 0 };

// The escrow's script from the terms alone, as adapter/escrow_script.h describes it.
const scriptOf = (terms) => scripts.compile([
  op.OP_IF, op.OP_SIZE, scripts.number.encode(32), op.OP_EQUALVERIFY, op.OP_SHA256, bytes(terms.condition),
  op.OP_EQUALVERIFY, bytes(terms.payee), op.OP_CHECKSIG,
  op.OP_ELSE,
  op.OP_IF, scripts.number.encode(terms.locktime), op.OP_CHECKLOCKTIMEVERIFY, op.OP_DROP, bytes(terms.payer), op.OP_CHECKSIG,
  op.OP_ELSE, bytes(terms.payee), op.OP_CHECKSIGVERIFY, bytes(terms.payer), op.OP_CHECKSIG, op.OP_ENDIF,
  op.OP_ENDIF]);

// A signature over all of the transaction by this key: its form, and that it holds for nothing else.
function checkSignature(made, index, code, value, signature, key, what) {
  ++counts.signatures;
  check(scripts.isCanonicalScriptSignature(signature), `${what}: canonical DER`);
  const { signature: plain, hashType } = scripts.signature.decode(signature);
  equal(hashType, Transaction.SIGHASH_ALL, `${what}: hash type`);
  check(Buffer.compare(plain.subarray(32), halfOrder) <= 0, `${what}: low s`);
  check(plain[0] < 0x80, `${what}: low r`);
  const hash = made.hashForWitnessV0(index, code, value, hashType);
  check(ecc.verify(hash, key, plain, true), `${what}: verifies`);
  check(!ecc.verify(made.hashForWitnessV0(index, code, value + 1, hashType), key, plain, true), `${what}: another value`);
  const other = made.clone();
  other.outs[0].value -= 1;
  check(!ecc.verify(other.hashForWitnessV0(index, code, value, hashType), key, plain, true), `${what}: another output`);
  return hash.toString("hex");
}

// What holds of each of them; the transaction as bitcoinjs-lib reads it.
function read(told, codes, what) {
  ++counts.transactions;
  const made = Transaction.fromHex(told.hex);
  equal(made.toHex(), told.hex, `${what}: the same octets again`);
  equal([made.getId(), made.getHash(true).reverse().toString("hex"), made.weight()],
    [told.txid, told.wtxid, told.weight], `${what}: ids and weight`);
  equal(made.version, 2, `${what}: version`);
  check(made.ins.every(({ sequence, script }) => sequence === 0xfffffffd && script.length === 0),
    `${what}: replaceable, nothing but witnesses`);
  const paid = made.outs.reduce((sum, { value }) => sum + value, 0);
  equal(told.values.reduce((sum, value) => sum + value, 0) - paid, told.fee, `${what}: fee`);
  equal(made.ins.map((_, i) => made.hashForWitnessV0(i, codes[i], told.values[i], 1).toString("hex")), told.hashes,
    `${what}: BIP 143`);
  return made;
}

function checkFunding(terms, told, what) {
  const key = bytes(terms.coin_key);
  const code = payments.p2pkh({ pubkey: key }).output;
  const made = read(told, [code], what);
  equal(made.outs[0], { value: terms.amount, script: bytes(terms.output.hex) }, `${what}: the escrow's output`);
  equal(made.outs[1]?.script.toString("hex"), terms.payer_home.hex, `${what}: the change`);
  const [signature, shown] = made.ins[0].witness;
  equal(shown, key, `${what}: key`);
  equal(payments.p2wpkh({ pubkey: shown }).output.toString("hex"), terms.coin.hex, `${what}: the coin's program`);
  checkSignature(made, 0, code, told.values[0], signature, key, what);
  return made;
}

function checkSpend(terms, told, funding, home, what) {
  const made = read(told, [bytes(terms.script)], what);
  equal([made.ins.length, Buffer.from(made.ins[0].hash).reverse().toString("hex"), made.ins[0].index],
    [1, funding.txid, 0], `${what}: spends the escrow`);
  equal([made.outs.length, made.outs[0].script.toString("hex")], [1, home.hex], `${what}: destination`);
  const { witness } = made.ins[0];
  equal(witness.at(-1).toString("hex"), terms.script, `${what}: shows the script`);
  return { made, witness, by: (i, key) => checkSignature(made, 0, bytes(terms.script), terms.amount, witness[i], bytes(key), what) };
}

async function judgeSamples(number, locktime) {
  const terms = await samples(number, coinTxid, number, 100_000 * (number + 1), locktime);
  equal(terms.locktime, locktime, "locktime");
  equal(crypto.sha256(bytes(terms.preimage)).toString("hex"), terms.condition, "condition");
  equal(scriptOf(terms).toString("hex"), terms.script, "script");
  const program = payments.p2wsh({ redeem: { output: bytes(terms.script), network: regtest }, network: regtest });
  equal([program.output.toString("hex"), program.address], [terms.output.hex, terms.output.address], "program");
  for (const place of [terms.coin, terms.payer_home, terms.payee_home, terms.output])
    equal(bitcoin.address.toOutputScript(place.address, regtest).toString("hex"), place.hex, "address");

  const cheap = checkFunding(terms, terms.funding, "funding");
  const dear = checkFunding(terms, terms.dearer_funding, "dearer funding");
  equal(dear.ins[0].hash, cheap.ins[0].hash, "both spend the same coin");
  check(terms.dearer_funding.fee > terms.funding.fee + cheap.virtualSize(), "the second pays for replacing");

  for (const [name, told] of [["claim", terms.claim], ["dearer claim", terms.dearer_claim]]) {
    const { made, witness, by } = checkSpend(terms, told, terms.dearer_funding, terms.payee_home, name);
    equal(witness.slice(1, 3).map((each) => each.toString("hex")), [terms.preimage, "01"], `${name}: witness`);
    by(0, terms.payee);
    equal(made.locktime, 0, `${name}: at once`);
  }
  check(terms.dearer_claim.fee > terms.claim.fee, "the dearer claim is dearer");
  const refund = checkSpend(terms, terms.refund, terms.dearer_funding, terms.payer_home, "refund");
  equal(refund.witness.slice(1, 3).map((each) => each.toString("hex")), ["01", ""], "refund: witness");
  equal(refund.made.locktime, locktime, "refund: not before");
  refund.by(0, terms.payer);
  const reject = checkSpend(terms, terms.reject, terms.dearer_funding, terms.payer_home, "reject");
  equal(reject.witness.slice(2, 4).map((each) => each.length), [0, 0], "reject: witness");
  equal(reject.made.locktime, 0, "reject: at once");
  reject.by(0, terms.payer);
  reject.by(1, terms.payee);

  // What the payee sends is the same transaction, with its signature beside it.
  const { partial } = terms;
  equal(reject.witness[1].toString("hex"), partial.signature, "partial: signature");
  equal(Transaction.fromHex(partial.hex).getId(), terms.reject.txid, "partial: the same transaction");
  const length = (hex) => (hex.length / 2).toString(16).padStart(2, "0");
  equal(partial.sent, `01${length(partial.hex)}${partial.hex}${length(partial.signature)}${partial.signature}`, "partial: as sent");
}

const node = await new MockNode().start();
await cases([
  [`${locktimes.length} escrows are what bitcoinjs-lib says they are`, async () => {
    for (const [number, locktime] of locktimes.entries()) await judgeSamples(number, locktime);
    console.log(`    ${counts.transactions} transactions, ${counts.signatures} signatures verified`);
  }],
  ["a witness can be taken apart and put together", async () => {
    const { claim, preimage } = await samples(1);
    equal(withElement(claim.hex, 1, bytes(preimage)), claim.hex, "the same");
  }],
  ...ownSpends.map(([name, body]) => [name, () => body(node)]),
  ["the node stops", async () => equal(await node.terminate(), 0, "exit code")],
]);
