// The page itself: what is folded on a phone, questions asked as a dialog, where the focus goes.
const PHONE = "(max-width: 56rem)";

export function fold() {
  if (matchMedia(PHONE).matches) document.querySelectorAll("details[data-fold]").forEach((part) => part.removeAttribute("open"));
}

// <details data-dialog> asks in place without script; here the same box opens as a modal dialog.
export function enhanceDialogs() {
  document.addEventListener("click", (event) => {
    const summary = event.target.closest?.("details[data-dialog] > summary");
    if (summary) {
      event.preventDefault();
      open(summary.parentElement, summary);
    }
    if (event.target.closest?.("dialog [data-close]")) event.target.closest("dialog").close();
  });
}

function open(details, opener) {
  const box = details.querySelector(":scope > .box");
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-labelledby", box.getAttribute("aria-labelledby"));
  details.after(dialog);
  dialog.append(box);
  dialog.addEventListener("close", () => {
    details.append(box);
    dialog.remove();
    opener.focus();
  });
  dialog.showModal();
}

// Whoever is typing keeps the place: what came in is read out by its own region.
const isTyping = () => document.activeElement?.matches("textarea, input:not([type=radio], [type=checkbox], [type=submit])") ?? false;

export function takeFocus(root) {
  if (isTyping()) return;
  (root.matches?.("[data-focus]") ? root : root.querySelector?.("[data-focus]"))?.focus();
}
