// What comes by chance: payments of what is there, was there or will be there again, replacements,
// blocks, blocks that leave and come back. After each step both pools have to hold the same, with
// the same families.
import { anyone, hexOf, transaction, witnessScript } from "./bench.mjs";
import { randomFrom, seed } from "./stories_random.mjs";

const stepCount = 300;
const coinCount = 12;
const mostRelatives = 3;

export async function storms(bench) {
  const { node } = bench;
  const random = randomFrom(seed + 1_000);
  // Everything that was ever made, spent or not: {txid, vout, value}.
  const places = [];
  for (let i = 0; i < coinCount; ++i) places.push(await bench.coin());
  const numbers = new Map();  // of transactions, by id: the same on both nodes
  const left = [];            // blocks that were told to leave
  const steps = [];
  const start = await node.call("getblockcount");

  const pay = async () => {
    // The later ones more often: chains and conflicts.
    const pick = () => places[Math.max(random.below(places.length), random.below(places.length))];
    const inputs = [pick(), ...(random.below(4) === 0 ? [pick()] : [])];
    const sequence = random.below(5) === 0 ? 0xffffffff : 0xfffffffd;
    const sum = inputs.reduce((total, { value }) => total + value, 0);
    const fee = random.pick([0, 100, 200, 1000, 1100, 2000, 5000, 20_000]) + random.below(100);
    const count = 1 + random.below(3);
    const each = Math.floor((sum - fee) / count);
    const made = transaction(inputs.map((one) => ({ ...one, sequence })), Array.from({ length: count }, () => [each, anyone]));
    const txid = made.getId();
    const seen = await bench.judge(hexOf(made));
    if (!numbers.has(txid)) numbers.set(txid, numbers.size);
    // Of those that were not taken few have children that wait for nothing.
    if (seen[1] === "sent" || random.below(8) === 0)
      made.outs.forEach(({ value }, vout) => places.push({ txid, vout, value }));
    return seen;
  };
  // Each to another script: the block that left must not come again.
  const mine = (number) => node.call("generatetoaddress", 1, bench.address(witnessScript(Buffer.from(`${number}`))));
  const pool = async () => Object.entries(await node.call("getrawmempool", true)).map(([txid, entry]) => [numbers.get(txid),
    entry.ancestorcount, entry.descendantcount, entry.ancestorsize, entry.descendantsize, entry.fees.ancestor,
    entry.fees.descendant, entry["bip125-replaceable"], entry.depends.map((id) => numbers.get(id)).sort(),
    entry.spentby.map((id) => numbers.get(id)).sort()]).sort(([a], [b]) => a - b);

  for (let i = 0; i < stepCount; ++i) {
    const kind = random.below(20);
    let seen = "nothing";
    if (kind < 15) {
      seen = await pay();
    } else if (kind < 17) {
      await mine(i);
      if (random.below(2) === 0) await mine(stepCount + i);
    } else if (kind < 19 && left.length < 2) {
      const height = (await node.call("getblockcount")) - random.below(3);
      if (height > start) {
        left.push(await node.call("getblockhash", height));
        seen = await node.ask("invalidateblock", [left.at(-1)]);
      }
    } else if (kind >= 19 && left.length > 0) {
      seen = await node.ask("reconsiderblock", [left.splice(random.below(left.length), 1)[0]]);
    }
    steps.push([`step ${i}`, seen]);
    const waiting = await pool();
    steps.push([`pool after step ${i}`, [(await node.call("getblockcount")) - start, waiting]]);
    // Families that blocks give back are cut to their limits since 23, and 0.21 lets them be: they
    // stay smaller than that.
    if (waiting.some(([, ancestors, descendants]) => Math.max(ancestors, descendants) > mostRelatives)) await mine(i);
  }
  await bench.mine();
  return steps;
}
