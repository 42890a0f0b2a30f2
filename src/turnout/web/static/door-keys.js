// What a scanner meant that types as a keyboard. It presses the keys of the layout it is set to, and
// the device shows what those are on its own. So there is what the device read, and what the same
// keys say on each layout; which of these is a ticket, the server or the snapshot tells. A reading is
// never taken that fits two tickets: see settle() in door.js.
const { looksLikeOurs, plainOf } = await import(document.body.dataset.judge);

// The keys row by row, as they lie on a European keyboard: digits, and three rows of letters.
export const PLACES = [
  "Backquote", ..."1234567890".replace(/./g, " Digit$&").trim().split(" "), "Minus", "Equal",
  ..."QWERTYUIOP".replace(/./g, " Key$&").trim().split(" "), "BracketLeft", "BracketRight",
  ..."ASDFGHJKL".replace(/./g, " Key$&").trim().split(" "), "Semicolon", "Quote", "Backslash",
  "IntlBackslash", ..."ZXCVBNM".replace(/./g, " Key$&").trim().split(" "), "Comma", "Period", "Slash",
];
// Each layout's signs in that order: alone, and with Shift.
export const LAYOUTS = {
  us: ["`1234567890-=qwertyuiop[]asdfghjkl;'\\\\zxcvbnm,./", "~!@#$%^&*()_+QWERTYUIOP{}ASDFGHJKL:\"||ZXCVBNM<>?"],
  gb: ["`1234567890-=qwertyuiop[]asdfghjkl;'#\\zxcvbnm,./", "¬!\"£$%^&*()_+QWERTYUIOP{}ASDFGHJKL:@~|ZXCVBNM<>?"],
  de: ["^1234567890ß´qwertzuiopü+asdfghjklöä#<yxcvbnm,.-", "°!\"§$%&/()=?`QWERTZUIOPÜ*ASDFGHJKLÖÄ'>YXCVBNM;:_"],
  ch: ["§1234567890'^qwertzuiopü¨asdfghjklöä$<yxcvbnm,.-", "°+\"*ç%&/()=?`QWERTZUIOPè!ASDFGHJKLéà£>YXCVBNM;:_"],
  fr: ["²&é\"'(-è_çà)=azertyuiop^$qsdfghjklmù*<wxcvbn,;:!", " 1234567890°+AZERTYUIOP¨£QSDFGHJKLM%µ>WXCVBN?./§"],
  be: ["²&é\"'(§è!çà)-azertyuiop^$qsdfghjklmùµ<wxcvbn,;:=", "³1234567890°_AZERTYUIOP¨*QSDFGHJKLM%£>WXCVBN?./+"],
  es: ["º1234567890'¡qwertyuiop`+asdfghjklñ´ç<zxcvbnm,.-", "ª!\"·$%&/()=?¿QWERTYUIOP^*ASDFGHJKLÑ¨Ç>ZXCVBNM;:_"],
};
const NUMPAD = { NumpadSubtract: "-", NumpadDivide: "/", NumpadDecimal: ".", NumpadAdd: "+", NumpadMultiply: "*" };
// As tickets of this server are written (store/sources.py).
const OURS = /^[2-9A-HJKMNP-TW-Z]{10}$/;

export function signOf(layout, { code, isShifted }) {
  const place = PLACES.indexOf(code);
  if (place >= 0) return LAYOUTS[layout][Number(isShifted)][place];
  return NUMPAD[code] ?? /^Numpad(\d)$/.exec(code)?.[1] ?? "";
}

// What was read, the likeliest first: by the device, and as each layout has it. `layout` is the
// scanner's where somebody has said it, "own" for the device's own.
export function readingsOf(strokes, layout = "") {
  const own = strokes.map((one) => one.sign).join("");
  if (layout === "own") return [own];
  const names = layout ? [layout] : Object.keys(LAYOUTS);
  const others = names.map((name) => strokes.map((one) => signOf(name, one)).join(""));
  if (layout) return others;
  const all = [own, ...others.filter((text) => /^[\x20-\x7e]*$/.test(text))];
  const ours = all.filter(looksLikeOurs);
  const kept = distinct(ours.length ? ours : all.filter(plainOf));
  const likely = kept.find((text) => OURS.test(plainOf(text)));
  return likely && !OURS.test(plainOf(own)) ? distinct([likely, ...kept]) : kept.length ? kept : [own];
}

// One of each, whatever its letter case and marks are.
function distinct(texts) {
  const seen = new Map();
  for (const text of texts) {
    const key = looksLikeOurs(text) ? text.toUpperCase() : plainOf(text);
    if (!seen.has(key)) seen.set(key, text);
  }
  return [...seen.values()];
}
