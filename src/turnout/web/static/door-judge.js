// What a phone decides without a network. A printed code needs a good signature; a plain code that
// was typed is a supervisor's to let in; and what the snapshot knows counts.
const SIGNED = /^[\W_]*(TK1:(\d{1,15}):([0-9A-Z]{1,32}):(\d{1,15}):([A-Z2-7]{6})):([A-Z2-7]{103})[\W_]*$/;
const ADDRESS = /\/TICKET\/(\d{1,15})-([0-9A-Z-]{1,64})/;
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const VALID = 0;
export const CANCELLED = 1, UNPAID = 2;

const plain = (text) => text.slice(0, 500).normalize("NFKC").toUpperCase();
const fromUrl = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
const toUrl = (bytes) => btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

// null where one of the three bits is set that a signature does not need: that was altered.
function fromBase32(text) {
  if (ALPHABET.indexOf(text.at(-1)) & 7) return null;
  const out = new Uint8Array(64);
  let bits = 0, held = 0, place = 0;
  for (const sign of text) {
    held = (held << 5) | ALPHABET.indexOf(sign);
    bits += 5;
    if (bits >= 8 && place < 64) { bits -= 8; out[place++] = (held >> bits) & 255; }
    held &= 255;
  }
  return out;
}

export function looksLikeOurs(text) {
  return SIGNED.test(plain(text).replace(/\s/g, "")) || ADDRESS.test(plain(text));
}

const letters = (text) => [...text].filter((sign) => /[\p{L}\p{N}]/u.test(sign)).join("");

// The code of what was read, without marks, or of the address of a ticket's page.
export function plainOf(text) {
  const address = ADDRESS.exec(plain(text));
  return letters(address ? address[2] : plain(text));
}

// The code in what was read, signed or plain.
export const codeOf = (text) => SIGNED.exec(plain(text).replace(/\s/g, ""))?.[3] ?? plainOf(text);

// The code of a text that is a ticket, as far as this phone can tell; empty = it cannot, or is none.
export async function knownAs(snapshot, text, readTicket) {
  const signed = SIGNED.exec(plain(text).replace(/\s/g, ""));
  const address = ADDRESS.exec(plain(text));
  if (address && Number(address[1]) !== snapshot.organization) return "";
  const isGood = signed && await isGenuine(snapshot.keys, signed[5], signed[1], signed[6]);
  if (isGood || isGood === false) return isGood ? signed[3] : "";
  const code = codeOf(text);
  return code && await readTicket(await digestOf(snapshot.digest_key, code)) ? code : "";
}

export async function digestOf(key, code) {
  const bytes = new TextEncoder();
  const made = await crypto.subtle.importKey("raw", bytes.encode(key), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return toUrl(new Uint8Array(await crypto.subtle.sign("HMAC", made, bytes.encode(code))).slice(0, 8));
}

// true, false, or null where this browser cannot tell.
async function isGenuine(keys, kid, text, signature) {
  const known = keys.find((key) => key.kid === kid);
  if (!known) return null;
  const publicKey = fromUrl(known.public_key), signed = fromBase32(signature), bytes = new TextEncoder().encode(text);
  if (!signed) return false;
  try {
    const key = await crypto.subtle.importKey("raw", publicKey, { name: "Ed25519" }, false, ["verify"]);
    return await crypto.subtle.verify({ name: "Ed25519" }, key, signed, bytes);
  } catch { // a browser whose WebCrypto has no Ed25519
    return verifyAlone(signed, bytes, publicKey);
  }
}

async function verifyAlone(signed, bytes, publicKey) {
  try {
    const { verifyAsync } = await import(document.body.dataset.ed25519);
    return await verifyAsync(signed, bytes, publicKey, { zip215: false });
  } catch {
    return null;
  }
}

// The decision about a text, or about a ticket that was found by name: {verdict, digest, ...}.
export async function judge(snapshot, role, text, readTicket, found) {
  const isSupervisor = role === "supervisor";
  if (found) return isSupervisor ? say(found, snapshot) : { verdict: "ask" };
  const upper = plain(text);
  const signed = SIGNED.exec(upper.replace(/\s/g, ""));
  if (signed) {
    const [, body, event, code, type, kid, signature] = signed;
    const isGood = await isGenuine(snapshot.keys, kid, body, signature);
    if (isGood === false) return { verdict: "forged" };
    if (Number(event) !== snapshot.event) return { verdict: isGood ? "other_event" : "unknown" };
    const digest = await digestOf(snapshot.digest_key, code);
    const ticket = await readTicket(digest);
    if (isGood === null) return ticket && isSupervisor ? say(ticket, snapshot) : { verdict: ticket ? "ask" : "unknown" };
    if (ticket) return say(ticket, snapshot);
    const mayEnter = snapshot.is_gate_open || snapshot.gate_ticket_types.includes(Number(type));
    const day = today(snapshot);
    if (!mayEnter) return pointTheWay(snapshot, Number(type), day);
    if (snapshot.gate_day && snapshot.gate_day !== day) return { verdict: "other_day", go_on: [snapshot.gate_day], go_to: [snapshot.gate] };
    return { verdict: "admitted", digest, type: Number(type), ticket_type: snapshot.ticket_types[type] || "", isProvisional: true };
  }
  const address = ADDRESS.exec(upper);
  if (address && Number(address[1]) !== snapshot.organization) return { verdict: "unknown" };
  const code = plainOf(text);
  const ticket = code ? await readTicket(await digestOf(snapshot.digest_key, code)) : null;
  if (!ticket) return { verdict: "unknown" };
  return isSupervisor || ticket.state === CANCELLED ? say(ticket, snapshot) : { verdict: "ask" };
}

// The day by the event's clock, as YYYY-MM-DD; `skew` ms are to be added to the phone's.
function today({ skew = 0, timezone: timeZone }) {
  const now = new Date(Date.now() + skew);
  try {
    return now.toLocaleDateString("sv-SE", { timeZone });
  } catch { // a browser that does not know the zone
    return now.toLocaleDateString("sv-SE");
  }
}

// Where a ticket of a type is let in: the gates that are open today, else the days of the others.
function pointTheWay(snapshot, type, day) {
  const fit = (snapshot.gates ?? []).filter((gate) => gate.ticket_types.includes(type));
  const open = fit.filter((gate) => !gate.day || gate.day === day);
  if (open.length || !fit.length) return { verdict: "elsewhere", go_to: open.map((gate) => gate.name) };
  return { verdict: "other_day", go_to: fit.map((gate) => gate.name), go_on: [...new Set(fit.map((gate) => gate.day))].sort() };
}

function say(ticket, snapshot) {
  const { days: _, ...beside } = ticket.beside ?? {};
  const known = { digest: ticket.digest, ticket: ticket.id, group: ticket.group, name: ticket.name, ticket_type: snapshot.ticket_types[ticket.type] || "" };
  if (ticket.state === CANCELLED || snapshot.state === "cancelled") {
    const { cancelled_at, cancelled_by, cancelled_name } = beside;
    return { verdict: "cancelled", cancelled_at, cancelled_by, cancelled_name, ...known };
  }
  const days = snapshot.gate_day ? [snapshot.gate_day] : ticket.beside?.days ?? [];
  const { open_minor, currency } = beside;
  if (days.length && !days.includes(today(snapshot))) return { verdict: "other_day", go_on: days, go_to: [snapshot.gate], ...known };
  if (ticket.at && ticket.isOut && snapshot.has_exit) return { verdict: "returned", out_at: ticket.outAt, out_by: ticket.outBy, ...beside, ...known };
  if (ticket.at) return { verdict: "again", first_at: ticket.at, first_device: ticket.by || "", ...beside, ...known };
  return ticket.state === VALID ? { verdict: "admitted", ...beside, ...known } : { verdict: "unpaid", open_minor, currency, ...known };
}
