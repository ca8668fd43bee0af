"use strict";
// Search by name, from disk too: the names come as a script, fetched when somebody begins to type.
(function () {
  const box = document.getElementById("search"), input = document.getElementById("name");
  const list = document.getElementById("found"), count = document.getElementById("count");
  const root = document.body.dataset.root;
  let asked = false;
  box.hidden = false;
  const fold = (text) =>
    text.toLowerCase().replace(/[łøđħŧıʔʼ’‘`']/g, (c) => ({ ł: "l", ø: "o", đ: "d", ħ: "h", ŧ: "t", ı: "i" })[c] || "")
      .normalize("NFKD").replace(/\p{M}/gu, "").replace(/[^\p{L}\p{N}]+/gu, " ").trim();
  function rate(words, whole, name) {
    if (name === whole) return 4;
    if (name.startsWith(whole)) return 3;
    const tokens = name.split(" ");
    if (words.every((word) => tokens.some((token) => token.startsWith(word)))) return 2;
    return name.includes(whole) ? 1 : 0;
  }
  function show() {
    const whole = fold(input.value), words = whole.split(" ");
    list.replaceChildren();
    count.textContent = "";
    if (!whole || !window.cmgraphNames) return;
    const hits = [];
    for (const entry of window.cmgraphNames) {
      entry.folded = entry.folded || entry.n.map(fold);
      const best = Math.max(...entry.folded.map((name) => rate(words, whole, name)));
      if (best) hits.push([best, entry]);
    }
    hits.sort((a, b) => b[0] - a[0] || a[1].n[0].length - b[1].n[0].length);
    count.textContent = hits.length ? `${hits.length} ${box.dataset.found}` : box.dataset.none;
    for (const [, entry] of hits.slice(0, 20)) {
      const item = document.createElement("li"), link = document.createElement("a");
      link.href = root + entry.p;
      link.textContent = entry.n[0];
      item.append(link, ` (${entry.k})`);
      list.append(item);
    }
  }
  function load() {
    if (asked) return;
    asked = true;
    const script = document.createElement("script");
    script.src = root + document.body.dataset.names;
    script.onload = show;
    document.head.append(script);
  }
  input.addEventListener("focus", load);
  input.addEventListener("input", () => { load(); show(); });
})();
