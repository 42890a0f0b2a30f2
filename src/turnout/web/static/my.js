// A guest's page: the code in large, and tickets that are kept on this phone.
const STORE = "turnout-tickets";
const canKeep = "serviceWorker" in navigator && "caches" in window;
const keyOf = (key) => `/my/kept/${encodeURIComponent(key)}`;

const put = (store, ticket) =>
  store.put(keyOf(ticket.key), new Response(JSON.stringify(ticket), { headers: { "Content-Type": "application/json" } }));

// What the server says by now of a kept ticket: its event may have moved. Null = the ticket is gone; where
// nothing is heard it stays as it was, also beyond its day, for nobody knows whether that is still the day.
async function hear(ticket) {
  const asked = `/ticket/${encodeURIComponent(ticket.key)}/kept.json?lang=${document.documentElement.lang}`;
  const answer = await fetch(asked, { cache: "no-store" }).catch(() => null);
  if (answer?.status === 404) return null;
  if (!answer?.ok) return ticket;
  const heard = { ...ticket, ...(await answer.json()), at: Date.now() };
  return heard.until !== null && heard.until < Date.now() ? null : heard;
}

async function readKept() {
  if (!canKeep || !(await caches.has(STORE))) return [];
  const store = await caches.open(STORE);
  const found = [];
  for (const request of await store.keys()) {
    const ticket = await hear(await (await store.match(request)).json());
    if (ticket) await put(store, ticket);
    else await store.delete(request);
    if (ticket) found.push(ticket);
  }
  return found;
}

async function remove(key) {
  if (!canKeep || !(await caches.has(STORE))) return;
  const store = await caches.open(STORE);
  await store.delete(keyOf(key));
  if (!(await store.keys()).length) await caches.delete(STORE);
}

async function keep(ticket) {
  await navigator.serviceWorker.register("/my/sw.js", { scope: "/my/" });
  await navigator.serviceWorker.ready;
  const store = await caches.open(STORE);
  await put(store, { ...ticket, at: Date.now() });
}

const clock = (at, timeZone) =>
  new Date(at).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short", timeZone });

async function showKeeping(box) {
  const ticket = JSON.parse(box.dataset.keep);
  const [on, off] = [box.querySelector("[data-state=on]"), box.querySelector("[data-state=off]")];
  const [add, take] = [box.querySelector("[data-do=keep]"), box.querySelector("[data-do=remove]")];
  const show = (isKept) => {
    on.hidden = take.hidden = !isKept;
    off.hidden = add.hidden = isKept;
  };
  add.addEventListener("click", async () => {
    await keep(ticket);
    show(true);
    take.focus();
  });
  take.addEventListener("click", async () => {
    await remove(ticket.key);
    show(false);
    add.focus();
  });
  const isKept = (await known).some((kept) => kept.key === ticket.key);
  if (isKept) await keep(ticket);
  show(isKept);
  box.hidden = false;
}

async function showList(page) {
  const found = await known;
  page.querySelector("[data-offline]").hidden = navigator.onLine || !found.length;
  page.querySelector("[data-none]").hidden = found.length > 0;
  for (const ticket of found) {
    const card = page.querySelector("template").content.cloneNode(true).firstElementChild;
    const said = { ...ticket, "as-of": page.dataset.asOf.replace("{}", clock(ticket.at, ticket.zone)) };
    for (const part of card.querySelectorAll("[data-is]")) part.textContent = said[part.dataset.is] || "";
    card.querySelector("h2").hidden = !ticket.holder;
    if (!ticket.where) for (const row of card.querySelectorAll("[data-where]")) row.remove();
    const picture = card.querySelector("img");
    picture.src = `data:image/svg+xml;base64,${ticket.qr}`;
    picture.alt = ticket.code;
    card.querySelector("button").addEventListener("click", async () => {
      await remove(ticket.key);
      card.remove();
    });
    page.append(card);
  }
}

function showLarge(button) {
  const dialog = document.getElementById(`large-${button.dataset.large}`);
  const room = dialog.querySelector(".qr");
  let lock = null;
  const stayAwake = async () => {
    try {
      lock = await navigator.wakeLock?.request("screen");
    } catch {
      lock = null; // The battery is low, or the browser does not want to: the code is shown all the same.
    }
  };
  const onSeen = () => document.visibilityState === "visible" && dialog.open && stayAwake();
  button.addEventListener("click", () => {
    if (!room.firstChild) room.append(button.parentElement.querySelector(".qr svg").cloneNode(true));
    dialog.showModal();
    stayAwake();
    document.addEventListener("visibilitychange", onSeen);
  });
  dialog.addEventListener("close", () => {
    lock?.release();
    document.removeEventListener("visibilitychange", onSeen);
  });
  button.hidden = false;
}

const known = readKept();
for (const button of document.querySelectorAll("[data-large]")) showLarge(button);
for (const box of document.querySelectorAll("[data-gone]")) {
  for (const key of box.dataset.gone.split(" ").filter(Boolean)) known.then(() => remove(key));
}
if (canKeep) {
  for (const box of document.querySelectorAll("[data-keep]")) showKeeping(box);
}
for (const page of document.querySelectorAll("[data-kept-list]")) showList(page);
