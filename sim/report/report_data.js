// The world as the page uses it: moments with their settlements, messages paired into arrows, faults
// and outages paired into stretches. Nothing here touches the page, beyond reading its data element.
"use strict";

const world = JSON.parse(document.getElementById("data").textContent);
const us = { ms: 1e3, s: 1e6, min: 6e7, h: 36e8, day: 864e8 };

// --- numbers and times as text ---

// "1 234 567" with narrow spaces that do not break.
function grouped(digits) {
  return String(digits).replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

// An amount that is a string of smallest units.
function amountText(units, asset) {
  const [code, scale] = world.assets[asset];
  const digits = String(units).padStart(scale + 1, "0");
  const whole = grouped(digits.slice(0, digits.length - scale));
  return `${whole}${scale ? "." + digits.slice(-scale) : ""} ${code}`;
}

function pad(number, digits) {
  return String(number).padStart(digits, "0");
}

// A moment: "0:12:03.250", days before it, microseconds where they are not zero.
function timeText(at) {
  const whole = Math.abs(Math.trunc(at));
  const days = Math.floor(whole / us.day);
  const rest = whole % us.day;
  const fraction = pad(rest % us.s, 6);
  return (at < 0 ? "−" : "") + (days ? `${days} d ` : "") +
    `${Math.floor(rest / us.h)}:${pad(Math.floor(rest / us.min) % 60, 2)}:` +
    `${pad(Math.floor(rest / us.s) % 60, 2)}.${fraction.slice(0, 3)}` +
    (fraction.slice(3) === "000" ? "" : fraction.slice(3));
}

// A length of time in its two largest units: "2 min 10 s", "350 ms".
function lengthText(length) {
  const sign = length < 0 ? "−" : "";
  const whole = Math.abs(length);
  if (whole < us.ms) return `${sign}${Math.round(whole)} µs`;
  if (whole < us.s) return `${sign}${Math.round(whole / us.ms)} ms`;
  if (whole < 10 * us.s) return `${sign}${+(whole / us.s).toFixed(2)} s`;
  if (whole < us.min) return `${sign}${+(whole / us.s).toFixed(1)} s`;
  const units = [["d", us.day], ["h", us.h], ["min", us.min], ["s", us.s]];
  const first = units.findIndex(([, size]) => whole >= size);
  const [name, size] = units[first];
  let count = Math.floor(whole / size);
  if (first + 1 === units.length) return `${sign}${count} ${name}`;
  const [nextName, nextSize] = units[first + 1];
  let next = Math.round((whole - count * size) / nextSize);
  if (next * nextSize >= size) {
    ++count;
    next = 0;
  }
  return `${sign}${count} ${name}` + (next ? ` ${next} ${nextName}` : "");
}

// --- moments ---

const actors = world.actors.map((actor, id) => ({ ...actor, id }));
const actorOf = (id) => actors[id] || { name: `actor ${id}`, kind: "world", honest: true, id };

// A name of a validator begins with that of its ledger; what is hidden falls to its ledger's lane.
for (const actor of actors) {
  if (actor.kind !== "validator") continue;
  const owner = actors.find((a) => a.kind === "ledger" && actor.name.startsWith(a.name));
  actor.ledger = owner ? owner.id : 0;
}

const moments = world.moments.at.map((at, index) => ({
  index,
  at,
  kind: world.kinds[world.moments.kind[index]],
  actor: world.moments.actor[index],
  other: world.moments.other[index],
  text: world.texts[world.moments.text[index]],
  escrow: world.moments.escrow[index],
  settlement: -1,
}));

// --- escrows and settlements ---

const escrows = world.escrows.map((escrow, index) => ({
  ...escrow,
  index,
  prepared: null,
  ended: null,
  end: "open",
  payerName: escrow.payer ? actorOf(escrow.payer).name : escrow.payer_account,
  payeeName: escrow.payee ? actorOf(escrow.payee).name : escrow.payee_account,
}));

const settlements = world.conditions.map((condition) => ({
  condition,
  name: "",
  escrows: [],
  moments: [],
  states: [],
  first: null,
  end: "open",
}));

// "TRD-1 settled": the reference, and what is said of it.
function stateWords(text) {
  const space = text.indexOf(" ");
  return space < 0 ? [text, ""] : [text.slice(0, space), text.slice(space + 1)];
}

(function join() {
  const byReference = new Map();
  for (const moment of moments) {
    const condition = world.moments.condition[moment.index];
    if (condition < 0) continue;
    moment.settlement = condition;
    if (moment.kind !== "state") continue;
    const [reference] = stateWords(moment.text);
    if (reference && !byReference.has(reference)) byReference.set(reference, condition);
  }
  // states of trades that never had an escrow
  for (const moment of moments) {
    if (moment.kind !== "state" || moment.settlement >= 0) continue;
    const [reference] = stateWords(moment.text);
    if (!byReference.has(reference)) {
      byReference.set(reference, settlements.length);
      settlements.push({ condition: "", name: reference, escrows: [], moments: [], states: [], first: null, end: "open" });
    }
    moment.settlement = byReference.get(reference);
  }
  for (const [reference, at] of byReference)
    settlements[at].name = settlements[at].name || reference;
  const digits = 8;
  const byPrefix = new Map(settlements.map((s, at) => [s.condition.slice(0, digits), at]));
  byPrefix.delete("");
  for (const moment of moments) {
    if (moment.settlement >= 0 || !moment.text) continue;
    for (const word of moment.text.split(/[\s,;:()]+/)) {
      const found = byReference.get(word) ??
        (/^[0-9a-f]{8,}$/.test(word) ? byPrefix.get(word.slice(0, digits)) : undefined);
      if (found === undefined) continue;
      moment.settlement = found;
      break;
    }
  }
  const ends = {
    escrow_fulfilled: "fulfilled",
    escrow_expired: "expired",
    escrow_rejected: "rejected",
  };
  for (const moment of moments) {
    const settlement = settlements[moment.settlement];
    if (settlement) {
      settlement.moments.push(moment.index);
      settlement.first ??= moment.at;
      if (moment.kind === "state") settlement.states.push(moment.index);
    }
    const escrow = escrows[moment.escrow];
    if (!escrow) continue;
    if (moment.kind === "escrow_prepared") {
      escrow.prepared ??= moment.at;
      escrow.preparedMoment ??= moment.index;
    } else {
      escrow.ended = moment.at;
      escrow.endedMoment = moment.index;
      escrow.end = ends[moment.kind];
    }
  }
  for (const escrow of escrows) settlements[escrow.condition].escrows.push(escrow);
  for (const settlement of settlements) {
    settlement.escrows.sort((a, b) => (a.prepared ?? a.ended) - (b.prepared ?? b.ended) || b.expiry - a.expiry);
    const fulfilled = settlement.escrows.filter((e) => e.end === "fulfilled").length;
    const open = settlement.escrows.filter((e) => e.end === "open").length;
    if (!settlement.escrows.length) settlement.end = lastWord(settlement) || "open";
    else if (open) settlement.end = "open";
    else if (fulfilled === settlement.escrows.length) settlement.end = "settled";
    else settlement.end = fulfilled ? "broken" : "unwound";
    settlement.name = settlement.name || settlement.condition.slice(0, 12);
  }
})();

function lastWord(settlement) {
  const known = ["settled", "unwound", "declined", "broken", "paid", "refunded", "open"];
  const last = moments[settlement.states[settlement.states.length - 1]];
  return last && known.find((word) => stateWords(last.text)[1].split(/[\s:,]/).includes(word));
}

// --- arrows: what was sent, with what became of it ---

const arrows = (function pair() {
  const all = [];
  const waiting = new Map();
  const latest = new Map();
  const key = (from, to, text) => `${from}>${to}>${text}`;
  for (const moment of moments) {
    const { kind, actor, other, text, at } = moment;
    if (kind === "message_sent") {
      const arrow = { from: actor, to: other, text, sent: at, ended: null, lost: false, again: false,
        first: moment.index, last: null, settlement: moment.settlement };
      all.push(arrow);
      const name = key(actor, other, text);
      if (!waiting.has(name)) waiting.set(name, []);
      waiting.get(name).push(arrow);
      latest.set(name, arrow);
      continue;
    }
    if (kind !== "message_arrived" && kind !== "message_lost") continue;
    const lost = kind === "message_lost";
    let [from, to] = [actor, other];
    // a receiver may be named first
    if (!latest.has(key(from, to, text)) && latest.has(key(to, from, text))) [from, to] = [to, from];
    const open = waiting.get(key(from, to, text)) || [];
    // what is lost at once was sent last
    const sameTime = lost ? open.findIndex((arrow) => arrow.sent === at) : -1;
    const arrow = sameTime >= 0 ? open.splice(sameTime, 1)[0] : open.shift();
    if (arrow) {
      Object.assign(arrow, { ended: at, lost, last: moment.index });
      continue;
    }
    const before = latest.get(key(from, to, text));
    all.push({ from, to, text, sent: lost ? at : (before ? before.sent : at), ended: at, lost,
      again: !lost && Boolean(before), first: moment.index, last: moment.index,
      settlement: moment.settlement });
  }
  return all;
})();

// --- stretches: faults from their beginning to their end, outages of processes ---

const faults = (function pair() {
  const all = [];
  const open = new Map();
  const words = (text) => text.toLowerCase().split(/[\s:,()]+/).filter((word) => word.length > 3);
  for (const moment of moments) {
    if (moment.kind !== "fault" && moment.kind !== "fault_over") continue;
    const place = `${moment.actor}>${moment.other}`;
    if (!open.has(place)) open.set(place, []);
    const waiting = open.get(place);
    if (moment.kind === "fault") {
      const fault = { actor: moment.actor, other: moment.other, text: moment.text, from: moment.at, until: null,
        name: moment.text.split(/[\s:,(]/)[0], words: words(moment.text), first: moment.index };
      all.push(fault);
      waiting.push(fault);
      continue;
    }
    // the oldest of those with which its text shares most words, and one at least
    const over = words(moment.text);
    const shared = waiting.map((fault) => fault.words.filter((word) => over.includes(word)).length);
    const best = Math.max(0, ...shared);
    if (best) waiting.splice(shared.indexOf(best), 1)[0].until = moment.at;
  }
  return all;
})();

const outages = (function pair() {
  const all = [];
  const down = new Map();
  for (const moment of moments) {
    // one validator's crash does not stop its ledger
    if (moment.kind === "crashed" && !moment.text.startsWith("validator") && !down.has(moment.actor)) {
      const outage = { actor: moment.actor, from: moment.at, until: null, first: moment.index };
      all.push(outage);
      down.set(moment.actor, outage);
    } else if (moment.kind === "started" && down.has(moment.actor)) {
      down.get(moment.actor).until = moment.at;
      down.delete(moment.actor);
    }
  }
  return all;
})();

// --- words for a moment ---

const kindWords = {
  message_sent: "sent",
  message_arrived: "arrived",
  message_lost: "lost",
  escrow_prepared: "escrow prepared",
  escrow_fulfilled: "escrow fulfilled",
  escrow_expired: "escrow refunded, expired",
  escrow_rejected: "escrow refunded, rejected by its payee",
  released: "secret released",
  crashed: "crashed",
  started: "started",
  fault: "fault",
  fault_over: "fault over",
  state: "state",
  alarm: "alarm",
  violation: "violation",
  escrow_taken_back: "escrow taken back by its ledger, which had it as",
};

function momentText(moment) {
  const actor = actorOf(moment.actor).name;
  const escrow = escrows[moment.escrow];
  if (escrow) {
    return `${actor}: ${kindWords[moment.kind]}, ${amountText(escrow.amount, escrow.asset)}, ` +
      `${escrow.payerName} → ${escrow.payeeName}`;
  }
  if (moment.kind.startsWith("message_"))
    return `${actor} → ${actorOf(moment.other).name}, ${kindWords[moment.kind]}: ${moment.text}`;
  const text = moment.text ? `: ${moment.text}` : "";
  return moment.kind === "state" ? `${actor}${text}` : `${actor} ${kindWords[moment.kind]}${text}`;
}

// --- building the page: text only ever as text nodes ---

function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  fill(node, attributes, children);
  return node;
}
function svg(name, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  fill(node, attributes, children);
  return node;
}
function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    node.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat()) if (child !== null && child !== undefined) node.append(child);
}
const byId = (id) => document.getElementById(id);

// Width of a text as the page's charts draw it.
const textWidth = (function measure() {
  const context = document.createElement("canvas").getContext("2d");
  const known = new Map();
  return (text, size = 11, weight = 400) => {
    const name = `${weight}|${size}|${text}`;
    if (!known.has(name)) {
      if (known.size > 20000) known.clear();
      context.font = `${weight} ${size}px ${getComputedStyle(document.body).fontFamily}`;
      known.set(name, context.measureText(text).width);
    }
    return known.get(name);
  };
})();

// Round steps for an axis, in units of the domain.
function niceStep(span, most) {
  const raw = span / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(raw));
  return [1, 2, 5, 10].map((m) => m * power).find((step) => step >= raw) || raw;
}
const timeSteps = [1, 2, 5, 10, 20, 50, 100, 200, 500].map((ms) => ms * us.ms)
  .concat([1, 2, 5, 10, 15, 30].map((s) => s * us.s), [1, 2, 5, 10, 15, 30].map((m) => m * us.min),
    [1, 2, 3, 6, 12].map((h) => h * us.h), [1, 2, 7, 14, 30, 100, 365].map((d) => d * us.day));
function timeStep(span, most) {
  return timeSteps.find((step) => span / step <= most) || span;
}
