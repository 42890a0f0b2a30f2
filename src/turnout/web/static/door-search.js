// How well a name fits what was typed, where there is no network to ask. These are the rules of
// core/door/searching.py: if you change one, change the other.
const LETTERS = { "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe" };
const DIGRAPHS = [["sch", "s"], ["ph", "f"], ["th", "t"], ["dt", "t"], ["tz", "s"], ["ck", "k"]];
const SOUNDS = Object.fromEntries([..."bpdtgkqcfvwzsxjy"].map((sign, place) => [sign, "ppttkkkkfffsssii"[place]]));
const SHORTEST_SOUND = 3;

const isLatin = (word) => /^\w*$/.test(word);
const wordsOf = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase()
  .replace(/[ßøłđðþæœ]/g, (sign) => LETTERS[sign]).match(/[\p{L}\p{N}_]+/gu) ?? [];
const written = (text) => text.normalize("NFC").toLowerCase().split(/\s+/).filter(Boolean);

export function soundOf(word) {
  for (const [pair, one] of DIGRAPHS) word = word.replaceAll(pair, one);
  word = word.replaceAll("h", "").replace(/./g, (sign) => SOUNDS[sign] ?? sign).replace(/(.)\1+/g, "$1");
  return word.slice(0, 1) + word.slice(1).replace(/[aeiou]/g, "");
}

// 0 = best, null = not at all.
export function rankName(text, name) {
  const wanted = wordsOf(text), words = wordsOf(name);
  const initials = words.map((word) => [...word][0]);
  const ranks = wanted.map((word) => rankWord(word, words, initials));
  if (!wanted.length || ranks.includes(null)) return null;
  const own = written(name);
  return 2 * ranks.reduce((sum, rank) => sum + rank, 0) + (written(text).every((word) => own.includes(word)) ? 0 : 1);
}

function rankWord(wanted, words, initials) {
  if (words.includes(wanted)) return 0;
  if (words.some((word) => word.startsWith(wanted))) return 1;
  if (wanted.length > 1 && [initials.join(""), [...initials].reverse().join("")].includes(wanted)) return 2;
  if (!isLatin(wanted)) return words.some((word) => word.includes(wanted)) ? 2 : null;
  const sound = soundOf(wanted);
  return wanted.length >= SHORTEST_SOUND && words.some((word) => isLatin(word) && soundOf(word) === sound) ? 3 : null;
}

// The tickets whose names fit best, at most so many.
export function findNames(text, tickets, limit) {
  const found = tickets.map((ticket) => ({ ticket, rank: rankName(text, ticket.name), last: wordsOf(ticket.name).at(-1) ?? "" }));
  return found.filter((one) => one.rank !== null)
    .sort((a, b) => a.rank - b.rank || a.last.localeCompare(b.last) || a.ticket.name.localeCompare(b.ticket.name))
    .slice(0, limit).map((one) => one.ticket);
}
