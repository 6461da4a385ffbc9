// The adapter's escrows, each with keys and a coin of its own, on both nodes: claimed, refunded,
// given back, replaced, and refused where they have to be.
import { join } from "node:path";
import { anyone, began, transaction, Transaction } from "./bench.mjs";
import { build, run } from "./node.mjs";

const value = 100_000_000;

export async function samples(...args) {
  const { code, out, err } = await run(join(build, "tests", "bitcoin-escrow-samples"), args.map(String));
  if (code !== 0) throw new Error(`bitcoin-escrow-samples ${args}: ${err}`);
  return JSON.parse(out);
}
// With another element in the first input's witness.
export function withElement(hex, index, element) {
  const made = Transaction.fromHex(hex);
  const witness = [...made.ins[0].witness];
  witness[index] = element;
  made.setWitness(0, witness);
  return made.toHex();
}

// A confirmed coin of the payer's, and the transactions of an escrow that it pays for.
async function escrowOn(bench, number, locktime) {
  const coin = await bench.coin();
  const { coin: home } = await samples(number);
  const txid = await bench.send(transaction([coin], [[value, Buffer.from(home.hex, "hex")],
    [coin.value - value - 2000, anyone]]));
  await bench.mine();
  return samples(number, txid, 0, value, locktime);
}
// Blocks with that time, as many as the median needs to come to it.
async function passTo(bench, time) {
  await bench.node.call("setmocktime", time);
  await bench.mine(6);
  return (await bench.node.call("getblockchaininfo")).mediantime - time;
}

export async function escrows(bench) {
  const steps = [];
  const judge = async (name, hex) => steps.push([name, (await bench.judge(hex)).map((said) =>
    // A signature takes one byte more or less by chance, and the fee follows the worst size.
    (Array.isArray(said) && said[0] === "allowed" ? ["allowed", said[2]] : said))]);
  const see = (name, seen) => steps.push([name, seen]);
  const locktime = began + 10 * 86_400;

  // 1: claimed
  const claimed = await escrowOn(bench, 1, locktime);
  await judge("a claim of what is not there", claimed.claim.hex);
  await judge("the funding", claimed.funding.hex);
  await judge("the funding at a higher rate", claimed.dearer_funding.hex);
  await judge("the older funding again", claimed.funding.hex);
  await judge("a wrong preimage", withElement(claimed.claim.hex, 1, Buffer.alloc(32, 1)));
  await judge("a preimage of 33 bytes", withElement(claimed.claim.hex, 1, Buffer.alloc(33, 1)));
  await judge("no preimage", withElement(claimed.claim.hex, 1, Buffer.alloc(0)));
  await judge("a choice that is not minimal", withElement(claimed.claim.hex, 2, Buffer.from([2])));
  await judge("a claim without its signature", withElement(claimed.claim.hex, 0, Buffer.alloc(0)));
  const [refundSignature] = Transaction.fromHex(claimed.refund.hex).ins[0].witness;
  await judge("a claim with the payer's signature", withElement(claimed.claim.hex, 0, refundSignature));
  await judge("the claim while the funding waits", claimed.claim.hex);
  await judge("the claim at a higher rate", claimed.dearer_claim.hex);
  await judge("the older claim again", claimed.claim.hex);
  await bench.mine();
  const found = await bench.node.call("getrawtransaction", claimed.dearer_claim.txid, true);
  see("the preimage is read from the chain", found.vin[0].txinwitness[1] === claimed.preimage);
  await judge("the refund of what is claimed", claimed.refund.hex);

  // 2: refunded
  const refunded = await escrowOn(bench, 2, locktime);
  await judge("another funding", refunded.dearer_funding.hex);
  await judge("the refund before the funding is included", refunded.refund.hex);
  await bench.mine();
  await judge("the refund before its time", refunded.refund.hex);
  const early = Transaction.fromHex(refunded.refund.hex);
  early.locktime = 0;
  await judge("a refund that does not say when", early.toHex());
  early.locktime = locktime;
  early.ins[0].sequence = 0xffffffff;
  await judge("a refund whose time does not count", early.toHex());
  see("the median is the locktime", await passTo(bench, locktime));
  await judge("the refund a second too early", refunded.refund.hex);
  see("the median is a second later", await passTo(bench, locktime + 1));
  await judge("the refund at its time", refunded.refund.hex);
  await judge("the claim against the refund that waits", refunded.claim.hex);
  await judge("the dearer claim against it", refunded.dearer_claim.hex);
  await bench.mine();
  await judge("the refund of what is claimed late", refunded.refund.hex);

  // 3: given back
  const rejected = await escrowOn(bench, 3, locktime + 86_400);
  await bench.send(rejected.dearer_funding.hex);
  await bench.mine();
  await judge("the payee's half", rejected.partial.hex);
  const half = Transaction.fromHex(rejected.reject.hex).ins[0].witness;
  await judge("without the payer", withElement(rejected.reject.hex, 0, Buffer.alloc(0)));
  await judge("signed twice by the payee", withElement(rejected.reject.hex, 0, half[1]));
  await judge("given back", rejected.reject.hex);
  await judge("the claim against it", rejected.claim.hex);
  await bench.mine();
  await judge("the claim behind it", rejected.dearer_claim.hex);
  see("the payer has it", (await bench.node.call("gettxout", rejected.reject.txid, 0)).confirmations);
  return steps;
}
