// Balances and value in escrow over time: a card per ledger and asset, with the value in escrow as a
// stepped area and each holder's balance as a stepped line. Cards are drawn when they come in sight.
"use strict";

const balances = (function makeBalances() {
  const end = Math.max(world.outcome.end, moments.length ? moments[moments.length - 1].at : 0, 1);

  // Steps as [time, value]; of a pixel's width at most its extremes and its last value are kept.
  function thinned(steps, width) {
    if (steps.length < width * 3) return steps;
    const kept = [];
    let column = null;
    for (const step of steps) {
      const at = Math.floor(step[0] / end * width);
      if (!column || column.at !== at) {
        if (column) kept.push(...column.steps());
        column = { at, low: step, high: step, last: step, steps() {
          return [...new Set([this.low, this.high, this.last])].sort((p, q) => p[0] - q[0]);
        } };
      }
      if (step[1] < column.low[1]) column.low = step;
      if (step[1] > column.high[1]) column.high = step;
      column.last = step;
    }
    if (column) kept.push(...column.steps());
    return kept;
  }

  function stepPath(steps, x, y) {
    let path = "";
    let last = null;
    for (const [time, value] of steps) {
      const place = x(time).toFixed(1);
      path += last === null ? `M${place} ${y(value).toFixed(1)}` : `H${place}V${y(value).toFixed(1)}`;
      last = value;
    }
    return last === null ? "" : `${path}H${x(end).toFixed(1)}`;
  }

  const books = (function collect() {
    const all = new Map();
    const book = (ledger, asset) => {
      const name = `${ledger}|${asset}`;
      if (!all.has(name)) all.set(name, { ledger, asset, moves: [], holders: new Map() });
      return all.get(name);
    };
    for (const escrow of escrows) {
      if (escrow.prepared === null) continue;
      const { moves } = book(escrow.ledger, escrow.asset);
      moves.push([escrow.prepared, BigInt(escrow.amount)]);
      if (escrow.ended !== null) moves.push([escrow.ended, -BigInt(escrow.amount)]);
    }
    const table = world.balances;
    table.at.forEach((at, i) => {
      const { holders } = book(table.ledger[i], table.asset[i]);
      if (!holders.has(table.holder[i])) holders.set(table.holder[i], []);
      holders.get(table.holder[i]).push([at, BigInt(world.texts[table.amount[i]]), BigInt(world.texts[table.escrowed[i]])]);
    });
    // where what is held at the start was recorded, who appears later held nothing
    for (const { holders } of all.values())
      if ([...holders.values()].some((steps) => steps[0][0] <= 0))
        for (const steps of holders.values()) if (steps[0][0] > 0) steps.unshift([0, 0n, 0n]);
    return [...all.values()].sort((p, q) => p.ledger - q.ledger || p.asset - q.asset);
  })();

  function escrowSteps(book) {
    let sum = 0n;
    const steps = [[0, 0n]];
    for (const [time, change] of [...book.moves].sort((p, q) => p[0] - q[0])) {
      sum += change;
      if (steps[steps.length - 1][0] === time) steps[steps.length - 1][1] = sum;
      else steps.push([time, sum]);
    }
    return steps;
  }

  function shortAmount(units, asset) {
    const value = Number(units) / 10 ** world.assets[asset][1];
    for (const [size, name] of [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e4, "k"]])
      if (Math.abs(value) >= size) return `${+(value / (name === "k" ? 1e3 : size)).toPrecision(4)} ${name}`;
    return grouped(String(+value.toPrecision(6)));
  }

  function escrowChart(book, width) {
    const height = 124;
    const steps = escrowSteps(book);
    const top = steps.reduce((most, step) => (step[1] > most ? step[1] : most), 0n);
    const step = niceStep(Math.max(Number(top), 1), 3);
    const most = Math.ceil(Math.max(Number(top), 1) / step) * step;
    const ticks = [];
    for (let value = 0; value <= most + step / 2; value += step) ticks.push(value);
    const left = Math.max(...ticks.map((value) => textWidth(shortAmount(value, book.asset), 11))) + 12;
    const x = (time) => left + time / end * (width - left - 8);
    const y = (value) => height - 22 - Number(value) / most * (height - 34);
    const name = `${actorOf(book.ledger).name}, ${world.assets[book.asset][0]}`;
    const root = svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", class: "escrow-chart",
      "aria-label": `Value in escrow on ${name}: at most ${amountText(top, book.asset)}, ${amountText(steps[steps.length - 1][1], book.asset)} at the end` });
    for (const value of ticks)
      root.append(svg("line", { class: "grid", x1: left, x2: width - 8, y1: y(value), y2: y(value) }),
        svg("text", { class: "axis-text", x: left - 8, y: y(value) + 4, "text-anchor": "end" }, shortAmount(value, book.asset)));
    const stepSize = timeStep(end, Math.max(2, (width - left) / 96));
    for (let time = 0; time <= end; time += stepSize) {
      const text = time === 0 ? "0" : `+${lengthText(time)}`;
      if (x(time) + textWidth(text, 11) / 2 > width) break;
      root.append(svg("text", { class: "axis-text", x: x(time), y: height - 5, "text-anchor": time === 0 ? "start" : "middle" }, text));
    }
    if (world.outcome.healed > 0 && world.outcome.healed < end) {
      const healed = x(world.outcome.healed);
      root.append(svg("line", { class: "healed", x1: healed, x2: healed, y1: 8, y2: height - 22 }, svg("title", {}, "faults and cheats end")));
    }
    const line = stepPath(thinned(steps, width), x, y);
    root.append(svg("path", { class: "area", d: `${line}V${y(0)}H${x(0)}z` }), svg("path", { class: "step", d: line }));
    return root;
  }

  function sparkline(steps, width) {
    const height = 26;
    const values = steps.map((step) => Number(step[1]));
    const low = Math.min(...values);
    const high = Math.max(...values);
    const x = (time) => 1 + time / end * (width - 6);
    const y = (value) => (high === low ? height / 2 : height - 4 - (Number(value) - low) / (high - low) * (height - 8));
    const begun = steps[0][0] > 0 ? [[0, steps[0][1]], ...steps] : steps;
    return svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true", class: "spark" },
      svg("path", { class: "step", d: stepPath(thinned(begun, width), x, y) }),
      svg("circle", { class: "dot", cx: x(end), cy: y(values[values.length - 1]), r: 2 }));
  }

  function holdersTable(book) {
    const most = 40; // rows; those whose balance moved most come first
    const rows = [...book.holders].map(([holder, steps]) => {
      const first = steps[0][1] + steps[0][2];
      const [, free, held] = steps[steps.length - 1];
      const change = free + held - first;
      const peak = steps.reduce((top, step) => (step[2] > top ? step[2] : top), 0n);
      return { name: actorOf(holder).name, steps, free, held, change, peak, size: change < 0n ? -change : change };
    });
    rows.sort((p, q) => (p.size === q.size ? 0 : p.size < q.size ? 1 : -1));
    const plain = (units) => amountText(units, book.asset).replace(/ \S+$/, "");
    const signed = (change) => (change === 0n ? "0" : change < 0n ? `−${plain(-change)}` : `+${plain(change)}`);
    const body = rows.slice(0, most).map((row) => element("tr", {},
      element("th", { scope: "row" }, row.name),
      element("td", { class: "spark-cell" }, sparkline(row.steps, 132)),
      element("td", { class: "number" }, plain(row.free)),
      element("td", { class: "number" }, signed(row.change)),
      element("td", { class: "number" }, plain(row.peak))));
    return element("div", { class: "table-frame", tabindex: "0", role: "region", "aria-label": `Balances on ${actorOf(book.ledger).name}` },
      element("table", { class: "rows compact" },
        element("thead", {}, element("tr", {}, ["holder", "balance over time", "at the end", "change", "most in escrow"].map((head, i) =>
          element("th", { scope: "col", class: i > 1 ? "number" : null }, head)))),
        element("tbody", {}, body)),
      rows.length > most ? element("p", { class: "note" }, `${grouped(rows.length - most)} more holders are not shown.`) : null);
  }

  function start() {
    const place = byId("books");
    if (!books.length) {
      place.replaceChildren(element("p", { class: "note" }, "No balance and no escrow was recorded."));
      return;
    }
    const cards = books.map((book) => {
      const card = element("article", { class: "book" },
        element("h3", {}, actorOf(book.ledger).name, " ", element("span", { class: "asset" }, world.assets[book.asset][0])),
        element("p", { class: "chart-title" }, "Value in escrow"), element("div", { class: "chart" }));
      return { book, card, width: 0 };
    });
    const byCard = new Map(cards.map((entry) => [entry.card, entry]));
    const drawCard = (entry) => {
      const chart = entry.card.querySelector(".chart");
      const width = chart.clientWidth;
      if (!width || width === entry.width) return;
      entry.width = width;
      chart.replaceChildren(escrowChart(entry.book, width));
      if (entry.book.holders.size && !entry.card.querySelector("table")) entry.card.append(holdersTable(entry.book));
    };
    const observer = new IntersectionObserver((seen) => {
      for (const one of seen) if (one.isIntersecting) drawCard(byCard.get(one.target));
    }, { rootMargin: "600px" });
    const most = 12; // at first; the others when asked for
    const add = (entries) => entries.forEach(({ card }) => {
      place.append(card);
      observer.observe(card);
    });
    add(cards.slice(0, most));
    if (cards.length > most) {
      const more = element("button", { type: "button", class: "plain" }, `Show all ${grouped(cards.length)} ledgers and assets`);
      more.addEventListener("click", () => {
        more.remove();
        add(cards.slice(most));
      });
      place.after(more);
    }
    new ResizeObserver(() => cards.filter((entry) => entry.width).forEach(drawCard)).observe(place);
  }

  return { start };
})();
