/* Content pages: print, and leave when the opening is over, so that nothing stays on an unattended screen. */
"use strict";

const seconds = Number(document.currentScript.dataset.seconds);
if (seconds) setTimeout(() => location.reload(), seconds * 1000);
for (const button of document.querySelectorAll("[data-print]")) button.addEventListener("click", () => window.print());
