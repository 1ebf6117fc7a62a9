/* A range of the recording is played where the form names it: data-seek and data-until in seconds. */
"use strict";

const audio = document.querySelector("[data-player] audio");
let until = null;

if (audio) {
  for (const button of document.querySelectorAll("[data-seek]")) {
    button.addEventListener("click", () => {
      until = Number(button.dataset.until) || null;
      audio.currentTime = Number(button.dataset.seek);
      audio.play();
    });
  }
  audio.addEventListener("timeupdate", () => {
    if (until !== null && audio.currentTime >= until) {
      until = null;
      audio.pause();
    }
  });
}
