"use strict";
// Draws a laid-out network on a canvas, and says the same in words: whoever is chosen, their ties with sources, paths, a table.
(function () {
  const data = JSON.parse(document.getElementById("data").textContent);
  if (!data.nodes.length) return;
  const at = (id) => document.getElementById(id), say = data.words;
  const canvas = at("canvas"), pen = canvas.getContext("2d");
  const { nodes, edges, kinds } = data;
  const ties = nodes.map(() => []);
  edges.forEach((edge, number) => { ties[edge.a].push(number); ties[edge.b].push(number); });
  const years = edges.map((edge) => parseInt(edge.since, 10)).filter(Boolean);
  const first = years.length ? Math.min(...years) : 0, last = years.length ? Math.max(...years) : 0;
  const state = { one: -1, two: -1, off: new Set(), until: last };
  let way = [], zoom = 1, shift = [0, 0], hover = -1, all = false;

  const shown = (number) => !state.off.has(nodes[number].k);
  const dated = (edge) => !edge.since || parseInt(edge.since, 10) <= state.until;
  const drawn = (edge) => dated(edge) && shown(edge.a) && shown(edge.b);
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
        if (drawn(edges[number]) && !came.has(there)) { came.set(there, number); queue.push(there); }
      }
    }
    if (!came.has(to)) return [];
    const found = [];
    for (let here = to; here !== from; here = other(edges[came.get(here)], here)) found.unshift([came.get(here), here]);
    return found;
  }
  function shape(ctx, kind, x, y, r) {
    const which = (kind + Math.floor(kind / 7)) % 7;  // a colour that comes again comes with another shape
    const corners = [0, 4, 3, 4, 6, 5, 8][which], turn = [0, Math.PI / 4, -Math.PI / 2, 0, 0, -Math.PI / 2, 0][which];
    ctx.beginPath();
    if (!corners) ctx.arc(x, y, r, 0, 7);
    for (let i = 0; i < corners; i++) {
      const angle = turn + (i * 2 * Math.PI) / corners;
      ctx.lineTo(x + 1.15 * r * Math.cos(angle), y + 1.15 * r * Math.sin(angle));
    }
    ctx.closePath();
  }
  const box = nodes.reduce((b, n) => [Math.min(b[0], n.x), Math.max(b[1], n.x), Math.min(b[2], -n.y), Math.max(b[3], -n.y)], [1e9, -1e9, 1e9, -1e9]);
  function place(number) {
    const w = canvas.clientWidth, h = canvas.clientHeight;
    const scale = Math.min((w - 80) / (box[1] - box[0] || 1), (h - 60) / (box[3] - box[2] || 1)) * zoom;
    const node = nodes[number];
    return [
      w / 2 + (node.x - (box[0] + box[1]) / 2) * scale + shift[0],
      h / 2 + (-node.y - (box[2] + box[3]) / 2) * scale + shift[1],
      Math.max(2.5, Math.min(node.s * Math.sqrt(scale), 16)),
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
    if (chosen >= 0 && !way.length) ties[chosen].forEach((number) => drawn(edges[number]) && near.add(other(edges[number], chosen)));
    const passes = [[], []];
    edges.forEach((edge, number) => {
      if (drawn(edge)) passes[onWay.has(number) || (!way.length && (edge.a === chosen || edge.b === chosen)) ? 1 : 0].push(edge);
    });
    passes.forEach((some, strong) => {
      ctx.strokeStyle = strong ? "#1b1b1b" : chosen < 0 ? "rgba(90,98,106,.35)" : "rgba(90,98,106,.12)";
      ctx.lineWidth = strong ? 1.6 : 1;
      ctx.beginPath();
      for (const edge of some) { ctx.moveTo(spots[edge.a][0], spots[edge.a][1]); ctx.lineTo(spots[edge.b][0], spots[edge.b][1]); }
      ctx.stroke();
    });
    nodes.forEach((node, number) => {
      if (!shown(number)) return;
      const [x, y, r] = spots[number];
      ctx.globalAlpha = near.size && !near.has(number) ? 0.2 : 1;
      shape(ctx, node.k, x, y, r);
      ctx.fillStyle = kinds[node.k].colour;
      ctx.fill();
      ctx.strokeStyle = number === chosen || number === hover ? "#000000" : "#ffffff";
      ctx.lineWidth = number === chosen ? 3 : 1;
      ctx.stroke();
    });
    ctx.globalAlpha = 1;
    ctx.font = '12px "DejaVu Sans", "Noto Sans Canadian Aboriginal", sans-serif';
    ctx.textAlign = "center";
    const taken = [];
    const order = nodes.map((_, number) => number).filter(shown).sort((a, b) => (near.has(b) - near.has(a)) || nodes[b].s - nodes[a].s);
    for (const number of order) {
      if (near.size && !near.has(number)) break;
      const [x, y, r] = spots[number], text = nodes[number].n.length > 42 ? nodes[number].n.slice(0, 41) + "…" : nodes[number].n;
      const half = ctx.measureText(text).width / 2 + 3, area = [x - half, y + r + 2, x + half, y + r + 17];
      const must = number === chosen || number === hover || number === state.two;
      if (!must && (taken.length > 60 || taken.some((t) => area[0] < t[2] && area[2] > t[0] && area[1] < t[3] && area[3] > t[1]))) continue;
      taken.push(area);
      ctx.lineWidth = 3;
      ctx.strokeStyle = "#ffffff";
      ctx.strokeText(text, x, y + r + 14);
      ctx.fillStyle = "#1b1b1b";
      ctx.fillText(text, x, y + r + 14);
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
  function sources(edge, parent) {
    edge.sources.forEach((url, place) => {
      const link = element("a", `[${place + 1}]`, parent);
      link.href = url;
      link.setAttribute("aria-label", `${say.source} ${place + 1}: ${url}`);
      parent.append(" ");
    });
  }
  function tie(edge, parent) {
    parent.append(` – ${edge.via}${edge.since ? `, ${edge.since}` : ""} `);
    sources(edge, parent);
  }
  function tell() {
    const box = at("details");
    box.replaceChildren();
    if (state.one < 0) return;
    const me = nodes[state.one], heading = element("h2", me.n, box);
    heading.tabIndex = -1;
    element("p", kinds[me.k].name, box).className = "kind";
    if (state.two >= 0) {
      element("h3", `${say.path} ${nodes[state.two].n}`, box);
      if (!way.length) element("p", say.none, box);
      const list = element("ol", "", box);
      for (const [number, there] of way) { const item = element("li", "", list); go(there, item); tie(edges[number], item); }
    }
    const mine = ties[state.one].filter((number) => drawn(edges[number]));
    element("h3", `${say.ties} (${mine.length})`, box);
    const list = element("ul", "", box);
    mine.sort((a, b) => nodes[other(edges[a], state.one)].n.localeCompare(nodes[other(edges[b], state.one)].n));
    for (const number of mine) {
      const item = element("li", "", list);
      go(other(edges[number], state.one), item);
      tie(edges[number], item);
    }
  }
  function table() {
    const body = at("rows"), some = edges.filter(drawn).filter((edge) => state.one < 0 || edge.a === state.one || edge.b === state.one);
    body.replaceChildren();
    for (const edge of all ? some : some.slice(0, 100)) {
      const row = element("tr", "", body);
      go(edge.a, element("td", "", row));
      go(edge.b, element("td", "", row));
      element("td", edge.via, row);
      element("td", edge.since, row).className = "short";
      sources(edge, element("td", "", row));
    }
    at("more").hidden = all || some.length <= 100;
    const seen = new Set(edges.filter(drawn).flatMap((edge) => [edge.a, edge.b]));
    at("status").textContent = `${seen.size} ${say.nodes}, ${edges.filter(drawn).length} ${say.edges}`;
  }
  function refresh() {
    way = state.one >= 0 && state.two >= 0 ? path(state.one, state.two) : [];
    at("year").textContent = state.until || "";
    draw(); tell(); table();
    const kept = new URLSearchParams();
    if (state.one >= 0) kept.set("n", nodes[state.one].i);
    if (state.two >= 0) kept.set("to", nodes[state.two].i);
    if (state.off.size) kept.set("without", [...state.off].join("."));
    if (state.until !== last) kept.set("until", state.until);
    history.replaceState(null, "", `#${kept}`);
  }
  function choose(number) {
    state.one = number;
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
  const slider = at("until");
  slider.min = first; slider.max = last; slider.value = last;
  document.querySelector(".period").hidden = first === last;
  slider.addEventListener("input", () => { state.until = Number(slider.value); refresh(); });
  at("one").addEventListener("change", (event) => choose(find(event.target.value)));
  at("two").addEventListener("change", (event) => { state.two = find(event.target.value); refresh(); });
  at("controls").addEventListener("submit", (event) => event.preventDefault());
  at("more").addEventListener("click", () => { all = true; table(); });
  at("reset").addEventListener("click", () => {
    Object.assign(state, { two: -1, off: new Set(), until: last });
    [zoom, shift] = [1, [0, 0]];
    at("two").value = "";
    slider.value = last;
    document.querySelectorAll("#kinds input").forEach((tick) => { tick.checked = true; });
    choose(-1);
  });
  at("save").addEventListener("click", () => {
    const link = document.createElement("a");
    link.download = "network.png";
    link.href = canvas.toDataURL("image/png");
    link.click();
  });
  const under = (event) => {
    const area = canvas.getBoundingClientRect(), x = event.clientX - area.left, y = event.clientY - area.top;
    let best = -1, least = 400;
    nodes.forEach((_, number) => {
      if (!shown(number)) return;
      const [nx, ny] = place(number), far = (nx - x) ** 2 + (ny - y) ** 2;
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
  canvas.addEventListener("click", (event) => { if (!canvas.dataset.moved) choose(under(event)); canvas.dataset.moved = ""; });
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    zoom = Math.min(20, Math.max(0.5, zoom * (event.deltaY < 0 ? 1.2 : 1 / 1.2)));
    draw();
  }, { passive: false });
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
  if (kept.has("until")) { state.until = Number(kept.get("until")) || last; slider.value = state.until; }
  if (state.one >= 0) at("one").value = nodes[state.one].n;
  if (state.two >= 0) at("two").value = nodes[state.two].n;
  refresh();
  window.cmgraphReady = performance.now();
})();
