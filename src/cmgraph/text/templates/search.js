"use strict";
// Search by name, from disk too: names and MiniSearch come as scripts, fetched when somebody begins to type.
(function () {
  const form = document.getElementById("search"), input = document.getElementById("name");
  const page = document.getElementById("results"), list = page || document.getElementById("found");
  const count = document.getElementById("count"), say = form.dataset, root = document.body.dataset.root;
  const most = page ? 300 : 12;
  const idle = new Set("a an and at by for in of on the to with à au aux avec d dans de des du en et l la le les par pour sur".split(" "));
  const weights = [
    ["id/agent/", 3], ["id/arrangement/", 3], ["vocab/mineral/", 4], ["id/place/", 2], ["id/project/", 2], ["vocab/list/", 1.5],
    ["queries/", 1.2], ["id/event/", 1.2], ["id/source/", 0.8], ["vocab/", 0.5],
  ];
  let asked = false, index = null;
  form.hidden = false;
  const fold = (text) =>
    text.toLowerCase().replace(/(?<!\p{L})((?:\p{L}\.){2,})/gu, (letters) => letters.replaceAll(".", ""))
      .replace(/[łøđħŧıʔʼ’‘`']/g, (c) => ({ ł: "l", ø: "o", đ: "d", ħ: "h", ŧ: "t", ı: "i" })[c] || "")
      .normalize("NFKD").replace(/\p{M}/gu, "").replace(/[^\p{L}\p{N}]+/gu, " ").trim();

  function build() {
    const made = new window.MiniSearch({
      fields: ["n", "c", "k", "x"],
      extractField: (entry, field) => field === "id" ? entry.id : [entry[field] || ""].flat().join(" "),
      tokenize: (text) => fold(text).split(" "),
      processTerm: (term) => (term && !idle.has(term) ? term : null),
    });
    window.cmgraphNames.forEach((entry, id) => {
      entry.id = id;
      entry.folded = [...entry.n, ...(entry.c || [])].map(fold);
      entry.weight = (weights.find(([start]) => entry.p.startsWith(start)) || ["", 1])[1];
    });
    made.addAll(window.cmgraphNames);
    return made;
  }

  function find(text) {
    const whole = fold(text), names = window.cmgraphNames;
    const options = {
      boost: { n: 4, c: 4, x: 1, k: 0.5 },
      boostDocument: (id) => names[id].weight,
      fuzzy: (term) => (term.length > 3 ? 0.2 : false),
      maxFuzzy: 2,
      prefix: (term) => term.length > 1,
    };
    const all = new Map(index.search(text, { ...options, combineWith: "AND" }).map((hit) => [hit.id, hit]));
    const few = all.size < 5 ? index.search(text, { ...options, combineWith: "OR" }) : [];
    const hits = [...all.values(), ...few.filter((hit) => !all.has(hit.id))];
    const rank = ({ id }) => // an exact name first, but for words of a vocabulary; then what has all the words
      names[id].weight >= 1 && names[id].folded.includes(whole) ? 1 + names[id].weight : all.has(id) ? 1 : 0;
    return hits.sort((a, b) => rank(b) - rank(a) || b.score - a.score || a.id - b.id).map((hit) => names[hit.id]);
  }

  function show() {
    list.replaceChildren();
    count.textContent = "";
    if (!fold(input.value) || !window.cmgraphNames || !window.MiniSearch) return;
    index = index || build();
    const hits = find(input.value);
    count.textContent = hits.length ? `${hits.length} ${say.found}` : say.none;
    const add = (href, text, kind) => {
      const item = document.createElement("li"), link = document.createElement("a");
      link.href = href;
      link.textContent = text;
      item.append(link, kind ? ` (${kind})` : "");
      list.append(item);
    };
    for (const entry of hits.slice(0, most)) add(root + entry.p, entry.n[0], entry.k);
    if (!page && hits.length > most) add(address(), say.all, "");
  }

  const address = () => `${root}${say.page}#${new URLSearchParams({ q: input.value })}`;

  function load() {
    if (asked) return;
    asked = true;
    for (const path of [document.body.dataset.names, "assets/minisearch.js"]) {
      const script = document.createElement("script");
      script.src = root + path;
      script.onload = show;
      document.head.append(script);
    }
  }

  function restore() {
    const query = new URLSearchParams(location.hash.slice(1)).get("q") || new URLSearchParams(location.search).get("q");
    if (query === null || query === input.value) return;
    input.value = query;
    load();
    show();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    location.href = address();
  });
  form.addEventListener("keydown", (event) => {
    const stops = [input, ...list.querySelectorAll("a")], at = stops.indexOf(document.activeElement);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Escape: 0 }[event.key];
    if (next === undefined || !stops[next]) return;
    event.preventDefault();
    stops[next].focus();
  });
  input.addEventListener("focus", load);
  input.addEventListener("input", () => {
    load();
    if (page) history.replaceState(null, "", `#${new URLSearchParams({ q: input.value })}`);
    show();
  });
  if (page) {
    addEventListener("hashchange", restore);
    restore();
  }
})();
