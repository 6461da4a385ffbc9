// The simulator's report, opened and looked at: what the made worlds contain must be drawn, be
// readable and come quickly.
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build, check, equal, run } from "./browser.mjs";

const reports = join(build, "browser", "reports");
const pictures = join(build, "browser", "pictures");
const wantPictures = process.argv.includes("--pictures");
mkdirSync(pictures, { recursive: true });
execFileSync(join(build, "tests", "report-samples"), [reports]);

const most_ms = 3000; // from opening to drawn

async function open(page, name) {
  const started = Date.now();
  await page.goto(pathToFileURL(join(reports, `${name}.html`)).href);
  await page.waitForSelector("html[data-drawn=yes]", { timeout: 20000 });
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  const took = Date.now() - started;
  check(took < most_ms, `${name} is drawn in ${took} ms, at most ${most_ms}`);
}

// Brings every part into sight, so that all of it is drawn; a picture of it where they are asked for.
async function picture(page, name) {
  await page.evaluate(async () => {
    for (let y = 0; y < document.body.scrollHeight; y += 800) {
      window.scrollTo(0, y);
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    }
    window.scrollTo(0, 0);
  });
  if (!wantPictures) return;
  for (const scheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.screenshot({ path: join(pictures, `${name}-${scheme}.png`), fullPage: true });
  }
  await page.emulateMedia({ colorScheme: "light" });
}

const count = (page, selector) => page.locator(selector).count();
const text = (page, selector) => page.locator(selector).first().textContent();
const attribute = (page, name) => page.locator("#sequence-scroller").getAttribute(`data-${name}`);

// Pairs of elements whose boxes lie on each other, by more than a pixel.
function overlaps(page, selector) {
  return page.evaluate((wanted) => {
    const boxes = [...document.querySelectorAll(wanted)].map((node) => ({ box: node.getBoundingClientRect(), text: node.textContent }));
    const pairs = [];
    for (let i = 0; i < boxes.length; ++i) {
      for (let j = i + 1; j < boxes.length; ++j) {
        const [a, b] = [boxes[i].box, boxes[j].box];
        if (a.width && b.width && a.left + 1 < b.right && b.left + 1 < a.right && a.top + 1 < b.bottom && b.top + 1 < a.bottom)
          pairs.push(`${boxes[i].text} on ${boxes[j].text}`);
      }
    }
    return pairs.slice(0, 5);
  }, selector);
}

// Elements whose content is larger than they are, and texts that leave their drawing.
function clipped(page) {
  return page.evaluate(() => {
    const found = [];
    for (const node of document.querySelectorAll(".lane-name, .lane-tag, .figure dd, h1, h2, h3, .chip, .tick, td, th, .choice button, .subject"))
      if (node.scrollWidth > node.clientWidth + 1 && getComputedStyle(node).display !== "inline" && node.clientWidth) found.push(`${node.className || node.tagName}: ${node.textContent}`);
    const axis = document.getElementById("time-axis").getBoundingClientRect();
    for (const node of document.querySelectorAll(".tick"))
      if (node.getBoundingClientRect().left < axis.left) found.push(`time: ${node.textContent}`);
    for (const drawing of document.querySelectorAll("#ladder-frame svg, .book svg, #stage svg")) {
      const width = drawing.viewBox.baseVal.width;
      for (const node of drawing.querySelectorAll("text")) {
        const box = node.getBBox();
        if (box.x < -1 || box.x + box.width > width + 1) found.push(`text: ${node.textContent}`);
      }
    }
    return found.slice(0, 5);
  });
}

async function readable(page) {
  equal(await overlaps(page, ".lane-head"), [], "heads of lanes lie beside each other");
  equal(await overlaps(page, "#ladder-frame text"), [], "texts of the ladder lie beside each other");
  equal(await overlaps(page, "#stage text.label"), [], "labels of the sequence lie beside each other");
  equal(await overlaps(page, ".tick"), [], "times lie below each other");
  equal(await clipped(page), [], "no text is cut off");
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  equal(wide, 0, "the page does not scroll sideways");
}

await run([
  ["a small world is drawn whole", async (page) => {
    await open(page, "small");
    equal(await page.title(), "dvp-three-ledgers, seed 42: every rule held", "title");
    equal(await text(page, "#verdict"), "Every rule held", "verdict");
    equal(await text(page, "#command"), "lockstep-sim run sim/scenarios/dvp-three-ledgers.toml --seed 42", "command");
    check(await page.locator("#violations").isHidden(), "nothing broke");
    equal(await count(page, ".lane-head"), 7, "lanes of four parties and three ledgers");
    equal(await count(page, ".lane-head.ledger"), 3, "lanes of ledgers");
    equal(await count(page, "#stage .arrow"), 17, "arrows");
    equal(await count(page, "#stage .arrow.lost"), 1, "lost arrows");
    equal(await count(page, "#stage .arrow.lost .cross"), 1, "crosses of lost arrows");
    equal(await count(page, "#stage .arrow.open"), 1, "arrows that never arrived");
    equal(await count(page, "#stage .mark.prepared"), 5, "escrows prepared");
    equal(await count(page, "#stage .mark.fulfilled"), 3, "escrows fulfilled");
    equal(await count(page, "#stage .mark.refunded"), 2, "escrows refunded");
    equal(await count(page, "#stage .mark.refunded.expired"), 1, "of them expired");
    equal(await count(page, "#stage .mark.released"), 1, "secrets released");
    equal(await count(page, "#stage .outage"), 1, "gaps in life lines");
    equal(await count(page, "#stage .outage .restart"), 1, "restarts");
    equal(await count(page, "#stage .fault-band"), 2, "bands of faults");
    equal(await count(page, "#stage .hold"), 5, "stretches in escrow");
    check((await page.locator("#stage text.amount").allTextContents()).some((t) => t.includes("1\u202f104.20 EUR")), "amounts are written");
    equal(await count(page, "#settlement-table tbody tr"), 3, "settlements");
    equal(await page.locator("#settlement-table .end").allTextContents(), ["settled", "unwound", "declined"], "their ends");
    equal(await count(page, "#rule-table tbody tr"), 6, "rules");
    equal(await count(page, "#rule-table .result.held"), 5, "rules that held");
    equal(await count(page, "#rule-table .result.not-checked"), 1, "rules that nothing checked");
    equal(await count(page, ".bar-table"), 3, "tables of faults, branches and reasons");
    await readable(page);
    await picture(page, "small");
    equal(await count(page, ".book .escrow-chart"), 3, "charts of value in escrow");
    equal(await count(page, ".book .spark"), 6, "balances of holders");
    check(await page.locator("svg[role=img]:not([aria-label])").count() === 0, "every chart has a label");
  }],

  ["one settlement is chosen, in the list and by keys", async (page) => {
    await open(page, "small");
    // the one that unwound comes first; its ladder has two hops
    equal(await count(page, "#ladder-frame .hop"), 2, "hops of TRD-2");
    equal(await count(page, "#ladder-frame .hop.expired"), 1, "hops that expired");
    await page.getByRole("button", { name: "Show TRD-1" }).click();
    equal(await count(page, "#ladder-frame .hop .bar"), 3, "bars of TRD-1");
    equal(await count(page, "#ladder-frame .place-by"), 3, "place-by marks");
    equal(await count(page, "#ladder-frame .final"), 3, "final marks");
    equal(await count(page, "#ladder-frame .mark.fulfilled"), 3, "fulfilled marks");
    equal(await count(page, "#stage .arrow"), 10, "arrows of TRD-1 alone");
    equal(await count(page, "#stage .mark.prepared"), 3, "escrows of TRD-1");
    equal(await count(page, "#stage .outage"), 1, "the crash that it met");
    equal(await count(page, "tr[aria-selected=true]"), 1, "rows that are chosen");
    await readable(page);
    await picture(page, "small-chosen");
    await page.keyboard.press("]");
    equal(await count(page, "#ladder-frame .hop"), 2, "the next settlement, by a key");
    await page.keyboard.press("]");
    check(await page.locator("#ladder-frame").isHidden(), "what was declined has no ladder");
    check((await text(page, "#ladder-subject")).includes("never had an escrow"), "and says so");
    await page.keyboard.press("[");
    await page.keyboard.press("j");
    await page.keyboard.press("j");
    check((await text(page, "#inspector-text")).includes("TRD-2"), "events are stepped through by a key");
    equal(await count(page, ".choice-band"), 1, "the chosen event is shown");
    const before = await page.locator("#sequence-canvas").evaluate((node) => node.offsetHeight);
    await page.keyboard.press("+");
    check(await page.locator("#sequence-canvas").evaluate((node) => node.offsetHeight) > before, "zoom by a key");
    await page.fill("#settlement-search", "declined");
    equal(await count(page, "#settlement-table tbody tr"), 1, "rows that a search finds");
    await page.click("#ladder-linear");
    equal(await page.getAttribute("#ladder-linear", "aria-pressed"), "true", "the ladder to scale");
  }],

  ["everything can be reached without a mouse", async (page) => {
    await open(page, "small");
    const reached = new Set();
    for (let i = 0; i < 60; ++i) {
      await page.keyboard.press("Tab");
      reached.add(await page.evaluate(() => document.activeElement.id || document.activeElement.textContent));
    }
    for (const wanted of ["command", "settlement-search", "settlement-state", "show-all", "time-in", "lanes-out", "overview", "sequence-scroller",
      "event-next", "ladder-frame", "TRD-1"])
      check(reached.has(wanted), `the keyboard reaches ${wanted}`);
  }],

  ["a rule that broke is the first thing told", async (page) => {
    await open(page, "broken");
    equal(await text(page, "#verdict"), "no honest loss broke", "verdict");
    check(await page.locator("#violations").isVisible(), "what broke is shown");
    check((await text(page, "#violations-body")).includes("was not paid on test.eur"), "and why");
    equal(await count(page, "#violations-body .events tr"), 15, "last events");
    equal(await count(page, "#violations-body .events tr.danger"), 1, "the violation is the last of them");
    equal(await count(page, "#stage .whole.violation"), 1, "the violation in the sequence");
    equal(await count(page, "#stage .mark.alarm"), 1, "the alarm in the sequence");
    equal(await count(page, "#rule-table .result.broken"), 1, "rules that broke");
    equal(await count(page, ".lane-head.suspect"), 1, "parties that are not honest");
    await page.getByRole("button", { name: "Show it in the sequence" }).click();
    check((await text(page, "#inspector-text")).includes("violation"), "the button leads to it");
    await readable(page);
    await picture(page, "broken");
  }],

  ["a payment of 60 hops stays readable", async (page) => {
    await open(page, "sixty");
    equal(await attribute(page, "lanes"), "121", "lanes of 61 nodes and 60 ledgers");
    equal(await count(page, ".lane-head"), 121, "heads of lanes");
    equal(await attribute(page, "prepared"), "60", "escrows prepared");
    equal(await attribute(page, "fulfilled"), "60", "escrows fulfilled");
    equal(await attribute(page, "arrows"), "120", "messages");
    equal(await count(page, "#ladder-frame .hop .bar"), 60, "bars of the ladder");
    equal(await count(page, "#ladder-frame .hop .mark.fulfilled"), 60, "fulfilled marks of the ladder");
    await readable(page);
    const rows = await page.locator("#ladder-frame .cell-2").evaluateAll((cells) => cells.map((cell) => cell.getBoundingClientRect().top));
    check(rows.every((top, i) => i === 0 || top - rows[i - 1] >= 16), "rows of the ladder are 16 pixels apart at least");
    const heads = await page.evaluate(() => {
      const scroller = document.getElementById("sequence-scroller");
      scroller.scrollTop = 900;
      scroller.scrollLeft = 700;
      const box = scroller.getBoundingClientRect();
      const axis = document.getElementById("time-axis").getBoundingClientRect();
      return [document.getElementById("lane-heads").getBoundingClientRect().top - box.top, axis.left - box.left];
    });
    check(Math.abs(heads[0]) <= 2 && Math.abs(heads[1]) <= 2, `heads and times stay in place when scrolled: ${heads}`);
    await page.evaluate(() => document.getElementById("sequence-scroller").scrollTo(0, 0));
    await picture(page, "sixty");
    for (let i = 0; i < 4; ++i) await page.click("#lanes-in");
    await page.evaluate(() => document.getElementById("sequence-scroller").scrollTo(0, 0));
    await readable(page);
    if (wantPictures) await page.locator("#sequence").screenshot({ path: join(pictures, "sixty-wide.png") });
  }],

  ["20,000 moments open quickly, and only what is in sight is drawn", async (page) => {
    await open(page, "busy");
    equal(await count(page, "#ladder-frame .hop"), 2, "the ladder of the first that unwound");
    check((await page.locator(".figure").allTextContents()).includes("dropped2"), "what was dropped is a figure");
    check((await page.locator(".bar-table h3").allTextContents()).includes("Acts that left the protocol"), "cheats have a table");
    await page.click("#show-all");
    equal(await attribute(page, "lanes"), "11", "lanes of eight nodes and three ledgers");
    const arrows = Number(await attribute(page, "arrows"));
    check(arrows > 4000, `${arrows} messages in all`);
    const drawn = await count(page, "#stage .arrow");
    check(drawn > 20 && drawn < 1500, `${drawn} of them drawn`);
    const took = await page.evaluate(async () => {
      const scroller = document.getElementById("sequence-scroller");
      const started = performance.now();
      for (let i = 1; i <= 20; ++i) {
        scroller.scrollTop = scroller.scrollHeight * i / 21;
        await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      }
      return performance.now() - started;
    });
    check(took < 4000, `twenty jumps through it take ${Math.round(took)} ms`);
    check(await count(page, "#stage .arrow") > 20, "what is in sight after the jumps is drawn");
    await readable(page);
    await page.fill("#settlement-search", "trd-77");
    check(await count(page, "#settlement-table tbody tr") >= 1, "the search finds it");
    await page.getByRole("button", { name: "Show TRD-77", exact: true }).click();
    equal(await page.getAttribute("#show-chosen", "aria-pressed"), "true", "it alone is shown");
    equal(await count(page, "#stage .mark.prepared"), 2, "its escrows");
    await page.fill("#settlement-search", "");
    await page.check("#show-validators");
    equal(await count(page, ".lane-head.validator"), 0, "validators that a settlement does not meet have no lane");
    await page.click("#show-all");
    equal(await count(page, ".lane-head.validator"), 4, "validators have lanes when asked for");
    await page.uncheck("#show-validators");
    await page.focus("#overview");
    const before = await page.evaluate(() => document.getElementById("sequence-scroller").scrollTop);
    await page.keyboard.press("PageDown");
    check(await page.evaluate(() => document.getElementById("sequence-scroller").scrollTop) > before, "the strip moves by keys");
    await picture(page, "busy");
  }],

  ["a phone's width and a large one are both usable", async (page) => {
    for (const width of [390, 1920]) {
      await page.setViewportSize({ width, height: 900 });
      await open(page, "small");
      await readable(page);
      await picture(page, `small-${width}`);
    }
  }],

  ["names that are markup stay text", async (page) => {
    await open(page, "hostile");
    equal(await count(page, "img"), 0, "elements from names");
    equal(await page.evaluate(() => window.pwned), undefined, "scripts from names");
    check((await text(page, ".lane-name")).includes("</script><img src=x"), "the name is shown as it is");
    await readable(page);
    await picture(page, "hostile");
  }],
]);
