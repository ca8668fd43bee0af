"use strict";
// A drawing to work in: what is under the pointer or the keys is said and lit, a click shows its sources, words filter, buttons enlarge.
(function () {
  const drawing = document.querySelector(".drawing"), said = document.getElementById("said"), tip = document.getElementById("tip");
  const words = document.getElementById("words"), count = document.getElementById("count"), say = document.body.dataset;
  const drawings = [...drawing.querySelectorAll(":scope > svg")];
  let wide = 1, marks = [], here = null;
  const text = (mark) => (mark.dataset.says ||= [...mark.querySelectorAll("title")].map((title) => title.textContent).join("; "));
  const label = (mark) => {  // what is written on a mark comes first in its name
    const written = [...mark.querySelectorAll("text")].flatMap((some) => [...some.childNodes].filter((part) => part.nodeName !== "title"));
    return [written.map((part) => part.textContent).join("").trim(), text(mark)].filter(Boolean).join(", ");
  };
  const fold = (some) => some.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "");
  const shown = () => drawings.find((svg) => !svg.hidden && svg.style.display !== "none") || drawings[0];
  const open = () => marks.filter((mark) => !mark.classList.contains("off"));

  function light(mark) {
    if (here) here.classList.remove("lit");
    here = mark;
    for (const line of shown().querySelectorAll(".line")) {
      line.classList.toggle("lit", !!mark && ((line.dataset.row !== undefined && line.dataset.row === mark.dataset.row) || (line.dataset.column !== undefined && line.dataset.column === mark.dataset.column)));
    }
    tip.hidden = !mark;
    if (!mark) return;
    mark.classList.add("lit");
    tip.textContent = text(mark);
    const area = mark.getBoundingClientRect();
    tip.style.left = `${Math.max(8, Math.min(innerWidth - tip.offsetWidth - 8, area.left + Math.min(area.width, 40)))}px`;
    tip.style.top = `${area.bottom + 8 + tip.offsetHeight < innerHeight ? area.bottom + 8 : Math.max(8, area.top - tip.offsetHeight - 8)}px`;
  }
  function tell(mark) {
    const list = document.createElement("ol");
    for (const number of (mark.dataset.cites || "").split(" ").filter(Boolean)) {
      const source = document.getElementById(`source-${number}`), item = document.createElement("li");
      item.value = Number(number);
      if (source) item.append(...[...source.childNodes].map((node) => node.cloneNode(true)));
      list.append(item);
    }
    const told = document.createElement("p"), page = mark.getAttribute("href");
    told.append(page ? Object.assign(document.createElement("a"), { href: page, textContent: text(mark) }) : text(mark));
    said.replaceChildren(told, list);
  }
  function enter(mark) {  // one stop for the Tab key; arrows go on from there
    for (const other of marks) other.tabIndex = other === mark ? 0 : -1;
    mark.focus();
  }
  function draw() {
    const svg = shown();
    marks = [...svg.querySelectorAll(".mark")];
    marks.forEach((mark, place) => {
      mark.tabIndex = place ? -1 : 0;
      mark.setAttribute("role", "button");
      mark.setAttribute("aria-label", label(mark));
    });
    filter();
  }
  function filter() {
    const wanted = fold(words.value).split(/\s+/).filter(Boolean), fits = (some) => wanted.every((word) => fold(some).includes(word));
    for (const mark of marks) mark.classList.toggle("off", !fits(text(mark)));
    let rows = 0;
    for (const row of document.querySelectorAll("#table-rows > tr")) {
      row.hidden = !fits(row.textContent);
      rows += !row.hidden;
    }
    count.textContent = wanted.length ? `${rows} ${say.rows}` : "";
    const state = new URLSearchParams({ ...(wanted.length && { q: words.value }), ...(wide !== 1 && { zoom: wide }) });
    history.replaceState(null, "", `#${state}`);
  }
  function enlarge(by) {
    const before = drawing.scrollWidth, middle = drawing.scrollLeft + drawing.clientWidth / 2;
    if (drawings.length > 1) {
      const place = drawings.indexOf(shown()) + (by > 1 ? 1 : -1);
      if (!drawings[place]) return;
      drawings.forEach((svg, number) => { svg.style.display = number === place ? "block" : "none"; });
      wide = Number(drawings[place].dataset.zoom);
      drawings[place].style.width = `${wide * 100}%`;
    } else {
      wide = Math.max(1, Math.min(8, wide * by));
      drawings[0].style.width = wide === 1 ? "" : `${wide * 100}%`;
    }
    drawings.forEach((svg) => { svg.style.maxWidth = wide === 1 ? "" : "none"; });
    drawing.scrollLeft = (middle * drawing.scrollWidth) / before - drawing.clientWidth / 2;
    draw();
  }
  document.getElementById("larger").addEventListener("click", () => enlarge(2));
  document.getElementById("smaller").addEventListener("click", () => enlarge(0.5));
  words.addEventListener("input", filter);
  drawing.addEventListener("pointerover", (event) => light(event.target.closest(".mark")));
  drawing.addEventListener("pointerleave", () => light(null));
  drawing.addEventListener("focusin", (event) => { if (event.target.closest(".mark")) light(event.target.closest(".mark")); });
  drawing.addEventListener("focusout", () => light(null));
  drawing.addEventListener("click", (event) => {
    const mark = event.target.closest(".mark");
    if (mark) { event.preventDefault(); enter(mark); tell(mark); }  // what it leads to is in what is told
  });
  drawing.addEventListener("keydown", (event) => {
    const mark = event.target.closest(".mark"), some = open(), place = some.indexOf(mark);
    if (!mark) return;
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -place, End: some.length - 1 - place }[event.key];
    if (step !== undefined) enter(some[(place + step + some.length) % some.length]);
    else if (event.key === "Enter" || event.key === " ") tell(mark);
    else if (event.key === "Escape") light(null);
    else return;
    event.preventDefault();
  });
  addEventListener("scroll", () => { if (here && document.activeElement !== here) light(null); }, { passive: true });
  document.getElementById("tools").hidden = !drawing.querySelector(".mark");
  const kept = new URLSearchParams(location.hash.slice(1));
  words.value = kept.get("q") || "";
  draw();
  for (let tries = 0; tries < 4 && wide < Number(kept.get("zoom") || 1); tries++) enlarge(2);
})();
