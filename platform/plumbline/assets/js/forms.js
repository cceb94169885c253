// Small comforts of forms: a row more without a page load, one option that excludes the rest, a search in a long list,
// how many characters are left, links of an error summary that land in the field.
import { text } from "./texts.js";

export function fieldNamed(form, name, makeRow = false) {
  const find = () => [...form.elements].find((field) => field.name === name);
  const row = /^(.+)\.row\d+\.[^.]+$/.exec(name);
  for (let tries = 0; makeRow && row && !find() && tries < 200; tries += 1) {
    const button = [...form.elements].find((field) => field.name === "add_row" && field.value === row[1]);
    if (!button || !addRow(button)) break;
  }
  return find();
}

function addRow(button) {
  const table = button.closest("fieldset")?.querySelector("table[data-rows]");
  const last = table?.tBodies[0]?.rows[table.tBodies[0].rows.length - 1];
  if (!last) return null;
  const was = table.tBodies[0].rows.length;
  const row = last.cloneNode(true);
  const renumber = (value, by) => value.replace(`${by}row${was}${by}`, `${by}row${was + 1}${by}`);
  for (const element of row.querySelectorAll("*")) {
    if (element.name) element.name = renumber(element.name, ".");
    if (element.id) element.id = renumber(element.id, "-");
    const label = element.getAttribute("aria-label");
    if (label) element.setAttribute("aria-label", label.replace(/\d+$/, String(was + 1)));
    if (element.matches('input:not([type="hidden"], [type="checkbox"], [type="radio"]), textarea')) element.value = element.defaultValue = "";
    if (element.type === "hidden") element.value = `row${was + 1}`;
    if (element.matches("select")) element.selectedIndex = 0;
    if (element.checked) element.checked = element.defaultChecked = false;
    element.removeAttribute("aria-invalid");
    element.removeAttribute("aria-describedby");
  }
  row.querySelectorAll(".err").forEach((error) => error.remove());
  row.cells[0].querySelector("span:last-of-type").textContent = String(was + 1);
  last.after(row);
  return row;
}

function searchList(list) {
  const search = document.createElement("input");
  search.type = "search";
  search.setAttribute("aria-label", list.dataset.search);
  search.placeholder = list.dataset.search;
  search.dataset.noKeep = "";
  search.addEventListener("input", () => {
    const wanted = search.value.trim().toLocaleLowerCase();
    for (const option of list.querySelectorAll(".opt")) {
      option.hidden = !option.textContent.toLocaleLowerCase().includes(wanted) && !option.querySelector("input").checked;
    }
  });
  list.before(search);
  delete list.dataset.search;
}

function showLeft(area) {
  const left = area.maxLength - area.value.length;
  let note = area.nextElementSibling?.matches(".left") ? area.nextElementSibling : null;
  if (left > 200) return note?.remove();
  if (!note) {
    note = text("left");
    if (!note) return;
    area.after(note);
  }
  note.querySelector("b").textContent = left.toLocaleString(document.documentElement.lang);
}

export function enhanceForms() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.('button[name="add_row"]');
    if (button) {
      const row = addRow(button);
      if (!row) return;
      event.preventDefault();
      row.querySelector("input:not([type=hidden]), select, textarea")?.focus();
    }
    const link = event.target.closest?.(".sum a[href^='#']");
    const place = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
    if (place) {
      event.preventDefault();
      const field = place.matches("input, select, textarea") ? place : place.querySelector("input:not([type=hidden]), select, textarea, button");
      place.scrollIntoView({ block: "center" });
      field?.focus({ preventScroll: true });
    }
  });
  document.addEventListener("change", (event) => {
    const box = event.target;
    if (box.type !== "checkbox" || !box.checked || !box.form) return;
    const others = [...box.form.elements].filter((other) => other !== box && other.name === box.name && other.type === "checkbox");
    for (const other of others) if (box.hasAttribute("data-alone") || other.hasAttribute("data-alone")) other.checked = false;
  }, true);
  document.addEventListener("input", (event) => {
    if (event.target.matches?.("textarea[maxlength]")) showLeft(event.target);
  });
  const lists = (root) => root.querySelectorAll?.("[data-search]").forEach(searchList);
  document.addEventListener("DOMContentLoaded", () => lists(document));
  document.addEventListener("htmx:afterSwap", () => lists(document));
}
