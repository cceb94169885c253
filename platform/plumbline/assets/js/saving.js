// Saving one question at a time: [data-question] posts its own fields when one changes (hx-post on the card), or when
// typing pauses; shows where saving stands, and tries again with growing pauses while the line is down.
import { forget, sentFields } from "./kept.js";
import { clock, signInAddress, text } from "./texts.js";

const FIRST_PAUSE = 2000;
const LONGEST_PAUSE = 60000;
const TYPING_PAUSE = 1500;
const waiting = new Map(); // card -> {attempt, timer, since}
const typing = new Map(); // card -> timer, until the pause in typing is long enough
const sent = new WeakMap(); // card -> its fields as the server last took them

const cardOf = (event) => (event.target instanceof Element ? event.target.closest("[data-question]") : null);

function say(card, state, since) {
  const note = text(state);
  const outcome = card.querySelector(".outcome");
  if (!note || !outcome) return;
  const time = note.querySelector("time");
  if (time && since) time.textContent = clock(since);
  const link = note.querySelector("a");
  if (link) link.href = signInAddress();
  outcome.querySelectorAll(".save").forEach((old) => old.remove());
  outcome.append(note);
}

function countWaiting() {
  const place = document.querySelector("[data-save-summary]");
  const note = waiting.size ? text("counted") : null;
  if (note) note.querySelector("b").textContent = waiting.size.toLocaleString(document.documentElement.lang);
  place?.replaceChildren(...(note ? [note] : []));
}

function settled(card) {
  clearTimeout(waiting.get(card)?.timer);
  if (waiting.delete(card)) countWaiting();
}

// A card's own fields, as one text to compare; never the revision, which each save moves.
function fieldsOf(card, formData) {
  const own = [...formData.entries()].filter(([name, value]) => isOwn(card, name) && typeof value === "string" && !/\.(revision|profile)$/.test(name));
  return JSON.stringify(own);
}

// htmx sends the whole form around an element; a question sends itself, and never a file
const isOwn = (card, name) => name.startsWith(`${card.dataset.question}.`) && !/\.(file|add)$/.test(name);

function ownData(card) {
  const data = new FormData(card.closest("form"));
  for (const name of [...data.keys()]) if (!isOwn(card, name) && name !== "csrf_token") data.delete(name);
  return data;
}

function pausedTyping(card) {
  clearTimeout(typing.get(card));
  return typing.delete(card);
}

// Words in a field that nobody has left yet are saved, too: at a pause, when the page is hidden, and when it is left.
function watchPauses(htmx) {
  document.addEventListener("input", (event) => {
    const card = cardOf(event);
    if (!card?.hasAttribute("hx-post") || !event.target.matches("input:not([type=radio], [type=checkbox], [type=file], [type=search]), textarea")) return;
    pausedTyping(card);
    typing.set(card, setTimeout(() => pausedTyping(card) && htmx.trigger(card, "retry"), TYPING_PAUSE));
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") for (const card of [...typing.keys()]) if (pausedTyping(card)) htmx.trigger(card, "retry");
  });
  window.addEventListener("pagehide", () => {
    // The answer is not awaited: what it refuses lies in the browser's storage and is offered on coming back.
    for (const card of document.querySelectorAll("[data-question][hx-post]")) {
      const data = ownData(card);
      const typed = pausedTyping(card) || inFlight.has(card);
      if (typed && sent.get(card) !== fieldsOf(card, data)) fetch(card.getAttribute("hx-post"), { method: "POST", body: data, keepalive: true, headers: { "HX-Request": "true" } }).catch(() => {});
    }
  });
}

const inFlight = new Set();

export function watchSaving(htmx) {
  watchPauses(htmx);
  function later(card, state) {
    const before = waiting.get(card) ?? { attempt: 0, since: new Date() };
    clearTimeout(before.timer);
    const pause = Math.min(FIRST_PAUSE * 2 ** before.attempt, LONGEST_PAUSE) * (0.75 + Math.random() / 2);
    const timer = setTimeout(() => htmx.trigger(card, "retry"), pause);
    waiting.set(card, { attempt: before.attempt + 1, since: before.since, timer });
    say(card, state, before.since);
    countWaiting();
  }

  document.addEventListener("htmx:configRequest", (event) => {
    const card = event.target;
    if (!card.dataset?.question) return;
    for (const name of [...event.detail.formData.keys()]) {
      if (!isOwn(card, name) && name !== "csrf_token") event.detail.formData.delete(name);
    }
    pausedTyping(card);
    // what the server has taken already is not sent again: leaving a field follows the pause that saved it
    if (sent.get(card) !== fieldsOf(card, event.detail.formData)) return;
    event.preventDefault();
    if (!waiting.has(card)) return;
    settled(card);
    say(card, "saved", new Date());
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    const card = cardOf(event);
    if (!card) return;
    if (event.target === card) inFlight.add(card);
    say(card, "saving");
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    // a session that ended may answer by leading to the sign-in page: that is no answer to a save
    const { xhr, requestConfig } = event.detail;
    const answered = xhr.responseURL && new URL(xhr.responseURL).pathname;
    if (requestConfig.elt.dataset?.question && answered && answered !== new URL(requestConfig.path, location).pathname) {
      event.detail.shouldSwap = false;
      settled(requestConfig.elt);
      say(requestConfig.elt, "signed_out");
    }
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const card = cardOf(event);
    const status = event.detail.xhr?.status ?? 0;
    if (card) inFlight.delete(card);
    if (!card || status === 0 || event.detail.failed) return;
    settled(card);
    // Settling a conflict posts by itself; then nothing is known of what the server holds.
    const taken = status < 300 && event.target === card && card.querySelector(".outcome .save-signed_out") === null;
    if (taken) sent.set(card, fieldsOf(card, event.detail.requestConfig.formData));
    else sent.delete(card);
    if (status < 300 && card.querySelector(".outcome .save-signed_out") === null) forget(card, sentFields(event.detail.requestConfig.formData));
  });
  document.addEventListener("htmx:responseError", (event) => {
    const card = cardOf(event);
    if (!card) return;
    const { status } = event.detail.xhr;
    if ([429, 502, 503, 504].includes(status)) return later(card, "not_saved");
    settled(card);
    say(card, status === 401 ? "signed_out" : "not_saved");
  });
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, (event) => {
      const card = cardOf(event);
      if (card) later(card, "offline");
    });
  }
  window.addEventListener("online", () => {
    for (const card of waiting.keys()) htmx.trigger(card, "retry");
  });
  document.addEventListener("click", (event) => {
    const again = event.target.closest?.('button[name="save"][value="again"]');
    const card = again?.closest("[data-question]");
    if (!card?.hasAttribute("hx-post")) return;
    event.preventDefault();
    htmx.trigger(card, "retry");
  });
  // "Does not apply" waits for its reason: what was chosen a moment ago is no fault yet.
  document.addEventListener("change", (event) => {
    const reason = reasonOf(event.target);
    if (!reason || reason.value.trim()) return;
    event.stopPropagation();
    reason.focus();
  }, true);
  document.addEventListener("focusout", (event) => {
    const card = event.target.closest?.(".reason")?.closest("[data-question][hx-post]");
    if (!card || event.target.value.trim() || card.querySelector(".answer-state").contains(event.relatedTarget)) return;
    if (card.querySelector('input[name$=".state"][value="not_applicable"]:checked')) htmx.trigger(card, "retry");
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    const card = event.detail.target.closest?.("[data-question]") ?? document.getElementById(event.detail.requestConfig?.elt?.id);
    if (card?.dataset?.question) tieErrors(card);
  });
}

function reasonOf(chosen) {
  const card = chosen.matches?.('input[name$=".state"][value="not_applicable"]') && chosen.closest("[data-question][hx-post]");
  return card && card.querySelector(".reason textarea");
}

// What the answer says about single fields is tied to them, for the eye and for a screen reader. The outcome is read
// out; the same sentence is seen directly over its field.
function tieErrors(card) {
  for (const beside of card.querySelectorAll(".err[data-beside]")) {
    beside.closest(".f")?.classList.remove("bad");
    beside.remove();
  }
  for (const field of card.querySelectorAll("[data-tied]")) {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-errormessage");
    delete field.dataset.tied;
  }
  const errors = card.querySelectorAll(".outcome .err[data-field]");
  card.classList.toggle("bad", errors.length > 0);
  for (const error of errors) {
    const name = CSS.escape(error.dataset.field);
    const field = card.querySelector(`[name="${name}"]:not([type=hidden]), [name="${name}.value"]`);
    if (!field) continue;
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-errormessage", showBeside(field, error));
    field.dataset.tied = "";
  }
}

function showBeside(field, error) {
  const beside = error.cloneNode(true);
  beside.id = `${error.id}-beside`;
  beside.removeAttribute("data-field");
  beside.dataset.beside = "";
  error.classList.add("vh");
  const box = field.closest(".f");
  const cell = field.closest("td");
  let place = field;
  if (cell) place = cell.firstElementChild;
  else while (place.parentElement !== box && place.parentElement) place = place.parentElement;
  place.before(beside);
  if (!cell) box?.classList.add("bad");
  field.closest("details:not([open])")?.setAttribute("open", "");
  return beside.id;
}
