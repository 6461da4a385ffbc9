// Scripts and signatures: outputs of every kind, spent as they should be and in every wrong way.
import { anyone, crypto, hexOf, keyOf, keyScript, op, payments, replaceable, scripts, sign, transaction,
  Transaction, witnessScript } from "./bench.mjs";

const { SIGHASH_ALL, SIGHASH_NONE, SIGHASH_SINGLE, SIGHASH_ANYONECANPAY } = Transaction;
const compile = (...parts) => scripts.compile(parts);
const number = (n) => scripts.number.encode(n);
const bytes = (hex) => Buffer.from(hex, "hex");
const key = keyOf(1);
const other = keyOf(2);
const pub = key.publicKey;
const empty = Buffer.alloc(0);
const one = bytes("01");
const preimage = Buffer.alloc(32, 5);

// --- programs that need no signature: [name, script, elements, how it is spent] ---
const programs = [
  ["true", compile(op.OP_TRUE), []],
  ["false", compile(op.OP_FALSE), []],
  ["nothing left", compile(op.OP_NOP), []],
  ["two left", compile(op.OP_TRUE), [one]],
  ["OP_RETURN", compile(op.OP_RETURN), []],
  ["OP_VERIFY of false", compile(op.OP_VERIFY, op.OP_TRUE), [empty]],
  ["OP_EQUALVERIFY of two", compile(number(2), op.OP_EQUALVERIFY, op.OP_TRUE), [one]],
  ["a stack that is too short", compile(op.OP_ADD), [one]],
  ["an open OP_IF", compile(op.OP_TRUE, op.OP_IF, op.OP_TRUE), []],
  ["a choice of 1", compile(op.OP_IF, op.OP_TRUE, op.OP_ELSE, op.OP_FALSE, op.OP_ENDIF), [one]],
  ["a choice of 2", compile(op.OP_IF, op.OP_TRUE, op.OP_ELSE, op.OP_FALSE, op.OP_ENDIF), [bytes("02")]],
  ["a disabled instruction", compile(op.OP_TRUE, op.OP_TRUE, op.OP_CAT), []],
  ["a reserved instruction", compile(op.OP_RESERVED), []],
  ["a NOP to come", compile(op.OP_NOP10, op.OP_TRUE), []],
  ["a number that is not minimal", compile(op.OP_1ADD, op.OP_DROP, op.OP_TRUE), [bytes("0100")]],
  ["a number of five bytes", compile(op.OP_1ADD, op.OP_DROP, op.OP_TRUE), [bytes("0102030405")]],
  ["a push that is not minimal", bytes("4c0101"), []],
  ["a push that is cut off", bytes("4c05"), []],
  ["a preimage", compile(op.OP_SHA256, crypto.sha256(preimage), op.OP_EQUAL), [preimage]],
  ["a wrong preimage", compile(op.OP_SHA256, crypto.sha256(preimage), op.OP_EQUAL), [Buffer.alloc(32, 6)]],
  ["a preimage of 33 bytes", compile(op.OP_SIZE, number(32), op.OP_EQUALVERIFY, op.OP_DROP, op.OP_TRUE), [Buffer.alloc(33)]],
  ["80 bytes of an element", compile(op.OP_DROP, op.OP_TRUE), [Buffer.alloc(80)]],
  ["81 bytes of an element", compile(op.OP_DROP, op.OP_TRUE), [Buffer.alloc(81)]],
  ["100 elements", compile(...Array(100).fill(op.OP_DROP), op.OP_TRUE), Array(100).fill(one)],
  ["101 elements", compile(...Array(101).fill(op.OP_DROP), op.OP_TRUE), Array(101).fill(one)],
  ["201 instructions", compile(...Array(201).fill(op.OP_NOP), op.OP_TRUE), []],
  ["202 instructions", compile(...Array(202).fill(op.OP_NOP), op.OP_TRUE), []],
  ["a script of 3,601 bytes", compile(...Array(7).fill([Buffer.alloc(510, 1), op.OP_DROP]).flat(), ...Array(7).fill(op.OP_NOP), op.OP_TRUE), []],
  ["a height that has come", compile(number(1000), op.OP_CHECKLOCKTIMEVERIFY), [], { locktime: 1200 }],
  ["a height that has not come", compile(number(1000), op.OP_CHECKLOCKTIMEVERIFY), [], { locktime: 900 }],
  ["a height against a time", compile(number(1000), op.OP_CHECKLOCKTIMEVERIFY), [], { locktime: 1_600_000_000 }],
  ["a height with a final input", compile(number(1000), op.OP_CHECKLOCKTIMEVERIFY), [], { locktime: 1200, sequence: 0xffffffff }],
  ["a negative height", compile(number(-1), op.OP_CHECKLOCKTIMEVERIFY), [], { locktime: 1200 }],
  ["an age that is not said", compile(number(5), op.OP_CHECKSEQUENCEVERIFY), [], { sequence: replaceable }],
  ["an age that is too low", compile(number(5), op.OP_CHECKSEQUENCEVERIFY), [], { sequence: 4 }],
  ["an age that is said and not reached", compile(number(5), op.OP_CHECKSEQUENCEVERIFY), [], { sequence: 5 }],
  ["an age of version 1", compile(number(5), op.OP_CHECKSEQUENCEVERIFY), [], { sequence: 5, version: 1 }],
  ["another script than promised", compile(op.OP_TRUE, op.OP_NOP), [], { shown: compile(op.OP_TRUE) }],
];

// A valid s becomes its negative: the same signature, which relay does not take.
function withHighS(signature) {
  const { signature: plain, hashType } = scripts.signature.decode(signature);
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
  const s = order - BigInt(`0x${plain.subarray(32).toString("hex")}`);
  return scripts.signature.encode(Buffer.concat([plain.subarray(0, 32), bytes(s.toString(16).padStart(64, "0"))]), hashType);
}
const withType = (signature, type) => Buffer.concat([signature.subarray(0, -1), Buffer.from([type])]);

// --- outputs that need signatures: [name, script, what signs: (made, coin) => {witness, scriptSig}] ---
const code = payments.p2pkh({ pubkey: pub }).output;
const byKey = (change = (x) => x, type = SIGHASH_ALL, by = key) => (made, coin) => ({
  witness: [change(sign(made, 0, code, coin.value, by, type)), pub] });
const legacy = (script, by = key, type = SIGHASH_ALL) => (made) =>
  scripts.signature.encode(by.sign(made.hashForSignature(0, script, type)), type);
const twoOfTwo = payments.p2ms({ m: 2, pubkeys: [pub, other.publicKey] }).output;
const both = (dummy, keys) => (made, coin) => ({ witness: [dummy,
  ...keys.map((each) => sign(made, 0, twoOfTwo, coin.value, each)), twoOfTwo] });
const wrapped = keyScript(key);
const uncompressed = Buffer.concat([bytes("04"), bytes("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"),
  bytes("483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8")]);
const outputs = [
  ["a key's program", keyScript(key), byKey()],
  ["NONE", keyScript(key), byKey(undefined, SIGHASH_NONE)],
  ["SINGLE", keyScript(key), byKey(undefined, SIGHASH_SINGLE)],
  ["ANYONECANPAY", keyScript(key), byKey(undefined, SIGHASH_ALL | SIGHASH_ANYONECANPAY)],
  ["signed by another", keyScript(key), byKey(undefined, SIGHASH_ALL, other)],
  ["an empty signature", keyScript(key), byKey(() => empty)],
  ["another type than was signed", keyScript(key), byKey((x) => withType(x, SIGHASH_NONE))],
  ["an unknown type", keyScript(key), byKey((x) => withType(x, 0x04))],
  ["a high s", keyScript(key), byKey(withHighS)],
  ["not DER", keyScript(key), byKey((x) => Buffer.concat([bytes("31"), x.subarray(1)]))],
  ["cut off", keyScript(key), byKey((x) => x.subarray(0, 20))],
  ["no witness", keyScript(key), () => ({ witness: [] })],
  ["three elements", keyScript(key), (made, coin) => ({ witness: [one, ...byKey()(made, coin).witness] })],
  ["another key", keyScript(key), (made, coin) => ({ witness: [sign(made, 0, code, coin.value, key), other.publicKey] })],
  ["another amount was signed", keyScript(key), (made, coin) => byKey()(made, { value: coin.value - 1 })],
  ["something where signatures stand", keyScript(key), (made, coin) => ({ ...byKey()(made, coin), scriptSig: bytes("51") })],
  ["a key that is not compressed", witnessScript(compile(uncompressed, op.OP_CHECKSIG, op.OP_NOT)), () => ({ witness:
    [empty, compile(uncompressed, op.OP_CHECKSIG, op.OP_NOT)] })],
  ["an older key's hash", code, (made) => ({ scriptSig: compile(legacy(code)(made), pub) })],
  ["an older one by another", code, (made) => ({ scriptSig: compile(legacy(code, other)(made), pub) })],
  ["an older one with a high s", code, (made) => ({ scriptSig: compile(withHighS(legacy(code)(made)), pub) })],
  ["an older one with more", code, (made) => ({ scriptSig: compile(number(7), legacy(code)(made), pub) })],
  ["an older one with a witness", code, (made) => ({ scriptSig: compile(legacy(code)(made), pub), witness: [one] })],
  ["an older one with SINGLE", code, (made) => ({ scriptSig: compile(legacy(code, key, SIGHASH_SINGLE)(made), pub) })],
  ["a key alone", payments.p2pk({ pubkey: pub }).output, (made) => ({
    scriptSig: compile(legacy(payments.p2pk({ pubkey: pub }).output)(made)) })],
  ["a program behind a hash", payments.p2sh({ redeem: { output: wrapped } }).output, (made, coin) => ({
    ...byKey()(made, coin), scriptSig: compile(wrapped) })],
  ["a program behind another hash", payments.p2sh({ redeem: { output: keyScript(other) } }).output, (made, coin) => ({
    ...byKey()(made, coin), scriptSig: compile(wrapped) })],
  ["a program behind a hash with more", payments.p2sh({ redeem: { output: wrapped } }).output, (made, coin) => ({
    ...byKey()(made, coin), scriptSig: compile(number(7), wrapped) })],
  ["sixteen signatures behind a hash", payments.p2sh({ redeem: { output: compile(...Array(16).fill(op.OP_CHECKSIG)) } }).output,
    () => ({ scriptSig: compile(compile(...Array(16).fill(op.OP_CHECKSIG))) })],
  ["two of two", witnessScript(twoOfTwo), both(empty, [key, other])],
  ["two of two in the wrong order", witnessScript(twoOfTwo), both(empty, [other, key])],
  ["one twice", witnessScript(twoOfTwo), both(empty, [key, key])],
  ["only one", witnessScript(twoOfTwo), both(empty, [key])],
  ["a dummy that is not empty", witnessScript(twoOfTwo), both(one, [key, other])],
];

export async function scriptSpends(bench) {
  const all = [...programs.map(([name, script, elements, how = {}]) => [name, witnessScript(script),
    () => ({ witness: [...elements, how.shown ?? script] }), how]), ...outputs.map((row) => [...row, {}])];
  const coin = await bench.coin();
  const each = 1_000_000;
  const funding = await bench.send(transaction([coin], [...all.map(([, script]) => [each, script]),
    [coin.value - all.length * each - 20_000, anyone]]));
  await bench.mine();
  const steps = [];
  for (const [i, [name, , spend, { sequence = replaceable, locktime = 0, version = 2 }]] of all.entries()) {
    const place = { txid: funding, vout: i, value: each, sequence, witness: [] };
    const made = transaction([place], [[each - 10_000, anyone]], { locktime, version });
    const { witness = [], scriptSig } = spend(made, place);
    made.setWitness(0, witness);
    if (scriptSig) made.setInputScript(0, scriptSig);
    const [tested, sent] = await bench.judge(hexOf(made));
    // A signature takes one byte more or less by chance.
    steps.push([name, [Array.isArray(tested) ? "allowed" : tested, sent]]);
  }
  await bench.mine();
  steps.push(["all that was taken is mined", await bench.node.call("getrawmempool")]);
  return steps;
}
