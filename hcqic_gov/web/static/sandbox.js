// Checks a request while it is written; without this script the button "Check" does the same.
const form = document.getElementById("request");
const status = document.getElementById("checked-status");
const PAUSE = 500;
let waiting, asked;

async function show(part, signal) {
  const answer = await fetch(form.dataset.check, {
    method: "POST", body: new FormData(form), headers: { "X-Part": part }, signal, credentials: "same-origin",
  });
  if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
  document.getElementById(`part-${part}`).innerHTML = await answer.text();
}

async function check() {
  asked?.abort();
  asked = new AbortController();
  try {
    await show("gates", asked.signal);
    status.textContent = document.querySelector("#part-gates strong")?.textContent ?? "The form is not complete.";
    await show("drawing", asked.signal);
  } catch (error) {
    if (error.name !== "AbortError") status.textContent = "The check did not answer. Choose “Check” to try again.";
  }
}

form?.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(check, PAUSE);
});
if (form?.elements.source?.value && !document.querySelector("#part-gates .hcqic-gates")) check();
