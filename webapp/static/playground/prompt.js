// One prompt as its messages: the instructions, folded away while there are none, and what is said after them.

import { el, iconButton, text } from "../shared/dom.js";
import { VARIABLE } from "../shared/prompt-preview.js";

const ROLES = { user: "chat.you", assistant: "chat.reply" };
const LIMIT = 100_000;
const SHOWN = 2000;

export const variablesOf = (messages) => [
  ...new Set(messages.flatMap(({ content }) => [...content.matchAll(VARIABLE)].map((found) => found[1]))),
];

export function mountPrompt(root, { changed }) {
  const system = area(text("field.system"));
  system.placeholder = text("playground.system-hint");
  const folded = el("details.system", {}, el("summary", {}, text("field.system")), system);
  const turns = el("ol.turns");
  const more = el("button.plain", { type: "button", onclick: () => (add(), changed()) }, text("playground.add-message"));
  const held = el("p.hint.schema", { hidden: true });
  root.replaceChildren(folded, turns, more, held);
  let schema = null;
  root.addEventListener("input", changed);

  function area(label) {
    return el("textarea", { rows: 2, maxlength: LIMIT, "aria-label": label });
  }

  function add({ role = last() === "user" ? "assistant" : "user", content = "" } = {}) {
    const choice = el("select", { "aria-label": text("playground.role") }, ...Object.entries(ROLES).map(([value, key]) => el("option", { value }, text(key))));
    choice.value = role;
    const box = area(text("field.message"));
    box.value = content;
    box.placeholder = text("playground.message-hint");
    const drop = () => {
      turn.remove();
      alone();
      changed();
    };
    const turn = el("li", {}, el("div", {}, choice, iconButton("close", text("playground.drop-message"), drop)), box);
    turns.append(turn);
    alone();
  }

  const last = () => turns.lastElementChild?.querySelector("select").value ?? "assistant";

  // One message needs no word about who says it.
  const alone = () => turns.classList.toggle("alone", turns.children.length === 1);

  function read() {
    const said = [...turns.children].map((turn) => ({ role: turn.querySelector("select").value, content: turn.querySelector("textarea").value }));
    return [...(system.value.trim() ? [{ role: "system", content: system.value }] : []), ...said];
  }

  // Instructions that come later than the first message belong to it all the same.
  function write(messages, wanted = null) {
    hold(wanted);
    system.value = messages.filter(({ role }) => role === "system").map(({ content }) => content).join("\n\n");
    folded.open = Boolean(system.value);
    turns.replaceChildren();
    for (const message of messages.filter(({ role }) => role !== "system")) add(message);
    if (!turns.children.length) add();
  }

  // What a prompt's file says of how answers must look goes along, unless a person drops it.
  function hold(wanted) {
    schema = wanted;
    held.hidden = !wanted;
    held.title = wanted ? JSON.stringify(wanted, null, 1).slice(0, SHOWN) : "";
    const drop = iconButton("close", text("playground.drop-schema"), () => (hold(null), changed()));
    held.replaceChildren(...(wanted ? [text("playground.schema"), drop] : []));
  }

  write([]);
  return { read, write, schema: () => (schema ? { json_schema: schema } : {}), focus: () => turns.querySelector("textarea").focus() };
}
