// Keys for what one does most in the chat, while nothing is being typed, and the sheet that lists them.

import { openDialog } from "../shared/dialog.js";
import { el, recall, remember, text } from "../shared/dom.js";
import { front } from "../shared/page.js";

const OFF = "studio.chat.keys-off";
const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
const ctrl = isMac ? "⌘" : "Ctrl";

// `keys` is a list of { key, label, press }; `always` of { keys, label } tells of those that are heard elsewhere.
// Returns a function that opens the sheet.
export function mountShortcuts(keys, always) {
  const isOff = () => recall(OFF) === "1";

  function open() {
    const line = (label, names) => el("div", {}, el("dt", {}, text(label)), el("dd", {}, ...names.map((name) => el("kbd", {}, name))));
    const box = el("input", { type: "checkbox", onchange: () => remember(OFF, box.checked ? "" : "1") });
    box.checked = !isOff();
    const named = [{ keys: ["?"], label: "keys.title" }, ...keys.map(({ key, label }) => ({ keys: [key.toUpperCase()], label }))];
    const lines = [...always, ...named].map(({ keys: names, label }) => line(label, names.map((name) => (name === "Ctrl" ? ctrl : name))));
    openDialog(text("keys.title"), el("dl.keys", {}, ...lines), el("label.switch", {}, box, text("keys.single")), el("p.hint", {}, text("keys.hint"))).classList.add("keys-sheet");
  }

  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (front() !== "chat" || document.querySelector("dialog:modal, .studio-menu")) return;
    if (event.target.isContentEditable || event.target.matches?.("input, textarea, select")) return;
    const press = event.key === "?" ? open : !isOff() && keys.find(({ key }) => key === event.key.toLowerCase())?.press;
    if (!press) return;
    event.preventDefault();
    press();
  });

  return open;
}
