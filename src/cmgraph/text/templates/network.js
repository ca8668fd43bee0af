"use strict";
// Draws a laid-out network on a canvas, as itself, as a matrix or by kind, and says the same in words: whoever is chosen, their
// ties with sources, paths, a table. What is drawn is a scene first, so that the canvas and a saved SVG show the same.
(function () {
  const data = JSON.parse(document.getElementById("data").textContent);
  if (!data.nodes.length) return;
  const at = (id) => document.getElementById(id), say = data.words;
  const canvas = at("canvas"), pen = canvas.getContext("2d");
  const { nodes, edges, kinds, sources } = data;
  const font = '"DejaVu Sans", "Noto Sans", "Noto Sans Canadian Aboriginal", sans-serif';
  const MANY = 150;  // more ties than one can follow
  const LARGE = 4000;  // nodes and ties beyond which a picture in motion is moved as a whole and drawn when it rests
  const ties = nodes.map(() => []);
  edges.forEach((edge, number) => { ties[edge.a].push(number); ties[edge.b].push(number); });
  // A tie has reasons: [what ties, when, sources, minerals, stages].
  const year = (reason) => parseInt(reason[1], 10) || 0;
  const years = edges.flatMap((edge) => edge.r.map(year)).filter(Boolean);
  const first = years.reduce((a, b) => Math.min(a, b), Infinity), last = years.reduce((a, b) => Math.max(a, b), -Infinity);
  const whole = { two: -1, tie: -1, mineral: -1, stage: -1, from: first, until: last, view: "", only: "" };
  const state = { one: -1, off: new Set(), kept: new Set(), ...whole };
  let way = [], hover = -1, all = false, move = d3.zoomIdentity, size = [1, 1], scale = 1, spots = [], tree = null;

  const shown = (number) => !state.off.has(nodes[number].k);
  const holds = (reason) =>
    (year(reason) ? year(reason) >= state.from && year(reason) <= state.until : state.from === first && state.until === last) &&
    (state.mineral < 0 || reason[3].includes(state.mineral)) && (state.stage < 0 || reason[4].includes(state.stage));
  const other = (edge, number) => (edge.a === number ? edge.b : edge.a);
  const chosen = () => new Set([...state.kept, ...(state.one < 0 ? [] : [state.one])]);
  let live = edges.map(() => true), weight = edges.map(() => 1), degree = nodes.map(() => 0), seen = new Set();
  function sift() {
    const some = chosen(), near = new Set(some);
    if (state.only === "ego") for (const number of some) for (const tie of ties[number]) near.add(other(edges[tie], number));
    const within = state.only && some.size ? near : null;
    degree = nodes.map(() => 0);
    weight = edges.map((edge) => {
      if (!shown(edge.a) || !shown(edge.b) || (within && !(within.has(edge.a) && within.has(edge.b)))) return 0;
      return new Set(edge.r.filter(holds).map((reason) => reason[0])).size;
    });
    live = weight.map(Boolean);
    edges.forEach((edge, number) => { degree[edge.a] += weight[number]; degree[edge.b] += weight[number]; });
    seen = new Set(edges.flatMap((edge, number) => (live[number] ? [edge.a, edge.b] : [])));
    order = nodes.map((_, number) => number).filter(shown).sort((a, b) => degree[b] - degree[a] || a - b);
  }
  let order = [];
  const fold = (text) => text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "");
  const folded = nodes.map((node) => [...new Set([fold(node.l), fold(node.n)])]);

  function matches(text) {  // an exact name comes first, then beginnings, then words, then parts
    const wanted = fold(text.trim());
    if (!wanted) return [];
    const rank = (name) => (name === wanted ? 0 : name.startsWith(wanted) ? 1 : ` ${name}`.includes(` ${wanted}`) ? 2 : name.includes(wanted) ? 3 : 9);
    return nodes.map((_, number) => [Math.min(...folded[number].map(rank)), number]).filter(([best]) => best < 9)
      .sort((a, b) => a[0] - b[0] || ties[b[1]].length - ties[a[1]].length).map(([, number]) => number);
  }
  function path(from, to) {
    const came = new Map([[from, -1]]), queue = [from];
    for (const here of queue) {
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

  // Where things are: data, on the canvas unmoved (spots), on the canvas as moved (place).
  const box = nodes.reduce((b, n) => [Math.min(b[0], n.x), Math.max(b[1], n.x), Math.min(b[2], -n.y), Math.max(b[3], -n.y)], [1e9, -1e9, 1e9, -1e9]);
  function fit() {
    size = [canvas.clientWidth, canvas.clientHeight];
    scale = Math.min((size[0] - 80) / (box[1] - box[0] || 1), (size[1] - 60) / (box[3] - box[2] || 1));
    spots = nodes.map((node) => [
      size[0] / 2 + (node.x - (box[0] + box[1]) / 2) * scale, size[1] / 2 + (-node.y - (box[2] + box[3]) / 2) * scale,
    ]);
    tree = d3.quadtree(order, (number) => spots[number][0], (number) => spots[number][1]);
  }
  const place = (number) => [move.applyX(spots[number][0]), move.applyY(spots[number][1])];
  const radius = (number) => {
    const crowd = Math.min(1, Math.sqrt((400 * move.k) / nodes.length));
    return Math.max(1.5, Math.min(0.75 * nodes[number].s * Math.sqrt(scale * move.k), 16) * crowd);
  };
  const view = () => state.view || (live.filter(Boolean).length > MANY && !chosen().size ? "kinds" : "net");

  // A scene: lines [x1, y1, x2, y2, width, strong], marks [kind, x, y, r, alpha, ring], texts [x, y, text, anchor, turn], boxes.
  const scenes = { net: network, matrix, kinds: byKind };
  const cut = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
  function network() {
    const near = chosen(), some = new Set(near), onWay = new Set(way.map(([number]) => number));
    way.forEach(([, number]) => near.add(number));
    if (state.tie >= 0) { onWay.add(state.tie); near.add(edges[state.tie].a).add(edges[state.tie].b); }
    if (!way.length) for (const one of some) ties[one].forEach((number) => live[number] && near.add(other(edges[number], one)));
    const scene = { lines: [], marks: [], texts: [], boxes: [], faint: near.size ? 0.14 : Math.max(0.06, Math.min(0.5, Math.sqrt(60 / (live.filter(Boolean).length || 1)))) };
    const put = nodes.map((_, number) => place(number)), [w, h] = size, lit = near.size ? near : seen;
    edges.forEach((edge, number) => {
      if (!live[number]) return;
      const [ax, ay] = put[edge.a], [bx, by] = put[edge.b];
      if ((ax < 0 && bx < 0) || (ay < 0 && by < 0) || (ax > w && bx > w) || (ay > h && by > h)) return;
      const strong = onWay.has(number) || (!way.length && (some.has(edge.a) || some.has(edge.b)));
      scene.lines.push([ax, ay, bx, by, Math.min(8, Math.round(Math.sqrt(weight[number]) * 2) / 2), strong]);
    });
    const inside = order.filter((number) => (!state.only || lit.has(number) || seen.has(number)) && put[number][0] > -20 && put[number][0] < w + 20 && put[number][1] > -20 && put[number][1] < h + 20);
    const first = inside.filter((number) => near.has(number)), rest = inside.filter((number) => !near.has(number));
    for (const number of [...first, ...rest].reverse()) {
      scene.marks.push([nodes[number].k, ...put[number], radius(number), lit.has(number) ? 1 : 0.15, some.has(number) ? 3 : number === hover ? 2 : 0]);
    }
    const taken = new Map(), cell = (x, y) => `${Math.floor(x / 60)} ${Math.floor(y / 24)}`;
    const take = (area) => {
      for (let x = area[0]; x <= area[2] + 60; x += 60) {
        const key = cell(x, area[1]);
        if (!taken.has(key)) taken.set(key, []);
        taken.get(key).push(area);
      }
    };
    const clash = (area) => {
      for (let x = area[0] - 60; x <= area[2] + 60; x += 60) for (let y = area[1] - 24; y <= area[3] + 24; y += 24) {
        for (const t of taken.get(cell(x, y)) || []) if (area[0] < t[2] && area[2] > t[0] && area[1] < t[3] && area[3] > t[1]) return true;
      }
      return false;
    };
    pen.font = `12px ${font}`;
    const must = [...some, hover, state.two].filter((number) => number >= 0 && shown(number));
    for (const number of [...new Set([...must, ...first, ...rest])]) {
      const forced = must.includes(number), [x0, y] = put[number], r = radius(number);
      if (lit.has(number) && scene.texts.length <= 120) take([x0 - r, y - r, x0 + r, y + r]);  // names hide nobody who matters more
      if (!forced && (!lit.has(number) || scene.texts.length > 120)) continue;
      const text = cut(nodes[number].l, 42), half = pen.measureText(text).width / 2 + 3;
      if (x0 < 0 || x0 > w || y < 0 || y > h) continue;
      const x = Math.max(half, Math.min(w - half, x0)), below = [x - half, y + r + 2, x + half, y + r + 17];
      const area = clash(below) && forced ? [x - half, y - r - 18, x + half, y - r - 3] : below;
      if (!forced && clash(area)) continue;
      take(area);
      scene.texts.push([x, area[1] + 12, text, "middle", 0]);
    }
    return scene;
  }
  function matrix() {  // those with most ties, each way
    const scene = { lines: [], marks: [], texts: [], boxes: [], faint: 0.3 };
    const some = order.filter((number) => seen.has(number)), fits = Math.max(6, Math.floor((Math.min(size[0], size[1] * 1.5) - 190) / 17));
    const list = some.slice(0, Math.min(40, fits)), put = new Map(list.map((number, index) => [number, index]));
    const left = Math.min(190, size[0] * 0.4), top = 130, step = 17 * move.k;
    const cellAt = (row, column) => [left + column * step + step / 2 + Math.min(0, move.x), top + row * step + step / 2 + Math.min(0, move.y)];
    list.forEach((number, index) => {
      const [, y] = cellAt(index, 0), [x] = cellAt(0, index);
      if (y > top) scene.texts.push([left - 16, y + 4, cut(nodes[number].l, left > 150 ? 24 : 16), "end", 0]);
      if (y > top) scene.marks.push([nodes[number].k, left - 7, y, 5, 1, 0]);
      if (x > left) scene.texts.push([x + 4, top - 8, cut(nodes[number].l, 18), "start", -60]);
    });
    scene.cells = [];
    edges.forEach((edge, number) => {
      if (!live[number] || !put.has(edge.a) || !put.has(edge.b)) return;
      for (const [row, column] of [[edge.a, edge.b], [edge.b, edge.a]]) {
        const [x, y] = cellAt(put.get(row), put.get(column));
        if (x < left || y < top) continue;
        scene.boxes.push([x - step / 2 + 1, y - step / 2 + 1, step - 2, step - 2, Math.min(1, 0.3 + weight[number] / 8), number === state.tie, String(weight[number])]);
        scene.cells.push([x, y, step / 2, number]);
      }
    });
    if (some.length > list.length) scene.texts.push([left, size[1] - 8, `+ ${some.length - list.length} ${say.more}`, "start", 0]);
    return scene;
  }
  function byKind() {  // one mark for each kind, and how many ties there are between them
    const scene = { lines: [], marks: [], texts: [], boxes: [], faint: 0.45, groups: [], bundles: [] };
    const counted = new Map(), members = kinds.map((_, k) => [...seen].filter((number) => nodes[number].k === k).length);
    edges.forEach((edge, number) => {
      if (!live[number]) return;
      const key = [nodes[edge.a].k, nodes[edge.b].k].sort((a, b) => a - b).join(" ");
      counted.set(key, (counted.get(key) || 0) + 1);
    });
    const present = kinds.map((_, k) => k).filter((k) => members[k]);
    const most = Math.max(1, ...[...counted].filter(([key]) => new Set(key.split(" ")).size > 1).map(([, count]) => count));
    const [w, h] = size, narrow = w < 560, ring = present.length > 1 ? Math.min(w, h) * 0.36 : 0;
    const put = new Map(present.map((k, index) => {
      const angle = -Math.PI / 2 + (2 * Math.PI * index) / present.length;
      return [k, [w / 2 + ring * Math.min(1.5, w / h) * Math.cos(angle), h / 2 + ring * Math.sin(angle)]];
    }));
    const grown = (k) => (narrow ? 6 : 10) + (narrow ? 1 : 2.2) * Math.sqrt(members[k]);
    for (const [key, count] of [...counted].sort((a, b) => a[1] - b[1])) {
      const [a, b] = key.split(" ").map(Number), [ax, ay] = put.get(a), [bx, by] = put.get(b);
      if (a !== b) scene.lines.push([ax, ay, bx, by, Math.max(1, (18 * count) / most), false]);
      const spot = a === b ? [ax, ay - grown(a) - 6] : [(ax * 0.56 + bx * 0.44), (ay * 0.56 + by * 0.44)];
      scene.texts.push([spot[0], spot[1] + 4, a === b && !narrow ? `${count} ${say.within}` : String(count), "middle", 0]);
      scene.bundles.push([ax, ay, bx, by, a, b]);
    }
    for (const k of present) {
      const [x, y] = put.get(k);
      scene.marks.push([k, x, y, grown(k), 1, 0]);
      const lines = [];  // the whole name, a few words a line
      for (const word of narrow ? [] : kinds[k].name.split(" ")) {
        if (lines.length && `${lines.at(-1)} ${word}`.length < 28) lines.push(`${lines.pop()} ${word}`);
        else lines.push(word);
      }
      lines.forEach((line, row) => scene.texts.push([Math.max(90, Math.min(w - 90, x)), y + grown(k) + 29 + 15 * row, line, "middle", 0]));
      scene.texts.push([x, y + grown(k) + 14, String(members[k]), "middle", 0]);
      scene.groups.push([x, y, grown(k), k]);
    }
    return scene;
  }

  // Onto a canvas, and as SVG.
  function shape(ctx, kind, x, y, r) {
    ctx.beginPath();
    if (!kinds[kind].corners.length) ctx.arc(x, y, r, 0, 7);
    for (const [dx, dy] of kinds[kind].corners) ctx.lineTo(x + r * dx, y + r * dy);
    ctx.closePath();
  }
  const tone = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  function paint(ctx, scene, ink, ground) {
    ctx.fillStyle = ground;
    ctx.fillRect(0, 0, ...size);
    const groups = new Map();
    for (const line of scene.lines) {
      const key = `${line[5] ? 1 : 0} ${line[4]}`;
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(line);
    }
    for (const [key, lines] of [...groups].sort()) {
      ctx.globalAlpha = key[0] === "1" ? 0.9 : scene.faint;
      ctx.strokeStyle = key[0] === "1" ? ink : "#767d85";
      ctx.lineWidth = lines[0][4];
      ctx.beginPath();
      for (const [ax, ay, bx, by] of lines) { ctx.moveTo(ax, ay); ctx.lineTo(bx, by); }
      ctx.stroke();
    }
    for (const [x, y, w, h, alpha, ring] of scene.boxes) {
      ctx.globalAlpha = alpha;
      ctx.fillStyle = "#2e8540";
      ctx.fillRect(x, y, w, h);
      if (ring) { ctx.globalAlpha = 1; ctx.strokeStyle = ink; ctx.lineWidth = 2; ctx.strokeRect(x, y, w, h); }
    }
    for (const [kind, x, y, r, alpha, ring] of scene.marks) {
      ctx.globalAlpha = alpha;
      shape(ctx, kind, x, y, r);
      ctx.fillStyle = kinds[kind].colour;
      ctx.fill();
      ctx.strokeStyle = ring ? ink : ground;
      ctx.lineWidth = ring || 1;
      ctx.stroke();
    }
    ctx.globalAlpha = 1;
    ctx.font = `12px ${font}`;
    for (const [x, y, text, anchor, turn] of scene.texts) {
      ctx.save();
      ctx.translate(x, y);
      ctx.rotate((turn * Math.PI) / 180);
      ctx.textAlign = anchor === "middle" ? "center" : anchor;
      ctx.lineWidth = 3;
      ctx.lineJoin = "round";
      ctx.strokeStyle = ground;
      ctx.strokeText(text, 0, 0);
      ctx.fillStyle = ink;
      ctx.fillText(text, 0, 0);
      ctx.restore();
    }
  }
  let scene = null, waiting = 0, resting = 0, still = null;
  const ratio = () => window.devicePixelRatio || 1;
  function draw(ink = tone("--ink"), ground = tone("--ground")) {
    if (canvas.clientWidth !== size[0] || canvas.clientHeight !== size[1]) fit();
    canvas.width = size[0] * ratio();
    canvas.height = size[1] * ratio();
    pen.setTransform(ratio(), 0, 0, ratio(), 0, 0);
    scene = scenes[view()]();
    paint(pen, scene, ink, ground);
    still = null;
  }
  function moved() {
    const large = view() === "net" && nodes.length + edges.length > LARGE;
    if (large) {  // what was drawn is moved at once; it is drawn anew when the hand rests
      if (!still) {
        still = { picture: document.createElement("canvas"), move: drawn };
        [still.picture.width, still.picture.height] = [canvas.width, canvas.height];
        still.picture.getContext("2d").drawImage(canvas, 0, 0);
      }
      const k = move.k / still.move.k;
      pen.setTransform(ratio(), 0, 0, ratio(), 0, 0);
      pen.fillStyle = tone("--ground");
      pen.fillRect(0, 0, ...size);
      pen.drawImage(still.picture, move.x - still.move.x * k, move.y - still.move.y * k, size[0] * k, size[1] * k);
      clearTimeout(resting);
      resting = setTimeout(() => { drawn = move; draw(); }, 120);
      return;
    }
    drawn = move;
    if (!waiting) waiting = requestAnimationFrame(() => { waiting = 0; draw(); });
  }
  let drawn = move;
  function element(tag, text, parent) {
    const made = document.createElement(tag);
    if (text) made.textContent = text;
    if (parent) parent.append(made);
    return made;
  }
  function press(text, parent, act) {
    const button = element("button", text, parent);
    button.type = "button";
    button.addEventListener("click", act);
    return button;
  }
  function go(number, parent) {
    press(nodes[number].n, parent, () => { choose(number); at("details").querySelector("h2").focus(); }).className = "go";
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
    const name = (number) => nodes[other(edges[number], state.one)].n;
    const near = [...mine].sort((a, b) => weight[b] - weight[a] || name(a).localeCompare(name(b))).slice(0, 16);
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
      put("path", { class: "tie", d: `M ${left ? 290 : 610} ${y} C ${bend} ${y}, ${bend} ${middle}, 450 ${middle}`, style: `stroke-width:${Math.min(8, Math.sqrt(weight[number]) * 1.5)}` });
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
    const acts = element("p", "", box), link = element("a", say.page, acts);
    link.href = data.root + me.p + data.ending;
    link.id = "page";
    acts.append(" ");
    press(state.kept.has(state.one) ? say.drop : say.keep, acts, () => { keep(state.one); at("keep").focus(); }).id = "keep";
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
  const listed = () => {
    const some = chosen();
    return edges.filter((edge, number) => live[number] && (!some.size || some.has(edge.a) || some.has(edge.b)));
  };
  function table() {
    const body = at("rows"), some = listed();
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
    const count = live.filter(Boolean).length;
    at("status").textContent = `${say.nodes} (${seen.size}), ${say.edges} (${count})`;
    at("offer").hidden = count <= MANY || state.view === "net" || chosen().size > 0;
    for (const button of document.querySelectorAll("[data-view]")) button.setAttribute("aria-pressed", String(button.dataset.view === view()));
    at("kept").replaceChildren(...[...state.kept].map((number) => press(`${nodes[number].l} ×`, null, () => keep(number))));
  }
  function address() {
    const kept = new URLSearchParams();
    if (state.one >= 0) kept.set("n", nodes[state.one].i);
    if (state.two >= 0) kept.set("to", nodes[state.two].i);
    if (state.tie >= 0) kept.set("tie", `${nodes[edges[state.tie].a].i} ${nodes[edges[state.tie].b].i}`);
    if (state.off.size) kept.set("without", [...state.off].map((k) => kinds[k].id).join("."));
    if (state.kept.size) kept.set("kept", [...state.kept].map((number) => nodes[number].i).join(" "));
    for (const key of ["mineral", "stage"]) if (state[key] >= 0) kept.set(key, data[`${key}s`][state[key]]);
    for (const key of ["from", "until", "view", "only"]) if (state[key] !== whole[key]) kept.set(key, state[key]);
    if (move.k !== 1 || move.x || move.y) {  // the point in the middle, in the layout's own measure
      const [x, y] = move.invert([size[0] / 2, size[1] / 2]);
      kept.set("zoom", [move.k, (x - size[0] / 2) / scale, (y - size[1] / 2) / scale].map((part) => Number(part.toFixed(3))).join(" "));
    }
    return `#${kept}`;
  }
  function refresh(step = true) {
    sift();
    if (state.tie >= 0 && !live[state.tie]) state.tie = -1;
    way = state.one >= 0 && state.two >= 0 ? path(state.one, state.two) : [];
    at("first").textContent = state.from;
    at("year").textContent = state.until;
    tree = d3.quadtree(order, (number) => spots[number][0], (number) => spots[number][1]);
    draw(); tell(); table();
    if (step !== null) history[step && address() !== location.hash ? "pushState" : "replaceState"](null, "", address());
  }
  function choose(number) {
    state.one = number;
    state.tie = -1;
    at("one").value = number < 0 ? "" : nodes[number].n;
    refresh();
  }
  function keep(number) {
    state.kept[state.kept.has(number) ? "delete" : "add"](number);
    refresh();
  }
  kinds.forEach((kind, number) => {
    const label = element("label", "", at("kinds")), tick = element("input", "", label);
    tick.type = "checkbox";
    tick.checked = true;
    tick.dataset.kind = number;
    const glyph = document.createElement("canvas");
    glyph.width = glyph.height = 18;
    glyph.style = "width:18px;height:18px;min-height:0;border:none;background:none";
    glyph.setAttribute("aria-hidden", "true");
    const ctx = glyph.getContext("2d");
    shape(ctx, number, 9, 9, 6.5);
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
  at("only").addEventListener("change", () => { state.only = at("only").value; sift(); enclose(); refresh(); });
  for (const key of ["from", "until"]) {
    const slider = at(key);
    slider.min = first; slider.max = last; slider.value = state[key];
    slider.parentElement.hidden = first >= last;
    slider.addEventListener("input", () => { state[key] = Number(slider.value); refresh(false); });
  }
  for (const button of document.querySelectorAll("[data-view]")) {
    button.addEventListener("click", () => { state.view = button.dataset.view; refresh(); });
  }

  // Search with choices.
  function combobox(id, take) {
    const input = at(id), list = at(`${id}-list`);
    let some = [], active = -1, asked = "";
    const close = () => { list.hidden = true; input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); active = -1; };
    const pick = (number) => { input.value = number < 0 ? "" : nodes[number].n; asked = input.value; close(); take(number); };
    const mark = () => [...list.children].forEach((item, place) => {
      item.setAttribute("aria-selected", String(place === active));
      if (place === active) { input.setAttribute("aria-activedescendant", item.id); item.scrollIntoView({ block: "nearest" }); }
    });
    const offer = () => {
      some = matches(input.value).slice(0, 12);
      list.replaceChildren(...some.map((number, place) => {
        const item = element("li", "");
        element("span", nodes[number].n, item);
        if (nodes[number].l !== nodes[number].n) item.append(` (${nodes[number].l})`);
        element("small", ` ${nodes[number].t}, ${ties[number].length}`, item);
        item.id = `${id}-${place}`;
        item.setAttribute("role", "option");
        item.addEventListener("pointerdown", (event) => { event.preventDefault(); pick(number); });
        return item;
      }));
      list.hidden = !some.length;
      input.setAttribute("aria-expanded", String(!!some.length));
      active = -1;
    };
    input.addEventListener("input", offer);
    input.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        event.preventDefault();
        if (list.hidden) offer();
        active = (active + (event.key === "ArrowDown" ? 1 : some.length || 1) + (active < 0 && event.key === "ArrowUp" ? 1 : 0)) % (some.length || 1);
        if (event.key === "ArrowUp" && active < 0) active = some.length - 1;
        mark();
      } else if (event.key === "Enter") {
        event.preventDefault();
        pick(active >= 0 ? some[active] : matches(input.value)[0] ?? -1);
      } else if (event.key === "Escape") close();
    });
    input.addEventListener("focus", () => { asked = input.value; });
    input.addEventListener("blur", () => { if (input.value !== asked) pick(matches(input.value)[0] ?? -1); close(); });
  }
  combobox("one", choose);
  combobox("two", (number) => { state.two = number; refresh(); });
  at("controls").addEventListener("submit", (event) => event.preventDefault());
  at("more").addEventListener("click", () => { all = true; table(); });

  // Zoom to the pointer by wheel and pinch, drag; the buttons and keys do the same.
  const zoom = d3.zoom().scaleExtent([0.5, 60]).clickDistance(5)
    .on("zoom", (event) => { move = event.transform; moved(); })
    .on("end", (event) => { if (event.sourceEvent) history.replaceState(null, "", address()); });
  const surface = d3.select(canvas).call(zoom).on("dblclick.zoom", null);
  const by = (factor) => { surface.call(zoom.scaleBy, factor); history.replaceState(null, "", address()); };
  at("in").addEventListener("click", () => by(1.5));
  at("out").addEventListener("click", () => by(1 / 1.5));
  function enclose() {  // zoom to what is left, or to the whole
    const some = state.only ? [...seen].map((number) => spots[number]) : [];
    if (!some.length) return surface.call(zoom.transform, d3.zoomIdentity);
    const [[left, right], [top, bottom]] = [0, 1].map((axis) => [some.reduce((least, spot) => Math.min(least, spot[axis]), Infinity), some.reduce((most, spot) => Math.max(most, spot[axis]), -Infinity)]);
    const k = Math.max(1, Math.min(8, (size[0] - 120) / (right - left || 1), (size[1] - 100) / (bottom - top || 1)));
    return surface.call(zoom.transform, d3.zoomIdentity.translate(size[0] / 2, size[1] / 2).scale(k).translate(-(left + right) / 2, -(top + bottom) / 2));
  }
  function restore(step) {
    document.querySelectorAll("#kinds input").forEach((tick) => { tick.checked = !state.off.has(Number(tick.dataset.kind)); });
    for (const key of ["mineral", "stage", "from", "until", "only"]) at(key).value = state[key];
    at("one").value = state.one < 0 ? "" : nodes[state.one].n;
    at("two").value = state.two < 0 ? "" : nodes[state.two].n;
    refresh(step);
  }
  at("reset").addEventListener("click", () => {
    Object.assign(state, whole, { one: -1, off: new Set(), kept: new Set() });
    surface.call(zoom.transform, d3.zoomIdentity);
    restore(true);
  });

  // Under the pointer.
  const spot = (event) => { const area = canvas.getBoundingClientRect(); return [event.clientX - area.left, event.clientY - area.top]; };
  const under = ([x, y]) => {
    const [px, py] = move.invert([x, y]), found = tree.find(px, py, 14 / move.k + 2);
    return found === undefined ? -1 : found;
  };
  const segment = (x, y, ax, ay, bx, by) => {
    const dx = bx - ax, dy = by - ay, along = Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)));
    return (ax + along * dx - x) ** 2 + (ay + along * dy - y) ** 2;
  };
  const line = ([x, y]) => {
    let best = -1, least = 36;
    edges.forEach((edge, number) => {
      if (!live[number]) return;
      const far = segment(x, y, ...place(edge.a), ...place(edge.b));
      if (far < least) [best, least] = [number, far];
    });
    return best;
  };
  function tap(event) {
    const [x, y] = spot(event);
    if (view() === "matrix") {
      const cell = scene.cells.find(([cx, cy, half]) => Math.abs(cx - x) < half && Math.abs(cy - y) < half);
      state.one = -1;
      state.tie = cell ? cell[3] : -1;
      return refresh();
    }
    if (view() === "kinds") {
      const group = scene.groups.find(([gx, gy, r]) => Math.hypot(gx - x, gy - y) < r + 4);
      const bundle = scene.bundles.find(([ax, ay, bx, by, a, b]) => a !== b && segment(x, y, ax, ay, bx, by) < 80);
      const pair = group ? [group[3], group[3]] : bundle ? bundle.slice(4) : null;
      if (!pair) return;
      state.off = new Set(kinds.map((_, k) => k).filter((k) => !pair.includes(k)));
      state.view = "net";
      return restore(true);
    }
    const number = under([x, y]);
    if (number >= 0 && event.shiftKey) return keep(number);
    if (number < 0) {
      state.one = -1;
      at("one").value = "";
      state.tie = line([x, y]);
      return refresh();
    }
    choose(number);
  }
  canvas.addEventListener("click", tap);
  function point(number) {
    if (number === hover) return;
    hover = number;
    canvas.style.cursor = number < 0 ? "" : "pointer";
    at("focus").textContent = number < 0 ? "" : `${nodes[number].n}, ${nodes[number].t}, ${say.ties} ${ties[number].filter((tie) => live[tie]).length}`;
    if (nodes.length + edges.length <= LARGE || document.activeElement === canvas) draw();
  }
  canvas.addEventListener("pointermove", (event) => { if (view() === "net" && !event.buttons) point(under(spot(event))); });
  canvas.addEventListener("pointerleave", () => point(-1));
  canvas.addEventListener("keydown", (event) => {
    const turn = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const from = hover >= 0 ? hover : state.one;
    if (turn && event.shiftKey) surface.call(zoom.translateBy, (-60 * turn[0]) / move.k, (-60 * turn[1]) / move.k);
    else if (turn) {  // to whoever is next in that direction
      const [x, y] = from >= 0 ? spots[from] : move.invert([size[0] / 2, size[1] / 2]);
      let best = -1, least = Infinity;
      for (const number of order) {
        if (number === from || !seen.has(number)) continue;
        const dx = spots[number][0] - x, dy = spots[number][1] - y, along = dx * turn[0] + dy * turn[1], beside = Math.abs(dx * turn[1]) + Math.abs(dy * turn[0]);
        if (along > 0 && along + 2 * beside < least) [best, least] = [number, along + 2 * beside];
      }
      if (best >= 0) {
        if (view() !== "net") { state.view = "net"; refresh(); }
        point(best);
        const [sx, sy] = place(best);
        if (sx < 20 || sy < 20 || sx > size[0] - 20 || sy > size[1] - 20) surface.call(zoom.translateTo, ...spots[best]);
      }
    } else if (event.key === "Enter" && hover >= 0) choose(hover);
    else if (event.key === "Escape") { point(-1); choose(-1); }
    else if (event.key === "+" || event.key === "=") by(1.5);
    else if (event.key === "-") by(1 / 1.5);
    else if (event.key === "0") { surface.call(zoom.transform, d3.zoomIdentity); history.replaceState(null, "", address()); }
    else return;
    event.preventDefault();
  });

  // Files of what is seen, with title, legend and note, as they may be pasted elsewhere.
  const legend = () => kinds.map((kind, number) => [kind, number]).filter(([, number]) => !state.off.has(number));
  function note(width) {
    const lines = [], cuts = ["mineral", "stage"].filter((key) => state[key] >= 0).map((key) => data[`${key}s`][state[key]]);
    if (state.from !== first || state.until !== last) cuts.push(`${state.from}–${state.until}`);
    if (chosen().size) cuts.push([...chosen()].map((number) => nodes[number].n).join(", "));
    pen.font = `12px ${font}`;
    for (const word of `${[at("status").textContent, ...cuts].join("; ")}. ${data.tie} ${at("note").textContent}`.split(/\s+/)) {
      const text = `${lines.at(-1) || ""} ${word}`.trim();
      if (lines.length && pen.measureText(text).width < width - 20) lines.splice(-1, 1, text);
      else lines.push(word);
    }
    return lines;
  }
  function png() {
    const made = document.createElement("canvas"), ctx = made.getContext("2d"), [w, h] = size, lines = note(w), rows = legend();
    made.width = w * ratio();
    made.height = (h + 60 + 20 * rows.length + 16 * lines.length + 20) * ratio();
    ctx.scale(ratio(), ratio());
    ctx.fillStyle = "#ffffff";
    ctx.fillRect(0, 0, w, made.height);
    ctx.save();
    ctx.translate(0, 50);
    ctx.beginPath();
    ctx.rect(0, 0, w, h);
    ctx.clip();
    paint(ctx, scenes[view()](), "#1b1b1b", "#ffffff");
    ctx.restore();
    const write = (text, x, y, size) => { ctx.font = `${size} ${font}`; ctx.fillStyle = "#1b1b1b"; ctx.fillText(text, x, y, w - x); };
    write(document.querySelector("h1").textContent, 10, 30, "bold 18px");
    rows.forEach(([kind, number], row) => {
      shape(ctx, number, 18, h + 66 + 20 * row, 6);
      ctx.fillStyle = kind.colour;
      ctx.fill();
      write(kind.name, 32, h + 70 + 20 * row, "12px");
    });
    lines.forEach((text, row) => write(text, 10, h + 76 + 20 * rows.length + 16 * row, "12px"));
    return made.toDataURL("image/png");
  }
  function svg() {
    const now = scenes[view()](), [w, h] = size, rows = legend(), lines = note(w), high = h + 80 + 20 * rows.length + 16 * lines.length;
    const safe = (text) => String(text).replace(/[&<>"]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign]).replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, "");
    const n = (value) => Number(value.toFixed(1));
    const mark = ([k, x, y, r, alpha, ring]) => (kinds[k].corners.length
      ? `<polygon points="${kinds[k].corners.map(([dx, dy]) => `${n(x + r * dx)},${n(y + r * dy)}`).join(" ")}"`
      : `<circle cx="${n(x)}" cy="${n(y)}" r="${n(r)}"`) + ` fill="${kinds[k].colour}" opacity="${alpha}" stroke="${ring ? "#1b1b1b" : "#ffffff"}"/>`;
    const write = (x, y, text, more = "") => `<text x="${n(x)}" y="${n(y)}"${more}>${safe(text)}</text>`;
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${w} ${high}" font-family="DejaVu Sans, Noto Sans, sans-serif" font-size="12" fill="#1b1b1b">`,
      `<rect width="${w}" height="${high}" fill="#ffffff"/>`,
      write(10, 30, document.querySelector("h1").textContent, ' font-size="18" font-weight="bold"'),
      `<svg y="50" width="${w}" height="${h}">`,
      ...now.lines.map(([ax, ay, bx, by, wide, strong]) => `<path d="M ${n(ax)} ${n(ay)} L ${n(bx)} ${n(by)}" stroke="${strong ? "#1b1b1b" : "#767d85"}" stroke-opacity="${strong ? 0.9 : n(now.faint)}" stroke-width="${n(wide)}"/>`),
      ...now.boxes.map(([x, y, wide, tall, alpha]) => `<rect x="${n(x)}" y="${n(y)}" width="${n(wide)}" height="${n(tall)}" fill="#2e8540" opacity="${n(alpha)}"/>`),
      ...now.marks.map(mark),
      ...now.texts.map(([x, y, text, anchor, turn]) => write(x, y, text, ` text-anchor="${anchor}" stroke="#ffffff" stroke-width="3" paint-order="stroke"${turn ? ` transform="rotate(${turn} ${n(x)} ${n(y)})"` : ""}`)),
      "</svg>",
      ...rows.map(([kind, number], row) => mark([number, 18, h + 66 + 20 * row, 6, 1, 0]) + write(32, h + 70 + 20 * row, kind.name)),
      ...lines.map((text, row) => write(10, h + 76 + 20 * rows.length + 16 * row, text)),
      "</svg>",
    ].join("\n");
  }
  function csv() {
    const quote = (text) => {
      const safe = /^'*[=+\-@\t\r＝＋－＠]/.test(text) ? `'${text}` : text;
      return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
    };
    const rows = listed().flatMap((edge) => edge.r.filter(holds).map((reason) => [
      nodes[edge.a].n, data.base + nodes[edge.a].p, nodes[edge.b].n, data.base + nodes[edge.b].p, data.via[reason[0]], reason[1],
      reason[2].map((number) => sources[number].u || sources[number].t).join(" | "),
    ]));
    return [["from", "from_iri", "to", "to_iri", "through", "dated", "sources"], ...rows].map((row) => `${row.map(quote).join(",")}\n`).join("");
  }
  const save = (ending, make) => {
    const link = document.createElement("a"), made = make();
    link.download = `network.${ending}`;
    link.href = made.startsWith("data:") ? made : URL.createObjectURL(new Blob([made], { type: ending === "svg" ? "image/svg+xml" : "text/csv" }));
    link.click();
    if (!made.startsWith("data:")) setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  for (const [ending, make] of Object.entries({ png, svg, csv })) at(`save-${ending}`).addEventListener("click", () => save(ending, make));

  // From the address: at the beginning, and when a reader goes back.
  function read() {
    const kept = new URLSearchParams(location.hash.slice(1));
    const named = (key) => nodes.findIndex((node) => node.i === kept.get(key));
    Object.assign(state, whole, { off: new Set(), kept: new Set() });
    state.one = kept.has("n") ? named("n") : -1;
    state.two = kept.has("to") ? named("to") : -1;
    for (const id of (kept.get("without") || "").split(".")) {
      const k = kinds.findIndex((kind) => kind.id === id);
      if (k >= 0) state.off.add(k);
    }
    for (const id of (kept.get("kept") || "").split(" ")) {
      const number = nodes.findIndex((node) => node.i === id);
      if (number >= 0) state.kept.add(number);
    }
    for (const key of ["mineral", "stage"]) state[key] = kept.has(key) ? data[`${key}s`].indexOf(kept.get(key)) : -1;
    for (const key of ["from", "until"]) if (kept.has(key)) state[key] = Number(kept.get(key)) || whole[key];
    if (["net", "matrix", "kinds"].includes(kept.get("view"))) state.view = kept.get("view");
    if (["ego", "between"].includes(kept.get("only"))) state.only = kept.get("only");
    if (kept.has("tie")) state.tie = edges.findIndex((edge) => `${nodes[edge.a].i} ${nodes[edge.b].i}` === kept.get("tie"));
    const [k, x, y] = (kept.get("zoom") || "1 0 0").split(" ").map(Number);
    if (k > 0 && Number.isFinite(x) && Number.isFinite(y)) {
      surface.call(zoom.transform, d3.zoomIdentity.translate(size[0] / 2, size[1] / 2).scale(k).translate(-size[0] / 2 - x * scale, -size[1] / 2 - y * scale));
    }
  }
  sift();
  fit();
  read();
  restore(false);
  const again = () => { if (location.hash !== address()) { read(); restore(null); } };
  addEventListener("popstate", again);
  addEventListener("resize", () => { fit(); draw(); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => draw());
  addEventListener("beforeprint", () => draw("#1b1b1b", "#ffffff"));
  addEventListener("afterprint", () => draw());
  window.cmgraphReady = performance.now();
})();
