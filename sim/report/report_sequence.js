// The sequence diagram: a lane per party and ledger, time downwards. A model of everything with its
// place is made once for a choice of settlement, lanes and zoom; only the part in sight is drawn.
"use strict";

const sequence = (function makeSequence() {
  const view = {
    scope: "chosen", // or "all"
    chosen: -1,
    validators: false,
    others: null, // whether messages of no settlement are shown; null: where it has none of its own
    row: 24, // room for one event
    laneFactor: 1,
    selected: -1,
  };
  let axisWidth = 96; // as wide as its times
  const quiet = 10 * us.s; // a longer silence is shown as a break
  const bucketHeight = 500;
  let model = null;
  let drawn = { from: 0, to: -1 };

  const scroller = byId("sequence-scroller");
  const canvas = byId("sequence-canvas");
  const heads = byId("lane-heads");
  const axis = byId("time-axis");
  const stage = byId("stage");

  // --- the model ---

  // Parties and ledgers in the order in which value passes them, then those it never passes.
  function orderLanes(ids, chain) {
    const order = [];
    const add = (id) => {
      if (ids.has(id) && !order.includes(id)) order.push(id);
    };
    for (const escrow of chain) {
      add(escrow.payer);
      add(escrow.ledger);
      add(escrow.payee);
    }
    const rest = [...ids].filter((id) => !order.includes(id));
    const venues = rest.filter((id) => (actorOf(id).roles || []).includes("venue"));
    const others = rest.filter((id) => !venues.includes(id));
    const all = [...venues, ...order, ...others];
    const validators = all.filter((id) => actorOf(id).kind === "validator");
    return [...all.filter((id) => actorOf(id).kind !== "validator"), ...validators];
  }

  function laneIds() {
    const wanted = new Set();
    const allowed = (id) => {
      const kind = actorOf(id).kind;
      return kind === "node" || kind === "ledger" || (kind === "validator" && view.validators);
    };
    const add = (id) => {
      const actor = actorOf(id);
      const shown = actor.kind === "validator" && !view.validators ? actor.ledger : id;
      if (shown && allowed(shown)) wanted.add(shown);
    };
    if (view.scope === "all") {
      actors.forEach((actor) => actor.kind !== "validator" && add(actor.id));
      if (view.validators) actors.forEach((actor) => add(actor.id));
      return orderLanes(wanted, escrows.slice(0, 2000));
    }
    const settlement = settlements[view.chosen];
    for (const escrow of settlement.escrows) [escrow.payer, escrow.ledger, escrow.payee].forEach(add);
    for (const index of settlement.moments) {
      add(moments[index].actor);
      if (moments[index].kind.startsWith("message_")) add(moments[index].other);
    }
    return orderLanes(wanted, settlement.escrows);
  }

  function build() {
    const ids = laneIds();
    const laneAt = new Map(ids.map((id, at) => [id, at]));
    const lane = (id) => {
      const actor = actorOf(id);
      if (laneAt.has(id)) return laneAt.get(id);
      return actor.kind === "validator" && laneAt.has(actor.ledger) ? laneAt.get(actor.ledger) : -1;
    };
    const all = view.scope === "all";
    const settlement = settlements[view.chosen];
    const own = all ? null : settlement.moments;
    const from = all ? -Infinity : moments[own[0]].at;
    const until = all ? Infinity : moments[own[own.length - 1]].at;
    const around = Math.max(us.s, (until - from) / 20);

    const isMessage = (m) => m.kind.startsWith("message_");
    const inTime = (m) => m.at >= from - around && m.at <= until + around;
    const others = all ? false : view.others ?? !own.some((index) => isMessage(moments[index]));
    const shown = moments.filter((m) => {
      if (isMessage(m)) {
        const [a, b] = [lane(m.actor), lane(m.other)];
        return a >= 0 && b >= 0 && a !== b && 
          (all || m.settlement === view.chosen || (others && m.settlement < 0 && inTime(m)));
      }
      if (m.settlement >= 0 && !all && m.settlement !== view.chosen) return false;
      if (lane(m.actor) < 0 && actorOf(m.actor).kind !== "world") return false;
      return all || m.settlement === view.chosen || inTime(m);
    });

    // places: each event gets a row of its own or shares one with what happened elsewhere at once
    const place = new Float64Array(moments.length).fill(NaN);
    const times = [];
    const tops = [];
    const breaks = [];
    const lastInLane = new Map();
    let y = view.row * 1.1;
    let before = null;
    // what lies across other lanes takes room there too
    const reach = (m) => {
      const at = m.kind === "message_arrived" ? lane(m.other) : lane(m.actor);
      const escrow = escrows[m.escrow];
      if (!escrow) return [at, at];
      const end = lane(m.kind === "escrow_fulfilled" ? escrow.payee : escrow.payer);
      return end < 0 ? [at, at] : [Math.min(at, end), Math.max(at, end)];
    };
    for (const m of shown) {
      const [at, to] = reach(m);
      if (before !== null && m.at > before) {
        const gap = m.at - before;
        let step = view.row * (0.8 + Math.min(1.6, Math.log10(1 + gap / us.ms) * 0.3));
        if (gap >= quiet) {
          breaks.push({ y0: y + view.row * 0.9, y1: y + view.row * 0.9 + 26, gap });
          step = view.row * 1.9 + 26;
        }
        y += step;
      } else if (before !== null) {
        let last = lastInLane.get(-1) ?? -Infinity;
        for (let crossed = at; crossed <= to; ++crossed) last = Math.max(last, lastInLane.get(crossed) ?? -Infinity);
        const whole = at < 0 && y - tops[tops.length - 1] < view.row * 0.5;
        if (y - last < view.row * 0.7 || whole) y += view.row * 0.85;
      }
      for (let crossed = at; crossed <= to; ++crossed) lastInLane.set(crossed, y);
      place[m.index] = y;
      if (times[times.length - 1] !== m.at || tops[tops.length - 1] !== y) {
        times.push(m.at);
        tops.push(y);
      }
      before = m.at;
    }
    const height = y + view.row * 1.6;

    // the place of any time, between the events around it
    const yAt = (time) => {
      if (!times.length || time <= times[0]) return time < (times[0] ?? 0) ? 4 : (tops[0] ?? 4);
      if (time > times[times.length - 1]) return height - 4;
      let [low, high] = [0, times.length - 1];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (times[middle] < time) low = middle + 1;
        else high = middle;
      }
      const span = times[low] - times[low - 1];
      return span ? tops[low - 1] + (tops[low] - tops[low - 1]) * (time - times[low - 1]) / span : tops[low];
    };
    const timeAt = (top) => {
      let [low, high] = [0, Math.max(0, tops.length - 1)];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (tops[middle] < top) low = middle + 1;
        else high = middle;
      }
      return times[low] ?? 0;
    };

    const items = [];
    const counts = { lanes: ids.length, arrows: 0, lost: 0, prepared: 0, fulfilled: 0, refunded: 0, crashes: 0, faults: 0 };
    for (const gap of breaks) items.push({ layer: "break", ...gap });
    for (const fault of faults) {
      const whole = actorOf(fault.actor).kind === "world";
      const at = lane(fault.actor);
      if (!whole && at < 0) continue;
      if (fault.until === null && Number.isNaN(place[fault.first])) continue;
      if (fault.until !== null && (fault.until < from - around || fault.from > until + around)) continue;
      ++counts.faults;
      const y0 = Number.isNaN(place[fault.first]) ? yAt(fault.from) : place[fault.first];
      if (fault.until === null) items.push({ layer: "mark", kind: "fault", y0, y1: y0, lane: at, moment: fault.first });
      else items.push({ layer: "fault", y0, y1: Math.max(y0 + 8, yAt(fault.until)), lane: whole ? -1 : at, fault });
    }
    const down = new Map();
    for (const outage of outages) {
      const at = lane(outage.actor);
      if (at < 0 || actorOf(outage.actor).kind === "validator" && !laneAt.has(outage.actor)) continue;
      const over = outage.until ?? Infinity;
      if (over < from - around || outage.from > until + around) continue;
      ++counts.crashes;
      if (!down.has(at)) down.set(at, []);
      const y0 = Number.isNaN(place[outage.first]) ? yAt(outage.from) : place[outage.first];
      down.get(at).push({ y0, y1: outage.until === null ? height : Math.max(yAt(outage.until), y0 + 12), outage });
    }
    for (const arrow of arrows) {
      if (!all && arrow.settlement !== view.chosen && !(others && arrow.settlement < 0)) continue;
      const [a, b] = [lane(arrow.from), lane(arrow.to)];
      if (a < 0 || b < 0 || a === b) continue;
      const start = place[arrow.first];
      const y0 = arrow.again ? yAt(arrow.sent) : start;
      const y1 = arrow.last === null || arrow.last === arrow.first && !arrow.again ? y0 : place[arrow.last];
      if (Number.isNaN(y0) || Number.isNaN(y1)) continue;
      ++counts.arrows;
      if (arrow.lost) ++counts.lost;
      items.push({ layer: "arrow", y0, y1: Math.max(y0, y1), a, b, start: y0, stop: y1, arrow });
    }
    const holds = [];
    for (const escrow of all ? escrows : settlement.escrows) {
      if (escrow.prepared === null || lane(escrow.ledger) < 0) continue;
      const y0 = place[escrow.preparedMoment];
      holds.push({ layer: "hold", y0, y1: escrow.ended === null ? height : place[escrow.endedMoment], lane: lane(escrow.ledger), escrow });
    }
    const busy = new Map();
    const slots = new Map();
    for (const hold of holds.sort((p, q) => p.y0 - q.y0)) {
      if (!busy.has(hold.lane)) busy.set(hold.lane, []);
      const ends = busy.get(hold.lane);
      let slot = ends.findIndex((end) => end <= hold.y0);
      if (slot < 0) slot = ends.length;
      ends[slot] = hold.y1 + 12;
      hold.slot = slot;
      slots.set(hold.escrow.index, slot);
      items.push(hold);
    }
    for (const m of shown) {
      if (isMessage(m) || m.kind === "fault" || m.kind === "fault_over") continue;
      const top = place[m.index];
      const item = { layer: "mark", kind: m.kind, y0: top, y1: top, lane: lane(m.actor), moment: m.index };
      const escrow = escrows[m.escrow];
      if (escrow) {
        item.escrow = escrow;
        item.slot = slots.get(escrow.index) ?? 0;
        item.payer = lane(escrow.payer);
        item.payee = lane(escrow.payee);
        const what = m.kind === "escrow_prepared" ? "prepared" : m.kind === "escrow_fulfilled" ? "fulfilled" : "refunded";
        ++counts[what];
      }
      items.push(item);
    }

    // what spans many buckets is looked at for each drawing
    const buckets = Array.from({ length: Math.ceil(height / bucketHeight) + 1 }, () => []);
    const long = [];
    for (const item of items) {
      const first = Math.max(0, Math.floor((item.y0 - 30) / bucketHeight));
      const last = Math.min(buckets.length - 1, Math.floor((item.y1 + 30) / bucketHeight));
      if (last - first > 6) long.push(item);
      else for (let at = first; at <= last; ++at) buckets[at].push(item);
    }
    const steps = shown.filter((m) => m.kind !== "message_arrived" && !Number.isNaN(place[m.index])).map((m) => m.index);
    return { ids, place, times, tops, height, yAt, timeAt, buckets, long, down, counts, steps, all, others };
  }

  // --- lanes ---

  const textColumn = 15; // of a name that stands upright

  function layoutLanes() {
    const times = [model.times[0] ?? 0, model.times[model.times.length - 1] ?? 0].map((at) => timeText(at).replace(/\.\d+$/, ""));
    const exact = model.times.some((at) => at % us.ms !== 0) ? ".000000" : ".000";
    axisWidth = Math.ceil(Math.max(...times.map((text) => textWidth(text + exact, 11))) + 24);
    const room = scroller.clientWidth - axisWidth - 2;
    const names = model.ids.map((id) => actorOf(id).name);
    const longest = Math.max(...names.map((name) => textWidth(name, 12, 600)), 20);
    let width = Math.max(40, Math.min(220, room / Math.max(1, model.ids.length))) * view.laneFactor;
    const flat = width >= 76;
    const columns = Math.ceil(longest / 190);
    const least = flat ? 76 : columns * textColumn + 15;
    width = Math.max(least, Math.min(420, width));
    model.lane = width;
    model.flat = flat;
    model.width = Math.max(axisWidth + width * model.ids.length, scroller.clientWidth - 2);
    model.x = (at) => axisWidth + width * (at + 0.5);
    heads.replaceChildren(element("div", { class: "corner" }, "time"));
    heads.classList.toggle("upright", !flat);
    model.ids.forEach((id, at) => {
      const actor = actorOf(id);
      const tag = !actor.honest ? (actor.behaviour && actor.behaviour !== "honest" ? actor.behaviour.replace(/_/g, " ") : "not honest")
        : actor.kind === "node" ? (actor.roles || []).join(", ") || "node" : actor.kind;
      const head = element("div", { class: `lane-head ${actor.kind}${actor.honest ? "" : " suspect"}`, role: "listitem",
        title: `${actor.name}: ${tag}` },
      element("span", { class: "lane-name" }, actor.name), element("span", { class: "lane-tag" }, tag));
      head.style.left = `${axisWidth + width * at + 3}px`;
      head.style.width = `${width - 6}px`;
      heads.append(head);
    });
    heads.style.width = canvas.style.width = `${model.width}px`;
    heads.style.height = "auto";
    const tallest = Math.max(...[...heads.querySelectorAll(".lane-head")].map((head) => head.offsetHeight), 30);
    model.head = tallest + 12;
    heads.style.height = `${model.head}px`;
    canvas.style.height = `${model.head + model.height}px`;
    axis.style.height = `${model.height}px`;
    axis.style.width = `${axisWidth}px`;
    heads.firstChild.style.width = `${axisWidth}px`;
    stage.style.top = `${model.head}px`;
  }

  // --- drawing what is in sight ---

  function offset(slot) {
    const most = Math.max(0, Math.floor((model.lane / 2 - 10) / 7));
    const at = Math.min(slot, most * 2);
    return (at % 2 ? 1 : -1) * Math.ceil(at / 2) * 7 || 0;
  }

  // Labels do not lie on each other: one that finds no room is left to the inspector and its title.
  function labeller(layer) {
    const taken = [];
    const lines = [];
    const isTaken = (box) => taken.some((other) => other.left < box.right && box.left < other.right && other.top < box.bottom && box.top < other.bottom);
    const isCrossed = (box, own) => lines.some((line) => {
      const left = Math.max(box.left, Math.min(line.x0, line.x1));
      const right = Math.min(box.right, Math.max(line.x0, line.x1));
      if (left >= right || line.own === own) return false;
      const y = (x) => line.y0 + (line.y1 - line.y0) * (x - line.x0) / (line.x1 - line.x0);
      return Math.min(y(left), y(right)) < box.bottom && Math.max(y(left), y(right)) > box.top;
    });
    // where no arrow crosses it, or else where one does
    const place = (texts, spots, kind, own = null) => {
      for (const text of [texts].flat()) {
        const weight = /strong|state/.test(kind) ? 600 : 400;
        const width = textWidth(text, 11, weight) + 4;
        const free = spots.map(([x, y, anchor]) => {
          const left = anchor === "end" ? x - width : anchor === "middle" ? x - width / 2 : x;
          return { x, y, anchor, left, right: left + width, top: y - 10, bottom: y + 3 };
        }).filter((box) => box.left >= axisWidth && box.right <= model.width && !isTaken(box));
        const box = free.find((spot) => !isCrossed(spot, own)) || free[0];
        if (!box) continue;
        taken.push(box);
        layer.append(svg("text", { x: box.x, y: box.y, "text-anchor": box.anchor, class: `label ${kind}` }, text));
        return true;
      }
      return false;
    };
    place.line = (own, x0, y0, x1, y1) => lines.push({ own, x0, y0, x1, y1 });
    place.keepFree = (left, right, top, bottom) => taken.push({ left, right, top, bottom });
    return place;
  }

  function draw(force) {
    if (!model) return;
    const top = scroller.scrollTop;
    const seen = scroller.clientHeight;
    if (!force && top - seen * 0.5 >= drawn.from && top + seen * 1.5 <= drawn.to) return markWindow();
    const from = Math.max(0, top - seen * 1.2);
    const to = Math.min(model.height, top + seen * 2.2);
    drawn = { from: from <= 0 ? -Infinity : from, to: to >= model.height ? Infinity : to };
    const items = new Set(model.long.filter((item) => item.y1 >= from && item.y0 <= to));
    for (let at = Math.floor(from / bucketHeight); at <= Math.min(model.buckets.length - 1, Math.floor(to / bucketHeight)); ++at)
      for (const item of model.buckets[at]) items.add(item);

    const layers = {};
    const root = svg("svg", { width: model.width, height: to - from, viewBox: `0 ${from} ${model.width} ${to - from}`,
      role: "img", "aria-label": describeModel() });
    root.style.top = `${from}px`;
    for (const name of ["break", "fault", "line", "hold", "move", "arrow", "label", "mark", "choice"])
      root.append(layers[name] = svg("g", { class: `layer-${name}` }));
    const label = labeller(layers.label);

    for (const item of items) {
      if (item.layer === "arrow") {
        const part = item.arrow.lost ? 0.6 : 1;
        label.line(item.arrow, model.x(item.a), item.start, model.x(item.a) + (model.x(item.b) - model.x(item.a)) * part, item.arrow.lost ? item.start + 4 : item.stop);
      } else if (item.layer === "break") {
        label.keepFree(axisWidth, axisWidth + 220, item.y0, item.y1);
      }
      if (item.layer !== "mark" || item.lane < 0) continue;
      const at = model.x(item.lane) + (item.escrow ? offset(item.slot) : 0);
      label.keepFree(at - 7, at + 7, item.y0 - 7, item.y0 + 7);
      const end = item.escrow ? (item.kind === "escrow_fulfilled" ? item.payee : item.payer) : -1;
      if (end >= 0) label.keepFree(Math.min(at, model.x(end)), Math.max(at, model.x(end)), item.y0 - 1, item.y0 + 1);
    }
    lifelines(layers, from, to, label);
    const ordered = [...items].sort((p, q) => p.y0 - q.y0);
    const rank = { fault: 0, break: 1, mark: 2, hold: 3, arrow: 4 };
    for (const item of ordered.sort((p, q) => rank[p.layer] - rank[q.layer] || p.y0 - q.y0)) {
      if (item.layer === "fault") drawFault(item, layers, label, from);
      else if (item.layer === "break") drawBreak(item, layers);
      else if (item.layer === "hold") drawHold(item, layers, from, to);
      else if (item.layer === "arrow") drawArrow(item, layers, label);
      else drawMark(item, layers, label);
    }
    if (view.selected >= 0 && !Number.isNaN(model.place[view.selected])) {
      const y = model.place[view.selected];
      layers.choice.append(svg("rect", { class: "choice-band", x: axisWidth, y: y - 9, width: model.width - axisWidth, height: 18 }));
    }
    stage.replaceChildren(root);

    axis.replaceChildren();
    let lastY = -Infinity;
    let lastText = "";
    for (let at = lowerBound(model.tops, from); at < model.tops.length && model.tops[at] <= to; ++at) {
      const text = timeText(model.times[at]);
      if (model.tops[at] - lastY < 14 || text === lastText) continue;
      const tick = element("span", { class: "tick" }, text);
      tick.style.top = `${model.tops[at] - 8}px`;
      axis.append(tick);
      lastY = model.tops[at];
      lastText = text;
    }
    markWindow();
  }

  function lowerBound(values, wanted) {
    let [low, high] = [0, values.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (values[middle] < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  function describeModel() {
    const { counts } = model;
    const subject = model.all ? "everything" : settlements[view.chosen].name;
    return `Sequence diagram of ${subject}: ${counts.lanes} lanes, ${counts.arrows} messages of which ${counts.lost} lost, ` +
      `${counts.prepared} escrows prepared, ${counts.fulfilled} fulfilled, ${counts.refunded} refunded, ${counts.crashes} crashes`;
  }

  function lifelines(layers, from, to, label) {
    model.ids.forEach((id, at) => {
      const x = model.x(at);
      const kind = actorOf(id).kind;
      let y = from;
      const piece = (until) => {
        if (until > y) layers.line.append(svg("line", { class: `life ${kind}`, x1: x, x2: x, y1: y, y2: until }));
      };
      for (const gap of model.down.get(at) || []) {
        if (gap.y1 < from || gap.y0 > to) continue;
        piece(gap.y0);
        const group = svg("g", { class: "outage", "data-moment": gap.outage.first },
          svg("line", { class: "gap", x1: x, x2: x, y1: Math.max(from, gap.y0), y2: Math.min(to, gap.y1) }),
          svg("path", { class: "crash", d: `M${x - 5} ${gap.y0 - 5}l10 10M${x + 5} ${gap.y0 - 5}l-10 10` }));
        if (gap.outage.until !== null)
          group.append(svg("path", { class: "restart", d: `M${x - 6} ${gap.y1}h12M${x} ${gap.y1 - 4}l5 8h-10z` }));
        const length = gap.outage.until === null ? "does not come back" : `down ${lengthText(gap.outage.until - gap.outage.from)}`;
        group.append(svg("title", {}, `${actorOf(id).name} crashed at ${timeText(gap.outage.from)}, ${length}`));
        layers.mark.append(group);
        label([`crashed, ${length}`, "crashed"], [[x + 9, gap.y0 - 4, "start"], [x + 9, gap.y0 + 12, "start"], [x - 9, gap.y0 - 4, "end"]], "danger");
        y = gap.y1;
      }
      piece(to);
    });
  }

  function drawFault(item, layers, label, from) {
    const whole = item.lane < 0;
    const x = whole ? axisWidth : model.x(item.lane) - model.lane / 2 + 3;
    const width = whole ? model.width - axisWidth : model.lane - 6;
    const other = item.fault.other ? `, ${actorOf(item.fault.other).name}` : "";
    layers.fault.append(svg("g", { class: "fault-band", "data-moment": item.fault.first },
      svg("rect", { x, y: item.y0, width, height: item.y1 - item.y0 }),
      svg("line", { x1: x, x2: x, y1: item.y0, y2: item.y1 }),
      svg("title", {}, `${actorOf(item.fault.actor).name}${other}: ${item.fault.text}, ${lengthText(item.fault.until - item.fault.from)}`)));
    label([item.fault.text, item.fault.name.replace(/_/g, " ")], [[x + 6, Math.max(item.y0, from) + 13, "start"], [x + 6, item.y1 - 4, "start"]], "fault-label");
  }

  function drawBreak(item, layers) {
    layers.break.append(svg("g", { class: "break" },
      svg("rect", { x: axisWidth, y: item.y0, width: model.width - axisWidth, height: item.y1 - item.y0 })));
    layers.label.append(svg("text", { class: "label break-label", x: axisWidth + 12, y: (item.y0 + item.y1) / 2 + 4 },
      `${lengthText(item.gap)} without an event`));
  }

  function drawHold(item, layers, from, to) {
    const x = model.x(item.lane) + offset(item.slot);
    const y0 = Math.max(from, item.y0);
    layers.hold.append(svg("rect", { class: `hold ${item.escrow.end}`, x: x - 2.5, y: y0, width: 5, height: Math.max(1, Math.min(to, item.y1) - y0) }));
  }

  function drawArrow(item, layers, label) {
    const { arrow } = item;
    const x0 = model.x(item.a);
    const x1 = model.x(item.b);
    const way = Math.sign(x1 - x0);
    const group = svg("g", { class: `arrow${arrow.lost ? " lost" : ""}${arrow.again ? " again" : ""}${arrow.ended === null ? " open" : ""}`,
      "data-moment": arrow.first });
    const start = x0 + way * 4;
    let stop = x1 - way * 5;
    const slope = (item.stop - item.start) / (stop - start);
    if (arrow.lost) {
      stop = x0 + (x1 - x0) * 0.6;
      const y = item.start + 4;
      group.append(svg("line", { x1: start, y1: item.start, x2: stop - way * 7, y2: y }),
        svg("path", { class: "cross", d: `M${stop - 5} ${y - 5}l10 10M${stop + 5} ${y - 5}l-10 10` }));
    } else {
      const angle = Math.atan2(item.stop - item.start, stop - start) * 180 / Math.PI;
      group.append(svg("line", { x1: start, y1: item.start, x2: stop, y2: item.stop }));
      if (arrow.ended !== null)
        group.append(svg("path", { class: "head", d: "M0 0L-8 -3.6L-8 3.6z", transform: `translate(${stop} ${item.stop}) rotate(${angle})` }));
    }
    const fate = arrow.lost ? "lost" : arrow.ended === null ? "never arrived" : `arrived after ${lengthText(arrow.ended - arrow.sent)}`;
    group.append(svg("title", {}, `${timeText(arrow.sent)}  ${actorOf(arrow.from).name} → ${actorOf(arrow.to).name}: ${arrow.text}, ${fate}`),
      svg("line", { class: "reach", x1: start, y1: item.start, x2: stop, y2: arrow.lost ? item.start + 4 : item.stop }));
    layers.arrow.append(group);
    const room = Math.abs(stop - start) - 10;
    if (textWidth(arrow.text, 11) <= room) {
      // above the line along its whole length, which a steep line makes impossible
      const above = 4 + Math.min(8, Math.abs(arrow.lost ? 0 : slope) * textWidth(arrow.text, 11) / 2);
      const spots = [0.5, 0.34, 0.66, 0.22, 0.78].map((part) => {
        const middle = start + (stop - start) * part;
        return [middle, item.start + (arrow.lost ? 2 : slope * (middle - start)) - above, "middle"];
      });
      label(arrow.text, spots, arrow.lost ? "danger" : "message", arrow);
    }
  }

  const shapes = {
    escrow_prepared: () => [svg("circle", { r: 5 })],
    escrow_fulfilled: () => [svg("circle", { r: 6 }), svg("path", { class: "tick-mark", d: "M-2.8 0.2L-0.8 2.3L3 -2.2" })],
    escrow_expired: () => [svg("path", { d: "M0 -6.5L6.5 0L0 6.5L-6.5 0z" })],
    escrow_rejected: () => [svg("path", { d: "M0 -6.5L6.5 0L0 6.5L-6.5 0z" }), svg("path", { class: "tick-mark", d: "M-2.6 0H2.6" })],
    released: () => [svg("path", { d: "M0 -6.5L6 4.5H-6z" })],
    state: () => [svg("rect", { x: -4, y: -4, width: 8, height: 8, rx: 2 })],
    alarm: () => [svg("circle", { r: 6 }), svg("path", { class: "tick-mark", d: "M0 -3.2V0.6M0 2.6V3" })],
    crashed: () => [svg("path", { d: "M-5 -5L5 5M5 -5L-5 5" })],
    fault: () => [svg("path", { d: "M0 -6L6 5H-6z" })],
    started: () => [svg("path", { d: "M-4 -5L5 0L-4 5z" })],
    violation: () => [svg("path", { class: "tick-mark", d: "M-5 -5L5 5M5 -5L-5 5" })],
  };
  const markClass = {
    escrow_prepared: "prepared",
    escrow_fulfilled: "fulfilled",
    escrow_expired: "refunded expired",
    escrow_rejected: "refunded rejected",
  };

  function shape(kind, x, y) {
    return svg("g", { class: `mark ${markClass[kind] || kind}`, transform: `translate(${x} ${y})` }, shapes[kind]());
  }

  function drawMark(item, layers, label) {
    const m = moments[item.moment];
    const y = item.y0;
    const title = svg("title", {}, `${timeText(m.at)}  ${momentText(m)}`);
    if (m.kind === "violation" || item.lane < 0) {
      const danger = m.kind === "violation";
      layers.mark.append(svg("g", { class: `whole ${m.kind}`, "data-moment": m.index },
        svg("line", { x1: axisWidth, x2: model.width, y1: y, y2: y }), title));
      label(`${danger ? "Violation: " : ""}${m.text || kindWords[m.kind]}`, [[axisWidth + 12, y - 5, "start"], [axisWidth + 12, y + 13, "start"]], danger ? "danger strong" : "strong");
      return;
    }
    const drawnAsOutage = (model.down.get(item.lane) || []).some((gap) => gap.outage.first === m.index || gap.outage.until === m.at);
    if ((m.kind === "crashed" || m.kind === "started") && drawnAsOutage) return;
    const x = model.x(item.lane) + (item.escrow ? offset(item.slot) : 0);
    if (item.escrow) {
      const back = m.kind === "escrow_expired" || m.kind === "escrow_rejected";
      const end = m.kind === "escrow_fulfilled" ? item.payee : item.payer;
      if (end >= 0 && end !== item.lane) {
        const to = model.x(end);
        const way = Math.sign(to - x);
        const out = m.kind !== "escrow_prepared";
        layers.move.append(svg("g", { class: `move ${back ? "back" : "forth"}` },
          svg("line", { x1: x + way * 7, x2: out ? to - way * 5 : to, y1: y, y2: y }),
          out ? svg("path", { class: "head", d: `M${to - way * 3} ${y}l${-way * 8} -3.6v7.2z` }) : svg("circle", { cx: to, cy: y, r: 2.5 })));
      }
    }
    const group = shape(m.kind, x, y);
    group.setAttribute("data-moment", m.index);
    group.append(title);
    layers.mark.append(group);
    const sides = [[x + 10, y - 5, "start"], [x - 10, y - 5, "end"], [x + 10, y + 14, "start"], [x - 10, y + 14, "end"]];
    if (item.escrow) {
      const amount = amountText(item.escrow.amount, item.escrow.asset);
      const how = { escrow_expired: `${amount} back, expired`, escrow_rejected: `${amount} back, rejected` }[m.kind];
      label(how ? [how, amount] : amount, sides, "amount");
    } else if (m.kind === "state") {
      const [reference, words] = stateWords(m.text);
      label(model.all ? [m.text, words || reference] : words || reference, sides, "state-label");
    } else if (m.kind === "released") {
      label("secret released", sides, "strong");
    } else if (m.kind === "alarm") {
      label([m.text, "alarm"], sides, "danger");
    } else if (m.kind === "crashed" || m.kind === "started") {
      label(`${m.text ? m.text + " " : ""}${m.kind}`, sides, "danger");
    } else if (m.kind === "fault") {
      label([m.text, m.text.split(/[\s:,(]/)[0].replace(/_/g, " ")], sides, "fault-label");
    }
  }

  // --- the strip above it: how much happens when, and where one is ---

  const overview = byId("overview");
  function drawOverview() {
    const width = Math.max(300, overview.clientWidth);
    const height = 40;
    const first = model.times[0] ?? 0;
    const last = model.times[model.times.length - 1] ?? 1;
    const span = Math.max(1, last - first);
    const bins = new Array(Math.floor(width / 4)).fill(0);
    const bin = (time) => Math.min(bins.length - 1, Math.max(0, Math.floor((time - first) / span * bins.length)));
    for (const index of model.steps) ++bins[bin(moments[index].at)];
    const most = Math.max(1, ...bins);
    const root = svg("svg", { width: "100%", height, viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", "aria-hidden": "true" });
    for (const fault of faults) {
      if (fault.until === null || fault.until < first || fault.from > last) continue;
      const x = Math.max(0, (fault.from - first) / span * width);
      root.append(svg("rect", { class: "overview-fault", x, y: 0, width: Math.max(1.5, (fault.until - fault.from) / span * width), height }));
    }
    let path = "";
    bins.forEach((count, at) => {
      if (!count) return;
      const tall = Math.max(2, Math.sqrt(count / most) * (height - 8));
      path += `M${at * 4 + 1.5} ${height}v${-tall}`;
    });
    root.append(svg("path", { class: "overview-bars", d: path }));
    for (const m of moments)
      if (m.kind === "violation" && m.at >= first && m.at <= last)
        root.append(svg("rect", { class: "overview-violation", x: (m.at - first) / span * width - 1, y: 0, width: 2, height }));
    root.append(svg("rect", { class: "overview-window", id: "overview-window", y: 0.5, height: height - 1, rx: 3 }));
    overview.replaceChildren(root,
      element("div", { class: "overview-ends", "aria-hidden": "true" }, element("span", {}, timeText(first)), element("span", {}, timeText(last))));
    model.overview = { first, span, width };
  }
  function markWindow() {
    const window = byId("overview-window");
    if (!window || !model.overview) return;
    const { first, span, width } = model.overview;
    const from = (model.timeAt(scroller.scrollTop) - first) / span * width;
    const to = (model.timeAt(Math.min(model.height, scroller.scrollTop + scroller.clientHeight - model.head)) - first) / span * width;
    window.setAttribute("x", Math.max(0.5, Math.min(width - 5, from - 1)));
    window.setAttribute("width", Math.max(4, Math.min(width - from, to - from + 2) - 1));
    const part = model.height <= scroller.clientHeight ? 0 : Math.round(100 * scroller.scrollTop / (canvas.offsetHeight - scroller.clientHeight));
    overview.setAttribute("aria-valuenow", String(Math.min(100, part)));
    overview.setAttribute("aria-valuetext", timeText(model.timeAt(scroller.scrollTop)));
  }
  function jumpTo(event) {
    const box = overview.getBoundingClientRect();
    const part = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    scroller.scrollTop = model.yAt(model.overview.first + part * model.overview.span) - (scroller.clientHeight - model.head) / 2;
  }
  overview.addEventListener("pointerdown", (event) => {
    overview.setPointerCapture(event.pointerId);
    jumpTo(event);
  });
  overview.addEventListener("pointermove", (event) => event.buttons && jumpTo(event));
  overview.addEventListener("keydown", (event) => {
    const page = scroller.clientHeight * 0.8;
    const move = { ArrowRight: page, ArrowDown: page, PageDown: page * 5, ArrowLeft: -page, ArrowUp: -page, PageUp: -page * 5, Home: -1e9, End: 1e9 }[event.key];
    if (move === undefined) return;
    event.preventDefault();
    scroller.scrollTop += move;
  });

  // --- choosing ---

  function select(index, scroll = true) {
    view.selected = index;
    const m = moments[index];
    const text = byId("inspector-text");
    if (!m) {
      text.replaceChildren("Choose an event to read all of it: with the pointer, or with j and k.");
      return;
    }
    const rows = [["at", timeText(m.at)], ["what", momentText(m)]];
    const escrow = escrows[m.escrow];
    if (escrow) {
      rows.push(["accounts", `${escrow.payer_account} → ${escrow.payee_account}`], ["condition", world.conditions[escrow.condition]],
        ["escrow", escrow.id], ["expires", `${timeText(escrow.expiry)} (${lengthText(escrow.expiry - m.at)} later)`]);
    }
    const arrow = arrows.find((a) => a.first === index);
    if (arrow) rows.push(["fate", arrow.lost ? "lost" : arrow.ended === null ? "never arrived" : `arrived after ${lengthText(arrow.ended - arrow.sent)}`]);
    const settlement = settlements[m.settlement];
    if (settlement) rows.push(["settlement", settlement.name]);
    text.replaceChildren(element("dl", { class: "facts" }, rows.map(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]).flat()));
    if (scroll && model && !Number.isNaN(model.place[index])) {
      const y = model.place[index];
      const seen = scroller.clientHeight - model.head;
      if (y < scroller.scrollTop + 20 || y > scroller.scrollTop + seen - 20) scroller.scrollTop = y - seen / 2;
      const at = model.ids.indexOf(m.actor);
      if (at >= 0) {
        const x = model.x(at);
        if (x < scroller.scrollLeft + axisWidth || x > scroller.scrollLeft + scroller.clientWidth) scroller.scrollLeft = x - scroller.clientWidth / 2;
      }
    }
    draw(true);
  }
  function step(by) {
    const { steps } = model;
    if (!steps.length) return;
    let at = steps.indexOf(view.selected);
    if (at < 0) at = lowerBound(steps, steps.find((index) => model.place[index] >= scroller.scrollTop) ?? 0) - (by > 0 ? 1 : 0);
    select(steps[Math.min(steps.length - 1, Math.max(0, at + by))]);
  }
  stage.addEventListener("click", (event) => {
    const found = event.target.closest("[data-moment]");
    if (found) select(Number(found.getAttribute("data-moment")), false);
  });

  // Draws anew; keeps the time that is in the middle where it can.
  function show(keep = true) {
    const middle = keep && model ? model.timeAt(scroller.scrollTop + scroller.clientHeight / 2) : null;
    const chosenShown = view.scope === "chosen" && view.chosen >= 0 && settlements[view.chosen].moments.length > 0;
    if (!chosenShown) view.scope = "all";
    model = build();
    layoutLanes();
    drawOverview();
    scroller.scrollTop = middle === null ? 0 : model.yAt(middle) - scroller.clientHeight / 2;
    for (const name of Object.keys(model.counts)) scroller.setAttribute(`data-${name}`, model.counts[name]);
    byId("show-chosen").setAttribute("aria-pressed", String(view.scope === "chosen"));
    byId("show-all").setAttribute("aria-pressed", String(view.scope === "all"));
    byId("others-label").hidden = model.all;
    byId("show-others").checked = model.others;
    byId("show-chosen").disabled = !settlements.some((s) => s.moments.length);
    const { counts } = model;
    const subject = model.all ? "Everything" : settlements[view.chosen].name;
    byId("sequence-subject").replaceChildren(element("strong", {}, subject),
      ` ${counts.lanes} lanes, ${grouped(counts.arrows)} messages (${grouped(counts.lost)} lost), ${grouped(counts.prepared)} escrows prepared, ` +
      `${grouped(counts.fulfilled)} fulfilled, ${grouped(counts.refunded)} refunded`);
    draw(true);
  }

  function legend() {
    const entry = (text, ...children) => element("li", {}, svg("svg", { width: 30, height: 18, viewBox: "-15 -9 30 18", "aria-hidden": "true" }, children), text);
    byId("sequence-legend").replaceChildren(
      entry("escrow prepared", shape("escrow_prepared", 0, 0)),
      entry("fulfilled", shape("escrow_fulfilled", 0, 0)),
      entry("refunded, expired", shape("escrow_expired", 0, 0)),
      entry("refunded, rejected", shape("escrow_rejected", 0, 0)),
      entry("message", svg("g", { class: "arrow" }, svg("line", { x1: -13, x2: 9, y1: 0, y2: 0 }), svg("path", { class: "head", d: "M13 0l-8 -3.6v7.2z" }))),
      entry("message lost", svg("g", { class: "arrow lost" }, svg("line", { x1: -13, x2: 0, y1: 0, y2: 0 }), svg("path", { class: "cross", d: "M3 -4l8 8M11 -4l-8 8" }))),
      entry("crash and restart", svg("g", { class: "outage" }, svg("line", { class: "gap", x1: -9, x2: 9, y1: 0, y2: 0 }), svg("path", { class: "crash", d: "M-13 -4l8 8M-5 -4l-8 8" }), svg("path", { class: "restart", d: "M9 -4l5 8h-10z" }))),
      entry("fault", svg("g", { class: "fault-band" }, svg("rect", { x: -12, y: -7, width: 24, height: 14 }), svg("line", { x1: -12, x2: -12, y1: -7, y2: 7 }))),
      entry("secret released", shape("released", 0, 0)),
      entry("state of a party", shape("state", 0, 0)));
  }

  function start() {
    legend();
    byId("validators-label").hidden = !actors.some((actor) => actor.kind === "validator");
    byId("show-validators").addEventListener("change", (event) => {
      view.validators = event.target.checked;
      show();
    });
    byId("show-others").addEventListener("change", (event) => {
      view.others = event.target.checked;
      show();
    });
    byId("show-chosen").addEventListener("click", () => {
      view.scope = "chosen";
      show(false);
    });
    byId("show-all").addEventListener("click", () => {
      view.scope = "all";
      show();
    });
    const zoom = (field, factor, least, most) => () => {
      view[field] = Math.min(most, Math.max(least, view[field] * factor));
      show();
    };
    byId("time-in").addEventListener("click", zoom("row", 1.35, 13, 90));
    byId("time-out").addEventListener("click", zoom("row", 1 / 1.35, 13, 90));
    byId("lanes-in").addEventListener("click", zoom("laneFactor", 1.3, 0.2, 8));
    byId("lanes-out").addEventListener("click", zoom("laneFactor", 1 / 1.3, 0.2, 8));
    byId("event-next").addEventListener("click", () => step(1));
    byId("event-back").addEventListener("click", () => step(-1));
    let asked = false;
    scroller.addEventListener("scroll", () => {
      if (asked) return;
      asked = true;
      requestAnimationFrame(() => {
        asked = false;
        draw(false);
      });
    }, { passive: true });
    let width = scroller.clientWidth;
    new ResizeObserver(() => {
      if (scroller.clientWidth === width) return draw(true);
      width = scroller.clientWidth;
      show();
    }).observe(scroller);
    select(-1);
  }

  return {
    start,
    step,
    select,
    zoom(by) {
      byId(by > 0 ? "time-in" : "time-out").click();
    },
    choose(index, scope = "chosen") {
      view.chosen = index;
      view.scope = scope;
      view.selected = -1;
      select(-1);
      show(false);
    },
    // The moment in the sequence of everything.
    find(index) {
      view.scope = "all";
      show(false);
      select(index);
    },
  };
})();
