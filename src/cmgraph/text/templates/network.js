"use strict";
// Draws a laid-out network on a canvas, and says the same in words: whoever is chosen, their ties with sources, paths, a table.
(function () {
  const data = JSON.parse(document.getElementById("data").textContent);
  if (!data.nodes.length) return;
  const at = (id) => document.getElementById(id), say = data.words;
  const canvas = at("canvas"), pen = canvas.getContext("2d");
  const { nodes, edges, kinds, sources } = data;
  const ties = nodes.map(() => []);
  edges.forEach((edge, number) => { ties[edge.a].push(number); ties[edge.b].push(number); });
  // A tie has reasons: [what ties, when, sources, minerals, stages].
  const year = (reason) => parseInt(reason[1], 10) || 0;
  const years = edges.flatMap((edge) => edge.r.map(year)).filter(Boolean);
  const first = years.reduce((a, b) => Math.min(a, b), Infinity), last = years.reduce((a, b) => Math.max(a, b), -Infinity);
  const whole = { two: -1, tie: -1, mineral: -1, stage: -1, from: first, until: last };
  const state = { one: -1, off: new Set(), ...whole };
  let way = [], zoom = 1, shift = [0, 0], hover = -1, all = false;

  const shown = (number) => !state.off.has(nodes[number].k);
  const holds = (reason) =>
    (year(reason) ? year(reason) >= state.from && year(reason) <= state.until : state.from === first && state.until === last) &&
    (state.mineral < 0 || reason[3].includes(state.mineral)) && (state.stage < 0 || reason[4].includes(state.stage));
  let live = edges.map(() => true), seen = new Set();
  function sift() {
    live = edges.map((edge) => shown(edge.a) && shown(edge.b) && edge.r.some(holds));
    seen = new Set(edges.flatMap((edge, number) => (live[number] ? [edge.a, edge.b] : [])));
  }
  const other = (edge, number) => (edge.a === number ? edge.b : edge.a);
  const fold = (text) => text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "");

  function find(text) {
    const wanted = fold(text.trim());
    if (!wanted) return -1;
    let best = nodes.findIndex((node) => fold(node.n) === wanted);
    if (best < 0) best = nodes.findIndex((node) => fold(node.n).startsWith(wanted));
    return best < 0 ? nodes.findIndex((node) => fold(node.n).includes(wanted)) : best;
  }
  function path(from, to) {
    const came = new Map([[from, -1]]), queue = [from];
    while (queue.length) {
      const here = queue.shift();
      if (here === to) break;
      for (const number of ties[here]) {
        const there = other(edges[number], here);
        if (live[number] && !came.has(there)) { came.set(there, number); queue.push(there); }
      }
    }
    if (!came.has(to)) return [];
    const found = [];
    for (let here = to; here !== from; here = other(edges[came.get(here)], here)) found.unshift([came.get(here), here]);
    return found;
  }
  function shape(ctx, kind, x, y, r) {
    ctx.beginPath();
    if (!kinds[kind].corners.length) ctx.arc(x, y, r, 0, 7);
    for (const [dx, dy] of kinds[kind].corners) ctx.lineTo(x + r * dx, y + r * dy);
    ctx.closePath();
  }
  const box = nodes.reduce((b, n) => [Math.min(b[0], n.x), Math.max(b[1], n.x), Math.min(b[2], -n.y), Math.max(b[3], -n.y)], [1e9, -1e9, 1e9, -1e9]);
  function place(number) {
    const crowd = Math.min(1, Math.sqrt((400 * zoom) / nodes.length));
    const w = canvas.clientWidth, h = canvas.clientHeight;
    const scale = Math.min((w - 80) / (box[1] - box[0] || 1), (h - 60) / (box[3] - box[2] || 1)) * zoom;
    const node = nodes[number];
    return [
      w / 2 + (node.x - (box[0] + box[1]) / 2) * scale + shift[0],
      h / 2 + (-node.y - (box[2] + box[3]) / 2) * scale + shift[1],
      Math.max(1.5, Math.min(node.s * Math.sqrt(scale), 16) * crowd),
    ];
  }
  function draw(ctx = pen, ratio = window.devicePixelRatio || 1) {
    if (ctx === pen) { canvas.width = canvas.clientWidth * ratio; canvas.height = canvas.clientHeight * ratio; }
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.fillStyle = "#ffffff";
    ctx.fillRect(0, 0, canvas.clientWidth, canvas.clientHeight);
    const spots = nodes.map((_, number) => place(number));
    const chosen = state.one, near = new Set(chosen < 0 ? [] : [chosen]);
    const onWay = new Set(way.map(([number]) => number));
    way.forEach(([, number]) => near.add(number));
    if (state.tie >= 0) { onWay.add(state.tie); near.add(edges[state.tie].a).add(edges[state.tie].b); }
    if (chosen >= 0 && !way.length) ties[chosen].forEach((number) => live[number] && near.add(other(edges[number], chosen)));
    const passes = [[], []], faint = Math.min(1, Math.sqrt(2000 / edges.length));
    edges.forEach((edge, number) => {
      if (live[number]) passes[onWay.has(number) || (!way.length && (edge.a === chosen || edge.b === chosen)) ? 1 : 0].push(edge);
    });
    passes.forEach((some, strong) => {
      ctx.strokeStyle = strong ? "#1b1b1b" : `rgba(90,98,106,${(near.size ? 0.12 : 0.35) * faint})`;
      ctx.lineWidth = strong ? 1.6 : 1;
      ctx.beginPath();
      for (const edge of some) { ctx.moveTo(spots[edge.a][0], spots[edge.a][1]); ctx.lineTo(spots[edge.b][0], spots[edge.b][1]); }
      ctx.stroke();
    });
    const order = nodes.map((_, number) => number).filter(shown).sort((a, b) => (near.has(b) - near.has(a)) || nodes[b].s - nodes[a].s);
    for (const number of [...order].reverse()) {
      const node = nodes[number], [x, y, r] = spots[number];
      ctx.globalAlpha = (near.size ? near : seen).has(number) ? 1 : 0.15;
      shape(ctx, node.k, x, y, r);
      ctx.fillStyle = kinds[node.k].colour;
      ctx.fill();
      ctx.strokeStyle = number === chosen || number === hover ? "#000000" : "#ffffff";
      ctx.lineWidth = number === chosen ? 3 : 1;
      ctx.stroke();
    }
    ctx.globalAlpha = 1;
    ctx.font = '12px "DejaVu Sans", "Noto Sans Canadian Aboriginal", sans-serif';
    ctx.textAlign = "center";
    const taken = [];
    for (const number of order) {
      if (!(near.size ? near : seen).has(number)) continue;
      const must = number === chosen || number === hover || number === state.two;
      if (!must && taken.length > 60) continue;
      const text = nodes[number].l.length > 42 ? nodes[number].l.slice(0, 41) + "…" : nodes[number].l;
      const half = ctx.measureText(text).width / 2 + 3;
      const x = Math.max(half, Math.min(canvas.clientWidth - half, spots[number][0])), [, y, r] = spots[number];
      const above = must && taken.some((t) => Math.abs(t[1] - y - r - 2) < 15 && x - half < t[2] && x + half > t[0]);
      const top = above ? y - r - 18 : y + r + 2, area = [x - half, top, x + half, top + 15];
      if (!must && (taken.some((t) => area[0] < t[2] && area[2] > t[0] && area[1] < t[3] && area[3] > t[1]))) continue;
      taken.push(area);
      ctx.lineWidth = 3;
      ctx.strokeStyle = "#ffffff";
      ctx.strokeText(text, x, top + 12);
      ctx.fillStyle = "#1b1b1b";
      ctx.fillText(text, x, top + 12);
    }
  }
  function element(tag, text, parent) {
    const made = document.createElement(tag);
    if (text) made.textContent = text;
    if (parent) parent.append(made);
    return made;
  }
  function go(number, parent) {
    const button = element("button", nodes[number].n, parent);
    button.type = "button";
    button.className = "go";
    button.addEventListener("click", () => { choose(number); at("details").querySelector("h2").focus(); });
  }
  function cite(numbers, parent) {
    for (const number of numbers) {
      const said = sources[number], web = /^https?:/.test(said.u), link = element(web ? "a" : "span", `[${number + 1}]`, parent);
      if (web) link.href = said.u;
      link.title = said.t;
      if (web) link.setAttribute("aria-label", `${say.source} ${number + 1}: ${said.t}`);
      parent.append(" ");
    }
  }
  function why(number, parent, cited) {
    edges[number].r.filter(holds).forEach((reason, place) => {
      parent.append(`${place ? "; " : ""}${data.via[reason[0]]}${reason[1] ? `, ${reason[1]}` : ""} `);
      cite(reason[2], parent);
      reason[2].forEach((source) => cited.add(source));
    });
  }
  function bibliography(cited, box) {
    element("h3", say.sources, box);
    const list = element("ul", "", box);
    for (const number of [...cited].sort((a, b) => a - b)) {
      const item = element("li", `[${number + 1}] ${sources[number].t} `, list);
      if (/^https?:/.test(sources[number].u)) element("a", sources[number].u, item).href = sources[number].u;
    }
  }
  function around(mine, box) {  // whoever is chosen, between those with whom most is shared
    const count = (number) => edges[number].r.filter(holds).length, name = (number) => nodes[other(edges[number], state.one)].n;
    const near = [...mine].sort((a, b) => count(b) - count(a) || name(a).localeCompare(name(b))).slice(0, 16);
    const cut = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
    const rows = Math.max(2, Math.ceil(near.length / 2)), middle = rows * 23 + 10;
    const wide = element("div", "", box), svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const put = (tag, values, text = "") => {
      const made = document.createElementNS(svg.namespaceURI, tag);
      for (const [key, value] of Object.entries(values)) made.setAttribute(key, value);
      made.textContent = text;
      svg.append(made);
      return made;
    };
    wide.className = "wide";
    wide.tabIndex = 0;
    wide.setAttribute("role", "group");
    wide.setAttribute("aria-label", nodes[state.one].n);
    svg.setAttribute("viewBox", `0 0 900 ${rows * 46 + 20}`);
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", `${nodes[state.one].n}: ${near.map(name).join(", ")}`);
    near.forEach((number, place) => {
      const left = place % 2 === 0, y = 32 + 46 * Math.floor(place / 2), via = edges[number].r.filter(holds);
      const text = { x: left ? 282 : 618, "text-anchor": left ? "end" : "start" };
      const bend = left ? 370 : 530;
      put("path", { class: "tie", d: `M ${left ? 290 : 610} ${y} C ${bend} ${y}, ${bend} ${middle}, 450 ${middle}` });
      const pick = [
        put("rect", { x: left ? 0 : 610, y: y - 19, width: 290, height: 38, rx: 4, class: "end" }),
        put("text", { ...text, y: y - 3, class: "name" }, cut(name(number), 32)),
        put("text", { ...text, y: y + 13, class: "how" }, `${cut(data.via[via[0][0]], 36)}${via.length > 1 ? ` + ${via.length - 1}` : ""}`),
      ];
      for (const part of pick) {
        part.style.cursor = "pointer";
        part.addEventListener("click", () => choose(other(edges[number], state.one)));
      }
    });
    put("rect", { x: 345, y: middle - 20, width: 210, height: 40, rx: 6, class: "me" });
    put("text", { x: 450, y: middle + 5, "text-anchor": "middle", class: "me" }, cut(nodes[state.one].n, 28));
    wide.append(svg);
  }
  function tell() {
    const box = at("details"), cited = new Set();
    box.replaceChildren();
    if (state.one < 0 && state.tie < 0) return;
    if (state.one < 0) {
      const edge = edges[state.tie], heading = element("h2", "", box);
      go(edge.a, heading);
      heading.append(" – ");
      go(edge.b, heading);
      heading.tabIndex = -1;
      why(state.tie, element("p", "", box), cited);
      return bibliography(cited, box);
    }
    const me = nodes[state.one], heading = element("h2", me.n, box);
    heading.tabIndex = -1;
    element("p", me.t, box).className = "kind";
    if (state.two >= 0) {
      element("h3", `${say.way} ${nodes[state.two].n}`, box);
      if (!way.length) element("p", say.no_way, box);
      const list = element("ol", "", box);
      for (const [number, there] of way) { const item = element("li", "", list); go(there, item); item.append(" – "); why(number, item, cited); }
    }
    const mine = ties[state.one].filter((number) => live[number]);
    if (mine.length) around(mine, box);
    element("h3", `${say.ties} (${mine.length})`, box);
    const list = element("ul", "", box);
    mine.sort((a, b) => nodes[other(edges[a], state.one)].n.localeCompare(nodes[other(edges[b], state.one)].n));
    for (const number of mine) {
      const item = element("li", "", list);
      go(other(edges[number], state.one), item);
      item.append(" – ");
      why(number, item, cited);
    }
    bibliography(cited, box);
  }
  function table() {
    const body = at("rows"), mine = (edge) => state.one < 0 || edge.a === state.one || edge.b === state.one;
    const some = edges.filter((edge, number) => live[number] && mine(edge));
    body.replaceChildren();
    for (const edge of all ? some : some.slice(0, 100)) {
      const row = element("tr", "", body), reasons = edge.r.filter(holds);
      go(edge.a, element("td", "", row));
      go(edge.b, element("td", "", row));
      element("td", [...new Set(reasons.map((reason) => data.via[reason[0]]))].join("; "), row);
      element("td", reasons.map((reason) => reason[1]).filter(Boolean).sort()[0] || "", row).className = "short";
      cite([...new Set(reasons.flatMap((reason) => reason[2]))].sort((a, b) => a - b), element("td", "", row));
    }
    at("more").hidden = all || some.length <= 100;
    at("status").textContent = `${say.nodes} (${seen.size}), ${say.edges} (${live.filter(Boolean).length})`;
  }
  function refresh() {
    sift();
    if (state.tie >= 0 && !live[state.tie]) state.tie = -1;
    way = state.one >= 0 && state.two >= 0 ? path(state.one, state.two) : [];
    at("first").textContent = state.from;
    at("year").textContent = state.until;
    draw(); tell(); table();
    const kept = new URLSearchParams();
    if (state.one >= 0) kept.set("n", nodes[state.one].i);
    if (state.two >= 0) kept.set("to", nodes[state.two].i);
    if (state.tie >= 0) kept.set("tie", `${nodes[edges[state.tie].a].i} ${nodes[edges[state.tie].b].i}`);
    if (state.off.size) kept.set("without", [...state.off].join("."));
    for (const key of ["mineral", "stage"]) if (state[key] >= 0) kept.set(key, data[`${key}s`][state[key]]);
    for (const key of ["from", "until"]) if (state[key] !== whole[key]) kept.set(key, state[key]);
    history.replaceState(null, "", `#${kept}`);
  }
  function choose(number) {
    state.one = number;
    state.tie = -1;
    at("one").value = number < 0 ? "" : nodes[number].n;
    refresh();
  }
  nodes.forEach((node) => { element("option", "", at("all")).value = node.n; });
  kinds.forEach((kind, number) => {
    const label = element("label", "", at("kinds")), tick = element("input", "", label);
    tick.type = "checkbox";
    tick.checked = true;
    tick.dataset.kind = number;
    const glyph = document.createElement("canvas");
    glyph.width = glyph.height = 18;
    glyph.style = "width:18px;height:18px;min-height:0;border:none";
    glyph.setAttribute("aria-hidden", "true");
    const ctx = glyph.getContext("2d");
    shape(ctx, number, 9, 9, 7);
    ctx.fillStyle = kind.colour;
    ctx.fill();
    label.append(glyph, ` ${kind.name} (${nodes.filter((node) => node.k === number).length})`);
    tick.addEventListener("change", () => { state.off[tick.checked ? "delete" : "add"](number); refresh(); });
  });
  for (const key of ["mineral", "stage"]) {
    const pick = at(key);
    data[`${key}s`].map((name, number) => [name, number]).sort((a, b) => a[0].localeCompare(b[0]))
      .forEach(([name, number]) => { element("option", name, pick).value = number; });
    pick.parentElement.hidden = !data[`${key}s`].length;
    pick.addEventListener("change", () => { state[key] = Number(pick.value); refresh(); });
  }
  for (const key of ["from", "until"]) {
    const slider = at(key);
    slider.min = first; slider.max = last; slider.value = state[key];
    slider.parentElement.hidden = first >= last;
    slider.addEventListener("input", () => { state[key] = Number(slider.value); refresh(); });
  }
  at("one").addEventListener("change", (event) => choose(find(event.target.value)));
  at("two").addEventListener("change", (event) => { state.two = find(event.target.value); refresh(); });
  at("controls").addEventListener("submit", (event) => event.preventDefault());
  at("more").addEventListener("click", () => { all = true; table(); });
  at("reset").addEventListener("click", () => {
    Object.assign(state, whole, { off: new Set() });
    [zoom, shift] = [1, [0, 0]];
    at("two").value = "";
    for (const key of ["mineral", "stage", "from", "until"]) at(key).value = whole[key];
    document.querySelectorAll("#kinds input").forEach((tick) => { tick.checked = true; });
    choose(-1);
  });
  function sheet() {  // the picture with its title, legend and note, as it may be pasted elsewhere
    const made = document.createElement("canvas"), ctx = made.getContext("2d"), ratio = window.devicePixelRatio || 1;
    const w = canvas.clientWidth, h = canvas.clientHeight, font = '"DejaVu Sans", "Noto Sans Canadian Aboriginal", sans-serif';
    const lines = [], legend = kinds.map((kind, number) => [kind, number]).filter(([, number]) => !state.off.has(number));
    const cut = ["mineral", "stage"].filter((key) => state[key] >= 0).map((key) => data[`${key}s`][state[key]]);
    if (state.from !== first || state.until !== last) cut.push(`${state.from}–${state.until}`);
    ctx.font = `12px ${font}`;
    for (const word of `${[at("status").textContent, ...cut].join("; ")}. ${at("note").textContent}`.split(/\s+/)) {
      const line = `${lines.at(-1) || ""} ${word}`.trim();
      if (lines.length && ctx.measureText(line).width < w - 20) lines.splice(-1, 1, line);
      else lines.push(word);
    }
    made.width = w * ratio;
    made.height = (h + 60 + 20 * legend.length + 16 * lines.length + 20) * ratio;
    ctx.scale(ratio, ratio);
    ctx.fillStyle = "#ffffff";
    ctx.fillRect(0, 0, w, made.height);
    ctx.drawImage(canvas, 0, 50, w, h);
    const write = (text, x, y, size) => { ctx.font = `${size} ${font}`; ctx.fillStyle = "#1b1b1b"; ctx.fillText(text, x, y, w - x); };
    write(document.querySelector("h1").textContent, 10, 30, "bold 18px");
    legend.forEach(([kind, number], row) => {
      shape(ctx, number, 18, h + 66 + 20 * row, 6);
      ctx.fillStyle = kind.colour;
      ctx.fill();
      write(kind.name, 32, h + 70 + 20 * row, "12px");
    });
    lines.forEach((line, row) => write(line, 10, h + 76 + 20 * legend.length + 16 * row, "12px"));
    return made;
  }
  at("save").addEventListener("click", () => {
    const link = document.createElement("a");
    link.download = "network.png";
    link.href = sheet().toDataURL("image/png");
    link.click();
  });
  const under = (event) => {
    const area = canvas.getBoundingClientRect(), x = event.clientX - area.left, y = event.clientY - area.top;
    let best = -1, least = 200;
    nodes.forEach((_, number) => {
      if (!shown(number)) return;
      const [nx, ny] = place(number), far = (nx - x) ** 2 + (ny - y) ** 2;
      if (far < least) [best, least] = [number, far];
    });
    return best;
  };
  const line = (event) => {  // the tie under the pointer, if any
    const area = canvas.getBoundingClientRect(), x = event.clientX - area.left, y = event.clientY - area.top;
    let best = -1, least = 36;
    edges.forEach((edge, number) => {
      if (!live[number]) return;
      const [ax, ay] = place(edge.a), [bx, by] = place(edge.b), dx = bx - ax, dy = by - ay;
      const along = Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)));
      const far = (ax + along * dx - x) ** 2 + (ay + along * dy - y) ** 2;
      if (far < least) [best, least] = [number, far];
    });
    return best;
  };
  let held = null;
  canvas.addEventListener("pointerdown", (event) => { held = [event.clientX, event.clientY, ...shift, false]; });
  window.addEventListener("pointerup", () => { held = null; });
  canvas.addEventListener("pointermove", (event) => {
    if (held) {
      const [dx, dy] = [event.clientX - held[0], event.clientY - held[1]];
      if (Math.abs(dx) + Math.abs(dy) > 4) held[4] = true;
      shift = [held[2] + dx, held[3] + dy];
      canvas.dataset.moved = held[4] ? "1" : "";
      draw();
    } else if (nodes.length <= 3000) {
      const number = under(event);
      if (number !== hover) { hover = number; canvas.style.cursor = number < 0 ? "" : "pointer"; draw(); }
    }
  });
  canvas.addEventListener("click", (event) => {
    const moved = canvas.dataset.moved, number = under(event);
    canvas.dataset.moved = "";
    if (moved) return;
    choose(number);
    if (number < 0) { state.tie = line(event); refresh(); }
  });
  function scale(by) {
    zoom = Math.min(20, Math.max(0.5, zoom * by));
    draw();
  }
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    scale(event.deltaY < 0 ? 1.2 : 1 / 1.2);
  }, { passive: false });
  at("in").addEventListener("click", () => scale(1.4));
  at("out").addEventListener("click", () => scale(1 / 1.4));
  window.addEventListener("resize", () => draw());
  const kept = new URLSearchParams(location.hash.slice(1));
  const named = (key) => nodes.findIndex((node) => node.i === kept.get(key));
  state.one = kept.has("n") ? named("n") : -1;
  state.two = kept.has("to") ? named("to") : -1;
  for (const kind of (kept.get("without") || "").split(".").filter(Boolean)) {
    state.off.add(Number(kind));
    const tick = document.querySelector(`#kinds input[data-kind="${Number(kind)}"]`);
    if (tick) tick.checked = false;
  }
  for (const key of ["mineral", "stage"]) {
    state[key] = data[`${key}s`].indexOf(kept.get(key));
    at(key).value = state[key];
  }
  for (const key of ["from", "until"]) {
    if (kept.has(key)) state[key] = Number(kept.get(key)) || whole[key];
    at(key).value = state[key];
  }
  if (kept.has("tie")) state.tie = edges.findIndex((edge) => `${nodes[edge.a].i} ${nodes[edge.b].i}` === kept.get("tie"));
  if (state.one >= 0) at("one").value = nodes[state.one].n;
  if (state.two >= 0) at("two").value = nodes[state.two].n;
  refresh();
  window.cmgraphReady = performance.now();
})();
