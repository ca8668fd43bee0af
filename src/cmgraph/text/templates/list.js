"use strict";
// A list: sorted by a click on a heading, filtered by words and by column, kept in the address, saved as CSV.
(function () {
  const table = document.getElementById("list"), tools = document.getElementById("tools");
  const body = table.tBodies[0], heads = [...table.tHead.rows[0].cells], say = tools.dataset;
  const rows = [...body.rows], most = 250;
  const fold = (text) =>
    text.toLowerCase().replace(/[łøđħŧı]/g, (c) => ({ ł: "l", ø: "o", đ: "d", ħ: "h", ŧ: "t", ı: "i" })[c])
      .normalize("NFKD").replace(/\p{M}/gu, "");
  const texts = rows.map((row) => [...row.cells].map((cell) => cell.textContent));
  const folded = texts.map((cells) => fold(cells.join(" ")));
  const lang = document.documentElement.lang;
  const compare = new Intl.Collator(lang, { numeric: true }).compare;
  const make = (name, properties) => Object.assign(document.createElement(name), properties);
  const words = make("input", { type: "search", id: "words", autocomplete: "off" });
  const count = make("p", { id: "shown" });
  const selects = new Map();
  let sorted = "", down = false;

  function labelled(text, control) {
    const label = make("label", { textContent: text });
    label.htmlFor = control.id;
    const box = make("p", {});
    box.append(label, control);
    tools.append(box);
  }

  function shown() {
    const wanted = fold(words.value).split(/\s+/).filter(Boolean);
    return rows.map((_, n) => n).filter((n) =>
      wanted.every((word) => folded[n].includes(word)) &&
      [...selects].every(([at, select]) => !select.value || texts[n][at].split(say.mark).includes(select.value)));
  }

  function show() {
    const hits = new Set(shown());
    rows.forEach((row, n) => { row.hidden = !hits.has(n); });
    count.textContent = `${hits.size.toLocaleString(lang)} ${say.shown} ${rows.length.toLocaleString(lang)}`;
  }

  function sort() {
    const at = heads.findIndex((head) => head.dataset.key === sorted);
    heads.forEach((head, n) => head.setAttribute("aria-sort", n !== at ? "none" : down ? "descending" : "ascending"));
    const order = rows.map((_, n) => n);
    if (at >= 0) order.sort((a, b) => {
      const [one, other] = [texts[a][at], texts[b][at]];
      return !one || !other ? !one - !other || a - b : compare(one, other) * (down ? -1 : 1) || a - b;
    });
    body.append(...order.map((n) => rows[n]));
  }

  function keep() {
    const state = new URLSearchParams();
    if (words.value) state.set("q", words.value);
    for (const [at, select] of selects) if (select.value) state.set(heads[at].dataset.key, select.value);
    if (sorted) state.set("sort", (down ? "-" : "") + sorted);
    history.replaceState(null, "", `#${state}`);
  }

  function restore() {
    const state = new URLSearchParams(location.hash.slice(1));
    words.value = state.get("q") || "";
    for (const [at, select] of selects) select.value = state.get(heads[at].dataset.key) || "";
    const by = state.get("sort") || "";
    down = by.startsWith("-");
    sorted = by.replace(/^-/, "");
    sort();
    show();
  }

  function save() {
    const quote = (text) => {
      const safe = /^'*[=+\-@\t\r＝＋－＠]/.test(text) ? `'${text}` : text;
      return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
    };
    const address = document.querySelector("link[rel=canonical]").href;
    const kept = new Set(shown());
    const lines = [[...heads.map((head) => head.textContent), "page"]];
    for (const row of body.rows) {
      const n = rows.indexOf(row);
      if (kept.has(n)) lines.push([...texts[n], new URL(row.querySelector("a").getAttribute("href"), address).href]);
    }
    const text = lines.map((line) => line.map(quote).join(",") + "\n").join("");
    const link = make("a", { download: `${say.name}.csv`, href: URL.createObjectURL(new Blob([text], { type: "text/csv" })) });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  labelled(say.filter, words);
  heads.forEach((head, at) => {
    const values = [...new Set(texts.flatMap((cells) => cells[at].split(say.mark)))].filter(Boolean).sort(compare);
    if (at && !head.classList.contains("number") && head.dataset.key !== "date" && values.length > 1 && values.length <= most) {
      const select = make("select", { id: `only-${head.dataset.key}` });
      select.append(new Option(say.all, ""), ...values.map((value) => new Option(value)));
      select.addEventListener("change", () => { show(); keep(); });
      selects.set(at, select);
      labelled(head.textContent, select);
    }
    const button = make("button", { type: "button", textContent: head.textContent });
    button.addEventListener("click", () => {
      down = sorted === head.dataset.key && !down;
      sorted = head.dataset.key;
      sort();
      keep();
    });
    head.replaceChildren(button);
  });
  const csv = make("button", { type: "button", id: "csv", textContent: say.csv });
  csv.addEventListener("click", save);
  count.setAttribute("role", "status");
  tools.append(csv, count);
  tools.hidden = false;
  words.addEventListener("input", () => { show(); keep(); });
  addEventListener("hashchange", restore);
  restore();
})();
