"use strict";
// Tables: rows beyond the first ones are folded away until asked for, or until the address points at one of them.
(function () {
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
