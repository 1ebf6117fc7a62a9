/* What a page gains from scripts: modal dialogs, instant theme, copying, one submit per form, live fragments.
   Without them every page still works: dialogs open as popovers, the theme is a form, progress is right on reload. */
"use strict";

function openDialog(event) {
  const button = event.target.closest("[data-dialog]");
  const dialog = button && document.getElementById(button.dataset.dialog);
  if (!dialog || !dialog.showModal) return;
  event.preventDefault(); // or the popover would open, which leaves the page behind it alive
  if (!dialog.open) {
    dialog.removeAttribute("popover");
    dialog.showModal();
    dialog.dispatchEvent(new Event("dialog:open"));
  }
}

function closeDialog(event) {
  const dialog = event.target.closest("dialog[open]");
  if (!dialog || dialog.hasAttribute("popover")) return;
  const outside = event.target === dialog; // the backdrop counts as the dialog itself
  if (outside || event.target.closest("[data-close]")) {
    event.preventDefault();
    dialog.close();
  }
}

function refuseGreyed(event) {
  if (event.target.closest('[aria-disabled="true"]')) {
    event.preventDefault();
    event.stopPropagation();
  }
}

function chooseTheme(event) {
  const button = event.target.closest("[data-theme-choice] button");
  if (!button) return;
  event.preventDefault();
  const form = button.form;
  if (button.value === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = button.value;
  for (const other of document.querySelectorAll("[data-theme-choice] button"))
    other.setAttribute("aria-pressed", String(other.value === button.value));
  const data = new FormData(form);
  data.set("theme", button.value);
  fetch(form.action, { method: "POST", body: data, redirect: "manual", credentials: "same-origin" });
}

function showWhereIAm() {
  for (const here of document.querySelectorAll(":is(.subnav, .tabs) [aria-current]")) {
    const bar = here.closest(".subnav, .tabs"), left = here.getBoundingClientRect().left - bar.getBoundingClientRect().left;
    bar.scrollLeft += left - (bar.clientWidth - here.offsetWidth) / 2;
  }
}

async function copyText(event) {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  say(button.dataset.copied);
}

function say(text) {
  const toast = document.createElement("div");
  toast.className = "toast";
  toast.setAttribute("role", "status");
  document.body.append(toast);
  toast.textContent = text;
  setTimeout(() => toast.remove(), 2500);
}

/* A second click on a slow connection is not a second order; the server refuses it too, by its rows. */
function submitOnce(event) {
  const form = event.target;
  if (!form.matches("[data-once]")) return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "yes";
  form.classList.add("htmx-request");
}

function wake(root) {
  if (navigator.clipboard) for (const button of root.querySelectorAll("[data-copy]")) button.hidden = false;
}

document.addEventListener("click", refuseGreyed, true);
for (const listener of [openDialog, closeDialog, chooseTheme, copyText]) document.addEventListener("click", listener);
document.addEventListener("submit", submitOnce);
document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && event.target.matches("[data-live]")) event.preventDefault(); // nobody is looking
});
document.addEventListener("htmx:load", (event) => wake(event.target));
/* Back from another page out of the browser's memory: forms may be sent again, live parts are asked anew. */
window.addEventListener("pageshow", (event) => {
  for (const form of document.querySelectorAll("[data-sent]")) {
    delete form.dataset.sent;
    form.classList.remove("htmx-request");
  }
  if (event.persisted && document.querySelector("[data-live]")) location.reload();
});
wake(document);
showWhereIAm();
