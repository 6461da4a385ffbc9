// A node with coins to spend, and what is needed to spend them with bitcoinjs-lib: keys, scripts,
// signatures. The same steps on two nodes give transactions that differ in their coins alone.
import { createRequire } from "node:module";
import { join } from "node:path";
import { build } from "./node.mjs";

const require = createRequire(join(build, "bitcoinjs", "package.json"));
export const bitcoin = require("bitcoinjs-lib");
export const ecc = require("tiny-secp256k1");
const { ECPairFactory } = require("ecpair");
const ECPair = ECPairFactory(ecc);

export const { script: scripts, opcodes, payments, crypto, Transaction } = bitcoin;
export const op = opcodes;
// Any number names a key.
export const keyOf = (number) => ECPair.fromPrivateKey(crypto.sha256(Buffer.from(`key ${number}`)));
// The script that anyone can spend by showing it: no signature disturbs what is looked at.
export const anyoneCode = Buffer.from([op.OP_TRUE]);
// The library's own would look at what the script says.
export const witnessScript = (code) => scripts.compile([op.OP_0, crypto.sha256(code)]);
export const anyone = witnessScript(anyoneCode);
export const keyScript = (key) => payments.p2wpkh({ pubkey: key.publicKey }).output;
export const replaceable = 0xfffffffd;

// `inputs`: {txid, vout, value, witness?, scriptSig?, sequence?}, by default of `anyone`.
// `outputs`: [value, script].
export function transaction(inputs, outputs, { locktime = 0, version = 2 } = {}) {
  const made = new Transaction();
  made.version = version;
  made.locktime = locktime;
  for (const input of inputs) {
    made.addInput(Buffer.from(input.txid, "hex").reverse(), input.vout, input.sequence ?? replaceable,
      input.scriptSig ?? Buffer.alloc(0));
    made.setWitness(made.ins.length - 1, input.witness ?? (input.scriptSig ? [] : [anyoneCode]));
  }
  for (const [value, script] of outputs) {
    // The library refuses values that are no money; what nodes say of them is to be seen.
    made.addOutput(script, 0);
    made.outs[made.outs.length - 1].value = value;
  }
  return made;
}
// With its values as 64 bits of either sign, and a witness for each input.
export function hexOf(made) {
  const values = made.outs.map(({ value }) => BigInt(value));
  if (values.every((value) => value >= 0n && value <= 21n * 10n ** 14n)) return made.toHex();
  const low = 1_111_111_111_000;
  const copy = made.clone();
  copy.outs.forEach((out, i) => (out.value = low + i));
  let hex = copy.toHex();
  values.forEach((value, i) => {
    const as = (number) => {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64LE(BigInt(number));
      return bytes.toString("hex");
    };
    hex = hex.replace(as(low + i), as(value));
  });
  return hex;
}
// DER with the byte of hash type.
export function sign(made, index, code, value, key, type = Transaction.SIGHASH_ALL) {
  return scripts.signature.encode(key.sign(made.hashForWitnessV0(index, code, value, type)), type);
}

export const firstHeights = 1400;
export const began = 1_790_000_000;

export class Bench {
  constructor(node, prefix) {
    Object.assign(this, { node, prefix, used: 0 });
  }
  address(script) {
    return bitcoin.address.toBech32(script.subarray(2), 0, this.prefix);
  }
  // Blocks of a fixed time, on which CLTV counts, and an hour that passes.
  async prepare() {
    await this.node.call("setmocktime", began);
    this.blocks = await this.node.call("generatetoaddress", firstHeights, this.address(anyone));
    await this.node.call("setmocktime", began + 3600);
    this.genesis = await this.node.call("getblockhash", 0);
    this.first = (await this.node.call("getblock", this.blocks[0])).tx[0];
    const coin = await this.coin();
    this.confirmed = await this.send(transaction([coin], [[coin.value - 1000, anyone]]));
    this.confirmedHex = await this.node.call("getrawtransaction", this.confirmed);
    [this.block] = await this.mine();
    this.blockHex = await this.node.call("getblock", this.block, 0);
    this.proof = await this.node.call("gettxoutproof", [this.confirmed], this.block);
    const [parent, other] = [await this.coin(), await this.coin()];
    this.waiting = await this.send(transaction([parent], [[parent.value - 2000, anyone]]));
    this.child = await this.send(transaction(
      [{ txid: this.waiting, vout: 0 }], [[parent.value - 4000, anyone]]));
    this.unsent = transaction([other], [[other.value - 1000, anyone]]).toHex();
    this.pays = this.address(anyone);
  }
  names() {
    return ["block", "genesis", "first", "confirmed", "waiting", "child", "confirmedHex", "unsent", "blockHex",
      "proof", "pays"].map((name) => [name, this[name]]).filter(([, value]) => value);
  }
  // An old coinbase of 50 coins that nothing has spent yet.
  async coin() {
    const block = await this.node.call("getblock", this.blocks[this.used++], 2);
    return { txid: block.tx[0].txid, vout: 0, value: 50e8 };
  }
  send(made) {
    return this.node.call("sendrawtransaction", typeof made === "string" ? made : hexOf(made));
  }
  mine(count = 1) {
    return this.node.call("generatetoaddress", count, this.address(anyone));
  }
  // What both methods say of it, without what differs between the versions.
  async judge(hex) {
    const { result, error } = await this.node.ask("testmempoolaccept", [[hex]]);
    const sent = await this.node.ask("sendrawtransaction", [hex]);
    const tested = error ? [error.code, error.message] :
      result[0].allowed ? ["allowed", result[0].vsize, result[0].fees.base] : result[0]["reject-reason"];
    return [tested, sent.error ? [sent.error.code, sent.error.message] : "sent"];
  }
}
