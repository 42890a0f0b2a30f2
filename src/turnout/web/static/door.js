// The door on a phone: reads codes by camera, scanner or keys, says loudly what to do, and goes on
// without a network. Every scan that the server has not confirmed waits in the outbox until it has.
const page = document.body.dataset;
const words = JSON.parse(page.words);
const [store, { codeOf, judge, knownAs, CANCELLED, UNPAID }, { findNames }, { LAYOUTS, readingsOf }] =
  await Promise.all([import(page.store), import(page.judge), import(page.search), import(page.keys)]);

const ANSWER_MS = 2500, CHANGES_MS = 1000, AGAIN_MS = 3000, ADMITTED_MS = 1200, UNDO_MS = 120_000, KEPT_MS = 72 * 3600_000;
const UPLOAD = 200, KEY_MS = 500, REFUSALS = 20, LATELY = 8, FOUND = 20, COUNTED_MS = 1000, KEPT_COUNTERS_MS = 60_000, QUIET_MS = 15_000, SKEW_MS = 120_000;
const $ = (name) => document.getElementById(name);
const say = (name, facts = {}) => (words[name] ?? name).replace(/\{(\w+)\}/g, (_, fact) => facts[fact] ?? "");
const sayCount = (name, count, facts = {}) => say(count === 1 ? `${name}_one` : name, { count, ...facts });
const nonce = () => crypto.randomUUID ? crypto.randomUUID() : [...crypto.getRandomValues(new Uint8Array(16))].map((one) => one.toString(16).padStart(2, "0")).join("");

let state = await store.readFact("state");
let snapshot = await store.readFact("snapshot");
let event = state?.places[0]?.event ?? 0;
let contactAt = (await store.readFact("contact")) ?? 0;
let offlineSince = (await store.readFact("offline")) ?? 0, rescued = 0, waits = 0, isPaused = false, last = { text: "", at: 0 }, unread = last, isSignedOut = false, shown = null;
let isFull = false, isLeaving = false, lately = (await store.readFact("lately")) ?? [], printer = (await store.readFact("printer")) ?? "", layout = (await store.readFact("layout")) ?? "";
let { skew = 0, phone = "", device = 0 } = (await store.readFact("clock")) ?? {};
// Scans that this browser made as another phone, which was signed out since: only their file saves them.
let strays = 0;
// Why there are no names any more: "long" without the server, or the event is "over".
let deleted = (await store.readFact("deleted")) || "";
let counters = (await store.readFact("counters")) ?? null;

// Times are the event's, as the console has them, in the format of the reader.
const spoken = document.documentElement.lang;
const locale = navigator.languages.find((one) => one.split("-")[0] === spoken) ?? spoken;

function inZone(ms, format) {
  const timeZone = placeOf()?.timezone;
  try {
    return new Date(ms).toLocaleString(locale, { ...format, timeZone });
  } catch { // a browser that does not know the zone
    return new Date(ms).toLocaleString(locale, format);
  }
}

const placeOf = () => state?.places.find((one) => one.event === event);
// This phone's clock may be wrong: what it has noted by that is shown by the server's.
const clock = () => Date.now() + skew;
const ownAt = (ms) => at(ms + skew);
const at = (ms) => inZone(ms, { hour: "2-digit", minute: "2-digit" });
const dayAt = (ms) => inZone(ms, DAY);

// -- asking the server ------------------------------------------------------------------------

class Refused extends Error {
  constructor(status, answer) { super(answer.message); this.status = status; this.code = answer.error; }
}

async function ask(path, body, wait = ANSWER_MS) {
  const headers = { Accept: "application/json", "Accept-Language": document.documentElement.lang };
  if (body) Object.assign(headers, { "Content-Type": "application/json", "X-Door-Form": state?.form ?? "" });
  const answer = await fetch(`/door/api/${path}`, { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body), signal: AbortSignal.timeout(wait), cache: "no-store" });
  if (answer.status >= 500 || answer.status === 429) throw new TypeError("the server cannot answer now");
  const read = await answer.json();
  if (answer.status === 401) await signedOut();
  if (!answer.ok) throw new Refused(answer.status, read);
  heard();
  return read;
}

function heard() {
  if (offlineSince) keep("offline", 0);
  offlineSince = 0;
  contactAt = Date.now();
}

// A browser without room: what is on the phone stays, and the person is told.
const isQuota = (fault) => fault?.name === "QuotaExceededError" || fault?.inner?.name === "QuotaExceededError";

async function keep(name, fact) {
  try {
    await store.keepFact(name, fact);
    isFull = false;
  } catch (fault) {
    if (!isQuota(fault)) throw fault;
    isFull = true;
    showBanner();
  }
}

function lost() {
  if (!offlineSince) {
    offlineSince = Date.now();
    if (!isSignedOut) keep("offline", offlineSince);
  }
  showBanner();
}

// A phone that was signed out, or whose time is over, lets nobody in and knows no names any more. What
// waits on it stays, for its file.
async function signedOut() {
  isSignedOut = true;
  await store.forgetNames();
  await keep("ended", Date.now());
  snapshot = counters = null;
  lately = [];
  await countWaiting();
  if (!waits && !strays && !offlineSince && navigator.onLine) return location.assign("/door");
  showEnded();
}

function showEnded() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = null;
  next();
  openPart("more");
  document.querySelector("nav.door-foot").hidden = true;
  for (const name of ["lately", "gates", "conflicts", "refused"]) $(name).replaceChildren();
  for (const name of ["conflicts-title", "refused-title"]) $(name).hidden = true;
  showBanner();
}

const saySignedOut = () => waits + strays ? sayCount("signed_out", waits + strays) : say("signed_out_none");

const isOwn = (scan) => !scan.device || !device || scan.device === device;

async function countWaiting() {
  const all = await store.countOutbox();
  if (strays > all) await countStrays();
  waits = all - strays;
}

async function countStrays() {
  strays = (await store.listOutbox()).filter((one) => !isOwn(one)).length;
}

// Each act has the phone that made it: this browser may be paired again, as another one.
async function keepScan(scan) {
  await store.addToOutbox({ device, phone: state.name, ...scan });
  await countWaiting();
}

// -- what the phone holds ----------------------------------------------------------------------

const asTicket = ([id, digest, first, lastName, type, ticketState, checkedIn, group, beside]) =>
  ({ digest, id, name: `${first} ${lastName}`.trim(), type, state: ticketState, at: checkedIn, group, beside, isOut: Boolean(beside?.is_out), outAt: beside?.left_at, outBy: beside?.left_device });

async function takeSnapshot() {
  const taken = await ask(`snapshot?event=${event}`, null, 60_000);
  await store.replaceTickets(taken.tickets.map(asTicket));
  delete taken.tickets;
  snapshot = taken;
  deleted = "";
  await keep("deleted", deleted);
  await store.keepFact("snapshot", snapshot);
}

let changesAt = 0;
async function takeChanges() {
  const battery = page.battery ? `&battery=${page.battery}` : "";
  const changes = await ask(`changes?event=${event}&since=${snapshot.at}&unsent=${waits}${battery}`);
  changesAt = Date.now();
  isFull = false;
  const place = placeOf();
  if (place && place.looks_first !== (changes.looks_first ?? place.looks_first)) {
    place.looks_first = changes.looks_first;
    stateAt = 0;
  }
  if (changes.rules !== snapshot.rules && snapshot.rules) return takeSnapshot();
  if (changes.tickets.length) await store.keepTickets(changes.tickets.map(asTicket));
  if (changes.tickets.length || changes.at - snapshot.at > 60_000 || changes.state !== snapshot.state) {
    snapshot = { ...snapshot, at: changes.at, state: changes.state };
    await store.keepFact("snapshot", snapshot);
    await keep("contact", contactAt);
  }
  const counted = { at: changes.at, ...changes.counters, event };
  const isNew = ["event", "checked_in", "expected"].some((name) => counters?.[name] !== counted[name]) || counted.at - counters.at > KEPT_COUNTERS_MS;
  counters = counted;
  if (isNew) await keep("counters", counters);
  showCounters();
  showList("conflicts", changes.conflicts.map((one) => line(sayConflict(one))));
  await showRefused();
}

const byGate = (phone, gate) => gate ? `${phone} (${gate})` : phone;
const momentOf = (ms) => dayAt(ms) === dayAt(clock()) ? at(ms) : `${dayAt(ms)}, ${at(ms)}`;

function sayConflict(one) {
  const name = [one.name.trim() || say("unknown"), one.ticket_type || one.code.slice(0, 24)].filter(Boolean).join(", ");
  const two = byGate(one.device, one.gate), second = momentOf(one.at);
  const first = one.first_at && momentOf(one.first_at);
  if (one.verdict === "paid") {
    const amount = one.amount_minor ? money(one.amount_minor, one.currency) : say("paid");
    const who = one.first_device ? byGate(one.first_device, one.first_gate) : say("not_door");
    return first ? say("conflict_paid", { name, amount, one: who, first, two, second }) : say("conflict_paid_only", { name, amount, two, second });
  }
  if (first && one.verdict === "again") return say("conflict", { name, one: byGate(one.first_device || say("another_phone"), one.first_gate), first, two, second });
  return say("conflict_wrong", { name, two, second, text: say(`verdict_${one.verdict}`) });
}

// The last known ones, with their time as long as the server does not say newer ones.
function showCounters() {
  if (counters?.event !== event) {
    for (const name of ["tally", "of"]) $(name).replaceChildren();
    showList("gates", []);
    return;
  }
  const isOld = offlineSince || waits || !changesAt;
  $("tally").textContent = counters.checked_in;
  $("of").textContent = isOld ? say("of_at", { count: counters.expected, at: at(counters.at) }) : say("of", { count: counters.expected });
  showList("gates", counters.gates.filter((one) => one.name).map((one) => line(`${one.name}: ${one.checked_in}`)));
}

// A list with its heading, which is there while something is in it.
function showList(name, lines) {
  $(name).replaceChildren(...lines);
  $(`${name}-title`).hidden = !lines.length;
}

async function showRefused() {
  const refused = (await store.readFact("refused")) ?? [];
  showList("refused", refused.map((one) => line(`${ownAt(one.at)}: ${one.said}`)));
}

function line(text) {
  const item = document.createElement("li");
  item.textContent = text;
  return item;
}

async function forgetWhenOver() {
  const isOver = clock() > snapshot?.deleted_at;
  if (snapshot && (isOver || (contactAt && Date.now() - contactAt > KEPT_MS))) {
    await store.forgetNames();
    snapshot = null;
    lately = [];
    $("lately").replaceChildren();
    deleted = isOver ? "over" : "long";
    await keep("deleted", deleted);
  }
  if (state && clock() >= state.ends_at) await signedOut();
}

async function upload() {
  for (;;) {
    await countWaiting();
    const scans = strays ? (await store.listOutbox()).filter(isOwn).slice(0, UPLOAD) : await store.listOutbox(UPLOAD);
    if (!scans.length) return;
    showBanner(sayCount("sending", waits));
    const byEvent = scans.filter((one) => one.event === scans[0].event);
    const sent = byEvent.map(({ place, event: _, about: __, device: ___, phone: ____, ...scan }) => scan);
    const done = await ask("offline", { sent_at: Date.now(), event: scans[0].event, scans: sent }, 30_000);
    await keepRefused(byEvent, done.scans);
    await store.dropFromOutbox(byEvent.map((one) => one.place));
    const conflicts = done.scans.filter((one) => one.is_conflict).length;
    if (conflicts) { beep("again"); $("sent").textContent = say("sent", { count: sent.length, conflicts }); }
  }
}

// What the server did not take is said aloud, and stays on the phone under More.
async function keepRefused(scans, outcomes) {
  const reasons = new Map(outcomes.filter((one) => one.refusal).map((one) => [one.nonce, one.refusal]));
  const refused = [];
  for (const scan of scans.filter((one) => reasons.has(one.nonce))) {
    const isUndo = scan.act === "undo", name = scan.about?.name || say("unknown"), { digest, was } = scan.about ?? {};
    refused.push({ said: say(!isUndo ? "refused" : was ? "undo_refused_way" : "undo_refused", { name }), at: scan.at });
    if (isUndo && digest) await (was ? change(digest, { isOut: was === "left" }) : mark(digest, scan.about.at));
  }
  if (!refused.length) return;
  await keep("refused", [...refused.reverse(), ...(await store.readFact("refused")) ?? []].slice(0, REFUSALS));
  beep("again");
  for (const one of refused) note("again", one.said);
  $("sent").textContent = refused.map((one) => one.said).join(" ");
  await showRefused();
}

// -- deciding ---------------------------------------------------------------------------------

// A camera reads one code many times: what it has read is not read again for a while.
async function scan(text, { readings = [text], ...more } = {}) {
  const now = Date.now();
  if (state && clock() >= state.ends_at && !isSignedOut) await signedOut();
  if (isSignedOut) return isPaused || show({ verdict: "fault", why: saySignedOut() }, null, "");
  if (more.readAt && text === last.text && now - last.at < AGAIN_MS) {
    last.at = now;
    return;
  }
  if (shown?.goesOn && text) next();
  if (isPaused) return text && shown && text !== last.text ? sayUnread(text, now) : undefined;
  last = { text, at: now };
  isPaused = true;
  const startedAt = performance.now();
  try {
    const { unclear, readAs, code } = await settle(text, readings);
    if (unclear) return show({ verdict: "unclear", unclear }, null, text);
    const made = { nonce: nonce(), code: code.slice(0, 500), event, ...(isLeaving && !more.path ? { path: "leave" } : {}), ...more };
    const seen = looksFirst() && code && !made.path ? await lookFirst(made) : null;
    if (seen) show({ ...seen, verdict: "look", known: seen.verdict, readAs }, made, code);
    else show({ ...await decide(made, more.found), readAs }, made, code);
    performance.measure("verdict", { start: more.readAt ?? startedAt });
  } catch (fault) {
    show(faultOf(fault), null, text);
  }
}

// Which of several readings is meant: the one that is a ticket. Between two that are, nobody chooses.
async function settle(text, readings) {
  const known = readings.length > 1 ? await findKnown(readings) : readings;
  if (known.length > 1) return { unclear: known.map(codeOf) };
  const [code] = [...known, ...readings];
  return { code, readAs: codeOf(code) === codeOf(text) ? "" : codeOf(code) };
}

async function findKnown(readings) {
  try {
    if (offlineSince || !navigator.onLine) throw new TypeError("no network");
    return (await ask("readings", { readings: readings.map((text) => text.slice(0, 500)), event })).known.map((place) => readings[place]);
  } catch (fault) {
    if (!(fault instanceof Refused)) lost();
  }
  const known = new Map();
  for (const text of snapshot && crypto.subtle ? readings : []) {
    const code = await knownAs(snapshot, text, store.readTicket);
    if (code && !known.has(code)) known.set(code, text);
  }
  return [...known.values()];
}

// An answer that waits for a tap is not swept away by the next code; nobody shall take it for that one's.
function sayUnread(text, now) {
  if (text === unread.text && now - unread.at < AGAIN_MS) return;
  unread = { text, at: now };
  beep("unknown");
  $("unread").textContent = "";
  $("unread").textContent = say("unread");
}

// Where the organizer wants it, a good ticket is shown first, and checked in with a tap. Whatever else
// is scanned is answered at once, and kept as ever.
const looksFirst = () => Boolean(placeOf()?.looks_first);

async function lookFirst(made) {
  const seen = await foresee(made);
  return seen && ["admitted", "returned"].includes(seen.verdict) ? seen : null;
}

async function foresee({ nonce: own, code }) {
  if (!offlineSince && navigator.onLine && !waits) {
    try {
      return await ask("look", { nonce: own, code, event });
    } catch (fault) {
      if (fault instanceof Refused) return null;
      lost();
    }
  }
  return snapshot && crypto.subtle ? judge({ ...snapshot, skew }, state.role, code, store.readTicket) : null;
}

async function takeIn() {
  const { made, entry } = shown;
  next();
  isPaused = true;
  try {
    show(await decide(made), made, entry.text);
  } catch (fault) {
    show(faultOf(fault), null, entry.text);
  }
}

// What is said of these to somebody who goes out, too.
const NO_TICKET = new Set(["cancelled", "other_event", "forged", "unknown"]);
const faultOf = (fault) => ({ verdict: "fault", why: isQuota(fault) ? say("full") : fault.message });

async function decide(made, found) {
  const { found: _, readAt: __, before, path = "scan", ...body } = made;
  if (!offlineSince && navigator.onLine && !waits) {
    // Written down first: a page that is closed before the answer sends it when it is opened again.
    if (path === "scan") noteAsking({ nonce: body.nonce, code: body.code, ticket: body.ticket ?? 0, event: body.event, at: Date.now() });
    try {
      const decision = await ask(path, body);
      noteAsking(null);
      await learn(decision.ticket, decision.verdict, before ? { ...decision, first_device: before.by } : decision);
      return decision;
    } catch (fault) {
      if (fault instanceof Refused) noteAsking(null);
      if (fault instanceof Refused) return fault.code === "door.not_in" ? sayNotIn(body, found) : { verdict: "fault", why: fault.message };
      lost();
    }
  }
  try {
    return await decideAlone(body, path, found);
  } finally {
    noteAsking(null);
  }
}

// Nobody waits for it; where there is no room, the answer says so.
const noteAsking = (scan) => { store.keepFact("asking", scan).catch(() => {}); };

async function keepUnanswered() {
  const scan = await store.readFact("asking");
  if (!scan || !state) return;
  const kept = await store.listOutbox();
  if (!kept.some((one) => one.nonce === scan.nonce)) await keepScan({ act: "scan", is_admitted: false, said: "", reason: "", about: {}, ...scan });
  noteAsking(null);
}

// Whose ticket it is that is not checked in, as far as this phone knows.
async function sayNotIn(body, found) {
  const { name } = snapshot && crypto.subtle ? await judge({ ...snapshot, skew }, "supervisor", body.code, store.readTicket, found) : {};
  return { verdict: "fault", name, why: say("not_in") };
}

// What the server has just said of a ticket is kept at once: the network may be gone at the next scan.
async function learn(id, verdict, { first_at: firstAt, first_device: device, is_outside: isOut, open_minor: open, currency, cancelled_at: cancelledAt, cancelled_by: cancelledBy, cancelled_name: cancelledName } = {}) {
  const learnt = {
    admitted: { at: firstAt ?? clock(), by: device || state.name, isOut: false },
    again: firstAt ? { at: firstAt, by: device } : {},
    returned: { isOut: false },
    left: { isOut: true, outAt: clock(), outBy: state.name },
    unpaid: { state: UNPAID },
    cancelled: { state: CANCELLED, beside: { cancelled_at: cancelledAt, cancelled_by: cancelledBy, cancelled_name: cancelledName } },
    undone: firstAt ? { at: firstAt, by: device, isOut: Boolean(isOut) } : { at: 0, by: "", isOut: false },
  }[verdict];
  try {
    const ticket = id && learnt && await store.findTicket(id);
    const owed = open === undefined ? {} : { open_minor: open, currency };
    if (ticket) await store.keepTickets([{ ...ticket, ...learnt, beside: { ...ticket.beside, ...learnt.beside, ...owed } }]);
  } catch { // The server has decided already; the next changes bring it.
  }
}

// Without a network the counter goes on with what this phone does itself.
function count(change) {
  if (counters?.event !== event) return;
  const gates = counters.gates.map((one) => one.name && one.name === snapshot?.gate ? { ...one, checked_in: one.checked_in + change } : one);
  counters = { ...counters, checked_in: counters.checked_in + change, gates };
  keep("counters", counters);
  showCounters();
}

const sayNoNames = () => deleted ? say(`deleted_${deleted}`) : say("no_snapshot");

async function decideAlone(body, path, found) {
  if (!crypto.subtle) return { verdict: "fault", why: say("needs_network") };
  if (!snapshot) return { verdict: "fault", why: sayNoNames() };
  let decision = await judge({ ...snapshot, skew }, path === "leave" ? "supervisor" : state.role, body.code, store.readTicket, found);
  if (path === "paid") {
    decision = await payAlone(body, decision);
    if (decision.verdict === "again") return { ...decision, verdict: "admitted" };
  }
  if (path === "leave" && decision.verdict === "cancelled" && decision.digest && (await store.readTicket(decision.digest))?.at) decision.verdict = "again";
  const isLeft = path === "leave" && ["again", "returned"].includes(decision.verdict);
  if (path === "leave" && !isLeft) return NO_TICKET.has(decision.verdict) ? decision : { verdict: "fault", name: decision.name, why: say("not_in") };
  if (isLeft) decision = { ...decision, verdict: "left", is_outside: decision.verdict === "returned", left_at: decision.out_at, left_device: decision.out_by };
  const isForced = path === "let-in" && decision.digest && decision.verdict !== "cancelled";
  const isAdmitted = isForced || decision.verdict === "admitted";
  const act = isForced ? "let_in" : isLeft ? "leave" : "scan";
  await keepScan({ act, code: body.code, ticket: body.code ? 0 : decision.ticket ?? 0, at: Date.now(), nonce: body.nonce, is_admitted: isAdmitted || decision.verdict === "returned", said: decision.verdict, reason: body.reason ?? "", event, about: { name: decision.name, digest: decision.digest } });
  // A ticket that the list does not have is known from now on: this phone lets nobody in with it again.
  if (isAdmitted && decision.isProvisional) await store.keepTickets([{ digest: decision.digest, id: 0, name: "", type: decision.type, state: 0, at: 0 }]);
  if (isAdmitted && decision.verdict !== "again") count(1);
  if (isForced && decision.verdict === "again") {
    await change(decision.digest, { isOut: false });
    decision = { ...decision, before: { at: decision.first_at, by: decision.first_device } };
  } else if (isAdmitted && decision.digest) await mark(decision.digest, clock());
  if ((isLeft || decision.verdict === "returned") && decision.digest) await change(decision.digest, isLeft ? { isOut: true, outAt: clock(), outBy: state.name } : { isOut: false });
  showBanner();
  if (isAdmitted && decision.group) decision = { ...decision, companions: await findCompanions(decision) };
  return isForced ? { ...decision, verdict: "admitted" } : decision;
}

// A payment without a network is an act of its own; who was kept out for it is scanned then.
async function payAlone(body, decision) {
  if (!decision.digest || decision.verdict === "cancelled") return decision;
  await keepAct("paid", body, decision, { nonce: `${body.nonce}-paid` });
  const ticket = await store.readTicket(decision.digest);
  if (ticket) await change(decision.digest, { state: 0, beside: { ...ticket.beside, open_minor: 0 } });
  const settled = { ...decision, open_minor: 0 };
  return decision.verdict === "unpaid" ? { ...settled, verdict: "admitted" } : settled;
}

function keepAct(act, body, { name, digest, ticket }, more = {}) {
  return keepScan({ act, code: body.code, ticket: body.code ? 0 : body.ticket || ticket || 0, at: Date.now(), nonce: nonce(), is_admitted: false, reason: "", event: body.event, about: { name, digest }, ...more });
}

async function findCompanions(decision) {
  const others = (await store.listGroup(decision.group)).filter((one) => one.digest !== decision.digest && one.state === 0);
  return others.map((one) => ({ ticket: one.id, name: one.name, ticket_type: snapshot.ticket_types[one.type] ?? "", checked_in_at: one.at || null, kept: one }));
}

async function change(digest, changes) {
  const ticket = await store.readTicket(digest);
  if (ticket) await store.keepTickets([{ ...ticket, ...changes }]);
}

const mark = (digest, checkedIn) => change(digest, { at: checkedIn, by: checkedIn ? state.name : "", isOut: false });

// Going out and coming back, which are taken back as a check-in is.
const WAYS = new Set(["left", "returned"]);

// Only what this phone did is taken back: who was checked in before stays so.
async function undo(entry) {
  const { decision, made } = entry;
  const body = { nonce: nonce(), code: made.code, ticket: made.ticket ?? 0, event: made.event };
  const was = WAYS.has(decision.verdict) ? decision.verdict : undefined;
  let stays = made.before ?? decision.before;
  try {
    if (offlineSince || waits) throw new TypeError("no network");
    const told = await ask("undo", body);
    await learn(decision.ticket, "undone", told);
    stays = told.first_at ? { at: told.first_at, by: told.first_device } : null;
  } catch (fault) {
    if (fault instanceof Refused) return show({ verdict: "fault", why: fault.message }, null, "");
    try {
      const digest = decision.digest ?? (decision.ticket && (await store.findTicket(decision.ticket))?.digest);
      await keepScan({ act: "undo", code: body.code, ticket: body.ticket, at: Date.now(), nonce: body.nonce, is_admitted: false, reason: "", event: made.event, about: { name: decision.name, digest, at: stays?.at ?? entry.at + skew, was } });
      if (was && digest) await change(digest, { isOut: was === "returned" });
    } catch (unkept) {
      return show(faultOf(unkept), null, "");
    }
    if (!stays && !was) {
      if (decision.digest) await mark(decision.digest, 0);
      else await learn(decision.ticket, "undone");
      count(-1);
    }
    lost();
  }
  entry.isUndone = true;
  keepLately();
  note("again", say(was ? `undone_${was}` : stays ? "undone_stays" : decision.isPaid ? "undone_paid" : "undone", { name: decision.name || "", device: stays?.by || say("another_phone") }));
  next();
}

// -- saying it --------------------------------------------------------------------------------

const LOOKS = { admitted: "admitted", returned: "admitted", left: "admitted", again: "again", elsewhere: "elsewhere", other_event: "elsewhere", other_day: "elsewhere", cancelled: "cancelled", forged: "cancelled", unpaid: "unpaid", unknown: "unknown", unclear: "unknown", ask: "unknown", fault: "unknown", look: "look" };
const SOUNDS = { admitted: [[1320, 60]], again: [[660, 120], [660, 120]], elsewhere: [[700, 120], [500, 120]], unpaid: [[700, 120], [500, 120]], cancelled: [[220, 400]], unknown: [[220, 400]] };
// At these a supervisor may look for the person by name.
const LOOKED_UP = new Set(["elsewhere", "other_day", "other_event", "cancelled", "forged", "unpaid", "unclear", "unknown"]);
let audio = null;

// Safari, and Chromium with a page that nobody has touched yet, make no sound before a touch or key.
// What a page may begin only then, such as keeping the screen awake, is tried again with it.
async function unlock() {
  audio ??= window.AudioContext ? new AudioContext() : null;
  if (audio?.state !== "running") await audio?.resume().catch(() => {});
  $("quiet").hidden = !audio || audio.state === "running";
  if (!isAwake) stayAwake();
}

for (const touch of ["pointerup", "keydown"]) addEventListener(touch, unlock);

function beep(look) {
  const tones = SOUNDS[look];
  if (navigator.userActivation?.hasBeenActive ?? true) navigator.vibrate?.(tones.flatMap(([, ms]) => [ms, 60]));
  if ($("sound").getAttribute("aria-pressed") !== "true") return;
  audio ??= window.AudioContext ? new AudioContext() : null;
  $("quiet").hidden = !audio || audio.state === "running";
  if (audio?.state !== "running") return;
  let starts = audio.currentTime;
  for (const [pitch, ms] of tones) {
    const tone = audio.createOscillator();
    tone.frequency.value = pitch;
    tone.connect(audio.destination);
    tone.start(starts);
    tone.stop(starts + ms / 1000);
    starts += (ms + 60) / 1000;
  }
}

const isOutside = (decision) => decision.verdict === "left" && decision.is_outside;
const lookOf = (decision) => isOutside(decision) ? "again" : LOOKS[decision.verdict];
const wordOf = (decision) => say(isOutside(decision) ? "verdict_outside" : `verdict_${decision.verdict}`);

function why(decision, text) {
  if (isOutside(decision)) return decision.left_at ? say("outside_why", { at: at(decision.left_at), device: [decision.left_gate, decision.left_device].filter(Boolean).join(", ") || say("another_phone") }) : "";
  switch (decision.verdict) {
    case "again": return decision.first_at ? say(decision.first_gate ? "again_why" : "again_no_gate", { at: at(decision.first_at), gate: decision.first_gate, device: decision.first_device || say("another_phone") }) : "";
    case "cancelled": return decision.cancelled_at ? say(decision.cancelled_name ? "cancelled_name" : `cancelled_${decision.cancelled_by}`, { at: `${dayAt(decision.cancelled_at)}, ${at(decision.cancelled_at)}`, name: decision.cancelled_name }) : decision.ticket_type || "";
    case "elsewhere": return decision.go_to?.length ? say("go_to", { gates: decision.go_to.join(", ") }) : say("elsewhere_why");
    case "other_day": return say("other_day_why", { days: (decision.go_on ?? []).map(dayOf).join(", "), gates: (decision.go_to ?? []).filter(Boolean).join(", ") || "–" });
    case "other_event": return decision.event ? say("other_event_why", { event: decision.event }) : say("other_event_unknown");
    case "unpaid": return sayOpen(decision) || say(state.role === "supervisor" ? "unpaid_take" : "unpaid_send");
    case "unknown": return text ? say("read", { text: text.slice(0, 24) }) : "";
    case "unclear": return say("unclear_why", { one: decision.unclear[0], two: decision.unclear[1] });
    case "ask": return say("ask_why");
    case "forged": return say("forged_why");
    case "fault": return decision.why;
    default: return [decision.paid_at && say("paid_before", { at: momentOf(decision.paid_at), device: decision.paid_device || say("not_door") }), decision.ticket_type, decision.company, decision.isProvisional && say("provisional"), decision.isPaid ? say("paid") : sayOpen(decision)].filter(Boolean).join(" · ");
  }
}

// What is still to be paid, and what to do about it.
function sayOpen({ open_minor: open, currency }) {
  return open ? say(state.role === "supervisor" ? "open_take" : "open_send", { amount: money(open, currency) }) : "";
}

const money = (minor, currency) => new Intl.NumberFormat(spoken, { style: "currency", currency }).format(minor / 100);
const DAY = { weekday: "short", day: "numeric", month: "short" };
const dayOf = (day) => new Date(`${day}T12:00`).toLocaleDateString(locale, DAY);

function show(decision, made, text) {
  const entry = { decision, made, text, at: Date.now(), isUndone: false };
  const isLook = decision.verdict === "look";
  const waiting = isLook ? [] : (decision.companions ?? []).filter((one) => !one.checked_in_at);
  const own = present(entry, waiting);
  if (!isLook) {
    beep(lookOf(decision));
    note(lookOf(decision), decision.name || decision.why || wordOf(decision), entry);
  }
  const isRead = waiting.length || ["answers", "notes", "agreements"].some((name) => decision[name]?.length);
  const pays = made?.isWalkIn && decision.open_minor;
  own.goesOn = ["admitted", "left", "returned"].includes(decision.verdict) && !isOutside(decision) && !decision.paid_at && !waiting.length && !decision.agreements?.length && !pays;
  if (own.goesOn && !isRead) setTimeout(() => { if (shown === own) next(); }, ADMITTED_MS);
  else focusOn(decision.verdict === "look" ? "take" : "next");
}

// An answer is read from its top, however large its text.
const focusOn = (name) => $(name).focus({ preventScroll: true });


// Something of "Lately" once more: it stays until it is closed.
function reopen(entry, button) {
  isPaused = true;
  present(entry, []).button = button;
  focusOn(canUndo(entry) ? "undo" : "next");
}

const isUndoable = ({ decision, made, isUndone }) => made && !isUndone && (decision.verdict === "admitted" || (WAYS.has(decision.verdict) && !isOutside(decision)));
const isSame = (one, other) => one.digest ? one.digest === other.digest : one.ticket && one.ticket === other.ticket;

// What was done last with a ticket is taken back first.
function canUndo(entry) {
  const isLast = !lately.some(({ entry: later }) => later && later.at > entry.at && isUndoable(later) && isSame(later.decision, entry.decision));
  return isLast && isUndoable(entry) && Date.now() - entry.at < UNDO_MS;
}

function present(entry, waiting) {
  const { decision, made, text } = entry, look = lookOf(decision);
  const own = { decision, made, entry };
  shown = own;
  $("verdict").className = `verdict over ${look}`;
  for (const shape of document.querySelectorAll("[data-shape]")) shape.toggleAttribute("hidden", shape.dataset.shape !== look);
  $("word").textContent = wordOf(decision);
  $("word").style.setProperty("--longest", Math.max(...wordOf(decision).split(" ").map((part) => part.length)));
  $("who").textContent = decision.name || "";
  $("why").textContent = [why(decision, text), decision.readAs && say("read_as", { text: decision.readAs })].filter(Boolean).join(" · ");
  $("unread").textContent = "";
  showBeside(decision, made);
  showGroup(waiting, decision);
  $("take").hidden = decision.verdict !== "look";
  $("badge").hidden = !printer || !decision.ticket || !["admitted", "again", "returned"].includes(decision.verdict);
  $("undo").hidden = !canUndo(entry);
  if (canUndo(entry)) setTimeout(() => { if (shown === own) { $("undo").hidden = true; $("next").focus(); } }, entry.at + UNDO_MS - Date.now());
  const pays = decision.verdict === "unpaid" || (decision.open_minor && !decision.isPaid);
  $("paid").hidden = state?.role !== "supervisor" || !made || !pays;
  $("paid").textContent = decision.open_minor ? say("paid_amount", { amount: money(decision.open_minor, decision.currency) }) : say("paid");
  $("anyway").hidden = state?.role !== "supervisor" || !made || !["again", "elsewhere", "other_day", "unpaid"].includes(decision.verdict);
  $("look-up").hidden = state?.role !== "supervisor" || !LOOKED_UP.has(decision.verdict);
  $("anyway-form").hidden = true;
  $("reason").value = $("reason-why").textContent = "";
  $("reason").removeAttribute("aria-invalid");
  $("verdict").hidden = false;
  $("work").hidden = true;
  return own;
}

// What the organizer wants to be seen: answers, notes, and agreements that are still open.
function showBeside({ answers = [], notes = [], agreements = [] }, made) {
  const asked = agreements.map((one) => {
    const item = line(""), text = Object.assign(document.createElement("p"), { textContent: one.text });
    const button = press(say("agree", { name: one.label }), async () => {
      try {
        if (!await agree(made, one.question)) return;
        item.replaceChildren(say("agreed", { name: one.label }));
      } catch (fault) {
        text.textContent = faultOf(fault).why;
      }
    });
    item.append(text, button);
    return item;
  });
  $("beside").replaceChildren(...answers.map((one) => line(`${one.label}: ${one.answer}`)), ...notes.map(line), ...asked);
}

async function agree(made, question) {
  const body = { nonce: nonce(), code: made.code, ticket: made.ticket ?? 0, event: made.event, question };
  try {
    if (offlineSince || waits) throw new TypeError("no network");
    await ask("sign", body);
  } catch (fault) {
    if (fault instanceof Refused) throw fault;
    await keepScan({ act: "sign", code: body.code, ticket: body.ticket, at: Date.now(), nonce: body.nonce, is_admitted: false, reason: "", question, event: made.event, about: {} });
    lost();
  }
  return true;
}

// Those who come together: one by one, or all at once.
function showGroup(waiting, decision) {
  const group = waiting.map((one) => {
    const item = line("");
    item.append(press(say("admit", { name: one.name || one.ticket_type }), () => { next(); scan("", { ticket: one.ticket, found: one.kept }); }));
    return item;
  });
  if (waiting.length > 1) {
    const all = line("");
    all.append(press(say("admit_all", { count: waiting.length }), () => admitAll(waiting)));
    group.unshift(all);
  }
  const name = (decision.name || "").split(" ").at(-1);
  $("group").textContent = waiting.length ? say("group", { name, count: waiting.length + 1 }) : "";
  $("companions").replaceChildren(...group);
}

async function admitAll(waiting) {
  next();
  for (const one of waiting) {
    isPaused = true;
    const made = { nonce: nonce(), code: "", event, ticket: one.ticket, found: one.kept };
    try {
      const decision = await decide(made, one.kept);
      if (decision.verdict !== "admitted") return show(decision, made, "");
      note("admitted", decision.name, { decision, made, text: "", at: Date.now(), isUndone: false });
    } catch (fault) {
      return show(faultOf(fault), null, "");
    }
  }
  beep("admitted");
  next();
}

function press(text, act) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "button", textContent: text });
  button.addEventListener("click", act);
  return button;
}

function note(look, text, entry = null) {
  const kept = entry && { ...entry, made: entry.made && { ...entry.made, found: undefined } };
  lately = [{ look, text, entry: kept ? Object.assign(entry, kept) : null, at: Date.now() }, ...lately].slice(0, LATELY);
  keepLately();
}

// Also what is taken back later is kept: the list is there again after the page was closed.
function keepLately() {
  keep("lately", lately);
  $("lately").replaceChildren(...lately.map(drawLately));
}

function drawLately({ look, text, entry, at: notedAt }) {
  const item = line(entry ? "" : text);
  const time = document.createElement("time");
  time.textContent = ownAt(notedAt);
  item.dataset.look = look;
  if (entry) {
    const button = Object.assign(document.createElement("button"), { type: "button" });
    const about = Object.assign(document.createElement("span"), { textContent: text });
    const verdict = wordOf(entry.decision);
    if (verdict !== text) about.append(" ", Object.assign(document.createElement("small"), { textContent: verdict }));
    button.append(about, time);
    button.addEventListener("click", () => reopen(entry, button));
    item.append(button);
  } else item.append(time);
  return item;
}

function next() {
  const button = shown?.button;
  // While an answer waits, nothing is read: the code may have been in view until now.
  if (shown) last.at = Date.now();
  shown = null;
  $("verdict").hidden = true;
  $("work").hidden = false;
  isPaused = false;
  button?.focus();
}

// A phone that was signed out sends nothing any more: what waits on it may go once it is in a file.
const isRescued = () => rescued > 0 && rescued === waits + strays && (isSignedOut || !waits);

function showBanner(text = "") {
  const banner = $("banner");
  const isAlone = offlineSince || waits || strays || isSignedOut || isFull;
  banner.classList.toggle("offline", Boolean(isAlone));
  if (isSignedOut) banner.textContent = saySignedOut();
  else if (isFull) banner.textContent = say("full");
  else if (text) banner.textContent = text;
  else if (offlineSince || waits) banner.textContent = sayCount("offline", waits, { at: ownAt(offlineSince || Date.now()) });
  else if (strays) banner.textContent = sayCount("strays", strays);
  else if (Math.abs(skew) > SKEW_MS) banner.textContent = say("clock", { minutes: Math.round(Math.abs(skew) / 60_000) });
  else banner.textContent = snapshot ? say("ready", { at: at(snapshot.at) }) : say("loading");
  showCounters();
  $("out").disabled = waits + strays > 0 && !isRescued();
  $("out-why").hidden = !waits || isSignedOut;
  $("rescue").hidden = !(waits || strays);
}

// -- reading codes ----------------------------------------------------------------------------

async function makeDetector() {
  if ("BarcodeDetector" in window && (await BarcodeDetector.getSupportedFormats()).includes("qr_code"))
    return new BarcodeDetector({ formats: ["qr_code"] });
  await new Promise((resolve, reject) => {
    const script = Object.assign(document.createElement("script"), { src: page.detector, onload: resolve, onerror: reject });
    document.head.append(script);
  });
  BarcodeDetectionAPI.prepareZXingModule({ overrides: { locateFile: () => page.wasm } });
  return new BarcodeDetectionAPI.BarcodeDetector({ formats: ["qr_code"] });
}

let cameras = [], camera = (await store.readFact("camera")) ?? "", stream = null, detector = null;

async function startCamera() {
  if (!navigator.mediaDevices?.getUserMedia) return cameraRefused(say("no_camera"));
  try {
    for (const track of stream?.getTracks() ?? []) track.stop();
    const wanted = cameras.find((one) => one.label === camera);
    const video = wanted ? { deviceId: { exact: wanted.deviceId } } : { facingMode: "environment" };
    stream = await navigator.mediaDevices.getUserMedia({ video });
    cameras = (await navigator.mediaDevices.enumerateDevices()).filter((one) => one.kind === "videoinput");
    $("camera").hidden = cameras.length < 2;
    const [track] = stream.getVideoTracks();
    if (!wanted && track.label !== camera && cameras.some((one) => one.label === camera)) return startCamera();
    $("light").hidden = !track.getCapabilities?.().torch;
    $("light").setAttribute("aria-pressed", "false");
    $("video").srcObject = stream;
    await $("video").play();
    $("start").hidden = true;
    $("hold").hidden = false;
    $("hold").setAttribute("aria-pressed", "false");
    $("point").textContent = say("point");
    detector ??= await makeDetector();
    look();
  } catch (fault) {
    cameras = [];
    cameraRefused(fault.name === "NotAllowedError" ? say("camera_denied") : say("no_camera"));
  }
}

function cameraRefused(text) {
  $("point").textContent = text;
  $("start").hidden = false;
  $("hold").hidden = true;
}

async function look() {
  const video = $("video"), own = stream;
  while (stream === own) {
    if ((!isPaused || shown?.goesOn) && !isHeld() && video.readyState >= 2 && !document.hidden) {
      try {
        const [code] = await detector.detect(video);
        if (code?.rawValue) await scan(code.rawValue, { readAt: performance.now() });
      } catch (fault) {
        return cameraRefused(fault.message);
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
}

// The camera can be held: its picture stands still then, and nothing is read.
const isHeld = () => $("hold").getAttribute("aria-pressed") === "true";

$("hold").addEventListener("click", () => {
  $("hold").setAttribute("aria-pressed", String(!isHeld()));
  if (isHeld()) $("video").pause();
  else $("video").play().catch(() => {});
  $("point").textContent = say(isHeld() ? "held" : "point");
});

// Where somebody types, a scanner types there, too, and the page does not listen.
const isTyping = () => /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement?.tagName);
const showListening = () => {
  $("listening").textContent = say(isTyping() ? "not_listening" : "listening");
  $("listening").classList.toggle("live", !isTyping());
};
for (const moved of ["focusin", "focusout"]) document.addEventListener(moved, () => setTimeout(showListening));

// A scanner types quickly and ends with Enter. It may be set to another keyboard than this device's:
// then the keys say what it may have meant.
const typed = { strokes: [], at: 0 };

document.addEventListener("keydown", (key) => {
  if (isTyping() || key.ctrlKey || key.metaKey || key.altKey) return;
  const now = performance.now();
  if (now - typed.at > KEY_MS) typed.strokes = [];
  typed.at = now;
  if (key.key === "Enter") {
    const { strokes } = typed;
    typed.strokes = [];
    if (strokes.length < 4) return;
    key.preventDefault();
    scan(strokes.map((one) => one.sign).join(""), { readings: readingsOf(strokes, layout) });
  } else if (key.key.length === 1 || key.key === "Dead") {
    typed.strokes.push({ sign: key.key === "Dead" ? "" : key.key, code: key.code, isShifted: key.shiftKey });
  }
});

// -- by name, walk-ins, signing out --------------------------------------------------------------

async function search(text) {
  if (text.trim().length < 2) return [];
  try {
    if (offlineSince) throw new TypeError("no network");
    return (await ask(`search?event=${event}&q=${encodeURIComponent(text)}`)).found;
  } catch (fault) {
    if (fault instanceof Refused) return [];
    const good = (await store.listTickets()).filter((one) => one.id && one.state !== CANCELLED);
    return findNames(text, good, FOUND).map((one) => ({ ticket: one.id, name: one.name, ticket_type: snapshot.ticket_types[one.type], checked_in_at: one.at, kept: one }));
  }
}

function guest(one) {
  const item = document.createElement("li"), about = document.createElement("div");
  const name = Object.assign(document.createElement("b"), { textContent: one.name });
  const more = Object.assign(document.createElement("span"), { textContent: [one.ticket_type, one.company].filter(Boolean).join(" · ") });
  about.append(name, more);
  item.append(about);
  if (one.checked_in_at) item.append(Object.assign(document.createElement("span"), { className: "tag go", textContent: say("in_at", { at: at(one.checked_in_at) }) }));
  else {
    const button = Object.assign(document.createElement("button"), { className: "button lamp", textContent: say("check_in") });
    button.setAttribute("aria-label", `${say("check_in")} ${one.name}`);
    button.addEventListener("click", () => scan("", { ticket: one.ticket, found: one.kept }));
    item.append(button);
  }
  return item;
}

function openPart(name) {
  for (const part of ["finder", "find", "walk", "more"]) $(part).hidden = part !== name;
  for (const button of document.querySelectorAll("[data-part]")) button.setAttribute("aria-current", String(button.dataset.part === name));
  isPaused = false;
  $("shell").scrollTop = 0;
  if (name === "find") $("q").focus();
  else $(name).querySelector("h2")?.focus();
}

let asked = 0;
$("q").addEventListener("input", async () => {
  const own = ++asked, found = await search($("q").value);
  if (own !== asked) return;
  $("found").replaceChildren(...found.map(guest));
  $("found-count").textContent = offlineSince && !snapshot ? sayNoNames() : say("found", { count: found.length });
});
$("find-form").addEventListener("submit", (sent) => sent.preventDefault());
$("type-form").addEventListener("submit", (sent) => {
  sent.preventDefault();
  const text = $("typed").value.trim();
  $("typed").value = "";
  if (text) scan(text);
});
// The same walk-in is sent again under its name, until the form is changed or it is done.
let walkNonce = "";
$("walk-form").addEventListener("input", () => { walkNonce = ""; });
$("walk-form").addEventListener("submit", async (sent) => {
  sent.preventDefault();
  const { ticket_type: type, ...given } = Object.fromEntries(new FormData($("walk-form")));
  $("walk-why").textContent = "";
  try {
    walkNonce ||= nonce();
    const decision = await ask("walk-in", { ...given, nonce: walkNonce, ticket_type: Number(type || 0), event }, 10_000);
    walkNonce = "";
    $("walk-form").reset();
    openPart("finder");
    isPaused = true;
    show(decision, { code: "", ticket: decision.ticket ?? 0, event, isWalkIn: true }, "");
  } catch (fault) {
    $("walk-why").textContent = fault instanceof Refused ? fault.message : say("needs_network");
  }
});
$("anyway").addEventListener("click", () => { $("anyway").hidden = true; $("anyway-form").hidden = false; $("reason").focus(); });
$("anyway-form").addEventListener("submit", (sent) => {
  sent.preventDefault();
  const { made, decision } = shown, reason = $("reason").value.trim();
  $("reason-why").textContent = reason ? "" : say("reason_missing");
  $("reason").setAttribute("aria-invalid", String(!reason));
  if (!reason) return $("reason").focus();
  next();
  last = { text: "", at: 0 };
  const before = decision.verdict === "again" ? { at: decision.first_at, by: decision.first_device } : undefined;
  scan(made.code, { ticket: made.ticket ?? decision.ticket ?? 0, path: "let-in", reason, found: made.found, before });
});
// Paid at the door: what was open is settled, and the guest who was kept out for it comes in.
$("paid").addEventListener("click", async () => {
  const { made, decision } = shown;
  next();
  isPaused = true;
  const paid = { nonce: nonce(), code: made.code, ticket: made.ticket || decision.ticket || 0, event: made.event, path: "paid" };
  try {
    const found = made.found ?? (paid.ticket ? await store.findTicket(paid.ticket) : undefined);
    const done = await decide(paid, found);
    show({ ...done, isPaid: done.verdict === "admitted" }, { ...paid, found }, "");
  } catch (fault) {
    show(faultOf(fault), null, "");
  }
});
$("look-up").addEventListener("click", () => {
  const { decision } = shown;
  next();
  openPart("find");
  $("q").value = decision.name || "";
  $("q").dispatchEvent(new Event("input"));
});
$("next").addEventListener("click", next);
$("take").addEventListener("click", takeIn);
$("way").addEventListener("click", () => { isLeaving = !isLeaving; last = { text: "", at: 0 }; showState(); });
$("layout").addEventListener("change", () => { layout = $("layout").value; keep("layout", layout); });
$("printer").addEventListener("change", () => { printer = $("printer").value; keep("printer", printer); });
$("badge").addEventListener("click", async () => {
  const { ticket } = shown.decision;
  if (printer === "own") return open(`/door/api/badge?event=${event}&ticket=${ticket}`, "_blank");
  try {
    await ask("print", { ticket, printer: Number(printer), event }, 12_000);
    $("why").textContent = say("badge_sent");
  } catch (fault) {
    $("why").textContent = fault instanceof Refused ? fault.message : say("needs_network");
  }
});
$("undo").addEventListener("click", () => undo(shown.entry));
$("start").addEventListener("click", startCamera);
// The one after that which is used; the next time the page begins with it, if it is still there.
// A browser may give its cameras other ids each time, so they are known by their names.
$("camera").addEventListener("click", () => {
  const now = cameras.findIndex((one) => one.label === stream?.getVideoTracks()[0]?.label);
  camera = cameras[(now + 1) % cameras.length].label;
  keep("camera", camera);
  startCamera();
});
$("light").addEventListener("click", async () => {
  const isOn = $("light").getAttribute("aria-pressed") !== "true";
  await stream.getVideoTracks()[0].applyConstraints({ advanced: [{ torch: isOn }] });
  $("light").setAttribute("aria-pressed", String(isOn));
});
$("sound").addEventListener("click", () => $("sound").setAttribute("aria-pressed", String($("sound").getAttribute("aria-pressed") !== "true")));
for (const button of document.querySelectorAll("[data-part]")) button.addEventListener("click", () => openPart(button.dataset.part));
$("places").addEventListener("change", async () => {
  await countWaiting();
  if (waits) { $("places").value = event; return; }
  event = Number($("places").value);
  snapshot = null;
  changesAt = 0;
  isLeaving = false;
  follow();
});
$("rescue").addEventListener("click", async () => {
  const scans = await store.listOutbox();
  const file = new Blob([JSON.stringify({ phone: state?.name ?? phone, device, saved_at: Date.now(), skew, scans })], { type: "application/json" });
  Object.assign(document.createElement("a"), { href: URL.createObjectURL(file), download: "door-scans.json" }).click();
  rescued = scans.length;
  showBanner();
});
$("out").addEventListener("click", async () => {
  await countWaiting();
  const count = waits + strays;
  if (count && !(isRescued() && confirm(sayCount("out_sure", count)))) return showBanner();
  if (snapshot) await takeChanges().catch(() => {});
  const answer = await fetch("/door", { method: "POST", body: new URLSearchParams({ token: state?.form ?? "" }) });
  if (!answer.ok && !isSignedOut) return;
  await store.forgetAll();
  await store.emptyOutbox();
  for (const worker of await navigator.serviceWorker?.getRegistrations() ?? []) await worker.unregister();
  location.assign("/door");
});

// -- beginning --------------------------------------------------------------------------------

function showState() {
  if (!state) return;
  $("phone").textContent = state.name;
  $("where").textContent = [snapshot?.gate, placeOf()?.title].filter(Boolean).join(" · ");
  const place = placeOf();
  $("way").hidden = !place?.has_exit;
  $("way").textContent = say(isLeaving ? "mode_out" : "mode_in");
  $("way").setAttribute("aria-pressed", String(isLeaving));
  const printers = [["", say("no_badge")], ["own", say("badge_own")], ...(place?.printers ?? []).map((one) => [String(one.id), one.name])];
  if ($("printer").options.length !== printers.length) $("printer").replaceChildren(...printers.map(([value, text]) => new Option(text, value, false, value === printer)));
  for (const part of document.querySelectorAll("[data-supervisor]")) part.hidden = state.role !== "supervisor";
  $("places-field").hidden = state.places.length < 2;
  if ($("places").options.length !== state.places.length) $("places").replaceChildren(...state.places.map((one) => new Option(one.title, one.event, false, one.event === event)));
  const types = place?.ticket_types ?? [];
  const named = types.map((one) => [one.name, one.price_minor && money(one.price_minor, one.currency), one.left !== null && say("left", { count: one.left })].filter(Boolean).join(" · "));
  const isNew = named.join() !== [...$("walk-type").options].map((one) => one.text).join();
  if (isNew) $("walk-type").replaceChildren(...types.map((one, place) => {
    const option = new Option(named[place], one.id, false, String(one.id) === $("walk-type").value);
    option.disabled = one.left === 0;
    return option;
  }));
}

let isAwake = false;

async function stayAwake() {
  try {
    const lock = await navigator.wakeLock.request("screen");
    isAwake = true;
    lock.addEventListener("release", () => { isAwake = false; });
  } catch { // a browser that has no lock, or gives none before a touch
  }
}

async function keepUp() {
  for (;;) {
    try {
      if (!isSignedOut) await forgetWhenOver();
      await countWaiting();
      if (!isSignedOut && !document.hidden && navigator.onLine) {
        state = await refreshState();
        await upload();
        if (!snapshot) await takeSnapshot();
        else if (isDue()) await takeChanges();
      } else if (!navigator.onLine) lost();
    } catch (fault) {
      if (isQuota(fault)) isFull = true;
      else if (!(fault instanceof Refused)) lost();
    }
    showState();
    showBanner();
    await new Promise((resolve) => { wake = resolve; setTimeout(resolve, CHANGES_MS); });
  }
}

// The server says when something was changed last; where its words do not come through, it is asked
// each second. It counts once in a while, so it is asked until it has counted what is new. Conflicts,
// and what was changed beside tickets, are asked for in any case.
let news = null, changedAt = 0, newsAt = 0, wake = () => {};

function isDue() {
  const isCounted = changesAt > newsAt && counters?.at > changedAt + COUNTED_MS;
  return news?.readyState !== EventSource.OPEN || !isCounted || Date.now() - changesAt >= QUIET_MS;
}

function follow() {
  news?.close();
  news = new EventSource(`/door/api/news?event=${event}`);
  news.addEventListener("message", ({ data }) => { newsAt = Date.now(); changedAt = Number(data); wake(); });
}

let stateAt = 0;
async function refreshState() {
  if (state && Date.now() - stateAt < 60_000) return state;
  const read = await ask("state");
  if (read.word) location.assign("/door");
  if (read.device !== device) {
    device = read.device;
    await countStrays();
  }
  stateAt = Date.now();
  event ||= read.places[0].event;
  skew = read.at - Date.now();
  phone = read.name;
  await keep("clock", { skew, phone, device });
  if (!news) follow();
  await keep("state", read);
  return read;
}

addEventListener("offline", lost);
navigator.serviceWorker?.register("/door/sw.js", { scope: "/door/" }).catch(() => {});
navigator.storage?.persist?.().then((isKept) => { $("kept").textContent = say(isKept ? "persisted" : "not_persisted"); });
navigator.getBattery?.().then((battery) => {
  const tell = () => { page.battery = Math.round(battery.level * 100); };
  tell();
  battery.addEventListener("levelchange", tell);
});
// A page that comes back has lost the lock, and in Safari its camera stands still or has ended.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  stayAwake();
  if (stream?.getVideoTracks()[0]?.readyState === "ended") startCamera();
  else if (stream && !isHeld()) $("video").play().catch(() => {});
});
stayAwake();
await keepUnanswered().catch(() => {});
await countStrays();
await countWaiting();
// The page of a phone that was signed out stays one, unless it was paired again.
if (await store.readFact("ended")) {
  isSignedOut = true;
  try {
    state = await refreshState();
    isSignedOut = false;
    await keep("ended", 0);
  } catch { // it is signed out, or cannot ask
  }
}
showState();
const regions = new Intl.DisplayNames(locale, { type: "region" });
const layouts = [["", say("layout_found")], ["own", say("layout_own")], ...Object.keys(LAYOUTS).map((name) => [name, regions.of(name.toUpperCase())])];
$("layout").replaceChildren(...layouts.map(([value, text]) => new Option(text, value, false, value === layout)));
$("lately").replaceChildren(...lately.map(drawLately));
$("work").hidden = false;
$("point").textContent = navigator.mediaDevices ? say("point") : say("no_camera");
if (isSignedOut) showEnded();
keepUp();
if (navigator.mediaDevices?.getUserMedia && !isSignedOut) startCamera();
