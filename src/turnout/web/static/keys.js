// Keys of the console; none is needed, and "?" shows them. In a list j and k go on, x chooses and
// Enter opens; g and the first letter of a page go there, again for the next one that begins so.
const PATIENCE_MS = 2000;
let waitsUntil = 0;

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input:not([type=checkbox]), textarea, select, dialog, .menu")) return;
  const isLetterOfPage = event.timeStamp < waitsUntil;
  waitsUntil = 0;
  if (isLetterOfPage) goTo(event.key.toLowerCase());
  else if (event.key === "g") waitsUntil = event.timeStamp + PATIENCE_MS;
  else if (event.key === "?") document.getElementById("keys").showModal();
  else if (event.key === "Escape") document.querySelector("[data-close-panel]")?.click();
  else if (["j", "k", "x"].includes(event.key)) goThroughList(event.key);
});

function goTo(letter) {
  if (letter === "h") return location.assign("/console");
  const links = [...document.querySelectorAll(".nav a, .top .menu a")];
  const fitting = links.filter((link) => link.textContent.trim().toLowerCase().startsWith(letter));
  const next = fitting[fitting.findIndex((link) => link.ariaCurrent) + 1] ?? fitting[0];
  if (next) location.assign(next.href);
}

// Beside a person the panel goes along.
function goThroughList(key) {
  const links = [...document.querySelectorAll("main .table.named tbody th a")];
  if (!links.length) return;
  const here = links.findIndex((link) => link.closest("tr").contains(document.activeElement));
  const at = here < 0 ? links.findIndex((link) => link.ariaCurrent) : here;
  if (key === "x") return at >= 0 && links[at].closest("tr").querySelector("input[type=checkbox]")?.click();
  const next = links[Math.min(links.length - 1, Math.max(0, at + (key === "j" ? 1 : -1)))];
  if (document.querySelector("[data-close-panel]") && next !== links[at]) next.click();
  else next.focus();
}

for (const button of document.querySelectorAll("[data-open=keys]")) button.hidden = false;
