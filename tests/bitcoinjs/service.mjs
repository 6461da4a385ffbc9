// lockstep-bitcoin as a process: who may call it, its answers over HTTP, litecoin-cli as a client,
// and what it has kept when it was killed in the middle of its work.
import { createHmac } from "node:crypto";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { MockNode, build, cases, check, equal, run, sleep } from "./node.mjs";

const program = join(build, "bin", "lockstep-bitcoin");
// Pays to anyone who shows the script OP_TRUE (P2WSH), so that no keys are needed here.
const anyone = "bcrt1qft5p2uhsdcdc3l2ua4ap5qqfg4pjaqlp250x7us7a8qqhrxrxfsqseac85";
const anyoneScript = "00204ae81572f06e1b88fd5ced7a1a000945432e83e1551e6f721ee9c00b8cc33260";

const json = (method, params = [], more = {}) => JSON.stringify({ id: 1, method, params, ...more });

// Spends an output of `anyone` to it again, less a fee.
function spend(txid, vout, value, fee = 1000) {
  const u32 = (n) => Buffer.from(Uint32Array.of(n).buffer).toString("hex");
  const amount = Buffer.alloc(8);
  amount.writeBigUInt64LE(BigInt(value - fee));
  const place = Buffer.from(txid, "hex").reverse().toString("hex") + u32(vout);
  return "02000000" + "0001" + "01" + place + "00" + "fdffffff" + "01" + amount.toString("hex") +
    "22" + anyoneScript + "01" + "01" + "51" + "00000000";
}
const satoshi = (coins) => Math.round(coins * 1e8);

// All that a caller can see of a node but the time.
async function state(node) {
  const tip = await node.call("getbestblockhash");
  const pool = await node.call("getrawmempool", true);
  const scan = await node.call("scantxoutset", "start", [`raw(${anyoneScript})`]);
  return { tip, height: await node.call("getblockcount"), pool,
    tips: await node.call("getchaintips"), block: await node.call("getblock", tip, 2),
    total: scan.total_amount, coins: scan.unspents.length };
}

async function callers() {
  const file = join((await new MockNode()).directory, "password");
  writeFileSync(file, "correct horse\n", { mode: 0o600 });
  const hash = createHmac("sha256", "salt").update("battery").digest("hex");
  const node = await new MockNode("--rpc-user", "alice", "--rpc-password-file", file, "--rpc-auth",
    `bob:salt$${hash}`).start();
  const status = async (auth) => (await node.raw({ body: json("getblockcount"), auth })).status;
  equal(statSync(node.cookie).mode & 0o777, 0o600, "only its owner reads the cookie");
  check(/^__cookie__:[0-9a-f]{64}$/.test(node.auth()), "the cookie's form");
  for (const auth of [node.auth(), "alice:correct horse", "bob:battery"])
    equal(await status(auth), 200, auth.split(":")[0]);
  for (const auth of ["alice:battery", "bob:correct horse", "__cookie__:", "carol:x", "alice", ":"])
    equal(await status(auth), 401, auth);
  const none = await node.raw({ body: json("stop"), auth: null });
  equal([none.status, none.headers["www-authenticate"], none.body],
    [401, 'Basic realm="jsonrpc"', ""], "without a password");
  const bearer = await node.raw({ body: json("stop"), auth: null, headers: { authorization: "Bearer x" } });
  equal(bearer.status, 401, "another scheme");
  equal(await node.terminate(), 0, "stops");
  check(!existsSync(node.cookie), "the cookie is gone with the process");
}

async function statuses() {
  const node = await new MockNode().start();
  const post = async (body, more = {}) => {
    const { status, body: text } = await node.raw({ body, ...more });
    return { status, text, json: text.startsWith("{") || text.startsWith("[") ? JSON.parse(text) : null };
  };
  equal((await post("", { method: "GET" })).text, "JSONRPC server handles only POST requests", "GET");
  for (const method of ["GET", "PUT", "DELETE"]) equal((await post("", { method })).status, 405, method);
  for (const path of ["/wallet/x", "/rest/chaininfo.json", "/index.html"])
    equal((await post(json("getblockcount"), { path })).status, 404, path);
  const rows = [
    // body, status, code
    [json("getblockcount"), 200, undefined],
    [json("nonsense"), 404, -32601],
    [json("getblockhash", [99]), 500, -8],
    [json("getblockhash", ["x"]), 500, -3],
    [json("getblockhash"), 500, -1],
    ["{", 500, -32700],
    ["", 500, -32700],
    ["7", 500, -32700],
    ['{"id":1,"method":7}', 400, -32600],
    ['{"id":1}', 400, -32600],
    ['{"id":1,"method":"getblockcount","params":"x"}', 400, -32600],
    [json("getblockhash", [99], { jsonrpc: "2.0" }), 200, -8],
    [json("nonsense", [], { jsonrpc: "2.0" }), 200, -32601],
    [json("getblockcount", [], { jsonrpc: "3.0" }), 400, -32600],
  ];
  for (const [body, status, code] of rows) {
    const answer = await post(body);
    equal([answer.status, answer.json?.error?.code], [status, code], body);
  }
  equal((await post('{"jsonrpc":"2.0","method":"getblockcount"}')).status, 204, "a notification");
  const { json: mixed, status } = await post(`[${json("getblockcount")},${json("nonsense")},3]`);
  equal([status, mixed.length, mixed[0].result, mixed[1].error.code, mixed[2].error.code],
    [200, 3, 0, -32601, -32600], "a batch");
  equal((await post("[]")).text.trim(), "[]", "an empty batch");
  const many = Array.from({ length: 5000 }, (_, id) => ({ id, method: "getblockhash", params: [0] }));
  const { json: answers } = await post(JSON.stringify(many));
  check(answers.every((answer, i) => answer.id === i && answer.result.length === 64), "5000 in their order");
  // A body of 30 MB is read, one above the limit of 32 MiB is not.
  equal((await post(json("submitblock", ["00".repeat(15e6)]))).json?.error,
    { code: -22, message: "Block decode failed" }, "30 MB");
  const huge = await post(json("submitblock", ["00".repeat(17e6)]));
  check([0, 413].includes(huge.status), `34 MB: ${huge.status}`);
  equal(await node.call("getblockcount"), 0, "it is still there");
  const help = await node.call("help", "getblockcount");
  equal((await post(json("getblockcount", [1]))).json.error, { code: -1, message: help }, "too many");
  equal(await node.terminate(), 0, "stops");
}

async function otherClient() {
  const node = await new MockNode().start();
  const cli = async (...args) => {
    const { code, out, err } = await run("litecoin-cli", ["-regtest", `-rpcport=${node.port}`,
      `-rpccookiefile=${node.cookie}`, `-datadir=${node.directory}`, ...args]);
    return { code, out: out.trim(), err: err.trim() };
  };
  equal(await cli("getblockcount"), { code: 0, out: "0", err: "" }, "getblockcount");
  const blocks = JSON.parse((await cli("generatetoaddress", "101", anyone)).out);
  equal(blocks.length, 101, "generatetoaddress");
  const block = JSON.parse((await cli("getblock", blocks[0], "2")).out);
  equal([block.height, block.confirmations, block.tx[0].vout[0].value], [1, 101, 50], "getblock");
  const sent = spend(block.tx[0].txid, 0, 50e8);
  const { out: txid } = await cli("sendrawtransaction", sent);
  equal(JSON.parse((await cli("getrawmempool")).out), [txid], "sendrawtransaction");
  equal((await cli("-named", "getblockhash", "height=1")).out, blocks[0], "by name");
  equal((await cli("-rpcwait", "getbestblockhash")).out, blocks[100], "getbestblockhash");
  const missing = await cli("getblockhash", "1000");
  equal([missing.code, missing.err], [8, "error code: -8\nerror message:\nBlock height out of range"], "an error");
  check((await cli("help")).out.startsWith("== Blockchain ==\n"), "help");
  check((await cli("help", "getblock")).out.startsWith("getblock "), "help getblock");
  equal((await cli("-rpcuser=x", "-rpcpassword=y", "getblockcount")).code, 1, "a wrong password");
  equal((await cli("stop")).out, "Bitcoin Core stopping", "stop");
  equal(await node.child.ended, 0, "it has stopped");
  check((await cli("getblockcount")).err.includes("connect"), "and is gone");
  await node.start();
  equal((await cli("getrawmempool")).out.includes(txid), true, "what was sent is there again");
  equal(await node.terminate(), 0, "stops");
}

// Kills it while some callers mine and others send, again and again.
async function killed() {
  const node = await new MockNode().start();
  await node.call("generatetoaddress", 140, anyone);
  const free = [];
  for (let height = 1; height <= 40; ++height) {
    const { tx } = await node.call("getblock", await node.call("getblockhash", height), 2);
    free.push([tx[0].txid, 0, satoshi(tx[0].vout[0].value)]);
  }
  const told = { blocks: [], transactions: [] };
  for (let round = 0; round < 6; ++round) {
    let stopping = false;
    const mining = (async () => {
      while (!stopping) {
        const { result, gone } = await node.ask("generatetoaddress", [3, anyone]);
        if (gone) return;
        told.blocks.push(...result);
      }
    })();
    const sending = [0, 1, 2].map(async () => {
      while (!stopping) {
        const coin = free.shift();
        if (!coin) return;
        const { result, gone } = await node.ask("sendrawtransaction", [spend(...coin)]);
        if (result) {
          told.transactions.push(result);
          free.push([result, 0, coin[2] - 1000]);
        }
        if (gone || !result) return;
      }
    });
    await sleep(200 + 70 * round);
    await node.kill();
    stopping = true;
    await Promise.all([mining, ...sending]);
    await node.start();
    const pool = new Set(await node.call("getrawmempool"));
    const lost = [];
    for (const hash of told.blocks) {
      const { result } = await node.ask("getblockheader", [hash]);
      if (!result || result.confirmations < 1) lost.push(hash);
    }
    for (const txid of told.transactions)
      if (!pool.has(txid) && !(await node.ask("getrawtransaction", [txid])).result) lost.push(txid);
    equal(lost, [], "what was answered and is lost");
  }
  check(told.blocks.length >= 6 && told.transactions.length >= 12,
    `enough was done: ${told.blocks.length} blocks, ${told.transactions.length} transactions`);
  const before = await state(node);
  await node.kill();
  await node.start();
  equal(await state(node), before, "the same chain and pool after another kill");
  console.log(`    ${told.blocks.length} blocks, ${told.transactions.length} transactions in six rounds`);

  equal(await node.terminate(), 0, "SIGTERM");
  check(existsSync(join(node.data, "state.json")), "state.json is written");
  const replay = await run(program, ["--data", node.data, "--replay"]);
  equal([replay.code, replay.err.trim()], [0, "the same as state.json"], "replay");
  equal(replay.out, readFileSync(join(node.data, "state.json"), "utf8"), "replay prints it");
  await node.start();
  equal(await state(node), before, "the same after an orderly stop");
  equal(await node.terminate(), 0, "stops");
}

async function refusals() {
  const node = await new MockNode().start();
  const second = await run(program, node.args());
  equal(second.code, 1, "a second process on the same data");
  check(/^lockstep-bitcoin: the data directory .* is in use by process \d+; .* \[in_use\]$/m.test(second.err), second.err);
  equal(await node.call("getblockcount"), 0, "the first one is not disturbed");
  const taken = await run(program, ["--data", join(node.directory, "other"), "--rpc-port", `${node.port}`]);
  equal(taken.code, 1, "a port that is taken");
  check(/lockstep-bitcoin: .*127\.0\.0\.1/.test(taken.err), taken.err);
  const open = join(node.directory, "open");
  writeFileSync(open, "secret\n", { mode: 0o644 });
  const loose = await run(program, ["--data", join(node.directory, "other"), "--rpc-port", "0",
    "--rpc-user", "x", "--rpc-password-file", open]);
  equal([loose.code, loose.err.includes("say chmod 600")], [1, true], "a password for everybody");
  for (const options of [["--nonsense"], ["--rpc-port", "x"], ["--rpc-port", "70000"], ["--rpc-threads", "0"],
    ["--rpc-user", "x"], ["--dust-fee", "-1"], ["--dust-fee", "9999999999999999"], ["--max-pool-mb", "0"], ["extra"]])
    equal((await run(program, options)).code, 2, options.join(" "));
  equal((await run(program, ["--help"])).code, 0, "--help");
  equal(await node.terminate(), 0, "stops");
  const other = await run(program, [...node.args(), "--coinbase-maturity", "5"]);
  equal([other.code, other.err.includes("coinbase_maturity cannot change")], [1, true], "other rules");
}

await cases([
  ["callers are told apart by cookie, password file and hashed password", callers],
  ["statuses, codes, batches and sizes are as Bitcoin Core's", statuses],
  ["litecoin-cli works with it", otherClient],
  ["nothing that was answered is lost when it is killed under load", killed],
  ["it says what it does not do", refusals],
]);
