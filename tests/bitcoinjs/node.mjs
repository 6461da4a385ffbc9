// Nodes as processes, ours and litecoind's: started on free ports of loopback in a directory of
// their own, called over JSON-RPC, and ended by their ids whatever happens to the test.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import http from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const build = process.argv[2];
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const running = new Set();
const directories = new Set();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
  if (process.exitCode || process.env.LOCKSTEP_KEEP) return;
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(130));

export function temporaryDirectory() {
  const directory = mkdtempSync(join(tmpdir(), "lockstep-bitcoin-"));
  directories.add(directory);
  return directory;
}

export function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

// Ends with this process even where that is killed. `log`: a file for both of its outputs.
export function start(program, args, log) {
  const file = openSync(log, "a");
  const child = spawn("setpriv", ["--pdeathsig", "KILL", "--", program, ...args],
    { stdio: ["ignore", file, file] });
  running.add(child);
  child.ended = new Promise((resolve) => child.on("exit", (code, signal) => {
    running.delete(child);
    resolve(code ?? signal);
  }));
  return child;
}
// Its exit code, and what it printed.
export async function run(program, args, input = "") {
  const child = spawn("setpriv", ["--pdeathsig", "KILL", "--", program, ...args], { stdio: "pipe" });
  running.add(child);
  let out = "";
  let err = "";
  child.stdout.on("data", (data) => (out += data));
  child.stderr.on("data", (data) => (err += data));
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const code = await new Promise((resolve) => child.on("close", resolve));
  running.delete(child);
  return { code, out, err };
}

export class RpcFault extends Error {
  constructor({ code, message }) {
    super(`${code}: ${message}`);
    Object.assign(this, { code, text: message });
  }
}

class Node {
  constructor(directory) {
    this.directory = directory;
    this.log = join(directory, "log");
    this.agent = new http.Agent({ keepAlive: true });
  }
  // One HTTP request exactly as given; {status, body, headers}, or a status of 0 where none came.
  raw({ method = "POST", path = "/", body = "", headers = {}, auth = this.auth() }) {
    if (auth) headers = { authorization: `Basic ${Buffer.from(auth).toString("base64")}`, ...headers };
    return new Promise((resolve) => {
      const request = http.request({ host: "127.0.0.1", port: this.port, method, path, headers,
        agent: this.agent });
      request.on("response", (response) => {
        const parts = [];
        response.on("data", (part) => parts.push(part));
        response.on("error", () => resolve({ status: 0, body: "", headers: {} }));
        response.on("end", () => resolve({ status: response.statusCode, headers: response.headers,
          body: Buffer.concat(parts).toString() }));
      });
      request.on("error", () => resolve({ status: 0, body: "", headers: {} }));
      request.end(body);
    });
  }
  // {result} or {error: {code, message}}, or {gone: true} where no answer came.
  async ask(method, params = []) {
    const answer = await this.raw({ body: JSON.stringify({ id: 1, method, params }) });
    if (answer.status === 0) return { gone: true };
    const { result, error } = JSON.parse(answer.body);
    return error ? { error } : { result };
  }
  async call(method, ...params) {
    const { result, error, gone } = await this.ask(method, params);
    if (gone) throw new Error(`no answer to ${method}`);
    if (error) throw new RpcFault(error);
    return result;
  }
  auth() {
    return readFileSync(this.cookie, "utf8");
  }
  async kill() {
    this.child.kill("SIGKILL");
    return this.child.ended;
  }
  async terminate() {
    // Nodes wait for callers who keep their connections.
    this.agent.destroy();
    this.child.kill("SIGTERM");
    return this.child.ended;
  }
  async started(isReady) {
    let ended = false;
    this.child.ended.then(() => (ended = true));
    for (let waited = 0; waited < 20000; waited += 10) {
      if (await isReady()) return;
      if (ended) break;
      await sleep(10);
    }
    throw new Error(`does not start: ${readFileSync(this.log, "utf8").slice(-2000)}`);
  }
}

export class MockNode extends Node {
  constructor(...options) {
    super(temporaryDirectory());
    this.data = join(this.directory, "data");
    this.cookie = join(this.data, ".cookie");
    this.options = options;
  }
  args() {
    return ["--data", this.data, "--rpc-port", "0", ...this.options];
  }
  async start() {
    const portFile = join(this.data, "port");
    rmSync(portFile, { force: true });
    this.child = start(join(build, "bin", "lockstep-bitcoin"), this.args(), this.log);
    await this.started(() => existsSync(portFile));
    this.port = Number(readFileSync(portFile, "utf8"));
    return this;
  }
}

// With the fees of Bitcoin Core, and without the extension blocks of its own. Its check of its own
// block index fails where blocks behind one that left come and it comes back (mended in Bitcoin Core
// since), so that it is left out.
export class LitecoinNode extends Node {
  constructor() {
    super(temporaryDirectory());
    this.cookie = join(this.directory, "regtest", ".cookie");
  }
  async start() {
    this.port = await freePort();
    this.child = start("litecoind", ["-regtest", "-vbparams=mweb:9999999999:9999999999",
      `-datadir=${this.directory}`, `-rpcport=${this.port}`, "-rpcbind=127.0.0.1",
      "-rpcallowip=127.0.0.1", "-listen=0", "-connect=0", "-dnsseed=0", "-discover=0",
      "-disablewallet", "-txindex=1", "-acceptnonstdtxn=0", "-checkblockindex=0", "-mempoolreplacement=1", "-minrelaytxfee=0.00001",
      "-incrementalrelayfee=0.00001", "-dustrelayfee=0.00003", "-printtoconsole=0"], this.log);
    await this.started(async () => existsSync(this.cookie) &&
      (await this.ask("getblockcount")).result !== undefined);
    return this;
  }
}

// --- cases ---
let checks = 0;
let failures = 0;
export function check(holds, what) {
  ++checks;
  if (holds) return true;
  ++failures;
  console.log(`    FAILED: ${what}`);
  return false;
}
export function equal(seen, wanted, what) {
  return check(JSON.stringify(seen) === JSON.stringify(wanted),
    `${what}: ${JSON.stringify(seen)}, not ${JSON.stringify(wanted)}`);
}
// The one that fails, too, ends: a failed case is told, and the next one runs.
export async function cases(list) {
  let failed = 0;
  for (const [name, body] of list) {
    const before = failures;
    const began = Date.now();
    try {
      await body();
    } catch (error) {
      ++failures;
      console.log(`    FAILED: ${error.stack ?? error}`);
    }
    if (failures > before) ++failed;
    console.log(`  ${failures > before ? "failed" : "ok    "} ${name} (${Date.now() - began} ms)`);
  }
  console.log(`${list.length} cases, ${checks} checks, ${failed} failed`);
  process.exitCode = failed ? 1 : 0;
  process.exit();
}
