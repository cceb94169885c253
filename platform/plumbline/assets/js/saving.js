// Saving one question at a time: [data-question] posts its own fields when one changes (hx-post on the card), shows where
// saving stands, and tries again with growing pauses while the line is down.
import { forget, sentFields } from "./kept.js";
import { clock, signInAddress, text } from "./texts.js";

const FIRST_PAUSE = 2000;
const LONGEST_PAUSE = 60000;
const waiting = new Map(); // card -> {attempt, timer, since}

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

export function watchSaving(htmx) {
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
    // htmx sends the whole form around an element; a question sends itself, and never a file
    for (const name of [...event.detail.formData.keys()]) {
      const own = name.startsWith(`${card.dataset.question}.`) && !/\.(file|add)$/.test(name);
      if (!own && name !== "csrf_token") event.detail.formData.delete(name);
    }
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    const card = cardOf(event);
    if (card) say(card, "saving");
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
    if (!card || status === 0 || event.detail.failed) return;
    settled(card);
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
  document.addEventListener("htmx:afterSwap", (event) => {
    const card = event.detail.target.closest?.("[data-question]") ?? document.getElementById(event.detail.requestConfig?.elt?.id);
    if (card?.dataset?.question) tieErrors(card);
  });
}

// What the answer says about single fields is tied to them, for the eye and for a screen reader.
function tieErrors(card) {
  for (const field of card.querySelectorAll("[data-tied]")) {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-errormessage");
    delete field.dataset.tied;
  }
  const errors = card.querySelectorAll(".outcome .err[data-field]");
  card.classList.toggle("bad", errors.length > 0);
  for (const error of errors) {
    const name = CSS.escape(error.dataset.field);
    const field = card.querySelector(`[name="${name}"], [name="${name}.value"]`);
    if (!field) continue;
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-errormessage", error.id);
    field.dataset.tied = "";
  }
}
