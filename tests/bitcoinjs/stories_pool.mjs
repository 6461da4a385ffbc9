// What takes the place of what waits, and how many may wait for one another.
import { anyone, hexOf, transaction } from "./bench.mjs";

const final = 0xffffffff;

export async function replacements(bench) {
  const steps = [];
  const step = async (name, made, known) => steps.push([name, await bench.judge(hexOf(made)), known]);
  const [a, b, c, d] = [await bench.coin(), await bench.coin(), await bench.coin(), await bench.coin()];
  const pay = (coin, fee, more = []) => transaction([coin, ...more], [[coin.value - fee, anyone]]);
  const idOf = (made) => made.getId();

  await step("the first", pay(a, 1000));
  await step("the same again", pay(a, 1000));
  await step("the same fee, another output", transaction([a], [[a.value - 1001, anyone], [1, anyone]]));
  await step("less fee", pay(a, 900));
  await step("a satoshi more", pay(a, 1001));
  await step("less than its own relay more", pay(a, 1095));
  await step("its own relay more", pay(a, 1096));
  await step("more fee at a lower rate", transaction([a], Array.from({ length: 20 }, () =>
    [Math.floor((a.value - 2300) / 20), anyone])));
  await step("twice the fee", pay(a, 2500));

  // Who does not say that it can be replaced.
  const fixed = transaction([{ ...b, sequence: final }], [[b.value - 1000, anyone]]);
  await step("one that stays", fixed);
  await step("against one that stays", pay(b, 50_000));
  const heir = transaction([{ txid: idOf(fixed), vout: 0 }], [[b.value - 2000, anyone]]);
  await step("its child", heir);
  await step("against its child", transaction([{ txid: idOf(fixed), vout: 0 }], [[b.value - 9000, anyone]]));

  // With descendants.
  const parent = pay(c, 1000);
  const child = transaction([{ txid: idOf(parent), vout: 0 }], [[c.value - 6000, anyone]]);
  await step("a parent", parent);
  await step("a child", child);
  await step("more than the parent, less than both", pay(c, 4000));
  await step("as much as both", pay(c, 6000));
  await step("more than both", pay(c, 6200));
  steps.push(["the child is gone", (await bench.node.ask("getmempoolentry", [idOf(child)])).error]);

  // An input that waits itself.
  const waiting = transaction([d], [[d.value - 1000, anyone]]);
  await step("one that waits", waiting);
  await step("a replacement that waits for it", transaction([{ ...c }, { txid: idOf(waiting), vout: 0 }],
    [[c.value + d.value - 50_000, anyone]]));
  await step("a replacement of its own parent", transaction([d, { txid: idOf(waiting), vout: 0 }],
    [[d.value - 50_000, anyone]]));
  await step("two at once", transaction([a, c], [[a.value + c.value - 20_000, anyone]]));
  await bench.mine();
  steps.push(["all of it is mined", await bench.node.call("getrawmempool")]);
  return steps;
}

export async function chains(bench) {
  const steps = [];
  const step = async (name, made) => {
    steps.push([name, await bench.judge(hexOf(made))]);
    return { txid: made.getId(), vout: 0, value: made.outs[0].value };
  };
  let last = await bench.coin();
  for (let i = 1; i <= 26; ++i)
    last = await step(`number ${i} of a chain`, transaction([last], [[last.value - 1000, anyone]]));

  const coin = await bench.coin();
  const each = 1_000_000;
  const wide = transaction([coin], [...Array.from({ length: 30 }, () => [each, anyone]),
    [coin.value - 30 * each - 5000, anyone]]);
  await step("a parent of many", wide);
  for (let i = 0; i < 27; ++i) {
    const made = transaction([{ txid: wide.getId(), vout: i }], [[each - 1000, anyone]]);
    await step(`child ${i + 1}`, made);
  }
  const entry = await bench.node.call("getmempoolentry", wide.getId());
  steps.push(["the parent's family", [entry.ancestorcount, entry.fees.ancestor]]);
  await bench.mine();
  steps.push(["all of it is mined", await bench.node.call("getrawmempool")]);
  return steps;
}
