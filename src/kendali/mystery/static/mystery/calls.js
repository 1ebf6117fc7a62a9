/* One call: timers by the phases of an attempt, kept on the device, so that a lost connection, a reload or an empty
   battery loses nothing. What happened goes into the queue (queue.js) with its times. Without scripts the forms work. */
"use strict";

(() => {
  const box = document.querySelector("[data-call]");
  if (!box || !window.kendaliQueue) return;
  const { address, user, sample, zone, reader } = box.dataset;
  const place = `kendali:call:${user}:${sample}`;
  const COUNTED = ["busy", "no_answer", "lost_in_ivr", "dropped"];
  const words = { ivr: box.dataset.wordIvr, queue: box.dataset.wordQueue, ring: box.dataset.wordRing, talk: box.dataset.wordTalk, hold: box.dataset.wordHold };
  const panel = (name) => box.querySelector(`[data-panel="${name}"]`);
  const read = () => { try { return JSON.parse(kendaliQueue.store.get(place)) || {}; } catch { return {}; } };
  const pill = document.querySelector(".head-title .pill"), pillWord = pill && pill.textContent;
  let now = read();
  const keep = (next) => { now = next; kendaliQueue.store.set(place, JSON.stringify(now)); draw(); };
  const seconds = (ms) => Math.max(0, Math.floor(ms / 1000));
  const clock = (ms) => { const all = seconds(ms), two = (n) => String(n).padStart(2, "0"); return all >= 3600 ? `${Math.floor(all / 3600)}:${two(Math.floor(all / 60) % 60)}:${two(all % 60)}` : `${two(Math.floor(all / 60))}:${two(all % 60)}`; };
  const wall = (ms, where, withSeconds) => new Intl.DateTimeFormat(document.documentElement.lang || "id", { timeZone: where, hour: "2-digit", minute: "2-digit", ...(withSeconds ? { second: "2-digit" } : {}) }).format(ms) + " " + ({ "Asia/Jakarta": "WIB", "Asia/Makassar": "WITA", "Asia/Jayapura": "WIT" }[where] || "");
  const both = (ms) => wall(ms, zone, true) + (zone === reader ? "" : ` (${wall(ms, reader, true)})`);

  /* The state: begun, phase, since (of the phase), spent (ms by phase), connected, kept. */
  const spent = () => { const all = { ...(now.spent || {}) }; if (now.phase) all[now.phase] = (all[now.phase] || 0) + Date.now() - now.since; return all; };
  const enter = (phase) => keep({ ...now, spent: spent(), phase, since: Date.now() });
  const begun = () => {
    keep({ begun: Date.now(), phase: "ivr", since: Date.now(), spent: {}, local: now.local || 0 });
    hide();
    now.asked = kendaliQueue.put(`${address}mulai/`, { mulai: new Date(now.begun).toISOString() }, box.dataset.wordCall, true);
    keep(now);
  };
  const times = () => {
    const all = spent(), body = { mulai: new Date(now.begun).toISOString() };
    for (const [name, phase] of [["ivr", "ivr"], ["antre", "queue"], ["dering", "ring"]]) if (all[phase] !== undefined) body[name] = seconds(all[phase]);
    return body;
  };
  const label = () => `${box.dataset.wordAttempt} ${Number(box.dataset.attempts) + (now.local || 0) + 1}`;

  const ACTS = {
    begin() {
      if (now.kept) return;
      begun();
      const tel = box.querySelector("[data-tel]");
      if (tel && matchMedia("(pointer: coarse)").matches) location.href = tel.href;
    },
    attempt(form, code) {
      if (!now.begun) return;
      const note = form.elements.catatan, body = { ...times(), akhir: new Date().toISOString(), hasil: code };
      if (note && note.value) body.catatan = note.value;
      const said = form.querySelector(`[value="${code}"]`).textContent.trim();
      const rest = COUNTED.includes(code) ? now.begun + Number(box.dataset.apart) * 1000 : 0;
      const entry = { url: `${address}percobaan/`, body, said: `${label()}: ${said}` };
      keep({ local: (now.local || 0) + 1, rest });
      kendaliQueue.put(entry.url, entry.body, entry.said);
      document.querySelector("dialog[open]")?.close?.();
    },
    connect() {
      if (!now.begun) return;
      const body = times(), connected = Date.now();
      keep({ ...now, spent: {}, phase: "talk", since: connected, connected, before: body });
      kendaliQueue.put(`${address}tersambung/`, body, `${label()}: ${words.talk}`);
    },
    end() {
      const all = spent(), body = { akhir: new Date().toISOString(), bicara: seconds((all.talk || 0) + (all.hold || 0)), hold: seconds(all.hold || 0) };
      keep({ kept: true });
      kendaliQueue.put(`${address}selesai/`, body, words.talk);
    },
    stop(form) {
      if (now.begun && !now.connected) {
        const body = { ...times(), akhir: new Date().toISOString(), hasil: "trouble" };
        kendaliQueue.put(`${address}percobaan/`, body, label());
      }
      keep({ local: now.local || 0 });
      kendaliQueue.put(`${address}hentikan/`, {}, form.dataset.word || box.dataset.wordCall);
    },
  };

  function draw() {
    const talking = Boolean(now.connected), trying = Boolean(now.begun) && !talking;
    if (now.kept) for (const name of ["dial", "attempt", "talk"]) panel(name) && (panel(name).hidden = true);
    else {
      panel("dial") && (panel("dial").hidden = trying || talking);
      panel("attempt").hidden = !trying;
      panel("talk").hidden = !talking;
    }
    panel("kept").hidden = !now.kept;
    if (pill) pill.textContent = talking ? words.talk : trying ? box.dataset.wordCalling : pillWord;
    for (const one of box.querySelectorAll("[data-phase]")) one.setAttribute("aria-pressed", String(one.dataset.phase === now.phase));
    box.querySelector("[data-hold]").setAttribute("aria-pressed", String(now.phase === "hold"));
    const next = box.querySelector("[data-next]"), dial = box.querySelector("[data-dial]");
    if (next && now.rest > Date.now()) { next.hidden = false; next.textContent = `${box.dataset.wordNext} ${both(now.rest)}`; }
    if (dial) dial.toggleAttribute("disabled", now.rest > Date.now());
    tick();
  }

  function tick() {
    if (!now.begun && !now.connected) return;
    const all = spent();
    if (now.connected) {
      box.querySelector("[data-talk-timer]").textContent = clock(Date.now() - now.connected);
      box.querySelector("[data-talk-line]").textContent = `${words[now.phase]}${all.hold ? ` · ${words.hold} ${clock(all.hold)}` : ""} · ${box.dataset.wordSince} ${both(now.connected)}`;
      return;
    }
    box.querySelector("[data-timer]").textContent = clock(all[now.phase] || 0);
    const others = Object.keys(all).filter((phase) => phase !== now.phase).map((phase) => ` · ${words[phase]} ${clock(all[phase])}`).join("");
    box.querySelector("[data-phase-line]").textContent = `${words[now.phase]}${others} · ${box.dataset.wordSince} ${both(now.begun)}`;
  }

  box.addEventListener("submit", (event) => {
    const form = event.target, button = event.submitter;
    let op = form.dataset.op;
    if (!op) return;
    event.preventDefault();
    if (button && button.name === "hentikan") op = "stop";
    ACTS[op](form, button && button.value);
  });
  box.addEventListener("click", (event) => {
    const phase = event.target.closest("[data-phase]");
    if (phase && now.begun) enter(phase.dataset.phase);
    if (event.target.closest("[data-hold]")) enter(now.phase === "hold" ? "talk" : "hold");
    if (event.target.closest("[data-tel]") && !now.begun && !now.kept && box.querySelector("[data-dial]:not([disabled])")) begun();
    if (event.target.closest("[data-cancel]")) { keep({ local: now.local || 0 }); hide(); }
  });

  /* The server's answer: what it refused is said; when all is sent and no call is under way, the page is drawn anew. */
  document.addEventListener("kendali:told", ({ detail }) => {
    if (!detail.ok && detail.entry.id === now.asked) alertLine(detail.told.detail);
  });
  document.addEventListener("kendali:drained", () => {
    if (!now.begun && (now.kept || now.local || now.rest)) { kendaliQueue.store.remove(place); location.reload(); }
  });

  /* Said loudly; what is under way may still be recorded, or taken back if it never was dialled. */
  function alertLine(text) {
    const line = box.querySelector("[data-alert]");
    line.hidden = false;
    line.querySelector("[data-alert-text]").textContent = text;
    line.querySelector("[data-cancel]").hidden = !now.begun || Boolean(now.connected);
  }

  function hide() { box.querySelector("[data-alert]").hidden = true; }

  function countdown() {
    const line = box.querySelector("[data-window]");
    if (!line) return;
    const opens = Date.parse(line.dataset.opens) - Date.now(), closes = Date.parse(line.dataset.closes) - Date.now();
    line.hidden = closes <= 0;
    line.textContent = opens > 0 ? `${line.dataset.wordOpens} ${clock(opens)}` : `${line.dataset.wordCloses} ${clock(closes)}`;
  }

  async function ask() {
    if (document.hidden || !navigator.onLine) return;
    try {
      const answer = await fetch(`${address}keadaan/`, { credentials: "same-origin", redirect: "manual" });
      if (!answer.ok) return;
      const told = await answer.json(), banner = document.querySelector("[data-crisis-banner]");
      const waits = panel("dial") && !box.querySelector("[data-dial]") && told.may_dial; // it may be dialled by now
      if ((Boolean(told.crisis) !== Boolean(banner) || waits) && !now.begun && !now.kept) location.reload();
      else if (told.crisis && !banner) alertLine(told.crisis);
    } catch { /* no connection: asked again */ }
  }

  if (box.dataset.talking === "yes" && !now.connected && !now.kept) {
    const called = Date.parse(box.dataset.called);
    now = { begun: called, connected: called, phase: "talk", since: called, spent: {} };
  }
  setInterval(() => { tick(); countdown(); }, 500);
  setInterval(ask, 30000);
  draw();
  countdown();
})();
