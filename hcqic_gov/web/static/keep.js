// Keeps what is typed into a long form, shortly after each pause; without this script it is kept when it is saved.
const said = document.querySelector("[data-keep]");
const form = document.querySelector("form textarea")?.form;
const PAUSE = 1500;
let waiting = 0;
let sending = Promise.resolve();
const leaving = new AbortController();

async function keep() {
  try {
    const asked = { method: "POST", body: new FormData(form), credentials: "same-origin", signal: leaving.signal };
    const answer = await fetch(said.dataset.keep, asked);
    if (!answer.ok || answer.redirected) throw new Error("refused");
    said.textContent = (await answer.json()).said;
  } catch {
    if (leaving.signal.aborted) return; // it is being saved
    said.textContent = "What you type cannot be kept right now. Save it before you leave this page.";
  }
}

function later() {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    sending = sending.then(keep);
  }, PAUSE);
}

form?.addEventListener("input", later);
form?.addEventListener("submit", () => {
  clearTimeout(waiting);
  leaving.abort();
});
