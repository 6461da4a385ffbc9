// The ladder of expiries of one settlement: a bar per hop from its preparation to its expiry, with
// the moments at which things happened.
"use strict";

const ladder = (function makeLadder() {
  const view = { chosen: -1, split: true };
  const frame = byId("ladder-frame");
  const never = 3650 * us.day; // expiries beyond it are drawn as an open end

  // The last moment at which each hop could be placed and every hop after it still stand final before
  // the receiver's guard: T(last) - guard - sum of (D + F) of this hop and those after it.
  function placeBy(hops) {
    const last = hops[hops.length - 1];
    const times = new Array(hops.length).fill(null);
    if (last.guard === undefined) return times;
    let at = last.expiry - last.guard - 1;
    for (let i = hops.length - 1; i >= 0; --i) {
      const ledger = actorOf(hops[i].ledger);
      if (ledger.inclusion === undefined) break;
      at -= ledger.inclusion + ledger.finality;
      times[i] = at;
    }
    return times;
  }

  // Time to place. Split: what happened takes six tenths of the width, the waiting after it the rest.
  function scaleOf(from, happened, until, width) {
    const span = Math.max(1, until - from);
    const part = (happened - from) / span;
    if (!view.split || part > 0.45 || part <= 0) {
      return { x: (time) => (Math.min(until, Math.max(from, time)) - from) / span * width, at: null, pieces: [[from, until, 0, width]] };
    }
    const at = width * 0.58;
    const gap = 14;
    const first = (time) => (time - from) / (happened - from) * at;
    const second = (time) => at + gap + (time - happened) / (until - happened) * (width - at - gap);
    return {
      x: (time) => (time <= happened ? first(Math.max(from, time)) : second(Math.min(until, time))),
      at: at + gap / 2,
      pieces: [[from, happened, 0, at], [happened, until, at + gap, width]],
    };
  }

  function draw() {
    const settlement = settlements[view.chosen];
    const hops = settlement ? settlement.escrows.filter((escrow) => escrow.prepared !== null) : [];
    const subject = byId("ladder-subject");
    frame.replaceChildren();
    if (!hops.length) {
      subject.replaceChildren(settlement ? `${settlement.name} never had an escrow.` : "No settlement had an escrow.");
      frame.hidden = byId("ladder-legend").hidden = true;
      return;
    }
    frame.hidden = byId("ladder-legend").hidden = false;
    const margins = hops.slice(1).map((hop, i) => hops[i].expiry - hop.expiry);
    const least = margins.length ? Math.min(...margins) : null;
    subject.replaceChildren(element("strong", {}, settlement.name),
      ` ${hops.length} ${hops.length === 1 ? "hop" : "hops"}, first prepared at ${timeText(hops[0].prepared)}` +
      (least === null ? "" : least < 0 ? `, an expiry lies ${lengthText(-least)} after the one upstream` : `, smallest margin ${lengthText(least)}`));

    const dense = hops.length > 14;
    const row = dense ? 21 : 34;
    const size = dense ? 11 : 12;
    const columns = [["hop", 20], ["ledger", 0], ["payer → payee", 0], ["amount", 0]];
    const cells = hops.map((hop, i) => [`${i + 1}`, actorOf(hop.ledger).name, `${hop.payerName} → ${hop.payeeName}`, amountText(hop.amount, hop.asset)]);
    columns.forEach((column, c) => {
      column[1] = Math.max(column[1], textWidth(column[0], 12.5), ...cells.map((cell) => textWidth(cell[c], size))) + 20;
    });
    const marginWidth = Math.max(textWidth("margin to next", 12.5), ...margins.map((margin) => textWidth(lengthText(margin), 11))) + 20;
    const left = columns.reduce((sum, column) => sum + column[1], 0);
    const full = Math.max(frame.clientWidth - 2, left + 420 + marginWidth);
    const width = full - left - marginWidth - 26;
    const top = 46;
    const height = top + hops.length * row + 34;

    const from = Math.min(...hops.map((hop) => hop.prepared));
    const ended = hops.map((hop) => hop.ended ?? hop.prepared);
    const finite = hops.map((hop) => hop.expiry).filter((expiry) => expiry < from + never);
    const until = Math.max(...finite, ...ended, from + 1);
    const span = until - from;
    let happened = Math.max(...hops.map((hop) => hop.prepared), ...ended.filter((time) => time < from + span * 0.45));
    happened = Math.min(until, happened + Math.max((happened - from) * 0.06, us.ms));
    const scale = scaleOf(from, happened, until, width);
    const x = (time) => left + scale.x(time);
    const latest = placeBy(hops);

    const root = svg("svg", { width: full, height, viewBox: `0 0 ${full} ${height}`, role: "img", class: dense ? "ladder dense" : "ladder",
      "aria-label": `Ladder of expiries of ${settlement.name}: ${hops.map((hop, i) =>
        `hop ${i + 1} on ${actorOf(hop.ledger).name}, prepared ${timeText(hop.prepared)}, ${hop.end}${hop.ended === null ? "" : " " + timeText(hop.ended)}, expires ${timeText(hop.expiry)}`).join("; ")}` });

    hops.forEach((hop, i) => {
      if (i % 2 === 0) root.append(svg("rect", { class: "stripe", x: -6, y: top + i * row, width: full + 12, height: row }));
    });

    // heads and axis
    let at = 0;
    columns.forEach(([name, wide], c) => {
      root.append(svg("text", { class: "ladder-head", x: c === 3 ? at + wide - 12 : at, y: top - 12, "text-anchor": c === 3 ? "end" : "start" }, name));
      at += wide;
    });
    root.append(svg("text", { class: "ladder-head", x: full - 8, y: top - 12, "text-anchor": "end" }, "margin to next"));
    for (const [start, stop, x0, x1] of scale.pieces) {
      const stepSize = timeStep(stop - start, Math.max(2, (x1 - x0) / 84));
      let lastRight = -Infinity;
      for (let time = Math.ceil((start - from) / stepSize) * stepSize; time <= stop - from + 0.5; time += stepSize) {
        const place = left + x0 + (x1 - x0) * (from + time - start) / (stop - start);
        if (place > full - marginWidth) break;
        root.append(svg("line", { class: "grid", x1: place, x2: place, y1: top - 4, y2: height - 30 }));
        const text = time === 0 ? "0" : `+${lengthText(time)}`;
        const half = textWidth(text, 11) / 2;
        if (place - half < lastRight + 8) continue;
        root.append(svg("text", { class: "axis-text", x: place, y: top - 12, "text-anchor": "middle" }, text),
          svg("text", { class: "axis-text", x: place, y: height - 12, "text-anchor": "middle" }, text));
        lastRight = place + half;
      }
    }
    if (scale.at !== null) {
      const place = left + scale.at;
      root.append(svg("path", { class: "axis-break", d: `M${place - 4} ${top - 8}V${height - 26}M${place + 4} ${top - 8}V${height - 26}` }));
    }

    hops.forEach((hop, i) => {
      const y = top + i * row + row / 2;
      const group = svg("g", { class: `hop ${hop.end}` });
      let place = 0;
      columns.forEach(([, wide], c) => {
        group.append(svg("text", { class: `cell cell-${c}`, x: c === 3 ? place + wide - 12 : place, y: y + 4, "text-anchor": c === 3 ? "end" : "start" }, cells[i][c]));
        place += wide;
      });
      const tall = dense ? 8 : 12;
      const open = hop.expiry >= from + never;
      const [x0, x1] = [x(hop.prepared), Math.max(x(hop.prepared) + 1, x(hop.expiry))];
      const done = hop.ended === null ? x1 : Math.min(x1, x(hop.ended));
      const title = `hop ${i + 1}: prepared ${timeText(hop.prepared)}, ` +
        `${hop.end === "open" ? "still open" : `${hop.end === "fulfilled" ? "fulfilled" : `refunded (${hop.end})`} ${timeText(hop.ended)}`}, expires ${open ? "never" : timeText(hop.expiry)}`;
      group.append(svg("rect", { class: "bar", x: x0, y: y - tall / 2, width: x1 - x0, height: tall, rx: 2 }, svg("title", {}, title)),
        svg("rect", { class: "held", x: x0, y: y - tall / 2, width: Math.max(1.5, done - x0), height: tall, rx: 2 }, svg("title", {}, title)));
      group.append(open ? svg("path", { class: "expiry", d: `M${x1 - 5} ${y - tall / 2 - 2}l5 ${tall / 2 + 2}l-5 ${tall / 2 + 2}` })
        : svg("line", { class: "expiry", x1, x2: x1, y1: y - tall / 2 - 3, y2: y + tall / 2 + 3 }, svg("title", {}, `expires ${timeText(hop.expiry)}`)));
      const ledger = actorOf(hop.ledger);
      if (ledger.finality !== undefined) {
        const final = x(hop.prepared + ledger.finality);
        group.append(svg("line", { class: "final", x1: final, x2: final, y1: y - tall / 2 - 2, y2: y + tall / 2 + 2 },
          svg("title", {}, `final by ${timeText(hop.prepared + ledger.finality)} at the latest`)));
      }
      if (latest[i] !== null && latest[i] >= from) {
        const by = x(latest[i]);
        group.append(svg("path", { class: "place-by", d: `M${by} ${y - tall / 2}l-3.5 -5h7z` }, svg("title", {}, `place by ${timeText(latest[i])}`)));
      }
      group.append(ring("escrow_prepared", x0, y, dense));
      if (hop.ended !== null) {
        const kind = { fulfilled: "escrow_fulfilled", expired: "escrow_expired", rejected: "escrow_rejected" }[hop.end];
        group.append(ring(kind, x(hop.ended), y, dense));
      }
      if (i + 1 < hops.length)
        group.append(svg("text", { class: `margin${margins[i] < 0 ? " danger" : ""}`, x: full - 8, y: y + 4, "text-anchor": "end" }, lengthText(margins[i])));
      root.append(group);
    });
    frame.append(root);
  }

  function ring(kind, x, y, dense) {
    const scale = dense ? " scale(0.7)" : "";
    const classes = { escrow_prepared: "prepared", escrow_fulfilled: "fulfilled", escrow_expired: "refunded expired", escrow_rejected: "refunded rejected" };
    const group = svg("g", { class: `mark ${classes[kind]}`, transform: `translate(${x} ${y})${scale}` });
    if (kind === "escrow_prepared") group.append(svg("circle", { r: 5 }));
    else if (kind === "escrow_fulfilled") group.append(svg("circle", { r: 6 }), svg("path", { class: "tick-mark", d: "M-2.8 0.2L-0.8 2.3L3 -2.2" }));
    else group.append(svg("path", { d: "M0 -6.5L6.5 0L0 6.5L-6.5 0z" }));
    if (kind === "escrow_rejected") group.append(svg("path", { class: "tick-mark", d: "M-2.6 0H2.6" }));
    return group;
  }

  function legend() {
    const entry = (text, ...children) => element("li", {}, svg("svg", { width: 30, height: 18, viewBox: "-15 -9 30 18", class: "ladder", "aria-hidden": "true" }, children), text);
    const bar = (name, x0, x1) => svg("rect", { class: name, x: x0, y: -5, width: x1 - x0, height: 10, rx: 2 });
    byId("ladder-legend").replaceChildren(
      entry("in escrow", svg("g", { class: "hop fulfilled" }, bar("held", -13, 13))),
      entry("until the expiry", svg("g", { class: "hop" }, bar("bar", -13, 13), svg("line", { class: "expiry", x1: 13, x2: 13, y1: -8, y2: 8 }))),
      entry("prepared", ring("escrow_prepared", 0, 0)),
      entry("final at the latest", svg("line", { class: "final", x1: 0, x2: 0, y1: -7, y2: 7 })),
      entry("fulfilled", ring("escrow_fulfilled", 0, 0)),
      entry("refunded", ring("escrow_expired", 0, 0)),
      entry("place by: the last start that leaves time for the hops after it", svg("path", { class: "place-by", d: "M0 4l-4.5 -7h9z" })));
  }

  function start() {
    legend();
    const mode = (split) => () => {
      view.split = split;
      byId("ladder-split").setAttribute("aria-pressed", String(split));
      byId("ladder-linear").setAttribute("aria-pressed", String(!split));
      draw();
    };
    byId("ladder-split").addEventListener("click", mode(true));
    byId("ladder-linear").addEventListener("click", mode(false));
    let width = 0;
    new ResizeObserver(() => {
      if (frame.hidden || frame.clientWidth === width) return;
      width = frame.clientWidth;
      draw();
    }).observe(frame);
  }

  return {
    start,
    choose(index) {
      view.chosen = index;
      draw();
    },
  };
})();
