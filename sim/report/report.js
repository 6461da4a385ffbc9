// The page: head, figures, the list of settlements, faults, rules, what broke, and the keys.
"use strict";

(function makePage() {
  const { outcome, scenario } = world;
  const broken = outcome.rules.filter((rule) => rule.violations.length > 0);
  let chosen = -1;

  function head() {
    byId("scenario-name").textContent = outcome.scenario;
    byId("scenario-title").textContent = scenario.title;
    const verdict = byId("verdict");
    verdict.textContent = broken.length
      ? `${broken.map((rule) => rule.rule.replace(/_/g, " ")).join(", ")} broke`
      : outcome.rules.length ? "Every rule held" : "No rule was checked";
    document.body.classList.toggle("broke", broken.length > 0);
    byId("command").textContent = outcome.command;
    const chips = [`seed ${outcome.seed}`, ...scenario.threats, scenario.unsafe ? "unsafe margins" : null,
      outcome.real_signatures ? "Ed25519 signatures" : null, outcome.real_store ? "SQLite stores" : null];
    byId("chips").append(...chips.filter(Boolean).map((text) => element("span", { class: "chip" }, text)));
    const sum = (rows) => rows.reduce((total, [, count]) => total + count, 0);
    const figures = [
      ["settlements", grouped(outcome.settlements)], ["settled", grouped(outcome.settled)], ["unwound", grouped(outcome.unwound)],
      ["declined", grouped(outcome.declined)], ["broken", grouped(outcome.broken), outcome.broken ? "danger" : null],
      ...(outcome.dropped ? [["dropped", grouped(outcome.dropped)]] : []),
      ["simulated", lengthText(outcome.end)], ["faults hit", grouped(sum(outcome.faults))],
      ["checks of rules", grouped(outcome.rules.reduce((total, rule) => total + rule.checks, 0))], ["events", grouped(outcome.events)],
    ];
    byId("figures").append(...figures.map(([name, value, kind]) =>
      element("div", { class: `figure ${kind || ""}` }, element("dt", {}, name), element("dd", {}, value))));
    byId("foot").append(element("span", {}, `Began at ${outcome.start}; faults and cheats ended after ${lengthText(outcome.healed)}.`),
      element("span", {}, "Digest ", element("code", {}, outcome.digest)));
  }

  // --- what broke ---

  function violations() {
    if (!broken.length) return;
    byId("violations").hidden = false;
    document.querySelector('nav a[href="#violations"]').hidden = false;
    const body = byId("violations-body");
    for (const rule of broken) {
      const most = 20;
      body.append(element("article", { class: "violation" }, element("h3", {}, rule.rule.replace(/_/g, " ")), element("p", { class: "meaning" }, rule.meaning),
        element("ul", {}, rule.violations.slice(0, most).map((text) => element("li", {}, text))),
        rule.violations.length > most ? element("p", { class: "note" }, `${grouped(rule.violations.length - most)} more.`) : null));
    }
    const at = moments.findIndex((moment) => moment.kind === "violation");
    const until = at < 0 ? moments.length : at + 1;
    const last = moments.slice(Math.max(0, until - 15), until);
    if (!last.length) return;
    body.append(element("h3", {}, at < 0 ? "The last events" : "The last events before it"),
      element("div", { class: "table-frame", tabindex: "0", role: "region", "aria-label": "Last events" },
        element("table", { class: "rows compact events" }, element("tbody", {}, last.map((moment) =>
          element("tr", { class: moment.kind === "violation" ? "danger" : null },
            element("td", { class: "time" }, timeText(moment.at)), element("td", {}, momentText(moment))))))));
    const show = element("button", { type: "button", class: "plain" }, "Show it in the sequence");
    show.addEventListener("click", () => {
      sequence.find(until - 1);
      byId("sequence").scrollIntoView();
      byId("sequence-scroller").focus({ preventScroll: true });
    });
    body.append(show);
  }

  // --- settlements ---

  const endOrder = ["broken", "open", "unwound", "settled", "paid", "refunded", "declined"];
  const listed = settlements.map((settlement, index) => ({ settlement, index })).filter((one) => one.settlement.moments.length);
  const searchable = new Map();
  function searchText(settlement) {
    if (!searchable.has(settlement)) {
      const parties = settlement.escrows.flatMap((e) => [e.payerName, e.payeeName, actorOf(e.ledger).name]);
      searchable.set(settlement, [settlement.name, settlement.condition, settlement.end, ...new Set(parties)].join(" ").toLowerCase());
    }
    return searchable.get(settlement);
  }
  const span = (settlement) => (settlement.moments.length ? moments[settlement.moments[settlement.moments.length - 1]].at - settlement.first : 0);

  function listSettlements() {
    const most = 200; // rows; the search finds the others
    const words = byId("settlement-search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const end = byId("settlement-state").value;
    const found = listed.filter(({ settlement }) => (!end || settlement.end === end) && words.every((word) => searchText(settlement).includes(word)));
    const rows = found.slice(0, most).map(({ settlement, index }) => {
      const first = settlement.escrows[0];
      const last = settlement.escrows[settlement.escrows.length - 1];
      const choose = element("button", { type: "button", class: "link", "aria-label": `Show ${settlement.name}` }, settlement.name);
      choose.addEventListener("click", () => chooseSettlement(index));
      return element("tr", { "data-settlement": index, "aria-selected": String(index === chosen) },
        element("td", {}, choose), element("td", {}, element("span", { class: `end ${settlement.end}` }, settlement.end)),
        element("td", { class: "number" }, grouped(settlement.escrows.length)),
        element("td", {}, first ? `${first.payerName} → ${first.payeeName}` : "", first && last !== first ? element("span", { class: "muted" }, ` … ${last.payeeName}`) : null),
        element("td", { class: "number" }, first ? amountText(first.amount, first.asset) : ""),
        element("td", { class: "number time" }, timeText(settlement.first)),
        element("td", { class: "number" }, span(settlement) ? lengthText(span(settlement)) : "–"));
    });
    byId("settlement-table").replaceChildren(
      element("thead", {}, element("tr", {}, [["reference"], ["ended"], ["hops", 1], ["from, to"], ["first escrow", 1], ["began", 1], ["took", 1]].map(([name, number]) =>
        element("th", { scope: "col", class: number ? "number" : null }, name)))),
      element("tbody", {}, rows));
    byId("settlement-note").textContent = !listed.length ? "No settlement was recorded."
      : found.length > most ? `${grouped(found.length)} found, the first ${most} are shown: search to narrow them down.`
        : found.length < listed.length ? `${grouped(found.length)} of ${grouped(listed.length)}.` : "";
  }

  function chooseSettlement(index) {
    chosen = index;
    for (const row of document.querySelectorAll("#settlement-table [data-settlement]"))
      row.setAttribute("aria-selected", String(Number(row.dataset.settlement) === index));
    ladder.choose(index);
    sequence.choose(index);
  }
  function stepSettlement(by) {
    if (!listed.length) return;
    const at = listed.findIndex((one) => one.index === chosen);
    chooseSettlement(listed[(at + by + listed.length) % listed.length].index);
  }

  function settlementControls() {
    const ends = [...new Set(listed.map((one) => one.settlement.end))].sort((p, q) => endOrder.indexOf(p) - endOrder.indexOf(q));
    byId("settlement-state").append(element("option", { value: "" }, "in any way"), ...ends.map((end) => element("option", { value: end }, end)));
    byId("settlement-search").addEventListener("input", listSettlements);
    byId("settlement-state").addEventListener("change", listSettlements);
    byId("settlement-back").addEventListener("click", () => stepSettlement(-1));
    byId("settlement-next").addEventListener("click", () => stepSettlement(1));
  }

  // --- faults and rules ---

  function barTable(title, rows, empty) {
    if (!rows.length) return empty ? element("div", { class: "bar-table" }, element("h3", {}, title), element("p", { class: "note" }, empty)) : null;
    const most = Math.max(...rows.map(([, count]) => count), 1);
    const sorted = [...rows].sort((p, q) => q[1] - p[1] || (p[0] < q[0] ? -1 : 1));
    return element("div", { class: "bar-table" }, element("h3", {}, title),
      element("table", { class: "rows bars" }, element("tbody", {}, sorted.map(([name, count]) => {
        const bar = element("span", { class: "bar-fill" });
        bar.style.width = `${count / most * 100}%`;
        return element("tr", {}, element("th", { scope: "row" }, name.replace(/_/g, " ")), element("td", { class: "bar-cell", "aria-hidden": "true" }, bar),
          element("td", { class: "number" }, grouped(count)));
      }))));
  }

  function faultsAndRules() {
    byId("fault-tables").append(...[
      barTable("Faults hit", outcome.faults, "No fault was hit."),
      barTable("Acts that left the protocol", outcome.cheats),
      barTable("Branches of recovery", outcome.branches),
      barTable("Why others did not settle", outcome.reasons),
      barTable("Alarms", outcome.alarms),
    ].filter(Boolean));
    byId("rule-table").append(
      element("thead", {}, element("tr", {}, [["rule"], ["result"], ["checks", 1], ["violations", 1], ["what it says"]].map(([name, number]) =>
        element("th", { scope: "col", class: number ? "number" : null }, name)))),
      element("tbody", {}, outcome.rules.map((rule) => {
        const result = rule.violations.length ? "broken" : rule.checks ? "held" : "not checked";
        return element("tr", { "data-rule": rule.rule }, element("th", { scope: "row" }, rule.rule.replace(/_/g, " ")),
          element("td", {}, element("span", { class: `result ${result.replace(" ", "-")}` }, result)),
          element("td", { class: "number" }, grouped(rule.checks)), element("td", { class: "number" }, grouped(rule.violations.length)),
          element("td", { class: "meaning" }, rule.meaning));
      })));
  }

  // --- keys ---

  function keys() {
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, select, textarea")) return;
      const act = {
        j: () => sequence.step(1),
        k: () => sequence.step(-1),
        "+": () => sequence.zoom(1),
        "-": () => sequence.zoom(-1),
        "[": () => stepSettlement(-1),
        "]": () => stepSettlement(1),
      }[event.key];
      if (!act) return;
      event.preventDefault();
      act();
    });
  }

  head();
  violations();
  settlementControls();
  faultsAndRules();
  const first = endOrder.map((end) => listed.find((one) => one.settlement.end === end && one.settlement.escrows.length))
    .find(Boolean) || listed[0];
  chosen = first ? first.index : -1;
  listSettlements();
  sequence.start();
  ladder.start();
  balances.start();
  keys();
  if (!world.kept || !moments.length) {
    for (const id of ["settlements", "sequence", "ladder", "balances"]) {
      byId(id).hidden = true;
      document.querySelector(`nav a[href="#${id}"]`).hidden = true;
    }
    byId("faults").before(element("p", { class: "note", id: "not-kept" }, "The events of this world were not kept, so there is nothing to draw."));
  } else {
    ladder.choose(chosen);
    // a small world is shown whole
    sequence.choose(chosen, moments.length <= 400 || chosen < 0 ? "all" : "chosen");
  }
  document.documentElement.dataset.drawn = "yes";
})();
