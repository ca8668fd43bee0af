"use strict";
// Copies what is to be copied. Tables: rows beyond the first ones are folded away until asked for, or until the address points at one of them.
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
