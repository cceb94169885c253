// Texts come from <template id="save-texts">, drawn by save_texts() in the reader's language.
export function text(state) {
  const template = document.getElementById("save-texts");
  const found = template?.content.querySelector(`[data-state="${state}"]`);
  return found?.firstElementChild?.cloneNode(true) ?? null;
}

export function signInAddress() {
  const base = document.getElementById("save-texts")?.dataset.signIn ?? "/sign-in";
  return `${base}?next=${encodeURIComponent(location.pathname + location.search)}`;
}

export function clock(date = new Date()) {
  return date.toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
}
