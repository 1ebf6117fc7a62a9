/* Waveform player for every [data-player]: the shape comes from the server as peaks, the sound by ranges from the
   <audio> element, so that seeking never loads the whole recording. Where the server cannot tell the shape and the
   file is small (data-decode), the browser decodes it. Without wavesurfer the <audio> controls stay. */
"use strict";

const nonce = document.currentScript.nonce;

function clock(seconds) {
  const whole = Math.floor(seconds);
  const two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  return (hours ? `${hours}:` : "") + `${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
}

async function start(box) {
  const audio = box.querySelector("audio");
  const { peaks: address, duration, decode } = box.dataset;
  if (!window.WaveSurfer || !(address || decode)) return;
  const known = address ? await shape(address, duration) : {};
  if (!known) return;
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => resolve(style.getPropertyValue(name), box);
  box.classList.add("is-live");
  const wave = WaveSurfer.create({
    container: box.querySelector(".wave"), media: audio, ...known,
    height: 72, barWidth: 3, barGap: 2, barRadius: 2, cursorWidth: 2, normalize: true, dragToSeek: true, cspNonce: nonce,
    waveColor: colour("--line-firm"), progressColor: colour("--nila"), cursorColor: colour("--nila-ink"),
  });
  const button = box.querySelector(".play");
  const now = box.querySelector("[data-now]");
  button.addEventListener("click", () => wave.playPause());
  wave.on("play", () => { button.dataset.playing = "true"; });
  wave.on("pause", () => { button.dataset.playing = "false"; });
  wave.on("timeupdate", (time) => { now.textContent = clock(time); });
  const total = box.querySelector("[data-total]");
  total.textContent = clock(Number(duration) || 0);
  wave.on("ready", (seconds) => { total.textContent = clock(seconds); });
  wave.on("error", () => box.classList.remove("is-live")); // the browser's own player then
  box.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -5, ArrowRight: 5 }[event.key];
    if (step) wave.skip(step);
  });
}

async function shape(address, duration) {
  const answer = await fetch(address, { credentials: "same-origin" });
  return answer.ok ? { peaks: [await answer.json()], duration: Number(duration) } : null;
}

/* A token may be light-dark(…), which a canvas does not understand: let the browser say what colour it is here. */
function resolve(value, box) {
  const probe = document.createElement("i");
  probe.style.color = value;
  box.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

for (const box of document.querySelectorAll("[data-player]")) start(box);
