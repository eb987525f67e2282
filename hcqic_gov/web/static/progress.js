// Says how far a run is without a reload; without this script the link "Look again" does the same.
const part = document.getElementById("progress-of");
const EVERY = 1000;
const SPOKEN = 4; // a screen reader hears each quarter, and not each second

let spoken = 0;

async function look() {
  try {
    const answer = await fetch(part.dataset.progress, { credentials: "same-origin" });
    if (!answer.ok || answer.redirected) return;
    const { state, going, done, points, said } = await answer.json();
    if (!going || state !== part.dataset.state) {
      window.location.reload();
      return;
    }
    if (points) {
      part.querySelector("progress")?.setAttribute("value", done);
      part.querySelector(".hcqic-said").textContent = said;
      const quarter = Math.floor((done / points) * SPOKEN);
      if (quarter > spoken) {
        spoken = quarter;
        part.querySelector("[role=status]").textContent = said;
      }
    }
  } catch {
    // the next look may succeed
  }
  setTimeout(look, EVERY);
}

if (part) setTimeout(look, EVERY);
