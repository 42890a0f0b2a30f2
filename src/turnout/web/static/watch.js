/* The watch page: plays the media, and tells the server from when to when it played.

   Times are the server's: an offset to this machine's clock is set at the beginning, and again when
   an answer shows that it is over two seconds off. What was played is kept in the browser's storage
   until the server has acknowledged it, so that a reload, a crash or a network that is away loses
   nothing; what is sent twice counts once. The server counts nothing before the page was opened: a
   page that takes over what an earlier one left behind says when that one was. A timer that slept (a tab in the background, a closed
   lid), and a clock that was set, count only as far as the media has gone on. */
"use strict";
(() => {
  const TICK_MS = 1000, LEEWAY_MS = 2000, MOST = 400, KEEP = "turnout-watch:";
  const PLACE = "turnout-place:", SHORTEST_S = 10, REFRESH_MS = 15000;
  const PLACE_KEPT_MS = 60 * 24 * 3600 * 1000;
  const box = document.getElementById("player");
  const note = document.getElementById("player-note");
  const { token, heartbeats, kind, url, hls } = box.dataset;
  const session = Number(box.dataset.session);
  const liveFrom = Number(box.dataset.liveFrom), liveUntil = Number(box.dataset.liveUntil);
  const video = box.querySelector("video");
  const prefix = `${KEEP}${session}:${token}:`;
  const key = prefix + Math.random().toString(36).slice(2);
  let offset = Number(box.dataset.now) - Date.now();
  let mode = box.dataset.mode;
  let opening = box.dataset.opening;
  let pending = adopt();
  let last = null;
  let delay = 10, timer = null, sending = false;

  const now = () => Date.now() + offset;

  /* What earlier pages of this session left behind. */
  function adopt() {
    const found = [];
    try {
      for (const name of Object.keys(localStorage)) {
        if (!name.startsWith(prefix)) continue;
        const kept = JSON.parse(localStorage.getItem(name));
        found.push(...(kept.pending || kept));
        if (kept.opening && openedAt(kept.opening) < openedAt(opening)) opening = kept.opening;
        localStorage.removeItem(name);
      }
    } catch { /* no storage here */ }
    return found;
  }

  function openedAt(said) {
    return Number(said.split("-")[2]);
  }

  function keep() {
    try {
      if (pending.length) localStorage.setItem(key, JSON.stringify({ opening, pending }));
      else localStorage.removeItem(key);
    } catch { /* no storage here */ }
  }

  function played(from, to) {
    const newest = pending[pending.length - 1];
    if (newest && from <= newest[1] + 5) newest[1] = Math.max(newest[1], to);
    else pending.push([from, to]);
    if (pending.length > MOST) pending.shift();
    keep();
  }

  /* How far the media has gone on since the last look, in ms; null while nothing plays. */
  function position() {
    if (!video) return document.visibilityState === "visible" ? performance.now() : null;
    return video.paused || video.ended || video.readyState < 3
      ? null : (video.currentTime * 1000) / (video.playbackRate || 1);
  }

  function tick() {
    const at = Math.round(now()), place = position();
    if (last && place !== null) {
      const gap = at - last.at, gone = place - last.place;
      if (gap > 0 && gone > 0) {
        const length = Math.abs(gap - gone) <= LEEWAY_MS ? gap : Math.min(gap, Math.round(gone));
        played(at - length, at);
      }
    }
    last = place === null ? null : { at, place };
    if (mode === "simlive") hold();
    if (mode !== "od" && at >= liveUntil) over();
  }

  /* Shown as if it were live: everybody sees the same moment of the film. */
  function hold() {
    const wanted = (now() - liveFrom) / 1000;
    if (!video || !Number.isFinite(video.duration)) return;
    if (wanted < video.duration && Math.abs(video.currentTime - wanted) > 3) {
      video.currentTime = wanted;
      last = null;
    }
  }

  function over() {
    mode = "od";
    note.textContent = Number(box.dataset.onDemand)
      ? box.dataset.liveOver : box.dataset.over;
  }

  function body(some) {
    return JSON.stringify({ token, session, opening, played: some });
  }

  /* Take away what was acknowledged; an interval that grew since keeps its whole length. */
  function acknowledge(sent) {
    const ends = new Map(sent);
    pending = pending.filter(([from, to]) => !(ends.has(from) && to <= ends.get(from)));
    const newest = pending[pending.length - 1];
    if (newest && ends.has(newest[0])) newest[0] = ends.get(newest[0]);
    keep();
  }

  async function send() {
    clearTimeout(timer);
    if (!sending) {
      sending = true;
      const sent = pending.map((each) => [...each]);
      try {
        const answer = await fetch(heartbeats, { method: "POST", body: body(sent), keepalive: true });
        const said = await answer.json();
        delay = said.next || 60;
        if (answer.ok) {
          acknowledge(sent);
          if (Math.abs(said.at - now()) > LEEWAY_MS) offset = said.at - Date.now();
        } else if (answer.status < 500 && answer.status !== 429) {
          note.textContent = said.error;
        }
      } catch {
        delay = Math.min(60, delay * 2);
      }
      sending = false;
    }
    // Not all at once.
    timer = setTimeout(send, delay * 1000 * (0.9 + Math.random() * 0.2));
  }

  /* Leaving: nobody waits for the answer, so what is sent stays kept as well. */
  function leave() {
    tick();
    if (pending.length) navigator.sendBeacon(heartbeats, body(pending));
  }

  function fail(hasFailed) {
    document.getElementById("player-failed").hidden = !hasFailed;
  }

  function play() {
    if (!video) return;
    video.addEventListener("loadeddata", () => fail(false));
    if (kind !== "hls" || video.canPlayType("application/vnd.apple.mpegurl")) {
      video.addEventListener("error", () => fail(true));
      if (video.error) fail(true);
      return;
    }
    const script = document.createElement("script");
    script.src = hls;
    script.onerror = () => fail(true);
    script.onload = () => {
      video.removeAttribute("src");
      const player = new window.Hls();
      player.on(window.Hls.Events.ERROR, (_, error) => { if (error.fatal) fail(true); });
      player.loadSource(url);
      player.attachMedia(video);
    };
    document.head.append(script);
  }

  /* Forms are sent without leaving the page, for the film goes on: one after the other, for an
     answer shows the whole area, and an older one would take back what a newer one shows. */
  let posting = Promise.resolve(), posts = 0;
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!document.getElementById("asking").contains(form)) return;
    // Another language is another page.
    if (event.submitter?.name === "switch") return;
    event.preventDefault();
    const typed = new URLSearchParams(new FormData(form)), button = event.submitter;
    if (!button) return;
    typed.set(button.name, button.value);
    posts += 1;
    posting = posting.then(() => post(form, typed, button));
  });

  /* What was typed while the answer was on its way stays; what the button sent is the answer's. */
  function carry(area, fresh, typed) {
    for (const field of area.querySelectorAll("textarea, input:not([type=radio])")) {
      const other = fresh.querySelector(`[name="${field.name}"]`);
      if (other && field.value !== typed.get(field.name)) other.value = field.value;
    }
    for (const choice of area.querySelectorAll("[type=radio]:checked")) {
      const other = [...fresh.querySelectorAll(`[name="${choice.name}"]`)].find((one) => one.value === choice.value);
      if (other && choice.value !== typed.get(choice.name)) other.checked = true;
    }
  }

  async function post(form, typed, button) {
    try {
      const answer = await fetch(location.pathname + location.search, {
        method: "POST",
        headers: { Accept: "text/html" },
        body: typed,
        signal: AbortSignal.timeout(30_000),
      });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const area = document.getElementById("asking"), fresh = page.getElementById("asking");
      if (fresh) {
        carry(area, fresh, typed);
        area.replaceChildren(...fresh.childNodes);
        area.querySelector("[role=status], [role=alert]")?.focus();
        return;
      }
    } catch { /* the browser says what is wrong, below */ }
    if (form.isConnected) {
      const act = document.createElement("input");
      Object.assign(act, { type: "hidden", name: button.name, value: button.value });
      form.append(act);
      form.submit();
    }
    else location.reload();
  }

  /* The places of recordings that nobody has come back to for so long are forgotten. */
  function forgetPlaces() {
    for (const name of Object.keys(localStorage).filter((one) => one.startsWith(PLACE))) {
      const [at, left] = localStorage.getItem(name).split(" ");
      if (!left) localStorage.setItem(name, `${at} ${Date.now()}`);
      else if (Date.now() - Number(left) > PLACE_KEPT_MS) localStorage.removeItem(name);
    }
  }

  /* Where somebody left a recording off: kept here alone, and offered when they come back. */
  function offerPlace() {
    const offer = document.getElementById("left-off"), name = PLACE + session;
    let known = 0;
    try {
      forgetPlaces();
      known = parseInt(localStorage.getItem(name) || 0, 10);
    } catch { return; }
    video.addEventListener("timeupdate", () => {
      const at = video.ended ? 0 : Math.floor(video.currentTime);
      if (at % 5) return;
      try {
        if (at) localStorage.setItem(name, `${at} ${Date.now()}`);
        else localStorage.removeItem(name);
      } catch { /* no storage here */ }
    });
    if (known < SHORTEST_S) return;
    offer.hidden = false;
    offer.querySelector("span").textContent = `${Math.floor(known / 60)}:${String(known % 60).padStart(2, "0")}`;
    offer.querySelector("button").addEventListener("click", () => { seek(known); offer.hidden = true; });
    video.addEventListener("play", () => { offer.hidden = true; }, { once: true });
  }

  function seek(at) {
    video.currentTime = at;
    video.play().catch(() => null);
  }

  /* Votes and results of others appear by themselves, unless somebody is at them. */
  async function refresh() {
    const part = document.getElementById("live");
    if (document.visibilityState === "visible" && !part.contains(document.activeElement)) {
      try {
        const before = posts;
        await posting;
        const answer = await fetch(`${location.pathname}${location.search || "?"}&part=live`, { headers: { Accept: "text/html" } });
        const fresh = before === posts && answer.ok && new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("live");
        if (fresh && !part.contains(document.activeElement)) part.replaceChildren(...fresh.childNodes);
      } catch { /* the next time */ }
    }
    setTimeout(refresh, REFRESH_MS * (0.8 + Math.random() * 0.4));
  }

  play();
  if (video && document.getElementById("left-off")) offerPlace();
  document.querySelector(".chapters")?.addEventListener("click", (event) => {
    const chosen = event.target.closest("[data-chapter]");
    if (chosen) seek(Number(chosen.dataset.chapter));
  });
  setTimeout(refresh, REFRESH_MS);
  if (video) for (const name of ["seeking", "seeked", "ratechange", "waiting"]) {
    video.addEventListener(name, () => { last = null; });
  }
  if (video) for (const name of ["pause", "ended"]) video.addEventListener(name, () => { tick(); last = null; });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") leave();
    else send();
  });
  addEventListener("pagehide", leave);
  setInterval(tick, TICK_MS);
  timer = setTimeout(send, pending.length ? 0 : 5000);
})();
