// Saves a chart as an image, made in the browser from what it shows; a button appears beside each chart that is drawn.
const FORMATS = ["SVG", "PNG"];

function offer(chart) {
  const figure = chart.closest("figure");
  if (!figure || figure.querySelector(".hcqic-save")) return;
  const line = document.createElement("p");
  line.className = "hcqic-save hcqic-off-paper";
  const name = chart.parentElement.id === "chart" ? document.querySelector("h1").textContent.trim() : chart.parentElement.id;
  for (const format of FORMATS) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "nhsuk-button nhsuk-button--secondary nhsuk-button--small";
    button.textContent = `Save chart as ${format}`;
    button.addEventListener("click", () =>
      window.Plotly.downloadImage(chart, { format: format.toLowerCase(), filename: name, width: 1100, height: 450, scale: 2 }),
    );
    line.append(button, " ");
  }
  figure.append(line);
}

new MutationObserver(() => document.querySelectorAll(".js-plotly-plot").forEach(offer)).observe(document.body, {
  childList: true,
  subtree: true,
});
