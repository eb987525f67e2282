// Starts the components of NHS.UK frontend; without it every page still works.
import { initAll } from "./built/nhsuk-frontend.min.js";

document.body.classList.add("js-enabled", "nhsuk-frontend-supported");
initAll();

// On a narrow screen a filter bar that narrows nothing starts closed.
if (window.matchMedia("(max-width: 40em)").matches) {
  for (const filters of document.querySelectorAll("details.hcqic-filters:not([data-active])")) {
    filters.open = false;
  }
}
