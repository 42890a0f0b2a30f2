// The watch page before it begins: counts down by the server's clock, says whether this device can
// play what will be shown, and loads the page again when it begins.
const lobby = document.getElementById("lobby");
const { now, from, left, kind } = lobby.dataset;
const offset = Number(now) - Date.now();
const shown = lobby.querySelector(".countdown");
// Not all at once.
const spread = Math.random() * 3000;

lobby.querySelector("[data-by-itself]").hidden = false;

function tell(name, isGood) {
  const line = lobby.querySelector(`[data-check="${name}"]`);
  line.hidden = false;
  line.querySelector("[data-good]").hidden = !isGood;
  line.querySelector("[data-bad]").hidden = isGood;
}

function canPlay() {
  const video = document.createElement("video");
  const isFilm = video.canPlayType('video/mp4; codecs="avc1.42E01E"') !== "";
  if (kind === "mp4") return isFilm;
  return kind === "embed" || "MediaSource" in window || video.canPlayType("application/vnd.apple.mpegurl") !== "";
}

function say(ms) {
  const seconds = Math.ceil(ms / 1000), two = (number) => String(number).padStart(2, "0");
  const [days, hours, minutes] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  const clock = `${hours}:${two(minutes)}:${two(seconds % 60)}`;
  if (!days) return clock;
  const counted = new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit: "day", unitDisplay: "long" });
  return `${counted.format(days)} ${clock}`;
}

function tick() {
  const ahead = Number(from) - (Date.now() + offset);
  if (ahead <= -spread) { location.reload(); return; }
  shown.textContent = left.replace("{}", say(Math.max(0, ahead)));
  setTimeout(tick, 1000 - ((Date.now() + offset) % 1000));
}

tell("script", true);
tell("media", canPlay());
tell("clock", Math.abs(offset) < 60000);
shown.hidden = false;
tick();

const sound = document.getElementById("sound");
sound.hidden = !("AudioContext" in window);
sound.addEventListener("click", () => {
  const context = new AudioContext(), tone = context.createOscillator(), volume = context.createGain();
  volume.gain.value = 0.2;
  tone.frequency.value = 440;
  tone.connect(volume).connect(context.destination);
  tone.start();
  tone.stop(context.currentTime + 0.6);
});
