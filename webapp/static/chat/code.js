// A block of code in a reply: its language, and what can be done with it.

import { copy, el, icon, iconButton, recall, remember, text } from "../shared/dom.js";
import { fileName } from "./filenames.js";
import { kindOf, openPreview } from "./preview.js";

const WRAP = "studio.code.wrap";

export function dressCode(body) {
  for (const block of body.querySelectorAll("pre")) {
    const code = frame(block);
    block.replaceWith(code);
    code.append(block);
  }
}

function frame(block) {
  const { language } = block.dataset;
  const source = block.textContent;
  const kind = kindOf(source, language);
  const tools = el(
    "span.code-tools",
    { role: "group", "aria-label": text("code.tools") },
    kind && previewButton(() => code, source, kind),
    wrapButton(() => code),
    iconButton("download", text("code.download"), () => download(source, fileName(source, language)), { "data-code": "download" }),
    iconButton("copy", text("action.copy-code"), () => copy(source), { "data-code": "copy" }),
  );
  const code = el("div.code", {}, el("div.code-head", {}, el("span.language", {}, language), tools));
  code.classList.toggle("wraps", recall(WRAP) === "1");
  block.tabIndex = 0;
  return code;
}

// Each block for itself; one that is drawn later begins as the last one was left.
function wrapButton(code) {
  const button = iconButton("wrap", text("code.wrap"), turn, { "data-code": "wrap", "aria-pressed": String(recall(WRAP) === "1") });
  function turn() {
    const isOn = code().classList.toggle("wraps");
    button.setAttribute("aria-pressed", String(isOn));
    remember(WRAP, isOn ? "1" : "");
  }
  return button;
}

// Shows what the code makes in place of it; pressed again, it ends whatever runs there.
function previewButton(code, source, kind) {
  const button = el("button.quiet", { type: "button", "data-code": "preview", "aria-expanded": "false", onclick: turn });
  let preview = null;
  const draw = () => {
    button.replaceChildren(icon(preview ? "stop" : "play"), text(preview ? "code.close" : "code.preview"));
    button.setAttribute("aria-expanded", String(Boolean(preview)));
    code().classList.toggle("is-shown", Boolean(preview));
  };
  function turn() {
    preview?.close();
    preview?.node.remove();
    preview = preview ? null : openPreview(source, kind);
    if (preview) code().append(preview.node);
    draw();
  }
  button.append(icon("play"), text("code.preview"));
  return button;
}

// Of a kind that says nothing, or the browser gives a Dockerfile an ending.
function download(source, name) {
  const address = URL.createObjectURL(new Blob([source], { type: "application/octet-stream" }));
  el("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1_000);
}
