// What every script of browser cases uses: Chromium without a network, cases with names, checks that
// say what they saw, a closing line.
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const build = process.argv[2];
const { chromium } = createRequire(join(build, "browser", "package.json"))("playwright-core");

const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
  // A page that Chromium takes for hidden gets no animation frames, and what waits for one stands still.
  "--disable-backgrounding-occluded-windows", "--disable-renderer-backgrounding", "--disable-background-timer-throttling"];
// No case takes a tenth of it.
const patience = 60_000;

let failures = 0;
let checks = 0;

export function check(holds, what) {
  ++checks;
  if (holds) return;
  ++failures;
  console.log(`    FAILED: ${what}`);
}
export function equal(seen, wanted, what) {
  check(JSON.stringify(seen) === JSON.stringify(wanted), `${what}: ${JSON.stringify(seen)}, not ${JSON.stringify(wanted)}`);
}

// A script in a page has no time limit of its own.
async function withPatience(promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${patience} ms`)), patience);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

// Runs the cases with one browser and ends the process; any failure gives exit code 1.
export async function run(cases) {
  const profile = mkdtempSync(join(tmpdir(), "lockstep-browser-"));
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath: "/usr/bin/chromium",
    headless: true,
    args: flags,
    viewport: { width: 1360, height: 900 },
  });
  let failed = 0;
  try {
    for (const [name, body] of cases) {
      const before = failures;
      const page = await browser.newPage();
      const trouble = [];
      page.on("console", (message) => ["error", "warning"].includes(message.type()) && trouble.push(message.text()));
      page.on("pageerror", (error) => trouble.push(String(error)));
      page.on("request", (request) => !request.url().startsWith("file://") && trouble.push(`request to ${request.url()}`));
      page.on("dialog", (dialog) => {
        trouble.push(`dialog: ${dialog.message()}`);
        return dialog.dismiss();
      });
      const started = Date.now();
      try {
        await page.bringToFront();
        await withPatience(body(page));
      } catch (error) {
        ++failures;
        console.log(`    FAILED: ${error}`);
      }
      equal(trouble, [], "the page complains of nothing and asks nothing of a network");
      await page.close();
      if (failures > before) ++failed;
      console.log(`  ${failures > before ? "failed" : "ok    "} ${name} (${Date.now() - started} ms)`);
    }
  } finally {
    await browser.close();
    rmSync(profile, { recursive: true, force: true });
  }
  console.log(`${cases.length} cases, ${checks} checks, ${failed} failed`);
  process.exit(failed ? 1 : 0);
}
