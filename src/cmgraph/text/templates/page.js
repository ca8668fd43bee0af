"use strict";
// Copies what is to be copied. What is folded away, and rows of tables beyond the first ones, open when asked for, or when the address
// points at something in them. A drawing wider than its window shows its middle.
(function () {
  for (const text of document.querySelectorAll("[data-copy]")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text.dataset.copy;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(text.textContent.replace(/\s+/g, " ").trim());
      button.textContent = text.dataset.copied;
    });
    if (navigator.clipboard) text.after(" ", button);
  }
  const unfold = () => {
    const place = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const folded = place && place.closest("details:not([open])");
    if (!folded) return;
    folded.open = true;
    place.scrollIntoView();
  };
  addEventListener("hashchange", unfold);
  unfold();
  for (const picture of document.querySelectorAll(".picture")) {
    const middle = picture.querySelector("rect.me");
    if (!middle) continue;
    const { left, width } = middle.getBoundingClientRect(), window = picture.getBoundingClientRect();
    picture.scrollLeft += left + width / 2 - window.left - window.width / 2;
  }
  for (const rest of document.querySelectorAll("tbody.rest")) {
    const button = document.createElement("button"), table = rest.closest("table");
    const show = (all) => {
      rest.hidden = !all;
      button.textContent = all ? rest.dataset.few : rest.dataset.all;
      button.setAttribute("aria-expanded", String(all));
    };
    const pointed = () => {
      const place = document.getElementById(decodeURIComponent(location.hash.slice(1)));
      if (place && rest.contains(place)) {
        show(true);
        place.scrollIntoView();
      }
    };
    button.type = "button";
    button.addEventListener("click", () => show(rest.hidden));
    table.parentElement.after(button);
    show(false);
    addEventListener("hashchange", pointed);
    addEventListener("beforeprint", () => show(true));
    pointed();
  }
})();
