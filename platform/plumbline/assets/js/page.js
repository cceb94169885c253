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

export function takeFocus(root) {
  (root.matches?.("[data-focus]") ? root : root.querySelector?.("[data-focus]"))?.focus();
}
