// Says how far the reading of a file is while its page waits; without this script one sentence says that it takes a while.
const said = document.querySelector("[data-progress]");
const ticket = document.querySelector("input[name=ticket]");
const EVERY = 1000;

async function look() {
  try {
    const answer = await fetch(said.dataset.progress.replace("TICKET", ticket.value), { credentials: "same-origin" });
    const found = answer.ok && !answer.redirected ? (await answer.json()).said : "";
    if (found) said.textContent = found;
  } catch {
    // the next look may succeed
  }
  setTimeout(look, EVERY);
}

ticket?.form.addEventListener("submit", (event) => {
  if (event.defaultPrevented) return;
  said.textContent = said.dataset.waiting;
  ticket.value = crypto.randomUUID();
  setTimeout(look, EVERY);
});
