"use strict";
// Filters, sorts and draws what the page holds; without it, every figure and finding is still there.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const element = (tag, attributes = {}, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  };

  // Which contenders are shown: those that are ticked and hold the filter's words.

  const stacks = [...new Set(data.benchmarks.flatMap((benchmark) => benchmark.cells.map((cell) => cell.stack)))];
  const ticked = new Set(stacks);
  const words = () => byId("filter").value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = new Set(stacks);

  function choose() {
    const wanted = words();
    shown = new Set(stacks.filter((name) =>
      ticked.has(name) && wanted.every((word) => name.toLowerCase().includes(word))));
    for (const part of all("[data-stack]")) {
      const name = part.dataset.stack;
      // SVG has no property `hidden`.
      part.toggleAttribute("hidden", stacks.includes(name) && !shown.has(name));
    }
    byId("shown-count").textContent = `${shown.size} of ${stacks.length}`;
    for (const place of all("[data-draw]")) place.dataset.stale = "";
    drawVisible();
  }

  function setUpTools() {
    const boxes = stacks.map((name) => {
      const box = element("input", { type: "checkbox" });
      box.checked = true;
      box.addEventListener("change", () => {
        if (box.checked) ticked.add(name); else ticked.delete(name);
        choose();
      });
      byId("contenders").append(element("label", {}, box, ` ${name}`));
      return { name, box };
    });
    const tickAll = (yes) => {
      for (const { name, box } of boxes) {
        box.checked = yes;
        if (yes) ticked.add(name); else ticked.delete(name);
      }
      choose();
    };
    byId("all").addEventListener("click", () => tickAll(true));
    byId("none").addEventListener("click", () => tickAll(false));
    byId("filter").addEventListener("input", choose);
    byId("tools").addEventListener("submit", (event) => event.preventDefault());
    byId("tools").hidden = stacks.length < 2;
    byId("choice").open = matchMedia("(min-width: 70rem)").matches;
  }

  // Sorting: the head of each column is a button; what is no figure stays below.

  function sortable(table) {
    for (const [column, head] of [...table.tHead.rows[0].cells].entries()) {
      const button = element("button", { type: "button" }, ...head.childNodes);
      button.addEventListener("click", () => sort(table, column, head));
      head.append(button);
    }
  }

  function sort(table, column, head) {
    const up = head.getAttribute("aria-sort") !== "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const rows = [...table.tBodies[0].rows].map((row) => ({ row, key: key(row.cells[column]) }));
    const numbers = rows.filter(({ key }) => typeof key === "number").length * 2 > rows.length;
    const missing = ({ key }) => key === "" || (numbers && typeof key !== "number");
    const order = (a, b) => numbers ? a - b : String(a).localeCompare(String(b), "en", { numeric: true });
    rows.sort((a, b) => missing(a) - missing(b) || (up ? 1 : -1) * order(a.key, b.key));
    table.tBodies[0].append(...rows.map(({ row }) => row));
  }

  function key(cell) {
    const copy = cell.cloneNode(true);
    for (const aside of all("sup, small", copy)) aside.remove();
    const text = copy.textContent.trim();
    const number = text.replace(/,/g, "").match(/^[≥<+]?\s*(-?\d+(\.\d+)?)/);
    return number ? Number(number[1]) : /^[–]?$/.test(text) ? "" : text;
  }

  // Drawing: each place is filled when it comes into view, and anew when the choice changes.

  // A colour for each interface, as the style sheet has them.
  const TONES = { wsgi: "var(--c1)", asgi: "var(--c2)", rsgi: "var(--c3)", program: "var(--c4)" };
  const tone = (stack) => TONES[data.interfaces[stack]] ?? "var(--accent)";
  const draws = { tradeoffs, windows, cell, comparisons, lifecycle };
  const inView = new Set();
  const watch = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (entry.isIntersecting) inView.add(entry.target); else inView.delete(entry.target);
    }
    drawVisible();
  }, { rootMargin: "400px" });

  function drawVisible() {
    for (const place of inView) {
      if (!("stale" in place.dataset)) continue;
      delete place.dataset.stale;
      place.classList.add("done");
      const { benchmark } = place.dataset;
      const made = draws[place.dataset.draw](benchmark === "race" ? data.race : data.benchmarks[benchmark], place);
      (place.tBodies ? place.tBodies[0] : place).replaceChildren(...made);
      all("svg", place).forEach(nameOnce);
    }
  }

  // A chart is one picture with one name; what it is put together from has none.
  function nameOnce(svg) {
    svg.setAttribute("role", "img");
    for (const part of all("[aria-label]", svg)) part.removeAttribute("aria-label");
  }

  function figure(title, better, plot) {
    return element("figure", {}, element("figcaption", {}, element("b", {}, title), " ", element("span", {}, better)), plot);
  }

  // As many columns as the style sheet makes of the same width.
  const widthOf = (place, narrowest, most) => {
    const wide = place.getBoundingClientRect().width || 640;
    const columns = Math.max(1, Math.min(most, Math.floor((wide + GAP) / (narrowest + GAP))));
    return Math.max(260, (wide - (columns - 1) * GAP) / columns);
  };
  const GAP = 40, NARROW = 304, HALF = 352;
  const short = (value) => value === null ? "–" : value.toLocaleString("en", { maximumSignificantDigits: 4 });
  const style = { background: "none", color: "var(--soft)", fontSize: "12px", overflow: "visible" };
  const tipped = { fill: "var(--card)", stroke: "var(--line)" };

  function tradeoffs(benchmark, place) {
    const kinds = [
      ["p99", "p99, ms", "Response time against throughput"],
      ["cpu", "CPU ms/req", "CPU time against throughput"],
      ["memory", "memory, MiB", "Memory against throughput"],
    ];
    const drawn = kinds.map(([name, label, title]) => ({ label, title, points: benchmark.points
      .filter((point) => shown.has(point.stack) && point[name])
      .map((point) => ({
        stack: point.stack, bound: point.bound,
        x: point.throughput[0], x1: point.throughput[1], x2: point.throughput[2],
        y: point[name][0], y1: point[name][1], y2: point[name][2],
      })) })).filter(({ points }) => points.length > 1);
    const width = Math.min(640, widthOf(place, NARROW, drawn.length));
    return drawn.map(({ label, title, points }) => {
      const hollow = points.some((point) => point.bound) ? "; hollow: its maximum was not measured" : "";
      return figure(title, `right and low is better${hollow}`, scatter(points, label, title, width));
    });
  }

  function scatter(points, label, title, width) {
    const ys = points.map((point) => point.y);
    const far = Math.min(...ys) > 0 && Math.max(...ys) / Math.min(...ys) > 20;
    const said = (point) =>
      `${point.stack}\n${short(point.x)} requests/s [${short(point.x1)}, ${short(point.x2)}]` +
      `${point.bound ? "\nits maximum was not measured" : ""}` +
      `\n${label}: ${short(point.y)} [${short(point.y1)}, ${short(point.y2)}]`;
    const inWords = points.map((point) => `${point.stack} ${short(point.x)} requests/s, ${short(point.y)}`).join("; ");
    const own = (point) => tone(point.stack);
    const plot = Plot.plot({
      width, height: Math.min(340, Math.max(260, 0.62 * width)), marginLeft: 56, marginTop: 28, marginRight: 28, marginBottom: 44, style,
      ariaLabel: `${title}, ${label}: ${inWords}`, color: { type: "identity" },
      x: { label: "requests a second", zero: true, nice: true, ticks: width < 420 ? 4 : 7 },
      y: far ? { label, type: "log", nice: true, ticks: 5, tickFormat: short } : { label, zero: true, nice: true, ticks: 5 },
      marks: [
        Plot.gridX({ stroke: "var(--line)", strokeOpacity: 1 }), Plot.gridY({ stroke: "var(--line)", strokeOpacity: 1 }),
        Plot.ruleY(points, { x1: "x1", x2: "x2", y: "y", stroke: own, strokeWidth: 3, strokeOpacity: 0.4 }),
        Plot.ruleX(points, { y1: "y1", y2: "y2", x: "x", stroke: own, strokeWidth: 3, strokeOpacity: 0.4 }),
        Plot.dot(points.filter((point) => !point.bound), { x: "x", y: "y", r: 4.5, fill: own, stroke: "var(--card)" }),
        Plot.dot(points.filter((point) => point.bound), { x: "x", y: "y", r: 4.5, fill: "var(--card)", stroke: own, strokeWidth: 2 }),
        Plot.text(points, { x: "x", y: "y", text: "stack", fill: "var(--ink)", className: "names" }),
        Plot.tip(points, Plot.pointer({ x: "x", y: "y", title: said, ...tipped })),
      ],
    });
    requestAnimationFrame(() => placeNames(plot));
    return plot;
  }

  // Names stand beside their dots, where nothing else does; a name that was moved far has a line.
  function placeNames(plot) {
    const names = all(".names text", plot);
    const frame = plot.getBoundingClientRect();
    const taken = all("circle, text", plot).filter((each) => !names.includes(each)).map((each) => each.getBoundingClientRect());
    for (const name of names) {
      const at = name.getBoundingClientRect();
      const spot = spots(at.width, at.height).find(([dx, dy]) => {
        const box = { left: at.left + dx, right: at.right + dx, top: at.top + dy, bottom: at.bottom + dy };
        return box.left >= frame.left && box.right <= frame.right && box.top >= frame.top && box.bottom <= frame.bottom &&
          taken.every((other) => box.right < other.left || other.right < box.left || box.bottom < other.top || other.bottom < box.top);
      });
      // Where there is no room at all, the tip has the name.
      if (!spot) { name.remove(); continue; }
      const [dx, dy, far] = spot;
      const from = name.getAttribute("transform") ?? "";
      if (far) name.before(leader(from, dx, dy, at.height));
      name.setAttribute("transform", `${from} translate(${dx},${dy})`);
      taken.push(name.getBoundingClientRect());
    }
  }

  // Places around a dot, the nearest first: to move by, and whether a line has to show what it names.
  function spots(width, height) {
    return [0, 1, 2, 3, 4, 5].flatMap((ring) => {
      const down = height / 2 + 6 + ring * (height + 1), side = width / 2 + 8 + ring * 10;
      const places = [[0, -down], [0, down], [side, 0], [-side, 0], [side, -down], [side, down], [-side, -down], [-side, down]];
      return places.map(([dx, dy]) => [dx, dy, ring > 0]);
    });
  }

  function leader(transform, dx, dy, height) {
    const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
    const end = dy - Math.sign(dy) * height / 2;
    for (const [name, value] of Object.entries({ transform, x2: dx, y2: end, stroke: "var(--soft)", "stroke-width": 0.75 })) line.setAttribute(name, value);
    return line;
  }

  const SHARES = [0, 0.5, 0.75, 0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999999];
  const nines = (beyond) => -Math.log10(beyond);

  function percentiles(each, title, width) {
    const points = each.beyond.map((beyond, i) => ({ beyond, nines: nines(beyond), ms: Math.max(each.ms[i], 1e-6) }));
    if (!points.length) return null;
    const end = Math.max(...points.map((point) => point.nines));
    const ticks = SHARES.filter((share) => nines(1 - share) <= end + 1e-9);
    return Plot.plot({
      width, height: 300, marginLeft: 56, marginRight: 20, marginTop: 28, marginBottom: 44, style,
      ariaLabel: `${title}; the list above has the figures`,
      x: { label: "percentile", ticks: ticks.map((share) => nines(1 - share)), tickFormat: (at) => `p${+(100 * (1 - 10 ** -at)).toFixed(4)}` },
      y: { label: "response time, ms", type: "log", nice: true, ticks: 5, tickFormat: short },
      marks: [
        Plot.gridX(ticks.map((share) => nines(1 - share)), { stroke: "var(--line)", strokeOpacity: 1 }),
        Plot.gridY({ stroke: "var(--line)", strokeOpacity: 1 }),
        Plot.line(points, { x: "nines", y: "ms", stroke: tone(each.stack), strokeWidth: 2 }),
        Plot.tip(points, Plot.pointer({ x: "nines", y: "ms", ...tipped,
          title: (point) => `${short(100 * (1 - point.beyond))} % within ${short(point.ms)} ms` })),
      ],
    });
  }

  // What a chart of single values shows, for those who do not see it.
  const range = (values) => values.length
    ? `${short(Math.min(...values))} to ${short(Math.max(...values))}, median ${short(d3.median(values))}` : "no figures";

  function windows(benchmark, place) {
    const cells = benchmark.cells.filter((each) => shown.has(each.stack) && each.course.at.length);
    const speeds = cells.flatMap((each) => each.course.at.map((at, i) => ({ stack: each.stack, at, rate: each.course.rate[i] })));
    const width = widthOf(place, HALF, 1);
    const made = [];
    if (speeds.length) {
      const rounds = Math.ceil(Math.max(...speeds.map((point) => point.at)));
      made.push(Plot.plot({
        width, height: 40 + 56 * cells.length, marginLeft: 56, marginRight: 20, style,
        ariaLabel: `Requests a second of every window. ${cells.map((each) => `${each.stack}: ${range(each.course.rate)}`).join("; ")}`,
        color: { type: "identity" },
        x: { label: "round", ticks: Math.min(rounds, 12), domain: [0, rounds] },
        y: { label: null, zero: true, ticks: 2 }, fy: { label: null, axis: null, domain: cells.map((each) => each.stack), padding: 0.25 },
        marks: [
          Plot.ruleX(d3.range(1, rounds), { stroke: "var(--line)" }),
          Plot.ruleY([0], { stroke: "var(--soft)", strokeOpacity: 0.5 }),
          Plot.dot(speeds, { x: "at", y: "rate", fy: "stack", r: 2, fill: (point) => tone(point.stack), fillOpacity: 0.7 }),
          Plot.text(cells, { fy: "stack", text: "stack", frameAnchor: "top-left", dy: -12, fill: "var(--ink)", fontWeight: 600 }),
          Plot.tip(speeds, Plot.pointer({ x: "at", y: "rate", fy: "stack", ...tipped,
            title: (point) => `${point.stack}, round ${Math.floor(point.at) + 1}\n${short(point.rate)} requests/s` })),
        ],
      }));
    }
    return made;
  }

  // One cell: its percentiles, then rate, p99, failures and CPU over the trials.

  function cell(benchmark, place) {
    const each = benchmark.cells[place.dataset.cell];
    const width = widthOf(place, HALF, 2);
    const made = [];
    const curves = percentiles(each, `Response time of ${each.stack} by percentile`, width);
    if (curves) made.push(figure("Response time by percentile", `n = ${each.responses.toLocaleString("en")}`, curves));
    const { course } = each;
    if (!course.at.length) return made;
    const at = course.windowAt.length ? course.windowAt : course.at;
    const rows = (places, values) => places.flatMap((x, i) => values[i] === null || values[i] === undefined ? [] : [{ x, y: values[i] }]);
    const rounds = Math.ceil(Math.max(...course.at));
    const strip = (title, lines) => trace(`${title} of ${each.stack} over the rounds`, rounds, lines, width, tone(each.stack));
    made.push(
      figure("Requests a second", "each dot is a window, or a tenth of a second of it", strip("Requests a second", [[rows(course.at, course.rate), "dot"]])),
      ...(course.p99.length ? [figure("p99, ms", "each dot is a trial", strip("p99", [[rows(course.trialAt, course.p99), "dot"]]))] : []),
      figure("Requests that failed", course.failed.length ? "window by window" : "none",
        course.failed.length ? strip("Failures", [[rows(at, course.failed), "dot"]]) : ""),
      figure("CPUs used", "filled: server; hollow: load engine", strip("CPUs used by server and load engine",
        [[rows(at, course.server), "dot"], [rows(at, course.generator), "ring"]])));
    return made;
  }

  function trace(title, rounds, lines, width, own) {
    const looks = { dot: { fill: own, fillOpacity: 0.75 }, ring: { stroke: "var(--soft)" } };
    const inWords = lines.map(([points]) => range(points.map((point) => point.y))).join("; ");
    return Plot.plot({
      width, height: 120, marginLeft: 56, marginRight: 20, marginBottom: 26, style, ariaLabel: `${title}: ${inWords}`,
      x: { label: null, domain: [0, rounds], ticks: Math.min(rounds, 12) }, y: { label: null, zero: true, ticks: 3, nice: true },
      marks: [
        Plot.ruleX(d3.range(1, rounds), { stroke: "var(--line)" }), Plot.ruleY([0], { stroke: "var(--soft)", strokeOpacity: 0.5 }),
        ...lines.map(([points, look]) => Plot.dot(points, { x: "x", y: "y", r: 2.2, ...looks[look] })),
        Plot.tip(lines.flatMap(([points]) => points), Plot.pointer({ x: "x", y: "y", ...tipped,
          title: (point) => `round ${Math.floor(point.x) + 1}: ${short(point.y)}` })),
      ],
    });
  }

  function comparisons(benchmark, place) {
    return benchmark.metrics[place.dataset.metric]
      .filter(([b, a]) => shown.has(a) && shown.has(b))
      .map(([b, a, difference, rounds, p, verdict]) => element("tr", {},
        element("th", { scope: "row" }, b), element("td", { class: "left" }, a), element("td", {}, difference), element("td", {}, String(rounds)),
        element("td", {}, p === null ? "–" : p < 0.0001 ? "< 0.0001" : p.toFixed(4)), element("td", { class: "left" }, verdict)));
  }

  // Experiments on life cycles: what was answered and what failed around the moment, kind by kind.

  function lifecycle(_benchmark, place) {
    const width = widthOf(place, NARROW, data.lifecycle.length);
    return data.lifecycle.flatMap(({ title, courses }) => {
      const those = courses.filter((each) => shown.has(each.stack) || !stacks.includes(each.stack));
      return those.length ? [figure(title, "requests/s; seconds since", around(title, those, width))] : [];
    });
  }

  function around(title, courses, width) {
    const points = courses.flatMap((each) => each.mean.map((mean, i) => ({
      stack: each.stack, from: (each.from + i) / 10, to: (each.from + i + 1) / 10,
      mean, low: each.low[i], high: each.high[i], failed: each.failed[i],
    })));
    return Plot.plot({
      width, height: 46 + 84 * courses.length, marginLeft: 40, marginRight: 12, marginTop: 30, marginBottom: 26, style,
      ariaLabel: `${title}: responses and failures a second of ${courses.length} servers; the table has the figures`,
      x: { label: null, ticks: 6 }, y: { label: null, zero: true, ticks: 2, nice: true },
      fy: { label: null, axis: null, domain: courses.map((each) => each.stack), padding: 0.35 },
      marks: [
        Plot.ruleY([0], { stroke: "var(--soft)", strokeOpacity: 0.5 }),
        Plot.rect(points.filter((point) => point.high > point.low), { x1: "from", x2: "to", y1: "low", y2: "high", fy: "stack", fill: "var(--accent)", fillOpacity: 0.25 }),
        Plot.rect(points.filter((point) => point.failed), { x1: "from", x2: "to", y1: 0, y2: "failed", fy: "stack", fill: "var(--red)", fillOpacity: 0.7 }),
        Plot.line(points, { x: (point) => (point.from + point.to) / 2, y: "mean", fy: "stack", curve: "step", stroke: "var(--accent)", strokeWidth: 1.75 }),
        Plot.ruleX([0], { stroke: "var(--ink)", strokeDasharray: "3 3" }),
        Plot.text(courses, { fy: "stack", text: "stack", frameAnchor: "top-left", dy: -13, fill: "var(--ink)", fontWeight: 600 }),
        Plot.tip(points, Plot.pointerX({ x: (point) => (point.from + point.to) / 2, y: "mean", fy: "stack", ...tipped,
          title: (point) => `${point.stack}, ${point.from.toFixed(1)} s\n${short(point.mean)} responses/s [${short(point.low)}, ${short(point.high)}]\n${short(point.failed)} failed/s` })),
      ],
    });
  }

  // An address within the page opens what it names.

  function goTo() {
    const target = byId(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    if (target.hidden) {
      byId("filter").value = "";
      for (const name of stacks) ticked.add(name);
      for (const box of all("#contenders input")) box.checked = true;
      choose();
    }
    for (let each = target; each; each = each.parentElement) if (each.tagName === "DETAILS") each.open = true;
    target.scrollIntoView();
  }

  for (const part of all(".scripted, .drawn")) part.hidden = false;
  setUpTools();
  choose();
  for (const table of all("table.sortable")) sortable(table);
  for (const place of all("[data-draw]")) watch.observe(place);
  let width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth === width) return;
    width = innerWidth;
    choose();
  });
  addEventListener("hashchange", goTo);
  goTo();
})();
