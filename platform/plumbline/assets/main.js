// The script of every page. Pages work without it: forms post, links lead. It makes saving quicker and keeps what was
// typed when the line drops. It holds no text (components/save_state.html does) and evaluates none.
import htmx from "htmx.org";
import { enhanceForms } from "./js/forms.js";
import { offerKept, watchTyping } from "./js/kept.js";
import { watchSaving } from "./js/saving.js";
import { watchUploads } from "./js/uploads.js";
import { enhanceDialogs, fold, takeFocus } from "./js/page.js";

Object.assign(htmx.config, {
  allowEval: false, // the pages' policy has no unsafe-eval
  allowScriptTags: false,
  includeIndicatorStyles: false, // nor unsafe-inline
  historyCacheSize: 0, // nobody's answers in the browser's storage
  selfRequestsOnly: true,
  timeout: 45000,
  responseHandling: [
    { code: "204", swap: false },
    { code: "[23]..", swap: true },
    { code: "412", swap: true }, // two people, one answer: both versions
    { code: "422", swap: true }, // what needs correcting
    { code: "[45]..", swap: false, error: true },
  ],
});

watchSaving(htmx);
watchTyping();
watchUploads();
enhanceForms();
document.addEventListener("DOMContentLoaded", () => {
  fold();
  enhanceDialogs();
  offerKept();
  takeFocus(document);
});
document.addEventListener("htmx:afterSwap", (event) => takeFocus(event.detail.target));
