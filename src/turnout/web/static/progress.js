// A running job's figures, as the server sends them; without this there is a link that looks again.
const box = document.querySelector("[data-progress]");
if (box) {
  const source = new EventSource(box.dataset.progress);
  source.addEventListener("message", (event) => { box.innerHTML = event.data; });
  source.addEventListener("end", () => { source.close(); location.replace(location.pathname + location.search); });
}
