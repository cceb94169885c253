// What was typed and not yet saved is kept on this device, by person, page and form, and offered back after a failed post
// or a new sign-in. Only forms with data-keep and an id; never passwords, files or hidden fields. Where saved text is
// offered, both stand side by side: nothing is put back unasked, as somebody else may have written meanwhile.
import { fieldNamed } from "./forms.js";
import { text } from "./texts.js";

const PREFIX = "plumbline.kept";
const DAYS = 30;
const SKIPPED = new Set(["password", "file", "hidden", "submit", "button"]);

const keeper = () => document.body.dataset.keeper;
const place = (form) => [PREFIX, keeper(), location.pathname, form.id].join(" ");
const values = (form, name) => new FormData(form).getAll(name).filter((value) => typeof value === "string");
const same = (a, b) => a.length === b.length && a.every((value, i) => value === b[i]);

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
}

function write(key, record) {
  try {
    if (record && Object.keys(record.fields).length) localStorage.setItem(key, JSON.stringify(record));
    else localStorage.removeItem(key);
  } catch {
    /* storage is full or switched off: saving goes on, only the second net is missing */
  }
}

function keys() {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(`${PREFIX} `));
  } catch {
    return [];
  }
}

export function sentFields(formData) {
  const fields = {};
  for (const name of new Set(formData.keys())) fields[name] = formData.getAll(name);
  return fields;
}

// A question was saved: its fields need no keeping, unless typed on meanwhile.
export function forget(card, sent) {
  const form = card.closest("form[data-keep]");
  if (!form) return;
  const record = read(place(form));
  if (!record) return;
  for (const [name, kept] of Object.entries(record.fields)) {
    if (name.startsWith(`${card.dataset.question}.`) && same(kept, sent[name] ?? [])) delete record.fields[name];
  }
  write(place(form), record);
}

export function watchTyping() {
  const keep = (event) => {
    const field = event.target;
    const form = field.form;
    if (!form?.matches("[data-keep][id]") || !field.name || SKIPPED.has(field.type) || field.closest("[data-no-keep]")) return;
    const record = read(place(form)) ?? { fields: {} };
    record.at = Date.now();
    record.fields[field.name] = values(form, field.name);
    write(place(form), record);
  };
  document.addEventListener("input", keep);
  document.addEventListener("change", keep);
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("[data-keep][id]")) sessionStorage.setItem(`${PREFIX} sent`, JSON.stringify({ key: place(form), from: location.href }));
    if (!form.matches("[data-forget]")) return;
    const own = keys().filter((key) => key.startsWith(`${PREFIX} ${keeper()} `));
    if (own.length && form.dataset.forget && !confirm(form.dataset.forget)) event.preventDefault();
    else own.forEach((key) => localStorage.removeItem(key));
  });
}

// A post that the script sent did not get through: what was typed stays kept.
export function notArrived() {
  try {
    sessionStorage.removeItem(`${PREFIX} sent`);
  } catch {
    /* no storage on this device */
  }
}

// The page after a post came from the page that posted, and is neither an error nor the sign-in: it arrived.
function dropArrived() {
  const sent = JSON.parse(sessionStorage.getItem(`${PREFIX} sent`) ?? "null");
  if (!sent) return;
  const troubled = document.querySelector("body.page-error, input[type=password], .sum, .stale");
  if (!troubled && document.referrer && document.referrer.split("#")[0] === sent.from.split("#")[0]) localStorage.removeItem(sent.key);
  if (!document.querySelector("input[type=password]")) sessionStorage.removeItem(`${PREFIX} sent`);
}

export function offerKept() {
  try {
    dropArrived();
  } catch {
    return; // no storage on this device
  }
  for (const key of keys()) if ((read(key)?.at ?? 0) < Date.now() - DAYS * 86400000) localStorage.removeItem(key);
  for (const form of document.querySelectorAll("form[data-keep][id]")) offer(form);
}

function offer(form) {
  const record = read(place(form));
  if (!record) return;
  const differing = Object.entries(record.fields).filter(([name, kept]) => !same(kept, values(form, name)));
  const note = differing.length ? text("kept") : null;
  if (!note) return write(place(form), null);
  note.querySelector("time").textContent = new Date(record.at).toLocaleString(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  const list = note.querySelector("dl");
  for (const [name, kept] of differing) {
    const label = document.createElement("dt");
    label.textContent = labelOf(form, name);
    const said = document.createElement("dd");
    said.textContent = kept.filter(Boolean).join("; ") || "–";
    said.dir = "auto";
    list.append(label, said);
  }
  const stand = form.querySelector("[data-kept]") ?? document.querySelector("[data-kept]");
  if (stand) {
    stand.hidden = false;
    stand.append(note);
  } else form.prepend(note);
  note.addEventListener("click", (event) => {
    if (event.target.matches("[data-put-back]")) for (const [name, kept] of differing) putBack(form, name, kept);
    else if (event.target.matches("[data-let-go]")) write(place(form), null);
    else return;
    note.remove();
  });
}

function labelOf(form, name) {
  const field = fieldNamed(form, name);
  const group = field?.closest("fieldset")?.querySelector("legend");
  const own = field?.getAttribute("aria-label") ?? field?.labels?.[0]?.textContent;
  const choice = field && (field.type === "radio" || field.type === "checkbox");
  return ((choice ? group?.textContent : own) ?? group?.textContent ?? name).trim();
}

function putBack(form, name, kept) {
  const field = fieldNamed(form, name, true);
  if (!field) return;
  const all = [...form.elements].filter((other) => other.name === name && !SKIPPED.has(other.type));
  for (const other of all) {
    if (other.type === "radio" || other.type === "checkbox") other.checked = kept.includes(other.value);
    else other.value = kept[0] ?? "";
  }
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
}
