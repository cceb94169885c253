// A form with a chosen file is sent with its progress in sight. When the line drops, the server is busy or refuses the
// file, the page stays as it is: the file stays chosen, what was typed stays, and one button tries again. Without script
// the form posts as forms do.
import { notArrived } from "./kept.js";
import { text } from "./texts.js";

const LEADS = "X-Lead-To";

export function watchUploads() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.enctype !== "multipart/form-data" || event.defaultPrevented || !text("upload")) return;
    const chosen = [...form.elements].some((field) => field.type === "file" && field.files.length);
    if (!chosen) return;
    event.preventDefault();
    if (!form.dataset.sending) send(form, event.submitter);
  });
}

function show(form, state) {
  form.querySelectorAll(".upload").forEach((old) => old.remove());
  const note = state && text(state);
  if (note) form.append(note);
  return note;
}

function send(form, button) {
  const data = new FormData(form);
  if (button?.name) data.append(button.name, button.value);
  const request = new XMLHttpRequest();
  const note = show(form, "upload");
  const bar = note.querySelector("progress");
  const broken = (state = "upload_broken") => {
    delete form.dataset.sending;
    notArrived();
    const told = show(form, state);
    told?.querySelector("[data-again]").addEventListener("click", () => send(form, button));
    told?.querySelector("[data-again]").focus();
  };
  form.dataset.sending = "yes";
  note.querySelector("[data-stop]").addEventListener("click", () => request.abort());
  request.upload.addEventListener("progress", (event) => {
    if (!event.lengthComputable) return;
    bar.value = Math.floor((event.loaded / event.total) * 100);
    note.querySelector("[data-done]").textContent = (event.loaded / event.total).toLocaleString(document.documentElement.lang, { style: "percent" });
    if (event.loaded === event.total) note.append(text("upload_checking"));
  });
  request.addEventListener("load", () => {
    const lead = request.getResponseHeader(LEADS);
    if (lead) return follow(new URL(lead, location));
    if (request.responseURL && new URL(request.responseURL).pathname.startsWith("/sign-in")) return broken("upload_signed_out");
    if (request.status >= 500 || request.status === 429 || request.status === 0) return broken();
    refused(form, request);
  });
  for (const event of ["error", "timeout", "abort"]) request.addEventListener(event, () => broken());
  request.open("POST", form.action);
  request.setRequestHeader("X-Upload", "page");
  request.send(data);
}

// The same page again is not loaded for a new hash alone.
function follow(place) {
  const here = place.pathname === location.pathname && place.search === location.search;
  if (!here) return location.assign(place);
  history.replaceState(null, "", place);
  location.reload();
}

// What needs correcting is taken from the page that answered; this page keeps file and words.
function refused(form, request) {
  delete form.dataset.sending;
  notArrived();
  show(form, null);
  const page = new DOMParser().parseFromString(request.responseText, "text/html");
  const summary = page.querySelector("main .sum") ?? page.querySelector("main .card, main");
  if (!summary) return location.reload();
  const told = document.createElement("div");
  told.className = "upload";
  told.setAttribute("role", "alert");
  told.tabIndex = -1;
  told.append(document.importNode(summary, true));
  form.prepend(told);
  told.focus();
}
