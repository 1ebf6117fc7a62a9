/* What a device holds until it is sent: calls.js puts into it what happened, with its times; every page with [data-sync]
   sends it in order and shows what is left. Sent twice is harmless: every entry has a token. Nothing is dropped but by a
   person: what the server does not accept stays, with its reason. */
"use strict";

(() => {
  const bar = document.querySelector("[data-sync]");
  if (!bar) return;
  const words = bar.dataset;
  const place = `kendali:queue:${words.user}`;
  /* The device's memory; where it has none (a private window), this page's, as long as it lives. */
  const memory = new Map();
  const store = {
    get(key) { try { return localStorage.getItem(key); } catch { return memory.get(key) ?? null; } },
    set(key, value) { try { localStorage.setItem(key, value); } catch { memory.set(key, value); } },
    remove(key) { try { localStorage.removeItem(key); } catch { memory.delete(key); } },
  };
  let sending = false, sentSome = false, hiding = 0;

  const read = () => { try { return JSON.parse(store.get(place)) || []; } catch { return []; } };
  const write = (entries) => { store.set(place, JSON.stringify(entries)); show(); };
  const change = (id, act) => write(read().flatMap((one) => (one.id === id ? act(one) : [one])));

  function show(kind) {
    const entries = read(), refused = entries.filter((one) => one.refused), waiting = entries.length - refused.length;
    const state = kind || (refused.length && !waiting ? "refused" : entries.length ? "kept" : sentSome ? "sent" : "");
    bar.hidden = !state;
    clearTimeout(hiding);
    if (state === "sent") hiding = setTimeout(() => { if (bar.dataset.kind === "sent") bar.hidden = true; }, 6000);
    bar.dataset.kind = state === "login" ? "kept" : state;
    const texts = { kept: `${waiting} · ${words.savedHere}`, sent: words.wordSent, refused: words.refused, login: words.login };
    bar.querySelector("[data-sync-text]").textContent = texts[state] || "";
    const list = bar.querySelector("[data-sync-list]");
    list.replaceChildren(...entries.map(line));
  }

  function line(entry) {
    const item = document.createElement("li");
    const what = document.createElement("span");
    what.textContent = `${entry.label} · ${new Date(entry.at).toLocaleTimeString(document.documentElement.lang || "id", { hour: "2-digit", minute: "2-digit" })}${entry.refused ? ` · ${entry.refused}` : ""}`;
    item.append(what);
    if (entry.refused) {
      if (entry.body.catatan) {
        const note = document.createElement("input");
        note.value = entry.body.catatan;
        note.setAttribute("aria-label", entry.label);
        note.addEventListener("change", () => change(entry.id, (one) => [{ ...one, body: { ...one.body, catatan: note.value } }]));
        item.append(note);
      }
      item.append(button(words.again, () => { change(entry.id, (one) => [{ ...one, refused: "" }]); send(); }));
      item.append(button(words.discard, () => change(entry.id, () => [])));
    }
    return item;
  }

  function button(text, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "button small";
    made.textContent = text;
    made.addEventListener("click", act);
    return made;
  }

  const token = () => JSON.parse(document.body.getAttribute("hx-headers") || "{}")["X-CSRFToken"] || "";

  /* After another log-in the page's token is not good any more: the page itself, asked anew, has the new one. */
  async function renew() {
    const text = await (await fetch(location.pathname, { credentials: "same-origin" })).text();
    const fresh = new DOMParser().parseFromString(text, "text/html").body.getAttribute("hx-headers");
    if (!fresh) return false;
    document.body.setAttribute("hx-headers", fresh);
    return true;
  }

  async function post(url, body, header, again = true) {
    const answer = await fetch(url, {
      method: "POST", credentials: "same-origin", redirect: "manual", body: new URLSearchParams(body),
      headers: { "X-CSRFToken": token(), [header]: "1", Accept: "application/json" },
    });
    if (answer.status === 403 && again && (await renew())) return post(url, body, header, false);
    return answer;
  }

  /* In order; the first that cannot be sent now stops the rest. */
  async function send() {
    if (sending) return;
    sending = true;
    try {
      for (let entry; (entry = read().find((one) => !one.refused)); ) {
        const answer = await post(entry.url, { ...entry.body, dikirim: new Date().toISOString() }, "X-Kendali-Queue");
        if (answer.type === "opaqueredirect" || answer.status === 403) return show("login");
        if (answer.status >= 500 || answer.status === 429) return show();
        const told = answer.ok || answer.status === 409 ? await answer.json() : { detail: String(answer.status) };
        if (answer.ok || entry.optional) change(entry.id, () => []);
        else change(entry.id, (one) => [{ ...one, refused: told.detail || words.refused }]);
        sentSome = true;
        document.dispatchEvent(new CustomEvent("kendali:told", { detail: { entry, ok: answer.ok, told } }));
      }
      show();
      document.dispatchEvent(new CustomEvent("kendali:drained"));
    } catch {
      show(); // no connection
    } finally {
      sending = false;
    }
  }

  /* optional: a refusal is only told, the entry is not kept (asking whether one may dial). */
  function put(url, body, label, optional = false) {
    const id = crypto.randomUUID ? crypto.randomUUID() : `${Date.now()}-${Math.random().toString(36).slice(2)}`;
    write([...read(), { id, url, body: { kunci: id.slice(0, 36), ...body }, label, at: Date.now(), optional }]);
    send();
    return id;
  }

  window.kendaliQueue = { store, put, post, send, waiting: () => read().some((one) => !one.refused), show };
  window.addEventListener("online", send);
  window.addEventListener("offline", () => show());
  setInterval(() => { if (read().some((one) => !one.refused)) send(); }, 5000);
  show();
  send();
})();
