// Taking a draft home without a file: as rich text on the clipboard, or on paper (and so as PDF).

import { el, text, toast } from "../shared/dom.js";

// As the browser's own copying does it: that works without https, too.
export function copyRich(html) {
  if (html === undefined) return;
  const sheet = el("div");
  sheet.innerHTML = html; // sanitised by webapp/render.py
  const put = (event) => {
    event.preventDefault();
    event.clipboardData.setData("text/html", html);
    event.clipboardData.setData("text/plain", sheet.innerText);
  };
  document.addEventListener("copy", put, { once: true });
  document.execCommand("copy");
  toast(text("action.copied"));
}

// The sheet is on the page only while it is printed; the style sheet for print shows nothing else.
export function print(html) {
  if (html === undefined) return;
  const body = el("div.rich");
  body.innerHTML = html; // sanitised by webapp/render.py
  const sheet = el("div.writing-sheet", {}, body, el("p.label", {}, text("writing.label")));
  document.body.append(sheet);
  document.body.classList.add("printing-sheet");
  addEventListener("afterprint", () => (sheet.remove(), document.body.classList.remove("printing-sheet")), { once: true });
  window.print();
}
