/* Fields that only make sense with another field's value: shown with it, hidden (and not sent) without.
   Without scripts all are shown, and the server asks only for those that are needed. */
"use strict";

function showWhatApplies() {
  for (const input of document.querySelectorAll("[data-when]")) {
    const [name, values] = input.dataset.when.split("=");
    const other = input.form.elements[name];
    const applies = !other || values.split(",").includes(other.value);
    input.closest(".field").hidden = !applies;
    input.disabled = !applies;
  }
}

document.addEventListener("change", showWhatApplies);
showWhatApplies();
