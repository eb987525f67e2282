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

// A file that the centre would not take is named before it is sent, so that nothing typed beside it is lost.
function sayTooLarge(input, largest) {
  const group = input.closest(".nhsuk-form-group");
  const said = `${input.id}-too-large`;
  document.getElementById(said)?.remove();
  const file = [...input.files].find((one) => one.size > largest);
  const described = (input.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => id && id !== said);
  input.setAttribute("aria-describedby", [...described, ...(file ? [said] : [])].join(" "));
  group?.classList.toggle("nhsuk-form-group--error", Boolean(file));
  if (!file) {
    return false;
  }
  const message = document.createElement("p");
  message.id = said;
  message.className = "nhsuk-error-message";
  message.setAttribute("role", "alert");
  message.textContent = `“${file.name}” is larger than ${largest / 1048576} MB. Choose a smaller file, for example with smaller pictures or in two parts.`;
  input.before(message);
  return true;
}

for (const form of document.querySelectorAll("form[data-largest-file]")) {
  const largest = Number(form.dataset.largestFile);
  const inputs = [...form.querySelectorAll("input[type=file]")];
  for (const input of inputs) {
    input.addEventListener("change", () => sayTooLarge(input, largest));
  }
  form.addEventListener("submit", (event) => {
    const wrong = inputs.filter((input) => sayTooLarge(input, largest));
    const waiting = document.querySelector("[data-waiting]");
    if (wrong.length) {
      event.preventDefault();
      wrong[0].focus();
    } else if (waiting) {
      waiting.textContent = waiting.dataset.waiting;
    }
  });
}
