/* The form F-22: saves itself as it grows, keeps what is not sent on the device, shows what the rules say of it, takes
   ranges from the player by keyboard (I, O) or button. Without scripts its buttons save and submit. */
"use strict";

(() => {
  const form = document.querySelector("[data-form]");
  if (!form || !window.kendaliQueue) return;
  const { evaluation, user, save: address } = form.dataset;
  const place = `kendali:draft:${user}:${evaluation}`;
  const bar = document.querySelector("[data-sync]");
  const state = document.querySelector("[data-draft-state]");
  const own = { csrfmiddlewaretoken: 1, saved: 1, device: 1, edit: 1 };
  const read = () => { try { return JSON.parse(kendaliQueue.store.get(place)); } catch { return null; } };
  /* Every window is a device of its own; one that is loaded again with unsent edits goes on as the one it was. */
  const before = read();
  const device = (before && before.device) || `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 12)}`;
  form.elements.device.value = device;
  let edit = form.dataset.device === device ? Number(form.dataset.edit) : 0; // goes on where this device was
  let dirty = false, saving = false, timer = 0, conflict = null, signature = form.dataset.findings, current = null;
  const lost = {}; // what was written to findings that are not there at the moment

  const fields = () => [...new FormData(form)].filter(([name]) => !own[name]);
  const keep = () => kendaliQueue.store.set(place, JSON.stringify({ fields: fields(), saved: form.elements.saved.value, device, edit, at: Date.now() }));

  function fill(values) {
    for (const input of form.querySelectorAll("input:not([type=hidden]), textarea, select")) {
      const given = values.filter(([name]) => name === input.name).map(([, value]) => value);
      if (input.type === "radio" || input.type === "checkbox") input.checked = given.includes(input.value);
      else input.value = given[0] ?? "";
    }
    for (const [name, value] of values) if (/^[dr]\./.test(name)) lost[name] = value;
  }

  function tell(kind, text) {
    state.textContent = text;
    if (kind === "kept") { bar.hidden = false; bar.dataset.kind = "kept"; bar.querySelector("[data-sync-text]").textContent = bar.dataset.savedHere; }
    else kendaliQueue.show(kind === "sent" ? "sent" : undefined);
  }

  function changed() {
    dirty = true;
    edit += 1;
    form.elements.edit.value = edit;
    keep();
    tell("kept", bar.dataset.savedHere);
    clearTimeout(timer);
    timer = setTimeout(save, 800);
  }

  async function save() {
    if (saving || !dirty || conflict) return;
    saving = true;
    const sent = edit;
    try {
      const body = [...fields(), ["saved", form.elements.saved.value], ["device", device], ["edit", String(sent)]];
      const answer = await kendaliQueue.post(address, body, "X-Kendali-Draft");
      if (answer.type === "opaqueredirect" || answer.status === 403) return tell("kept", bar.dataset.login);
      if (answer.status >= 500) return tell("kept", bar.dataset.waiting);
      const told = await answer.json();
      if (!answer.ok) return refused(told);
      form.elements.saved.value = told.saved;
      dirty = edit !== sent;
      if (!dirty) kendaliQueue.store.remove(place);
      show(told);
      tell(dirty ? "kept" : "sent", dirty ? bar.dataset.sending : bar.dataset.wordSent);
    } catch {
      tell("kept", bar.dataset.waiting); // no connection: kept, tried again
    } finally {
      saving = false;
      if (dirty && !conflict) timer = setTimeout(save, 4000);
    }
  }

  function refused(told) {
    if (!told.newer) return tell("kept", told.detail);
    conflict = told.newer;
    const box = document.querySelector("[data-conflict]");
    box.hidden = false;
    box.scrollIntoView({ block: "center" });
  }

  /* --- what the rules say */

  function show(told) {
    const asked = new Set(told.asked), failed = new Set(told.failed), checked = form.dataset.checked === "yes";
    for (const item of form.querySelectorAll("[data-item]")) {
      const id = item.dataset.item, found = told.problems.filter((one) => one.place === id && (checked || !one.missing));
      item.hidden = !asked.has(id);
      item.classList.toggle("is-failed", failed.has(id));
      item.querySelector(".when-failed").hidden = !failed.has(id);
      if (failed.has(id) && item.dataset.critical) item.querySelector(".more").open = true;
      const line = item.querySelector("[data-error]");
      line.hidden = !found.length;
      line.textContent = found.map((one) => one.text).join(" ");
    }
    for (const one of document.querySelectorAll("[data-summary], [data-summary-2]")) one.textContent = told.summary;
    const score = document.querySelector("[data-score]");
    if (score) score.textContent = told.score ?? "–";
    const list = form.querySelector("[data-problems]");
    const listed = told.problems.filter((one) => checked || !one.missing);
    list.hidden = !listed.length;
    list.replaceChildren(...listed.map((one) => {
      const item = document.createElement("li"), link = document.createElement("a");
      link.href = document.getElementById(`item-${one.place}`) ? `#item-${one.place}` : "#form-f22";
      link.textContent = one.text;
      item.append(link);
      return item;
    }));
    if (told.findings !== signature) drawFindings(told);
  }

  /* Which findings follow has changed: their boxes are drawn anew, with what was written to them. */
  function drawFindings(told) {
    signature = told.findings;
    const box = form.querySelector("[data-fragment]");
    for (const input of box.querySelectorAll("textarea")) lost[input.name] = input.value;
    box.innerHTML = told.findings_html;
    let restored = false;
    for (const input of box.querySelectorAll("textarea")) {
      if (lost[input.name] && lost[input.name] !== input.value) { input.value = lost[input.name]; restored = true; }
    }
    if (restored) changed();
  }

  /* --- ranges of the recording */

  const audio = () => document.querySelector("[data-player] audio");
  const clock = (seconds) => `${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

  function mark(item, end) {
    const sound = audio(), input = item && item.querySelector('input[name^="s."]');
    if (!sound || !input) return;
    item.querySelector(".more").open = true;
    const length = Number(form.dataset.length) || Infinity;
    const ranges = input.value.split(",").map((one) => one.trim()).filter(Boolean);
    if (!end) ranges.push(`${clock(sound.currentTime)}-`);
    else {
      const open = ranges.length && ranges[ranges.length - 1].endsWith("-") ? ranges.pop() : `${clock(Math.max(0, sound.currentTime - 10))}-`;
      const [minutes, seconds] = open.slice(0, -1).split(":").map(Number);
      ranges.push(open + clock(Math.min(length, Math.max(Math.ceil(sound.currentTime), minutes * 60 + seconds + 1))));
    }
    input.value = ranges.join(", ");
    if (end) changed();
  }

  function key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input:not([type=radio], [type=checkbox]), textarea, select, dialog")) return;
    const sound = audio();
    if (!sound) return;
    const pressed = event.key.toLowerCase();
    if (pressed === "i" || pressed === "o") mark(current, pressed === "o");
    else if ((event.key === "ArrowLeft" || event.key === "ArrowRight") && !event.target.closest("[data-player], input")) sound.currentTime = Math.max(0, sound.currentTime + (event.key === "ArrowLeft" ? -5 : 5));
    else if (event.key === " " && !event.target.closest("button, a, summary, input")) sound.paused ? sound.play() : sound.pause();
    else return;
    event.preventDefault();
  }

  /* --- events */

  form.addEventListener("input", changed);
  form.addEventListener("focusin", (event) => { current = event.target.closest("[data-item]") || current; });
  form.addEventListener("click", (event) => {
    const item = event.target.closest("[data-item]");
    if (item) current = item;
    if (event.target.closest("[data-in]")) mark(item, false);
    if (event.target.closest("[data-out]")) mark(item, true);
  });
  document.addEventListener("keydown", key);
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    if (event.submitter && event.submitter.matches("[data-save-button]")) { event.preventDefault(); dirty = true; edit += 1; keep(); save(); return; }
    if (saving) { const by = event.submitter; event.preventDefault(); setTimeout(() => form.requestSubmit(by), 250); return; }
    if (!navigator.onLine || conflict) { event.preventDefault(); tell("kept", bar.dataset.waiting); return; }
    edit += 1;
    form.elements.edit.value = edit;
    keep();
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-take]");
    if (!button || !conflict) return;
    if (button.dataset.take === "server") { kendaliQueue.store.remove(place); location.reload(); return; }
    form.elements.saved.value = conflict.saved;
    conflict = null;
    document.querySelector("[data-conflict]").hidden = true;
    changed();
  });
  window.addEventListener("online", save);

  /* What this device still holds: taken up again; a newer one on the server is asked about when it is saved. */
  const left = before;
  if (left && left.fields && JSON.stringify(left.fields) !== JSON.stringify(fields())) {
    fill(left.fields);
    edit = Math.max(edit, left.edit) + 1;
    form.elements.saved.value = left.saved;
    form.elements.edit.value = edit;
    dirty = true;
    tell("kept", bar.dataset.savedHere);
    save();
  } else if (left) kendaliQueue.store.remove(place);
})();
