// A dialog over the page: Escape, its button and a click beside it close it.

import { el, iconButton, text } from "./dom.js";

export function openDialog(title, ...children) {
  const close = iconButton("close", text("action.close"), () => dialog.close());
  const dialog = el("dialog.playground-dialog", { "aria-label": title }, el("header", {}, el("strong", {}, title), close), ...children);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.querySelector(".gradio-container").append(dialog);
  dialog.showModal();
  return dialog;
}
