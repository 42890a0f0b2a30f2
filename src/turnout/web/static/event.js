// What an event's page does more with a script; without it all of it works.

// The questions of a ticket are shown as it is chosen, and then they are required.
const asked = [...document.querySelectorAll("[data-types]")];
function showAsked() {
  const chosen = document.querySelector("[name=ticket]:checked")?.value.split("-")[0];
  for (const group of asked) {
    // Who comes along has a ticket of their own, or the same.
    const own = group.closest("[data-person]")?.querySelector("select[name$=-ticket]")?.value;
    const isAsked = group.dataset.types.split(" ").includes(own || chosen);
    group.hidden = !isAsked;
    group.disabled = !isAsked;
    for (const field of group.querySelectorAll("[data-needed]")) field.required = isAsked;
  }
}
if (asked.length) {
  addEventListener("change", (event) => { if (/(^|-)ticket$/.test(event.target.name)) showAsked(); });
  addEventListener("pageshow", showAsked);
  showAsked();
}

// The bar at the foot says the price of the ticket that is chosen.
const told = document.querySelector("[data-price]");
function showPrice() {
  const price = document.querySelector("[name=ticket]:checked")?.closest("label").querySelector(".price").textContent;
  if (price) told.textContent = price;
}
if (told) {
  addEventListener("change", (event) => { if (event.target.name === "ticket") showPrice(); });
  addEventListener("pageshow", showPrice);
}

// When it is where the visitor is, if their clocks show another time.
const line = document.querySelector("[data-visitor]");
const [starts, ends] = [...document.querySelectorAll(".whenwhere time")].map((time) => time.dateTime);
if (line && starts && ends) {
  const offset = (text) => {
    const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)$/.exec(text) ?? ["", "+", "0", "0"];
    return Number(`${sign}1`) * (Number(hours) * 60 + Number(minutes));
  };
  const first = new Date(starts);
  if (-first.getTimezoneOffset() !== offset(starts)) {
    const shape = { weekday: "short", day: "numeric", month: "short", hour: "numeric", minute: "2-digit" };
    const said = new Intl.DateTimeFormat(document.documentElement.lang, shape).formatRange(first, new Date(ends));
    line.textContent = `${line.dataset.visitor} ${said}`;
    line.hidden = false;
  }
}

// Sharing is the phone's; elsewhere the address is copied.
const canonical = document.querySelector("link[rel=canonical]")?.href ?? location.href;
for (const share of document.querySelectorAll("[data-share]")) {
  share.hidden = !(navigator.share || navigator.clipboard);
  share.addEventListener("click", async () => {
    if (navigator.share) { await navigator.share({ title: document.title, url: canonical }).catch(() => null); return; }
    await navigator.clipboard.writeText(canonical);
    share.lastElementChild.textContent = share.dataset.share;
    share.lastElementChild.role = "status";
  });
}

// The bar at the foot of a phone leads to the form; beside the form it is in the way.
const bar = document.querySelector(".bar-bottom");
const panel = document.querySelector(".panel");
if (bar && panel) new IntersectionObserver(([seen]) => { bar.hidden = seen.isIntersecting; }).observe(panel);
